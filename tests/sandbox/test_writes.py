"""Creating, changing, deleting, restoring. Source: OAS *.create/update/delete, DOC api-parameters."""

from datetime import datetime
from typing import Any

import httpx
import pytest

from syncer.sandbox import world
from syncer.sandbox.entities import ENTITIES
from syncer.sandbox.envelope import ApiError
from syncer.sandbox.server import Sandbox
from syncer.sandbox.switches import Switches
from tests.sandbox.conftest import JSON

NOBODY = "00000000-0000-0000-0000-00000000dead"


def texts(answer: httpx.Response) -> list[str]:
    assert answer.status_code == 422, answer.text
    return [line for line in answer.json()["message"].split("\n") if line]


def refused(answer: httpx.Response) -> tuple[int, int]:
    return answer.status_code, answer.json()["code"]


def account(**more: Any) -> dict[str, Any]:
    return {"name": "Omega", "owner_id": world.TUTORIAL_USER_ID, **more}


def test_a_create_answers_201_with_the_whole_record(api: httpx.Client) -> None:
    answer = api.post("/Accounts", json=account())
    made = answer.json()["data"]
    assert answer.status_code == 201
    assert list(made) == [f.name for f in ENTITIES["Account"].fields.values()]
    assert made == api.get(f"/Accounts/{made['id']}").json()["data"]


def test_ids_carry_the_time_of_their_making(api: httpx.Client) -> None:
    made = api.post("/Accounts", json=account()).json()["data"]
    milliseconds = int(made["id"].replace("-", "")[:12], 16)
    assert abs(milliseconds - datetime.fromisoformat(made["created"]).timestamp() * 1000) < 1000


def test_created_is_a_little_later_than_modified_on_a_new_record(api: httpx.Client) -> None:
    made = api.post("/Accounts", json=account()).json()["data"]
    lag = datetime.fromisoformat(made["created"]) - datetime.fromisoformat(made["modified"])
    assert 0 < lag.total_seconds() < 0.001


def test_revision_is_one_growing_counter_of_the_space(sandbox: Sandbox, api: httpx.Client) -> None:
    first = api.post("/Accounts", json=account()).json()["data"]["revision"]
    second = api.post("/SalesRoles", json={"name": "Sponsor", "color_code": 1}).json()["data"]["revision"]
    third = api.patch(f"/Accounts/{world.ZIEMANN_ID}?validation-level=2", json={"city": "x"}).json()["data"][
        "revision"
    ]
    everything = [
        row["revision"] for entity in ("Account", "SalesRole") for row in sandbox.store.rows(entity)
    ]
    assert first < second < third == max(everything)


def test_what_is_not_sent_is_empty_text_false_or_null(api: httpx.Client) -> None:
    made = api.post("/Accounts", json=account()).json()["data"]
    names = ("city", "is_archived", "industry_id", "share_mode", "parent_account_id")
    assert [made[name] for name in names] == ["", False, None, 0, None]


def test_null_for_a_text_is_the_empty_text(api: httpx.Client) -> None:
    made = api.post("/Accounts", json=account(city=None, is_archived=None, industry_id="")).json()["data"]
    assert (made["city"], made["is_archived"], made["industry_id"]) == ("", False, None)


@pytest.mark.parametrize("entity", ["Accounts", "Contacts"])
def test_the_unit_is_the_default_unit_of_the_owner(api: httpx.Client, entity: str) -> None:
    made = api.post(
        f"/{entity}", json=account() if entity == "Accounts" else {"owner_id": world.TUTORIAL_USER_ID}
    )
    assert made.json()["data"]["unit_id"] == world.TUTORIAL_UNIT_ID


