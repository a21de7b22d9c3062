"""Amounts, currencies and rates. Source: OAS CurrencyExchangeRate(sList), DOC create-opportunity."""

from typing import Any

import httpx
import pytest

from syncer.sandbox import world
from syncer.sandbox.server import Sandbox
from syncer.sandbox.switches import Switches

NOBODY = "00000000-0000-0000-0000-00000000dead"
USD = world.BASE_CURRENCY_ID


@pytest.fixture
def eur(sandbox: Sandbox) -> str:
    return str(sandbox.store.find("Currency", code="EUR")["id"])


def send(api: httpx.Client, deal: dict[str, Any], **value: Any) -> Any:
    answer = api.post("/Opportunities", json=deal | {"value": value})
    return answer.json()["data"]["value"] if answer.status_code == 201 else answer.json()["message"].strip()


def test_one_amount_is_enough(api: httpx.Client, deal: dict[str, Any], eur: str) -> None:
    """EUR is at 0.9 in the list in force; foreign = base * rate."""
    assert send(api, deal, base_value=100, currency_id=eur) == {
        "base_value": 100.0,
        "currency_id": eur,
        "value_foreign": 90.0,
    }
    assert send(api, deal, value_foreign=90, currency_id=eur)["base_value"] == 100.0


def test_in_the_base_currency_both_amounts_are_equal(api: httpx.Client, deal: dict[str, Any]) -> None:
    both = {"base_value": 12.34, "currency_id": USD, "value_foreign": 12.34}
    assert send(api, deal, base_value=12.34, currency_id=USD) == both
    assert send(api, deal, value_foreign=12.34, currency_id=USD) == both


def test_base_value_wins_when_both_amounts_disagree(
    api: httpx.Client, deal: dict[str, Any], eur: str
) -> None:
    assert send(api, deal, base_value=100, value_foreign=5, currency_id=eur)["value_foreign"] == 90.0


def test_disagreeing_amounts_may_end_otherwise(serve: Any, deal: dict[str, Any]) -> None:
    for switch, expected in (
        ("foreign-wins", 10.0),
        ("refused", "[value] base_value and value_foreign disagree."),
    ):
        with serve(switches=Switches(both_amounts=switch)) as (sandbox, client):
            eur = sandbox.store.find("Currency", code="EUR")["id"]
            got = send(client, deal, base_value=100, value_foreign=9, currency_id=eur)
            assert (got["base_value"] if isinstance(got, dict) else got) == expected
            fitting = send(client, deal, base_value=100, value_foreign=90, currency_id=eur)
            assert (fitting["base_value"], fitting["value_foreign"]) == (100.0, 90.0)


def test_amounts_are_rounded_to_six_decimals(
    api: httpx.Client, deal: dict[str, Any], eur: str, serve: Any
) -> None:
    assert send(api, deal, value_foreign=1, currency_id=eur)["base_value"] == 1.111111
    assert send(api, deal, base_value=0.12345678, currency_id=USD)["base_value"] == 0.123457
    with serve(switches=Switches(money_decimals=2)) as (_, client):
        assert send(client, deal, base_value=0.126, currency_id=USD)["value_foreign"] == 0.13


def test_an_unknown_currency_is_error_120_on_value(api: httpx.Client, deal: dict[str, Any]) -> None:
    answer = api.post("/Opportunities", json=deal | {"value": {"base_value": 1, "currency_id": NOBODY}})
    (wrapper,) = answer.json()["field_errors"]
    assert (answer.status_code, wrapper["field_name"]) == (422, "value")
    assert [(e["code"], e["message"]) for e in wrapper["errors"]] == [
        (120, f"[value] Relation Opportunity.value={NOBODY} to Currency doesn't exist!")
    ]


def test_a_currency_without_a_rate_in_force_is_refused(
    sandbox: Sandbox, api: httpx.Client, deal: dict[str, Any]
) -> None:
    gbp = sandbox.store.find("Currency", code="GBP")["id"]
    text = f"[value] No exchange rate of currency {gbp} is in force."
    assert send(api, deal, base_value=1, currency_id=gbp) == text


@pytest.mark.parametrize(
    ("value", "part"),
    [({"base_value": 1}, "currency_id"), ({"currency_id": USD}, "base_value"), ({}, "currency_id")],
)
def test_currency_and_an_amount_are_required(
    api: httpx.Client, deal: dict[str, Any], value: dict[str, Any], part: str
) -> None:
    assert send(api, deal, **value) == f"Non-null field 'value.{part}' is null or empty."


