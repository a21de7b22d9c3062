"""Desired ↔ observed: which record is the declared one."""

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import IntEnum
from functools import cached_property
from typing import Any, Final, NamedTuple

from syncer.kinds.base import Kind
from syncer.kinds.custom import path_of
from syncer.model.address import Address
from syncer.model.declared import Presence
from syncer.model.key import Key
from syncer.model.observed import Observed
from syncer.model.policy import MatchRule
from syncer.model.problem import TELL_APART, TELL_APART_BY_KEY, Problem, Related
from syncer.model.words import listed
from syncer.planning.likeness import Neighbours, wanted_of
from syncer.resolve import Desired
from syncer.shapes.quoting import quoted

_MANY: Final = (
    "\nor, where many are named alike, give the project a key field, which holds our key:\n"
    "identity: {key_field: cf_…}"
)
_NO_STEPS: Final[Mapping[str, str]] = {}
_NONE: Final[Mapping[Any, Any]] = {}

Natural = tuple[Any, ...]  # a natural key


class Known(NamedTuple):
    """What the ledger knows of the records of a project.

    Attributes:
        ids: Which record a declared address was given; one that was renamed, under its former key.
        former: The address of the ledger that nothing declares any more, by the id of its record.
        deleted: Records that are read as deleted, by id.
    """

    ids: Mapping[Address, str] = _NONE
    former: Mapping[str, Address] = _NONE
    deleted: Mapping[str, Observed] = _NONE


class Missing(NamedTuple):
    """A known record that cannot be read as it was.

    Attributes:
        id: Its id.
        deleted: The record, where it is read as deleted; None: nobody can see it.
        again: Whether it is created again.
    """

    id: str
    deleted: Observed | None
    again: bool


@dataclass(frozen=True, slots=True)
class Matches:
    """What was found for each declaration.

    Attributes:
        found: The record by address; None when there is none.
        problems: Declarations that match several records, or share one.
        rekeyed: The old key by address, of records that have, or had, it.
        beside: What else could be taken for a declaration, by address, where there is anything.
        missing: What became of a record that is known and not there, by address.
        taken: Ids of the records that are somebody's, whatever is planned.
        former: The address of the ledger that nothing declares any more, by the id of its record.
        others: Ids of the records of what is not planned, by address, as far as they were found.
    """

    found: Mapping[Address, Observed | None]
    problems: tuple[Problem, ...]
    rekeyed: Mapping[Address, str] = field(default_factory=dict)
    beside: Mapping[Address, "Beside"] = field(default_factory=dict)
    missing: Mapping[Address, Missing] = field(default_factory=dict)
    taken: frozenset[str] = frozenset()
    former: Mapping[str, Address] = field(default_factory=dict)
    others: Mapping[Address, str] = field(default_factory=dict)


class Beside(NamedTuple):
    """Records that look like a declaration and are not the one it means.

    Attributes:
        known: Their ids, whether anything explains them or not.
        doubtful: Those of them that are nobody's, as far as the manifests say.
    """

    known: tuple[str, ...]
    doubtful: tuple[Observed, ...]


def natural_key(kind: Kind, match: Sequence[str], values: Mapping[str, Any]) -> Natural:
    """Return the natural key of canonical *values*: what is compared, in the order of *match*."""
    parts = kind.parts(values)
    return tuple([parts[part] for part in match])


class Rank(IntEnum):
    """What a record was found by; the first that finds one decides."""

    ID = 0
    LEDGER = 1
    KEY = 2
    OLD_KEY = 3
    ALONE = 4
    NATURAL = 5
    FORMERLY = 6


_BY_NAME: Final = frozenset({Rank.NATURAL, Rank.FORMERLY})


