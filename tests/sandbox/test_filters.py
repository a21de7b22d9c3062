"""Filters. Source: OAS filter-op; the meaning of each operator is assumed from its name."""

from typing import Any

import httpx
import pytest

from syncer.sandbox.server import Sandbox
from syncer.sandbox.switches import Switches

Params = list[tuple[str, str | int | float | bool | None]]


def names(client: httpx.Client, field: str, op: str, *values: str, entity: str = "Accounts") -> set[str]:
    query: Params = [
        ("load-only", "name"),
        ("first", "100"),
        (f"filter-op[{field}]", op),
    ]
    query += [(f"filter[{field}]", value) for value in values]
    answer = client.get(f"/{entity}", params=query)
    assert answer.status_code == 200, answer.text
    return {row["name"] for row in answer.json()["data"]}


@pytest.mark.parametrize(
    ("op", "value", "expected"),
    [
        ("eq", "Hooli", {"Hooli"}),
        ("eq", "hooli", set()),
        ("ieq", "hOOLI", {"Hooli"}),
        ("contains", "Research", {"Globex Research"}),
        ("contains", "research", set()),
        ("contains", "%", set()),
        ("icontains", "RESEARCH", {"Globex Research"}),
        ("icontains", "_", set()),
        ("starts", "Globex", {"Globex", "Globex Research"}),
        ("starts", "globex", set()),
        ("istarts", "globex", {"Globex", "Globex Research"}),
        ("ends", "Traders", {"Northwind Traders"}),
        ("ends", "traders", set()),
        ("iends", "TRADERS", {"Northwind Traders"}),
        ("gte", "Wattle", {"Wattle Mining", "Ziemann and Sons"}),
        ("gt", "Wattle Mining", {"Ziemann and Sons"}),
        ("lte", "Acme Corporation", {"Acme Corporation"}),
        ("lt", "Atlas Cement", {"Acme Corporation"}),
    ],
)
def test_operators_on_text(api: httpx.Client, op: str, value: str, expected: set[str]) -> None:
    assert names(api, "name", op, value) == expected


def test_negated_operators_give_the_rest(api: httpx.Client) -> None:
    everybody = names(api, "name", "not-empty")
    assert names(api, "name", "not-eq", "Hooli") == everybody - {"Hooli"}
    assert names(api, "name", "not-eq", "hooli") == everybody
    assert names(api, "name", "not-ieq", "hooli") == everybody - {"Hooli"}


def test_letters_beyond_ascii_ignore_case_too(sandbox: Sandbox, api: httpx.Client) -> None:
    sandbox.edit("Account", sandbox.store.find("Account", name="Hooli")["id"], name="ÄRGER Straße")
    for op, value in (
        ("ieq", "ärger STRASSE"),
        ("icontains", "ÄrGer"),
        ("istarts", "ärg"),
        ("iends", "STRAẞE"),
    ):
        assert names(api, "name", op, value) == {"ÄRGER Straße"}
    assert names(api, "name", "ieq", "ä") == set()
    assert "ÄRGER Straße" not in names(api, "name", "not-ieq", "ärger strasse")


def test_an_empty_text_is_found_anywhere(api: httpx.Client) -> None:
    for op in ("contains", "starts", "ends", "icontains"):
        assert len(names(api, "name", op, "")) == 40


def test_eq_is_the_operator_when_none_is_named(api: httpx.Client) -> None:
    assert [r["code"] for r in api.get("/Currencies", params={"filter[code]": "EUR"}).json()["data"]] == [
        "EUR"
    ]


def test_null_and_empty_come_without_a_value(sandbox: Sandbox, api: httpx.Client) -> None:
    """A reference can be null; a text is "" and so never null, but empty."""
    query = {
        "filter[is_deleted]": "false",
        "filter-op[lead_process_id]": "null",
        "filter-op[pipeline_id]": "not-null",
    }
    assert api.get("/Steps", params=query).json()["total"] == len(sandbox.store.rows("Step")) == 20
    assert names(api, "industry_id", "null") == set()
    assert names(api, "email1", "null") == set()
    assert names(api, "email1", "empty") == {
        "Initech",
        "Umbra Optics",
        "Quiet Partners",
        "Jade Semiconductors",
    }
    assert names(api, "email5", "not-empty") == {"Jade Semiconductors"}
    assert len(names(api, "parent_account_id", "empty")) == len(names(api, "name", "not-null")) == 40


def test_between_includes_both_ends(api: httpx.Client) -> None:
    assert names(api, "name", "between", "Globex", "Globex Research") == {"Globex", "Globex Research"}
    answer = api.get("/Accounts", params={"filter-op[name]": "between", "filter[name]": "a"})
    assert (answer.status_code, answer.json()["code"]) == (400, 117)


def test_numbers_dates_and_booleans_compare_as_such(sandbox: Sandbox, api: httpx.Client) -> None:
    def steps(op: str, *values: str) -> list[int]:
        given: Params = [("filter[percent]", v) for v in values]
        query = [
            *given,
            ("filter-op[percent]", op),
            ("order-by", "percent"),
        ]
        return [row["percent"] for row in api.get("/Steps", params=query).json()["data"]]

    assert steps("lt", "25") == [10, 10, 15]
    assert steps("between", "85", "90") == [85, 90]
    assert names(api, "closing_date", "gte", "2027-01-15", entity="Opportunities") == {
        "Globex expansion",
        "Initech rollout  ",
    }
    assert names(api, "is_archived", "eq", "true", entity="Opportunities") == {"Hooli pilot"}
    assert names(api, "is_archived", "eq", "false", entity="Opportunities") == {
        "Globex expansion",
        "Initech rollout  ",
    }
    price = sandbox.store.rows("ProductPriceListPrice")[0]["id"]
    query = {"filter[price]": "121.5", "filter-op[price]": "lt", "load-only": "id"}
    assert api.get("/ProductPriceListPrices", params=query).json()["data"] == [{"id": price}]


