"""The wire's spelling of an opportunity, and back."""

from dataclasses import replace
from typing import Any

import pytest

from syncer.kinds import codec as convert
from syncer.kinds.opportunity import OPPORTUNITY
from syncer.model.address import Address
from syncer.model.change import Action, Change, RelationWrite, Values
from syncer.model.observed import LinkRow, Observed
from syncer.model.span import Span

CODEC = convert.of(OPPORTUNITY)
ROW: dict[str, Any] = {
    "id": "1",
    "is_archived": True,
    "created": "c",
    "modified": "m",
    "revision": 3,
    "name": "Deal  ",
    "owner_id": "o",
    "step_id": "s",
    "closing_date": "2027-03-31 00:00:00.000000+00:00",
    "value": {"base_value": 100.0, "currency_id": "u", "value_foreign": 100.0},
    "account_relations": [
        {"id": "r1", "account_id": "a", "is_primary": True, "is_deleted": False},
        {"id": "r2", "account_id": "gone", "is_primary": False, "is_deleted": True},
        {"id": "r3", "account_id": None},
        "https://x.example/entities/LeadOpptyAccountRelations/r4",
    ],
    "contact_relations": [
        {
            "id": "r5",
            "contact_id": "c",
            "is_primary": True,
            "sales_roles": [
                {"id": "x1", "sales_role_id": "z"},
                {"id": "x2", "sales_role_id": "y"},
                {"id": "x3", "sales_role_id": "dead", "is_deleted": True},
                {"id": "x4"},
            ],
        }
    ],
    "lead_source_id": "",
    "description": 5,
    "cf_pick": "p",
}


def test_a_row_is_read_whatever_a_person_left_in_it() -> None:
    assert CODEC.observed(ROW, {"s": "pipe"}) == Observed(
        id="1",
        values={
            "name": "Deal",
            "owner": "o",
            "step": "s",
            "pipeline": "pipe",
            "closing_date": "2027-03-31",
            "value": {"amount": "100", "currency": "u", "base": "100", "rate": "1"},
            "accounts": {"a": {"primary": True, "roles": []}},
            "contacts": {"c": {"primary": True, "roles": ["y", "z"]}},
            "lead_source": None,
            "description": "5",
            "fields.cf_pick": "p",
        },
        rows={
            "accounts": {"a": LinkRow("r1")},
            "contacts": {"c": LinkRow("r5", {"z": "x1", "y": "x2"})},
            "products": {},
        },
        archived=True,
        created="c",
        modified="m",
    )


def test_what_is_not_there_is_nothing() -> None:
    bare = {"id": "1", "value": None, "closing_date": None, "account_relations": None, "step_id": "unknown"}

    assert CODEC.observed(bare, {}) == Observed(
        "1",
        {"value": None, "closing_date": None, "accounts": {}, "step": "unknown", "pipeline": None},
        {"accounts": {}, "contacts": {}, "products": {}},
        archived=False,
        created="",
        modified="",
    )


def test_only_what_is_asked_for_is_loaded() -> None:
    assert CODEC.load_only(["value", "fields.cf_b", "fields.cf_a"]) == (
        *("id", "is_archived", "created", "modified", "name", "step_id", "value"),
        *(f"account_relations.{part}" for part in ("id", "is_deleted", "account_id", "is_primary")),
        *("primary_account", "cf_a", "cf_b"),
    )
    assert CODEC.expand(["name"]) == ("account_relations",)
    assert CODEC.expand(["contacts"]) == (
        "account_relations",
        "contact_relations",
        "contact_relations.sales_roles",
    )


def test_a_payload_reads_like_the_documents() -> None:
    body = CODEC.payload(
        {
            "name": "N",
            "description": None,
            "value": None,
            "contacts": {"c": {}, "d": {"primary": False}},
            "closing_date": "2027-01-01",
            "pipeline": "p",
        },
        {"cf_x": []},
    )

    assert list(body.items()) == [
        ("closing_date", "2027-01-01"),
        ("name", "N"),
        ("value", None),
        (
            "contact_relations",
            [{"contact_id": "c", "is_primary": True}, {"contact_id": "d", "is_primary": False}],
        ),
        ("description", None),
        ("cf_x", []),
    ]


def test_a_create_leaves_out_what_is_empty() -> None:
    assert CODEC.create_payload({"name": "N", "description": None, "contacts": {}}, {"cf_x": False}) == {
        "name": "N",
        "cf_x": False,
    }


@pytest.mark.parametrize(
    ("wire", "name"),
    [
        ("owner_id", "owner"),
        ("owner", "owner"),
        ("Opportunity.owner_id", "owner"),
        ("value.base_value", "value"),
        ("oppty_type", "type"),
        ("cf_x", "fields.cf_x"),
        ("", None),
    ],
)
def test_the_services_names_are_those_of_the_manifest(wire: str, name: str | None) -> None:
    assert CODEC.field_of(wire) == name


ENTITY = "LeadOpptyContactRelations"
BEFORE = {"a": LinkRow("ra", {"r": "rar"}), "b": LinkRow("rb")}
NOW = {"a": {"primary": True, "roles": ["r"]}, "b": {"primary": False, "roles": []}}


