"""`syncer convert`: between YAML and tables, without a network."""

import sys
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from syncer.tables.workbook import sheets
from tests.support import MANIFEST, one
from tests.support import manifest as several
from tests.tables.books import book

TABLE = (
    "key,name,owner,pipeline,step,closing_date,value,currency,account,contacts\n"
    "acme-renewal-2027,Acme renewal 2027,dana@example.com,Renewals,Contacted,2027-03-31,100,USD,"
    "info@acme.example,bob@acme.example\n"
)


def test_yaml_becomes_a_table_on_stdout(project: Callable[..., Path], syncer: Callable[..., Any]) -> None:
    """Without --out nothing is written; a hostile name is no formula."""
    folder = project()

    ran = syncer("convert", MANIFEST, "--to", "csv", cwd=folder)

    assert (ran.code, ran.out, ran.err) == (0, TABLE, "")
    assert sorted(path.name for path in folder.rglob("*")) == ["deals.yaml", "opportunities", "syncer.yaml"]


def test_a_table_becomes_yaml_in_a_file(project: Callable[..., Path], syncer: Callable[..., Any]) -> None:
    """What it declares is said as people write it; that two files declare the same then is told."""
    folder = project({"opportunities/deals.csv": TABLE})
    ran = syncer("convert", "opportunities/deals.csv", "--to", "yaml", "--out", MANIFEST, cwd=folder)

    assert (folder / MANIFEST).read_text() == (
        "version: 1\n"
        "opportunities:\n"
        "  acme-renewal-2027:\n"
        "    name: Acme renewal 2027\n"
        "    owner: dana@example.com\n"
        "    pipeline: Renewals\n"
        "    step: Contacted\n"
        "    closing_date: 2027-03-31\n"
        "    value: 100 USD\n"
        "    account: info@acme.example\n"
        "    contacts: [bob@acme.example]\n"
    )
    assert (ran.code, ran.out) == (0, f"{MANIFEST}\n")
    assert ran.err == (
        "Converted 1 entry of 1 file into 1 file.\n"
        "opportunities/deals.csv declares the same as what was written; take one of the two out before you "
        "plan.\n"
    )


def test_each_source_becomes_a_file_of_the_folder(
    project: Callable[..., Path], syncer: Callable[..., Any]
) -> None:
    """Folders below the one that was named are kept; what `tables` says of the look is followed."""
    folder = project(
        {"deals/a.yaml": one("a", name="Ärger"), "deals/x/b.yaml": one("b", name="B")},
        "tables: {columns: {Titel: name, Nr: key}, dates: DD.MM.YYYY}\n",
    )

    ran = syncer("convert", "deals", "--to", "csv", "--out", "out", cwd=folder)

    assert (ran.code, ran.out) == (0, "out/a.csv\nout/x/b.csv\n")
    assert (folder / "out/x/b.csv").read_text().startswith("Nr,Titel,")
    assert "31.03.2027" in (folder / "out/x/b.csv").read_text()
    # Excel takes a CSV for another encoding unless a mark says that it is UTF-8.
    assert (folder / "out/a.csv").read_bytes().startswith(b"\xef\xbb\xbfNr")
    assert (folder / "out/a.csv").stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("deals.yaml", "--to", "csv", "--out", "x.yaml"), 64, "--out x.yaml does not end with .csv"),
        (("deals.yaml", "--to", "yaml", "--out", "deals.yaml", "--force"), 1, "this command reads it"),
        (("deals.yaml", "--to", "yaml", "--out", "syncer.yaml", "--force"), 1, "it holds the settings"),
        (("deals.yaml", "--to", "yaml", "--out", "there.yaml"), 1, "there.yaml exists already"),
        (("deals.yaml", "other/deals.yml", "--to", "csv", "--out", "o"), 64, "would both become o/deals.csv"),
        (("nothing.yaml", "--to", "csv"), 1, 'There is no file or folder "nothing.yaml"'),
        (("empty", "--to", "csv"), 1, "There is no manifest in empty"),
        (("empty.csv", "--to", "yaml"), 1, "empty.csv: no opportunity is declared."),
        (("deals.yaml", "twice.yaml", "--to", "csv"), 1, "[duplicate-address]"),
        (("roles.yaml", "--to", "csv"), 1, "contacts of opportunity.r cannot be said in a table"),
        (("--to", "csv"), 64, "Missing argument"),
    ],
)
def test_what_cannot_be_meant_is_refused(
    project: Callable[..., Path],
    syncer: Callable[..., Any],
    arguments: tuple[str, ...],
    code: int,
    said: str,
) -> None:
    """Nothing is written, and nothing replaced that is needed."""
    folder = project(
        {
            "deals.yaml": one(),
            "twice.yaml": one(),
            "there.yaml": "",
            "other/deals.yml": one("b", name="B"),
            "empty/readme.txt": "",
            "empty.csv": "key,name\n",
            "roles.yaml": one("r", contacts="[{email: bob@acme.example, sales_role: Blocker}]"),
        }
    )
    before = {path: path.stat().st_mtime_ns for path in folder.rglob("*")}

    ran = syncer("convert", *arguments, cwd=folder)

    assert (ran.code, ran.out) == (code, "")
    assert said in " ".join(ran.err.split())
    assert {path: path.stat().st_mtime_ns for path in folder.rglob("*")} == before


