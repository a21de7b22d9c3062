"""What a store has to do; everything about leases is decided above it, once for all of them.

A backend keeps one state and replaces it in one step: `change` shows what is kept now, takes what is to
become of it, and writes that only if nothing has moved in between; else it asks again. Nobody ever sees half
a step.
"""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from syncer.state.ledger import Ledger
from syncer.state.values import LedgerRow, Lock, Run, RunChange


@dataclass(frozen=True, slots=True)
class Tip:
    """What is kept at one moment.

    Attributes:
        lineage: Id of this memory; None when there is none yet.
        serial: How often what is remembered has changed.
        lock: Who holds the space.
        now: The time that leases are judged by.
        asked: `clock.elapsed` before that time was asked for.
        ledger: Reads the rows of all projects.
        runs: Reads the runs of all projects, oldest first.
    """

    lineage: str | None
    serial: int
    lock: Lock | None
    now: datetime
    asked: float
    ledger: Callable[[], Ledger]
    runs: Callable[[], tuple[Run, ...]]


@dataclass(frozen=True, slots=True)
class Step:
    """What is to become of it.

    Attributes:
        message: Says why, for people.
        lock: Who holds the space from now on.
        project: Whose rows are meant.
        rows: To be added, or to take the place of their like.
        gone: Addresses whose rows go.
        add: Runs to be added, with their changes.
        settled: Ids of runs that leave nothing to be looked up any more.
        at: When, for the end of those that never told it.
    """

    message: str
    lock: Lock | None
    project: str = "."
    rows: tuple[LedgerRow, ...] = ()
    gone: tuple[str, ...] = ()
    add: tuple[tuple[Run, tuple[RunChange, ...]], ...] = ()
    settled: tuple[str, ...] = ()
    at: str = ""

    def __post_init__(self) -> None:
        """Hold that the rows are the project's own, each with an address on one line."""
        assert all(row.project == self.project and "\n" not in row.address for row in self.rows)

    @property
    def remembers(self) -> bool:
        """Whether more than the lease changes."""
        return bool(self.rows or self.gone or self.add or self.settled)


Decide = Callable[[Tip], Step | None]


class Backend(Protocol):
    """Where the state of one space is kept."""

    name: str

    def look(self) -> Tip:
        """Return what is kept.

        Raises:
            StateError: It cannot be read.
        """

    def change(self, decide: Decide) -> Tip:
        """Carry out what *decide* makes of what is kept: whole, or not at all.

        Args:
            decide: Called again whenever somebody else was quicker; None leaves everything as it is. What it
                raises goes through.

        Returns:
            What is kept then; its times are those that *decide* was given.

        Raises:
            StateError: It cannot be written.
            UnreachableError: It is not known whether it was written.
        """

    def changes(self, run: str) -> tuple[RunChange, ...] | None:
        """Return what a run did; None when it is not kept.

        Raises:
            StateError: It cannot be read.
        """

    def init(self) -> None:
        """Make what has to be there before the first use.

        Raises:
            StateError: It cannot be made.
        """

    def pledge(self, run: str) -> AbstractContextManager[None]:
        """Do what shows others of this machine that the process of *run* lives."""

    def is_dead(self, lock: Lock) -> bool:
        """Tell whether the process that holds *lock* certainly lives no more."""
