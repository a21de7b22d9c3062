"""What is read of a space, and what it comes to."""

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from syncer.model.address import Address
from syncer.model.declared import All, Declared, Link, Money, Reference
from syncer.remote import lookup
from syncer.remote.client import Api
from syncer.resolve import wanted
from syncer.resolve.directory import Directory
from syncer.sandbox.server import Sandbox
from tests.strategies import Nowhere


@pytest.fixture(scope="module")
def demo() -> Iterator[Sandbox]:
    with Sandbox.serve() as running:
        yield running


@pytest.fixture
def api(demo: Sandbox) -> Iterator[Api]:
    demo.reset()
    with Api(demo.url, demo.space_id, demo.username, demo.password) as opened:
        yield opened


def entry(**values: Any) -> Declared:
    return Declared(Address("opportunity", "d"), {"closing_date": date(2027, 1, 1), **values}, Nowhere())


def read(
    api: Api, *entries: Declared, fields: tuple[str, ...] = (), whole: tuple[str, ...] = ()
) -> Directory:
    return lookup.lookup(api, wanted(entries), fields=fields, whole=whole)


def asked(demo: Sandbox) -> set[str]:
    return {request.path.rpartition("/")[2] for request in demo.requests}


ALWAYS = {"Pipelines", "Steps", "OpportunityTypes", "Currencies"}


@pytest.mark.parametrize(
    ("values", "entities"),
    [
        ({}, set()),
        ({"value": Money(Decimal(1))}, set()),
        ({"value": Money(Decimal(1), Reference("currency", text="USD"))}, set()),
        (
            {"value": Money(Decimal(1), Reference("currency", text="EUR"))},
            {"CurrencyExchangeRates", "CurrencyExchangeRatesLists"},
        ),
        ({"owner": Reference("owner", text="dana@example.com")}, {"Clients"}),
        ({"fields.cf_seats": 1}, {"Fields"}),
        ({"fields.cf_region": "EMEA"}, {"Fields", "Data"}),
        ({"lead_source": Reference("option", text="Web")}, {"Fields", "Data"}),
        ({"accounts": (Link(Reference("account", text="info@acme.example"), primary=True),)}, {"Accounts"}),
        (
            {
                "accounts": (Link(Reference("account", text="info@acme.example"), primary=True),),
                "contacts": All.CONTACTS,
            },
            {"Accounts", "ContactAccountRelations", "Contacts"},
        ),
    ],
)
def test_no_more_is_read_than_is_named(
    values: dict[str, Any], entities: set[str], api: Api, demo: Sandbox
) -> None:
    read(api, entry(**values))

    assert asked(demo) == ALWAYS | entities


def test_the_rate_in_force_is_of_the_latest_list_that_has_begun(api: Api, demo: Sandbox) -> None:
    euro, pound = (demo.store.find("Currency", code=code)["id"] for code in ("EUR", "GBP"))

    directory = read(api, entry(value=Money(Decimal(1), Reference("currency", text="EUR"))))

    assert directory.rates == {euro: Decimal("0.9")}
    assert directory.rates_from == {pound: "2099-01-01"}


def rates(*rows: tuple[str, str, Any], **lists: Any) -> Directory:
    directory = Directory()
    lookup.take_rates(
        directory,
        [
            {"currency_id": currency, "currency_exchange_rate_list_id": of, "exchange_rate": rate}
            for currency, of, rate in rows
        ],
        [{"id": id_, "valid_from": since} for id_, since in lists.items()],
    )
    return directory


def test_odd_rates_and_lists_are_passed_over() -> None:
    directory = rates(
        ("e", "old", 0.5),
        ("e", "now", 2),
        ("zero", "now", 0),
        ("text", "now", "x"),
        ("none", "now", None),
        ("endless", "now", "Infinity"),
        ("", "now", 1),
        ("lost", "nowhere", 1),
        ("bad", "broken", 1),
        ("late", "later", 3),
        ("late", "latest", 3),
        ("e", "later", 3),
        old="2020-01-01",
        now="2024-01-01 23:00:00",
        later="2098-05-01",
        latest="2099-01-01",
        broken="soon",
    )

    assert directory.rates == {"e": Decimal(2)}
    assert directory.rates_from == {"late": "2098-05-01"}


