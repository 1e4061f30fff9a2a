"""Twenty runners that are released together: one command, and everybody knows how it ended."""
import signal
import time

import pytest

from ports import take_port
from postgres import PostgresServer
from shards import instants
from upgrading import Runner, migration, outcomes, overlaps, prepare, rows

CROWD = 20


@pytest.fixture(scope="module")
def server():
    with PostgresServer({"max_connections": 100, "listen_addresses": "127.0.0.1,127.0.0.2"}) as running:
        yield running


def release(schemalatch, server, url, command, tmp_path):
    """Half by file and half by environment, on two names for the same server."""
    other = url.replace("127.0.0.1", "127.0.0.2")
    config = tmp_path / "gate.toml"
    config.write_text(f'[[dependency]]\nname = "app"\nurl = "{url}"\ntool = "golang-migrate"\nrequire = "3"\n')
    env = {"SCHEMALATCH_URL": other, "SCHEMALATCH_TOOL": "golang-migrate", "SCHEMALATCH_REQUIRE": "3"}
    return [Runner(schemalatch.binary, ["--config", config], command) if i % 2 else Runner(schemalatch.binary, [], command, env) for i in range(CROWD)]


@pytest.mark.parametrize("round", instants(20))
def test_one_command_and_all_exit_0(schemalatch, server, tmp_path, round):
    url = prepare(server, version=1)
    runners = release(schemalatch, server, url, migration(url, "to=3", "seconds=3"), tmp_path)
    codes = [runner.end(60) for runner in runners]
    print("slowest", round, max(runner.took for runner in runners))
    assert codes == [0] * CROWD, [runner.err for runner in runners]
    assert rows(server, url, "SELECT count(*) FROM work") == [(1,)]
    assert overlaps(server, url) == 0
    assert outcomes(server, url) == [("succeeded", 0)]


@pytest.mark.parametrize("round", instants(20))
def test_a_command_of_three_seconds_that_fails_is_run_once_and_all_exit_10_soon(schemalatch, server, tmp_path, round):
    url = prepare(server, version=1)
    runners = release(schemalatch, server, url, migration(url, "seconds=3", "exit=9"), tmp_path)
    codes = [runner.end(60) for runner in runners]
    last = time.time() - rows(server, url, "SELECT extract(epoch FROM finished_at)::float8 FROM schemalatch.run")[0][0]
    print("last", last, "s after the failure")
    assert last < 5
    assert codes == [10] * CROWD, [runner.err for runner in runners]
    assert rows(server, url, "SELECT count(*) FROM work") == [(1,)]
    assert outcomes(server, url) == [("failed", 9)]


@pytest.mark.parametrize("round", instants(20))
def test_a_database_that_starts_later_changes_nothing(schemalatch, tmp_path, round):
    with PostgresServer({"max_connections": 100, "listen_addresses": "127.0.0.1,127.0.0.2"}) as late:
        url = prepare(late, version=1)
        late.stop(signal.SIGINT)
        runners = release(schemalatch, late, url, migration(url, "to=3", "seconds=3"), tmp_path)
        time.sleep(5)
        late.start()
        codes = [runner.end(60) for runner in runners]
        assert codes == [0] * CROWD, [runner.err for runner in runners]
        assert rows(late, url, "SELECT count(*) FROM work") == [(1,)]


def test_waiting_runners_do_not_hang_create_index_concurrently(schemalatch, server, tmp_path):
    url = prepare(server, version=1)
    server.execute(url.rpartition("/")[2], "CREATE TABLE big AS SELECT i FROM generate_series(1, 1000000) i")
    sql = "CREATE INDEX CONCURRENTLY big_i ON big (i)"
    command = ["sh", "-ec", f'psql -Xqc "$1" "$0"; psql -Xqc "UPDATE schema_migrations SET version = 3" "$0"', url, sql]
    runners = release(schemalatch, server, url, command, tmp_path)[:]
    codes = [runner.end(60) for runner in runners]
    assert codes == [0] * CROWD, [runner.err for runner in runners]
    assert rows(server, url, "SELECT indisvalid FROM pg_index WHERE indexrelid = 'big_i'::regclass") == [(True,)]
