"""What a store keeps, as values.

Times are texts, UTC to the second with a Z, so that their order is the order of the texts.
"""

import os
import re
import secrets
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from urllib.parse import urlsplit

from syncer.model.problem import Problem, ProjectError

FORMAT: Final = "1.0"
FORMAT_MAJOR: Final = 1
KEPT_RUNS: Final = 50
LEASE_SECONDS: Final = 300
_LEASE_LIMITS: Final = (10, 3600)
_MOMENT: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")
# What an import is called, as the action of its changes and as their outcome; no outcome of an apply is.
IMPORT: Final = "import"
IMPORTED: Final = "imported"
RUN_ID: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")


def stamp(moment: datetime) -> str:
    """Return *moment* as it is kept."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def moment(text: str) -> datetime:
    """Return the moment that `stamp` wrote.

    Raises:
        ValueError: It is written in another way, or no such moment exists.
    """
    if not _MOMENT.fullmatch(text):
        raise ValueError(text)
    return datetime.fromisoformat(text)


def new_run(now: datetime) -> str:
    """Return an id for a run that starts *now*; the order of ids is the order of the runs."""
    utc = now.astimezone(UTC)
    return f"{utc:%Y%m%dT%H%M%S}.{utc.microsecond // 1000:03}Z-{secrets.token_hex(4)}"


def lease_seconds(environ: Mapping[str, str] = os.environ) -> int:
    """Return how long a lease lasts: `SYNCER_LEASE` seconds, 300 when it is not set.

    Raises:
        ProjectError: It is no whole number of seconds between ten seconds and an hour.
    """
    text = environ.get("SYNCER_LEASE", "").strip()
    if not text:
        return LEASE_SECONDS
    low, high = _LEASE_LIMITS
    if not (text.isascii() and text.isdigit() and low <= int(text[:6]) <= high):
        detail = f"SYNCER_LEASE is {text[:40]!r}; a lease lasts {low} to {high} seconds, whole ones."
        hint = f"leave it out for {LEASE_SECONDS}"
        raise ProjectError(Problem("bad-value", detail, hint=hint))
    return int(text)


def host_and_port(url: str) -> tuple[str, int | None]:
    """Return the host of a service, and its port when it is not the usual one."""
    parts = urlsplit(url)
    usual = parts.port in {None, {"https": 443, "http": 80}.get(parts.scheme)}
    return (parts.hostname or "").rstrip("."), None if usual else parts.port


@dataclass(frozen=True, slots=True)
class Scope:
    """Which space is remembered, and for which project.

    Attributes:
        host: Of the service, with `:port` when it has one.
        space: Id of the space.
        project: Folder of syncer.yaml in its repository, `.` at its root.
    """

    host: str
    space: str
    project: str = "."

    @classmethod
    def of(cls, url: str, space: str, project: str = ".") -> "Scope":
        """Return the scope of the space behind the service at *url*."""
        host, port = host_and_port(url)
        return cls(f"{host}:{port}" if port else host, space, project)


@dataclass(frozen=True, slots=True)
class Holder:
    """A process that holds a lease.

    Attributes:
        user: Who runs it.
        host: Where.
        pid: Its number there.
        boot: Id of the start of the machine; "" where the system has none.
        namespace: In which the number is a number; "" where the system has none.
        started: When it started, in the system's own count; "" where that is not known.
    """

    user: str
    host: str
    pid: int
    boot: str = ""
    namespace: str = ""
    started: str = ""

    def __str__(self) -> str:
        return f"process {self.pid} of {self.user} on {self.host}"


@dataclass(frozen=True, slots=True)
class Lock:
    """A lease as it is kept.

    Attributes:
        run: The run that holds it.
        holder: Its process.
        since: When it was taken.
        until: When it ends by itself.
        project: Whose run it is.
        plan: Digest of the plan; None until it was announced.
        addresses: What the run may write; empty until it was announced, and then nothing was written.
    """

    run: str
    holder: Holder
    since: str
    until: str
    project: str = "."
    plan: str | None = None
    addresses: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"run {self.run}, {self.holder}, since {self.since}, until {self.until}"


@dataclass(frozen=True, slots=True)
class LedgerRow:
    """What was last agreed about one address.

    Attributes:
        address: `opportunity.<key>`.
        kind: Kind of the record.
        id: Of the record.
        values: Canonical value by path, as JSON values.
        modified: Of the record, as the service said it; None when it did not.
        run: In which that was agreed.
        at: When.
        project: Whose row it is.
        undecided: Paths that were declared then, differed, and had never been agreed.
    """

    address: str
    kind: str
    id: str
    values: Mapping[str, Any]
    modified: str | None
    run: str
    at: str
    project: str = "."
    undecided: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class RunChange:
    """What a run did at one address.

    Attributes:
        address: `opportunity.<key>`.
        action: What the plan had decided.
        outcome: What became of it.
        id: Of the record, when it is known.
        before: Canonical values by path, of what an update changed, or of all that was known of a record that
            was deleted; None where there was no record.
        after: Canonical values by path, as they were read back, or as they were wanted where nothing was
            written; None where there is no record any more.
        fields: What an update changed as people read it, as plans have it: path, before, after.
    """

    address: str
    action: str
    outcome: str
    id: str | None
    before: Mapping[str, Any] | None = None
    after: Mapping[str, Any] | None = None
    fields: tuple[Mapping[str, Any], ...] = ()


@dataclass(frozen=True, slots=True)
class Run:
    """One apply, or one import, without its changes.

    Attributes:
        run: Its id.
        started: When.
        ended: When; None when it never told.
        commit: Of the manifests; None outside git.
        plan: Digest of its plan; None when it was not announced, and of an import.
        by: Who ran it.
        project: Whose run it is.
        settled: Whether every change of its plan was settled, so that the plan is not to be applied again.
        uncertain: Addresses that the next apply has to look up first.
        outcomes: How many of its changes ended how.
    """

    run: str
    started: str
    ended: str | None
    commit: str | None
    plan: str | None
    by: str
    project: str = "."
    settled: bool = False
    uncertain: tuple[str, ...] = ()
    outcomes: Mapping[str, int] = field(default_factory=dict)

    @property
    def is_open(self) -> bool:
        """Whether the next apply has something to look up."""
        return self.ended is None or bool(self.uncertain)

    @property
    def is_import(self) -> bool:
        """Whether it wrote manifests, and nothing to the CRM."""
        return IMPORTED in self.outcomes


@dataclass(frozen=True, slots=True)
class State:
    """What is remembered, as one project may read it.

    Attributes:
        backend: `local`, `git` or `postgresql`.
        lineage: Id of this memory; None when nothing is remembered yet.
        serial: How often what is remembered has changed.
        ledger: The project's rows by address.
        lock: Who holds the space now, whatever the project.
        runs: The project's last runs, oldest first.
        elsewhere: How many rows other projects have.
    """

    backend: str
    lineage: str | None = None
    serial: int = 0
    ledger: Mapping[str, LedgerRow] = field(default_factory=dict)
    lock: Lock | None = None
    runs: tuple[Run, ...] = ()
    elsewhere: int = 0

    @property
    def open(self) -> tuple[Run, ...]:
        """The runs of the project whose addresses have to be looked up first."""
        return tuple(run for run in self.runs if run.is_open)

    @property
    def applies(self) -> tuple[Run, ...]:
        """The runs of the project that are applies, oldest first."""
        return tuple(run for run in self.runs if not run.is_import)

    @property
    def is_shared(self) -> bool:
        """Whether other machines see it."""
        return self.backend != "local"

    def without(self, runs: Collection[str]) -> "State":
        """Return it without these runs."""
        return replace(self, runs=tuple(run for run in self.runs if run.run not in runs))

    def applied(self, plan: str) -> Run | None:
        """Return the run in which *plan* was applied with every change settled."""
        return next((run for run in reversed(self.runs) if run.plan == plan and run.settled), None)


@dataclass(frozen=True, slots=True)
class Seen:
    """The state that a plan was made upon."""

    lineage: str
    serial: int


def until(now: datetime, seconds: float) -> str:
    """Return when a lease of so many *seconds* ends, never earlier than that."""
    return stamp(now + timedelta(seconds=seconds, microseconds=999_999))
