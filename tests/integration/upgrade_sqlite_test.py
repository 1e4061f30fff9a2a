"""`upgrade` on a SQLite file: the lock file and the journal beside it, and who takes over from whom."""
import contextlib
import json
import os
import pathlib
import re
import shutil
import signal
import sqlite3
import stat
import subprocess
import sys
import tempfile
import time

import pytest

from sidecar import clean_environment
from upgrading import Runner, is_alive, wait_until

COMMAND = pathlib.Path(__file__).resolve().parent.parent / "support" / "migrate_sqlite.py"
NOBODY = 65534


@pytest.fixture
def path(tmp_path):
    """A database at version 1."""
    file = tmp_path / "app.db"
    create(file)
    return file


def create(file):
    with contextlib.closing(sqlite3.connect(file, isolation_level=None)) as connection:
        connection.execute("CREATE TABLE schema_migrations (version uint64, dirty bool)")
        connection.execute("INSERT INTO schema_migrations VALUES (1, 0)")


@pytest.fixture
def upgrade(schemalatch):
    """Starts a runner towards a version; kills what is left."""
    started = []

    def start(path, command, *flags, require="3", env=None):
        runner = Runner(schemalatch.binary, ["--url", f"sqlite:///{path}", "--tool", "golang-migrate", "--require", require, *flags], command, env)
        started.append(runner)
        return runner

    yield start
    for runner in started:
        runner.kill()


def migration(path, *words):
    return [sys.executable, str(COMMAND), str(path), *words]


def rows(path, sql):
    with contextlib.closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as connection:
        return connection.execute(sql).fetchall()


def journal_of(path):
    return path.with_name(path.name + ".schemalatch-journal")


def lock_of(path):
    return path.with_name(path.name + ".schemalatch-lock")


def outcomes(path):
    return rows(journal_of(path), "SELECT outcome, exit_code FROM run ORDER BY started_at")


def work_of(path):
    work = path.with_name(path.name + ".work")
    return [line.split() for line in work.read_text().splitlines()] if work.exists() else []


def work_pid(path, number=1):
    """Of the command that is the number-th to begin, once it is at work."""
    begun = wait_until(lambda: (found := [pid for word, pid in work_of(path) if word == "begin"]) and len(found) >= number and found, "work")
    return int(begun[number - 1])


def files_beside(path):
    return sorted(entry.name for entry in path.parent.iterdir())


def test_it_runs_the_command_verifies_and_records_it(upgrade, path):
    runner = upgrade(path, migration(path, "to=3"))
    assert runner.end() == 0, runner.err
    assert runner.out == "database satisfied: at 3, needs 3\n"
    row = rows(journal_of(path), "SELECT tool, target_schema, target_table, digest, required, from_versions, to_versions, command, outcome, exit_code, "
                                 "finished_at > started_at FROM run")
    assert row == [("golang-migrate", "", "schema_migrations", row[0][3], '["3"]', '["1"]', '["3"]', pathlib.Path(sys.executable).name, "succeeded", 0, 1)]
    assert row[0][3].startswith("sha256:")
    assert rows(path, "SELECT name FROM sqlite_master") == [("schema_migrations",)]
    assert files_beside(path) == ["app.db", "app.db.schemalatch-journal", "app.db.schemalatch-lock", "app.db.work"]


def test_it_runs_nothing_where_the_requirement_is_met(upgrade, path):
    runner = upgrade(path, ["false"], require="1")
    assert runner.end() == 0
    assert "nothing is run" in runner.out
    assert outcomes(path) == []


@pytest.mark.parametrize("command, code, outcome, said", [
    (["sh", "-c", "exit 7"], 10, ("failed", 7), "sh exited with 7; at 1, needs 3"),
    (["true"], 11, ("not_reached", 0), "true exited with 0, yet the requirement is not met: at 1, needs 3"),
])
def test_each_end_has_its_code_and_its_row(upgrade, path, command, code, outcome, said):
    runner = upgrade(path, command)
    assert runner.end() == code
    assert said in runner.err
    assert outcomes(path) == [outcome]


