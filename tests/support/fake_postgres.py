"""A server that speaks just enough of PostgreSQL's protocol to misuse it. Each connection runs the test's script in a thread of its own."""
import contextlib
import socket
import struct
import threading

SSL_REQUEST, GSS_REQUEST = 80877103, 80877104


def message(kind, body=b""):
    return kind + struct.pack("!i", len(body) + 4) + body


LOGIN_OK = message(b"R", struct.pack("!i", 0))
ASK_FOR_PASSWORD = message(b"R", struct.pack("!i", 3))
READY = message(b"Z", b"I")
EMPTY_QUERY = message(b"I")
COPY_OUT = message(b"H", b"\0\0\0")


def fields(kind, **texts):
    return message(kind, b"".join(code.encode() + text.encode() + b"\0" for code, text in texts.items()) + b"\0")


def error(sqlstate, text):
    return fields(b"E", S="FATAL", V="FATAL", C=sqlstate, M=text)


def parameter(name, value):
    return message(b"S", name + b"\0" + value + b"\0")


def done(tag):
    return message(b"C", tag + b"\0")


def result(columns, rows):
    described = b"".join(b"c\0" + struct.pack("!ihihih", 0, 0, 25, -1, -1, 0) for _ in range(columns))
    told = message(b"T", struct.pack("!h", columns) + described)
    for row in rows:
        values = b"".join(struct.pack("!i", -1) if value is None else struct.pack("!i", len(value)) + value.encode() for value in row)
        told += message(b"D", struct.pack("!h", len(row)) + values)
    return told + done(b"SELECT")


class Client:
    """One connection, behind its startup message."""

    def __init__(self, connection):
        self._connection = connection
        self._stream = connection.makefile("rb")
        while self._startup() in (SSL_REQUEST, GSS_REQUEST):
            connection.sendall(b"N")

    def send(self, *messages):
        self._connection.sendall(b"".join(messages))

    def receive(self):
        """The body of the next message."""
        self._stream.read(1)
        return self._stream.read(struct.unpack("!i", self._stream.read(4))[0] - 4)

    def _startup(self):
        length, code = struct.unpack("!ii", self._stream.read(8))
        self._stream.read(length - 8)
        return code


class FakePostgres:
    def __init__(self, script):
        self._script = script
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self._connections = []
        self._threads = [threading.Thread(target=self._accept)]

    def __enter__(self):
        self._threads[0].start()
        return self

    def __exit__(self, *_):
        self._listener.shutdown(socket.SHUT_RDWR)
        self._threads[0].join()
        for connection in self._connections:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        for thread in self._threads[1:]:
            thread.join()
        self._listener.close()

    def _accept(self):
        with contextlib.suppress(OSError):
            while True:
                connection, _ = self._listener.accept()
                self._connections.append(connection)
                self._threads.append(threading.Thread(target=self._serve, args=(connection,)))
                self._threads[-1].start()

    def _serve(self, connection):
        # The client goes away in the middle of what it does not like.
        with connection, contextlib.suppress(OSError, struct.error):
            self._script(Client(connection))
            connection.shutdown(socket.SHUT_WR)
            connection.recv(65536)
