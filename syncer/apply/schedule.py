"""The writes of a plan → waves: what may be sent at once, each behind all that it needs. Pure.

Creates and updates go first, each behind the records whose ids it needs, and what comes back among them; then
the rows that link records; and deletes last, a record that others refer to behind those others.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from syncer.kinds import codec
from syncer.kinds.registry import KINDS
from syncer.model.address import Address
from syncer.model.change import Action, Change
from syncer.model.graph import CircleError, Needs, waves
from syncer.model.problem import Problem, RefusedError

Wave = tuple[Change, ...]


@dataclass(frozen=True, slots=True)
class Schedule:
    """In which order the writes of a plan go.

    Attributes:
        made: What creates, updates or brings back, in waves.
        deleted: What deletes, in waves.
        needs: What each change waits for, by address; nothing of what waits for nothing.
        pending: Those of the needs whose ids are not known yet, by the address of what waits.
        needed: Those needs, of whatever waits.
    """

    made: tuple[Wave, ...]
    deleted: tuple[Wave, ...]
    needs: Needs
    pending: Mapping[Address, tuple[Address, ...]]
    needed: frozenset[Address]


def schedule(writes: Sequence[Change]) -> Schedule:
    """Return the order in which *writes* go.

    Raises:
        RefusedError: Some that are created wait for each other, which manifests are kept from saying.
    """
    made = [change for change in writes if change.action is not Action.DELETE]
    pending = {change.address: wanted for change in made if (wanted := codec.needs(change))}
    needs: dict[Address, set[Address]] = {address: set(wanted) for address, wanted in pending.items()}
    back = {change.id: change.address for change in made if change.restores}
    gone = {change.id: change.address for change in writes if change.action is Action.DELETE}
    for change in writes:
        for address in _referred(change, back, change.desired):
            needs.setdefault(change.address, set()).add(address)
        # A record is deleted behind what refers to it: what is deleted, too, and what lets go of it.
        for address in _referred(change, gone, change.observed, let_go=True):
            needs.setdefault(address, set()).add(change.address)
    needed = frozenset(address for wanted in pending.values() for address in wanted)
    try:
        first = _waves(made, needs)
    except CircleError as error:
        detail = f"The plan creates records that wait for each other: {error}."
        problem = Problem(
            "reference-circle", detail, hint="take one of these references out; then plan again"
        )
        raise RefusedError(problem) from None
    return Schedule(first, tuple(_deletes(writes, needs)), needs, pending, needed)


def _referred(
    change: Change, ids: Mapping[str | None, Address], values: Mapping[str, object], *, let_go: bool = False
) -> Iterable[Address]:
    """Yield which of the records with *ids* the fields that *change* sets, or lets go, refer to.

    Args:
        change: What may refer to them.
        ids: Of the records.
        values: Those that it sets, or had.
        let_go: Whether a delete counts, which lets go of all it had.
    """
    if not ids:
        return
    for spec in codec.of_change(change).kind.referring:
        if spec.name in values and (change.sets(spec.name) or (let_go and change.action is Action.DELETE)):
            for _, id_ in spec.shape.ids(values[spec.name], spec):
                if (address := ids.get(id_)) is not None and address != change.address:
                    yield address


def _waves(changes: Sequence[Change], needs: Needs) -> tuple[Wave, ...]:
    of = {change.address: change for change in changes}
    if needs.keys().isdisjoint(of):
        return (tuple(changes),) if changes else ()
    found = waves({address: needs.get(address, ()) for address in of})
    return tuple(tuple(of[address] for address in wave) for wave in found)


def _deletes(writes: Sequence[Change], needs: dict[Address, set[Address]]) -> Iterable[Wave]:
    """Yield the deletes in waves: kind by kind, those before which others refer to."""
    for kind in reversed(KINDS):
        these = [each for each in writes if each.action is Action.DELETE and each.address.kind == kind]
        try:
            yield from _waves(these, needs)
        except CircleError:
            # People have made records refer to each other; whichever goes first, one of them is in the way.
            ours = {change.address for change in these}
            for address in ours & needs.keys():
                needs[address] -= ours
            yield tuple(these)
