"""Every answer of the real binary, to a client like a kubelet and to curl: each state, path and method, and odd requests."""
import collections
import contextlib
import json
import re
import socket
import sqlite3
import struct
import subprocess
import time

import pytest

from ports import take_port

# Of a sidecar that has one address, and of one that has a second for details.
ADDRESSES = ["only", "probes", "detail"]

LIMIT = 1.0  # seconds for the whole exchange, as a kubelet's default
MOST_READ = 10 * 1024  # bytes of a body that a kubelet reads
HEAD_LIMIT = 16 * 1024  # bytes: kHeadLimit

PLAIN = "text/plain; charset=utf-8"
JSON = "application/json"
METRICS = "text/plain; version=0.0.4; charset=utf-8"
HTML = "text/html; charset=utf-8"

# ---- Clients ---------------------------------------------------------------------------------------------------------


class Answer:
    """`headers` is a list of pairs, so that none can hide behind another of its name."""

    def __init__(self, received):
        head, end, self.body = received.partition(b"\r\n\r\n")
        assert end, f"no whole head: {received[:100]!r}"
        self.status_line, *lines = head.decode("ascii").split("\r\n")
        self.headers = sorted(tuple(line.split(": ", 1)) for line in lines)
        self.code = int(self.status_line.split(" ")[1])

    def header(self, name):
        return dict(self.headers).get(name)


def exchange(port, request, most=None):
    """One connection, as the kubelet's dialer makes it; whatever happens it takes no longer than LIMIT."""
    end = time.monotonic() + LIMIT
    received = b""
    with socket.create_connection(("127.0.0.1", port), timeout=LIMIT) as connection:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 1))
        connection.sendall(request)
        while most is None or len(received.partition(b"\r\n\r\n")[2]) < most:
            connection.settimeout(max(0.001, end - time.monotonic()))
            chunk = connection.recv(4096)
            if not chunk:
                break
            received += chunk
    return received


def kubelet(port, method, target, headers=()):
    lines = [f"{method} {target} HTTP/1.1", "Host: 10.0.0.1:7355", "User-Agent: kube-probe/1.33", "Accept: */*", "Connection: close", *headers]
    return Answer(exchange(port, "\r\n".join([*lines, "", ""]).encode("latin-1"), MOST_READ))


def curl(port, method, target, headers=()):
    how = ["--head"] if method == "HEAD" else ["--request", method]
    words = ["curl", "-q", "--silent", "--show-error", "--include", "--noproxy", "*", "--path-as-is", "--max-time", "5", *how]
    for header in headers:
        words += ["--header", header]
    done = subprocess.run([*words, f"http://127.0.0.1:{port}{target}"], capture_output=True)
    assert done.returncode == 0, done.stderr
    return Answer(done.stdout)


CLIENTS = {"kubelet": kubelet, "curl": curl}


@pytest.fixture(params=CLIENTS)
def ask(request):
    return CLIENTS[request.param]


# ---- States ----------------------------------------------------------------------------------------------------------

# What one dependency's answers say; `line` and `verbose` are its lines in /readyz and /readyz?verbose.
Expected = collections.namedtuple("Expected", "state ready held assumed enforced line verbose")

READY = Expected("satisfied", True, False, False, True, "", "[+]{} ok\n")
UNREADY = Expected("behind", False, False, False, True, "{} behind: at 3, needs 4; run the upgrade\n", "[-]{} behind: at 3, needs 4; run the upgrade\n")
HELD = Expected("unreachable", True, True, False, True, "", "[+]{} ok (held: unreachable)\n")
NOT_ENFORCED = Expected("behind", False, False, False, False, "{} behind (not enforced)\n", "[!]{} behind (not enforced)\n")
ASSUMED = Expected("satisfied", True, False, True, True, "", "[+]{} ok\n")
PENDING = Expected("pending", False, False, False, True, "{} pending: not looked yet\n", "[-]{} pending: not looked yet\n")

# The dependencies of one sidecar, by name.
WORLDS = {
    "ready": {"orders": READY},
    "unready": {"orders": UNREADY},
    "held": {"orders": HELD},
    "not_enforced": {"orders": NOT_ENFORCED},
    "assumed": {"orders": ASSUMED},
    "pending": {"orders": PENDING},
    "all_ready": {"orders": READY, "stock.v2": READY, "billing": ASSUMED, "audit": NOT_ENFORCED, "mail": HELD},
    "several": {"orders": READY, "late": UNREADY, "excused": NOT_ENFORCED, "guessed": ASSUMED, "mail": HELD, "slow": PENDING},
}


