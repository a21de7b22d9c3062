"""Entries of manifests → the rows of a table."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from enum import Enum
from typing import Any, Final, NamedTuple

from syncer.kinds.base import Kind
from syncer.kinds.custom import SECTION
from syncer.kinds.schema import manifest as manifest_schema
from syncer.model.address import Address
from syncer.model.span import ValuePath
from syncer.shapes.amounts import money_of
from syncer.shapes.base import Unfit
from syncer.shapes.money import MONEY
from syncer.shapes.words import shown
from syncer.tables.cells import BLANKS, Exact, Read, guarded, reader, said_for, unguarded
from syncer.tables.columns import KEY, KIND, SEPARATOR, SEVERAL, Column, Sort, column, folded
from syncer.tables.rules import Rules

_NUMBER: Final = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?")
_DAY: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
# What Excel takes at most.
MOST_TEXT: Final = 32_767
MOST_DIGITS: Final = 15
_DELIMITED: Final = re.compile(r'[",;\t\r\n]')


class Form(Enum):
    """What a table is written as."""

    CSV = "csv"
    XLSX = "xlsx"


class Unsaid(NamedTuple):
    """A value that a table cannot say.

    Attributes:
        address: Of the entry.
        path: Of the value within it.
        why: A sentence.
    """

    address: Address
    path: ValuePath
    why: str


class Table(NamedTuple):
    """What entries are as a table.

    Attributes:
        headers: Of its columns.
        columns: What they mean; None for keys and kinds.
        rows: A cell a header, "" for none.
        unsaid: What of the entries is not in it.
    """

    headers: list[str]
    columns: list[Column | None]
    rows: list[list[str]]
    unsaid: list[Unsaid]


def tabulate(
    entries: Iterable[tuple[Kind, str, Mapping[str, Any]]],
    rules: Rules,
    form: Form = Form.CSV,
    *,
    with_kind: bool = False,
) -> Table:
    """Return *entries*, which need no defaults, as a table.

    Args:
        entries: Kind and key of each, and what is written of it.
        rules: How the table is written.
        form: What it is written as.
        with_kind: Say the kind of each row.
    """
    return _Tabulating(rules, form).table(entries, with_kind=with_kind)


def csv_text(table: Table) -> str:
    """Return a table as CSV."""
    lines = (",".join(map(_delimited, row)) for row in (table.headers, *table.rows))
    return "\n".join(lines) + "\n"


def _delimited(cell: str) -> str:
    """Return a cell between quotes where any program could end it too early."""
    if not _DELIMITED.search(cell):
        return cell
    doubled = cell.replace('"', '""')
    return f'"{doubled}"'


class _Cannot(Exception):  # noqa: N818 - it never leaves this module
    """A value is none that a cell says; carries why."""


class _Writer:
    """Writes the cells of one column, and proves each by reading it."""

    def __init__(self, header: str, column_: Column, rules: Rules, form: Form) -> None:
        self.header = header
        self.column = column_
        self._rules = rules
        self._form = form
        # Blanks at the end of a text are none that are compared.
        self._trims = column_.field is None or column_.field.refers is None
        self._read: Read | None = reader(column_, rules)
        self._said = {meant: said for said, meant in reversed([*said_for(column_, rules).items()])}
        self._known: dict[Any, str] = {}

    def cell(self, value: Any) -> str:
        """Return the cell that says *value*.

        Raises:
            _Cannot: None does.
        """
        known = self._known.get(value) if value.__class__ is str else None
        if known is None:
            known = self._proved(value)
            if value.__class__ is str:
                self._known[value] = known
        return known

    def _proved(self, value: Any) -> str:
        text = self._text(value)
        if not text:
            raise _Cannot("an empty cell says nothing at all")
        if self._form is Form.XLSX and len(text) >= MOST_TEXT:
            raise _Cannot(f"a cell of a spreadsheet holds {MOST_TEXT:,} characters")
        cell = self._guarded(text)
        if not self._means(cell, value):
            raise _Cannot(f"the cell {shown(cell)} would be read as something else")
        return cell

    def _means(self, cell: str, value: Any) -> bool:
        exact = cell.__class__ is Exact
        if exact and _NUMBER.fullmatch(cell) and len(re.sub(r"[^0-9]", "", cell)) > MOST_DIGITS:
            return False
        text = cell if exact else unguarded(cell.strip(BLANKS))
        read: Any = text
        try:
            if self._read is not None:
                read = self._read(text)
        except Unfit:
            return False
        if isinstance(value, int | Decimal) and not isinstance(value, bool):
            return isinstance(read, int | Decimal | str) and _same_number(str(read), _plain(value))
        meant = value.rstrip(BLANKS) if self._trims and isinstance(value, str) else value
        return isinstance(read, bool) == isinstance(value, bool) and bool(read == meant)

    def _text(self, value: Any) -> str:
        """Return what a cell says before it is guarded."""
        sort = self.column.sort
        if isinstance(value, list):
            if not all(isinstance(item, str) for item in value):
                raise _Cannot("a cell holds several names, and no more of any of them")
            return f"{SEPARATOR} ".join(str(self._said.get(item, item)) for item in value)
        plain = _plain(value)
        plain = self._said.get(plain, plain)
        if isinstance(value, str) and self._trims:
            plain = plain.rstrip(BLANKS)
        is_number = sort in {Sort.MONEY, Sort.NUMBER} and _NUMBER.fullmatch(plain)
        if self._form is Form.XLSX:
            typed = not isinstance(value, str) or is_number or (sort is Sort.DATE and _DAY.fullmatch(plain))
            return Exact(plain) if typed else plain
        if sort is Sort.DATE and _DAY.fullmatch(plain):
            return self._rules.dates.written(plain)
        return plain.replace(".", self._rules.decimal) if is_number else plain

    def _guarded(self, text: str) -> str:
        if text.__class__ is Exact or self._form is Form.CSV:
            return text if text.__class__ is Exact else guarded(text)
        # A text of a spreadsheet is never a formula; only what looks guarded already needs it.
        return guarded(text) if unguarded(text) != text or text[0] in BLANKS else text


def _same_number(one: str, other: str) -> bool:
    """Tell whether two texts are one number, and written alike where they are none."""
    return one == other or bool(_NUMBER.fullmatch(one) and Decimal(one) == Decimal(other))


def _plain(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if value is None:
        raise _Cannot("an empty cell says nothing at all, and so not that the field is empty")
    return f"{value:f}" if isinstance(value, Decimal) else str(value)


class _Tabulating:
    def __init__(self, rules: Rules, form: Form) -> None:
        self._rules = rules
        self._form = form
        self._writers: dict[tuple[str, tuple[str, ...], bool], _Writer | str] = {}
        self._unsaid: list[Unsaid] = []

    def table(self, entries: Iterable[tuple[Kind, str, Mapping[str, Any]]], *, with_kind: bool) -> Table:
        own = [_own(KEY, self._rules), *([_own(KIND, self._rules)] if with_kind else [])]
        found: list[tuple[list[str], dict[str, str]]] = []
        used: dict[str, tuple[tuple[Any, ...], Column]] = {}
        for kind, key, entry in entries:
            cells = {}
            for writer, cell in self._cells(kind, key, entry):
                cells[writer.header] = cell
                if writer.header not in used:
                    used[writer.header] = (_place(kind, writer.column), writer.column)
            found.append(([key, *([kind.name] if with_kind else [])], cells))
        headers = sorted(used, key=lambda header: used[header][0])
        rows = [[*first, *(cells.get(header, "") for header in headers)] for first, cells in found]
        columns = [*(None for _ in own), *(used[header][1] for header in headers)]
        shown_ = map(guarded, headers) if self._form is Form.CSV else headers
        return Table([*own, *shown_], columns, rows, self._unsaid)

    def _cells(self, kind: Kind, key: str, entry: Mapping[str, Any]) -> Iterator[tuple[_Writer, str]]:
        for path, value in _flat(kind, entry):
            writer = self._writer(kind, path, several=isinstance(value, list))
            try:
                cell = "" if isinstance(writer, str) else writer.cell(value)
            except _Cannot as why:
                writer = str(why)
            if isinstance(writer, str):
                self._unsaid.append(Unsaid(Address(kind.name, key), path, writer))
            else:
                yield writer, cell

    def _writer(self, kind: Kind, path: tuple[str, ...], *, several: bool) -> "_Writer | str":
        """Return what writes values at *path*, or why nothing does."""
        known = self._writers.get((kind.name, path, several))
        if known is None:
            known = self._writers[kind.name, path, several] = self._made(kind, path, several=several)
        return known

    def _made(self, kind: Kind, path: tuple[str, ...], *, several: bool) -> "_Writer | str":
        suffix = SEVERAL if several and path[0] == SECTION else ""
        found = column(kind, ".".join(path) + suffix)
        deep = {Sort.MONEY: 1, Sort.CURRENCY: 2}
        if found is None or found.path != path or len(path) > deep.get(found.sort, len(path)):
            return "no column has a place for it"
        if several and found.sort not in (Sort.SEVERAL, Sort.CUSTOM_SEVERAL):
            return "a cell holds one value of it"
        for header, target in self._rules.columns.items():
            if target is not None and column(kind, target) == found:
                return _Writer(self._rules.headers[header], found, self._rules, self._form)
        if folded(found.header) in self._rules.columns:
            return f"by tables of syncer.yaml, the column {found.header} means something else"
        return _Writer(found.header, found, self._rules, self._form)


def _own(name: str, rules: Rules) -> str:
    """Return the header of the keys, or of the kinds."""
    said = (
        header for header, target in rules.columns.items() if target is not None and folded(target) == name
    )
    header = next(said, None)
    return name if header is None else rules.headers[header]


def _flat(kind: Kind, entry: Mapping[str, Any]) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Yield path and value of each cell of an entry."""
    amounts = {spec.name: spec.refers or "" for spec in kind.fields if spec.shape is MONEY}
    for name, value in entry.items():
        if name in amounts:
            yield from _amount(name, amounts[name], value)
        else:
            yield from _below((name,), value)


def _amount(name: str, refers: str, value: Any) -> Iterator[tuple[tuple[str, ...], Any]]:
    if isinstance(value, str):
        amount, code = money_of(value)
        yield (name,), amount
        if code is not None:
            yield (name, refers), code
    elif isinstance(value, Mapping):
        yield (name,), value["amount"]
        if refers in value:
            code = value[refers]
            if isinstance(code, Mapping) and "code" in code:
                code = code["code"]
            yield from _below((name, refers), code)
    else:
        yield (name,), value


def _below(path: tuple[str, ...], value: Any) -> Iterator[tuple[tuple[str, ...], Any]]:
    if isinstance(value, Mapping) and value:
        for name, inner in value.items():
            yield from _below((*path, name), inner)
    else:
        yield path, value


def _place(kind: Kind, column_: Column) -> tuple[Any, ...]:
    """Return where a column stands: as the schema of manifests lists the fields, custom ones by name."""
    names: Sequence[str] = list(manifest_schema()["$defs"][kind.name]["properties"])
    return names.index(column_.path[0]), len(column_.path), column_.path
