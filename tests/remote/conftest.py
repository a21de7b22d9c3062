"""A service that does what a test tells it, over real sockets."""

import contextlib
import json
import socket
import ssl
import threading
import time
from bisect import bisect_left
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

import pytest

from syncer.remote.client import Api
from syncer.remote.transport import Timeouts

USERNAME = "api_user_77"
PASSWORD = "s3cret-Paßwort"


@dataclass(frozen=True)
class Call:
    """A request as the service saw it."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: Any
    at: float


@dataclass(frozen=True)
class Reply:
    """What the service does: an answer, or one of the ways to give none."""

    status: int = 200
    body: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)
    delay: float = 0.0
    drop: bool = False  # close without an answer
    cut: int | None = None  # promise everything, send so many bytes, close
    drip: float = 0.0  # seconds between single bytes

    @property
    def content(self) -> bytes:
        return self.body if isinstance(self.body, bytes) else json.dumps(self.body).encode()


Behaviour = Callable[[Call], Reply]
_Reply = Reply  # what `Space` calls by the plain name, too


class Service:
    """One listening service; `calls` is its request log."""

    def __init__(self, behaviour: Behaviour, tls: ssl.SSLContext | None = None) -> None:  # noqa: C901 (a whole little server)
        self.behaviour = behaviour
        self.calls: list[Call] = []
        self.connections = 0
        self._open: set[socket.socket] = set()
        service = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True
            wbufsize = -1

            def setup(self) -> None:
                service.connections += 1
                service._open.add(self.request)
                super().setup()

            def handle(self) -> None:
                with contextlib.suppress(OSError):
                    super().handle()

            def finish(self) -> None:
                service._open.discard(self.request)
                with contextlib.suppress(OSError, ValueError):
                    super().finish()

            def respond(self) -> None:
                parts = urlsplit(self.path)
                raw = self.rfile.read(int(self.headers.get("content-length") or 0))
                call = Call(
                    self.command,
                    unquote(parts.path),
                    dict(parse_qsl(parts.query, keep_blank_values=True)),
                    {name.lower(): value for name, value in self.headers.items()},
                    json.loads(raw) if raw else None,
                    time.monotonic(),
                )
                service.calls.append(call)
                reply = service.behaviour(call)
                time.sleep(reply.delay)
                if reply.drop:
                    self.close_connection = True
                    return
                content = reply.content
                self.send_response_only(reply.status)
                headers = {"content-type": "application/json", "content-length": str(len(content))}
                for name, value in (headers | dict(reply.headers)).items():
                    if value:
                        self.send_header(name, value)
                self.end_headers()
                if reply.cut is not None:
                    self.wfile.write(content[: reply.cut])
                    self.close_connection = True
                elif reply.drip:
                    for byte in content:
                        self.wfile.write(bytes([byte]))
                        self.wfile.flush()
                        time.sleep(reply.drip)
                else:
                    self.wfile.write(content)
                self.wfile.flush()
                if reply.headers.get("connection") == "close":
                    self.close_connection = True

            def log_message(self, *_: object) -> None:
                pass

        for method in ("GET", "POST", "PATCH", "DELETE"):
            setattr(Handler, f"do_{method}", Handler.respond)

        class Server(ThreadingHTTPServer):
            daemon_threads = True
            request_queue_size = 128

            def handle_error(self, *_: object) -> None:
                pass

        self._server = Server(("127.0.0.1", 0), Handler)
        if tls is not None:
            self._server.socket = tls.wrap_socket(self._server.socket, server_side=True)
        self.port = self._server.server_address[1]
        scheme, host = ("https", "localhost") if tls else ("http", "127.0.0.1")
        self.url = f"{scheme}://{host}:{self.port}"
        threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        for open_socket in list(self._open):
            with contextlib.suppress(OSError):
                open_socket.shutdown(socket.SHUT_RDWR)


class Space:
    """Helpers of a test: services and connections that are closed after it."""

    Reply = Reply
    Call = Call
    username = USERNAME
    password = PASSWORD

    def __init__(self, stack: contextlib.ExitStack) -> None:
        self._stack = stack

    def service(self, behaviour: Behaviour, tls: ssl.SSLContext | None = None) -> Service:
        service = Service(behaviour, tls)
        self._stack.callback(service.close)
        return service

    def replies(self, *replies: "_Reply") -> Service:
        """A service that answers with *replies* one after another, then always with the last."""
        queue = list(replies)
        return self.service(lambda _: queue.pop(0) if len(queue) > 1 else queue[0])

    def api(self, url: str, **options: Any) -> Api:
        limits = options.pop("timeouts", None) or Timeouts(connect=2.0, read=5.0, write=5.0)
        api = Api(url, "us_Acme", USERNAME, PASSWORD, timeouts=limits, **options)
        return self._stack.enter_context(api)


@pytest.fixture
def space(monkeypatch: pytest.MonkeyPatch) -> Iterator[Space]:
    """Services and connections; back-off takes no time in tests, Retry-After does."""
    monkeypatch.setattr("syncer.remote.retry.BACKOFF_FIRST", 0.002)
    monkeypatch.setattr("syncer.remote.retry.BACKOFF_LIMIT", 0.02)
    with contextlib.ExitStack() as stack:
        yield Space(stack)


@dataclass
class Table:
    """A list endpoint over a dictionary, and the ways a server may turn out."""

    rows: dict[str, dict[str, Any]]
    cap: int = 100
    total: bool = True
    page_info: bool = True
    ignores: frozenset[str] = frozenset()  # operators that do not filter
    refuses: frozenset[str] = frozenset()  # parameters or operators answered with 400
    order: Callable[[str], Any] = str  # how the server orders ids
    changes: bool = False  # rows come and go while it is read
    _sorted: list[dict[str, Any]] = field(default_factory=list)
    _keys: list[Any] = field(default_factory=list)
    before: Callable[[Call], Reply | None] = lambda _: None
    lock: threading.Lock = field(default_factory=threading.Lock)

    def __call__(self, call: Call) -> Reply:  # noqa: C901 (a server that can turn out in many ways)
        if (fault := self.before(call)) is not None:
            return fault
        query = call.query
        used = set(query) | {v for k, v in query.items() if k.startswith("filter-op")}
        if used & self.refuses:
            return Reply(
                400, {"success": False, "code": 117, "name": "ERROR_PARAMETER_INVALID", "http_status": 400}
            )
        with self.lock:
            if self.changes or not self._sorted:
                self._sorted = sorted(self.rows.values(), key=lambda row: self.order(row["id"]))
                self._keys = [self.order(row["id"]) for row in self._sorted]
            found, keys = self._sorted, self._keys
        low, high = 0, len(found)
        if self.order is str and "_kept" not in vars(self):  # the common case, fast
            border = query.get("filter[id]", "")
            operator = query.get("filter-op[id]", "")
            if operator == "gte" and operator not in self.ignores:
                low = bisect_left(keys, border)
            if operator == "lt" and operator not in self.ignores:
                high = bisect_left(keys, border)
            if operator in {"gte", "lt"}:
                query = {name: value for name, value in query.items() if "[id]" not in name}
        found = found[low:high]
        if any(key.startswith("filter") for key in query):
            found = [row for row in found if self._kept(row, query)]
        falling = query.get("order-by", "id").startswith("-")
        if falling:
            found = found[::-1]
        total = len(found)
        if "after" in query:
            last = self.order(query["after"])

            def is_behind(row: dict[str, Any]) -> bool:
                place = self.order(row["id"])
                return bool(place < last if falling else place > last)

            found = found[bisect_left(found, True, key=is_behind) :]
        size = min(int(query.get("first", 30)), self.cap)
        page = found[:size]
        body: dict[str, Any] = {"success": True, "data": page}
        if self.total:
            body["total"] = total
        if self.page_info:
            end = page[-1]["id"] if page else None
            body["page_info"] = {"end_cursor": end, "has_next_page": len(found) > size}
        return Reply(body=body)

    def _kept(self, row: Mapping[str, Any], query: Mapping[str, str]) -> bool:
        for key, value in query.items():
            if key.startswith("filter-op[") and value == "not-empty" and value not in self.ignores:
                if not row.get(key[10:-1]):
                    return False
                continue
            if not key.startswith("filter["):
                continue
            name = key[7:-1]
            operator = query.get(f"filter-op[{name}]", "eq")
            if operator in self.ignores:
                continue
            has = str(row.get(name, ""))
            kept = {
                "eq": has == value,
                "ieq": has.lower() == value.lower(),
                "gte": has >= value,
                "lt": has < value,
                "starts": has.startswith(value),
                "istarts": has.lower().startswith(value.lower()),
            }[operator]
            if not kept:
                return False
        return True


@pytest.fixture(scope="session")
def make_table() -> type[Table]:
    """The class of the list endpoint."""
    return Table
