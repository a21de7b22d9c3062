"""The order of an apply: hold, recover, plan or load, guard, ask, carry out, note."""

import contextlib
from collections.abc import Collection
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import NamedTuple

from syncer import manifest
from syncer.apply import journal, price, quiet, run, runs
from syncer.apply.journal import Unfinished
from syncer.apply.lock import space_lock
from syncer.apply.past import Past
from syncer.apply.run import Report
from syncer.apply.write import Options
from syncer.formats import plan_file
from syncer.manifest import Manifests
from syncer.model.change import WRITES
from syncer.model.codes import ExitCode
from syncer.model.declared import Declared, Existing
from syncer.model.outcome import Outcome
from syncer.model.plan import Plan
from syncer.model.problem import Problem, RefusedError, ResolveError, Severity, SyncerError
from syncer.planning import guard
from syncer.project import days
from syncer.project.load import policy_json
from syncer.verbs.plan import EVERYTHING, errors, plan, severe
from syncer.verbs.session import Session, Talk


@dataclass(frozen=True, slots=True)
class ApplyOptions:
    """What an apply may do, and how.

    Attributes:
        allow: Guards that are lifted.
        strict: Codes of warnings that are errors, see `syncer.verbs.plan.severe`.
        targets: Addresses or keys to plan; none means everything. Not for a saved plan.
        existing: Overrides the policy for existing records. Not for a saved plan.
        resume: Only where an earlier apply has left something open.
        writing: How to write.
    """

    allow: Collection[str] = ()
    strict: Collection[str] = ()
    targets: tuple[str, ...] = ()
    existing: Existing | None = None
    resume: bool = False
    writing: Options = field(default_factory=Options)


class _Decided(NamedTuple):
    """What to carry out.

    Attributes:
        plan: Made now, or saved earlier.
        declared: The declarations behind it, when they are at hand, for the lines of messages.
        seal: Of a saved plan. None: it was made now.
    """

    plan: Plan
    declared: tuple[Declared, ...]
    seal: str | None = None


def apply(session: Session, what: Path | Manifests, *, options: ApplyOptions, talk: Talk) -> Report | None:
    """Make a space as manifests declare it, or do what a saved plan says: exactly that, read back.

    Args:
        session: The project and the space.
        what: Manifests, which are planned now and need an approval; or the file of a saved plan.
        options: What may be done, and how.
        talk: Whom to ask and to report to.

    Returns:
        What became of each change; None when it was not approved.

    Raises:
        LockedError: Another apply of this project is at work on this space.
        RefusedError: The saved plan may not be applied here and now.
        ResolveError: The manifests do not fit the space; all problems at once.
        GuardError: A limit is breached.
        SyncerError: Nothing could be written at all.
    """
    with space_lock(session.folder) as took_over:
        if took_over:
            talk.say(took_over)
        past = _past(session, options, talk)
        if isinstance(what, Path):
            decided = _loaded(session, what, past, options.strict)
        else:
            planned = plan(
                session, what, existing=options.existing, targets=options.targets, strict=options.strict
            )
            talk.planned(planned.plan)
            decided = _Decided(planned.plan, planned.declared)
        if refused := [problem for problem in errors(decided.plan) if problem.code != "guard"]:
            raise ResolveError(refused)
        _guard(session, decided.plan, options.allow)
        if decided.seal is None and decided.plan.writes and not talk.approve(decided.plan):
            return None
        session.api.start_clock()
        talk.start(decided.plan)
        writing = _writing(options)
        _wait_for_quiet(session, decided.plan, past, writing, talk)
        started = runs.stamp()
        report = run.run(
            session.api,
            _repriced(session, decided.plan, options.allow),
            session.folder,
            past,
            options=writing,
            locators={entry.address: entry.locator for entry in decided.declared},
            progress=talk.progress,
            tell=talk.outcome,
            seal=decided.seal,
        )
        if report.wrote:
            _note(session, runs.Run(started, runs.stamp(), decided.seal, exit_code(report), report.written))
        if report.journal is None and not report.stopped:
            for entry in past.left:
                if _has_ended(entry, decided, options, report):
                    journal.remove(entry.path)
        return report