@pytest.mark.parametrize(
    ("entity", "body", "names"),
    [
        ("Accounts", {}, ["owner", "name", "owner_id"]),
        ("Contacts", {}, ["owner", "owner_id"]),
        ("Opportunities", {}, ["owner", "step", "closing_date", "name", "owner_id", "step_id", "value"]),
        ("Products", {}, ["name"]),
        ("SalesRoles", {}, ["color_code", "name"]),
        ("SalesUnits", {}, ["name"]),
        ("Pipelines", {}, ["color", "name", "steps"]),
        ("Steps", {}, ["name"]),
        ("OpportunityTypes", {}, ["pipeline", "is_readonly", "name", "pipeline_id", "settings"]),
        (
            "Clients",
            {},
            [
                "default_unit",
                "master_right",
                "default_unit_id",
                "email",
                "master_right_id",
                "unit_membership",
            ],
        ),
        ("Currencies", {}, ["code", "currency_exchange_rates"]),
        ("CurrencyExchangeRatesLists", {}, ["valid_from", "currency_exchange_rates"]),
        ("Notes", {"contact_id": world.ZIEMANN_CONTACT_ID}, ["owner", "note", "owner_id"]),
        ("Tags", {}, ["color", "name"]),
        ("Webhooks", {}, ["insecure_ssl", "url", "events"]),
        ("TagRelations", {}, ["tag", "tag_id"]),
        (
            "ContactAccountRelations",
            {},
            ["account", "contact", "account_id", "contact_id", "is_primary"],
        ),
        ("LeadOpptyAccountRelations", {}, ["account", "account_id", "is_primary", "lead_oppty_id"]),
        ("LeadOpptyContactRelations", {}, ["contact", "contact_id", "is_primary", "lead_oppty_id"]),
    ],
)
def test_every_required_field_is_asked_for(
    api: httpx.Client, entity: str, body: dict[str, Any], names: list[str]
) -> None:
    """References are asked for twice, in the other form, under the name of the id field."""
    answer = api.post(f"/{entity}", json=body)
    found = answer.json()
    by_name = []
    for text in texts(answer):
        name = text.split(".", 1)[1].split("'")[0] if "]." in text else text.split("'")[1]
        stray = f"Non-null field '{found['entity_name']}'[{found['entity_id']}].{name}' is null or empty."
        assert text in (stray, f"Non-null field '{name}' is null or empty.")
        by_name.append(name)
    assert by_name == names
    assert all(e["code"] == 119 for e in found["entity_errors"])


def test_fields_with_a_field_record_are_field_errors_and_the_others_entity_errors(
    sandbox: Sandbox, api: httpx.Client
) -> None:
    found = api.post("/LeadOpptyAccountRelations", json={"account_id": world.ZIEMANN_ID}).json()
    (record,) = [
        row
        for row in sandbox.store.rows("Field")
        if (row["entity_name"], row["api_name"]) == ("LeadOpptyAccountRelation", "lead_oppty_id")
    ]
    assert [(e["field_id"], e["field_name"], e["code"]) for e in found["field_errors"]] == [
        (record["id"], "lead_oppty_id", 40002)
    ]
    assert [e["message"] for e in found["entity_errors"]] == ["Non-null field 'is_primary' is null or empty."]


def test_an_empty_text_is_as_good_as_none_for_a_required_field(api: httpx.Client) -> None:
    assert texts(api.post("/Accounts", json=account(name=""))) == ["Non-null field 'name' is null or empty."]


def test_a_reference_to_nothing_is_refused(api: httpx.Client) -> None:
    answer = api.post("/Accounts", json=account(owner_id=NOBODY))
    text = f"[owner_id] Relation Account.owner_id={NOBODY} to Client doesn't exist!"
    assert texts(answer) == [text]
    (wrapper,) = answer.json()["field_errors"]
    assert (wrapper["field_id"], wrapper["errors"][0]["code"]) == (world.FIELD_ID_ACCOUNT_OWNER, 120)


