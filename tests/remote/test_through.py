"""Opportunities read as those of their accounts, however the list of relations turns out."""

from dataclasses import replace
from typing import Any

import pytest

from syncer.remote.query import Answer, Query, Through, read

PAGES = 6  # of opportunities, so that a look at two accounts is cheaper


def opportunity(number: int, account: str) -> dict[str, Any]:
    return {"id": f"{number:04}", "is_deleted": False, "name": f"Deal {number}", "links": [account]}


DEALS = [opportunity(number, f"a{number % 300}") for number in range(PAGES * 100)]


def relation(deal: dict[str, Any], **changes: Any) -> dict[str, Any]:
    return {"id": f"r{deal['id']}", "account_id": deal["links"][0], "oppty": deal, "lead": None, **changes}


def service_of(space: Any, relations: list[dict[str, Any]], make_table: Any, **turn: Any) -> Any:
    deals = make_table({deal["id"]: deal for deal in DEALS})
    links = make_table({row["id"]: row for row in relations}, **turn)
    return space.service(lambda call: (links if call.path.endswith("Relations") else deals)(call))


def ask(space: Any, service: Any, *accounts: str) -> Answer:
    through = Through(
        "Relations",
        "account_id",
        "oppty",
        "lead",
        len(accounts),
        lambda: accounts,
        lambda row, account: account in row["links"],
    )
    wanted = set(accounts)
    query = Query(
        "Opportunities",
        ("name",),
        wanted={},
        also=lambda row: bool(wanted & set(row["links"])),
        through=through,
        take=lambda row: row["id"],
    )
    answer = read(space.api(service.url), query)
    assert sorted(answer.rows) == sorted(read(space.api(service.url), replace(query, way="scan")).rows)
    return answer


def test_the_lists_of_few_accounts_are_read_instead_of_all(space: Any, make_table: Any) -> None:
    service = service_of(space, [relation(deal) for deal in DEALS], make_table)

    answer = ask(space, service, "a1", "a2")

    assert (sorted(answer.rows), answer.method, answer.requests) == (
        ["0001", "0002", "0301", "0302"],
        "probe",
        3,
    )
    query = next(call.query for call in service.calls if call.path.endswith("Relations"))
    assert (query["expand"], query["filter[account_id]"]) == ("oppty", "a1")
    assert "oppty.name" in query["load-only"].split(",")


def test_more_accounts_than_pages_are_not_asked_for(space: Any, make_table: Any) -> None:
    service = service_of(space, [relation(deal) for deal in DEALS], make_table)

    answer = ask(space, service, *(f"a{number}" for number in range(6)))

    assert (answer.method, answer.requests, len(answer.rows)) == ("scan", PAGES, 12)


def test_lists_that_turn_out_long_are_left_after_a_look(space: Any, make_table: Any) -> None:
    many = [{**deal, "links": ["a1"]} for deal in DEALS]
    service = service_of(space, [relation(deal) for deal in many], make_table)

    answer = ask(space, service, "a1", "a2")

    assert (answer.method, answer.requests) == ("scan", PAGES + 1)


def test_leads_and_what_is_deleted_are_passed_over(space: Any, make_table: Any) -> None:
    rows = [relation(DEALS[1]), relation(DEALS[2]), relation(DEALS[301]), relation(DEALS[302])]
    lead = {"id": "r9", "account_id": "a1", "oppty": None, "lead": "https://x.example/Leads/1"}
    gone = relation({**opportunity(9, "a1"), "is_deleted": True}, id="r8")
    service = service_of(space, [*rows, lead, gone], make_table)

    assert (ask(space, service, "a1", "a2").method) == "probe"


@pytest.mark.parametrize(
    "wrong",
    [
        {"oppty": "https://x.example/Opportunities/1"},
        {"oppty": {"name": "without its id", "links": ["a1"]}},
        {"oppty": {**DEALS[1], "links": []}},
    ],
    ids=["not expanded", "no id", "not linked"],
)
def test_a_list_that_contradicts_itself_is_not_trusted(space: Any, make_table: Any, wrong: Any) -> None:
    rows = [relation(deal) for deal in DEALS if deal["id"] != "0001"]
    service = service_of(space, [*rows, relation(DEALS[1], **wrong)], make_table)

    assert ask(space, service, "a1", "a2").method == "scan"


@pytest.mark.parametrize(
    "turn", [{"ignores": frozenset({"eq"})}, {"refuses": frozenset({"filter[account_id]"})}]
)
def test_a_service_that_does_not_filter_is_scanned(space: Any, make_table: Any, turn: Any) -> None:
    service = service_of(space, [relation(deal) for deal in DEALS], make_table, **turn)

    assert ask(space, service, "a1", "a2").method == "scan"