def test_what_a_table_cannot_say_is_shown_where_it_stands(
    project: Callable[..., Path], syncer: Callable[..., Any]
) -> None:
    """The defaults of a file, too, have a place."""
    folder = project({"deals.yaml": "defaults: {lead_source: null}\n" + one().replace("version: 1\n", "")})
    ran = syncer("convert", "deals.yaml", "--to", "csv", cwd=folder)

    assert "deals.yaml:1:25 (opportunity.acme-renewal-2027)" in ran.err


def test_many_entries_become_several_files(
    project: Callable[..., Path], syncer: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """None grows over the size that a manifest may have; together they declare the same."""
    monkeypatch.setattr("syncer.verbs.convert.MOST_BYTES", 1000)
    monkeypatch.setattr("syncer.tables.files.MOST_BYTES", 1000)
    names = {f"deal-{number}": {"name": f"Deal {number}"} for number in range(20)}
    folder = project({"deals.yaml": several(names)})

    tables = syncer("convert", "deals.yaml", "--to", "csv", "--out", "t/deals.csv", cwd=folder)
    back = syncer("convert", "t", "--to", "yaml", "--out", "opportunities/b.yaml", cwd=folder)

    assert len(tables.out.split()) > 2
    assert len(back.out.split()) > 2
    assert (folder / "opportunities/b.2.yaml").is_file()
    assert "20 opportunities" in syncer("validate", cwd=folder).out


def test_a_workbook_becomes_a_table_and_back(
    project: Callable[..., Path], syncer: Callable[..., Any]
) -> None:
    """Through the command: files, which only their owner may read."""
    folder = project({"opportunities/deals.csv": TABLE})
    book = syncer("convert", "opportunities", "--to", "xlsx", "--out", "deals.xlsx", cwd=folder)
    back = syncer("convert", "deals.xlsx", "--to", "csv", cwd=folder)

    assert (book.code, book.out, book.err) == (
        0,
        "deals.xlsx\n",
        "Converted 1 entry of 1 file into 1 file.\n",
    )
    assert (back.code, back.out, back.err) == (0, TABLE, "")
    assert (folder / "deals.xlsx").stat().st_mode & 0o777 == 0o600


def test_problems_of_a_workbook_name_the_cell(
    project: Callable[..., Path], syncer: Callable[..., Any]
) -> None:
    """With the sheet where there are several; errors count in columns that are read, and as keys."""

    def fill(made: Any) -> None:
        made.add_worksheet("Notes").hide()
        sheet = made.add_worksheet("Deals")
        sheet.activate()
        made.add_worksheet("More")
        sheet.write_row(0, 0, [*TABLE.splitlines()[0].split(","), "Mood"])
        for row in (2, 3):
            sheet.write_row(row, 0, TABLE.splitlines()[1].split(","))
            sheet.write_formula(row, 10, "=1/0", None, "#DIV/0!")
        sheet.write_formula(2, 5, "=NA()", None, "#N/A")
        sheet.write_string(2, 6, "1,5")
        sheet.write_formula(3, 0, "=REF!A1", None, "#REF!")

    folder = project({"deals.xlsx": book(fill)})
    ran = syncer("convert", "deals.xlsx", "--to", "csv", cwd=folder)

    assert (ran.code, ran.out) == (1, "")
    said = " ".join(ran.err.split())
    assert "deals.xlsx:3:1 (Deals!F3, closing_date) (opportunity.acme-renewal-2027)" in said
    assert "The cell holds the error #N/A. hint: mend its formula, or empty it" in said
    assert "deals.xlsx:3:1 (Deals!G3, value)" in said
    assert "deals.xlsx:4:1 (Deals!A4, key) 4 │ #REF! | Acme renewal 2027 | dana@example.com" in said
    assert "3 errors in 1 file" in said


def test_keys_that_are_made_of_an_error_are_none(
    project: Callable[..., Path], syncer: Callable[..., Any]
) -> None:
    """A number is a key as people see it; an error is none."""

    def fill(made: Any) -> None:
        sheet = made.add_worksheet("Deals")
        sheet.write_row(0, 0, ["ID", *TABLE.splitlines()[0].split(",")[1:]])
        for row in (1, 2):
            sheet.write_row(row, 1, TABLE.splitlines()[1].split(",")[1:])
        sheet.write_number(1, 0, 4711)
        sheet.write_formula(2, 0, "=NA()", None, "#N/A")

    folder = project({"deals.xlsx": book(fill)}, 'tables: {key: "deal-{ID}"}\n')
    ran = syncer("convert", "deals.xlsx", "--to", "csv", cwd=folder)

    assert "deals.xlsx:3:1 (A3, ID)" in ran.err
    assert "The key is made of this cell, and it holds the error #N/A." in ran.err
    assert "1 error" not in ran.err


def test_what_other_people_keep_is_read_as_tables_says(
    project: Callable[..., Path], syncer: Callable[..., Any]
) -> None:
    """A day with a time is a day, a number needs no decimal sign, and a text is read by the rules."""

    def fill(made: Any) -> None:
        sheet = made.add_worksheet("Deals")
        sheet.write_row(0, 0, ["Nr", "Titel", "Datum", "Summe", "Firma"])
        day = made.add_format({"num_format": "dd.mm.yyyy hh:mm"})
        sheet.write_row(1, 0, [4711, "Miete", None, 1500.5, "none"])
        sheet.write_datetime(1, 2, datetime(2027, 3, 31, 10, 30), day)  # noqa: DTZ001 (a cell has no zone)
        sheet.write_row(2, 0, ["4712", "Kauf", "1.4.2027", "1.500,50", "none"])

    look = (
        "defaults: {owner: dana@example.com, pipeline: Renewals}\n"
        "tables: {columns: {Titel: name, Datum: closing_date, Summe: value, Firma: account},"
        " dates: DD.MM.YYYY, decimal: ',', thousands: '.', key: '{Nr}'}\n"
    )
    folder = project({"deals.xlsx": book(fill)}, look)
    ran = syncer("convert", "deals.xlsx", "--to", "yaml", cwd=folder)

    assert (ran.code, ran.err) == (0, "")
    assert ran.out == (
        "version: 1\nopportunities:\n"
        '  "4711":\n    name: Miete\n    closing_date: 2027-03-31\n    value: 1500.5\n    account: none\n\n'
        '  "4712":\n    name: Kauf\n    closing_date: 2027-04-01\n    value: 1500.50\n    account: none\n'
    )


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("deals.yaml", "--to", "xlsx"), "A workbook is no text for a terminal."),
        (("deals.yaml", "--to", "csv", "--live"), "Only a workbook has lists to choose from."),
    ],
)
def test_workbooks_alone_have_lists_and_need_a_file(
    project: Callable[..., Path], syncer: Callable[..., Any], arguments: tuple[str, ...], said: str
) -> None:
    """A wrong usage is told before anything is read."""
    ran = syncer("convert", *arguments, cwd=project())

    assert (ran.code, ran.out) == (64, "")
    assert said in ran.err


