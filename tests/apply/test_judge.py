"""What may still be done about a planned change, given the record as it is now."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from syncer.apply.judge import Current, Judgement, Verdict, judge, look_alike, told_apart_by
from syncer.kinds.account import ACCOUNT
from syncer.kinds.base import Kind
from syncer.kinds.contact import CONTACT
from syncer.kinds.opportunity import OPPORTUNITY
from syncer.kinds.registry import KINDS
from syncer.model.address import Address
from syncer.model.change import Action, Change
from syncer.model.observed import Observed
from syncer.model.problem import Problem, Severity
from tests.kinds.registered import registered
from tests.toys import COMPANY

Make = Callable[..., Any]

IDENTITY = {
    "name": "Acme renewal",
    "account": "acc-1",
    "pipeline": "pipe-1",
    "key": None,
    "key_field": None,
    "match": ["name", "account", "pipeline"],
}
PAYLOAD = {
    "name": "Acme renewal",
    "step_id": "step-1",
    "closing_date": "2030-01-31",
    "value": {"base_value": 100, "currency_id": "usd"},
    "account_relations": [{"account_id": "acc-1", "is_primary": True}],
}
ACME = {
    "name": "Acme renewal",
    "step": "step-1",
    "pipeline": "pipe-1",
    "closing_date": "2030-01-31",
    "value": {"amount": "100", "currency": "usd", "base": "100", "rate": None},
    "accounts": {"acc-1": {"primary": True, "roles": []}},
}


def _money(amount: str) -> dict[str, Any]:
    return {"amount": amount, "currency": "usd", "base": amount, "rate": None}


def _judged(change: Change, *records: Observed) -> Judgement:
    return judge(change, Current([change], {change.address.kind: records}))


@pytest.fixture
def create(make_change: Make) -> Change:
    made: Change = make_change(
        Action.CREATE, payload=PAYLOAD, precondition={"absent": True, "identity": IDENTITY}
    )
    return made


def _problem(code: str, detail: str, hint: str = "", severity: Severity = Severity.ERROR) -> Problem:
    from syncer.model.span import Span

    span = Span("opportunities/acme.yaml", 3, 3)
    return Problem(code, detail, span, hint=hint, address=Address("opportunity", "acme"), severity=severity)


def test_a_create_is_written_while_nothing_is_there(create: Change, make_record: Make) -> None:
    assert _judged(create) == Judgement(Verdict.WRITE)
    assert _judged(create, make_record(**{**ACME, "pipeline": "pipe-2"})) == Judgement(Verdict.WRITE)


def test_a_create_of_what_appeared_meanwhile_is_done(create: Change, make_record: Make) -> None:
    record = make_record(**ACME)

    assert _judged(create, record) == Judgement(Verdict.DONE, record)


def test_a_create_of_what_appeared_differently_leaves_it_and_tells(create: Change, make_record: Make) -> None:
    record = make_record(**{**ACME, "value": _money("90"), "closing_date": "2030-02-28"})

    told = _problem(
        "conflict",
        "The opportunity is there now, with another closing_date, value; it was left as it is.",
        "plan again to see the difference",
        Severity.WARNING,
    )
    assert _judged(create, record) == Judgement(Verdict.DONE, record, told)


def test_a_create_of_what_is_there_twice_is_a_conflict_that_names_both(
    create: Change, make_record: Make
) -> None:
    records = [make_record("op-1", **ACME), make_record("op-2", **ACME)]

    told = _problem("identity-ambiguous", "2 such opportunities are there now: op-1, op-2.")
    assert _judged(create, *records) == Judgement(Verdict.CONFLICT, problem=told)


@pytest.mark.parametrize(
    ("now", "verdict"),
    [
        pytest.param({"value": _money("100"), "step": "step-1"}, Verdict.WRITE, id="as planned"),
        pytest.param({"value": _money("200"), "step": "step-2"}, Verdict.DONE, id="already as desired"),
        pytest.param({"value": _money("200"), "step": "step-1"}, Verdict.WRITE, id="half as desired"),
        pytest.param(
            {"value": _money("100"), "step": "step-1", "name": "X"}, Verdict.WRITE, id="another field"
        ),
        pytest.param({"value": _money("150"), "step": "step-1"}, Verdict.CONFLICT, id="the same field"),
        pytest.param({"value": None, "step": "step-1"}, Verdict.CONFLICT, id="emptied"),
    ],
)
def test_an_update_is_judged_by_the_fields_it_sets(
    make_change: Make, make_record: Make, now: dict[str, Any], verdict: Verdict
) -> None:
    fields = {
        "value": {"before": _money("100"), "after": _money("200")},
        "step": {"before": "step-1", "after": "step-2"},
    }
    change = make_change(precondition={"fields": fields})
    record = make_record(**now)

    problem = None
    if verdict is Verdict.CONFLICT:
        problem = _problem(
            "conflict",
            "Somebody changed value after the plan was made; the opportunity was left alone.",
            "plan again to see what is there now",
        )
    assert _judged(change, record) == Judgement(verdict, record, problem)


def test_an_update_of_a_record_that_is_gone_is_a_conflict(make_change: Make) -> None:
    change = make_change(precondition={"fields": {"step": {"before": "a", "after": "b"}}})

    told = _problem("gone", "The opportunity op-1 is no longer there.", "plan again to see what became of it")
    assert _judged(change) == Judgement(Verdict.CONFLICT, problem=told)


def _links(*ids: str, roles: dict[str, list[str]] | None = None) -> dict[str, Any]:
    return {
        id_: {"primary": number == 0, "roles": (roles or {}).get(id_, [])} for number, id_ in enumerate(ids)
    }


@pytest.mark.parametrize(
    ("now", "verdict"),
    [
        pytest.param(_links("a", "b"), Verdict.WRITE, id="as planned"),
        pytest.param(_links("c", "a"), Verdict.DONE, id="as desired"),
        pytest.param(_links("a", "b", "c"), Verdict.WRITE, id="added, not yet removed"),
        pytest.param(_links("c", "a", "b"), Verdict.WRITE, id="added and promoted, not yet removed"),
        pytest.param(_links("a"), Verdict.WRITE, id="removed first"),
        pytest.param(_links("a", "b", "d"), Verdict.CONFLICT, id="a link of somebody else"),
        pytest.param(
            _links("a", "b", roles={"a": ["chief"]}), Verdict.CONFLICT, id="a role of somebody else"
        ),
        pytest.param(_links(), Verdict.CONFLICT, id="all links taken away"),
    ],
)
def test_links_left_half_way_by_a_killed_apply_are_no_conflict(
    make_change: Make, make_record: Make, now: dict[str, Any], verdict: Verdict
) -> None:
    change = make_change(
        precondition={"fields": {"contacts": {"before": _links("a", "b"), "after": _links("c", "a")}}}
    )

    assert _judged(change, make_record(contacts=now)).verdict is verdict


def test_links_where_there_were_none_are_compared_as_well(make_change: Make, make_record: Make) -> None:
    change = make_change(precondition={"fields": {"contacts": {"before": None, "after": _links("a")}}})

    assert _judged(change, make_record(contacts={})).verdict is Verdict.WRITE
    assert _judged(change, make_record(contacts=_links("b"))).verdict is Verdict.CONFLICT


def test_links_planned_upon_something_that_is_no_list_are_not_guessed_at(
    make_change: Make, make_record: Make
) -> None:
    change = make_change(precondition={"fields": {"contacts": {"before": "?", "after": _links("a")}}})

    assert _judged(change, make_record(contacts=_links("b"))).verdict is Verdict.CONFLICT


def test_a_delete_is_judged_by_everything_that_was_seen(make_change: Make, make_record: Make) -> None:
    change = make_change(
        Action.DELETE, precondition={"fields": {"name": {"before": "Acme"}, "step": {"before": "step-1"}}}
    )
    same, moved = make_record(name="Acme", step="step-1"), make_record(name="Acme", step="step-2")

    assert _judged(change, same) == Judgement(Verdict.WRITE, same)
    assert _judged(change) == Judgement(Verdict.DONE)
    assert _judged(change, moved).verdict is Verdict.CONFLICT
    assert _judged(change, make_record(name="Acme")).verdict is Verdict.WRITE, "not asked for is not moved"


def test_messages_call_a_record_as_its_kind_says(
    make_change: Make, make_record: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is said of a change has the noun of its own kind, whichever it is."""
    monkeypatch.setitem(KINDS, COMPANY.name, COMPANY)
    change = replace(
        make_change(precondition={"fields": {"city": {"before": "Graz", "after": "Linz"}}}),
        address=Address("company", "acme"),
    )

    assert [
        problem.detail
        for records in ([], [make_record(city="Wels")])
        if (problem := _judged(change, *records).problem) is not None
    ] == [
        "The company op-1 is no longer there.",
        "Somebody changed city after the plan was made; the company was left alone.",
    ]


