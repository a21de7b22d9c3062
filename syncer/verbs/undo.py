"""The plan that takes a run back, and its apply: an ordinary plan, applied as any other."""

from collections.abc import Callable, Collection, Iterator
from dataclasses import replace
from functools import cache
from typing import Final

from syncer import manifest, resolve
from syncer.apply.run import Report
from syncer.kinds.base import Kind
from syncer.kinds.custom import api_name, typed
from syncer.kinds.registry import KINDS
from syncer.manifest import Manifests
from syncer.model.address import Address
from syncer.model.declared import Presence
from syncer.model.observed import Observed
from syncer.model.outcome import WROTE, Outcome
from syncer.model.problem import Problem, Severity, SyncerError, UsageError
from syncer.model.words import listed
from syncer.planning import shown, undo
from syncer.remote import lookup, observe
from syncer.resolve.directory import Directory
from syncer.shapes.base import Field
from syncer.state.store import Store
from syncer.state.values import Run, RunChange, State
from syncer.verbs.apply import ApplyOptions, apply_made
from syncer.verbs.names import add_names
from syncer.verbs.plan import Planned, assembled
from syncer.verbs.session import Session, Talk

_NAMED: Final = 10  # runs that an error names
_SHORT: Final = 12


def plan(session: Session, run: str | None, *, state: State | None = None) -> Planned:
    """Decide what would take a run back; change nothing.

    Args:
        session: The project and the space.
        run: Id of the run; None means the last one.
        state: What is remembered; None reads it.

    Raises:
        UsageError: There is no such run.
        SyncerError: It has not ended in order, or what is remembered cannot be read.
        RemoteError: Refused, or silent.
    """
    store = session.store()
    remembered = state or store.read()
    chosen = _chosen(remembered, run)
    done = store.changes(chosen.run)
    manifests = _manifests(session)
    kinds = {Address.parse(change.address).kind for change in done}
    directory = lookup.lookup(session.api, resolve.wanted([]), fields=kinds)
    add_names(session.api, directory, undo.ids(done))
    space = _space(session, directory, done, manifests)._replace(later=_later(store, remembered, chosen))
    changes = shown.named(undo.undo(done, space), directory)
    made = assembled(
        session,
        directory,
        remembered,
        digest=manifests.digest if manifests else f"undo of {chosen.run}",
        changes=changes,
        problems=_warnings(chosen, done, manifests),
    )
    return Planned(replace(made, undoes=chosen.run), manifests.declared if manifests else ())


def take_back(session: Session, run: str | None, *, options: ApplyOptions, talk: Talk) -> Report | None:
    """Take a run back: plan that, show, ask, apply.

    Args:
        session: The project and the space.
        run: Id of the run; None means the last one.
        options: What may be done, and how.
        talk: Whom to ask and to report to.

    Returns:
        What became of each change; None when it was not approved.

    Raises:
        SyncerError: As of `plan` and of `verbs.apply.apply`.
    """
    return apply_made(session, lambda state: plan(session, run, state=state), options=options, talk=talk)


def _chosen(state: State, run: str | None) -> Run:
    """Return the run to be taken back.

    Raises:
        UsageError: There is none, or it is an import.
        SyncerError: It has not ended in order.
    """
    if not state.runs or (run is None and not state.applies):
        raise UsageError(
            Problem(
                "run-unknown",
                "Nothing was applied yet, as far as is remembered.",
                hint="there is nothing to undo",
            )
        )
    found = state.applies[-1] if run is None else next((each for each in state.runs if each.run == run), None)
    if found is None:
        latest = ", ".join(each.run for each in reversed(state.runs[-_NAMED:]))
        more = f"; all {len(state.runs)}: syncer history" if len(state.runs) > _NAMED else ""
        raise UsageError(
            Problem("run-unknown", f"No run {run} is remembered.", hint=f"there are: {latest}{more}")
        )
    if found.is_import:
        raise UsageError(
            Problem(
                "run-import",
                f"Run {found.run} of {found.by} is an import: it wrote nothing to the CRM.",
                hint="delete the manifests that it wrote, if they are not wanted",
            )
        )
    if found.is_open:
        raise SyncerError(
            Problem(
                "run-open",
                f"Run {found.run} of {found.by} did not end in order; nobody knows yet what it has written.",
                hint="run `syncer apply` first: it looks that up; then undo it",
            )
        )
    return found


