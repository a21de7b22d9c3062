"""Requests that ask the service what no document says, and are sent for that alone.

A test whose client sends them says so: `@pytest.mark.asks("several-values", ...)`. Only what the named rows
describe passes then; anything else in the same test is a fault like anywhere.
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


_CREATE_WITH_ID: Final = r"Opportunity\.id is not in the input of create"
_NO_JSON: Final = r"the media type is .*, not application/json"
_SEVERAL: Final = r"filter\[\w+\] has \d+ values, one is documented"
_LACKS: Final = r"a new \w+ lacks \w+"

EXEMPT: Final = {
    # The questions of a rehearsal.
    "client-id": Exempt("whether a create takes an id of ours", "POST", "Opportunities", _CREATE_WITH_ID),
    "bad-item": Exempt("what a batch answers to one bad item", "POST", "Opportunities", _LACKS),
    "several-values": Exempt("whether a filter takes several values", "GET", "Opportunities", _SEVERAL),
    "media-type": Exempt("which media types a body may have", "POST", "Opportunities", _NO_JSON),
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


def left(request: Recorded, found: list[str], names: tuple[str, ...]) -> list[str]:
    """Return the faults that none of the rows called *names* covers.

    Raises:
        KeyError: There is no such row.
    """
    rows = [EXEMPT[name] for name in names]
    return [fault for fault in found if not any(row.covers(request, fault) for row in rows)]
