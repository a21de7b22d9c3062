"""Read the records that the declarations may already be, or be taken for.

An opportunity that belongs to an account is found among those of the account, not by its name: neither how
letters are composed nor blanks nor case can hide one. Where there is no account, the name is asked for.
Records of a kind that belong to none are found by their e-mails, and by how their names begin.
"""

import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from syncer.kinds import codec
from syncer.kinds.base import Kind
from syncer.kinds.custom import path_of
from syncer.model.change import Change
from syncer.model.declared import Declared, Link, Money, Reference
from syncer.model.observed import Observed
from syncer.model.pending import is_pending
from syncer.model.policy import MatchRule
from syncer.planning.likeness import loose
from syncer.remote.client import Api
from syncer.remote.query import Query, Through, beginnings, read_all
from syncer.resolve.directory import Directory
from syncer.shapes import canon

_ASKED_BY_ID: Final = 20
_WORD: Final = re.compile(r"\w+")
_TELLING: Final = 3  # letters of a word with which few names begin


@dataclass(frozen=True, slots=True)
class Sought:
    """What may identify the records of a kind to read, and which of their fields are of interest.

    Attributes:
        kind: What they are.
        names: Canonical names that are looked for wherever the records belong; of a name in several fields
            the last one.
        ids: Ids.
        keys: Values of the key field.
        key_field: Its api name.
        fields: Field names to load, `fields.<api name>` for custom ones.
        alone: What finds a record alone: e-mails, as they are compared.
        around: Records whose own are looked at, as written; by id where that is known: accounts.
        stems: Beginnings of the names that are looked for where nothing says whose records are looked at.
        likenesses: Which names are of interest among those, as `likeness.loose` has them.
        worths: And which days with which amounts.
    """

    kind: Kind
    names: frozenset[str] = frozenset()
    ids: frozenset[str] = frozenset()
    keys: frozenset[str] = frozenset()
    key_field: str | None = None
    fields: frozenset[str] = frozenset()
    alone: frozenset[str] = frozenset()
    around: frozenset[Reference] = frozenset()
    stems: frozenset[str] = frozenset()
    likenesses: frozenset[str] = frozenset()
    worths: frozenset[tuple[str, str]] = frozenset()


class _Seeking:
    """Collects a `Sought`."""

    def __init__(self, kind: Kind, rule: MatchRule) -> None:
        self._kind, self._rule = kind, rule
        around = kind.around
        self._around = around if kind.alike.within in rule.match else None
        self.names: set[str] = set()
        self.ids: set[str] = set()
        self.keys: set[str] = set()
        # What goes along when a record moves, such as the type of an opportunity to another pipeline: its
        # present one must be known.
        self.fields: set[str] = {name for spec in kind.fields for name in spec.follows}
        if kind.lost is not None:
            self.fields.add(kind.lost)
        self.alone: set[str] = set()
        self.around: set[Reference] = set()
        self.stems: set[str] = set()
        self.likenesses: set[str] = set()
        self.worths: set[tuple[str, str]] = set()

    def add(self, values: Mapping[str, Any], around: Reference | None) -> None:
        """Seek a record by its name, within its account where that is part of the identity.

        Args:
            values: With its name.
            around: The record that it belongs to.
        """
        name = values.get(self._kind.called[-1])
        if not name:
            return
        canonical = canon.text(name) or ""
        # Without its leading blanks as well, should the service have stripped them.
        both = (canonical, canonical.lstrip())
        if around is not None and self._around is not None:
            self.around.add(around)
        elif self._kind.alike.within is None:
            self.stems.update(stem for each in both for stem in _stems(each))
        else:
            self.names.update(both)
            return
        self.likenesses.add(loose(self._kind.name_of(values)))

    def worth(self, around: Reference | None, day: str | None, amount: str | None) -> None:
        """Seek what is worth as much at the same day."""
        if around is not None and self._around is not None and day and amount:
            self.worths.add((day, amount))

    def sought(self) -> Sought:
        """Return what was collected."""
        key_field, alike = self._rule.key_field, self._kind.alike
        fields = self.fields | ({path_of(key_field)} if key_field else set())
        if self.likenesses:
            # What tells how alike two are, and what people are told of it.
            fields |= {*filter(None, (alike.day, alike.money)), *(path for path, _ in alike.told)}
        return Sought(
            self._kind,
            frozenset(self.names),
            frozenset(self.ids),
            frozenset(self.keys),
            key_field,
            frozenset(fields),
            frozenset(self.alone),
            frozenset(self.around),
            frozenset(self.stems),
            frozenset(self.likenesses),
            frozenset(self.worths),
        )