@pytest.mark.parametrize(
    ("kind", "told"),
    [(ACCOUNT, ("e-mail",)), (CONTACT, ("account", "e-mail")), (OPPORTUNITY, ("account", "pipeline"))],
    ids=lambda value: value.name if isinstance(value, Kind) else "",
)
def test_what_tells_records_of_one_name_apart_is_what_their_kind_says(
    kind: Kind, told: tuple[str, ...], make_change: Make
) -> None:
    """Messages about a record that may be another one name what it is found by, and nothing else."""
    with registered(kind):
        assert told_apart_by(replace(make_change(), address=Address(kind.name, "acme"))) == told


def test_a_key_finds_its_record_whatever_it_is_called(make_change: Make, make_record: Make) -> None:
    keyed = {**IDENTITY, "key": "acme", "key_field": "cf_key"}
    change = make_change(Action.CREATE, payload={"name": "Acme renewal"}, precondition={"identity": keyed})
    mine = make_record("op-1", **{"name": "Renamed", "fields.cf_key": "acme"})
    other = make_record("op-2", **{**ACME, "fields.cf_key": "other"})

    assert _judged(change, mine, other).record == mine
    assert _judged(change, other).verdict is Verdict.WRITE


def test_namesakes_are_found_whatever_a_server_does_to_case_and_blanks(make_record: Make) -> None:
    record = make_record(name=" Acme  RENEWAL ")

    assert Current([], {OPPORTUNITY.name: [record]}).namesakes(OPPORTUNITY.name, "Acme renewal") == [record]
    assert Current([], {OPPORTUNITY.name: [record]}).namesakes(OPPORTUNITY.name, "Acme") == []


def test_of_many_look_alikes_three_are_named_and_all_are_in_what_settles_it(
    create: Change, make_record: Make
) -> None:
    """A warning is a sentence, not a list; what is pasted from it settles every one of them."""
    others = [make_record(f"op-{number}", name=f"Acme {number}") for number in range(1, 6)]

    assert look_alike(create, others, Severity.WARNING) == _problem(
        "look-alike",
        'Since the plan was made, there is "Acme 1" (op-1), "Acme 2" (op-2), "Acme 3" (op-3) and 2 more.',
        "plan again, and adopt it: id: op-1\nor say that it is another one:\n"
        "lifecycle: {distinct_from: [op-1, op-2, op-3, op-4, op-5]}",
        Severity.WARNING,
    )
