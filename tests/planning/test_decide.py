"""What a plan decides, field by field, for the worlds people have."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from syncer.formats.precondition_json import precondition_to_json
from syncer.kinds import codec
from syncer.model.address import Address
from syncer.model.change import Action, FieldChange, RelationWrite, Side
from syncer.model.declared import Existing
from syncer.planning import shown
from syncer.sandbox import world
from syncer.sandbox.server import Sandbox
from tests.support import manifest, one
from tests.world import KEYED, Space, actions

# Printed in the vendor's create-opportunity tutorial.
RECORDED = """
{
  "closing_date": "2019-01-01",
  "name": "New Opportunity",
  "owner_id": "00000000-0000-0000-0000-000000011a7d",
  "step_id": "de115511-5dc1-46c3-86d9-f714457208dd",
  "value": {
    "base_value": 100,
    "currency_id": "c4ca4238-a0b9-0382-0dcc-509a6f75849b"
  },
  "account_relations": [
    {
      "account_id": "0bc376a4-c579-413a-9221-e86e4a134766",
      "is_primary": true
    }
  ],
  "contact_relations": [
    {
      "contact_id": "02bdc9f6-4dfb-479e-84ba-f6c3b96c39ba",
      "is_primary": true
    }
  ]
}
"""
TUTORIAL = Path(__file__).parents[2] / "examples/tutorial/opportunities"


@pytest.fixture(scope="module")
def demo() -> Iterator[Sandbox]:
    with Sandbox.serve() as running:
        yield running


@pytest.fixture
def space(demo: Sandbox, tmp_path: Path) -> Space:
    demo.reset()
    return Space(demo, tmp_path)


def created(space: Space, text: str, **options: Any) -> str:
    """Create the one opportunity of a manifest; return its id."""
    plan = space.plan(text, **options)
    assert actions(plan) == ["create"]
    known = {row["id"] for row in space.sandbox.store.rows("Opportunity")}
    space.put(plan)
    (new,) = {row["id"] for row in space.sandbox.store.rows("Opportunity")} - known
    return str(new)


def links(space: Space, entity: str, opportunity: str) -> dict[str, dict[str, Any]]:
    """The relation rows of an opportunity by linked record."""
    target = "account_id" if "Account" in entity else "contact_id"
    return {
        row[target]: row for row in space.sandbox.store.rows(entity) if row["lead_oppty_id"] == opportunity
    }


def contact(space: Space, email: str) -> str:
    return str(space.sandbox.store.find("Contact", email1=email)["id"])


def account(space: Space, email: str) -> str:
    return str(space.sandbox.store.find("Account", email1=email)["id"])


# Create


def test_the_tutorials_request_is_what_the_documents_print(space: Space) -> None:
    """And the type of the pipeline, which the vendor's connector requires."""
    (file,) = TUTORIAL.glob("*.yaml")
    change = space.one(file.read_text())
    store = space.sandbox.store
    kind = store.find("OpportunityType", pipeline_id=world.TEST_PIPELINE_ID)["id"]

    assert json.dumps(codec.body(change)) == json.dumps({**json.loads(RECORDED), "oppty_type_id": kind})


