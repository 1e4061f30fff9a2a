"""A PostgreSQL server of our own: a fresh cluster on a free loopback port, gone when the test is."""
import glob
import itertools
import os
import pathlib
import pwd
import shutil
import signal
import subprocess
import tempfile
import time

import psycopg2

from ports import take_port
from sidecar import PLANTED

SERVER_USER = "postgres"  # made by Debian's package; used only where we are root, which the server refuses to be
START_LIMIT = 30  # seconds


def binaries():
    found = sorted(glob.glob("/usr/lib/postgresql/*/bin"), key=lambda path: float(path.split("/")[4]))
    if not found:
        raise RuntimeError("no PostgreSQL server under /usr/lib/postgresql; run tests/setup.sh")
    return pathlib.Path(found[-1])


class PostgresServer:
    def __init__(self, settings=None):
        # Not in pytest's folder: each pytest that starts takes the rights of others away from that one, also from a
        # server that runs as another user.
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="postgres."))
        self.data = self.folder / "data"
        self.port = take_port()
        self.settings = settings or {}
        self.process = None
        self._names = itertools.count(1)

    def __enter__(self):
        self._let_the_server_in()
        self._run("initdb", "-D", self.data, "-U", "admin", "-A", "trust", "-E", "UTF8", "--no-sync", "--locale=C.UTF-8")
        self.start()
        return self

    def __exit__(self, *_):
        self.stop()
        shutil.rmtree(self.folder)

    def start(self):
        options = {"port": self.port, "listen_addresses": "127.0.0.1", "unix_socket_directories": self.folder,
                   "fsync": "off", "max_connections": 40, **self.settings}
        arguments = [part for key, value in options.items() for part in ("-c", f"{key}={value}")]
        with open(self.folder / "log", "ab") as log:
            self.process = subprocess.Popen(self._as_server([binaries() / "postgres", "-D", self.data, *arguments]),
                                            stdout=log, stderr=log, start_new_session=True)
        self._wait_until_it_answers()

    def stop(self, how=signal.SIGQUIT):
        if self.process is None:
            return
        os.kill(int((self.data / "postmaster.pid").read_text().split()[0]), how)
        self.process.wait(timeout=START_LIMIT)
        self.process = None

    def url(self, database, user="admin", password=PLANTED):
        """With a password, whether the server asks for one or not: none may ever be told."""
        secret = f":{password}" if password else ""
        return f"postgresql://{user}{secret}@127.0.0.1:{self.port}/{database}"

    def create_database(self):
        name = f"test_{next(self._names)}"
        self.execute("postgres", f'CREATE DATABASE "{name}"')
        return self.url(name)

    def execute(self, database, *statements):
        connection = self.connect(database)
        try:
            for statement in statements:
                with connection.cursor() as cursor:
                    cursor.execute(statement)
        finally:
            connection.close()

    def connect(self, database, user="admin"):
        connection = psycopg2.connect(self.url(database, user))
        connection.autocommit = True
        return connection

    def _wait_until_it_answers(self):
        end = time.monotonic() + START_LIMIT
        while True:
            try:
                return self.connect("postgres").close()
            except psycopg2.OperationalError:
                if time.monotonic() > end or self.process.poll() is not None:
                    raise RuntimeError((self.folder / "log").read_text())
                time.sleep(0.05)

    def _as_server(self, command):
        words = [str(word) for word in command]
        return words if os.geteuid() != 0 else ["setpriv", f"--reuid={SERVER_USER}", f"--regid={SERVER_USER}", "--clear-groups", *words]

    def _run(self, program, *arguments):
        subprocess.run(self._as_server([binaries() / program, *arguments]), check=True, stdout=subprocess.DEVNULL, cwd="/")

    def _let_the_server_in(self):
        if os.geteuid() != 0:
            return
        user = pwd.getpwnam(SERVER_USER)
        shutil.chown(self.folder, user.pw_uid, user.pw_gid)
        for folder in self.folder.parents:
            if folder.stat().st_uid == 0 and not folder.stat().st_mode & 0o001:
                folder.chmod(folder.stat().st_mode | 0o011)
