"""What looks at a SQLite database learn of the journal in the file beside it, and that they leave that file alone."""
import contextlib
import json
import os
import pathlib
import re
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import time

import pytest

from sidecar import Schemalatch, clean_environment
from upgrading import Runner, wait_until

COMMAND = pathlib.Path(__file__).resolve().parent.parent / "support" / "migrate_sqlite.py"
NOBODY = 65534
FLAGS = ["--tool", "golang-migrate", "--require", "3"]

needs_root = pytest.mark.skipif(os.getuid() != 0, reason="needs root to become another user")


@pytest.fixture
def path(tmp_path):
    """A database at version 1, where the image needs 3."""
    file = tmp_path / "app.db"
    execute(file, "CREATE TABLE schema_migrations (version uint64, dirty bool); INSERT INTO schema_migrations VALUES (1, 0)")
    return file


@pytest.fixture
def upgrade(schemalatch):
    started = []

    def start(path, *command, flags=FLAGS, config=()):
        started.append(Runner(schemalatch.binary, ["--url", f"sqlite:///{path}", *flags, *config], command))
        return started[-1]

    yield start
    for runner in started:
        runner.kill()


@pytest.fixture
def without_journal(tmp_path):
    """A configuration file that switches it off: an empty variable would count as none."""
    path = tmp_path / "off.toml"
    path.write_text('[[dependency]]\nname = "database"\njournal = ""\n')
    return ["--config", path]


def execute(file, script):
    with contextlib.closing(sqlite3.connect(file)) as connection:
        connection.executescript(script)


def journal_of(path):
    return path.with_name(path.name + ".schemalatch-journal")


def files_beside(path):
    return sorted(entry.name for entry in path.parent.iterdir() if entry.name.startswith(path.name))


def watch(schemalatch, path, **keys):
    return schemalatch.watch(f"sqlite:///{path}", "golang-migrate", "3", **keys)


def check(schemalatch, path, *arguments):
    return schemalatch.run("check", "--url", f"sqlite:///{path}", *FLAGS, *arguments)


def fail(upgrade, path):
    """A journal with one failed run."""
    assert upgrade(path, "sh", "-c", "exit 7").end() == 10


# ---- What is told ----------------------------------------------------------------------------------------------------

def test_a_run_is_told_everywhere_while_it_goes_on_and_when_it_has_ended(upgrade, schemalatch, path):
    it = watch(schemalatch, path).wait_for_state("behind")
    assert (it.dependency()["journal"], it.dependency()["run"]) == ("absent", None)
    runner = upgrade(path, "sh", "-c", f"while [ ! -e {path}.go ]; do sleep 0.05; done; exit 7")
    it.wait_for(lambda it: (it.dependency()["run"] or {}).get("state") == "running", "a run")
    told = it.dependency()
    phrase = f"an upgrade has been running since {told['run']['started_at']}, by {os.uname().nodename}"
    assert told["journal"] == "present"
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", told["run"]["started_at"])
    assert phrase in it.readyz()[1]
    assert 'schemalatch_run_state{dependency="database",state="running"} 1' in it.get("/metrics")[1]
    status = schemalatch.run("status", "--url", f"sqlite:///{path}", *FLAGS)
    assert phrase in status.out and "journal   present" in status.out
    assert phrase in check(schemalatch, path).out
    pathlib.Path(f"{path}.go").touch()
    assert runner.end() == 10
    it.wait_for(lambda it: it.dependency()["run"]["state"] == "failed", "failed")
    assert it.dependency()["run"]["exit_code"] == 7
    assert re.search("the last upgrade failed at .* with exit code 7, by ", it.readyz()[1])
    assert 'schemalatch_run_state{dependency="database",state="failed"} 1' in it.get("/metrics")[1]


def test_a_runner_that_is_killed_is_told_as_vanished(upgrade, schemalatch, path):
    it = watch(schemalatch, path).wait_for_state("behind")
    runner = upgrade(path, "sleep", "60")
    it.wait_for(lambda it: (it.dependency()["run"] or {}).get("state") == "running", "a run")
    runner.process.kill()
    it.wait_for(lambda it: it.dependency()["run"]["state"] == "vanished", "vanished")
    assert "has vanished" in it.dependency()["reason"]