def test_a_create_says_everything_it_sets(space: Space) -> None:
    change = space.one(one(description="Text. ", fields="{cf_region: EMEA}", unit="Sales EMEA"))

    assert (change.address, change.action, change.id, shown.before(change)) == (
        Address("opportunity", "acme-renewal-2027"),
        Action.CREATE,
        None,
        None,
    )
    assert (change.relations, change.notes, change.rekeyed_from) == ((), (), None)
    assert shown.after(change) == {
        "name": "Acme renewal 2027",
        "owner": "dana@example.com",
        "pipeline": "Renewals",
        "step": "Contacted",
        "closing_date": "2027-03-31",
        "value": {"amount": "100.00", "currency": "USD"},
        "accounts": [{"account": "info@acme.example", "primary": True}],
        "contacts": [{"contact": "bob@acme.example", "primary": True}],
        "unit": "Sales EMEA",
        "type": "Standard",
        "description": "Text.",
        "fields": {"cf_region": "EMEA"},
    }
    assert shown.fields(change) == (
        FieldChange("name", None, "Acme renewal 2027", moved=Side.GIT),
        FieldChange("owner", None, "dana@example.com", moved=Side.GIT),
        FieldChange("pipeline", None, "Renewals", moved=Side.GIT),
        FieldChange("step", None, "Contacted", moved=Side.GIT),
        FieldChange("closing_date", None, "2027-03-31", moved=Side.GIT),
        FieldChange("value.amount", None, "100.00", moved=Side.GIT),
        FieldChange("value.currency", None, "USD", moved=Side.GIT),
        FieldChange("accounts", None, [{"account": "info@acme.example", "primary": True}], moved=Side.GIT),
        FieldChange("contacts", None, [{"contact": "bob@acme.example", "primary": True}], moved=Side.GIT),
        FieldChange("unit", None, "Sales EMEA", moved=Side.GIT),
        FieldChange("type", None, "Standard", moved=Side.GIT),
        FieldChange("description", None, "Text.", moved=Side.GIT),
        FieldChange("fields.cf_region", None, "EMEA", moved=Side.GIT),
    )
    assert precondition_to_json(change) == {
        "absent": True,
        "identity": {
            "name": "Acme renewal 2027",
            "account": account(space, "info@acme.example"),
            "pipeline": space.sandbox.store.find("Pipeline", name="Renewals")["id"],
            "key": None,
            "key_field": None,
            "match": ["name", "account", "pipeline"],
        },
        "beside": {
            "closing_date": "2027-03-31",
            "value": {
                "amount": "100",
                "currency": space.sandbox.store.find("Currency", code="USD")["id"],
                "base": "100",
                "rate": None,
            },
            "won": space.sandbox.store.find(
                "Step", name="Won", pipeline_id=space.sandbox.store.find("Pipeline", name="Renewals")["id"]
            )["id"],
            "known": [],
        },
    }


@pytest.mark.parametrize(
    ("changes", "missing", "present"),
    [
        ({"account": "none", "contacts": None}, {"account_relations", "contact_relations"}, set()),
        ({"step": None, "contacts": None}, {"contact_relations"}, {"step_id", "account_relations"}),
        ({"description": "null", "lead_source": "null"}, {"description", "lead_source_id"}, set()),
        ({"fields": "{cf_region: null, cf_competitors: []}"}, {"cf_region", "cf_competitors"}, set()),
        ({"fields": "{cf_strategic: false, cf_seats: 0}"}, set(), {"cf_strategic", "cf_seats"}),
        ({"lifecycle": "{ignore: [value, fields.cf_seats]}", "fields": "{cf_seats: 1}"}, set(), {"cf_seats"}),
    ],
)
def test_what_a_create_holds(
    changes: dict[str, str | None], missing: set[str], present: set[str], space: Space
) -> None:
    payload = codec.body(space.one(one(**changes)))
    assert payload is not None

    always = {"name", "owner_id", "step_id", "closing_date", "value", "oppty_type_id"}
    assert payload.keys() >= always | present
    assert not payload.keys() & missing
    assert payload["value"].keys() >= {"base_value", "currency_id"}


def test_exactly_one_account_and_one_contact_are_primary(space: Space) -> None:
    payload = codec.body(
        space.one(
            one(
                account=None,
                accounts="[Umbra Optics, {email: info@acme.example, primary: true}]",
                contacts="[eve@acme.example, {email: bob@acme.example, primary: true, sales_role: Champion}]",
            )
        )
    )
    assert payload is not None
    role = space.sandbox.store.find("SalesRole", name="Champion")["id"]

    umbra = space.sandbox.store.find("Account", name="Umbra Optics")["id"]
    assert payload["account_relations"] == [
        {"account_id": umbra, "is_primary": False},
        {"account_id": account(space, "info@acme.example"), "is_primary": True},
    ]
    assert payload["contact_relations"] == [
        {"contact_id": contact(space, "eve@acme.example"), "is_primary": False},
        {
            "contact_id": contact(space, "bob@acme.example"),
            "is_primary": True,
            "sales_roles": [{"sales_role_id": role}],
        },
    ]


def test_all_contacts_are_those_of_the_accounts_and_the_first_is_primary(space: Space) -> None:
    change = space.one(one(contacts="all"))

    assert (shown.after(change) or {})["contacts"] == [
        {"contact": f"{name}@acme.example", "primary": name == "bob"}
        for name in ("bob", "eve", "otto", "ruth")
    ]
    assert [row["is_primary"] for row in (codec.body(change) or {})["contact_relations"]] == [True] + [
        False
    ] * 3


