"""One declaration beside its record → what differs of it, who moved it, and what is agreed."""

from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from syncer.kinds.custom import path_of
from syncer.kinds.registry import field_at
from syncer.model.change import Side
from syncer.model.declared import Existing, Owner
from syncer.model.observed import Observed
from syncer.planning.merge import NO_BASE, Base, Fate, Merged, agreed, merge
from syncer.planning.rules import Rules
from syncer.resolve import Desired
from syncer.shapes import canon
from syncer.shapes.base import Field
from syncer.shapes.lost import LOST
from syncer.state.faults import damaged
from syncer.state.values import LedgerRow

_NOTHING: Final[Mapping[str, Any]] = {}


class Comparison(NamedTuple):
    """A declaration beside its record.

    Attributes:
        managed: The desired values that decide.
        merged: What differs, by path.
        base: What was last agreed, by path.
        remember: What is agreed now and was not remembered, by path.
        undecided: What is left and was never agreed; None when it is remembered as that.
    """

    managed: Mapping[str, Any]
    merged: Mapping[str, Merged]
    base: Mapping[str, Any]
    remember: Mapping[str, Any]
    undecided: tuple[str, ...] | None

    @property
    def goals(self) -> dict[str, Any]:
        """What the CRM shall hold of what differs."""
        return {path: merged.goal for path, merged in self.merged.items()}

    def having(self, fate: Fate) -> tuple[str, ...]:
        """Return the paths of which a part has *fate*."""
        return tuple(path for path, merged in self.merged.items() if merged.has(fate))


def compare(
    entry: Desired, record: Observed, rules: Rules, row: LedgerRow | None, *, rekeyed: bool = False
) -> Comparison:
    """Compare *entry* with its *record*, and with what was agreed.

    Args:
        entry: The declaration.
        record: The one it means.
        rules: The project's policy.
        row: What is remembered of the record; None when nothing is.
        rekeyed: The record still holds the former key, which the present one replaces whatever the policy.

    Raises:
        StateError: What is remembered is not as we write it.
    """
    kind, observed = entry.declared.address.kind, record.values
    values = _NOTHING if row is None else row.values
    # Of a key that was renamed everything that is agreed is remembered anew.
    memory = values if row is not None and row.address == str(entry.declared.address) else _NOTHING
    managed = _managed(entry, record, rules, rekeyed=rekeyed)
    merged: dict[str, Merged] = {}
    base: dict[str, Any] = {}
    remember: dict[str, Any] = {}
    for path, value in managed.items():
        now = observed.get(path)
        alike = now == value or canon.same(value, now)
        if alike and memory.get(path, NO_BASE) == now:
            continue
        spec = field_at(path, kind)
        before = _base(row, path, spec, now)
        new = agreed(spec, before, value, now)
        if new is not NO_BASE and (new != before or (alike and memory is not values)):
            remember[path] = new
        if alike:
            continue
        if before is not NO_BASE:
            base[path] = before
        rule = Side.GIT if rekeyed and path == path_of(rules.key_field or "") else rules.of(entry, path)
        merged[path] = merge(spec, before, value, now, rule)
    _follow(entry, record, merged)
    left = tuple(sorted(p for p, m in merged.items() if m.side is None and not m.has(Fate.WRITE)))
    undecided = None if left == (() if row is None else row.undecided) else left
    return Comparison(managed, merged, base, remember, undecided)


def _base(row: LedgerRow | None, path: str, spec: Field, now: Any) -> Base:
    """Return what was agreed of a field.

    Of a record that is known, a field that is empty and that nothing declared until now counts as agreed to
    be empty: what the manifests say of it is new, and there is nothing that it could overwrite.
    """
    if row is None:
        return NO_BASE
    if path in row.values:
        if not spec.shape.holds(row.values[path]):
            raise damaged(f"{row.address} in the ledger", None, f"its {path} is no {spec.shape.name}")
        return row.values[path]
    if path in row.undecided:
        return NO_BASE
    # Of what can be lost, nothing is agreed but while it is open.
    return now if canon.is_empty(now) else None if spec.shape is LOST else NO_BASE


def _follow(entry: Desired, record: Observed, merged: dict[str, Merged]) -> None:
    """Let fields go along with the one they follow: another pipeline means one of its steps and types."""
    kind, observed = entry.declared.address.kind, record.values
    for path in tuple(merged):
        written = merged[path].has(Fate.WRITE)
        for name in field_at(path, kind).follows:
            value, now = entry.values.get(name), observed.get(name)
            if name not in entry.values or canon.same(value, now):
                continue
            known = merged.get(name)
            if written and (known is None or not known.has(Fate.CONFLICT)):
                whole = merge(field_at(name, kind), NO_BASE, value, now, Side.GIT)
                merged[name] = _as_moved(whole, merged[path].side if known is None else known.side)
            elif not written and known is not None and known.has(Fate.WRITE):
                merged[name] = _as_moved(
                    merge(field_at(name, kind), NO_BASE, value, now, Existing.REPORT), known.side
                )


def _as_moved(merged: Merged, side: Side | None) -> Merged:
    return merged._replace(parts={piece: part._replace(side=side) for piece, part in merged.parts.items()})


def _managed(entry: Desired, record: Observed, rules: Rules, *, rekeyed: bool) -> Mapping[str, Any]:
    """Return the canonical values that decide: written or defaulted, and compared.

    The key field is written on create. A record that a person made gets its key when it is written anyway,
    and is no drift for the lack of it. Who leaves the pipeline of a record that has moved to another one
    cannot mean the step and the type of the first.
    """
    kind, values = entry.declared.address.kind, entry.values
    left = set(entry.defaulted)
    for path, owner in entry.declared.own.items():
        if owner is Owner.ONCE or (owner is Owner.IF_EMPTY and not canon.is_empty(record.values.get(path))):
            left.add(path)
    for path in tuple(left):
        follows = field_at(path, kind).follows
        if follows and record.values.get(path) != values.get(path):
            left.update(follows)
    key_path = path_of(rules.key_field or "")
    if rekeyed:
        left.discard(key_path)
    elif (
        rules.key_field
        and (entry.declared.existing or rules.existing) is not Existing.UPDATE
        and not record.values.get(key_path)
    ):
        left.add(key_path)
    if not left:
        return values
    return {path: value for path, value in values.items() if path not in left}
