"""An XLSX → its sheets: unpacked under limits, each cell as text.

The reader of spreadsheets is quick and written for good ones: it makes room for every cell between the first
and the last, and leaves out what a formula could not compute. So the sheets are walked through before, to see
that there are not too many cells and which of them are errors.
"""

import copy
import io
import posixpath
import re
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final, NamedTuple
from xml.parsers import expat

from syncer import installation
from syncer.kinds.registry import sections
from syncer.model.problem import Problem, SyncerError
from syncer.model.span import Span
from syncer.shapes.words import nearest, shown
from syncer.tables.cells import Broken, Exact
from syncer.tables.text import Unreadable

# What a table of 100,000 rows unpacks to is a third of it.
MOST_UNPACKED: Final = 256 * 1024 * 1024
# Sheets are packed to a tenth or less; what is packed to a thousandth is made to fill the memory.
MOST_RATIO: Final = 200
_SMALL: Final = 4 * 1024 * 1024
MOST_CELLS: Final = 5_000_000
_CELL: Final = re.compile("([A-Z]{1,3})([1-9][0-9]{0,6})")
_CHUNK: Final = 1024 * 1024
_WORKBOOK: Final = "xl/workbook.xml"
_SPLIT: Final = "take out what does not belong to the table, or split it into several files"


class Sheet(NamedTuple):
    """A sheet of a workbook.

    Attributes:
        name: As people call it.
        cells: Of each row its cells as text; those that were days or numbers are `Exact`, errors `Broken`.
        alone: No other sheet of the workbook can be seen.
    """

    name: str
    cells: list[list[str]]
    alone: bool


def sheets(data: bytes, name: str, wanted: str | None = None) -> list[Sheet]:
    """Return the sheets of a workbook that are read.

    These are the one called *wanted*; else those that are called like a section of manifests, as syncer calls
    them; else the first one that can be seen.

    Raises:
        Unreadable: It is no workbook, has no such sheet, or is larger than any table is.
        SyncerError: What reads workbooks is not installed.
    """
    reading = _reading()
    walked = _walked(data, name)
    try:
        book = reading.load_workbook(io.BytesIO(data))
        described = [sheet for sheet in book.sheets_metadata if sheet.typ == reading.SheetTypeEnum.WorkSheet]
        visible = [sheet.name for sheet in described if sheet.visible == reading.SheetVisibleEnum.Visible]
        chosen = _chosen(name, [sheet.name for sheet in described], visible, wanted)
        return [
            Sheet(
                title,
                _texts(book.get_sheet_by_name(title).to_python(skip_empty_area=False), walked.get(title, {})),
                len(visible) <= 1,
            )
            for title in chosen
        ]
    except (reading.CalamineError, OSError, ValueError) as error:
        raise _unreadable(name, f"The file is no workbook that can be read: {error}.") from None


def _reading() -> Any:
    """Return what reads workbooks."""
    try:
        import python_calamine  # noqa: PLC0415 (an extra)
    except ImportError:
        raise SyncerError(missing("python-calamine")) from None
    return python_calamine


def missing(package: str) -> Problem:
    """Return what to say when a package of the extra `tables` is not installed."""
    detail = f"Spreadsheets (XLSX) need {package}, which is not installed."
    return Problem("extra-missing", detail, hint=installation.get("tables"))


def _unreadable(name: str, detail: str, hint: str = "", code: str = "table-syntax") -> Unreadable:
    return Unreadable(Problem(code, detail, Span(name, 1, 1), hint=hint or "save it again as XLSX"))


def _chosen(name: str, every: list[str], visible: list[str], wanted: str | None) -> list[str]:
    if wanted is not None:
        if wanted in every:
            return [wanted]
        near = nearest(wanted, every)
        hint = f"did you mean --sheet {near}?" if near else f"there are {', '.join(map(shown, every))}"
        raise _unreadable(name, f"There is no sheet {shown(wanted)}.", hint)
    ours = [title for title in visible if title.casefold() in sections()]
    if not visible:
        raise _unreadable(name, "The workbook has no sheet that can be seen.", "name one: --sheet NAME")
    return ours or visible[:1]


# Cells


def _texts(rows: list[list[Any]], errors: Mapping[tuple[int, int], str]) -> list[list[str]]:
    found = [[_text(cell) for cell in row] for row in rows]
    for (row, column), said in errors.items():
        if row >= len(found):
            found += ([] for _ in range(row + 1 - len(found)))
        found[row] += [""] * (column + 1 - len(found[row]))
        found[row][column] = Broken(said)
    return found


def _text(cell: Any) -> str:
    """Return a cell as text: days as manifests write them, numbers without an exponent."""
    if cell.__class__ is str:
        return str(cell)
    if isinstance(cell, bool):
        return Exact("true" if cell else "false")
    if isinstance(cell, int | float):
        # Fifteen digits are what a spreadsheet keeps of a number; behind them is the noise of its sums.
        number = Decimal(f"{cell:.15g}")
        return Exact(f"{number:f}")
    if isinstance(cell, datetime):
        midnight = not (cell.hour or cell.minute or cell.second or cell.microsecond)
        return Exact(cell.date().isoformat() if midnight else cell.isoformat(timespec="seconds"))
    return Exact(cell.isoformat() if isinstance(cell, date) else str(cell))


# What is looked at before


