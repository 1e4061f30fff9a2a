"""A SQLite file is read without creating, locking or recovering anything, and what can't be read is said."""
import contextlib
import os
import pathlib
import shutil
import sqlite3
import tempfile

import pytest

from sidecar import Schemalatch

NOBODY = 65534


@pytest.fixture
def path(tmp_path):
    tmp_path.chmod(0o755)
    return tmp_path / "app.db"


def create(path, *statements, version=3, dirty=0):
    connection = sqlite3.connect(path, isolation_level=None)
    for statement in statements:
        connection.execute(statement)
    connection.execute("CREATE TABLE schema_migrations (version uint64, dirty bool)")
    connection.execute("INSERT INTO schema_migrations VALUES (?, ?)", (version, dirty))
    return connection


def check(schemalatch, path, require=3, tool="golang-migrate", **options):
    return schemalatch.run("check", "--url", f"sqlite:///{path}", "--tool", tool, "--require", require, **options)


def become_nobody():
    os.setgid(NOBODY)
    os.setuid(NOBODY)


@contextlib.contextmanager
def open_to_others():
    """A folder that every user may enter and write; the one of the checkout may be root's alone."""
    folder = pathlib.Path(tempfile.mkdtemp(dir="/tmp"))
    folder.chmod(0o777)
    try:
        yield folder
    finally:
        shutil.rmtree(folder)


def files_beside(path):
    return sorted(entry.name for entry in path.parent.iterdir())


def test_a_missing_file_is_unreachable_and_is_not_created(schemalatch, path):
    result = check(schemalatch, path)
    assert result.code == 5
    assert f"no database file {path}" in result.out
    assert files_beside(path) == []


def test_a_relative_path_is_shown_as_absolute(schemalatch, path):
    result = schemalatch.run("check", "--url", "sqlite:///app.db", "--tool", "golang-migrate", "--require", 3, cwd=path.parent)
    assert str(path) in result.out


def test_a_wal_database_that_nobody_has_open_is_read_without_a_new_file(schemalatch, path):
    create(path, "PRAGMA journal_mode = WAL").close()
    assert files_beside(path) == ["app.db"]
    assert check(schemalatch, path).code == 0
    assert files_beside(path) == ["app.db"]


def test_a_wal_database_in_use_shows_its_newest_commit(schemalatch, path):
    with contextlib.closing(create(path, "PRAGMA journal_mode = WAL")) as connection:
        connection.execute("UPDATE schema_migrations SET version = 4")
        assert files_beside(path) == ["app.db", "app.db-shm", "app.db-wal"]
        assert check(schemalatch, path, require=4).code == 0
        connection.execute("UPDATE schema_migrations SET version = 5")
        assert check(schemalatch, path, require=5).code == 0
        assert check(schemalatch, path, require=6).code == 1
    assert files_beside(path) == ["app.db"]


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root to become another user")
def test_another_user_reads_a_wal_database_and_its_owner_goes_on_writing(schemalatch):
    with open_to_others() as folder:
        path = folder / "app.db"
        binary = Schemalatch(shutil.copy(schemalatch.binary, folder))
        create(path, "PRAGMA journal_mode = WAL").close()
        assert check(binary, path, preexec_fn=become_nobody).code == 0
        with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as connection:
            connection.execute("UPDATE schema_migrations SET version = 4")
            assert check(binary, path, require=4, preexec_fn=become_nobody).code == 0


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root to become another user")
def test_a_file_that_we_may_not_read_is_denied(schemalatch):
    with open_to_others() as folder:
        binary = Schemalatch(shutil.copy(schemalatch.binary, folder))
        create(folder / "app.db").close()
        (folder / "app.db").chmod(0o600)
        result = check(binary, folder / "app.db", preexec_fn=become_nobody)
        assert (result.code, result.out.split(":")[0]) == (6, "database denied")


def test_a_writer_that_holds_the_file_is_blocked(schemalatch, path):
    with contextlib.closing(create(path)) as connection:
        connection.execute("BEGIN EXCLUSIVE")
        result = check(schemalatch, path)
    assert (result.code, result.out.split(":")[0]) == (13, "database blocked")