def is_back(expected):
    return expected.enforced and not expected.ready


def describe(folder, name, expected, silent_port):
    """The dependency's part of the configuration, and its database."""
    database = folder / f"{name}.db"
    settings = {"name": name, "url": f"sqlite:///{database}", "tool": "golang-migrate", "require": "3"}
    script = "CREATE TABLE schema_migrations (version uint64, dirty bool); INSERT INTO schema_migrations VALUES (3, 0)"
    if expected is UNREADY or expected is NOT_ENFORCED:
        settings |= {"require": "4", "enforce": expected.enforced}
    elif expected is ASSUMED:
        (folder / "baked.json").write_text('{"format": 1, "tool": "alembic", "required": ["b"], "graph": {"a": [], "b": ["a"]}}')
        settings |= {"tool": "alembic", "require": f"@{folder}/baked.json"}
        script = "CREATE TABLE alembic_version (version_num VARCHAR(32)); INSERT INTO alembic_version VALUES ('later')"
    elif expected is HELD:
        settings |= {"interval_ready": "20ms"}
    elif expected is PENDING:
        settings |= {"url": f"postgresql://u@127.0.0.1:{silent_port}/d", "deadline": "10m"}
    with contextlib.closing(sqlite3.connect(database)) as connection:
        connection.executescript(script)
    return "[[dependency]]\n" + "".join(f"{key} = {json.dumps(value)}\n" for key, value in settings.items())


class World:
    def __init__(self, schemalatch, folder, dependencies, silent_port, two_addresses):
        self.dependencies = dependencies
        config = folder / "gate.toml"
        config.write_text("".join(describe(folder, name, expected, silent_port) for name, expected in dependencies.items()))
        detail_port = take_port()
        env = {"SCHEMALATCH_DETAIL_LISTEN": f"127.0.0.1:{detail_port}"} if two_addresses else {}
        self.port = schemalatch.serve("--config", config, env=env).port
        self.detail_port = detail_port if two_addresses else self.port
        for name, expected in dependencies.items():
            if expected is HELD:
                self.wait_for(name, "satisfied")
                (folder / f"{name}.db").unlink()
            self.wait_for(name, expected.state)

    def wait_for(self, name, state):
        end = time.monotonic() + 20
        while (seen := json.loads(kubelet(self.detail_port, "GET", f"/version/{name}").body)["state"]) != state:
            assert time.monotonic() < end, f"{name} is {seen}, never {state}"
            time.sleep(0.01)


class Address:
    def __init__(self, world, which):
        self.dependencies = world.dependencies
        self.port = world.detail_port if which == "detail" else world.port
        self.serves_all = which != "probes"


@pytest.fixture(scope="module")
def worlds(schemalatch, tmp_path_factory):
    """Sidecars in every state, made when they are first asked for."""
    made = {}
    with socket.create_server(("127.0.0.1", 0)) as silent:

        def world(name, two_addresses):
            key = (name, two_addresses)
            if key not in made:
                made[key] = World(schemalatch, tmp_path_factory.mktemp(name), WORLDS[name], silent.getsockname()[1], two_addresses)
            return made[key]

        yield world


def address_in(worlds, world, which):
    return Address(worlds(world, two_addresses=which != "only"), which)


@pytest.fixture(params=[(world, which) for world in WORLDS for which in ADDRESSES], ids="-".join)
def address(request, worlds):
    return address_in(worlds, *request.param)


@pytest.fixture(params=ADDRESSES)
def busy_address(request, worlds):
    """Of a sidecar with a dependency in each state."""
    return address_in(worlds, "several", request.param)


# ---- What every answer must be ---------------------------------------------------------------------------------------


def assert_proper(answer, code, content_type, allow=None):
    """Exactly these headers, each once: no redirect, no encoding, no range, nothing to store."""
    assert answer.code == code
    length = answer.header("Content-Length")
    assert re.fullmatch(r"[1-9]\d*", length)
    expected = {("Cache-Control", "no-store"), ("Connection", "close"), ("Content-Length", length), ("Content-Type", content_type)}
    assert answer.headers == sorted(expected | ({("Allow", allow)} if allow else set()))
    assert answer.status_line.startswith("HTTP/1.1 ")


