"""Lists: pages, cursors, order, expand, load-only. Source: OAS *.list, DOC pagination, recorded lists."""

import base64
import json
from operator import itemgetter
from typing import Any

import httpx
import pytest

from syncer.sandbox import world
from syncer.sandbox.server import Sandbox
from syncer.sandbox.switches import Switches


def ids(answer: httpx.Response) -> list[str]:
    return [row["id"] for row in answer.json()["data"]]


def all_ids(sandbox: Sandbox, entity: str) -> list[str]:
    return [row["id"] for row in sandbox.store.rows(entity)]


def refused(answer: httpx.Response) -> tuple[int, int]:
    return answer.status_code, answer.json()["code"]


def test_a_page_has_30_rows_unless_said_otherwise(sandbox: Sandbox, api: httpx.Client) -> None:
    assert ids(api.get("/Accounts")) == all_ids(sandbox, "Account")[:30]


def test_a_page_has_at_most_100_rows(sandbox: Sandbox, api: httpx.Client) -> None:
    assert ids(api.get("/Contacts", params={"first": 1000})) == all_ids(sandbox, "Contact")[:100]


def test_first_above_100_may_be_refused(serve: Any) -> None:
    with serve(switches=Switches(first_above_max="refused")) as (_, client):
        assert refused(client.get("/Contacts", params={"first": 101})) == (400, 117)
        assert client.get("/Contacts", params={"first": 100}).status_code == 200


@pytest.mark.parametrize("value", ["0", "-1", "many", ""])
def test_first_that_is_no_size_is_refused(api: httpx.Client, value: str) -> None:
    assert refused(api.get("/Accounts", params={"first": value})) == (400, 117)


@pytest.mark.parametrize("order", ["", "name", "-name", "modified,-name", "-modified", "-account_class,name"])
@pytest.mark.parametrize("size", [7, 41])
def test_following_end_cursors_shows_every_row_once(
    sandbox: Sandbox, api: httpx.Client, order: str, size: int
) -> None:
    """Rows tie on account_class, and two accounts tie on name; ids break ties."""
    seen: list[str] = []
    query: dict[str, Any] = {"first": size, "order-by": order}
    while True:
        body = api.get("/Accounts", params=query).json()
        seen += [row["id"] for row in body["data"]]
        assert body["total"] == 41
        assert body["page_info"]["has_previous_page"] is ("after" in query)
        if not body["page_info"]["has_next_page"]:
            break
        query["after"] = body["page_info"]["end_cursor"]
    whole = sandbox.store.rows("Account")
    for name in reversed([part for part in order.split(",") if part]):
        whole.sort(key=itemgetter(name.lstrip("-")), reverse=name.startswith("-"))
    if order:
        key = order.split(",", maxsplit=1)[0].lstrip("-")
        assert [sandbox.store.get("Account", i)[key] for i in seen] == [row[key] for row in whole]
    else:
        assert seen == [row["id"] for row in whole]
    assert sorted(seen) == all_ids(sandbox, "Account")


@pytest.mark.parametrize("order", ["", "-name", "industry_id", "-industry_id"])
def test_following_start_cursors_backwards_shows_the_same_rows(api: httpx.Client, order: str) -> None:
    """industry_id may be null: nulls come last either way."""
    whole: list[str] = []
    query: dict[str, Any] = {"first": 10, "order-by": order}
    while True:
        page = api.get("/Accounts", params=query).json()
        whole += [row["id"] for row in page["data"]]
        if not page["page_info"]["has_next_page"]:
            break
        query["after"] = page["page_info"]["end_cursor"]
    seen: list[str] = []
    query = {"last": 10, "order-by": order}
    while True:
        page = api.get("/Accounts", params=query).json()
        seen = [row["id"] for row in page["data"]] + seen
        assert page["page_info"]["has_next_page"] is ("before" in query)
        if not page["page_info"]["has_previous_page"]:
            break
        query["before"] = page["page_info"]["start_cursor"]
    assert seen == whole
    assert len(whole) == 41


def test_last_with_first_gives_the_last_of_the_first(sandbox: Sandbox, api: httpx.Client) -> None:
    whole = all_ids(sandbox, "Account")
    answer = api.get("/Accounts", params={"first": 10, "last": 3})
    assert ids(answer) == whole[7:10]
    info = answer.json()["page_info"]
    assert (info["has_previous_page"], info["has_next_page"]) == (True, True)