class Index:
    """The observed records of a kind by everything that identifies them."""

    def __init__(self, kind: Kind, observed: Iterable[Observed], rule: MatchRule) -> None:
        """Look at *observed*.

        Args:
            kind: What they are.
            observed: The records.
            rule: How the project finds its records.
        """
        self._kind = kind
        self._match, key_field = (rule := kind.found_by(rule)).match, rule.key_field
        self._key_path = path_of(key_field) if key_field else None
        self._by_id: dict[str, Observed] = {}
        self._by_key: dict[str, list[Observed]] = {}
        self._by_alone: dict[str, list[Observed]] = {}
        self._by_natural: dict[tuple[str, ...], dict[Natural, list[Observed]]] = {}
        self._all = list(observed)
        for record in self._all:
            self._by_id[record.id] = record
            if key := self.key_of(record):
                self._by_key.setdefault(key, []).append(record)
            for value in kind.sole(record.values):
                self._by_alone.setdefault(value, []).append(record)

    def key_of(self, record: Observed) -> str | None:
        """Return the key that *record* holds."""
        return record.values.get(self._key_path) or None if self._key_path else None

    def find(self, identity: Key, but: Collection[str] = ()) -> list[Observed]:
        """Return every record that *identity* means, as the first rank that finds any has it.

        Args:
            identity: What is declared.
            but: Ids of those that are known to be other ones, whatever they are called.
        """
        for rank, found in self.ranked(identity):
            if meant := [each for each in found if rank not in _BY_NAME or each.id not in but]:
                return meant
        return []

    def ranked(
        self, identity: Key, formerly: Key | None = None, known: str | None = None
    ) -> Iterator[tuple[Rank, list[Observed]]]:
        """Yield what each rank finds that finds anything, the one that decides first.

        Args:
            identity: What is declared.
            formerly: What was declared.
            known: The id that the ledger has for the address.
        """
        for rank, id_ in ((Rank.ID, identity.id), (Rank.LEDGER, known)):
            if id_ and (found := self._by_id.get(id_)):
                yield rank, [found]
        for rank, key in ((Rank.KEY, identity.key), (Rank.OLD_KEY, identity.old_key)):
            if key and (keyed := self._by_key.get(key)):
                yield rank, keyed
        sole = [each for value in sorted(identity.alone) for each in self._by_alone.get(value, ())]
        if sole:
            yield Rank.ALONE, list({each.id: each for each in sole}.values())
        for rank, named in ((Rank.NATURAL, identity), (Rank.FORMERLY, formerly)):
            # A record that holds a key is the one of that key, and no other's by its name.
            if named and (free := [each for each in self.natural(named) if not self.key_of(each)]):
                yield rank, free

    def natural(self, identity: Key) -> list[Observed]:
        """Return every record that has the natural key of *identity*, whatever key it holds."""
        match = tuple([part for part in self._match if part not in identity.unsaid or self._is_name(part)])
        if not identity.unsaid.isdisjoint(self._match) and (self._kind.keyed or not self._is_named(identity)):
            return []
        by_natural = self._named(match)
        # A service may strip the blanks in front of a name (undocumented); it never adds any.
        found = by_natural.get(natural_of(identity, match))
        return found or by_natural.get(stripped_of(self._kind, identity, match), [])

    def _is_name(self, part: str) -> bool:
        return self._kind.natural[part] in self._kind.called

    def _is_named(self, identity: Key) -> bool:
        """Tell whether the part of the name is said that tells most; what else is not said is empty."""
        last = self._kind.called[-1]
        return any(identity.parts.get(part) for part in self._match if self._kind.natural[part] == last)

    def _named(self, match: tuple[str, ...]) -> Mapping[Natural, list[Observed]]:
        """Return the records by the parts *match* of their natural key."""
        found = self._by_natural.get(match)
        if found is None:
            found = self._by_natural[match] = {}
            for record in self._all:
                found.setdefault(natural_key(self._kind, match, record.values), []).append(record)
        return found


def natural_of(identity: Key, match: Sequence[str]) -> Natural:
    """Return the natural key that *identity* means, in the order of *match*."""
    return tuple([identity.parts.get(part) for part in match])


def stripped_of(kind: Kind, identity: Key, match: Sequence[str]) -> Natural:
    """Return the same without blanks in front of names."""
    return tuple(
        [
            value.lstrip() if value and kind.natural[part] in kind.called else value
            for part, value in zip(match, natural_of(identity, match), strict=True)
        ]
    )


