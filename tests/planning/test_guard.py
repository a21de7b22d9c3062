"""Limits stop before the first write, and name the record, the limit and the way over it."""

from dataclasses import replace
from typing import Any

import pytest

from syncer.model.address import Address
from syncer.model.change import Action, Change, Values
from syncer.model.plan import Origin, Plan, SpaceId
from syncer.model.problem import GuardError
from syncer.model.span import Span
from syncer.planning import guard


def change(key: str, action: Action = Action.CREATE, **parts: Any) -> Change:
    return Change(Address("opportunity", key), action, None, Span("a.yaml", 3, 3), None, None, **parts)


def worth(
    key: str, amount: str, code: str = "USD", base: float | None = None, was: str | None = None
) -> Change:
    def value(plain: str, in_base: str) -> Values:
        return Values({"value": {"base": in_base}}, {"value": {"amount": plain, "currency": code}})

    return replace(
        change(key, Action.CREATE if was is None else Action.UPDATE),
        after=value(amount, amount if base is None else str(base)),
        before=None if was is None else value(was, was),
        writes=() if was is None else ("value",),
    )


def closing(key: str, day: str) -> Change:
    return replace(change(key), after=Values({"closing_date": day}))


def plan(*changes: Change, **guards: Any) -> Plan:
    return Plan("0", "", "", SpaceId("u", "s", "USD"), {"guards": guards}, Origin(None, ""), changes)


def told(made: Plan, allow: tuple[str, ...] = ()) -> list[str]:
    return [problem.detail for problem in guard.breaches(made, "2027-01-31", allow)]


@pytest.mark.parametrize(
    ("action", "name", "verb"),
    [
        (Action.CREATE, "max_creates", "created"),
        (Action.UPDATE, "max_updates", "updated"),
        (Action.DELETE, "max_deletes", "deleted"),
    ],
)
def test_counts_are_limited(action: Action, name: str, verb: str) -> None:
    made = plan(change("a", action), change("b", action), **{name: 1})

    assert told(made) == [
        f"2 opportunities would be {verb}; {name} is 1. The first over the limit is opportunity.b."
    ]
    assert told(made, (name,)) == told(plan(change("a", action), **{name: 1})) == []
    assert told(plan(change("a", action), **{name: None})) == []


def test_a_limit_in_the_base_currency_counts_every_currency() -> None:
    changes = (worth("a", "60"), worth("b", "90", "EUR", base=100.0), worth("c", "1"))

    assert told(plan(*changes, max_value=["100 USD"])) == [
        "The plan adds 161.00 USD; max_value is 100.00 USD. The first over the limit is opportunity.b."
    ]
    assert told(plan(*changes, max_value="161 USD")) == []


def test_a_limit_in_another_currency_counts_that_one_alone() -> None:
    changes = (worth("a", "1000"), worth("b", "90", "EUR", base=100.0))

    assert told(plan(*changes, max_value=["89.99 EUR"])) == [
        "The plan adds 90.00 EUR; max_value is 89.99 EUR. The first over the limit is opportunity.b."
    ]
    assert told(plan(*changes, max_value=["90 EUR"])) == []


def test_updates_count_for_what_they_add_and_deletes_for_nothing() -> None:
    changes = (
        worth("a", "50", was="40"),
        worth("b", "5", was="500"),
        worth("c", "50", "EUR", base=60.0, was="40"),
        replace(worth("d", "900"), action=Action.DELETE),
        replace(worth("e", "900", was="1"), writes=("name",)),
    )

    assert told(plan(*changes, max_value=["30 USD", "10 EUR"])) == []
    assert len(told(plan(*changes, max_value=["29 USD", "9 EUR"]))) == 2


def test_a_past_date_can_be_denied() -> None:
    late = closing("a", "2027-01-30")
    today = closing("b", "2027-01-31")

    assert told(plan(late, today, closing_date_in_past="deny")) == [
        "opportunity.a would close on 2027-01-30, which has passed; closing_date_in_past is deny."
    ]
    assert told(plan(late, closing_date_in_past="warn")) == []


def test_a_breach_is_an_error_with_the_way_over_it() -> None:
    with pytest.raises(GuardError) as breached:
        guard.check(plan(change("a"), max_creates=0), "2027-01-31")

    (problem,) = breached.value.problems
    assert (
        problem.hint == "if it is meant, raise max_creates in syncer.yaml, or apply with --allow max_creates"
    )
    assert (problem.address, problem.span) == (Address("opportunity", "a"), Span("a.yaml", 3, 3))
    guard.check(plan(change("a"), max_creates=0), "2027-01-31", ["max_creates"])
