"""A real PgBouncer in front of a server."""
import contextlib
import os
import shutil
import socket
import subprocess
import time

import psycopg2

from database import DATABASE, LOGINS, PASSWORD
from ports import take_port
from postgres import SERVER_USER, START_LIMIT

ADMIN = "admin"
SETTINGS = """[databases]
* = host={host} port={server_port}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {port}
unix_socket_dir =
auth_type = scram-sha-256
auth_file = {users}
pool_mode = {mode}
admin_users = {admin}
server_login_retry = 1
"""


class PgBouncer:
    def __init__(self, server, mode):
        self.folder = server.folder / "pgbouncer"
        self.settings = {"host": server.address, "server_port": server.port, "port": take_port(), "mode": mode, "admin": ADMIN,
                         "users": self.folder / "users"}
        self.process = None

    def __enter__(self):
        self.folder.mkdir(mode=0o755)
        self.settings["users"].write_text("".join(f'"{role}" "{PASSWORD}"\n' for role in (*LOGINS, ADMIN)))
        (self.folder / "ini").write_text(SETTINGS.format(**self.settings))
        self.start()
        return self

    def __exit__(self, *_):
        self.kill()
        shutil.rmtree(self.folder)

    def url(self, user, database=DATABASE):
        return f"postgresql://{user}:{PASSWORD}@127.0.0.1:{self.settings['port']}/{database}"

    def start(self):
        as_user = ["setpriv", f"--reuid={SERVER_USER}", f"--regid={SERVER_USER}", "--clear-groups"] if os.geteuid() == 0 else []
        with open(self.folder / "log", "ab") as log:
            self.process = subprocess.Popen([*as_user, "pgbouncer", "-q", self.folder / "ini"], stdout=log, stderr=log)
        self._wait_until_it_listens()

    def command(self, words):
        with self._console() as cursor:
            cursor.execute(words)

    def clients(self, user):
        """How many connections it has from that user."""
        with self._console() as cursor:
            cursor.execute("SHOW CLIENTS")
            column = [field.name for field in cursor.description].index("user")
            return [row[column] for row in cursor.fetchall()].count(user)

    @contextlib.contextmanager
    def _console(self):
        with contextlib.closing(psycopg2.connect(self.url(ADMIN, "pgbouncer"))) as console:
            console.autocommit = True
            yield console.cursor()

    def kill(self):
        self.process.kill()
        self.process.wait()

    def _wait_until_it_listens(self):
        end = time.monotonic() + START_LIMIT
        while True:
            try:
                return socket.create_connection(("127.0.0.1", self.settings["port"]), timeout=1).close()
            except OSError:
                if time.monotonic() > end or self.process.poll() is not None:
                    raise RuntimeError((self.folder / "log").read_text())
                time.sleep(0.05)
