"""When the next request may start, for all workers of a run."""

import threading
import time
from typing import Final

from syncer.errors import Problem, RemoteError, StoppedError

TIME_LIMIT: Final = 900.0


class Pace:
    """The shared clock of a run: slowing down, the time limit, and being stopped.

    Args:
        time_limit: Seconds from now (or from `start_clock`) until requests are refused.
    """

    def __init__(self, time_limit: float = TIME_LIMIT) -> None:
        self._time_limit = time_limit
        self._lock = threading.Lock()
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

    def slow_down(self, seconds: float) -> None:
        """Let no request of any worker start for *seconds*."""
        with self._lock:
            self._resume_at = max(self._resume_at, time.monotonic() + seconds)

    def wait(self, seconds: float = 0.0) -> None:
        """Return when this worker has paused for *seconds* and nobody is slowed down.

        Raises:
            StoppedError: The run was stopped.
            RemoteError: The time limit would be passed.
        """
        own = time.monotonic() + seconds
        while True:
            if self._stopped.is_set():
                raise StoppedError(Problem("interrupted", "The run was stopped; nothing more is sent."))
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
