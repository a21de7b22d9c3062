"""What a reader of a plan is told about what is not written."""

from syncer.model.change import Action, Side
from syncer.planning.advice import advice, commands, in_conflict
from tests.render.samples import CONFLICT, DELETE, DRIFT, NOOP, UPDATE, create, update


def test_conflicts_come_first_and_each_sort_is_told_once() -> None:
    """With how many deals it is about; one may be about two sorts."""
    theirs = update("t", {"name": "A"}, {"name": "B"}, action=Action.DRIFT, sides={"name": Side.CRM})

    found = advice([theirs, DRIFT, create("a"), CONFLICT, DELETE, NOOP, UPDATE, theirs])

    assert [sentence.partition(":")[0] for sentence in found] == [
        "1 opportunity in conflict",
        "2 opportunities with fields that somebody has changed in the CRM",
        "1 opportunity with fields that differ and were never agreed",
    ]


def test_what_is_written_needs_no_advice() -> None:
    assert advice([create("a"), UPDATE, DELETE, NOOP]) == ()


def test_fields_in_conflict_are_called_as_take_calls_them() -> None:
    """Custom fields by their path, parts of a field by the field."""
    before = {"value": {"amount": "1", "currency": "USD"}, "fields": {"cf_x": "a"}}
    after = {"value": {"amount": "2", "currency": "USD"}, "fields": {"cf_x": "b"}}
    both = {"value": Side.BOTH, "fields.cf_x": Side.BOTH}
    change = update("a", before, after, action=Action.CONFLICT, sides=both)

    assert in_conflict(change) == ("value", "fields.cf_x")
    assert commands(change) == (
        "syncer apply --take git opportunity.a:value --take git opportunity.a:fields.cf_x",
        "syncer pull --take crm opportunity.a:value --take crm opportunity.a:fields.cf_x",
    )
    assert commands(NOOP) == ()
