"""NOTIFY schemalatch: whoever is not ready looks at once, whoever sends it, and nothing depends on it."""
import contextlib
import os
import re
import statistics
import struct
import subprocess
import time

import pytest

from fake_postgres import LOGIN_OK, READY, FakePostgres, done, message, result
from pgbouncer import PgBouncer
from postgres import PostgresServer
from sidecar import LIMIT, clean_environment
from standby import Standby

CREATE = ("CREATE TABLE alembic_version (version_num varchar(32) PRIMARY KEY)", "INSERT INTO alembic_version VALUES ('r1')")
MIGRATE = "UPDATE alembic_version SET version_num = 'r2'"
RESET = "UPDATE alembic_version SET version_num = 'r1'"
HINT = "NOTIFY schemalatch"  # what a person types
FAR = "10m"  # no look is due while a test runs
PROMPT = 1  # second; on a busy machine


@pytest.fixture(scope="module")
def server():
    with PostgresServer({"log_statement": "all", "wal_level": "replica"}) as server:
        yield server


@pytest.fixture
def database(server):
    name = server.create_database().rsplit("/", 1)[1]
    server.execute(name, *CREATE)
    return name


class Log:
    """What a server has logged since this was made."""

    def __init__(self, server):
        self._path = server.folder / "log"
        self._start = self._path.stat().st_size

    def count(self, phrase):
        with open(self._path, errors="replace") as log:
            log.seek(self._start)
            return sum(phrase in line for line in log)


def looks(sidecar):
    return sum(int(value) for value in re.findall(r"^schemalatch_checks_total{.*} (\d+)", sidecar.get("/metrics")[1], re.M))


def listening(schemalatch, url, require="r2", **keys):
    """The second look without an interval's wait is the one behind LISTEN."""
    sidecar = schemalatch.watch(url, "alembic", require, **{"interval": FAR, "interval_ready": FAR, **keys})
    return sidecar.wait_for(lambda it: looks(it) >= 2, "a look behind LISTEN")


def processor_time(pid):
    with open(f"/proc/{pid}/stat") as stat:
        fields = stat.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def until_ready(sidecar):
    """Seconds until 200, asked without a pause."""
    started = time.monotonic()
    while sidecar.readyz()[0] != 200:
        assert time.monotonic() - started < LIMIT, sidecar.readyz()
    return time.monotonic() - started


def sessions(server, database):
    with contextlib.closing(server.connect("postgres")) as connection:
        cursor = connection.cursor()
        cursor.execute("SELECT pid FROM pg_stat_activity WHERE application_name = 'schemalatch' AND datname = %s", (database,))
        return [row[0] for row in cursor.fetchall()]


def idles(sidecar, seconds=1.0):
    """Whether it neither looks nor spins for a while."""
    before = looks(sidecar), processor_time(sidecar.process.pid)
    time.sleep(seconds)
    spent = processor_time(sidecar.process.pid) - before[1]
    print(f"{spent:.2f} s of processor time in {seconds} s, {looks(sidecar) - before[0]} looks")
    return looks(sidecar) == before[0] and spent < 0.2 * seconds


def test_a_notification_after_the_migration_turns_it_ready_within_milliseconds(schemalatch, server, database):
    times = []
    for _ in range(15):
        server.execute(database, RESET)
        sidecar = listening(schemalatch, server.url(database))
        with contextlib.closing(server.connect(database)) as connection:
            cursor = connection.cursor()
            cursor.execute("BEGIN; " + MIGRATE + "; " + HINT + "; COMMIT")
        times.append(until_ready(sidecar))
        sidecar.stop()
    print("from the commit to 200, interval 10 m, in ms: median %.1f, all %s"
          % (statistics.median(times) * 1000, [round(one * 1000, 1) for one in sorted(times)]))
    assert max(times) < PROMPT


def test_a_connection_that_has_grown_old_is_still_told_on(schemalatch, server, database):
    """Looks alone would open another one after 15 s."""
    sidecar = listening(schemalatch, server.url(database))
    before = sessions(server, database)
    time.sleep(16)
    log = Log(server)
    server.execute(database, HINT)
    sidecar.wait_for(lambda it: looks(it) == 3, "the look")
    assert sessions(server, database) == before
    assert log.count("LISTEN schemalatch") == 0
    server.execute(database, MIGRATE, HINT)
    assert until_ready(sidecar) < PROMPT


