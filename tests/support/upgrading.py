"""Runners of `schemalatch upgrade`, and a migration command that tells by rows of its own when it was at work."""
import os
import pathlib
import subprocess
import sys
import time

from sidecar import LIMIT, clean_environment, refuse_secret

COMMAND = pathlib.Path(__file__).resolve().parent / "migrate.py"

# What golang-migrate keeps; `work` is where the command tells of itself, by the clock of the server.
TABLES = """
CREATE TABLE schema_migrations (version bigint NOT NULL PRIMARY KEY, dirty boolean NOT NULL);
CREATE TABLE work (id serial PRIMARY KEY, pid int NOT NULL, began timestamptz NOT NULL DEFAULT clock_timestamp(), ended timestamptz);
"""


def migration(url, *words):
    """The command: see migrate.py for the words."""
    return [sys.executable, str(COMMAND), url, *map(str, words)]


class Runner:
    def __init__(self, binary, flags, command, env=None, words=None):
        """`words`: in place of all that would follow the binary's name."""
        self.started = time.monotonic()
        words = words or ["upgrade", *flags, "--", *command]
        self.process = subprocess.Popen([binary, *map(str, words)], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                        stderr=subprocess.PIPE, text=True, errors="replace", env={**clean_environment(), **(env or {})})

    def end(self, limit=LIMIT):
        self.out, self.err = self.process.communicate(timeout=limit)
        self.took = time.monotonic() - self.started
        refuse_secret(self.out + self.err, "the output of upgrade")
        return self.process.returncode

    def kill(self):
        if self.process.poll() is None:
            self.process.kill()
        self.process.communicate()


def prepare(postgres, version=None):
    """A new database with the tables, at that version; gives its URL."""
    url = postgres.create_database()
    database = url.rpartition("/")[2]
    postgres.execute(database, TABLES)
    if version is not None:
        postgres.execute(database, f"INSERT INTO schema_migrations VALUES ({version}, false)")
    return url


def rows(postgres, url, sql):
    connection = postgres.connect(url.rpartition("/")[2])
    try:
        with connection.cursor() as cursor:
            cursor.execute(sql)
            return cursor.fetchall()
    finally:
        connection.close()


def outcomes(postgres, url):
    """Of all runs, the oldest first."""
    return rows(postgres, url, "SELECT outcome, exit_code FROM schemalatch.run ORDER BY started_at")


def overlaps(postgres, url):
    """How many pairs of commands were at work at the same time. One without an end was at work until it was killed, of
    which the row that the test adds tells."""
    return rows(postgres, url, "SELECT count(*) FROM work a JOIN work b ON a.id < b.id AND b.began < coalesce(a.ended, a.began) AND a.began < coalesce(b.ended, b.began)")[0][0]


def is_alive(pid):
    try:
        return pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def wait_until(condition, what, limit=LIMIT):
    end = time.monotonic() + limit
    while not (value := condition()):
        assert time.monotonic() < end, f"never came: {what}"
        time.sleep(0.01)
    return value
