"""Read, resolve, observe, match, decide: manifests and a space → a Plan."""

import os
import subprocess
from collections.abc import Collection, Iterable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

from syncer import __version__, resolve
from syncer.formats import plan_file
from syncer.kinds.custom import api_name, is_custom
from syncer.kinds.registry import MAIN
from syncer.manifest import Manifests
from syncer.model.address import Address
from syncer.model.change import Change
from syncer.model.declared import Declared, Existing, Presence
from syncer.model.observed import Observed
from syncer.model.plan import Memory, Origin, Plan, SpaceId
from syncer.model.policy import Gone, Removed
from syncer.model.problem import (
    Problem,
    ProjectError,
    RemoteError,
    ResolveError,
    Severity,
    UsageError,
    blocking_first,
)
from syncer.model.signs import Phase
from syncer.planning import decide as planning
from syncer.planning import guard, known, lookalikes, removed, shown
from syncer.planning import match as identity
from syncer.planning.match import Known, Matches
from syncer.planning.rules import Rules
from syncer.planning.warn import warnings
from syncer.project import days
from syncer.project.load import policy_json
from syncer.remote import lookup, observe
from syncer.resolve import Desired, Resolution
from syncer.resolve.directory import Directory
from syncer.shapes.words import nearest
from syncer.state.values import LedgerRow, State, stamp
from syncer.verbs.session import Session
from syncer.verbs.takes import Written, taken

if TYPE_CHECKING:
    from syncer.remote.client import Api


_KEY_TYPES: Final = frozenset({"input", "text_area"})


EVERYTHING: Final = "all"  # in `strict`: every warning


_COMMITS: Final = ("GITHUB_SHA", "CI_COMMIT_SHA")


@dataclass(frozen=True, slots=True)
class Planned:
    """A plan, and what it came from.

    Attributes:
        plan: What was decided.
        declared: The declarations: they know the lines of the files.
        lost: The ids of the records among those found that are lost.
        deleted: The addresses whose record was deleted in the CRM; of other gone ones nobody can tell.
    """

    plan: Plan
    declared: tuple[Declared, ...]
    lost: frozenset[str] = frozenset()
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
    declared, untargeted = _targeted(manifests.declared, targets)
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
    read = _read(api, _Asked(declared, (*untargeted, *manifests.rest), ledger, left, whole), rules)
    resolution, directory = read.resolution, read.directory
    won = _won(directory)
    matches = identity.match(
        MAIN,
        resolution.desired,
        [record for record in read.records if not record.deleted],
        rule=rules.matching,
        rest=read.rest,
        won=won,
        known=read.known,
        recreate=rules.gone is Gone.RECREATE,
    )
    problems = [*resolution.problems, *matches.problems]
    if any(problem.severity is Severity.ERROR for problem in problems):
        raise ResolveError(problems)
    decided = planning.decide(resolution.desired, matches, rules, won, ledger.values())
    leaving: dict[str, str] = {}
    if whole and left:
        found_ = {record.id: record for record in read.records}
        taken_ = {*matches.taken, *(missing.id for missing in matches.missing.values())}
        leaving = removed.leaving(left, found_, taken_)
        decided = tuple(sorted((*decided, *removed.removed(left, found_, taken_, rules)), key=_address))
    leaving |= _absent_for_good(declared, ledger, read.known.deleted)
    lookup.add_ids(api, directory, shown.ids(decided))
    changes = shown.named(decided, directory)
    found = [
        *warnings(changes, resolution.desired, rules, today),
        *lookalikes.warnings(MAIN, resolution.desired, matches, directory, rules.key_field),
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
        references=resolution.references,
        steps=_steps(directory, resolution.desired, matches),
        leaving=leaving,
    )
    lost = frozenset(record.id for record in matches.found.values() if record and record.archived)
    deleted = frozenset(address for address, missing in matches.missing.items() if missing.deleted)
    return Planned(made, declared, lost, deleted)


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


