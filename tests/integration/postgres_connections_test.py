"""How many connections a sidecar takes: one in all while it is not ready, none between its looks once it is."""
import contextlib

import pytest

from postgres import PostgresServer

CREATE = ("CREATE TABLE alembic_version (version_num varchar(32) PRIMARY KEY)", "INSERT INTO alembic_version VALUES ('r2')")
LOOKS = 20


@pytest.fixture(scope="module")
def server():
    with PostgresServer({"log_connections": "on"}) as server:
        yield server


@pytest.fixture
def database(server):
    return server.create_database().rsplit("/", 1)[1]


def opened(server, database):
    """Connections of ours to that database since the server began."""
    log = (server.folder / "log").read_text()
    return sum(f"database={database} application_name=schemalatch" in line for line in log.splitlines())


def open_now(server, database):
    with contextlib.closing(server.connect("postgres")) as connection:
        cursor = connection.cursor()
        cursor.execute("SELECT count(*) FROM pg_stat_activity WHERE application_name = 'schemalatch' AND datname = %s", (database,))
        return cursor.fetchone()[0]


# Looks that fail come less and less often: fewer of them tell as much.
UNREADY = [
    ("unmigrated", LOOKS, ()),
    ("unknown", LOOKS, CREATE),
    ("denied", 5, (*CREATE, "CREATE ROLE nobody LOGIN")),
    ("unreadable", 5, ("CREATE TABLE alembic_version (other text)",)),
    ("ambiguous", 5, (*CREATE, "CREATE SCHEMA admin", "CREATE TABLE admin.alembic_version ()")),
]


@pytest.mark.parametrize("state, looks, statements", UNREADY)
def test_many_looks_while_unready_take_one_connection(schemalatch, server, database, state, looks, statements):
    server.execute(database, *statements)
    user = "nobody" if state == "denied" else "admin"
    sidecar = schemalatch.watch(server.url(database, user), "alembic", "r2,r3").wait_for_state(state).wait_for_looks(looks)
    assert (opened(server, database), open_now(server, database)) == (1, 1)
    sidecar.stop()


def test_the_kept_connection_sees_the_grant_and_the_migration_and_is_closed_then(schemalatch, server, database):
    sidecar = schemalatch.watch(server.url(database), "alembic", "r2", interval_ready="10m").wait_for_state("unmigrated")
    server.execute(database, *CREATE)
    sidecar.wait_until_ready()
    sidecar.wait_for(lambda _: open_now(server, database) == 0, "no connection")
    assert opened(server, database) == 1


def test_once_ready_each_look_takes_a_connection_and_none_is_left_open(schemalatch, server, database):
    server.execute(database, *CREATE)
    sidecar = schemalatch.watch(server.url(database), "alembic", "r2", interval_ready="100ms").wait_until_ready()
    before = opened(server, database)
    sidecar.wait_for_looks(LOOKS)
    assert opened(server, database) - before >= LOOKS - 1
    sidecar.stop()
    held = schemalatch.watch(server.url(database), "alembic", "r2", interval_ready="10m").wait_until_ready()
    held.wait_for(lambda _: open_now(server, database) == 0, "no connection")
