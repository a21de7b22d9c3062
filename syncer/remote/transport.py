"""One HTTP exchange as a value; with `deadline` the only module that imports httpcore."""

import os
import ssl
import time
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import urlsplit

import httpcore

from syncer.remote.deadline import Deadline, Network
from syncer.remote.proxy import Proxy, proxy_for
from syncer.remote.retry import Ending, ending_of_status
from syncer.remote.trust import tls_context

# Below the idle time after which common servers close a kept connection, because a write that meets a
# connection being closed cannot be told from one that was processed.
_KEEP_ALIVE: Final = 4.0


@dataclass(frozen=True, slots=True)
class Timeouts:
    """Seconds for each phase of an exchange, none of which may go on after the whole.

    Attributes:
        connect: TCP and TLS.
        send: Between two pieces sent.
        read: Between two pieces of an answer to a read.
        write: Until the answer to a write begins; the service may work on a hundred records meanwhile.
        pool: For one of the connections to become free.
        whole: For one exchange in all: connecting, handshake, headers and bodies, however slowly they drip.
    """

    connect: float = 10.0
    send: float = 30.0
    read: float = 60.0
    write: float = 120.0
    pool: float = 120.0
    whole: float = 300.0


@dataclass(frozen=True, slots=True)
class Exchange:
    """How one request ended.

    Attributes:
        ending: In the words of the retry table; the body is not judged yet.
        status: HTTP status, when there was an answer.
        headers: Of the answer, names in lower case.
        body: Of the answer, decoded.
        received: Bytes of the body on the wire.
        reason: What went wrong below HTTP, in the words of the library.
    """

    ending: Ending
    status: int | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    received: int = 0
    reason: str = ""


class Transport:
    """Kept connections to one host. Safe to use from many threads.

    Args:
        base: Scheme, host and port of the service.
        headers: Sent with every request, credentials included; never to another host, since no redirect is
            followed, and to a proxy only within TLS.
        loopback: Whether the host is this very machine, so that no proxy counts.
        connections: Connections at most.
        timeouts: Of an exchange.
        max_bytes: Bytes of a decoded answer at most.

    Raises:
        ProjectError: The environment asks for a proxy or for certificates that cannot be used.
    """

    def __init__(
        self,
        base: str,
        headers: Mapping[str, str],
        *,
        loopback: bool,
        connections: int,
        timeouts: Timeouts,
        max_bytes: int,
    ) -> None:
        parts = urlsplit(base)
        self._host = ("Host", parts.netloc)
        self._headers = (self._host, *headers.items())
        # The service wants the media type said (API reference, formats); httpcore sets none.
        self._with_body = (*self._headers, ("Content-Type", "application/json"))
        self._timeouts = timeouts
        self._max_bytes = max_bytes
        self._deadline = Deadline()
        # Only with TLS: loading the roots takes 20 ms.
        tls = tls_context(os.environ) if parts.scheme == "https" else None
        proxy = None if loopback else proxy_for(parts.hostname or "")
        self._pool = _pool(proxy, tls, self._deadline, connections)

    def patience(self, method: str) -> float:
        """Return after how many seconds without an answer a request is given up."""
        limits = self._timeouts
        return min(limits.read if method == "GET" else limits.write, limits.whole)

    def close(self) -> None:
        """Close the connections."""
        self._pool.close()

    def exchange(
        self,
        method: str,
        url: str,
        body: bytes | None,
        *,
        seconds: float,
        headers: Mapping[str, str] | None = None,
    ) -> Exchange:
        """Send one request and read the whole answer, within *seconds*; never raises for the network.

        With *headers*, these are sent and no others but the host.
        """
        if headers is not None:
            sent = (self._host, *headers.items())
        else:
            sent = self._headers if body is None else self._with_body
        limits = self._timeouts
        whole = min(limits.whole, seconds)
        self._deadline.until = time.monotonic() + whole
        progress = _Progress(method)
        phases = {
            "connect": limits.connect,
            "write": limits.send,
            "read": self.patience(method),
            "pool": min(limits.pool, whole),
        }
        try:
            with self._pool.stream(
                method,
                url,
                headers=sent,
                content=body,
                extensions={"timeout": phases, "trace": progress},
            ) as response:
                return self._read(response)
        except _FAILURES as error:
            return Exchange(_ending(error, begun=progress.begun), reason=_reason(error, whole))

    def _read(self, response: httpcore.Response) -> Exchange:
        headers: dict[str, str] = {}
        for raw, value in response.headers:
            name = raw.decode("latin-1").lower()
            headers[name] = ", ".join(filter(None, (headers.get(name), value.decode("latin-1"))))
        status = response.status
        decoder = _Decoder(headers.get("content-encoding", ""), self._max_bytes)
        for piece in response.iter_stream():
            if not decoder.feed(piece):
                return Exchange(Ending.TOO_LARGE, status, headers, received=decoder.received)
        if decoder.broken:
            return Exchange(Ending.GARBLED, status, headers, received=decoder.received)
        return Exchange(ending_of_status(status), status, headers, decoder.body, decoder.received)


