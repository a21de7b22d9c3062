"""An XLSX is read as it is, or refused: errors in its cells, and however large it pretends to be."""

import struct
import zipfile
from collections.abc import Callable
from datetime import date, datetime, time
from io import BytesIO
from typing import Any

import pytest

from syncer.tables import workbook
from syncer.tables.cells import Broken, Exact
from syncer.tables.text import Unreadable
from syncer.tables.workbook import sheets
from tests.tables.books import book, raw

_NO_SHEETS = (
    '<workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheets/></workbook>'
)


def refused(data: bytes, wanted: str | None = None) -> tuple[str, str, str]:
    with pytest.raises(Unreadable) as caught:
        sheets(data, "a.xlsx", wanted)
    problem = caught.value.problem
    return problem.code, problem.detail, problem.hint


def several(made: Any) -> None:
    made.add_worksheet("Hidden").hide()
    made.add_chartsheet("Chart")
    made.add_worksheet("Deals").write_string(0, 0, "deals")
    made.add_worksheet("More").write_string(0, 0, "more")
    made.get_worksheet_by_name("Deals").activate()
    made.get_worksheet_by_name("Deals").set_first_sheet()


def test_cells_are_text_as_manifests_write_it() -> None:
    """Days are ISO, numbers have no exponent and none of the noise behind fifteen digits."""

    def fill(made: Any) -> None:
        sheet = made.add_worksheet()
        day, moment = (made.add_format({"num_format": form}) for form in ("yyyy-mm-dd", "d.m.yy h:mm"))
        sheet.write_datetime(0, 0, date(2027, 3, 31), day)
        sheet.write_datetime(0, 1, datetime(2027, 3, 31, 10, 30), moment)  # noqa: DTZ001 (a cell has no zone)
        sheet.write_datetime(0, 2, time(10, 30), made.add_format({"num_format": "h:mm"}))
        sheet.write_number(0, 3, 0.1 + 0.2)
        sheet.write_number(0, 4, 12_345_678_901)
        sheet.write_number(0, 5, 1e-7)
        sheet.write_boolean(0, 6, boolean=True)
        sheet.write_string(0, 7, "=1+1")
        sheet.write_formula(0, 8, "=40+2", None, 42)
        sheet.write_string(2, 1, " a\r\nb ")

    (sheet,) = sheets(book(fill), "a.xlsx")

    assert sheet.cells[0] == [
        *("2027-03-31", "2027-03-31T10:30:00", "10:30:00", "0.3", "12345678901", "0.0000001"),
        *("true", "=1+1", "42"),
    ]
    assert [cell.__class__ for cell in sheet.cells[0]] == [*[Exact] * 7, str, Exact]
    assert sheet.cells[2][1] == " a\r\nb "
    assert sheet.alone


def test_errors_are_cells_of_their_own() -> None:
    """The reader of workbooks leaves them out; nothing may be taken for empty that is not."""

    def fill(made: Any) -> None:
        sheet = made.add_worksheet()
        sheet.write_string(0, 0, "a")
        sheet.write_formula(1, 1, "=NA()", None, "#N/A")
        sheet.write_formula(2, 0, "=1/0", None, "#DIV/0!")

    (sheet,) = sheets(book(fill), "a.xlsx")

    assert sheet.cells == [["a", ""], ["", "#N/A"], ["#DIV/0!", ""]]
    assert [cell.__class__ for row in sheet.cells for cell in row if cell.startswith("#")] == [Broken] * 2


def test_the_first_sheet_that_can_be_seen_is_read_or_the_one_that_is_named() -> None:
    """Hidden sheets and charts are none that people see; named, a hidden one is read as well."""
    data = book(several)

    assert [(sheet.name, sheet.cells, sheet.alone) for sheet in sheets(data, "a.xlsx")] == [
        ("Deals", [["deals"]], False)
    ]
    assert [sheet.name for sheet in sheets(data, "a.xlsx", "More")] == ["More"]
    assert sheets(data, "a.xlsx", "Hidden")[0].cells == []
    assert refused(data, "Deal")[1:] == ('There is no sheet "Deal".', "did you mean --sheet Deals?")
    assert refused(data, "Chart")[2] == 'there are "Hidden", "Deals", "More"'


