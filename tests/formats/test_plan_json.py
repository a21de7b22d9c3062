import json
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from syncer import __version__
from syncer.formats.events import error_event, event_line, outcome_event, start_event, summary_event
from syncer.formats.plan_json import json_text, plan_from_json, plan_to_json
from syncer.kinds import codec
from syncer.model.address import Address
from syncer.model.change import Change
from syncer.model.outcome import Outcome, Result
from syncer.model.plan import Plan
from syncer.planning import shown
from syncer.render.html import plan_html
from syncer.render.markdown import plan_markdown
from syncer.render.text import plan_text
from tests.depth import examples
from tests.render.samples import DELETE, MIXED, RESULTS, UNKNOWN_OWNER, UPDATE, WARNING, create, plan_of
from tests.render.strategies import PROBLEMS, plans, results, through_json

SCHEMAS = Path(__file__).parents[2] / "schemas"


def validator(name: str) -> Any:
    schema = json.loads((SCHEMAS / f"{name}.schema.json").read_text())
    jsonschema_rs.meta.validate(schema)
    return jsonschema_rs.validator_for(schema)


GIT = {"base": None, "moved": "git", "written": True, "conflict": False}
PLAN_SCHEMA, EVENTS_SCHEMA = validator("plan"), validator("events")


def test_a_plan_has_the_shape_readers_rely_on() -> None:
    plan = plan_of(
        create("acme", name="Acme", contacts=None, fields=None, description=None),
        problems=(WARNING,),
        steps={"Test Pipeline": ("First", "Won")},
    )

    assert plan_to_json(plan) == {
        "format_version": "1.1",
        "tool_version": "0.1.0",
        "created_at": "2027-01-31T12:00:00Z",
        "expires_at": "2027-02-01T12:00:00Z",
        "space": {"url": "https://us-east.api.pipelinersales.com", "id": "us_Acme", "base_currency": None},
        "policy": {"existing": "update"},
        "source": {"commit": None, "digest": "sha256:00"},
        "state": None,
        "summary": {
            "create": 1,
            "update": 0,
            "delete": 0,
            "drift": 0,
            "conflict": 0,
            "gone": 0,
            "forget": 0,
            "no-op": 0,
            "remember": 0,
            "value": [{"currency": "USD", "pipeline": "Test Pipeline", "create": "100.00"}],
        },
        "changes": [
            {
                "address": "opportunity.acme",
                "kind": "opportunity",
                "action": "create",
                "id": None,
                "span": {"file": "opportunities/acme.yaml", "line": 7, "column": 3},
                "before": None,
                "after": {
                    "name": "Acme",
                    "owner": "dana@example.com",
                    "pipeline": "Test Pipeline",
                    "step": "First",
                    "closing_date": "2027-03-31",
                    "value": {"amount": "100.00", "currency": "USD"},
                    "accounts": [{"account": "info@acme.example", "primary": True}],
                    "type": "Standard",
                },
                "fields": [
                    {"path": "name", "before": None, "after": "Acme", **GIT},
                    {"path": "owner", "before": None, "after": "dana@example.com", **GIT},
                    {"path": "pipeline", "before": None, "after": "Test Pipeline", **GIT},
                    {"path": "step", "before": None, "after": "First", **GIT},
                    {"path": "closing_date", "before": None, "after": "2027-03-31", **GIT},
                    {"path": "value.amount", "before": None, "after": "100.00", **GIT},
                    {"path": "value.currency", "before": None, "after": "USD", **GIT},
                    {
                        "path": "accounts",
                        "before": None,
                        "after": [{"account": "info@acme.example", "primary": True}],
                        **GIT,
                    },
                    {"path": "type", "before": None, "after": "Standard", **GIT},
                ],
                "sides": {},
                "payload": {
                    "closing_date": "2027-03-31",
                    "name": "Acme",
                    "owner_id": "dana@example-com",
                    "step_id": "First",
                    "value": {"base_value": 100, "currency_id": "USD"},
                    "account_relations": [{"account_id": "info@acme-example", "is_primary": True}],
                    "oppty_type_id": "Standard",
                },
                "relations": [],
                "precondition": {
                    "absent": True,
                    "identity": {
                        "name": "Acme",
                        "account": None,
                        "pipeline": None,
                        "key": None,
                        "key_field": None,
                        "match": ["name"],
                    },
                },
                "needs": [],
                "notes": [],
                "rekeyed_from": None,
                "remember": {},
                "undecided": None,
            }
        ],
        "references": [
            {"kind": "account", "name": "info@acme.example", "id": "a1", "label": "Acme Inc"},
            {"kind": "contact", "name": "bob@acme.example", "id": "c1", "label": "Bob Acme"},
            {"kind": "owner", "name": "dana@example.com", "id": "u1", "label": "Dana Doe"},
            {"kind": "owner", "name": "eve@example.com", "id": "u2", "label": "Eve Roe"},
            {"kind": "pipeline", "name": "Test Pipeline", "id": "p1", "label": "Test Pipeline"},
        ],
        "problems": [
            {
                "code": "closing-date-in-past",
                "severity": "warning",
                "summary": "Closing date in the past",
                "detail": "opportunity.acme-renewal-2027 closes on 2020-01-01.",
                "hint": "Move the date, or set closing_date_in_past to allow.",
                "address": "opportunity.acme-renewal-2027",
                "span": {"file": "opportunities/acme.yaml", "line": 12, "column": 19, "end_column": 29},
                "excerpt": "    closing_date: 2020-01-01",
                "related": [],
            }
        ],
        "steps": {"Test Pipeline": ["First", "Won"]},
        "leaving": {},
        "undoes": None,
    }


