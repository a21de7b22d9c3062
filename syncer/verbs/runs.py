"""What is remembered of an apply that has ended."""

from datetime import UTC, datetime

from syncer.apply.run import Report
from syncer.model.change import WRITES
from syncer.model.outcome import Outcome
from syncer.planning import shown
from syncer.state.lease import Lease
from syncer.state.values import Run, RunChange, stamp


def ended(lease: Lease, report: Report, *, commit: str | None, seal: str | None, settled: bool) -> Run:
    """Return the run that *lease* was held for.

    Args:
        lease: Still held.
        report: What became of each change.
        commit: Of the manifests.
        seal: Of a saved plan.
        settled: Whether every change is settled, so that the plan is not to be applied again.
    """
    return Run(
        run=lease.run,
        started=lease.since,
        ended=stamp(datetime.now(UTC)),
        commit=commit,
        plan=seal,
        by=lease.holder.user,
        project=lease.project,
        settled=settled,
        uncertain=_uncertain(report),
    )


def changes(report: Report) -> tuple[RunChange, ...]:
    """Return what became of each change that was to be written."""
    return tuple(
        RunChange(
            address=str(result.change.address),
            action=str(result.change.action),
            outcome=str(result.outcome),
            id=result.id,
            before=shown.before(result.change),
            after=shown.after(result.change),
        )
        for result in report.results
        if result.change.action in WRITES
    )


def _uncertain(report: Report) -> tuple[str, ...]:
    """Return what the next apply has to look up: what has no answer; and what no list may show yet."""
    if report.journal is None:
        return ()
    unknown = {str(result.change.address) for result in report.results if result.outcome is Outcome.UNKNOWN}
    return tuple(sorted(unknown.union(report.written)))