def test_a_reference_to_a_deleted_record_needs_bit_16(api: httpx.Client) -> None:
    body = account(owner_id=world.FORMER_USER_ID)
    assert "to Client doesn't exist!" in texts(api.post("/Accounts", json=body))[0]
    assert api.post("/Accounts?validation-level=16", json=body).status_code == 201
    assert api.post("/Accounts?validation-level=16", json=account(owner_id=NOBODY)).status_code == 422


def test_a_reference_to_an_entity_not_held_is_refused(api: httpx.Client) -> None:
    assert texts(api.post("/Accounts", json=account(picture_id=NOBODY))) == [
        f"[picture_id] Relation Account.picture_id={NOBODY} to CloudObject doesn't exist!"
    ]
    assert api.patch(f"/SalesUnits/{world.ROOT_UNIT_ID}", json={"name": "Company"}).status_code == 200


def test_an_option_of_another_field_is_refused(api: httpx.Client) -> None:
    text = f"[industry_id] Relation Account.industry_id={world.EXISTING_CUSTOMER_ID} to Data doesn't exist!"
    assert texts(api.post("/Accounts", json=account(industry_id=world.EXISTING_CUSTOMER_ID))) == [text]


def test_level_0_checks_the_whole_record_on_update_too(api: httpx.Client) -> None:
    """The tutorial's account belongs to a user who is gone, as in the vendor's batch example."""
    path = f"/Accounts/{world.ZIEMANN_ID}"
    assert texts(api.patch(path, json={"city": "Rosario"})) == [
        f"[owner_id] Relation Account.owner_id={world.FORMER_USER_ID} to Client doesn't exist!"
    ]


def test_level_2_checks_only_what_is_sent(api: httpx.Client) -> None:
    path = f"/Accounts/{world.ZIEMANN_ID}?validation-level=2"
    assert api.patch(path, json={"city": "Rosario"}).json()["data"]["city"] == "Rosario"
    assert len(texts(api.patch(path, json={"owner_id": NOBODY}))) == 1
    assert texts(api.patch(path, json={"name": ""})) == ["Non-null field 'name' is null or empty."]


def test_level_4_skips_custom_fields(api: httpx.Client, deal: dict[str, Any], serve: Any) -> None:
    with serve(switches=Switches(require=("cf_seats", "description"))) as (_, client):
        both = [
            "Non-null field 'cf_seats' is null or empty.",
            "Non-null field 'description' is null or empty.",
        ]
        assert texts(client.post("/Opportunities", json=deal)) == both
        assert texts(client.post("/Opportunities?validation-level=4", json=deal)) == both[1:]
        filled = deal | {"cf_seats": 3, "description": "x"}
        made = client.post("/Opportunities", json=filled)
        assert made.status_code == 201
        path = f"/Opportunities/{made.json()['data']['id']}"
        assert texts(client.patch(path, json={"cf_seats": None})) == both[:1]
        assert client.patch(f"{path}?validation-level=2", json={"name": "y"}).status_code == 200
    bad = deal | {"cf_region": NOBODY}
    assert "cf_region" in texts(api.post("/Opportunities", json=bad))[0]
    assert api.post("/Opportunities?validation-level=4", json=bad).status_code == 201


def test_read_only_fields_are_ignored_without_bit_8(api: httpx.Client) -> None:
    stamp = "2001-02-03 04:05:06.000000+00:00"
    body = account(modified="2001-02-03T04:05:06", owner="anything", status=9) | {"health": {"a": 1}}
    body.pop("status")
    made = api.post("/Accounts", json=body).json()["data"]
    assert (made["modified"] == stamp, made["health"]) == (False, {})
    forced = api.post("/Accounts?validation-level=8", json=body).json()["data"]
    assert (forced["modified"], forced["health"]) == (stamp, {})


