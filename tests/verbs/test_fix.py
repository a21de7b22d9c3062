"""What hints say exactly is written into the files, and nothing else."""

import csv
import io
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from syncer.manifest.emit import inline
from syncer.manifest.read import told_of
from syncer.model.fix import CellFix, CutFix, IndentFix, KeyFix, ValueFix
from syncer.model.problem import Problem, SyncerError
from syncer.model.span import Span
from syncer.project.load import Project, load_project
from syncer.shapes.quoting import quoted
from syncer.tables.fixing import fix as tables_fix
from syncer.tables.source import SheetSource, TableSource
from syncer.tables.text import Rows
from syncer.verbs import fix as fixing
from tests.support import write_files

SETTINGS: Final = "version: 1\ndefaults: {owner: dana@example.com, pipeline: Test Pipeline}\n"
TABLE_SETTINGS: Final = SETTINGS + 'tables: {decimal: ",", thousands: "."}\n'
HEAD: Final = "opportunities:\n  acme: # ours\n"
# What an entry says -> what it says once it is fixed; None where nothing is exact.
FIELDS: Final[tuple[tuple[str, str | None], ...]] = (
    ("closing_date: 31.03.2027 # why", "closing_date: 2027-03-31 # why"),
    ("closing_date: '2027/3/1'", "closing_date: '2027-03-01'"),
    ('closing_date: "2027-03-31T00:00:00Z"', 'closing_date: "2027-03-31"'),
    ("closing_date: 13/04/2027", "closing_date: 2027-04-13"),
    ("closing_date: 03/04/2027", None),
    ("closing_date: 2027-02-30", None),
    ("closing_date: 2027-02-30 10:00", None),
    ("value: 100 usd", "value: 100 USD"),
    ("value: 1,000 USD", "value: 1000 USD"),
    ("value: '1.000,50 EUR'  # x", "value: '1000.50 EUR'  # x"),
    ("value: 1.500 EUR", None),
    ("value: 1,500 KWD", None),
    ("value: 12 50 USD", None),
    ("value: 5 mio", None),
    ("value: {amount: 1'000, currency: usd}", "value: {amount: 1000, currency: USD}"),
    ("name: 4711", 'name: "4711"'),
    ("name: true", 'name: "true"'),
    ("name: Order #4711 ", 'name: "Order #4711"'),
    ("name: #4711", 'name: "#4711"'),
    ("name: Order #todo", None),
    ("name: Acme\u00a0Corp\u200b", "name: Acme Corp"),
    ("name: “Acme”", "name: Acme"),
    ("description: Acme\u00a0Corp", None),
    ("contacts: bob@acme.example", "contacts: [bob@acme.example]"),
    (
        "contacts: [{email: bob@acme.example, primary: 'yes'}]",
        "contacts: [{email: bob@acme.example, primary: true}]",
    ),
    ("lifecycle: {existing: Merge}", "lifecycle: {existing: merge}"),
    ("lifecycle: {existing: mergee}", None),
    ("Closing-Date: 2027-03-31", "closing_date: 2027-03-31"),
    ('"Lead Source": Web', '"lead_source": Web'),
    ("lead-souce: Web", None),
    ("State: absent", None),
)


def project(folder: Path, files: Mapping[str, str | bytes], text: str = SETTINGS) -> Project:
    return load_project(write_files(folder, {"syncer.yaml": text, **files}) / "syncer.yaml")


def fixed(found: Project, name: str) -> str:
    """Fix *found* and return the text of a file."""
    result = fixing.looked_through(found)
    fixing.write(found, result)
    assert result.left == ()
    return (found.root / name).read_bytes().decode()


@pytest.mark.parametrize(("before", "after"), FIELDS)
def test_what_can_be_meant_in_one_way_alone_is_written(
    tmp_path: Path, before: str, after: str | None
) -> None:
    """Whatever stands around it stays; what may be meant otherwise stays an error."""
    text = f"# top\n{HEAD}    {before}\n    # below\n    account: none\n"
    name = "opportunities/a.yaml"

    assert fixed(project(tmp_path, {name: text}), name) == text.replace(before, after or before)


