"""What a run did → the changes that take it back, each only where the record is as the run left it."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final, NamedTuple

from syncer.kinds import codec
from syncer.kinds.base import Kind
from syncer.kinds.custom import api_name
from syncer.kinds.registry import KINDS, field_at
from syncer.model.address import Address
from syncer.model.change import Action, Change, Deleted, Side, Unchanged, Values
from syncer.model.names import Labels
from syncer.model.observed import Observed
from syncer.model.outcome import WROTE, Outcome
from syncer.model.span import Span
from syncer.planning import diff
from syncer.shapes import canon
from syncer.shapes.base import Field
from syncer.state.values import RunChange

_GONE: Final = "The record is not there any more, so nothing of it can be taken back."


class Space(NamedTuple):
    """What is known of the space.

    Attributes:
        records: The records of the run as they are now, by id; deleted ones, too.
        labels: What people call what values refer to.
        last: The step that means won, by pipeline.
        typed: Returns a custom field by its kind and path, with its type; None when there is no such field.
        spans: Where what is declared is declared.
        base_currency: Id of the base currency.
        later: Returns what runs have done since to the record with an id, newest first: run and change.
    """

    records: Mapping[str, Observed]
    labels: Labels
    last: Mapping[str, str]
    typed: Callable[[str, str], Field | None]
    spans: Mapping[Address, Span]
    base_currency: str | None = None
    later: Callable[[str], Iterable[tuple[str, RunChange]]] = lambda _: ()


def undo(done: Iterable[RunChange], space: Space) -> tuple[Change, ...]:
    """Return the changes that take back what a run has written, sorted by address.

    Args:
        done: What the run did.
        space: What is there now.
    """
    changes = [_back(change, space) for change in done if change.outcome in WROTE]
    return tuple(sorted(changes, key=lambda change: change.address))


def ids(done: Iterable[RunChange]) -> Iterable[tuple[str, str, Any]]:
    """Yield kind, path and canonical value of all that may be shown."""
    for change in done:
        kind = Address.parse(change.address).kind
        for side in (change.before, change.after):
            yield from ((kind, path, value) for path, value in (side or {}).items())


def _back(change: RunChange, space: Space) -> Change:
    record = space.records.get(change.id or "")
    match change.outcome:
        case Outcome.CREATED:
            return _created(change, record, space)
        case Outcome.DELETED:
            return _deleted(change, record, space)
        case _:
            return _updated(change, record, space)


def _created(change: RunChange, record: Observed | None, space: Space) -> Change:
    """Return the delete of what was made."""
    if record is None or record.deleted:
        return _nothing(change, space, "It is not there any more.")
    left = change.after or {}
    seen = {path: record.values.get(path) for path in left}
    if moved := dict.fromkeys(diff.departed(left, seen), Side.BOTH):
        note = f"{_since(change, seen, moved, space)} after that run; it is not deleted."
        shown = Values(seen, _written(seen, change, space))
        return _conflict(change, space, note, before=shown, sides=moved, base={p: left[p] for p in moved})
    return _made(
        change,
        Action.DELETE,
        space,
        before=Values(seen, _written(seen, change, space)),
        precondition=Unchanged(record.id, record.modified),
        notes=("Deleted softly: an administrator can restore it.",),
    )


def _deleted(change: RunChange, record: Observed | None, space: Space) -> Change:
    """Return what brings back what was deleted."""
    if record is None:
        return _conflict(change, space, "It cannot be seen, not even deleted, so it cannot be brought back.")
    if not record.deleted:
        return _nothing(change, space, "It is there again.")
    if not KINDS[Address.parse(change.address).kind].restorable:
        return _conflict(change, space, "The API cannot bring back records of its kind.")
    values = {path: value for path, value in (change.before or {}).items() if value not in (None, {})}
    return _made(
        change,
        Action.CREATE,
        space,
        after=Values(values, _written(values, change, space)),
        precondition=Deleted(record.id),
        notes=("Brought back from the deleted records, with its id; links that it lacks then are added.",),
    )


def _updated(change: RunChange, record: Observed | None, space: Space) -> Change:
    """Return the update to the values before."""
    if record is None or record.deleted:
        return _conflict(change, space, _GONE)
    left, goal = change.after or {}, {p: _wanted(v, space) for p, v in (change.before or {}).items()}
    seen = {path: record.values.get(path) for path in goal}
    paths = tuple(path for path in goal if not canon.same(goal[path], seen[path]))
    if not paths:
        return _nothing(change, space, "It holds the values from before the run already.")
    kind = KINDS[Address.parse(change.address).kind]
    before = Values(seen, _written(seen, change, space))
    after = Values(goal, _written(goal, change, space), _wire(kind, goal, paths, space))
    moved = diff.departed({path: left.get(path) for path in paths}, seen)
    closing, closed = kind.closing, kind.closed(record, space.last)
    reopens = closing is not None and (kind.lost if record.archived else closing.field) in paths
    if moved or (closed is not None and not reopens):
        note = (
            f"{_since(change, seen, moved, space)} after that run; nothing of it is taken back."
            if moved
            else f"It is {closed} in the CRM, and the run did not do that; nothing of it is taken back."
        )
        sides = {path: Side.BOTH if path in moved else None for path in paths}
        base = {path: left.get(path) for path in paths}
        return _conflict(change, space, note, before=before, after=after, sides=sides, base=base)
    return _made(
        change,
        Action.UPDATE,
        space,
        before=before,
        after=after,
        sides=dict.fromkeys(paths),
        writes=paths,
        base={path: left.get(path) for path in paths},
        relations=codec.of(kind).relations(record, goal, paths),
        precondition=Unchanged(record.id, record.modified, reopens=reopens),
    )


def _since(change: RunChange, seen: Mapping[str, Any], moved: Iterable[str], space: Space) -> str:
    """Return who has changed a record since, as the beginning of a sentence: a later run, or somebody."""
    paths = frozenset(moved)
    for run, each in space.later(change.id or ""):
        after = each.after or {}
        if any(path in after and canon.same(after[path], seen[path]) for path in paths):
            return f"Run {run} changed it"
    return "It was changed in the CRM"


def _wanted(value: Any, space: Space) -> Any:
    """Return a value as it is wanted again: an amount in the base currency has no rate.

    In another one, the rate that was read back is that of its day; apply takes the one in force.
    """
    if not (isinstance(value, Mapping) and "amount" in value):
        return value
    if value.get("currency") == space.base_currency:
        return {**value, "base": value["amount"], "rate": None}
    return {**value, "rate": value.get("rate") or "1"}


def _written(values: Mapping[str, Any], change: RunChange, space: Space) -> dict[str, Any]:
    """Return *values* as people read them."""
    kind = Address.parse(change.address).kind
    found = {}
    for path, value in values.items():
        spec = field_at(path, kind)
        if spec.link is not None and value:
            # In the order of the links themselves: that is how the two are told to belong together.
            noun = spec.refers or ""
            ids = [id_ for _, id_ in spec.shape.ids(value, spec)][: len(value)]
            found[path] = [{noun: space.labels.written(noun, id_)} for id_ in ids]
        else:
            found[path] = spec.shape.show(value, spec, space.labels)
    return found


def _wire(kind: Kind, goal: Mapping[str, Any], paths: Iterable[str], space: Space) -> dict[str, Any]:
    """Return the custom fields among *paths* as the API takes them."""
    found = {}
    for path in paths:
        name = api_name(path)
        if name is not None:
            spec = space.typed(kind.name, path)
            value = goal[path]
            found[name] = value if spec is None or value is None else spec.shape.write(value, spec)
    return found


def _nothing(change: RunChange, space: Space, note: str) -> Change:
    return _made(change, Action.NOOP, space, notes=(note,))


def _conflict(change: RunChange, space: Space, note: str, **options: Any) -> Change:
    return _made(
        change,
        Action.CONFLICT,
        space,
        notes=(note,),
        conflicts=tuple(path for path, side in options.get("sides", {}).items() if side is Side.BOTH),
        **options,
    )


def _made(change: RunChange, action: Action, space: Space, **options: Any) -> Change:
    address = Address.parse(change.address)
    sides = {"before": None, "after": None}
    return Change(address, action, change.id, space.spans.get(address), **{**sides, **options})
