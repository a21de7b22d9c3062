"""Corrected entries are written back where they came from, and nothing else."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from syncer.kinds.opportunity import OPPORTUNITY
from syncer.manifest.document import documents
from syncer.manifest.load import load_bytes
from syncer.model.problem import ManifestError
from syncer.project.load import Project, load_project
from syncer.tables.rules import NO_RULES
from syncer.tables.write import csv_text, tabulate
from syncer.verbs import fix as fixing
from syncer.verbs.into_place import into_place
from tests.support import write_files

SETTINGS: Final = "version: 1\ndefaults: {owner: dana@example.com, pipeline: Test Pipeline}\n"
DEALS: Final = "opportunities/deals.yaml"
TABLE: Final = "opportunities/deals.csv"
HEAD: Final = "defaults: {currency: USD, unit: EMEA}\nopportunities:\n  # ours\n  acme:\n"


def project(folder: Path, files: Mapping[str, str], text: str = SETTINGS) -> Project:
    return load_project(write_files(folder, {"syncer.yaml": text, **files}) / "syncer.yaml")


def put(found: Project, text: str, name: str = "r.yaml") -> fixing.Fixed:
    (found.root / name).write_text(text)
    result = into_place(found, found.root / name)
    fixing.write(found, result)
    return result


# What an entry says, and the corrected one says, and then the entry.
CASES: Final = (
    ("value: 100 # guess", "value: 150 USD", "value: 150 # guess"),
    ("value: 100 # guess", "value: {amount: 100, currency: USD}", "value: 100 # guess"),
    ("value: {amount: 100}", "value: 150 USD", "value: {amount: 150}"),
    ("value: {amount: 100}", "value: 150 EUR", "value: {amount: 150, currency: EUR}"),
    ("value: {amount: 1, currency: EUR}", "value: 2 GBP", "value: {amount: 2, currency: GBP}"),
    ("closing_date: '2027-03-31'", "closing_date: 2027-04-01", "closing_date: '2027-04-01'"),
    ("closing_date: 2027-03-31", 'closing_date: "2027-04-01"', "closing_date: 2027-04-01"),
    ("account: a@x.example", "accounts: [{name: A, primary: true}]", "accounts: [{name: A, primary: true}]"),
    ("unit: APAC", "unit: APAC", "unit: APAC"),
    ("fields: {cf_a: 1, cf_b: x}", "fields: {cf_a: 2, cf_b: x}", "fields: {cf_a: 2, cf_b: x}"),
    ("fields: {cf_a: 1, cf_b: x}", "fields: {cf_b: x}", "fields: {cf_b: x}"),
    (
        "value: 5 EUR",
        "value: {amount: 5, currency: {id: 3fa85f64-5717-4562-b3fc-2c963f66afa6}}",
        "value: {amount: 5, currency: {id: 3fa85f64-5717-4562-b3fc-2c963f66afa6}}",
    ),
    ("description: some", "state: present", "state: present"),
    ("lifecycle: {existing: merge}", "lifecycle: {existing: report}", "lifecycle: {existing: report}"),
)


@pytest.mark.parametrize(("before", "corrected", "after"), CASES)
def test_a_value_keeps_the_form_that_it_has_in_its_manifest(
    tmp_path: Path, before: str, corrected: str, after: str
) -> None:
    """An amount beside its currency, a quoted day, a comment; what was taken out goes."""
    rest = "".join(
        f"    {line}\n"
        for line in ("name: Acme", "closing_date: 2027-03-31", "value: 5", "account: none")
        if line.partition(":")[0] != before.partition(":")[0]
    )
    unit = "" if "unit" in corrected else "    unit: EMEA\n"
    found = project(tmp_path, {DEALS: f"{HEAD}    {before}\n{rest}"})

    result = put(
        found,
        f"opportunities:\n  acme:\n    {corrected}\n{rest}{unit}".replace("value: 5\n", "value: 5 USD\n"),
    )

    assert result.left == ()
    said = load_bytes((found.root / DEALS).read_bytes(), DEALS)
    meant = load_bytes(f"{HEAD}    {after}\n{rest}".encode(), DEALS)
    assert (said.value, after.partition(" #")[0] in (found.root / DEALS).read_text()) == (meant.value, True)


def test_what_comes_from_the_defaults_is_not_taken_out(tmp_path: Path) -> None:
    """It is for other entries as well; the sentence says so, and the rest is written."""
    entry = "    name: Acme\n    closing_date: 2027-03-31\n    value: 5 USD\n    account: none\n"
    found = project(tmp_path, {DEALS: HEAD + entry})

    result = put(found, "opportunities:\n  acme:\n" + entry.replace("Acme", "Acme renewal"))

    assert "".join(problem.detail for problem in result.left) == (
        "opportunity.acme unit: EMEA should be nothing. "
        "It comes from the defaults of the file, which are for other entries, too."
    )
    assert (found.root / DEALS).read_text() == HEAD + entry.replace("Acme", "Acme renewal")


@pytest.mark.parametrize(
    ("table", "corrected", "after"),
    [
        (
            "key,name,value,closing date,account\na,A,5 USD,2027-03-31\n",
            "value: 6 EUR",
            "a,A,6 EUR,2027-03-31,none\n",
        ),
        (
            "\ufeffkey,name,value,closing date,account\na,A,5 USD,2027-03-31,none\n",
            "value: 6 EUR",
            "a,A,6 EUR,2027-03-31,none\n",
        ),
        (
            "key;name;value;currency;closing date;account\na;A;5;USD;2027-03-31;none\n",
            "value: 6.50 EUR",
            "a;A;6.50;EUR;2027-03-31;none\n",
        ),
        (
            "key,name,value,closing date,account\na,A,5,2027-03-31,none\n",
            "value: 5 EUR",
            "a,A,5 EUR,2027-03-31,none\n",
        ),
    ],
)
def test_cells_say_what_was_corrected(tmp_path: Path, table: str, corrected: str, after: str) -> None:
    """An amount in one cell or in two; a row that ends early gets its cells."""
    found = project(tmp_path, {TABLE: table})

    result = put(
        found, f"opportunities:\n  a: {{name: A, closing_date: 2027-03-31, account: none, {corrected}}}\n"
    )

    assert result.left == ()
    assert (found.root / TABLE).read_text() == table.partition("\n")[0] + "\n" + after


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ("unit: EMEA", "The table has no column unit."),
        ("contacts: [{email: bob@acme.example, sales_role: Influencer}]", "A table cannot say contacts: "),
        ("name: '  '", None),
    ],
)
def test_what_a_table_has_no_place_for_is_said(tmp_path: Path, said: str, why: str | None) -> None:
    """The table stays as it is; what is wrong in itself is an error first."""
    table = "key,name,value,closing date,account\na,A,5 USD,2027-03-31,none\n"
    found = project(tmp_path, {TABLE: table})
    text = f"opportunities:\n  a: {{closing_date: 2027-03-31, account: none, value: 5 USD, {said}"
    text += "}\n" if said.startswith("name") else ", name: A}\n"

    if why is None:
        with pytest.raises(ManifestError):
            put(found, text)
    else:
        result = put(found, text)
        assert [why in problem.detail for problem in result.left] == [True]
    assert (found.root / TABLE).read_text() == table


def test_a_number_from_a_table_stays_a_number(tmp_path: Path) -> None:
    """Cells are text; what is a number in the manifest is one still."""
    entry = "    name: Acme\n    closing_date: 2027-03-31\n    value: 5 USD\n    account: none\n"
    found = project(tmp_path, {DEALS: f"opportunities:\n  acme:\n{entry}    fields: {{cf_seats: 10}}\n"})

    put(
        found,
        "key,name,closing_date,value,account,fields.cf_seats\nacme,Acme,2027-03-31,5 USD,none,12\n",
        "r.csv",
    )

    assert "fields: {cf_seats: 12}\n" in (found.root / DEALS).read_text()


def test_a_row_whose_key_is_made_of_what_changes_stays(tmp_path: Path) -> None:
    """With another name it would be another deal."""
    table = "Name,value,closing date,account\nacme,5 USD,2027-03-31,none\n"
    found = project(tmp_path, {TABLE: table}, SETTINGS + 'tables: {key: "{Name}"}\n')

    result = put(
        found, "opportunities:\n  acme: {name: x, closing_date: 2027-03-31, account: none, value: 5 USD}\n"
    )

    assert [problem.detail for problem in result.left] == [
        "opportunity.acme name: acme should be x. The table would declare something else."
    ]
    assert (found.root / TABLE).read_text() == table


def test_a_manifest_of_the_project_is_in_place_already(tmp_path: Path) -> None:
    """And one that is reached through a link is not written."""
    text = "opportunities:\n  acme: {name: A, closing_date: 2027-03-31, value: 5 USD, account: none}\n"
    found = project(tmp_path, {"kept/deals.yaml": text})
    (found.root / "opportunities").mkdir()
    (found.root / DEALS).symlink_to("../kept/deals.yaml")

    assert into_place(found, found.root / DEALS) == fixing.Fixed((), {}, (), 0)
    result = put(found, text.replace("name: A", "name: B"))
    assert ["reached through a link" in problem.detail for problem in result.left] == [True]
    assert (found.root / DEALS).read_text() == text


# Entries at random

VALUES: Final[Mapping[str, list[Any]]] = {
    "name": ["Acme", 'Big; A, "x"', "=1+1", "Zoë"],
    "closing_date": ["2027-03-31", "2027-04-01"],
    "value": ["100 USD", "250.50 EUR", "7"],
    "account": ["info@acme.example", "none"],
    "description": ["Some text", "two\nlines", "true", "# x"],
    "fields": [{"cf_region": "EMEA"}, {"cf_region": "APAC", "cf_seats": "12"}],
    "contacts": [["bob@acme.example"], ["bob@acme.example", "eve@acme.example"]],
}
NEEDED: Final = ("name", "closing_date", "value", "account")


@st.composite
def entries(draw: st.DrawFn) -> dict[str, dict[str, Any]]:
    found = {}
    for key in ("a", "b"):
        more = draw(st.sets(st.sampled_from(sorted(VALUES.keys() - set(NEEDED)))))
        names = [*NEEDED, *sorted(more)]
        found[key] = {name: draw(st.sampled_from(VALUES[name])) for name in names}
        found[key]["name"] = f"{found[key]['name']} {key}"  # else they would be one deal
    return found


def as_yaml(found: Mapping[str, Mapping[str, Any]]) -> str:
    return "".join(documents({"opportunities": found}))


def as_table(found: Mapping[str, Mapping[str, Any]]) -> str:
    """All columns there are, so that everything has a place."""
    all_ = {name: values[-1] for name, values in VALUES.items()}
    rows = [(OPPORTUNITY, key, entry) for key, entry in {**found, "zz": all_}.items()]
    return csv_text(tabulate(rows, NO_RULES))


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(entries(), entries(), st.sampled_from(["yaml", "csv"]), st.sampled_from(["yaml", "csv"]))
def test_whatever_was_corrected_is_declared_where_it_came_from(
    tmp_path: Path, old: dict[str, Any], new: dict[str, Any], there: str, here: str
) -> None:
    """From YAML and from tables, into YAML and into tables; done again there is nothing to do."""
    texts = {"yaml": as_yaml, "csv": as_table}
    name, other = (
        f"opportunities/deals.{there}",
        f"opportunities/deals.{'csv' if there == 'yaml' else 'yaml'}",
    )
    (tmp_path / other).unlink(missing_ok=True)
    found = project(tmp_path, {name: texts[there](old)})
    corrected = (
        texts[here](new) if there == "csv" or here == "yaml" else texts[here](new).rsplit("\nzz,", 1)[0]
    )
    if here == "csv" and there == "yaml":
        corrected = "\n".join(line for line in texts[here](new).splitlines() if not line.startswith("zz,"))

    result = put(found, corrected, f"r.{here}")

    assert result.left == ()
    again = into_place(found, found.root / f"r.{here}")
    assert (again.made, again.files) == ((), {})
