"""What clients send by mistake is refused in the API's own words, and nothing of it stays."""

import base64
import json
import socket
from typing import Any

import httpx
import pytest

from syncer.sandbox import world
from syncer.sandbox.server import Sandbox
from syncer.sandbox.switches import Switches
from tests.sandbox.conftest import JSON

NO_JSON = "Missing or invalid JSON data."
ACCOUNT = f"/Accounts/{world.ZIEMANN_ID}"


@pytest.fixture
def acme(sandbox: Sandbox) -> str:
    """The path of an account with nothing wrong about it."""
    return next(
        f"/Accounts/{r['id']}" for r in sandbox.store.rows("Account") if r["name"] == "Acme Corporation"
    )


def told(answer: httpx.Response) -> tuple[int, int, str]:
    """Return status, code and message of a refusal."""
    assert answer.headers["content-type"] == "application/json"
    return answer.status_code, answer.json()["code"], answer.json()["message"].strip()


@pytest.mark.parametrize("value", ["", None])
def test_the_time_of_creation_cannot_be_taken_away(
    sandbox: Sandbox, api: httpx.Client, acme: str, value: Any
) -> None:
    before = sandbox.store.rows("Account")
    answer = api.patch(acme, json={"created": value})
    assert told(answer) == (422, 40000, "Non-null field 'created' is null or empty.")
    forced = api.patch(f"{acme}?validation-level=8", json={"modified": value})
    assert told(forced) == (422, 40000, "Non-null field 'modified' is null or empty.")
    assert sandbox.store.rows("Account") == before


