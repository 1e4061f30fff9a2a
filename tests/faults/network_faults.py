"""The way to the server: packets that vanish, name servers that are silent. In namespaces of our own, as root."""
from database import LOGINS, Migrated
from expectation import ready, unready
from fault import Fault
from name_server import NameServer
from namespaces import ServerNamespace

# So the server forgets sessions whose client vanished, whether it waits for them or they for it; by default that takes
# it hours, and no client can tell it across a network that is cut.
FORGETS_LOST_CLIENTS = {"tcp_keepalives_idle": 2, "tcp_keepalives_interval": 1, "tcp_keepalives_count": 3, "tcp_user_timeout": 5000}


class NetworkCut(Fault):
    """What reaches the server's machine is dropped: no answer and no error, also on connections that stand."""

    namespaced = True
    interval = "20ms"  # each look takes the whole deadline
    during = {
        "ready": ready(unreachable="no answer before the deadline"),
        "fresh": unready(unreachable="no answer before the deadline"),
        "behind": unready(unreachable="no answer before the deadline"),
    }

    def arrange(self):
        self.namespace = self.stack.enter_context(ServerNamespace())
        settings = {**FORGETS_LOST_CLIENTS, "listen_addresses": self.namespace.address}
        self.serve(Migrated(settings, self.namespace.address, self.namespace.launcher))
        self.server.put_first_in_hba(*(f"host all {role} all trust" for role in LOGINS))

    def break_it(self):
        self.namespace.drop_all()

    def mend(self):
        self.namespace.drop_nothing()


class NameServersSilent(Fault):
    """Who had the addresses goes on with them: for those gates nothing is wrong."""

    namespaced = True
    interval = "20ms"
    server_sees = ("ready", "behind")
    during = {
        "ready": ready(satisfied=""),
        "fresh": unready(unreachable="cannot be resolved"),
        "behind": unready(behind="needs r3"),
    }

    def arrange(self):
        self.serve(Migrated())
        self.names = self.stack.enter_context(NameServer("db.test", self.server.address))

    def url(self, role):
        return super().url(role).replace(self.server.address, "db.test")

    def break_it(self):
        self.names.silent = True

    def mend(self):
        self.names.silent = False
