"""What a PostgreSQL server can do to a look, and what we say of it."""
import contextlib
import os
import signal
import socket
import time

import pytest

from postgres import PostgresServer
from sidecar import PLANTED as PASSWORD

CREATE = ("CREATE TABLE alembic_version (version_num varchar(32) PRIMARY KEY)", "INSERT INTO alembic_version VALUES ('r2')")


@pytest.fixture
def database(postgres):
    """The name of a database whose schema is at r2."""
    url = postgres.create_database()
    name = url.rsplit("/", 1)[1]
    postgres.execute(name, *CREATE)
    return name


@pytest.fixture
def role(postgres, database):
    """A role that may connect and no more."""
    name = f"role_{database}"
    postgres.execute(database, f"CREATE ROLE {name} LOGIN")
    return name


@pytest.fixture
def own_server():
    """A server that a test may stop and start."""
    with PostgresServer() as server:
        server.execute("postgres", *CREATE)
        yield server


def check(schemalatch, url, require="r2", **keys):
    env = {f"SCHEMALATCH_{key.upper()}": str(value) for key, value in keys.items()}
    return schemalatch.run("check", "--url", url, "--tool", "alembic", "--require", require, env=env)


def state(result):
    return result.code, result.out.split(":")[0].split(" ", 1)[1]


def test_select_on_the_one_table_is_enough(schemalatch, postgres, database, role):
    postgres.execute(database, f"GRANT SELECT ON alembic_version TO {role}", f"ALTER ROLE {role} SET default_transaction_read_only = on")
    assert check(schemalatch, postgres.url(database, role)).code == 0


def test_a_missing_grant_is_denied_and_the_grant_that_is_named_cures_it(schemalatch, postgres, database, role):
    result = check(schemalatch, postgres.url(database, role))
    assert state(result) == (6, "denied")
    grant = result.out.split("run: ")[1].strip()
    assert grant == f'GRANT SELECT ON "public"."alembic_version" TO "{role}"'
    postgres.execute(database, grant)
    assert check(schemalatch, postgres.url(database, role)).code == 0


def test_a_schema_that_may_not_be_used_is_denied_and_not_unmigrated(schemalatch, postgres, database, role):
    postgres.execute(database, "CREATE SCHEMA app", "ALTER TABLE alembic_version SET SCHEMA app", f"ALTER ROLE {role} SET search_path = app")
    result = check(schemalatch, postgres.url(database, role))
    assert state(result) == (6, "denied")
    for grant in result.out.split("run: ")[1].strip().split("; "):
        postgres.execute(database, grant)
    assert check(schemalatch, postgres.url(database, role)).code == 0


def test_a_table_outside_the_search_path_is_unmigrated_and_the_schema_is_named(schemalatch, postgres, database):
    postgres.execute(database, "CREATE SCHEMA app", "ALTER TABLE alembic_version SET SCHEMA app")
    result = check(schemalatch, postgres.url(database))
    assert state(result) == (3, "unmigrated")
    assert f'database "{database}" (role "admin", schemas searched: public)' in result.out
    assert "if the one in schema app is meant, set schema" in result.out
    assert check(schemalatch, postgres.url(database), schema="app").code == 0
    assert state(check(schemalatch, postgres.url(database), schema="none")) == (3, "unmigrated")


def test_the_table_in_two_visible_schemas_is_ambiguous(schemalatch, postgres, database, role):
    postgres.execute(database, "CREATE SCHEMA app", "CREATE TABLE app.alembic_version (version_num varchar(32))",
                     f"ALTER ROLE {role} SET search_path = app, public", f"GRANT USAGE ON SCHEMA app TO {role}",
                     f"GRANT SELECT ON ALL TABLES IN SCHEMA app, public TO {role}")
    result = check(schemalatch, postgres.url(database, role))
    assert state(result) == (14, "ambiguous")
    assert "set schema" in result.out
    assert check(schemalatch, postgres.url(database, role), schema="public").code == 0


