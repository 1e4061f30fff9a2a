"""What looks learn of the journal, and what they make of it."""
import json
import re
import subprocess
import time

import pytest

from postgres import binaries
from sidecar import clean_environment

CREATE = ("CREATE TABLE alembic_version (version_num varchar(32) PRIMARY KEY)", "INSERT INTO alembic_version VALUES ('r1')")


class Database:
    """A database at r1 whose image needs r2."""

    def __init__(self, schemalatch, postgres, folder):
        self.schemalatch = schemalatch
        self.postgres = postgres
        self.url = postgres.create_database()
        self.name = self.url.rsplit("/", 1)[1]
        self.log_before = len(self._log())
        self.execute(*CREATE)
        baked = {"format": 1, "tool": "alembic", "required": ["r2"], "graph": {"r1": [], "r2": ["r1"]}}
        self.requirement = folder / "required.json"
        self.requirement.write_text(json.dumps(baked))

    @property
    def flags(self):
        return ["--url", self.url, "--tool", "alembic", "--require", f"@{self.requirement}"]

    def execute(self, *statements):
        self.postgres.execute(self.name, *statements)

    def sql(self, **keys):
        result = self.schemalatch.run("journal", "--sql", env={f"SCHEMALATCH_{key.upper()}": value for key, value in keys.items()})
        assert result.code == 0, result.err
        return result.out

    def create_journal(self, **keys):
        psql(self.url, self.sql(**keys))

    def run(self, run_id, outcome=None, *, schema="schemalatch", required="r2", started="5 min", ended="1 min", code=1,
            heartbeat="0 s", digest="sha256:other", tool="alembic", table="alembic_version"):
        """Writes down a run that began and ended so long ago; without an outcome it has no end."""
        end = f"now() - interval '{ended}', '{outcome}', {code}" if outcome else "NULL, NULL, NULL"
        self.execute(f"""INSERT INTO "{schema}".run (id, lock_name, tool, target_schema, target_table, digest, required, from_versions,
                         started_at, heartbeat_at, finished_at, outcome, exit_code, host, pod, command)
                         VALUES ('{run_id}', '', '{tool}', 'public', '{table}', '{digest}', '{{{required}}}', '{{r1}}',
                         now() - interval '{started}', now() - interval '{heartbeat}', {end}, 'host-1', 'pod-{run_id}', 'alembic')""")

    def lineage(self, **parents):
        for revision, above in parents.items():
            self.execute(f"INSERT INTO schemalatch.lineage VALUES ('alembic', 'public', 'alembic_version', '{revision}', '{{{above}}}')")
        self.execute("UPDATE schemalatch.version SET lineage = lineage + 1")

    def migrate(self, revision="r2"):
        self.execute(f"UPDATE alembic_version SET version_num = '{revision}'")

    def watch(self, url=None, **keys):
        return self.schemalatch.watch(url or self.url, "alembic", f"@{self.requirement}", **keys)

    def errors(self):
        """What the server has logged as an error that speaks of the journal."""
        return [line for line in self._log()[self.log_before:].splitlines()
                if re.search("ERROR|STATEMENT", line) and "schemalatch" in line]

    def _log(self):
        return (self.postgres.folder / "log").read_text(errors="replace")


def psql(url, sql):
    done = subprocess.run([binaries() / "psql", url, "-v", "ON_ERROR_STOP=1", "-q", "-f", "-"], input=sql, capture_output=True,
                          text=True, env=clean_environment())
    assert done.returncode == 0, done.stderr


@pytest.fixture
def database(schemalatch, postgres, tmp_path):
    return Database(schemalatch, postgres, tmp_path)


@pytest.fixture
def reader(database):
    """A role that may read the bookkeeping table and no more."""
    name = f"reader_{database.name}"
    database.execute(f"CREATE ROLE {name} LOGIN", f"GRANT SELECT ON alembic_version TO {name}")
    return name


@pytest.fixture
def without_journal(tmp_path):
    """A configuration file that switches it off: an empty variable would count as none."""
    path = tmp_path / "off.toml"
    path.write_text('[[dependency]]\nname = "database"\njournal = ""\n')
    return path


# ---- journal --sql -------------------------------------------------------------------------------------------------