def test_created_may_be_set_where_the_schema_lists_it(api: httpx.Client, serve: Any) -> None:
    body = account(created="2001-02-03T04:05:06.5")
    stamp = "2001-02-03 04:05:06.500000+00:00"
    assert api.post("/Accounts", json=body).json()["data"]["created"] == stamp
    assert (
        api.post("/SalesRoles", json={"name": "x", "color_code": 1, "created": "2001-02-03"}).json()["data"][
            "created"
        ]
        > "2020"
    )
    with serve(switches=Switches(created="ignored")) as (_, client):
        assert client.post("/Accounts", json=body).json()["data"]["created"] > "2020"


def test_unknown_fields_are_refused(api: httpx.Client, serve: Any) -> None:
    answer = api.post("/Accounts", json=account(colour="blue"))
    assert refused(answer) == (400, 117)
    assert answer.json()["message"] == "Unknown field 'colour' of Account."
    with serve(switches=Switches(unknown_fields="ignored")) as (_, client):
        assert client.post("/Accounts", json=account(colour="blue")).status_code == 201


def test_an_id_in_the_body_of_a_create_is_ignored(api: httpx.Client) -> None:
    assert api.post("/Accounts", json=account(id=NOBODY)).json()["data"]["id"] != NOBODY


def test_an_id_in_the_body_may_be_used_or_refused(serve: Any) -> None:
    with serve(switches=Switches(post_id="used")) as (_, client):
        assert client.post("/Accounts", json=account(id=NOBODY)).json()["data"]["id"] == NOBODY
        assert texts(client.post("/Accounts", json=account(id=NOBODY))) == ["A record with this id exists."]
    with serve(switches=Switches(post_id="refused")) as (_, client):
        assert refused(client.post("/Accounts", json=account(id=NOBODY))) == (400, 117)


@pytest.mark.parametrize("body", ["", "{", "[]", '"x"', "null", '{"name": NaN}', "\xff"])
def test_a_body_that_is_no_object_is_refused(api: httpx.Client, body: str) -> None:
    for answer in (
        api.post("/Accounts", content=body.encode("latin-1"), headers=JSON),
        api.patch(f"/Accounts/{world.ZIEMANN_ID}", content=body.encode("latin-1"), headers=JSON),
    ):
        assert (refused(answer), answer.json()["message"]) == ((400, 117), "Missing or invalid JSON data.")


@pytest.mark.parametrize(
    ("entity", "field", "value"),
    [
        ("Opportunities", "name", 5),
        ("Opportunities", "is_archived", "yes"),
        ("Opportunities", "ranking", 1.5),
        ("Opportunities", "ranking", True),
        ("Opportunities", "closing_date", "2027-13-01"),
        ("Opportunities", "closing_date", "2027-01-01T00:00:00"),
        ("Opportunities", "closing_date", 20270101),
        ("Opportunities", "won_date", "soon"),
        ("Opportunities", "owner_id", 7),
        ("Opportunities", "share_mode", 4),
        ("Opportunities", "label_flag", 8),
        ("Opportunities", "label_flag", "1"),
        ("Opportunities", "value", 100),
        ("Opportunities", "value", {"base_value": "100", "currency_id": world.BASE_CURRENCY_ID}),
        ("Opportunities", "value", {"amount": 1}),
        ("Opportunities", "product_sections", "x"),
        ("Opportunities", "account_relations", "x"),
        ("Opportunities", "contact_relations", ["x"]),
        ("Opportunities", "cf_competitors", "x"),
        ("Opportunities", "cf_competitors", [1]),
        ("Opportunities", "cf_discount", "0.1"),
        ("Webhooks", "events", "x"),
        ("Webhooks", "signature", "x"),
    ],
)
def test_a_value_of_the_wrong_kind_is_a_validation_error(
    api: httpx.Client, deal: dict[str, Any], entity: str, field: str, value: Any
) -> None:
    body = deal if entity == "Opportunities" else {"insecure_ssl": True, "url": "u", "events": []}
    assert texts(api.post(f"/{entity}", json=body | {field: value})) == [f"[{field}] Invalid value."]


