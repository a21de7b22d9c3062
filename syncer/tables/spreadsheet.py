"""Tables → an XLSX that people like to open: texts are texts, days are days, numbers are numbers."""

import io
import re
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, Final

from syncer.kinds.base import Kind
from syncer.model.problem import SyncerError
from syncer.shapes.currencies import DECIMALS
from syncer.tables.cells import Exact
from syncer.tables.choices import Choices
from syncer.tables.columns import KEY, SEPARATOR, Column, Sort, described, letters
from syncer.tables.workbook import missing
from syncer.tables.write import Table

# What Excel takes at most.
MOST_ROWS: Final = 1_048_575
ABOUT: Final = "Columns"
_LISTS: Final = "Lists"
_DAY: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
# Widths in characters, the height of a line in points.
_NARROW: Final = 9
_WIDE: Final = 48
_WIDEST: Final = 80
_LINE: Final = 15
# How many rows beyond the written ones a list is offered in.
_SPARE: Final = 1000


def xlsx(tables: Mapping[str, tuple[Kind, Table]], choices: Choices | None = None) -> bytes:
    """Return a workbook with a sheet for each table, and one that says what the columns mean.

    Args:
        tables: By the name of the sheet.
        choices: What may stand in a column; nothing where that is not known.

    Raises:
        SyncerError: What writes workbooks is not installed.
    """
    try:
        import xlsxwriter  # noqa: PLC0415 (an extra)
    except ImportError:
        raise SyncerError(missing("XlsxWriter")) from None
    data = io.BytesIO()
    # Row by row, so that a long table is not held twice; and no text is ever more than a text.
    options = {
        "constant_memory": True,
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "strings_to_numbers": False,
    }
    writing = _Writing(xlsxwriter.Workbook(data, options))
    for name, (kind, table) in tables.items():
        writing.table(name, kind, table, choices)
    writing.about(tables)
    writing.close()
    return data.getvalue()


