"""`upgrade` on a real PostgreSQL: what it runs, what it says, its exit codes, and the journal."""
import json
import os
import pathlib
import re
import signal
import socket
import sys
import time

import psycopg2
import pytest

from pgbouncer import PASSWORD, PgBouncer
from postgres import PostgresServer
from standby import Standby
from upgrading import Runner, is_alive, migration, outcomes, prepare, rows, wait_until


@pytest.fixture
def url(postgres):
    return prepare(postgres, version=1)


@pytest.fixture
def upgrade(schemalatch):
    """Starts a runner towards a version; kills what is left."""
    started = []

    def start(url, command, *flags, require="3", env=None):
        runner = Runner(schemalatch.binary, ["--url", url, "--tool", "golang-migrate", "--require", require, *flags], command, env)
        started.append(runner)
        return runner

    yield start
    for runner in started:
        runner.kill()


def work_pid(postgres, url):
    """Of the command, once it is at work."""
    return wait_until(lambda: rows(postgres, url, "SELECT pid FROM work WHERE ended IS NOT NULL ORDER BY id DESC LIMIT 1"), "work")[0][0]


def test_it_runs_the_command_verifies_and_records_it(upgrade, postgres, url):
    runner = upgrade(url, migration(url, "to=3", "seconds=0.2"))
    assert runner.end() == 0
    assert runner.out == "database satisfied: at 3, needs 3\n"
    row = rows(postgres, url, "SELECT tool, target_schema, target_table, digest, required, from_versions, to_versions, command, outcome, exit_code, "
                              "finished_at > started_at FROM schemalatch.run")
    assert row == [("golang-migrate", "public", "schema_migrations", row[0][3], ["3"], ["1"], ["3"], pathlib.Path(sys.executable).name, "succeeded", 0, True)]
    assert row[0][3].startswith("sha256:")


def test_it_runs_nothing_where_the_requirement_is_met(upgrade, postgres, url):
    runner = upgrade(url, ["false"], require="1")
    assert runner.end() == 0
    assert "nothing is run" in runner.out
    assert outcomes(postgres, url) == []


def test_always_runs_it_all_the_same(upgrade, postgres, url):
    assert upgrade(url, ["false"], "--always", require="1").end() == 10
    assert outcomes(postgres, url) == [("failed", 1)]


@pytest.mark.parametrize("command, code, outcome, said", [
    (["sh", "-c", "exit 7"], 10, ("failed", 7), "sh exited with 7; at 1, needs 3"),
    (["/no/such/tool"], 10, ("failed", 127), "tool could not be started: No such file"),
    (["/etc/passwd"], 10, ("failed", 126), "passwd could not be started: Permission denied"),
    (["sh", "-c", "kill -9 $$"], 10, ("failed", 137), "sh was ended by signal 9"),
    (["true"], 11, ("not_reached", 0), "true exited with 0, yet the requirement is not met: at 1, needs 3"),
])
def test_each_end_has_its_code_and_its_row(upgrade, postgres, url, command, code, outcome, said):
    runner = upgrade(url, command)
    assert runner.end() == code
    assert said in runner.err
    assert outcomes(postgres, url) == [outcome]


def test_the_command_gets_its_arguments_byte_for_byte(upgrade, url, tmp_path):
    seen = tmp_path / "seen"
    words = ["--url", "--", "", "a b", "x\ny", "--help", "--wait-lock=1s"]
    assert upgrade(url, [sys.executable, "-c", f"import sys; open({str(seen)!r}, 'w').write(repr(sys.argv[1:]))", *words]).end() == 11
    assert seen.read_text() == repr(words)


def test_the_command_carries_the_runs_id_and_the_lock_timeout(upgrade, postgres, url):
    sql = "SELECT current_setting('application_name') || ' ' || current_setting('lock_timeout') || ' ' || current_setting('work_mem')"
    runner = upgrade(url, ["psql", "-XAtc", sql, url], "--ddl-lock-timeout", "1500ms", env={"PGOPTIONS": "-c work_mem=5MB"})
    assert runner.end() == 11
    [(run,)] = rows(postgres, url, "SELECT id FROM schemalatch.run")
    assert runner.out == f"{run} 1500ms 5MB\n"


