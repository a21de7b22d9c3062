"""Desired and observed → changes: every decision syncer makes, in one place, without any effect."""

from collections.abc import Iterable, Mapping
from typing import Final, NamedTuple

from syncer.kinds import codec
from syncer.kinds.custom import api_name, path_of
from syncer.kinds.registry import KINDS
from syncer.model.address import Address
from syncer.model.change import Absent, Action, Change, Side, Unchanged, Values
from syncer.model.declared import Closed, Owner, Presence
from syncer.model.key import Key
from syncer.model.names import Labels
from syncer.model.observed import Observed
from syncer.model.words import listed
from syncer.planning import shown
from syncer.planning.compare import Comparison, compare
from syncer.planning.match import Matches, Missing
from syncer.planning.merge import Fate
from syncer.planning.rules import Rules
from syncer.resolve import Desired
from syncer.state.values import LedgerRow

_NO_STEPS: Final[Mapping[str, str]] = {}
_ARCHIVED: Final = ", hence not editable: reactivate it there before it can be updated."
_CLOSED: Final = (
    ": nothing of it is written unless `closed: reopen` says so, under `policy` in syncer.yaml or under "
    "`lifecycle` of the entry."
)
_LOST: Final = (
    ": nothing of it is written unless the entry says `lost:`, and `closed: reopen` that it may be written; "
    "`syncer pull` takes the loss over."
)
_REWRITTEN: Final = ": the key field gets the new one."


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
    found, changes = matches.found, []
    rows = {row.id: row for row in ledger}
    for entry in desired:
        address = entry.declared.address
        if address not in found:
            continue
        record = found[address]
        if entry.declared.state is Presence.ABSENT:
            changes.append(_absent(entry, record))
        elif (missing := matches.missing.get(address)) is not None and not missing.again:
            changes.append(_missing(entry, missing, matches.rekeyed.get(address)))
        elif record is None:
            beside = matches.beside.get(address)
            key = _plain_key(entry.identity)
            known = beside.known if beside else ()
            instead = None if missing is None else missing.id
            kind = KINDS[address.kind]
            closing = kind.closing_of(entry.values, won)
            absent = Absent(key, kind.found_by(rules.matching), closing, known, instead)
            changes.append(_created(entry, absent, matches.rekeyed.get(address)))
        else:
            entry = _unsaid(entry, record)  # noqa: PLW2901 (what it implies of this record)
            found_ = compare(entry, record, rules, rows.get(record.id), rekeyed=address in matches.rekeyed)
            closed = KINDS[address.kind].closed(record, won)
            changes.append(
                _compared(_Pair(entry, record, rules, matches.rekeyed.get(address), closed), found_)
            )
    changes.sort(key=lambda change: change.address)
    return tuple(changes)


def _plain_key(identity: Key) -> Key:
    """Return what may not be found: by a key of before it is another's, and an id was looked for in vain."""
    return identity if identity[3:] == _PLAIN[3:] else Key(*identity[:3])


_PLAIN: Final = Key()


def _created(entry: Desired, precondition: Absent, old_key: str | None) -> Change:
    canon, written = entry.values, entry.human
    empty = {path for path, value in canon.items() if value in (None, {}) or written.get(path) is None}
    if empty:
        canon, written = (
            {path: value for path, value in side.items() if path not in empty} for side in (canon, written)
        )
    notes = ["Created in the last step of its pipeline, which means won."] if "won" in entry.notes else []
    if precondition.instead is not None:
        notes.append(f"Deleted in Pipeliner ({precondition.instead}), and is created again (gone: recreate).")
    return Change(
        entry.declared.address,
        Action.CREATE,
        None,
        entry.declared.span,
        before=None,
        after=Values(canon, written, entry.wire),
        # What shall be empty is no part of a body, and agreed all the same.
        remember={path: entry.values[path] for path in entry.values if path in empty},
        precondition=precondition,
        notes=tuple(notes),
        rekeyed_from=_former(entry, old_key),
    )


def _missing(entry: Desired, missing: Missing, old_key: str | None) -> Change:
    address = entry.declared.address
    deleted = missing.deleted
    if deleted is not None and entry.identity.id:
        note = (
            f"Deleted in Pipeliner ({missing.id}), and left so: take the entry out of the manifest; or take "
            "out its id, and it is created anew."
        )
    elif deleted is not None:
        note = (
            f"Deleted in Pipeliner ({missing.id}), and left so: take the entry out of the manifest; or say "
            "`gone: recreate` under `policy` in syncer.yaml, and it is created again."
        )
    else:
        note = (
            f"Not visible in Pipeliner any more ({missing.id}): deleted for good, or not for this user. It "
            "is never created again: take the entry out of the manifest; or say that it is another one, "
            f"with `syncer state forget {address}`."
        )
    return Change(
        address,
        Action.GONE,
        missing.id,
        entry.declared.span,
        before=None if deleted is None else shown.called(address.kind, deleted.values),
        after=Values(entry.values, entry.human),
        notes=(note,),
        rekeyed_from=_former(entry, old_key),
    )


