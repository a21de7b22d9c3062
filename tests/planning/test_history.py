"""What runs did to a record, and where a value comes from."""

from typing import Any

import pytest

from syncer.model.address import Address
from syncer.model.observed import Observed
from syncer.model.problem import UsageError
from syncer.planning.history import (
    Blame,
    Present,
    Source,
    Subject,
    Told,
    of_record,
    runs_that_wrote,
    subject_of,
)
from syncer.resolve.directory import Directory
from syncer.state.values import LedgerRow, RunChange
from tests.state.places import row, run

ACME = Address("opportunity", "acme")
NAME = Subject(ACME, "name")


def change(outcome: str = "updated", key: str = "acme", id_: str | None = None, **after: Any) -> RunChange:
    action = {"created": "create", "deleted": "delete"}.get(outcome, "update")
    before = None if outcome == "created" else {"name": "before"}
    id_ = id_ or f"id-{key}"
    return RunChange(
        f"opportunity.{key}", action, outcome, id_, before, None if outcome == "deleted" else after
    )


def told(id_: str, *changes: RunChange, **options: Any) -> Told:
    return Told(run(id_, **options), changes)


def blame(agreed: LedgerRow | None, now: str | None, *runs: Told) -> Blame:
    record = None if now is None else Observed("id-acme", {"name": now}, {}, False, "", "2027-02-01 10:00:00")
    return Blame(NAME, agreed, runs, Present(record, deleted=False, names=Directory()))


@pytest.mark.parametrize(
    ("text", "subject"),
    [
        ("opportunity.acme", Subject(ACME)),
        ("opportunity.acme.2027:name", Subject(Address("opportunity", "acme.2027"), "name")),
        ("opportunity.acme:account", Subject(ACME, "accounts")),
        ("opportunity.acme:fields.cf_region", Subject(ACME, "fields.cf_region")),
    ],
)
def test_an_address_and_a_field_are_written_as_manifests_and_plans_write_them(
    text: str, subject: Subject
) -> None:
    assert subject_of(text) == subject


@pytest.mark.parametrize(
    ("text", "code", "hint"),
    [
        ("acme", "target-unknown", "write it as a plan shows it, such as opportunity.acme-renewal-2027"),
        (
            "opportunity.",
            "target-unknown",
            "write it as a plan shows it, such as opportunity.acme-renewal-2027",
        ),
        (
            "owner.acme",
            "target-unknown",
            "write it as a plan shows it, such as opportunity.acme-renewal-2027",
        ),
        ("opportunity.acme:nmae", "unknown-field", "did you mean name?"),
        ("opportunity.acme:fields.", "unknown-field", "did you mean"),
        ("opportunity.acme:", "unknown-field", "there are: name, owner, "),
    ],
)
def test_what_is_no_address_or_no_field_is_told_with_what_may_be_meant(
    text: str, code: str, hint: str
) -> None:
    with pytest.raises(UsageError) as caught:
        subject_of(text)

    (problem,) = caught.value.problems
    if hint == "did you mean":
        hint = "there are: name, owner, "
    assert problem.code == code
    assert problem.hint.startswith(hint)


def test_runs_of_a_record_are_those_that_wrote_it_or_may_have() -> None:
    """Others of the run are left out; so is what was left alone. A dead run has only announced it."""
    found = of_record(
        [
            told("r5", change("conflict", name="x"), change("updated", "beta", name="y")),
            told("r4", change("failed", name="x")),
            told("r3", uncertain=("opportunity.acme",), ended=None),
            told("r2", change(name="b"), change("created", "beta", name="y")),
            told("r1", change("created", name="a")),
        ],
        Subject(ACME),
        {"opportunity.acme": row("acme")},
    )

    assert [(each.run.run, [c.outcome for c in each.changes]) for each in found] == [
        ("r4", ["failed"]),
        ("r3", []),
        ("r2", ["updated"]),
        ("r1", ["created"]),
    ]


def test_a_record_is_followed_through_another_key_by_its_id() -> None:
    runs = [told("r2", change(value="b")), told("r1", change("created", "old", id_="id-acme", name="a"))]

    found = of_record(runs, Subject(ACME), {"opportunity.acme": row("acme")})

    assert [each.run.run for each in found] == ["r2", "r1"]


def test_runs_of_a_field_are_those_that_set_it() -> None:
    """Of a record that had the address before, another one is not meant."""
    runs = [
        told("r4", change("failed", name="c")),
        told("r3", change(value="c")),
        told("r2", change("created", name="b")),
        told("r1", change(name="a", id_="id-other")),
    ]
    ledger = {"opportunity.acme": row("acme")}

    found = of_record(runs, NAME, ledger)

    assert [each.run.run for each in found] == ["r2", "r1"]
    assert [each.run.run for each in runs_that_wrote(found, ledger["opportunity.acme"])] == ["r2"]
    assert runs_that_wrote(found, None) == found


def test_an_address_nobody_knows_is_told_with_the_nearest_one() -> None:
    ledger = {"opportunity.acme": row("acme")}
    for written, hint in (("acne", "did you mean opportunity.acme?"), ("zzzzzz", "`syncer history` lists")):
        with pytest.raises(UsageError) as caught:
            of_record([], Subject(Address("opportunity", written)), ledger)
        assert caught.value.problems[0].hint.startswith(hint)


def test_a_record_that_was_deleted_is_known_by_its_runs() -> None:
    deleted = told("r1", change("deleted"))

    assert of_record([deleted], Subject(ACME), {}) == (deleted,)


AGREED = row("acme", name="a")
R1 = told("r1", change("created", name="a"))
R2 = told("r2", change(name="b"))
R0 = told("r0", RunChange("opportunity.acme", "import", "imported", "id-acme", None, {"name": "a"}),
    commit=None, plan=None, outcomes={"imported": 1})  # fmt: skip


@pytest.mark.parametrize(
    ("agreed", "now", "runs", "source", "setter"),
    [
        (AGREED, "a", [R1], Source.RUN, R1),
        (AGREED, "b", [R1], Source.CRM, R1),
        (AGREED, "a", [], Source.FOUND, None),
        # Somebody set it back in the CRM, and that was agreed later: no run wrote this value last.
        (AGREED, "a", [R2, R1], Source.FOUND, None),
        (AGREED, "a", [R0], Source.IMPORTED, R0),
        (AGREED, "a", [R1, R0], Source.RUN, R1),
        (AGREED, "a", [R2, R0], Source.FOUND, None),
        (row("acme", value="1"), "a", [], Source.FREE, None),
        (None, "a", [], Source.FREE, None),
        (AGREED, None, [R1], Source.GONE, R1),
    ],
)
def test_where_a_value_comes_from_is_said_only_as_far_as_it_is_known(
    agreed: LedgerRow | None, now: str | None, runs: list[Told], source: Source, setter: Told | None
) -> None:
    found = blame(agreed, now, *runs)

    assert (found.source, found.setter) == (source, setter)
