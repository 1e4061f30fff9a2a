"""A hot standby of a PostgresServer, gone when the test is."""
from postgres import PostgresServer


class Standby(PostgresServer):
    """A copy of `primary`, which follows it."""

    def __init__(self, primary, settings=None):
        super().__init__({"primary_conninfo": f"host=127.0.0.1 port={primary.port} user=admin", "hot_standby": "on", **(settings or {})})
        self.primary = primary

    def __enter__(self):
        self._let_the_server_in()
        self._run("pg_basebackup", "-D", self.data, "-h", "127.0.0.1", "-p", str(self.primary.port), "-U", "admin", "-X", "stream", "--no-sync", "-c", "fast")
        (self.data / "standby.signal").touch()
        self.start()
        return self
