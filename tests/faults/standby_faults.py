"""Two servers in the URL, and the primary is lost."""
import signal

from database import DATABASE, ROLES, Migrated, Standby
from expectation import either, ready, unready
from fault import Fault

CONFIRMED = 6.0  # seconds until a ready gate must have had its second look


class TwoServers(Fault):
    """`stream` off: the standby has r1 and learns of nothing newer; on: it has what the primary has."""

    stream = False
    server_sees = ROLES

    def arrange(self):
        primary = self.serve(Migrated())
        primary.migrate_to("r1")
        self.standby = self.serve(Standby(primary, self.stream))
        primary.migrate_to("r2")
        if self.stream:
            self.standby.wait_until_it_has("r2")

    def url(self, role):
        hosts = ",".join(f"{server.address}:{server.port}" for server in self.servers)
        return f"postgresql://{role}@{hosts}/{DATABASE}"

    def break_it(self):
        self.server.stop(signal.SIGQUIT)

    def mend(self):
        self.server.start()


class OnlyALaggingStandby(TwoServers):
    during = {
        "ready": ready(behind="may lag"),
        "fresh": unready(behind="may lag"),
        "behind": unready(behind="may lag"),
    }


class OnlyACurrentStandby(TwoServers):
    stream = True
    during = {
        "ready": ready(satisfied=""),
        "fresh": either(satisfied=""),
        "behind": unready(behind="may lag"),
    }


class FailoverWithoutTheMigration(TwoServers):
    """The standby is promoted: the schema has gone back, and a primary says so. Mended by migrating again."""

    during = {
        "ready": either(behind="needs r2", unreachable=""),
        "fresh": unready(behind="needs r2"),
        "behind": unready(behind="needs r3"),
    }

    def break_it(self):
        super().break_it()
        self.standby.promote()

    def go_on(self, gates, seconds):
        super().go_on(gates, min(CONFIRMED, seconds))
        gates["ready"].insist_on(self.during["fresh"])
        super().go_on(gates, max(seconds - CONFIRMED, 0))

    def mend(self):
        self.standby.migrate_to("r2")