def test_a_foreign_amount_goes_along_with_its_base_amount(space: Space) -> None:
    payload = codec.body(space.one(one(value="100 EUR")))
    euro = space.sandbox.store.find("Currency", code="EUR")["id"]

    assert (payload or {})["value"] == {
        "base_value": 111.111111111111,
        "currency_id": euro,
        "value_foreign": 100,
    }


def test_creating_in_the_last_step_means_won(space: Space) -> None:
    plan = space.plan(one(step="Won"))

    assert plan.changes[0].notes == ("Created in the last step of its pipeline, which means won.",)
    assert [(problem.code, problem.detail) for problem in plan.problems] == [
        (
            "created-won",
            '"Won" is the last step of "Renewals": the opportunity counts as won from the start.',
        )
    ]


def test_the_same_deal_twice_and_a_past_date_are_doubted(space: Space) -> None:
    entries = {
        "a": {"name": "A", "closing_date": "2020-01-31"},
        "b": {"name": "B"},
    }
    plan = space.plan(manifest(entries), settings="version: 1\n")

    assert [(problem.code, problem.address, problem.detail) for problem in plan.problems] == [
        ("closing-date-in-past", Address("opportunity", "a"), "The closing date 2020-01-31 has passed."),
        (
            "same-account-value",
            Address("opportunity", "b"),
            "opportunity.a is created for the same account with the same value.",
        ),
    ]


# Existing records


@pytest.mark.parametrize("existing", [Existing.REPORT, Existing.UPDATE])
@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"value": "100.10 EUR"},
        {"description": '"  two\\r\\nlines\\n"', "contacts": "all"},
        {"account": "none", "contacts": "[]"},
        {
            "fields": "{cf_region: EMEA, cf_competitors: [Wonka, Tyrell], cf_seats: 12, cf_discount: 0.15, "
            'cf_renewal_date: 2027-05-01, cf_strategic: true, cf_notes: "2027-03-31 10:00", '
            "cf_legal_contact: Legal@Acme.example, cf_url: https://x.example, "
            "cf_kickoff_at: 2027-02-03T10:00:00+02:00, cf_contract: Yearly}",
        },
    ],
)
def test_a_plan_after_an_apply_is_empty(
    changes: dict[str, str | None], existing: Existing, space: Space
) -> None:
    text = one(**changes)
    id_ = created(space, text)

    change = space.one(text, existing=existing)

    assert (change.action, change.id, shown.fields(change), codec.body(change)) == (
        Action.NOOP,
        id_,
        (),
        None,
    )


def test_what_differs_is_drift_unless_updates_are_wanted(space: Space) -> None:
    id_ = created(space, one())
    text = one(value="250 USD", closing_date="2027-04-30", description="New")
    fields = (
        FieldChange("closing_date", "2027-03-31", "2027-04-30"),
        FieldChange("value.amount", "100.00", "250.00"),
        FieldChange("description", None, "New"),
    )

    reported, wanted = space.one(text), space.one(text, existing=Existing.UPDATE)

    left = tuple(field._replace(written=False) for field in fields)
    assert (reported.action, codec.body(reported), shown.fields(reported)) == (Action.DRIFT, None, left)
    assert (wanted.action, shown.fields(wanted), wanted.relations) == (Action.UPDATE, fields, ())
    assert codec.body(wanted) == {
        "id": id_,
        "closing_date": "2027-04-30",
        "value": {"base_value": 250, "currency_id": world.BASE_CURRENCY_ID},
        "description": "New",
    }
    assert precondition_to_json(wanted)["fields"]["closing_date"] == {
        "before": "2027-03-31",
        "after": "2027-04-30",
    }


def test_moving_to_the_last_step_means_won(space: Space) -> None:
    id_ = created(space, one())
    note = "Moves to the last step of its pipeline, which means won."

    assert space.one(one(step="Won"), existing=Existing.UPDATE).notes == (note,)
    assert space.one(one(step="Won")).notes == ()
    moved = one(id=id_, pipeline="Partner", step="Won")
    assert space.one(moved, existing=Existing.UPDATE).notes == (note,)


