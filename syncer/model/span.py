"""A place in a file: where a value was written."""

from typing import NamedTuple, Protocol

Step = str | int
ValuePath = tuple[Step, ...]
# Line, column and end column; of a table the cell and its header too.
CellMark = tuple[int, int, int | None, str, str]
Mark = tuple[int, int, int | None] | CellMark


class Span(NamedTuple):
    """A place as people and editors count it.

    Attributes:
        file: Path as shown to people: relative to the project, with forward slashes.
        line: 1 for the first line.
        column: 1 for the first character of the line.
        end_column: One past the last character when the value ends on the same line, else None.
        cell: Of a table, the cell as a spreadsheet calls it: `F17`.
        header: Of a table, what stands above the cell.
    """

    file: str
    line: int
    column: int
    end_column: int | None = None
    cell: str = ""
    header: str = ""

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}:{self.column}"
        return f"{place} ({self.said})" if self.cell else place

    @property
    def said(self) -> str:
        """The place within its file, as people call it: `line 3`, or `F17, Close Date`."""
        if not self.cell:
            return f"line {self.line}"
        return f"{self.cell}, {self.header}" if self.header else self.cell


class Locator(Protocol):
    """Finds where a value of one manifest entry was written.

    Kept instead of a span a value: spans of 10,000 entries would outweigh the entries, and they are
    only wanted when something is wrong.
    """

    def span(self, path: ValuePath = ()) -> Span:
        """Return the place of *path* inside the entry, or of the nearest thing around it that was written.

        A value that came from `defaults` is found there. The empty path is the key of the entry.
        """

    def excerpt(self, span: Span) -> str:
        """Return the line of the file at *span*, or "" when the file can no longer be read."""
