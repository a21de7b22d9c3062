"""A workbook declares the same as what it was made of, and holds nothing that calculates or leads away."""

import io
import json
import re
import zipfile
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from syncer.kinds.registry import KINDS
from syncer.manifest.document import documents
from syncer.manifest.load import load_bytes
from syncer.manifest.whole import whole
from syncer.tables.cells import unguarded
from syncer.tables.choices import choices
from syncer.tables.load import Tables
from syncer.tables.rules import NO_RULES, Rules
from syncer.tables.spreadsheet import xlsx
from syncer.tables.workbook import sheets
from syncer.tables.write import Form, Table, tabulate
from tests.tables.random_entries import manifests
from tests.tables.test_write import SETTINGS, project, rules_of

OPPORTUNITY = KINDS["opportunity"]


def book(entries: dict[str, Any], rules: Rules = NO_RULES) -> bytes:
    table = tabulate([(OPPORTUNITY, *entry) for entry in entries.items()], rules, Form.XLSX)
    assert table.unsaid == []
    return xlsx({"Opportunities": (OPPORTUNITY, table)})


def sayable(entries: dict[str, Any], rules: Rules) -> dict[str, Any]:
    rows = [(OPPORTUNITY, *entry) for entry in entries.items()]
    unsaid = {part.address.key for part in tabulate(rows, rules, Form.XLSX).unsaid}
    return {key: entry for key, entry in entries.items() if key not in unsaid}


def parts(data: bytes) -> dict[str, str]:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return {name: archive.read(name).decode() for name in archive.namelist()}


@settings(max_examples=60)
@given(manifests(), st.sampled_from(SETTINGS))
def test_yaml_is_the_same_as_a_workbook_and_back(written: dict[str, Any], look: str) -> None:
    """Whatever a table can say survives YAML → XLSX → YAML, whatever `tables` says of its look."""
    entries = whole(load_bytes(json.dumps(written).encode(), "a.yaml").value)["opportunities"]
    rules = rules_of(look)
    kept = sayable(entries, rules)
    if not kept:
        return
    expected = project(look, "a.yaml", json.dumps(written))

    (loaded,) = Tables((rules,)).load_sheets(book(kept, rules), "a.xlsx")

    assert loaded.problems == ()
    (back,) = documents(loaded.value)
    assert project(look, "b.yaml", back) == {key: expected[key] for key in kept}


@settings(max_examples=25)
@given(manifests())
def test_nothing_in_a_workbook_is_more_than_a_text_a_number_or_a_day(written: dict[str, Any]) -> None:
    """No formula and no link is in it; what a cell says is what the entry says, apostrophes and all."""
    entries = sayable(whole(written)["opportunities"], NO_RULES)
    if not entries:
        return
    data = book(entries)

    for name, text in parts(data).items():
        assert "externalLinks" not in name
        assert not name.startswith("xl/worksheets/_rels")
        if name.startswith("xl/worksheets/"):
            assert not re.search(r"<f[ >/]|<hyperlink|t=\"(?:str|e)\"", text)
    (sheet,) = sheets(data, "a.xlsx")
    place = sheet.cells[0].index("name")
    assert [unguarded(row[place]) for row in sheet.cells[1:]] == [entry["name"] for entry in entries.values()]


def test_days_are_days_and_amounts_are_numbers() -> None:
    """People sort and add them; a text that looks like a number stays a text."""
    entry = {
        "name": "0123",
        "closing_date": "2027-03-31",
        "value": "1500.50 USD",
        "fields": {"cf_seats": 200, "cf_zip": "0123", "cf_hot": True, "cf_exact": "1.50"},
    }
    text = parts(book({"acme": entry}))
    rows = text["xl/worksheets/sheet1.xml"]

    cells = re.findall(r'<c r="([A-Z]+)2"[^>]*>(?:<is><t>|<v>)([^<]*)', rows)
    assert dict(cells) == {
        "A": "acme",
        "B": "0123",
        "C": "46477",
        "D": "1500.5",
        "E": "USD",
        "F": "1.50",
        "G": "1",
        "H": "200",
        "I": "0123",
    }
    assert re.findall(r'<c r="([A-Z]+)2"[^>]*t="inlineStr"', rows) == ["A", "B", "E", "F", "I"]
    assert "#,##0.00" in text["xl/styles.xml"]
    assert 'state="frozen"' in rows
    assert "<autoFilter" in rows


