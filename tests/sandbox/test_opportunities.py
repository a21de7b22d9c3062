"""Opportunities: defaults, status, relations, lines. Source: OAS Opportunity, DOC create-opportunity."""

from typing import Any

import httpx
import pytest

from syncer.sandbox import world
from syncer.sandbox.server import Sandbox
from syncer.sandbox.switches import Switches

ONE_PRIMARY = "Error on field {}. Exactly one 'is_primary' item must be set."


def texts(answer: httpx.Response) -> list[str]:
    assert answer.status_code == 422, answer.text
    return [line for line in answer.json()["message"].split("\n") if line]


def step(sandbox: Sandbox, pipeline: str, name: str) -> str:
    pipeline_id = sandbox.store.find("Pipeline", name=pipeline)["id"]
    return str(sandbox.store.find("Step", pipeline_id=pipeline_id, name=name)["id"])


def make(api: httpx.Client, body: dict[str, Any]) -> dict[str, Any]:
    answer = api.post("/Opportunities", json=body)
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()["data"]
    return made


def links(sandbox: Sandbox, key: str, entity: str = "LeadOpptyAccountRelation") -> list[tuple[str, bool]]:
    name = "account_id" if "Account" in entity else "contact_id"
    return [(r[name], r["is_primary"]) for r in sandbox.store.rows(entity) if r["lead_oppty_id"] == key]


def test_unit_type_and_product_currency_have_defaults(
    sandbox: Sandbox, api: httpx.Client, deal: dict[str, Any]
) -> None:
    made = make(api, deal)
    kind = sandbox.store.find("OpportunityType", pipeline_id=world.TEST_PIPELINE_ID)
    assert (made["unit_id"], made["oppty_type_id"]) == (world.TUTORIAL_UNIT_ID, kind["id"])
    assert made["product_currency_id"] == world.BASE_CURRENCY_ID
    names = ("share_mode", "is_archived", "is_value_auto_calculate", "was_qualified", "ranking", "table_name")
    assert [made[name] for name in names] == [0, False, False, False, None, "opportunity"]


def test_the_default_type_is_the_first_published_one(
    sandbox: Sandbox, api: httpx.Client, deal: dict[str, Any]
) -> None:
    made = make(api, deal | {"step_id": step(sandbox, "New Business", "Lead In")})
    assert sandbox.store.get("OpportunityType", made["oppty_type_id"])["name"] == "Standard"


def test_what_is_sent_wins_over_defaults(sandbox: Sandbox, api: httpx.Client, deal: dict[str, Any]) -> None:
    unit = sandbox.store.find("SalesUnit", name="Sales EMEA")["id"]
    kind = sandbox.store.find("OpportunityType", name="Enterprise")["id"]
    made = make(api, deal | {"unit_id": unit, "oppty_type_id": kind})
    assert (made["unit_id"], made["oppty_type_id"]) == (unit, kind)


def test_status_follows_step_and_archive_mark(
    sandbox: Sandbox, api: httpx.Client, deal: dict[str, Any]
) -> None:
    """1 open, 3 won in the last step, 2 lost when archived, which wins over the last step."""
    key = make(api, deal)["id"]
    path = f"/Opportunities/{key}"
    seen = [api.get(path).json()["data"]["status"]]
    changes: tuple[dict[str, Any], ...] = (
        {"step_id": step(sandbox, "Test Pipeline", "Won")},
        {"is_archived": True},
        {"is_archived": False},
        {"step_id": step(sandbox, "Test Pipeline", "Second")},
    )
    seen += [api.patch(path, json=change).json()["data"]["status"] for change in changes]
    assert seen == [1, 3, 2, 3, 1]


def test_won_and_lost_dates_come_and_go(sandbox: Sandbox, api: httpx.Client, deal: dict[str, Any]) -> None:
    made = make(api, deal | {"step_id": step(sandbox, "Test Pipeline", "Won")})
    path = f"/Opportunities/{made['id']}"
    assert (made["won_date"] is None, made["lost_date"]) == (False, None)
    lost = api.patch(path, json={"is_archived": True}).json()["data"]
    assert (lost["won_date"], lost["lost_date"] is None) == (None, False)
    moved = api.patch(path, json={"is_archived": False, "won_date": "2026-01-02"}).json()["data"]
    assert moved["won_date"] == "2026-01-02 00:00:00.000000+00:00"


