"""The order of an apply: recover, plan or load, guard, ask, hold, carry out, remember."""

from collections.abc import Callable, Collection
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final, NamedTuple

from syncer import manifest
from syncer.apply import journal, price, quiet, run
from syncer.apply.past import Past
from syncer.apply.run import Report
from syncer.apply.write import Options
from syncer.formats import plan_file
from syncer.manifest import Manifests
from syncer.model.change import WRITES, Action
from syncer.model.codes import ExitCode
from syncer.model.declared import Declared, Existing
from syncer.model.outcome import Outcome
from syncer.model.plan import Plan
from syncer.model.problem import Problem, RefusedError, ResolveError, Severity, SyncerError
from syncer.model.signs import Phase
from syncer.planning import guard
from syncer.project import days
from syncer.project.load import policy_json
from syncer.state.faults import StateError
from syncer.state.holder import here
from syncer.state.lease import Lease
from syncer.state.store import Store, check_seen
from syncer.state.values import Lock, Seen, State, new_run
from syncer.verbs import runs
from syncer.verbs.plan import EVERYTHING, Planned, errors, plan, severe
from syncer.verbs.session import Session, Talk
from syncer.verbs.takes import Written


@dataclass(frozen=True, slots=True)
class ApplyOptions:
    """What an apply may do, and how.

    Attributes:
        allow: Guards that are lifted.
        strict: Codes of warnings that are errors, see `syncer.verbs.plan.severe`.
        targets: Addresses or keys to plan; none means everything. Not for a saved plan.
        existing: Overrides the policy for existing records. Not for a saved plan.
        takes: Whose word counts, see `syncer.verbs.takes`. Not for a saved plan.
        resume: Only where an earlier apply has left something open.
        writing: How to write.
        lock_timeout: Seconds to wait for another apply to end.
    """

    allow: Collection[str] = ()
    strict: Collection[str] = ()
    targets: tuple[str, ...] = ()
    existing: Existing | None = None
    takes: Written = ()
    resume: bool = False
    writing: Options = field(default_factory=Options)
    lock_timeout: float = 0.0


_LATE: Final = "what an earlier apply sent may still come"


class _Decided(NamedTuple):
    """What to carry out.

    Attributes:
        plan: Made now, or saved earlier.
        declared: The declarations behind it, when they are at hand, for the lines of messages.
        saved: Where from; None when it was made now.
        digest: Of a saved plan; one that was made now has its own only once it is carried out.
        partial: It does not bring all that is declared to where it shall be.
    """

    plan: Plan
    declared: tuple[Declared, ...] = ()
    saved: Path | None = None
    digest: str = ""
    partial: bool = False

    def forgotten(self, state: State) -> tuple[str, ...]:
        """Return the addresses that leave the ledger, unless they have been given another record since."""
        ids = dict(self.plan.leaving)
        for change in self.plan.changes:
            if change.id is not None and change.action is Action.FORGET:
                ids[str(change.address)] = change.id
            elif change.rekeyed_from is not None:
                ids[str(change.rekeyed_from)] = change.id or change.absent.instead or ""
        rows = (state.ledger.get(address) for address in ids)
        return tuple(sorted(row.address for row in rows if row is not None and row.id == ids[row.address]))


class _Work(NamedTuple):
    """What the steps of an apply share."""

    session: Session
    store: Store
    options: ApplyOptions
    talk: Talk

    def waits(self, lock: Lock) -> None:
        """Say whose end is waited for."""
        self.talk.say(f"Waiting up to {self.options.lock_timeout:g} s for another apply: {lock}.")


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
    work, past = _begun(session, options, talk)
    if isinstance(what, Path):
        decided = _loaded(session, what, past, options.strict)
    else:
        planned = plan(
            session,
            what,
            existing=options.existing,
            takes=options.takes,
            targets=options.targets,
            strict=options.strict,
            state=past.state,
        )
        talk.planned(planned.plan)
        decided = _Decided(planned.plan, planned.declared)
    return _carried_out(work, past, decided)


def apply_made(
    session: Session, make: Callable[[State], Planned], *, options: ApplyOptions, talk: Talk
) -> Report | None:
    """Do what a plan says that is made now of something else than manifests, such as a run to be undone.

    Args:
        session: The project and the space.
        make: Makes the plan of what is remembered.
        options: What may be done, and how.
        talk: Whom to ask and to report to.

    Returns:
        What became of each change; None when it was not approved.

    Raises:
        SyncerError: As of `apply`.
    """
    work, past = _begun(session, options, talk)
    planned = make(past.state)
    talk.planned(planned.plan)
    return _carried_out(work, past, _Decided(planned.plan, planned.declared, partial=True))