def _later(store: Store, state: State, run: Run) -> Callable[[str], Iterator[tuple[str, RunChange]]]:
    """Return what tells of a record by which later runs it was written, newest first."""
    later = state.applies[state.applies.index(run) + 1 :]

    def of(id_: str) -> Iterator[tuple[str, RunChange]]:
        for each in reversed(later):
            found = (change for change in changes(each.run) if change.id == id_ and change.outcome in WROTE)
            yield from ((each.run, change) for change in found)

    changes = cache(store.changes)
    return of


def _manifests(session: Session) -> Manifests | None:
    """Return what is declared, for the places in files; None when it cannot be read."""
    try:
        return manifest.read(session.project)
    except SyncerError:
        return None


def _space(
    session: Session, directory: Directory, done: Collection[RunChange], manifests: Manifests | None
) -> undo.Space:
    records: dict[str, Observed] = {}
    for kind in KINDS.values():
        of_kind = [change for change in done if Address.parse(change.address).kind == kind.name]
        records |= {record.id: record for record in _records(session, directory, kind, of_kind)}

    def typed_at(kind: str, path: str) -> Field | None:
        row = directory.fields_of(kind).get(api_name(path) or "")
        return None if row is None else typed(row)

    return undo.Space(
        records,
        directory,
        directory.last_steps(pipeline.id for pipeline in directory.all("pipeline")),
        typed_at,
        {entry.address: entry.span for entry in manifests.declared} if manifests else {},
        directory.base_currency,
    )


def _records(
    session: Session, directory: Directory, kind: Kind, done: Collection[RunChange]
) -> tuple[Observed, ...]:
    """Return the records of one kind that a run has written, as they are now; learn their names."""
    ids = {change.id for change in done if change.id is not None and change.outcome in WROTE}
    paths = {path for _, path, _ in undo.ids(done)}
    if any(change.outcome == Outcome.DELETED for change in done):
        paths |= kind.links.keys()
    custom = directory.fields_of(kind.name)
    fields = frozenset(path for path in paths if (name := api_name(path)) is None or name in custom)
    found = observe.read_known(session.api, kind, ids, fields)
    observe.placed(kind, found, lookup.pipelines_of(directory))
    # What is there now has names, too.
    values = (item for record in found for item in record.values.items())
    add_names(session.api, directory, ((kind.name, path, value) for path, value in values if path in fields))
    return found


def _deleted_again(done: Collection[RunChange], manifests: Manifests | None) -> str:
    """Return which entries say still that their record be deleted: that alone is carried out again."""
    deleted = {change.address for change in done if change.outcome == Outcome.DELETED}
    declared = manifests.declared if manifests else ()
    absent = [
        str(entry.address)
        for entry in declared
        if entry.state is Presence.ABSENT and str(entry.address) in deleted
    ]
    if not absent:
        return ""
    named = listed([*absent[:_NAMED], *(["others"] if len(absent) > _NAMED else [])])
    say, them = ("says", "it") if len(absent) == 1 else ("say", "them")
    return f", but {named} {say} `state: absent`, and the next apply deletes {them} again"


def _warnings(run: Run, done: Collection[RunChange], manifests: Manifests | None) -> list[Problem]:
    """Return what whoever takes a run back has to know."""
    again = _deleted_again(done, manifests)
    commit = f" (commit {run.commit[:_SHORT]})" if run.commit else ""
    found = []
    if any(change.outcome in WROTE for change in done):
        found.append(
            Problem(
                "undo-manifests",
                f"Run {run.run} is taken back in the CRM alone; the manifests still declare what it wrote"
                f"{commit}. Until they are reverted, plans show the difference as moved in the CRM{again}.",
                hint=f"revert them as well: git revert {run.commit}"
                if run.commit
                else "revert the manifests as well, or run `syncer pull`",
                severity=Severity.WARNING,
            )
        )
    left = [change for change in done if change.outcome not in WROTE]
    if left:
        named = ", ".join(change.address for change in left[:_NAMED])
        found.append(
            Problem(
                "undo-in-part",
                f"{len(left):,} of the {len(done):,} changes of run {run.run} are not taken back, since it "
                f"is not known that it wrote them: {named}{', …' if len(left) > _NAMED else ''}.",
                hint="look at them in Pipeliner, or at what `syncer plan` says of them",
                severity=Severity.WARNING,
            )
        )
    return found