def test_a_hundred_megabytes_of_output_pass(upgrade, url):
    runner = upgrade(url, ["sh", "-c", "head -c 100000000 /dev/zero | tr '\\0' x"])
    assert runner.end(60) == 11
    assert len(runner.out) == 100_000_000


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGQUIT])
def test_told_to_stop_it_stops_the_command_records_it_and_frees_the_lock(upgrade, postgres, url, number):
    runner = upgrade(url, migration(url, "to=3", "seconds=60", "child"))
    pid = work_pid(postgres, url)
    runner.process.send_signal(number)
    assert runner.end() == 128 + number
    assert not is_alive(pid)
    assert [outcome for outcome, _ in outcomes(postgres, url)] == ["aborted"]
    assert upgrade(url, migration(url, "to=3"), "--wait-lock", "0s").end() == 0


def test_a_command_that_ignores_sigterm_is_killed_in_the_end(upgrade, postgres, url):
    runner = upgrade(url, ["sh", "-c", "trap '' TERM; echo here; while :; do sleep 0.1; done"], "--kill-after", "1s")
    assert runner.process.stdout.readline() == "here\n"
    runner.process.send_signal(signal.SIGTERM)
    assert runner.end() == 143
    assert 1 <= runner.took < 10
    assert outcomes(postgres, url) == [("aborted", 137)]


def test_one_that_waits_says_who_holds_the_lock_and_gives_up_in_time(upgrade, postgres, url):
    first = upgrade(url, migration(url, "to=3", "seconds=5"))
    work_pid(postgres, url)
    second = upgrade(url, ["true"], "--wait-lock", "500ms")
    assert second.end() == 8
    assert re.search(r'still held after 500 ms, by "schemalatch upgrade by .* pid ' + str(first.process.pid) + r'" \(to end it: SELECT pg_terminate_backend\(\d+\)\)', second.err)
    assert first.end() == 0


def test_the_lock_is_one_per_database_whatever_the_dependency_is_called_and_lock_name_narrows_it(upgrade, postgres, url):
    first = upgrade(url, migration(url, "to=3", "seconds=5"))
    work_pid(postgres, url)
    assert upgrade(url, ["true"], "--wait-lock", "0s", env={"SCHEMALATCH_NAME": "other"}).end() in (8, 78)
    assert upgrade(url, ["true"], "--wait-lock", "0s", env={"SCHEMALATCH_LOCK_NAME": "mine"}).end() == 11
    assert upgrade(postgres.create_database(), ["true"], "--wait-lock", "0s").end() == 11
    assert first.end() == 0


@pytest.fixture
def status(schemalatch, postgres):
    """What `status` tells a role that may connect and no more: its code, its text, and the lock's holder in JSON."""
    postgres.execute("postgres", "DROP ROLE IF EXISTS onlooker; CREATE ROLE onlooker LOGIN")

    def look(url, **settings):
        url = postgres.url(url.rpartition("/")[2], user="onlooker")
        env = {f"SCHEMALATCH_{key.upper()}": value for key, value in settings.items()}
        words = ["status", "--url", url, "--tool", "golang-migrate", "--require", "3"]
        text = schemalatch.run(*words, env=env)
        told = schemalatch.run(*words, "--json", env=env)
        assert text.code == told.code == schemalatch.run("check", *words[1:], env=env).code
        return text.code, text.out, json.loads(told.out)["dependencies"][0].get("lock_holder", "not told")

    return look


def advisory_locks(postgres):
    return rows(postgres, "/postgres", "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'")[0][0]