@pytest.mark.parametrize("before", [before for before, _ in FIELDS])
def test_a_fix_writes_what_the_hint_says(tmp_path: Path, before: str) -> None:
    """Both are made in one place; a hint that asks, or leaves something open, has none."""
    name = "opportunities/a.yaml"
    found = project(tmp_path, {name: ""})

    for problem in told_of(found, name, f"{HEAD}    {before}\n    account: none\n".encode()):
        if isinstance(problem.fix, KeyFix):
            assert quoted(problem.fix.name) in problem.hint
        elif isinstance(problem.fix, ValueFix | CutFix):
            assert inline(problem.fix.value) in problem.hint
        assert problem.fix is None or "did you mean" not in problem.hint


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("opportunities:\n  a:\n    \u200bname: A\n", "opportunities:\n  a:\n    name: A\n"),
        ("opportunities:\n\ta:\n\t\tname: A\n", "opportunities:\n  a:\n    name: A\n"),
        ("opportunities:\n    a:\n    \tname: A\n", "opportunities:\n    a:\n        name: A\n"),
        (
            "opportunities:\n\ta:\n\t\tdescription: |\n\t\t\tone\n\t\t\ttwo\n",
            "opportunities:\n  a:\n    description: |\n      one\n      two\n",
        ),
        (
            "opportunities:\n  a:\n    description: |\n      one\n      \tkept\n\u00a0   name: A\n",
            "opportunities:\n  a:\n    description: |\n      one\n      \tkept\n    name: A\n",
        ),
        (
            "opportunities:\n  a:\n    contacts:\n      -\tbob@acme.example\n",
            "opportunities:\n  a:\n    contacts:\n      - bob@acme.example\n",
        ),
        ('opportunities:\n  a:\n    name: "\\ud83d\\ude00"\n', 'opportunities:\n  a:\n    name: "😀"\n'),
        ("opportunities:\n  a: {}\n\ufeff  b: {}\n", "opportunities:\n  a: {}\n  b: {}\n"),
        ("opportunities:\n  a:\n    name: A\x0b\n", "opportunities:\n  a:\n    name: A\n"),
        ("opportunities:\r\n\ta:\r\n\t\tname: A\r\n", "opportunities:\r\n  a:\r\n    name: A\r\n"),
    ],
    ids=["no width", "tabs", "step", "block", "in a block", "dash", "halves", "mark", "control", "line ends"],
)
def test_a_file_that_nobody_can_read_is_made_readable(tmp_path: Path, before: str, after: str) -> None:
    """Tabs, no-break spaces and characters that YAML does not allow; the text of a block stays."""
    name = "opportunities/a.yaml"

    assert fixed(project(tmp_path, {name: before}), name) == after


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (
            "opportunities:\n  a:\n    fields:\n      x: 1\n\tname: A\n",
            "How far a tab indents is not said, and it decides what belongs to what.",
        ),
        (
            "opportunities:\n\ta:\n\t\tname: [A\n",
            "That is not all that is wrong: The list that was opened with [",
        ),
        ("opportunities:\n  a:\n    Name: A\n    name: B\n", '"name" is written there as well.'),
        ("opportunities:\n  a:\n    name: A\n    \u00a0unit: B\n", "That is not all that is wrong: "),
    ],
    ids=["two readings", "still broken", "there already", "a blank too many"],
)
def test_what_cannot_be_written_stays_and_is_said(tmp_path: Path, text: str, why: str) -> None:
    """The file is as it was, and the edit is shown with the reason."""
    found = project(tmp_path, {"opportunities/a.yaml": text})

    result = fixing.looked_through(found)

    assert (result.made, result.files) == ((), {})
    assert {problem.code for problem in result.left} == {"not-fixed"}
    assert all(why in problem.detail for problem in result.left)


def test_what_several_entries_share_is_written_once(tmp_path: Path) -> None:
    """An anchored value changes where it stands, when all that read it are to change."""
    text = (
        "opportunities:\n  acme: &usual\n    closing_date: &day 31.03.2027\n    Account: none\n"
        "  beta:\n    <<: *usual\n    name: B\n  gamma:\n    closing_date: *day\n"
    )
    name = "opportunities/a.yaml"

    meant = text.replace("31.03.2027", "2027-03-31").replace("Account", "account")
    assert fixed(project(tmp_path, {name: text}), name) == meant


def test_each_fix_is_told_with_its_place_and_both_sides(tmp_path: Path) -> None:
    """In the file as it was, line and column as editors count."""
    text = f"{HEAD}    name: 4711\n    closing_date: 1.4.2027\n    Account: none\n"

    result = fixing.looked_through(project(tmp_path, {"opportunities/a.yaml": text}))

    assert [
        f"{each.span}: {each.name}: {each.before} → {each.after}" for each in fixing.by_place(result.made)
    ] == [
        'opportunities/a.yaml:3:11: name: 4711 → "4711"',
        "opportunities/a.yaml:4:19: closing_date: 1.4.2027 → 2027-04-01",
        "opportunities/a.yaml:5:5: key: Account → account",
    ]