def test_a_notification_without_a_migration_proves_nothing(schemalatch, server, database):
    sidecar = listening(schemalatch, server.url(database))
    server.execute(database, HINT, "NOTIFY schemalatch, 'ready'", "NOTIFY other")
    sidecar.wait_for(lambda it: looks(it) >= 3, "the look")
    assert sidecar.readyz()[0] == 503
    assert sidecar.dependency()["state"] == "unknown"


def test_wait_ends_with_the_notification(schemalatch, server, database):
    log = Log(server)
    words = [schemalatch.binary, "wait", "--url", server.url(database), "--tool", "alembic", "--require", "r2"]
    with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                          env={**clean_environment(), "SCHEMALATCH_INTERVAL": FAR}) as process:
        end = time.monotonic() + LIMIT
        while log.count("LISTEN schemalatch") == 0:
            assert time.monotonic() < end and process.poll() is None
            time.sleep(0.01)
        server.execute(database, MIGRATE)
        started = time.monotonic()
        server.execute(database, HINT)
        code = process.wait(timeout=LIMIT)
        print("wait ended after %.1f ms" % ((time.monotonic() - started) * 1000))
        assert code == 0 and time.monotonic() - started < PROMPT


def test_one_look_and_a_ready_sidecar_do_not_listen(schemalatch, server, database):
    log = Log(server)
    assert schemalatch.run("check", "--url", server.url(database), "--tool", "alembic", "--require", "r2").code == 12
    server.execute(database, MIGRATE)
    schemalatch.watch(server.url(database), "alembic", "r2").wait_until_ready().wait_for_looks(3)
    assert log.count("LISTEN") == 0


def test_a_crowd_that_is_told_at_once_turns_ready_together(schemalatch, server, database):
    crowd = [listening(schemalatch, server.url(database)) for _ in range(10)]
    server.execute(database, MIGRATE, HINT)
    started = time.monotonic()
    for sidecar in crowd:
        sidecar.wait_until_ready()
    print("10 sidecars are ready after %.0f ms" % ((time.monotonic() - started) * 1000))
    assert time.monotonic() - started < 2 * PROMPT
    assert sum(looks(sidecar) for sidecar in crowd) == 3 * len(crowd)


FLOODS = {
    "in one transaction": ["SELECT pg_notify('schemalatch', i::text) FROM generate_series(1, 10000) i"],
    "in transactions of their own": [HINT] * 10000,
    "with all the payload there is room for": ["SELECT pg_notify('schemalatch', repeat('x', 7000) || i) FROM generate_series(1, 10000) i"],
}


@pytest.mark.parametrize("kind", FLOODS)
def test_a_flood_of_notifications_costs_little(schemalatch, server, database, kind):
    sidecar = listening(schemalatch, server.url(database), interval="1s")
    looked, spent, started = looks(sidecar), processor_time(sidecar.process.pid), time.monotonic()
    server.execute(database, *FLOODS[kind])
    sent = time.monotonic() - started
    sidecar.wait_for_looks(1)
    took = time.monotonic() - started
    looked, spent = looks(sidecar) - looked, processor_time(sidecar.process.pid) - spent
    memory = int(re.search(r"VmRSS:\s+(\d+)", open(f"/proc/{sidecar.process.pid}/status").read()).group(1)) // 1024
    print(f"10000 {kind}, sent in {sent:.2f} s: {looked} looks ({looked / took:.0f}/s), {spent:.2f} s of processor time, {memory} MiB")
    assert looked <= took / 0.02 + 5
    assert spent < 0.5 * took + 0.2
    assert memory < 100
    server.execute(database, MIGRATE)
    sidecar.wait_until_ready()


def test_a_backend_that_is_ended_while_idle_is_not_noticed_before_the_next_look(schemalatch, server, database):
    sidecar = listening(schemalatch, server.url(database))
    server.execute("postgres", *(f"SELECT pg_terminate_backend({pid})" for pid in sessions(server, database)))
    sidecar.wait_for(lambda _: sessions(server, database) == [], "no session")
    assert idles(sidecar)
    assert sidecar.dependency()["state"] == "unknown"


def test_it_listens_again_where_its_backend_was_ended(schemalatch, server, database):
    log = Log(server)
    sidecar = listening(schemalatch, server.url(database), interval="2s")
    server.execute("postgres", *(f"SELECT pg_terminate_backend({pid})" for pid in sessions(server, database)))
    sidecar.wait_for(lambda _: log.count("LISTEN schemalatch") == 2, "LISTEN once more")
    server.execute(database, MIGRATE, HINT)
    assert until_ready(sidecar) < PROMPT