def test_a_database_that_is_not_there_yet_is_made_by_the_command(upgrade, tmp_path):
    path = tmp_path / "new.db"
    runner = upgrade(path, migration(path, "to=3", "seconds=0.2"))
    assert runner.end() == 0, runner.err
    assert "no such file yet" in runner.err
    assert outcomes(path) == [("succeeded", 0)]


def test_it_waits_for_a_folder_that_is_not_mounted_yet(upgrade, tmp_path):
    path = tmp_path / "volume" / "new.db"
    runner = upgrade(path, migration(path, "to=3"))
    wait_until(lambda: "waiting for the database" in runner.process.stderr.readline(), "a word that it waits")
    path.parent.mkdir()
    assert runner.end() == 0, runner.err


@pytest.mark.parametrize("wal", [False, True])
def test_of_runners_that_start_together_one_runs_the_command(upgrade, path, wal):
    if wal:
        with contextlib.closing(sqlite3.connect(path)) as connection:
            connection.execute("PRAGMA journal_mode = WAL")
    runners = [upgrade(path, migration(path, "to=3", "seconds=0.5")) for _ in range(6)]
    assert [runner.end() for runner in runners] == [0] * 6
    assert [word for word, _ in work_of(path)] == ["begin", "end"]
    assert outcomes(path) == [("succeeded", 0)]


def test_two_names_of_one_file_have_one_lock(upgrade, path, tmp_path):
    (tmp_path / "elsewhere").mkdir()
    link = tmp_path / "elsewhere" / "link.db"
    link.symlink_to("../app.db")
    first = upgrade(path, migration(path, "to=3", "seconds=5"))
    work_pid(path)
    second = upgrade(link, ["true"], "--wait-lock", "0s")
    assert second.end() == 8
    assert f"(to end it: kill {first.process.pid} on " in second.err
    assert files_beside(link) == ["link.db"]
    assert upgrade(path, ["true"], "--wait-lock", "0s", env={"SCHEMALATCH_LOCK_NAME": "mine"}).end() == 11


@pytest.mark.parametrize("words", [["seconds=60"], ["seconds=60", "child"], ["seconds=60", "half"]])
def test_a_killed_runner_takes_its_command_along_and_another_takes_over(upgrade, path, words):
    first = upgrade(path, migration(path, *words))
    pid = work_pid(path)
    if "half" in words:
        assert path.with_name("app.db-journal").stat().st_size > 0
    second = upgrade(path, migration(path, "to=3"))
    wait_until(lambda: "waiting for the lock" in second.process.stderr.readline(), "a word that it waits")
    killed_at = time.monotonic()
    first.process.kill()
    code = second.end()
    assert code == 0, second.err
    assert time.monotonic() - killed_at < 10
    assert not is_alive(pid)
    assert outcomes(path) == [("vanished", None), ("succeeded", 0)]


@pytest.mark.parametrize("instant", [0, 0.02, 0.05, 0.1, 0.2])
def test_of_runners_that_are_killed_at_any_instant_no_two_commands_meet(upgrade, path, instant):
    runners = [upgrade(path, migration(path, "to=3", "seconds=0.3", "child", "half")) for _ in range(4)]
    time.sleep(instant)
    for runner in runners[:2]:
        runner.process.kill()
    assert [runner.end() for runner in runners[2:]] == [0, 0]
    assert "overlap" not in [word for word, _ in work_of(path)]
    assert [outcome for outcome, _ in outcomes(path)][-1] == "succeeded"