def test_the_sql_can_be_run_twice_and_lets_a_reader_read(database, reader):
    sql = database.sql(readers=reader)
    psql(database.url, sql)
    database.run("1", "failed")
    psql(database.url, sql)
    it = database.watch(database.postgres.url(database.name, reader)).wait_for_state("behind").dependency()
    assert (it["journal"], it["run"]["by"]) == ("present", "pod-1")


def test_the_sql_quotes_whatever_the_names_are(database, schemalatch):
    odd = 'a"b\'; DROP TABLE alembic_version; --'
    database.execute('CREATE ROLE "odd ""role" LOGIN')
    database.create_journal(journal=odd, readers='odd "role')
    database.run("1", "failed", schema=odd.replace('"', '""'))
    assert database.watch(journal=odd).wait_for_state("behind").dependency()["run"]["by"] == "pod-1"


def test_without_a_journal_there_is_no_sql(schemalatch, without_journal):
    result = schemalatch.run("journal", "--sql", "--config", without_journal)
    assert (result.code, result.out) == (78, "")
    result = schemalatch.run("journal", "--sql", "--url", "sqlite:////tmp/x.db")
    assert (result.code, result.out) == (78, "")
    result = schemalatch.run("journal", "--sql", "--url", "postgresql://db/orders?sslmode=odd")
    assert (result.code, result.out) == (78, "") and "sslmode" in result.err
    assert schemalatch.run("journal").code == 64


# ---- What is told ----------------------------------------------------------------------------------------------------

def test_a_run_that_goes_on_is_told_everywhere(database, schemalatch):
    database.create_journal()
    database.run("old", "failed", ended="4 min", started="10 min")
    database.run("new")
    it = database.watch().wait_for_state("behind")
    told = it.dependency()
    assert told["journal"] == "present"
    assert told["run"] == {"state": "running", "started_at": told["run"]["started_at"], "by": "pod-new", "exit_code": None}
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", told["run"]["started_at"])
    assert [(run["state"], run["towards"]) for run in told["runs"]] == [("running", True), ("failed", True)]
    phrase = f"an upgrade has been running since {told['run']['started_at']}, by pod-new"
    code, body = it.readyz()
    assert code == 503 and phrase in body
    metrics = it.get("/metrics")[1]
    assert 'schemalatch_run_state{dependency="database",state="running"} 1' in metrics
    assert 'schemalatch_run_state{dependency="database",state="failed"} 0' in metrics
    for arguments in (database.flags, ["--via", f"127.0.0.1:{it.port}"]):
        status = schemalatch.run("status", *arguments)
        assert phrase in status.out and "journal   present" in status.out and "failed at" in status.out
        whole = json.loads(schemalatch.run("status", "--json", *arguments).out)
        assert [run["by"] for run in whole["dependencies"][0]["runs"]] == ["pod-new", "pod-old"]
    assert json.loads(it.get("/version")[1])["dependencies"][0]["runs"] == told["runs"]
    # Nothing is said of it once the schema is there.
    database.execute("UPDATE schemalatch.run SET outcome = 'succeeded', finished_at = now(), exit_code = 0 WHERE id = 'new'")
    database.migrate()
    told = it.wait_until_ready().dependency()
    assert told["run"]["state"] == "succeeded" and "upgrade" not in told["reason"]


def test_how_the_last_run_ended_is_told(database):
    database.create_journal()
    it = database.watch().wait_for_state("behind")
    for number, (outcome, phrase) in enumerate([("failed", "the last upgrade failed at .* with exit code 1, by pod-"),
                                                ("not_reached", "without reaching what it was for"), ("aborted", "was stopped"),
                                                ("lock_lost", "lost its lock")]):
        database.run(str(number), outcome, started=f"{100 - number} s", ended="50 s")
        it.wait_for(lambda it: it.dependency()["run"] and it.dependency()["run"]["state"] == outcome, outcome)
        assert re.search(phrase, it.dependency()["reason"])
    database.run("gone", heartbeat="6 s", started="60 s")
    it.wait_for(lambda it: it.dependency()["run"]["state"] == "vanished", "vanished")
    assert "has vanished" in it.dependency()["reason"]


