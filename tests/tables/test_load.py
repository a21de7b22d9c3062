"""A CSV is a manifest in another notation: what it declares, and what is said of it."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from syncer import manifest
from syncer.model.declared import All
from syncer.model.problem import ManifestError, ProjectError
from syncer.project import load as projects

HEAD = "key,Name,owner,pipeline,Closing date,value,currency,account"
ROW = "acme,Acme renewal,dana@example.com,Test Pipeline,2027-03-31,100,USD,info@acme.example"
YAML = """
opportunities:
  acme:
    name: Acme renewal
    owner: dana@example.com
    pipeline: Test Pipeline
    closing_date: 2027-03-31
    value: 100 USD
    account: info@acme.example
"""


def read(folder: Path, table: str | bytes, settings: str = "", name: str = "a.csv") -> manifest.Manifests:
    (folder / "opportunities").mkdir(exist_ok=True)
    data = table if isinstance(table, bytes) else table.encode()
    (folder / "opportunities" / name).write_bytes(data)
    (folder / "syncer.yaml").write_text(settings or "version: 1\n", encoding="utf-8")
    return manifest.read(projects.load(folder, {}))


def said(found: manifest.Manifests) -> list[tuple[Any, ...]]:
    return [
        (str(entry.address), dict(entry.values), entry.state, entry.id, entry.formerly)
        for entry in found.declared
    ]


def problems(folder: Path, table: str | bytes, settings: str = "") -> list[tuple[str, str, str]]:
    with pytest.raises(ManifestError) as caught:
        read(folder, table, settings)
    return [(p.code, str(p.span).removeprefix("opportunities/"), p.detail) for p in caught.value.problems]


@pytest.mark.parametrize(
    "table",
    [
        f"{HEAD}\n{ROW}\n",
        f"\ufeff{HEAD}\r\n{ROW}\r\n\r\n",
        f"sep=;\n{HEAD}\n{ROW}".replace(",", ";"),
        f"{HEAD}\n{ROW}\n".replace(",", "\t"),
        f"{HEAD},Mood\n{ROW}, \n".replace("Name", "  NAME ").replace("key", "KEY"),
        f"{HEAD}\n{ROW}".replace(",100,USD", ",100 USD,"),
        f"{HEAD}\n{ROW}".replace("Acme renewal", '" Acme renewal "'),
    ],
    ids=["plain", "mark", "sep", "tab", "header", "money in one", "blanks"],
)
def test_a_row_declares_what_the_same_yaml_declares(tmp_path: Path, table: str) -> None:
    """Whichever way a spreadsheet writes it, the row is the entry."""
    (tmp_path / "yaml").mkdir()
    (tmp_path / "csv").mkdir()

    assert said(read(tmp_path / "csv", table)) == said(read(tmp_path / "yaml", YAML, name="a.yaml"))


def test_paths_lists_and_custom_fields_are_columns(tmp_path: Path) -> None:
    """A header is a path of the entry; several values of a cell stand between semicolons."""
    more = ",contacts,lifecycle.ignore,fields.cf_Region,fields.cf_tags[],fields.cf_hot,formerly.name,state"
    row = ",bob@acme.example; eve@acme.example,step;fields.cf_hot,'=EMEA,One;Two,TRUE,Acme,present"
    entry = read(tmp_path, f"{HEAD}{more}\n{ROW}{row}\n").declared[0]

    assert [link.reference.text for link in entry.values["contacts"]] == [
        "bob@acme.example",
        "eve@acme.example",
    ]
    assert [link.primary for link in entry.values["contacts"]] == [True, False]
    assert set(entry.own) == {"step", "fields.cf_hot"}
    custom = {name: value for name, value in entry.values.items() if name.startswith("fields.")}
    assert custom == {"fields.cf_Region": "=EMEA", "fields.cf_tags": ["One", "Two"], "fields.cf_hot": True}
    assert entry.formerly == {"name": "Acme"}
    assert read(tmp_path, f"{HEAD},contacts\n{ROW},all\n").declared[0].values["contacts"] is All.CONTACTS


def test_problems_name_cell_and_header(tmp_path: Path) -> None:
    """Rows count as in a spreadsheet, and lines as in the file, also behind a cell of two lines."""
    table = (
        f'{HEAD},description\n{ROW},"two\nlines"\n\n'
        'b,Beta,dana@example.com,Test Pipeline,03/04/2027,"1,000",USD,info@acme.example,\n'
        f"{ROW},\n,{ROW[5:]},\n"
    )

    assert problems(tmp_path, table) == [
        ("bad-date", "a.csv:5:39 (E4, Closing date)", '"03/04/2027" is not a date as manifests have it.'),
        (
            "bad-amount",
            "a.csv:5:50 (F4, value)",
            '"1,000" has separators; an amount is digits with at most one decimal point.',
        ),
        ("duplicate-address", "a.csv:6:1 (A5, key)", '"acme" is already declared in A2, key.'),
        ("missing-field", "a.csv:7:1 (A6, key)", "The row has no key."),
    ]


@pytest.mark.parametrize(
    ("table", "expected"),
    [
        (f"{HEAD},name\n{ROW},x\n", ("column-twice", "a.csv:1:61 (I1, name)")),
        (f'{HEAD},accounts\n{ROW},"x\n', ("table-syntax", "a.csv:2:1")),
        (f"{HEAD}\n{ROW},Inc.\n", ("table-syntax", "a.csv:2:87 (I2)")),
        (f'{HEAD}\n"a"b{ROW[4:]}\n', ("table-syntax", "a.csv:2:1")),
        ("a,b\n1,2\n", ("column-unknown", "a.csv:1:1 (A1, a)")),
        (f"{HEAD[4:]}\n{ROW[5:]}\n", ("missing-field", "a.csv:2:1 (A2, Name)")),
        (f"{HEAD},kind\n{ROW},account\n", ("bad-value", "a.csv:2:87 (I2, kind)")),
        (
            f"{HEAD},fields.cf_x,fields.cf_x[]\n{ROW},a,b\n",
            ("column-twice", "a.csv:2:89 (J2, fields.cf_x[])"),
        ),
        (f"{HEAD}\n{ROW}\n".encode("utf-16"), ("file-encoding", "a.csv:1:1")),
        (f"{HEAD}\n{ROW}\n".encode("utf-16-le"), ("file-encoding", "a.csv:1:1")),
        (f"{HEAD}\n{ROW}\n".replace("Acme", "Zürich").encode("cp1252"), ("file-encoding", "a.csv:2:7")),
        (b"PK\x03\x04", ("file-encoding", "a.csv:1:1")),
        (b"\xd0\xcf\x11\xe0", ("file-encoding", "a.csv:1:1")),
        (f"{HEAD}\n\0{ROW}\n", ("file-encoding", "a.csv:1:1")),
        (f"{HEAD}\n<<<<<<< ours\n{ROW}\n=======\n{ROW}\n>>>>>>> theirs\n", ("merge-conflict", "a.csv:2:1")),
        ("", ("no-opportunities", "None")),
    ],
)
def test_what_is_no_table_is_refused_with_its_place(
    tmp_path: Path, table: str | bytes, expected: tuple[str, str]
) -> None:
    """Nothing is guessed: another encoding, a broken quote, a header twice, a row too long."""
    first, *_ = problems(tmp_path, table)

    assert first[:2] == expected


def test_a_column_that_means_nothing_is_a_warning_once(tmp_path: Path) -> None:
    """One warning names all of them; `null` in `tables` says that one is left out on purpose."""
    table = f"{HEAD},Mood,Age\n{ROW},good,3\n"
    (warning,) = read(tmp_path, table).warnings
    (left,) = read(tmp_path, table, "tables: {columns: {Mood: null}}\n").warnings

    assert (warning.code, warning.detail) == (
        "column-unknown",
        '"Mood", "Age" mean nothing here, and are not read.',
    )
    assert left.detail == '"Age" means nothing here, and is not read.'


def test_a_mapped_header_counts_before_one_that_is_called_like_the_field(tmp_path: Path) -> None:
    """An export has the owner's name beside his e-mail: what syncer.yaml says, counts."""
    table = f"{HEAD},Owner Email\n{ROW.replace('dana@example.com', 'Dana Doe')},dana@example.com\n"
    found = read(tmp_path, table, "tables: {columns: {Owner Email: owner}}\n")

    assert found.declared[0].values["owner"].text == "dana@example.com"
    assert [warning.code for warning in found.warnings] == ["column-unknown"]