def test_days_in_step_start_anew_when_the_step_changes(sandbox: Sandbox) -> None:
    deal = sandbox.store.find("Opportunity", name="Globex expansion")
    assert deal["days_in_step"] > 1000
    moved = sandbox.edit("Opportunity", deal["id"], step_id=step(sandbox, "New Business", "Negotiation"))
    assert moved["days_in_step"] == 0


@pytest.mark.parametrize("marks", [[], [False], [True, True], [False, False]])
@pytest.mark.parametrize("field", ["account_relations", "contact_relations"])
def test_a_nested_list_needs_exactly_one_primary(
    sandbox: Sandbox, api: httpx.Client, deal: dict[str, Any], field: str, marks: list[bool]
) -> None:
    """An empty list is accepted; which code the real service uses is not documented."""
    entity = "Account" if field.startswith("account") else "Contact"
    rows = sandbox.store.rows(entity)
    key = f"{entity.lower()}_id"
    deal[field] = [{key: row["id"], "is_primary": mark} for row, mark in zip(rows, marks, strict=False)]
    answer = api.post("/Opportunities", json=deal)
    if not marks:
        assert answer.json()["data"][f"primary_{entity.lower()}"] is None
        return
    assert texts(answer) == [ONE_PRIMARY.format(field)]
    assert [(e["field_name"], e["code"]) for e in answer.json()["field_errors"]] == [(field, 40002)]


def test_is_primary_must_be_said_on_nested_rows(api: httpx.Client, deal: dict[str, Any]) -> None:
    deal["account_relations"] = [{"account_id": world.ZIEMANN_ID}]
    assert texts(api.post("/Opportunities", json=deal)) == [
        "Non-null field 'is_primary' is null or empty.",
        ONE_PRIMARY.format("account_relations"),
    ]


def test_nested_rows_may_carry_sales_roles(sandbox: Sandbox, api: httpx.Client, deal: dict[str, Any]) -> None:
    role = sandbox.store.find("SalesRole", name="Champion")["id"]
    deal["contact_relations"][0] |= {"sales_roles": [{"sales_role_id": role}], "relationship": 3}
    key = make(api, deal)["id"]
    query = {
        "expand": "contact_relations.sales_roles.sales_role,contact_relations.contact",
        "load-only": "contact_relations.contact.email1,contact_relations.relationship,"
        "contact_relations.sales_roles.sales_role.name",
    }
    assert api.get(f"/Opportunities/{key}", params=query).json()["data"] == {
        "contact_relations": [
            {
                "contact": {"email1": "bob@ziemann.example"},
                "relationship": 3,
                "sales_roles": [{"sales_role": {"name": "Champion"}}],
            }
        ]
    }


def test_link_rows_show_the_opportunity_and_no_lead(
    sandbox: Sandbox, api: httpx.Client, deal: dict[str, Any]
) -> None:
    key = make(api, deal)["id"]
    (row,) = api.get("/LeadOpptyAccountRelations", params={"filter[lead_oppty_id]": key}).json()["data"]
    assert (row["oppty"], row["lead"]) == (f"{sandbox.api_url}/Opportunities/{key}", None)


