"""Other ends of a connection that speak no proper HTTP, or none at all."""

import contextlib
import itertools
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator

Talk = Callable[[socket.socket], None]

_STEP = 0.005


def head_of(conn: socket.socket) -> bytes:
    """Read a request as far as its headers."""
    data = b""
    while b"\r\n\r\n" not in data and (piece := conn.recv(65536)):
        data += piece
    return data


def answering(answer: bytes) -> Talk:
    """Read the headers, send *answer* as it is, and close."""

    def talk(conn: socket.socket) -> None:
        head_of(conn)
        conn.sendall(answer)

    return talk


def endless(start: bytes, piece: bytes, step: float = _STEP, *, wait: bool = True) -> Talk:
    """Send *start*, and then *piece* again and again for as long as the other side stays."""

    def talk(conn: socket.socket) -> None:
        if wait:
            head_of(conn)
        conn.sendall(start)
        for _ in itertools.count():
            conn.sendall(piece)
            time.sleep(step)

    return talk


def silent(conn: socket.socket) -> None:
    """Take nothing and say nothing until the other side goes, which a peek notices without reading."""
    conn.setblocking(False)
    while True:
        with contextlib.suppress(BlockingIOError):
            if conn.recv(1, socket.MSG_PEEK) == b"":
                return
        time.sleep(_STEP)


@contextlib.contextmanager
def listening(talk: Talk, host: str = "127.0.0.1") -> Iterator[int]:
    """Listen on a port of this machine; every connection gets *talk* in a thread of its own."""

    def serve(conn: socket.socket) -> None:
        with contextlib.suppress(OSError), conn:
            talk(conn)

    def accept() -> None:
        with contextlib.suppress(OSError):
            while True:
                conn, _ = server.accept()
                threading.Thread(target=serve, args=(conn,), daemon=True).start()

    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.create_server((host, 0), family=family) as server:
        threading.Thread(target=accept, daemon=True).start()
        yield server.getsockname()[1]
        with contextlib.suppress(OSError):
            server.shutdown(socket.SHUT_RDWR)


def tunnel(conn: socket.socket, port: int) -> None:
    """Pass bytes to and from *port* until one side ends."""
    with socket.create_connection(("127.0.0.1", port)) as inner:

        def back() -> None:
            with contextlib.suppress(OSError):
                while piece := inner.recv(65536):
                    conn.sendall(piece)

        threading.Thread(target=back, daemon=True).start()
        while piece := conn.recv(65536):
            inner.sendall(piece)


class Tunneller:
    """An HTTP proxy that leads every `CONNECT` to one port; `heads` is what it was told."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.heads: list[bytes] = []

    def __call__(self, conn: socket.socket) -> None:
        self.heads.append(head_of(conn))
        conn.sendall(b"HTTP/1.1 200 Connected\r\n\r\n")
        tunnel(conn, self.port)


class Socks:
    """A SOCKS5 proxy with user name and password; `told` is what it was told."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.told: list[bytes] = []

    def __call__(self, conn: socket.socket) -> None:
        self.told.append(conn.recv(262))
        conn.sendall(b"\x05\x02")
        self.told.append(conn.recv(513))
        conn.sendall(b"\x01\x00")
        self.told.append(conn.recv(262))
        conn.sendall(b"\x05\x00\x00\x01\x7f\x00\x00\x01\x00\x00")
        tunnel(conn, self.port)


def server_context(certificate: object) -> ssl.SSLContext:
    """Return what a server with a certificate of trustme needs."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    certificate.configure_cert(context)  # type: ignore[attr-defined]
    return context
