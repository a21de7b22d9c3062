"""Tables that other programs export go in with nothing but `tables:` in syncer.yaml."""

from pathlib import Path
from typing import Final

import pytest

from syncer import manifest
from syncer.project import load as projects

EXPORTS: Final = Path(__file__).parent / "exports"
SETTINGS: Final = {
    "salesforce": """
  columns:
    {Opportunity Name: name, Account Email: account, Amount: value, Amount Currency: currency,
     Close Date: closing_date, Stage: step, Owner Email: owner, "Probability (%)": null, Created Date: null,
     Opportunity Owner: null, Next Step: null}
  values: {step: {Prospecting: First, Negotiation/Review: Second}}
  dates: MM/DD/YYYY
  thousands: ","
  key: "{Opportunity ID}"
""",
    "hubspot": """
  columns:
    {Deal Name: name, Deal Stage: step, Close Date: closing_date, Deal owner: owner, Amount: value,
     Associated Company: account, Associated Contact: contacts, Create Date: null}
  values:
    step: {Appointment Scheduled: First, Contract Sent: Second}
    owner: {Dana Doe: dana@example.com}
    account: {Acme (HubSpot): info@acme.example}
    pipeline: {Sales Pipeline: Test Pipeline}
  dates: YYYY-MM-DD hh:mm
  key: "hub-{Record ID}"
""",
    "pipedrive": """
  columns:
    {"Deal - Title": name, "Deal - Owner": owner, "Deal - Organization": account, "Deal - Value": value,
     "Deal - Currency of Value": currency, "Deal - Pipeline": pipeline, "Deal - Stage": step,
     "Deal - Expected close date": closing_date, "Deal - Status": null}
  values:
    owner: {Dana Doe: dana@example.com}
    pipeline: {Pipeline: Test Pipeline}
    step: {Qualified: First, Proposal Made: Second}
  key: "deal-{Deal - ID}"
""",
    "dynamics": """
  columns:
    {Topic: name, Potential Customer: account, Est. Close Date: closing_date, Est. Revenue: value,
     Currency: currency, Owner: owner, Status Reason: null, "(Do Not Modify) Row Checksum": null}
  values:
    owner: {Dana Doe: dana@example.com}
    currency: {US Dollar: USD}
  dates: DD.MM.YYYY
  decimal: ","
  thousands: "."
  key: "{(Do Not Modify) Opportunity}"
""",
    "pipeliner": """
  columns: {Opportunity Name: name, Sales Unit: unit, Sales Step: step, Primary Contact: contacts}
  key: "{Opportunity Name}"
""",
}


@pytest.mark.parametrize("program", sorted(SETTINGS))
def test_an_export_goes_in_as_it_is(tmp_path: Path, program: str) -> None:
    """Each of thirty rows is a deal, and no column is left that nobody has decided about."""
    (tmp_path / "opportunities").mkdir()
    (tmp_path / "opportunities" / "export.csv").write_bytes((EXPORTS / f"{program}.csv").read_bytes())
    defaults = "defaults: {pipeline: Test Pipeline}\n"
    (tmp_path / "syncer.yaml").write_text(f"{defaults}tables:{SETTINGS[program]}", encoding="utf-8")

    found = manifest.read(projects.load(tmp_path, {}))

    first = min(found.declared, key=lambda entry: entry.span.line)
    assert (len(found.declared), found.warnings) == (30, ())
    assert (first.values["name"], str(first.values["closing_date"])) == ("Acme renewal 2027", "2027-01-01")
    assert {entry.values["owner"].text for entry in found.declared} == {"dana@example.com"}
    assert {entry.values["value"].currency.text for entry in found.declared} == {"USD"}
    assert {entry.values["accounts"][0].reference.text for entry in found.declared} == {"info@acme.example"}
