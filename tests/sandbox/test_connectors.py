"""What public connectors of the service send, replayed: each finds what it relies on.

Their requests are facts about what the service answers, as far as somebody uses them: Microsoft's connector
is the vendor's own, Airbyte's manifest says that its streams were tested, amp-labs' tests hold recordings.
Read: microsoft/PowerPlatformConnectors, airbytehq/airbyte, PostHog/posthog, amp-labs/connectors.
"""

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from syncer.sandbox import world
from syncer.sandbox.server import Sandbox
from syncer.sandbox.switches import Switches
from tests.sandbox.conftest import client_of

OLD = "2000-01-01 00:00:00"  # before anything in the demo world

AIRBYTE = [
    *(
        "Accounts",
        "Activities",
        "Clients",
        "Contacts",
        "Entities",
        "Data",
        "CloudObjects",
        "Fields",
        "Forecasts",
    ),
    *(
        "FormViews",
        "EntityScorings",
        "Leads",
        "LeadOppties",
        "Memos",
        "Notes",
        "EntityFitnesses",
        "Pipelines",
    ),
    *("Products", "OpptyProductRelations", "Profiles", "Quotes", "Reports", "Steps", "Tags"),
]
POSTHOG = [
    *("Accounts", "Appointments", "Clients", "Contacts", "Leads", "Notes", "Opportunities", "Pipelines"),
    *("Products", "Steps", "Tasks"),
]


# Airbyte


@pytest.mark.parametrize("entity", AIRBYTE)
def test_airbyte_reads_the_first_page_of_every_stream(api: httpx.Client, entity: str) -> None:
    """Without any parameter. It looks for the next cursor beside `data`, where none is, and so stops."""
    body = api.get(f"/{entity}").json()
    assert body["success"]
    assert all(isinstance(row["id"], str) for row in body["data"])
    assert len(body["data"]) == min(body["total"], 30)
    assert "end_cursor" not in body


def test_airbyte_finds_steps_and_types_of_a_pipeline_as_texts(api: httpx.Client) -> None:
    for row in api.get("/Pipelines").json()["data"]:
        assert all(isinstance(uri, str) for uri in row["steps"] + row["opportunity_types"])


# PostHog


def posthog(api: httpx.Client, entity: str, **params: Any) -> Iterator[dict[str, Any]]:
    """Walk a list as it does: filter and order again on every page, to the end that `has_next_page` says."""
    params["first"] = 100
    while True:
        answer = api.get(f"/{entity}", params=params, headers={"Accept": "application/json"})
        assert answer.status_code == 200
        body = answer.json()
        yield from body["data"]
        info = body["page_info"]
        if not info["has_next_page"] or not info["end_cursor"] or not body["data"]:
            return
        params["after"] = info["end_cursor"]


@pytest.fixture(scope="module")
def many() -> Iterator[httpx.Client]:
    """A client of a space with some pages of opportunities."""
    with Sandbox.serve(seed="250") as running, client_of(running) as client:
        yield client


@pytest.mark.parametrize("entity", POSTHOG)
@pytest.mark.parametrize("field", ["created", "modified"])
def test_posthog_walks_every_list_in_order_and_whole(many: httpx.Client, entity: str, field: str) -> None:
    total = many.get(f"/{entity}").json()["total"]
    for since in ({}, {f"filter[{field}]": OLD, f"filter-op[{field}]": "gte"}):
        rows = list(posthog(many, entity, **{"order-by": field, **since}))
        assert len({row["id"] for row in rows}) == len(rows) == total
        assert [row[field] for row in rows] == sorted(row[field] for row in rows)


def test_posthog_goes_on_from_a_cursor_that_it_kept(many: httpx.Client) -> None:
    params = {"order-by": "modified", "filter[modified]": OLD, "filter-op[modified]": "gte"}
    rows = list(posthog(many, "Opportunities", **params))
    kept = many.get("/Opportunities", params={**params, "first": 100}).json()["page_info"]["end_cursor"]
    assert list(posthog(many, "Opportunities", **params, after=kept)) == rows[100:]


def test_posthog_probes_the_credentials_with_one_user(sandbox: Sandbox, api: httpx.Client) -> None:
    """401 is a wrong key to it, 403 a missing permission."""
    assert len(api.get("/Clients", params={"first": 1}).json()["data"]) == 1
    answer = httpx.get(f"{sandbox.api_url}/Clients?first=1", auth=("nobody", "x"), trust_env=False)
    assert (answer.status_code, answer.json()["message"]) == (401, "Missing or wrong credentials.")


# amp-labs


@pytest.mark.parametrize("entity", ["Profiles", "Accounts", "Notes", "Fields", "CurrencyExchangeRatesLists"])
def test_amp_labs_follows_the_cursor_until_there_is_none(api: httpx.Client, entity: str) -> None:
    """It asks for what comes after the last page as well: no rows, and no cursor."""
    params: dict[str, Any] = {"first": "100"}
    seen: list[str] = []
    while True:
        body = api.get(f"/{entity}", params=params).json()
        seen += [row["id"] for row in body["data"]]
        params["after"] = body["page_info"]["end_cursor"]
        if not params["after"]:
            break
    assert (body["data"], len(seen)) == ([], body["total"])