@pytest.mark.parametrize("created", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-00:01"])
def test_a_moment_before_or_after_all_years_is_no_value(api: httpx.Client, acme: str, created: str) -> None:
    assert told(api.patch(acme, json={"created": created})) == (422, 40000, "[created] Invalid value.")
    listed = api.get("/Accounts", params={"filter[created]": created})
    assert told(listed) == (400, 117, f"Invalid value '{created}' of filter 'created'.")


@pytest.mark.parametrize(
    ("created", "shown"),
    [
        ("0001-01-01", "0001-01-01 00:00:00.000000+00:00"),
        ("9999-12-31 23:59:59.999999", "9999-12-31 23:59:59.999999+00:00"),
    ],
)
def test_the_first_and_the_last_moment_can_be_read_in_any_zone(
    api: httpx.Client, acme: str, created: str, shown: str
) -> None:
    assert api.patch(acme, json={"created": created}).json()["data"]["created"] == shown
    for zone in ("America/Chicago", "Asia/Tokyo"):
        assert api.get(acme, headers={"Timezone": zone}).json()["data"]["created"][:2] in ("00", "99")


@pytest.mark.parametrize("day", ["20270131", "2027-W01-1", "2027-1-31", "31.01.2027", "2027-02-30"])
def test_only_one_way_to_write_a_day_is_documented(api: httpx.Client, deal: dict[str, Any], day: str) -> None:
    answer = api.post("/Opportunities", json=deal | {"closing_date": day})
    assert told(answer) == (422, 40000, "[closing_date] Invalid value.")


@pytest.mark.parametrize("amount", [1e21, 1e22, 12345678901234567890123, 1.7e308, 5e-324, -1e22])
def test_an_amount_may_be_as_large_as_a_double(
    api: httpx.Client, deal: dict[str, Any], amount: float
) -> None:
    value = deal["value"] | {"base_value": amount}
    made = api.post("/Opportunities", json=deal | {"value": value}).json()["data"]["value"]
    assert made["base_value"] == made["value_foreign"] == round(float(amount), 6)


def test_an_amount_that_no_double_holds_is_refused(
    sandbox: Sandbox, api: httpx.Client, deal: dict[str, Any]
) -> None:
    """By itself, or once it is converted."""
    (gbp,) = (row["id"] for row in sandbox.store.rows("Currency") if row["code"] == "EUR")
    for value in (
        deal["value"] | {"base_value": 10**400},
        {"value_foreign": 1.7e308, "currency_id": gbp},
        {"base_value": 1.7e308, "currency_id": gbp},
    ):
        answer = api.post("/Opportunities", json=deal | {"value": value})
        if answer.status_code != 201:  # one of the two conversions makes it smaller
            assert told(answer) == (422, 40000, "[value] Invalid value.")
    line = {"product_id": sandbox.store.rows("Product")[0]["id"], "price": 1e300, "quantity": 1e300}
    answer = api.post("/Opportunities", json=deal | {"product_relations": [line]})
    assert told(answer) == (422, 40000, "[amount] Invalid value.")


@pytest.mark.parametrize(
    "raw",
    [
        *(
            b'{"name": "\\ud800"}',
            b'{"name": "\\uDFFF\\uD800"}',
            b'{"a\\ud800": 1}',
            b'{"health": {"\\udc00": 1}}',
        ),
        *(b'{"name": NaN}', b'{"name": 1e999}', b'{"name": -1e999}', b'{"name": ' + b"9" * 5000 + b"}"),
        *(b"[" * 100_000, b"\xff", b"\xef\xbb\xbf{}", b'{"name": "\xed\xa0\x80"}'),
    ],
)
@pytest.mark.parametrize("path", ["/Accounts", "/Accounts/batch-modify"])
def test_what_is_no_text_or_no_number_is_no_json(api: httpx.Client, path: str, raw: bytes) -> None:
    raw = b"[" + raw + b"]" if "batch" in path else raw
    assert told(api.post(path, content=raw, headers=JSON)) == (400, 117, NO_JSON)


def test_a_whole_surrogate_pair_is_text(api: httpx.Client) -> None:
    raw = b'{"name": "\\ud83d\\ude00", "owner_id": "%s"}' % world.TUTORIAL_USER_ID.encode()
    assert api.post("/Accounts", content=raw, headers=JSON).json()["data"]["name"] == "\U0001f600"


def test_an_object_that_nests_too_deep_is_refused(api: httpx.Client, deal: dict[str, Any]) -> None:
    deep: Any = []
    for _ in range(300):
        deep = [deep]
    answer = api.post("/Opportunities", json=deal | {"product_sections": deep})
    assert told(answer) == (422, 40000, "[product_sections] Invalid value.")


def test_an_expansion_that_nests_too_deep_is_refused(api: httpx.Client) -> None:
    answer = api.get("/SalesUnits", params={"expand": ".".join(["parent"] * 1500)})
    assert told(answer) == (400, 117, "The request nests too deep.")


@pytest.mark.parametrize("key", [[], {}, 5, True])
def test_an_id_that_is_no_text_is_no_row(
    sandbox: Sandbox, api: httpx.Client, deal: dict[str, Any], key: Any
) -> None:
    row = {"id": key, "account_id": world.ZIEMANN_ID, "is_primary": True}
    deal["account_relations"] = [row]
    assert told(api.post("/Opportunities", json=deal)) == (422, 40000, "[account_relations] Invalid value.")
    ours = sandbox.store.rows("Opportunity")[0]["id"]
    answer = api.patch(f"/Opportunities/{ours}", json={"account_relations": [row]})
    assert "[account_relations] Invalid value." in told(answer)[2]


def test_every_level_asks_a_new_record_for_what_it_needs(api: httpx.Client) -> None:
    """Bit 2 leaves out what an update does not mention; a create has nothing else yet."""
    for level in (0, 2, 4, 6, 30):
        for path, body in (("/Opportunities", {}), ("/Opportunities/batch-modify", [{}])):
            answer = api.post(f"{path}?validation-level={level}", json=body)
            assert (answer.status_code, answer.json()["code"]) == (422, 40000)
            assert "Non-null field 'name' is null or empty." in answer.json()["message"]
    field = [{"name": "Colour", "type_id": "input"}]
    answer = api.post("/Fields?validation-level=2", json=field[0])
    assert told(answer)[2] == "Non-null field 'entity_name' is null or empty."
    answer = api.post("/Fields/batch-modify?validation-level=2", json=field)
    assert "Non-null field 'entity_name' is null or empty." in told(answer)[2]
    assert (
        "Non-null field 'value' is null or empty."
        in told(api.post("/Opportunities?validation-level=2", json={"name": "x"}))[2]
    )


@pytest.mark.parametrize(
    "change", [{"type_id": "dropdown"}, {"api_name": "cf_x"}, {"entity_name": "Account"}, {"system_type": 0}]
)
def test_a_field_stays_what_it_is_even_where_read_only_fields_may_be_written(
    sandbox: Sandbox, api: httpx.Client, change: dict[str, Any]
) -> None:
    field = next(row for row in sandbox.store.rows("Field") if row["api_name"] == "cf_seats")
    answer = api.patch(f"/Fields/{field['id']}?validation-level=8", json=change)
    assert answer.status_code == 200
    (name,) = change
    assert answer.json()["data"][name] == field[name]
    assert api.get("/Opportunities").status_code == 200


@pytest.mark.parametrize("level", ["1", "3", "31", "32", "-2", "2.0", "x"])
def test_a_level_is_a_sum_of_bits_that_there_are(api: httpx.Client, level: str) -> None:
    """There is no bit 1."""
    for answer in (
        api.patch(f"{ACCOUNT}?validation-level={level}", json={}),
        api.post(f"/Accounts/batch-modify?validation-level={level}", json=[]),
        api.delete(f"{ACCOUNT}?validation-level={level}"),
    ):
        assert told(answer) == (400, 117, f"Invalid value of parameter 'validation-level': '{level}'.")


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("filter[owner_id]=dana", "Invalid value 'dana' of filter 'owner_id'."),
        ("filter[id]=17&filter-op[id]=not-eq", "Invalid value '17' of filter 'id'."),
        ("filter[is_deleted]=FALSE", "Invalid value 'FALSE' of filter 'is_deleted'."),
        ("filter[is_deleted]=1", "Invalid value '1' of filter 'is_deleted'."),
        ("include-deleted=1", "Invalid value of parameter 'include-deleted': '1'."),
        ("include-deleted=True", "Invalid value of parameter 'include-deleted': 'True'."),
        ("filter[name]=x&filter-op[name]=null", "Filter 'name' with 'null' takes no value."),
        ("filter[revision]=9223372036854775808", "Invalid value '9223372036854775808' of filter 'revision'."),
        ("filter[ranking]=1e400&filter-op[ranking]=gt", "Invalid value '1e400' of filter 'ranking'."),
        ("order-by=--name", "Unknown field '-name' in order-by."),
        ("first=%D9%A3", "Invalid value of parameter 'first': '٣'."),
        ("&".join(["filter[name]=a"] * 501), "A list takes at most 500 filters."),
    ],
)
def test_a_query_of_values_that_nobody_documents_is_refused(
    api: httpx.Client, query: str, message: str
) -> None:
    assert told(api.get(f"/Opportunities?{query}")) == (400, 117, message)


