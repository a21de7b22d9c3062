"""Foreign amounts are stored as they were reviewed, whatever became of the rates meanwhile."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from syncer.model.codes import ExitCode
from syncer.sandbox.server import Sandbox
from tests.support import MANIFEST, manifest, one, writes

Make = Callable[..., Any]
SETTINGS = (
    "version: 1\npolicy: {existing: update, guards: {closing_date_in_past: allow, max_value: 500 USD}}\n"
)
GRACE = ("--grace", "0.05")


def _move_rate(sandbox: Sandbox, code: str, factor: float) -> None:
    currency = sandbox.store.find("Currency", code=code)["id"]
    for row in sandbox.store.rows("CurrencyExchangeRate"):
        if row["currency_id"] == currency:
            sandbox.store.edit("CurrencyExchangeRate", row["id"], exchange_rate=row["exchange_rate"] * factor)


def _stored(sandbox: Sandbox) -> float:
    value = sandbox.store.find("Opportunity", name="Acme renewal 2027")["value"]
    return round(float(value["value_foreign"]), 2)


@pytest.fixture
def planned(sandbox: Sandbox, project: Make, syncer: Make) -> Callable[[str], Path]:
    """Save a plan for a deal with a value."""

    def make(value: str) -> Path:
        entries = {"acme-renewal-2027": {"value": value}, "other": {"name": "Other", "value": "7 USD"}}
        folder: Path = project(manifest(entries), settings=SETTINGS)
        assert syncer("plan", "--out", "plan.json", cwd=folder).code == 0
        sandbox.requests.clear()
        return folder

    return make


@pytest.mark.parametrize("factor", [0.5, 1.5])
def test_a_rate_that_moved_after_the_plan_changes_no_foreign_amount(
    sandbox: Sandbox, planned: Make, syncer: Make, factor: float
) -> None:
    folder = planned("80 EUR")
    _move_rate(sandbox, "EUR", factor)

    assert (syncer("apply", "plan.json", *GRACE, cwd=folder).code, _stored(sandbox)) == (0, 80.0)
    assert "No changes." in syncer("plan", cwd=folder).out

    (folder / MANIFEST).write_text(one(value="90 EUR"))
    assert syncer("plan", "--out", "update.json", cwd=folder).code == 0
    _move_rate(sandbox, "EUR", 1 / factor)
    assert (syncer("apply", "update.json", *GRACE, cwd=folder).code, _stored(sandbox)) == (0, 90.0)
    assert "No changes." in syncer("plan", cwd=folder).out


def test_a_guard_that_the_new_rate_breaches_stops_before_the_first_write(
    sandbox: Sandbox, planned: Make, syncer: Make
) -> None:
    folder = planned("80 EUR")
    _move_rate(sandbox, "EUR", 0.01)

    ran = syncer("apply", "plan.json", *GRACE, cwd=folder)

    assert (ran.code, writes(sandbox)) == (ExitCode.GUARD, [])
    assert "max_value is 500.00 USD" in ran.err
    allowed = syncer("apply", "plan.json", *GRACE, "--allow", "max_value", cwd=folder)
    assert (allowed.code, _stored(sandbox)) == (0, 80.0)


def test_a_currency_that_lost_its_rate_is_not_written_at_the_old_one(
    sandbox: Sandbox, planned: Make, syncer: Make
) -> None:
    folder = planned("80 EUR")
    sandbox.faults.add("null-key", path="CurrencyExchangeRates$", key="exchange_rate")

    ran = syncer("apply", "plan.json", *GRACE, cwd=folder)

    assert (ran.code, writes(sandbox)) == (ExitCode.ERROR, [])
    assert "opportunity.acme-renewal-2027 is in a currency that has no rate in force any more." in ran.err


def test_rates_are_read_only_where_they_matter(sandbox: Sandbox, planned: Make, syncer: Make) -> None:
    assert syncer("apply", "plan.json", *GRACE, cwd=planned("80 USD")).code == 0
    assert sandbox.requests.count("GET", "CurrencyExchangeRates") == 0