class _Writing:
    def __init__(self, book: Any) -> None:
        self._book = book
        self._head = book.add_format({"bold": True, "bg_color": "#DCE6F1", "bottom": 1, "valign": "top"})
        self._day = book.add_format({"num_format": "yyyy-mm-dd", "align": "left"})
        self._text = book.add_format({"num_format": "@"})
        self._wrapped = book.add_format({"num_format": "@", "text_wrap": True, "valign": "top"})
        numbers = (f"#,##0.{'0' * places}".rstrip(".") for places in range(7))
        self._amounts = [book.add_format({"num_format": number}) for number in numbers]
        self._lists: list[tuple[str, Sequence[str]]] = []

    def table(self, name: str, kind: Kind, table: Table, choices: Choices | None) -> None:
        """Write a sheet."""
        sheet = self._book.add_worksheet(name)
        sheet.freeze_panes(1, 1)
        sheet.set_landscape()
        sheet.fit_to_pages(1, 0)
        sheet.repeat_rows(0)
        sheet.ignore_errors({"number_stored_as_text": f"A1:XFD{MOST_ROWS + 1}"})
        for index, (header, column) in enumerate(zip(table.headers, table.columns, strict=True)):
            lengths = (len(row[index]) for row in table.rows)
            width = min(_WIDE, max(_NARROW, len(header) + 4, max(lengths, default=0) + 2))
            sheet.set_column(index, index, width, self._format_of(column))
            self._offer(sheet, index, kind, column, len(table.rows), choices)
        sheet.write_row(0, 0, table.headers, self._head)
        codes = self._codes(table)
        for number, row in enumerate(table.rows, 1):
            for index, cell in enumerate(row):
                if cell:
                    self._cell(sheet, number, index, cell, table.columns[index], row, codes)
        sheet.autofilter(0, 0, max(1, len(table.rows)), max(0, len(table.headers) - 1))

    def about(self, tables: Mapping[str, tuple[Kind, Table]]) -> None:
        """Write the sheet that says what the columns mean, and the lists behind it."""
        sheet = self._book.add_worksheet(ABOUT)
        sheet.freeze_panes(1, 0)
        sheet.set_landscape()
        sheet.fit_to_pages(1, 0)
        for index, width in enumerate((16, 28, _WIDEST, 28)):
            sheet.set_column(index, index, width, self._wrapped)
        sheet.write_row(0, 0, ("Sheet", "Column", "What it means", "Such as"), self._head)
        number = 1
        for name, (kind, table) in tables.items():
            for header, column in zip(table.headers, table.columns, strict=True):
                texts = (name, header, *_explained(kind, column))
                # Not every program makes a row as high as its text.
                sheet.set_row(number, _LINE * (1 + len(texts[2]) // _WIDEST))
                for index, text in enumerate(texts):
                    sheet.write_string(number, index, text, self._wrapped)
                number += 1
        if self._lists:
            self._write_lists()

    def close(self) -> None:
        """End the workbook."""
        self._book.close()

    def _write_lists(self) -> None:
        sheet = self._book.add_worksheet(_LISTS)
        sheet.hide()
        longest = max(len(names) for _, names in self._lists)
        sheet.write_row(0, 0, [header for header, _ in self._lists], self._head)
        for number in range(longest):
            for index, (_, names) in enumerate(self._lists):
                if number < len(names):
                    sheet.write_string(number + 1, index, names[number], self._text)

    def _format_of(self, column: Column | None) -> Any:
        """Return how empty cells of a column look, too: what is typed in a column of texts stays text."""
        if column is None or column.sort in {Sort.TEXT, Sort.SEVERAL, Sort.CURRENCY, Sort.CUSTOM_SEVERAL}:
            return self._text
        if column.sort is Sort.DATE:
            return self._day
        return self._amounts[2] if column.sort is Sort.MONEY else None

    def _offer(
        self, sheet: Any, index: int, kind: Kind, column: Column | None, rows: int, choices: Choices | None
    ) -> None:
        """Offer what may stand in a column, and take anything else, too."""
        names = choices(kind, column) if choices is not None and column is not None else ()
        if not names or column is None:
            return
        self._lists.append((column.header, names))
        letter = letters(len(self._lists) - 1)
        sheet.data_validation(
            1,
            index,
            min(MOST_ROWS, rows + _SPARE),
            index,
            {
                "validate": "list",
                "source": f"={_LISTS}!${letter}$2:${letter}${len(names) + 1}",
                "error_type": "warning",
                "error_title": "Not in the list",
                "error_message": "Pipeliner had no such name when this file was written.",
            },
        )

    @staticmethod
    def _codes(table: Table) -> Mapping[tuple[str, ...], int]:
        """Return where the currency of each amount stands."""
        return {
            column.path[:1]: index
            for index, column in enumerate(table.columns)
            if column is not None and column.sort is Sort.CURRENCY
        }

    def _cell(  # noqa: PLR0917 (one place of a table)
        self,
        sheet: Any,
        number: int,
        index: int,
        cell: str,
        column: Column | None,
        row: Sequence[str],
        codes: Mapping[tuple[str, ...], int],
    ) -> None:
        if cell.__class__ is not Exact:
            sheet.write_string(number, index, cell, self._text)
        elif _DAY.fullmatch(cell):
            sheet.write_datetime(number, index, date.fromisoformat(cell), self._day)
        elif cell in {"true", "false"}:
            sheet.write_boolean(number, index, cell == "true")
        elif column is not None and column.sort is Sort.MONEY:
            code = codes.get(column.path[:1])
            places = min(DECIMALS.get(row[code] if code is not None else "", 2), 2)
            written = len(cell.partition(".")[2])
            sheet.write_number(number, index, float(cell), self._amounts[min(6, max(places, written))])
        else:
            sheet.write_number(number, index, float(cell))


def _explained(kind: Kind, column: Column | None) -> tuple[str, str]:
    """Return what a column means, and an example."""
    if column is None:
        about = "The key of the row: it stays the same for ever, and no other row has it."
        return about, kind.example[0] if kind.example is not None else KEY
    if column.sort is Sort.CURRENCY:
        return "The currency of the amount, by its code.", "USD"
    if column.sort in {Sort.CUSTOM, Sort.CUSTOM_SEVERAL}:
        several = f"; several stand between {SEPARATOR}" if column.sort is Sort.CUSTOM_SEVERAL else ""
        return f"A custom field, by its API name{several}.", ""
    about, examples = described(kind, column)
    if column.sort is Sort.SEVERAL:
        about += f" Several stand between {SEPARATOR}."
    return about.replace("`", ""), next((text for text in examples if isinstance(text, str)), "")
