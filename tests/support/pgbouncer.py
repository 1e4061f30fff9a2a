"""A PgBouncer of our own in front of a PostgresServer, gone when the test is."""
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import tempfile
import time

import psycopg2

from ports import take_port
from postgres import SERVER_USER, START_LIMIT

PROGRAM = "/usr/sbin/pgbouncer"
PASSWORD = "pooled-0xSECRET"


class PgBouncer:
    """Lets "admin" in, and whoever else `users` names, with their passwords."""

    def __init__(self, databases, users=None, **settings):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="pgbouncer."))
        self.port = take_port()
        self.databases = databases
        self.users = {"admin": PASSWORD, **(users or {})}
        self.settings = {"listen_addr": "127.0.0.1", "listen_port": self.port, "unix_socket_dir": "", "auth_type": "md5",
                         "auth_file": self.folder / "users", "admin_users": "admin", "server_login_retry": 1, **settings}
        self.process = None

    def __enter__(self):
        (self.folder / "users").write_text("".join(f'"{name}" "{password}"\n' for name, password in self.users.items()))
        sections = {"databases": self.databases, "pgbouncer": self.settings}
        (self.folder / "ini").write_text("".join(f"[{name}]\n" + "".join(f"{key} = {value}\n" for key, value in keys.items())
                                                 for name, keys in sections.items()))
        if os.geteuid() == 0:
            self.folder.chmod(0o755)
        self.start()
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.stop()
        shutil.rmtree(self.folder)

    def start(self):
        words = [PROGRAM, "-q", str(self.folder / "ini")]
        if os.geteuid() == 0:
            words = ["setpriv", f"--reuid={SERVER_USER}", f"--regid={SERVER_USER}", "--clear-groups", *words]
        with open(self.folder / "log", "ab") as log:
            self.process = subprocess.Popen(words, stdout=log, stderr=log)
        end = time.monotonic() + START_LIMIT
        while True:
            try:
                return socket.create_connection(("127.0.0.1", self.port)).close()
            except OSError:
                assert time.monotonic() < end and self.process.poll() is None, (self.folder / "log").read_text()
                time.sleep(0.02)

    def stop(self, how=signal.SIGTERM):
        self.process.send_signal(how)
        self.process.wait(timeout=START_LIMIT)

    def url(self, database, user="admin", password=None):
        return f"postgresql://{user}:{password or self.users.get(user)}@127.0.0.1:{self.port}/{database}"

    def command(self, command):
        """PAUSE, RESUME and so on."""
        connection = self.connect("pgbouncer")
        connection.cursor().execute(command)
        connection.close()

    def clients(self, user):
        """How many connections it has from that user."""
        connection = self.connect("pgbouncer")
        cursor = connection.cursor()
        cursor.execute("SHOW CLIENTS")
        column = [field.name for field in cursor.description].index("user")
        users = [row[column] for row in cursor.fetchall()]
        connection.close()
        return users.count(user)

    def connect(self, database):
        connection = psycopg2.connect(self.url(database))
        connection.autocommit = True
        return connection