def test_the_run_that_creates_the_database_is_told_before_there_is_one(upgrade, schemalatch, tmp_path):
    path = tmp_path / "new.db"
    it = watch(schemalatch, path).wait_for_state("unreachable")
    upgrade(path, "sleep", "60")
    it.wait_for(lambda it: (it.dependency()["run"] or {}).get("state") == "running", "a run")
    assert "an upgrade has been running since" in it.dependency()["reason"]
    assert not path.exists()


def test_a_database_that_its_writer_holds_still_lets_the_run_be_told(upgrade, schemalatch, path):
    fail(upgrade, path)
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("BEGIN EXCLUSIVE")
        result = check(schemalatch, path)
    assert result.code == 13
    assert "the last upgrade failed" in result.out


def test_a_link_to_the_database_leads_to_its_journal(upgrade, schemalatch, path, tmp_path):
    fail(upgrade, path)
    (tmp_path / "elsewhere").mkdir()
    link = tmp_path / "elsewhere" / "link.db"
    link.symlink_to("../app.db")
    assert "the last upgrade failed" in check(schemalatch, link).out


def test_switched_off_it_is_not_read(upgrade, schemalatch, path, without_journal):
    fail(upgrade, path)
    result = check(schemalatch, path, *without_journal)
    assert (result.code, "the last upgrade failed" in result.out) == (1, False)
    it = schemalatch.serve("--url", f"sqlite:///{path}", *FLAGS, *without_journal).wait_for_state("behind")
    assert (it.dependency()["journal"], it.dependency()["run"]) == ("off", None)


def test_a_tool_that_is_recognised_has_its_runs_told(upgrade, schemalatch, path):
    fail(upgrade, path)
    result = schemalatch.run("check", "--url", f"sqlite:///{path}", "--tool", "auto", "--require", "3")
    assert "the last upgrade failed" in result.out


# ---- A journal that is not there, or not for us ----------------------------------------------------------------------

def hold(journal):
    connection = sqlite3.connect(journal, isolation_level=None)
    connection.execute("BEGIN EXCLUSIVE")
    return connection


def interrupt(journal):
    """Its writer dies in the middle of a commit."""
    pid = os.fork()
    if pid == 0:
        connection = sqlite3.connect(journal, isolation_level=None)
        connection.execute("PRAGMA cache_size = 1")
        connection.execute("BEGIN")
        connection.execute("CREATE TABLE big (x)")
        for _ in range(300):
            connection.execute("INSERT INTO big VALUES (printf('%.4000c', 'x'))")
        os._exit(0)
    os.waitpid(pid, 0)
    assert journal.with_name(journal.name + "-journal").stat().st_size > 0


def damage(journal):
    with journal.open("r+b") as file:
        file.seek(4096)
        file.write(b"x" * 8192)


def bloat(journal):
    """Many runs of another table, all of them newer than ours."""
    columns = "'', 'golang-migrate', '', 'other', '', '[]', '[]', NULL, strftime('%Y-%m-%dT%H:%M:%fZ', 'now', '1 day'), '', NULL, '', NULL, '', NULL, NULL, ''"
    execute(journal, f"PRAGMA synchronous = OFF; WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 200000) INSERT INTO run SELECT i, {columns} FROM n")


def become_a_pipe(journal):
    journal.unlink()
    os.mkfifo(journal)


def become_a_link(journal):
    journal.rename(journal.with_name("precious"))
    journal.symlink_to("precious")


def use_wal(journal):
    """Without the files beside it, which its last user took away."""
    execute(journal, "PRAGMA journal_mode = WAL")
    assert not journal.with_name(journal.name + "-wal").exists()


def never_end(journal):
    execute(journal, "ALTER TABLE run RENAME TO hidden; CREATE VIEW run AS WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) "
                     "SELECT hidden.* FROM hidden, n")


SPOILT = [
    # what was done to it, what /version then says of it: to a reader that read it before, and to a new one
    (hold, "present", None),
    (interrupt, "present", None),
    (damage, "present", None),
    (use_wal, "present", None),
    (never_end, "present", None),
    (bloat, "present", "present"),
    (lambda journal: execute(journal, "DROP TABLE lineage; DROP TABLE run"), "present", None),
    (lambda journal: execute(journal, "UPDATE run SET outcome = 'exploded'"), "present", "present"),
    (lambda journal: execute(journal, "PRAGMA user_version = 2"), "absent", "absent"),
    (lambda journal: journal.write_text("no database\n" * 1000), "absent", "absent"),
    (lambda journal: journal.write_text(""), "absent", "absent"),
    (become_a_pipe, "absent", "absent"),
    (become_a_link, "absent", "absent"),
    (lambda journal: journal.unlink(), "absent", "absent"),
]


