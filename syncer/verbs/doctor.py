"""Is everything in order? Each thing an apply leans on, looked at without changing any of it."""

import sys
import time
from collections.abc import Collection, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from enum import StrEnum
from pathlib import Path
from typing import Any, Final

from syncer import __version__, manifest
from syncer.apply.past import Past
from syncer.kinds import count
from syncer.kinds.base import Kind
from syncer.kinds.custom import CLOSED
from syncer.kinds.references import REFERENCES
from syncer.kinds.registry import KINDS, keyed
from syncer.model.job import in_ci
from syncer.model.notice import Event, Notice
from syncer.model.problem import Problem, ProjectError, RemoteError, SyncerError
from syncer.model.signs import Phase, Signs, Unseen
from syncer.model.words import listed
from syncer.project import load as projects
from syncer.project.connection import Connection, connection, prefix
from syncer.project.load import Project
from syncer.remote.client import Api, Request
from syncer.remote.inventory import inventory
from syncer.render.problems import counted
from syncer.resolve.directory import Directory
from syncer.state.choice import SHARE
from syncer.state.faults import HeldError
from syncer.state.folder import space_folder
from syncer.state.open import open_store
from syncer.verbs.notify import notify, unready, variable
from syncer.verbs.session import timeouts

# What is written, and what goes along with it.
WRITTEN: Final = tuple(
    entity
    for kind in KINDS.values()
    for entity in (
        kind.entity,
        *(link.entity for link in kind.links.values()),
        *(link.roles.entity for link in kind.links.values() if link.roles is not None),
    )
)
READ: Final = tuple(
    dict.fromkeys(
        [
            *WRITTEN,
            *(kind.entity for kind in REFERENCES.values()),
            "Fields",
            "CurrencyExchangeRates",
            "CurrencyExchangeRatesLists",
        ]
    )
)
_SLOW: Final = 2.0  # seconds for one small answer
_CLOCK: Final = 60.0  # seconds
_TEST: Final = "This is a test that syncer doctor was asked for: nothing was planned or applied."
_KEY_TYPES: Final = frozenset({"input", "text_area"})


