"""What can go wrong, as values people can act on.

Every problem has a code of `CODES`; the code fixes its summary, so that eyes and scripts learn it, and is
its anchor in the error catalogue (docs/errors.md).
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from syncer.span import Span


class Severity(StrEnum):
    """Whether a problem stops the run."""

    ERROR = "error"
    WARNING = "warning"


class ExitCode:
    """Exit codes other people's scripts rely on."""

    OK: Final = 0
    ERROR: Final = 1
    CHANGES: Final = 2
    FAILED: Final = 3
    REFUSED: Final = 4
    GUARD: Final = 5
    USAGE: Final = 64
    INTERRUPTED: Final = 130


# code -> summary. One line a code; docs/errors.md explains each, a test keeps the two together.
CODES: Final[dict[str, str]] = {
    # reading files
    "file-missing": "File not found",
    "file-unreadable": "File cannot be read",
    "file-unwritable": "File cannot be written",
    "file-too-large": "File is too large",
    "file-encoding": "File is not UTF-8",
    "file-outside": "Path leads out of the project",
    "output-clash": "Output would replace what is needed",
    "no-manifests": "No manifests found",
    "no-opportunities": "No opportunities declared",
    # YAML
    "yaml-syntax": "Broken YAML",
    "yaml-duplicate-key": "Key written twice",
    "yaml-too-deep": "YAML is nested too deep",
    "yaml-too-many-aliases": "Too many YAML aliases",
    "yaml-unsupported": "YAML feature not supported",
    "yaml-ambiguous": "Read otherwise by other YAML readers",
    "merge-conflict": "Unresolved merge",
    "text-cut": "Text cut by a comment",
    "odd-character": "Character that looks like another",
    "manifest-unread": "Manifest that no pattern matches",
    # shape of manifests and project
    "unknown-field": "Unknown field",
    "missing-field": "Missing field",
    "wrong-type": "Wrong type",
    "bad-value": "Value not allowed",
    "bad-key": "Key not allowed",
    "bad-date": "Impossible date",
    "bad-amount": "Impossible amount",
    "amount-ambiguous": "Amount may be misread",
    "unsupported-version": "Version not supported",
    "duplicate-address": "Opportunity declared twice",
    "two-primaries": "More than one primary",
    "no-primary": "No primary account",
    "account-missing": "Account missing",
    "account-twice": "Both account and accounts",
    "same-identity": "Two declarations of one opportunity",
    "identity-ignored": "Part of the identity ignored",
    "identity-unjudged": "Identities not judged",
    # settings
    "secret-in-file": "Credential in a file",
    "no-space": "No space configured",
    "space-unknown": "Unknown space",
    "space-ambiguous": "Several spaces, none chosen",
    "credentials-missing": "Credentials missing",
    "url-invalid": "Service URL not usable",
    "credentials-unusable": "Credentials cannot be sent",
    "url-insecure": "Service URL without TLS",
    "untrusted-host": "Nobody vouches for the host",
    "proxy-invalid": "Proxy setting not usable",
    "certificates-unusable": "Certificates not usable",
    # references
    "reference-unknown": "Unknown reference",
    "reference-ambiguous": "Ambiguous reference",
    "owner-deleted": "Owner is deleted",
    "reference-deleted": "Record is deleted",
    "step-of-other-pipeline": "Step belongs to another pipeline",
    "type-of-other-pipeline": "Type belongs to another pipeline",
    "type-unpublished": "Type is not published",
    "pipeline-empty": "Pipeline without steps or types",
    "contact-not-linked": "Contact not linked to the account",
    "contact-twice": "Contact listed twice",
    "account-listed-twice": "Account listed twice",
    "currency-without-rate": "Currency without a rate",
    "field-unknown": "Unknown custom field",
    "field-type": "Wrong value for a custom field",
    "field-not-writable": "Custom field cannot be set",
    "key-field-unusable": "Key field cannot be used",
    # identity
    "identity-ambiguous": "Several existing opportunities match",
    "identity-unknown-id": "No opportunity with this id",
    "identity-shared": "Two declarations match one opportunity",
    "identity-other-key": "Opportunity holds another key",
    "archived": "Opportunity is archived",
    "target-unknown": "Unknown target",
    # warnings of a plan
    "created-won": "Created as won",
    "closing-date-in-past": "Closing date in the past",
    "delete-planned": "Opportunity will be deleted",
    "same-account-value": "Same account and value twice",
    "look-alike": "Opportunity that looks alike",
    # the service
    "unauthorized": "Credentials refused",
    "forbidden": "Not allowed",
    "space-not-found": "Space not found",
    "unreachable": "Service not reached",
    "timeout": "Service did not answer in time",
    "tls": "TLS failed",
    "not-the-api": "Answer is not from the API",
    "list-contradicts": "List contradicts itself",
    "server-error": "Service failed",
    "rate-limited": "Service is limiting requests",
    "redirected": "Service redirects elsewhere",
    "answer-too-large": "Answer too large",
    "refused": "Refused by the service",
    "changed-by-service": "Service stored another value",
    # plans and applies
    "plan-unreadable": "Plan cannot be read",
    "plan-edited": "Plan was changed",
    "plan-expired": "Plan expired",
    "plan-applied": "Plan applied already",
    "plan-version": "Plan of another major version",
    "plan-other-space": "Plan for another space",
    "plan-other-policy": "Plan under another policy",
    "guard": "Guard breached",
    "conflict": "Changed meanwhile",
    "gone": "Gone meanwhile",
    "locked": "Another apply is running",
    "state-unsafe": "State folder not safe to use",
    "unfinished": "Unfinished apply",
    "outcome-unknown": "Outcome unknown",
    "not-recognised": "New opportunity not found again",
    "interrupted": "Interrupted",
    "time-limit": "Time limit reached",
    "usage": "Wrong usage",
    "needs-approval": "Approval needed",
    "exists": "File exists",
    "extra-missing": "Optional part not installed",
}

# What helps when two declarations are one, wherever it is noticed.
TELL_APART: Final = (
    "delete one of them, or tell them apart by name or by id. Where many are named alike, give the project "
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
        address: The opportunity it is about, `opportunity.<key>`.
        severity: Errors stop the run, warnings are shown.
    """

    code: str
    detail: str
    span: Span | None = None
    excerpt: str = ""
    hint: str = ""
    related: tuple[Related, ...] = ()
    address: str | None = None
    severity: Severity = Severity.ERROR

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