def _walked(data: bytes, name: str) -> dict[str, dict[tuple[int, int], str]]:
    """Return the errors of each sheet by row and column, once it is known that none is too large."""
    if data.startswith(b"\xd0\xcf\x11\xe0"):
        raise _unreadable(name, "The file is protected by a password, or an old Excel file (.xls).")
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            names = set(archive.namelist())
            if _WORKBOOK not in names:
                raise _unreadable(name, "The file is no Excel workbook, whatever its name says.")
            parts = _Parts(archive, name, len(data))
            titles = _titles(parts, names)
            walks = {part: _Walk(name) for part in titles.values()}
            for part in sorted(names):
                for chunk in parts.chunks(part):
                    if part in walks:
                        walks[part].feed(chunk)
    except (zipfile.BadZipFile, zlib.error, expat.ExpatError, NotImplementedError, RuntimeError, EOFError):
        raise _unreadable(name, "The file is damaged, or no Excel workbook.") from None
    return {title: walks[part].errors for title, part in titles.items()}


class _Parts:
    """The parts of a workbook, unpacked piece by piece."""

    def __init__(self, archive: zipfile.ZipFile, name: str, packed: int) -> None:
        self._archive = archive
        self._name = name
        self._most = min(MOST_UNPACKED, max(_SMALL, MOST_RATIO * packed))
        self._unpacked = 0

    def chunks(self, part: str) -> Iterator[bytes]:
        """Yield the pieces of a part."""
        info = copy.copy(self._archive.getinfo(part))
        info.file_size = MOST_UNPACKED + 1  # how long it says it is may be a lie
        with self._archive.open(info) as stream:
            while chunk := stream.read(_CHUNK):
                self._unpacked += len(chunk)
                if self._unpacked > self._most:
                    detail = "The file unpacks to far more than a table of 100,000 rows."
                    raise _unreadable(self._name, detail, _SPLIT, "file-too-large")
                yield chunk


def _titles(parts: _Parts, names: set[str]) -> dict[str, str]:
    """Return the part of each sheet by its title."""
    targets: dict[str, str] = {}
    found: dict[str, str] = {}

    def relation(tag: str, attributes: dict[str, str]) -> None:
        if _local(tag) == "Relationship":
            target = attributes.get("Target", "")
            path = target.lstrip("/") if target.startswith("/") else posixpath.join("xl", target)
            targets[attributes.get("Id", "")] = posixpath.normpath(path)

    def sheet(tag: str, attributes: dict[str, str]) -> None:
        if _local(tag) == "sheet":
            ids = [value for name, value in attributes.items() if _local(name) == "id"]
            if ids and targets.get(ids[0]) in names:
                found[attributes.get("name", "")] = targets[ids[0]]

    for part, handler in (("xl/_rels/workbook.xml.rels", relation), (_WORKBOOK, sheet)):
        if part in names:
            parser = _parser()
            parser.StartElementHandler = handler
            for chunk in parts.chunks(part):
                parser.Parse(chunk)
    return found


def _parser() -> Any:
    parser = expat.ParserCreate()

    def refuse(*_: Any) -> None:
        raise expat.ExpatError("a workbook has no document type")

    parser.StartDoctypeDeclHandler = refuse
    return parser


def _local(tag: str) -> str:
    return tag.rpartition(":")[2]


class _Walk:
    """Goes through the cells of a sheet: where the last one is, and which are errors."""

    def __init__(self, name: str) -> None:
        self.errors: dict[tuple[int, int], str] = {}
        self._name = name
        self._row = self._column = -1
        self._rows = self._columns = 0
        self._is_error = False
        self._said: list[str] | None = None
        self._parser = _parser()
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._end

    def feed(self, chunk: bytes) -> None:
        """Go on."""
        self._parser.Parse(chunk)

    def _start(self, tag: str, attributes: dict[str, str]) -> None:
        tag = _local(tag)
        if tag == "c":
            self._column += 1
            if place := attributes.get("r"):
                self._row, self._column = _place(place)
            self._is_error = attributes.get("t") == "e"
        elif tag in {"v", "is"}:
            self._rows, self._columns = max(self._rows, self._row + 1), max(self._columns, self._column + 1)
            if self._rows * self._columns > MOST_CELLS:
                detail = f"The sheet spans more than {MOST_CELLS:,} cells."
                raise _unreadable(self._name, detail, _SPLIT, "file-too-large")
            if self._is_error and tag == "v":
                self._said = []
                self._parser.CharacterDataHandler = self._said.append
        elif tag == "row":
            self._column = -1
            said = attributes.get("r", "")
            self._row = int(said) - 1 if re.fullmatch("[1-9][0-9]{0,6}", said) else self._row + 1

    def _end(self, _tag: str) -> None:
        if self._said is not None:
            self.errors[self._row, self._column] = "".join(self._said)
            self._said = self._parser.CharacterDataHandler = None


def _place(reference: str) -> tuple[int, int]:
    """Return row and column of `F17`, from 0.

    Raises:
        ExpatError: It is no such place.
    """
    match = _CELL.fullmatch(reference)
    if match is None:
        raise expat.ExpatError(f"{reference} is no cell")
    column = 0
    for letter in match[1]:
        column = column * 26 + ord(letter) - ord("A") + 1
    return int(match[2]) - 1, column - 1
