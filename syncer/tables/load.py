"""A table → what a manifest file would hold."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Final, NamedTuple

from syncer.kinds.base import Kind
from syncer.kinds.registry import KINDS
from syncer.manifest.characters import merge_conflict
from syncer.manifest.doubts import cleaned, is_name, odd_sign, odd_words
from syncer.manifest.load import TABLE, Loaded
from syncer.model.address import Address
from syncer.model.fix import CellFix, fix_of
from syncer.model.problem import Problem, Related, Severity
from syncer.shapes.base import Unfit
from syncer.shapes.quoting import quoted
from syncer.shapes.words import nearest, shown
from syncer.tables.cells import BLANKS, Broken, Read, of_sheet, reader, unguarded
from syncer.tables.columns import KEY, KIND, REASON, Column, Sort, column, folded, known
from syncer.tables.keys import key_of
from syncer.tables.rules import Rules, default_kind, kind_of, rules_for
from syncer.tables.source import SheetSource, TableSource
from syncer.tables.text import Unreadable, decoded, rows
from syncer.tables.workbook import sheets

_MOST_TOLD: Final = 6
_ID: Final = ("id",)
# Text of UTF-8 that somebody read as Windows-1252 and saved so, such as Ã¼ for ü.
_MANGLED: Final = re.compile("[ÃÂ][\u0080-\u00bf]|â(?:€|\u0080)|\ufffd")


@dataclass(frozen=True, slots=True)
class Tables:
    """The notation of a project's tables.

    Attributes:
        rules: The mappings of syncer.yaml, in its order.
    """

    rules: tuple[Rules, ...] = ()

    def reads(self, name: str) -> bool:
        """Tell whether a file of this name is a table."""
        return name.lower().endswith(TABLE)

    def load(self, data: bytes, name: str) -> Loaded:
        """Read a CSV as `syncer.manifest.load.load_bytes` reads YAML."""
        try:
            text = decoded(data, name)
            found = rows(text, name, _headers())
        except Unreadable as error:
            return Loaded(None, data=data, problems=(error.problem,))
        source = TableSource(name, found)
        conflict = merge_conflict(source)
        if conflict is not None:
            return Loaded(source, data=data, problems=(conflict,))
        return load(source, rules_for(self.rules, name))._replace(data=data)

    def load_sheets(self, data: bytes, name: str, wanted: str | None = None) -> list[Loaded]:
        """Read a workbook: the sheets that `sheets` chooses.

        Raises:
            SyncerError: What reads workbooks is not installed.
        """
        try:
            found = sheets(data, name, wanted)
        except Unreadable as error:
            return [Loaded(None, data=data, problems=(error.problem,))]
        rules = rules_for(self.rules, name)
        return [
            load(SheetSource(name, sheet.cells, sheet.name, alone=sheet.alone), rules)._replace(data=data)
            for sheet in found
        ]

    def declares(self, head: bytes, name: str) -> bool:
        """Tell whether the headers of a CSV that begins with *head* say a key and a field of an entry."""
        text = head.decode("utf-8-sig", "replace")
        lines = [line for line in text.splitlines() if line.strip()]
        try:
            # The headers are the first line, or the second below one that says the delimiter.
            cells = rows("\n".join(lines[:1]), name, _headers()).cells
            cells = cells or rows("\n".join(lines[:2]), name, _headers()).cells
        except Unreadable:
            return False
        rules = rules_for(self.rules, name)
        headers = cells[0] if cells else []
        meant = [target for header in headers if (target := rules.columns.get(folded(header), header))]
        said = {folded(header) for header in (*headers, *meant)}
        if REASON in said:
            return False  # what an apply did not write waits to be corrected
        has_key = KEY in map(folded, meant) or (
            rules.parts and {folded(part) for part in rules.parts} <= said
        )
        return bool(has_key) and any(
            folded(target) not in (KEY, KIND) and column(kind, target) is not None
            for target in meant
            for kind in KINDS.values()
        )


def _headers() -> frozenset[str]:
    return frozenset(
        spelled
        for kind in KINDS.values()
        for name in known(kind)
        for spelled in (name, name.replace("_", " "))
    )


def load(source: TableSource, rules: Rules) -> Loaded:
    """Return what the table in *source* declares."""
    return _Table(source, rules).load()


class _Cell(NamedTuple):
    """How the cells of one column become part of an entry."""

    place: int
    column: Column
    read: Read | None


class _Layout(NamedTuple):
    """How rows of one kind are read.

    Attributes:
        simple: Columns whose value is a key of the entry, as it stands there or read.
        others: Columns that say a part of a value.
    """

    simple: list[tuple[int, str, Read | None]]
    others: list[_Cell]


class _Table:
    def __init__(self, source: TableSource, rules: Rules) -> None:
        self.source = source
        self.rules = rules
        self.problems: list[Problem] = []
        self.warnings: list[Problem] = []
        self.bad: dict[Address, frozenset[str]] = {}
        self.value: dict[str, Any] = {}
        self._layouts: dict[str, _Layout] = {}
        self._unread: dict[int, None] = {}
        self._key_parts: list[int | None] = []
        self._kind_column: int | None = None

    def load(self) -> Loaded:
        source = self.source
        cells = source.cells
        head = next((index for index, row in enumerate(cells) if any(_text(cell) for cell in row)), None)
        if head is None:
            return Loaded(source, None, ok=True)
        source.head = head
        headers = [unguarded(_text(cell)) for cell in cells[head]]
        self._find_own(headers)
        kind = kind_of(source.place, self.rules)
        if kind is None and self._kind_column is None:
            kind = default_kind()
        if kind is not None:
            self._layout(kind, headers)
        if not self.problems:
            self._rows(kind, headers)
        self._tell_unread(kind, headers)
        ok = not any(problem.code in ("column-unknown", "column-twice") for problem in self.problems)
        return Loaded(
            source,
            self.value or None,
            problems=tuple(self.problems),
            ok=ok,
            keys=source.marks(),
            warnings=tuple(replace(warning, severity=Severity.WARNING) for warning in self.warnings),
            bad=self.bad,
        )

    # Columns

    def _target(self, header: str) -> str | None:
        """Return what a header means by the rules, else itself; None when it is left out."""
        return self.rules.columns.get(folded(header), header)

    def _find_own(self, headers: Sequence[str]) -> None:
        """Find the columns of keys and kinds, and those that the key is made of."""
        for index, header in enumerate(headers):
            target = folded(self._target(header) or "")
            if target == KEY and self._sole(index, self.source.key_column, headers):
                self.source.key_column = index
            elif target == KIND and self._sole(index, self._kind_column, headers):
                self._kind_column = index
        if self.source.key_column is None:
            self._key_parts = [self._part(part, headers) for part in self.rules.parts]

    def _sole(self, index: int, before: int | None, headers: Sequence[str]) -> bool:
        if before is not None:
            self._twice(index, before, headers)
        return before is None

    def _part(self, part: str, headers: Sequence[str]) -> int | None:
        wanted = folded(part)
        for index, header in enumerate(headers):
            if folded(header) == wanted:
                return index
        for index, header in enumerate(headers):
            if folded(self._target(header) or "") == wanted:
                return index
        self.problems.append(
            self.source.problem(
                "column-unknown",
                f"The key is made of {{{part}}}, and no column is called so.",
                self.source.at(self.source.head, 0),
                "name a header of the table in `key:` below `tables:`, or give it a column key",
            )
        )
        return None

    def _layout(self, kind: Kind, headers: Sequence[str]) -> _Layout:
        known_layout = self._layouts.get(kind.name)
        if known_layout is not None:
            return known_layout
        layout = self._layouts[kind.name] = _Layout([], [])
        taken: dict[tuple[str, ...], int] = {}
        said = {folded(target) for header in headers if (target := self.rules.columns.get(folded(header)))}
        by_header: dict[str, int] = {}
        for index, header in enumerate(headers):
            if not header:
                continue
            first = by_header.setdefault(folded(header), index)
            mapped = self.rules.columns.get(folded(header))
            target = self._target(header)
            found = column(kind, target) if target is not None else None
            own = index in (self.source.key_column, self._kind_column)
            if first != index and (found is not None or own):
                self._twice(index, first, headers)
                continue
            if own or target is None or folded(target) == REASON:
                continue
            # Another program's ID, which keys are made of, is no id of a record in Pipeliner.
            other = mapped is None and index in self._key_parts and found is not None and found.path == _ID
            if found is None or other or (mapped is None and folded(found.header) in said):
                if index not in self._key_parts:
                    self._unread[index] = None
                continue
            before = taken.setdefault((*found.path, found.sort.value), index)
            if before != index:
                self._twice(index, before, headers)
                continue
            self._unread.pop(index, None)
            self.source.columns[index] = found
            read = reader(found, self.rules)
            if isinstance(self.source, SheetSource):
                read = of_sheet(found, read)
            if len(found.path) == 1 and found.sort is not Sort.MONEY:
                layout.simple.append((index, found.path[0], read))
            else:
                layout.others.append(_Cell(index, found, read))
        # An amount before its currency.
        layout.others.sort(key=lambda cell: (cell.column.sort is Sort.CURRENCY, cell.place))
        if not self.source.columns and not self.problems:
            self._no_columns(kind, headers)
        return layout

    def _twice(self, index: int, first: int, headers: Sequence[str]) -> None:
        head = self.source.head
        same = folded(headers[index]) == folded(headers[first])
        what = f"{shown(headers[index])} is a header already" if same else "Two columns mean the same"
        place = self.source.at(head, first)
        problem = self.source.problem(
            "column-twice",
            f"{what}; only one of them can count.",
            self.source.at(head, index),
            "rename one of them, or take it out; what another program writes is left out in syncer.yaml by\n"
            f"tables:\n  columns: {{{quoted(headers[index])}: null}}"
            if not same
            else "rename one of them, or take it out",
            related=(Related(place, "the other one is here", self.source.excerpt(place)),),
        )
        if problem not in self.problems:
            self.problems.append(problem)

    def _no_columns(self, kind: Kind, headers: Sequence[str]) -> None:
        example = next((header for header in headers if header and folded(header) != KEY), "Deal Name")
        meant = nearest(example, known(kind)) or kind.fields[0].name
        self.problems.append(
            self.source.problem(
                "column-unknown",
                f"No header of the table is a field of {kind.noun[1]}.",
                self.source.at(self.source.head, 0),
                "the first row holds the headers; say what they mean in syncer.yaml:\n"
                f"tables:\n  columns: {{{quoted(example)}: {meant}}}",
            )
        )

    def _tell_unread(self, kind: Kind | None, headers: Sequence[str]) -> None:
        unread = [index for index in self._unread if index not in self.source.columns]
        if not unread or any(problem.code == "column-unknown" for problem in self.problems):
            return
        names = [shown(headers[index]) for index in unread]
        more = f" and {len(names) - _MOST_TOLD} more" if len(names) > _MOST_TOLD else ""
        one = len(names) == 1
        told = ", ".join(names[:_MOST_TOLD]) + more
        first = headers[unread[0]]
        meant = nearest(first, known(kind)) if kind is not None else None
        self.warnings.append(
            self.source.problem(
                "column-unknown",
                f"{told} {'means' if one else 'mean'} nothing here, and {'is' if one else 'are'} not read.",
                self.source.at(self.source.head, unread[0]),
                f"say in syncer.yaml what {'it means' if one else 'they mean'}, or that "
                f"{'it is' if one else 'they are'} left out on purpose:\n"
                f"tables:\n  columns: {{{quoted(first)}: {meant or 'null'}}}",
            )
        )

    # Rows

    def _rows(self, kind: Kind | None, headers: Sequence[str]) -> None:
        source = self.source
        rows_of = source.rows_of
        one = kind if self._kind_column is None or self.rules.kind is not None else None
        layout: _Layout | None = None
        layout_of: Kind | None = None
        for number in range(source.head + 1, len(source.cells)):
            row = source.cells[number]
            if not any(_text(cell) for cell in row):
                continue
            if len(row) > len(headers):
                self._check_length(number, row, len(headers))
            of_row = one or self._kind_of_row(number, row, kind)
            if of_row is None:
                continue
            if layout is None or of_row is not layout_of:
                layout, layout_of = self._layout(of_row, headers), of_row
            key = self._key(number, row)
            if key is None:
                continue
            entries = self.value.setdefault(of_row.section, {})
            if key in entries:
                self._repeated(of_row, key, number)
                continue
            rows_of[of_row.section, key] = number
            entries[key] = self._entry(of_row, key, number, row, layout)

    def _check_length(self, number: int, row: Sequence[Any], most: int) -> None:
        index = next((index for index in range(most, len(row)) if _text(row[index])), None)
        if index is not None:
            self.problems.append(
                self.source.problem(
                    "table-syntax",
                    "The row has more cells than there are headers.",
                    self.source.at(number, index),
                    'put a text that holds the delimiter in quotes: "Acme, Inc."',
                )
            )

    def _kind_of_row(self, number: int, row: Sequence[Any], kind: Kind | None) -> Kind | None:
        index = self._kind_column
        said = _text(row[index]) if index is not None and index < len(row) else ""
        if not said and kind is not None:
            return kind
        for known_kind in KINDS.values():
            if folded(said) in (known_kind.name, known_kind.section):
                if kind is not None and known_kind is not kind:
                    break
                return known_kind
        names = ", ".join(KINDS)
        detail = (
            f"{shown(said)} is no kind that may stand here." if said else "The row does not say its kind."
        )
        allowed = f"write {kind.name}, as the folder says" if kind is not None else f"kinds are {names}"
        self.problems.append(
            self.source.problem("bad-value", detail, self.source.at(number, index or 0), allowed)
        )
        return None

    def _key(self, number: int, row: Sequence[Any]) -> str | None:
        if (index := self.source.key_column) is not None:
            key = _text(row[index]) if index < len(row) else ""
            if key.__class__ is Broken:
                self._keyless(number, index, f"The cell holds the error {key}.", "write the key itself")
                return None
            if key:
                return str(unguarded(key))
            self._keyless(number, index, "The row has no key.", "give it one, such as acme-renewal-2027")
            return None
        if not self.rules.parts:
            hint = (
                "give the table a column `key`, or say in syncer.yaml what keys are made of, best the id "
                'that the other program gives:\ntables:\n  key: "{Opportunity ID}"'
            )
            if not any(problem.code == "missing-field" for problem in self.problems):
                self._keyless(number, 0, "The table has no column with keys.", hint)
            return None
        parts = [_text(row[i]) if i is not None and i < len(row) else "" for i in self._key_parts]
        for index, part in zip(self._key_parts, parts, strict=True):
            if not part or part.__class__ is Broken:
                what = f"holds the error {part}" if part else "is empty"
                self._keyless(number, index or 0, f"The key is made of this cell, and it {what}.", "")
                return None
        named = iter(map(unguarded, parts))
        return key_of(re.sub(r"\{[^{}]*\}", lambda _match: next(named), self.rules.key or ""))

    def _keyless(self, number: int, index: int, detail: str, hint: str) -> None:
        self.problems.append(
            self.source.problem("missing-field", detail, self.source.at(number, index), hint)
        )

    def _repeated(self, kind: Kind, key: str, number: int) -> None:
        column_ = self.source.key_column or next((i for i in self._key_parts if i is not None), 0)
        place = self.source.at(self.source.rows_of[kind.section, key], column_)
        self.problems.append(
            self.source.problem(
                "duplicate-address",
                f'"{key}" is already declared in {place.said}.',
                self.source.at(number, column_),
                "give one of them another key, or take the row out",
                related=(Related(place, "first declared here", self.source.excerpt(place)),),
                address=Address(kind.name, key),
            )
        )

    def _entry(
        self, kind: Kind, key: str, number: int, row: Sequence[Any], layout: _Layout
    ) -> dict[str, Any]:
        entry: dict[str, Any] = {}
        width = len(row)
        for index, name, read in layout.simple:
            if index >= width:
                continue
            text = _text(row[index])
            if not text:
                continue
            if text[0] == "'":
                text = unguarded(text)
            if not text.isascii():
                self._doubt(number, index, name, text)
            entry[name] = text if read is None else self._value(kind, key, number, index, read, text)
        for cell_ in layout.others:
            text = _text(row[cell_.place]) if cell_.place < width else ""
            if not text:
                continue
            text = unguarded(text)
            if not text.isascii():
                self._doubt(number, cell_.place, cell_.column.path[0], text)
            value = text
            if cell_.read is not None:
                value = self._value(kind, key, number, cell_.place, cell_.read, text)
            if not _put(entry, cell_.column, value):
                self._said_twice(kind, key, number, cell_.place)
        return entry

    def _said_twice(self, kind: Kind, key: str, number: int, index: int) -> None:
        self.problems.append(
            self.source.problem(
                "column-twice",
                f"{'.'.join(self.source.columns[index].path)} is said by another cell of the row already.",
                self.source.at(number, index),
                "empty one of the two cells",
                address=Address(kind.name, key),
            )
        )

    def _value(self, kind: Kind, key: str, number: int, index: int, read: Read, text: str) -> Any:
        try:
            return read(text)
        except Unfit as unfit:
            address = Address(kind.name, key)
            path = self.source.columns[index].path
            self.bad[address] = self.bad.get(address, frozenset()) | {path[0]}
            span = self.source.at(number, index)
            fix = fix_of(unfit.hint, (kind.section, key, *path))
            self.problems.append(
                self.source.problem(unfit.code, unfit.detail, span, unfit.hint, address=address, fix=fix)
            )
            return str(text)

    def _doubt(self, number: int, index: int, name: str, text: str) -> None:
        """Warn of a text that is probably not what was meant, as YAML is warned of."""
        if match := _MANGLED.search(text):
            self.warnings.append(
                self.source.problem(
                    "odd-character",
                    f"{shown(text)} holds {shown(match.group())}, as text looks that was saved in one "
                    "encoding and read in another.",
                    self.source.at(number, index),
                    "export the table again as UTF-8",
                )
            )
        elif is_name(name) and (match := odd_sign(text)) is not None:
            self.warnings.append(
                self.source.problem(
                    "odd-character",
                    odd_words(name, match.group()),
                    self.source.at(number, index),
                    f"write {quoted(cleaned(text))}",
                    fix=CellFix(number, index, cleaned(text)),
                )
            )


def _text(cell: str) -> str:
    """Return what a cell says, without the blanks around it."""
    return cell.strip(BLANKS) if cell.__class__ is str else cell


def _put(entry: dict[str, Any], column_: Column, value: Any) -> bool:
    """Put a value at the path of its column; tell whether nothing else is there."""
    path = column_.path
    if column_.sort is Sort.CURRENCY:
        amount = entry.get(path[0])
        if amount is None:
            return True  # a currency alone is none of an amount
        if not isinstance(amount, dict):
            entry[path[0]] = amount = {"amount": amount}
        amount[path[-1]] = value
        return True
    inner: Any = entry
    for step in path[:-1]:
        inner = inner.setdefault(step, {})
        if not isinstance(inner, dict):
            return False
    if path[-1] in inner:
        return False
    inner[path[-1]] = value
    return True