def test_a_restart_of_the_server_is_outlived(schemalatch):
    with PostgresServer({"log_statement": "all"}) as server:
        database = server.create_database().rsplit("/", 1)[1]
        server.execute(database, *CREATE)
        far = listening(schemalatch, server.url(database))
        near = listening(schemalatch, server.url(database), interval="1s")
        server.stop()
        assert idles(far)
        near.wait_for_state("unreachable")
        log = Log(server)
        server.start()
        near.wait_for(lambda _: log.count("LISTEN schemalatch") == 1, "LISTEN once more")
        server.execute(database, MIGRATE, HINT)
        assert until_ready(near) < PROMPT


@pytest.mark.parametrize("mode", ["session", "transaction", "statement"])
def test_behind_a_pooler_it_polls_and_leaves_no_listen_in_anybodys_session(schemalatch, server, database, mode):
    log = Log(server)
    behind = f"host=127.0.0.1 port={server.port} dbname={database}"
    with PgBouncer({"app": behind}, pool_mode=mode, default_pool_size=1, server_reset_query="") as pooler:
        sidecar = schemalatch.watch(pooler.url("app"), "alembic", "r2", interval="100ms").wait_for_looks(10)
        assert sidecar.dependency()["state"] == "unknown"
        assert log.count("LISTEN") == 0
        assert log.count("pg_stat_activity") == 1  # whether it could, it asked once
        server.execute(database, MIGRATE)
        sidecar.wait_until_ready()
        sidecar.stop()
        with contextlib.closing(pooler.connect("app")) as connection:
            cursor = connection.cursor()
            cursor.execute("SELECT count(*) FROM pg_listening_channels()")
            assert cursor.fetchone() == (0,)
    assert log.count("ERROR") == 0


def test_a_standby_is_never_asked_to_tell(schemalatch, server, database):
    with Standby(server, {"log_statement": "all"}) as standby:
        log = Log(standby)
        schemalatch.watch(standby.url(database), "alembic", "r2").wait_for(
            lambda it: it.dependency()["primary"] is False, "a standby's word").wait_for_looks(5)
        assert log.count("LISTEN") == 0
        assert log.count("ERROR") == 0


# ---- A server that means harm: between looks it sends what it likes

LOOK = (done(b"SET") * 4, result(5, [("f", "orders", "ro", "public", "public")]), result(6, [("public", "t", "t", "f", "f", "t")]),
        result(2, [("41", "clean")]), result(1, []), READY)
WHO_IS_HERE = (result(3, [("0", "f", "1")]), READY)  # it announced no process at the login
LISTENS = (done(b"LISTEN"), READY)
HINTED = message(b"A", struct.pack("!i", 7) + b"schemalatch\0\0")


def then_send(chunk):
    def script(client):
        client.send(LOGIN_OK, READY)
        for answer in (LOOK, WHO_IS_HERE, LISTENS, LOOK):
            client.receive()
            client.send(*answer)
        while True:
            client.send(chunk)
    return script


HOSTILE = {
    "the start of a message of a gigabyte": b"A" + struct.pack("!i", 2**30) + b"x" * 65536,
    "endless errors": message(b"E", b"Mx\0\0") * 1000,
    "endless hints": HINTED * 1000,
    "one byte after the other": b"A",
}


@pytest.mark.parametrize("kind", HOSTILE)
def test_a_server_that_talks_without_end_between_looks_gets_nowhere(schemalatch, kind):
    with FakePostgres(then_send(HOSTILE[kind])) as fake:
        sidecar = schemalatch.watch(f"postgresql://ro@127.0.0.1:{fake.port}/orders", "golang-migrate", "42", interval="500ms")
        sidecar.wait_for_looks(4)
        spent = processor_time(sidecar.process.pid)
        time.sleep(1)
        spent = processor_time(sidecar.process.pid) - spent
        memory = int(re.search(r"VmHWM:\s+(\d+)", open(f"/proc/{sidecar.process.pid}/status").read()).group(1)) // 1024
        print(f"{kind}: {spent:.2f} s of processor time in 1 s, {memory} MiB at most")
        assert sidecar.get("/livez")[0] == 200
        assert spent < (0.9 if kind == "endless hints" else 0.2)  # those are answered by looks
        assert memory < 200
        assert sidecar.stop()[1] < 2