def _begun(session: Session, options: ApplyOptions, talk: Talk) -> tuple[_Work, Past]:
    """Wait until nobody else applies, and look at what earlier applies have left."""
    store = session.store()
    work = _Work(session, store, options, talk)
    with session.signs.during(Phase("Looking at earlier applies")):
        state = store.free(wait=options.lock_timeout, pause=session.api.pause, waiting=work.waits)
        return work, _past(work, state)


def _carried_out(work: _Work, past: Past, decided: _Decided) -> Report | None:
    """Guard, ask, hold, carry out, remember; None when it was not approved."""
    session, store, options, talk = work
    if refused := [problem for problem in errors(decided.plan) if problem.code != "guard"]:
        raise ResolveError(refused)
    _guard(session, decided.plan, options.allow)
    if not decided.plan.writes:
        return _without_writing(work, decided, past)
    if decided.saved is None:
        if not talk.approve(decided.plan):
            return None
        decided = decided._replace(digest=plan_file.digest_of(decided.plan))
    with (
        session.signs.during(Phase("Applying")),
        store.hold(
            new_run(session.now()),
            here(),
            wait=options.lock_timeout,
            seen=_seen(decided.plan),
            pause=session.api.pause,
            waiting=work.waits,
        ) as lease,
    ):
        if lease.taken is not None:
            talk.say(f"Took over from a run that did not end in order: {lease.taken}.")
        past = _past(work, lease.state, past)
        _check_state(past, decided)
        session.api.start_clock()
        talk.start(decided.plan)
        writing = _writing(options)
        _wait_for_quiet(session, decided.plan, past, writing, talk)
        report = run.run(
            session.api,
            _repriced(session, decided.plan, options.allow),
            session.folder,
            past,
            options=writing,
            locators={entry.address: entry.locator for entry in decided.declared},
            progress=talk.progress,
            tell=talk.outcome,
            digest=decided.digest,
            saved=decided.saved is not None,
            lease=lease,
        )
        settled = _settled(past, decided, options, report)
        report = _released(lease, decided, report, settled)
    _remove_journals(past, decided, options, report)
    return report


def exit_code(report: Report) -> int:
    """Return the exit code of an apply (0 done, 3 failed or unknown, 4 conflicts, 130 interrupted)."""
    if report.stopped:
        return ExitCode.INTERRUPTED
    if report.unremembered:
        return ExitCode.FAILED
    left = any(
        result.outcome is Outcome.SKIPPED and result.change.action in WRITES for result in report.results
    )
    if left or report.count(Outcome.FAILED) or report.count(Outcome.UNKNOWN):
        return ExitCode.FAILED
    if report.count(Outcome.CONFLICT):
        return ExitCode.REFUSED
    return ExitCode.OK


def _past(work: _Work, state: State, before: Past | None = None) -> Past:
    """Return what is known of earlier applies, once what they sent can no longer be committed late.

    Counted from now: when the last request of one left, and whether it was repeated, nobody knows.

    Args:
        work: The apply.
        state: What is remembered.
        before: What was known already, and waited for.
    """
    options = work.options
    past = Past.of(work.session.folder, state, work.store.changes)
    if before is None and options.resume and not past.is_open:
        raise SyncerError(
            Problem("unfinished", "There is no unfinished apply to resume.", hint="run `syncer apply`")
        )
    new = past.since(before or Past())
    for entry in new.left:
        work.talk.say(
            f"An apply of {entry.started} did not finish: {len(entry.done):,} written, "
            f"{len(entry.uncertain):,} uncertain. What is there is looked up before anything is sent."
        )
    for run_ in new.elsewhere:
        work.talk.say(
            f"An apply of {run_.started} by {run_.by} did not finish (run {run_.run}): what it may have "
            f"written, {len(run_.uncertain):,} in all, is looked up before anything is sent."
        )
    if new.may_commit_late:
        work.talk.say(f"Waiting {options.writing.grace:g} s for what it may have sent.")
        work.session.api.pause(options.writing.grace, _LATE)
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
    loaded = replace(saved.plan, problems=severe(saved.plan.problems, strict))
    decided = _Decided(loaded, _declarations(session, loaded), path, saved.digest)
    _check_state(past, decided)
    return decided