def test_making_a_single_row_primary_clears_the_others(
    sandbox: Sandbox, api: httpx.Client, deal: dict[str, Any]
) -> None:
    key = make(api, deal)["id"]
    hooli = sandbox.store.find("Account", name="Hooli")["id"]
    body = {"lead_oppty_id": key, "account_id": hooli, "is_primary": True}
    link = api.post("/LeadOpptyAccountRelations", json=body).json()["data"]["id"]
    assert links(sandbox, key) == [(world.ZIEMANN_ID, False), (hooli, True)]
    assert api.get(f"/Opportunities/{key}").json()["data"]["primary_account"].endswith(hooli)
    old = next(
        r["id"] for r in sandbox.store.rows("LeadOpptyAccountRelation") if r["account_id"] == world.ZIEMANN_ID
    )
    api.patch(f"/LeadOpptyAccountRelations/{old}", json={"is_primary": True})
    assert links(sandbox, key) == [(world.ZIEMANN_ID, True), (hooli, False)]
    api.delete(f"/LeadOpptyAccountRelations/{old}")
    assert links(sandbox, key) == [(hooli, False)]
    assert api.get(f"/Opportunities/{key}").json()["data"]["primary_account"] is None
    assert sandbox.store.get("LeadOpptyAccountRelation", link)["is_primary"] is False


def test_contacts_follow_the_same_rule_for_their_accounts(sandbox: Sandbox, api: httpx.Client) -> None:
    bob = sandbox.store.find("Contact", email1="bob@acme.example")["id"]
    acme, umbra = (sandbox.store.find("Account", name=n)["id"] for n in ("Acme Corporation", "Umbra Optics"))
    second = sandbox.store.find("ContactAccountRelation", contact_id=bob, account_id=umbra)["id"]
    assert api.get(f"/Contacts/{bob}").json()["data"]["primary_account"].endswith(acme)
    api.patch(f"/ContactAccountRelations/{second}", json={"is_primary": True, "position": "CTO"})
    after = api.get(f"/Contacts/{bob}").json()["data"]
    assert (after["primary_account"].endswith(umbra), after["primary_account_position"]) == (True, "CTO")
    body = {
        "owner_id": world.TUTORIAL_USER_ID,
        "account_relations": [{"account_id": acme, "is_primary": False}],
    }
    assert texts(api.post("/Contacts", json=body)) == [ONE_PRIMARY.format("account_relations")]


def test_a_list_in_an_update_merges(sandbox: Sandbox, api: httpx.Client, deal: dict[str, Any]) -> None:
    key = make(api, deal)["id"]
    hooli = sandbox.store.find("Account", name="Hooli")["id"]
    path = f"/Opportunities/{key}"
    api.patch(path, json={"account_relations": [{"account_id": hooli, "is_primary": False}]})
    assert links(sandbox, key) == [(world.ZIEMANN_ID, True), (hooli, False)]
    other = sandbox.store.find("LeadOpptyAccountRelation", lead_oppty_id=key, account_id=hooli)["id"]
    api.patch(path, json={"account_relations": [{"id": other, "is_primary": True}]})
    assert links(sandbox, key) == [(world.ZIEMANN_ID, False), (hooli, True)]
    taken = {"account_relations": [{"id": other, "is_primary": False}]}
    assert texts(api.patch(path, json=taken)) == [ONE_PRIMARY.format("account_relations")]


def test_a_list_in_an_update_may_replace(serve: Any, deal: dict[str, Any]) -> None:
    with serve(switches=Switches(nested_lists="replace")) as (sandbox, client):
        key = make(client, deal)["id"]
        hooli = sandbox.store.find("Account", name="Hooli")["id"]
        path = f"/Opportunities/{key}"
        one = {"account_relations": [{"account_id": hooli, "is_primary": False}]}
        assert texts(client.patch(path, json=one)) == [ONE_PRIMARY.format("account_relations")]
        one["account_relations"][0]["is_primary"] = True
        client.patch(path, json=one)
        assert links(sandbox, key) == [(hooli, True)]
        client.patch(path, json={"account_relations": []})
        assert links(sandbox, key) == []
        assert links(sandbox, key, "LeadOpptyContactRelation") == [(world.ZIEMANN_CONTACT_ID, True)]


def test_a_nested_id_of_another_record_is_refused(
    sandbox: Sandbox, api: httpx.Client, deal: dict[str, Any]
) -> None:
    first, second = make(api, deal)["id"], make(api, deal)["id"]
    stranger = next(
        r["id"] for r in sandbox.store.rows("LeadOpptyAccountRelation") if r["lead_oppty_id"] == first
    )
    answer = api.patch(
        f"/Opportunities/{second}", json={"account_relations": [{"id": stranger, "is_primary": True}]}
    )
    name = "account_relations"
    text = f"[{name}] Relation Opportunity.{name}={stranger} to LeadOpptyAccountRelation doesn't exist!"
    assert texts(answer) == [text]


