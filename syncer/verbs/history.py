"""What was done to a space, and who set a value last."""

from collections.abc import Iterator

from syncer.kinds.registry import KINDS
from syncer.planning.history import Blame, Present, Subject, Told, of_record, runs_that_wrote
from syncer.remote import lookup, observe
from syncer.state.store import Store
from syncer.state.values import LedgerRow, State
from syncer.verbs.names import names_of
from syncer.verbs.session import Session


def runs(store: Store, state: State) -> Iterator[Told]:
    """Yield the runs that are kept, newest first, each with all that it did.

    Raises:
        StateError: One cannot be read.
    """
    for run in reversed(state.runs):
        yield Told(run, store.changes(run.run))


def record(store: Store, state: State, subject: Subject) -> tuple[Told, ...]:
    """Return the runs that touched a record, newest first, each with what it did to that record alone.

    Raises:
        StateError: One cannot be read.
        UsageError: Nothing is remembered of the address.
    """
    return of_record(runs(store, state), subject, state.ledger)


def blame(session: Session, subject: Subject) -> Blame:
    """Return who set the value of a field last; asks the CRM what it holds now.

    Args:
        session: The project and the space.
        subject: The field.

    Raises:
        StateError: What is remembered cannot be read.
        UsageError: Nothing is remembered of the address.
        RemoteError: Refused, or silent.
    """
    store = session.store()
    state = store.read()
    told = record(store, state, subject)
    row = state.ledger.get(str(subject.address))
    return Blame(subject, row, runs_that_wrote(told, row), _present(session, subject, row))


def _present(session: Session, subject: Subject, row: LedgerRow | None) -> Present:
    """Return what the CRM holds of the record that the address was given."""
    api, (address, path) = session.api, subject
    if row is None:
        return Present(None, deleted=False, names=names_of(api, ()))
    found = observe.read_known(api, KINDS[address.kind], {row.id}, frozenset({path}))
    observe.placed(KINDS[address.kind], found, lookup.pipelines(api))
    values = [row.values.get(path), *(each.values.get(path) for each in found)]
    names = names_of(api, ((address.kind, path, value) for value in values))
    there = next((record for record in found if not record.deleted), None)
    return Present(there, there is None and bool(found), names)