def test_status_names_who_holds_the_lock_to_a_role_that_may_only_connect(upgrade, postgres, url, status):
    code, text, holder = status(url)
    assert (code, holder) == (6, None) and "  lock      free\n" in text
    runner = upgrade(url, migration(url, "to=3", "seconds=60"))
    work_pid(postgres, url)
    before = advisory_locks(postgres)
    code, text, holder = status(url)
    assert code == 6
    assert holder["name"].startswith("schemalatch upgrade by ") and holder["name"].endswith(f" pid {runner.process.pid}")
    assert holder["remedy"] == f"to end it: SELECT pg_terminate_backend({holder['pid']})"
    assert f'  lock      held by "{holder["name"]}" ({holder["remedy"]})\n' in text
    assert advisory_locks(postgres) == before
    assert status(url, lock_name="another")[2] is None
    assert status(postgres.create_database())[2] is None
    postgres.execute("postgres", holder["remedy"].partition(": ")[2])
    assert runner.end() == 9
    wait_until(lambda: status(url)[2] is None, "a lock that is free")


def test_status_looks_for_the_lock_where_lock_url_leads(upgrade, postgres, url, status):
    other = prepare(postgres, version=1)
    runner = upgrade(url, migration(url, "to=3", "seconds=60"))
    work_pid(postgres, url)
    assert status(other)[2] is None
    assert status(other, lock_url=url)[2]["name"].endswith(f" pid {runner.process.pid}")


def test_a_lock_that_cannot_be_looked_at_changes_neither_state_nor_exit_code(schemalatch, postgres, url):
    words = ["--url", url, "--tool", "golang-migrate", "--require", "1"]
    nowhere = {"SCHEMALATCH_LOCK_URL": "postgresql://127.0.0.1:1/x"}
    status = schemalatch.run("status", *words, env=nowhere)
    assert status.code == 0 and "  state     satisfied" in status.out
    assert re.search(r"^  lock      not known: .*refused", status.out, re.M)
    told = schemalatch.run("status", "--json", *words, env=nowhere)
    assert told.code == 0 and "lock_holder" not in json.loads(told.out)["dependencies"][0]


def test_a_look_at_the_lock_takes_no_session_from_the_look_at_the_database(schemalatch, postgres, url):
    database = url.rpartition("/")[2]
    postgres.execute(database, "DROP ROLE IF EXISTS single; CREATE ROLE single LOGIN CONNECTION LIMIT 1; GRANT SELECT ON schema_migrations TO single")
    words = ["--url", postgres.url(database, user="single"), "--tool", "golang-migrate", "--require", "1"]
    for _ in range(10):
        wait_until(lambda: rows(postgres, "/postgres", "SELECT count(*) FROM pg_stat_activity WHERE usename = 'single'") == [(0,)], "no session")
        assert schemalatch.run("status", *words).code == 0
    postgres.execute(database, "DROP OWNED BY single; DROP ROLE single")


def test_a_look_at_the_lock_of_a_silent_server_ends_by_the_deadline(schemalatch, postgres, url):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        env = {"SCHEMALATCH_LOCK_URL": f"postgresql://127.0.0.1:{silent.getsockname()[1]}/x", "SCHEMALATCH_DEADLINE": "1s"}
        began = time.monotonic()
        status = schemalatch.run("status", "--url", url, "--tool", "golang-migrate", "--require", "1", env=env)
        assert (status.code, time.monotonic() - began < 2) == (0, True)
        assert "  lock      not known: " in status.out


def test_a_lock_is_not_called_free_by_a_standby(schemalatch, postgres, url):
    with Standby(postgres) as standby:
        words = ["--url", standby.url(url.rpartition("/")[2]), "--tool", "golang-migrate", "--require", "1"]
        assert "  lock      not known: only a standby answers" in schemalatch.run("status", *words).out