def test_a_won_deal_that_stays_won_is_not_told_again(space: Space) -> None:
    created(space, one(step="Won"))

    again = one(step="Won", value="5 USD", lifecycle="{closed: reopen}")
    assert space.one(again, existing=Existing.UPDATE).notes == ()


def test_an_entry_says_for_itself_whether_it_is_updated(space: Space) -> None:
    created(space, one())

    assert space.one(one(owner="omar@example.com", lifecycle="{existing: update}")).action is Action.UPDATE
    assert (
        space.one(
            one(owner="omar@example.com", lifecycle="{existing: report}"), existing=Existing.UPDATE
        ).action
        is Action.DRIFT
    )


def test_ignored_fields_are_set_on_create_and_never_compared(space: Space) -> None:
    ignoring = {"lifecycle": "{ignore: [step, value, contacts]}"}
    created(space, one(**ignoring))

    text = one(**ignoring, step="Quoted", value="999 EUR", contacts="[eve@acme.example]")

    assert space.one(text, existing=Existing.UPDATE).action is Action.NOOP


def test_a_step_that_is_left_out_is_only_for_a_create(space: Space) -> None:
    created(space, one())

    assert space.one(one(step=None), existing=Existing.UPDATE).action is Action.NOOP


def test_null_empties_a_field(space: Space) -> None:
    id_ = created(
        space, one(description="Old", lead_source="Web", fields="{cf_region: EMEA, cf_competitors: [Wonka]}")
    )
    text = one(description="null", lead_source="null", fields="{cf_region: null, cf_competitors: []}")

    plan = space.plan(text, existing=Existing.UPDATE)

    assert codec.body(plan.changes[0]) == {
        "id": id_,
        "lead_source_id": None,
        "description": None,
        "cf_competitors": [],
        "cf_region": None,
    }
    assert shown.fields(plan.changes[0]) == (
        FieldChange("lead_source", "Web", None),
        FieldChange("description", "Old", None),
        FieldChange("fields.cf_competitors", ["Wonka"], None),
        FieldChange("fields.cf_region", "EMEA", None),
    )
    space.put(plan)
    assert space.one(text).action is Action.NOOP


def test_links_are_written_row_by_row_the_new_primary_first(space: Space) -> None:
    id_ = created(space, one(contacts="[bob@acme.example, {email: eve@acme.example, sales_role: Champion}]"))
    rows = links(space, "LeadOpptyContactRelation", id_)
    bob, eve, otto = (contact(space, f"{name}@acme.example") for name in ("bob", "eve", "otto"))
    roles = {row["name"]: row["id"] for row in space.sandbox.store.rows("SalesRole")}
    (had,) = space.sandbox.store.rows("LeadOpptyContactSalesRoleRelation")
    text = one(
        contacts="[{email: otto@acme.example, primary: true}, "
        "{email: eve@acme.example, sales_role: Influencer}]"
    )

    plan = space.plan(text, existing=Existing.UPDATE)

    assert codec.body(plan.changes[0]) == {"id": id_}
    entity = "LeadOpptyContactRelations"
    assert plan.changes[0].relations == (
        RelationWrite(entity, "create", None, {"contact_id": otto, "is_primary": True, "lead_oppty_id": id_}),
        RelationWrite(
            "LeadOpptyContactSalesRoleRelations",
            "create",
            None,
            {"lead_oppty_contact_relation_id": rows[eve]["id"], "sales_role_id": roles["Influencer"]},
        ),
        RelationWrite("LeadOpptyContactSalesRoleRelations", "delete", had["id"], None),
        RelationWrite(entity, "delete", rows[bob]["id"], None),
    )
    assert shown.fields(plan.changes[0]) == (
        FieldChange("contacts[bob@acme.example]", {"primary": True}, None),
        FieldChange("contacts[eve@acme.example].sales_role", "Champion", "Influencer"),
        FieldChange("contacts[otto@acme.example]", None, {"primary": True}),
    )
    space.put(plan)
    assert space.one(text).action is Action.NOOP


