"""The media type of a body. Source: OAS (`application/json`); the answer to another one is undocumented."""

from typing import Any

import httpx
import pytest

from syncer.sandbox import world
from syncer.sandbox.switches import Switches

MESSAGE = "Missing or invalid JSON data: the Content-Type of a body is application/json, in UTF-8."
BODY = b'{"name": "Role", "color_code": 1}'


def headers(content_type: str | None) -> dict[str, str]:
    return {} if content_type is None else {"Content-Type": content_type}


@pytest.mark.parametrize(
    "content_type",
    [
        *(None, "", "json", "text/plain", "text/json", "application/x-www-form-urlencoded", "application/*"),
        *("application/json; charset=latin-1", "application/json;charset=utf-16", "application / json"),
        *("application/jsonp", "application/vnd.api+json", "application/json; charset*=''"),
    ],
)
@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/SalesRoles"),
        ("PATCH", f"/Accounts/{world.ZIEMANN_ID}"),
        ("POST", "/SalesRoles/batch-modify"),
        ("POST", "/SalesRoles/batch-delete"),
        ("POST", "/Accounts/batch-restore"),
    ],
)
def test_a_body_of_another_media_type_is_refused(
    api: httpx.Client, method: str, path: str, content_type: str | None
) -> None:
    answer = api.request(method, path, content=BODY, headers=headers(content_type))
    assert (answer.status_code, answer.json()) == (
        400,
        {
            "code": 117,
            "name": "ERROR_PARAMETER_INVALID",
            "message": MESSAGE,
            "http_status": 400,
            "success": False,
        },
    )


@pytest.mark.parametrize(
    "content_type",
    [
        *("application/json", "Application/JSON", 'application/json; charset="UTF-8"'),
        *("application/json;charset=utf8", "application/json; version=1; charset=utf-8"),
    ],
)
def test_json_in_utf_8_is_taken_however_it_is_written(api: httpx.Client, content_type: str) -> None:
    assert api.post("/SalesRoles", content=BODY, headers=headers(content_type)).status_code == 201


def test_the_refusal_may_be_415(serve: Any) -> None:
    with serve(switches=Switches(media_type="415")) as (_, client):
        answer = client.post("/SalesRoles", content=BODY)
    assert (answer.status_code, answer.json()["code"], answer.json()["message"]) == (415, 415, MESSAGE)


def test_what_has_no_body_needs_no_media_type(api: httpx.Client) -> None:
    made = api.post("/SalesRoles", json={"name": "Role", "color_code": 1}).json()["data"]["id"]
    assert api.delete(f"/SalesRoles/{made}").status_code == 200
