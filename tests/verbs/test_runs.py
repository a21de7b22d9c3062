"""What is agreed once an apply has ended: what was read back as it was wanted, and what both sides held."""

from dataclasses import replace
from typing import Any, Final

from syncer.apply.run import Report
from syncer.model.address import Address
from syncer.model.change import Action, Change, Side, Unchanged, Values
from syncer.model.observed import Observed
from syncer.model.outcome import Outcome, Result
from syncer.model.plan import Origin, Plan, SpaceId
from syncer.model.span import Span
from syncer.state.values import LedgerRow
from syncer.verbs.runs import rows

ADDRESS: Final = Address("opportunity", "acme")
PLANNED: Final = "2027-01-31T12:00:00Z"
PLAN: Final = Plan("0", PLANNED, PLANNED, SpaceId("u", "s"), {}, Origin(None, ""), ())
UPDATE: Final = Change(
    ADDRESS,
    Action.UPDATE,
    "id-1",
    Span("a.yaml", 3, 3),
    before=Values({"name": "A", "description": "theirs"}),
    after=Values({"name": "B", "description": "theirs"}),
    sides={"name": Side.GIT, "description": None},
    writes=("name",),
    remember={"owner": "o"},
    undecided=("description",),
    precondition=Unchanged("id-1", ""),
)


def known(
    at: str = "2027-01-01T00:00:00Z", address: Address = ADDRESS, **values: Any
) -> dict[str, LedgerRow]:
    row = LedgerRow(str(address), "opportunity", "id-1", values, "then", "r0", at, undecided=("name", "unit"))
    return {row.address: row}


def agreed(
    ledger: dict[str, LedgerRow],
    change: Change = UPDATE,
    outcome: Outcome = Outcome.UPDATED,
    **stored: Any,
) -> list[tuple[dict[str, Any], tuple[str, ...]]]:
    """Values and what is undecided of each row, when the record was read back as *stored*."""
    record = Observed("id-1", stored, {}, archived=False, created="", modified="now")
    report = Report((Result(change, outcome, "id-1"),), records={ADDRESS: record} if stored else {})
    return [(dict(row.values), row.undecided) for row in rows(ledger, PLAN, report, run="r1", project=".")]


def test_what_was_written_and_what_both_sides_hold_is_agreed_and_nothing_else_that_was_read() -> None:
    """Neither what somebody has changed, nor what the manifests do not say."""
    found = agreed(known(name="A", owner="old"), name="B", description="theirs", unit="u")

    assert found == [({"name": "B", "owner": "o"}, ("description",))]


def test_what_was_stored_otherwise_is_not_agreed() -> None:
    """What was agreed before stays, so that the next plan shows it."""
    assert agreed(known(name="A"), name="Something else") == [({"name": "A", "owner": "o"}, ("description",))]


def test_what_was_agreed_since_the_plan_was_made_is_not_set_back() -> None:
    """A saved plan may be older than the last apply; what it writes is agreed all the same."""
    later = known(at="2027-02-01T00:00:00Z", owner="newer")

    assert agreed(later, name="B") == [({"owner": "newer", "name": "B"}, ("description",))]


def test_what_failed_is_not_agreed_and_what_both_sides_hold_is() -> None:
    assert agreed(known(), outcome=Outcome.FAILED) == [({"owner": "o"}, ("description",))]
    deleted = replace(UPDATE, action=Action.DELETE, after=None)
    assert agreed(known(), deleted, Outcome.DELETED) == []


def test_a_record_under_a_new_address_keeps_what_was_agreed() -> None:
    ledger = known(address=Address("opportunity", "old"), description="D")

    assert agreed(ledger, name="B") == [({"description": "D", "owner": "o", "name": "B"}, ())]


def test_with_nothing_new_no_row_is_written() -> None:
    quiet = replace(UPDATE, action=Action.NOOP, writes=(), remember={}, undecided=None)

    assert agreed(known(name="A"), quiet, Outcome.UNCHANGED) == []


def test_of_links_those_that_were_set_are_agreed() -> None:
    """The one that a colleague added stays theirs."""
    a: dict[str, Any] = {"primary": True, "roles": []}
    b = c = {**a, "primary": False}
    change = replace(
        UPDATE,
        before=Values({"contacts": {"a": a, "c": c}}),
        after=Values({"contacts": {"a": a, "b": b, "c": c}}),
        sides={"contacts": Side.BOTH},
        writes=("contacts",),
        remember={},
        undecided=None,
    )

    assert agreed(known(contacts={"a": a}), change, contacts={"a": a, "b": b, "c": c}) == [
        ({"contacts": {"a": a, "b": b}}, ("name", "unit"))
    ]
