"""`syncer import --format csv|xlsx`: what is there, as tables."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from syncer.sandbox import world
from syncer.sandbox.server import Sandbox
from syncer.tables.workbook import sheets
from tests.support import Ran

Run = Callable[..., Ran]
Make = Callable[..., Path]
BARE = "version: 1\n"


def deal(sandbox: Sandbox, name: str, **changes: Any) -> str:
    """Make an opportunity of Dana for Acme in the CRM; return its id."""
    store = sandbox.store
    body = {
        "name": name,
        "owner_id": store.find("Client", email="dana@example.com")["id"],
        "step_id": store.find("Step", name="Contacted")["id"],
        "closing_date": "2027-03-31",
        "value": {"base_value": 1500.5, "currency_id": world.BASE_CURRENCY_ID},
        "account_relations": [
            {"account_id": store.find("Account", name="Acme Corporation")["id"], "is_primary": True}
        ],
        **changes,
    }
    return store.create("Opportunity", body)


def test_tables_plan_to_nothing_and_are_remembered(sandbox: Sandbox, project: Make, syncer: Run) -> None:
    """A hostile name is a text; `tables` says how the file looks; what is imported is agreed."""
    deal(sandbox, "=Zürich", description="two\nlines")
    folder = project({}, "tables: {columns: {Deal Name: name}, dates: DD.MM.YYYY}\n")
    ran = syncer("import", "--owner", "dana@example.com", "--format", "csv", cwd=folder)

    assert (ran.code, ran.out) == (0, "opportunities/dana.csv\n")
    assert "To see that it plans to nothing: syncer plan" in ran.err
    assert (folder / "opportunities/dana.csv").read_text("utf-8-sig") == (
        "key,Deal Name,owner,pipeline,step,closing_date,value,currency,account,unit,type,description\n"
        "zurich,'=Zürich,dana@example.com,Renewals,Contacted,31.03.2027,1500.50,USD,info@acme.example,"
        'Sales EMEA,Standard,"two\nlines"\n'
    )
    plan = syncer("plan", "--detailed-exitcode", cwd=folder)
    assert (plan.code, "No changes." in plan.out) == (0, True)
    assert '"records": 1' in syncer("state", "show", "--format", "json", cwd=folder).out


def test_a_table_is_replaced_only_when_that_is_asked_for(
    sandbox: Sandbox, project: Make, syncer: Run
) -> None:
    """What a table declares is left out; with --force it is written anew, other files are not."""
    deal(sandbox, "One")
    folder = project({}, BARE)
    asked = ("import", "--owner", "dana@example.com", "--format", "csv")
    syncer(*asked, cwd=folder)
    deal(sandbox, "Two")
    again = syncer(*asked, cwd=folder)
    forced = syncer(*asked, "--force", cwd=folder)

    assert (again.code, "opportunities/dana.csv exists already." in again.err) == (1, True)
    assert (forced.code, forced.out) == (0, "opportunities/dana.csv\n")
    assert (folder / "opportunities/dana.csv").read_text().count("\n") == 3
    assert "Nothing to import." in syncer(*asked[:3], "--force", cwd=folder).err


def test_what_a_table_cannot_say_is_refused(sandbox: Sandbox, project: Make, syncer: Run) -> None:
    """All of it is named, and nothing is written."""
    store = sandbox.store
    role = store.find("SalesRole", name="Champion")["id"]
    contact = store.find("Contact", email1="eve@acme.example")["id"]
    links = [{"contact_id": contact, "is_primary": True, "sales_roles": [{"sales_role_id": role}]}]
    deal(sandbox, "One", contact_relations=links)
    deal(sandbox, "Two", contact_relations=links)
    folder = project({}, BARE)
    ran = syncer("import", "--owner", "dana@example.com", "--format", "csv", cwd=folder)

    assert (ran.code, ran.out) == (1, "")
    for key in ("one", "two"):
        assert f"contacts of opportunity.{key} cannot be said in a table" in " ".join(ran.err.split())
    assert "hint: import it as YAML: --format yaml" in ran.err
    assert not (folder / "opportunities").exists()


def test_what_manifests_cannot_say_is_listed_where_tables_have_no_comments(
    sandbox: Sandbox, project: Make, syncer: Run
) -> None:
    """The field, and why."""
    deal(sandbox, "One", description="a\x07b")
    folder = project({}, BARE)
    ran = syncer("import", "--owner", "dana@example.com", "--format", "csv", cwd=folder)

    assert ran.code == 0
    assert "1 with a part that manifests cannot say\n" in ran.err
    assert "opportunity.one: description: it holds the control character U+0007" in ran.err


def test_a_workbook_is_for_people_and_nothing_is_agreed_by_it(
    sandbox: Sandbox, project: Make, syncer: Run
) -> None:
    """It holds a sheet for each kind with lists to choose from; converted, it plans to nothing."""
    deal(sandbox, "One")
    folder = project({}, BARE)
    ran = syncer("import", "--owner", "dana@example.com", "--format", "xlsx", "--out", "all.xlsx", cwd=folder)

    assert (ran.code, ran.out) == (0, "all.xlsx\n")
    assert "syncer convert all.xlsx --to csv --out opportunities/new.csv" in ran.err
    data = (folder / "all.xlsx").read_bytes()
    assert [sheet.name for sheet in sheets(data, "all.xlsx")] == ["Opportunities"]
    assert sheets(data, "all.xlsx", "Lists")[0].cells[0][:2] == ["owner", "pipeline"]
    assert '"records": 0' in syncer("state", "show", "--format", "json", cwd=folder).out
    syncer("convert", "all.xlsx", "--to", "yaml", "--out", "opportunities/all.yaml", cwd=folder)
    plan = syncer("plan", "--detailed-exitcode", cwd=folder)
    assert (plan.code, "No changes." in plan.out) == (0, True), plan.out + plan.err


def test_a_workbook_of_nothing_is_not_written(sandbox: Sandbox, project: Make, syncer: Run) -> None:
    """There is nothing to open."""
    del sandbox
    folder = project({}, BARE)
    ran = syncer("import", "--owner", "mei@example.com", "--format", "xlsx", "--out", "x.xlsx", cwd=folder)

    assert (ran.code, ran.out, "Nothing to import." in ran.err) == (0, "", True)
    assert not (folder / "x.xlsx").exists()


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("--format", "xlsx"), 64, "A workbook needs a file."),
        (("--format", "xlsx", "--out", "deals"), 64, "--out deals is no workbook."),
        (("--format", "csv", "--out", "syncer.yaml"), 64, "--out syncer.yaml is a file"),
        (("--format", "xlsx", "--out", "../x.xlsx"), 1, "../x.xlsx is not in the project"),
        (("--format", "xlsx", "--out", "there.xlsx"), 1, "there.xlsx exists already."),
    ],
)
def test_where_tables_go_is_checked(
    sandbox: Sandbox, project: Make, syncer: Run, arguments: tuple[str, ...], code: int, said: str
) -> None:
    """A workbook is a file, manifests go into a folder, both of the project."""
    del sandbox
    folder = project({"there.xlsx": ""}, BARE)
    ran = syncer("import", *arguments, cwd=folder)

    assert (ran.code, ran.out) == (code, "")
    assert said in ran.err