def test_an_object_for_a_single_relation_is_a_known_gap(api: httpx.Client) -> None:
    assert texts(api.post("/Accounts", json=account(picture={}))) == [
        "[picture] The sandbox holds no nested CloudObject."
    ]
    assert api.post("/Accounts", json=account(picture=None)).status_code == 201
    assert texts(api.post("/Accounts", json=account(documents=[{}]))) == [
        "[documents] The sandbox holds no CloudObjectRelation."
    ]
    assert api.post("/Accounts", json=account(documents=[], tags=None)).status_code == 201


def test_an_update_answers_200_and_changes_only_what_is_sent(sandbox: Sandbox, api: httpx.Client) -> None:
    key = sandbox.store.find("Account", name="Hooli")["id"]
    before = sandbox.store.get("Account", key)
    answer = api.patch(f"/Accounts/{key}", json={"city": "Menlo Park", "id": NOBODY, "revision": 1})
    after = sandbox.store.get("Account", key)
    assert (answer.status_code, answer.json()["data"]["city"]) == (200, "Menlo Park")
    assert {name for name in after if after[name] != before[name]} == {"city", "modified", "revision"}


def test_updating_nothing_known_is_not_found(sandbox: Sandbox, api: httpx.Client) -> None:
    key = sandbox.store.find("Account", name="Hooli")["id"]
    sandbox.store.delete("Account", key)
    assert refused(api.patch(f"/Accounts/{key}", json={})) == (404, 404)
    assert refused(api.patch(f"/Accounts/{NOBODY}", json={})) == (404, 404)


def test_deleting_is_soft_and_takes_the_links_along(
    sandbox: Sandbox, api: httpx.Client, deal: dict[str, Any]
) -> None:
    role = sandbox.store.rows("SalesRole")[0]["id"]
    deal["contact_relations"][0]["sales_roles"] = [{"sales_role_id": role}]
    key = sandbox.store.create("Opportunity", deal)
    assert api.delete(f"/Opportunities/{key}").json() == {"success": True, "data": key}
    gone = {
        entity: [r["is_deleted"] for r in sandbox.store.rows(entity, include_deleted=True)][-1:]
        for entity in (
            "LeadOpptyAccountRelation",
            "LeadOpptyContactRelation",
            "LeadOpptyContactSalesRoleRelation",
        )
    }
    assert set(map(tuple, gone.values())) == {(True,)}
    sandbox.store.restore("Opportunity", key)
    assert sandbox.store.get("Opportunity", key)["is_deleted"] is False
    assert [r["is_deleted"] for r in sandbox.store.rows("LeadOpptyContactSalesRoleRelation")] == [False]
    sandbox.store.restore("Opportunity", key)


def test_links_deleted_before_stay_deleted_on_restore(sandbox: Sandbox, deal: dict[str, Any]) -> None:
    key = sandbox.store.create("Opportunity", deal)
    (link,) = [r["id"] for r in sandbox.store.rows("LeadOpptyContactRelation")]
    sandbox.store.delete("LeadOpptyContactRelation", link)
    sandbox.store.delete("Opportunity", key)
    sandbox.store.restore("Opportunity", key)
    assert sandbox.store.get("LeadOpptyContactRelation", link)["is_deleted"] is True


def test_links_of_a_deleted_record_may_stay(serve: Any, deal: dict[str, Any]) -> None:
    with serve(switches=Switches(dependents="kept")) as (sandbox, client):
        key = sandbox.store.create("Opportunity", deal)
        client.delete(f"/Opportunities/{key}")
        (link,) = sandbox.store.rows("LeadOpptyContactRelation")
        assert link["lead_oppty_id"] == key