def test_the_primary_moves_from_one_account_to_another(space: Space) -> None:
    both = "[{{email: info@acme.example, primary: {}}}, {{name: Umbra Optics, primary: {}}}]"
    old, new = both.format("true", "false"), both.format("false", "true")
    id_ = created(space, one(account=None, accounts=old, contacts=None))
    rows = links(space, "LeadOpptyAccountRelation", id_)
    acme = account(space, "info@acme.example")
    (umbra,) = rows.keys() - {acme}
    text = one(account=None, accounts=new, contacts=None, id=id_)

    plan = space.plan(text, existing=Existing.UPDATE)

    assert plan.changes[0].relations == (
        RelationWrite("LeadOpptyAccountRelations", "update", rows[umbra]["id"], {"is_primary": True}),
        RelationWrite("LeadOpptyAccountRelations", "update", rows[acme]["id"], {"is_primary": False}),
    )
    space.put(plan)
    assert space.one(text).action is Action.NOOP


def test_two_contacts_with_one_email_are_told_apart(space: Space) -> None:
    store = space.sandbox.store
    park, parker = (store.find("Contact", last_name=name)["id"] for name in ("Park", "Parker"))
    id_ = created(space, one(account="billing@initech.example", contacts="[sam@consult.example]"))
    text = one(account="billing@initech.example", contacts=f"[{{id: {parker}, linked: false}}]")

    change = space.one(text, existing=Existing.UPDATE)

    assert change.id == id_
    assert shown.fields(change) == (
        FieldChange(f"contacts[sam@consult.example (Sam Park, {park})]", {"primary": True}, None),
        FieldChange(f"contacts[sam@consult.example (Sam Parker, {parker})]", None, {"primary": True}),
    )


def test_archived_records_are_reported_and_not_updated(space: Space) -> None:
    text = one(
        name="Hooli pilot",
        account="deals@hooli.example",
        pipeline="Partner",
        step="Registered",
        contacts="[]",
    )

    change = space.one(text, existing=Existing.UPDATE)

    assert (change.action, codec.body(change)) == (Action.DRIFT, None)
    assert change.notes == (
        (
            "Lost in Pipeliner: nothing of it is written unless the entry says `lost:`, and `closed: reopen` "
            "that it may be written; `syncer pull` takes the loss over."
        ),
    )


def test_moving_to_another_pipeline_takes_its_step_and_type_along(space: Space) -> None:
    id_ = created(space, one())
    text = one(id=id_, pipeline="New Business", step=None)
    store = space.sandbox.store
    pipeline = store.find("Pipeline", name="New Business")["id"]

    plan = space.plan(text, existing=Existing.UPDATE)

    change = plan.changes[0]
    assert codec.body(change) == {
        "id": id_,
        "step_id": store.find("Step", pipeline_id=pipeline, name="Lead In")["id"],
        "oppty_type_id": store.find("OpportunityType", pipeline_id=pipeline, name="Standard")["id"],
    }
    before = {path: sides["before"] for path, sides in precondition_to_json(change)["fields"].items()}
    row = store.get("Opportunity", id_)
    assert before["type"] == row["oppty_type_id"]
    assert before["step"] == row["step_id"]
    assert shown.fields(change) == (
        FieldChange("pipeline", "Renewals", "New Business"),
        FieldChange("step", "Contacted", "Lead In"),
    )
    space.put(plan)
    assert space.one(text).action is Action.NOOP


def test_who_ignores_the_pipeline_ignores_the_step_of_the_one_it_moved_to(space: Space) -> None:
    id_ = created(space, one())
    ignoring = one(id=id_, pipeline="Partner", step="Registered", lifecycle="{ignore: [pipeline]}")

    assert space.one(ignoring, existing=Existing.UPDATE).action is Action.NOOP


# Identity


def test_a_renamed_deal_is_found_by_its_former_name(space: Space) -> None:
    id_ = created(space, one())
    text = one(name="Acme renewal 2028", formerly="{name: Acme renewal 2027}")

    plan = space.plan(text, existing=Existing.UPDATE)

    assert codec.body(plan.changes[0]) == {"id": id_, "name": "Acme renewal 2028"}
    space.put(plan)
    assert space.one(text).action is Action.NOOP


def test_a_deal_is_found_by_its_former_account_or_pipeline(space: Space) -> None:
    id_ = created(space, one(contacts=None))

    moved = one(account="info@umbra.example", contacts=None, formerly="{account: info@acme.example}")
    assert space.one(moved.replace("info@umbra.example", "{name: Umbra Optics}")).id == id_
    moved = one(pipeline="Partner", step=None, contacts=None, formerly="{pipeline: Renewals}")
    assert space.one(moved).id == id_
    moved = one(contacts=None, formerly="{account: none}")
    assert space.one(moved).id == id_


