"""`check` and `status` that ask a running sidecar in place of the database."""
import json
import sqlite3

import pytest

NUMBER = "CREATE TABLE schema_migrations (version INTEGER, dirty BOOLEAN)"


def write(path, version):
    connection = sqlite3.connect(path, isolation_level=None, timeout=10)
    connection.execute("DROP TABLE IF EXISTS schema_migrations")
    connection.execute(NUMBER)
    connection.execute("INSERT INTO schema_migrations VALUES (?, 0)", (version,))
    connection.close()


@pytest.fixture
def path(tmp_path):
    write(tmp_path / "app.db", 4)
    return tmp_path / "app.db"


@pytest.fixture
def sidecar(schemalatch, path):
    return schemalatch.watch(f"sqlite:///{path}", "golang-migrate", "4").wait_until_ready()


def via(sidecar):
    return ["--via", f"http://127.0.0.1:{sidecar.port}"]


def test_the_sidecars_word_is_told_as_an_own_look_would_be(schemalatch, path, sidecar):
    assert schemalatch.run("check", *via(sidecar)).code == 0
    write(path, 3)
    sidecar.wait_for(lambda it: it.readyz()[0] == 503, "503")
    asked = schemalatch.run("check", *via(sidecar))
    looked = schemalatch.run("check", "--url", f"sqlite:///{path}", "--tool", "golang-migrate", "--require", "4")
    assert (asked.code, asked.out) == (looked.code, looked.out)
    assert asked.code == 1


def test_a_held_gate_is_ready_and_says_that_it_is_held(schemalatch, path, sidecar):
    path.unlink()
    sidecar.wait_for_state("unreachable")
    asked = schemalatch.run("check", *via(sidecar))
    assert asked.code == 0
    assert asked.out.startswith("database unreachable (held ready): ")
    assert schemalatch.run("check", "--url", f"sqlite:///{path}", "--tool", "golang-migrate", "--require", "4").code == 5


def test_without_a_value_the_sidecar_of_the_same_configuration_is_asked(schemalatch, sidecar):
    for host in ("127.0.0.1", "[::]", "0.0.0.0", ""):
        assert schemalatch.run("check", "--via", env={"SCHEMALATCH_LISTEN": f"{host}:{sidecar.port}"}).code == 0
    both = {"SCHEMALATCH_LISTEN": "127.0.0.1:1", "SCHEMALATCH_DETAIL_LISTEN": f"127.0.0.1:{sidecar.port}"}
    assert schemalatch.run("check", "--via", env=both).code == 0


def test_69_is_a_sidecar_that_does_not_answer(schemalatch):
    for command in ("check", "status"):
        result = schemalatch.run(command, "--via", "http://127.0.0.1:1")
        assert (result.code, result.out) == (69, "")
        assert "http://127.0.0.1:1" in result.err


def test_an_answer_that_is_none_of_ours_is_69(schemalatch, tmp_path):
    import http.server
    import threading
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), http.server.SimpleHTTPRequestHandler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        result = schemalatch.run("check", "--via", f"127.0.0.1:{server.server_port}")
        assert result.code == 69
    finally:
        server.shutdown()
        server.server_close()


@pytest.mark.parametrize("address", ["https://127.0.0.1:1", "http://u:s3cret@127.0.0.1:1", "http://127.0.0.1:1/readyz", "nonsense", "127.0.0.1:99999"])
def test_64_is_an_address_that_cannot_be_asked(schemalatch, address):
    result = schemalatch.run("check", "--via", address)
    assert (result.code, result.out) == (64, "")
    assert "s3cret" not in result.err
    assert result.err.startswith("schemalatch: error: --via ") and result.err.count("--via") == 1


def test_one_of_several_is_picked_by_its_name(schemalatch, sidecar):
    assert schemalatch.run("check", *via(sidecar), "--dependency", "database").code == 0
    result = schemalatch.run("check", *via(sidecar), "--dependency", "orders")
    assert result.code == 78
    assert "it watches: database" in result.err


def test_status_tells_all_that_the_sidecar_knows(schemalatch, path, sidecar):
    asked = json.loads(schemalatch.run("status", "--json", *via(sidecar)).out)
    assert asked["dependencies"] == [sidecar.dependency()] or asked["dependencies"][0]["current"] == ["4"]
    text = schemalatch.run("status", *via(sidecar))
    assert text.code == 0
    assert "database" in text.out and "satisfied" in text.out


def test_status_of_an_own_look_says_the_same_in_text_and_in_json(schemalatch, path):
    write(path, 3)
    flags = ["--url", f"sqlite:///{path}", "--tool", "golang-migrate", "--require", "4"]
    text, told = schemalatch.run("status", *flags), schemalatch.run("status", "--json", *flags)
    assert (text.code, told.code) == (1, 1)
    dependency = json.loads(told.out)["dependencies"][0]
    assert (dependency["state"], dependency["current"], dependency["required"]) == ("behind", ["3"], ["4"])
    assert dependency["reason"] in text.out
