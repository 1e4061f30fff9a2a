"""The holder of the lock goes, in every way: its command is gone before another one begins."""
import random
import signal
import time

import pytest

from shards import instants
from upgrading import Runner, is_alive, migration, outcomes, overlaps, prepare, rows, wait_until

TAKEOVER = 10  # seconds, promised
FLAGS = ["--tool", "golang-migrate", "--require", "3"]


def holder(schemalatch, url, env=None, seconds=60):
    return Runner(schemalatch.binary, ["--url", url, *FLAGS], migration(url, "to=3", f"seconds={seconds}", "child"), env)


def successor(schemalatch, url, env=None):
    return Runner(schemalatch.binary, ["--url", url, *FLAGS], migration(url, "to=3", "seconds=0.1"), env)


def pids_at_work(postgres, url):
    return [pid for (pid,) in rows(postgres, url, "SELECT pid FROM work")]


def all_gone_but_the_last(postgres, url):
    *before, _ = pids_at_work(postgres, url) or [None]
    return not any(is_alive(pid) for pid in before)


def assert_taken_over(postgres, url, second, limit=TAKEOVER):
    assert second.end(limit + 10) == 0, second.err
    assert overlaps(postgres, url) == 0
    assert all_gone_but_the_last(postgres, url)


@pytest.mark.parametrize("instant", instants(50))
def test_a_runner_that_is_killed_takes_its_command_along(schemalatch, postgres, instant):
    url = prepare(postgres, version=1)
    first = holder(schemalatch, url)
    time.sleep(random.Random(instant).uniform(0, 0.8))
    second = successor(schemalatch, url)
    first.process.send_signal(signal.SIGKILL)
    killed = time.monotonic()
    first.end()
    assert_taken_over(postgres, url, second)
    took = time.monotonic() - killed
    print(f"taken over after {took:.2f} s")
    assert took < TAKEOVER


@pytest.mark.parametrize("instant", instants(50))
def test_a_terminated_session_kills_the_command(schemalatch, postgres, instant):
    url = prepare(postgres, version=1)
    first = holder(schemalatch, url, seconds=5)
    time.sleep(random.Random(instant).uniform(0, 0.8))
    second = successor(schemalatch, url)
    end = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND application_name LIKE '%% pid %d'" % first.process.pid
    wait_until(lambda: rows(postgres, url, end), "a session to terminate")  # a slow machine may not have got so far
    ended = time.monotonic()
    assert_taken_over(postgres, url, second, 20)
    first_code = first.end()
    assert first_code in (0, 9), first.err  # 0: it was not that far yet, connected again, and found the work done or did it
    print(f"code {first_code}, taken over after {time.monotonic() - ended:.2f} s")


@pytest.mark.parametrize("journal", ["schemalatch", "off"])
def test_a_runner_that_is_stopped_loses_the_lock_and_its_command(schemalatch, postgres, journal, tmp_path):
    url = prepare(postgres, version=1)
    config = tmp_path / "gate.toml"
    config.write_text(f'[[dependency]]\nname = "app"\nurl = "{url}"\ntool = "golang-migrate"\nrequire = "3"\njournal = "{journal if journal != "off" else ""}"\n')
    first = Runner(schemalatch.binary, ["--config", config], migration(url, "to=3", "seconds=60", "child"))
    [(pid,)] = wait_until(lambda: rows(postgres, url, "SELECT pid FROM work WHERE ended IS NOT NULL"), "work")
    first.process.send_signal(signal.SIGSTOP)
    stopped = time.monotonic()
    try:
        second = Runner(schemalatch.binary, ["--config", config], migration(url, "to=3", "seconds=0.1"))
        assert_taken_over(postgres, url, second, 20)
        took = time.monotonic() - stopped
        print(f"taken over after {took:.2f} s")
        assert took < 20
        assert not is_alive(pid)
    finally:
        first.process.send_signal(signal.SIGCONT)
    assert first.end() == 9, first.err
