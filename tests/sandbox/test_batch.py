"""batch-modify, batch-delete, batch-restore. Source: DOC bulk, OAS, recorded accounts-batch-modify."""

from typing import Any

import httpx
import pytest

from syncer.sandbox import world
from syncer.sandbox.server import Sandbox
from syncer.sandbox.switches import Switches
from tests.sandbox.conftest import JSON

NOBODY = "00000000-0000-0000-0000-00000000dead"
GOOD = {"name": "Good", "owner_id": world.TUTORIAL_USER_ID}
BAD = {"name": "Bad"}


def names(sandbox: Sandbox) -> set[str]:
    return {row["name"] for row in sandbox.store.rows("Account")}


def test_items_with_id_update_and_items_without_create(sandbox: Sandbox, api: httpx.Client) -> None:
    hooli = sandbox.store.find("Account", name="Hooli")["id"]
    answer = api.post("/Accounts/batch-modify", json=[{"id": hooli, "name": "Hooli XYZ"}, GOOD])
    first, second = answer.json()["data"]
    assert (answer.status_code, first) == (200, hooli)
    assert sandbox.store.get("Account", hooli)["name"] == "Hooli XYZ"
    assert sandbox.store.get("Account", second)["name"] == "Good"


def test_rollback_method_0_undoes_everything_and_answers_the_first_error(
    sandbox: Sandbox, api: httpx.Client
) -> None:
    before = names(sandbox)
    answer = api.post("/Accounts/batch-modify", json=[GOOD, BAD, {"name": ""}])
    body = answer.json()
    assert (answer.status_code, body["entity_index"], body["success"]) == (422, None, False)
    assert [e["field_name"] for e in body["field_errors"]] == ["owner_id"]
    assert names(sandbox) == before


def test_rollback_method_1_saves_the_good_and_lists_the_bad_in_order(
    sandbox: Sandbox, api: httpx.Client
) -> None:
    items = [GOOD, BAD, {"id": NOBODY, "name": "x"}, GOOD | {"name": "Fine"}, {"colour": 1}, "text"]
    answer = api.post("/Accounts/batch-modify?rollback-method=1", json=items)
    data = answer.json()["data"]
    assert answer.status_code == 200
    assert [type(item) for item in data] == [str, dict, dict, str, dict, dict]
    assert [(e["http_status"], e["entity_index"]) for e in data if isinstance(e, dict)] == [
        (422, 1),
        (404, 2),
        (400, 4),
        (400, 5),
    ]
    assert {"Good", "Fine"} <= names(sandbox)
    assert sandbox.store.get("Account", data[0])["name"] == "Good"


def test_a_bad_item_leaves_nothing_of_itself_behind(
    sandbox: Sandbox, api: httpx.Client, deal: dict[str, Any]
) -> None:
    bad = deal | {"account_relations": [{"account_id": NOBODY, "is_primary": True}]}
    answer = api.post("/Opportunities/batch-modify?rollback-method=1", json=[bad, deal])
    error, made = answer.json()["data"]
    text = f"[account_id] Relation LeadOpptyAccountRelation.account_id={NOBODY} to Account doesn't exist!"
    assert error["message"] == f"\n{text}"
    assert [(e["field_name"], e["errors"][0]["code"]) for e in error["field_errors"]] == [
        ("account_relations", 120)
    ]
    assert [r["lead_oppty_id"] for r in sandbox.store.rows("LeadOpptyContactRelation")] == [made]


def test_a_clash_within_one_batch_is_seen(api: httpx.Client, deal: dict[str, Any]) -> None:
    keyed = deal | {"cf_syncer_key": "k"}
    data = api.post("/Opportunities/batch-modify?rollback-method=1", json=[keyed, keyed]).json()["data"]
    assert isinstance(data[0], str)
    assert data[1]["message"] == "\n[cf_syncer_key] Value 'k' is not unique."


def test_entity_index_may_be_null(serve: Any) -> None:
    with serve(switches=Switches(batch_index="null")) as (_, client):
        (error,) = client.post("/Accounts/batch-modify?rollback-method=1", json=[BAD]).json()["data"]
        assert error["entity_index"] is None


def test_answers_may_come_in_another_order(serve: Any) -> None:
    items = [{"name": f"A{n}", "owner_id": world.TUTORIAL_USER_ID} for n in range(20)]
    with serve(switches=Switches(batch_order="shuffled")) as (sandbox, client):
        data = client.post("/Accounts/batch-modify?rollback-method=1", json=items).json()["data"]
        got = [sandbox.store.get("Account", key)["name"] for key in data]
        assert got != [item["name"] for item in items]
        assert sorted(got) == sorted(item["name"] for item in items)


