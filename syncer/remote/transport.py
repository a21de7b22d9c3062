"""One HTTP exchange as a value; the only module that imports httpx."""

import ssl
import sys
import time
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

# httpx brings a command line of its own, which draws in rich and pygments, where those are installed. It does
# without when that cannot be imported, and 50 ms and 10 MB are saved.
if "httpx" not in sys.modules:
    sys.modules["httpx._main"] = None  # type: ignore[assignment]
import httpx

from syncer.remote.retry import Ending, ending_of_status

# Below the idle time after which common servers close a kept connection, because a write that meets a
# connection being closed cannot be told from one that was processed.
_KEEP_ALIVE: Final = 4.0


@dataclass(frozen=True, slots=True)
class Timeouts:
    """Seconds for each phase of an exchange.

    Attributes:
        connect: TCP and TLS.
        send: Between two pieces sent.
        read: Between two pieces of an answer to a read.
        write: Until the answer to a write begins; the service may work on a hundred records meanwhile.
        pool: For one of the connections to become free.
        whole: For one exchange in all, however slowly it drips.
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
        headers: Sent with every request, credentials included; never to another host, since no redirect is
            followed.
        secure: Whether the host is reached by TLS; certificates are verified against `SSL_CERT_FILE` or
            `SSL_CERT_DIR` when set, else against certifi.
        proxies: Whether the proxy settings of the environment count.
        connections: Connections at most.
        max_bytes: Bytes of a decoded answer at most.
    """

    def __init__(
        self,
        headers: Mapping[str, str],
        *,
        secure: bool,
        proxies: bool,
        connections: int,
        timeouts: Timeouts,
        max_bytes: int,
    ) -> None:
        self._headers = httpx.Headers(dict(headers))
        # The service wants the media type said (API reference, formats); httpx sets none for bytes.
        self._with_body = httpx.Headers({**headers, "Content-Type": "application/json"})
        self._timeouts = timeouts
        self._max_bytes = max_bytes
        self._client = httpx.Client(
            # Loading the roots takes 20 ms; without TLS an empty context, which trusts nobody, does.
            verify=httpx.create_ssl_context() if secure else ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT),
            limits=httpx.Limits(
                max_connections=connections,
                max_keepalive_connections=connections,
                keepalive_expiry=_KEEP_ALIVE,
            ),
            trust_env=proxies,
            follow_redirects=False,
        )

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def _usual(self, body: bytes | None) -> httpx.Headers:
        return self._headers if body is None else self._with_body

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

        With *headers*, these are sent and no others.
        """
        limits = self._timeouts
        whole = min(limits.whole, seconds)
        until = time.monotonic() + whole
        try:
            request = httpx.Request(
                method,
                url,
                headers=dict(headers) if headers is not None else self._usual(body),
                content=body,
                extensions={
                    "timeout": {
                        "connect": min(limits.connect, whole),
                        "write": min(limits.send, whole),
                        "read": min(limits.read if method == "GET" else limits.write, whole),
                        "pool": min(limits.pool, whole),
                    }
                },
            )
            response = self._client.send(request, stream=True)
            try:
                return self._read(response, until)
            finally:
                response.close()
        except httpx.TransportError as error:
            return Exchange(_ending_of_error(error), reason=_reason(error))
        except (httpx.InvalidURL, UnicodeError):
            return Exchange(Ending.NOT_SENT, reason="there can be no such host")

    def _read(self, response: httpx.Response, until: float) -> Exchange:
        headers = {name.lower(): value for name, value in response.headers.items()}
        status = response.status_code
        decoder = _Decoder(headers.get("content-encoding", ""), self._max_bytes)
        for piece in response.iter_raw():
            if not decoder.feed(piece):
                return Exchange(Ending.TOO_LARGE, status, headers, received=decoder.received)
            if time.monotonic() > until:
                return Exchange(
                    Ending.TIMED_OUT, status, headers, received=decoder.received, reason="the answer drips"
                )
        if decoder.broken:
            return Exchange(Ending.GARBLED, status, headers, received=decoder.received)
        return Exchange(ending_of_status(status), status, headers, decoder.body, decoder.received)


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
        return self._size <= self._limit

    @property
    def broken(self) -> bool:
        """Whether what was compressed is not whole."""
        return self._zlib is not None and (self._failed or (self.received > 0 and not self._zlib.eof))

    @property
    def body(self) -> bytes:
        """Everything."""
        return b"".join(self._pieces)


def _ending_of_error(error: httpx.TransportError) -> Ending:
    if isinstance(error, httpx.ConnectError) and any(map(_is_distrust, _causes(error))):
        return Ending.UNTRUSTED
    # A proxy error comes from opening the tunnel, before the request is sent.
    if isinstance(error, httpx.ConnectError | httpx.ConnectTimeout | httpx.PoolTimeout | httpx.ProxyError):
        return Ending.NOT_SENT
    if isinstance(error, httpx.TimeoutException):
        return Ending.TIMED_OUT
    return Ending.DROPPED


def _is_distrust(error: BaseException) -> bool:
    # A handshake that was cut off is an outage; any other failed handshake fails again.
    return isinstance(error, ssl.SSLError) and not isinstance(error, ssl.SSLEOFError | ssl.SSLZeroReturnError)


def _causes(error: BaseException) -> Iterator[BaseException]:
    cause: BaseException | None = error
    while cause is not None:
        yield cause
        cause = cause.__cause__ or cause.__context__


def _reason(error: BaseException) -> str:
    for cause in _causes(error):
        if isinstance(cause, ssl.SSLCertVerificationError):
            return cause.verify_message
        if isinstance(cause, OSError) and cause.strerror:
            return cause.strerror
    return str(error)
