"""Desired and observed → changes: every decision syncer makes, in one place, without any effect.

Preconditions, which apply checks again for each change before it writes:

- create: `{"absent": true, "identity": {"name", "account", "pipeline", "key", "key_field", "match"},
  "beside": {"closing_date", "value", "won", "known": [ids]}}`; of what has an account, `beside` says what may
  look like it: `known` are those that the plan has told of, or knows to be other ones
- update: `{"id", "modified", "fields": {path: {"before", "after"}}}`, canonical values
- delete: `{"id", "modified", "fields": {path: {"before"}}}`
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from syncer.kinds import codec as convert
from syncer.model.change import Action, Change, FieldChange
from syncer.model.declared import Existing, Presence
from syncer.model.observed import Observed
from syncer.planning import diff
from syncer.planning.match import Matches, referred
from syncer.resolve import Desired, human
from syncer.resolve.directory import Directory

_NO_STEPS: Final[Mapping[str, str]] = {}


@dataclass(frozen=True, slots=True)
class Rules:
    """What the project decides about planning.

    Attributes:
        match: Parts of the natural key.
        key_field: Api name of the field that holds our key.
        existing: What happens to existing records that differ.
        warn_past: Whether a closing date in the past is worth a warning.
    """

    match: tuple[str, ...] = ("name", "account", "pipeline")
    key_field: str | None = None
    existing: Existing = Existing.REPORT
    warn_past: bool = True


class Comparison(NamedTuple):
    """A declaration beside the record it means.

    Attributes:
        entry: The declaration.
        record: The record; None when there is none.
        managed: Paths that decide.
        moved: Paths that differ, with those that must go along; every path of a record that is to go.
        old_key: The key that the record still holds, when it was renamed.
        known: Ids of the records that look like what is to be created.
        won: The step that means won in its pipeline.
    """

    entry: Desired
    record: Observed | None
    managed: Collection[str] = ()
    moved: tuple[str, ...] = ()
    old_key: str | None = None
    known: tuple[str, ...] = ()
    won: str | None = None


def plan(
    desired: Iterable[Desired], matches: Matches, directory: Directory, rules: Rules
) -> tuple[Change, ...]:
    """Decide what would make the space as declared; touch nothing.

    Args:
        desired: The declarations, resolved.
        matches: The record found for each, see `syncer.planning.match`.
        directory: Names for what was observed.
        rules: The project's policy.

    Returns:
        One change for each declaration, sorted by address.
    """
    return decide(compare(desired, matches, rules), directory, rules)


def compare(
    desired: Iterable[Desired], matches: Matches, rules: Rules, won: Mapping[str, str] = _NO_STEPS
) -> list[Comparison]:
    """Lay each declaration beside its record; those that `matches` has problems with are left out.

    Args:
        desired: The declarations, resolved.
        matches: The record found for each, see `syncer.planning.match`.
        rules: The project's policy.
        won: The step that means won, by pipeline.
    """
    found, comparisons = matches.found, []
    for entry in desired:
        address = entry.declared.address
        if address not in found:
            continue
        record = found[address]
        if record is None:
            beside = matches.beside.get(address)
            known = beside.known if beside else ()
            comparisons.append(
                Comparison(entry, None, known=known, won=won.get(entry.identity.pipeline or ""))
            )
        else:
            comparisons.append(_compared(entry, record, rules, matches.rekeyed.get(address)))
    return comparisons


def named(comparisons: Iterable[Comparison]) -> dict[str, set[str]]:
    """Return the ids, by reference kind, of what observed records hold that people will be shown."""
    ids: dict[str, set[str]] = {}
    for comparison in comparisons:
        if comparison.moved and comparison.record is not None:
            values = comparison.record.values
            for path in comparison.moved:
                for kind, id_ in referred(path, values.get(path)):
                    ids.setdefault(kind, set()).add(id_)
    return ids


def decide(comparisons: Iterable[Comparison], directory: Directory, rules: Rules) -> tuple[Change, ...]:
    """Return the change for each comparison, sorted by address, with the names that *directory* knows."""
    changes = [_change(comparison, directory, rules) for comparison in comparisons]
    changes.sort(key=lambda change: change.address)
    return tuple(changes)


def _compared(entry: Desired, record: Observed, rules: Rules, old_key: str | None) -> Comparison:
    if entry.declared.state is Presence.ABSENT:
        return Comparison(entry, record, (), tuple(record.values))
    managed = _managed(entry, record, rules, rekeyed=old_key is not None)
    moved = diff.moved(managed, record.values)
    if "pipeline" in moved:
        # Another pipeline means one of its steps and types.
        followers = {path: entry.values[path] for path in ("step", "type") if path in entry.values}
        moved = tuple(dict.fromkeys([*moved, *diff.moved(followers, record.values)]))
    return Comparison(entry, record, managed.keys(), moved, old_key)


def _change(comparison: Comparison, directory: Directory, rules: Rules) -> Change:
    entry, record, managed, moved, *_ = comparison
    if entry.declared.state is Presence.ABSENT:
        return _absent(entry, record, directory)
    if record is None:
        return _Create(comparison, rules).change()
    if not moved:
        return _NoOp(entry, managed).change(record.id)
    return _moved(comparison, record, directory, rules)


def _base(entry: Desired, action: Action, **parts: Any) -> Change:
    return Change(address=entry.declared.address, action=action, span=entry.declared.span, **parts)


class _Create:
    """A create: all of it follows from the declaration."""

    __slots__ = ("_entry", "_known", "_rules", "_won")

    def __init__(self, comparison: Comparison, rules: Rules) -> None:
        self._entry = comparison.entry
        self._known = comparison.known
        self._won = comparison.won
        self._rules = rules

    def change(self) -> Change:
        entry = self._entry
        notes = (
            ("Created in the last step of its pipeline, which means won.",) if "won" in entry.notes else ()
        )
        return Change.deferred(
            self,
            address=entry.declared.address,
            action=Action.CREATE,
            span=entry.declared.span,
            before=None,
            notes=notes,
        )

    def before(self) -> None:
        return None

    def after(self) -> Mapping[str, Any]:
        return human.nested(self._said())

    def fields(self) -> tuple[FieldChange, ...]:
        return diff.field_changes(None, dict(self._said()))

    def payload(self) -> Mapping[str, Any]:
        return convert.create_payload(_standard(self._entry.values), self._entry.wire)

    def precondition(self) -> Mapping[str, Any]:
        identity, rules, values = self._entry.identity, self._rules, self._entry.values
        found: dict[str, Any] = {
            "absent": True,
            "identity": {
                "name": identity.name,
                "account": identity.account,
                "pipeline": identity.pipeline,
                "key": identity.key,
                "key_field": rules.key_field,
                "match": list(rules.match),
            },
        }
        if identity.account and "account" in rules.match:
            found["beside"] = {
                "closing_date": values.get("closing_date"),
                "value": values.get("value"),
                "won": self._won,
                "known": list(self._known),
            }
        return found

    def _said(self) -> Iterator[tuple[str, Any]]:
        """Yield what is set, by path, as people write it."""
        values = self._entry.values
        for path, value in self._entry.human.items():
            if value is not None and (canonical := values[path]) is not None and canonical != {}:
                yield path, value


class _NoOp:
    """Nothing to do; what is there is as declared."""

    __slots__ = ("_entry", "_managed")

    def __init__(self, entry: Desired, managed: Collection[str]) -> None:
        self._entry = entry
        self._managed = managed

    def change(self, id_: str) -> Change:
        entry = self._entry
        return Change.deferred(
            self,
            address=entry.declared.address,
            action=Action.NOOP,
            id=id_,
            span=entry.declared.span,
            payload=None,
            precondition={},
        )

    def before(self) -> Mapping[str, Any]:
        return self.after()

    def after(self) -> Mapping[str, Any]:
        said = self._entry.human
        return human.nested((path, value) for path in self._managed if (value := said.get(path)) is not None)

    def fields(self) -> tuple[FieldChange, ...]:
        return ()

    def payload(self) -> None:
        return None

    def precondition(self) -> Mapping[str, Any]:
        return {}


def _absent(entry: Desired, record: Observed | None, directory: Directory) -> Change:
    if record is None:
        return _base(entry, Action.NOOP, id=None, before=None, after=None)
    before = {
        path: human.observed(path, value, directory)
        for path, value in record.values.items()
        if value not in (None, {})
    }
    return _base(
        entry,
        Action.DELETE,
        id=record.id,
        before=human.nested(before.items()),
        after=None,
        precondition={
            "id": record.id,
            "modified": record.modified,
            "fields": {path: {"before": value} for path, value in record.values.items()},
        },
        notes=("Deleted softly: an administrator can restore it.",),
    )


def _moved(comparison: Comparison, record: Observed, directory: Directory, rules: Rules) -> Change:
    entry, managed, sent = comparison.entry, comparison.managed, comparison.moved
    existing = entry.declared.existing or rules.existing
    action, notes = Action.DRIFT, []
    if comparison.old_key is not None:
        notes.append(f'Its key was "{comparison.old_key}": the key field gets the new one.')
        key_path = f"fields.{rules.key_field}"
        if existing is Existing.REPORT:
            # The key is ours, so `formerly` has it written under every policy; nothing else goes along.
            left = [path.removeprefix("fields.") for path in sent if path != key_path]
            if left:
                notes.append(f"Differs too, and is not written: {', '.join(left)}.")
            sent, existing = (key_path,), Existing.UPDATE
    after = {path: entry.human.get(path) for path in managed}
    seen: dict[str, Any] = {}
    for path in sent:
        after[path] = entry.human.get(path)
        now = record.values.get(path)
        if path in _LINKS:
            seen[path], after[path] = human.links(
                path, now or {}, entry.values[path], after[path] or (), directory
            )
        else:
            seen[path] = human.observed(path, now, directory)
    before = diff.aligned(seen, after, sent)
    if existing is Existing.UPDATE:
        if record.archived:
            notes.append(
                "Lost in Pipeliner, hence not editable: reactivate it there before it can be updated."
            )
        else:
            action = Action.UPDATE
            if "won" in entry.notes and "step" in sent:
                notes.append("Moves to the last step of its pipeline, which means won.")
    update = action is Action.UPDATE
    return _base(
        entry,
        action,
        id=record.id,
        before=human.nested(item for item in before.items() if item[1] is not None),
        after=human.nested(item for item in after.items() if item[1] is not None),
        fields=diff.field_changes(before, after),
        payload=_update_payload(entry, record, sent) if update else None,
        relations=_relations(entry, record, sent) if update else (),
        precondition={
            "id": record.id,
            "modified": record.modified,
            "fields": {
                path: {"before": record.values.get(path), "after": entry.values[path]} for path in sent
            },
        },
        notes=tuple(notes),
        rekeyed_from=None
        if comparison.old_key is None
        else entry.declared.address._replace(key=comparison.old_key),
    )


def _managed(entry: Desired, record: Observed, rules: Rules, *, rekeyed: bool) -> Mapping[str, Any]:
    """Return the canonical values that decide: written or defaulted, not ignored.

    The key field is written on create. A record that a person made gets its key with an update, and is no
    drift for the lack of it. Who ignores the pipeline of a record that has moved to another one cannot mean
    the step and the type of the first.
    """
    ignored = entry.declared.ignore | entry.defaulted
    if "pipeline" in ignored and record.values.get("pipeline") != entry.values.get("pipeline"):
        ignored |= {"step", "type"}
    key_path = f"fields.{rules.key_field}"
    if rekeyed:
        ignored -= {key_path}
    elif (
        rules.key_field
        and (entry.declared.existing or rules.existing) is Existing.REPORT
        and not record.values.get(key_path)
    ):
        ignored |= {key_path}
    if not ignored:
        return entry.values
    return {path: value for path, value in entry.values.items() if path not in ignored}


def _update_payload(entry: Desired, record: Observed, sent: Sequence[str]) -> dict[str, Any]:
    standard = {path: entry.values[path] for path in _standard(dict.fromkeys(sent)) if path not in _LINKS}
    custom = {
        name: entry.wire[name]
        for path in sent
        if path.startswith("fields.") and (name := path.removeprefix("fields.")) in entry.wire
    }
    return {"id": record.id} | convert.payload(standard, custom)


def _relations(entry: Desired, record: Observed, sent: Sequence[str]) -> Any:
    return tuple(
        write
        for path in sent
        if path in _LINKS
        for write in convert.relation_writes(
            path,
            record.id,
            record.rows.get(path, {}),
            record.values.get(path) or {},
            entry.values[path],
        )
    )


_LINKS: Final = frozenset({"accounts", "contacts"})


def _standard(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return *values* without the custom fields."""
    return {path: value for path, value in values.items() if not path.startswith("fields.")}