def test_runs_of_other_tools_and_tables_are_not_ours(database):
    database.create_journal()
    database.run("1", "failed", tool="flyway")
    database.run("2", "failed", table="other_version")
    it = database.watch().wait_for_state("behind").dependency()
    assert (it["journal"], it["run"]) == ("present", None)


def test_a_locked_bookkeeping_table_still_lets_the_run_be_told(database):
    database.create_journal()
    database.run("1")
    connection = database.postgres.connect(database.name)
    connection.autocommit = False
    connection.cursor().execute("LOCK TABLE alembic_version IN ACCESS EXCLUSIVE MODE")
    try:
        it = database.watch().wait_for_state("blocked").dependency()
        assert it["run"]["state"] == "running" and "by pod-1" in it["reason"]
    finally:
        connection.close()


def test_what_was_known_is_kept_while_nothing_can_be_seen(database):
    database.create_journal()
    database.run("1", "failed")
    it = database.watch(deadline="500ms").wait_for_state("behind")
    database.execute("ALTER TABLE alembic_version RENAME COLUMN version_num TO x")
    it.wait_for_state("unreadable")
    connection = database.postgres.connect(database.name)
    connection.autocommit = False
    connection.cursor().execute("LOCK TABLE schemalatch.run IN ACCESS EXCLUSIVE MODE")
    try:
        told = it.wait_for_looks(2).dependency()
        assert (told["journal"], told["run"]["state"]) == ("present", "failed")
        assert "upgrade failed" not in told["reason"]
    finally:
        connection.close()


# ---- A journal that is not there, or not for us ----------------------------------------------------------------------

def verdicts(schemalatch, url, requirement, **keys):
    env = {f"SCHEMALATCH_{key.upper()}": str(value) for key, value in keys.items()}
    result = schemalatch.run("check", "--url", url, "--tool", "alembic", "--require", requirement, env=env)
    return result.code, result.out


@pytest.mark.parametrize("journal", ["off", "absent", "denied"])
def test_without_a_journal_that_can_be_read_every_verdict_is_as_before(database, reader, schemalatch, without_journal, journal):
    url = database.postgres.url(database.name, reader)
    if journal == "denied":
        database.create_journal()
        database.run("1")
        database.lineage(r9="r2")
    keys = {"config": without_journal} if journal == "off" else {}
    for revision, code, state in (("r1", 1, "behind"), ("r2", 0, "satisfied"), ("r9", 0, "satisfied")):
        database.migrate(revision)
        found = verdicts(schemalatch, url, f"@{database.requirement}", **keys)
        assert found[0] == code and f"database {state}: at {revision}" in found[1] and "upgrade has" not in found[1]
    assert "assumed" in found[1]
    assert verdicts(schemalatch, url, f"@{database.requirement}", unknown_revision="fail", **keys)[0] == 12
    it = database.watch(url, **keys).wait_until_ready()
    assert (it.dependency()["journal"], it.dependency()["run"]) == (journal, None)
    assert not database.errors()


@pytest.mark.parametrize("spoil", [
    "ALTER TABLE schemalatch.version RENAME COLUMN format TO x",
    "DELETE FROM schemalatch.version",
    "UPDATE schemalatch.version SET format = 2",
    "ALTER TABLE schemalatch.run RENAME COLUMN outcome TO x",
    "ALTER TABLE schemalatch.run ALTER started_at TYPE text",
    "UPDATE schemalatch.run SET outcome = 'exploded', by = NULL",
    "UPDATE schemalatch.run SET started_at = '-infinity'",
    "DROP TABLE schemalatch.lineage",
    "ALTER TABLE schemalatch.run ENABLE ROW LEVEL SECURITY",
    "INSERT INTO schemalatch.lineage SELECT 'alembic', 'public', 'alembic_version', 'x' || i, array_fill(repeat('y', 900), ARRAY[30]) "
    "FROM generate_series(1, 5000) i",
])
def test_a_journal_that_is_broken_changes_no_verdict(database, reader, schemalatch, spoil):
    database.create_journal(readers=reader)
    database.run("1", "failed")
    url = database.postgres.url(database.name, reader)
    it = database.watch(url).wait_for_state("behind")
    database.execute("ALTER TABLE schemalatch.run ADD by text", spoil, "UPDATE schemalatch.version SET lineage = lineage + 1"
                     if "lineage SELECT" in spoil else "SELECT 1")
    it.wait_for_looks(3)
    assert it.dependency()["state"] == "behind"
    started = time.monotonic()
    assert verdicts(schemalatch, url, f"@{database.requirement}")[0] == 1
    assert time.monotonic() - started < 4
    database.migrate()
    it.wait_until_ready()