def test_a_table_behind_a_schema_that_may_not_be_used_is_ambiguous_and_never_satisfied(schemalatch, postgres, database, role):
    """The tool's role may mean the first schema of the path, which we can't look into; the second holds a leftover."""
    postgres.execute(database, "CREATE SCHEMA app", "CREATE TABLE app.alembic_version (version_num varchar(32))",
                     f"ALTER ROLE {role} SET search_path = app, public", f"GRANT SELECT ON alembic_version TO {role}")
    result = check(schemalatch, postgres.url(database, role))
    assert state(result) == (14, "ambiguous")
    assert "may not use; set schema" in result.out


def test_a_function_in_the_search_path_is_never_ours_to_run(schemalatch, postgres, database, role):
    """Who may create in a schema of our search_path could else answer for us (CVE-2018-1058)."""
    postgres.execute(
        database, f"CREATE TABLE ran (who text)", f"GRANT SELECT ON alembic_version TO {role}", f"GRANT INSERT ON ran TO {role}",
        f"ALTER ROLE {role} SET search_path = public, pg_catalog",
        *(f"CREATE FUNCTION public.{signature} LANGUAGE plpgsql AS 'BEGIN RAISE EXCEPTION ''ran''; END'" for signature in (
            "array_to_string(name[], text) RETURNS text", "array_to_string(name[], varchar) RETURNS text", "unnest(text[]) RETURNS SETOF text",
            "replace(text, text, name) RETURNS text", "pg_is_in_recovery() RETURNS boolean", '"left"(text, int) RETURNS text',
            "has_schema_privilege(oid, text) RETURNS boolean", "current_schemas(boolean) RETURNS name[]", "btrim(text, text) RETURNS text",
            "texteq(text, text) RETURNS boolean")),
        "CREATE OPERATOR public.= (LEFTARG = text, RIGHTARG = text, FUNCTION = public.texteq)")
    assert check(schemalatch, postgres.url(database, role)).code == 0
    assert check(schemalatch, postgres.url(database, role), schema="public").code == 0


def test_rows_that_a_policy_hides_are_denied_and_not_unmigrated(schemalatch, postgres, database, role):
    postgres.execute(database, f"GRANT SELECT ON alembic_version TO {role}")
    sidecar = schemalatch.watch(postgres.url(database, role), "alembic", "r2").wait_until_ready()
    postgres.execute(database, "ALTER TABLE alembic_version ENABLE ROW LEVEL SECURITY")
    sidecar.wait_for_state("denied").wait_for_looks(3)
    assert sidecar.readyz()[0] == 200
    assert "BYPASSRLS" in sidecar.dependency()["reason"]


def test_a_relation_missing_behind_a_view_is_unreadable_and_not_unmigrated(schemalatch, postgres, database):
    postgres.execute(database, "DROP TABLE alembic_version",
                     "CREATE FUNCTION inner_rows() RETURNS SETOF text LANGUAGE plpgsql AS 'BEGIN RETURN QUERY SELECT x::text FROM nowhere; END'",
                     "CREATE VIEW alembic_version AS SELECT inner_rows AS version_num FROM inner_rows()")
    assert state(check(schemalatch, postgres.url(database))) == (14, "unreadable")


def test_a_locked_table_is_blocked(schemalatch, postgres, database):
    with contextlib.closing(postgres.connect(database)) as connection:
        connection.cursor().execute("BEGIN; LOCK TABLE alembic_version IN ACCESS EXCLUSIVE MODE")
        started = time.monotonic()
        result = check(schemalatch, postgres.url(database))
        print(f"blocked after {time.monotonic() - started:.2f} s")
    assert state(result) == (13, "blocked")


UNREADABLE = [
    ("ALTER TABLE alembic_version RENAME version_num TO version", "version_num"),
    ("ALTER TABLE alembic_version DROP CONSTRAINT alembic_version_pkey, ALTER version_num DROP NOT NULL, ALTER version_num SET DEFAULT NULL; "
     "INSERT INTO alembic_version VALUES (NULL)", "a row without a version"),
    ("ALTER TABLE alembic_version ALTER version_num TYPE text; INSERT INTO alembic_version VALUES (repeat('x', 900000))", "more than 1000 bytes"),
    ("INSERT INTO alembic_version SELECT i FROM generate_series(1, 100000) AS i", "more than 1000 row(s)"),
]


