"""A primary and its hot standby: whose word counts, and for what; a server that is not up yet."""
import contextlib
import time

import pytest

from postgres import PostgresServer
from standby import Standby

CREATE = ("CREATE TABLE alembic_version (version_num varchar(32) PRIMARY KEY)", "INSERT INTO alembic_version VALUES ('r2')")
LIMIT = 20  # seconds


@pytest.fixture(scope="module")
def primary():
    with PostgresServer() as server:
        server.execute("postgres", *CREATE)
        yield server


@pytest.fixture
def standby(primary):
    with Standby(primary) as server:
        yield server


def check(schemalatch, url, require="r2"):
    result = schemalatch.run("check", "--url", url, "--tool", "alembic", "--require", require)
    print(result.out)
    return result.code, result.out


def value(server, sql):
    with contextlib.closing(server.connect("postgres")) as connection:
        cursor = connection.cursor()
        cursor.execute(sql)
        return cursor.fetchone()[0]


def wait_for_rows(standby, count):
    end = time.monotonic() + LIMIT
    while value(standby, "SELECT count(*) FROM alembic_version") != count:
        assert time.monotonic() < end
        time.sleep(0.02)


def hosts(*servers):
    return "postgresql://admin@" + ",".join(f"127.0.0.1:{server.port}" for server in servers) + "/postgres"


def test_a_standby_is_believed_when_satisfied_and_doubted_when_behind_and_the_primary_decides(schemalatch, primary, standby):
    wait_for_rows(standby, 1)
    assert check(schemalatch, standby.url("postgres"))[0] == 0
    standby.execute("postgres", "SELECT pg_wal_replay_pause()")
    primary.execute("postgres", "INSERT INTO alembic_version VALUES ('r3')")
    code, said = check(schemalatch, standby.url("postgres"), "r2,r3")
    assert (code != 0, "(a standby answered; it may lag behind its primary)" in said) == (True, True)
    assert check(schemalatch, hosts(standby, primary), "r2,r3")[0] == 0
    lagging = schemalatch.watch(standby.url("postgres"), "alembic", "r2,r3").wait_for_looks(3)
    assert lagging.readyz()[0] == 503
    assert lagging.dependency()["primary"] is False
    standby.execute("postgres", "SELECT pg_wal_replay_resume()")
    lagging.wait_until_ready()
    primary.execute("postgres", "DELETE FROM alembic_version WHERE version_num = 'r3'")
    wait_for_rows(standby, 1)


def test_a_standby_that_is_promoted_is_the_primary_from_the_next_look_on(schemalatch, primary, standby):
    wait_for_rows(standby, 1)
    sidecar = schemalatch.watch(standby.url("postgres"), "alembic", "r2,r3")
    sidecar.wait_for(lambda it: it.dependency()["primary"] is False, "a standby's word")
    standby.execute("postgres", "SELECT pg_promote()")
    sidecar.wait_for(lambda it: it.dependency()["primary"] is True, "a primary's word")


def test_a_server_that_takes_no_connections_yet_is_told_as_starting_up(schemalatch, primary):
    """A standby that may not serve while it recovers answers as every server in recovery does: 57P03."""
    server = Standby(primary, {"hot_standby": "off"})
    server._wait_until_it_answers = lambda: None
    with server:
        end = time.monotonic() + LIMIT
        while "not accepting connections" not in (answer := check(schemalatch, server.url("postgres")))[1]:
            assert answer[0] == 5
            assert time.monotonic() < end, answer
            time.sleep(0.05)
        assert answer[0] == 5
        assert "wait until it is up" in answer[1]
