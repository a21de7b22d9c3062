"""Who may do what. Source: the vendor's older API page (401, realm); the rest is undocumented."""

from typing import Any

import httpx
import pytest

from syncer.sandbox import world
from syncer.sandbox.api import parse_forbidden
from syncer.sandbox.server import Sandbox
from syncer.sandbox.switches import Switches

UNAUTHORIZED = {
    "code": 401,
    "name": "ERROR_UNAUTHORIZED",
    "message": "Missing or wrong credentials.",
    "http_status": 401,
    "success": False,
}


@pytest.mark.parametrize(
    "header",
    [None, "", "Basic", "Basic !!!", "Basic dTpw", "Bearer dTpw", "Basic \u00e9"],
)
def test_wrong_credentials_are_401_with_a_challenge(sandbox: Sandbox, header: str | None) -> None:
    headers = {} if header is None else {b"Authorization": header.encode()}
    answer = httpx.get(f"{sandbox.api_url}/Accounts", headers=headers, trust_env=False)
    assert (answer.status_code, answer.json()) == (401, UNAUTHORIZED)
    assert answer.headers["www-authenticate"] == 'Basic realm="restapi"'


def test_credentials_and_space_can_be_chosen(serve: Any) -> None:
    with serve(username="me", password="päss:wörd", space_id="us_Acme") as (sandbox, client):
        assert client.get("/Accounts").status_code == 200
        assert sandbox.env() == {
            "PIPELINER_URL": sandbox.url,
            "PIPELINER_SPACE_ID": "us_Acme",
            "PIPELINER_API_USERNAME": "me",
            "PIPELINER_API_PASSWORD": "päss:wörd",
        }


def test_wrong_credentials_may_be_403(serve: Any) -> None:
    with serve(switches=Switches(bad_credentials="403")) as (sandbox, _):
        answer = httpx.get(f"{sandbox.api_url}/Accounts", trust_env=False)
        assert (answer.status_code, "www-authenticate" in answer.headers) == (403, False)


@pytest.mark.parametrize(("switch", "status"), [("404", 404), ("401", 401), ("403", 403)])
def test_another_space_is_not_there(serve: Any, switch: str, status: int) -> None:
    with serve(switches=Switches(wrong_space=switch)) as (sandbox, client):
        answer = client.get(sandbox.api_url.replace(sandbox.space_id, "other") + "/Accounts")
        assert answer.status_code == status
        assert ("errorcode" in answer.json()) is (status == 404)


@pytest.mark.parametrize(
    ("rule", "allowed"),
    [
        ("Account", {"Contact"}),
        ("Account:read", {"Contact", "create", "batch"}),
        ("Account:list", {"Contact", "create", "batch", "get"}),
        ("Account:get", {"Contact", "create", "batch", "list"}),
        ("Account:write", {"Contact", "get", "list"}),
        ("Account:create", {"Contact", "get", "list"}),
        ("Account:batch-modify", {"Contact", "get", "list", "create"}),
    ],
)
def test_forbidden_operations_are_403(serve: Any, rule: str, allowed: set[str]) -> None:
    body = {"name": "x", "owner_id": world.TUTORIAL_USER_ID}
    with serve(forbidden=(rule,)) as (_, client):
        answers = {
            "Contact": client.get("/Contacts"),
            "list": client.get("/Accounts"),
            "get": client.get(f"/Accounts/{world.ZIEMANN_ID}"),
            "create": client.post("/Accounts", json=body),
            "batch": client.post("/Accounts/batch-modify", json=[body]),
        }
        assert {name for name, answer in answers.items() if answer.status_code != 403} == allowed
        refusals = [a.json() for a in answers.values() if a.status_code == 403]
        assert {(r["code"], r["name"], r["success"]) for r in refusals} == {(403, "ERROR_FORBIDDEN", False)}


def test_a_forbidden_create_in_a_batch_is_an_error_of_its_item(serve: Any) -> None:
    items = [{"id": world.ZIEMANN_ID, "city": "x"}, {"name": "x", "owner_id": world.TUTORIAL_USER_ID}]
    with serve(forbidden=("Account:create",)) as (_, client):
        data = client.post("/Accounts/batch-modify?rollback-method=1&validation-level=2", json=items).json()[
            "data"
        ]
        assert (data[0], data[1]["http_status"], data[1]["entity_index"]) == (world.ZIEMANN_ID, 403, 1)


@pytest.mark.parametrize(("rule", "word"), [("Accounts", "no entity"), ("Account:fly", "none of list")])
def test_a_rule_about_nothing_is_refused(rule: str, word: str) -> None:
    with pytest.raises(ValueError, match=word):
        parse_forbidden(rule)


def test_a_switch_with_an_unknown_value_is_refused() -> None:
    with pytest.raises(ValueError, match="nested_lists: 'both' is none of merge, replace"):
        Switches(nested_lists="both")