def test_the_connector_requires_more(serve: Any, deal: dict[str, Any]) -> None:
    with serve(switches=Switches(require=("microsoft",))) as (sandbox, client):
        bare = deal | {"value": {"value_foreign": 5, "currency_id": world.BASE_CURRENCY_ID}}
        bare.pop("account_relations")
        answer = client.post("/Opportunities", json=bare)
        key = answer.json()["entity_id"]
        assert texts(answer) == [
            f"Non-null field 'Opportunity'[{key}].oppty_type_id' is null or empty.",
            "Non-null field 'account_relations' is null or empty.",
            "Non-null field 'value.base_value' is null or empty.",
        ]
        kind = sandbox.store.find("OpportunityType", pipeline_id=world.TEST_PIPELINE_ID)["id"]
        assert client.post("/Opportunities", json=deal | {"oppty_type_id": kind}).status_code == 201
        assert len(texts(client.post("/Opportunities", json=deal | {"account_relations": []}))) == 2


def test_an_administrator_may_require_a_relation(serve: Any, deal: dict[str, Any]) -> None:
    with serve(switches=Switches(require=("contact_relations", "name", "lead_source_id"))) as (_, client):
        deal.pop("contact_relations")
        answer = client.post("/Opportunities", json=deal)
        assert texts(answer) == [
            "Non-null field 'contact_relations' is null or empty.",
            "Non-null field 'lead_source_id' is null or empty.",
        ]
        assert [e["field_name"] for e in answer.json()["field_errors"]] == [
            "contact_relations",
            "lead_source_id",
        ]


def test_the_tutorials_require_more_of_contacts_and_products(serve: Any) -> None:
    with serve(switches=Switches(require=("doc",))) as (_, client):
        owner = {"owner_id": world.TUTORIAL_USER_ID}
        assert texts(client.post("/Contacts", json=owner)) == ["Non-null field 'last_name' is null or empty."]
        assert client.post("/Contacts", json=owner | {"first_name": "Al"}).status_code == 201
        assert texts(client.post("/Products", json={"name": "P"})) == [
            "Non-null field 'allowed_pipelines' is null or empty.",
            "Non-null field 'unit_symbol' is null or empty.",
        ]
        body = {"name": "P", "allowed_pipelines": 1, "unit_symbol": "kg"}
        made = client.post("/Products", json=body).json()["data"]["id"]
        assert client.patch(f"/Products/{made}", json={"name": "Q"}).status_code == 200


def test_product_lines_take_price_total_and_discount(
    sandbox: Sandbox, api: httpx.Client, deal: dict[str, Any]
) -> None:
    licence = sandbox.store.find("Product", sku="PL-100")["id"]
    deal["product_relations"] = [{"product_id": licence, "quantity": 10}]
    key = make(api, deal)["id"]
    (line,) = sandbox.store.rows("OpptyProductRelation")
    assert (line["price"], line["amount"], line["discount_value"], line["sort_order"]) == (
        120.0,
        1200.0,
        0.0,
        0,
    )
    cheaper = sandbox.edit("OpptyProductRelation", line["id"], amount=900)
    assert (cheaper["discount_value"], cheaper["discount_percentage"]) == (300.0, 25.0)
    api.patch(
        f"/OpptyProductRelations/{line['id']}", json={"product_id": sandbox.store.rows("Product")[-1]["id"]}
    )
    assert sandbox.store.get("OpptyProductRelation", line["id"])["product_id"] == licence
    bare = api.post("/OpptyProductRelations", json={"product_id": licence}).json()["data"]
    assert (bare["quantity"], bare["amount"]) == (1.0, 120.0)
    assert api.get(f"/Opportunities/{key}").json()["data"]["value"]["base_value"] == 100


