"""What is remembered of an apply that has ended."""

from collections import Counter
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from syncer.apply.run import Report
from syncer.kinds import codec
from syncer.kinds.registry import KINDS
from syncer.model.address import Address
from syncer.model.change import WRITES, Action, Change
from syncer.model.observed import Observed
from syncer.model.outcome import Outcome
from syncer.planning import shown
from syncer.state.lease import Lease
from syncer.state.values import LedgerRow, Run, RunChange, stamp


def ended(lease: Lease, report: Report, *, commit: str | None, plan: str, settled: bool) -> Run:
    """Return the run that *lease* was held for.

    Args:
        lease: Still held.
        report: What became of each change.
        commit: Of the manifests.
        plan: Its digest.
        settled: Whether every change is settled, so that the plan is not to be applied again.
    """
    return Run(
        run=lease.run,
        started=lease.since,
        ended=stamp(datetime.now(UTC)),
        commit=commit,
        plan=plan,
        by=lease.holder.user,
        project=lease.project,
        settled=settled,
        uncertain=_uncertain(report),
        outcomes=Counter(str(result.outcome) for result in report.results if result.change.action in WRITES),
    )


def changes(report: Report) -> tuple[RunChange, ...]:
    """Return what became of each change that was to be written."""
    return tuple(
        RunChange(
            address=str(result.change.address),
            action=str(result.change.action),
            outcome=str(result.outcome),
            id=result.id,
            before=_before(report, result.change),
            after=_after(report, result.change),
            fields=_fields(result.change),
        )
        for result in report.results
        if result.change.action in WRITES
    )


def _before(report: Report, change: Change) -> Mapping[str, Any] | None:
    """Return what was there: of a record that is gone all that was known, else what was to move."""
    if change.before is None:
        return None
    if change.address in report.deleted:
        return report.deleted[change.address].values
    return {path: change.observed.get(path) for path in change.writes or change.observed}


def _after(report: Report, change: Change) -> Mapping[str, Any] | None:
    """Return what is there, as far as the change sets it: as it was read back, else as it was wanted."""
    if change.after is None:
        return None
    wanted = codec.sent(change)
    record = report.records.get(change.address)
    if record is None:
        return wanted
    via = (spec.name for spec in KINDS[change.address.kind].fields if spec.via in wanted)
    return {path: record.values.get(path) for path in dict.fromkeys((*wanted, *via))}


def _fields(change: Change) -> tuple[Mapping[str, Any], ...]:
    """Return what an update sets, as people read it."""
    if change.action is not Action.UPDATE:
        return ()
    return tuple(
        {"path": each.path, "before": each.before, "after": each.after}
        for each in shown.fields(change)
        if each.written
    )


def rows(lease: Lease, report: Report) -> tuple[LedgerRow, ...]:
    """Return what is agreed from now on: the records as they were read back."""
    before = lease.state.ledger
    found = []
    for address, record in report.records.items():
        old = before.get(str(address))
        # An update reads back what it has set; the rest is as it was agreed.
        kept = old.values if old is not None and old.id == record.id else {}
        found.append(agreed(address, record, lease.run, lease.project, kept))
    return tuple(found)


def agreed(
    address: Address, record: Observed, run: str, project: str, kept: Mapping[str, Any] | None = None
) -> LedgerRow:
    """Return the row of the ledger that says *record* is the one of *address*, with the values it has.

    Args:
        address: Of the declaration.
        record: As it was read.
        run: In which that was agreed.
        project: Whose declaration it is.
        kept: Values that were agreed before and not read now.
    """
    return LedgerRow(
        address=str(address),
        kind=address.kind,
        id=record.id,
        values={**(kept or {}), **record.values},
        modified=record.modified or None,
        run=run,
        at=stamp(datetime.now(UTC)),
        project=project,
    )


def gone(report: Report) -> tuple[str, ...]:
    """Return the addresses whose records were deleted."""
    deleted = (result.change.address for result in report.results if result.outcome is Outcome.DELETED)
    return tuple(map(str, deleted))


def _uncertain(report: Report) -> tuple[str, ...]:
    """Return what the next apply has to look up: what has no answer; and what no list may show yet."""
    if report.journal is None:
        return ()
    unknown = {str(result.change.address) for result in report.results if result.outcome is Outcome.UNKNOWN}
    return tuple(sorted(unknown.union(report.written)))
