"""The HTTP application: routes to the API and the control routes, the request log, and the faults."""

import asyncio
import os
import signal
import socket
import struct
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, Final

from starlette.applications import Starlette
from starlette.requests import Request as HttpRequest
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from syncer.sandbox.api import Api, Reply, Request, reply
from syncer.sandbox.contradict import contradicted
from syncer.sandbox.envelope import error
from syncer.sandbox.faults import Fault, Faults, fault_from

# What `server` adds to the scope of a request: its transport, and the event of its connection having ended.
TRANSPORT: Final = "syncer.transport"
CLOSED: Final = "syncer.closed"
_PIECE: Final = 65536


@dataclass(frozen=True, slots=True)
class Logged:
    """One request as it went: `status` is 0 when no answer was sent; sizes are of the bodies in bytes."""

    method: str
    path: str
    query: str
    status: int
    bytes_in: int
    bytes_out: int
    seconds: float


class RequestLog(list[Logged]):
    """All requests to the API since the start or the last `clear`, in the order they ended."""

    def count(self, method: str = "", path: str = "") -> int:  # type: ignore[override]
        """Count the requests with this method whose path contains *path*."""
        return sum(r.method == (method or r.method) and path in r.path for r in list(self))


class _Sent(Response):
    """A reply as it goes over the wire, whole or the way a fault wants it."""

    def __init__(self, answer: Reply, faults: Sequence[Fault]) -> None:
        super().__init__(answer.body, answer.status, dict(answer.headers), answer.content_type)
        self.faults = faults

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        body = bytes(self.body)
        for struck in self.faults:
            if struck.effect == "interim":
                await self._interim(scope, struck)
        fault = next((f for f in self.faults if f.effect in ("truncate", "drip", "drip-head")), None)
        if fault is None:
            await super().__call__(scope, receive, send)
            return
        if fault.effect == "drip-head":
            await self._drip_head(scope, fault)
            return
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        if fault.effect == "truncate":
            await send({"type": "http.response.body", "body": body[: fault.size], "more_body": True})
            await _hang_up(scope, reset=False)
            return
        step = fault.size or 1
        for at in range(0, len(body), step):
            await send({"type": "http.response.body", "body": body[at : at + step], "more_body": True})
            await asyncio.sleep(fault.seconds)
        await send({"type": "http.response.body", "body": b"", "more_body": False})

    # What no framework sends goes past it to the transport.

    @staticmethod
    async def _interim(scope: Scope, fault: Fault) -> None:
        sent = 0
        while not scope[CLOSED].is_set() and (not fault.size or sent < fault.size):
            scope[TRANSPORT].write(b"HTTP/1.1 103 Early Hints\r\nLink: </wait>; rel=preload\r\n\r\n")
            sent += 1
            await asyncio.sleep(fault.seconds)

    async def _drip_head(self, scope: Scope, fault: Fault) -> None:
        headers = b"".join(b"%s: %s\r\n" % pair for pair in self.raw_headers)
        head = b"HTTP/1.1 %d Slowly\r\n%sConnection: close\r\n\r\n" % (self.status_code, headers)
        step = fault.size or 1
        for at in range(0, len(head), step):
            if scope[CLOSED].is_set():
                return
            scope[TRANSPORT].write(head[at : at + step])
            await asyncio.sleep(fault.seconds)
        scope[TRANSPORT].write(bytes(self.body))
        await _hang_up(scope, reset=False)


class _NoAnswer(Response):
    """The end of a connection instead of an answer."""

    def __init__(self, *, reset: bool) -> None:
        super().__init__()
        self.reset = reset

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002
        await _hang_up(scope, reset=self.reset)


async def _hang_up(scope: Scope, *, reset: bool) -> None:
    transport: asyncio.Transport = scope[TRANSPORT]
    if reset:
        sock = transport.get_extra_info("socket")
        # Lingering for no time makes the kernel send a reset instead of a proper end.
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        transport.abort()
    else:
        transport.close()
    await scope[CLOSED].wait()  # an answer begun after this would be an error of ours


class _Oversize(Response):
    """A body of any length, made while it is sent."""

    def __init__(self, size: int) -> None:
        super().__init__(headers={"content-length": str(size)}, media_type="application/json")
        self.size = size

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002
        await send({"type": "http.response.start", "status": 200, "headers": self.raw_headers})
        left = self.size
        while left and not scope[CLOSED].is_set():
            piece = min(left, _PIECE)
            left -= piece
            await send({"type": "http.response.body", "body": b" " * piece, "more_body": left > 0})


def error_reply(fault: Fault) -> Reply:
    """Make the answer of a `status` fault."""
    headers = {"Retry-After": fault.retry_after} if fault.retry_after else {}
    status = fault.status or 503
    return reply(status, error(status, "Failed on request of the sandbox's faults.").body, headers)


async def _failed(_: HttpRequest, __: Exception) -> Response:
    return _Sent(reply(500, error(500, "Internal error.").body), ())


