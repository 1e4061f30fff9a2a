"""What may lie under the tool's name, and where a search_path may lead; an identity without a name."""
import contextlib
import os
import subprocess

import pytest

from ports import take_port

CREATE = ("CREATE TABLE alembic_version (version_num varchar(32) PRIMARY KEY)", "INSERT INTO alembic_version VALUES ('r2')")


@pytest.fixture
def database(postgres):
    name = postgres.create_database().rsplit("/", 1)[1]
    postgres.execute(name, *CREATE)
    return name


@pytest.fixture
def role(postgres, database):
    name = f"role_{database}"
    postgres.execute(database, f"CREATE ROLE {name} LOGIN", f"GRANT SELECT ON alembic_version TO {name}")
    return name


def check(schemalatch, url, **keys):
    env = {f"SCHEMALATCH_{key.upper()}": str(value) for key, value in keys.items()}
    result = schemalatch.run("check", "--url", url, "--tool", "alembic", "--require", "r2", env=env)
    print(result.out)
    return result.code, result.out


RELATIONS = [
    "CREATE VIEW alembic_version AS SELECT * FROM inner_version",
    "CREATE MATERIALIZED VIEW alembic_version AS SELECT * FROM inner_version",
    "CREATE TABLE alembic_version (version_num varchar(32)) PARTITION BY LIST (version_num); "
    "CREATE TABLE part PARTITION OF alembic_version DEFAULT; INSERT INTO alembic_version VALUES ('r2')",
]


@pytest.mark.parametrize("create", RELATIONS)
def test_whatever_kind_of_relation_holds_the_rows_is_read(schemalatch, postgres, database, role, create):
    postgres.execute(database, "ALTER TABLE alembic_version RENAME TO inner_version", create, f"GRANT SELECT ON alembic_version TO {role}")
    assert check(schemalatch, postgres.url(database, role))[0] == 0


def test_a_right_missing_behind_a_view_is_told_as_that(schemalatch, postgres, database, role):
    postgres.execute(database, "ALTER TABLE alembic_version RENAME TO inner_version",
                     "CREATE VIEW alembic_version WITH (security_invoker) AS SELECT * FROM inner_version",
                     f"GRANT SELECT ON alembic_version TO {role}", f"REVOKE SELECT ON inner_version FROM {role}")
    code, said = check(schemalatch, postgres.url(database, role))
    assert (code, "itself may be read; grant the role, or the view's owner, what lies behind it" in said) == (6, True)


def test_a_materialized_view_that_was_never_filled_is_unreadable(schemalatch, postgres, database):
    postgres.execute(database, "ALTER TABLE alembic_version RENAME TO inner_version",
                     "CREATE MATERIALIZED VIEW alembic_version AS SELECT * FROM inner_version WITH NO DATA")
    assert check(schemalatch, postgres.url(database))[0] == 14


def foreign(postgres, database, port):
    """The tool's table as postgres_fdw shows it from another database."""
    there = postgres.create_database().rsplit("/", 1)[1]
    postgres.execute(there, *CREATE)
    postgres.execute(database, "DROP TABLE alembic_version", "CREATE EXTENSION postgres_fdw",
                     f"CREATE SERVER there FOREIGN DATA WRAPPER postgres_fdw OPTIONS (host '127.0.0.1', port '{port}', dbname '{there}')",
                     "CREATE USER MAPPING FOR admin SERVER there OPTIONS (user 'admin')",
                     "CREATE FOREIGN TABLE alembic_version (version_num varchar(32)) SERVER there")
    return there


def test_a_foreign_table_is_read_and_unreadable_once_its_table_is_gone(schemalatch, postgres, database):
    there = foreign(postgres, database, postgres.port)
    assert check(schemalatch, postgres.url(database))[0] == 0
    postgres.execute(there, "DROP TABLE alembic_version")
    assert check(schemalatch, postgres.url(database))[0] == 14


def test_a_foreign_table_whose_server_is_down_is_unreachable(schemalatch, postgres, database):
    foreign(postgres, database, take_port())
    code, said = check(schemalatch, postgres.url(database))
    assert (code, 'could not connect to server "there"' in said) == (5, True)


