"""PgBouncer between the sidecars and the server: killed and started again, paused, or alone."""
import signal

from database import DATABASE, LOGINS, PASSWORD, Migrated
from expectation import ready, unready
from fault import Fault
from pgbouncer import PgBouncer

# The words for the same thing change with the moment.
GONE = "refused|server closed|closed the connection"
SERVER_GONE = "server login|no answer before the deadline|shutting down|starting up|server closed|server conn|terminating connection|closed the connection"


class Pooled(Fault):
    """By the transaction, unless a fault says otherwise."""

    mode = "transaction"

    def arrange(self):
        server = self.serve(Migrated())
        self.pooler = self.stack.enter_context(
            PgBouncer({"*": f"host={server.address} port={server.port}"}, users={role: PASSWORD for role in LOGINS},
                      pool_mode=self.mode, auth_type="scram-sha-256"))

    def url(self, role):
        return self.pooler.url(DATABASE, role)

    def sessions(self, role):
        """At the pooler: how many it keeps to the server is its own business."""
        return self.pooler.clients(role)


class PoolerRestarted(Pooled):
    during = {
        "ready": ready(unreachable=GONE),
        "fresh": unready(unreachable=GONE),
        "behind": unready(unreachable=GONE),
    }

    def break_it(self):
        self.pooler.stop(signal.SIGKILL)

    def mend(self):
        self.pooler.start()


class SessionPoolerRestarted(PoolerRestarted):
    mode = "session"


class TransactionPoolerRestarted(PoolerRestarted):
    mode = "transaction"


class StatementPoolerRestarted(PoolerRestarted):
    mode = "statement"


class PoolerPaused(Pooled):
    """As for a restart of the server: clients may log in, and wait."""

    interval = "20ms"  # each look takes the whole deadline
    during = {
        "ready": ready(unreachable="no answer before the deadline"),
        "fresh": unready(unreachable="no answer before the deadline"),
        "behind": unready(unreachable="no answer before the deadline"),
    }

    def break_it(self):
        self.pooler.command("PAUSE")

    def mend(self):
        self.pooler.command("RESUME")


class PoolerWithoutServer(Pooled):
    """The pooler runs, the server behind it does not."""

    interval = "20ms"  # its first looks take the whole deadline
    during = {
        "ready": ready(unreachable=SERVER_GONE),
        "fresh": unready(unreachable=SERVER_GONE),
        "behind": unready(unreachable=SERVER_GONE),
    }

    def break_it(self):
        self.server.stop(signal.SIGINT)

    def mend(self):
        self.server.start()
