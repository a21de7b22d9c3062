"""Product lines, as they are read, compared and written."""

from collections.abc import Mapping
from typing import Any

import pytest

from syncer.kinds.opportunity import OPPORTUNITY
from syncer.model.change import RelationWrite
from syncer.model.declared import Existing
from syncer.model.observed import LinkRow, Observed
from syncer.planning.merge import NO_BASE, merge
from syncer.shapes.lines import LINES, line_key, nth_of, product_of, total

SPEC = OPPORTUNITY.field("products")
ROWS = [
    {"id": "r3", "product_id": "a", "quantity": 2.0, "price": 5.5, "sort_order": 3, "is_deleted": False},
    {"id": "r1", "product_id": "a", "quantity": 25.0, "price": 120.0, "sort_order": 1},
    {"id": "r2", "product_id": "b", "quantity": 1, "price": None, "comment": "two days ", "sort_order": 2},
    {"id": "r4", "product_id": "b", "quantity": 1, "is_deleted": True},
    {"id": "r5", "product_id": None, "quantity": 1},
]
HELD: dict[str, Any] = {
    "a": {"quantity": "25", "price": "120"},
    "b": {"quantity": "1", "comment": "two days"},
    "a#2": {"quantity": "2", "price": "5.5"},
}


class Named:
    """Calls a product by its id in capitals."""

    def label(self, _kind: str, id_: str | None) -> str:
        return (id_ or "").upper()

    written = label


def test_rows_are_read_in_their_order_and_told_apart_by_product() -> None:
    """The second line of a product has a number; deleted ones and those without a product are none."""
    rows: dict[str, LinkRow] = {}

    assert LINES.read_rows(ROWS, SPEC, rows) == HELD
    assert rows == {"a": LinkRow("r1"), "b": LinkRow("r2"), "a#2": LinkRow("r3")}
    assert list(LINES.read(ROWS, SPEC)) == ["a", "b", "a#2"]
    assert LINES.read("a link", SPEC) == {}


def test_a_line_is_called_by_its_product_and_a_number() -> None:
    """What is put together is taken apart again."""
    assert [line_key("a", nth) for nth in (1, 2)] == ["a", "a#2"]
    assert [(product_of(key), nth_of(key)) for key in ("a", "a#2")] == [("a", 1), ("a", 2)]


def test_a_new_record_takes_its_lines_along_in_their_order() -> None:
    """What a line does not say is left to the service."""
    assert LINES.write(HELD, SPEC) == [
        {"product_id": "a", "quantity": 25, "price": 120, "sort_order": 1},
        {"product_id": "b", "quantity": 1, "comment": "two days", "sort_order": 2},
        {"product_id": "a", "quantity": 2, "price": 5.5, "sort_order": 3},
    ]


def test_lines_are_written_row_by_row() -> None:
    """New ones alone and first, then what changed of others, then those that go."""
    before = {"a": LinkRow("r1"), "b": LinkRow("r2"), "a#2": LinkRow("r3")}
    after = {"a": {"quantity": "30"}, "a#2": {"quantity": "2", "price": "6"}, "c": {"quantity": "1"}}

    assert LINES.writes(SPEC, "deal", before, HELD, after) == [
        RelationWrite(
            *("OpptyProductRelations", "create", None),
            {"oppty_id": "deal", "product_id": "c", "quantity": 1, "sort_order": 3},
        ),
        RelationWrite("OpptyProductRelations", "update", "r1", {"quantity": 30}),
        RelationWrite("OpptyProductRelations", "update", "r3", {"price": 6}),
        RelationWrite("OpptyProductRelations", "delete", "r2", None),
    ]
    more = {**HELD, "a#3": {"quantity": "1"}}
    (write,) = LINES.writes(SPEC, "deal", before, HELD, more)
    assert (write.operation, write.nth) == ("create", 3)


@pytest.mark.parametrize(
    ("write", "done"),
    [
        (RelationWrite("E", "create", None, {"product_id": "a"}, 2), True),
        (RelationWrite("E", "create", None, {"product_id": "a"}, 3), False),
        (RelationWrite("E", "create", None, {"product_id": "c"}), False),
        (RelationWrite("E", "update", "r1", {"quantity": 25}), True),
        (RelationWrite("E", "update", "r1", {"quantity": 25, "price": 6}), False),
        (RelationWrite("E", "update", "r2", {"comment": "two days"}), True),
        (RelationWrite("E", "update", "gone", {"quantity": 25}), False),
        (RelationWrite("E", "delete", "r1", None), False),
        (RelationWrite("E", "delete", "gone", None), True),
    ],
)
def test_a_record_tells_whether_a_line_was_written(write: RelationWrite, done: bool) -> None:
    """After a lost answer only what is not there is sent again: of two lines of a product the second."""
    rows: dict[str, LinkRow] = {}
    values = {"products": LINES.read_rows(ROWS, SPEC, rows)}

    assert LINES.satisfied(write, Observed("d", values, {"products": rows}, False, "", ""), SPEC) is done