def test_a_terminated_lock_session_kills_the_command_and_exits_9(upgrade, postgres, url):
    runner = upgrade(url, migration(url, "to=3", "seconds=60", "child"))
    pid = work_pid(postgres, url)
    postgres.execute("postgres", "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name LIKE 'schemalatch upgrade%'")
    assert runner.end() == 9
    assert not is_alive(pid)
    assert "the lock was lost while the command ran" in runner.err
    assert outcomes(postgres, url) == [("lock_lost", None)]


def test_who_may_not_create_the_journal_upgrades_all_the_same_and_hears_what_is_lost(upgrade, postgres, url):
    database = url.rpartition("/")[2]
    postgres.execute(database, f"DROP ROLE IF EXISTS poor; CREATE ROLE poor LOGIN; REVOKE CREATE ON DATABASE {database} FROM PUBLIC; "
                               "GRANT ALL ON ALL TABLES IN SCHEMA public TO poor; GRANT ALL ON ALL SEQUENCES IN SCHEMA public TO poor")
    poor = postgres.url(database, user="poor")
    runner = upgrade(poor, migration(poor, "to=3"))
    assert runner.end() == 0, runner.err
    assert "warning: database: no journal (permission denied for database" in runner.err
    assert "; schemalatch journal --sql prints what a DBA may run once): sidecars cannot tell of this run" in runner.err
    postgres.execute(database, "DROP OWNED BY poor; DROP ROLE poor")


def test_a_journal_that_is_switched_off_is_not_created(schemalatch, postgres, url, tmp_path):
    config = tmp_path / "gate.toml"
    config.write_text(f'[[dependency]]\nname = "app"\nurl = "{url}"\ntool = "golang-migrate"\nrequire = "3"\njournal = ""\n')
    runner = Runner(schemalatch.binary, ["--config", config], migration(url, "to=3"))
    assert runner.end() == 0, runner.err
    assert "no journal (journal is switched off): " in runner.err and "journal --sql" not in runner.err
    assert rows(postgres, url, "SELECT to_regnamespace('schemalatch')") == [(None,)]


def test_readers_may_read_the_bookkeeping_and_the_journal(upgrade, postgres, schemalatch):
    url = postgres.create_database()
    database = url.rpartition("/")[2]
    postgres.execute(database, 'DROP ROLE IF EXISTS "the reader"; CREATE ROLE "the reader" LOGIN; REVOKE ALL ON SCHEMA public FROM PUBLIC')
    create = "CREATE TABLE schema_migrations (version bigint NOT NULL, dirty boolean NOT NULL); INSERT INTO schema_migrations VALUES (3, false)"
    assert upgrade(url, ["psql", "-Xqc", create, url], env={"SCHEMALATCH_READERS": "the reader"}).end() == 0
    reader = postgres.url(database, user="the%20reader")
    assert schemalatch.run("check", "--url", reader, "--tool", "golang-migrate", "--require", "3").code == 0
    connection = psycopg2.connect(reader)
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM schemalatch.run")
        assert cursor.fetchone() == (1,)
    connection.close()
    postgres.execute(database, 'DROP OWNED BY "the reader"; DROP ROLE "the reader"')


def test_the_lineage_is_written_before_the_run_and_also_when_nothing_is_run(upgrade, postgres, url, tmp_path, schemalatch):
    postgres.execute(url.rpartition("/")[2], "CREATE TABLE alembic_version (version_num varchar(32) NOT NULL); INSERT INTO alembic_version VALUES ('b')")
    baked = tmp_path / "required.json"
    baked.write_text(json.dumps({"format": 1, "tool": "alembic", "required": ["b"], "graph": {"a": [], "b": ["a"]}}))
    runner = Runner(schemalatch.binary, ["--url", url, "--require", f"@{baked}"], ["false"])
    assert runner.end() == 0, runner.err
    assert rows(postgres, url, "SELECT revision, parents FROM schemalatch.lineage ORDER BY 1") == [("a", []), ("b", ["a"])]
    assert rows(postgres, url, "SELECT lineage FROM schemalatch.version") == [(1,)]