def _won(directory: Directory) -> dict[str, str]:
    """Return the step that means won, by pipeline."""
    return directory.last_steps(pipeline.id for pipeline in directory.all("pipeline"))


def _steps(directory: Directory, desired: Iterable[Desired], matches: Matches) -> dict[str, tuple[str, ...]]:
    """Return the steps of every pipeline that is declared, or holds a record that is, in their order."""
    known = {entry.values.get("pipeline") for entry in desired}
    known |= {record.values.get("pipeline") for record in matches.found.values() if record is not None}
    return {
        pipeline.names[0]: tuple(directory.label("step", step.id) for step in directory.steps(pipeline.id))
        for pipeline in directory.all("pipeline")
        if pipeline.names and pipeline.id in known
    }


class _Asked(NamedTuple):
    """What is read for.

    Attributes:
        declared: What is planned.
        others: What else is declared: what identifies it is read.
        ledger: What is remembered, by address.
        left: What of it nothing declares any more.
        whole: Whether everything is planned, so that what is left is, too.
    """

    declared: Sequence[Declared]
    others: Sequence[Declared]
    ledger: Mapping[str, LedgerRow]
    left: Mapping[Address, LedgerRow]
    whole: bool

    @property
    def entries(self) -> tuple[Declared, ...]:
        """All that is declared."""
        return (*self.declared, *self.others)

    @property
    def seeks_left(self) -> bool:
        """Whether what is left has a part in it: a new entry may be one of them under another key."""
        return bool(self.left) and (
            self.whole or any(str(entry.address) not in self.ledger for entry in self.declared)
        )


class _Read(NamedTuple):
    """What was read.

    Attributes:
        resolution: What is planned, resolved.
        rest: What else is declared, as far as what identifies it is known.
        directory: Names of the space.
        records: What may be one of them; deleted ones, too, of which the ledger knows.
        known: What the ledger knows.
    """

    resolution: Resolution
    rest: tuple[Desired, ...]
    directory: Directory
    records: tuple[Observed, ...]
    known: Known


def _read(api: "Api", asked: _Asked, rules: Rules) -> _Read:
    """Read what the declarations need, and resolve them; of the others only what identifies them.

    The opportunities are read while the names are looked up and resolved, but for those that are found by
    their accounts. When a name is unknown among what was asked for alone, its whole kind is read once: the
    filter may have missed it, and the nearest names help.
    """
    key_field, declared, others = rules.key_field, asked.declared, asked.others
    compared = _compared_paths(asked, rules)
    fields = (MAIN.name,) if key_field is not None or any(map(is_custom, compared)) else ()
    wanted = resolve.wanted([*declared, *map(resolve.identifying, others)])
    sought = observe.sought(MAIN, asked.entries, rules.matching)
    accounts: Future[frozenset[str]] = Future()
    with ThreadPoolExecutor(1, "observe") as side:
        opportunities = side.submit(observe.read, api, sought, accounts.result)
        try:
            directory = lookup.lookup(api, wanted, fields=fields)
            api.forget_ahead()
            accounts.set_result(observe.around(sought, directory))
        finally:
            if not accounts.done():
                accounts.set_result(frozenset())
        if key_field is not None:
            _check_key_field(directory, key_field)
        resolution = resolve.resolve(declared, directory, key_field=key_field)
    refused = opportunities.exception()
    if refused is not None and not isinstance(refused, RemoteError):
        raise refused
    if resolution.unsure:
        directory = lookup.lookup(api, wanted, fields=fields, whole=resolution.unsure)
        resolution = resolve.resolve(declared, directory, key_field=key_field)
    if refused is not None:
        # A field that the space does not have: our own words know its line and the nearest name.
        resolution.checked()
        raise refused
    records = opportunities.result()
    if late := observe.around(sought, directory) - accounts.result():
        # Accounts that only the second look has found.
        more = observe.read_around(api, sought, late)
        records = tuple({record.id: record for record in (*records, *more)}.values())
    custom = directory.fields_of(MAIN.name)
    there = {path for path in compared if (name := api_name(path)) is None or name in custom}
    records = _with_known(api, asked, records, sought.fields, there)
    rest = resolve.identities(others, directory, key_field=key_field) if others else ()
    known_ = known.known(asked.ledger, asked.left, (*resolution.desired, *rest), rules.matching)
    deleted = {record.id: record for record in records if record.deleted}
    placed = observe.placed(MAIN, records, lookup.pipelines_of(directory))
    return _Read(resolution, rest, directory, placed, known_._replace(deleted=deleted))