class Status(StrEnum):
    """How one thing is."""

    OK = "ok"
    WARN = "warn"
    FAIL = "fail"
    SKIP = "skip"


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at.

    Attributes:
        name: What it is, in a word or two.
        status: How it is.
        detail: What was found, one sentence. Never a credential.
        fix: What to do about it.
    """

    name: str
    status: Status
    detail: str
    fix: str = ""


@dataclass(slots=True)
class _Visit:
    """What is known so far."""

    directory: Path
    space: str | None
    env: Mapping[str, str]
    checks: list[Check] = field(default_factory=list)
    dates: list[tuple[str, float]] = field(default_factory=list)

    def note(self, name: str, status: Status, detail: str, fix: str = "") -> None:
        self.checks.append(Check(name, status, detail, fix))

    def failed(self, name: str, problems: Sequence[Problem]) -> None:
        first = problems[0]
        more = f" And {len(problems) - 1:,} more." if len(problems) > 1 else ""
        where = f"{first.span}: " if first.span else ""
        self.note(name, Status.FAIL, f"{where}{first.detail}{more}", first.hint)

    def skipped(self, *names: str, why: str) -> None:
        for name in names:
            self.note(name, Status.SKIP, f"not tried: {why}")


def examine(
    directory: Path,
    space: str | None,
    env: Mapping[str, str],
    *,
    timeout: float | None = None,
    signs: Signs | None = None,
    test: bool = False,
) -> list[Check]:
    """Look at everything; change nothing, write nothing to the space, and send nothing unless asked.

    Args:
        directory: Where to look for the project.
        space: Name of the space, when there are several.
        env: The environment.
        timeout: Seconds that one request may take; None leaves it to the client.
        signs: Takes what goes on; None: nobody watches.
        test: Send a message to each of those who are to hear of plans and applies.
    """
    signs = signs or Unseen()
    visit = _Visit(directory, space, env)
    with signs.during(Phase("Looking")):
        return _examined(visit, timeout, signs, test=test)


def _examined(visit: _Visit, timeout: float | None, signs: Signs, *, test: bool) -> list[Check]:
    visit.note(
        "version",
        Status.OK,
        f"syncer {__version__}, Python {'.'.join(map(str, sys.version_info[:3]))}",
    )
    project = _project(visit)
    if project is None:
        return visit.checks
    _manifests(visit, project)
    connection = _connection(visit, project)
    if connection is None:
        visit.skipped(
            *("reach", "rights", "clock", "money", "key field", "state", "applies", "lock"),
            why="the space is not known well enough",
        )
    else:
        _space(visit, project, connection, timeout, signs)
        _state(visit, project, connection)
    if project.notify:
        _notify(visit, project.notify, test=test)
    return visit.checks


# --- this machine ---


def _project(visit: _Visit) -> Project | None:
    try:
        project = projects.load(visit.directory, visit.env)
    except SyncerError as error:
        visit.failed("project", error.problems)
        return None
    if project.file is None:
        visit.note("project", Status.OK, "no syncer.yaml; the environment names the space")
    else:
        visit.note("project", Status.OK, str(project.file))
    return project


def _manifests(visit: _Visit, project: Project) -> None:
    try:
        found = manifest.read(project)
    except SyncerError as error:
        first = error.blocking[0]
        if {problem.code for problem in error.blocking} <= {"no-manifests", "no-opportunities"}:
            visit.note(
                "manifests",
                Status.WARN,
                first.detail,
                "write one, or take over what is in the space: syncer import",
            )
        else:
            number = counted(len(error.blocking), "error")
            detail = f"{number}, first {first.span}: {first.summary}" if first.span else first.detail
            visit.note("manifests", Status.FAIL, detail, "syncer validate shows them all")
        return
    records = count.counted(entry.address for entry in found.declared)
    words = f"{records} in {counted(len(found.files), 'file')}"
    if found.warnings:
        visit.note(
            "manifests", Status.WARN, f"{words}; {counted(len(found.warnings), 'warning')}", "syncer validate"
        )
    else:
        visit.note("manifests", Status.OK, words)


_ABOUT_CREDENTIALS: Final = frozenset({"credentials-missing", "credentials-unusable"})


def _connection(visit: _Visit, project: Project) -> Connection | None:
    credentials = {"PIPELINER_API_USERNAME", "PIPELINER_API_PASSWORD"}
    try:
        found = connection(project, visit.space, visit.env)
    except SyncerError as error:
        ours = [problem for problem in error.problems if problem.code in _ABOUT_CREDENTIALS]
        others = [problem for problem in error.problems if problem not in ours]
        if others:
            visit.failed("space", others)
        if ours:
            visit.failed("credentials", ours)
        return None
    overridden = [name for name in ("PIPELINER_URL", "PIPELINER_SPACE_ID") if visit.env.get(name)]
    from_file = visit.space is not None or not overridden
    source = "from syncer.yaml" if from_file else f"from {listed(overridden)}"
    words = f"{found.space_id} on {found.url} ({found.name}, {source})"
    if found.note:
        fix = f"unset {' '.join(overridden)}, if syncer.yaml is right"
        others_named = ", ".join(f"{each.space_id} on {each.url}" for each in project.spaces.values())
        visit.note("space", Status.WARN, f"{words}; syncer.yaml says {others_named}", fix)
    else:
        visit.note("space", Status.OK, words)
    own = prefix(found.name) if found.name in project.spaces else ""
    used = [own + name if visit.env.get(own + name) else name for name in sorted(credentials, reverse=True)]
    visit.note("credentials", Status.OK, f"from {listed(used)}")
    return found


def _notify(visit: _Visit, recipients: Mapping[str, Collection[Event]], *, test: bool) -> None:
    """Look whether those whom syncer.yaml names can be notified from here; send only what is asked for."""
    unset = [name for name in recipients if not visit.env.get(variable(name), "").strip()]
    able = [name for name in recipients if name not in unset]
    problems = unready(able, visit.env) if able else ()
    if able and test and not problems:
        notice = Notice(Event.APPLIED, _TEST)
        problems = notify(dict.fromkeys(able, (Event.APPLIED,)), [notice], visit.env)
    silent = f"nobody set {listed([variable(name) for name in unset])}" if unset else ""
    told = f"{listed(able)} {'got a test message' if test else 'can be notified'}" if able else ""
    if problems:
        visit.note("notify", Status.WARN, " ".join(each.detail for each in problems), problems[0].hint)
    elif unset and in_ci(visit.env):
        detail = "; ".join(filter(None, (told, silent)))
        visit.note(
            "notify", Status.WARN, detail, "make secrets of these names, or take the names out of notify"
        )
    else:
        visit.note("notify", Status.OK, "; ".join(filter(None, (told, silent and f"{silent} here"))))


def _state(visit: _Visit, project: Project, connection: Connection) -> None:
    """Tell which state is used and whether it is reached, who applies, what was left; nothing is made."""
    choice = project.state
    where = f"{choice.backend}: {choice.where(connection.space_id)}"
    protect = "; protect it like the main branch" if choice.backend == "git" else ""
    try:
        store = open_store(choice, project.root, connection.url, connection.space_id, environ=visit.env)
        found, owner = store.read(), None
        try:
            found = store.free()
        except HeldError as error:
            owner = error.lock
    except SyncerError as error:
        visit.failed("state", error.problems)
        visit.skipped("applies", "lock", why="the state cannot be read")
        return
    if choice.backend == "local" and in_ci(visit.env):
        visit.note("state", Status.WARN, f"{where}; in CI it ends with the runner", SHARE)
    elif found.lineage is None:
        visit.note("state", Status.OK, f"{where}; nothing is remembered yet{protect}")
    else:
        at = f"at {found.serial}, {counted(len(found.ledger), 'record')}"
        visit.note("state", Status.OK, f"{where}; {at}{protect}")
    folder = space_folder(project.root, connection.url, connection.space_id)
    try:
        _applies(visit, Past.of(folder, found, store.changes))
    except SyncerError as error:
        visit.failed("applies", error.problems)
    if owner is None:
        visit.note("lock", Status.OK, "free")
    else:
        visit.note("lock", Status.WARN, f"an apply is running: {owner}", "wait until it has ended")


def _applies(visit: _Visit, past: Past) -> None:
    left = [(entry.started, len(entry.uncertain)) for entry in past.left]
    left += [(run.started, len(run.uncertain)) for run in past.elsewhere]
    if left:
        started, uncertain = max(left)
        detail = (
            f"an apply that began {started} did not end in order; the outcome of "
            f"{counted(uncertain, 'change')} is not known"
        )
        visit.note("applies", Status.WARN, detail, "syncer apply --resume")
    else:
        visit.note("applies", Status.OK, "none is left unfinished")


# --- the space ---


def _space(
    visit: _Visit, project: Project, connection: Connection, timeout: float | None, signs: Signs
) -> None:
    def heard(request: Request) -> None:
        if request.date:
            visit.dates.append((request.date, time.time()))

    with Api(
        connection.url,
        connection.space_id,
        connection.username,
        connection.password,
        timeouts=timeouts(timeout),
        on_request=heard,
        signs=signs,
    ) as api:
        if not _reach(visit, api, connection):
            visit.skipped("rights", "clock", "money", "key field", why="the space was not reached")
            return
        may_read = _rights(visit, api)
        _clock(visit)
        if not may_read:
            visit.skipped("money", "key field", why="something needed for it cannot be read")
            return
        directory = inventory(api, keyed())
    _money(visit, directory)
    for kind in keyed():
        _key_field(visit, project, directory, kind)


def _reach(visit: _Visit, api: Api, connection: Connection) -> bool:
    begin = time.monotonic()
    try:
        api.list_page("Currencies", {"first": "1"})
    except (RemoteError, ProjectError) as error:  # the latter of a proxy or of certificates
        if error.problems[0].code != "forbidden":
            visit.failed("reach", error.problems)
            return False
    first = time.monotonic() - begin
    begin = time.monotonic()
    with_rights = True
    try:
        api.list_page("Currencies", {"first": "1"})
    except RemoteError:
        with_rights = False
    again = time.monotonic() - begin
    safe = "TLS, certificate verified" if connection.url.startswith("https") else "this machine, without TLS"
    words = f"answers in {again * 1000:.0f} ms ({first * 1000:.0f} ms with connecting); {safe}"
    if again > _SLOW and with_rights:
        visit.note("reach", Status.WARN, words, "expect long plans; is a proxy or a VPN in between?")
    else:
        visit.note("reach", Status.OK, words)
    return True


def _rights(visit: _Visit, api: Api) -> bool:
    """Read one record of everything syncer reads; return whether all of it may be read."""

    def refused(entity: str) -> tuple[str, Problem] | None:
        try:
            api.list_page(entity, {"first": "1"})
        except RemoteError as error:
            return entity, error.problems[0]
        return None

    with ThreadPoolExecutor(4, "doctor") as pool:
        found = [answer for answer in pool.map(refused, READ) if answer]
    forbidden = [entity for entity, problem in found if problem.code == "forbidden"]
    others = [problem for _, problem in found if problem.code != "forbidden"]
    if forbidden:
        visit.note(
            "rights",
            Status.FAIL,
            f"may not read {', '.join(forbidden)}",
            "allow reading them in the permissions of the API application, in Pipeliner's administration",
        )
    elif others:
        visit.failed("rights", others)
    else:
        visit.note(
            "rights",
            Status.OK,
            f"all {len(READ)} kinds of records can be read; writing {', '.join(WRITTEN)} is not tried here",
        )
    return not found


def _clock(visit: _Visit) -> None:
    offsets = []
    for date, heard in visit.dates:
        try:
            offsets.append(parsedate_to_datetime(date).timestamp() - heard)
        except ValueError:
            continue
    if not offsets:
        visit.note("clock", Status.OK, "the service does not say its time")
        return
    # The header has whole seconds, so the largest difference is the nearest to the truth.
    offset = max(offsets)
    words = (
        f"{abs(offset):.0f} s {'behind' if offset > 0 else 'ahead of'} the service"
        if abs(offset) > 1
        else "right"
    )
    if abs(offset) > _CLOCK:
        visit.note(
            "clock",
            Status.WARN,
            f"this machine is {words}",
            "set the clock of this machine, best by NTP: rates in force and saved plans go by it",
        )
    else:
        visit.note("clock", Status.OK, words)


def _money(visit: _Visit, directory: Directory) -> None:
    base = directory.get("currency", directory.base_currency)
    if base is None:
        visit.note(
            "money",
            Status.WARN,
            "the space names no base currency, so every value needs its currency",
            "an administrator sets one in Pipeliner",
        )
        return
    with_rate: list[str] = []
    without: list[str] = []
    for entry in directory.all("currency"):
        if entry.id == base.id or entry.deleted:
            continue
        code = directory.label("currency", entry.id)
        if entry.id in directory.rates:
            with_rate.append(code)
        else:
            since = directory.rates_from.get(entry.id)
            without.append(f"{code} (from {since})" if since else code)
    others = ", ".join(sorted(with_rate)) or "no other"
    words = f"{directory.label('currency', base.id)}, with rates in force for {others}"
    if without:
        visit.note(
            "money",
            Status.WARN,
            f"{words}; none for {', '.join(sorted(without))}",
            "values in these are refused until an administrator adds a rate that is in force",
        )
    else:
        visit.note("money", Status.OK, words)


def _key_field(visit: _Visit, project: Project, directory: Directory, kind: Kind) -> None:
    name, fields = project.identity.key_field, directory.fields_of(kind.name)
    if name is None:
        parts = ", ".join(project.identity.match)
        visit.note("key field", Status.OK, f"none configured; {kind.noun[1]} are found by {parts}")
        return
    spec = fields.get(name)
    if spec is None or spec.system or spec.type not in _KEY_TYPES:
        what = "is not there" if spec is None or spec.system else f"is of the type {spec.type}, not text"
        texts = sorted(
            field_.api_name
            for field_ in fields.values()
            if not field_.system and field_.type in _KEY_TYPES and field_.type not in CLOSED
        )
        there = f"; text fields: {', '.join(texts[:10])}" if texts else ""
        visit.note(
            "key field",
            Status.FAIL,
            f"{name} {what}",
            f"make a text field on {kind.entity} in Pipeliner and write its API name{there}",
        )
    elif not spec.unique:
        visit.note(
            "key field",
            Status.WARN,
            f"{name} ({spec.label}) is there, and not unique",
            "make it unique in Pipeliner: then the service itself refuses to make the same deal twice",
        )
    else:
        visit.note("key field", Status.OK, f"{name} ({spec.label}), text, unique")


# --- told ---


def failing(checks: Sequence[Check]) -> bool:
    """Tell whether anything is wrong enough to keep a plan or an apply from working."""
    return any(check.status is Status.FAIL for check in checks)


def as_json(checks: Sequence[Check]) -> dict[str, Any]:
    """Return the checks as JSON types."""
    return {
        "format_version": "1.0",
        "checks": [
            {
                "name": check.name,
                "status": str(check.status),
                "detail": check.detail,
                "fix": check.fix or None,
            }
            for check in checks
        ],
        "summary": {str(status): sum(check.status is status for check in checks) for status in Status},
    }