def test_a_line_of_an_unlisted_product_has_no_price(sandbox: Sandbox, api: httpx.Client) -> None:
    product = sandbox.store.create("Product", {"name": "New"})
    line = api.post("/OpptyProductRelations", json={"product_id": product}).json()["data"]
    assert (line["price"], line["amount"], line["discount_value"]) == (None, None, None)
    zero = api.post("/OpptyProductRelations", json={"product_id": product, "amount": 5, "price": 0}).json()[
        "data"
    ]
    assert (zero["amount"], zero["discount_percentage"]) == (5.0, None)


def test_a_computed_value_is_the_sum_of_the_lines(
    sandbox: Sandbox, api: httpx.Client, deal: dict[str, Any]
) -> None:
    products = {p["sku"]: p["id"] for p in sandbox.store.rows("Product")}
    deal |= {
        "is_value_auto_calculate": True,
        "product_relations": [
            {"product_id": products["PL-100"], "quantity": 2},
            {"product_id": products["ON-200"]},
        ],
    }
    key = make(api, deal)["id"]
    assert sandbox.store.get("Opportunity", key)["value"]["base_value"] == 1740.0
    line = sandbox.store.find("OpptyProductRelation", product_id=products["ON-200"])["id"]
    api.delete(f"/OpptyProductRelations/{line}")
    assert sandbox.store.get("Opportunity", key)["value"]["base_value"] == 240.0


def test_tags_and_memberships_are_nested_lists_too(
    sandbox: Sandbox, api: httpx.Client, deal: dict[str, Any]
) -> None:
    tag = sandbox.store.create("Tag", {"name": "Hot", "color": 1})
    key = make(api, deal | {"tags": [{"tag_id": tag}]})["id"]
    (row,) = sandbox.store.rows("TagRelation")
    assert (row["oppty_id"], row["tag_id"]) == (key, tag)
    unit = sandbox.store.find("SalesUnit", name="Sales EMEA")["id"]
    root_member = {"unit_id": world.ROOT_UNIT_ID, "unit_role": 2}
    body = {
        "email": "new@example.com",
        "default_unit_id": unit,
        "master_right_id": sandbox.store.rows("MasterRight")[0]["id"],
        "unit_membership": [{"unit_id": unit, "unit_role": 1}, root_member],
    }
    user = api.post("/Clients", json=body).json()["data"]
    assert user["unit_member_ids"] == [unit]
    assert set(user["unit_manager_ids"]) == {r["id"] for r in sandbox.store.rows("SalesUnit")}
    assert (user["first_name"], user["user_recalculation_state"]) == ("", "NoRecalculation")


def test_pipelines_are_made_with_their_steps_in_order(sandbox: Sandbox, api: httpx.Client) -> None:
    body = {
        "name": "Short",
        "color": 1,
        "steps": [{"name": "In", "percent": 10}, {"name": "Out", "percent": 100}],
    }
    made = api.post("/Pipelines", json=body).json()["data"]
    rows = [r for r in sandbox.store.rows("Step") if r["pipeline_id"] == made["id"]]
    assert sorted((r["sort_order"], r["name"]) for r in rows) == [(0, "In"), (1, "Out")]
    assert made["opportunity_types"] == []


def test_formatted_names_join_what_there_is(sandbox: Sandbox) -> None:
    key = sandbox.store.create(
        "Contact",
        {"owner_id": world.TUTORIAL_USER_ID, "title": "Dr.", "first_name": "Ann", "last_name": "Lee"},
    )
    assert sandbox.store.get("Contact", key)["formatted_name"] == "Dr. Ann Lee"
    assert sandbox.edit("Contact", key, middle_name="B.", title="")["formatted_name"] == "Ann B. Lee"


def test_a_note_needs_exactly_one_parent(api: httpx.Client) -> None:
    body = {"note": "x", "owner_id": world.TUTORIAL_USER_ID}
    assert texts(api.post("/Notes", json=body)) == ["A note needs exactly one parent."]
    both = body | {"account_id": world.ZIEMANN_ID, "contact_id": world.ZIEMANN_CONTACT_ID}
    assert texts(api.post("/Notes", json=both)) == ["A note needs exactly one parent."]