@pytest.mark.parametrize("spoil, reason", UNREADABLE)
def test_a_foreign_shape_under_the_tools_name_is_unreadable(schemalatch, postgres, database, spoil, reason):
    if "repeat" in spoil:
        postgres.execute(database, "ALTER TABLE alembic_version DROP CONSTRAINT alembic_version_pkey")
    postgres.execute(database, spoil)
    result = check(schemalatch, postgres.url(database))
    assert state(result) == (14, "unreadable")
    assert reason in result.out


def test_names_with_quotes_and_newlines_are_quoted_and_told_in_one_line(schemalatch, postgres, database):
    name = 'we"ird\';\n\x1b[31m'
    postgres.execute(database, 'ALTER TABLE alembic_version RENAME TO "%s"' % name.replace('"', '""'))
    assert check(schemalatch, postgres.url(database), table=name).code == 0
    postgres.execute(database, 'DELETE FROM "%s"' % name.replace('"', '""'), "INSERT INTO \"%s\" VALUES (E'a\\nb\\x1b[2J')" % name.replace('"', '""'))
    result = check(schemalatch, postgres.url(database), table=name)
    assert result.out.count("\n") == 1
    assert "\x1b" not in result.out


def test_a_wrong_password_is_denied_and_never_told(schemalatch, postgres, database, role, tmp_path):
    hba = postgres.data / "pg_hba.conf"
    before = hba.read_text()
    hba.write_text(f"host all {role} 127.0.0.1/32 scram-sha-256\n" + before)
    postgres.execute("postgres", "SELECT pg_reload_conf()", f"ALTER ROLE {role} PASSWORD '{PASSWORD}'", f"GRANT CONNECT ON DATABASE {database} TO {role}")
    postgres.execute(database, f"GRANT SELECT ON alembic_version TO {role}")
    secret = tmp_path / "password"
    secret.write_text(PASSWORD + "\n")
    try:
        assert check(schemalatch, postgres.url(database, role, PASSWORD)).code == 0
        assert check(schemalatch, postgres.url(database, role, "wrong"), password_file=secret).code == 0
        assert state(check(schemalatch, postgres.url(database, role, PASSWORD + "x"))) == (6, "denied")
        without = check(schemalatch, postgres.url(database, role, password=None))
        assert (state(without), "set password_file" in without.out) == ((6, "denied"), True)
        assert state(check(schemalatch, postgres.url(database, role), password_file=tmp_path / "none")) == (6, "denied")
    finally:
        hba.write_text(before)
        postgres.execute("postgres", "SELECT pg_reload_conf()")


def test_a_database_that_does_not_exist_is_unreachable(schemalatch, postgres):
    result = check(schemalatch, postgres.url("nowhere"))
    assert state(result) == (5, "unreachable")
    assert "create the database" in result.out


def test_a_role_without_the_right_to_connect_is_denied(schemalatch, postgres, database, role):
    postgres.execute(database, f"REVOKE CONNECT ON DATABASE {database} FROM PUBLIC")
    result = check(schemalatch, postgres.url(database, role))
    assert state(result) == (6, "denied")
    postgres.execute(database, result.out.split("run: ")[1], f"GRANT SELECT ON alembic_version TO {role}")
    assert check(schemalatch, postgres.url(database, role)).code == 0


def test_a_port_where_nobody_listens_and_a_name_that_nobody_has_are_unreachable(schemalatch):
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        assert state(check(schemalatch, f"postgresql://u@127.0.0.1:{unused.getsockname()[1]}/d")) == (5, "unreachable")
    assert state(check(schemalatch, "postgresql://u@no-such-host.invalid/d")) == (5, "unreachable")


def test_a_server_that_accepts_and_says_nothing_is_given_up_at_the_deadline(schemalatch):
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        started = time.monotonic()
        result = check(schemalatch, f"postgresql://u@127.0.0.1:{silent.getsockname()[1]}/d", deadline="500ms")
        took = time.monotonic() - started
    assert state(result) == (5, "unreachable")
    assert "no answer before the deadline" in result.out
    assert took < 1.5, f"took {took:.2f} s"


