"""What apply did."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from syncer.model.address import Address
from syncer.model.change import Change
from syncer.model.problem import Problem


class Outcome(StrEnum):
    """What apply did for one change."""

    CREATED = "created"
    UPDATED = "updated"
    DELETED = "deleted"
    UNCHANGED = "unchanged"
    CONFLICT = "conflict"
    FAILED = "failed"
    SKIPPED = "skipped"
    UNKNOWN = "unknown"


# By which a record was written; equal to their names, as runs keep them.
WROTE: Final = frozenset({Outcome.CREATED, Outcome.UPDATED, Outcome.DELETED})


@dataclass(frozen=True, slots=True)
class Result:
    """What apply did for one change.

    Attributes:
        change: The change of the plan.
        outcome: What became of it.
        id: Id of the record, when known.
        problems: Why it failed, or what the service stored differently (warnings).
        adopted: True when the record was found after an answer was lost.
        waited_for: Of what was skipped: the declared records that it needs, and that were not written.
    """

    change: Change
    outcome: Outcome
    id: str | None = None
    problems: tuple[Problem, ...] = ()
    adopted: bool = False
    waited_for: tuple[Address, ...] = ()