def test_a_foreign_table_whose_login_is_missing_says_so(schemalatch, postgres, database, role):
    foreign(postgres, database, postgres.port)
    postgres.execute(database, f"GRANT SELECT ON alembic_version TO {role}")
    code, said = check(schemalatch, postgres.url(database, role))
    assert (code, f'run: CREATE USER MAPPING FOR "{role}"' in said) == (6, True)


@pytest.mark.parametrize("schema, path", [("{role}", '"$user", public'), ("We\"ird, one", '"We""ird, one"'), ("MiXed", '"MiXed"'),
                                          ("app", "nowhere, App, pg_temp")])
def test_a_search_path_leads_where_it_leads_the_tool(schemalatch, postgres, database, role, schema, path):
    schema = schema.format(role=role).replace('"', '""')
    postgres.execute(database, f'CREATE SCHEMA "{schema}"', f'ALTER TABLE alembic_version SET SCHEMA "{schema}"',
                     f"ALTER ROLE {role} IN DATABASE {database} SET search_path = {path}")
    code, said = check(schemalatch, postgres.url(database, role))
    assert (code, "GRANT USAGE ON SCHEMA" in said) == (6, True)
    postgres.execute(database, f'GRANT USAGE ON SCHEMA "{schema}" TO {role}')
    assert check(schemalatch, postgres.url(database, role))[0] == 0


def test_a_search_path_that_was_quoted_as_one_name_finds_nothing_and_tells_where_the_table_is(schemalatch, postgres, database, role):
    postgres.execute(database, f"ALTER ROLE {role} SET search_path = 'app, public'")
    code, said = check(schemalatch, postgres.url(database, role))
    assert (code, "schemas searched: none" in said, "if the one in schema public is meant, set schema" in said) == (3, True, True)


def test_a_path_set_for_the_database_counts(schemalatch, postgres, database):
    postgres.execute(database, "CREATE SCHEMA app", "ALTER TABLE alembic_version SET SCHEMA app", f"ALTER DATABASE {database} SET search_path = app")
    assert check(schemalatch, postgres.url(database))[0] == 0


def test_another_sessions_temporary_table_is_nobodys(schemalatch, postgres, database):
    with contextlib.closing(postgres.connect(database)) as connection:
        connection.cursor().execute("CREATE TEMPORARY TABLE alembic_version (version_num varchar(32))")
        assert check(schemalatch, postgres.url(database))[0] == 0
        postgres.execute(database, "DROP TABLE public.alembic_version")
        code, said = check(schemalatch, postgres.url(database))
    assert (code, "pg_temp" in said) == (3, False)


def test_hundreds_of_tenants_with_such_a_table_each_do_not_hide_the_one_that_is_meant(schemalatch, postgres, database, role):
    postgres.execute(database, "DO $$BEGIN FOR i IN 1..300 LOOP EXECUTE format('CREATE SCHEMA a%s; CREATE TABLE a%s.alembic_version (version_num text)', i, i); END LOOP; END$$",
                     "CREATE SCHEMA zz", "ALTER TABLE alembic_version SET SCHEMA zz", f"ALTER ROLE {role} SET search_path = zz")
    assert check(schemalatch, postgres.url(database, role))[0] == 6
    postgres.execute(database, f"GRANT USAGE ON SCHEMA zz TO {role}")
    assert check(schemalatch, postgres.url(database, role))[0] == 0
    assert check(schemalatch, postgres.url(database), schema="zz")[0] == 0


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may become another user")
def test_a_user_id_without_a_name_needs_the_user_in_the_url_and_no_home(schemalatch, postgres, database):
    def run(url):
        words = ["setpriv", "--reuid=54321", "--regid=54321", "--clear-groups", schemalatch.binary, "check", "--url", url, "--tool", "alembic", "--require", "r2"]
        return subprocess.run(words, capture_output=True, text=True, env={"PATH": "/usr/bin:/bin"}, cwd="/", timeout=20)
    assert run(postgres.url(database)).returncode == 0
    done = run(f"postgresql://127.0.0.1:{postgres.port}/{database}")
    assert (done.returncode, "put the user into the URL" in done.stdout) == (5, True)