def test_a_run_that_failed_while_we_waited_is_not_repeated_unless_told(upgrade, postgres, url):
    first = upgrade(url, migration(url, "seconds=2", "exit=4"))
    work_pid(postgres, url)
    second, third = upgrade(url, ["touch", "/nowhere/x"]), upgrade(url, migration(url, "to=3"), "--retry")
    assert first.end() == 10
    assert third.end() == 0
    assert second.end() in (0, 10)
    assert [it[0] for it in outcomes(postgres, url)] == ["failed", "succeeded"]


def test_it_waits_for_a_database_that_is_not_created_yet(upgrade, postgres):
    name = f"late_{os.getpid()}"
    runner = upgrade(postgres.url(name), ["true"])
    wait_until(lambda: "waiting for the database" in runner.process.stderr.readline(), "a word that it waits")
    postgres.execute("postgres", f"CREATE DATABASE {name}")
    assert runner.end() == 11


def test_it_does_not_wait_for_a_database_for_ever(upgrade, postgres):
    runner = upgrade(postgres.url("never"), ["true"], "--connect-timeout", "700ms")
    assert runner.end() == 5
    assert 'database "never" does not exist' in runner.err


@pytest.mark.parametrize("mode, code", [("session", 0), ("transaction", 78), ("statement", 78)])
def test_a_pooler_is_refused_where_it_shares_sessions(upgrade, postgres, url, mode, code):
    database = url.rpartition("/")[2]
    with PgBouncer({"app": f"host=127.0.0.1 port={postgres.port} dbname={database}"}, pool_mode=mode) as pooler:
        pooled = f"postgresql://admin:{PASSWORD}@127.0.0.1:{pooler.port}/app"
        runner = upgrade(pooled, migration(url, "to=3"), "--connect-timeout", "10s")
        assert runner.end() == code, runner.err
        if code == 78:
            assert "would keep nobody out" in runner.err
            assert "set lock_url to the server itself, or to a pooler in session mode" in runner.err
            assert upgrade(pooled, migration(url, "to=3"), env={"SCHEMALATCH_LOCK_URL": url}).end() == 0


def test_a_standby_is_refused(upgrade, postgres, url):
    with Standby(postgres) as standby:
        runner = upgrade(standby.url(url.rpartition("/")[2]), ["true"], "--connect-timeout", "1s")
        assert runner.end() == 5
        assert "only a standby answers, where nothing can be migrated; let the URL name the primary" in runner.err


def test_a_server_without_advisory_locks_is_refused(upgrade, postgres, url):
    database = url.rpartition("/")[2]
    postgres.execute(database, "ALTER FUNCTION pg_catalog.pg_try_advisory_lock(int, int) RENAME TO pg_hidden_lock")
    try:
        runner = upgrade(url, ["true"])
        assert runner.end() == 78
        assert "the server cannot lock: " in runner.err and "set lock_url" in runner.err
    finally:
        postgres.execute(database, "ALTER FUNCTION pg_catalog.pg_hidden_lock(int, int) RENAME TO pg_try_advisory_lock")


def test_no_command_and_several_dependencies_are_wrong_usage(schemalatch, tmp_path):
    assert schemalatch.run("upgrade", "--url", "postgresql://x/y").code == 64
    config = tmp_path / "gate.toml"
    config.write_text("".join(f'[[dependency]]\nname = "{name}"\nurl = "postgresql://u@127.0.0.1:1/d"\ntool = "alembic"\nrequire = "a"\n' for name in "ab"))
    result = schemalatch.run("upgrade", "--config", config, "--", "true")
    assert (result.code, "name the one to upgrade by --dependency" in result.err) == (64, True)


def test_a_lock_url_to_another_database_is_refused(upgrade, postgres, url):
    runner = upgrade(url, ["touch", "/nowhere"], env={"SCHEMALATCH_LOCK_URL": prepare(postgres, version=3)})
    assert runner.end() == 78
    assert "lock_url leads to another database than url" in runner.err
    same = upgrade(url, migration(url, "to=3"), env={"SCHEMALATCH_LOCK_URL": url})
    assert same.end() == 0, same.err


