"""Before and after, field by field."""

from typing import Any

import pytest

from syncer.model.change import FieldChange
from syncer.planning import diff


def test_only_what_is_desired_is_looked_at() -> None:
    desired = {"name": "N", "owner": "o", "unit": None}
    observed = {"name": "N", "owner": "p", "description": "D"}

    assert diff.moved(desired, observed) == ("owner",)


def test_a_create_sets_what_is_not_empty() -> None:
    money = {"amount": "1", "currency": "USD"}
    after: dict[str, Any] = {"name": "N", "value": money, "contacts": [], "unit": None}

    assert diff.field_changes(None, after) == (
        FieldChange("name", None, "N"),
        FieldChange("value.amount", None, "1"),
        FieldChange("value.currency", None, "USD"),
    )


@pytest.mark.parametrize(
    ("before", "after", "changes"),
    [
        ("a", "a", ()),
        ("a", None, (FieldChange("x", "a", None),)),
        (None, [{"contact": "c"}], (FieldChange("x", None, [{"contact": "c"}]),)),
        (
            {"amount": "1", "currency": "USD"},
            {"amount": "2", "currency": "EUR"},
            (FieldChange("x.amount", "1", "2"), FieldChange("x.currency", "USD", "EUR")),
        ),
        (["a", "b"], ["b", "c"], (FieldChange("x[a]", True, None), FieldChange("x[c]", None, True))),
        (
            [{"contact": "a", "primary": True}, {"contact": "b", "primary": False}],
            [{"contact": "b", "primary": True, "sales_role": "R"}, {"contact": "c", "primary": False}],
            (
                FieldChange("x[a]", {"primary": True}, None),
                FieldChange("x[b].primary", False, True),
                FieldChange("x[b].sales_role", None, "R"),
                FieldChange("x[c]", None, {"primary": False}),
            ),
        ),
        ([{"account": "a"}, {"account": "b"}], [{"account": "b"}, {"account": "a"}], ()),
    ],
)
def test_changes_of_a_field(before: Any, after: Any, changes: tuple[FieldChange, ...]) -> None:
    assert diff.field_changes({"x": before}, {"x": after}) == changes


def test_what_is_not_different_is_spelt_as_it_was_written() -> None:
    before = {"owner": "dana@x.example", "name": "Old"}
    after = {"owner": "Dana@X.example", "name": "New"}

    assert diff.aligned(before, after, ("name",)) == {"owner": "Dana@X.example", "name": "Old"}