@pytest.mark.parametrize(
    "text",
    [b"\xff\xfe", b"opportunities: [\n", b"key,name\n", b'key,name\n"a\n', b"", b"PK\x03\x04"],
)
def test_a_file_that_no_hint_helps_stays(tmp_path: Path, text: bytes) -> None:
    """Whatever is wrong with it: no text, broken, a table without a column that is known."""
    names = ["opportunities/a.yaml", "opportunities/a.csv"]
    found = project(tmp_path, dict.fromkeys(names, text))

    fixing.write(found, fixing.looked_through(found))

    assert [(found.root / name).read_bytes() for name in names] == [text, text]


# Files at random

WRITTEN: Final[Mapping[str, tuple[tuple[str, str | None], ...]]] = {
    "name": (
        ("Acme renewal", None),
        ("4711", '"4711"'),
        ("Order #4711", '"Order #4711"'),
        ("Acme\u00a0Corp", "Acme Corp"),
        ("'Acme\u00a0Corp'", "'Acme Corp'"),
    ),
    "closing_date": (
        ("2027-03-31", None),
        ("31.3.2027", "2027-03-31"),
        ("'2027/04/01'", "'2027-04-01'"),
        ("03/04/2027", None),
    ),
    "value": (
        ("100 USD", None),
        ("1.000.000 eur", "1000000 EUR"),
        ('"1 000,5 EUR"', '"1000.5 EUR"'),
        ("1.500 EUR", None),
    ),
    "description": (("Some text", None), ("true", '"true"'), ("|\n      one\n      #2", None)),
}


@st.composite
def entries(draw: st.DrawFn) -> tuple[str, str]:
    """Return a manifest and what it is to be."""
    before = after = draw(st.sampled_from(["", "# top\n", "version: 1\n"])) + "opportunities:\n"
    for number in range(draw(st.integers(1, 3))):
        key = f"deal-{number}"
        before, after = f"{before}  {key}:\n", f"{after}  {key}:\n"
        for field in draw(st.permutations(sorted(WRITTEN))):
            written, meant = draw(st.sampled_from(WRITTEN[field]))
            said = (
                draw(st.sampled_from(["", "  # said"])) if "#" not in written and "\n" not in written else ""
            )
            before += f"    {field}: {written}{said}\n"
            after += f"    {field}: {meant or written}{said}\n"
    ends = draw(st.sampled_from(["\n", "\r\n"]))
    mark = draw(st.sampled_from(["", "\ufeff"]))
    return mark + before.replace("\n", ends), mark + after.replace("\n", ends)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(entries())
def test_any_manifest_says_what_its_hints_said_and_is_fixed_once(
    tmp_path: Path, texts: tuple[str, str]
) -> None:
    """Fixed again it stays, byte for byte; so does what had nothing to fix."""
    name = "opportunities/a.yaml"
    found = project(tmp_path, {name: texts[0].encode()})

    assert fixed(found, name) == texts[1]
    again = fixing.looked_through(found)
    assert (again.made, again.files, again.left) == ((), {}, ())


CELLS: Final[Mapping[str, tuple[tuple[str, str | None], ...]]] = {
    "Name": (("Acme", None), ("Acme\u00a0Corp", "Acme Corp"), ('Big "A"; Inc, x', None)),
    "Closing Date": (("2027-03-31", None), ("31.3.2027", "2027-03-31"), ("03/04/2027", None), ("", None)),
    "value": (("100,50", None), ("1.000", None), ("1.000,50", None)),
    "currency": (("USD", None), ("eur", "EUR"), ("", None)),
    "contacts": (
        ("bob@acme.example", None),
        ("Bob\u00a0B ; eve@acme.example", "Bob B ; eve@acme.example"),
        ("", None),
    ),
    "lifecycle.existing": (("", None), ("Merge", "merge")),
}