@pytest.mark.parametrize(
    "moment",
    [
        "2019-01-30T11:05:33Z",
        "2019-01-30 11:05:33",
        "2019-01-30 12:05:33+01:00",
        "2019-01-30T11:05:33.000000",
    ],
)
def test_times_may_be_written_in_several_ways(api: httpx.Client, moment: str) -> None:
    assert names(api, "modified", "eq", moment, entity="Pipelines") == {"Test Pipeline"}


def test_a_bare_date_is_its_midnight(sandbox: Sandbox, api: httpx.Client) -> None:
    assert len(names(api, "modified", "gte", "2019-01-30", entity="Pipelines")) == 4
    assert names(api, "modified", "gte", "2019-01-31", entity="Pipelines") == set()
    sandbox.edit("Pipeline", sandbox.store.find("Pipeline", name="Partner")["id"], color=1)
    assert names(api, "modified", "gte", "2019-01-31", entity="Pipelines") == {"Partner"}


@pytest.mark.parametrize(
    ("entity", "field", "value"),
    [
        ("Opportunities", "is_archived", "maybe"),
        ("Opportunities", "ranking", "high"),
        ("Opportunities", "closing_date", "soon"),
        ("Opportunities", "modified", "yesterday"),
        ("ProductPriceListPrices", "price", "cheap"),
        ("Opportunities", "label_flag", "red"),
    ],
)
def test_a_value_of_the_wrong_kind_is_refused(api: httpx.Client, entity: str, field: str, value: str) -> None:
    answer = api.get(f"/{entity}", params={f"filter[{field}]": value})
    assert (answer.status_code, answer.json()["code"]) == (400, 117)


def test_several_fields_must_all_match(api: httpx.Client) -> None:
    query = {"filter[name]": "Northwind Traders", "filter[country]": "USA", "load-only": "city"}
    assert api.get("/Accounts", params=query).json()["data"] == [{"city": "Seattle"}]


def test_several_values_of_one_field_mean_any(api: httpx.Client) -> None:
    assert names(api, "name", "eq", "Globex", "Hooli", "Nobody") == {"Globex", "Hooli"}
    assert names(api, "name", "starts", "Globex", "Hoo") == {"Globex", "Globex Research", "Hooli"}
    assert len(names(api, "name", "not-eq", "Globex", "Hooli")) == 38


def test_several_values_may_be_cut_or_refused(serve: Any) -> None:
    with serve(switches=Switches(several_values="first")) as (_, client):
        assert names(client, "name", "eq", "Globex", "Hooli") == {"Globex"}
    with serve(switches=Switches(several_values="refused")) as (_, client):
        query = [("filter[name]", "Globex"), ("filter[name]", "Hooli")]
        assert client.get("/Accounts", params=query).status_code == 400
        assert names(client, "name", "eq", "Globex") == {"Globex"}


def test_operators_that_ignore_case_may_be_missing(serve: Any) -> None:
    with serve(switches=Switches(ieq="unsupported")) as (_, client):
        query = {"filter[name]": "hooli", "filter-op[name]": "ieq"}
        assert client.get("/Accounts", params=query).status_code == 400
        assert names(client, "name", "eq", "Hooli") == {"Hooli"}


def test_plain_operators_may_ignore_case(serve: Any) -> None:
    with serve(switches=Switches(eq_case="ignored")) as (_, client):
        assert names(client, "name", "eq", "hooli") == names(client, "name", "contains", "OOLI") == {"Hooli"}


def test_computed_fields_can_be_filtered_and_sorted(api: httpx.Client) -> None:
    assert names(api, "status", "eq", "2", entity="Opportunities") == {"Hooli pilot"}
    query = {"order-by": "-formatted_name", "first": "1", "load-only": "formatted_name"}
    assert api.get("/Contacts", params=query).json()["data"] == [{"formatted_name": "Zoe Lambert"}]


def test_custom_fields_can_be_filtered_by_api_name(sandbox: Sandbox, api: httpx.Client) -> None:
    key = sandbox.store.find("Opportunity", name="Globex expansion")["id"]
    sandbox.edit("Opportunity", key, cf_syncer_key="k1", cf_seats=12)
    assert names(api, "cf_syncer_key", "eq", "k1", entity="Opportunities") == {"Globex expansion"}
    assert names(api, "cf_seats", "gt", "11", entity="Opportunities") == {"Globex expansion"}
    answer = api.get("/Opportunities", params={"filter[cf_competitors]": "x"})
    assert answer.status_code == 400


def test_accounts_share_an_email_in_different_slots(api: httpx.Client) -> None:
    found = [names(api, f"email{slot}", "ieq", "INFO@globex.example") for slot in range(1, 6)]
    assert found == [{"Globex"}, set(), {"Globex Research"}, set(), set()]