def test_after_and_before_leave_their_rows_out(sandbox: Sandbox, api: httpx.Client) -> None:
    whole = all_ids(sandbox, "Account")
    page = api.get("/Accounts", params={"first": 10}).json()["page_info"]
    answer = api.get("/Accounts", params={"after": page["start_cursor"], "before": page["end_cursor"]})
    assert ids(answer) == whole[1:9]
    info = answer.json()["page_info"]
    assert (info["has_previous_page"], info["has_next_page"]) == (True, True)
    both = api.get(
        "/Accounts", params={"after": page["start_cursor"], "before": page["end_cursor"], "last": 2}
    )
    assert ids(both) == whole[7:9]


def test_a_cursor_is_a_json_list_of_sort_values_and_id(api: httpx.Client) -> None:
    page = api.get(
        "/Accounts", params={"first": 1, "order-by": "name,-account_class,is_archived,industry_id"}
    ).json()
    (row,) = page["data"]
    text = base64.b64decode(page["page_info"]["end_cursor"]).decode()
    assert text == json.dumps([row["name"], "1", "false", row["industry_id"], row["id"]])


def test_a_cursor_of_a_null_value_leads_on(api: httpx.Client) -> None:
    """All but one contact have no label; ranking through nulls must not lose rows."""
    first = api.get("/Opportunities", params={"first": 1, "order-by": "ranking"}).json()
    rest = api.get(
        "/Opportunities", params={"order-by": "ranking", "after": first["page_info"]["end_cursor"]}
    )
    assert len(ids(rest)) == 2


def test_null_values_may_come_first(serve: Any) -> None:
    for place, expected in (("last", [3, None, None]), ("first", [None, None, 3])):
        with serve(switches=Switches(null_order=place)) as (sandbox, client):
            sandbox.edit("Opportunity", all_ids(sandbox, "Opportunity")[1], ranking=3)
            for order in ("ranking", "-ranking"):
                seen: list[Any] = []
                after: dict[str, str] = {}
                for _ in range(3):
                    page = client.get(
                        "/Opportunities", params={"first": 1, "order-by": order, **after}
                    ).json()
                    seen += [row["ranking"] for row in page["data"]]
                    after = {"after": page["page_info"]["end_cursor"]}
                assert seen == expected
                back = client.get("/Opportunities", params={"last": 3, "order-by": order}).json()["data"]
                assert [row["ranking"] for row in back] == expected
                before = {"before": page["page_info"]["end_cursor"]}
                head = client.get("/Opportunities", params={"order-by": order, **before}).json()["data"]
                assert [row["ranking"] for row in head] == expected[:2]


@pytest.mark.parametrize("cursor", ["?", "e30=", "WyJhIiwgImIiXQ==", "WzFd", "bnVsbA=="])
def test_a_bad_cursor_is_refused(api: httpx.Client, cursor: str) -> None:
    assert refused(api.get("/Accounts", params={"after": cursor})) == (400, 117)


def test_a_cursor_of_another_order_is_refused(api: httpx.Client) -> None:
    page = api.get("/Accounts", params={"first": 1}).json()["page_info"]
    assert refused(api.get("/Accounts", params={"after": page["end_cursor"], "order-by": "name"})) == (
        400,
        117,
    )


def test_a_cursor_with_a_bad_value_is_refused(api: httpx.Client) -> None:
    cursor = base64.b64encode(b'["x", "y"]').decode()
    assert refused(api.get("/Accounts", params={"after": cursor, "order-by": "account_class"})) == (400, 117)


def test_limit_and_offset_leave_page_info_out(sandbox: Sandbox, api: httpx.Client) -> None:
    whole = all_ids(sandbox, "Account")
    answer = api.get("/Accounts", params={"limit": 5, "offset": 3})
    assert list(answer.json()) == ["success", "total", "data"]
    assert ids(answer) == whole[3:8]
    assert ids(api.get("/Accounts", params={"offset": 38})) == whole[38:]


