"""Bytes of a CSV → its rows: encoding, delimiter, quotes."""

import csv
import io
import re
from collections import Counter
from collections.abc import Iterable
from typing import Final, NamedTuple

from syncer.model.problem import Problem
from syncer.model.span import Span

DELIMITERS: Final = ",;\t"
_SEP: Final = re.compile(r"\"?sep=(.)\"?[,;\t]*(?:\r\n|\r|\n|\Z)", re.IGNORECASE)
_SAVE_AS: Final = (
    'save it as UTF-8: in Excel "CSV UTF-8 (Comma delimited)" under Save as, in LibreOffice the character '
    "set Unicode (UTF-8), in Google Sheets every CSV is"
)
_BREAK: Final = re.compile(r"\r\n|\r|\n")
_FIELD: Final = 1024 * 1024


class Unreadable(Exception):  # noqa: N818 - it never leaves the package
    """The bytes are no table; carries the problem."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.detail)
        self.problem = problem


class Rows(NamedTuple):
    """The rows of a table as they stand in the file.

    Attributes:
        text: The file, without its mark.
        cells: Of each row its cells, the empty rows too.
        lines: Of each row the line it begins in, from 1.
        delimiter: What stands between two cells.
    """

    text: str
    cells: list[list[str]]
    lines: list[int]
    delimiter: str


def decoded(data: bytes, name: str) -> str:
    """Return the text of a CSV.

    Raises:
        Unreadable: It is in another encoding, or no text: nothing is ever guessed, and so nothing mangled.
    """
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise _encoding(name, 'The file is UTF-16, as Excel saves "Unicode Text".')
    if data.startswith(b"PK\x03\x04"):
        raise _encoding(
            name,
            "The file is a spreadsheet (XLSX) or another packed file, whatever its name says.",
        )
    if data.startswith(b"\xd0\xcf\x11\xe0"):
        raise _encoding(name, "The file is an old Excel file (.xls), whatever its name says.")
    zero = data.find(b"\0")
    if zero >= 0:
        if data.count(0) > len(data) // 3:
            raise _encoding(name, "The file is UTF-16, without the mark that says so.")
        raise _encoding(name, "The file holds NUL bytes; it is no text.", "is it a CSV?")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = data[: error.start].removeprefix(b"\xef\xbb\xbf").decode("utf-8", "replace")
        lines = re.split(r"\r\n|\r|\n", before)
        byte = data[error.start + (3 if data.startswith(b"\xef\xbb\xbf") else 0)]
        like = bytes([byte]).decode("cp1252", "replace")
        what = f', which is "{like}" in Windows-1252' if like.isprintable() and like != "\ufffd" else ""
        raise _encoding(
            name,
            f"The byte 0x{byte:02x} here is not UTF-8{what}; the file is in another encoding.",
            span=Span(name, len(lines), len(lines[-1]) + 1),
        ) from None


def _encoding(name: str, detail: str, hint: str = _SAVE_AS, span: Span | None = None) -> Unreadable:
    return Unreadable(Problem("file-encoding", detail, span or Span(name, 1, 1), hint=hint))


def rows(text: str, name: str, known: Iterable[str] = ()) -> Rows:
    """Return the rows of *text*.

    Args:
        text: Of the file.
        name: How messages call it.
        known: Headers that mean something, in lower case, to tell which sign is the delimiter.

    Raises:
        Unreadable: A quote is not closed, or something stands behind one.
    """
    start, first_line, delimiter = 0, 1, ""
    if match := _SEP.match(text):
        start, first_line, delimiter = match.end(), 2, match[1]
    body = text[start:]
    delimiter = delimiter or _delimiter(body, known)
    cells: list[list[str]] = []
    lines: list[int] = []
    reader = csv.reader(io.StringIO(body, newline=""), delimiter=delimiter, strict=True)
    before = csv.field_size_limit(_FIELD)
    try:
        for row in reader:
            cells.append(row)
            lines.append(reader.line_num)
    except csv.Error as error:
        raise _broken(name, (lines[-1] if lines else 0) + first_line, len(cells) + 1, error) from None
    finally:
        csv.field_size_limit(before)
    # The reader says where a row ends, which is where the next one begins.
    begins = [first_line, *(line + first_line for line in lines[:-1])]
    return Rows(text, cells, begins, delimiter)


def _broken(name: str, line: int, row: int, error: csv.Error) -> Unreadable:
    said = str(error)
    if "unexpected end of data" in said:
        detail = "A quote that is opened in this row is never closed."
        hint = 'close it; a " of a text is written ""'
    elif "field larger" in said:
        detail, hint = "A cell of this row holds more than a million characters.", "is a quote not closed?"
    else:
        detail, hint = "Text stands behind a closing quote in this row.", 'write a " of a text as ""'
    return Unreadable(
        Problem("table-syntax", f"{detail} It is row {row} of the table.", Span(name, line, 1), hint=hint)
    )


def _delimiter(body: str, known: Iterable[str]) -> str:
    """Return the delimiter: the one that most headers are understood with, or that parts most of them."""
    head = next((line for line in re.split(r"\r\n|\r|\n", body) if line.strip()), "")
    names = frozenset(known)
    scores: Counter[str] = Counter()
    for sign in DELIMITERS:
        parts = _parts(head, sign)
        scores[sign] = 1000 * sum(part.strip().strip('"').casefold() in names for part in parts) + len(parts)
    return max(DELIMITERS, key=lambda sign: (scores[sign], -DELIMITERS.index(sign)))


def _parts(line: str, sign: str) -> list[str]:
    try:
        return next(csv.reader([line], delimiter=sign), [])
    except csv.Error:
        return []


def places(rows: Rows, row: int, at: int) -> list[tuple[int, int, int | None]]:
    """Return line, column and end column of each cell of a row, whose text begins at *at*.

    The reader does not say them, so the row is read again by hand, where something is wrong with it.
    """
    text, delimiter, line = rows.text, rows.delimiter, rows.lines[row]
    found: list[tuple[int, int, int | None]] = []
    column = 1
    for _ in rows.cells[row]:
        first_line, first_column = line, column
        quoted = text[at : at + 1] == '"'
        if quoted:
            at, column = at + 1, column + 1
        while at < len(text):
            sign = text[at]
            if quoted and sign == '"':
                if text[at + 1 : at + 2] == '"':
                    at, column = at + 2, column + 2
                    continue
                quoted, at, column = False, at + 1, column + 1
                continue
            if not quoted and sign in (delimiter, "\r", "\n"):
                break
            if sign == "\n" or (sign == "\r" and text[at + 1 : at + 2] != "\n"):
                line, column = line + 1, 0
            at, column = at + 1, column + 1
        end = column if line == first_line and column > first_column else None
        found.append((first_line, first_column, end))
        at, column = at + 1, column + 1
    return found


def extents(rows: Rows, row: int, at: int) -> list[tuple[int, int]]:
    """Return where each cell of a row, which begins at *at*, begins and ends in the text, with its quotes."""
    text, delimiter = rows.text, rows.delimiter
    found: list[tuple[int, int]] = []
    for _ in rows.cells[row]:
        start, quoted = at, text[at : at + 1] == '"'
        at += quoted
        while at < len(text):
            sign = text[at]
            if quoted and sign == '"':
                doubled = text[at + 1 : at + 2] == '"'
                quoted = doubled
                at += 1 + doubled
            elif not quoted and sign in (delimiter, "\r", "\n"):
                break
            else:
                at += 1
        found.append((start, at))
        at += 1
    return found


def line_starts(text: str) -> list[int]:
    """Return where each line of *text* begins."""
    return [0, *(match.end() for match in _BREAK.finditer(text))]