def exit_code(report: Report) -> int:
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


def _past(session: Session, options: ApplyOptions, talk: Talk) -> Past:
    """Return what is known of earlier applies, once what they sent can no longer be committed late.

    Counted from now: when the last request of one left, and whether it was repeated, nobody knows.
    """
    past = Past.of(session.folder)
    if options.resume and not past.left:
        raise SyncerError(
            Problem("unfinished", "There is no unfinished apply to resume.", hint="run `syncer apply`")
        )
    for entry in past.left:
        talk.say(
            f"An apply of {entry.started} did not finish: {len(entry.done)} written, "
            f"{len(entry.uncertain)} uncertain. What is there is looked up before anything is sent."
        )
    if past.may_commit_late:
        talk.say(f"Waiting {options.writing.grace:g} s for what it may have sent.")
        session.api.pause(options.writing.grace)
    return past


def _loaded(session: Session, path: Path, past: Past, strict: Collection[str]) -> _Decided:
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
        space={"url": session.connection.url, "id": session.connection.space_id},
        policy=policy_json(session.project),
        now=session.now(),
    )
    if (before := past.applied(saved.seal)) is not None:
        raise RefusedError(
            Problem(
                "plan-applied",
                f"{path} was applied already: the run ended {before.ended}, with every change settled.",
                hint="make the plan again; it shows what has changed since",
            )
        )
    loaded = replace(saved.plan, problems=severe(saved.plan.problems, strict))
    return _Decided(loaded, _declarations(session, loaded), saved.seal)


def _declarations(session: Session, loaded: Plan) -> tuple[Declared, ...]:
    """Return the declarations behind a saved plan, when the files are still the same."""
    try:
        manifests = manifest.read(session.project)
    except SyncerError:
        return ()
    return manifests.declared if manifests.digest == loaded.source.digest else ()


def _guard(session: Session, planned: Plan, allow: Collection[str]) -> None:
    guard.check(planned, days.today(session.now(), planned.policy.get("timezone")), allow)


def _writing(options: ApplyOptions) -> Options:
    """Return how to write; what looks like a record that is created may be an error, too."""
    if {EVERYTHING, "look-alike"} & set(options.strict):
        return replace(options.writing, look_alikes=Severity.ERROR)
    return options.writing


def _wait_for_quiet(session: Session, planned: Plan, past: Past, writing: Options, talk: Talk) -> None:
    """Wait until nothing can come any more of an apply unknown here, unless something rules it out."""
    if not writing.quiet_wait or past.is_quiet or quiet.is_guarded(session.api, planned):
        return
    left = quiet.needed(writing.grace, writing.began)
    if left > 0:
        talk.say(
            f"Waiting {left:.1f} s, in case another apply was cut off just now: what it sent may still come. "
            "A unique key field makes that needless."
        )
        session.api.pause(left)


def _repriced(session: Session, planned: Plan, allow: Collection[str]) -> Plan:
    """Return *planned* at the rates that are in force now; one that moved may breach a limit."""
    priced = price.repriced(session.api, planned)
    if priced is not planned:
        _guard(session, priced, allow)
    return priced


def _note(session: Session, ended: runs.Run) -> None:
    """Note that a run has ended; a note that cannot be made changes nothing about that."""
    with contextlib.suppress(SyncerError):
        runs.note(session.folder, ended)


def _has_ended(entry: Unfinished, decided: _Decided, options: ApplyOptions, report: Report) -> bool:
    """Tell whether this apply has brought an earlier one to its end.

    What was planned now from everything that is declared does what any of them has left undone; a saved plan
    does so for its own earlier runs, and a few targets for what is about them alone.
    """
    if report.in_conflict & entry.addresses:
        return False
    if decided.seal is not None:
        return entry.seal == decided.seal
    return not options.targets or entry.addresses <= {str(change.address) for change in decided.plan.changes}
