"""Fields, options and custom values. Source: DOC fields, create-account; OAS Field, Data, Type."""

from typing import Any

import httpx
import pytest

from syncer.sandbox import world
from syncer.sandbox.entities import CUSTOM_KINDS
from syncer.sandbox.server import Sandbox


def texts(answer: httpx.Response) -> list[str]:
    assert answer.status_code == 422, answer.text
    return [line for line in answer.json()["message"].split("\n") if line]


def test_all_fields_are_read_with_their_options_in_one_list(api: httpx.Client) -> None:
    """The query of the tutorial, narrowed to the custom fields."""
    query = {
        "expand": "data_set",
        "load-only": "api_name,data_set.option_name",
        "filter[entity_name]": "Opportunity",
        "filter-op[api_name]": "starts",
        "filter[api_name]": "cf_",
        "filter-op[data_set_id]": "not-null",
        "order-by": "api_name",
    }
    shown = {
        row["api_name"]: [o["option_name"] for o in row["data_set"]]
        for row in api.get("/Fields", params=query).json()["data"]
    }
    assert shown == {
        "cf_competitors": ["Umbrella", "Tyrell", "Soylent", "Wonka"],
        "cf_contract": ["Monthly", "Yearly", "Multi-year"],
        "cf_region": ["EMEA", "Americas", "APAC"],
    }


def test_system_dropdowns_have_built_in_options(api: httpx.Client) -> None:
    query = {"filter[api_name]": "lead_source_id", "filter[entity_name]": "Opportunity", "expand": "data_set"}
    (row,) = api.get("/Fields", params=query).json()["data"]
    assert [o["option_name"] for o in row["data_set"]] == list(world.LEAD_SOURCES)
    agriculture = api.get(f"/Data/{world.AGRICULTURE_ID}").json()["data"]
    assert (agriculture["option_name"], agriculture["data_set_id"]) == ("Agriculture", world.INDUSTRY_SET_ID)


def test_an_unexpanded_option_set_is_a_list_of_uris(sandbox: Sandbox, api: httpx.Client) -> None:
    (row,) = api.get("/Fields", params={"filter[api_name]": "cf_contract", "load-only": "data_set"}).json()[
        "data"
    ]
    assert len(row["data_set"]) == 3
    assert row["data_set"][0].startswith(f"{sandbox.api_url}/Data/")


@pytest.mark.parametrize("type_id", sorted(CUSTOM_KINDS))
def test_a_field_of_every_type_can_be_made_and_used(
    sandbox: Sandbox, api: httpx.Client, type_id: str
) -> None:
    body: dict[str, Any] = {"name": f"My {type_id}!", "type_id": type_id, "entity_name": "Account"}
    kind = CUSTOM_KINDS[type_id]
    if kind in ("id", "ids"):
        body["data_set"] = [{"option_name": "A", "calc_value": 1}]
    made = api.post("/Fields", json=body).json()["data"]
    assert made["api_name"] == f"cf_my_{type_id}"
    option = next(
        (o["id"] for o in sandbox.store.rows("Data") if o["data_set_id"] == made["data_set_id"]), None
    )
    samples = {
        "bool": True,
        "float": 1.5,
        "money": {"base_value": 1.0, "currency_id": world.BASE_CURRENCY_ID, "value_foreign": 1.0},
        "date": "2027-01-31",
        "datetime": "2027-01-31 10:00:00.000000+00:00",
        "id": option,
        "ids": [option],
        "int": 3,
        "text": "text",
    }
    path = f"/Accounts/{world.ZIEMANN_ID}?validation-level=18"
    shown = api.patch(path, json={made["api_name"]: samples[kind]}).json()["data"]
    assert shown[made["api_name"]] == samples[kind]
    assert list(shown)[-1] == made["api_name"]


def test_api_names_never_clash_and_never_change(api: httpx.Client) -> None:
    body = {"name": "Region", "type_id": "input", "entity_name": "Opportunity"}
    names = [api.post("/Fields", json=body).json()["data"]["api_name"] for _ in range(2)]
    assert names == ["cf_region_2", "cf_region_3"]
    nameless = api.post("/Fields", json=body | {"name": "?!"}).json()["data"]
    assert nameless["api_name"] == "cf_field"
    renamed = api.patch(f"/Fields/{nameless['id']}", json={"name": "Other"}).json()["data"]
    assert (renamed["name"], renamed["api_name"]) == ("Other", "cf_field")


def test_product_lines_take_custom_fields_under_their_old_name(api: httpx.Client, sandbox: Sandbox) -> None:
    body = {"name": "Batch", "type_id": "input", "entity_name": "LeadOpptyProductRelation"}
    assert api.post("/Fields", json=body).json()["data"]["api_name"] == "cf_batch"
    product = sandbox.store.rows("Product")[0]["id"]
    line = api.post("/OpptyProductRelations", json={"product_id": product, "cf_batch": "b"}).json()["data"]
    assert line["cf_batch"] == "b"