def match(
    kind: Kind,
    desired: Iterable[Desired],
    observed: Iterable[Observed],
    *,
    rule: MatchRule,
    rest: Iterable[Desired] = (),
    won: Mapping[str, str] = _NO_STEPS,
    known: Known | None = None,
    recreate: bool = False,
) -> Matches:
    """Find the record of each declaration, and what it could be taken for.

    In this order: `id:` of the manifest, the ledger, the key field (the old key of `formerly` after the
    present one), what finds a record alone (e-mails), the natural key, the natural key of `formerly`.

    Args:
        kind: What they are.
        desired: The declarations, resolved.
        observed: Every record that may be one of them, or be taken for one.
        rule: How the project finds its records.
        rest: Declarations that are not planned, as far as what identifies them is known. They have records
            of their own, which no other may mean.
        won: The step that means won, by pipeline.
        known: What the ledger knows.
        recreate: Whether what was deleted in the CRM is created again.
    """
    return _Matching(
        kind, desired, observed, kind.found_by(rule), rest, won=won, known=known or Known(), recreate=recreate
    ).matches()


class _Matching:
    """Works out which record is whose."""

    def __init__(
        self,
        kind: Kind,
        desired: Iterable[Desired],
        observed: Iterable[Observed],
        rule: MatchRule,
        rest: Iterable[Desired],
        *,
        won: Mapping[str, str],
        known: Known,
        recreate: bool,
    ) -> None:
        self.desired, self.rest = list(desired), list(rest)
        self.observed = list(observed)
        self.kind, self.by, self.key_field = kind, rule.match, rule.key_field
        self.index = Index(kind, self.observed, rule)
        self.won, self.known = won, known
        self.recreate = recreate
        self.missing: dict[Address, Missing] = {}
        self.sole = {value for entry in (*self.desired, *self.rest) for value in entry.identity.alone}
        self.keys = {entry.declared.key for entry in (*self.desired, *self.rest)}
        self.found: dict[Address, Observed | None] = {}
        self.rekeyed: dict[Address, str] = {}
        self.others: dict[Address, str] = {}
        self.lower: dict[Address, tuple[Observed, ...]] = {}
        self.problems: list[Problem] = []
        self.taken: dict[str, Desired] = {}

    def matches(self) -> Matches:
        alike = self.alike()
        for entry in self.desired:
            if entry.declared.address not in alike:
                self.place(entry)
        for entry in self.rest:
            # Only where it comes into the way of what is planned: its own problems are told when it is.
            found = next((found for _, found in self.ranked(entry)), [])
            if len(found) == 1 and entry.declared.address not in alike:
                self.take(entry, found[0])
                self.others[entry.declared.address] = found[0].id
        return Matches(
            self.found,
            tuple(self.problems),
            self.rekeyed,
            self.beside(),
            self.missing,
            frozenset(self.taken),
            self.known.former,
            self.others,
        )

    def ranked(self, entry: Desired) -> Iterator[tuple[Rank, list[Observed]]]:
        known = self.known.ids.get(entry.declared.address)
        for rank, found in self.index.ranked(entry.identity, entry.formerly, known):
            if rank is Rank.ALONE:
                yield rank, self.nearest(entry, found)
            elif rank not in _BY_NAME or not self.sole:
                yield rank, found
            # What holds the e-mail of another declaration is that one's, and no other's by its name.
            elif free := [each for each in found if self.is_free_of_others(each, entry)]:
                yield rank, free

    def nearest(self, entry: Desired, found: list[Observed]) -> list[Observed]:
        """Return of several records those that belong to the same one: contacts of the account."""
        part = self.kind.alike.within
        around = None if part is None else entry.identity.parts.get(part)
        if part is None or around is None or len(found) == 1:
            return found
        return [each for each in found if around in self.kind.around_of(each.values)] or found

    def is_free_of_others(self, record: Observed, entry: Desired) -> bool:
        """Tell whether *record* holds nothing that finds another declaration alone."""
        return self.sole.isdisjoint(self.kind.sole(record.values) - entry.identity.alone)

    def alike(self) -> set[Address]:
        """Note the declarations that would be one record; return their addresses.

        By their natural key, or by what finds a record alone. With a key field, those that are alike are told
        apart by their keys; and those of one name by the e-mails that both of them have.
        """
        noted: set[Address] = set()
        first: dict[tuple[object, ...], Desired] = {}
        for entry in () if self.key_field else (*self.rest, *self.desired):
            identity = entry.identity
            for value in identity.alone:
                other = first.setdefault(("alone", value), entry)
                if other is not entry:
                    noted |= self.note(entry, other, value)
            if identity.unsaid.isdisjoint(self.by):
                # Blanks in front of a name do not tell two apart: a service may strip them.
                natural = stripped_of(self.kind, identity, self.by)
                bare = ("bare", natural)
                other = first.get(bare if identity.alone else ("named", natural), entry)
                first.setdefault(("named", natural), entry)
                if not identity.alone:
                    first.setdefault(bare, entry)
                if other is not entry and entry.declared.address not in noted:
                    noted |= self.note(entry, other, None)
        return noted

    def note(self, entry: Desired, other: Desired, value: str | None) -> set[Address]:
        """Note that two declarations would be one record, where one of them is planned.

        Args:
            entry: One of them.
            other: The other one.
            value: What finds both alone; None: their natural key.
        """
        both = {other.declared.address, entry.declared.address}
        if not both & self.addresses or (other.identity.id and entry.identity.id):
            return set()
        what = f"have the same {listed(self.by)}" if value is None else f"both have {value}"
        self.problems.append(_same(self.kind, entry, other, what))
        return both

    def place(self, entry: Desired) -> None:
        address = entry.declared.address
        ranked = list(self.ranked(entry))
        rank, candidates = ranked[0] if ranked else (None, [])
        if len(candidates) > 1:
            self.problems.append(self.several(entry, rank, candidates))
            return
        if rank is Rank.ALONE and (others := self.otherwise(entry, candidates[0], ranked)):
            self.problems.append(_two_ways(self.kind, entry, candidates[0], others, self.by))
            return
        record = candidates[0] if candidates else None
        present = entry.declared.state is Presence.PRESENT
        if present and (missing := self.missing_of(entry, record)) is not None:
            self.missing[address] = missing
            self.rekey(address, missing.id)
            if not missing.again:
                self.found[address] = None
                return
        elif entry.identity.id and rank is not Rank.ID and present:
            self.problems.append(_unknown_id(self.kind, entry))
            return
        if entry.identity.id and rank is not Rank.ID:
            record = None  # what shall be gone is gone; nothing else is meant
        other = self.of_other_key(entry) if record is None and present else None
        if other is not None and self.had_key(other) and self.is_alone(entry):
            record, rank, other = other, Rank.LEDGER, None
        if other is not None:
            key = self.index.key_of(other) or ""
            self.problems.append(_other_key(self.kind, entry, other, key, self.key_field))
            return
        if record is not None and not self.take(entry, record):
            return
        if rank is Rank.OLD_KEY and entry.identity.old_key:
            self.rekeyed[address] = entry.identity.old_key
        elif record is not None:
            self.rekey(address, record.id)
        self.found[address] = record
        self.lower[address] = tuple(
            other
            for _, found in ranked[1:]
            for other in found
            if record is not None and other.id != record.id and not other.archived
        )

    def otherwise(
        self, entry: Desired, record: Observed, ranked: Iterable[tuple[Rank, list[Observed]]]
    ) -> list[Observed]:
        """Return what the natural key finds where it does not find *record*, which was found alone."""
        named = next((found for rank, found in ranked if rank is Rank.NATURAL), [])
        if any(each.id == record.id for each in named):
            return []
        return [each for each in named if each.id not in entry.declared.distinct_from]

    def several(self, entry: Desired, rank: Rank | None, records: Sequence[Observed]) -> Problem:
        """Return the problem that one rank finds several *records*."""
        key = self.index.key_of(records[0])
        if rank is Rank.ALONE:
            held = {value for each in records for value in self.kind.sole(each.values)}
            what = listed(sorted(held & entry.identity.alone))
        elif key is not None:
            what = f'the key "{key}" in {self.key_field}'
        else:
            what = f"this {listed(self.by)}"
        more = _MANY if self.kind.keyed and not self.key_field else ""
        return _several(self.kind, entry, records, what, more)

    def missing_of(self, entry: Desired, record: Observed | None) -> Missing | None:
        """Return what became of the known record of *entry*; None when it has one, or never had any."""
        id_, known = entry.identity.id, self.known.ids.get(entry.declared.address)
        if id_ is not None:
            # Who names an id means that record, and no new one.
            deleted = self.known.deleted.get(id_)
            missing = deleted is not None or (id_ == known and record is None)
            return Missing(id_, deleted, again=False) if missing else None
        if known is None or record is not None:
            return None
        deleted = self.known.deleted.get(known)
        return Missing(known, deleted, again=deleted is not None and self.recreate)

    def had_key(self, record: Observed) -> bool:
        """Tell whether *record* holds the key under which the ledger has it, and that nothing declares."""
        former = self.known.former.get(record.id)
        return former is not None and former.key == self.index.key_of(record)

    def is_alone(self, entry: Desired) -> bool:
        """Tell whether no other declaration without a record has the natural key of *entry*."""
        return self.unknown[natural_of(entry.identity, self.by)] == 1

    @cached_property
    def unknown(self) -> Counter[Natural]:
        """How many declarations without a record have a natural key."""
        entries = (*self.desired, *self.rest)
        new = (entry for entry in entries if entry.declared.address not in self.known.ids)
        return Counter(natural_of(entry.identity, self.by) for entry in new)

    def rekey(self, address: Address, id_: str) -> None:
        """Note the former key of *address*, when the ledger has its record under another one."""
        former = self.known.former.get(id_)
        if former is not None and former.kind == address.kind:
            self.rekeyed[address] = former.key

    def of_other_key(self, entry: Desired) -> Observed | None:
        """Return the record of the natural key that holds a key which nothing declares."""
        for record in self.index.natural(entry.identity):
            key = self.index.key_of(record)
            if key and key not in self.keys and record.id not in entry.declared.distinct_from:
                return record
        return None

    def take(self, entry: Desired, record: Observed) -> bool:
        """Give *record* to *entry*, unless it is another's already."""
        other = self.taken.setdefault(record.id, entry)
        if other is not entry:
            # Told at the one that is planned.
            planned = [each for each in (entry, other) if each.declared.address in self.addresses]
            if planned:
                second = other if planned[0] is entry else entry
                self.problems.append(_shared(self.kind, planned[0], second, record))
            return False
        return True

    @cached_property
    def addresses(self) -> set[Address]:
        return {entry.declared.address for entry in self.desired}

    def beside(self) -> dict[Address, Beside]:
        """Return, by address, what could be taken for a declaration that has another record or none."""
        neighbours: Neighbours | None = None
        found: dict[Address, Beside] = {}
        for entry in self.desired:
            address = entry.declared.address
            if entry.declared.state is Presence.ABSENT or address not in self.found:
                continue
            if (missing := self.missing.get(address)) is not None and not missing.again:
                continue
            record, others = self.found[address], self.lower.get(address, ())
            if record is None:
                won = self.kind.closing_of(entry.values, self.won)
                wanted = wanted_of(self.kind, self.by, entry.identity, entry.values, won)
                if wanted is not None:
                    neighbours = neighbours or Neighbours(self.kind, self.observed)
                    others = neighbours.of(wanted)
            if others:
                doubtful = tuple(other for other in others if self.is_free(other, entry))
                found[address] = Beside(tuple(other.id for other in others), doubtful)
        return found

    def is_free(self, record: Observed, entry: Desired) -> bool:
        """Tell whether *record* is nobody's, as far as the manifests say."""
        return (
            record.id not in self.taken
            and record.id not in entry.declared.distinct_from
            and self.index.key_of(record) not in self.keys
        )


