"""What is written as a table declares the same, and no program takes a cell of it for a formula."""

import csv
import io
import json
import re
import tempfile
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from syncer import manifest
from syncer.kinds.registry import KINDS
from syncer.manifest.document import documents
from syncer.manifest.load import load_bytes
from syncer.manifest.whole import whole
from syncer.project import load as projects
from syncer.shapes import canon
from syncer.tables.cells import guarded, unguarded
from syncer.tables.load import Tables
from syncer.tables.rules import NO_RULES, Rules
from syncer.tables.write import csv_text, tabulate
from tests.tables.random_entries import LINES, manifests

_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?")
OPPORTUNITY = KINDS["opportunity"]
SETTINGS = [
    "version: 1\n",
    "tables: {dates: DD.MM.YYYY, decimal: ',', thousands: '.'}\n",
    "tables: {dates: MM/DD/YYYY hh:mm AM, thousands: ','}\n",
    (
        "{defaults: {currency: EUR}, "
        "tables: {columns: {Deal =Name: name, =Total: value, Close Date: closing_date, ID: key, X: null},"
        " values: {owner: {Dana Doe: dana@example.com}, contacts: {Bob: bob@acme.example}}}}\n"
    ),
]


def said(folder: Path) -> dict[str, Any]:
    """Return what the manifests of *folder* declare, as it is compared."""
    found = manifest.read(projects.load(folder, {})).declared
    return {
        entry.address.key: (
            {path: compared(value, path) for path, value in entry.values.items()},
            (entry.state, entry.id, entry.formerly, entry.existing, dict(entry.own)),
        )
        for entry in found
    }


def compared(value: Any, path: str) -> Any:
    """Return a text without what is never compared; a number of a custom field is its digits."""
    if path.startswith("fields.") and not isinstance(value, bool | list) and _NUMBER.fullmatch(str(value)):
        return canon.number(Decimal(str(value)))
    return canon.text(value) if isinstance(value, str) else value


def project(look: str, name: str, text: str) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        (root / "opportunities").mkdir()
        (root / "syncer.yaml").write_text(look, encoding="utf-8")
        (root / "opportunities" / name).write_text(text, encoding="utf-8", newline="")
        return said(root)


def rules_of(look: str) -> Rules:
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "syncer.yaml").write_text(look, encoding="utf-8")
        return next(iter(projects.load(Path(folder), {}).tables.rules), NO_RULES)


@settings(max_examples=60)
@given(manifests(), st.sampled_from(SETTINGS))
def test_yaml_is_the_same_as_a_table_and_back(written: dict[str, Any], look: str) -> None:
    """Whatever a table can say survives YAML → CSV → YAML, whatever `tables` says of its look."""
    rules = rules_of(look)
    entries = whole(load_bytes(json.dumps(written).encode(), "a.yaml").value)["opportunities"]
    unsaid = {
        part.address.key
        for part in tabulate([(OPPORTUNITY, *entry) for entry in entries.items()], rules).unsaid
    }
    kept = {key: entry for key, entry in entries.items() if key not in unsaid}
    if not kept:
        return

    table = csv_text(tabulate([(OPPORTUNITY, *entry) for entry in kept.items()], rules))
    expected = {
        key: entry for key, entry in project(look, "a.yaml", json.dumps(written)).items() if key not in unsaid
    }

    assert project(look, "a.csv", table) == expected
    loaded = Tables((rules,)).load(table.encode(), "a.csv")
    (back,) = documents(loaded.value)
    assert project(look, "b.yaml", back) == expected


@given(manifests())
def test_no_cell_begins_as_a_formula_does(written: dict[str, Any]) -> None:
    """Neither where the file is read by commas, nor by any other delimiter."""
    entries = whole(written)["opportunities"]
    table = tabulate([(OPPORTUNITY, *entry) for entry in entries.items()], NO_RULES)

    for row in csv.reader(io.StringIO(csv_text(table), newline="")):
        for cell in row:
            assert cell.strip()[:1] not in {"=", "+", "@", "\uff1d", "\uff0b", "\uff20"}
            assert not cell.strip().startswith("-") or cell.strip()[1:].replace(".", "").isdecimal()


@given(LINES)
def test_what_is_guarded_comes_back(text: str) -> None:
    """One apostrophe is put in front, and taken off; a plain number stays one."""
    assert unguarded(guarded(text)) == text


@pytest.mark.parametrize(
    ("text", "cell"),
    [
        ("=1+1", "'=1+1"),
        ("-5", "-5"),
        ("-5,5", "-5,5"),
        ("-5 USD", "'-5 USD"),
        ("'x", "''x"),
        ("O'Neill", "O'Neill"),
        (" x", "' x"),
        ("", ""),
    ],
)
def test_a_cell_is_guarded_where_it_begins_as_a_formula(text: str, cell: str) -> None:
    """A number needs no guard, and a text that begins otherwise gets none."""
    assert guarded(text) == cell


@pytest.mark.parametrize(
    ("entry", "path", "why"),
    [
        ({"description": None}, ("description",), "an empty cell says nothing at all, and so not that the "),
        ({"contacts": []}, ("contacts",), "an empty cell says nothing at all"),
        ({"contacts": [{"email": "e@x.example"}]}, ("contacts",), "a cell holds several names, and no more"),
        ({"fields": {"cf_x": "true"}}, ("fields", "cf_x"), 'the cell "true" would be read as something else'),
        ({"fields": {"cf_x": ["a;b"]}}, ("fields", "cf_x"), 'the cell "a;b" would be read as something else'),
        ({"owner": {"x": "y"}}, ("owner", "x"), "no column has a place for it"),
        ({"value": {"amount": "1", "currency": {"id": "x"}}}, ("value", "currency", "id"), "no column has a"),
        ({"name": ["a"]}, ("name",), "a cell holds one value of it"),
    ],
)
def test_what_no_cell_can_say_is_said_of_its_place(
    entry: dict[str, Any], path: tuple[str, ...], why: str
) -> None:
    """Nothing is left out, and nothing written that would be read as something else."""
    (unsaid,) = tabulate([(OPPORTUNITY, "acme", entry)], NO_RULES).unsaid

    assert (str(unsaid.address), unsaid.path) == ("opportunity.acme", path)
    assert unsaid.why.startswith(why)
