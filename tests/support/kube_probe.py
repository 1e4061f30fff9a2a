"""One probe as the kubelet sends it: a new connection, one GET, and 1 s for all of it."""
import dataclasses
import socket
import struct
import time

LIMIT = 1.0  # seconds; the kubelet's default, and its minimum
REQUEST = "GET {path} HTTP/1.1\r\nHost: {host}:{port}\r\nUser-Agent: kube-probe/1.33\r\nAccept: */*\r\nConnection: close\r\n\r\n"
LINGER = struct.pack("ii", 1, 1)  # as the kubelet sets it


@dataclasses.dataclass(frozen=True)
class Answer:
    code: int
    body: str
    seconds: float


def probe(port, path, host="127.0.0.1", limit=LIMIT):
    """Raises OSError if the whole answer is not there in time."""
    started = time.monotonic()
    with socket.socket() as connection:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, LINGER)
        connection.settimeout(limit)
        connection.connect((host, port))
        connection.sendall(REQUEST.format(path=path, host=host, port=port).encode())
        head, _, body = _receive(connection, started + limit).partition(b"\r\n\r\n")
    if not head:
        raise ConnectionError("closed without an answer")
    return Answer(int(head.split()[1]), body.decode(errors="replace"), time.monotonic() - started)


def _receive(connection, end):
    received = b""
    while True:
        connection.settimeout(max(end - time.monotonic(), 0.001))
        if not (more := connection.recv(65536)):
            return received
        received += more