def _same(kind: Kind, entry: Desired, other: Desired, what: str) -> Problem:
    span, place = (each.declared.locator.span((kind.called[0],)) for each in (entry, other))
    return Problem(
        "same-identity",
        f"{entry.declared.address} and {other.declared.address} {what}; they would be one {kind.noun[0]}.",
        span,
        entry.declared.locator.excerpt(span),
        TELL_APART_BY_KEY if kind.keyed else TELL_APART,
        (
            Related(
                place,
                f"{other.declared.address} is written here",
                other.declared.locator.excerpt(place),
            ),
        ),
        entry.declared.address,
    )


def _other_key(kind: Kind, entry: Desired, record: Observed, key: str, key_field: str | None) -> Problem:
    span = entry.declared.span
    return Problem(
        "identity-other-key",
        f'The {kind.noun[0]} {record.id}, "{kind.name_of(record.values)}", is what {entry.declared.address} '
        f'describes, and holds the key "{key}" in {key_field}, which no manifest declares.',
        span,
        entry.declared.locator.excerpt(span),
        "if the key was renamed, say so; the next apply writes the new one:\n"
        f"formerly: {{key: {quoted(key)}}}\n"
        f"if it is another {kind.noun[0]}, say that:\n"
        f"lifecycle: {{distinct_from: [{record.id}]}}",
        address=entry.declared.address,
    )


