"""What people who are not at the terminal may hear of."""

from dataclasses import dataclass
from enum import StrEnum


class Event(StrEnum):
    """What a recipient of `notify:` can ask for."""

    PLANNED = "planned"
    APPLIED = "applied"
    REFUSED = "refused"
    CONFLICTS = "conflicts"


@dataclass(frozen=True, slots=True)
class Notice:
    """One thing to be heard of.

    Attributes:
        event: What it is.
        text: One or more lines, without any text of a record: nothing in it is markup, anywhere.
    """

    event: Event
    text: str
