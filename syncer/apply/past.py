"""What is known of earlier applies to a space: journals they left open, and runs that came to an end."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from syncer.apply import journal, runs
from syncer.apply.journal import Unfinished
from syncer.apply.runs import Run
from syncer.state.folder import JOURNALS, inspect


@dataclass(frozen=True, slots=True)
class Past:
    """What is known of earlier applies.

    Attributes:
        left: Applies that did not end in order, oldest first.
        ended: Those that did.
    """

    left: tuple[Unfinished, ...] = ()
    ended: tuple[Run, ...] = ()

    @classmethod
    def of(cls, folder: Path) -> Self:
        """Read the state folder of a space.

        Raises:
            SyncerError: It cannot be read, or is not ours alone.
        """
        inspect(folder)
        return cls(tuple(journal.unfinished(folder / JOURNALS)), tuple(runs.read(folder)))

    @property
    def is_quiet(self) -> bool:
        """Whether the last apply from here is known to have ended with nothing left open."""
        return bool(self.ended) and not self.left

    @property
    def may_commit_late(self) -> bool:
        """Whether something may still be under way: committed late, or not listed yet."""
        return any(entry.uncertain or entry.done for entry in self.left)

    @property
    def ids(self) -> Mapping[str, str]:
        """The ids that were answered to applies that did not end in order, by address."""
        return {address: id_ for entry in self.left for address, id_ in entry.done.items() if id_ is not None}

    def applied(self, seal: str) -> Run | None:
        """Return the run in which the saved plan with this seal was applied, and every change settled."""
        return next((run for run in reversed(self.ended) if run.seal == seal and run.settled), None)

    def wrote(self, seal: str | None) -> frozenset[str]:
        """Return the addresses that earlier runs of the saved plan with this seal have written."""
        if seal is None:
            return frozenset()
        done = [set(entry.done) for entry in self.left if entry.seal == seal]
        return frozenset().union(*done, *(run.wrote for run in self.ended if run.seal == seal))