def test_a_sheet_says_what_the_columns_mean() -> None:
    """In the words of the schema, with an example; it is not read back."""
    entry = {
        "name": "A",
        "value": "5 USD",
        "contacts": ["b@x.example"],
        "fields": {"cf_x": "1", "cf_y": ["a"]},
    }
    data = book({"acme": {**entry, "lifecycle": {"existing": "merge"}}})
    (about,) = sheets(data, "a.xlsx", "Columns")

    assert about.cells[0] == ["Sheet", "Column", "What it means", "Such as"]
    assert {row[1]: row[3] for row in about.cells[1:]} == {
        "key": "acme-renewal-2027",
        "name": "Acme renewal 2027",
        "value": "100 USD",
        "currency": "USD",
        "contacts": "all",
        "fields.cf_x": "",
        "fields.cf_y[]": "",
        "lifecycle.existing": "",
    }
    assert {row[1]: row[2] for row in about.cells[1:]}["fields.cf_y[]"] == (
        "A custom field, by its API name; several stand between ;."
    )


def test_lists_of_the_space_are_offered_and_nothing_else_is_forbidden() -> None:
    """What is not in the list is asked about, not refused: the space may have it by now."""
    any_step = {"step": {"type": "string", "enum": ["First", "Won"]}}
    schema = {
        "$defs": {
            "opportunity": {
                "properties": {"step": {"$ref": "#/$defs/step"}, "owner": {"$ref": "#/$defs/owner"}},
                "allOf": [{}, {"then": {"properties": any_step}}],
            },
            "step": {"type": "string"},
            "owner": {"anyOf": [{"type": "string", "enum": ["dana@example.com"]}, {"type": "object"}]},
        }
    }
    entry = {"name": "A", "owner": "dana@example.com", "step": "First", "contacts": ["b@x.example"]}
    table = tabulate([(OPPORTUNITY, "acme", entry)], NO_RULES, Form.XLSX)
    data = xlsx({"Opportunities": (OPPORTUNITY, table)}, choices(schema))

    validations = re.findall(r"<dataValidation .*?</dataValidation>", parts(data)["xl/worksheets/sheet1.xml"])
    assert [re.findall(r'sqref="([^"]*)"|<formula1>([^<]*)', each) for each in validations] == [
        [("C2:C1002", ""), ("", "Lists!$A$2:$A$2")],
        [("D2:D1002", ""), ("", "Lists!$B$2:$B$3")],
    ]
    assert all('errorStyle="warning"' in each for each in validations)
    assert sheets(data, "a.xlsx", "Lists")[0].cells == [
        ["owner", "step"],
        ["dana@example.com", "First"],
        ["", "Won"],
    ]


@pytest.mark.parametrize(
    ("entry", "why"),
    [
        ({"description": "x" * 32_767}, "a cell of a spreadsheet holds 32,767 characters"),
        ({"value": "123456789012345.5"}, 'the cell "123456789012345.5" would be read as something else'),
    ],
)
def test_what_a_spreadsheet_cannot_hold_is_said(entry: dict[str, Any], why: str) -> None:
    """It would be cut, or rounded."""
    value = entry.pop("value", None)
    entry |= {"fields": {"cf_x": load_bytes(value.encode(), "a.yaml").value}} if value else {}

    (unsaid,) = tabulate([(OPPORTUNITY, "acme", entry)], NO_RULES, Form.XLSX).unsaid

    assert unsaid.why == why


def test_a_table_of_nothing_is_a_sheet_of_headers() -> None:
    """It is what people fill in."""
    data = xlsx({"Opportunities": (OPPORTUNITY, Table(["key", "name"], [None, None], [], []))})

    assert sheets(data, "a.xlsx")[0].cells == [["key", "name"]]
