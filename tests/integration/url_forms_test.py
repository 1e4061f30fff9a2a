"""The URL that an application already has, in the words of its driver, reaches the server as it is."""
import pytest
import sqlalchemy

from postgres import PostgresServer

PASSWORD = "s3cr?t &+@:/%"
ENCODED = "s3cr%3Ft%20%26%2B%40%3A%2F%25"
CREATE = ("CREATE SCHEMA app", "CREATE TABLE app.alembic_version (version_num varchar(32) PRIMARY KEY)",
          "INSERT INTO app.alembic_version VALUES ('r2')")


@pytest.fixture(scope="module")
def server():
    """Lets the role `ro` in by its password alone; its search_path does not lead to the table."""
    with PostgresServer() as running:
        running.execute("postgres", *CREATE, f"CREATE ROLE ro LOGIN PASSWORD '{PASSWORD}'", "GRANT USAGE ON SCHEMA app TO ro",
                        "GRANT SELECT ON app.alembic_version TO ro")
        rules = running.data / "pg_hba.conf"
        rules.write_text("host all ro 127.0.0.1/32 scram-sha-256\n" + rules.read_text())
        running.execute("postgres", "SELECT pg_reload_conf()")
        yield running


def check(schemalatch, server, form, **keys):
    url = form.format(port=server.port, password=ENCODED)
    env = {"SCHEMALATCH_URL": url, "SCHEMALATCH_TOOL": "alembic", "SCHEMALATCH_REQUIRE": "r2",
           **{f"SCHEMALATCH_{key.upper()}": value for key, value in keys.items()}}
    result = schemalatch.run("check", env=env)
    assert "s3cr" not in result.out + result.err
    return result


NAMING_THE_SCHEMA = [
    "postgresql://ro:{password}@127.0.0.1:{port}/postgres?schema=app&pgbouncer=true&connection_limit=5",
    "jdbc:postgresql://127.0.0.1:{port}/postgres?user=ro&password={password}&currentSchema=app&prepareThreshold=0",
    "postgres://ro:{password}@127.0.0.1:{port}/postgres?search_path=app&sslmode=disable&pool_max_conns=4",
    "postgresql+psycopg2://ro:{password}@127.0.0.1:{port}/postgres?options=-csearch_path%3Dapp",
]

NAMING_NONE = [
    "postgresql+psycopg://ro:{password}@127.0.0.1:{port}/postgres",
    "postgresql+asyncpg://ro:{password}@127.0.0.1:{port}/postgres?ssl=disable&prepared_statement_cache_size=0",
    "postgresql+psycopg2://ro:{password}@/postgres?host=127.0.0.1:{port}&host=127.0.0.1:{port}",
    "jdbc:postgresql://127.0.0.1:{port},127.0.0.1:1/postgres?user=ro&password={password}&targetServerType=primary&ssl=false",
    "pgx5://ro:{password}@127.0.0.1:{port}/postgres?x-statement-timeout=5000",
    "host=127.0.0.1 port={port} dbname=postgres user=ro password='s3cr?t &+@:/%' TimeZone=Asia/Shanghai",
]


@pytest.mark.parametrize("form", NAMING_THE_SCHEMA)
def test_a_url_that_names_the_schema_needs_no_key(schemalatch, server, form):
    result = check(schemalatch, server, form)
    assert result.code == 0, result.out + result.err


@pytest.mark.parametrize("form", NAMING_NONE)
def test_a_url_that_names_no_schema_reaches_the_server(schemalatch, server, form):
    assert check(schemalatch, server, form).code == 3
    assert check(schemalatch, server, form, schema="app").code == 0


@pytest.mark.parametrize("form", [form for form in NAMING_THE_SCHEMA + NAMING_NONE if "+psycopg2" in form])
def test_sqlalchemy_takes_the_same_url(server, form):
    engine = sqlalchemy.create_engine(form.format(port=server.port, password=ENCODED), poolclass=sqlalchemy.pool.NullPool)
    with engine.connect() as connection:
        assert connection.exec_driver_sql("SELECT session_user").scalar() == "ro"


def test_a_url_file_may_end_in_any_line_end(schemalatch, server, tmp_path):
    for end in ("", "\n", "\r\n"):
        file = tmp_path / "url"
        file.write_bytes((NAMING_THE_SCHEMA[0].format(port=server.port, password=ENCODED) + end).encode())
        result = schemalatch.run("check", env={"SCHEMALATCH_URL_FILE": str(file), "SCHEMALATCH_TOOL": "alembic", "SCHEMALATCH_REQUIRE": "r2"})
        assert result.code == 0, result.err


def test_a_wrong_password_is_denied_in_every_form(schemalatch, server):
    for form in NAMING_THE_SCHEMA + NAMING_NONE[:-1]:
        assert check(schemalatch, server, form.replace("{password}", "wrong")).code == 6