def test_a_table_that_is_locked_when_the_command_has_ended_is_waited_for(upgrade, postgres, url):
    runner = upgrade(url, migration(url, "to=3", "seconds=1", "early"))
    work_pid(postgres, url)
    with postgres.connect(url.rpartition("/")[2]) as connection, connection.cursor() as cursor:
        cursor.execute("LOCK schema_migrations IN ACCESS EXCLUSIVE MODE")
        time.sleep(3)  # beyond the command's end
        assert runner.process.poll() is None
    connection.close()
    assert runner.end() == 0, runner.err
    assert outcomes(postgres, url) == [("succeeded", 0)]


def test_a_standby_that_is_missed_at_commit_kills_no_command(upgrade, schemalatch):
    with PostgresServer() as server:
        url = prepare(server, version=1)
        runner = upgrade(url, ["sh", "-c", "sleep 6; exit 5"])
        wait_until(lambda: rows(server, url, "SELECT 1 FROM pg_stat_activity WHERE query LIKE '%heartbeat_at%'"), "a heartbeat")
        server.execute("postgres", "ALTER SYSTEM SET synchronous_standby_names = 'nobody'")
        server.execute("postgres", "SELECT pg_reload_conf()")
        assert runner.end() == 10, runner.err  # 9: it was killed


def test_an_empty_command_is_wrong_usage(upgrade, url):
    runner = upgrade(url, [""])
    assert runner.end() == 64
    assert "the command after -- is empty" in runner.err


def test_a_whole_command_line_in_one_word_is_not_told(upgrade, postgres, url):
    runner = upgrade(url, ["sh -c x postgresql://u:planted-0xSECRET@h"])
    assert runner.end() == 10
    assert rows(postgres, url, "SELECT command FROM schemalatch.run") == [("(no file name)",)]


# ---- A journal that somebody else has made, or spoilt ----------------------------------------------------------------

TRAPS = {
    "trigger": "CREATE TRIGGER t BEFORE INSERT ON schemalatch.run FOR EACH ROW EXECUTE FUNCTION schemalatch.evil_row()",
    "rule": "CREATE RULE r AS ON UPDATE TO schemalatch.run DO ALSO SELECT schemalatch.evil()",
    "check": "ALTER TABLE schemalatch.run ADD CHECK (schemalatch.evil() > 0)",
    # What is only half there is completed by the upgrade, which fills in the version.
    "default": "DROP TABLE schemalatch.run, schemalatch.lineage, schemalatch.version; "
               "CREATE TABLE schemalatch.version (format int4 NOT NULL, lineage int8 NOT NULL, x int DEFAULT schemalatch.evil())",
}


@pytest.fixture
def stranger(postgres, url):
    """A role that may create schemas in the database, and no more."""
    database = url.rpartition("/")[2]
    postgres.execute(database, f"CREATE ROLE stranger LOGIN; GRANT CREATE ON DATABASE {database} TO stranger")
    yield postgres.url(database, user="stranger")
    postgres.execute(database, "DROP OWNED BY stranger CASCADE; DROP ROLE stranger")


def execute_as(url, *statements):
    connection = psycopg2.connect(url)
    connection.autocommit = True
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)
    connection.close()


def journal_sql(schemalatch):
    """Without its transaction, which psycopg2 has one for."""
    return schemalatch.run("journal", "--sql").out.replace("BEGIN;", "").replace("COMMIT;", "")


def lay_trap(schemalatch, url, trap):
    body = "BEGIN ALTER ROLE stranger SUPERUSER; RETURN"
    execute_as(url, journal_sql(schemalatch),
               f"CREATE FUNCTION schemalatch.evil() RETURNS int LANGUAGE plpgsql AS $$ {body} 1; END $$",
               f"CREATE FUNCTION schemalatch.evil_row() RETURNS trigger LANGUAGE plpgsql AS $$ {body} new; END $$", TRAPS[trap],
               "GRANT ALL ON SCHEMA schemalatch TO PUBLIC", "GRANT ALL ON ALL TABLES IN SCHEMA schemalatch TO PUBLIC")


