"""Whatever clients do, a kubelet's probe is answered in time, memory stays flat, and the sidecar stops when told."""
import contextlib
import multiprocessing
import re
import resource
import select
import socket
import sqlite3
import time

import pytest

PROBE_LIMIT = 1.0  # seconds for the whole exchange, as a kubelet's default
PROBES = 100
PROBE_PERIOD = 0.12  # seconds; so that the flood outlives the front's limit of 10 s and has to come back
SILENT = 1000
DRIPPING = 500
DRIP_PERIOD = 0.1  # seconds
EXCHANGE_LIMIT = 10.0  # seconds: kExchangeLimit
HEAD_LIMIT = 16 * 1024  # bytes: kHeadLimit
MEMORY_GROWTH = 8 * 1024  # KiB
MEGABYTE = 1_000_000


@pytest.fixture(scope="module")
def database(tmp_path_factory):
    path = tmp_path_factory.mktemp("flood") / "app.db"
    with contextlib.closing(sqlite3.connect(path)) as connection:
        connection.executescript("CREATE TABLE schema_migrations (version uint64, dirty bool); INSERT INTO schema_migrations VALUES (1, 0)")
    return path


@pytest.fixture
def sidecar(schemalatch, database):
    sidecar = schemalatch.serve("--url", f"sqlite:///{database}", "--tool", "golang-migrate", "--require", "1")
    yield sidecar.wait_until_ready()
    sidecar.kill()


@pytest.fixture(scope="module")
def shared_sidecar(schemalatch, database):
    """For tests that leave no trace in it."""
    sidecar = schemalatch.serve("--url", f"sqlite:///{database}", "--tool", "golang-migrate", "--require", "1")
    yield sidecar.wait_until_ready()
    sidecar.kill()


# ---- Clients ---------------------------------------------------------------------------------------------------------


class Answer:
    def __init__(self, received):
        head, _, self.body = received.partition(b"\r\n\r\n")
        status_line, *headers = head.decode().split("\r\n")
        self.status = int(status_line.split(" ")[1])
        self.headers = dict(header.split(": ", 1) for header in headers)


def connect(sidecar, limit=5.0):
    return socket.create_connection(("127.0.0.1", sidecar.port), timeout=limit)


def receive(connection):
    received = bytearray()
    while chunk := connection.recv(65536):
        received += chunk
    return bytes(received)


def ask(sidecar, request):
    """Sends all of it before reading, as simple clients do."""
    with connect(sidecar) as connection:
        connection.sendall(request)
        return Answer(receive(connection))


def probe(sidecar):
    """Asks as a kubelet does; returns status and seconds."""
    started = time.monotonic()
    with connect(sidecar, PROBE_LIMIT) as connection:
        connection.sendall(b"GET /readyz HTTP/1.1\r\nHost: 10.0.0.1:7355\r\nUser-Agent: kube-probe/1.33\r\nAccept: */*\r\n"
                           b"Connection: close\r\n\r\n")
        answer = Answer(receive(connection))
    return answer.status, time.monotonic() - started


def probe_many(sidecar):
    """Every probe must be answered 200 in time; returns the longest time."""
    worst = 0.0
    for _ in range(PROBES):
        status, seconds = probe(sidecar)
        assert status == 200
        assert seconds < PROBE_LIMIT
        worst = max(worst, seconds)
        time.sleep(max(0.0, PROBE_PERIOD - seconds))
    return worst


def was_answered(sidecar):
    time.sleep(PROBE_PERIOD)
    try:
        status, seconds = probe(sidecar)
    except (ConnectionError, IndexError):
        return False
    assert status == 200
    return seconds < PROBE_LIMIT


def send_until_cut_off(connection, chunk, most):
    """Returns how many bytes the other side took."""
    sent = 0
    with contextlib.suppress(ConnectionError):
        while sent < most:
            sent += connection.send(chunk)
    return sent


def allow_many_descriptors():
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = min(hard, 8192)
    if wanted < SILENT + DRIPPING + 100:
        pytest.skip(f"only {hard} open files are allowed here")
    resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


