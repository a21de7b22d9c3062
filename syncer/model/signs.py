"""Signs of life: what goes on just now, for whoever shows that something does."""

from contextlib import AbstractContextManager, nullcontext
from typing import NamedTuple, Protocol


class Again(NamedTuple):
    """Which repetition of a request it is.

    Attributes:
        why: How the attempt before ended.
        attempt: The first one is 1.
        attempts: How many there are at most.
    """

    why: str
    attempt: int
    attempts: int


class Phase(NamedTuple):
    """A part of what a command does, in words that begin a sentence: `Planning`."""

    what: str


class Call(NamedTuple):
    """A request that is on its way.

    Attributes:
        entity: Plural in the path of the API.
        writes: Whether it may change something.
        patience: Seconds of silence after which it is given up.
        again: Set when it is repeated.
    """

    entity: str
    writes: bool
    patience: float
    again: Again | None = None


class Pause(NamedTuple):
    """Time that has to pass before it goes on.

    Attributes:
        seconds: How much.
        why: What is waited for.
        again: Set when a request is repeated after it.
    """

    seconds: float
    why: str = ""
    again: Again | None = None


Doing = Phase | Call | Pause


class Signs(Protocol):
    """Takes what goes on. Every method may be called in any thread, and returns at once."""

    def during(self, doing: Doing) -> AbstractContextManager[None]:
        """Return a context in which *doing* goes on."""

    def counted(self, entity: str, done: int, all_: int) -> None:
        """Take that *done* more records of *entity* were read, and *all_* more are to be read."""


class Unseen:
    """Nobody watches."""

    def during(self, doing: Doing) -> AbstractContextManager[None]:
        """Return a context that shows nothing."""
        del doing
        return nullcontext()

    def counted(self, entity: str, done: int, all_: int) -> None:
        """Show nothing."""
