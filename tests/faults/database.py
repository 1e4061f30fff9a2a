"""PostgreSQL servers as the faults need them: a schema at r2, and roles that may read one table and nothing else."""
import re
import signal
import time

import psycopg2

from postgres import START_LIMIT, PostgresServer

DATABASE = "postgres"
ROLES = ("ready", "fresh", "behind")  # of one sidecar each, so that the server's log tells them apart
ENDED = "ended"  # of a sidecar that is ended while the fault lasts
LOGINS = (*ROLES, ENDED)
PASSWORD = "planted-0xSECRET"
SETTINGS = {"log_line_prefix": "%u: ", "log_statement": "all", "max_connections": 40}
RESTART_PAUSE = 0.1  # seconds until a start is tried again
MIGRATED = (
    "CREATE TABLE alembic_version (version_num varchar(32) PRIMARY KEY)",
    "INSERT INTO alembic_version VALUES ('r2')",
    *(f"CREATE ROLE {role} LOGIN PASSWORD '{PASSWORD}'" for role in LOGINS),
    *(f"ALTER ROLE {role} SET default_transaction_read_only = on" for role in LOGINS),
    *(f"GRANT SELECT ON alembic_version TO {role}" for role in LOGINS),
)


class Server(PostgresServer):
    """Ours is the Unix socket, whatever happens to the network. `launcher` are words before the server's own."""

    def __init__(self, settings=None, address="127.0.0.1", launcher=()):
        super().__init__({**SETTINGS, **(settings or {})})
        self.address = address
        self.launcher = [*launcher]

    def __enter__(self):
        try:
            return super().__enter__()
        except BaseException:
            self.__exit__()
            raise

    def url(self, database=DATABASE, user="admin", password=None):
        secret = f":{password}" if password else ""
        return f"postgresql://{user}{secret}@{self.address}:{self.port}/{database}"

    def connect(self, database=DATABASE, user="admin"):
        connection = psycopg2.connect(host=str(self.folder), port=self.port, dbname=database, user=user)
        connection.autocommit = True
        return connection

    def query(self, statement, *values):
        connection = self.connect()
        try:
            with connection.cursor() as cursor:
                cursor.execute(statement, values)
                return cursor.fetchall()
        finally:
            connection.close()

    def run(self, *statements):
        self.execute(DATABASE, *statements)

    def migrate_to(self, revision):
        self.run(f"UPDATE alembic_version SET version_num = '{revision}'")

    def require_password(self):
        """Of the sidecars' roles; the server's own user stays trusted."""
        self.put_first_in_hba(*(f"host all {role} all scram-sha-256" for role in LOGINS))

    def put_first_in_hba(self, *lines):
        hba = self.data / "pg_hba.conf"
        hba.write_text("\n".join(lines) + "\n" + hba.read_text())
        self.reload()

    def reload(self):
        self.run("SELECT pg_reload_conf()")

    def kill(self):
        """As the kernel does when memory is short: no clean-up, the backends end by themselves."""
        self.process.kill()
        self.process.wait()

    def restart(self):
        """After kill(): the dead server's backends may hold its shared memory for a moment."""
        end = time.monotonic() + START_LIMIT
        while True:
            try:
                return self.start()
            except RuntimeError:
                if time.monotonic() > end:
                    raise
                time.sleep(RESTART_PAUSE)

    def stop(self, how=signal.SIGQUIT):
        if self.process is not None and self.process.poll() is None:
            super().stop(how)
        self.process = None

    def _as_server(self, command):
        return [*self.launcher, *super()._as_server(command)]

    def sessions(self, role):
        return self.query("SELECT count(*) FROM pg_stat_activity WHERE usename = %s", role)[0][0]

    def log_size(self):
        return (self.folder / "log").stat().st_size

    def looks_in_log(self, role, since):
        """How many looks of the role the server answered or refused since its log had that size."""
        with open(self.folder / "log", "rb") as log:
            log.seek(since)
            text = log.read().decode(errors="replace")
        return len(re.findall(rf"^{re.escape(role)}: (?:LOG:  statement: |FATAL: |LOG:  could not accept SSL)", text, re.M))


class Migrated(Server):
    def __enter__(self):
        super().__enter__()
        self.run(*MIGRATED)
        return self


class Standby(Server):
    """A hot standby, copied from the primary as that is now. With `stream` off it never learns of anything newer."""

    def __init__(self, primary, stream):
        super().__init__({} if stream else {"primary_conninfo": ""})
        self.primary = primary

    def __enter__(self):
        self._let_the_server_in()
        self._run("pg_basebackup", "-h", self.primary.folder, "-p", self.primary.port, "-U", "admin", "-D", self.data, "-R",
                  "--checkpoint=fast", "--no-sync")
        self.start()
        return self

    def promote(self):
        self.run("SELECT pg_promote()")

    def wait_until_it_has(self, revision):
        end = time.monotonic() + START_LIMIT
        while self.query("SELECT version_num FROM alembic_version") != [(revision,)]:
            if time.monotonic() > end:
                raise RuntimeError(f"the standby never came to {revision}")
            time.sleep(RESTART_PAUSE)
