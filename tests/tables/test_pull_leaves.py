"""What moved in the CRM is not written into a table: pull says so, with the cell."""

from collections.abc import Callable
from pathlib import Path

from syncer.sandbox.server import Sandbox
from tests.support import Ran

TABLE = (
    "key,name,owner,pipeline,step,closing_date,value,account\n"
    "acme,Acme renewal,dana@example.com,Renewals,Contacted,2027-03-31,100 USD,info@acme.example\n"
)


def test_pull_leaves_tables_alone_and_says_so(
    sandbox: Sandbox, project: Callable[..., Path], syncer: Callable[..., Ran]
) -> None:
    """The cell is named, with what to write into it by hand; the file stays as it is."""
    folder = project({"opportunities/deals.csv": TABLE})
    syncer("apply", "--auto-approve", cwd=folder)
    (deal,) = [row for row in sandbox.store.rows("Opportunity") if row["name"] == "Acme renewal"]
    sandbox.edit("Opportunity", deal["id"], closing_date="2027-04-30")

    ran = syncer("pull", cwd=folder)

    said = " ".join(ran.err.split())
    assert "opportunities/deals.csv:2:55 (F2, closing_date)" in said
    assert "opportunities/deals.csv is a table, which is not written into; change the cell by hand." in said
    assert "closing_date: 2027-04-30" in said
    assert (folder / "opportunities/deals.csv").read_text() == TABLE
