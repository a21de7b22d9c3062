"""The judge itself: what the documents allow passes, and each thing they forbid is named."""

import json
from typing import Any

import pytest

from tests.wire.check import Recorded, faults
from tests.wire.facts import ENTITIES, OPERATIONS

BASE = "/api/v100/rest/spaces/us_Acme/entities"
ID = "0190978c-d6d1-35d2-6a7e-7a5e8c3b9f10"
OTHER = "0190978c-d6d1-35d2-6a7e-7a5e8c3b9f11"
AUTH = {"authorization": "Basic dXNlcjpwYXNz"}
JSON = {**AUTH, "content-type": "application/json"}
DEAL = {
    "name": "Deal",
    "owner_id": ID,
    "step_id": ID,
    "closing_date": "2027-03-31",
    "value": {"base_value": 100, "currency_id": ID},
}


def day(text: str) -> dict[str, Any]:
    return {**DEAL, "closing_date": text}


def get(target: str) -> list[str]:
    return faults(Recorded("GET", f"{BASE}/{target}", AUTH))


def send(method: str, target: str, body: Any, headers: Any = None) -> list[str]:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return faults(Recorded(method, f"{BASE}/{target}", headers or JSON, raw))


def test_the_table_knows_every_kind_and_its_operations() -> None:
    assert (len(OPERATIONS), len(ENTITIES)) == (32, 25)
    assert OPERATIONS["LeadOppties"] == {"get", "list"}
    assert OPERATIONS["Accounts"] - OPERATIONS["Opportunities"] == {"merge"}
    assert all(entity.plural in OPERATIONS for entity in ENTITIES.values())
    assert all(name in entity.fields for entity in ENTITIES.values() for name in entity.needs)


@pytest.mark.parametrize(
    "target",
    [
        "Opportunities",
        "Opportunities?first=100&after=WyJ4Il0%3D&order-by=-modified,id&include-deleted=true",
        "Opportunities?expand=account_relations.account,step&load-only=id,name,account_relations.account.name,cf_x",
        f"Opportunities?filter[name]=A&filter-op[name]=ieq&filter[owner_id]={ID}",
        "Steps?filter-op[pipeline_id]=not-null&filter[is_deleted]=false",
        f"Opportunities/{ID}?expand=step",
        "Notes?filter[whatever]=x",
        f"Accounts/{ID}",
    ],
)
def test_documented_reads_pass(target: str) -> None:
    assert get(target) == []


@pytest.mark.parametrize(
    ("method", "target", "body"),
    [
        ("POST", "Opportunities", DEAL),
        (
            "POST",
            "Opportunities?validation-level=2",
            {**DEAL, "cf_seats": 3, "created": "2027-01-01T00:00:00"},
        ),
        ("POST", "Opportunities", {**DEAL, "contact_relations": [{"contact_id": ID, "is_primary": True}]}),
        ("POST", "Opportunities/batch-modify?rollback-method=1", [DEAL, {"id": ID, "name": "B"}]),
        (
            "PATCH",
            f"Opportunities/{ID}",
            {"label_flag": 3, "account_relations": [{"id": OTHER, "is_primary": False}]},
        ),
        ("POST", "Opportunities/batch-delete", [ID]),
        ("POST", "Contacts", {"owner_id": ID, "last_name": "Baker"}),
        ("POST", "Accounts/merge", {"anything": 1}),
    ],
)
def test_documented_writes_pass(method: str, target: str, body: Any) -> None:
    assert send(method, target, body) == []