def _stems(name: str) -> tuple[str, ...]:
    """Return how every spelling of *name* begins that a service may be asked for: with words that tell."""
    words = (word.end() for word in _WORD.finditer(name) if word.end() - word.start() >= _TELLING)
    return beginnings(name[: next(words, len(name))])


def sought(kind: Kind, declared: Iterable[Declared], rule: MatchRule) -> Sought:
    """Collect what would identify *declared* in the space, and what could be taken for one of them.

    Args:
        kind: What they are.
        declared: The declarations, as written.
        rule: How the project finds its records.
    """
    rule = kind.found_by(rule)
    seeking = _Seeking(kind, rule)
    alike = kind.alike
    within = alike.within if alike.within in rule.match else None
    held = None if within is None else kind.natural[within]
    for entry in declared:
        values, formerly = entry.values, entry.formerly
        seeking.fields.update(values)
        seeking.alone.update(_alone(kind, values))
        if entry.id:
            seeking.ids.add(entry.id)
        if rule.key_field:
            seeking.keys.add(entry.key)
            if old := formerly.get("key"):
                seeking.keys.add(old)
        around = None if held is None else _referred(values.get(held))
        # Where it belongs has to be said for what syncer.yaml says how to find.
        said = not kind.keyed or held is None or held in values
        if said:
            seeking.add(values, around)
        if formerly.keys() - {"key"} and (said or within in formerly):
            old_values = {
                kind.natural[part]: value for part, value in formerly.items() if part in kind.natural
            }
            old_around = formerly.get(within, around) if within is not None else None
            seeking.add({**values, **old_values}, old_around)
        day, money = (values.get(path) if path else None for path in (alike.day, alike.money))
        # What lines come to is known once they are resolved; until then the name alone says what it is like.
        amount = canon.number(money.amount) if isinstance(money, Money) else None
        seeking.worth(around, day and day.isoformat(), amount)
    return seeking.sought()


def sought_again(kind: Kind, creates: Sequence[Change], ids: Iterable[str], fields: Iterable[str]) -> Sought:
    """Collect the same from planned creates of a *kind*, and from *ids*."""
    rule = creates[0].absent.rule if creates else MatchRule(match=())
    seeking, alike = _Seeking(kind, rule), kind.alike
    seeking.ids.update(ids)
    seeking.fields = set(fields)
    for change in creates:
        key, values = change.absent.key, change.desired
        seeking.alone |= key.alone
        if key.key:
            seeking.keys.add(key.key)
        id_ = key.parts.get(alike.within) if alike.within in rule.match else None
        around = Reference(kind.around.refers or "", id=id_) if id_ and kind.around else None
        # What waits for a record that is not there yet has no neighbours.
        seeking.add(values, None if id_ and is_pending(id_) else around)
        # And by its name alone: a service may have stored it with another account, or with none.
        seeking.add(values, None)
        day, money = (values.get(path) if path else None for path in (alike.day, alike.money))
        seeking.worth(around, day, money and money["amount"])
    return seeking.sought()


def _alone(kind: Kind, values: Mapping[str, Any]) -> Iterable[str]:
    return (canon.email(text) for name in kind.alone if (text := canon.text(values.get(name))))


def _referred(value: Sequence[Link] | Reference | None) -> Reference | None:
    """Return what a field refers to: of links the primary one."""
    if value is None or isinstance(value, Reference):
        return value
    return next((link.reference for link in value if link.primary), None)


def around(what: Sought, directory: Directory) -> frozenset[str]:
    """Return the ids of the records whose own are looked at: the accounts of opportunities."""
    refers = what.kind.around.refers or "" if what.kind.around else ""
    found = (entry.id for reference in what.around for entry in directory.find(refers, reference))
    return frozenset(id_ for id_ in found if not is_pending(id_))


def query(what: Sought, values: Callable[[], Collection[str]] | None = None) -> Query:
    """Return the query for every record that may be one of *what*.

    Args:
        what: What is looked for.
        values: Returns the ids of the records whose own are looked at; None when they are ids already.
    """
    kind, wire = what.kind, codec.of(what.kind)
    called, alone = (tuple(_wire(kind, name) for name in names) for names in (kind.called, kind.alone))
    wanted: dict[str, frozenset[str]] = {}
    if what.names:
        wanted[called[-1]] = what.names
    if what.ids:
        wanted["id"] = what.ids
    if what.keys and what.key_field:
        wanted[what.key_field] = what.keys
    if what.alone:
        wanted |= dict.fromkeys(alone, what.alone)
    return Query(
        kind.entity,
        wire.load_only(what.fields),
        expand=wire.expand(what.fields),
        wanted=wanted,
        take=wire.observed,
        ignore_case=frozenset(alone),
        as_text=frozenset({called[-1]}) - ({called[-1]} if what.stems else frozenset()),
        rarely=frozenset(alone[1:]),
        also=_beside(what) if what.around or what.stems else None,
        through=_through(what, values) if what.around else None,
        stems={called[-1]: what.stems} if what.stems else {},
    )


