"""What can go wrong with a store."""

from syncer.model.problem import LockedError, Problem, SyncerError
from syncer.state.values import Lock


class StateError(SyncerError):
    """What is remembered cannot be read or written, or is not for us."""


class UnreachableError(StateError):
    """The store did not answer; a later attempt may succeed, and this one may have."""


class LeaseLostError(StateError):
    """The lease has run out or was taken away: nothing more may be written."""


class HeldError(LockedError):
    """Somebody holds the space.

    Attributes:
        lock: Who, where, since when, until when.
    """

    def __init__(self, lock: Lock) -> None:
        detail = (
            f"{lock.holder} holds the space since {lock.since}, until {lock.until} unless it goes on "
            f"(run {lock.run})."
        )
        hint = (
            "wait until it has ended (--lock-timeout does); when it is certainly dead: "
            f"syncer state unlock --run {lock.run}"
        )
        super().__init__(Problem("locked", detail, hint=hint))
        self.lock = lock


def damaged(where: str, line: int | None, why: str) -> StateError:
    """Return what to say of something kept that nobody but a person can have written."""
    place = f"{where}:{line}" if line else where
    return StateError(
        Problem(
            "state-damaged",
            f"{place}: {why}.",
            hint="only syncer writes it: put it back as it was; or delete the state, and the next apply "
            "builds it anew",
        )
    )


def other_version(where: str, version: str, reads: int) -> StateError:
    """Return what to say of a state that a later syncer has written."""
    return StateError(
        Problem(
            "state-version",
            f"{where} is of the format {version}; this syncer reads {reads}.x.",
            hint="use the syncer that wrote it, or a later one; it was left as it is",
        )
    )


def lost(why: str) -> LeaseLostError:
    """Return the error that ends all writing."""
    hint = "nothing more was written; run apply again: it looks up what this run has left"
    return LeaseLostError(Problem("lease-lost", why, hint=hint))


def rewritten(why: str) -> StateError:
    """Return what to say of a state that was set back."""
    return StateError(
        Problem(
            "state-rewritten",
            f"What is remembered is not what follows from what was: {why}.",
            hint="somebody has set it back or replaced it; if that was meant, accept it: syncer state init",
        )
    )
