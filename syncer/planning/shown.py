"""Changes → what people are shown of them: names in place of ids, and what differs, field by field."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any, Final

from syncer.kinds.custom import SECTION, path_of
from syncer.kinds.registry import KINDS, field_at
from syncer.model.change import Action, Change, FieldChange, Side, Values
from syncer.model.names import Labels
from syncer.planning import diff, merge
from syncer.resolve.human import nested
from syncer.shapes.rows import rows_of

_NOTHING: Final[Mapping[str, Any]] = {}


def before(change: Change) -> dict[str, Any] | None:
    """Return what was observed as people write it, nested as in a manifest; None when there is no record."""
    return _nested(change.before)


def after(change: Change) -> dict[str, Any] | None:
    """Return what is desired as people write it, nested as in a manifest; None when nothing is."""
    return _nested(change.after)


def _nested(values: Values | None) -> dict[str, Any] | None:
    if values is None:
        return None
    return nested((path, value) for path, value in values.written.items() if value is not None)


def called(kind: str, values: Mapping[str, Any]) -> Values:
    """Return of a record that is none any more, or none of ours, what people know it by."""
    known = {path: values[path] for path in KINDS[kind].called if values.get(path)}
    return Values(known, known)


def flat(whole: Mapping[str, Any]) -> dict[str, Any]:
    """Return nested values by path."""
    found: dict[str, Any] = {}
    for name, value in whole.items():
        if name == SECTION and isinstance(value, Mapping):
            found.update((path_of(inner), each) for inner, each in value.items())
        else:
            found[name] = value
    return found


def written_before(change: Change) -> Mapping[str, Any]:
    """Return what was observed as people write it, by path."""
    return _NOTHING if change.before is None else change.before.written


def written_after(change: Change) -> Mapping[str, Any]:
    """Return what is desired as people write it, by path."""
    return _NOTHING if change.after is None else change.after.written


def fields(change: Change) -> tuple[FieldChange, ...]:
    """Return what differs; for a create everything that is set, for a no-op and a delete nothing."""
    return diff.created(written_after(change)) if change.action is Action.CREATE else change.fields


def ids(changes: Iterable[Change]) -> dict[str, set[str]]:
    """Return the ids, by reference kind, of what people will be shown and no manifest names."""
    found: dict[str, set[str]] = {}
    for change in changes:
        for path in change.observed if change.after is None else change.sides:
            spec = field_at(path, change.address.kind)
            for side in (change.observed, change.base):
                for kind, id_ in spec.shape.ids(side.get(path), spec):
                    found.setdefault(kind, set()).add(id_)
    return found


def named(changes: Iterable[Change], labels: Labels) -> tuple[Change, ...]:
    """Return *changes* with the names of what was observed and agreed.

    Args:
        changes: As decided.
        labels: Knows the names of `ids`.
    """
    return tuple(_named(change, labels) for change in changes)


def _named(change: Change, labels: Labels) -> Change:
    if change.before is None or not (change.sides or change.action is Action.DELETE):
        return change
    if change.after is None:
        observed, kind = change.before.canon, change.address.kind
        seen: dict[str, Any] = {
            path: _shown(kind, path, value, labels)
            for path, value in observed.items()
            if value not in (None, {})
        }
        fields = tuple(
            FieldChange(
                path,
                seen.get(path),
                None,
                _shown(kind, path, change.base[path], labels),
                side,
                written=False,
                conflict=True,
            )
            for path, side in change.sides.items()
        )
        return replace(change, before=change.before._replace(written=seen), fields=fields)
    seen = {}
    written = dict(change.after.written)
    found: list[FieldChange] = []
    for path in change.sides:
        named = _links if field_at(path, change.address.kind).link is not None else _field
        seen[path], written[path], differing = named(change, path, labels)
        found += differing
    return replace(
        change,
        # Spelt alike where it is the same, so that nothing looks changed that is not.
        before=change.before._replace(
            written={path: seen.get(path, value) for path, value in written.items()}
        ),
        after=change.after._replace(written=written),
        fields=tuple(found),
    )


_Sides = tuple[Any, Any, list[FieldChange]]  # before and after as people read them, and what differs


def _field(change: Change, path: str, labels: Labels) -> _Sides:
    kind, declared = change.address.kind, _declared(change).written[path]
    before = _shown(kind, path, change.observed.get(path), labels)
    base = _shown(kind, path, change.base[path], labels) if path in change.base else None
    written = path in change.writes
    if isinstance(before, Mapping) and isinstance(declared, Mapping):
        # Of what was observed only what is declared decides: a loss without a reason asks for none.
        before = {part: value for part, value in before.items() if part in declared}
    shown = (before, declared, base)
    if before == declared:
        shown = _told_apart(change, path, shown)
    found = [
        FieldChange(
            diff.spelled(path, steps, declared),
            *(old, new, diff.at(shown[2], steps), change.sides[path], written, path in change.conflicts),
        )
        for steps, old, new in (diff.leaves(*shown[:2]) if shown[0] != shown[1] else ())
    ]
    return before, declared if written or change.action is not Action.UPDATE else before, found


def _told_apart(change: Change, path: str, shown: tuple[Any, Any, Any]) -> tuple[Any, Any, Any]:
    """Return the three sides of a field with the ids of the records, as two that differ have one name.

    Within another record that moves as well, such as a step in its pipeline, the name alone says which.
    """
    if field_at(path, change.address.kind).within in change.sides:
        return shown
    sides = (change.observed.get(path), _declared(change).canon[path], change.base.get(path))
    if not all(isinstance(side, str) for side in (shown[0], *sides[:2])):
        return shown
    before, after, base = (
        name if id_ is None else f"{name} ({id_})" for name, id_ in zip(shown, sides, strict=True)
    )
    return before, after, base


def _links(change: Change, path: str, labels: Labels) -> _Sides:
    spec, said = field_at(path, change.address.kind), _declared(change)
    observed, desired = change.observed.get(path) or {}, said.canon[path] or {}
    base = change.base.get(path) or {}
    goal = (change.desired[path] or {}) if path in change.writes else observed
    rows = rows_of(spec)
    names = rows.names(spec, desired, said.written[path] or (), (observed, base, goal), labels)
    before, declared, agreed, after = (
        rows.listed(spec, side, desired, names, labels) for side in (observed, desired, base, goal)
    )
    ours, theirs, then, wanted = (
        spec.shape.pieces(side, desired) for side in (desired, observed, base, goal)
    )
    ids = {name: id_ for id_, name in names.items()}
    found = []
    for steps, old, new in diff.leaves(before, declared):
        piece = rows.piece(spec, ids[steps[0]], *steps[1:])
        known = then.get(piece) if path in change.base else merge.NO_BASE
        side = merge.side_of(known, ours.get(piece), theirs.get(piece))
        written = path in change.writes and wanted.get(piece) == ours.get(piece)
        where = diff.spelled(path, steps, declared)
        found.append(FieldChange(where, old, new, diff.at(agreed, steps), side, written))
    if path in change.conflicts:
        both = any(field.moved is Side.BOTH for field in found)
        found = [field._replace(conflict=field.moved is Side.BOTH or not both) for field in found]
    return before, after if change.action is Action.UPDATE else declared, found


def _declared(change: Change) -> Values:
    """Return what the manifests say."""
    assert change.after is not None
    return change.declared or change.after


def _shown(kind: str, path: str, value: Any, labels: Labels) -> Any:
    spec = field_at(path, kind)
    return spec.shape.show(value, spec, labels)
