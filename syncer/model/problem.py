"""What can go wrong, as values people can act on."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from syncer.model.address import Address
from syncer.model.codes import CODES, ExitCode
from syncer.model.fix import Fix
from syncer.model.span import Span


class Severity(StrEnum):
    """Whether a problem stops the run."""

    ERROR = "error"
    WARNING = "warning"


# What helps when two declarations are one, wherever it is noticed.
TELL_APART: Final = "delete one of them, or tell them apart by name or by id"
TELL_APART_BY_KEY: Final = (
    f"{TELL_APART}. Where many are named alike, give the project "
    "a key field, a text field of Pipeliner that holds our key:\nidentity: {key_field: cf_…}"
)


@dataclass(frozen=True, slots=True)
class Related:
    """Another place that belongs to a problem, such as the first of two duplicate keys."""

    span: Span
    label: str
    excerpt: str = ""


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing somebody can mend.

    Attributes:
        code: Key of `CODES`.
        detail: Full sentences that name the value.
        span: Where it was written, when a file is at fault.
        excerpt: The line of the file at `span`, unescaped.
        hint: Something to do; may hold several lines, such as YAML to paste.
        related: Further places.
        address: The declared record it is about.
        severity: Errors stop the run, warnings are shown.
        fix: What the hint says, where it says it exactly.
    """

    code: str
    detail: str
    span: Span | None = None
    excerpt: str = ""
    hint: str = ""
    related: tuple[Related, ...] = ()
    address: Address | None = None
    severity: Severity = Severity.ERROR
    fix: Fix | None = None

    @property
    def summary(self) -> str:
        """The fixed words of the code."""
        return CODES[self.code]

    @property
    def blocks(self) -> bool:
        """Whether nothing is written because of it: a breach is a warning of a plan, and stops its apply."""
        return self.severity is Severity.ERROR or self.code == "guard"

    def __str__(self) -> str:
        where = f"{self.span}: " if self.span else ""
        return f"{where}{self.summary}: {self.detail}"


def blocking_first(problems: Iterable[Problem]) -> tuple[Problem, ...]:
    """Return *problems* in their order, those that block before all others."""
    return tuple(sorted(problems, key=lambda problem: not problem.blocks))


class SyncerError(Exception):
    """Root of every error shown without a traceback.

    SyncerError           exit 1
    ├── UsageError        the command line is wrong (64)
    ├── ProjectError      syncer.yaml or the environment is wrong
    ├── ManifestError     the manifests are wrong; all problems at once
    ├── ResolveError      references or identities do not fit; all problems at once
    ├── RemoteError       the service refused, or never answered
    ├── RefusedError      a saved plan does not fit any more (4)
    ├── GuardError        a limit of the policy is breached (5)
    ├── LockedError       another apply of this project is running
    └── StoppedError      somebody stopped the run (130)
    """

    exit_code: int = ExitCode.ERROR

    def __init__(self, problems: Problem | Iterable[Problem]) -> None:
        self.problems: tuple[Problem, ...] = (problems,) if isinstance(problems, Problem) else tuple(problems)
        super().__init__("\n".join(map(str, self.problems)))

    @property
    def blocking(self) -> tuple[Problem, ...]:
        """What stops the run, without the warnings that came up on the way."""
        return tuple(problem for problem in self.problems if problem.severity is Severity.ERROR)


class UsageError(SyncerError):
    """The command line is wrong."""

    exit_code = ExitCode.USAGE


class ProjectError(SyncerError):
    """syncer.yaml or the environment is wrong."""


class ManifestError(SyncerError):
    """The manifests are wrong."""


class ResolveError(SyncerError):
    """References or identities do not fit the space."""


class RemoteError(SyncerError):
    """The service refused, or never answered.

    Attributes:
        status: HTTP status when there was an answer.
        sent: False when the request certainly did not reach the server, so that nothing can have been
            written; True when it may have been.
    """

    def __init__(self, problem: Problem, *, status: int | None = None, sent: bool = True) -> None:
        super().__init__(problem)
        self.status = status
        self.sent = sent


class RefusedError(SyncerError):
    """A saved plan does not fit any more."""

    exit_code = ExitCode.REFUSED


class GuardError(SyncerError):
    """A limit of the policy is breached."""

    exit_code = ExitCode.GUARD


class LockedError(SyncerError):
    """Another apply of this project is running."""


class StoppedError(SyncerError):
    """Somebody stopped the run."""

    exit_code = ExitCode.INTERRUPTED
