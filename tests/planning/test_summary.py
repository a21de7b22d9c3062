from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings

from syncer.model.address import Address
from syncer.model.change import Action, Change
from syncer.model.plan import Plan
from syncer.model.problem import Problem
from syncer.planning import shown
from syncer.planning.summary import (
    Amount,
    Deal,
    Moved,
    Moves,
    PipelineValue,
    Summary,
    ValueGroup,
    change_in_value,
    money_of,
    no_change,
    plain,
    quarter,
    summarize,
    summary_to_json,
)
from tests.depth import examples
from tests.render.samples import BETA, DELETE, DRIFT, MIXED, NOOP, UPDATE, create, plan_of, update
from tests.render.strategies import plans

USD, EUR = "USD", "EUR"


NONE = {"conflict": 0, "gone": 0, "forget": 0}


def test_a_plan_in_sales_terms() -> None:
    assert summarize(MIXED) == Summary(
        counts={"create": 1, "update": 1, "delete": 1, "drift": 1, **NONE, "no-op": 1},
        same="1 opportunity",
        value=(
            PipelineValue(
                USD,
                "Test Pipeline",
                create=Decimal("100.00"),
                update=Decimal("150.00"),
                delete=Decimal("75.50"),
            ),
        ),
        by_pipeline=(ValueGroup(("Test Pipeline",), USD, 1, Decimal("100.00")),),
        by_step=(ValueGroup(("Test Pipeline", "First"), USD, 1, Decimal("100.00")),),
        by_owner=(ValueGroup(("dana@example.com",), USD, 1, Decimal("100.00")),),
        by_quarter=(ValueGroup(("2027-Q1",), USD, 1, Decimal("100.00")),),
        moved=(Moved(USD, Decimal("100.00"), Decimal("250.00")),),
        largest=(
            Deal(
                Address("opportunity", "acme-renewal-2027"),
                Action.CREATE,
                "Acme renewal 2027",
                Amount(Decimal("100.00"), USD),
            ),
            Deal(Address("opportunity", "delta"), Action.DELETE, "Delta", Amount(Decimal("75.50"), USD)),
        ),
        handovers=(
            Moves(
                Address("opportunity", "beta"),
                "dana@example.com",
                "eve@example.com",
                ("Proposal is the last step of Test Pipeline: the opportunity is won.",),
            ),
        ),
        steps=(
            Moves(
                Address("opportunity", "beta"),
                "First",
                "Proposal",
                ("Proposal is the last step of Test Pipeline: the opportunity is won.",),
            ),
        ),
    )


def test_creates_are_added_up_by_pipeline_step_owner_and_quarter_in_each_currency() -> None:
    summary = summarize(
        plan_of(
            create("a", value={"amount": "0.10", "currency": USD}, closing_date="2027-12-31"),
            create("b", value={"amount": "0.20", "currency": USD}, step="Won", owner="eve@example.com"),
            create("c", value={"amount": "7", "currency": EUR}, pipeline="Other", closing_date="2028-01-01"),
        )
    )

    assert summary.by_pipeline == (
        ValueGroup(("Other",), EUR, 1, Decimal(7)),
        ValueGroup(("Test Pipeline",), USD, 2, Decimal("0.30")),
    )
    assert summary.by_step == (
        ValueGroup(("Other", "First"), EUR, 1, Decimal(7)),
        ValueGroup(("Test Pipeline", "First"), USD, 1, Decimal("0.10")),
        ValueGroup(("Test Pipeline", "Won"), USD, 1, Decimal("0.20")),
    )
    assert summary.by_owner == (
        ValueGroup(("dana@example.com",), EUR, 1, Decimal(7)),
        ValueGroup(("dana@example.com",), USD, 1, Decimal("0.10")),
        ValueGroup(("eve@example.com",), USD, 1, Decimal("0.20")),
    )
    assert [(group.name, group.currency) for group in summary.by_quarter] == [
        (("2027-Q1",), USD),
        (("2027-Q4",), USD),
        (("2028-Q1",), EUR),
    ]


def test_money_is_never_rounded() -> None:
    amounts = ["12345678901234567890123456789.01", "0.001", "1"]
    summary = summarize(plan_of(*(create(f"k{a}", value={"amount": a, "currency": USD}) for a in amounts)))

    assert summary.value[0].create == Decimal("12345678901234567890123456790.011")


def test_a_move_to_another_pipeline_takes_the_value_along() -> None:
    after = {**BETA, "pipeline": "Other", "step": "Start"}
    change = update(
        "beta",
        BETA,
        after,
    )
    summary = summarize(plan_of(change))

    assert summary.value == (
        PipelineValue(USD, "Other", update=Decimal("100.00")),
        PipelineValue(USD, "Test Pipeline", update=Decimal("-100.00")),
    )
    assert summary.steps == (Moves(Address("opportunity", "beta"), "Test Pipeline / First", "Other / Start"),)
    assert summary.moved == ()


def test_a_change_of_currency_moves_value_out_of_one_and_into_the_other() -> None:
    after = {**BETA, "value": {"amount": "90.00", "currency": EUR}}
    summary = summarize(plan_of(update("beta", BETA, after)))

    assert summary.moved == (
        Moved(EUR, Decimal(0), Decimal("90.00")),
        Moved(USD, Decimal("100.00"), Decimal(0)),
    )
    assert [moved.delta for moved in summary.moved] == [Decimal("90.00"), Decimal("-100.00")]
    assert summary.value == (
        PipelineValue(EUR, "Test Pipeline", update=Decimal("90.00")),
        PipelineValue(USD, "Test Pipeline", update=Decimal("-100.00")),
    )