def test_deleted_rows_are_listed_only_on_request(sandbox: Sandbox, api: httpx.Client) -> None:
    (key, *rest) = all_ids(sandbox, "Opportunity")
    sandbox.store.delete("Opportunity", key)
    assert ids(api.get("/Opportunities")) == rest
    assert ids(api.get("/Opportunities", params={"include-deleted": "true"})) == [key, *rest]
    assert ids(api.get("/Opportunities", params={"include_deleted": "true"})) == [key, *rest]
    assert ids(api.get("/Opportunities", params={"filter[is_deleted]": "true"})) == [key]
    assert api.get("/Opportunities").json()["total"] == 2
    assert refused(api.get("/Opportunities", params={"include-deleted": "perhaps"})) == (400, 117)


def test_total_follows_every_write(sandbox: Sandbox, api: httpx.Client) -> None:
    totals = [api.get("/SalesRoles").json()["total"]]
    made = sandbox.store.create("SalesRole", {"name": "Sponsor", "color_code": 1})
    totals.append(api.get("/SalesRoles").json()["total"])
    sandbox.store.delete("SalesRole", made)
    totals.append(api.get("/SalesRoles").json()["total"])
    assert totals == [6, 7, 6]


def test_relations_are_uris_of_the_host_that_was_asked(sandbox: Sandbox, api: httpx.Client) -> None:
    row = api.get(f"/Accounts/{world.ZIEMANN_ID}", headers={"Host": "space.example"}).json()["data"]
    base = "http://space.example/api/v100/rest/spaces/nv3_Sandbox/entities"
    assert row["owner"] == f"{base}/Clients/{world.FORMER_USER_ID}"
    assert row["parent_account"] is None
    unit = api.get(f"/SalesUnits/{world.ROOT_UNIT_ID}").json()["data"]
    assert unit["picture"] == f"{sandbox.api_url}/CloudObjects/{world.ROOT_UNIT_PICTURE_ID}"


def test_expanded_relations_are_objects_and_their_own_stay_uris(sandbox: Sandbox, api: httpx.Client) -> None:
    row = api.get(f"/Steps/{world.FIRST_STEP_ID}", params={"expand": "pipeline"}).json()["data"]
    pipeline = row["pipeline"]
    assert pipeline["id"] == row["pipeline_id"] == world.TEST_PIPELINE_ID
    assert pipeline["steps"][0] == f"{sandbox.api_url}/Steps/{world.FIRST_STEP_ID}"
    assert len(pipeline["steps"]) == 4


def test_expand_goes_deep_with_dots(api: httpx.Client, deal: dict[str, Any]) -> None:
    made = api.post("/Opportunities", json=deal).json()["data"]["id"]
    query = {"expand": "contact_relations.contact.owner,step", "filter[id]": made}
    (row,) = api.get("/Opportunities", params=query).json()["data"]
    assert row["contact_relations"][0]["contact"]["owner"]["email"] == "tina@example.com"
    assert row["step"]["name"] == "First"
    assert isinstance(row["owner"], str)


def test_expanding_an_empty_relation_gives_null_or_an_empty_list(api: httpx.Client) -> None:
    query = {
        "expand": "parent_account,tags,documents,picture",
        "load-only": "parent_account,tags,documents,picture",
    }
    row = api.get(f"/Accounts/{world.ZIEMANN_ID}", params=query).json()["data"]
    assert row == {"parent_account": None, "picture": None, "documents": [], "tags": []}


def test_load_only_gives_exactly_the_keys_asked_for(api: httpx.Client) -> None:
    query: dict[str, str | int] = {"load-only": "name,contact_type_id,email1,first_name", "first": 1}
    assert refused(api.get("/Contacts", params=query)) == (400, 117)
    query["load-only"] = "email1,first_name"
    (row,) = api.get("/Contacts", params=query).json()["data"]
    assert list(row) == ["email1", "first_name"]


def test_load_only_reaches_into_expanded_relations(api: httpx.Client) -> None:
    query = {
        "expand": "steps",
        "load-only": "name,steps.name,steps.percent",
        "filter[name]": "Renewals",
    }
    assert api.get("/Pipelines", params=query).json()["data"] == [
        {
            "name": "Renewals",
            "steps": [
                {"name": "Upcoming", "percent": 50},
                {"name": "Contacted", "percent": 60},
                {"name": "Quoted", "percent": 75},
                {"name": "Verbal Yes", "percent": 90},
                {"name": "Won", "percent": 100},
            ],
        }
    ]


