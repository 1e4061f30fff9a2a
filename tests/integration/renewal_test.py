"""What a running sidecar takes up without a restart: rotated secrets, SIGHUP, a baked file that comes late."""
import os
import pathlib
import shutil
import signal
import sqlite3
import subprocess
import tempfile
import time

import pytest

from sidecar import clean_environment

NUMBER = "CREATE TABLE schema_migrations (version INTEGER, dirty BOOLEAN)"


def database(path, version):
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute(NUMBER)
    connection.execute("INSERT INTO schema_migrations VALUES (?, 0)", (version,))
    connection.close()
    return f"sqlite:///{path}"


def test_a_url_file_is_followed(schemalatch, tmp_path):
    url_file = tmp_path / "url"
    url_file.write_text(database(tmp_path / "old.db", 3) + "\n")
    sidecar = schemalatch.serve("--tool", "golang-migrate", "--require", "4", env={"SCHEMALATCH_URL_FILE": str(url_file), "SCHEMALATCH_INTERVAL": "50ms"})
    sidecar.wait_for_state("behind")
    url_file.write_text(database(tmp_path / "new.db", 4) + "\r\n")
    sidecar.wait_until_ready()
    url_file.unlink()
    (tmp_path / "new.db").unlink()
    sidecar.process.send_signal(signal.SIGHUP)
    sidecar.wait_for_state("unreachable")
    assert sidecar.readyz()[0] == 200
    assert "; and url_file: " in sidecar.dependency()["reason"]


def test_sighup_makes_every_watcher_look_at_once_and_never_ends_the_sidecar(schemalatch, tmp_path):
    url = database(tmp_path / "app.db", 3)
    sidecar = schemalatch.watch(url, "golang-migrate", "4", interval="1h").wait_for_state("behind")
    connection = sqlite3.connect(tmp_path / "app.db", isolation_level=None)
    connection.execute("UPDATE schema_migrations SET version = 4")
    started = time.monotonic()
    sidecar.process.send_signal(signal.SIGHUP)
    sidecar.wait_until_ready()
    print(f"ready {(time.monotonic() - started) * 1000:.0f} ms after SIGHUP")
    for _ in range(20):
        sidecar.process.send_signal(signal.SIGHUP)
    assert sidecar.readyz()[0] == 200
    assert sidecar.stop()[0] == 0


def test_a_baked_file_that_comes_late_is_waited_for_unready(schemalatch, tmp_path):
    url = database(tmp_path / "app.db", 4)
    (tmp_path / "4_last.up.sql").touch()
    baked = tmp_path / "required.json"
    sidecar = schemalatch.serve("--url", url, "--require", f"@{baked}", env={"SCHEMALATCH_REQUIRE_WAIT": "30s", "SCHEMALATCH_INTERVAL": "100ms", "SCHEMALATCH_INTERVAL_READY": "100ms"})
    sidecar.wait_for(lambda it: "waits up to 30 s (require_wait)" in it.readyz()[1], "the reason")
    assert sidecar.readyz()[0] == 503
    assert sidecar.get("/livez")[0] == 200
    assert sidecar.dependency()["state"] == "pending"
    schemalatch.bake("golang-migrate", [tmp_path], baked)
    sidecar.wait_until_ready()
    baked.unlink()  # it is read once
    sidecar.wait_for_looks(3)
    assert sidecar.readyz()[0] == 200


@pytest.mark.parametrize("content", [None, "{"])
def test_78_when_the_baked_file_does_not_come_in_time(schemalatch, tmp_path, content):
    baked = tmp_path / "required.json"
    if content is not None:
        baked.write_text(content)
    sidecar = schemalatch.serve("--url", database(tmp_path / "app.db", 4), "--require", f"@{baked}",
                                env={"SCHEMALATCH_REQUIRE_WAIT": "500ms", "SCHEMALATCH_INTERVAL": "100ms"})
    assert sidecar.process.wait(timeout=20) == 78
    sidecar.expect_log("require_wait: 500 ms are over")


def test_a_process_that_may_have_no_more_threads_says_so_and_ends(schemalatch):
    """The main thread must not wait for watchers that nobody stops."""
    config = "\n".join(f'[[dependency]]\nname = "{name}"\nurl = "sqlite:////nowhere.db"\ntool = "golang-migrate"\nrequire = 4\n' for name in ("one", "two", "three"))
    words = ["setpriv", "--reuid=54322", "--clear-groups"] if os.geteuid() == 0 else []
    with tempfile.TemporaryDirectory() as folder:  # of our own: another user may enter neither pytest's nor, perhaps, the repository's
        os.chmod(folder, 0o755)
        binary = shutil.copy(schemalatch.binary, folder)
        path = pathlib.Path(folder, "gate.toml")
        path.write_text(config)
        done = subprocess.run([*words, "prlimit", "--nproc=2", binary, "serve", "--listen", "127.0.0.1:0", "--config", path],
                              capture_output=True, text=True, timeout=20, env=clean_environment())
    assert done.returncode == 69
    assert done.stderr.endswith("error: the system refuses what is needed: Resource temporarily unavailable; check the limits of this process or container\n")
