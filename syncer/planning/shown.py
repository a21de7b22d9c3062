"""Changes → what people are shown of them: names in place of ids, and what differs, field by field."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any, Final

from syncer.kinds.custom import SECTION, path_of
from syncer.kinds.registry import field_at
from syncer.model.change import DIFFERS, Action, Change, FieldChange, Side, Values
from syncer.model.names import Labels
from syncer.planning import diff
from syncer.resolve.human import nested
from syncer.shapes import links

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
    if change.action is Action.CREATE:
        return tuple(
            field._replace(moved=Side.GIT) for field in diff.field_changes(None, written_after(change))
        )
    if change.action in DIFFERS:
        return tuple(
            field._replace(moved=change.sides[path], written=path in change.writes)
            for field in diff.field_changes(written_before(change), written_after(change))
            for path in change.sides
            if field.path == path or field.path.startswith((f"{path}.", f"{path}["))
        )
    return ()


def ids(changes: Iterable[Change]) -> dict[str, set[str]]:
    """Return the ids, by reference kind, of what observed records hold that people will be shown."""
    found: dict[str, set[str]] = {}
    for change in changes:
        for path in change.observed if change.action is Action.DELETE else change.sides:
            spec = field_at(path, change.address.kind)
            for kind, id_ in spec.shape.ids(change.observed.get(path), spec):
                found.setdefault(kind, set()).add(id_)
    return found


def named(changes: Iterable[Change], labels: Labels) -> tuple[Change, ...]:
    """Return *changes* with the names of what was observed.

    Args:
        changes: As decided.
        labels: Knows the names of `ids`.
    """
    return tuple(
        _named(change, labels) if change.sides or change.action is Action.DELETE else change
        for change in changes
    )


def _named(change: Change, labels: Labels) -> Change:
    assert change.before is not None
    observed, kind = change.before.canon, change.address.kind
    if change.after is None:
        seen = {
            path: _shown(kind, path, value, labels)
            for path, value in observed.items()
            if value not in (None, {})
        }
        return replace(change, before=change.before._replace(written=seen))
    written = dict(change.after.written)
    seen = {}
    for path in change.sides:
        spec = field_at(path, kind)
        now = observed.get(path)
        if spec.link is not None:
            wanted = change.after.canon[path]
            seen[path], written[path] = links.pair(spec, now or {}, wanted, written[path] or (), labels)
        else:
            seen[path] = _shown(kind, path, now, labels)
    return replace(
        change,
        before=change.before._replace(written=diff.aligned(seen, written, change.differs)),
        after=change.after._replace(written=written),
    )


def _shown(kind: str, path: str, value: Any, labels: Labels) -> Any:
    spec = field_at(path, kind)
    return spec.shape.show(value, spec, labels)
