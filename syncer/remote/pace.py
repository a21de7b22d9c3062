"""When the next request may start, and beside how many others, for all workers of a run."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from syncer.model.problem import Problem, RemoteError, StoppedError

TIME_LIMIT: Final = 900.0
_LOOK_UP: Final = 0.1  # seconds after which somebody who waits for a place sees that the run was stopped


class Pace:
    """The shared clock of a run: slowing down, the time limit, and being stopped.

    How many requests a service takes at once is documented nowhere. So when it says that they are too many,
    half as many are on their way from then on, and with every round of answers one more, until it says so
    again.

    Args:
        time_limit: Seconds from now (or from `start_clock`) until requests are refused.
        places: Requests on their way at once, at most.
    """

    def __init__(self, time_limit: float = TIME_LIMIT, places: int = 1) -> None:
        self._time_limit = time_limit
        self._most = places
        self._places = float(places)
        self._busy = 0
        self._lock = threading.Condition(threading.Lock())
        self._stopped = threading.Event()
        self._resume_at = 0.0
        self.start_clock()

    def start_clock(self) -> None:
        """Count the time limit from now: a person reading a plan must not use it up."""
        self._deadline = time.monotonic() + self._time_limit

    def stop(self) -> None:
        """End every wait now and let no request start; what is on its way finishes."""
        self._stopped.set()

    @property
    def stopped(self) -> bool:
        """Whether somebody stopped the run."""
        return self._stopped.is_set()

    @property
    def remaining(self) -> float:
        """Seconds until the time limit, never negative."""
        return max(self._deadline - time.monotonic(), 0.0)

    @property
    def held_back(self) -> float:
        """Seconds for which no request may start, since the service asked for that."""
        return max(self._resume_at - time.monotonic(), 0.0)

    @property
    def places(self) -> int:
        """Requests that may be on their way at once now."""
        return int(self._places)

    @contextmanager
    def place(self) -> Iterator[None]:
        """Hold one of the places while a request is on its way; wait until one is free.

        Raises:
            StoppedError: The run was stopped.
        """
        with self._lock:
            while self._busy >= self.places:
                self._lock.wait(_LOOK_UP)
                self._check_stopped()
            self._busy += 1
        try:
            yield
        finally:
            with self._lock:
                self._busy -= 1
                self._places = min(self._places + 1 / self._places, float(self._most))
                self._lock.notify()

    def slow_down(self, seconds: float) -> None:
        """Let no request of any worker start for *seconds*, and then half as many at once.

        What was on its way together is told off together, and counts once.
        """
        with self._lock:
            now = time.monotonic()
            if now >= self._resume_at:
                self._places = max(self._places / 2, 1.0)
            self._resume_at = max(self._resume_at, now + seconds)

    def wait(self, seconds: float = 0.0) -> None:
        """Return when this worker has paused for *seconds* and nobody is slowed down.

        Raises:
            StoppedError: The run was stopped.
            RemoteError: The time limit would be passed.
        """
        own = time.monotonic() + seconds
        while True:
            self._check_stopped()
            now = time.monotonic()
            until = max(own, self._resume_at)
            if max(until, now) >= self._deadline:
                raise RemoteError(
                    Problem(
                        "time-limit",
                        f"The run may take {self._time_limit:g} s for its requests and did not get done.",
                        hint="Run it again: it goes on from what is there.",
                    ),
                    sent=False,
                )
            if until <= now:
                return
            self._stopped.wait(until - now)

    def _check_stopped(self) -> None:
        if self._stopped.is_set():
            raise StoppedError(Problem("interrupted", "The run was stopped; nothing more is sent."))
