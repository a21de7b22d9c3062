"""Problems by kind, so that thousands of one kind hide none of another, and least of all what blocks."""

from collections.abc import Iterable
from typing import Final, NamedTuple

from syncer.model.codes import CODES
from syncer.model.problem import Problem

_BLOCKING: Final = 20  # shown of each kind that stops an apply
_OTHERS: Final = 5  # shown of each other kind


class ProblemGroup(NamedTuple):
    """Problems of one kind.

    Attributes:
        code: Their code.
        blocks: Whether nothing is written because of them.
        shown: The first few.
        total: How many there are.
    """

    code: str
    blocks: bool
    shown: tuple[Problem, ...]
    total: int

    @property
    def summary(self) -> str:
        """The fixed words of the code, or the code itself when a newer syncer wrote it."""
        return CODES.get(self.code, self.code)

    @property
    def more(self) -> int:
        """How many are not shown."""
        return self.total - len(self.shown)


def grouped(
    problems: Iterable[Problem], *, few: int = _OTHERS, blocking: int = _BLOCKING, whole: bool = False
) -> tuple[ProblemGroup, ...]:
    """Return *problems* by kind: those that block first, then in the order in which the kinds appear.

    Args:
        problems: As found.
        few: Shown of a kind that does not block.
        blocking: Shown of a kind that does, if that is more.
        whole: Leave none out.
    """
    kinds: dict[tuple[bool, str], list[Problem]] = {}
    for problem in problems:
        kinds.setdefault((problem.blocks, problem.code), []).append(problem)
    found = []
    for (blocks, code), of_kind in sorted(kinds.items(), key=lambda item: not item[0][0]):
        most = max(few, blocking) if blocks else few
        # "1 more" would take the room of the one it hides.
        shown = of_kind if whole or len(of_kind) <= most + 1 else of_kind[:most]
        found.append(ProblemGroup(code, blocks, tuple(shown), len(of_kind)))
    return tuple(found)