def test_an_update_of_other_fields_moves_no_value() -> None:
    summary = summarize(plan_of(update("beta", BETA, {**BETA, "name": "B"})))

    assert (summary.value, summary.moved, summary.steps, summary.handovers) == ((), (), (), ())


def test_drift_counts_and_moves_nothing() -> None:
    summary = summarize(plan_of(DRIFT))

    assert summary == Summary(
        {"create": 0, "update": 0, "delete": 0, "drift": 1, **NONE, "no-op": 0}, same="0 records"
    )
    assert summary.writes == 0


def test_the_largest_come_first_and_equal_ones_by_address() -> None:
    changes = [
        create(key, value={"amount": a, "currency": USD}) for key, a in (("b", "9"), ("a", "9"), ("c", "10"))
    ]

    assert [deal.address for deal in summarize(plan_of(*changes), largest=2).largest] == [
        Address("opportunity", "c"),
        Address("opportunity", "a"),
    ]


def test_an_owner_that_was_empty_is_no_name() -> None:
    before = {**BETA, "owner": None}
    summary = summarize(plan_of(update("beta", before, BETA)))

    assert summary.handovers == (Moves(Address("opportunity", "beta"), None, "dana@example.com"),)


def test_what_is_created_as_won_is_named() -> None:
    warnings = (
        Problem("created-won", "Won.", address=Address("opportunity", "b")),
        Problem("created-won", "Won.", address=Address("opportunity", "a")),
        Problem("closing-date-in-past", "Past.", address=Address("opportunity", "c")),
    )

    assert summarize(plan_of(problems=warnings)).won == (
        Address("opportunity", "a"),
        Address("opportunity", "b"),
    )


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ((), "No changes. Nothing is declared."),
        ((NOOP,), "No changes. 1 opportunity is as declared."),
        ((NOOP,) * 1200, "No changes. 1,200 opportunities are as declared."),
        ((NOOP, UPDATE), None),
        ((NOOP, DRIFT), None),
    ],
)
def test_a_plan_with_nothing_to_do_says_so(changes: tuple[Change, ...], sentence: str | None) -> None:
    assert no_change(summarize(plan_of(*changes))) == sentence


@pytest.mark.parametrize(
    ("values", "money"),
    [
        (None, None),
        ({}, None),
        ({"value": None}, None),
        ({"value": {"currency": USD}}, None),
        ({"value": {"amount": "much", "currency": USD}}, None),
        ({"value": {"amount": "NaN", "currency": USD}}, None),
        ({"value": {"amount": "1.50", "currency": USD}}, Amount(Decimal("1.50"), USD)),
        ({"value": {"amount": "1.50", "currency": None}}, Amount(Decimal("1.50"), "")),
    ],
)
def test_money_is_read_from_human_values(values: dict[str, Any] | None, money: Amount | None) -> None:
    assert money_of(values) == money


def test_the_change_in_value_needs_one_currency() -> None:
    assert change_in_value(UPDATE) == Decimal("150.00")
    assert change_in_value(DRIFT) is None
    assert change_in_value(DELETE) is None
    assert change_in_value(update("x", BETA, BETA)) is None


@pytest.mark.parametrize(
    ("date", "name"),
    [
        ("2027-01-01", "2027-Q1"),
        ("2027-03-31", "2027-Q1"),
        ("2027-04-01", "2027-Q2"),
        ("2027-12-31", "2027-Q4"),
        (None, ""),
        ("soon", ""),
    ],
)
def test_quarters(date: str | None, name: str) -> None:
    assert quarter(date) == name


def test_amounts_are_written_without_exponents() -> None:
    assert plain(Decimal("1E+3")) == "1000"


def test_the_summary_as_json_leaves_out_what_does_not_happen() -> None:
    summary = summarize(plan_of(create("a"), DELETE, create("b", pipeline="Other")))

    assert summary_to_json(summary) == {
        "create": 2,
        "update": 0,
        "delete": 1,
        "drift": 0,
        **NONE,
        "no-op": 0,
        "remember": 0,
        "value": [
            {"currency": "USD", "pipeline": "Other", "create": "100.00"},
            {"currency": "USD", "pipeline": "Test Pipeline", "create": "100.00", "delete": "75.50"},
        ],
    }


@settings(max_examples=examples(), deadline=None)
@given(plan=plans(8))
def test_every_grouping_adds_up_to_the_same_total(plan: Plan) -> None:
    summary = summarize(plan)
    total = sum((row.create or Decimal(0) for row in summary.value), Decimal(0))

    for groups in (summary.by_pipeline, summary.by_step, summary.by_owner, summary.by_quarter):
        assert sum((group.amount for group in groups), Decimal(0)) == total
    assert sum((m.delta for m in summary.moved), Decimal(0)) == sum(
        (row.update or Decimal(0) for row in summary.value), Decimal(0)
    ) or any(
        c.action is Action.UPDATE
        and (money_of(shown.before(c)) is None) != (money_of(shown.after(c)) is None)
        for c in plan.changes
    )


def test_steps_are_listed_as_a_deal_goes_through_them() -> None:
    plan = plan_of(
        create("a", step="Second"),
        create("b", step="First"),
        create("c", step="Elsewhere"),
        steps={"Test Pipeline": ("First", "Second", "Won")},
    )

    assert [group.name for group in summarize(plan).by_step] == [
        ("Test Pipeline", "First"),
        ("Test Pipeline", "Second"),
        ("Test Pipeline", "Elsewhere"),
    ]
