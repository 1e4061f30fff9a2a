"""The server itself: stopped, frozen, killed, out of slots, or with the table locked."""
import contextlib
import os
import pathlib
import signal
import time

import psycopg2

from database import DATABASE, LOGINS, ROLES, Migrated
from expectation import either, ready, unready
from fault import Fault

GONE = "refused|shutting down|starting up|closed the connection|terminating connection"
UP = 3.0  # seconds that a killed server stays up
DOWN = 1.5  # seconds that it stays down
SLOTS = {"max_connections": 20, "superuser_reserved_connections": 5}


class ServerStopped(Fault):
    """Stopped by its operator."""

    during = {
        "ready": ready(unreachable=GONE),
        "fresh": unready(unreachable=GONE),
        "behind": unready(unreachable=GONE),
    }

    def break_it(self):
        self.server.stop(signal.SIGINT)

    def mend(self):
        self.server.start()


class ServerFrozen(Fault):
    """Every process of it gets SIGSTOP: connections are accepted by the kernel, and nobody ever speaks."""

    interval = "20ms"  # each look takes the whole deadline
    during = {
        "ready": ready(unreachable="no answer before the deadline"),
        "fresh": unready(unreachable="no answer before the deadline"),
        "behind": unready(unreachable="no answer before the deadline"),
    }

    def break_it(self):
        self.stack.callback(self.mend)
        self.frozen = [self.server.process.pid]
        self._send(signal.SIGSTOP)  # first the postmaster, which can then start no more
        self.frozen += children_of(self.server.process.pid)
        self._send(signal.SIGSTOP)

    def mend(self):
        self._send(signal.SIGCONT)

    def _send(self, what):
        for pid in self.frozen:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, what)


class PostmasterFrozen(ServerFrozen):
    """Only the postmaster gets SIGSTOP: sessions that stand go on, new ones hang."""

    during = {**ServerFrozen.during, "behind": unready(behind="needs r3", unreachable="no answer before the deadline")}

    def break_it(self):
        self.stack.callback(self.mend)
        self.frozen = [self.server.process.pid]
        self._send(signal.SIGSTOP)


class ServerKilled(Fault):
    """Killed with SIGKILL and started again, over and over."""

    during = {
        "ready": ready(satisfied="", unreachable=""),  # a server that dies has many last words
        "fresh": either(satisfied="", unreachable=""),
        "behind": unready(behind="needs r3", unreachable=""),
    }

    def break_it(self):
        self.server.kill()

    def go_on(self, gates, seconds):
        end = time.monotonic() + seconds
        time.sleep(DOWN)
        while time.monotonic() + UP + DOWN < end:
            self.server.restart()
            time.sleep(UP)
            self.server.kill()
            time.sleep(DOWN)
        time.sleep(max(end - time.monotonic(), 0))

    def mend(self):
        self.server.restart()


class TableLocked(Fault):
    """In ACCESS EXCLUSIVE mode, as some tools do while they migrate."""

    interval = "20ms"  # each look waits for the lock as long as it may
    server_sees = ROLES
    during = {
        "ready": ready(blocked="is locked"),
        "fresh": unready(blocked="is locked"),
        "behind": unready(blocked="is locked"),
    }

    def break_it(self):
        self.holder = self.stack.enter_context(contextlib.closing(self.server.connect()))
        self.holder.cursor().execute("BEGIN; LOCK TABLE alembic_version IN ACCESS EXCLUSIVE MODE")

    def mend(self):
        self.holder.cursor().execute("ROLLBACK")


class SlotsFull(Fault):
    """Other sessions have all the slots that are not a superuser's."""

    server_sees = ROLES
    during = {
        "ready": ready(unreachable="connection slot"),
        "fresh": unready(unreachable="connection slot"),
        "behind": unready(unreachable="connection slot"),
    }

    def arrange(self):
        self.serve(Migrated(SLOTS)).run("CREATE ROLE hog LOGIN")
        self.hogs = []
        self.stack.callback(self.mend)

    def break_it(self):
        """Takes also the slots of the kept connections, which their owners then can't have back."""
        while len(self.hogs) < SLOTS["max_connections"] - SLOTS["superuser_reserved_connections"]:
            self.server.query("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = ANY (%s)", list(ROLES))
            self._take_all()

    def mend(self):
        while self.hogs:
            self.hogs.pop().close()

    def _take_all(self):
        with contextlib.suppress(psycopg2.OperationalError):
            while True:
                self.hogs.append(self.server.connect(DATABASE, "hog"))


class RightRevoked(Fault):
    during = {
        "ready": ready(denied="GRANT SELECT ON"),
        "fresh": unready(denied="GRANT SELECT ON"),
        "behind": unready(denied="GRANT SELECT ON"),
    }
    server_sees = ROLES

    def break_it(self):
        self.server.run(f"REVOKE SELECT ON alembic_version FROM {', '.join(LOGINS)}")

    def mend(self):
        self.server.run(f"GRANT SELECT ON alembic_version TO {', '.join(LOGINS)}")


def children_of(pid):
    return [int(word) for word in pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