class Application:
    """Everything between a parsed HTTP request and its answer."""

    def __init__(
        self,
        api: Api,
        faults: Faults,
        refuse: Callable[[float], None],
        *,
        latency: float = 0.0,
        control: bool = False,
    ) -> None:
        self.api = api
        self.faults = faults
        self.refuse = refuse
        self.latency = latency
        self.log = RequestLog()
        self._late: set[asyncio.Task[None]] = set()
        routes = []
        if control:
            routes += [
                Route("/_sandbox/health", self._health, methods=["GET"]),
                Route("/_sandbox/faults", self._control_faults, methods=["GET", "PUT", "DELETE"]),
                Route("/_sandbox/requests", self._control_requests, methods=["GET", "DELETE"]),
            ]
        self.asgi = Starlette(routes=routes, exception_handlers={Exception: _failed})
        # Everything else is the API's to answer; the pattern of a route would stop at a line feed.
        self.asgi.router.redirect_slashes = False
        self.asgi.router.default = self._api

    async def _api(self, scope: Scope, receive: Receive, send: Send) -> None:
        response = await self._serve(HttpRequest(scope, receive))
        await response(scope, receive, send)

    async def _serve(self, http: HttpRequest) -> Response:
        started = time.perf_counter()
        body = await http.body()
        path = http.scope["path"]
        query = http.scope["query_string"].decode("latin-1")
        struck = self.faults.take(http.method, path)
        status, size = 0, 0
        try:
            response = await self._answer(http, path, query, body, struck)
            if not isinstance(response, _NoAnswer):
                status, size = response.status_code, len(response.body)
            return response
        finally:
            spent = time.perf_counter() - started
            self.log.append(Logged(http.method, path, query, status, len(body), size, spent))

    async def _answer(  # noqa: C901, PLR0912 (a branch for each fault)
        self, http: HttpRequest, path: str, query: str, body: bytes, struck: tuple[Fault, ...]
    ) -> Response:
        if self.latency:
            await asyncio.sleep(self.latency)
        for fault in struck:
            if fault.effect == "stall":
                await asyncio.sleep(fault.seconds)
            elif fault.hook is not None and fault.when == "before":
                await asyncio.to_thread(fault.hook)
        for fault in struck:
            if fault.is_ending and fault.effect != "late" and fault.when == "before":
                return self._ending(fault)
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in http.scope["headers"]}
        base = f"{http.scope['scheme']}://{headers.get('host', '')}"
        lag = max((fault.seconds for fault in struck if fault.effect == "lag"), default=0.0)
        request = Request(http.method, path, query, headers, body, base, lag)
        for fault in struck:
            if fault.effect == "late":
                task = asyncio.create_task(self._handle_late(request, fault.seconds))
                self._late.add(task)
                task.add_done_callback(self._late.discard)
                return _NoAnswer(reset=False)
        answer = self.api.handle(request)
        for fault in struck:
            answer = replace(answer, body=contradicted(answer.body, fault))
            if fault.effect == "latency":
                await asyncio.sleep(fault.seconds)
            elif fault.hook is not None and fault.when == "after":
                await asyncio.to_thread(fault.hook)
        for fault in struck:
            if fault.is_ending:
                return self._ending(fault)
        return _Sent(answer, struck)

    async def _handle_late(self, request: Request, seconds: float) -> None:
        await asyncio.sleep(seconds)
        self.api.handle(request)

    def _ending(self, fault: Fault) -> Response:
        match fault.effect:
            case "status":
                return _Sent(error_reply(fault), ())
            case "html":
                page = Reply(
                    fault.status or 200, b"<html><body><h1>Maintenance</h1></body></html>", {}, "text/html"
                )
                return _Sent(page, ())
            case "redirect":
                return _Sent(Reply(fault.status or 307, b"", {"Location": fault.url}), ())
            case "oversize":
                return _Oversize(fault.size)
            case "kill":
                os.kill(os.getpid(), signal.SIGKILL)
            case "refuse":
                self.refuse(fault.seconds)
        return _NoAnswer(reset=fault.effect == "reset")

    # -- control routes --------------------------------------------------------------------------------

    async def _health(self, _: HttpRequest) -> Response:
        return JSONResponse({"status": "ok", "space_id": self.api.space_id})

    async def _control_faults(self, http: HttpRequest) -> Response:
        if http.method == "PUT":
            try:
                data = await http.json()
                if not isinstance(data, list):
                    raise ValueError("send a list of faults")  # noqa: TRY301, TRY004
                self.faults.set([fault_from(item) for item in data])
            except ValueError as exc:
                return JSONResponse({"error": str(exc)}, 400)
        elif http.method == "DELETE":
            self.faults.clear()
        return JSONResponse(self.faults.list())

    async def _control_requests(self, http: HttpRequest) -> Response:
        if http.method == "DELETE":
            self.log.clear()
        data: list[dict[str, Any]] = [asdict(entry) for entry in list(self.log)]
        return JSONResponse(data)