def _check_state(past: Past, decided: _Decided) -> None:
    """Raise when a plan was made upon another memory, or a saved one was applied wherever that is shared.

    Raises:
        RefusedError: It was.
        StateError: The memory was set back since.
    """
    plan, state = decided.plan, past.state
    name = decided.saved or "The plan"
    if plan.state is not None and plan.state.lineage != state.lineage:
        now = "nothing is remembered any more" if state.lineage is None else f"this one is {state.lineage}"
        raise RefusedError(
            Problem(
                "plan-other-state",
                f"{name} was made upon the state {plan.state.lineage}; {now}.",
                hint="make the plan again, and review it again",
            )
        )
    check_seen(state, _seen(plan))
    if decided.saved is not None and (before := state.applied(decided.digest)) is not None:
        raise RefusedError(
            Problem(
                "plan-applied",
                f"{name} was applied already: run {before.run} ended {before.ended}, with every change "
                "settled.",
                hint="make the plan again; it shows what has changed since",
            )
        )


def _seen(plan: Plan) -> Seen | None:
    return None if plan.state is None else Seen(plan.state.lineage, plan.state.serial)


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


def _without_writing(work: _Work, decided: _Decided, past: Past) -> Report:
    """Return what a plan does that writes nothing: it is not held, and only what has ended by it is noted."""
    work.session.api.start_clock()
    work.talk.start(decided.plan)
    report = run.run(work.session.api, decided.plan, work.session.folder, past, tell=work.talk.outcome)
    settled, forgotten = _settled(past, decided, work.options, report), decided.forgotten(past.state)
    run_ = new_run(work.session.now())
    rows = runs.rows(past.state.ledger, decided.plan, report, run=run_, project=work.store.project)
    if rows or settled or forgotten:
        work.store.remember(rows, gone=forgotten, settled=settled)
    _remove_journals(past, decided, work.options, report)
    return report


def _released(lease: Lease, decided: _Decided, report: Report, settled: Collection[str]) -> Report:
    """End the lease, and remember what was done; say so in the report when that cannot be."""
    forgotten = decided.forgotten(lease.state)
    rows = runs.rows(lease.state.ledger, decided.plan, report, run=lease.run, project=lease.project)
    if not report.wrote:
        lease.release(rows=rows, gone=forgotten, settled=settled)
        return report
    code = exit_code(report)
    done = runs.ended(
        lease,
        report,
        commit=decided.plan.source.commit,
        plan=decided.digest,
        settled=code in {ExitCode.OK, ExitCode.REFUSED},
    )
    try:
        lease.release(
            done,
            runs.changes(report),
            rows=rows,
            gone=(*forgotten, *runs.gone(decided.plan, report)),
            settled=settled,
        )
    except StateError as error:
        # What was written is written; the lease tells the next apply what to look up.
        return replace(report, unremembered=error.problems)
    return report


def _settled(past: Past, decided: _Decided, options: ApplyOptions, report: Report) -> tuple[str, ...]:
    """Return the remembered runs that this apply has brought to their end."""
    return tuple(
        run_.run
        for run_ in past.state.open
        if _has_ended(frozenset(run_.uncertain), run_.plan, decided, options, report)
    )


def _remove_journals(past: Past, decided: _Decided, options: ApplyOptions, report: Report) -> None:
    for entry in past.left:
        if _has_ended(entry.addresses, entry.plan, decided, options, report):
            journal.remove(entry.path)


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
        session.api.pause(left, _LATE)


def _repriced(session: Session, planned: Plan, allow: Collection[str]) -> Plan:
    """Return *planned* at the rates that are in force now; one that moved may breach a limit."""
    priced = price.repriced(session.api, planned)
    if priced is not planned:
        _guard(session, priced, allow)
    return priced


def _has_ended(
    addresses: Collection[str],
    plan: str | None,
    decided: _Decided,
    options: ApplyOptions,
    report: Report,
) -> bool:
    """Tell whether this apply has brought an earlier one to its end.

    What was planned now from everything that is declared does what any of them has left undone; a saved plan
    does so for its own earlier runs, and a few targets for what is about them alone.

    Args:
        addresses: That the earlier one may have written.
        plan: Digest of the one that it carried out.
        decided: What was carried out now.
        options: What it may do.
        report: What became of it.
    """
    if report.journal is not None or report.stopped or report.in_conflict.intersection(addresses):
        return False
    if decided.saved is not None:
        return plan == decided.digest
    planned = {str(change.address) for change in decided.plan.changes}
    return not (options.targets or decided.partial) or planned.issuperset(addresses)