def _wire(kind: Kind, name: str) -> str:
    return kind.field(name).wire or ""


def _through(what: Sought, values: Callable[[], Collection[str]] | None) -> Through | None:
    """Return the list that leads from the records that are given to those that are looked for."""
    spec = what.kind.around
    if spec is None or spec.link is None:
        return None
    link, relations = spec.link, spec.wire or ""
    known = frozenset(reference.id for reference in what.around if reference.id)

    def fits(row: Mapping[str, Any], id_: str) -> bool:
        """Tell whether a record that was found through another one says so itself."""
        rows = row.get(relations)
        return isinstance(rows, list) and any(
            isinstance(each, dict) and each.get(link.target) == id_ for each in rows
        )

    return Through(
        link.entity, link.target, link.record, link.instead, len(what.around), values or (lambda: known), fits
    )


def _beside(what: Sought) -> Callable[[Mapping[str, Any]], bool]:
    """Return what tells whether a row is of interest for what it looks like."""
    kind, alike = what.kind, what.kind.alike
    called = [_wire(kind, name) for name in kind.called]
    relations = "" if kind.around is None else kind.around.wire or ""
    day_of, money_of = (_wire(kind, path) if path else "" for path in (alike.day, alike.money))
    days = {day for day, _ in what.worths}
    stems = tuple(map(canon.email, what.stems))

    def also(row: Mapping[str, Any]) -> bool:
        if relations and not row.get(relations):
            return False  # of no account, so no account would have led to it
        if stems and not canon.email(row.get(called[-1]) or "").startswith(stems):
            return False  # it would not be found by how its name begins
        name = row.get(called[0]) if len(called) == 1 else " ".join(filter(None, map(row.get, called)))
        if loose(name) in what.likenesses:
            return True
        day = str(row.get(day_of))[:10]
        if day not in days or not isinstance(row.get(money_of), dict):
            return False
        money = canon.money(row[money_of])
        return money is not None and (day, money["amount"]) in what.worths

    return also


def read(api: Api, what: Sought, values: Callable[[], Collection[str]] | None = None) -> tuple[Observed, ...]:
    """Read every record that may be one of *what*, by id; what follows from others is not known yet.

    Args:
        api: An open connection.
        what: What is looked for.
        values: Returns the ids of the records whose own are looked at, and may wait for them; None when they
            are ids already.

    Raises:
        RemoteError: Refused, or silent.
    """
    (answer,) = read_all(api, [query(what, values)])
    return tuple(sorted(answer.rows, key=lambda record: record.id))


def read_known(api: Api, kind: Kind, ids: Collection[str], fields: frozenset[str]) -> tuple[Observed, ...]:
    """Read the records of a *kind* with these *ids*, deleted ones too; as `read` does.

    Whether a deleted record is answered for when its id is asked for is undocumented. So that is asked only
    for those that no list shows, and of some of them; one that is there and in no list is not taken for it.
    """
    if not ids:
        return ()
    asked = query(Sought(kind, ids=frozenset(ids), fields=fields))
    loaded = (*asked.load_only, "is_deleted")
    (answer,) = read_all(api, [replace(asked, load_only=loaded, include_deleted=True)])
    listed = {record.id for record in answer.rows}
    rows = (api.get_one(kind.entity, id_) for id_ in sorted(frozenset(ids) - listed)[:_ASKED_BY_ID])
    wire = codec.of(kind)
    deleted = (wire.observed(row) for row in rows if row is not None and row.get("is_deleted"))
    return tuple(sorted((*answer.rows, *deleted), key=lambda record: record.id))


def read_around(api: Api, what: Sought, ids: Collection[str]) -> tuple[Observed, ...]:
    """Read what the records with these *ids*, the accounts of opportunities, alone hold of *what*."""
    refers = what.kind.around.refers or "" if what.kind.around else ""
    references = frozenset(Reference(refers, id=id_) for id_ in ids)
    nothing: frozenset[str] = frozenset()
    return read(
        api, replace(what, names=nothing, ids=nothing, keys=nothing, alone=nothing, around=references)
    )


def placed(kind: Kind, found: tuple[Observed, ...], within: Mapping[str, str]) -> tuple[Observed, ...]:
    """Return what was read with what follows from others: the pipelines that steps belong to, by step id."""
    for record in found:
        codec.of(kind).place(record, within)
    return found


def observe(api: Api, what: Sought, within: Mapping[str, str]) -> tuple[Observed, ...]:
    """Read every record that may be one of *what*, by id, with the pipelines by step id.

    Raises:
        RemoteError: Refused, or silent.
    """
    return placed(what.kind, read(api, what), within)
