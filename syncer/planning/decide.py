"""Desired and observed → changes: every decision syncer makes, in one place, without any effect."""

from collections.abc import Iterable, Mapping
from typing import Any, Final

from syncer.kinds import codec
from syncer.kinds.custom import path_of
from syncer.kinds.registry import KINDS, field_at
from syncer.model.change import Absent, Action, Change, RelationWrite, Unchanged, Values
from syncer.model.declared import Presence
from syncer.model.key import Key
from syncer.model.names import Labels
from syncer.model.observed import Observed
from syncer.planning import shown
from syncer.planning.compare import Comparison, compare
from syncer.planning.match import Matches
from syncer.planning.merge import Fate
from syncer.planning.rules import Rules
from syncer.resolve import Desired
from syncer.state.values import LedgerRow

_NO_STEPS: Final[Mapping[str, str]] = {}


def plan(
    desired: Iterable[Desired],
    matches: Matches,
    labels: Labels,
    rules: Rules,
    ledger: Iterable[LedgerRow] = (),
) -> tuple[Change, ...]:
    """Decide what would make the space as declared, with the names of what was observed; touch nothing.

    Args:
        desired: The declarations, resolved.
        matches: The record found for each, see `syncer.planning.match`.
        labels: Names for what was observed.
        rules: The project's policy.
        ledger: What is remembered of the project's records.

    Returns:
        One change for each declaration, sorted by address.
    """
    return shown.named(decide(desired, matches, rules, ledger=ledger), labels)


def decide(
    desired: Iterable[Desired],
    matches: Matches,
    rules: Rules,
    won: Mapping[str, str] = _NO_STEPS,
    ledger: Iterable[LedgerRow] = (),
) -> tuple[Change, ...]:
    """Decide what would make the space as declared; touch nothing.

    Args:
        desired: The declarations, resolved; those that `matches` has problems with are left out.
        matches: The record found for each, see `syncer.planning.match`.
        rules: The project's policy.
        won: The step that means won, by pipeline.
        ledger: What is remembered of the project's records.

    Returns:
        One change for each declaration, sorted by address; what was observed has no names yet.
    """
    found, rule, changes = matches.found, rules.matching, []
    rows = {row.id: row for row in ledger}
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
            row = rows.get(record.id)
            changes.append(_compared(entry, record, rules, matches.rekeyed.get(address), row))
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


def _compared(
    entry: Desired, record: Observed, rules: Rules, old_key: str | None, row: LedgerRow | None
) -> Change:
    found = compare(entry, record, rules, row, rekeyed=old_key is not None)
    return _differing(entry, record, rules, old_key, found) if found.merged else _same(entry, record, found)


def _same(entry: Desired, record: Observed, found: Comparison) -> Change:
    written = entry.human
    if found.managed is not entry.values:
        written = {path: written.get(path) for path in found.managed}
    return Change(
        entry.declared.address,
        Action.NOOP,
        record.id,
        entry.declared.span,
        before=Values(record.values, written),
        after=Values(entry.values, written),
        remember=found.remember,
        undecided=found.undecided,
    )


def _differing(
    entry: Desired, record: Observed, rules: Rules, old_key: str | None, found: Comparison
) -> Change:
    sides = {path: merged.side for path, merged in found.merged.items()}
    conflicts, writes, goals = found.having(Fate.CONFLICT), found.having(Fate.WRITE), found.goals
    action = Action.CONFLICT if conflicts else Action.UPDATE if writes else Action.DRIFT
    notes = []
    if old_key is not None:
        notes.append(f'Its key was "{old_key}": the key field gets the new one.')
    if record.archived and action is not Action.DRIFT:
        action = Action.DRIFT
        notes.append("Lost in Pipeliner, hence not editable: reactivate it there before it can be updated.")
    if action is not Action.UPDATE:
        writes = ()
    else:
        key_path = path_of(rules.key_field or "")
        if key_path in entry.values and key_path not in found.managed:
            # A record that a person made: nothing is written for the key alone.
            sides[key_path], goals[key_path], writes = None, entry.values[key_path], (*writes, key_path)
        if "won" in entry.notes and "step" in writes:
            notes.append("Moves to the last step of its pipeline, which means won.")
    declared = Values(
        entry.values, {path: entry.human.get(path) for path in (*found.managed, *sides)}, entry.wire
    )
    wanted = entry.values
    if action is Action.UPDATE and (other := {p: g for p, g in goals.items() if g != entry.values[p]}):
        wanted = {**entry.values, **other}
    return Change(
        entry.declared.address,
        action,
        record.id,
        entry.declared.span,
        before=Values(record.values),
        after=declared._replace(canon=wanted),
        sides=sides,
        writes=writes,
        conflicts=conflicts if action is Action.CONFLICT else (),
        base=found.base,
        declared=declared,
        pulls={
            path: merged.pulled
            for path, merged in found.merged.items()
            if path not in conflicts and merged.pulled != entry.values[path]
        },
        remember=found.remember,
        undecided=found.undecided,
        relations=_relations(entry, record, wanted, writes),
        precondition=Unchanged(record.id, record.modified),
        notes=tuple(notes),
        rekeyed_from=None if old_key is None else entry.declared.address._replace(key=old_key),
    )


def _relations(
    entry: Desired, record: Observed, wanted: Mapping[str, Any], writes: Iterable[str]
) -> tuple[RelationWrite, ...]:
    kind = KINDS[entry.declared.address.kind]
    return tuple(
        write
        for path in writes
        if field_at(path, kind.name).link is not None
        for write in codec.of(kind).relation_writes(
            path,
            record.id,
            record.rows.get(path, {}),
            record.values.get(path) or {},
            wanted[path],
        )
    )