def _pool(
    proxy: Proxy | None, tls: ssl.SSLContext | None, deadline: Deadline, connections: int
) -> httpcore.ConnectionPool:
    common: dict[str, Any] = {
        "ssl_context": tls,
        "max_connections": connections,
        "max_keepalive_connections": connections,
        "keepalive_expiry": _KEEP_ALIVE,
        "network_backend": Network(deadline),
    }
    if proxy is None:
        return httpcore.ConnectionPool(**common)
    if proxy.is_socks:
        return httpcore.SOCKSProxy(proxy.url, proxy_auth=proxy.auth, **common)
    return httpcore.HTTPProxy(
        proxy.url,
        proxy_auth=proxy.auth,
        proxy_ssl_context=tls if proxy.url.startswith("https") else None,
        **common,
    )


class _Progress:
    """How far a request has come, as httpcore tells it.

    Only what ended before the first byte of the request is certain not to have been sent; which exception
    ended it says nothing. The `CONNECT` to a proxy is not our request.

    Attributes:
        begun: Whether sending has begun.
    """

    def __init__(self, method: str) -> None:
        self._method = method.encode()
        self.begun = False

    def __call__(self, event: str, info: Mapping[str, Any]) -> None:
        if event.endswith(".send_request_headers.started") and info["request"].method == self._method:
            self.begun = True


class _Decoder:
    """The body so far, decoded no further than the limit: a small gzip can hold gigabytes."""

    def __init__(self, encoding: str, limit: int) -> None:
        self._limit = limit
        self._zlib = zlib.decompressobj(wbits=47) if encoding.strip().lower() in {"gzip", "deflate"} else None
        self._pieces: list[bytes] = []
        self._size = 0
        self._failed = False
        self.received = 0

    def feed(self, piece: bytes) -> bool:
        """Take one piece from the wire; False when it is more than the limit."""
        self.received += len(piece)
        if self._zlib is not None and not self._failed:
            try:
                piece = self._zlib.decompress(piece, self._limit + 1 - self._size)
            except zlib.error:
                self._failed = True
        self._pieces.append(piece)
        self._size += len(piece)
        return max(self._size, self.received) <= self._limit

    @property
    def broken(self) -> bool:
        """Whether what was compressed is not whole."""
        return self._zlib is not None and (self._failed or (self.received > 0 and not self._zlib.eof))

    @property
    def body(self) -> bytes:
        """Everything."""
        return b"".join(self._pieces)


# All that httpcore raises for the network and for what comes over it.
_FAILURES: Final = (
    httpcore.TimeoutException,
    httpcore.NetworkError,
    httpcore.ProtocolError,
    httpcore.ProxyError,
    OSError,
)


def _ending(error: Exception, *, begun: bool) -> Ending:
    timed_out = isinstance(error, httpcore.TimeoutException)
    if begun:
        return Ending.TIMED_OUT if timed_out else Ending.DROPPED
    if any(map(_is_distrust, _causes(error))):
        return Ending.UNTRUSTED
    return Ending.NOT_REACHED if timed_out else Ending.NOT_SENT


def _is_distrust(error: BaseException) -> bool:
    # A handshake that was cut off is an outage; any other failed handshake fails again.
    return isinstance(error, ssl.SSLError) and not isinstance(error, ssl.SSLEOFError | ssl.SSLZeroReturnError)


def _causes(error: BaseException) -> Iterator[BaseException]:
    cause: BaseException | None = error
    while cause is not None:
        yield cause
        cause = cause.__cause__ or cause.__context__


def _reason(error: BaseException, whole: float) -> str:
    for cause in _causes(error):
        if isinstance(cause, ssl.SSLCertVerificationError):
            return cause.verify_message
        if isinstance(cause, OSError) and cause.strerror:
            return cause.strerror
    if isinstance(error, httpcore.TimeoutException):
        return f"given up after {whole:.3g} s at most"
    return str(error)