class Flood:
    """Holds silent and dripping connections from a process of its own, and opens anew what the sidecar closes."""

    def __init__(self, sidecar, silent, dripping):
        self.sidecar = sidecar
        self.silent = silent
        self.dripping = dripping
        self.open = multiprocessing.Value("i", 0)
        self.reopened = multiprocessing.Value("i", 0)
        self.process = multiprocessing.get_context("fork").Process(target=self._run, daemon=True)

    def __enter__(self):
        self.process.start()
        end = time.monotonic() + 20
        while self.open.value < self.silent + self.dripping:
            assert time.monotonic() < end, f"only {self.open.value} connections"
            time.sleep(0.01)
        return self

    def check(self):
        assert self.process.is_alive(), "the flood has ended"
        assert self.reopened.value > 0, "the sidecar closed none of its connections"

    def __exit__(self, *_):
        self.process.kill()
        self.process.join()

    def _run(self):
        poller = select.epoll()
        connections = {}
        drippers = set()

        def open_one(drips):
            connection = connect(self.sidecar)
            connections[connection.fileno()] = connection
            poller.register(connection, select.EPOLLIN | select.EPOLLRDHUP)
            if drips:
                connection.sendall(b"GET /readyz HTTP/1.1\r\nX: ")
                drippers.add(connection.fileno())

        def reopen(fd):
            drips = fd in drippers
            drippers.discard(fd)
            connections.pop(fd).close()
            open_one(drips)
            self.reopened.value += 1

        for number in range(self.silent + self.dripping):
            open_one(drips=number >= self.silent)
            self.open.value += 1
        next_drip = time.monotonic()
        while True:
            for fd, _ in poller.poll(max(0.0, next_drip - time.monotonic())):
                reopen(fd)
            if time.monotonic() >= next_drip:
                next_drip = time.monotonic() + DRIP_PERIOD
                for fd in drippers:
                    with contextlib.suppress(ConnectionError):
                        connections[fd].send(b"x")


# ---- Memory ----------------------------------------------------------------------------------------------------------


def peak_memory(sidecar):
    """KiB"""
    with open(f"/proc/{sidecar.process.pid}/status") as status:
        return int(re.search(r"VmHWM:\s+(\d+) kB", status.read()).group(1))


@contextlib.contextmanager
def flat_memory(sidecar):
    before = peak_memory(sidecar)
    yield
    growth = peak_memory(sidecar) - before
    print(f"memory grew by {growth} KiB")
    assert growth < MEMORY_GROWTH


# ---- Floods ----------------------------------------------------------------------------------------------------------


def test_silent_and_dripping_connections_do_not_hold_up_a_probe(sidecar):
    allow_many_descriptors()
    with flat_memory(sidecar), Flood(sidecar, SILENT, DRIPPING) as flood:
        worst = probe_many(sidecar)
        flood.check()
        print(f"worst of {PROBES} probes: {worst * 1000:.1f} ms; {flood.open.value} connections held, {flood.reopened.value} opened anew")


def test_a_flood_beyond_the_open_files_that_are_allowed_does_not_hold_up_a_probe(sidecar):
    """Each new connection pushes out the oldest, which may once be a probe's; a kubelet gives up after three in a row."""
    resource.prlimit(sidecar.process.pid, resource.RLIMIT_NOFILE, (128, 128))
    with Flood(sidecar, silent=400, dripping=0) as flood:
        answered = "".join("+" if was_answered(sidecar) else "-" for _ in range(PROBES))
        flood.check()
        print(f"{answered.count('+')} of {PROBES} probes answered; {flood.reopened.value} connections opened anew")
    assert "---" not in answered, answered


def test_connections_are_closed_at_their_limit_whether_silent_or_dripping(sidecar):
    started = time.monotonic()
    with connect(sidecar, 15) as silent, connect(sidecar, 15) as dripping:
        closed = {}
        while len(closed) < 2 and time.monotonic() < started + 15:
            if dripping not in closed:
                dripping.send(b"x")
            waiting = [connection for connection in (silent, dripping) if connection not in closed]
            for connection in select.select(waiting, [], [], DRIP_PERIOD)[0]:
                with contextlib.suppress(ConnectionError):
                    assert connection.recv(100) == b""
                closed[connection] = time.monotonic() - started
    assert sorted(closed.values()) == pytest.approx([EXCHANGE_LIMIT] * 2, abs=1.0)


def test_unfinished_heads_do_not_fill_the_memory(sidecar):
    allow_many_descriptors()
    head = b"GET /readyz HTTP/1.1\r\nX: ".ljust(HEAD_LIMIT - 100, b"x")
    with flat_memory(sidecar), contextlib.ExitStack() as stack:
        for _ in range(SILENT):
            stack.enter_context(connect(sidecar)).sendall(head)
        assert probe(sidecar)[0] == 200


# ---- Hostile and odd clients -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("begin", [
    b"GET /readyz HTTP/1.1\r\nX: ",
    b"GET /",
    b"",
], ids=["header", "target", "method"])
def test_a_line_of_200_megabytes_is_cut_off(sidecar, begin):
    with flat_memory(sidecar), connect(sidecar) as connection:
        connection.sendall(begin)
        assert send_until_cut_off(connection, b"x" * MEGABYTE, 200 * MEGABYTE) < 100 * MEGABYTE
    assert probe(sidecar)[0] == 200


