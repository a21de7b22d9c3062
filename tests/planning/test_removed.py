"""What becomes of entries that were taken out of the manifests."""

import pytest

from syncer.model.address import Address
from syncer.model.change import Action, Side
from syncer.model.observed import Observed
from syncer.model.policy import Removed
from syncer.planning.removed import leaving, removed
from syncer.planning.rules import Rules
from syncer.state.values import LedgerRow

A = Address("opportunity", "a")
ROW = LedgerRow(str(A), "opportunity", "1", {"name": "N", "closing_date": "2027-03-31"}, None, "r1", "")
DELETE = Rules(removed=Removed.DELETE)


def record(*, deleted: bool = False, **values: str) -> dict[str, Observed]:
    found = {"name": "N", "closing_date": "2027-03-31", **values}
    return {"1": Observed("1", found, {}, archived=False, created="", modified="m", deleted=deleted)}


def action(found: dict[str, Observed], rules: Rules) -> Action:
    (change,) = removed({A: ROW}, found, (), rules)
    return change.action


def test_it_is_forgotten_unless_the_project_says_delete() -> None:
    assert action(record(), Rules()) is Action.FORGET
    assert action(record(), DELETE) is Action.DELETE
    assert action(record(closing_date="2027-09-30"), DELETE) is Action.CONFLICT


def test_what_nobody_can_see_is_never_deleted() -> None:
    assert action({}, DELETE) is Action.FORGET


def test_what_is_deleted_or_somebody_elses_leaves_without_a_word() -> None:
    for found, taken in ((record(deleted=True), ()), (record(), ("1",))):
        assert list(removed({A: ROW}, found, taken, DELETE)) == []
        assert leaving({A: ROW}, found, taken) == {"opportunity.a": "1"}
    assert leaving({A: ROW}, record(), ()) == {}


@pytest.mark.parametrize(
    ("side", "kept", "deleted"),
    [(Side.GIT, Action.FORGET, Action.DELETE), (Side.CRM, Action.FORGET, Action.FORGET)],
)
def test_taking_a_side_decides_a_conflict_and_gives_no_leave_to_delete(
    side: Side, kept: Action, deleted: Action
) -> None:
    """Where the project keeps what was taken out, no option deletes it."""
    found = record(closing_date="2027-09-30")
    takes: dict[tuple[Address, str | None], Side] = {(A, None): side}
    assert action(found, Rules(takes=takes)) is kept
    assert action(found, Rules(removed=Removed.DELETE, takes=takes)) is deleted


def test_a_field_that_the_space_has_no_more_does_not_count() -> None:
    """What was agreed of it cannot be compared, and is nobody's edit."""
    row = LedgerRow(str(A), "opportunity", "1", {"name": "N", "fields.cf_old": "x"}, None, "r1", "")
    (change,) = removed({A: row}, record(), (), DELETE)
    assert change.action is Action.DELETE