@pytest.mark.parametrize("trap", TRAPS)
def test_a_strangers_journal_is_left_alone_and_his_functions_are_not_run(upgrade, postgres, url, stranger, schemalatch, trap):
    lay_trap(schemalatch, stranger, trap)
    runner = upgrade(url, migration(url, "to=3"))
    assert runner.end() == 0, runner.err
    assert 'no journal (schema schemalatch belongs to role stranger, which is neither this one nor the database\'s owner' in runner.err
    assert "ALTER SCHEMA schemalatch OWNER TO ...): sidecars cannot tell" in runner.err and "journal --sql" not in runner.err
    assert rows(postgres, url, "SELECT rolsuper FROM pg_roles WHERE rolname = 'stranger'") == [(False,)]
    # Nor does what a DBA is given to run.
    with pytest.raises(psycopg2.Error, match="schemalatch belongs to stranger"):
        execute_as(url, journal_sql(schemalatch))
    assert rows(postgres, url, "SELECT rolsuper FROM pg_roles WHERE rolname = 'stranger'") == [(False,)]


def test_a_strangers_table_in_a_schema_of_ours_is_left_alone(upgrade, postgres, url, stranger, schemalatch):
    execute_as(url, journal_sql(schemalatch), "ALTER TABLE schemalatch.run OWNER TO stranger")
    runner = upgrade(url, migration(url, "to=3"))
    assert runner.end() == 0, runner.err
    assert "no journal (table schemalatch.run belongs to role stranger" in runner.err


@pytest.mark.parametrize("owner", ["admin", "team", "poor"])
def test_a_journal_of_a_superuser_or_of_a_role_that_this_one_may_act_as_is_used(upgrade, postgres, url, schemalatch, owner):
    database = url.rpartition("/")[2]
    execute_as(url, journal_sql(schemalatch), "CREATE ROLE poor LOGIN; CREATE ROLE team; GRANT team TO poor",
               *[f"GRANT {rights} ON ALL {what} IN SCHEMA public TO poor" for rights, what in (("ALL", "TABLES"), ("ALL", "SEQUENCES"))],
               "GRANT USAGE ON SCHEMA schemalatch TO poor; GRANT SELECT, INSERT, UPDATE ON ALL TABLES IN SCHEMA schemalatch TO poor",
               *[f"ALTER {what} OWNER TO {owner}" for what in ("SCHEMA schemalatch", "TABLE schemalatch.run", "TABLE schemalatch.version")])
    poor = postgres.url(database, user="poor")
    try:
        runner = upgrade(poor, migration(poor, "to=3"))
        assert runner.end() == 0, runner.err
        assert outcomes(postgres, url) == [("succeeded", 0)], runner.err
    finally:
        postgres.execute(database, "DROP OWNED BY poor, team CASCADE; DROP ROLE poor, team")


def test_who_may_only_read_the_journal_hears_that_there_is_none_for_him(upgrade, postgres, url, stranger, schemalatch):
    execute_as(url, journal_sql(schemalatch), "GRANT USAGE ON SCHEMA schemalatch TO stranger",
               "GRANT SELECT ON ALL TABLES IN SCHEMA schemalatch TO stranger", "GRANT ALL ON ALL TABLES IN SCHEMA public TO stranger",
               "GRANT ALL ON ALL SEQUENCES IN SCHEMA public TO stranger")
    runner = upgrade(stranger, migration(stranger, "to=3"))
    assert runner.end() == 0, runner.err
    assert 'no journal (this role may not write the tables in schema "schemalatch"; schemalatch journal --sql' in runner.err