def test_keys_come_in_the_order_people_read_them() -> None:
    assert list(plan_to_json(MIXED)) == [
        *("format_version", "tool_version", "created_at", "expires_at", "space", "policy", "source"),
        *("state", "summary", "changes", "references", "problems", "steps", "leaving", "undoes"),
    ]


@settings(max_examples=examples(), deadline=None)
@given(plan=plans())
def test_any_plan_that_is_read_back_answers_whatever_is_asked_of_it_as_before(plan: Plan) -> None:
    again = plan_from_json(through_json(plan_to_json(plan)))

    assert json_text(plan_to_json(again)) == json_text(plan_to_json(plan))
    assert plan_text(again) == plan_text(plan)
    assert plan_markdown(again) == plan_markdown(plan)
    assert plan_html(again) == plan_html(plan)
    assert [asked(change) for change in again.changes] == [asked(change) for change in plan.changes]


def asked(change: Change) -> list[Any]:
    """What judging, sending and reading back ask of a change."""
    return [
        *(change.address, change.action, change.id, change.precondition, change.writes, change.relations),
        *(codec.body(change), codec.in_body(change), codec.sent(change)),
        *({path: change.observed.get(path) for path in change.writes},),
        *(change.sides, change.remember),
        *(shown.before(change), shown.after(change), shown.fields(change)),
    ]


@settings(max_examples=examples(), deadline=None)
@given(plan=plans())
def test_any_plan_fits_its_schema(plan: Plan) -> None:
    PLAN_SCHEMA.validate(through_json(plan_to_json(plan) | {"digest": "sha256:00"}))


@settings(max_examples=examples(), deadline=None)
@given(plan=plans())
def test_plan_json_is_plain_ascii_and_says_the_same(plan: Plan) -> None:
    document = plan_to_json(plan)
    text = json_text(document)

    assert text.replace("\n", "").isascii()
    assert text.replace("\n", "").isprintable()
    assert json.loads(text) == through_json(document)


def test_plan_json_holds_one_change_a_line() -> None:
    lines = json_text(plan_to_json(MIXED)).split("\n")

    assert sum(line.startswith('    {"address": ') for line in lines) == len(MIXED.changes)


def test_keys_of_a_newer_minor_are_ignored() -> None:
    document = plan_to_json(MIXED) | {"format_version": "1.7", "weather": "fine"}
    document["changes"][0]["mood"] = "good"
    document["problems"][0]["since"] = 3

    assert plan_to_json(plan_from_json(document)) == plan_to_json(MIXED)


