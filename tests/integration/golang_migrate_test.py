"""golang-migrate's one row: dirty at N is clean for who needs less, and stands in the way of who needs N or more."""
import sqlite3
import zlib

import psycopg2
import pytest

CREATE = {"sqlite": "CREATE TABLE schema_migrations (version uint64, dirty bool)",
          "postgresql": "CREATE TABLE schema_migrations (version bigint NOT NULL PRIMARY KEY, dirty boolean NOT NULL)"}


class Table:
    def __init__(self, url):
        self.url = url
        kind = url.split(":")[0]
        self.connection = sqlite3.connect(url.removeprefix("sqlite:///")) if kind == "sqlite" else psycopg2.connect(url)
        self.run(CREATE[kind])

    def run(self, *statements):
        for statement in statements:
            self.connection.cursor().execute(statement)
        self.connection.commit()

    def set(self, version, dirty):
        self.run("DELETE FROM schema_migrations", f"INSERT INTO schema_migrations VALUES ({version}, {str(dirty).lower()})")


@pytest.fixture
def table(database_url):
    return Table(database_url)


CASES = [
    # version, dirty, required, code, state
    (4, False, 4, 0, "satisfied"),
    (5, False, 4, 0, "satisfied"),
    (3, False, 4, 1, "behind"),
    (4, True, 3, 0, "satisfied"),
    (4, True, 4, 4, "dirty"),
    (4, True, 5, 4, "dirty"),
    (-1, True, 1, 4, "dirty"),
    (20240101120000, False, 20231231235959, 0, "satisfied"),
]


@pytest.mark.parametrize("version, dirty, required, code, state", CASES)
def test_the_row_is_compared_as_a_number_and_dirty_concerns_who_needs_it(schemalatch, table, version, dirty, required, code, state):
    table.set(version, dirty)
    result = schemalatch.run("check", "--url", table.url, "--tool", "golang-migrate", "--require", required)
    assert (result.code, result.out.split(":")[0]) == (code, f"database {state}")


def test_an_empty_table_is_unmigrated(schemalatch, table):
    assert schemalatch.run("check", "--url", table.url, "--tool", "golang-migrate", "--require", 1).code == 3


def test_a_failed_migration_never_takes_out_old_pods(schemalatch, table):
    table.set(3, False)
    old = schemalatch.watch(table.url, "golang-migrate", 3).wait_until_ready()
    new = schemalatch.watch(table.url, "golang-migrate", 4).wait_for_state("behind")
    table.set(4, True)
    new.wait_for_state("dirty")
    assert new.readyz()[0] == 503
    assert old.wait_for_looks(3).readyz() == (200, "ok\n")

    table.set(3, True)  # the undo of migration 4, under way or failed
    old.wait_for_state("dirty")
    assert old.wait_for_looks(3).readyz()[0] == 200
    assert old.dependency()["held"]

    table.set(2, True)  # below what the old image needs
    old.wait_for(lambda it: it.readyz()[0] == 503, "503")


def advisory_key(database, schema="public", table="schema_migrations"):
    salt = 1486364155
    return zlib.crc32("\0".join((schema, table, database)).encode()) * salt % 2**32


@pytest.mark.parametrize("prefix", ["/", ""], ids=["as the command line names it", "as a program names it"])
def test_on_postgres_the_reason_tells_running_from_failed_by_the_tools_own_lock(schemalatch, postgres, prefix):
    url = postgres.create_database()
    table = Table(url)
    table.set(4, True)
    ask = ("check", "--url", url, "--tool", "golang-migrate", "--require", 4)
    assert "migration 4 failed" in schemalatch.run(*ask).out

    table.run(f"SELECT pg_advisory_lock({advisory_key(prefix + url.rsplit('/', 1)[1])})")
    assert "migration 4 is running" in schemalatch.run(*ask).out
