"""Read, resolve, observe, match, decide: manifests and a space → a Plan."""

import os
import subprocess
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Final

from syncer import __version__
from syncer.formats import plan_file
from syncer.kinds import codec
from syncer.kinds.references import REFERENCES
from syncer.manifest import Manifests
from syncer.model import job
from syncer.model.address import Address
from syncer.model.change import Change
from syncer.model.declared import Declared, Existing, Presence
from syncer.model.plan import Memory, Origin, Plan, SpaceId
from syncer.model.problem import (
    Problem,
    ResolveError,
    Severity,
    UsageError,
    blocking_first,
)
from syncer.model.signs import Phase
from syncer.planning import decide as planning
from syncer.planning import guard, known, lookalikes, removed, shown
from syncer.planning.rules import Rules
from syncer.planning.warn import warnings
from syncer.project import days
from syncer.project.load import policy_json
from syncer.remote import lookup
from syncer.resolve.directory import Directory
from syncer.shapes.words import nearest
from syncer.state.values import LedgerRow, State, stamp
from syncer.verbs import reading
from syncer.verbs.reading import Read
from syncer.verbs.session import Session
from syncer.verbs.takes import Written, taken

if TYPE_CHECKING:
    pass


_KEY_TYPES: Final = frozenset({"input", "text_area"})


EVERYTHING: Final = "all"  # in `strict`: every warning


@dataclass(frozen=True, slots=True)
class Planned:
    """A plan, and what it came from.

    Attributes:
        plan: What was decided.
        declared: The declarations: they know the lines of the files.
        deleted: The addresses whose record was deleted in the CRM; of other gone ones nobody can tell.
    """

    plan: Plan
    declared: tuple[Declared, ...]
    deleted: frozenset[Address] = frozenset()


def begin(session: Session) -> None:
    """Send for what a plan reads whatever is declared, so that it is on its way while files are read."""
    lookup.ask_ahead(session.api)


def plan(
    session: Session,
    manifests: Manifests,
    *,
    existing: Existing | None = None,
    targets: Sequence[str] = (),
    strict: Collection[str] = (),
    takes: Written = (),
    state: State | None = None,
) -> Planned:
    """Decide what would make the space as the manifests declare it; change nothing.

    Args:
        session: The project and the space.
        manifests: What is declared. Which record is whose is judged for all of it and for the rest of the
            project, whatever is planned.
        existing: Overrides the policy for existing records.
        targets: Addresses or keys; none means everything.
        strict: Codes of warnings that are errors of the plan, see `severe`.
        takes: Whose word counts in this plan, see `syncer.verbs.takes`.
        state: What is remembered; None reads it.

    Raises:
        StateError: It cannot be read.
        UsageError: A target is not declared, nor what is to be taken.
        ResolveError: References or identities do not fit the space; all problems at once.
        RemoteError: Refused, or silent.
    """
    with session.signs.during(Phase("Planning")):
        return _plan(
            session,
            manifests,
            existing=existing,
            targets=targets,
            strict=strict,
            takes=takes,
            state=state,
        )