def test_live_offers_the_names_of_the_space(
    project: Callable[..., Path], syncer: Callable[..., Any], sandbox: object
) -> None:
    """Spelled as `tables` lets the cells say them."""
    del sandbox
    folder = project(settings="tables: {values: {owner: {Dana: dana@example.com}}}\n")
    ran = syncer("convert", MANIFEST, "--to", "xlsx", "--out", "deals.xlsx", "--live", cwd=folder)
    (lists,) = sheets((folder / "deals.xlsx").read_bytes(), "deals.xlsx", "Lists")

    assert ran.code == 0
    assert lists.cells[0] == ["owner", "pipeline", "step", "currency"]
    columns = list(zip(*lists.cells[1:], strict=True))
    assert "Dana" in columns[0]
    assert "Renewals" in columns[1]
    assert "Contacted" in columns[2]


@pytest.mark.parametrize("direction", ["read", "write"])
def test_without_the_extra_one_sentence_says_what_to_install(
    project: Callable[..., Path],
    syncer: Callable[..., Any],
    monkeypatch: pytest.MonkeyPatch,
    direction: str,
) -> None:
    """For the way syncer was installed; nothing is written."""
    folder = project({"deals.csv": TABLE, "deals.xlsx": book(lambda made: made.add_worksheet())})
    for package in ("python_calamine", "xlsxwriter"):
        monkeypatch.setitem(sys.modules, package, None)
    asked = {
        "read": ("convert", "deals.xlsx", "--to", "csv"),
        "write": ("convert", "deals.csv", "--to", "xlsx", "--out", "new.xlsx"),
    }
    package = {"read": "python-calamine", "write": "XlsxWriter"}[direction]

    ran = syncer(*asked[direction], cwd=folder)

    assert ran.code == 1
    assert f"Spreadsheets (XLSX) need {package}, which is not installed." in ran.err
    assert "[tables]" in ran.err
    assert not (folder / "new.xlsx").exists()


def test_a_workbook_among_manifests_says_what_makes_one_of_it(
    project: Callable[..., Path], syncer: Callable[..., Any]
) -> None:
    """What is reviewed is text."""
    folder = project({"deals.xlsx": book(lambda made: made.add_worksheet())})
    ran = syncer("plan", "deals.xlsx", cwd=folder, env={"PIPELINER_URL": "http://localhost:1"})

    assert "hint: manifests are text; make one of it: syncer convert deals.xlsx --to csv" in ran.err