@pytest.mark.parametrize(
    ("change", "text"),
    [
        ({"type_id": "rainbow"}, "Unknown field type 'rainbow'."),
        ({"entity_name": "Step"}, "Entity 'Step' takes no custom fields."),
        ({"data_set": [{"option_name": "A"}]}, "A field of type 'input' has no options."),
        ({"type_id": None}, "Non-null field 'type_id' is null or empty."),
    ],
)
def test_fields_that_cannot_be_are_refused(api: httpx.Client, change: dict[str, Any], text: str) -> None:
    body = {"name": "X", "type_id": "input", "entity_name": "Account"}
    assert texts(api.post("/Fields", json=body | change)) == [text]


def test_unique_fields_refuse_a_second_record(
    sandbox: Sandbox, api: httpx.Client, deal: dict[str, Any]
) -> None:
    first = api.post("/Opportunities", json=deal | {"cf_syncer_key": "k"}).json()["data"]["id"]
    second = api.post("/Opportunities", json=deal).json()["data"]["id"]
    text = ["[cf_syncer_key] Value 'k' is not unique."]
    assert texts(api.post("/Opportunities", json=deal | {"cf_syncer_key": "k"})) == text
    assert texts(api.patch(f"/Opportunities/{second}", json={"cf_syncer_key": "k"})) == text
    assert api.patch(f"/Opportunities/{first}", json={"cf_syncer_key": "k"}).status_code == 200
    assert api.post("/Opportunities", json=deal | {"cf_syncer_key": "K"}).status_code == 201
    sandbox.store.delete("Opportunity", first)
    assert api.patch(f"/Opportunities/{second}", json={"cf_syncer_key": "k"}).status_code == 200


def test_product_numbers_are_unique(api: httpx.Client) -> None:
    assert texts(api.post("/Products", json={"name": "P", "sku": "PL-100"})) == [
        "[sku] Value 'PL-100' is not unique."
    ]


def test_is_unique_may_be_set_with_bit_8(sandbox: Sandbox, api: httpx.Client) -> None:
    """OAS lists it in the create input and flags it read-only."""
    body = {"name": "Code", "type_id": "input", "entity_name": "Account", "is_unique": True}
    assert api.post("/Fields", json=body).json()["data"]["is_unique"] is False
    made = api.post("/Fields?validation-level=8", json=body | {"name": "Code B"}).json()["data"]
    assert made["is_unique"] is True
    key = sandbox.store.find("Account", name="Hooli")["id"]
    sandbox.edit("Account", key, cf_code_b="1")
    other = {"name": "B", "owner_id": world.TUTORIAL_USER_ID, "cf_code_b": "1"}
    assert texts(api.post("/Accounts", json=other)) == ["[cf_code_b] Value '1' is not unique."]


def test_dropdown_values_are_options_of_their_own_set(
    sandbox: Sandbox, api: httpx.Client, deal: dict[str, Any]
) -> None:
    emea = sandbox.store.find("Data", option_name="EMEA")["id"]
    wonka = sandbox.store.find("Data", option_name="Wonka")["id"]
    good = api.post("/Opportunities", json=deal | {"cf_region": emea, "cf_competitors": [wonka]})
    assert (good.json()["data"]["cf_region"], good.json()["data"]["cf_competitors"]) == (emea, [wonka])
    text = "[{0}] Relation Opportunity.{0}={1} to Data doesn't exist!"
    bad = api.post("/Opportunities", json=deal | {"cf_region": wonka, "cf_competitors": [emea]})
    assert sorted(texts(bad)) == [text.format("cf_competitors", emea), text.format("cf_region", wonka)]


def test_options_can_be_added_to_a_set(sandbox: Sandbox, api: httpx.Client) -> None:
    data_set = sandbox.store.find("Field", api_name="cf_region")["data_set_id"]
    body = {"data_set_id": data_set, "option_name": "LATAM", "sort_order": 9, "option_name_translations": {}}
    made = api.post("/Data", json=body).json()["data"]
    assert (made["option_name"], made["sort_order"]) == ("LATAM", 9)
    again = api.post("/Data", json={"data_set_id": data_set, "option_name": "MENA"}).json()["data"]
    assert (again["sort_order"], again["option_name_translations"]) == (10, {})


def test_a_deleted_custom_field_leaves_the_records(sandbox: Sandbox, api: httpx.Client) -> None:
    sandbox.store.delete("Field", sandbox.store.find("Field", api_name="cf_url")["id"])
    row = api.get("/Opportunities", params={"first": 1}).json()["data"][0]
    assert "cf_url" not in row
    assert "cf_seats" in row


def test_types_are_named_and_say_what_can_be_filtered(api: httpx.Client) -> None:
    body = api.get("/Types", params={"first": 100, "load-only": "id,is_filterable,primitive_type"}).json()
    assert {row["id"] for row in body["data"]} == set(CUSTOM_KINDS)
    shown = {row["id"]: row for row in body["data"]}
    assert shown["dropdown"] == {"id": "dropdown", "primitive_type": "enum", "is_filterable": True}
    assert shown["currency_foreign"]["is_filterable"] is False
