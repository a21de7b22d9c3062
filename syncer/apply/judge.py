"""A planned change and the record as it is now → what may still be done.

Each change is judged alone: one record that moved does not refuse the plan, and no write is blind.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from typing import Any, Final

from syncer.kinds import codec
from syncer.kinds.base import Kind
from syncer.kinds.custom import api_name
from syncer.kinds.registry import KINDS
from syncer.model.change import Action, Change, Unchanged
from syncer.model.observed import Observed
from syncer.model.policy import MatchRule
from syncer.model.problem import Problem, Severity
from syncer.planning.diff import departed
from syncer.planning.likeness import Neighbours, wanted_of
from syncer.planning.match import Index
from syncer.shapes import canon

_NO_STEPS: Final[Mapping[str, str]] = {}
_BY_NAME: Final = MatchRule(match=("name",))
_NAMED: Final = 3  # look-alikes of one create


class Verdict(StrEnum):
    """What may be done about a change now."""

    WRITE = "write"
    DONE = "done"
    CONFLICT = "conflict"


@dataclass(frozen=True, slots=True)
class Judgement:
    """The verdict, the record it is about, and what to tell."""

    verdict: Verdict
    record: Observed | None = None
    problem: Problem | None = None


class Current:
    """The records that a set of changes is about, as they are now."""

    def __init__(
        self,
        changes: Sequence[Change],
        records: Mapping[str, Sequence[Observed]],
        last: Mapping[str, str] = _NO_STEPS,
    ) -> None:
        """Look at *records*.

        Args:
            changes: What they are about.
            records: As they are now, by kind.
            last: The record that closes what is in it, by the record that it is within.
        """
        self.changes, self.records, self.last = changes, records, last
        self._of = {
            name: _OfKind(
                KINDS[name],
                [change for change in changes if change.address.kind == name],
                records.get(name, ()),
            )
            for name in {*records, *(change.address.kind for change in changes)}
        }
        self.by_id: Mapping[str, Observed] = {
            id_: record for found in self._of.values() for id_, record in found.by_id.items()
        }

    def joined(self, later: "Current") -> "Current":
        """Return both in one; what both know is as it is *later*."""
        if not (self.changes or self.records):
            return later
        changes = {change.address: change for change in (*self.changes, *later.changes)}
        records = {
            kind: tuple(
                {
                    record.id: record for found in (self, later) for record in found.records.get(kind, ())
                }.values()
            )
            for kind in {**self.records, **later.records}
        }
        return Current(tuple(changes.values()), records, later.last)

    def find(self, change: Change) -> list[Observed]:
        """Return the records that *change* means: by id, or by the identity of what it creates."""
        return self._of[change.address.kind].find(change)

    def beside(self, change: Change) -> tuple[Observed, ...]:
        """Return what looks like the create *change*, belongs to no other, and was not known to the plan."""
        absent, of_kind = change.absent, self._of[change.address.kind]
        wanted = wanted_of(of_kind.kind, absent.rule.match, absent.key, change.desired, absent.won)
        if wanted is None:
            return ()
        return tuple(
            record
            for record in of_kind.neighbours.of(wanted, (*absent.known, *of_kind.ours))
            if of_kind.index.key_of(record) not in of_kind.keys
        )

    def closed(self, record: Observed, kind: str) -> str | None:
        """Return how people call it that *record* is closed; None when it is open."""
        return KINDS[kind].closed(record, self.last)

    def namesakes(self, kind: str, name: str) -> list[Observed]:
        """Return the records of *kind* with this name, blanks and case aside."""
        return self._of[kind].by_name.get(loose(name), [])


class _OfKind:
    """The records of one kind, by everything that finds them."""

    def __init__(self, kind: Kind, changes: Sequence[Change], records: Sequence[Observed]) -> None:
        self.kind, self.records = kind, records
        self.by_id = {record.id: record for record in records}
        self._changes = changes
        rule = next((change.absent.rule for change in changes if change.makes), _BY_NAME)
        self.index = Index(kind, records, rule)
        self.keys = {change.address.key for change in changes}

    def find(self, change: Change) -> list[Observed]:
        """Return the records that *change* means."""
        if change.id is None:
            return self.index.find(change.absent.key, change.absent.known)
        record = self.by_id.get(change.id)
        return [record] if record else []

    @cached_property
    def ours(self) -> frozenset[str]:
        """Ids of the records that the changes mean."""
        return frozenset(record.id for change in self._changes for record in self.find(change))

    @cached_property
    def by_name(self) -> Mapping[str, list[Observed]]:
        """The records by name, blanks and case aside."""
        found: dict[str, list[Observed]] = {}
        for record in self.records:
            found.setdefault(loose(self.kind.name_of(record.values)), []).append(record)
        return found

    @cached_property
    def neighbours(self) -> Neighbours:
        """The records by what makes them look alike."""
        return Neighbours(self.kind, self.records)


def loose(name: str | None) -> str:
    """Return *name* without what a server may change about it: case and blanks."""
    return " ".join((name or "").casefold().split())


def noun_of(change: Change) -> str:
    """Return how messages call the record that *change* is about."""
    return KINDS[change.address.kind].noun[0]


def nouns_of(change: Change) -> str:
    """Return how messages call several such records."""
    return KINDS[change.address.kind].noun[1]


def told_apart_by(change: Change) -> tuple[str, ...]:
    """Return what tells the record that *change* is about from others of its name, as messages call it."""
    kind = KINDS[change.address.kind]
    parts = tuple(part for part in kind.identity if kind.natural[part] not in kind.called)
    return (*parts, "e-mail") if kind.alone else parts


def judge(change: Change, current: Current) -> Judgement:
    """Return what may be done about *change* now."""
    found = current.find(change)
    match change.action:
        case Action.CREATE if change.restores:
            return _restore(change, found)
        case Action.CREATE:
            return _create(change, found, current)
        case Action.DELETE:
            return _delete(change, found)
        case _:
            return _update(change, found, current)


def _create(change: Change, found: Sequence[Observed], current: Current) -> Judgement:
    restored = current.by_id.get(change.absent.instead or "")
    if restored is not None:
        return Judgement(
            Verdict.DONE,
            restored,
            _problem(
                change,
                "conflict",
                f"The {noun_of(change)} {restored.id}, which was deleted, is there again; none was created.",
                "plan again to see what is there now",
                Severity.WARNING,
            ),
        )
    if not found:
        return Judgement(Verdict.WRITE)
    if len(found) > 1:
        ids = ", ".join(record.id for record in found)
        return Judgement(
            Verdict.CONFLICT,
            problem=_problem(
                change, "identity-ambiguous", f"{len(found)} such {nouns_of(change)} are there now: {ids}."
            ),
        )
    record = found[0]
    different = differences(change, record)
    if not different:
        return Judgement(Verdict.DONE, record)
    return Judgement(
        Verdict.DONE,
        record,
        _problem(
            change,
            "conflict",
            f"The {noun_of(change)} is there now, with another {_listed(different)}; it was left as it is.",
            "plan again to see the difference",
            Severity.WARNING,
        ),
    )


def _restore(change: Change, found: Sequence[Observed]) -> Judgement:
    """Return what may be done to bring a record back: it, or what is linked to it, may be there again."""
    if not found:
        return Judgement(Verdict.WRITE)
    record = found[0]
    lacks = any(
        set(change.desired.get(path) or ()) - set(record.values.get(path) or ())
        for path in KINDS[change.address.kind].links
    )
    return Judgement(Verdict.WRITE if lacks else Verdict.DONE, record)


def look_alike(change: Change, others: Sequence[Observed], severity: Severity) -> Problem:
    """Return the problem that *others* are there now and look like what *change* creates."""
    told = ", ".join(f'"{record.values.get("name")}" ({record.id})' for record in others[:_NAMED])
    more = f" and {len(others) - _NAMED} more" if len(others) > _NAMED else ""
    return _problem(
        change,
        "look-alike",
        f"Since the plan was made, there is {told}{more}.",
        f"plan again, and adopt it: id: {others[0].id}\nor say that it is another one:\n"
        f"lifecycle: {{distinct_from: [{', '.join(record.id for record in others)}]}}",
        severity,
    )


def _delete(change: Change, found: Sequence[Observed]) -> Judgement:
    if not found:
        return Judgement(Verdict.DONE)
    record = found[0]
    if different := departed(change.observed, record.values):
        return Judgement(Verdict.CONFLICT, record, _conflict(change, different))
    return Judgement(Verdict.WRITE, record)


def _update(change: Change, found: Sequence[Observed], current: Current) -> Judgement:
    if not found:
        return Judgement(
            Verdict.CONFLICT,
            problem=_problem(
                change,
                "gone",
                f"The {noun_of(change)} {change.id} is no longer there.",
                "plan again to see what became of it",
            ),
        )
    record = found[0]
    before, after = change.observed, change.desired
    if all(canon.same(after[path], record.values.get(path)) for path in change.writes):
        return Judgement(Verdict.DONE, record)
    kind = KINDS[change.address.kind]
    different = [
        path
        for path in change.writes
        if not _between(path in kind.links, before.get(path), after[path], record.values.get(path))
    ]
    if different:
        return Judgement(Verdict.CONFLICT, record, _conflict(change, different))
    if (closed := _closed(change, record, current)) is not None:
        detail = f"The {noun_of(change)} is {closed} since the plan was made; nothing of it was written."
        hint = "plan again to see what is there now"
        return Judgement(Verdict.CONFLICT, record, _problem(change, "conflict", detail, hint))
    return Judgement(Verdict.WRITE, record)


def _closed(change: Change, record: Observed, current: Current) -> str | None:
    """Return how people call it that *record* was closed by somebody else; None when it may be written."""
    kind = KINDS[change.address.kind]
    closed = current.closed(record, kind.name)
    if closed is None or kind.closing is None:
        return closed
    if isinstance(change.precondition, Unchanged) and change.precondition.reopens:
        return None
    # What this very change has written in part closes it itself.
    path = kind.lost if record.archived else kind.closing.field
    ours = path in change.writes and canon.same(change.desired[path], record.values.get(path))
    return None if ours else closed


def _between(linked: bool, before: Any, after: Any, now: Any) -> bool:
    """Tell whether *now* is what was planned on or what was planned for, link by link.

    Part of the links may be written already, by an apply that was stopped half-way.
    """
    if canon.same(before, now) or canon.same(now, before) or canon.same(after, now):
        return True
    if not linked or not isinstance(now, Mapping):
        return False
    sides = (before or {}, after or {})
    if not all(isinstance(side, Mapping) for side in sides):
        return False
    return all(
        any(_link_same(side.get(id_), now.get(id_)) for side in sides) for id_ in {*now, *sides[0], *sides[1]}
    )


def _link_same(wanted: Mapping[str, Any] | None, now: Mapping[str, Any] | None) -> bool:
    if wanted is None or now is None:
        return wanted is now
    # Which link is primary moves with the other links, so it alone is no sign of somebody else's hand.
    return all(now.get(aspect) == value for aspect, value in wanted.items() if aspect != "primary")


def differences(change: Change, record: Observed) -> list[str]:
    """Return the fields that *change* sends and *record* does not hold."""
    sent = codec.sent(change).items()
    return [path for path, value in sent if not canon.same(value, record.values.get(path))]


def _conflict(change: Change, different: Sequence[str]) -> Problem:
    return _problem(
        change,
        "conflict",
        f"Somebody changed {_listed(different)} after the plan was made; "
        f"the {noun_of(change)} was left alone.",
        "plan again to see what is there now",
    )


def _listed(paths: Sequence[str]) -> str:
    return ", ".join(api_name(path) or path for path in paths)


def _problem(
    change: Change, code: str, detail: str, hint: str = "", severity: Severity = Severity.ERROR
) -> Problem:
    return Problem(code, detail, change.span, hint=hint, address=change.address, severity=severity)