def test_a_stopped_runner_loses_the_lock_and_its_command_and_another_takes_over(upgrade, path):
    first = upgrade(path, migration(path, "seconds=60"))
    pid = work_pid(path)
    first.process.send_signal(signal.SIGSTOP)
    second = upgrade(path, migration(path, "to=3"))
    assert second.end() == 0, second.err
    assert second.took < 15
    assert not is_alive(pid)
    first.process.send_signal(signal.SIGCONT)
    assert first.end() == 9, first.err


def holder_of(schemalatch, path, **options):
    words = ["status", "--url", f"sqlite:///{path}", "--tool", "golang-migrate", "--require", "1"]
    told = schemalatch.run(*words, "--json", **options)
    assert told.code == 0
    return schemalatch.run(*words, **options).out, json.loads(told.out)["dependencies"][0].get("lock_holder", "not told")


def test_status_names_who_has_locked_the_file_and_no_stale_file_counts(schemalatch, upgrade, path):
    text, holder = holder_of(schemalatch, path)
    assert holder is None and "  lock      free\n" in text and files_beside(path) == ["app.db"]
    runner = upgrade(path, ["sleep", "60"])
    wait_until(lambda: holder_of(schemalatch, path)[1], "a holder")
    text, holder = holder_of(schemalatch, path)
    assert (holder["pid"], holder["name"].startswith("schemalatch upgrade by ")) == (runner.process.pid, True)
    assert f"to end it: kill {runner.process.pid} on " in holder["remedy"]
    assert f'  lock      held by "{holder["name"]}" ({holder["remedy"]})\n' in text
    runner.process.send_signal(signal.SIGTERM)
    assert runner.end() == 143
    assert lock_of(path).read_text().startswith("pid=") and holder_of(schemalatch, path)[1] is None


def test_told_to_stop_it_stops_the_command_records_it_and_frees_the_lock(upgrade, path):
    runner = upgrade(path, migration(path, "seconds=60", "child"))
    pid = work_pid(path)
    runner.process.send_signal(signal.SIGTERM)
    assert runner.end() == 143
    assert not is_alive(pid)
    assert [outcome for outcome, _ in outcomes(path)] == ["aborted"]
    assert upgrade(path, migration(path, "to=3"), "--wait-lock", "0s").end() == 0


@pytest.mark.parametrize("journal", [True, False])
def test_a_lock_file_that_is_removed_kills_the_command_and_exits_9(upgrade, path, journal):
    if not journal:
        journal_of(path).mkdir()
    runner = upgrade(path, migration(path, "seconds=60"))
    pid = work_pid(path)
    lock_of(path).unlink()
    assert runner.end() == 9
    assert not is_alive(pid)
    assert "app.db.schemalatch-lock was removed or replaced; leave it where it is" in runner.err
    if journal:
        assert outcomes(path) == [("lock_lost", None)]


def damage(journal):
    with journal.open("r+b") as file:
        file.seek(100)
        file.write(b"x" * 4000)


def raise_format(journal):
    with contextlib.closing(sqlite3.connect(journal)) as connection:
        connection.execute("PRAGMA user_version = 99")


@pytest.mark.parametrize("spoil, said", [
    (damage, "malformed; if it is damaged, move it away"),
    (raise_format, "is of format 99, and this schemalatch writes format 1"),
    (lambda journal: journal.write_text("no database\n" * 100), "file is not a database; if it is damaged, move it away"),
])
def test_a_journal_that_cannot_be_used_is_left_alone_and_the_upgrade_goes_on(upgrade, path, spoil, said):
    assert upgrade(path, ["true"]).end() == 11
    spoil(journal_of(path))
    before = journal_of(path).read_bytes()
    runner = upgrade(path, migration(path, "to=3"))
    assert runner.end() == 0, runner.err
    assert "warning: database: no journal (" in runner.err and said in runner.err
    assert "journal --sql" not in runner.err
    assert journal_of(path).read_bytes() == before


@contextlib.contextmanager
def as_nobody():
    """A folder of nobody's, and how to run something as that user."""
    folder = pathlib.Path(tempfile.mkdtemp(dir="/tmp"))
    os.chown(folder, NOBODY, NOBODY)
    try:
        yield folder
    finally:
        shutil.rmtree(folder)


