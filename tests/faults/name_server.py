"""A name server that knows one name, and can fall silent. In namespaces of our own: it takes port 53, and resolv.conf."""
import socket
import struct
import subprocess
import tempfile
import threading

ADDRESS = ("127.0.0.1", 53)
HEADER = struct.Struct("!6H")
QUERY_TYPE_A = 1
ANSWERED = 0x8180  # a response, recursion available, no error
NO_SUCH_NAME = 0x8183
POINTER_TO_QUESTION = 0xC00C
SECONDS_TO_LIVE = 1
POLL = 0.1  # seconds


class NameServer:
    def __init__(self, name, address):
        self.silent = False
        self._name = name
        self._address = address
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._serve, daemon=True)

    def __enter__(self):
        self._socket.bind(ADDRESS)
        self._socket.settimeout(POLL)
        self._thread.start()
        with tempfile.NamedTemporaryFile("w", suffix=".resolv.conf") as file:
            file.write(f"nameserver {ADDRESS[0]}\n")
            file.flush()
            subprocess.run(["mount", "--bind", file.name, "/etc/resolv.conf"], check=True)
        return self

    def __exit__(self, *_):
        self._stopping.set()
        self._thread.join()
        self._socket.close()

    def _serve(self):
        while not self._stopping.is_set():
            try:
                query, client = self._socket.recvfrom(512)
            except TimeoutError:
                continue
            if not self.silent:
                self._socket.sendto(self._answer(query), client)

    def _answer(self, query):
        number = HEADER.unpack_from(query)[0]
        name, end = _name_in(query)
        question = query[HEADER.size:end + 4]
        kind = struct.unpack_from("!H", query, end)[0]
        code = ANSWERED if name == self._name else NO_SUCH_NAME
        address = self._record() if name == self._name and kind == QUERY_TYPE_A else b""
        return HEADER.pack(number, code, 1, 1 if address else 0, 0, 0) + question + address

    def _record(self):
        data = socket.inet_aton(self._address)
        return struct.pack("!HHHIH", POINTER_TO_QUESTION, QUERY_TYPE_A, 1, SECONDS_TO_LIVE, len(data)) + data


def _name_in(query):
    """The name that is asked for, and where it ends."""
    labels, at = [], HEADER.size
    while length := query[at]:
        labels.append(query[at + 1:at + 1 + length].decode())
        at += 1 + length
    return ".".join(labels), at + 1
