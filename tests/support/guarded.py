"""A command under a guardian, and the processes that belong to it."""
import contextlib
import fcntl
import os
import pathlib
import signal
import socket
import subprocess
import time
import uuid

LIMIT = 30  # seconds; nothing here should ever take that long


def wait_until(condition, what, limit=LIMIT):
    end = time.monotonic() + limit
    while time.monotonic() < end:
        if condition():
            return
        time.sleep(0.005)
    raise AssertionError(f"never came: {what}")


def read_proc(pid, name):
    try:
        return pathlib.Path(f"/proc/{pid}/{name}").read_bytes()
    except OSError:
        return b""


def is_alive(pid):
    """A zombie has ended."""
    state = read_proc(pid, "stat").rpartition(b")")[2].split()
    return bool(state) and state[0] not in (b"Z", b"X")


class Guarded:
    """The driver (the runner), its guardian and the tree; all carry a mark in their environment. `wrapped` is what the
    driver is executed by. Ends whatever is left of them."""

    def __init__(self, folder, *command, hold=None, kill_after=None, add=(), wrapped=(), env=None, **options):
        mark = f"GUARDED_TEST={uuid.uuid4()}"
        self._mark = mark.encode()
        self._result = pathlib.Path(folder) / f"result-{uuid.uuid4()}"
        words = [*wrapped, os.environ["SCHEMALATCH_GUARDIAN_DRIVER"], self._result]
        if hold is not None:
            words += ["--hold", str(hold)]
        if kill_after is not None:
            words += ["--kill-after", str(kill_after)]
        for addition in add:
            words += ["--add", addition]
        name, value = mark.split("=")
        pass_fds = [*options.pop("pass_fds", ()), *([] if hold is None else [hold])]
        self.process = subprocess.Popen([*words, "--", *command], env={**(env or os.environ), name: value},
                                        pass_fds=pass_fds, **options)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        end = time.monotonic() + LIMIT
        while (left := self._marked()) and time.monotonic() < end:
            for pid in left:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            self.process.poll()
        self.process.wait(timeout=LIMIT)

    def results(self):
        return self._result.read_text().splitlines() if self._result.exists() else []

    def wait_until_guarding(self):
        wait_until(self.results, "the order to run the command")
        return self

    def end(self):
        """What the runner was told; it has ended too."""
        self.process.wait(timeout=LIMIT)
        return self.results()[-1] if self.results() else None

    def runner(self):
        return self._only(lambda words: os.path.basename(words[0]) == b"guardian_driver")

    def guardian(self):
        return self._only(lambda words: words[1:2] == [b"__guard"])

    def tree(self, name=None):
        """The command and all that descends from it; only those called `name`."""
        return [pid for pid in self._marked() if self._is_of_tree(pid) and name in (None, self._name(pid))]

    def wait_for(self, count, name):
        wait_until(lambda: len(self.tree(name)) == count, f"{count} processes {name}")
        return self

    def wait_until_gone(self):
        """Gives how long that took."""
        started = time.monotonic()
        wait_until(lambda: not self.tree(), "the end of the tree")
        return time.monotonic() - started

    def send(self, number):
        os.kill(self.runner(), number)

    def _marked(self):
        pids = [int(entry) for entry in os.listdir("/proc") if entry.isdigit()]
        return [pid for pid in pids if self._mark in read_proc(pid, "environ").split(b"\0") and is_alive(pid)]

    def _words(self, pid):
        return read_proc(pid, "cmdline").split(b"\0")

    def _only(self, condition):
        found = [pid for pid in self._marked() if condition(self._words(pid))]
        assert len(found) == 1, found
        return found[0]

    def _is_of_tree(self, pid):
        words = self._words(pid)
        if words == [b""]:
            return False  # it ended since its environment was read: perhaps a guardian that had got no order yet
        own = words[1:2] == [b"__guard"] or os.path.basename(words[0]) in (b"guardian_driver", b"unshare")
        return not own and pid != self.process.pid

    def _name(self, pid):
        return read_proc(pid, "comm").decode().strip()


class FileLock:
    """Locked with flock(2), the descriptor is for the runner alone."""

    def __init__(self, folder):
        self._path = pathlib.Path(folder) / "lock"
        self.fd = os.open(self._path, os.O_RDWR | os.O_CREAT)
        fcntl.flock(self.fd, fcntl.LOCK_EX)

    def leave_to_runner(self):
        os.close(self.fd)
        self._other = os.open(self._path, os.O_RDWR)

    def is_free(self):
        try:
            fcntl.flock(self._other, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def close(self):
        os.close(self._other)


class SocketLock:
    """A connection whose other end frees the lock when it sees the end of it, as a database server does."""

    def __init__(self, _folder):
        with socket.create_server(("127.0.0.1", 0)) as server:
            self._client = socket.create_connection(server.getsockname())
            self._server = server.accept()[0]
        self._server.setblocking(False)
        self.fd = self._client.fileno()

    def leave_to_runner(self):
        self._client.close()

    def is_free(self):
        try:
            return self._server.recv(1) == b""
        except BlockingIOError:
            return False
        except ConnectionResetError:
            return True

    def close(self):
        self._server.close()


def time_until_free(lock, guarded):
    """Waits for the lock; fails if any process of the tree lived when it was free. Gives how long that took."""
    started = time.monotonic()
    wait_until(lock.is_free, "the lock to be free")
    left = guarded.tree()
    taken = time.monotonic() - started
    assert left == [], f"the lock was free while these lived: {[read_proc(pid, 'cmdline') for pid in left]}"
    return taken
