"""PgBouncer in all its modes: a look works through it, leaves nothing behind in it, and tells its faults from the server's."""
import contextlib

import pytest

from pgbouncer import PASSWORD, PgBouncer
from ports import take_port

CREATE = ("CREATE TABLE alembic_version (version_num varchar(32) PRIMARY KEY)", "INSERT INTO alembic_version VALUES ('r2')")
SETTINGS = ("statement_timeout", "lock_timeout", "transaction_read_only", "default_transaction_read_only", "row_security", "search_path")


@pytest.fixture
def database(postgres):
    name = postgres.create_database().rsplit("/", 1)[1]
    postgres.execute(name, *CREATE)
    return name


def behind(postgres, database):
    return f"host=127.0.0.1 port={postgres.port} dbname={database}"


@pytest.fixture
def pooler(postgres, database):
    """One server connection for all; who finds none free is let go after a second."""
    databases = {"app": behind(postgres, database), "missing": behind(postgres, "nowhere"),
                 "dead": f"host=127.0.0.1 port={take_port()}", "roleless": behind(postgres, database) + " user=nobody"}
    with PgBouncer(databases, pool_mode="transaction", default_pool_size=1, query_wait_timeout=1) as pooler:
        yield pooler


def check(schemalatch, url, require="r2"):
    result = schemalatch.run("check", "--url", url, "--tool", "alembic", "--require", require)
    print(result.out)
    assert PASSWORD not in result.out + result.err
    return result.code, result.out


@pytest.mark.parametrize("mode", ["session", "transaction", "statement"])
def test_a_look_works_in_every_mode_and_leaves_nothing_to_the_next_client(schemalatch, postgres, database, mode):
    with PgBouncer({"app": behind(postgres, database)}, pool_mode=mode, default_pool_size=1, server_reset_query="") as pooler:
        def told():
            with contextlib.closing(pooler.connect("app")) as connection:
                cursor = connection.cursor()
                cursor.execute("SELECT pg_backend_pid(), " + ", ".join(f"current_setting('{name}')" for name in SETTINGS))
                return cursor.fetchone()
        before = told()
        assert check(schemalatch, pooler.url("app"))[0] == 0
        assert check(schemalatch, pooler.url("app"), "r3")[0] in (1, 12)
        postgres.execute(database, "ALTER TABLE alembic_version RENAME TO away")
        assert check(schemalatch, pooler.url("app"))[0] == 3  # a batch that failed in the middle
        assert told() == before  # the same server connection


def test_a_restarted_pooler_is_found_again(schemalatch, pooler):
    ready = schemalatch.watch(pooler.url("app"), "alembic", "r2").wait_until_ready()
    behind_it = schemalatch.watch(pooler.url("app"), "alembic", "r2,r3").wait_for_state("unknown")
    pooler.stop()
    ready.wait_for_state("unreachable")
    behind_it.wait_for_state("unreachable")
    pooler.start()
    ready.wait_for_state("satisfied")
    behind_it.wait_for_state("unknown")


REFUSED = [
    # database, user, password, code, what is said, the remedy
    ("app", "admin", "wrong", 6, "password authentication failed", "check user and password, and that the pooler's auth_file"),
    ("app", "stranger", "wrong", 6, "password authentication failed", "auth_file or auth_query has the user"),
    ("nowhere", "admin", PASSWORD, 5, "no such database: nowhere", "give the database to the pooler's configuration"),
    ("missing", "admin", PASSWORD, 5, 'database "nowhere" does not exist', "create or enable the database"),
    ("roleless", "admin", PASSWORD, 6, 'role "nobody" does not exist', "create the role"),
    ("dead", "admin", PASSWORD, 5, "", "check that the server behind it runs"),
]


@pytest.mark.parametrize("database_name, user, password, code, said, remedy", REFUSED)
def test_each_refusal_has_its_own_remedy(schemalatch, pooler, database_name, user, password, code, said, remedy):
    answer = check(schemalatch, pooler.url(database_name, user, password))
    assert answer[0] == code
    assert said in answer[1] and remedy in answer[1]


def test_a_paused_and_a_full_pool_are_told_as_that(schemalatch, pooler):
    with contextlib.closing(pooler.connect("app")) as connection:
        connection.cursor().execute("BEGIN; SELECT 1")
        code, said = check(schemalatch, pooler.url("app"))
        assert (code, "query_wait_timeout" in said, "neither paused nor full" in said) == (5, True, True)
        connection.cursor().execute("ROLLBACK")
    pooler.command("PAUSE app")
    code, said = check(schemalatch, pooler.url("app"))
    pooler.command("RESUME app")
    assert (code, "neither paused nor full" in said) == (5, True)
    pooler.command("DISABLE app")
    assert "is disabled; create or enable the database" in check(schemalatch, pooler.url("app"))[1]


def test_startup_options_are_refused_with_what_to_set_in_their_place(schemalatch, pooler):
    code, said = check(schemalatch, pooler.url("app") + "?options=-csearch_path%3Dapp")
    assert (code, "set schema" in said) == (5, True)
