"""Desired and observed → changes: every decision syncer makes, in one place, without any effect."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from syncer.kinds import codec
from syncer.kinds.custom import api_name, path_of
from syncer.kinds.registry import KINDS, field_at
from syncer.model.change import Absent, Action, Change, RelationWrite, Unchanged, Values
from syncer.model.declared import Existing, Presence
from syncer.model.key import Key
from syncer.model.names import Labels
from syncer.model.observed import Observed
from syncer.model.policy import MatchRule
from syncer.planning import diff, shown
from syncer.planning.match import Matches
from syncer.resolve import Desired

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

    @property
    def matching(self) -> MatchRule:
        """How records are found."""
        return MatchRule(self.key_field, self.match)


def plan(desired: Iterable[Desired], matches: Matches, labels: Labels, rules: Rules) -> tuple[Change, ...]:
    """Decide what would make the space as declared, with the names of what was observed; touch nothing.

    Args:
        desired: The declarations, resolved.
        matches: The record found for each, see `syncer.planning.match`.
        labels: Names for what was observed.
        rules: The project's policy.

    Returns:
        One change for each declaration, sorted by address.
    """
    return shown.named(decide(desired, matches, rules), labels)


def decide(
    desired: Iterable[Desired], matches: Matches, rules: Rules, won: Mapping[str, str] = _NO_STEPS
) -> tuple[Change, ...]:
    """Decide what would make the space as declared; touch nothing.

    Args:
        desired: The declarations, resolved; those that `matches` has problems with are left out.
        matches: The record found for each, see `syncer.planning.match`.
        rules: The project's policy.
        won: The step that means won, by pipeline.

    Returns:
        One change for each declaration, sorted by address; what was observed has no names yet.
    """
    found, rule, changes = matches.found, rules.matching, []
    for entry in desired:
        address = entry.declared.address
        if address not in found:
            continue
        record = found[address]
        if entry.declared.state is Presence.ABSENT:
            changes.append(_absent(entry, record))
        elif record is None:
            beside = matches.beside.get(address)
            key = _plain_key(entry.identity)
            known = beside.known if beside else ()
            changes.append(_created(entry, Absent(key, rule, won.get(key.pipeline or ""), known)))
        else:
            changes.append(_compared(entry, record, rules, matches.rekeyed.get(address)))
    changes.sort(key=lambda change: change.address)
    return tuple(changes)


def _plain_key(identity: Key) -> Key:
    """Return what may not be found: by a key of before it is another's, and an id was looked for in vain."""
    return identity if identity[4:] == _PLAIN[4:] else Key(*identity[:4])


_PLAIN: Final = Key()


def _created(entry: Desired, precondition: Absent) -> Change:
    canon, written = entry.values, entry.human
    empty = {path for path, value in canon.items() if value in (None, {}) or written.get(path) is None}
    if empty:
        canon, written = (
            {path: value for path, value in side.items() if path not in empty} for side in (canon, written)
        )
    notes = ("Created in the last step of its pipeline, which means won.",) if "won" in entry.notes else ()
    return Change(
        entry.declared.address,
        Action.CREATE,
        None,
        entry.declared.span,
        before=None,
        after=Values(canon, written, entry.wire),
        precondition=precondition,
        notes=notes,
    )


def _absent(entry: Desired, record: Observed | None) -> Change:
    declared = entry.declared
    if record is None:
        return Change(declared.address, Action.NOOP, None, declared.span, before=None, after=None)
    return Change(
        declared.address,
        Action.DELETE,
        record.id,
        declared.span,
        before=Values(record.values),
        after=None,
        precondition=Unchanged(record.id, record.modified),
        notes=("Deleted softly: an administrator can restore it.",),
    )


def _compared(entry: Desired, record: Observed, rules: Rules, old_key: str | None) -> Change:
    managed = _managed(entry, record, rules, rekeyed=old_key is not None)
    moved = diff.moved(managed, record.values)
    kind = entry.declared.address.kind
    followers = {
        path: entry.values[path]
        for name in moved
        for path in field_at(name, kind).follows
        if path in entry.values
    }
    if followers:
        # Another pipeline means one of its steps and types.
        moved = tuple(dict.fromkeys([*moved, *diff.moved(followers, record.values)]))
    if not moved:
        return _same(entry, record, managed)
    return _moved(entry, record, managed, moved, rules, old_key)


def _same(entry: Desired, record: Observed, managed: Mapping[str, Any]) -> Change:
    written = entry.human
    if managed is not entry.values:
        written = {path: written.get(path) for path in managed}
    return Change(
        entry.declared.address,
        Action.NOOP,
        record.id,
        entry.declared.span,
        before=Values(record.values, written),
        after=Values(entry.values, written),
    )


def _moved(
    entry: Desired,
    record: Observed,
    managed: Mapping[str, Any],
    moved: tuple[str, ...],
    rules: Rules,
    old_key: str | None,
) -> Change:
    existing = entry.declared.existing or rules.existing
    action, notes = Action.DRIFT, []
    if old_key is not None and rules.key_field is not None:
        notes.append(f'Its key was "{old_key}": the key field gets the new one.')
        key_path = path_of(rules.key_field)
        if existing is Existing.REPORT:
            # The key is ours, so `formerly` has it written under every policy; nothing else goes along.
            left = [api_name(path) or path for path in moved if path != key_path]
            if left:
                notes.append(f"Differs too, and is not written: {', '.join(left)}.")
            moved, existing = (key_path,), Existing.UPDATE
    if existing is Existing.UPDATE:
        if record.archived:
            notes.append(
                "Lost in Pipeliner, hence not editable: reactivate it there before it can be updated."
            )
        else:
            action = Action.UPDATE
            if "won" in entry.notes and "step" in moved:
                notes.append("Moves to the last step of its pipeline, which means won.")
    return Change(
        entry.declared.address,
        action,
        record.id,
        entry.declared.span,
        before=Values(record.values),
        after=Values(entry.values, {path: entry.human.get(path) for path in (*managed, *moved)}, entry.wire),
        sides=dict.fromkeys(moved),
        writes=moved if action is Action.UPDATE else (),
        relations=_relations(entry, record, moved) if action is Action.UPDATE else (),
        precondition=Unchanged(record.id, record.modified),
        notes=tuple(notes),
        rekeyed_from=None if old_key is None else entry.declared.address._replace(key=old_key),
    )


def _managed(entry: Desired, record: Observed, rules: Rules, *, rekeyed: bool) -> Mapping[str, Any]:
    """Return the canonical values that decide: written or defaulted, not ignored.

    The key field is written on create. A record that a person made gets its key with an update, and is no
    drift for the lack of it. Who ignores the pipeline of a record that has moved to another one cannot mean
    the step and the type of the first.
    """
    ignored = entry.declared.ignore | entry.defaulted
    for path in tuple(ignored):
        follows = field_at(path, entry.declared.address.kind).follows
        if follows and record.values.get(path) != entry.values.get(path):
            ignored |= {*follows}
    key_path = path_of(rules.key_field or "")
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


def _relations(entry: Desired, record: Observed, moved: Iterable[str]) -> tuple[RelationWrite, ...]:
    kind = KINDS[entry.declared.address.kind]
    return tuple(
        write
        for path in moved
        if field_at(path, kind.name).link is not None
        for write in codec.of(kind).relation_writes(
            path,
            record.id,
            record.rows.get(path, {}),
            record.values.get(path) or {},
            entry.values[path],
        )
    )
