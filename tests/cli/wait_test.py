"""`wait` as an init container or a pipeline runs it."""
import re
import signal
import socket
import sqlite3
import subprocess
import time

import pytest

from sidecar import clean_environment

NUMBER = "CREATE TABLE schema_migrations (version INTEGER, dirty BOOLEAN)"
SLACK = 5  # seconds, on a busy machine


class Database:
    def __init__(self, path):
        self.path = path
        self.url = f"sqlite:///{path}"
        self.execute(NUMBER, "INSERT INTO schema_migrations VALUES (3, 0)")

    def execute(self, *statements):
        connection = sqlite3.connect(self.path, isolation_level=None, timeout=10)
        for statement in statements:
            connection.execute(statement)
        connection.close()

    def migrate(self):
        self.execute("UPDATE schema_migrations SET version = 4")

    @property
    def flags(self):
        return ["--url", self.url, "--tool", "golang-migrate", "--require", "4"]


@pytest.fixture
def database(tmp_path):
    return Database(tmp_path / "app.db")


class Waiting:
    def __init__(self, binary, *arguments, env):
        self.process = subprocess.Popen([binary, "wait", *map(str, arguments)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                                        env={**clean_environment(), **env})
        self.first = self._read_until("info: waiting: ")  # what it waits for

    def _read_until(self, phrase):
        for line in self.process.stderr:
            if phrase in line:
                return line
        raise AssertionError(f"never said: {phrase}")

    def end(self):
        out, err = self.process.communicate(timeout=30)
        return self.process.returncode, out, self.first + err


@pytest.fixture
def wait(schemalatch):
    started = []

    def start(*arguments, env=None, interval="100ms"):
        pace = {"SCHEMALATCH_INTERVAL": interval} if interval else {}
        started.append(Waiting(schemalatch.binary, *arguments, env={**pace, **(env or {})}))
        return started[-1]

    yield start
    for waiting in started:
        if waiting.process.poll() is None:
            waiting.process.kill()


def test_what_is_there_already_is_not_waited_for(schemalatch, database):
    database.migrate()
    result = schemalatch.run("wait", *database.flags)
    assert (result.code, result.out) == (0, "database satisfied: at 4, needs 4\n")


def test_it_ends_when_the_upgrade_has_got_there(wait, database):
    waiting = wait(*database.flags)
    assert re.search(r"database (pending|behind)", waiting.first)
    database.migrate()
    started = time.monotonic()
    code, out, _ = waiting.end()
    print(f"ended {time.monotonic() - started:.2f} s after the migration")
    assert (code, out) == (0, "database satisfied: at 4, needs 4\n")


def test_7_is_a_time_that_is_up_and_the_last_line_names_the_state(schemalatch, database):
    started = time.monotonic()
    result = schemalatch.run("wait", "--timeout", "1s", *database.flags)
    assert 1 <= time.monotonic() - started < 1 + SLACK
    assert result.code == 7
    assert re.fullmatch(r"schemalatch: error: not ready after 1 s: database behind: at 3, needs 4.*", result.err.splitlines()[-1])


def test_a_database_that_is_not_there_yet_is_waited_for(wait, tmp_path):
    path = tmp_path / "later.db"
    waiting = wait("--url", f"sqlite:///{path}", "--tool", "golang-migrate", "--require", "4")
    Database(path).migrate()
    assert waiting.end()[0] == 0


def test_a_timeout_of_0_is_for_ever_and_a_signal_ends_it(wait, database):
    for number in (signal.SIGTERM, signal.SIGINT):
        waiting = wait("--timeout", "0", *database.flags)
        time.sleep(0.3)  # well into the wait
        waiting.process.send_signal(number)
        started = time.monotonic()
        assert waiting.end()[0] == 128 + number
        assert time.monotonic() - started < 1 + SLACK


def test_sighup_makes_it_look_at_once(wait, database):
    waiting = wait(*database.flags, interval="1h")
    while "behind" not in (line := waiting.process.stderr.readline()):
        assert line
    database.migrate()
    waiting.process.send_signal(signal.SIGHUP)
    assert waiting.end()[0] == 0


def test_what_is_not_enforced_is_not_waited_for_but_told(schemalatch, database):
    result = schemalatch.run("wait", *database.flags, env={"SCHEMALATCH_ENFORCE": "false"})
    assert result.code == 0
    assert result.out.startswith("database behind (not enforced): at 3, needs 4")


def test_of_several_dependencies_the_last_decides_and_none_slows_another(wait, database, tmp_path):
    other = Database(tmp_path / "other.db")
    config = tmp_path / "gate.toml"
    config.write_text("\n".join(f'[[dependency]]\nname = "{name}"\nurl = "{each.url}"\ntool = "golang-migrate"\nrequire = 4\ninterval = "100ms"\n'
                                for name, each in (("one", database), ("two", other))))
    waiting = wait("--config", config, interval=None)
    database.migrate()
    while "two behind" not in (line := waiting.process.stderr.readline()) or "one" in line:
        assert line
    other.migrate()
    code, out, _ = waiting.end()
    assert (code, out) == (0, "one satisfied: at 4, needs 4\ntwo satisfied: at 4, needs 4\n")


def test_a_baked_file_that_comes_late_is_waited_for_as_long_as_require_wait_says(schemalatch, wait, database, tmp_path):
    baked = tmp_path / "required.json"
    (tmp_path / "4_last.up.sql").touch()
    flags = ["--url", database.url, "--require", f"@{baked}"]
    assert schemalatch.run("wait", *flags).code == 78
    result = schemalatch.run("wait", *flags, env={"SCHEMALATCH_REQUIRE_WAIT": "1s"})
    assert result.code == 78
    assert result.err.splitlines()[-1] == 'schemalatch: error: dependency "database": require_wait: 1 s are over'
    waiting = wait(*flags, env={"SCHEMALATCH_REQUIRE_WAIT": "30s"})
    database.migrate()
    schemalatch.bake("golang-migrate", [tmp_path], baked)
    assert waiting.end()[0] == 0


def test_a_running_sidecar_is_asked_until_it_is_ready(schemalatch, wait, database):
    sidecar = schemalatch.watch(database.url, "golang-migrate", "4")
    waiting = wait("--via", f"http://127.0.0.1:{sidecar.port}")
    database.migrate()
    code, out, _ = waiting.end()
    assert (code, out) == (0, "database satisfied: at 4, needs 4\n")


def test_a_sidecar_that_does_not_answer_is_waited_for_too(schemalatch):
    result = schemalatch.run("wait", "--via", "127.0.0.1:1", "--timeout", "1s")
    assert result.code == 7
    assert "127.0.0.1:1" in result.err.splitlines()[-1]


def test_the_last_line_names_the_state_that_the_sidecar_told(schemalatch, database):
    sidecar = schemalatch.watch(database.url, "golang-migrate", "4").wait_for_state("behind")
    result = schemalatch.run("wait", "--via", f"127.0.0.1:{sidecar.port}", "--timeout", "1500ms")
    assert result.code == 7
    assert result.err.splitlines()[-1].startswith("schemalatch: error: not ready after 1 s: database behind: at 3, needs 4")


def test_a_name_that_the_sidecar_does_not_watch_is_not_waited_for(schemalatch, database):
    sidecar = schemalatch.watch(database.url, "golang-migrate", "4")
    result = schemalatch.run("wait", "--via", f"127.0.0.1:{sidecar.port}", "--dependency", "orders")
    assert result.code == 78
    assert "it watches: database" in result.err


def test_a_signal_ends_it_at_once_while_a_sidecar_keeps_silent(wait):
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        waiting = wait("--via", f"127.0.0.1:{silent.getsockname()[1]}")
        time.sleep(0.3)  # well into a question
        started = time.monotonic()
        waiting.process.send_signal(signal.SIGTERM)
        assert waiting.end()[0] == 143
        took = time.monotonic() - started
    print(f"ended {took * 1000:.0f} ms after SIGTERM")
    assert took < 1
