"""One deadline over a whole exchange, however the other side draws it out.

Time-outs of a library count from one piece to the next, so headers that drip, or interim answers without end,
never let them pass. All that goes over the network goes through the backend given to httpcore, so there the
deadline holds for connecting, the handshake, the headers and the bodies alike. Only the look-up of a name is
up to the resolver of the machine.
"""

import socket
import ssl
import threading
import time
from collections.abc import Iterable
from math import inf
from typing import Any, Final

import httpcore

# As much as a socket takes at once; with more, a slow reader could stretch one call over the deadline.
_PIECE: Final = 16384


class Deadline(threading.local):
    """When the exchange of the present thread has to be over; an exchange never changes threads.

    Attributes:
        until: By the monotonic clock.
    """

    until: float = inf

    def bound(self, seconds: float | None, error: type[httpcore.TimeoutException]) -> float | None:
        """Return the smaller of *seconds* and what is left; *error* when nothing is."""
        left = self.until - time.monotonic()
        if left <= 0:
            raise error("the time for the whole exchange is over")
        if left == inf:
            return seconds
        return left if seconds is None else min(seconds, left)


class Network(httpcore.NetworkBackend):
    """The network, with nothing that takes longer than the deadline."""

    def __init__(self, deadline: Deadline) -> None:
        self._deadline = deadline
        self._inner = httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        """Connect to the first address of *host* that answers; each gets its share of the time."""
        try:
            found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError) as error:  # a label that is too long is a UnicodeError
            raise httpcore.ConnectError(str(error)) from error
        addresses = list(dict.fromkeys(str(address[0]) for *_, address in found))
        failure: httpcore.NetworkError | httpcore.TimeoutException | None = None
        for place, address in enumerate(addresses):
            left = self._deadline.bound(None, httpcore.ConnectTimeout)
            share = None if left is None else left / (len(addresses) - place)
            seconds = min((s for s in (timeout, share) if s is not None), default=None)
            try:
                stream = self._inner.connect_tcp(address, port, seconds, local_address, socket_options)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failure = error
            else:
                return _Stream(stream, self._deadline)
        assert failure is not None
        raise failure


class _Stream(httpcore.NetworkStream):
    """A connection whose every operation ends by the deadline."""

    def __init__(self, inner: httpcore.NetworkStream, deadline: Deadline) -> None:
        self._inner = inner
        self._deadline = deadline

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._inner.read(max_bytes, self._deadline.bound(timeout, httpcore.ReadTimeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        for at in range(0, len(buffer), _PIECE):
            seconds = self._deadline.bound(timeout, httpcore.WriteTimeout)
            self._inner.write(buffer[at : at + _PIECE], seconds)

    def close(self) -> None:
        self._inner.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        seconds = self._deadline.bound(timeout, httpcore.ConnectTimeout)
        return _Stream(self._inner.start_tls(ssl_context, server_hostname, seconds), self._deadline)

    def get_extra_info(self, info: str) -> Any:
        return self._inner.get_extra_info(info)