def _several(kind: Kind, entry: Desired, records: Sequence[Observed], what: str, more: str) -> Problem:
    span = entry.declared.span
    return Problem(
        "identity-ambiguous",
        f"{len(records)} {kind.noun[1]} in Pipeliner have {what}.",
        span,
        entry.declared.locator.excerpt(span),
        f"say which one is meant, or delete the others in Pipeliner:\n{_choices(records)}{more}",
        address=entry.declared.address,
    )


def _choices(records: Iterable[Observed], told: Callable[[Observed], str] = lambda _record: "") -> str:
    """Return the line for each record that would say that it is meant."""
    return "\n".join(
        f"id: {record.id}  # {told(record)}created {record.created[:19]}, changed {record.modified[:19]}"
        f"{', archived' if record.archived else ''}"
        for record in records
    )


def _two_ways(
    kind: Kind, entry: Desired, record: Observed, others: Sequence[Observed], by: Sequence[str]
) -> Problem:
    """Return the problem that what finds a record alone, and the natural key, find different ones."""
    span, (one, many) = entry.declared.span, kind.noun
    choices = _choices((record, *others), lambda each: f"{kind.name_of(each.values)}, ")
    held = listed(sorted(kind.sole(record.values) & entry.identity.alone))
    return Problem(
        "identity-ambiguous",
        f"{entry.declared.address} may be two {many} in Pipeliner: {held} is that of {record.id}, and this "
        f"{listed(by)} that of {listed([other.id for other in others])}.",
        span,
        entry.declared.locator.excerpt(span),
        f"say which one is meant:\n{choices}\n"
        f"or that the {one} of that name is another one:\n"
        f"lifecycle: {{distinct_from: [{', '.join(other.id for other in others)}]}}",
        address=entry.declared.address,
    )


def _unknown_id(kind: Kind, entry: Desired) -> Problem:
    span = entry.declared.locator.span(("id",))
    return Problem(
        "identity-unknown-id",
        f"No {kind.noun[0]} in Pipeliner has the id {entry.identity.id}; it may have been deleted.",
        span,
        entry.declared.locator.excerpt(span),
        f"correct the id, or delete the line to have the {kind.noun[0]} created anew",
        address=entry.declared.address,
    )


def _shared(kind: Kind, entry: Desired, other: Desired, record: Observed) -> Problem:
    span, first = entry.declared.span, other.declared.span
    return Problem(
        "identity-shared",
        f'{entry.declared.address} and {other.declared.address} both mean "{kind.name_of(record.values)}", '
        f"the {kind.noun[0]} {record.id}.",
        span,
        entry.declared.locator.excerpt(span),
        TELL_APART_BY_KEY if kind.keyed else TELL_APART,
        (Related(first, "the other declaration", other.declared.locator.excerpt(first)),),
        entry.declared.address,
    )