def test_load_only_leaves_out_relations_it_does_not_name(api: httpx.Client) -> None:
    query: dict[str, str | int] = {"expand": "owner", "load-only": "name", "first": 1}
    (row,) = api.get("/Accounts", params=query).json()["data"]
    assert list(row) == ["name"]


def test_load_only_may_bring_the_id_along(serve: Any) -> None:
    with serve(switches=Switches(load_only_id="always")) as (_, client):
        (row,) = client.get("/Currencies", params={"load-only": "code", "first": 1}).json()["data"]
        assert list(row) == ["id", "code"]


@pytest.mark.parametrize(
    "query",
    [
        {"expand": "nothing"},
        {"expand": "name"},
        {"load-only": "nothing"},
        {"load-only": "owner.name"},
        {"expand": "owner.nothing"},
        {"expand": "owner", "load-only": "owner.nothing"},
        {"order-by": "nothing"},
        {"order-by": "owner"},
        {"order-by": "health"},
        {"filter[nothing]": "x"},
        {"filter[owner.email]": "x"},
        {"filter[owner]": "x"},
        {"filter[name]": "x", "filter-op[name]": "like"},
        {"filter-op[name]": "eq"},
    ],
)
def test_unknown_names_are_refused(api: httpx.Client, query: dict[str, str]) -> None:
    assert refused(api.get("/Accounts", params=query)) == (400, 117)


def test_unknown_names_may_be_ignored(serve: Any) -> None:
    query = {"expand": "nothing", "order-by": "nothing", "filter[nothing]": "x", "load-only": "name,nothing"}
    with serve(switches=Switches(unknown_names="ignored")) as (_, client):
        body = client.get("/Accounts", params=query).json()
        assert (body["total"], list(body["data"][0])) == (41, ["name"])


@pytest.mark.parametrize(
    ("method", "path", "name"),
    [
        ("GET", "/Accounts", "colour"),
        ("GET", "/Accounts", "rollback-method"),
        ("GET", "/Quotes", "page"),
        ("GET", "/Accounts", "filter"),
        ("GET", f"/Accounts/{world.ZIEMANN_ID}", "first"),
        ("GET", f"/Accounts/{world.ZIEMANN_ID}", "filter[name]"),
        ("POST", "/Accounts", "rollback-method"),
        ("PATCH", f"/Accounts/{world.ZIEMANN_ID}", "expand"),
        ("DELETE", f"/Accounts/{world.ZIEMANN_ID}", "include-deleted"),
        ("POST", "/Accounts/batch-modify", "first"),
    ],
)
def test_a_parameter_that_the_operation_does_not_have_is_refused(
    api: httpx.Client, method: str, path: str, name: str
) -> None:
    answer = api.request(method, path, params={name: "1"})
    assert (answer.status_code, answer.json()["message"]) == (400, f"Unknown parameter '{name}'.")


def test_parameters_that_an_operation_does_not_have_may_be_ignored(serve: Any) -> None:
    with serve(switches=Switches(unknown_parameters="ignored")) as (_, client):
        assert client.get("/Accounts", params={"colour": "blue"}).json()["total"] == 41


@pytest.mark.parametrize(
    "plural", ["Quotes", "CloudObjects", "Leads", "Activities", "Processes", "CustomEntities", "LeadTypes"]
)
def test_what_the_sandbox_does_not_hold_is_an_empty_list(api: httpx.Client, plural: str) -> None:
    query = {"first": "100", "order-by": "modified", "filter[modified]": "2026-01-01", "expand": "owner"}
    assert api.get(f"/{plural}", params=query).json() == {
        "success": True,
        "total": 0,
        "data": [],
        "page_info": {
            "start_cursor": None,
            "end_cursor": None,
            "has_previous_page": False,
            "has_next_page": False,
        },
    }
    assert api.get(f"/{plural}", params={"limit": "5"}).json() == {"success": True, "total": 0, "data": []}
    assert api.get(f"/{plural}", params={"first": "0"}).status_code == 400
    for answer in (api.get(f"/{plural}/x"), api.post(f"/{plural}", json={}), api.delete(f"/{plural}/x")):
        assert (answer.status_code, answer.json()["message"]) == (404, f"The sandbox holds no {plural}.")