def assert_whole(answer, code, content_type, allow=None):
    """As GET gets it; a kubelet stops after MOST_READ."""
    assert_proper(answer, code, content_type, allow)
    length = int(answer.header("Content-Length"))
    assert len(answer.body) == length or (length > MOST_READ <= len(answer.body) < length)


def assert_plain(answer, code, body, allow=None):
    assert_whole(answer, code, PLAIN, allow)
    assert answer.body.decode() == body


def assert_not_found(answer):
    assert_plain(answer, 404, "not found\n")


# ---- States and paths ------------------------------------------------------------------------------------------------


def test_readyz_tells_each_state(address, ask):
    of_all = address.dependencies.items()
    back = any(is_back(expected) for _, expected in of_all)
    reasons = "".join(expected.line.format(name) for name, expected in of_all if is_back(expected))
    notes = "".join(expected.line.format(name) for name, expected in of_all if not expected.enforced)
    lines = "".join(expected.verbose.format(name) for name, expected in of_all)
    code = 503 if back else 200
    assert_plain(ask(address.port, "GET", "/readyz"), code, (reasons or "ok\n") + notes)
    assert_plain(ask(address.port, "GET", "/readyz?verbose"), code, lines + f"readyz check {'failed' if back else 'passed'}\n")


def test_readyz_of_one_dependency_tells_its_state(address, ask):
    for name, expected in address.dependencies.items():
        code = 503 if is_back(expected) else 200
        ok = "" if is_back(expected) else "ok\n"
        assert_plain(ask(address.port, "GET", f"/readyz/{name}"), code, ok + expected.line.format(name))
        assert_plain(ask(address.port, "GET", f"/readyz/{name}?verbose"), code, expected.verbose.format(name))
    for unknown in ("nobody", "ORDERS", "order", "orders.", "orders%20"):
        assert_not_found(ask(address.port, "GET", f"/readyz/{unknown}"))


def test_livez_does_not_care_for_the_state(address, ask):
    assert_plain(ask(address.port, "GET", "/livez"), 200, "ok\n")
    assert_plain(ask(address.port, "GET", "/livez?verbose"), 200, "ok\n")


def told(dependency):
    return {key: dependency[key] for key in ("state", "ready", "held", "assumed", "enforced")}


def test_version_tells_each_state(address):
    answer = curl(address.port, "GET", "/version")
    if not address.serves_all:
        return assert_not_found(answer)
    assert_whole(answer, 200, JSON)
    version = json.loads(answer.body)
    assert version["ready"] == (not any(map(is_back, address.dependencies.values())))
    assert [dependency["name"] for dependency in version["dependencies"]] == list(address.dependencies)
    for dependency, expected in zip(version["dependencies"], address.dependencies.values()):
        assert told(dependency) == {key: getattr(expected, key) for key in told(dependency)}
    return None


def test_version_of_one_dependency_tells_its_state(address, ask):
    for name, expected in address.dependencies.items():
        answer = ask(address.port, "GET", f"/version/{name}")
        if not address.serves_all:
            assert_not_found(answer)
            continue
        assert_whole(answer, 200, JSON)
        assert told(json.loads(answer.body)) == {key: getattr(expected, key) for key in told(json.loads(answer.body))}
    assert_not_found(ask(address.port, "GET", "/version/nobody"))


def test_metrics_tell_each_state(address):
    answer = curl(address.port, "GET", "/metrics")
    if not address.serves_all:
        return assert_not_found(answer)
    assert_whole(answer, 200, METRICS)
    lines = answer.body.decode().splitlines()
    assert f"schemalatch_ready {0 if any(map(is_back, address.dependencies.values())) else 1}" in lines
    for name, expected in address.dependencies.items():
        for metric in ("held", "assumed", "enforced"):
            assert f'schemalatch_{metric}{{dependency="{name}"}} {int(getattr(expected, metric))}' in lines
        states = [line for line in lines if line.startswith(f'schemalatch_dependency_state{{dependency="{name}",') and line.endswith(" 1")]
        assert states == [f'schemalatch_dependency_state{{dependency="{name}",state="{expected.state}"}} 1']
    return None