@pytest.mark.parametrize(
    ("target", "sentence"),
    [
        ("Deals", "no entity is called Deals"),
        ("Opportunities/batch-modify/x", "no path of the API"),
        ("Opportunities/17", "'17' is no id"),
        ("Opportunities?first=101", "first=101 is not 1 to 100"),
        ("Opportunities?first=0", "first=0 is not 1 to 100"),
        ("Opportunities?page=2", "list has no parameter page"),
        (f"Opportunities/{ID}?first=1", "get has no parameter first"),
        ("Opportunities?include-deleted=1", "include-deleted=1 is neither true nor false"),
        ("Opportunities?limit=x", "limit=x is no number"),
        ("Opportunities?filter[name]=a&filter[name]=b", "filter[name] has 2 values, one is documented"),
        ("Opportunities?first=1&first=2", "first has 2 values, one is documented"),
        ("Opportunities?filter[owner.email]=a", "Opportunity cannot be filtered by owner.email"),
        ("Opportunities?filter[owner]=a", "Opportunity cannot be filtered by owner"),
        ("Steps?filter[cf_x]=a", "Step cannot be filtered by cf_x"),
        ("Opportunities?filter[name]=a&filter-op[name]=like", "like is no operator"),
        ("Opportunities?filter[name]=a&filter-op[name]=null", "null of name with a value"),
        ("Opportunities?filter-op[name]=eq", "eq of name without a value"),
        ("Opportunities?filter[owner_id]=dana", "owner_id is filtered by 'dana', which is no id"),
        ("Opportunities?filter[is_deleted]=0", "is_deleted is filtered by '0', neither true nor false"),
        ("Opportunities?order-by=step", "Opportunity cannot be ordered by 'step'"),
        ("Opportunities?expand=sales_unit", "expand=sales_unit: Opportunity has no 'sales_unit'"),
        ("Opportunities?expand=name", "expand=name: name of Opportunity is no relation"),
        ("Opportunities?load-only=step.nome", "load-only=step.nome: Step has no 'nome'"),
        ("Opportunities?load-only=name.x", "load-only=name.x: name of Opportunity is no relation"),
        ("Opportunities?rollback-method=1", "list has no parameter rollback-method"),
    ],
)
def test_a_read_that_nobody_documents_is_named(target: str, sentence: str) -> None:
    assert get(target) == [sentence]


