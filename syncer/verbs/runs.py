"""What is remembered of an apply that has ended."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from syncer.apply.run import Report
from syncer.kinds import codec
from syncer.kinds.registry import KINDS, field_at
from syncer.model.address import Address
from syncer.model.change import WRITES, Action, Change
from syncer.model.observed import Observed
from syncer.model.outcome import Outcome
from syncer.model.plan import Plan
from syncer.planning import shown
from syncer.planning.merge import NO_BASE, settled
from syncer.shapes import canon
from syncer.state.holder import here
from syncer.state.lease import Lease
from syncer.state.values import IMPORT, IMPORTED, LedgerRow, Run, RunChange, stamp


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


def import_run(run: str, rows: Sequence[LedgerRow], project: str) -> tuple[Run, tuple[RunChange, ...]]:
    """Return an import as a run, and what it found: what is there is agreed, and nothing was written.

    Args:
        run: Its id.
        rows: What is agreed from then on.
        project: Whose run it is.
    """
    now = stamp(datetime.now(UTC))
    outcomes = {IMPORTED: len(rows)}
    run_ = Run(run, now, now, None, None, here().user, project, settled=True, outcomes=outcomes)
    return run_, tuple(
        RunChange(row.address, IMPORT, IMPORTED, row.id, before=None, after=row.values) for row in rows
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


def rows(
    ledger: Mapping[str, LedgerRow], plan: Plan, report: Report, *, run: str, project: str
) -> tuple[LedgerRow, ...]:
    """Return what is agreed from now on, of each record with anything new.

    That is what was written and read back as it was wanted, and what both sides held already. Of everything
    else that was read nothing is kept: what is not the manifests' is not agreed, nor is what differs.

    Args:
        ledger: What is remembered, by address.
        plan: What was carried out.
        report: What became of it.
        run: In which that was agreed.
        project: Whose declarations they are.
    """
    if plan.undoes is not None:
        # Taking back is no agreement: nothing of it is written or deleted again unless git moves.
        return ()
    known = {row.id: row for row in ledger.values()}
    found = []
    for result in report.results:
        change, record = result.change, report.records.get(result.change.address)
        id_ = result.id or change.id
        unread = record is None and (change.is_remembered or change.action is Action.CREATE)
        if id_ is None or unread or result.outcome is Outcome.DELETED:
            continue
        old = known.get(id_)
        values = {} if old is None else dict(old.values)
        if old is None or old.at <= plan.created_at:
            # What was agreed after the plan was made is not set back to what was agreed then.
            values |= change.remember
        modified = None if old is None else old.modified
        if record is not None:
            values |= _verified(change, record, values)
            modified = record.modified or None
        undecided = () if old is None else old.undecided
        if change.undecided is not None:
            undecided = change.undecided
        row = agreed(change.address, id_, values, modified, run, project)
        found.append(replace(row, undecided=tuple(path for path in undecided if path not in values)))
    return tuple(found)


def _verified(change: Change, record: Observed, before: Mapping[str, Any]) -> dict[str, Any]:
    """Return what is agreed of the fields that were written, where they were stored as they were wanted."""
    paths = change.writes if change.action is Action.UPDATE else change.desired
    found = {}
    for path in paths:
        wanted, now = change.desired[path], record.values.get(path)
        if canon.same(wanted, now):
            spec, base = field_at(path, change.address.kind), before.get(path, NO_BASE)
            # A saved plan does not look at what is remembered; somebody may have edited it since.
            known = base if spec.shape.holds(base) else NO_BASE
            found[path] = settled(spec, known, change.observed.get(path), now)
    if change.action is Action.CREATE:
        # What another field's record says goes along with it; a body does not name it.
        names = (spec.name for spec in KINDS[change.address.kind].fields if spec.via in found)
        found |= {name: record.values.get(name) for name in names}
    return found


def agreed(
    address: Address, id_: str, values: Mapping[str, Any], modified: str | None, run: str, project: str
) -> LedgerRow:
    """Return the row of the ledger that says which record *address* is, and what is agreed of it.

    Args:
        address: Of the declaration.
        id_: Of the record.
        values: Canonical values by path.
        modified: When the record was changed last.
        run: In which that was agreed.
        project: Whose declaration it is.
    """
    return LedgerRow(
        address=str(address),
        kind=address.kind,
        id=id_,
        values=values,
        modified=modified,
        run=run,
        at=stamp(datetime.now(UTC)),
        project=project,
    )


def gone(plan: Plan, report: Report) -> tuple[str, ...]:
    """Return the addresses whose records were deleted for good: what an undo deletes is not made again."""
    if plan.undoes is not None:
        return ()
    deleted = (result.change.address for result in report.results if result.outcome is Outcome.DELETED)
    return tuple(map(str, deleted))


def _uncertain(report: Report) -> tuple[str, ...]:
    """Return what the next apply has to look up: what has no answer; and what no list may show yet."""
    if report.journal is None:
        return ()
    unknown = {str(result.change.address) for result in report.results if result.outcome is Outcome.UNKNOWN}
    return tuple(sorted(unknown.union(report.written)))
