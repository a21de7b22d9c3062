"""Hold, recover, guard, carry out: a Plan → a Report."""

import contextlib
from collections.abc import Callable, Collection, Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from syncer.formats import plan_file
from syncer.model.change import WRITES
from syncer.model.codes import ExitCode
from syncer.model.declared import Declared
from syncer.model.outcome import Outcome, Result
from syncer.model.plan import Plan
from syncer.model.problem import (
    Problem,
    RefusedError,
    SyncerError,
)
from syncer.planning import guard
from syncer.project import days
from syncer.project.load import Connection, Project, policy_json

if TYPE_CHECKING:
    from syncer.apply.past import Past
    from syncer.apply.run import Report
    from syncer.apply.write import Options
    from syncer.remote.client import Api


# --- apply ---
def state_folder(project: Project, connection: Connection) -> Path:
    """Return where lock, journals and runs of *project* in one space are."""
    from syncer.apply.folder import space_folder  # noqa: PLC0415 (`plan` needs none of it)

    return space_folder(project.root, connection.url, connection.space_id)


def load_plan(
    path: Path, project: Project, connection: Connection, past: "Past", *, now: datetime | None = None
) -> plan_file.Saved:
    """Return the saved plan in *path* when it may be applied here and now.

    Raises:
        SyncerError: It cannot be read.
        RefusedError: Edited, expired, for another space, under another policy, of another major, or applied
            already.
    """
    saved = plan_file.read(path)
    plan_file.check(
        saved.plan,
        path,
        space={"url": connection.url, "id": connection.space_id},
        policy=policy_json(project),
        now=now or datetime.now(UTC),
    )
    if (before := past.applied(saved.seal)) is not None:
        raise RefusedError(
            Problem(
                "plan-applied",
                f"{path} was applied already: the run ended {before.ended}, with every change settled.",
                hint="make the plan again; it shows what has changed since",
            )
        )
    return saved


def settle(api: "Api", past: "Past", grace: float, say: Callable[[str], None]) -> None:
    """Wait until what an earlier apply sent can no longer be committed late, and is listed.

    Counted from now: when its last request left, and whether it was repeated, nobody knows.
    """
    if past.may_commit_late:
        say(f"Waiting {grace:g} s for what it may have sent.")
        api.pause(grace)


def _wait_for_quiet(
    api: "Api", planned: Plan, past: "Past", options: "Options", say: Callable[[str], None]
) -> None:
    """Wait until nothing can come any more of an apply unknown here, unless something rules it out."""
    from syncer.apply import quiet  # noqa: PLC0415

    if not options.quiet_wait or past.is_quiet or quiet.is_guarded(api, planned):
        return
    left = quiet.needed(options.grace, options.began)
    if left > 0:
        say(
            f"Waiting {left:.1f} s, in case another apply was cut off just now: what it sent may still come. "
            "A unique key field makes that needless."
        )
        api.pause(left)


def check_guards(planned: Plan, allow: Collection[str] = ()) -> None:
    """Raise GuardError when *planned* does more than the project allows."""
    guard.check(planned, days.today(datetime.now(UTC), planned.policy.get("timezone")), allow)


def apply(
    api: "Api",
    folder: Path,
    planned: Plan,
    past: "Past",
    *,
    declared: Iterable[Declared] = (),
    options: "Options | None" = None,
    allow: Collection[str] = (),
    progress: Callable[[int, int], None] = lambda _done, _all: None,
    tell: Callable[[Result], None] = lambda _result: None,
    say: Callable[[str], None] = lambda _text: None,
    seal: str | None = None,
) -> "Report":
    """Carry out a plan: exactly its changes, each judged anew, journalled, read back.

    The caller holds the lock of the space.

    Args:
        api: An open connection to the plan's space.
        folder: State folder of that space.
        planned: Made now, or saved earlier.
        past: What is known of earlier applies.
        declared: The declarations behind it, when they are at hand, for the lines of messages.
        options: How to write.
        allow: Guards that are lifted.
        progress: Called with (settled, all) writes.
        tell: Called with each result as soon as it is final.
        say: Called with a sentence for people.
        seal: Of a saved plan. None: it was made now from everything that is declared, so it does what any
            unfinished apply has left undone.

    Raises:
        GuardError: A limit is breached; nothing was written.
        SyncerError: Nothing could be written at all.
    """
    from syncer.apply import journal, price, run, runs  # noqa: PLC0415
    from syncer.apply.write import Options  # noqa: PLC0415

    options = options or Options()
    check_guards(planned, allow)
    _wait_for_quiet(api, planned, past, options, say)
    planned = price.repriced(api, planned)
    check_guards(planned, allow)  # a rate that moved may breach a limit
    started = runs.stamp()
    report = run.run(
        api,
        planned,
        folder,
        past,
        options=options,
        locators={entry.address: entry.locator for entry in declared},
        progress=progress,
        tell=tell,
        seal=seal,
    )
    code = exit_code(report)
    if report.wrote:
        # It has ended: a note that cannot be made changes nothing about that.
        with contextlib.suppress(SyncerError):
            runs.note(folder, runs.Run(started, runs.stamp(), seal, code, report.written))
    if report.journal is None and not report.stopped:
        for entry in past.left:
            if (seal is None or entry.seal == seal) and not report.in_conflict & entry.addresses:
                journal.remove(entry.path)
    return report


def exit_code(report: "Report") -> int:
    """Return the exit code of an apply (0 done, 3 failed or unknown, 4 conflicts, 130 interrupted)."""
    if report.stopped:
        return ExitCode.INTERRUPTED
    left = any(
        result.outcome is Outcome.SKIPPED and result.change.action in WRITES for result in report.results
    )
    if left or report.count(Outcome.FAILED) or report.count(Outcome.UNKNOWN):
        return ExitCode.FAILED
    if report.count(Outcome.CONFLICT):
        return ExitCode.REFUSED
    return ExitCode.OK
