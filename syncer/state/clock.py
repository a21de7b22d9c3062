"""What time it is: by the service for what is shared, by the machine for what must not go backwards."""

import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Final

from syncer.model.problem import Problem
from syncer.state.faults import StateError

TOLERANCE: Final = 30.0


@dataclass(slots=True)
class Clock:
    """The service's time.

    Attributes:
        ahead: Seconds by which the service's clock is ahead of ours; None when no answer told its time.
    """

    ahead: float | None = None

    def hear(self, date: str) -> None:
        """Set it by the `Date` of an answer that came just now; what is no date is passed over."""
        try:
            said = parsedate_to_datetime(date)
        except ValueError:
            return
        if said.tzinfo is not None:  # "-0000" names no zone
            ahead = (said - datetime.now(UTC)).total_seconds()
            # An answer that was long on its way seems to be of a clock behind; the largest is the truest.
            self.ahead = ahead if self.ahead is None else max(self.ahead, ahead)

    def now(self) -> datetime:
        """Return the service's time."""
        return datetime.now(UTC) + timedelta(seconds=self.ahead or 0.0)

    def check(self) -> None:
        """Raise when our own clock is not to be trusted.

        Raises:
            StateError: It is more than half a minute off the service's.
        """
        if self.ahead is not None and abs(self.ahead) > TOLERANCE:
            way = "behind" if self.ahead > 0 else "ahead of"
            raise StateError(
                Problem(
                    "clock-off",
                    f"The clock of this machine is {abs(self.ahead):.0f} s {way} the service's.",
                    hint="set it (NTP does); who holds a space, and for how long, is judged by time",
                )
            )


def elapsed() -> float:
    """Return seconds that only go forward, and go on while the machine sleeps.

    A lease also runs out for a laptop that was closed; `time.monotonic` stands still then on Linux.
    """
    boottime = getattr(time, "CLOCK_BOOTTIME", None)
    return time.monotonic() if boottime is None else time.clock_gettime(boottime)