@st.composite
def tables(draw: st.DrawFn) -> tuple[str, str]:
    """Return a table and what it is to be, as the same program writes both."""
    delimiter = draw(st.sampled_from(",;\t"))
    ends = draw(st.sampled_from(["\n", "\r\n"]))
    style: type[csv.Dialect] = draw(st.sampled_from([csv.excel, csv.unix_dialect]))  # the latter quotes all
    texts = io.StringIO(newline=""), io.StringIO(newline="")
    both = [csv.writer(text, style, delimiter=delimiter, lineterminator=ends) for text in texts]
    headers = draw(st.permutations(sorted(CELLS)))
    for writer in both:
        writer.writerow(["key", *headers])
    for number in range(draw(st.integers(1, 3))):
        row = [draw(st.sampled_from(CELLS[header])) for header in headers]
        key = draw(st.sampled_from([f"deal-{number}", f"Deal {number}"]))
        both[0].writerow([key, *(written for written, _ in row)])
        both[1].writerow([key.lower().replace(" ", "-"), *(meant or written for written, meant in row)])
    start = draw(st.sampled_from(["", "\ufeff", f"sep={delimiter}{ends}"]))
    return start + texts[0].getvalue(), start + texts[1].getvalue()


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(tables())
def test_any_table_says_what_its_hints_said_and_is_fixed_once(tmp_path: Path, texts: tuple[str, str]) -> None:
    """Delimiter, quotes, line ends and a mark stay; amounts are written as the project writes them."""
    name = "opportunities/a.csv"
    found = project(tmp_path, {name: texts[0].encode()}, TABLE_SETTINGS)

    assert fixed(found, name) == texts[1]
    again = fixing.looked_through(found)
    assert (again.made, again.files, again.left) == ((), {}, ())


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("1.000,50 eur", "1.000,50 EUR"),
        (" eur 1.000,50 ", " EUR 1.000,50 "),
    ],
)
def test_an_amount_in_a_cell_is_written_as_the_project_writes_amounts(
    tmp_path: Path, before: str, after: str
) -> None:
    """With the decimal sign of `tables`; what the rules cannot read stays an error."""
    head = "key;Name;value;Closing date\n"
    name = "opportunities/a.csv"
    found = project(tmp_path, {name: f"{head}a;A;{before};1'000,5\n"}, TABLE_SETTINGS)

    assert fixed(found, name) == f"{head}a;A;{after};1'000,5\n"


def test_a_cell_that_would_declare_something_else_stays(tmp_path: Path) -> None:
    """Two rows of one key: the fix is shown, and what else there is to fix is written."""
    text = "key,name,closing date\nDeal 1,A,2027-03-31\ndeal-1,B,2027-03-31\nDeal 2,C,31.03.2027\n"
    found = project(tmp_path, {"opportunities/a.csv": text})

    result = fixing.looked_through(found)
    fixing.write(found, result)

    assert [problem.detail for problem in result.left] == [
        "key: Deal 1 should be deal-1. The table would declare something else."
    ]
    assert (found.root / "opportunities/a.csv").read_text() == text.replace("Deal 2", "deal-2").replace(
        "31.03.2027", "2027-03-31"
    )


def test_a_word_that_stands_for_an_amount_becomes_the_amount(tmp_path: Path) -> None:
    """What a map of values says is at fault, and the cell is what is written."""
    settings_ = SETTINGS + 'tables: {decimal: ",", values: {value: {some: 5 usd}}}\n'
    name = "opportunities/a.csv"
    found = project(tmp_path, {name: "key;name;value\na;A;some\n"}, settings_)

    assert fixed(found, name) == "key;name;value\na;A;5 USD\n"


def test_what_no_cell_says_is_left_alone(tmp_path: Path) -> None:
    """A problem of another place than the cells of the table."""
    source = "key,name\na,A\n"
    problem = Problem("yaml-syntax", "", Span("a.csv", 1, 1), fix=IndentFix(Span("a.csv", 1, 1)))

    assert tables_fix(source, "a.csv", [problem], project(tmp_path, {}).tables).text == source


HURT_YAML: Final = """\
# top
version: 1
defaults: {currency: usd, closing_date: 31.03.2027}
opportunities:
  Acme Deal: &a   # first
    Name: Order #4711
    closing_date: 31.03.2027 # why
    value: {amount: 1'000, currency: eur}
    account: none
    description: |
      some text #1
        more
    contacts: bob@acme.example
    lifecycle: {existing: Merge, own: {step: Git}}
  beta:
    <<: *a
    name: 4711
    value: "1.000,50 eur"
    fields: {cf_a: “x”, cf_b: [1, 2]}
"""
HURT_TABLE: Final = """\
key;Name;closing date;value;currency;account;contacts;lifecycle.existing
Deal 1;"A ""x""; y";31.03.2027;1.000,50;eur;none;Bob\u00a0B; Merge
b;=B;2027/4/1;7 usd;;none;;
c;C
"""
BITS: Final = (
    *(
        "\t",
        "\u00a0",
        " ",
        "  ",
        "\n",
        "\r\n",
        "#",
        ":",
        "- ",
        "'",
        '"',
        "{",
        "}",
        "[",
        "]",
        ",",
        "&x ",
        "*a",
        "|",
    ),
    *(
        "<<: ",
        "\ufeff",
        "\x0b",
        "\u200b",
        "\u2028",
        "?",
        "!!str ",
        "usd",
        "31.03.2027",
        "\\ud83d\\ude00",
        ";",
        "\0",
    ),
)


