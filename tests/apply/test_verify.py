"""What the records say of what the answers claimed."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from syncer.apply.judge import Current
from syncer.apply.verify import missing, unproven, verified
from syncer.kinds.opportunity import OPPORTUNITY
from syncer.model.change import Action, Change
from syncer.model.observed import Observed
from syncer.model.outcome import Outcome, Result
from syncer.model.problem import Problem, Severity

Make = Callable[..., Any]


def _create(make_change: Make, key: str, name: str) -> Change:
    identity = {
        "name": name,
        "account": None,
        "pipeline": None,
        "key": None,
        "key_field": None,
        "match": ["name"],
    }
    payload = {"name": name, "value": {"base_value": 10.005, "currency_id": "usd"}}
    change: Change = make_change(Action.CREATE, key, payload=payload, precondition={"identity": identity})
    return change


def _money(amount: str) -> dict[str, Any]:
    return {"amount": amount, "currency": "usd", "base": amount, "rate": None}


def _verified(result: Result, *records: Observed) -> Result:
    (told,) = verified([result], Current([result.change], {OPPORTUNITY.name: records}))
    return told


def _brief(result: Result) -> tuple[Outcome, str | None, list[tuple[str, str, Severity]]]:
    return result.outcome, result.id, [(p.code, p.detail, p.severity) for p in result.problems]


@pytest.fixture
def created(make_change: Make) -> Result:
    return Result(_create(make_change, "acme", "Acme"), Outcome.CREATED, "op-1")


def test_a_record_that_is_as_sent_is_created(created: Result, make_record: Make) -> None:
    record = make_record("op-1", name="Acme", value=_money("10.005"))

    assert _verified(created, record) == created


def test_what_the_service_stored_differently_is_told(created: Result, make_record: Make) -> None:
    record = make_record("op-1", name="Acme", value=_money("10.01"))

    assert _brief(_verified(created, record)) == (
        Outcome.CREATED,
        "op-1",
        [("changed-by-service", "value: sent 10.005, stored 10.01.", Severity.WARNING)],
    )


def test_what_was_dropped_and_what_was_linked_otherwise_is_told_in_words(
    make_change: Make, make_record: Make
) -> None:
    fields = {
        "owner": {"before": "a", "after": "b"},
        "description": {"before": None, "after": "x"},
        "contacts": {"before": {}, "after": {"c-1": {"primary": True}, "c-2": {}}},
    }
    result = Result(make_change(precondition={"fields": fields}), Outcome.UPDATED, "op-1")
    record = make_record(owner="c", description=None, contacts={"c-1": {"primary": True}})

    assert [p.detail for p in _verified(result, record).problems] == [
        'owner: sent "b", stored "c".',
        'description: sent "x", stored nothing.',
        "contacts: sent 2 linked, stored 1 linked.",
    ]


def test_an_id_answered_for_another_item_is_put_right(created: Result, make_record: Make) -> None:
    record = make_record("op-2", name="Acme", value=_money("10.005"))

    assert _verified(created, record).id == "op-2"


def test_two_such_records_are_a_conflict_that_names_both(created: Result, make_record: Make) -> None:
    records = [make_record(each, name="Acme", value=_money("10.005")) for each in ("op-1", "op-2")]

    assert _brief(_verified(created, *records)) == (
        Outcome.CONFLICT,
        "op-1",
        [("identity-ambiguous", "2 such opportunities are there now: op-1, op-2.", Severity.ERROR)],
    )


def test_a_record_stored_so_that_it_cannot_be_recognised_is_no_success(
    created: Result, make_record: Make
) -> None:
    """The next apply would create it again, and again."""
    told = _verified(created, make_record("op-1", name="ACME (new)", value=_money("10.005")))

    detail = (
        "It was created as op-1, but stored so differently that it cannot be recognised: "
        'name: sent "Acme", stored "ACME (new)".'
    )
    assert _brief(told) == (Outcome.FAILED, "op-1", [("changed-by-service", detail, Severity.ERROR)])
    assert "add `id: op-1` to the manifest" in told.problems[0].hint


def test_what_was_answered_and_cannot_be_found_is_unknown(created: Result) -> None:
    assert missing([created], Current([created.change], {})) == [created]
    assert _brief(_verified(created)) == (
        Outcome.UNKNOWN,
        "op-1",
        [
            (
                "outcome-unknown",
                "The service answered that it was created, but it cannot be found.",
                Severity.ERROR,
            )
        ],
    )


def test_a_refusal_that_was_answered_in_anothers_place_goes_to_the_one_that_is_not_there(
    make_change: Make, make_record: Make
) -> None:
    """Answers in another order than the items: the records tell who was refused."""
    refusal = Problem("refused", "owner: No such user.")
    there = Result(_create(make_change, "a", "A"), Outcome.FAILED, problems=(refusal,))
    absent = Result(_create(make_change, "b", "B"), Outcome.CREATED, "op-1")
    record = make_record("op-1", name="A", value=_money("10.005"))

    first, second = verified(
        [there, absent], Current([there.change, absent.change], {OPPORTUNITY.name: [record]})
    )

    assert _brief(first) == (Outcome.CREATED, "op-1", [])
    assert _brief(second) == (
        Outcome.FAILED,
        None,
        [
            (
                "refused",
                "It was refused. The service said of this or another one: owner: No such user.",
                Severity.ERROR,
            )
        ],
    )


def test_a_refusal_stands_when_the_record_is_not_there(created: Result) -> None:
    refused = replace(created, outcome=Outcome.FAILED, id=None, problems=(Problem("refused", "No."),))

    assert _verified(refused) == refused


@pytest.mark.parametrize(
    ("claimed", "stored", "outcome"),
    [
        (Outcome.UPDATED, "new", Outcome.UPDATED),
        (Outcome.UPDATED, "old", Outcome.UPDATED),
        (Outcome.FAILED, "new", Outcome.UPDATED),
        (Outcome.FAILED, "old", Outcome.FAILED),
        (Outcome.UNKNOWN, "new", Outcome.UPDATED),
        (Outcome.UNKNOWN, "old", Outcome.UNKNOWN),
    ],
)
def test_an_update_is_what_the_record_bears_out(
    make_change: Make, make_record: Make, claimed: Outcome, stored: str, outcome: Outcome
) -> None:
    change = make_change(precondition={"fields": {"owner": {"before": "old", "after": "new"}}})

    assert _verified(Result(change, claimed, "op-1"), make_record(owner=stored)).outcome is outcome


def test_an_update_of_a_record_that_is_gone_has_failed(make_change: Make) -> None:
    change = make_change(precondition={"fields": {"owner": {"before": "old", "after": "new"}}})

    assert _brief(_verified(Result(change, Outcome.UPDATED, "op-1"))) == (
        Outcome.FAILED,
        "op-1",
        [("gone", "It was deleted while it was updated.", Severity.ERROR)],
    )


@pytest.mark.parametrize(
    ("claimed", "there", "outcome"),
    [
        (Outcome.DELETED, False, Outcome.DELETED),
        (Outcome.DELETED, True, Outcome.FAILED),
        (Outcome.FAILED, False, Outcome.DELETED),
        (Outcome.UNKNOWN, True, Outcome.UNKNOWN),
    ],
)
def test_a_delete_is_what_the_record_bears_out(
    make_change: Make, make_record: Make, claimed: Outcome, there: bool, outcome: Outcome
) -> None:
    result = Result(make_change(Action.DELETE, precondition={"fields": {}}), claimed, "op-1")

    assert _verified(result, *([make_record()] if there else [])).outcome is outcome


def test_what_could_not_be_read_back_is_unknown_unless_it_was_refused(created: Result) -> None:
    why = Problem("unreachable", "No connection.")
    refused = replace(created, outcome=Outcome.FAILED)

    assert unproven(refused, why) == refused
    assert _brief(unproven(created, why)) == (
        Outcome.UNKNOWN,
        "op-1",
        [("outcome-unknown", "What was sent could not be read back. No connection.", Severity.ERROR)],
    )