@pytest.mark.parametrize(
    "values", [["\ud800", "x"], [[], "x"], [{"a": 1}, "x"], [5, "x"], ["x"], ["x", 5], "x"]
)
def test_a_cursor_that_is_none_of_ours_is_refused(api: httpx.Client, values: Any) -> None:
    text = base64.b64encode(json.dumps(values).encode()).decode()
    answer = api.get("/Accounts", params={"order-by": "name", "after": text})
    assert told(answer) == (400, 117, "Invalid cursor in parameter 'after'.")


def test_sorting_by_a_name_often_or_by_a_constant_is_sorting_by_it_once(api: httpx.Client) -> None:
    once = api.get("/Opportunities", params={"order-by": "name", "load-only": "id"}).json()["data"]
    often = api.get(
        "/Opportunities",
        params={"order-by": ",".join(["is_favorite,name"] + ["name"] * 2500), "load-only": "id"},
    )
    assert often.json()["data"] == once


@pytest.mark.parametrize(
    "path", ["/Accounts/a%0Ab", "/Accounts/%0A", "/Accounts/%00", "/Accounts/%FF", "/A%0Accounts"]
)
def test_an_odd_path_is_answered_in_json(api: httpx.Client, path: str) -> None:
    for method in ("GET", "DELETE", "PATCH", "POST"):
        answer = api.request(method, path, json={} if method == "PATCH" else None)
        assert (answer.status_code, answer.headers["content-type"]) == (404, "application/json")