def hurt(text: str) -> st.SearchStrategy[str]:
    """*text* with things put in, and taken out, anywhere."""
    places = st.tuples(st.integers(0, len(text)), st.integers(0, 3), st.sampled_from(["", *BITS]))

    def made(edits: list[tuple[int, int, str]]) -> str:
        found = text
        for at, gone, bit in edits:
            found = found[:at] + bit + found[at + gone :]
        return found

    return st.lists(places, max_size=5).map(made)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(hurt(HURT_YAML), hurt(HURT_TABLE))
def test_however_files_are_hurt_once_is_enough(tmp_path: Path, text: str, table: str) -> None:
    """A file changes when a fix is told, and never again; what cannot be written is told."""
    files = {"opportunities/a.yaml": text.encode(), "opportunities/a.csv": table.encode()}
    found = project(tmp_path, files)

    result = fixing.looked_through(found)
    fixing.write(found, result)

    assert set(result.files) == {each.span.file for each in result.made}
    again = fixing.looked_through(found)
    assert (again.made, again.files) == ((), {})


NARROW: Final = SETTINGS + 'manifests: ["opportunities/**/*.yaml"]\n'
OTHER: Final = "opportunities:\n  b: {name: B, closing_date: 31.03.2027, value: 5 USD, account: none}\n"


def test_a_manifest_whose_ending_alone_no_pattern_matches_gets_the_other_one(tmp_path: Path) -> None:
    """And what is to be fixed in it is fixed at once; a name that is taken stays as it is."""
    files = {
        "opportunities/a.yaml": "",
        "opportunities/a.yml": OTHER,
        "opportunities/b.yml": OTHER,
        "c.yml": OTHER,
    }
    found = project(tmp_path, files, NARROW)

    result = fixing.looked_through(found)
    fixing.write(found, result)

    assert [
        f"{each.span}: {each.name}: {each.before} → {each.after}" for each in fixing.by_place(result.made)
    ] == [
        "opportunities/b.yaml:2:30: closing_date: 31.03.2027 → 2027-03-31",
        "opportunities/b.yml:1:1: name: opportunities/b.yml → opportunities/b.yaml",
    ]
    written = {
        path.relative_to(found.root).as_posix(): path.read_text() for path in found.root.rglob("*.y*ml")
    }
    assert written.pop("syncer.yaml") == NARROW
    assert written == {
        "opportunities/a.yaml": "",
        "opportunities/a.yml": OTHER,
        "opportunities/b.yaml": OTHER.replace("31.03.2027", "2027-03-31"),
        "c.yml": OTHER,
    }


def test_a_file_that_cannot_be_renamed_leaves_everything_as_it_was(tmp_path: Path) -> None:
    """One that was renamed before gets its name back."""
    found = project(tmp_path, {"opportunities/a.yml": OTHER, "opportunities/b.yml": OTHER}, NARROW)
    result = fixing.looked_through(found)
    (found.root / "opportunities/b.yaml").write_text("kept")  # since it was looked at

    with pytest.raises(SyncerError, match=r"b\.yml cannot be renamed: the name is taken\."):
        fixing.write(found, result)

    assert sorted(path.name for path in (found.root / "opportunities").iterdir()) == [
        "a.yml",
        "b.yaml",
        "b.yml",
    ]


def test_the_defaults_of_the_project_are_fixed_as_those_of_a_manifest(tmp_path: Path) -> None:
    """Of syncer.yaml nothing else is written, and nothing when paths are named."""
    text = SETTINGS.replace("{owner", "{currency: usd, closing_date: 31.03.2027, owner")
    meant = text.replace("usd", "USD").replace("31.03.2027", "2027-03-31")
    name = "opportunities/a.yaml"
    found = project(tmp_path, {name: OTHER.replace("31.03.2027", "2027-03-31")}, text)

    assert fixing.looked_through(found, [found.root / name]).made == ()
    assert fixed(found, "syncer.yaml") == meant
    assert fixing.looked_through(load_project(found.root / "syncer.yaml")).made == ()


def test_what_is_wrong_in_a_spreadsheet_is_not_written_into_it() -> None:
    """What is reviewed is text; the hint says what to do, and promises no more."""
    sheet = SheetSource("a.xlsx", [["key"], ["a"]], "Deals", alone=True)
    table = TableSource("a.csv", Rows("key\na\n", [["key"], ["a"]], [1, 2], ","))

    found = [
        each.problem("bad-date", "", each.at(1, 0), fix=CellFix(1, 0, "b")).fix for each in (sheet, table)
    ]

    assert found == [None, CellFix(1, 0, "b")]