def test_names_match_without_their_trailing_blanks(space: Space) -> None:
    text = one(
        name="Initech rollout",
        owner="omar@example.com",
        pipeline="New Business",
        step="Lead In",
        closing_date="2027-01-15",
        value="0 USD",
        account="billing@initech.example",
        contacts=None,
        description="null",
    )

    assert space.one(text).action is Action.NOOP


def test_the_key_finds_a_deal_whatever_its_name(space: Space) -> None:
    id_ = created(space, one(), settings=KEYED)
    assert space.sandbox.store.get("Opportunity", id_)["cf_syncer_key"] == "acme-renewal-2027"

    change = space.one(one(name="Other", account="none", contacts="[]"), settings=KEYED)

    assert (change.action, change.id) == (Action.DRIFT, id_)


def test_a_record_with_another_key_is_never_found_by_its_name(space: Space) -> None:
    created(space, one("first"), settings=KEYED)

    plan = space.plan(manifest({"first": {}, "second": {}}), settings=KEYED)

    assert actions(plan) == ["no-op", "create"]
    assert plan.problems == ()


def test_a_record_without_a_key_gets_it_with_an_update_and_is_no_drift(space: Space) -> None:
    id_ = created(space, one())

    assert space.one(one(), settings=KEYED).action is Action.NOOP
    assert codec.body(space.one(one(), settings=KEYED, existing=Existing.UPDATE)) == {
        "id": id_,
        "cf_syncer_key": "acme-renewal-2027",
    }


def test_several_matches_are_listed(space: Space) -> None:
    first = created(space, one())
    body = {
        "name": "Acme renewal 2027 ",
        **{
            name: space.sandbox.store.get("Opportunity", first)[name]
            for name in ("owner_id", "closing_date", "step_id", "value")
        },
        "account_relations": [{"account_id": account(space, "info@acme.example"), "is_primary": True}],
    }
    second = space.sandbox.store.create("Opportunity", body)
    made = [space.sandbox.store.get("Opportunity", id_)["created"][:19] for id_ in (first, second)]

    assert space.refusal(one()) == (
        "error: Several existing records match [identity-ambiguous]\n"
        "  opportunities/deals.yaml:3:3 (opportunity.acme-renewal-2027)\n"
        "    3 │   acme-renewal-2027:\n"
        "      │   ^^^^^^^^^^^^^^^^^\n"
        "2 opportunities in Pipeliner have this name, account and pipeline.\n"
        "hint: say which one is meant, or delete the others in Pipeliner:\n"
        f"  id: {first}  # created {made[0]}, changed {made[0]}\n"
        f"  id: {second}  # created {made[1]}, changed {made[1]}\n"
        "  or, where many are named alike, give the project a key field, which holds our key:\n"
        "  identity: {key_field: cf_…}"
    )
    assert space.one(one(id=second)).id == second


def test_two_declarations_of_one_record_are_refused(space: Space) -> None:
    id_ = created(space, one())
    told = space.refusal(manifest({"a": {}, "b": {"name": "Else", "id": id_}}))

    assert "opportunity.b and opportunity.a both mean" in told


# Absent


def test_absent_deletes_softly_what_exists(space: Space) -> None:
    id_ = created(space, one())
    text = one(state="absent", owner="pat@example.com", value="1 GBP")

    plan = space.plan(text)

    change = plan.changes[0]
    assert (change.action, change.id, shown.after(change), codec.body(change)) == (
        Action.DELETE,
        id_,
        None,
        None,
    )
    assert (shown.before(change) or {})["name"] == "Acme renewal 2027"
    assert "delete-planned" in [problem.code for problem in plan.problems]
    space.put(plan)
    assert space.one(text).action is Action.NOOP


def test_what_the_manifest_does_not_say_finds_nothing_to_delete(space: Space) -> None:
    """With a key field the account need not be written: that is not the same as having none."""
    created(space, one(account="none", contacts=None))
    text = one(state="absent", account=None, contacts=None)

    assert space.one(text, settings=KEYED).action is Action.NOOP
    assert (
        space.one(one(state="absent", account="none", contacts=None), settings=KEYED).action is Action.DELETE
    )
