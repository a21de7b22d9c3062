"""Which opportunities look alike: perhaps one deal, although nothing proves it.

A look-alike of a declaration belongs to the same account (and the same pipeline, where that is part of the
identity), and

- has the same name but for case, blanks and punctuation, or
- is open, has the same value and closing date, and a similar name.
"""

import re
import unicodedata
from collections.abc import Collection, Iterable, Mapping, Sequence
from difflib import SequenceMatcher
from functools import lru_cache
from typing import Any, Final, NamedTuple

from syncer.model.key import Key
from syncer.model.observed import Observed
from syncer.shapes import canon

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
        account: Id of the primary account.
        pipeline: Id of the pipeline; None when it is no part of the identity.
        closing_date: `2027-03-31`.
        value: Canonical money.
        won: Id of the step that means won.
    """

    name: str
    account: str
    pipeline: str | None
    closing_date: str | None
    value: Mapping[str, Any] | None
    won: str | None


class Neighbours:
    """Observed opportunities, by what makes them look alike."""

    def __init__(self, records: Iterable[Observed]) -> None:
        self._by_name: dict[tuple[str, str], list[Observed]] = {}
        self._by_worth: dict[tuple[str, str, str], list[Observed]] = {}
        for record in sorted(records, key=lambda record: record.id):
            values = record.values
            day, money = values.get("closing_date"), values.get("value")
            for account in values.get("accounts") or ():
                self._by_name.setdefault((account, loose(values.get("name"))), []).append(record)
                if day and money:
                    self._by_worth.setdefault((account, day, money["amount"]), []).append(record)

    def of(self, wanted: Likeness, but: Collection[str] = ()) -> tuple[Observed, ...]:
        """Return what looks like *wanted*, the most alike first; nothing with an id of *but*."""
        found = {
            record.id: (2.0, record)
            for record in self._by_name.get((wanted.account, loose(wanted.name)), ())
            if record.id not in but and _same_pipeline(wanted, record)
        }
        for ratio, record in self._worth_as_much(wanted, but):
            found.setdefault(record.id, (ratio, record))
        ranked = sorted(found.values(), key=lambda item: (-item[0], item[1].id))
        return tuple(record for _, record in ranked)

    def _worth_as_much(self, wanted: Likeness, but: Collection[str]) -> Iterable[tuple[float, Observed]]:
        if not wanted.closing_date or not wanted.value:
            return
        key = (wanted.account, wanted.closing_date, wanted.value["amount"])
        candidates = [
            record
            for record in self._by_worth.get(key, ())
            if _is_open(wanted, record) and _same_pipeline(wanted, record)
        ]
        matcher = SequenceMatcher(b=loose(wanted.name), autojunk=False)
        # Those that are left out count among the first, too: else the next ones, as old, would look new.
        for record in candidates[:_MOST]:
            if record.id in but or not canon.same(wanted.value, record.values.get("value")):
                continue
            matcher.set_seq1(loose(record.values.get("name")))
            if matcher.quick_ratio() >= _SIMILAR and (ratio := matcher.ratio()) >= _SIMILAR:
                yield ratio, record


def _same_pipeline(wanted: Likeness, record: Observed) -> bool:
    return wanted.pipeline is None or record.values.get("pipeline") == wanted.pipeline


def _is_open(wanted: Likeness, record: Observed) -> bool:
    return not record.archived and record.values.get("step") != wanted.won


def wanted_of(
    match: Sequence[str], identity: Key, values: Mapping[str, Any], won: str | None
) -> Likeness | None:
    """Return what may look like something else; None where no account says whose neighbours those are.

    Args:
        match: Parts of the natural key.
        identity: What would find it.
        values: Canonical values.
        won: Id of the step that means won in the pipeline.
    """
    if "account" not in match or not identity.account or not identity.name:
        return None
    return Likeness(
        identity.name,
        identity.account,
        identity.pipeline if "pipeline" in match else None,
        values.get("closing_date"),
        values.get("value"),
        won,
    )