@pytest.mark.parametrize("method", ["PUT", "HEAD", "OPTIONS", "TRACE", "BREW"])
def test_a_method_of_no_route_is_no_route(api: httpx.Client, method: str) -> None:
    answer = api.request(method, ACCOUNT)
    assert (answer.status_code, answer.headers["content-type"]) == (404, "application/json")


@pytest.mark.parametrize(
    "head", [b"Content-Length: -1", b"Content-Length: x", b"Content-Length: 1e3", b"A B: x"]
)
def test_a_request_that_is_no_http_is_refused_and_the_next_one_served(
    sandbox: Sandbox, api: httpx.Client, head: bytes
) -> None:
    host, port = sandbox.url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=10) as line:
        line.sendall(b"POST / HTTP/1.1\r\nHost: h\r\n" + head + b"\r\n\r\n")
        assert line.recv(1000).startswith(b"HTTP/1.1 400 ")
    assert api.get("/Currencies").status_code == 200


def test_a_body_that_never_comes_leaves_the_server_as_it_was(sandbox: Sandbox, api: httpx.Client) -> None:
    host, port = sandbox.url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=10) as line:
        line.sendall(b"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 99999999999999\r\n\r\n{")
    assert api.get("/Currencies").status_code == 200


def test_lines_that_add_up_to_more_than_a_double_leave_the_value_as_it_was(
    sandbox: Sandbox, api: httpx.Client, deal: dict[str, Any]
) -> None:
    line = {"product_id": sandbox.store.rows("Product")[0]["id"], "price": 1e308, "quantity": 1}
    made = api.post(
        "/Opportunities", json=deal | {"is_value_auto_calculate": True, "product_relations": [line]}
    )
    (first,) = sandbox.store.rows("OpptyProductRelation")[-1:]
    again = api.post("/OpptyProductRelations", json=line | {"oppty_id": first["oppty_id"]})
    assert (made.status_code, again.status_code) == (201, 201)
    assert sandbox.store.get("Opportunity", first["oppty_id"])["value"]["base_value"] == 1e308


@pytest.mark.parametrize("rate", ["nan", "inf", "1e999", "x"])
def test_a_number_is_filtered_by_a_number(api: httpx.Client, rate: str) -> None:
    answer = api.get("/CurrencyExchangeRates", params={"filter[exchange_rate]": rate})
    assert told(answer) == (400, 117, f"Invalid value '{rate}' of filter 'exchange_rate'.")


def test_uniqueness_is_kept_for_values_of_every_kind(api: httpx.Client, deal: dict[str, Any]) -> None:
    field = {
        "name": "Once",
        "type_id": "multiselect_checkbox",
        "entity_name": "Opportunity",
        "is_unique": True,
    }
    made = api.post("/Fields?validation-level=8", json=field | {"data_set": [{"option_name": "A"}]}).json()[
        "data"
    ]
    (option,) = api.get("/Data", params={"filter[data_set_id]": made["data_set_id"]}).json()["data"]
    body = deal | {made["api_name"]: [option["id"]]}
    assert api.post("/Opportunities", json=body).status_code == 201
    assert "is not unique" in told(api.post("/Opportunities", json=body))[2]


def test_both_amounts_that_disagree_may_be_refused(serve: Any, deal: dict[str, Any]) -> None:
    with serve(switches=Switches(both_amounts="refused", money_decimals=400)) as (_, client):
        value = deal["value"] | {"value_foreign": 1e300}
        answer = client.post("/Opportunities", json=deal | {"value": value})
    assert told(answer) == (422, 40000, "[value] base_value and value_foreign disagree.")