def test_the_status_page_tells_each_state(address, ask):
    answer = ask(address.port, "GET", "/")
    if not address.serves_all:
        return assert_not_found(answer)
    assert_whole(answer, 200, HTML)
    page = answer.body.decode()
    word = "unready" if any(map(is_back, address.dependencies.values())) else "ready"
    assert f'<h1 class="{word}">{word}</h1>' in page
    for name, expected in address.dependencies.items():
        remarks = (", held" if expected.held else "") + (", assumed" if expected.assumed else "") + ("" if expected.enforced else ", not enforced")
        assert f">{name}: {'ready' if expected.ready else 'unready'}{remarks}</dt>\n<dd>{expected.state}: " in page
    return None


PATHS = ["/readyz", "/readyz?verbose", "/readyz/orders", "/readyz/nobody", "/livez", "/version", "/version/orders", "/version/nobody", "/metrics", "/",
         "/nowhere"]


@pytest.mark.parametrize("path", PATHS)
def test_head_is_answered_as_get_is_without_the_body(address, ask, path):
    """Answers that count or tell the time may grow in between: then it is asked again."""
    for _ in range(10):
        before, head, after = (ask(address.port, method, path) for method in ("GET", "HEAD", "GET"))
        if before.headers == after.headers:
            break
    assert head.body == b""
    assert (head.status_line, head.headers) == (before.status_line, before.headers)
    assert_proper(head, before.code, before.header("Content-Type"))


# ---- Methods ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS", "PATCH", "TRACE", "CONNECT", "PROPFIND", "BREW", "get", "HEADER", "M-SEARCH"])
def test_another_method_is_not_allowed_on_any_path(busy_address, ask, method):
    for path in PATHS:
        assert_plain(ask(busy_address.port, method, path), 405, "method not allowed: only GET and HEAD are served\n", allow="GET, HEAD")


@pytest.mark.parametrize("method", ["G(T", "GE\tT", "", "GET\x00", "\xe9", '"GET"'])
def test_what_is_no_method_is_a_bad_request(busy_address, method):
    assert_plain(kubelet(busy_address.port, method, "/readyz"), 400, "bad request\n")


# ---- Targets ---------------------------------------------------------------------------------------------------------

NOT_FOUND = [
    "/readyz/", "/readyz//", "//readyz", "///", "/readyz/orders/", "/readyz//orders", "/readyz/orders/x", "/livez/", "/livez/orders", "/version/",
    "/version/orders/", "/metrics/", "/metrics/orders", "/READYZ", "/Readyz", "/ready", "/readyzz", "/readyz;x=1", "/healthz", "/favicon.ico",
    "/index.html", "/robots.txt", "/.env", "/readyz/..", "/readyz/.", "/readyz/../version", "/../etc/passwd", "/./readyz", "/%2e%2e/etc/passwd",
    "/readyz%2f", "/readyz%20", "/readyz%00", "/readyz%0d%0aX:%20y", "/readyz%", "/readyz%zz", "/readyz%u0041", "/%", "/readyz/%2e%2e", "/%FF%FE",
    "/" + "a" * 8000, "/" + "%41" * 2500, "/" + "../" * 2000,
]


@pytest.mark.parametrize("target", NOT_FOUND, ids=lambda target: target[:30])
def test_another_path_is_not_found(busy_address, ask, target):
    assert_not_found(ask(busy_address.port, "GET", target))


@pytest.mark.parametrize("target", ["readyz", "*", "?verbose", "http://10.0.0.1:7355/readyz", "https://elsewhere/readyz", "10.0.0.1:7355", "#", "%2freadyz2"])
def test_a_target_that_is_no_path_is_not_found(busy_address, target):
    assert_not_found(kubelet(busy_address.port, "GET", target))