def test_a_value_cannot_be_null(sandbox: Sandbox, api: httpx.Client, deal: dict[str, Any]) -> None:
    text = "\nNon-null field 'value' is null or empty."
    key = sandbox.store.create("Opportunity", deal)
    assert api.post("/Opportunities", json=deal | {"value": None}).json()["message"] == text
    assert api.patch(f"/Opportunities/{key}", json={"value": None}).json()["message"] == text


def test_the_list_in_force_is_the_latest_that_has_started(
    sandbox: Sandbox, api: httpx.Client, deal: dict[str, Any], eur: str
) -> None:
    body = {
        "valid_from": "2025-06-01T15:30:00",
        "currency_exchange_rates": [{"currency_id": eur, "exchange_rate": 2}],
    }
    made = api.post("/CurrencyExchangeRatesLists", json=body).json()["data"]
    assert made["valid_from"] == "2025-06-01 00:00:00.000000+00:00"
    assert send(api, deal, base_value=100, currency_id=eur)["value_foreign"] == 200.0
    sandbox.store.delete("CurrencyExchangeRatesList", made["id"])
    assert send(api, deal, base_value=100, currency_id=eur)["value_foreign"] == 90.0


def test_a_record_may_name_its_own_list(
    sandbox: Sandbox, api: httpx.Client, deal: dict[str, Any], eur: str
) -> None:
    old = sandbox.store.find("CurrencyExchangeRatesList", valid_from="2020-01-01 00:00:00.000000+00:00")["id"]
    deal["currency_exchange_rates_list_id"] = old
    assert send(api, deal, base_value=100, currency_id=eur)["value_foreign"] == 80.0


def test_rates_are_positive_and_not_of_the_base_currency(
    sandbox: Sandbox, api: httpx.Client, eur: str
) -> None:
    rates = sandbox.store.rows("CurrencyExchangeRatesList")[0]["id"]

    def message(**body: Any) -> str:
        body |= {"currency_exchange_rate_list_id": rates}
        return str(api.post("/CurrencyExchangeRates", json=body).json()["message"])

    assert message(currency_id=eur, exchange_rate=0) == "\n[exchange_rate] A rate must be above zero."
    assert message(currency_id=USD, exchange_rate=1) == "\n[currency_id] The base currency has no rate."


def test_currencies_list_their_rates(api: httpx.Client, eur: str) -> None:
    query = {"expand": "currency_exchange_rates", "load-only": "code,currency_exchange_rates.exchange_rate"}
    shown = api.get(f"/Currencies/{eur}", params=query).json()["data"]
    assert shown == {
        "code": "EUR",
        "currency_exchange_rates": [{"exchange_rate": r} for r in (0.8, 0.9, 1.1)],
    }
    body = {"code": "CHF", "currency_exchange_rates": []}
    assert api.post("/Currencies", json=body).json()["data"]["is_base"] is False


def test_an_update_of_the_value_computes_anew(
    sandbox: Sandbox, api: httpx.Client, deal: dict[str, Any], eur: str
) -> None:
    key = sandbox.store.create("Opportunity", deal)
    changed = api.patch(f"/Opportunities/{key}", json={"value": {"value_foreign": 45, "currency_id": eur}})
    assert changed.json()["data"]["value"] == {"base_value": 50.0, "currency_id": eur, "value_foreign": 45.0}


def test_custom_money_fields_work_the_same(api: httpx.Client, deal: dict[str, Any], eur: str) -> None:
    made = api.post("/Opportunities", json=deal | {"cf_services": {"base_value": 10, "currency_id": eur}})
    assert made.json()["data"]["cf_services"] == {
        "base_value": 10.0,
        "currency_id": eur,
        "value_foreign": 9.0,
    }
    bad = api.post("/Opportunities", json=deal | {"cf_services": {"base_value": 10}})
    assert bad.json()["message"] == "\nNon-null field 'cf_services.currency_id' is null or empty."


def test_list_prices_are_rounded_to_six_decimals(sandbox: Sandbox, api: httpx.Client) -> None:
    row = sandbox.store.rows("ProductPriceListPrice")[0]
    answer = api.patch(f"/ProductPriceListPrices/{row['id']}", json={"price": 1.23456789})
    assert answer.json()["data"]["price"] == 1.234568
    assert (
        api.patch(f"/ProductPriceListPrices/{row['id']}", json={"price": None}).json()["data"]["price"]
        is None
    )
