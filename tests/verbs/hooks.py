"""A web hook that takes what is sent to it."""

import contextlib
import json
import socketserver
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@contextlib.contextmanager
def served(server: socketserver.TCPServer) -> Iterator[int]:
    """Serve until the end of the context; give the port."""
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield server.socket.getsockname()[1]
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class Hook:
    """A web hook, and what it was told; it answers with `status`."""

    def __init__(self, port: int, told: list[dict[str, Any]]) -> None:
        self.address = f"json://127.0.0.1:{port}/hook-of-a-secret"
        self.told = told
        self.status = 200

    @property
    def texts(self) -> list[str]:
        return [each["message"] for each in self.told]


@contextlib.contextmanager
def hooked() -> Iterator[Hook]:
    """Listen on a port of its own."""
    told: list[dict[str, Any]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            told.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(made.status)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 (its name in the parent)
            pass

    with served(ThreadingHTTPServer(("127.0.0.1", 0), Handler)) as port:
        made = Hook(port, told)
        yield made