def _plan(
    session: Session,
    manifests: Manifests,
    *,
    existing: Existing | None,
    targets: Sequence[str],
    strict: Collection[str],
    takes: Written,
    state: State | None,
) -> Planned:
    api, project = session.api, session.project
    today = days.today(session.now(), project.timezone)
    chosen, untargeted = _targeted(manifests.declared, targets)
    # What a target refers to goes along where it is not there yet, which the space alone tells.
    along = tuple(entry for entry in untargeted if entry.address.kind in REFERENCES)
    remembered = state or session.store().read()
    ledger = remembered.ledger
    # Nothing is forgotten or deleted that PATHS or targets leave out.
    whole = manifests.whole and not targets
    addresses = {entry.address for entry in (*manifests.declared, *manifests.rest)}
    left = known.undeclared(ledger, addresses) if manifests.judged else {}
    rules = Rules(
        match=project.identity.match,
        key_field=project.identity.key_field,
        existing=existing or project.policy.existing,
        warn_past=str(project.policy.guards.closing_date_in_past) == "warn",
        gone=project.policy.gone,
        removed=project.policy.removed,
        closed=project.policy.closed,
        unsettled=frozenset(address for run in remembered.open for address in run.uncertain),
        takes=taken(takes, manifests.declared, left if whole else ()),
    )
    others = (*(entry for entry in untargeted if entry.address.kind not in REFERENCES), *manifests.rest)
    read = reading.read(api, reading.Asked((*chosen, *along), others, ledger, left, whole), rules)
    directory = read.directory
    decided: list[Change] = []
    leaving: dict[str, str] = {}
    for of in read.kinds:
        decided += planning.decide(of.resolution.desired, of.matches, rules, read.won, ledger.values())
        if whole and of.left:
            taken_ = {*of.matches.taken, *(missing.id for missing in of.matches.missing.values())}
            leaving |= removed.leaving(of.left, of.records, taken_)
            decided += removed.removed(of.left, of.records, taken_, rules)
    needed = _needed(decided, {entry.address for entry in chosen})
    unneeded = {entry.address for entry in along} - needed.keys()
    problems = [problem for of in read.kinds for problem in of.problems if problem.address not in unneeded]
    if any(problem.severity is Severity.ERROR for problem in problems):
        # A doubt about a manifest may be the reason: two names that a # has cut are one.
        raise ResolveError([*problems, *manifests.warnings])
    declared = (*chosen, *(entry for entry in along if entry.address in needed))
    desired = [entry for entry in read.desired if entry.declared.address not in unneeded]
    decided = [_along(change, needed) for change in decided if change.address not in unneeded]
    decided.sort(key=_address)
    leaving |= _absent_for_good(declared, ledger, read)
    lookup.add_ids(api, directory, shown.ids(decided))
    changes = shown.named(decided, directory)
    found = [
        *warnings(changes, desired, rules, today),
        *(
            problem
            for of in read.kinds
            for problem in lookalikes.warnings(of.kind, desired, of.matches, directory, rules.key_field)
        ),
    ]
    made = assembled(
        session,
        directory,
        remembered,
        digest=manifests.digest,
        changes=changes,
        problems=(*manifests.warnings, *found),
        strict=strict,
    )
    made = replace(
        made,
        references=read.references,
        steps=_steps(read),
        leaving=leaving,
    )
    deleted = frozenset(
        address for of in read.kinds for address, missing in of.matches.missing.items() if missing.deleted
    )
    return Planned(made, declared, deleted)


def assembled(
    session: Session,
    directory: Directory,
    state: State,
    *,
    digest: str,
    changes: tuple[Change, ...],
    problems: Iterable[Problem],
    strict: Collection[str] = (),
) -> Plan:
    """Return the plan of *changes* as it is made now, with the guards that it breaches among its problems.

    Args:
        session: The project and the space.
        directory: Names of the space.
        state: What was remembered.
        digest: Of what it was made of.
        changes: What was decided.
        problems: What there is to say of them.
        strict: Codes of warnings that are errors of the plan, see `severe`.
    """
    project, connection, now = session.project, session.connection, session.now()
    base = directory.get("currency", directory.base_currency)
    made = Plan(
        tool_version=__version__,
        created_at=stamp(now),
        expires_at=stamp(now + timedelta(hours=plan_file.LIFETIME_HOURS)),
        space=SpaceId(connection.url, connection.space_id, base.names[0] if base else None),
        policy=policy_json(project),
        source=Origin(_commit(project.root), digest),
        changes=changes,
        state=_memory(state),
    )
    breaches = guard.breaches(made, days.today(now, project.timezone))
    over = (replace(problem, severity=Severity.WARNING) for problem in breaches)
    return replace(made, problems=blocking_first(severe((*problems, *over), strict)))