@pytest.mark.parametrize("headers", [b"Content-Length: 200000000\r\n\r\n", b"Transfer-Encoding: chunked\r\n\r\n"], ids=["sized", "chunked"])
def test_a_body_of_200_megabytes_is_cut_off(sidecar, headers):
    chunk = b"%x\r\n%s\r\n" % (MEGABYTE, b"x" * MEGABYTE)
    with flat_memory(sidecar), connect(sidecar) as connection:
        connection.sendall(b"POST /readyz HTTP/1.1\r\n" + headers)
        assert send_until_cut_off(connection, chunk, 200 * MEGABYTE) < 100 * MEGABYTE
    assert probe(sidecar)[0] == 200


def test_a_million_headers_are_refused(sidecar):
    with flat_memory(sidecar):
        assert ask(sidecar, b"GET /readyz HTTP/1.1\r\n" + b"a: b\r\n" * 1_000_000 + b"\r\n").status == 431


CHUNKED_BODY = b"f4240\r\n" + b"x" * MEGABYTE + b"\r\n0\r\n\r\n"
ODD_REQUESTS = {
    # request -> status
    b"POST /readyz HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n" + CHUNKED_BODY: 405,
    b"POST /readyz HTTP/1.1\r\nContent-Length: 1000000\r\n\r\n" + b"x" * MEGABYTE: 405,
    b"DELETE /nowhere HTTP/1.1\r\n\r\n": 405,
    b"OPTIONS * HTTP/1.1\r\n\r\n": 405,
    b"BREW /readyz HTTP/1.1\r\n\r\n": 405,
    b"GET /readyz HTTP/1.1\r\nRange: bytes=0-0,0-0\r\n\r\n": 200,
    b"GET /readyz HTTP/1.1\r\nExpect: 100-continue\r\n\r\n": 200,
    b"GET /readyz HTTP/1.1\r\nAccept-Encoding: gzip, br\r\n\r\n": 200,
    b"GET /readyz HTTP/1.1\r\nConnection: keep-alive\r\n\r\n": 200,
    b"GET /readyz HTTP/1.1\r\nContent-Length: 4\r\n\r\nbody": 200,
    b"GET /readyz HTTP/1.0\r\n\r\n": 200,
    b"GET /nowhere HTTP/1.1\r\n\r\n": 404,
    b"GET /readyz/ HTTP/1.1\r\n\r\n": 404,
    b"GET /%2e%2e/etc/passwd HTTP/1.1\r\n\r\n": 404,
    b"GET /readyz\r\n\r\n": 400,
    b"nonsense\r\n\r\n": 400,
    b"G(T / HTTP/1.1\r\n\r\n": 400,
    b"\x16\x03\x01\x02\x00\r\n\r\n": 400,
    b"GET /" + b"a" * 10_000 + b" HTTP/1.1\r\n\r\n": 414,
    b"GET / HTTP/1.1\r\nX: " + b"x" * HEAD_LIMIT + b"\r\n\r\n": 431,
}


@pytest.mark.parametrize("request_bytes, status", ODD_REQUESTS.items(), ids=lambda value: repr(value)[:70])
def test_an_odd_request_gets_one_whole_plain_answer(shared_sidecar, request_bytes, status):
    answer = ask(shared_sidecar, request_bytes)
    assert answer.status == status
    assert answer.headers["Connection"] == "close"
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["Content-Type"] == "text/plain; charset=utf-8"
    assert int(answer.headers["Content-Length"]) == len(answer.body)
    assert answer.headers.get("Allow") == ("GET, HEAD" if status == 405 else None)
    assert {"Location", "Content-Encoding", "Content-Range", "EXCEPTION_WHAT"}.isdisjoint(answer.headers)


@pytest.mark.parametrize("path", ["/readyz", "/readyz?verbose", "/readyz/database", "/livez", "/version", "/version/database", "/metrics", "/"])
def test_head_is_answered_like_get_without_the_body(shared_sidecar, path):
    get = ask(shared_sidecar, f"GET {path} HTTP/1.1\r\n\r\n".encode())
    head = ask(shared_sidecar, f"HEAD {path} HTTP/1.1\r\n\r\n".encode())
    assert get.status == head.status == 200
    assert get.headers.keys() == head.headers.keys()
    assert get.headers["Content-Type"] == head.headers["Content-Type"]
    assert int(get.headers["Content-Length"]) == len(get.body) > 0
    assert head.body == b""


def test_a_stop_does_not_wait_for_half_sent_requests(sidecar):
    with contextlib.ExitStack() as stack:
        for _ in range(200):
            stack.enter_context(connect(sidecar)).sendall(b"GET /readyz HTTP/1.1\r\nHost: ")
        assert probe(sidecar)[0] == 200
        code, seconds = sidecar.stop()
    print(f"stopped in {seconds * 1000:.0f} ms")
    assert code == 0
    assert seconds < 1.0