@pytest.mark.parametrize(
    ("settings", "cells", "expected"),
    [
        ("dates: DD.MM.YYYY", ("31.3.2027", "100"), None),
        ("dates: DD.MM.YYYY", ("2027-03-31", "100"), None),
        ("dates: DD.MM.YYYY", ("31.03.27", "100"), "bad-date"),
        ("dates: MM/DD/YYYY", ("31/03/2027", "100"), "bad-date"),
        ("dates: MM/DD/YYYY", ("31.03.2027", "100"), "bad-date"),
        ('decimal: ","', ("2027-03-31", "100,00"), None),
        ('decimal: ","', ("2027-03-31", "1.500"), "bad-amount"),
        ('{decimal: ",", thousands: "."}', ("2027-03-31", "0100"), "bad-amount"),
        ('thousands: ","', ("2027-03-31", "1,00"), "bad-amount"),
    ],
)
def test_dates_and_amounts_are_read_as_tables_says(
    tmp_path: Path, settings: str, cells: tuple[str, str], expected: str | None
) -> None:
    """What another pattern alone could mean is an error, and the cell has one problem."""
    table = f"{HEAD}\n{ROW}\n".replace("2027-03-31", cells[0]).replace(",100,", f',"{cells[1]}",')
    settings = settings if settings.startswith("{") else f"{{{settings}}}"
    if expected is None:
        assert said(read(tmp_path, table, f"tables: {settings}\n"))[0][1]["value"].amount == 100
    else:
        assert [found[0] for found in problems(tmp_path, table, f"tables: {settings}\n")] == [expected]