def test_a_batch_holds_at_most_100_items(sandbox: Sandbox, api: httpx.Client) -> None:
    before = names(sandbox)
    answer = api.post("/Accounts/batch-modify", json=[GOOD] * 101)
    assert (answer.status_code, answer.json()["code"]) == (413, 413)
    assert answer.json()["message"] == "A batch holds at most 100 items."
    assert names(sandbox) == before
    assert len(api.post("/Accounts/batch-modify", json=[GOOD] * 100).json()["data"]) == 100


@pytest.mark.parametrize("status", ["400", "413", "422"])
def test_the_limit_and_its_status_can_be_chosen(serve: Any, status: str) -> None:
    with serve(switches=Switches(max_batch=2, too_large_status=status)) as (_, client):
        codes = [client.post("/Accounts/batch-modify", json=[GOOD] * n).status_code for n in (2, 3)]
        assert codes == [200, int(status)]


def test_an_empty_batch_does_nothing(api: httpx.Client) -> None:
    assert api.post("/Accounts/batch-modify", json=[]).json() == {"success": True, "data": []}


def test_batch_delete_and_restore_answer_the_ids(sandbox: Sandbox, api: httpx.Client) -> None:
    ids = [row["id"] for row in sandbox.store.rows("Opportunity")]
    assert api.post("/Opportunities/batch-delete", json=ids[:2]).json() == {"success": True, "data": ids[:2]}
    assert [row["id"] for row in sandbox.store.rows("Opportunity")] == ids[2:]
    assert api.post("/Opportunities/batch-restore", json=ids[:2]).json() == {"success": True, "data": ids[:2]}
    assert [row["id"] for row in sandbox.store.rows("Opportunity")] == ids


def test_batch_delete_with_an_unknown_id_follows_the_rollback_method(
    sandbox: Sandbox, api: httpx.Client
) -> None:
    ids = [row["id"] for row in sandbox.store.rows("Opportunity")]
    assert api.post("/Opportunities/batch-delete", json=[ids[0], NOBODY]).status_code == 404
    assert sandbox.store.count("Opportunity") == 3
    data = api.post("/Opportunities/batch-delete?rollback-method=1", json=[ids[0], NOBODY]).json()["data"]
    assert (data[0], data[1]["http_status"], data[1]["entity_index"]) == (ids[0], 404, 1)
    assert sandbox.store.count("Opportunity") == 2


@pytest.mark.parametrize(
    ("query", "body"), [("", "{}"), ("", "x"), ("?rollback-method=2", "[]"), ("?rollback-method=x", "[]")]
)
def test_a_batch_that_makes_no_sense_is_refused(api: httpx.Client, query: str, body: str) -> None:
    answer = api.post(f"/Accounts/batch-modify{query}", content=body, headers=JSON)
    assert (answer.status_code, answer.json()["code"]) == (400, 117)


def test_a_custom_field_that_is_refused_does_not_stay(api: httpx.Client) -> None:
    """The second option makes the field fail after its column was thought of."""
    option = {"option_name": "A"}
    field = {"name": "Colour", "type_id": "dropdown", "entity_name": "Account", "data_set": [option, {}]}
    assert api.post("/Fields", json=field).status_code == 422
    made = api.post("/Fields", json=field | {"data_set": [option]})
    assert (made.status_code, made.json()["data"]["api_name"]) == (201, "cf_colour")
    row = api.get(f"/Accounts/{world.ZIEMANN_ID}").json()["data"]
    assert [name for name in row if name.startswith("cf_")] == ["cf_colour"]


@pytest.mark.parametrize(
    ("plural", "name", "item"),
    [
        ("Fields", "type_id", {"name": "Colour", "type_id": "input", "entity_name": "Account"}),
        ("Fields", "entity_name", {"name": "Colour", "type_id": "input", "entity_name": "Account"}),
        ("OpptyProductRelations", "product_id", {"product_id": world.ZIEMANN_ID}),
        ("Data", "data_set_id", {"option_name": "A", "data_set_id": world.ZIEMANN_ID, "sort_order": 1}),
        ("Currencies", "code", {"code": "CHF"}),
        ("Clients", "email", {"email": "new@example.com"}),
    ],
)
def test_what_the_batch_input_lacks_cannot_be_set_by_a_batch(
    api: httpx.Client, plural: str, name: str, item: dict[str, Any]
) -> None:
    """So these cannot be created by one: OAS lists the fields for creates alone, and a create needs them."""
    answer = api.post(f"/{plural}/batch-modify", json=[item])
    assert answer.status_code == 422
    assert f"'{name}' is null or empty." in answer.json()["message"].replace(f"].{name}'", f"'{name}'")