@pytest.mark.parametrize(
    ("after", "writes"),
    [
        (NOW, []),
        ({"a": {}, "b": {}}, []),
        (
            {},
            [RelationWrite(ENTITY, "delete", "ra", None), RelationWrite(ENTITY, "delete", "rb", None)],
        ),
        (
            {"b": {}},
            [
                RelationWrite(ENTITY, "update", "rb", {"is_primary": True}),
                RelationWrite(ENTITY, "delete", "ra", None),
            ],
        ),
        (
            {"a": {"primary": False}, "b": {"primary": True}},
            [
                RelationWrite(ENTITY, "update", "rb", {"is_primary": True}),
                RelationWrite(ENTITY, "update", "ra", {"is_primary": False}),
            ],
        ),
        (
            {"a": {}, "b": {}, "c": {"roles": ["q"]}},
            [
                RelationWrite(
                    ENTITY,
                    "create",
                    None,
                    {
                        "contact_id": "c",
                        "is_primary": False,
                        "sales_roles": [{"sales_role_id": "q"}],
                        "lead_oppty_id": "1",
                    },
                )
            ],
        ),
        (
            {"a": {"roles": ["q"]}, "b": {"roles": []}},
            [
                RelationWrite(
                    "LeadOpptyContactSalesRoleRelations",
                    "create",
                    None,
                    {"lead_oppty_contact_relation_id": "ra", "sales_role_id": "q"},
                ),
                RelationWrite("LeadOpptyContactSalesRoleRelations", "delete", "rar", None),
            ],
        ),
    ],
)
def test_links_change_row_by_row(after: dict[str, Any], writes: list[RelationWrite]) -> None:
    assert CODEC.relation_writes("contacts", "1", BEFORE, NOW, after) == writes


def test_a_new_primary_is_written_before_other_new_links() -> None:
    writes = CODEC.relation_writes("contacts", "1", {}, {}, {"c": {"primary": False}, "d": {"primary": True}})

    assert [(write.payload or {})["contact_id"] for write in writes] == ["d", "c"]


def record(values: dict[str, Any], rows: dict[str, LinkRow]) -> Observed:
    return Observed("1", {"contacts": values}, {"contacts": rows}, archived=False, created="", modified="")


def test_what_is_written_already_is_told() -> None:
    is_now = record(NOW, BEFORE)
    primary = RelationWrite(ENTITY, "update", "ra", {"is_primary": True})
    other = RelationWrite(ENTITY, "update", "rb", {"is_primary": True})
    gone = RelationWrite(ENTITY, "update", "rz", {"is_primary": True})
    make = RelationWrite(ENTITY, "create", None, {"contact_id": "b", "is_primary": True})
    delete = RelationWrite(ENTITY, "delete", "ra", None)
    deleted = RelationWrite(ENTITY, "delete", "rz", None)
    roles = "LeadOpptyContactSalesRoleRelations"
    role = RelationWrite(
        roles, "create", None, {"lead_oppty_contact_relation_id": "ra", "sales_role_id": "r"}
    )
    new_role = RelationWrite(
        roles, "create", None, {"lead_oppty_contact_relation_id": "rb", "sales_role_id": "r"}
    )
    drop, dropped = RelationWrite(roles, "delete", "rar", None), RelationWrite(roles, "delete", "x", None)

    writes = (primary, other, gone, make, delete, deleted, role, new_role, drop, dropped)
    assert [CODEC.satisfied(write, is_now) for write in writes] == [
        *(True, False, False, True, False, True, True, False, False, True)
    ]


def test_an_update_sends_what_moves_and_links_in_rows_of_their_own() -> None:
    after = {
        "name": "B",
        "pipeline": "p",
        "contacts": {"c": {"primary": True}},
        "fields.cf_n": "1",
        "unit": "u",
    }
    change = Change(
        Address("opportunity", "a"),
        Action.UPDATE,
        "op-1",
        Span("a.yaml", 3, 3),
        before=Values({"name": "A"}),
        after=Values(after, {}, {"cf_n": 1, "cf_other": 2}),
        writes=("name", "pipeline", "contacts", "fields.cf_n"),
    )

    assert convert.body(change) == {"id": "op-1", "name": "B", "cf_n": 1}
    assert convert.in_body(change) == ("name", "fields.cf_n")
    assert list(convert.sent(change)) == ["name", "pipeline", "contacts", "fields.cf_n"]
    assert convert.body(replace(change, action=Action.DRIFT)) is None


def test_what_a_create_sends_is_found_in_its_body_again() -> None:
    foreign = {"amount": "0", "currency": "eur", "base": "0", "rate": "1"}
    values = {"name": "A", "pipeline": "p", "step": "s", "value": foreign, "fields.cf_n": "1"}
    change = Change(
        Address("opportunity", "a"),
        Action.CREATE,
        None,
        Span("a.yaml", 3, 3),
        before=None,
        after=Values(values, {}, {"cf_n": 1}),
    )
    body = convert.body(change)

    assert body == {
        "name": "A",
        "step_id": "s",
        "value": {"base_value": 0, "currency_id": "eur", "value_foreign": 0},
        "cf_n": 1,
    }
    assert CODEC.in_create(body) == convert.sent(change)
    assert CODEC.custom(body) == {"cf_n": 1}
