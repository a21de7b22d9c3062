"""What the questions share: the records of this rehearsal, and the usual requests about them."""

import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final

from syncer.rehearsal.cast import Cast
from syncer.rehearsal.cleaning import OPPORTUNITIES
from syncer.rehearsal.mark import Mark
from syncer.rehearsal.wire import Reply, Wire

LISTED_LIMIT: Final = 30.0  # seconds after which nobody waits for a list any longer
POLL: Final = 0.2


class UntoldError(Exception):
    """A question cannot be answered, for a reason in our own words."""


@dataclass(slots=True)
class Stage:
    """The rehearsal as it goes.

    Attributes:
        wire: Open.
        mark: Of this rehearsal.
        cast: Who plays.
        main: Id of the record that most questions are about.
        other: Id of the one that the batch made, "" when it made none.
        made: Ids of all that were made.
        nameless: Records that were made and whose id nobody told.
        lag: Seconds after which a list shows what was written, as far as was seen.
        unknown: An id that no record has.
    """

    wire: Wire
    mark: Mark
    cast: Cast
    main: str = ""
    other: str = ""
    lag: float = 0.0
    made: list[str] = field(default_factory=list)
    nameless: int = 0
    unknown: str = field(default_factory=lambda: str(uuid.uuid4()))

    def body(self, role: str) -> dict[str, Any]:
        """Return the body that makes the record of *role*."""
        return self.cast.body(self.mark, role)

    def record(self, role: str) -> str:
        """Return the name of the record of *role*."""
        return self.mark.name(role)

    def change(self, step: str, headers: dict[str, str | None] | None = None, **fields: Any) -> Reply:
        """Change fields of the main record."""
        return self.wire.ask(step, "PATCH", f"{OPPORTUNITIES}/{self.main}", body=fields, headers=headers)

    def note(self, answer: Reply) -> None:
        """Remember a record that was made."""
        if isinstance(answer.row.get("id"), str):
            self.made.append(answer.row["id"])
        elif answer.ok:
            self.nameless += 1

    def read(self, step: str = "read") -> dict[str, Any]:
        """Read the main record."""
        answer = self.wire.ask(step, "GET", f"{OPPORTUNITIES}/{self.main}")
        if not answer.ok:
            raise UntoldError(f"reading the record got {told(answer)}")
        return answer.row

    def listing(self, step: str, *params: tuple[str, str]) -> Reply:
        """List opportunities."""
        return self.wire.ask(step, "GET", OPPORTUNITIES, params=params)

    def ours(self, answer: Reply) -> list[str]:
        """Return which of main and other a list shows, in its order."""
        known = {self.main: "main", self.other: "other"}
        ids = [row.get("id") for row in answer.rows]
        return [known[each] for each in ids if isinstance(each, str) and each in known]

    def until(self, seen: Callable[[], bool]) -> float | None:
        """Ask until *seen*; return the seconds that took, None when it was too long."""
        begin = time.monotonic()
        first = True
        while not seen():
            first = False
            if time.monotonic() - begin > LISTED_LIMIT:
                return None
            self.wire.api.pause(POLL, "it is not listed yet")
        return 0.0 if first else time.monotonic() - begin

    def settle(self) -> None:
        """Wait for lists to show what was just written, as long as they took before."""
        if self.lag:
            self.wire.api.pause(min(2 * self.lag, LISTED_LIMIT), "lists of this space lag behind")


def told(answer: Reply) -> str:
    """Return an answer in words that hold nothing of anybody's data."""
    return "success" if answer.ok else f"status {answer.status}"


def must(answer: Reply, what: str) -> Reply:
    """Return *answer*, when the service did what was asked.

    Raises:
        UntoldError: It did not.
    """
    if not answer.ok:
        raise UntoldError(f"{what} got {told(answer)}")
    return answer