def run_as_nobody(schemalatch, folder, words):
    def become():
        os.setgroups([])
        os.setgid(NOBODY)
        os.setuid(NOBODY)
    binary = folder / "schemalatch"  # the one of the checkout may be root's alone
    shutil.copy(schemalatch.binary, binary)
    binary.chmod(0o755)
    return subprocess.run([binary, *words], preexec_fn=become, env=clean_environment(), capture_output=True, text=True, timeout=60)


def upgrade_as_nobody(schemalatch, path, command):
    return run_as_nobody(schemalatch, path.parent, ["upgrade", "--url", f"sqlite:///{path}", "--tool", "golang-migrate", "--require", "3",
                                                    "--connect-timeout", "100ms", "--", *command])


needs_root = pytest.mark.skipif(os.getuid() != 0, reason="needs root to become another user")


@needs_root
def test_a_file_that_is_mounted_alone_is_refused_for_others_have_another_folder_about_it(schemalatch, path, tmp_path):
    there = tmp_path / "container" / "app.db"
    there.parent.mkdir()
    there.touch()
    script = 'mount --bind "$1" "$2" && shift 2 && exec "$@"'
    runner = [schemalatch.binary, "upgrade", "--url", f"sqlite:///{there}", "--tool", "golang-migrate", "--require", "3", "--", "touch", tmp_path / "ran"]
    done = subprocess.run(["unshare", "--mount", "sh", "-c", script, "sh", path, there, *runner], env=clean_environment(), capture_output=True, text=True, timeout=60)
    assert done.returncode == 78, done.stderr
    assert f"a lock taken through this URL would keep nobody out ({there} is mounted alone, so the lock file beside it is not the one that others see); mount its folder" in done.stderr
    assert not (tmp_path / "ran").exists()


@needs_root
def test_a_folder_that_is_mounted_read_only_is_denied(schemalatch, path):
    script = 'mount --bind "$1" "$1" && mount -o remount,ro,bind "$1" && shift && exec "$@"'
    runner = [schemalatch.binary, "upgrade", "--url", f"sqlite:///{path}", "--tool", "golang-migrate", "--require", "3", "--connect-timeout", "100ms", "--", "false"]
    done = subprocess.run(["unshare", "--mount", "sh", "-c", script, "sh", path.parent, *runner], env=clean_environment(), capture_output=True, text=True, timeout=60)
    assert done.returncode == 6, done.stderr
    assert "cannot be opened (Read-only file system); mount its folder writable" in done.stderr


@needs_root
def test_who_may_only_read_learns_who_has_locked_the_file_also_from_another_container(schemalatch, upgrade, path):
    runner = upgrade(path, ["sleep", "60"])
    wait_until(lambda: holder_of(schemalatch, path)[1], "a holder")
    script = 'mount -o bind,ro "$1" "$1" && shift && exec "$@"'
    words = ["unshare", "--mount", "--pid", "--fork", "--mount-proc", "sh", "-c", script, "sh", path.parent, schemalatch.binary,
             "status", "--json", "--url", f"sqlite:///{path}", "--tool", "golang-migrate", "--require", "1"]
    done = subprocess.run(list(map(str, words)), capture_output=True, text=True, env=clean_environment())
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["dependencies"][0]["lock_holder"]["pid"] == runner.process.pid
    runner.process.send_signal(signal.SIGSTOP)
    wait_until(lambda: holder_of(schemalatch, path)[1] is None, "a lock that the guardian has let go")
    runner.process.send_signal(signal.SIGCONT)
    assert runner.end() == 9


