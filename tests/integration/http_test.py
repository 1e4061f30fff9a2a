"""The HTTP answers as a kubelet, curl and Prometheus get them from the real binary."""
import json
import re
import socket
import sqlite3
import subprocess

import pytest

KUBELET = {"User-Agent": "kube-probe/1.33", "Connection": "close", "Accept": "*/*"}


@pytest.fixture(scope="module")
def sidecar(schemalatch, tmp_path_factory):
    """Watches one dependency that is ready, one that is behind, and one behind that is not enforced."""
    folder = tmp_path_factory.mktemp("http")
    connection = sqlite3.connect(folder / "app.db")
    connection.executescript("CREATE TABLE schema_migrations (version INTEGER, dirty BOOLEAN); INSERT INTO schema_migrations VALUES (3, 0)")
    connection.close()
    config = folder / "gate.toml"
    config.write_text("".join(
        f'[[dependency]]\nname = "{name}"\nurl = "sqlite:///{folder}/app.db"\ntool = "golang-migrate"\nrequire = {require}\nenforce = {enforce}\n'
        for name, require, enforce in (("good", 3, "true"), ("late", 4, "true"), ("excused", 5, "false"))))
    it = schemalatch.serve("--config", config)
    for name in ("good", "late", "excused"):
        it.wait_for(lambda it, name=name: it.dependency(name)["looked_at"], "the first look")
    return it


PLAIN = "text/plain; charset=utf-8"
TABLE = [
    # path, code, content type, part of the body
    ("/readyz", 503, PLAIN, "late behind: at 3, needs 4; run the upgrade\n"),
    ("/readyz?verbose", 503, PLAIN, "[+]good ok\n[-]late behind: at 3, needs 4; run the upgrade\n[!]excused behind (not enforced)\n"),
    ("/readyz/good", 200, PLAIN, "ok\n"),
    ("/readyz/late", 503, PLAIN, "late behind: at 3, needs 4"),
    ("/readyz/late?verbose", 503, PLAIN, "[-]late behind: "),
    ("/readyz/excused", 200, PLAIN, "excused behind (not enforced)\n"),
    ("/readyz/none", 404, PLAIN, "not found\n"),
    ("/livez", 200, PLAIN, "ok\n"),
    ("/version", 200, "application/json", '"schemalatch": "0.1.0"'),
    ("/version/good", 200, "application/json", '"state": "satisfied"'),
    ("/version/none", 404, PLAIN, "not found\n"),
    ("/metrics", 200, "text/plain; version=0.0.4; charset=utf-8", "schemalatch_ready 0\n"),
    ("/", 200, "text/html; charset=utf-8", "<!doctype html>"),
    ("/readyz/", 404, PLAIN, "not found\n"),
    ("/readyz/good/", 404, PLAIN, "not found\n"),
    ("/readyzz", 404, PLAIN, "not found\n"),
    ("//readyz", 404, PLAIN, "not found\n"),
    ("/favicon.ico", 404, PLAIN, "not found\n"),
    ("/../etc/passwd", 404, PLAIN, "not found\n"),
]


@pytest.mark.parametrize("path, code, content_type, part", TABLE)
def test_each_path_has_its_answer(sidecar, path, code, content_type, part):
    status, body, headers = sidecar.get(path, headers=KUBELET)
    assert (status, headers["Content-Type"], headers["Cache-Control"]) == (code, content_type, "no-store")
    assert part in body
    assert "Location" not in headers
    assert int(headers["Content-Length"]) == len(body.encode())


@pytest.mark.parametrize("path, code, content_type, part", TABLE)
def test_head_answers_as_get_does_without_the_body(sidecar, path, code, content_type, part):
    status, body, headers = sidecar.get(path, method="HEAD")
    assert (status, headers["Content-Type"], body) == (code, content_type, "")


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "PROPFIND", "BREW"])
def test_other_methods_are_not_allowed(sidecar, method):
    for path in ("/readyz", "/livez", "/version", "/metrics", "/"):
        status, _, headers = sidecar.get(path, method=method)
        assert (status, headers["Allow"]) == (405, "GET, HEAD")


def test_curl_gets_the_same(sidecar):
    done = subprocess.run(["curl", "-si", f"http://127.0.0.1:{sidecar.port}/readyz/good"], capture_output=True, check=True)
    assert done.stdout.startswith(b"HTTP/1.1 200 OK\r\n")
    assert done.stdout.endswith(b"\r\n\r\nok\n")


def test_a_request_is_never_asked_to_wait_or_to_accept_another_form(sidecar):
    for header in ({"Range": "bytes=0-0"}, {"Expect": "100-continue"}, {"Accept-Encoding": "gzip, br"}, {"If-Modified-Since": "Sat, 21 Nov 2026 00:00:00 GMT"}):
        status, body, headers = sidecar.get("/readyz/late", headers=header)
        assert (status, "Content-Encoding" in headers) == (503, False)
        assert body.startswith("late behind")


VERSION_FIELDS = ["name", "tool", "state", "ready", "held", "assumed", "enforced", "reason", "current", "current_count", "required", "missing",
                  "missing_count", "failed", "requirement", "since", "checked_at", "looked_at", "primary", "journal", "run", "runs"]


def test_version_has_the_fields_that_are_promised(sidecar):
    version = json.loads(sidecar.get("/version")[1])
    assert list(version) == ["schemalatch", "ready", "dependencies"]
    assert version["ready"] is False
    late = version["dependencies"][1]
    assert list(late) == VERSION_FIELDS
    assert (late["current"], late["current_count"], late["missing"], late["missing_count"], late["failed"]) == (["3"], 1, ["4"], 1, [])
    assert re.fullmatch(r"sha256:[0-9a-f]{64}", late["requirement"]["digest"])
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", late["since"])


METRICS = ["ready", "dependency_state", "held", "assumed", "enforced", "missing_migrations", "last_success_timestamp_seconds",
           "check_duration_seconds", "checks_total", "http_requests_total", "build_info"]


def test_metrics_have_the_names_that_are_promised(sidecar):
    text = sidecar.get("/metrics")[1]
    for name in METRICS:
        assert re.search(rf"^# TYPE schemalatch_{name} (gauge|counter|histogram)$", text, re.M), name
    assert 'schemalatch_dependency_state{dependency="late",state="behind"} 1\n' in text
    assert 'schemalatch_dependency_state{dependency="late",state="satisfied"} 0\n' in text
    assert re.search(r'^schemalatch_http_requests_total{path="/readyz",code="503"} [1-9]', text, re.M)


def test_before_the_first_look_the_answer_is_pending(schemalatch):
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        url = f"postgresql://u@127.0.0.1:{silent.getsockname()[1]}/d"
        it = schemalatch.serve("--url", url, "--tool", "alembic", "--require", "a")
        assert it.readyz() == (503, "database pending: not looked yet\n")
        version = it.dependency()
        assert (version["state"], version["current"], version["checked_at"], version["looked_at"], version["primary"]) == ("pending", None, None, None, None)
        assert it.get("/livez")[0] == 200
        assert it.stop()[1] < 1


def test_detail_false_leaves_the_reasons_out_of_readyz(schemalatch, tmp_path):
    it = schemalatch.serve("--url", f"sqlite:///{tmp_path}/none.db", "--tool", "alembic", "--require", "a", env={"SCHEMALATCH_DETAIL": "false"})
    it.wait_for_state("unreachable")
    assert it.readyz() == (503, "database unreachable\n")
    assert it.get("/readyz?verbose")[1] == "[-]database unreachable\nreadyz check failed\n"
