"""Before and after, field by field."""

from typing import Any

import pytest

from syncer.model.change import FieldChange, Side
from syncer.planning import diff


def test_a_create_sets_what_is_not_empty() -> None:
    """Whatever is created is git's doing."""
    money = {"amount": "1", "currency": "USD"}
    after: dict[str, Any] = {"name": "N", "value": money, "contacts": [], "unit": None}

    assert diff.created(after) == (
        FieldChange("name", None, "N", moved=Side.GIT),
        FieldChange("value.amount", None, "1", moved=Side.GIT),
        FieldChange("value.currency", None, "USD", moved=Side.GIT),
    )


@pytest.mark.parametrize(
    ("before", "after", "parts"),
    [
        ("a", None, [("x", "a", None)]),
        (None, [{"contact": "c"}], [("x", None, [{"contact": "c"}])]),
        (
            {"amount": "1", "currency": "USD"},
            {"amount": "2", "currency": "EUR"},
            [("x.amount", "1", "2"), ("x.currency", "USD", "EUR")],
        ),
        (["a", "b"], ["b", "c"], [("x[a]", True, None), ("x[c]", None, True)]),
        (
            [{"contact": "a", "primary": True}, {"contact": "b", "primary": False}],
            [{"contact": "b", "primary": True, "sales_role": "R"}, {"contact": "c", "primary": False}],
            [
                ("x[a]", {"primary": True}, None),
                ("x[b].primary", False, True),
                ("x[b].sales_role", None, "R"),
                ("x[c]", None, {"primary": False}),
            ],
        ),
        ([{"account": "a"}, {"account": "b"}], [{"account": "b"}, {"account": "a"}], []),
    ],
)
def test_what_differs_of_a_field_part_by_part(before: Any, after: Any, parts: list[Any]) -> None:
    """Amounts have two parts, and of links each linked record is one, whatever their order."""
    found = diff.leaves(before, after)

    assert [(diff.spelled("x", steps, after), old, new) for steps, old, new in found] == parts


@pytest.mark.parametrize(
    ("value", "steps", "found"),
    [
        ("a", (), "a"),
        ({"amount": "1", "currency": "USD"}, ("amount",), "1"),
        ([{"contact": "a", "primary": True}], ("a", "primary"), True),
        ([{"contact": "a", "primary": True}], ("b", "primary"), None),
        (["a"], ("a",), True),
        (None, ("amount",), None),
    ],
)
def test_the_same_part_is_found_on_another_side(value: Any, steps: tuple[str, ...], found: Any) -> None:
    """What was agreed is shown beside what differs, part by part."""
    assert diff.at(value, steps) == found
