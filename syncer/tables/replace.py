"""Entries of a table and what they shall be → the table with other cells, and nothing else moved."""

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from syncer.kinds.base import Kind
from syncer.kinds.registry import KINDS
from syncer.manifest.fixing import Correction, FixedText, Left
from syncer.manifest.whole import Entries, whole
from syncer.model.address import Address
from syncer.tables.cells import BLANKS, unguarded
from syncer.tables.columns import Column, Sort
from syncer.tables.fixing import put
from syncer.tables.load import Tables
from syncer.tables.rules import Rules, rules_for
from syncer.tables.source import TableSource
from syncer.tables.write import tabulate

_Place = tuple[tuple[str, ...], Sort]
Corrected = Iterable[tuple[Kind, str, Mapping[str, Any]]]


class _Said(NamedTuple):
    """What the cells of an entry say, by path and sort; `why` when no table can say it."""

    cells: dict[_Place, str]
    columns: dict[_Place, Column]
    why: str = ""


def replaced(
    source: TableSource, entries: Mapping[str, Entries], corrected: Corrected, tables: Tables
) -> FixedText:
    """Return the text of a table, without a byte order mark, with the entries as they shall be.

    Args:
        source: The table.
        entries: What it declares, by section and key.
        corrected: Kind and key of each entry that shall be another one, and that.
        tables: The notation of the project.
    """
    replacing = _Replacing(source, entries, tables)
    for kind, key, entry in corrected:
        replacing.entry(kind, key, entry)
    return FixedText(put(source, replacing.cells), tuple(replacing.made), tuple(replacing.left))


class _Replacing:
    """Replaces the cells of one table.

    Attributes:
        cells: What cells shall say, by row and column.
        made: The same in words.
        left: What cannot be written.
    """

    def __init__(self, source: TableSource, entries: Mapping[str, Entries], tables: Tables) -> None:
        self._source = source
        self._entries = entries
        self._tables = tables
        self._rules = rules_for(tables.rules, source.name)
        self._before = tables.load(source.text.encode(), source.name).value
        self._places = {(column.path, column.sort): index for index, column in source.columns.items()}
        self.cells: dict[tuple[int, int], str] = {}
        self.made: list[Correction] = []
        self.left: list[Left] = []

    def entry(self, kind: Kind, key: str, entry: Mapping[str, Any]) -> None:
        """Let the row of an entry say *entry*."""
        old = _said(kind, key, self._entries[kind.section][key], self._rules)
        new = _said(kind, key, entry, self._rules)
        if old.cells == new.cells and not new.why:
            return
        address, row = Address(kind.name, key), self._source.rows_of[kind.section, key]
        changed, missing = ({}, []) if new.why else self._changed(old, new)
        cells = {(row, column): text for column, text in changed.items()}
        corrections = [self._correction(address, row, column, text) for column, text in changed.items()]
        why = f"A table cannot say {new.why}." if new.why else ""
        if missing:
            why = why or f"The table has no column {', '.join(missing)}."
        elif not why and not self._means(put(self._source, cells), address, new):
            why = "The table would declare something else."
        if why:
            whole_row = Correction(self._source.at(row, self._source.key_column or 0), str(address), "", "")
            self.left += (Left(correction, why, ()) for correction in corrections or [whole_row])
        else:
            self.cells |= cells
            self.made += corrections

    def _correction(self, address: Address, row: int, column: int, text: str) -> Correction:
        cells, path = self._source.cells[row], self._source.columns[column].path
        said = cells[column].strip() if column < len(cells) else ""
        return Correction(self._source.at(row, column), f"{address} {'.'.join(path)}", said, text)

    def _changed(self, old: _Said, new: _Said) -> tuple[dict[int, str], list[str]]:
        """Return what shall be said in which column, and the headers of what has none."""
        changed: dict[int, str] = {}
        missing: list[str] = []
        for place in {**old.cells, **new.cells}:
            if old.cells.get(place) == new.cells.get(place):
                continue
            at, text = place, new.cells.get(place, "")
            if place[1] in (Sort.MONEY, Sort.CURRENCY):
                at, text = self._money(place, new)
            if at in self._places:
                changed[self._places[at]] = text
            else:
                missing.append({**old.columns, **new.columns}[place].header)
        return changed, missing

    def _money(self, place: _Place, new: _Said) -> tuple[_Place, str]:
        """Return where a part of an amount stands, and what is said there.

        A currency that has no column of its own stands behind the amount.
        """
        amount: _Place = (place[0][:-1] if place[1] is Sort.CURRENCY else place[0], Sort.MONEY)
        codes = [other for other in new.cells if other[1] is Sort.CURRENCY and other[0][:-1] == amount[0]]
        if place in self._places and (place[1] is Sort.CURRENCY or not codes or codes[0] in self._places):
            return place, new.cells.get(place, "")
        return amount, " ".join(new.cells[part] for part in (amount, *codes) if part in new.cells)

    def _means(self, after: str, address: Address, new: _Said) -> bool:
        """Tell whether the table would say the entry as it shall be, and all others as they are."""
        loaded = self._tables.load(after.encode(), self._source.name)
        kind = KINDS[address.kind]
        now = whole(loaded.value).get(kind.section, {}).get(address.key)
        if loaded.problems or now is None:
            return False
        one, other = (
            {(section, key): entry for section, entries in value.items() for key, entry in entries.items()}
            for value in (self._before, loaded.value)
        )
        one.pop((kind.section, address.key))
        other.pop((kind.section, address.key))
        return one == other and _said(kind, address.key, now, self._rules).cells == new.cells


def _said(kind: Kind, key: str, entry: Mapping[str, Any], rules: Rules) -> _Said:
    table = tabulate([(kind, key, entry)], rules)
    if table.unsaid:
        return _Said({}, {}, f"{'.'.join(map(str, table.unsaid[0].path))}: {table.unsaid[0].why}")
    both = [(column, cell) for column, cell in zip(table.columns, table.rows[0], strict=True) if column]
    columns = {(column.path, column.sort): column for column, _ in both}
    # Blanks at the end of a cell are none that are read.
    cells = {(column.path, column.sort): unguarded(cell.rstrip(BLANKS)) for column, cell in both if cell}
    return _Said(cells, columns)