def _former(entry: Desired, old_key: str | None) -> Address | None:
    return None if old_key is None else entry.declared.address._replace(key=old_key)


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


def _unsaid(entry: Desired, record: Observed) -> Desired:
    """Return *entry* with what it implies: a record of which nobody says that it is lost is to be open.

    What is implied alone is shown and can be pulled, and is never written.
    """
    lost = KINDS[entry.declared.address.kind].lost
    if lost is None or not record.archived or lost in entry.values or lost not in record.values:
        return entry
    return entry._replace(values={**entry.values, lost: None}, human={**entry.human, lost: False})


class _Pair(NamedTuple):
    """A declaration and its record.

    Attributes:
        entry: The declaration.
        record: Its record.
        rules: The project's policy.
        old_key: The key that the record had until now.
        closed: How people call it that the record is closed.
    """

    entry: Desired
    record: Observed
    rules: Rules
    old_key: str | None
    closed: str | None

    @property
    def is_written(self) -> bool:
        """Whether a closed record may be written: an archived one only where the entry says what it is."""
        return self.reopens and (not self.record.archived or self._lost in self.entry.declared.values)

    @property
    def why(self) -> str:
        """Why it may not be, as it follows how it is closed."""
        if not self.record.archived or self._lost in self.entry.declared.values:
            return _CLOSED
        return _ARCHIVED if self._lost is None else _LOST

    @property
    def _lost(self) -> str | None:
        return KINDS[self.entry.declared.address.kind].lost

    @property
    def reopens(self) -> bool:
        """Whether the record is written though it is closed.

        So it is, too, where the declaration closes it itself and an apply that did not end in order may have
        written only a part of that.
        """
        declared = self.entry.declared
        if (declared.closed or self.rules.closed) is Closed.REOPEN:
            return True
        closing = KINDS[declared.address.kind].closing
        return (
            closing is not None
            and closing.field is not None
            and str(declared.address) in self.rules.unsettled
            and self.entry.values.get(closing.field) == self.record.values.get(closing.field)
        )


def _compared(pair: _Pair, found: Comparison) -> Change:
    return _differing(pair, found) if found.merged else _same(pair, found)


def _same(pair: _Pair, found: Comparison) -> Change:
    entry, record, old_key = pair.entry, pair.record, pair.old_key
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
        notes=() if old_key is None else (f'Its key was "{old_key}".',),
        rekeyed_from=_former(entry, old_key),
    )


def _differing(pair: _Pair, found: Comparison) -> Change:
    entry, record, rules, old_key, closed = pair
    sides = {path: merged.side for path, merged in found.merged.items()}
    conflicts, writes, goals = found.having(Fate.CONFLICT), found.having(Fate.WRITE), found.goals
    action = Action.CONFLICT if conflicts else Action.UPDATE if writes else Action.DRIFT
    notes = []
    if closed is not None and action is not Action.DRIFT and not pair.is_written:
        action = Action.DRIFT
        notes.append(f"{closed.capitalize()} in Pipeliner{pair.why}")
    key_path = path_of(rules.key_field or "")
    if old_key is not None:
        rewritten = action is Action.UPDATE and key_path in writes
        notes.insert(0, f'Its key was "{old_key}"{_REWRITTEN if rewritten else "."}')
    if action is not Action.UPDATE:
        writes = ()
    else:
        if key_path in entry.values and key_path not in found.managed:
            # A record that a person made: nothing is written for the key alone.
            sides[key_path], goals[key_path], writes = None, entry.values[key_path], (*writes, key_path)
        if "won" in entry.notes and "step" in writes:
            notes.append("Moves to the last step of its pipeline, which means won.")
    notes += _sided(entry, rules, found)
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
        relations=codec.of(KINDS[entry.declared.address.kind]).relations(record, wanted, writes),
        precondition=Unchanged(record.id, record.modified, reopens=closed is not None and pair.reopens),
        notes=tuple(notes),
        rekeyed_from=_former(entry, old_key),
    )


def _sided(entry: Desired, rules: Rules, found: Comparison) -> Iterable[str]:
    """Yield which of what differs is decided by somebody's word, and not by who moved it."""
    declared = entry.declared
    taken = {path: rules.taken(declared.address, path) for path in found.merged}
    owned = [path for path in found.merged if taken[path] is None and declared.own.get(path) is Owner.CRM]
    for said, paths in (
        ("Taken from git, by --take", [path for path, side in taken.items() if side is Side.GIT]),
        ("Left to the CRM, by --take", [path for path, side in taken.items() if side is Side.CRM]),
        ("Left to the CRM, by `own`, for `syncer pull` to take over", owned),
    ):
        if paths:
            yield f"{said}: {listed([api_name(path) or path for path in paths])}."