def test_a_ready_gate_holds_while_the_file_is_locked_or_gone(schemalatch, path):
    with contextlib.closing(create(path)) as connection:
        sidecar = schemalatch.watch(f"sqlite:///{path}", "golang-migrate", 3).wait_until_ready()
        connection.execute("BEGIN EXCLUSIVE")
        sidecar.wait_for_state("blocked")
        assert sidecar.readyz()[0] == 200
        connection.execute("COMMIT")
        sidecar.wait_for_state("satisfied")
    path.rename(path.with_suffix(".gone"))
    sidecar.wait_for_state("unreachable").wait_for_looks(3)
    assert sidecar.readyz()[0] == 200
    assert sidecar.dependency()["held"]


UNREADABLE = [
    # what stands under the tool's name, part of the reason
    ("CREATE TABLE alembic_version (version TEXT)", "no such column"),
    ("CREATE TABLE alembic_version (version_num TEXT); INSERT INTO alembic_version VALUES (NULL)", "a row without a version"),
    ("CREATE TABLE alembic_version (version_num TEXT); INSERT INTO alembic_version VALUES (printf('%.2000c', 'x'))", "more than 1000 bytes"),
    ("CREATE TABLE alembic_version (version_num BLOB); INSERT INTO alembic_version VALUES (zeroblob(50000000))", "too big"),
    ("CREATE TABLE alembic_version (version_num TEXT); WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 100000) "
     "INSERT INTO alembic_version SELECT i FROM n", "more than 1000 row(s)"),
]


@pytest.mark.parametrize("script, reason", UNREADABLE)
def test_a_foreign_shape_under_the_tools_name_is_unreadable(schemalatch, path, script, reason):
    connection = sqlite3.connect(path)
    connection.executescript(script)
    connection.close()
    result = check(schemalatch, path, require="abc", tool="alembic")
    assert (result.code, result.out.split(":")[0]) == (14, "database unreadable")
    assert reason in result.out


def test_a_view_that_never_ends_is_given_up_at_the_deadline(schemalatch, path):
    connection = sqlite3.connect(path)
    connection.executescript("CREATE VIEW alembic_version AS WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) "
                             "SELECT i AS version_num FROM n WHERE i < 0")
    connection.close()
    result = check(schemalatch, path, require="abc", tool="alembic", env={"SCHEMALATCH_DEADLINE": "300ms"})
    assert (result.code, result.out.split(":")[0]) == (5, "database unreachable")


def test_what_is_no_database_is_unreadable(schemalatch, path):
    path.write_text("not a database, but long enough to have a header" * 40)
    assert check(schemalatch, path).code == 14
    assert check(schemalatch, path.parent).code == 14
    os.mkfifo(path.with_suffix(".pipe"))
    assert check(schemalatch, path.with_suffix(".pipe")).code == 14


def test_an_interrupted_write_is_not_rolled_back_by_us(schemalatch, path):
    """A hot journal: the writer died between its first page and its commit."""
    with contextlib.closing(create(path)) as connection:
        connection.execute("PRAGMA cache_size = 1")
        connection.execute("PRAGMA cache_spill = 1")
        connection.execute("CREATE TABLE big (t TEXT)")
        pid = os.fork()
        if pid == 0:
            writer = sqlite3.connect(path, isolation_level=None)
            writer.execute("PRAGMA cache_size = 1")
            writer.execute("BEGIN")
            writer.execute("UPDATE schema_migrations SET version = 9")
            for _ in range(2000):
                writer.execute("INSERT INTO big VALUES (printf('%.2000c', 'x'))")
            os._exit(0)  # without commit or roll-back
        os.waitpid(pid, 0)
    before = files_beside(path)
    assert before == ["app.db", "app.db-journal"]
    result = check(schemalatch, path)
    assert (result.code, result.out.split(":")[0]) == (14, "database unreadable")
    assert files_beside(path) == before