def test_relations_and_notes_may_be_missing() -> None:
    document = plan_to_json(plan_of(DELETE))
    del document["changes"][0]["relations"], document["changes"][0]["notes"]

    assert plan_to_json(plan_from_json(document)) == plan_to_json(plan_of(DELETE))


@pytest.mark.parametrize("key", ["changes", "space", "policy", "references", "problems"])
def test_a_plan_without_what_it_needs_is_no_plan(key: str) -> None:
    document = plan_to_json(MIXED)
    del document[key]

    with pytest.raises(KeyError):
        plan_from_json(document)


def test_a_plan_missing_its_digest_does_not_fit_the_schema() -> None:
    assert not PLAN_SCHEMA.is_valid(through_json(plan_to_json(MIXED)))


def test_the_first_event_says_where_and_how_much() -> None:
    assert start_event(MIXED) == {
        "event": "start",
        "format_version": "1.0",
        "tool_version": __version__,
        "space": {"url": "https://us-east.api.pipelinersales.com", "id": "us_Acme", "base_currency": None},
        "writes": 3,
        "changes": {
            "create": 1,
            "update": 1,
            "delete": 1,
            "drift": 1,
            "conflict": 0,
            "gone": 0,
            "forget": 0,
            "no-op": 1,
        },
    }


def test_an_outcome_without_trouble_has_no_error() -> None:
    assert outcome_event(RESULTS[0]) == {
        "event": "outcome",
        "address": "opportunity.acme-renewal-2027",
        "action": "create",
        "outcome": "created",
        "id": "id-1",
        "adopted": False,
        "error": None,
        "warnings": [],
    }


def test_what_the_service_stored_differently_is_a_warning_of_an_outcome() -> None:
    event = outcome_event(Result(UPDATE, Outcome.FAILED, "id", (UNKNOWN_OWNER, WARNING)))

    assert [problem["code"] for problem in event["error"]] == ["reference-unknown"]
    assert [problem["code"] for problem in event["warnings"]] == ["closing-date-in-past"]


def test_what_waited_in_vain_says_for_what() -> None:
    """Only where it did: a reader of other outcomes finds no such key."""
    event = outcome_event(Result(UPDATE, Outcome.SKIPPED, waited_for=(Address("account", "acme"),)))

    assert event["waited_for"] == ["account.acme"]
    assert (event["outcome"], event["error"]) == ("skipped", None)


def test_the_last_event_counts_every_outcome() -> None:
    assert summary_event(RESULTS, 3) == {
        "event": "summary",
        "created": 2,
        "updated": 1,
        "deleted": 0,
        "unchanged": 1,
        "conflict": 0,
        "failed": 1,
        "skipped": 0,
        "unknown": 0,
        "exit_code": 3,
    }


@settings(max_examples=examples(), deadline=None)
@given(
    plan=plans(2), result=results(), problems=st.lists(PROBLEMS, max_size=2), exit_code=st.integers(0, 130)
)
def test_any_event_fits_its_schema_on_one_plain_line(
    plan: Plan, result: Result, problems: list[Any], exit_code: int
) -> None:
    events = [
        start_event(plan),
        outcome_event(result),
        summary_event([result], exit_code),
        error_event(problems, exit_code),
    ]
    for event in events:
        line = event_line(event)
        assert line.isascii()
        assert line.isprintable()
        EVENTS_SCHEMA.validate(json.loads(line))


@pytest.mark.parametrize(
    "event",
    [
        {},
        {"event": "start"},
        {"event": "outcome", "address": "opportunity.a"},
        {**outcome_event(RESULTS[0]), "outcome": "done"},
        {"event": "summary", "created": 1},
        {"event": "error"},
    ],
)
def test_half_an_event_does_not_fit_the_schema(event: dict[str, Any]) -> None:
    assert not EVENTS_SCHEMA.is_valid(event)


def test_events_of_a_newer_minor_fit_the_schema() -> None:
    assert EVENTS_SCHEMA.is_valid({"event": "progress", "done": 3})