@pytest.mark.parametrize("target, plain", [
    ("/%72eadyz", "/readyz"),
    ("/readyz?", "/readyz"),
    ("/readyz?a=b&c", "/readyz"),
    ("/readyz?&&&==&%%%=%zz&%00", "/readyz"),
    ("/readyz?verbosely", "/readyz"),
    ("/readyz?Verbose", "/readyz"),
    ("/readyz?" + "a=b&" * 1500, "/readyz"),
    ("/readyz?verbose=", "/readyz?verbose"),
    ("/readyz?verbose=false", "/readyz?verbose"),
    ("/readyz?exclude=orders&verbose&verbose", "/readyz?verbose"),
    ("/readyz/order%73", "/readyz/orders"),
    ("/livez?/../version", "/livez"),
], ids=lambda target: target[:40])
def test_an_odd_spelling_of_a_target_changes_nothing(busy_address, ask, target, plain):
    odd, usual = (ask(busy_address.port, "GET", spelling) for spelling in (target, plain))
    assert (odd.status_line, odd.headers, odd.body) == (usual.status_line, usual.headers, usual.body)


def test_a_target_that_is_too_long_is_refused(busy_address, ask):
    assert_plain(ask(busy_address.port, "GET", "/" + "a" * 9000), 414, "request line too long\n")
    assert_plain(ask(busy_address.port, "GET", "/readyz?" + "a" * 9000), 414, "request line too long\n")


def test_a_head_that_is_too_long_is_refused_and_counted(busy_address, ask):
    too_long = [f"X: {'x' * HEAD_LIMIT}"]
    assert_plain(ask(busy_address.port, "GET", "/readyz", too_long), 431, "request head too long\n")
    head = ask(busy_address.port, "HEAD", "/readyz", too_long)
    assert_proper(head, 431, PLAIN)
    assert head.body == b""
    if busy_address.serves_all:
        assert re.search(rb'^schemalatch_http_requests_total{path="other",code="431"} [1-9]', curl(busy_address.port, "GET", "/metrics").body, re.M)


# ---- Headers ---------------------------------------------------------------------------------------------------------

HEADERS = [
    "Accept-Encoding: gzip", "Accept-Encoding: gzip, deflate, br, zstd", "Accept-Encoding: identity;q=0", "Accept: application/json", "Accept: text/html",
    "Accept-Language: de", "Range: bytes=0-0", "Range: bytes=0-0,1-1,2-2", "Range: bytes=-1", "Range: nonsense", "If-Range: x", "If-None-Match: *",
    "If-Modified-Since: Sat, 21 Nov 2026 00:00:00 GMT", "If-Match: nothing", "Expect: 100-continue", "Expect: something-else", "Connection: keep-alive",
    "Connection: Upgrade, HTTP2-Settings", "Upgrade: h2c", "Upgrade: websocket", "Host: elsewhere", "X-Forwarded-Host: elsewhere", "X-HTTP-Method-Override: PUT",
    "Authorization: Basic eDp5", "Cookie: a=b", "Origin: http://elsewhere", "Access-Control-Request-Method: GET", "TE: trailers", "REMOTE_ADDR: 9.9.9.9",
]


@pytest.mark.parametrize("header", HEADERS)
def test_no_header_changes_an_answer(busy_address, ask, header):
    for path in ("/readyz", "/readyz/orders", "/livez", "/", "/nowhere"):
        plain = ask(busy_address.port, "GET", path)
        odd = ask(busy_address.port, "GET", path, [header])
        assert (odd.status_line, odd.headers, odd.body) == (plain.status_line, plain.headers, plain.body)


# ---- Bytes -----------------------------------------------------------------------------------------------------------

ONE_ANSWER = {
    "HTTP/1.0": b"GET /livez HTTP/1.0\r\n\r\n",
    "HTTP/1.0 with keep-alive": b"GET /livez HTTP/1.0\r\nConnection: keep-alive\r\n\r\n",
    "no Host": b"GET /livez HTTP/1.1\r\n\r\n",
    "two Hosts": b"GET /livez HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
    "pipelined": b"GET /livez HTTP/1.1\r\nHost: a\r\n\r\nGET /readyz HTTP/1.1\r\nHost: a\r\n\r\n" * 3,
    "body with its length": b"GET /livez HTTP/1.1\r\nContent-Length: 30\r\n\r\nGET /readyz HTTP/1.1\r\n\r\n      ",
    "body in chunks": b"GET /livez HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n",
    "body both ways": b"GET /livez HTTP/1.1\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "body that does not come": b"GET /livez HTTP/1.1\r\nContent-Length: 999999\r\n\r\n",
    "length that is no number": b"GET /livez HTTP/1.1\r\nContent-Length: -1\r\n\r\n",
    "Expect and a body": b"GET /livez HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\n",
    "header without colon": b"GET /livez HTTP/1.1\r\nnonsense\r\n\r\n",
    "header without name": b"GET /livez HTTP/1.1\r\n: x\r\n\r\n",
    "header folded": b"GET /livez HTTP/1.1\r\nX: a\r\n b\r\n\r\n",
    "header with bare line feeds": b"GET /livez HTTP/1.1\r\nX: a\nRange: bytes=0-0\nY: b\r\n\r\n",
    "header with NUL and high bytes": b"GET /livez HTTP/1.1\r\nX: \x00\xff\xfe\x80\r\n\r\n",
    "a thousand headers": b"GET /livez HTTP/1.1\r\n" + b"a: b\r\n" * 1000 + b"\r\n",
}


