"""What runs did to a record, and who set a value last: what is remembered, against what is there."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final, NamedTuple

from syncer.kinds.custom import SECTION, is_custom
from syncer.kinds.registry import KINDS, field_at
from syncer.model.address import Address
from syncer.model.names import Labels
from syncer.model.observed import Observed
from syncer.model.outcome import WROTE, Outcome
from syncer.model.problem import Problem, UsageError
from syncer.shapes import canon
from syncer.shapes.words import nearest
from syncer.state.values import IMPORTED, LedgerRow, Run, RunChange

# Outcomes of changes that say what was agreed of a record.
_SET: Final = frozenset({*map(str, WROTE), IMPORTED})
# And those by which it may have been written.
_TOUCHED: Final = _SET | {Outcome.FAILED, Outcome.UNKNOWN}


@dataclass(frozen=True, slots=True)
class Told:
    """A run, and those of its changes that were asked for."""

    run: Run
    changes: tuple[RunChange, ...]


class Subject(NamedTuple):
    """What a history is asked about.

    Attributes:
        address: Of a declared record.
        path: Of one of its fields; "" for all of it.
    """

    address: Address
    path: str = ""


class Present(NamedTuple):
    """What the CRM holds now.

    Attributes:
        record: The record; None when it is not there, or nobody may see it.
        deleted: It is among the deleted ones.
        names: What people call the records that values refer to.
    """

    record: Observed | None
    deleted: bool
    names: Labels


class Source(StrEnum):
    """Where a value comes from, as far as that is known."""

    RUN = "run"  # a run wrote it
    IMPORTED = "imported"  # it was there when an import wrote the manifest
    FOUND = "found"  # it was there when it was agreed; or the run is kept no longer
    CRM = "crm"  # somebody changed it there since
    FREE = "free"  # no manifest has ever set it
    GONE = "gone"  # there is no record


@dataclass(frozen=True, slots=True)
class Blame:
    """Who set the value of a field last, as far as that is known.

    Attributes:
        subject: The field.
        row: What was last agreed about its record; None when nothing is.
        told: The runs that wrote the field, newest first.
        present: What the CRM holds.
    """

    subject: Subject
    row: LedgerRow | None
    told: tuple[Told, ...]
    present: Present

    @property
    def agreed(self) -> Any:
        """The canonical value that was last agreed; None also when none was."""
        return None if self.row is None else self.row.values.get(self.subject.path)

    @property
    def now(self) -> Any:
        """The canonical value that the CRM holds."""
        record = self.present.record
        return None if record is None else record.values.get(self.subject.path)

    @property
    def setter(self) -> Told | None:
        """The run that wrote, or found and imported, the value that was last agreed."""
        last = self.told[0] if self.told else None
        return last if last is not None and canon.same(_set(last, self.subject.path), self.agreed) else None

    @property
    def source(self) -> Source:
        """Where the value comes from that the CRM holds."""
        if self.present.record is None:
            return Source.GONE
        if self.row is None or self.subject.path not in self.row.values:
            return Source.FREE
        if not canon.same(self.agreed, self.now):
            return Source.CRM
        if self.setter is None:
            return Source.FOUND
        return Source.IMPORTED if self.setter.run.is_import else Source.RUN

    def written(self, value: Any) -> Any:
        """Return a canonical value of the field as people read it."""
        spec = field_at(self.subject.path, self.subject.address.kind)
        return spec.shape.show(value, spec, self.present.names)


def _set(told: Told, path: str) -> Any:
    return next(
        (change.after[path] for change in told.changes if change.after and path in change.after), None
    )


def subject_of(text: str) -> Subject:
    """Return what `ADDR` or `ADDR:FIELD` means.

    Raises:
        UsageError: It is no address, or its kind has no such field.
    """
    written, colon, name = text.partition(":")
    kind, _, key = written.partition(".")
    if kind not in KINDS or not key:
        hint = "write it as a plan shows it, such as opportunity.acme-renewal-2027"
        raise UsageError(Problem("target-unknown", f'"{written}" is no address.', hint=hint))
    address = Address(kind, key)
    if not colon:
        return Subject(address)
    path = KINDS[kind].spelled(name)
    known = [spec.name for spec in KINDS[kind].fields]
    if path not in known and not (is_custom(path) and path != f"{SECTION}."):
        near = nearest(name, known)
        hint = f"did you mean {near}?" if near else f"there are: {', '.join(known)}, {SECTION}.<api name>"
        raise UsageError(Problem("unknown-field", f'{kind} has no field "{name}".', hint=hint))
    return Subject(address, path)


def of_record(told: Iterable[Told], subject: Subject, ledger: Mapping[str, LedgerRow]) -> tuple[Told, ...]:
    """Return the runs that touched a record, each with what it did to that record alone.

    A record that had another address before is followed by its id.

    Args:
        told: Runs with all that they did.
        subject: The record, or one of its fields.
        ledger: What was last agreed, by address.

    Raises:
        UsageError: Nothing is remembered of the address.
    """
    address = str(subject.address)
    row = ledger.get(address)
    found, known = [], set(ledger)
    for each in told:
        known.update(change.address for change in each.changes)
        changes = tuple(change for change in each.changes if _is_of(change, subject, row))
        if changes or address in each.run.uncertain:
            found.append(Told(each.run, changes))
    if row is None and address not in known and not found:
        keys = {key: each for each in sorted(known) if (key := each.partition(".")[2])}
        near = nearest(subject.address.key, keys)
        raise UsageError(
            Problem(
                "target-unknown",
                f"Nothing is remembered of {address}.",
                hint=f"did you mean {keys[near]}?" if near else "`syncer history` lists what was done",
            )
        )
    return tuple(found)


def _is_of(change: RunChange, subject: Subject, row: LedgerRow | None) -> bool:
    if change.outcome not in _TOUCHED:
        return False
    if change.address != str(subject.address) and (row is None or change.id != row.id):
        return False
    return not subject.path or (change.outcome in _SET and subject.path in (change.after or {}))


def runs_that_wrote(told: Sequence[Told], row: LedgerRow | None) -> tuple[Told, ...]:
    """Return those that wrote the record that an address is now: its key may have been another's before."""
    if row is None:
        return tuple(told)
    return tuple(each for each in told if any(change.id == row.id for change in each.changes))