@pytest.mark.parametrize("spoil, to_who_knew, to_a_new_one", SPOILT)
def test_a_journal_that_cannot_be_read_changes_no_verdict_and_delays_none(upgrade, schemalatch, path, spoil, to_who_knew, to_a_new_one):
    fail(upgrade, path)
    it = watch(schemalatch, path).wait_for_state("behind")
    assert it.dependency()["run"]["state"] == "failed"
    holder = spoil(journal_of(path))
    files = files_beside(path)
    it.wait_for_looks(2)
    assert (it.dependency()["state"], it.dependency()["journal"]) == ("behind", to_who_knew)
    started = time.monotonic()
    result = check(schemalatch, path)
    assert (result.code, time.monotonic() - started < 5) == (1, True) # 1 s for the journal, and a slow machine's start
    assert "database behind: at 1, needs 3" in result.out
    new = watch(schemalatch, path).wait_for_state("behind")
    assert new.dependency()["journal"] == to_a_new_one
    execute(path, "UPDATE schema_migrations SET version = 3")
    it.wait_until_ready()
    new.wait_until_ready()
    assert check(schemalatch, path).code == 0
    assert files_beside(path) == files
    del holder


def test_a_look_writes_nothing_and_makes_no_file(upgrade, schemalatch, path):
    fail(upgrade, path)
    before, stamp = files_beside(path), journal_of(path).stat()
    assert check(schemalatch, path).code == 1
    watch(schemalatch, path).wait_for_state("behind").wait_for_looks(3)
    after = journal_of(path).stat()
    assert files_beside(path) == before
    assert (after.st_mtime_ns, after.st_ino, after.st_size) == (stamp.st_mtime_ns, stamp.st_ino, stamp.st_size)


@needs_root
def test_a_journal_that_another_user_may_not_read_is_denied_and_changes_nothing(upgrade, schemalatch):
    folder = pathlib.Path(tempfile.mkdtemp(dir="/tmp"))
    folder.chmod(0o755)
    try:
        path = folder / "app.db"
        execute(path, "CREATE TABLE schema_migrations (version uint64, dirty bool); INSERT INTO schema_migrations VALUES (1, 0)")
        fail(upgrade, path)
        journal_of(path).chmod(0o600)
        binary = folder / "schemalatch"
        shutil.copy(schemalatch.binary, binary)
        binary.chmod(0o755)

        def become_nobody():
            os.setgroups([])
            os.setgid(NOBODY)
            os.setuid(NOBODY)
        arguments = ["status", "--url", f"sqlite:///{path}", *FLAGS]
        status = Schemalatch(binary).run(*arguments, preexec_fn=become_nobody)
        assert status.code == 1
        assert "journal   denied: " in status.out and "in SQLite let our user read the file" in status.out
        journal_of(path).chmod(0o644)
        assert "the last upgrade failed" in Schemalatch(binary).run(*arguments, preexec_fn=become_nobody).out
    finally:
        shutil.rmtree(folder)


def test_sidecars_that_look_all_the_time_keep_no_upgrade_from_its_journal(upgrade, schemalatch, path):
    for _ in range(4):
        watch(schemalatch, path, interval="10ms")
    runner = upgrade(path, sys.executable, str(COMMAND), str(path), "to=3", "seconds=3")
    assert runner.end() == 0, runner.err
    assert "warning" not in runner.err
    with contextlib.closing(sqlite3.connect(journal_of(path))) as connection:
        assert connection.execute("SELECT outcome FROM run").fetchall() == [("succeeded",)]


# ---- Lineage ---------------------------------------------------------------------------------------------------------