@pytest.mark.parametrize(
    ("method", "target", "body", "sentence"),
    [
        ("POST", "LeadOppties", {}, "LeadOppties has no operation POST"),
        ("PUT", f"Opportunities/{ID}", {}, f"Opportunities has no operation PUT {ID}"),
        ("POST", "Opportunities/merge", {}, "Opportunities has no operation POST merge"),
        ("POST", "Opportunities", b'{"name": NaN}', "the body is no JSON"),
        ("POST", "Opportunities", b"\xff", "the body is no JSON"),
        ("POST", "Opportunities", [], "a body of Opportunity is no object"),
        ("POST", "Opportunities", {**DEAL, "nome": "x"}, "Opportunity has no field nome"),
        ("POST", "Opportunities", {**DEAL, "id": ID}, "Opportunity.id is not in the input of create"),
        ("POST", "Opportunities", {**DEAL, "step": ID}, "Opportunity.step is not in the input of create"),
        ("POST", "Opportunities", {**DEAL, "name": ""}, "a new Opportunity lacks name"),
        ("POST", "Opportunities/batch-modify", [{**DEAL, "name": None}], "a new Opportunity lacks name"),
        ("POST", "Contacts", {"owner_id": ID}, "a new Contact lacks a name"),
        ("POST", "Opportunities", {**DEAL, "name": 5}, "Opportunity.name: 5 is no text"),
        ("POST", "Opportunities", {**DEAL, "owner_id": "dana"}, 'Opportunity.owner_id: "dana" is no id'),
        (
            "POST",
            "Opportunities",
            {**DEAL, "closing_date": "1.2.2027"},
            'Opportunity.closing_date: "1.2.2027" is no day',
        ),
        (
            "POST",
            "Opportunities",
            {**DEAL, "closing_date": "2027-02-30"},
            'Opportunity.closing_date: "2027-02-30" is no day',
        ),
        (
            "POST",
            "Opportunities",
            {**DEAL, "won_date": "today"},
            'Opportunity.won_date: "today" is no moment',
        ),
        ("POST", "Opportunities", {**DEAL, "is_archived": 0}, "Opportunity.is_archived: 0 is no flag"),
        ("POST", "Opportunities", {**DEAL, "share_mode": 9}, "Opportunity.share_mode: 9 is no choice"),
        ("POST", "Opportunities", {**DEAL, "ranking": 1.5}, "Opportunity.ranking: 1.5 is no whole"),
        (
            "POST",
            "Opportunities",
            {**DEAL, "product_sections": 1},
            "Opportunity.product_sections: 1 is no object",
        ),
        ("POST", "Opportunities", {**DEAL, "value": 100}, "a value is 100"),
        ("POST", "Opportunities", {**DEAL, "value": {"base_value": 1}}, "a value has no currency_id"),
        (
            *("POST", "Opportunities", {**DEAL, "value": {"base_value": "1", "currency_id": ID}}),
            "a value has no number: base_value '1', value_foreign None",
        ),
        (
            "POST",
            "Opportunities",
            {**DEAL, "contact_relations": {}},
            "Opportunity.contact_relations is no list",
        ),
        (
            *(
                "POST",
                "Opportunities",
                {**DEAL, "account_relations": [{"account_id": ID, "is_primary": False}]},
            ),
            "Opportunity.account_relations has 0 primary rows",
        ),
        (
            *("POST", "Opportunities", {**DEAL, "account_relations": [{"is_primary": True}]}),
            "a new LeadOpptyAccountRelation lacks account_id",
        ),
        (
            "PATCH",
            f"Opportunities/{ID}",
            {"name": None},
            "Opportunity.name is emptied, which every one has",
        ),
        ("PATCH", f"Opportunities/{ID}", {"id": ID}, "Opportunity.id is not in the input of update"),
        ("PATCH", f"Products/{ID}", {"sku": 1}, "Product.sku: 1 is no text"),
        ("POST", "Opportunities/batch-modify", DEAL, "the body of batch-modify is no list of 1 to 100 items"),
        ("POST", "Opportunities/batch-delete", [], "the body of batch-delete is no list of 1 to 100 items"),
        ("POST", "Opportunities/batch-delete", [ID] * 2, "batch-delete names one record twice"),
        ("POST", "Opportunities/batch-delete", ["x"], "'x' in batch-delete is no id"),
        ("POST", "Opportunities/batch-modify", [{"id": "x"}], 'Opportunity.id: "x" is no uuid'),
        (
            "POST",
            "Opportunities/batch-delete?rollback-method=2",
            [ID],
            "rollback-method=2 is neither 0 nor 1",
        ),
        ("POST", "Opportunities?validation-level=1", DEAL, "validation-level=1 is no sum of 2, 4, 8 and 16"),
    ],
)
def test_a_write_that_nobody_documents_is_named(method: str, target: str, body: Any, sentence: str) -> None:
    assert send(method, target, body) == [sentence]


@pytest.mark.parametrize(
    ("headers", "sentence"),
    [
        (AUTH, "the media type is None, not application/json"),
        ({**AUTH, "content-type": "text/plain"}, "the media type is text/plain, not application/json"),
        (
            {**AUTH, "content-type": "application/json; charset=latin-1"},
            "the body is not sent as UTF-8: application/json; charset=latin-1",
        ),
        ({"content-type": "application/json"}, "no Basic credentials"),
        ({**JSON, "authorization": "Bearer x"}, "no Basic credentials"),
        ({**JSON, "authorization": "Basic x"}, "no Basic credentials"),
    ],
)
def test_a_header_that_nobody_documents_is_named(headers: Any, sentence: str) -> None:
    assert send("POST", "Opportunities", DEAL, headers) == [sentence]


def test_a_read_carries_no_body() -> None:
    assert send("GET", "Opportunities", {}, AUTH) == ["GET has a body"]
