"""What scripts rely on: exit codes, and the codes of problems with their fixed summaries.

A code is also its anchor in the error catalogue (docs/errors.md); a test keeps the two together.
"""

from typing import Final


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
    "file-changed": "File changed since it was read",
    "output-clash": "Output would replace what is needed",
    "no-manifests": "No manifests found",
    "no-opportunities": "Nothing declared",
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
    # tables
    "table-syntax": "Broken table",
    "column-unknown": "Column not understood",
    "column-twice": "Column written twice",
    "table-unsaid": "Nothing that a table can say",
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
    "duplicate-address": "Key declared twice",
    "two-primaries": "More than one primary",
    "no-primary": "No primary account",
    "account-missing": "Account missing",
    "account-twice": "Both account and accounts",
    "same-identity": "Two declarations of one record",
    "identity-ignored": "Part of the identity ignored",
    "identity-unjudged": "Identities not judged",
    "owner-unset": "Rule for a field that nothing sets",
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
    "reference-absent": "Reference to what shall not exist",
    "reference-circle": "References in a circle",
    "reference-unknown": "Unknown reference",
    "reference-ambiguous": "Ambiguous reference",
    "owner-deleted": "Owner is deleted",
    "reference-deleted": "Record is deleted",
    "step-of-other-pipeline": "Step belongs to another pipeline",
    "type-of-other-pipeline": "Type belongs to another pipeline",
    "type-unpublished": "Type is not published",
    "won-and-lost": "Won and lost at once",
    "product-not-allowed": "Product not allowed in the pipeline",
    "product-without-price": "No price for a product",
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
    "identity-ambiguous": "Several existing records match",
    "identity-unknown-id": "No record with this id",
    "identity-shared": "Two declarations match one record",
    "identity-other-key": "Record holds another key",
    "archived": "Record is archived",
    "target-unknown": "Unknown target",
    # warnings of a plan
    "created-won": "Created as won",
    "closing-date-in-past": "Closing date in the past",
    "delete-planned": "Record will be deleted",
    "same-account-value": "Same account and value twice",
    "look-alike": "Record that looks alike",
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
    "plan-other-state": "Plan upon another state",
    "guard": "Guard breached",
    "conflict": "Changed on both sides",
    "gone": "No longer there",
    "not-pulled": "Left alone by pull",
    "not-fixed": "Left alone by fix",
    "not-rejected": "Not written, and not kept to be corrected",
    "locked": "Another apply is running",
    "state-unsafe": "State folder not safe to use",
    "lease-lost": "Lease lost",
    "clock-off": "Clock is off",
    "run-unknown": "Unknown run",
    "run-import": "Run that is an import",
    "run-open": "Run that did not end in order",
    "undo-in-part": "Run taken back in part",
    "undo-manifests": "Manifests to be reverted as well",
    "state-damaged": "State cannot be read",
    "state-forbidden": "State may not be used",
    "state-missing": "State not set up",
    "state-other-space": "State for another space",
    "state-rewritten": "State was set back",
    "state-unreachable": "State not reached",
    "state-version": "State of another major version",
    "unfinished": "Unfinished apply",
    "outcome-unknown": "Outcome unknown",
    "not-recognised": "New record not found again",
    "interrupted": "Interrupted",
    "time-limit": "Time limit reached",
    "usage": "Wrong usage",
    "needs-approval": "Approval needed",
    "not-notified": "Somebody was not notified",
    "exists": "File exists",
    "schema-outdated": "Schema of another version",
    "extra-missing": "Optional part not installed",
}