def test_with_lineage_an_old_image_proves_that_it_is_met_or_that_the_database_has_diverged(upgrade, schemalatch, tmp_path):
    def image(name, required, **graph):
        file = tmp_path / f"{name}.json"
        file.write_text(json.dumps({"format": 1, "tool": "alembic", "required": [required], "graph": graph}))
        return f"@{file}"

    path = tmp_path / "app.db"
    execute(path, "CREATE TABLE alembic_version (version_num varchar(32) PRIMARY KEY); INSERT INTO alembic_version VALUES ('r1')")
    old = image("old", "r2", r1=[], r2=["r1"])
    it = schemalatch.watch(f"sqlite:///{path}", "alembic", old, unknown_revision="fail").wait_for_state("behind")
    new = image("new", "r3", r1=[], r2=["r1"], r3=["r2"])
    runner = upgrade(path, "sqlite3", path, "UPDATE alembic_version SET version_num = 'r3'", flags=["--tool", "alembic", "--require", new])
    assert runner.end() == 0, runner.err
    told = it.wait_until_ready().dependency()
    assert (told["state"], told["assumed"]) == ("satisfied", False)
    stray = image("stray", "x2", r1=[], x1=["r1"], x2=["x1"])
    assert upgrade(path, "sqlite3", path, "UPDATE alembic_version SET version_num = 'x2'", flags=["--tool", "alembic", "--require", stray]).end() == 0
    it.wait_for_state("diverged").wait_for(lambda it: it.readyz()[0] == 503, "503")
    assert "x2" in it.dependency()["reason"]


def test_a_proof_outlives_a_journal_that_is_held(upgrade, schemalatch, tmp_path):
    """Else each heartbeat of an upgrade might make an old pod doubt."""
    path = tmp_path / "app.db"
    execute(path, "CREATE TABLE alembic_version (version_num varchar(32) PRIMARY KEY); INSERT INTO alembic_version VALUES ('r2')")
    for name, required, graph in (("old", "r1", {"r1": []}), ("new", "r2", {"r1": [], "r2": ["r1"]})):
        (tmp_path / name).write_text(json.dumps({"format": 1, "tool": "alembic", "required": [required], "graph": graph}))
    assert upgrade(path, "false", flags=["--tool", "alembic", "--require", f"@{tmp_path / 'new'}"]).end() == 0
    it = schemalatch.watch(f"sqlite:///{path}", "alembic", f"@{tmp_path / 'old'}", unknown_revision="fail").wait_until_ready()
    with contextlib.closing(hold(journal_of(path))):
        told = it.wait_for_looks(4).dependency()
    assert (told["state"], told["assumed"], told["journal"]) == ("satisfied", False, "present")


# ---- wait ------------------------------------------------------------------------------------------------------------

@pytest.fixture
def wait(schemalatch, path):
    started = []

    def start(*arguments):
        process = subprocess.Popen([schemalatch.binary, "wait", "--url", f"sqlite:///{path}", *FLAGS, *arguments], stderr=subprocess.PIPE, text=True,
                                   stdout=subprocess.DEVNULL, env=clean_environment())
        started.append(process)
        wait_until(lambda: "info: waiting: " in process.stderr.readline(), "a word that it waits")
        return process

    yield start
    for process in started:
        process.kill()
        process.communicate()


@pytest.mark.parametrize("command, code, said", [(["sh", "-c", "exit 7"], 10, "exit code 7, by "), (["true"], 11, "without reaching what it was for")])
def test_a_run_that_fails_during_the_wait_ends_it(upgrade, path, wait, command, code, said):
    waiting = wait()
    assert upgrade(path, *command).end() == code
    started = time.monotonic()
    _, err = waiting.communicate(timeout=20)
    assert (waiting.returncode, time.monotonic() - started < 4) == (code, True), err
    assert said in err


def test_a_failure_before_the_wait_is_told_and_does_not_end_it(upgrade, path, wait):
    fail(upgrade, path)
    waiting = wait()
    time.sleep(2.5)  # longer than it takes to look twice
    assert waiting.poll() is None
    assert upgrade(path, sys.executable, str(COMMAND), str(path), "to=3", flags=[*FLAGS, "--retry"]).end() == 0
    waiting.communicate(timeout=20)
    assert waiting.returncode == 0


def test_the_second_failure_ends_a_wait_that_bears_one(upgrade, path, wait):
    waiting = wait("--failures", "2")
    fail(upgrade, path)
    time.sleep(1.5)  # longer than it takes to look
    assert waiting.poll() is None
    fail(upgrade, path)
    waiting.communicate(timeout=20)
    assert waiting.returncode == 10