def severe(problems: Iterable[Problem], strict: Collection[str]) -> tuple[Problem, ...]:
    """Return *problems* with the warnings whose codes are in *strict* as errors; `EVERYTHING` means all."""
    return tuple(
        replace(problem, severity=Severity.ERROR)
        if problem.severity is Severity.WARNING and (EVERYTHING in strict or problem.code in strict)
        else problem
        for problem in problems
    )


def errors(planned: Plan) -> tuple[Problem, ...]:
    """Return the problems of a plan for which it may not be applied."""
    return tuple(problem for problem in planned.problems if problem.severity is Severity.ERROR)


def _memory(state: State) -> Memory | None:
    """Return what a plan says of the state it is made upon."""
    return None if state.lineage is None else Memory(state.backend, state.lineage, state.serial)


def _steps(read: Read) -> dict[str, tuple[str, ...]]:
    """Return the steps of every pipeline that is declared, or holds a record that is, in their order."""
    directory = read.directory
    known = {entry.values.get("pipeline") for entry in read.desired}
    known |= {
        record.values.get("pipeline")
        for of in read.kinds
        for record in of.matches.found.values()
        if record is not None
    }
    return {
        pipeline.names[0]: tuple(directory.label("step", step.id) for step in directory.steps(pipeline.id))
        for pipeline in directory.all("pipeline")
        if pipeline.names and pipeline.id in known
    }


def _absent_for_good(
    declared: Iterable[Declared], ledger: Mapping[str, LedgerRow], read: Read
) -> dict[str, str]:
    """Return what is declared to be absent and is deleted: ids by address."""
    absent = (str(entry.address) for entry in declared if entry.state is Presence.ABSENT)
    rows = (ledger[address] for address in absent if address in ledger)
    deleted = {id_ for of in read.kinds for id_, record in of.records.items() if record.deleted}
    return {row.address: row.id for row in rows if row.id in deleted}


def _address(change: Change) -> Address:
    return change.address


def _targeted(
    declared: tuple[Declared, ...], targets: Sequence[str]
) -> tuple[tuple[Declared, ...], tuple[Declared, ...]]:
    """Return what is to be planned, and what is not."""
    if not targets:
        return declared, ()
    known: dict[str, set[Address]] = {}
    for entry in declared:
        for name in (str(entry.address), entry.key):
            known.setdefault(name, set()).add(entry.address)
    unknown = [target for target in targets if target not in known]
    if unknown:
        raise UsageError(
            Problem(
                "target-unknown",
                f"No manifest declares {target}.",
                hint=f"did you mean {near}?" if (near := nearest(target, known)) else "",
            )
            for target in unknown
        )
    chosen = {address for target in targets for address in known[target]}
    return (
        tuple(entry for entry in declared if entry.address in chosen),
        tuple(entry for entry in declared if entry.address not in chosen),
    )


def _needed(changes: Iterable[Change], chosen: Collection[Address]) -> dict[Address, Address]:
    """Return what else has to be created for the *chosen* addresses, each with what refers to it."""
    known = {change.address: change for change in changes}
    found: dict[Address, Address] = {}
    left = sorted(known.keys() & set(chosen), reverse=True)
    while left:
        address = left.pop()
        for need in codec.needs(known[address]) if address in known else ():
            if need not in found and need not in chosen:
                found[need] = address
                left.append(need)
    return found


def _along(change: Change, needed: Mapping[Address, Address]) -> Change:
    """Return *change* with a note where it is planned for the sake of another one."""
    if change.address not in needed:
        return change
    note = f"Planned as well: {needed[change.address]} refers to it, and it is not there yet."
    return replace(change, notes=(*change.notes, note))


def _commit(root: Path) -> str | None:
    """Return the git commit of the manifests, when there is one."""
    if said := job.commit(os.environ):
        return said
    try:
        found = subprocess.run(
            ["git", "rev-parse", "HEAD"],  # noqa: S607 (whichever git the user has)
            cwd=root,
            capture_output=True,
            encoding="utf-8",
            timeout=5,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return found.stdout.strip() or None if found.returncode == 0 else None