def _compared_paths(asked: _Asked, rules: Rules) -> frozenset[str]:
    """Return what has to be as it was agreed before what is declared no longer is deleted."""
    if not asked.whole or rules.removed is Removed.KEEP:
        return frozenset()
    return frozenset(path for row in asked.left.values() for path in row.values)


def _with_known(
    api: "Api",
    asked: _Asked,
    records: tuple[Observed, ...],
    fields: frozenset[str],
    compared: Collection[str],
) -> tuple[Observed, ...]:
    """Return *records* with those that are known by their ids: renamed, moved, deleted and left ones.

    Args:
        api: An open connection.
        asked: What is read for.
        records: As found by what identifies them.
        fields: Their fields.
        compared: What is read of the records that nothing declares any more.
    """
    ledger = asked.ledger
    ids = {ledger[address].id for entry in asked.entries if (address := str(entry.address)) in ledger}
    ids |= {entry.id for entry in asked.declared if entry.id}
    left = {row.id for row in asked.left.values()} if asked.seeks_left else set()
    there = {record.id for record in records}
    # Of what is to be deleted everything is read that was agreed.
    wanted = (ids | left) - there | (left if compared else set())
    more = observe.read_known(api, MAIN, wanted, fields | frozenset(compared))
    return tuple({record.id: record for record in (*records, *more)}.values()) if more else records


def _absent_for_good(
    declared: Iterable[Declared], ledger: Mapping[str, LedgerRow], deleted: Collection[str]
) -> dict[str, str]:
    """Return what is declared to be absent and is deleted: ids by address."""
    absent = (str(entry.address) for entry in declared if entry.state is Presence.ABSENT)
    rows = (ledger[address] for address in absent if address in ledger)
    return {row.address: row.id for row in rows if row.id in deleted}


def _address(change: Change) -> Address:
    return change.address


def _check_key_field(directory: Directory, key_field: str) -> None:
    field = directory.fields_of(MAIN.name).get(key_field)
    if field is None or field.type not in _KEY_TYPES or field.system:
        if field is None:
            what = "opportunities of this space have no such field"
        elif field.system:
            what = "it is one of the service's own fields"
        else:
            what = f"it is of the type {field.type}, not a text field"
        raise ProjectError(
            Problem(
                "key-field-unusable",
                f"identity.key_field names {key_field}; {what}.",
                hint="make a custom text field on opportunities in Pipeliner, best a unique one, and write "
                "its api name; or take the line out to match by name, account and pipeline",
            )
        )


def _targeted(
    declared: tuple[Declared, ...], targets: Sequence[str]
) -> tuple[tuple[Declared, ...], tuple[Declared, ...]]:
    """Return what is to be planned, and what is not."""
    if not targets:
        return declared, ()
    known = {name: entry for entry in declared for name in (str(entry.address), entry.key)}
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
    chosen = {known[target].address for target in targets}
    return (
        tuple(entry for entry in declared if entry.address in chosen),
        tuple(entry for entry in declared if entry.address not in chosen),
    )


def _commit(root: Path) -> str | None:
    """Return the git commit of the manifests, when there is one."""
    for name in _COMMITS:
        if value := os.environ.get(name):
            return value
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