@needs_root
def test_a_lock_file_that_may_not_be_read_is_told_and_changes_nothing(schemalatch):
    with as_nobody() as folder:
        path = folder / "app.db"
        create(path)
        lock_of(path).touch(mode=0o000)
        words = ["status", "--url", f"sqlite:///{path}", "--tool", "golang-migrate", "--require", "1"]
        text, told = (run_as_nobody(schemalatch, folder, [*words, *more]) for more in ([], ["--json"]))
        assert (text.returncode, told.returncode) == (0, 0)
        assert re.search("^  lock      not known: the lock file .* cannot be read .*; let our user read it", text.stdout, re.M)
        assert "lock_holder" not in json.loads(told.stdout)["dependencies"][0]


@needs_root
def test_a_journal_that_may_not_be_written_is_told_and_the_upgrade_goes_on(schemalatch):
    with as_nobody() as folder:
        path = folder / "app.db"
        create(path)
        os.chown(path, NOBODY, NOBODY)
        journal_of(path).touch(mode=0o444)  # root's
        done = upgrade_as_nobody(schemalatch, path, ["sqlite3", path, "UPDATE schema_migrations SET version = 3"])
        assert done.returncode == 0, done.stderr
        assert "no journal (" in done.stderr and "let our user write it and its folder" in done.stderr
        assert "journal --sql" not in done.stderr


@needs_root
@pytest.mark.parametrize("spoil, said", [
    (lambda path: path.parent.chmod(0o555), "cannot be opened (Permission denied); let our user write the file, its folder"),
    (lambda path: lock_of(path).touch(mode=0o644), "cannot be opened (Permission denied); let our user write the file, its folder"),
])
def test_a_lock_file_that_may_not_be_made_or_written_is_denied(schemalatch, spoil, said):
    with as_nobody() as folder:
        path = folder / "app.db"
        create(path)
        spoil(path)
        done = upgrade_as_nobody(schemalatch, path, ["touch", folder / "ran"])
        assert (done.returncode, said in done.stderr) == (6, True), done.stderr
        assert not (folder / "ran").exists()


@pytest.mark.parametrize("make, said", [
    (lambda lock: os.mkfifo(lock), "is a pipe, a socket or a device; move it away"),
    (lambda lock: lock.mkdir(), "is a folder; move it away"),
    (lambda lock: lock.symlink_to("precious"), "is a symbolic link; move it away"),
])
def test_what_stands_in_the_lock_files_place_is_refused_and_not_touched(upgrade, path, make, said):
    make(lock_of(path))
    before = lock_of(path).lstat()
    runner = upgrade(path, ["true"], "--connect-timeout", "100ms")
    assert runner.end() == 14, runner.err
    assert said in runner.err
    assert lock_of(path).lstat().st_ino == before.st_ino
    assert not (path.parent / "precious").exists()


def test_readers_are_told_that_the_rights_of_files_decide(upgrade, path):
    runner = upgrade(path, migration(path, "to=3"), env={"SCHEMALATCH_READERS": "reader"})
    assert runner.end() == 0
    assert "warning: database: the readers were not granted all that they need: SQLite knows no roles, the rights of files decide" in runner.err


def test_a_command_that_waits_for_nobody_is_not_disturbed_by_looks(upgrade, path):
    """sqlite3 has no busy timeout: a look at the wrong instant would fail its commit."""
    script = path.parent / "many.sql"
    script.write_text("PRAGMA synchronous = OFF;\n" + "".join(f"UPDATE schema_migrations SET version = {number};\n" for number in [*range(4, 5000), 3]))
    runner = upgrade(path, ["sqlite3", "-bail", str(path), f".read {script}"])
    assert runner.end() == 0, runner.err


def test_the_command_inherits_no_descriptor_of_the_lock(upgrade, path):
    seen = path.parent / "seen"
    assert upgrade(path, ["sh", "-c", f"ls -l /proc/self/fd > {seen}"]).end() == 11
    assert "schemalatch" not in seen.read_text()
    assert stat.S_ISREG(lock_of(path).stat().st_mode)