def test_amp_labs_reads_what_changed_since(sandbox: Sandbox, api: httpx.Client) -> None:
    """Newest first, the time as RFC 3339."""
    (ours, *_) = sandbox.store.rows("Account")
    sandbox.edit("Account", ours["id"], city="Lyon")
    since = f"{sandbox.store.get('Account', ours['id'])['modified'][:19].replace(' ', 'T')}Z"
    params = {
        "first": "100",
        "order-by": "-modified",
        "filter-op[modified]": "gte",
        "filter[modified]": since,
    }
    rows = api.get("/Accounts", params=params).json()["data"]
    assert rows[0]["id"] == ours["id"]
    stamps = [row["modified"] for row in rows]
    assert stamps == sorted(stamps, reverse=True)


@pytest.mark.parametrize("entity", ["Activities", "LeadOppties", "Types"])
def test_amp_labs_reads_what_has_no_time_of_change_without(api: httpx.Client, entity: str) -> None:
    assert api.get(f"/{entity}", params={"first": "100"}).json()["success"]


def test_amp_labs_reads_an_expanded_owner_with_its_id(api: httpx.Client) -> None:
    rows = api.get("/Accounts", params={"first": "100", "expand": "owner"}).json()["data"]
    assert all(row["owner"]["id"] == row["owner_id"] for row in rows)


def test_amp_labs_writes_a_note(api: httpx.Client) -> None:
    """POST, PATCH and DELETE; it wants `success`, an object in `data` with its `id`, and 200 for a delete."""
    body = {"note": "important", "owner_id": world.TUTORIAL_USER_ID, "contact_id": world.ZIEMANN_CONTACT_ID}
    made = api.post("/Notes", json=body).json()
    assert (made["success"], made["data"]["note"]) == (True, "important")
    changed = api.patch(f"/Notes/{made['data']['id']}", json={"note": "done"}).json()
    assert (changed["success"], changed["data"]["id"], changed["data"]["note"]) == (
        True,
        made["data"]["id"],
        "done",
    )
    assert api.delete(f"/Notes/{made['data']['id']}").status_code == 200


def test_amp_labs_reads_the_message_of_a_refusal(sandbox: Sandbox, api: httpx.Client) -> None:
    assert "owner' is null or empty." in api.post("/Notes", json={"note": "x"}).json()["message"]
    assert "not found on the server" in api.get(f"{sandbox.url}/api/v100/nothing").json()["message"]
    assert "Butterflies" in api.get("/Butterflies").json()["message"]


# Microsoft


@pytest.mark.parametrize(
    "entity",
    [
        *(
            "Accounts",
            "AccountTypes",
            "Clients",
            "Contacts",
            "Currencies",
            "Opportunities",
            "OpportunityTypes",
        ),
        *("Leads", "Products", "SalesUnits", "Tasks", "TaskTypes"),
    ],
)
def test_microsoft_fills_its_lists_with_a_hundred_of_each(
    sandbox: Sandbox, api: httpx.Client, entity: str
) -> None:
    """The Service URL goes along as a header; it reads `data`, and id and name of each."""
    answer = api.get(f"/{entity}", params={"first": 100}, headers={"service_url": sandbox.url})
    assert all(
        row["id"] and row.get("formatted_name", row.get("name", row.get("code")))
        for row in answer.json()["data"]
    )


@pytest.mark.parametrize("of_leads", ["null", "not-null"])
def test_microsoft_lists_the_steps_of_pipelines(sandbox: Sandbox, api: httpx.Client, of_leads: str) -> None:
    query = f"filter[is_deleted]=false&filter-op[lead_process_id]={of_leads}&filter-op[pipeline_id]=not-null"
    rows = api.get(f"/Steps?{query}").json()["data"]
    expected = len(sandbox.store.rows("Step")) if of_leads == "null" else 0
    assert (len(rows), all(row["pipeline_id"] for row in rows)) == (expected, True)


def test_microsoft_makes_an_opportunity(serve: Any, deal: dict[str, Any]) -> None:
    """With what its definition requires: type, an account, and of the value the base and the currency."""
    with serve(switches=Switches(require=("oas", "microsoft"))) as (sandbox, api):
        pipeline = sandbox.store.get("Step", deal["step_id"])["pipeline_id"]
        kind = next(
            row["id"] for row in sandbox.store.rows("OpportunityType") if row["pipeline_id"] == pipeline
        )
        body = {**deal, "oppty_type_id": kind}
        made = api.post("/Opportunities", json=body)
        assert (made.status_code, made.json()["data"]["oppty_type_id"]) == (201, kind)
        for name in ("oppty_type_id", "account_relations"):
            short = {field: value for field, value in body.items() if field != name}
            assert f"{name}' is null or empty." in api.post("/Opportunities", json=short).json()["message"]


def test_microsoft_hears_of_changes_by_a_webhook(api: httpx.Client) -> None:
    body = {"insecure_ssl": False, "url": "https://flow.example/x", "events": ["Opportunity.Create"]}
    made = api.post("/Webhooks", json=body)
    assert (made.status_code, made.json()["data"]["events"]) == (201, ["Opportunity.Create"])
    assert api.delete(f"/Webhooks/{made.json()['data']['id']}").status_code == 200
