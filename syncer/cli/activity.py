"""What goes on just now, in one line for people."""

import math
import re
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Final, NamedTuple

from syncer.kinds.references import REFERENCES
from syncer.kinds.registry import KINDS
from syncer.model.signs import Again, Call, Doing, Pause, Phase
from syncer.model.words import listed
from syncer.render.escape import cells, one_line
from syncer.render.look import Glyphs

SILENT: Final = 1.0  # seconds that anything may take without a word
_MUTE: Final = 3.0  # seconds after which an answer is long in coming
_BAR: Final = 20  # columns
_NAMED: Final = 2  # kinds of records
_WORDS: Final = re.compile(r"(?<=[a-z])(?=[A-Z])")

_NOUNS: Final[Mapping[str, str]] = {
    **{kind.entity: _WORDS.sub(" ", kind.entity).lower() for kind in REFERENCES.values()},
    **{kind.entity: kind.noun[1] for kind in KINDS.values()},
    "Clients": "users",
    "CurrencyExchangeRates": "exchange rates",
    "CurrencyExchangeRatesLists": "lists of exchange rates",
    "Data": "options",
    "ContactAccountRelations": "contacts of accounts",
    "LeadOpptyAccountRelations": "accounts of opportunities",
    "LeadOpptyContactRelations": "contacts of opportunities",
    "LeadOpptyContactSalesRoleRelations": "sales roles of contacts",
}


class _Since(NamedTuple):
    doing: Doing
    began: float


class Activity:
    """What goes on. Safe to use from many threads; times are those of a monotonic clock.

    Attributes:
        began: When it became busy after it had been idle; None while it is idle.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._doing: dict[int, _Since] = {}
        self._next = 0
        self._counts: dict[str, tuple[int, int]] = {}
        self._named: tuple[str, ...] = ()
        self._wrote = (0, 0)
        self.began: float | None = None

    @contextmanager
    def during(self, doing: Doing, now: float) -> Iterator[None]:
        """Note that *doing* goes on from *now* until the end of the context."""
        with self._lock:
            number, self._next = self._next, self._next + 1
            self._doing[number] = _Since(doing, now)
            if self.began is None:
                self.began = now
            if isinstance(doing, Phase):
                self._counts, self._named = {}, ()
        try:
            yield
        finally:
            with self._lock:
                self._doing.pop(number, None)
                if isinstance(doing, Phase):
                    self._counts, self._named = {}, ()
                if not self._doing:
                    self.began = None

    def counted(self, entity: str, done: int, all_: int) -> None:
        """Add records that were read, and that are to be read."""
        with self._lock:
            before, of = self._counts.get(entity, (0, 0))
            self._counts[entity] = (before + done, of + all_)

    def wrote(self, done: int, all_: int) -> None:
        """Take how many of all writes are settled; all of none: nothing is written."""
        with self._lock:
            self._wrote = (done, all_)

    def line(self, now: float, width: int, glyphs: Glyphs | None = None) -> str:
        """Return what goes on in at most *width* columns, "" while nothing has gone on for a second.

        Args:
            now: The time.
            width: Columns.
            glyphs: What a bar is drawn with; None draws none.
        """
        dot = glyphs.dot if glyphs else "·"
        with self._lock:
            if self.began is None or now - self.began < SILENT:
                return ""
            seconds = f"{now - self.began:.0f} s"
            title, reading = self._title(), self._reading()
            written = _of(*self._wrote) + " written" if self._wrote[1] else ""
            bar = _bar(*(self._wrote if self._wrote[1] else self._sums()), glyphs)
            trouble = self._trouble(now)
        done = ", ".join(filter(None, (written, reading)))
        said = f"{title}: {done}" if title and done else title or done[:1].upper() + done[1:]
        barred = f"{title} {bar} {done}" if bar and title and done else said
        short = written or reading or title
        lines = [
            f" {dot} ".join(filter(None, (what, trouble, seconds)))
            for what in (barred, said, short, *((title, "") if trouble else ()))
        ]
        return next((line for line in lines if cells(line) <= width), one_line(lines[-1], width))

    def _title(self) -> str:
        phases = [since.doing.what for since in self._doing.values() if isinstance(since.doing, Phase)]
        if not phases:
            return ""
        return phases[0] if len(phases) == 1 or self._wrote[1] else phases[-1]

    def _reading(self) -> str:
        """Return what is read or written now, with how many of how many where that is known."""
        calls = [since.doing for since in self._doing.values() if isinstance(since.doing, Call)]
        inner = [since.doing.what for since in self._doing.values() if isinstance(since.doing, Phase)][1:]
        if self._wrote[1]:
            # That something is written is said already; what is read meanwhile is not.
            calls = [call for call in calls if not call.writes]
        names = tuple(dict.fromkeys(call.entity for call in calls))
        # Between two requests nothing is on its way; what was is still what is done.
        self._named = names = names or (() if self._wrote[1] and not inner else self._named)
        if not names:
            return inner[-1] if self._wrote[1] and inner else ""
        things = [self._thing(name) for name in names[:_NAMED]]
        things += [f"{len(names) - _NAMED} more"] if len(names) > _NAMED else []
        verb = "writing" if any(call.writes for call in calls) else "reading"
        if self._wrote[1] and inner:
            verb = inner[-1]
        return f"{verb} {listed(things)}"

    def _thing(self, entity: str) -> str:
        done, all_ = self._counts.get(entity, (0, 0))
        noun = _NOUNS.get(entity) or _WORDS.sub(" ", entity).lower()
        return f"{noun} {_of(done, all_)}" if all_ or done else noun

    def _sums(self) -> tuple[int, int]:
        return sum(done for done, _ in self._counts.values()), sum(all_ for _, all_ in self._counts.values())

    def _trouble(self, now: float) -> str:
        """Return why it takes long: a pause, or an answer that does not come."""
        pauses = [since for since in self._doing.values() if isinstance(since.doing, Pause)]
        if pauses:
            longest = max(pauses, key=lambda since: since.began + _seconds(since.doing))
            # Rounded up: while it is waited there is something left.
            left = math.ceil(max(longest.began + _seconds(longest.doing) - now, 0.0))
            assert isinstance(longest.doing, Pause)
            again = longest.doing.again
            if again is not None:
                return f"{again.why}: again in {left} s{_attempt(again)}"
            return f"waiting {left} s" + (f": {longest.doing.why}" if longest.doing.why else "")
        calls = [since for since in self._doing.values() if isinstance(since.doing, Call)]
        oldest = min(calls, key=lambda since: since.began, default=None)
        if oldest is None or now - oldest.began < _MUTE:
            return ""
        assert isinstance(oldest.doing, Call)
        again = oldest.doing.again
        said = f"no answer for {now - oldest.began:.0f} of {oldest.doing.patience:g} s"
        return said + (f"{_attempt(again)}, before: {again.why}" if again else "")


def _seconds(doing: Doing) -> float:
    return doing.seconds if isinstance(doing, Pause) else 0.0


def _attempt(again: Again) -> str:
    return f", attempt {again.attempt} of {again.attempts}"


def _of(done: int, all_: int) -> str:
    """Return `3,200 of 10,000`; a list may have grown since it was counted."""
    return f"{done:,} of {max(done, all_):,}" if all_ else f"{done:,}"


def _bar(done: int, all_: int, glyphs: Glyphs | None) -> str:
    if glyphs is None or not all_:
        return ""
    full = _BAR * min(done, all_) // all_
    return glyphs.full * full + glyphs.empty * (_BAR - full)
