"""What every fault is made of: what it stands on, how it breaks and mends, and what each gate must say meanwhile.

The gates: `ready` was ready before; `fresh` starts while the fault lasts; `behind` needs more than is there.
"""
import contextlib
import time

from database import Migrated
from expectation import ready, unready

KEPT = 16.0  # seconds until an unready sidecar asks on a new connection: it keeps one for 15 s at most
BEFORE = {"ready": ready(satisfied=""), "behind": unready(behind="needs r3")}
AFTER = {"ready": ready(satisfied=""), "fresh": ready(satisfied=""), "behind": unready(behind="needs r3")}


class Fault:
    """One per run. Subclasses say what is different; `arrange` and `break_it` may put clean-up on `self.stack`."""

    interval = "50ms"  # looks that cannot ask back off from it to 5 s, and ten must fit into the fault
    deadline = "1s"
    namespaced = False  # needs root: runs in a network and a mount namespace of its own
    server_sees = ()  # the gates whose looks the server's log can count while the fault lasts
    during = {}  # gate: Expectation
    settle = {}  # gate: seconds until only `during` is right; SETTLE in story.py where none is given

    def __init__(self):
        self.stack = contextlib.ExitStack()
        self.servers = []

    def __enter__(self):
        try:
            self.arrange()
        except BaseException:
            self.stack.close()
            raise
        return self

    def __exit__(self, *exception):
        return self.stack.__exit__(*exception)

    @property
    def server(self):
        return self.servers[0]

    def serve(self, server):
        self.servers.append(self.stack.enter_context(server))
        return server

    def arrange(self):
        self.serve(Migrated())

    def url(self, role):
        return self.server.url(user=role)

    def keys(self, role):
        """Further settings of that role's sidecar."""
        return {}

    def break_it(self):
        raise NotImplementedError

    def go_on(self, gates, seconds):
        """While the fault lasts."""
        time.sleep(seconds)

    def mend(self):
        raise NotImplementedError

    def log_name(self, role):
        """Under which the server's log has that role's looks while the fault lasts."""
        return role

    def sessions(self, role):
        """Of that role, at whatever its sidecar connects to."""
        return sum(server.sessions(role) for server in self.servers if server.process is not None)