@pytest.mark.parametrize("spoil", ["started_at = 'infinity'", "heartbeat_at = 'infinity'", "heartbeat_at = '-infinity'",
                                   "finished_at = 'infinity'", "outcome = 'exploded'", "id = repeat('x', 1000)"])
def test_a_run_that_nobody_could_have_written_hides_no_other(database, spoil):
    database.create_journal()
    database.run("good", "failed")
    database.run("bad", "failed", started="1 min", ended="0 s")
    database.execute(f"UPDATE schemalatch.run SET {spoil} WHERE id = 'bad'")
    it = database.watch().wait_for_state("behind").dependency()
    assert (it["journal"], [run["by"] for run in it["runs"]][-1]) == ("present", "pod-good")


def test_a_lineage_that_takes_too_long_is_sorted_once_and_not_at_every_look(database):
    """Behind the first look the runs are told all the same."""
    database.create_journal()
    database.run("1", "failed")
    database.execute("INSERT INTO schemalatch.lineage SELECT 'alembic', '', 'alembic_version', 'r' || i, ARRAY['r' || i - 1, repeat('y', 400)] "
                     "FROM generate_series(1, 300000) i", "UPDATE schemalatch.version SET lineage = lineage + 1",
                     f"ALTER DATABASE {database.name} SET work_mem = '64kB'")
    it = database.watch(interval="100ms", deadline="300ms").wait_for_state("behind")
    it.wait_for(lambda it: it.dependency()["run"] is not None, "the run")
    it.wait_for_looks(3)
    assert it.dependency()["run"]["state"] == "failed"


def test_nobodys_function_is_run_for_the_journals_sake(database, reader):
    """Whoever may create a schema could have made a journal whose columns cast themselves by a function of his."""
    database.create_journal(readers=reader)
    database.execute("CREATE TABLE trace (who text)", "GRANT INSERT ON trace TO PUBLIC", "CREATE TYPE schemalatch.evil AS (x text)",
                     "CREATE FUNCTION schemalatch.run_evil(schemalatch.evil) RETURNS text LANGUAGE plpgsql AS "
                     "$$ BEGIN RAISE WARNING 'evil was run'; RETURN 'x'; END $$",
                     "CREATE CAST (schemalatch.evil AS text) WITH FUNCTION schemalatch.run_evil AS IMPLICIT",
                     "ALTER TABLE schemalatch.run ALTER pod TYPE schemalatch.evil USING NULL")
    database.execute("""INSERT INTO schemalatch.run (id, lock_name, tool, target_schema, target_table, digest, required, from_versions,
                        started_at, heartbeat_at, host, pod, command) VALUES ('1', '', 'alembic', 'public', 'alembic_version', '', '{}', '{}',
                        now(), now(), 'h', ROW('x'), 'c')""")
    it = database.watch(database.postgres.url(database.name, reader)).wait_for_state("behind")
    assert (it.dependency()["journal"], it.dependency()["run"]) == ("absent", None)
    assert "evil was run" not in (database.postgres.folder / "log").read_text()


def test_a_journal_that_comes_and_goes_is_found_and_missed(database):
    it = database.watch().wait_for_state("behind")
    assert it.dependency()["journal"] == "absent"
    database.create_journal()
    database.run("1", "failed")
    it.wait_for(lambda it: it.dependency()["run"] is not None, "the run")
    database.execute("DROP SCHEMA schemalatch CASCADE")
    it.wait_for(lambda it: it.dependency()["journal"] == "absent", "absent")
    assert it.dependency()["run"] is None


# ---- Lineage ---------------------------------------------------------------------------------------------------------