def test_a_list_is_in_force_from_midnight_of_its_day() -> None:
    """OAS CurrencyExchangeRatesList: valid_from is cut to midnight."""
    from datetime import UTC, datetime

    tonight = datetime.now(UTC).strftime("%Y-%m-%d 23:59:59+00:00")

    assert rates(("e", "today", 2), today=tonight).rates == {"e": Decimal(2)}


def test_without_a_list_that_has_begun_there_is_no_rate() -> None:
    assert rates(("e", "later", 2), later="2099-01-01").rates == {}


def test_a_whole_kind_has_its_deleted_records_too(api: Api, demo: Sandbox) -> None:
    gone = demo.store.find("Account", name="Hooli")["id"]
    for deal in demo.store.rows("Opportunity"):
        demo.store.delete("Opportunity", deal["id"])
    demo.store.delete("Account", gone)
    hooli = entry(accounts=(Link(Reference("account", text="Hooli"), primary=True),))

    some, whole = read(api, hooli), read(api, hooli, whole=("account",))

    assert (some.get("account", gone), some.incomplete) == (None, frozenset({"account"}))
    found = whole.get("account", gone)
    assert found is not None
    assert (found.deleted, whole.incomplete) == (True, frozenset())


def test_records_that_are_only_observed_get_their_names(api: Api, demo: Sandbox) -> None:
    directory = Directory()
    role = demo.store.find("SalesRole", name="Champion")["id"]

    lookup.add_ids(api, directory, {"sales_role": {role}, "owner": set()})
    lookup.add_ids(api, directory, {"sales_role": {role}})

    assert directory.label("sales_role", role) == "Champion"
    assert asked(demo) == {"SalesRoles"}


def test_every_step_knows_its_pipeline(api: Api, demo: Sandbox) -> None:
    known = {row["id"]: row["pipeline_id"] for row in demo.store.rows("Step") if row["pipeline_id"]}

    assert lookup.pipelines(api) == known == lookup.pipelines_of(read(api, entry()))


def test_a_name_an_email_and_an_id_are_asked_where_they_may_be() -> None:
    from syncer.kinds.references import REFERENCES

    account = REFERENCES["account"]
    references = [
        Reference("account", text="A@x.example"),
        Reference("account", text="Acme "),
        Reference("account", name="N"),
        Reference("account", name="N", email="B@x.example"),
        Reference("account", id="i"),
    ]

    emails = frozenset({"a@x.example", "b@x.example"})
    assert lookup._values(account, references) == {
        **{f"email{slot}": emails for slot in range(1, 6)},
        "name": frozenset({"Acme", "N"}),
        "id": frozenset({"i"}),
    }


def linked(count: int) -> Declared:
    accounts = tuple(
        Link(Reference("account", text=f"nobody{number}@acme.example")) for number in range(count - 1)
    )
    return entry(
        accounts=(Link(Reference("account", text="info@acme.example"), primary=True), *accounts),
        contacts=(Link(Reference("contact", text="bob@acme.example"), primary=True),),
    )


def rounds(demo: Sandbox, entity: str) -> list[str]:
    """The lists asked for, in the order they were, up to the first page of *entity*."""
    names = [request.path.rpartition("/")[2] for request in demo.requests]
    return names[: names.index(entity)]


def test_links_of_many_accounts_are_read_without_waiting_for_the_accounts(api: Api, demo: Sandbox) -> None:
    """All of them are fewer requests, whichever accounts these are."""
    few = read(api, linked(2))
    assert "Accounts" in rounds(demo, "ContactAccountRelations")
    demo.reset()
    asked_before: list[str] = []
    api.on_request = lambda request: asked_before.append(request.entity)
    many = read(api, linked(40))

    assert many.linked == few.linked != {}
    assert asked_before.count("ContactAccountRelations") == 2  # pages


def test_links_are_asked_for_one_by_one_where_there_are_more_pages_than_accounts(
    api: Api, demo: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lookup, "_MANY_ACCOUNTS", 1)
    found = read(api, linked(1))
    asked = [r.query for r in demo.requests if r.path.endswith("/ContactAccountRelations")]

    assert found.linked == read(api, linked(2)).linked
    assert ["filter" in query for query in asked] == [False, True]