def test_the_second_host_is_asked_when_the_first_is_silent(schemalatch, postgres, database):
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        hosts = f"127.0.0.1:{silent.getsockname()[1]},127.0.0.1:{postgres.port}"
        assert check(schemalatch, f"postgresql://admin@{hosts}/{database}", deadline="1s").code == 0


def connections(server, database="postgres"):
    with contextlib.closing(server.connect("postgres")) as connection:
        cursor = connection.cursor()
        cursor.execute("SELECT count(*) FROM pg_stat_activity WHERE application_name = 'schemalatch' AND datname = %s", (database,))
        return cursor.fetchone()[0]


def test_one_connection_is_kept_while_unready_and_none_once_ready(schemalatch, postgres, database):
    sidecar = schemalatch.watch(postgres.url(database), "alembic", "r2,r3", interval_ready="10s")
    sidecar.wait_for_state("unknown").wait_for_looks(5)
    assert connections(postgres, database) == 1
    postgres.execute(database, "INSERT INTO alembic_version VALUES ('r3')")
    sidecar.wait_until_ready()
    sidecar.wait_for(lambda _: connections(postgres, database) == 0, "no connection")


def test_a_ready_gate_holds_through_a_restart_and_an_unready_one_opens_after_it(schemalatch, own_server):
    url = own_server.url("postgres")
    ready = schemalatch.watch(url, "alembic", "r2").wait_until_ready()
    own_server.stop()
    fresh = schemalatch.watch(url, "alembic", "r2").wait_for_state("unreachable")
    ready.wait_for_state("unreachable").wait_for_looks(3)
    assert (ready.readyz()[0], fresh.readyz()[0]) == (200, 503)
    assert ready.dependency()["held"]
    own_server.start()
    fresh.wait_until_ready()
    ready.wait_for_state("satisfied")


def test_a_stopped_server_never_delays_an_answer_nor_the_end(schemalatch, own_server):
    sidecar = schemalatch.watch(own_server.url("postgres"), "alembic", "r2", deadline="500ms").wait_until_ready()
    os.killpg(own_server.process.pid, signal.SIGSTOP)
    try:
        sidecar.wait_for_state("unreachable")
        worst = 0.0
        for _ in range(50):
            started = time.monotonic()
            assert sidecar.readyz()[0] == 200
            worst = max(worst, time.monotonic() - started)
        print(f"worst probe while the server was stopped: {worst * 1000:.1f} ms")
        assert worst < 1
        code, took = sidecar.stop()
        print(f"ended {took * 1000:.0f} ms after SIGTERM")
        assert (code, took < 1) == (0, True)
    finally:
        os.killpg(own_server.process.pid, signal.SIGCONT)


def test_the_password_is_in_no_page_of_the_running_process_nor_in_its_title(schemalatch, postgres, database):
    """Every answer, log line and output of all tests is searched for it; here are all of them together."""
    sidecar = schemalatch.serve("--url", postgres.url(database), "--tool", "alembic", "--require", "r2").wait_until_ready()
    assert "xxx" in sidecar.title()
    for path in ("/", "/readyz", "/readyz?verbose", "/readyz/database", "/livez", "/version", "/version/database", "/metrics", "/none"):
        sidecar.get(path)


@pytest.mark.parametrize("content", ["", "\n"])
def test_an_empty_password_file_is_told_as_empty(schemalatch, postgres, database, tmp_path, content):
    (tmp_path / "password").write_text(content)
    result = check(schemalatch, postgres.url(database), password_file=tmp_path / "password")
    assert state(result) == (6, "denied")
    assert f"password_file {tmp_path}/password is empty; write the password into its first line" in result.out


def test_a_password_in_the_place_of_its_file_is_not_repeated(schemalatch, postgres, database):
    result = check(schemalatch, postgres.url(database), password_file=PASSWORD)  # run() searches for it
    assert state(result) == (6, "denied")
    assert "password_file (not shown: it may be the password) cannot be read" in result.out