def test_a_name_that_no_entity_has_is_no_empty_list(api: httpx.Client) -> None:
    answer = api.get("/Quote")
    assert (answer.status_code, answer.json()["code"]) == (404, 2006)


def test_lists_may_come_in_order_of_change(serve: Any) -> None:
    with serve(switches=Switches(list_order="modified")) as (sandbox, client):
        key = all_ids(sandbox, "Opportunity")[0]
        sandbox.edit("Opportunity", key, name="Touched")
        assert ids(client.get("/Opportunities"))[-1] == key
        assert client.get("/Types").json()["total"] == 16


def test_one_record_takes_expand_load_only_and_include_deleted(sandbox: Sandbox, api: httpx.Client) -> None:
    key = all_ids(sandbox, "Opportunity")[0]
    query = {"expand": "step", "load-only": "name,step.name"}
    expected = {"step": {"name": "Proposal"}, "name": "Globex expansion"}
    assert api.get(f"/Opportunities/{key}", params=query).json() == {"success": True, "data": expected}
    sandbox.store.delete("Opportunity", key)
    assert api.get(f"/Opportunities/{key}").status_code == 404
    assert (
        api.get(f"/Opportunities/{key}", params={"include-deleted": "true"}).json()["data"]["is_deleted"]
        is True
    )


def test_an_unknown_id_is_not_found_in_the_general_error_shape(api: httpx.Client) -> None:
    answer = api.get(f"/Opportunities/{world.ZIEMANN_ID}")
    assert answer.status_code == 404
    assert answer.json() == {
        "code": 404,
        "name": "ERROR_NOT_FOUND",
        "message": f"Opportunity with id {world.ZIEMANN_ID} not found.",
        "http_status": 404,
        "success": False,
    }


def test_times_come_in_the_zone_of_the_timezone_header(api: httpx.Client) -> None:
    path = f"/Pipelines/{world.TEST_PIPELINE_ID}"
    utc = api.get(path).json()["data"]
    chicago = api.get(path, headers={"Timezone": "America/Chicago"}).json()["data"]
    assert utc["modified"] == "2019-01-30 11:05:33.000000+00:00"
    assert chicago["modified"] == "2019-01-30 05:05:33.000000-06:00"
    assert chicago["created"] == "2019-01-30 05:05:33.000035-06:00"
    assert refused(api.get(path, headers={"Timezone": "Mars/Olympus"})) == (400, 117)


def test_a_zone_leaves_dates_and_missing_times_alone(api: httpx.Client) -> None:
    query = {"filter[name]": "Globex expansion", "load-only": "closing_date,won_date"}
    answer = api.get("/Opportunities", params=query, headers={"Timezone": "Asia/Tokyo"})
    assert answer.json()["data"] == [{"closing_date": "2027-02-26", "won_date": None}]


def test_empty_texts_may_be_null_on_the_wire(serve: Any) -> None:
    query = {"load-only": "city,email1,email2", "filter[name]": "Ziemann and Sons"}
    expected = {"text": "", "null": None}
    for switch, value in expected.items():
        with serve(switches=Switches(empty_text=switch)) as (_, client):
            row = client.get("/Accounts", params=query).json()["data"][0]
            assert row == {"city": "Coronda", "email1": world.ZIEMANN_EMAIL, "email2": value}


def test_lead_oppties_are_the_opportunities_and_read_only(sandbox: Sandbox, api: httpx.Client) -> None:
    rows = api.get("/LeadOppties").json()["data"]
    assert rows == [{"is_delete_protected": False, "id": key} for key in all_ids(sandbox, "Opportunity")]
    assert api.get(f"/LeadOppties/{rows[0]['id']}").json()["data"] == rows[0]
    assert api.post("/LeadOppties", json={}).json()["errorcode"] is None


def test_every_entity_can_be_listed_with_all_its_fields(api: httpx.Client) -> None:
    from syncer.sandbox.entities import BY_PLURAL

    for plural, entity in BY_PLURAL.items():
        body = api.get(f"/{plural}", params={"first": 1}).json()
        for row in body["data"]:
            expected = [f.name for f in entity.fields.values() if f.is_read]
            assert [name for name in row if not name.startswith("cf_")] == expected
            nothing = [
                name for name in expected if entity.fields[name].is_always_present and row[name] is None
            ]
            assert (plural, nothing) == (plural, [])
