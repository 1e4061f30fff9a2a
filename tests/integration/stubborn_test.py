"""What would hold the process for ever: a login that never ends, a log that nobody reads, streams that are not there."""
import base64
import contextlib
import os
import re
import signal
import socket
import sqlite3
import struct
import subprocess
import threading
import time

import pytest

from ports import take_port
from sidecar import clean_environment

LIMIT = 20  # seconds


class EndlessLogin:
    """A server that has libpq compute two thousand million rounds of a SCRAM login, which no deadline of libpq's ends."""

    def __enter__(self):
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.url = f"postgresql://u:p@127.0.0.1:{self._socket.getsockname()[1]}/d?sslmode=disable"
        threading.Thread(target=self._serve, daemon=True).start()
        return self

    def __exit__(self, *_):
        self._socket.close()

    def _serve(self):
        with contextlib.suppress(OSError):
            while True:
                threading.Thread(target=self._log_in, args=(self._socket.accept()[0],), daemon=True).start()

    @staticmethod
    def _log_in(client):
        with contextlib.suppress(OSError), client:
            client.recv(4096)
            client.sendall(message(10, b"SCRAM-SHA-256\0\0"))
            nonce = re.search(rb"r=([^,]+)", client.recv(4096)).group(1)
            client.sendall(message(11, b"r=" + nonce + b"x,s=" + base64.b64encode(b"salt") + b",i=2000000000"))
            client.recv(4096)


def message(kind, body):
    return b"R" + struct.pack("!ii", len(body) + 8, kind) + body


@pytest.fixture
def endless():
    with EndlessLogin() as server:
        yield server


ALEMBIC = ["--tool", "alembic", "--require", "r2"]


def test_a_login_that_never_ends_ends_no_look_and_yet_check_tells_in_time(schemalatch, endless):
    started = time.monotonic()
    result = schemalatch.run("check", "--url", endless.url, *ALEMBIC, env={"SCHEMALATCH_DEADLINE": "500ms"})
    took = time.monotonic() - started
    print(f"told after {took:.2f} s")
    assert (result.code, "did not end by its deadline" in result.out) == (5, True)
    assert took < 5


def test_a_login_that_never_ends_holds_neither_wait_nor_serve(schemalatch, endless):
    result = schemalatch.run("wait", "--timeout", "1s", "--url", endless.url, *ALEMBIC)
    assert result.code == 7
    sidecar = schemalatch.serve("--url", endless.url, *ALEMBIC, env={"SCHEMALATCH_DEADLINE": "300ms"})
    sidecar.wait_for(lambda it: it.get("/livez")[0] == 503, "/livez to tell it")
    code, took = sidecar.stop()
    print(f"ended {took:.2f} s after SIGTERM")
    assert (code, took < 5) == (0, True)


def database(path, version):
    connection = sqlite3.connect(path, isolation_level=None, timeout=10)
    connection.execute("CREATE TABLE IF NOT EXISTS schema_migrations (version INTEGER, dirty BOOLEAN)")
    connection.execute("DELETE FROM schema_migrations")
    connection.execute("INSERT INTO schema_migrations VALUES (?, 0)", (version,))
    connection.close()
    return f"sqlite:///{path}"


class Unread:
    """A sidecar whose standard error is a full pipe that nobody reads."""

    def __init__(self, schemalatch, url, port):
        self.port = port
        self._read, write = os.pipe()
        os.set_blocking(write, False)
        with contextlib.suppress(BlockingIOError):
            while True:
                os.write(write, b"x" * 4096)
        os.set_blocking(write, True)
        words = [schemalatch.binary, "serve", "--listen", f"127.0.0.1:{port}", "--url", url, "--tool", "golang-migrate", "--require", "4"]
        env = {**clean_environment(), "SCHEMALATCH_INTERVAL": "50ms", "SCHEMALATCH_INTERVAL_READY": "50ms"}
        self.process = subprocess.Popen(words, stderr=write, env=env)
        os.close(write)

    def readyz(self):
        with socket.create_connection(("127.0.0.1", self.port), timeout=1) as client:
            client.sendall(b"GET /readyz HTTP/1.1\r\nHost: x\r\n\r\n")
            return int(client.recv(4096).split()[1])

    def wait_for(self, code):
        end = time.monotonic() + LIMIT
        while time.monotonic() < end:
            with contextlib.suppress(OSError):
                if self.readyz() == code:
                    return
            time.sleep(0.02)
        raise AssertionError(f"never answered {code}")

    def read_log(self):
        os.set_blocking(self._read, False)
        with contextlib.suppress(BlockingIOError):
            return os.read(self._read, 1 << 20).decode()
        return ""


def test_a_log_that_nobody_reads_holds_no_verdict_and_no_end(schemalatch, tmp_path):
    unread = Unread(schemalatch, database(tmp_path / "app.db", 4), take_port())
    try:
        unread.wait_for(200)
        database(tmp_path / "app.db", 3)
        unread.wait_for(503)
        for _ in range(50):
            unread.process.send_signal(signal.SIGHUP)
        assert unread.readyz() == 503
        unread.read_log()
        database(tmp_path / "app.db", 4)
        unread.wait_for(200)
        assert "lines of the log were dropped: nobody read them" in unread.read_log()
        unread.process.send_signal(signal.SIGTERM)
        assert unread.process.wait(timeout=LIMIT) == 0
    finally:
        unread.process.kill()


@pytest.mark.parametrize("streams", ["2>&-", "1>&- 2>&-", "0<&- 2>&-", "0<&- 1>&- 2>&-"])
def test_streams_that_are_not_there_harm_nothing(schemalatch, tmp_path, streams):
    url, port = database(tmp_path / "app.db", 4), take_port()
    command = f"exec {schemalatch.binary} serve --listen 127.0.0.1:{port} --url {url} --tool golang-migrate --require 4 {streams}"
    process = subprocess.Popen(["sh", "-c", command], env=clean_environment())
    try:
        end = time.monotonic() + LIMIT
        answer = b""
        while b" 200 " not in answer and time.monotonic() < end and process.poll() is None:
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1) as client:
                client.sendall(b"GET /readyz HTTP/1.1\r\nHost: x\r\n\r\n")
                answer = client.recv(4096)
        assert answer.startswith(b"HTTP/1.1 200 ")
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=LIMIT) == 0
    finally:
        process.kill()