def test_deleting_twice_is_not_found(sandbox: Sandbox, api: httpx.Client, serve: Any) -> None:
    key = sandbox.store.rows("Opportunity")[0]["id"]
    assert [api.delete(f"/Opportunities/{key}").status_code for _ in range(2)] == [200, 404]
    with serve(switches=Switches(delete_twice="200")) as (_, client):
        assert [client.delete(f"/Opportunities/{key}").status_code for _ in range(3)] == [200, 200, 200]
        assert client.delete(f"/Opportunities/{NOBODY}").status_code == 404


def test_protected_records_cannot_be_deleted(sandbox: Sandbox, api: httpx.Client) -> None:
    answer = api.delete(f"/Currencies/{world.BASE_CURRENCY_ID}")
    assert texts(answer) == [f"Currency {world.BASE_CURRENCY_ID} is protected and cannot be deleted."]
    assert sandbox.store.get("Currency", world.BASE_CURRENCY_ID)["is_deleted"] is False


def test_archived_records_cannot_be_edited_until_reactivated(sandbox: Sandbox, api: httpx.Client) -> None:
    key = sandbox.store.find("Opportunity", name="Hooli pilot")["id"]
    path = f"/Opportunities/{key}"
    assert api.get(path).json()["data"]["is_archived"] is True
    assert texts(api.patch(path, json={"name": "x"})) == [
        f"Opportunity {key} is archived and cannot be edited."
    ]
    revived = api.patch(path, json={"is_archived": False, "name": "x"}).json()["data"]
    assert (revived["status"], revived["name"], revived["lost_date"]) == (1, "x", None)


def test_text_may_be_stripped(serve: Any) -> None:
    for switch, name in (("kept", " Omega "), ("stripped", "Omega")):
        with serve(switches=Switches(text=switch)) as (_, client):
            assert client.post("/Accounts", json=account(name=" Omega ")).json()["data"]["name"] == name


@pytest.mark.parametrize("level", ["x", "-1", "1.5"])
def test_a_level_that_is_no_mask_is_refused(api: httpx.Client, level: str) -> None:
    assert refused(api.post(f"/Accounts?validation-level={level}", json=account())) == (400, 117)


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("PUT", "/Accounts/x"),
        ("POST", "/Accounts/x"),
        ("PATCH", "/Accounts"),
        ("DELETE", "/Accounts"),
        ("POST", "/Types"),
        ("DELETE", "/SalesUnitClientRelations/x"),
    ],
)
def test_routes_that_do_not_exist(api: httpx.Client, method: str, path: str) -> None:
    answer = api.request(method, path, json={})
    assert (answer.status_code, answer.json()["errorcode"]) == (404, None)


def test_the_store_refuses_what_the_api_refuses(sandbox: Sandbox) -> None:
    with pytest.raises(ApiError, match="Non-null field 'name'"):
        sandbox.store.create("Account", {"owner_id": world.TUTORIAL_USER_ID})
    with pytest.raises(KeyError, match=NOBODY):
        sandbox.store.get("Account", NOBODY)
    with pytest.raises(KeyError, match="2 of Account"):
        sandbox.store.find("Account", name="Northwind Traders")
    with pytest.raises(ApiError, match="not found"):
        sandbox.store.restore("Account", NOBODY)
    assert sandbox.store.count("Account") == 41


def test_an_account_below_another_says_what_links_it(api: httpx.Client) -> None:
    """The kind of link to the parent account is required when a parent is set (OAS Account)."""
    below = {"parent_account_id": world.ZIEMANN_ID}
    kind = {"parent_account_relation_type_id": world.PARENT_RELATION_TYPE_ID}

    told = texts(api.post("/Accounts", json=account(**below)))
    odd = texts(api.post("/Accounts", json=account(**below, parent_account_relation_type_id=NOBODY)))
    made = api.post("/Accounts", json=account(**below, **kind))

    assert told == ["Non-null field 'parent_account_relation_type_id' is null or empty."]
    assert "to ParentAccountRelationType doesn't exist!" in odd[0]
    assert {name: made.json()["data"][name] for name in below | kind} == below | kind
