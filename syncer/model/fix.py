"""What a hint says exactly, so that it can be written; it is made where the hint is made."""

from dataclasses import dataclass
from typing import Any, Self

from syncer.model.span import Span, ValuePath


class Write(str):
    """A hint that says what shall stand there instead: it can be written without asking anybody.

    What a hint asks ("did you mean …?") or leaves open is none.

    Attributes:
        value: A plain value, as `manifest/emit.py` takes them; of a key its name.
    """

    __slots__ = ("value",)
    value: Any

    def __new__(cls, words: str, value: Any) -> Self:
        """Return the hint *words*, which says *value*."""
        hint = super().__new__(cls, words)
        hint.value = value
        return hint


@dataclass(frozen=True, slots=True)
class ValueFix:
    """The value at `path` of the file shall be `value`."""

    path: ValuePath
    value: Any


@dataclass(frozen=True, slots=True)
class KeyFix:
    """The key at `path` of the file shall be called `name`."""

    path: ValuePath
    name: str


@dataclass(frozen=True, slots=True)
class CutFix:
    """The value at `path` shall be `value`, of which the end stands behind it as a comment."""

    path: ValuePath
    value: str


@dataclass(frozen=True, slots=True)
class TextFix:
    """The characters at `span` shall be `text`: without that nobody can read the file."""

    span: Span
    text: str


@dataclass(frozen=True, slots=True)
class IndentFix:
    """The line at `span` shall be indented with ordinary blanks."""

    span: Span


@dataclass(frozen=True, slots=True)
class CellFix:
    """The cell in `row` and `column` of a table, counted from 0, shall say `text`."""

    row: int
    column: int
    text: str


@dataclass(frozen=True, slots=True)
class NameFix:
    """The file shall be called `name`, relative to the project."""

    name: str


Fix = ValueFix | KeyFix | CutFix | TextFix | IndentFix | CellFix | NameFix


def fix_of(hint: str, path: ValuePath, *, key: bool = False) -> ValueFix | KeyFix | None:
    """Return the fix of a problem at *path*; None when its hint says nothing exactly.

    Args:
        hint: Of the problem.
        path: From the top of the file.
        key: The key there is at fault, not its value.
    """
    if not isinstance(hint, Write):
        return None
    return KeyFix(path, hint.value) if key else ValueFix(path, hint.value)