def half_closed_exchange(port, request):
    """Ends its side after sending, so that whoever waits for more gets to know."""
    with socket.create_connection(("127.0.0.1", port), timeout=LIMIT) as connection:
        connection.sendall(request)
        connection.shutdown(socket.SHUT_WR)
        received = b""
        while chunk := connection.recv(4096):
            received += chunk
    return received


@pytest.mark.parametrize("request_bytes", ONE_ANSWER.values(), ids=ONE_ANSWER)
def test_an_odd_head_gets_one_whole_answer(busy_address, request_bytes):
    assert_plain(Answer(half_closed_exchange(busy_address.port, request_bytes)), 200, "ok\n")
    # Also when the client keeps its side open: nobody waits for a body.
    assert_plain(Answer(exchange(busy_address.port, request_bytes)), 200, "ok\n")


BAD_REQUESTS = {
    "HTTP/0.9": b"GET /livez\r\n\r\n",
    "HTTP/2 preface": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "HTTP/3": b"GET /livez HTTP/3\r\n\r\n",
    "lower-case version": b"GET /livez http/1.1\r\n\r\n",
    "no version": b"GET /livez \r\n\r\n",
    "no target": b"GET HTTP/1.1\r\n\r\n",
    "something behind": b"GET /livez HTTP/1.1 x\r\n\r\n",
    "blank in the target": b"GET /livez x HTTP/1.1\r\n\r\n",
    "blank line first": b"\r\n\r\nGET /livez HTTP/1.1\r\n\r\n",
    "TLS": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n",
    "only a blank line": b"\r\n\r\n",
    "request line with a bare line feed": b"GET /livez HTTP/1.1\nHost: a\r\n\r\n",
}


@pytest.mark.parametrize("request_bytes", BAD_REQUESTS.values(), ids=BAD_REQUESTS)
def test_what_is_not_http_is_a_bad_request(busy_address, request_bytes):
    assert_plain(Answer(half_closed_exchange(busy_address.port, request_bytes)), 400, "bad request\n")


@pytest.mark.parametrize("request_bytes", [
    b"", b"GET /livez HTTP/1.1\r\n", b"GET /livez HTTP/1.1\nHost: a\n\n", b"GET /livez HTTP/1.1\r\n\n\r", b"\x00" * 100,
], ids=["nothing", "unfinished", "bare line feeds", "crooked blank line", "zeros"])
def test_a_head_that_never_ends_gets_no_answer(busy_address, request_bytes):
    assert half_closed_exchange(busy_address.port, request_bytes) == b""


# ---- Two addresses ---------------------------------------------------------------------------------------------------


def test_both_addresses_count_into_one_set(worlds):
    world = worlds("ready", two_addresses=True)

    def count(path, code):
        found = re.search(rf'^schemalatch_http_requests_total{{path="{path}",code="{code}"}} (\d+)$', curl(world.detail_port, "GET", "/metrics").body.decode(),
                          re.M)
        return int(found.group(1)) if found else 0

    before = count("/livez", 200), count("other", 404)
    for port, path in ((world.port, "/livez"), (world.detail_port, "/livez"), (world.port, "/metrics"), (world.detail_port, "/nowhere")):
        kubelet(port, "GET", path)
    assert (count("/livez", 200), count("other", 404)) == (before[0] + 2, before[1] + 2)