@pytest.mark.parametrize(
    ("base", "ours", "theirs", "goal"),
    [
        # A line that each side has added stays, and what each has changed of another one, too.
        (
            {"a": {"quantity": "1", "price": "2"}},
            {"a": {"quantity": "3", "price": "2"}, "b": {"quantity": "1"}},
            {"a": {"quantity": "1", "price": "9"}, "c": {"quantity": "1"}},
            {"a": {"quantity": "3", "price": "9"}, "b": {"quantity": "1"}, "c": {"quantity": "1"}},
        ),
        # What git has taken out goes; what git does not say of a line is the CRM's.
        (
            {"a": {"quantity": "1"}, "b": {"quantity": "1"}},
            {"a": {"quantity": "1"}},
            {"a": {"quantity": "1", "price": "7"}, "b": {"quantity": "1"}},
            {"a": {"quantity": "1"}},
        ),
    ],
)
def test_lines_merge_part_by_part(
    base: Mapping[str, Any], ours: Mapping[str, Any], theirs: Mapping[str, Any], goal: Mapping[str, Any]
) -> None:
    """Each side moves its own parts."""
    merged = merge(SPEC, base, ours, theirs, Existing.MERGE)

    assert merged.goal == goal
    assert not merged.parts.keys() & LINES.torn(LINES.pieces(goal, ours))


def test_a_line_that_one_side_changes_and_the_other_takes_out_is_torn() -> None:
    """Nobody but a person can decide."""
    merged = merge(SPEC, {"a": {"quantity": "1"}}, {"a": {"quantity": "2"}}, {}, Existing.MERGE)

    assert LINES.torn({("a", "quantity"): "2"}) == {("a", "quantity")}
    assert merged.side is not None


def test_without_a_base_nothing_is_written() -> None:
    """Under merge, what was never agreed stays as it is."""
    merged = merge(SPEC, NO_BASE, {"a": {"quantity": "2"}}, {"b": {"quantity": "1"}}, Existing.MERGE)

    assert merged.goal == {"b": {"quantity": "1"}}


def test_people_read_what_is_sold_by_product() -> None:
    """Prices have their cents; two lines of one product have numbers; only what is asked for is shown."""
    assert LINES.show(HELD, SPEC, Named()) == [
        {"product": "A", "quantity": "25", "price": "120.00"},
        {"product": "B", "quantity": "1", "comment": "two days"},
        {"product": "A (2)", "quantity": "2", "price": "5.50"},
    ]
    assert LINES.show(None, SPEC, Named()) is None
    names = LINES.names(SPEC, {"a": {}}, [{"product": "Seats"}], (HELD,), Named())
    assert names == {"a": "Seats", "b": "B", "a#2": "Seats (2)"}
    assert LINES.listed(SPEC, HELD, {"a": {"quantity": "1"}}, names, Named())[0] == {
        "product": "Seats",
        "quantity": "25",
    }
    same: dict[str, Any] = {"a": {}, "b": {}}
    assert LINES.names(SPEC, same, [{"product": "S"}, {"product": "S"}], (), Named()) == {
        "a": "S (a)",
        "b": "S (b)",
    }
    assert [LINES.piece(SPEC, "a"), LINES.piece(SPEC, "a", "price")] == [("a", "listed"), ("a", "price")]


def test_a_sum_is_exact() -> None:
    """No double comes near it."""
    lines = {"a": {"quantity": "3", "price": "0.1"}, "b": {"quantity": "1.5", "price": "120"}}

    assert str(total(lines)) == "180.3"


def test_what_is_not_ours_is_no_line() -> None:
    """A ledger that was edited by hand is noticed."""
    assert LINES.holds(HELD)
    assert LINES.holds(None)
    assert not LINES.holds([])
    assert not LINES.holds({"a": {"quantity": 25}})


def test_what_is_brought_back_is_added_to_what_is_there() -> None:
    """Nothing is taken away."""
    assert LINES.joined({"a": {"quantity": "1"}}, {"b": {"quantity": "2"}}).keys() == {"a", "b"}
    assert LINES.complete({"a": {"quantity": "1"}}, HELD) == {"a": {"quantity": "1"}}
