"""What is known of earlier applies to a space: journals they left here, and runs that the state remembers."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

from syncer.apply import journal
from syncer.apply.journal import Unfinished
from syncer.model.outcome import WROTE
from syncer.state.folder import JOURNALS, inspect
from syncer.state.values import Run, RunChange, State

Changes = Callable[[str], tuple[RunChange, ...]]


def _none(_run: str) -> tuple[RunChange, ...]:
    return ()


@dataclass(frozen=True, slots=True)
class Past:
    """What is known of earlier applies.

    Attributes:
        left: Journals here of applies that did not end in order, oldest first.
        state: What is remembered; from anywhere, when it is shared.
        changes: Reads what a remembered run did.
    """

    left: tuple[Unfinished, ...] = ()
    state: State = field(default_factory=lambda: State("local"))
    changes: Changes = _none

    @classmethod
    def of(cls, folder: Path, state: State, changes: Changes) -> Self:
        """Read the state folder of a space, and add what is remembered.

        Raises:
            SyncerError: It cannot be read, or is not ours alone.
        """
        inspect(folder)
        return cls(tuple(journal.unfinished(folder / JOURNALS)), state, changes)

    @property
    def elsewhere(self) -> tuple[Run, ...]:
        """Runs that did not end in order and have no journal here."""
        here = {entry.run for entry in self.left}
        return tuple(run for run in self.state.open if run.run not in here)

    @property
    def is_open(self) -> bool:
        """Whether an apply did not end in order."""
        return bool(self.left or self.state.open)

    @property
    def is_quiet(self) -> bool:
        """Whether nothing unknown is under way: a shared state would know of it, or the last apply ended."""
        return self.state.is_shared or (bool(self.state.applies) and not self.is_open)

    @property
    def may_commit_late(self) -> bool:
        """Whether something may still be under way: committed late, or not listed yet."""
        return bool(self.state.open) or any(entry.uncertain or entry.done for entry in self.left)

    @property
    def ids(self) -> Mapping[str, str]:
        """The ids that were answered to applies that did not end in order, by address."""
        known = {change.address: change.id for run in self.elsewhere for change in self.changes(run.run)}
        known |= {address: id_ for entry in self.left for address, id_ in entry.done.items()}
        return {address: id_ for address, id_ in known.items() if id_ is not None}

    def since(self, before: "Past") -> "Past":
        """Return this without what was known *before*."""
        paths = {entry.path for entry in before.left}
        runs = {run.run for run in before.state.open}
        return Past(
            tuple(entry for entry in self.left if entry.path not in paths),
            self.state.without(runs),
            self.changes,
        )

    def wrote(self, plan: str) -> frozenset[str]:
        """Return the addresses that earlier runs of the plan with this digest have written."""
        done = [set(entry.done) for entry in self.left if entry.plan == plan]
        runs = [run.run for run in self.state.runs if run.plan == plan]
        return frozenset().union(*done, *(_written(self.changes(run)) for run in runs))


def _written(changes: tuple[RunChange, ...]) -> set[str]:
    return {change.address for change in changes if change.outcome in WROTE}
