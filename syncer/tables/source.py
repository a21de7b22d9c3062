"""Where each value of a table stands: rows and columns in place of lines."""

from collections.abc import Iterator, Mapping
from functools import cached_property
from pathlib import PurePosixPath

from syncer.kinds.registry import sections
from syncer.manifest.source import Source
from syncer.model.span import CellMark, Mark, Span, ValuePath
from syncer.tables.cells import BLANKS
from syncer.tables.columns import SEPARATOR, Column, Sort, letters
from syncer.tables.text import Rows, line_starts, places


class TableSource(Source):
    """A table as it was read.

    Attributes:
        table: The rows as they stand in the file.
        cells: Of each row its cells, as the file has them.
        head: Which row holds the headers.
        columns: What each column means, by its index.
        rows_of: The row of each entry, by its section and its key.
        key_column: Which column holds the keys; None when they are made.
    """

    def __init__(self, name: str, rows: Rows) -> None:
        super().__init__(name, rows.text)
        self.cells = rows.cells
        self.table = rows
        self.head = 0
        self.columns: dict[int, Column] = {}
        self.rows_of: dict[tuple[str, str], int] = {}
        self.key_column: int | None = None

    @property
    def place(self) -> str:
        """The path that says what kind its rows are of."""
        return self.name

    def header(self, column: int) -> str:
        """Return what stands above a column."""
        row = self.cells[self.head] if self.head < len(self.cells) else []
        return " ".join(row[column].split()) if column < len(row) else ""

    def cell_mark(self, row: int, column: int) -> CellMark:
        """Return the place of a cell, as its file counts and as a spreadsheet does."""
        line, first, end = self._cell_place(row, column)
        return (line, first, end, f"{letters(column)}{row + 1}", self.header(column))

    def at(self, row: int, column: int) -> Span:
        """Return the place of a cell."""
        return Span(self.name, *self.cell_mark(row, column))

    def find(self, path: ValuePath, *, key: bool = False) -> tuple[Span, int]:
        """Return the place of *path*, and how many steps of it were written."""
        del key
        row = self.rows_of.get((str(path[0]), str(path[1]))) if len(path) > 1 else None
        if row is None:
            return self.at(self.head, 0), min(len(path), 1) if path and path[0] in sections() else 0
        best, depth = self.key_column or 0, 0
        for index, column in self.columns.items():
            reached = self._reached(column, path[2:])
            if reached > depth and self._said(row, index):
                best, depth = index, reached
        return self.at(row, best), 2 + depth

    def text_at(self, path: ValuePath) -> str | None:
        """Return what stands in the cell for *path*; None when there is none."""
        row = self.rows_of.get((str(path[0]), str(path[1]))) if len(path) > 2 else None
        if row is None:
            return None
        for index, column in self.columns.items():
            if (said := self._said(row, index)) and (
                column.path == path[2:] or (column.path == path[2:-1] and isinstance(path[-1], int))
            ):
                if column.path == path[2:]:
                    return said
                items = [item.strip(BLANKS) for item in said.split(SEPARATOR)]
                return items[int(path[-1])] if int(path[-1]) < len(items) else None
        return None

    def marks(self) -> "Marks":
        """Return the places of the keys, each worked out when it is asked for."""
        return Marks(self)

    def _said(self, row: int, column: int) -> str:
        cells = self.cells[row]
        return cells[column].strip(BLANKS) if column < len(cells) else ""

    @staticmethod
    def _reached(column: Column, path: ValuePath) -> int:
        """Return how many steps of *path* the cells of *column* say."""
        length = len(column.path)
        if column.path == path[:length]:
            several = column.sort in (Sort.SEVERAL, Sort.CUSTOM_SEVERAL)
            return length + (several and len(path) > length)
        return len(path) if path == column.path[: len(path)] else 0

    def _cell_place(self, row: int, column: int) -> tuple[int, int, int | None]:
        """Return line, column and end column of a cell, as the text of the file counts."""
        rows = self.table
        line = rows.lines[row] if row < len(rows.lines) else 1
        if column == 0 and rows.cells[row : row + 1] and not self._is_quoted(line):
            first = rows.cells[row][0] if rows.cells[row] else ""
            return line, 1, len(first) + 1 if first else None
        if row >= len(rows.cells):
            return line, 1, None
        found = places(rows, row, self._starts[line - 1])
        return found[column] if column < len(found) else (line, len(self.line(line)) + 1, None)

    @cached_property
    def _starts(self) -> list[int]:
        return line_starts(self.text)

    def _is_quoted(self, line: int) -> bool:
        return self.line(line)[:1] == '"'


class SheetSource(TableSource):
    """A sheet of a workbook: its places are cells, and its lines are rows."""

    is_text = False

    def __init__(self, name: str, cells: list[list[str]], sheet: str, *, alone: bool) -> None:
        super().__init__(name, Rows("", cells, [], ""))
        self._sheet = sheet
        self._alone = alone

    @property
    def place(self) -> str:
        """The path that says what kind its rows are of: the sheet lies in its workbook as in a folder."""
        return str(PurePosixPath(self.name).with_suffix("") / self._sheet)

    def cell_mark(self, row: int, column: int) -> CellMark:
        """Return the place of a cell."""
        cell = f"{letters(column)}{row + 1}"
        return (row + 1, 1, None, cell if self._alone else f"{self._sheet}!{cell}", self.header(column))

    def line(self, number: int) -> str:
        """Return the cells of a row."""
        cells = self.cells[number - 1] if 0 < number <= len(self.cells) else []
        return " | ".join(" ".join(cell.split()) for cell in cells)


class Marks(Mapping[str, Mapping[str, Mark]]):
    """The places of the keys of a table, by section."""

    def __init__(self, source: TableSource) -> None:
        self._source = source

    def __getitem__(self, section: str) -> Mapping[str, Mark]:
        if section not in sections():
            raise KeyError(section)
        return _OfSection(self._source, section)

    def __iter__(self) -> Iterator[str]:
        return iter(sections())

    def __len__(self) -> int:
        return len(sections())


class _OfSection(Mapping[str, Mark]):
    def __init__(self, source: TableSource, section: str) -> None:
        self._source = source
        self._section = section

    def __getitem__(self, key: str) -> Mark:
        row = self._source.rows_of[self._section, key]
        return self._source.cell_mark(row, self._source.key_column or 0)

    def __iter__(self) -> Iterator[str]:
        return (key for section, key in self._source.rows_of if section == self._section)

    def __len__(self) -> int:
        return sum(1 for _ in self)
