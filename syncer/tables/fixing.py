"""A table and what is wrong with it → the table with what the hints say exactly.

The cells change, and every other byte stays: delimiter, quotes, blanks around, line ends, a byte order mark.
The result is read again; it has to declare what was asked, and nothing else.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final, NamedTuple

from syncer.manifest.cut import same
from syncer.manifest.emit import inline
from syncer.manifest.fixing import Correction, FixedText, Left
from syncer.manifest.load import Loaded
from syncer.model.fix import CellFix, Fix, KeyFix, ValueFix
from syncer.model.problem import Problem
from syncer.model.span import Span, ValuePath
from syncer.shapes.base import Unfit
from syncer.tables.cells import BLANKS, guarded, reader, unguarded
from syncer.tables.columns import KEY, Column, Sort
from syncer.tables.load import Tables
from syncer.tables.rules import Rules, rules_for
from syncer.tables.source import TableSource
from syncer.tables.text import extents, line_starts

_MARK: Final = "\ufeff"
_NOTHING: Final[Any] = object()


class _Cell(NamedTuple):
    """A cell and what it shall say.

    Attributes:
        row: Counted from 0.
        column: The same.
        said: What it says, without an apostrophe that guards it.
        text: What it shall say.
        path: Of the value that it declares.
        asked: The value there; `_NOTHING` where the cell alone is said.
        correction: As people are told.
        fix: What is written.
    """

    row: int
    column: int
    said: str
    text: str
    path: ValuePath
    asked: Any
    correction: Correction
    fix: Fix


def fix(text: str, name: str, problems: Iterable[Problem], tables: Tables) -> FixedText:
    """Return *text* with some of what the hints of *problems* say; what is left shows when it is read again.

    Args:
        text: The file, with its byte order mark, if it has one.
        name: How messages call it.
        problems: What is wrong with it.
        tables: The notation of the project.
    """
    mark, bare = (_MARK, text[1:]) if text.startswith(_MARK) else ("", text)
    before = tables.load(bare.encode(), name)
    source = before.source
    assert isinstance(source, TableSource)  # what cannot be read has no hint that says anything exactly
    cells: dict[tuple[int, int], _Cell] = {}
    fixes = [problem for problem in problems if problem.fix is not None]
    # Keys first: by its key an entry is found again.
    for problem in [each for each in fixes if isinstance(each.fix, KeyFix)] or fixes:
        cell = _cell(source, rules_for(tables.rules, name), problem)
        if cell is not None:
            cells.setdefault((cell.row, cell.column), cell)
    after, left = _made(source, before, tables, list(cells.values()))
    refused = {each.correction for each in left}
    made = tuple(cell.correction for cell in cells.values() if cell.correction not in refused)
    return FixedText(mark + after, made, tuple(left))


def _made(
    source: TableSource, before: Loaded, tables: Tables, cells: Sequence[_Cell]
) -> tuple[str, list[Left]]:
    """Write *cells* at once; a half at a time where the table would declare anything else."""
    if not cells:
        return source.text, []
    after = _put(source, cells)
    if _means(before, tables.load(after.encode(), source.name), cells):
        return after, []
    if len(cells) == 1:
        return source.text, [
            Left(cells[0].correction, "The table would declare something else.", (cells[0].fix,))
        ]
    first, left = _made(source, before, tables, cells[: len(cells) // 2])
    again = tables.load(first.encode(), source.name)
    assert isinstance(again.source, TableSource)
    second, more = _made(again.source, again, tables, cells[len(cells) // 2 :])
    return second, left + more


# Cells


def _cell(source: TableSource, rules: Rules, problem: Problem) -> _Cell | None:
    """Return the cell that is to be written; None when no cell says what is wrong."""
    fix, span = problem.fix, problem.span
    assert span is not None
    if isinstance(fix, CellFix):
        column = source.columns[fix.column]
        return _Cell(
            fix.row,
            fix.column,
            said := _said(source, fix.row, fix.column),
            fix.text,
            (*_entry(source, fix.row), *column.path),
            _NOTHING,
            Correction(span, column.header, said, fix.text),
            fix,
        )
    if isinstance(fix, KeyFix) and len(fix.path) == 2 and source.key_column is not None:
        row = source.rows_of[str(fix.path[0]), str(fix.path[1])]
        said = _said(source, row, source.key_column)
        correction = Correction(span, KEY, said, fix.name)
        return _Cell(row, source.key_column, said, fix.name, fix.path, _NOTHING, correction, fix)
    if isinstance(fix, ValueFix) and len(fix.path) > 2:
        return _cell_of_value(source, rules, fix, span)
    return None


def _cell_of_value(source: TableSource, rules: Rules, fix: ValueFix, span: Span) -> _Cell | None:
    row = source.rows_of[str(fix.path[0]), str(fix.path[1])]
    for index, column in source.columns.items():
        rest = fix.path[2:]
        said = _said(source, row, index)
        if not said or not _says(column, rest):
            continue
        text = inline(fix.value) if not isinstance(fix.value, str) else str(fix.value)
        if column.sort is Sort.MONEY:
            text = _amount(said, text, column, rules)
        correction = Correction(span, column.header, said, text)
        return _Cell(row, index, said, text, fix.path, fix.value, correction, fix)
    return None


def _amount(said: str, meant: str, column: Column, rules: Rules) -> str:
    """Return the amount *meant* as the rules write it; as it is *said*, where the case alone is wrong."""
    read = reader(column, rules)
    try:
        stays = read is not None and read(said.upper()) == meant
    except Unfit:
        stays = False
    return said.upper() if stays else meant.replace(".", rules.decimal)


def _says(column: Column, path: ValuePath) -> bool:
    """Tell whether the cells of *column* say the value at *path*."""
    return column.path == path or (column.sort is Sort.MONEY and (*column.path, "amount") == path)


def _said(source: TableSource, row: int, column: int) -> str:
    cells = source.cells[row]
    said = cells[column].strip(BLANKS) if column < len(cells) else ""
    return unguarded(said) if said else ""


def _entry(source: TableSource, row: int) -> ValuePath:
    return next(entry for entry, place in source.rows_of.items() if place == row)


def _put(source: TableSource, cells: Iterable[_Cell]) -> str:
    return put(source, {(cell.row, cell.column): cell.text for cell in cells})


def put(source: TableSource, cells: Mapping[tuple[int, int], str]) -> str:
    """Return the text of the table with *cells*, by row and column: what they say, without a guard."""
    text, starts = source.text, line_starts(source.text)
    delimiter = source.table.delimiter
    pieces: list[str] = []
    end = len(text)
    for row in sorted({row for row, _ in cells}, reverse=True):
        places = extents(source.table, row, starts[source.table.lines[row] - 1])
        raw = [text[start:stop] for start, stop in places]
        said = {column: cells[place, column] for place, column in cells if place == row}
        raw += [""] * (max(said) + 1 - len(raw))  # a row may end before its last columns
        for column, new in said.items():
            raw[column] = _written(raw[column], new, delimiter)
        pieces += (text[places[-1][1] : end], delimiter.join(raw))
        end = places[0][0]
    return text[:end] + "".join(reversed(pieces))


def _written(old: str, new: str, delimiter: str) -> str:
    """Return *new* as the cell *old* is written: in quotes where that was, the blanks around it kept."""
    in_quotes = old[:1] == '"'
    whole = old[1:-1].replace('""', '"') if in_quotes else old
    core = whole.strip(BLANKS)
    before, after = whole.split(core, 1) if core else ("", "")
    text = f"{before}{guarded(new)}{after}"
    if in_quotes or any(sign in text for sign in (delimiter, '"', "\n", "\r")):
        return '"' + text.replace('"', '""') + '"'
    return text


# What it declares


def _means(before: Loaded, after: Loaded, cells: Iterable[_Cell]) -> bool:
    """Tell whether *after* declares what *before* does, but for what the cells say."""
    if not after.ok or len(after.problems) > len(before.problems):
        return False
    one, other = before.value, after.value
    for cell in cells:
        if len(cell.path) == 2:
            one = _renamed(one, cell.path, cell.text)
        else:
            one, was = _without(one, cell.path)
            other, now = _without(other, cell.path)
            if (
                was is _NOTHING
                or now is _NOTHING
                or (cell.asked is not _NOTHING and not same(cell.asked, now))
            ):
                return False
    return bool(one == other)


def _renamed(value: Any, path: ValuePath, name: str) -> Any:
    section, key = path
    entries = {name if known == key else known: entry for known, entry in value[section].items()}
    return {**value, section: entries}


def _without(value: Any, path: ValuePath) -> tuple[Any, Any]:
    """Return *value* without what is at *path*, and that."""
    step, rest = path[0], path[1:]
    if not isinstance(value, dict) or step not in value:
        return value, _NOTHING
    inner, found = _without(value[step], rest) if rest else (None, value[step])
    return {**value, step: inner}, found
