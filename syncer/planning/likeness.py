"""Which records look alike: perhaps one, although nothing proves it.

A look-alike of a declaration agrees with it in every part of the natural key but the name (an opportunity: it
belongs to the same account, and to the same pipeline), and

- has the same name but for case, blanks and punctuation, or
- is open, has the same money at the same day, and a similar name, where the kind has these.
"""

import re
import unicodedata
from collections.abc import Collection, Iterable, Mapping, Sequence
from difflib import SequenceMatcher
from functools import lru_cache
from itertools import islice
from typing import Any, Final, NamedTuple

from syncer.kinds.base import Kind
from syncer.model.key import Key
from syncer.model.observed import Observed
from syncer.shapes import canon

_NOTHING: Final[Mapping[str, Any]] = {}
_SIMILAR: Final = 0.6  # what difflib calls a close match
_MOST: Final = 20  # records of one account, day and value that are compared by name; more tell nothing
_GAP: Final = "\N{REPLACEMENT CHARACTER}"
_GAPS: Final = re.compile(f"{_GAP}+")
_AMONG_DIGITS: Final = re.compile(rf"(?<=\d){_GAP}+(?=\d)")


def _is_between(letter: str) -> bool:
    """Tell whether *letter* is punctuation, a blank, or nothing that is seen."""
    return unicodedata.category(letter)[0] in "PZC"


_ASCII: Final = {code: _GAP for code in range(128) if _is_between(chr(code))}


@lru_cache(maxsize=200_000)
def loose(name: str | None) -> str:
    """Return *name* without case, blanks and punctuation; numbers stay apart.

    Never empty for a name: one that is made of punctuation alone is taken as it is.
    """
    text = unicodedata.normalize("NFKC", (name or "").strip()).casefold()
    if text.isascii():
        marked = text.translate(_ASCII)
    else:
        marked = "".join(_GAP if _is_between(letter) else letter for letter in text)
    return _GAPS.sub("", _AMONG_DIGITS.sub(" ", marked)) or text


class Likeness(NamedTuple):
    """What would be created, as far as it may look like something else.

    Attributes:
        name: Its name.
        within: Id of the record whose own are looked at; None: all of the kind.
        rest: The other parts of the identity.
        day: `2027-03-31`.
        money: Canonical money.
        won: Id of the record that closes what is in it.
    """

    name: str
    within: str | None
    rest: Mapping[str, Any]
    day: str | None
    money: Mapping[str, Any] | None
    won: str | None


class Neighbours:
    """Observed records of a kind, by what makes them look alike."""

    def __init__(self, kind: Kind, records: Iterable[Observed]) -> None:
        self._kind = kind
        self._by_name: dict[tuple[str | None, str], list[Observed]] = {}
        self._by_worth: dict[tuple[str | None, str, str], list[Observed]] = {}
        for record in sorted(records, key=lambda record: record.id):
            values = record.values
            day, money = _worth(kind, values)
            for within in kind.around_of(values) if kind.alike.within is not None else (None,):
                self._by_name.setdefault((within, loose(kind.name_of(values))), []).append(record)
                if day and money:
                    self._by_worth.setdefault((within, day, money["amount"]), []).append(record)

    def of(self, wanted: Likeness, but: Collection[str] = ()) -> tuple[Observed, ...]:
        """Return what looks like *wanted*, the most alike first; nothing with an id of *but*."""
        found = {
            record.id: (2.0, record)
            for record in self._by_name.get((wanted.within, loose(wanted.name)), ())
            if record.id not in but and self._agrees(wanted, record)
        }
        for ratio, record in self._worth_as_much(wanted, but):
            found.setdefault(record.id, (ratio, record))
        ranked = sorted(found.values(), key=lambda item: (-item[0], item[1].id))
        return tuple(record for _, record in ranked)

    def _worth_as_much(self, wanted: Likeness, but: Collection[str]) -> Iterable[tuple[float, Observed]]:
        if not wanted.day or not wanted.money:
            return
        key = (wanted.within, wanted.day, wanted.money["amount"])
        candidates = (
            record
            for record in self._by_worth.get(key, ())
            if self._is_open(wanted, record) and self._agrees(wanted, record)
        )
        matcher = SequenceMatcher(b=loose(wanted.name), autojunk=False)
        # Those that are left out count among the first, too: else the next ones, as old, would look new.
        for record in islice(candidates, _MOST):
            if record.id in but or not canon.same(wanted.money, _worth(self._kind, record.values)[1]):
                continue
            matcher.set_seq1(loose(self._kind.name_of(record.values)))
            if matcher.quick_ratio() >= _SIMILAR and (ratio := matcher.ratio()) >= _SIMILAR:
                yield ratio, record

    def _agrees(self, wanted: Likeness, record: Observed) -> bool:
        parts = self._kind.parts(record.values) if wanted.rest else _NOTHING
        return all(parts[part] == value for part, value in wanted.rest.items())

    def _is_open(self, wanted: Likeness, record: Observed) -> bool:
        closing = self._kind.closing
        end = None if closing is None or closing.field is None else record.values.get(closing.field)
        return not record.archived and (end is None or end != wanted.won)


def _worth(kind: Kind, values: Mapping[str, Any]) -> tuple[Any, Any]:
    """Return the day and the money that make two records look alike."""
    alike = kind.alike
    if alike.day is None or alike.money is None:
        return None, None
    return values.get(alike.day), values.get(alike.money)


def has_neighbours(kind: Kind, match: Sequence[str], identity: Key) -> bool:
    """Tell whether it is known among which records something may look like *identity*.

    Args:
        kind: What it is one of.
        match: Parts of the natural key.
        identity: What would find it.
    """
    part = kind.alike.within
    return part is None or (part in match and bool(identity.parts.get(part)))


def wanted_of(
    kind: Kind, match: Sequence[str], identity: Key, values: Mapping[str, Any], won: str | None
) -> Likeness | None:
    """Return what may look like something else; None where nothing says whose neighbours those are.

    Args:
        kind: What it is one of.
        match: Parts of the natural key.
        identity: What would find it.
        values: Canonical values.
        won: Id of the record that closes what is in it.
    """
    name, part = kind.name_of(values), kind.alike.within
    if not name or not has_neighbours(kind, match, identity):
        return None
    within = None if part is None else identity.parts[part]
    rest = {
        each: identity.parts.get(each)
        for each in match
        if each != part and kind.natural[each] not in kind.called
    }
    return Likeness(name, within, rest, *_worth(kind, values), won)