def test_an_end_that_was_not_written_down_is_told(upgrade, postgres, url):
    runner = upgrade(url, ["psql", "-Xqc", "DELETE FROM schemalatch.run; UPDATE schema_migrations SET version = 3", url])
    assert runner.end() == 0, runner.err
    assert "the end of the run was not recorded: the table of runs did not take the row of this one" in runner.err


def test_names_that_are_no_text_are_escaped_in_the_journal(upgrade, postgres, url, tmp_path):
    command = os.fsencode(tmp_path) + b"/m\xff"
    with open(command, "w", encoding="ascii") as script:
        script.write("#!/bin/sh\nexit 0\n")
    os.chmod(command, 0o755)
    assert upgrade(url, [os.fsdecode(command)], env={"POD_NAME": os.fsdecode(b"p\xff")}).end() == 11
    assert rows(postgres, url, "SELECT pod, command FROM schemalatch.run") == [("p\\xff", "m\\xff")]
    runner = upgrade(url, ["true"], env={"SCHEMALATCH_LOCK_NAME": os.fsdecode(b"l\xff")})
    assert runner.end() == 78
    assert '"l\\xff" is not UTF-8' in runner.err


def put_run(postgres, url, run_id="x", *, count=1, heartbeat="now() - interval '1 day'", pod="NULL", finished="NULL", outcome="NULL"):
    postgres.execute(url.rpartition("/")[2], f"""INSERT INTO schemalatch.run SELECT CASE i WHEN 1 THEN '{run_id}' ELSE 'u' || i END, '',
        'golang-migrate', 'public', 'schema_migrations', '', '{{3}}', '{{}}', NULL, now() - interval '1 day', {heartbeat}, {finished}, 'h',
        {pod}, 'c', {outcome}, NULL FROM generate_series(1, {count}) i""")


@pytest.mark.parametrize("run", [
    {"run_id": ""},
    {"heartbeat": "now() + interval '1 day'"},
    {"heartbeat": "'infinity'"},
    {"heartbeat": "'-infinity'"},
    {"pod": "repeat('y', 100000000)"},
    {"heartbeat": "'infinity'", "finished": "'infinity'", "outcome": "'exploded'"},
    {"count": 300_000},
])
def test_a_row_that_nobody_could_have_written_holds_nothing_up(upgrade, postgres, url, schemalatch, run):
    execute_as(url, journal_sql(schemalatch))
    put_run(postgres, url, **run)
    runner = upgrade(url, migration(url, "to=3"), "--wait-lock", "2s")
    assert runner.end() == 0, runner.err
    assert "warning" not in runner.err and "waiting" not in runner.err
    assert rows(postgres, url, "SELECT outcome FROM schemalatch.run WHERE id LIKE 'schemalatch-run-%'") == [("succeeded",)]
    assert runner.took < 5


def test_a_format_of_a_hundred_megabytes_means_no_journal(upgrade, postgres, url, schemalatch):
    execute_as(url, journal_sql(schemalatch), "ALTER TABLE schemalatch.version ALTER format TYPE text",
               "UPDATE schemalatch.version SET format = repeat('1', 100000000)")
    runner = upgrade(url, migration(url, "to=3"))
    assert runner.end() == 0, runner.err
    assert 'no journal (schema "schemalatch" is not of format 1)' in runner.err


def test_of_several_that_hold_the_lock_one_is_named(upgrade, postgres, url):
    holders = [psycopg2.connect(url, application_name=f"stranger {i}") for i in (1, 2)]
    for holder in holders:
        with holder.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_lock_shared(x'736C6174'::int, 0)")
    runner = upgrade(url, ["true"], "--wait-lock", "0s")
    assert runner.end() == 8
    first = min(holders, key=lambda it: it.info.backend_pid)
    assert f'by "{first.info.dsn_parameters["application_name"]}" (to end it: SELECT pg_terminate_backend({first.info.backend_pid}))' in runner.err
    for holder in holders:
        holder.close()