def test_the_first_mapping_that_fits_a_file_counts(tmp_path: Path) -> None:
    """With several mappings, `files` says which tables each is for."""
    first = "{files: 'x*.csv', columns: {N: name}}"
    settings = f"tables:\n- {first}\n- {{files: opportunities/**/*.csv, columns: {{M: name}}}}\n"

    found = read(tmp_path, f"{HEAD}\n{ROW}\n".replace("Name", "M"), settings)
    other = read(
        tmp_path, f"{HEAD}\n{ROW}\n".replace("Name", "N").replace("acme,Acme", "b,Beta"), settings, "x1.csv"
    )

    assert (len(found.declared), len(other.declared)) == (1, 2)


@pytest.mark.parametrize(
    ("settings", "detail"),
    [
        ("{columns: {X: nmae}}", 'There is no field "nmae".'),
        ("{values: {nmae: {a: b}}}", 'There is no field "nmae".'),
        ("{kind: deal}", 'There is no kind "deal".'),
        ("{dates: DD.MM.YY}", '"DD.MM.YY" has not one YYYY for the year of four digits.'),
        ("{dates: DD.MM.YYYY x}", '"DD.MM.YYYY x" holds x, which stands for nothing.'),
        ('{thousands: "."}', '"." is the decimal sign as well.'),
        ("{key: name}", '"name" names no field or header that the key is made of.'),
        ("[{columns: {X: name, x: owner}}]", 'The header "x" is named twice.'),
    ],
)
def test_settings_of_tables_are_checked(tmp_path: Path, settings: str, detail: str) -> None:
    """What is wrong below `tables` is said where it stands in syncer.yaml."""
    with pytest.raises(ProjectError) as caught:
        read(tmp_path, f"{HEAD}\n{ROW}\n", f"tables: {settings}\n")

    assert [problem.detail for problem in caught.value.problems] == [detail]


@pytest.mark.parametrize(
    ("cell", "code"), [("MÃ¼ller", "odd-character"), ("Acme\u00a0renewal", "odd-character"), ("Müller", None)]
)
def test_text_that_was_mangled_is_a_warning(tmp_path: Path, cell: str, code: str | None) -> None:
    """Nobody means the signs that a wrong encoding leaves, nor a blank that is none."""
    found = read(tmp_path, f"{HEAD}\n{ROW}\n".replace("Acme renewal", cell))

    assert [warning.code for warning in found.warnings] == ([code] if code else [])


def test_a_table_is_planned_and_applied_like_yaml(
    project: Callable[..., Path], sandbox: object, syncer: Callable[..., Any]
) -> None:
    """The plan after the apply is empty; the plan file holds the cell."""
    del sandbox
    folder = project({"opportunities/deals.csv": f"{HEAD}\n{ROW}\n"})
    plan = syncer("plan", "--format", "json", cwd=folder)
    applied = syncer("apply", "--auto-approve", cwd=folder)
    after = syncer("plan", "--detailed-exitcode", cwd=folder)

    assert '"cell": "A2"' in plan.out
    assert (plan.code, applied.code, after.code) == (0, 0, 0)
