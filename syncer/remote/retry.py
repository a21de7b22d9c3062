"""The one table of what is tried again.

A read may be asked twice; a write may not, because the API has no idempotency key and an answer that was lost
can hide a record that was made. So a write is repeated only when the service certainly did not process it.
Nothing else in syncer retries a request, and httpcore is told not to.
"""

import random
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from enum import StrEnum
from typing import Final


class Effect(StrEnum):
    """Whether a request can change anything."""

    READ = "read"
    WRITE = "write"


class Ending(StrEnum):
    """How one exchange ended."""

    ANSWERED = "2xx with JSON"
    REFUSED = "4xx"
    LIMITED = "429"
    UNAVAILABLE = "503"
    GATEWAY = "502, 504, or 408"
    FAILED = "500 and other 5xx"
    REDIRECTED = "3xx"
    FOREIGN = "an answer that is not JSON of the API"
    GARBLED = "JSON that breaks off"
    TOO_LARGE = "more than the limit of bytes"
    DROPPED = "connection lost after sending began"
    TIMED_OUT = "no answer in time"
    NOT_SENT = "no connection, nothing sent"
    NOT_REACHED = "no connection in time, nothing sent"
    UNTRUSTED = "TLS refused, nothing sent"


class Decision(StrEnum):
    """What follows from an ending."""

    ANSWER = "answer"  # the service decided; hand its words up
    RETRY = "retry"  # send again after a pause
    UNCERTAIN = "uncertain"  # it may have been done; only a look at the records can tell
    FAIL = "fail"  # another attempt would end the same way


@dataclass(frozen=True, slots=True)
class Rule:
    """What to do about an ending.

    Attributes:
        verdict: What follows.
        attempts: How often at most in all, for RETRY.
        slows: Whether every worker pauses, not just this one.
    """

    verdict: Decision
    attempts: int = 1
    slows: bool = False


_ANSWER: Final = Rule(Decision.ANSWER)
_FAIL: Final = Rule(Decision.FAIL)
_UNCERTAIN: Final = Rule(Decision.UNCERTAIN)
_RETRY: Final = Rule(Decision.RETRY, attempts=6)
_LIMITED: Final = Rule(Decision.RETRY, attempts=12, slows=True)

# ending -> (rule of a read, rule of a write)
TABLE: Final[dict[Ending, tuple[Rule, Rule]]] = {
    Ending.ANSWERED: (_ANSWER, _ANSWER),
    Ending.REFUSED: (_ANSWER, _ANSWER),
    # The service says that it did not take the request.
    Ending.LIMITED: (_LIMITED, _LIMITED),
    # A proxy may say so after it passed the request on; so no write is repeated, but everybody slows down.
    Ending.UNAVAILABLE: (Rule(Decision.RETRY, 6, slows=True), Rule(Decision.UNCERTAIN, slows=True)),
    Ending.GATEWAY: (_RETRY, _UNCERTAIN),
    Ending.FAILED: (_RETRY, _UNCERTAIN),
    Ending.REDIRECTED: (_FAIL, _UNCERTAIN),
    Ending.FOREIGN: (_FAIL, _UNCERTAIN),
    Ending.GARBLED: (_RETRY, _UNCERTAIN),
    Ending.TOO_LARGE: (_FAIL, _UNCERTAIN),
    # Also a kept connection that the server closed while the request was on its way: nobody can tell whether
    # it was read, so that race counts as sent.
    Ending.DROPPED: (_RETRY, _UNCERTAIN),
    Ending.TIMED_OUT: (_RETRY, _UNCERTAIN),
    Ending.NOT_SENT: (_RETRY, _RETRY),
    Ending.NOT_REACHED: (_RETRY, _RETRY),
    Ending.UNTRUSTED: (_FAIL, _FAIL),
}

BACKOFF_FIRST: Final = 0.25
BACKOFF_LIMIT: Final = 20.0
RETRY_AFTER_LIMIT: Final = 120.0


def rule(effect: Effect, ending: Ending) -> Rule:
    """Return the row of the table."""
    read, write = TABLE[ending]
    return read if effect is Effect.READ else write


def ending_of_status(status: int) -> Ending:
    """Return how an exchange with a complete answer ended, its body not yet judged."""
    if 200 <= status < 300:
        return Ending.ANSWERED
    if 300 <= status < 400:
        return Ending.REDIRECTED
    by_status = {
        408: Ending.GATEWAY,
        429: Ending.LIMITED,
        # Proxies write these when somebody hung up on them; the request may have been passed on.
        460: Ending.GATEWAY,
        499: Ending.GATEWAY,
        502: Ending.GATEWAY,
        503: Ending.UNAVAILABLE,
        504: Ending.GATEWAY,
    }
    return by_status.get(status, Ending.REFUSED if 400 <= status < 500 else Ending.FAILED)


def backoff(attempt: int) -> float:
    """Return seconds to pause after the *attempt*-th attempt: doubling, bounded, jittered to half of it."""
    longest = min(BACKOFF_LIMIT, BACKOFF_FIRST * 2.0 ** min(attempt - 1, 10))
    return longest * random.uniform(0.5, 1.0)  # noqa: S311 -- jitter is no secret


def retry_after(value: str, date: str = "") -> float | None:
    """Return the seconds a `Retry-After` header asks for, bounded; None when there is none to go by.

    Args:
        value: Seconds or an HTTP date.
        date: The `Date` header of the same answer; a date is counted from it, so that clocks may differ.
    """
    text = value.strip()
    if text.isascii() and text.isdigit():
        return min(float(text[:9]), RETRY_AFTER_LIMIT)
    until = _http_date(text)
    if until is None:
        return None
    since = _http_date(date) or datetime.now(UTC)
    return min(max((until - since).total_seconds(), 0.0), RETRY_AFTER_LIMIT)


def _http_date(text: str) -> datetime | None:
    try:
        moment = parsedate_to_datetime(text)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