def test_with_lineage_an_old_image_proves_that_it_is_met_or_that_the_database_has_diverged(database):
    database.create_journal()
    database.migrate("r9")
    it = database.watch(unknown_revision="fail").wait_for_state("unknown")
    database.lineage(r1="", r2="r1", r8="r2", r9="r8")
    told = it.wait_until_ready().dependency()
    assert (told["state"], told["assumed"]) == ("satisfied", False)
    database.migrate("x2")
    database.lineage(x1="r1", x2="x1")
    it.wait_for_state("diverged").wait_for(lambda it: it.readyz()[0] == 503, "503")
    assert "x2" in it.dependency()["reason"]


# ---- wait ------------------------------------------------------------------------------------------------------------

class Waiting:
    def __init__(self, binary, *arguments):
        self.process = subprocess.Popen([binary, "wait", *arguments], stdout=subprocess.PIPE,
                                        stderr=subprocess.PIPE, text=True, env=clean_environment())
        self.log = self._read_until("info: waiting: ")

    def _read_until(self, phrase):
        log = ""
        for line in self.process.stderr:
            log += line
            if phrase in line and "behind" in line:
                return log
        raise AssertionError(f"never said: {phrase}: {log}")

    def end(self, limit=30):
        started = time.monotonic()
        _, err = self.process.communicate(timeout=limit)
        self.log += err
        return self.process.returncode, time.monotonic() - started


@pytest.fixture(params=["looks", "via"])
def wait(request, database):
    """Waits by looks of its own, or asks a sidecar that has looked."""
    started = []

    def source():
        if request.param == "looks":
            return database.flags
        return ["--via", f"127.0.0.1:{database.watch(interval='300ms').wait_for_state('behind').port}"]

    def start(*arguments):
        started.append(Waiting(database.schemalatch.binary, *source(), *arguments))
        return started[-1]

    yield start
    for waiting in started:
        if waiting.process.poll() is None:
            waiting.process.kill()


@pytest.mark.parametrize("outcome, code", [("failed", 10), ("not_reached", 11)])
def test_a_run_that_fails_during_the_wait_ends_it_within_two_seconds(database, wait, outcome, code):
    database.create_journal()
    waiting = wait()
    database.run("1", outcome, started="1 s", ended="0 s", code=3)
    found, took = waiting.end()
    assert (found, took < 2) == (code, True), (found, took, waiting.log)
    assert re.search("exit code 3.*, by pod-1", waiting.log)


def test_yesterdays_failure_does_not_end_a_wait_for_the_repaired_upgrade(database, wait):
    database.create_journal()
    database.run("1", "failed", started="25 h", ended="24 h", code=3)
    waiting = wait()
    time.sleep(3)  # the repaired upgrade takes as long
    assert waiting.process.poll() is None
    database.migrate()
    assert waiting.end()[0] == 0
    assert waiting.log.count("an upgrade before this wait failed") == 1, waiting.log


def test_the_third_failure_ends_a_wait_that_bears_two(database, wait):
    database.create_journal()
    waiting = wait("--failures", "3")
    for number in (1, 2):
        database.run(str(number), "failed", started="1 s", ended="0 s")
        time.sleep(1.5)  # longer than it takes to look
        assert waiting.process.poll() is None
    database.run("3", "failed", started="1 s", ended="0 s")
    assert waiting.end()[0] == 10


def test_a_failure_towards_less_or_while_another_runs_is_waited_through(database, wait):
    database.create_journal()
    database.lineage(r1="", r2="r1")
    waiting = wait()
    database.run("less", "failed", started="1 s", ended="0 s", required="r1")
    database.run("aborted", "aborted", started="1 s", ended="0 s")
    database.run("going on", started="0 s", heartbeat="-1 h")
    database.run("failed", "failed", started="2 s", ended="0 s")
    time.sleep(2.5)  # longer than it takes to look twice
    assert waiting.process.poll() is None
    database.execute("UPDATE schemalatch.run SET outcome = 'aborted', finished_at = now() WHERE id = 'going on'")
    assert waiting.end()[0] == 10


def test_the_first_upgrade_ever_ends_the_wait_when_it_fails(database, wait, schemalatch):
    waiting = wait()
    assert schemalatch.run("upgrade", *database.flags, "--", "false").code == 10
    assert waiting.end()[0] == 10, waiting.log


def test_failures_is_a_count(schemalatch):
    for wrong in ("0", "-1", "x"):
        assert schemalatch.run("wait", "--failures", wrong).code == 64
