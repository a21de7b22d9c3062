"""Requests that ask the service what no document says, and are sent for that alone.

A test whose client sends them says so: `@pytest.mark.asks("misspelt-field", ...)`. Only what the named rows
describe passes then; anything else in the same test is a fault like anywhere. The requests of a rehearsal say
themselves which question they are, in their User-Agent, and pass with what that question means alone.
"""

import re
from dataclasses import dataclass
from typing import Final

from tests.wire.check import Recorded


@dataclass(frozen=True)
class Exempt:
    """One kind of request: its method and entity, and the faults that are meant, as a regular expression."""

    point: str
    method: str
    plural: str
    fault: str

    def covers(self, request: Recorded, fault: str) -> bool:
        """Tell whether this is what the row is about."""
        path = request.target.partition("?")[0]
        return (
            request.method == self.method
            and re.search(rf"/entities/{self.plural}(/|$)", path) is not None
            and re.fullmatch(self.fault, fault) is not None
        )


_LACKS: Final = r"a new \w+ lacks \w+"

EXEMPT: Final = {
    # A custom field that somebody misspelt is asked for while the fields of the space are still being read:
    # the refusal that is assumed, and silence, both end in a message about the line.
    "misspelt-field": Exempt(
        "what a list answers to an unknown name",
        "GET",
        "Opportunities",
        r"load-only=\w+: Opportunity has no .*",
    ),
    # Mistakes that a test makes below the commands, to see how a refusal is read.
    "bad-account": Exempt("a refused item of a batch", "POST", "Accounts", _LACKS),
    "no-such-kind": Exempt("a refused path", "GET", "Contact", r"no entity is called Contact"),
}


_STEP: Final = re.compile(r"syncer/\S+ rehearsal/([a-z0-9-]+)")
_UNKNOWN: Final = "syncer_rehearsal_unknown"

# The questions of a rehearsal by step: the fault that each one means, as a regular expression.
REHEARSAL: Final = {
    "credentials-missing": r"no Basic credentials",
    "media-type-missing": r"the media type is None, .*",
    "media-type-post": r"the media type is None, .*",
    "media-type-other": r"the media type is text/plain, .*",
    "media-type-charset": "",
    "first-above-100": r"first=101 is not 1 to 100",
    "unknown-load-only": rf"load-only={_UNKNOWN}: .*",
    "unknown-filter": rf"Opportunity cannot be filtered by {_UNKNOWN}",
    "unknown-order-by": rf"Opportunity cannot be ordered by '{_UNKNOWN}'",
    "unknown-expand": rf"expand={_UNKNOWN}: .*",
    "get-load-only": "",
    "get-expand": "",
    "several-values": r"filter\[name\] has 2 values, .*",
    "between": r"filter\[ranking\] has 2 values, .*",
    "between-comma": "",
    "empty-alone": "",
    "related-filter": r"Opportunity cannot be filtered by owner\.email",
    "client-id": r"Opportunity\.id is not in the input of create",
    "unknown-field": rf"Opportunity has no field {_UNKNOWN}",
    "read-only-field": r"Opportunity\.days_in_step is not in the input of update",
    "revision": "",
    "date-time": "",
    "timezone-input": "",
    "empty-text": "",
    "money-decimals": "",
    "money-both": "",
    "money-foreign": "",
    "batch": r"a new Opportunity lacks owner_id",
    "rollback-0": r"a new Opportunity lacks owner_id",
    "nested-list": "",
    "nested-empty": "",
    "nested-primary": r"Opportunity\.contact_relations has 0 primary rows",
    "deleted-get-included": "",
    "deleted-list-underscore": r"list has no parameter include_deleted",
    "delete-twice": "",
    "unknown-id": "",
}


def step_of(request: Recorded) -> str:
    """Return the step of a rehearsal that a request says it is, "" for every other request."""
    found = _STEP.fullmatch(request.headers.get("user-agent", ""))
    return found[1] if found else ""


def left(request: Recorded, found: list[str], names: tuple[str, ...]) -> list[str]:
    """Return the faults that none of the rows called *names*, and no question of a rehearsal, means.

    Raises:
        KeyError: There is no such row.
    """
    rows = [EXEMPT[name] for name in names]
    meant = REHEARSAL.get(step_of(request), "")
    return [
        fault
        for fault in found
        if not (re.fullmatch(meant, fault) or any(row.covers(request, fault) for row in rows))
    ]
