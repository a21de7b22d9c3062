"""Ids and times as the service makes them."""

import hashlib
import os
import re
import threading
import time
from datetime import UTC, date, datetime, tzinfo
from functools import lru_cache
from typing import Final

# A new record is stamped `modified` first and `created` some microseconds later (recorded note-create: 35).
CREATED_LAG_US: Final = 35

_DAY: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_MOMENT: Final = re.compile(
    rf"{_DAY.pattern}([T ][0-9]{{2}}:[0-9]{{2}}(:[0-9]{{2}}([.,][0-9]+)?)?(Z|[+-][0-9]{{2}}:?[0-9]{{2}})?)?"
)


def stamp(moment: datetime) -> str:
    """Write *moment* as the service does: UTC, a blank, microseconds, +00:00 (recorded note-create)."""
    return moment.astimezone(UTC).isoformat(sep=" ", timespec="microseconds")


def parse_moment(text: str) -> str:
    """Read a date-time as clients may send it and give its `stamp`.

    T or blank, with or without offset, no offset meaning UTC; a bare date is its midnight. Undocumented, our
    assumption: outputs have a blank, the input examples of OAS a T.

    Raises:
        ValueError: Not a date-time, or outside the years 1 to 9999 once it is UTC.
    """
    if not _MOMENT.fullmatch(text):
        raise ValueError(text)
    moment = datetime.fromisoformat(text)
    try:
        return stamp(moment if moment.tzinfo else moment.replace(tzinfo=UTC))
    except OverflowError:
        raise ValueError(text) from None


def parse_day(text: str) -> str:
    """Check a `date` (`2019-01-01`) and give it back.

    Raises:
        ValueError: Not a date.
    """
    if not _DAY.fullmatch(text):
        raise ValueError(text)  # Python reads other forms of ISO 8601 as well
    return date.fromisoformat(text).isoformat()


def in_zone(text: str, zone: tzinfo) -> str:
    """Show a stored moment in *zone*, as the `Timezone` request header asks. Source: DOC dates.

    The first and the last hours that there are stay in UTC.
    """
    try:
        return datetime.fromisoformat(text).astimezone(zone).isoformat(sep=" ", timespec="microseconds")
    except OverflowError:
        return text


def named_id(name: str) -> str:
    """Give a uuid that depends on nothing but *name*, for records every space has."""
    digest = hashlib.blake2b(name.encode(), digest_size=16).hexdigest()
    return f"{digest[:8]}-{digest[8:12]}-{digest[12:16]}-{digest[16:20]}-{digest[20:]}"


def timed_id(milliseconds: int, tail: str) -> str:
    """Give a uuid whose first 48 bits are a time; *tail* is 20 hex digits.

    Source: recorded note-create, whose id starts with the millisecond of its creation.
    """
    head = f"{milliseconds:012x}"
    return f"{head[:8]}-{head[8:]}-{tail[:4]}-{tail[4:8]}-{tail[8:]}"


class Clock:
    """Wall time in microseconds that never stands still, so that two writes never share a stamp."""

    def __init__(self) -> None:
        self._last = 0
        self._lock = threading.Lock()

    def now_us(self) -> int:
        """Give the time in microseconds since 1970, later than any given before."""
        with self._lock:
            self._last = max(time.time_ns() // 1000, self._last + CREATED_LAG_US + 1)
            return self._last

    def new_id(self) -> str:
        """Draw the id of a new record."""
        return timed_id(time.time_ns() // 1_000_000, os.urandom(10).hex())


def stamp_us(microseconds: int) -> str:
    """Write a time given in microseconds since 1970."""
    seconds, rest = divmod(microseconds, 1_000_000)
    return f"{_second(seconds)}.{rest:06d}+00:00"


@lru_cache(maxsize=64)
def _second(seconds: int) -> str:
    return time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime(seconds))
