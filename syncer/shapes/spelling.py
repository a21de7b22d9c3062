"""Values as a manifest would write them: what stands for one, and what cannot be said."""

from dataclasses import dataclass
from typing import Any, Final

# Why a value of another sort is not written.
UNFIT: Final = "what Pipeliner holds does not fit the type of the field"


class Unsayable(Exception):  # noqa: N818 - who spells a value says so in a comment, or in a problem
    """A manifest cannot say the value; carries why."""


class Bare(str):
    """Text that is written as it is: a date, a number, an amount with its currency."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Commented:
    """A value with a word about it, which stands behind it as a comment."""

    value: Any
    comment: str


def plain(written: Any) -> Any:
    """Return what was written, without the word about it."""
    return written.value if isinstance(written, Commented) else written