def test_sheets_that_are_called_like_kinds_are_all_read() -> None:
    """So a workbook of several kinds comes back whole, without what explains it."""

    def fill(made: Any) -> None:
        for name in ("Notes", "Opportunities", "Columns"):
            made.add_worksheet(name)

    assert [sheet.name for sheet in sheets(book(fill), "a.xlsx")] == ["Opportunities"]


def test_a_workbook_whose_sheets_are_all_hidden_says_so() -> None:
    """It is one that a program made; people name the sheet."""
    data = BytesIO()
    with zipfile.ZipFile(BytesIO(raw(""))) as before, zipfile.ZipFile(data, "w") as after:
        for name in before.namelist():
            after.writestr(name, before.read(name).replace(b'sheetId="1"', b'sheetId="1" state="hidden"'))

    assert refused(data.getvalue())[1] == "The workbook has no sheet that can be seen."


@pytest.mark.parametrize(
    ("make", "code", "detail"),
    [
        (lambda: b"\xd0\xcf\x11\xe0", "table-syntax", "The file is protected by a password, or an old Excel"),
        (lambda: b"key,name\n", "table-syntax", "The file is damaged, or no Excel workbook."),
        (lambda: raw("")[:-40], "table-syntax", "The file is damaged, or no Excel workbook."),
        (
            lambda: _zip({"a.txt": "x"}),
            "table-syntax",
            "The file is no Excel workbook, whatever its name says.",
        ),
        (lambda: raw("<row><c"), "table-syntax", "The file is damaged, or no Excel workbook."),
        (lambda: raw("", {"xl/workbook.xml": _NO_SHEETS}), "table-syntax", "The workbook has no sheet"),
        (
            lambda: raw("", {"xl/workbook.xml": "<!DOCTYPE a [<!ENTITY a 'a'>]><a>&a;</a>"}),
            "table-syntax",
            "The file is damaged, or no Excel workbook.",
        ),
        (lambda: raw('<row><c r="A0"><v>1</v></c></row>'), "table-syntax", "The file is damaged"),
        (
            lambda: raw('<row><c r="A1"><v>1</v></c></row><row><c r="XFD1048576"><v>1</v></c></row>'),
            "file-too-large",
            "The sheet spans more than 5,000,000 cells.",
        ),
        (
            lambda: raw('<row r="1048576"><c/><c><v>1</v></c><c r="Z1048576"><v>1</v></c></row>'),
            "file-too-large",
            "The sheet spans more than 5,000,000 cells.",
        ),
        (
            lambda: raw("", {"xl/media/bomb.xml": " " * 8 * 1024 * 1024}),
            "file-too-large",
            "The file unpacks to far more than a table of 100,000 rows.",
        ),
    ],
    ids=[
        *("password", "text", "cut", "other zip", "broken xml", "no sheet", "entities", "no cell"),
        *("far cell", "far row", "bomb"),
    ],
)
def test_what_is_no_table_is_refused_before_it_is_read(
    make: Callable[[], bytes], code: str, detail: str
) -> None:
    """Neither damage nor malice costs more than a sentence."""
    found = refused(make())

    assert found[0] == code
    assert found[1].startswith(detail)


def test_a_bomb_that_lies_of_its_size_is_refused() -> None:
    """What counts is what a part unpacks to, not what it says."""
    data = raw("", {"xl/worksheets/sheet2.xml": " " * 8 * 1024 * 1024})
    size = struct.pack("<L", 8 * 1024 * 1024)
    assert data.count(size) == 2

    assert refused(data.replace(size, struct.pack("<L", 100)))[0] == "file-too-large"


def test_what_is_not_installed_is_said_with_the_way_to_install_it() -> None:
    """One sentence, for the way syncer was installed."""
    problem = workbook.missing("python-calamine")

    assert (problem.code, problem.detail) == (
        "extra-missing",
        "Spreadsheets (XLSX) need python-calamine, which is not installed.",
    )
    assert "[tables]" in problem.hint


def _zip(files: dict[str, str]) -> bytes:
    data = BytesIO()
    with zipfile.ZipFile(data, "w") as archive:
        for name, text in files.items():
            archive.writestr(name, text)
    return data.getvalue()
