"""A declaration beside its record: policies, owners, what goes along, and what is remembered."""

from typing import Any, Final

import pytest

from syncer.kinds import codec
from syncer.kinds.registry import field_at
from syncer.model.address import Address
from syncer.model.change import Action, Side
from syncer.model.declared import Declared, Existing, Owner
from syncer.model.key import Key
from syncer.model.observed import Observed
from syncer.planning.compare import Comparison, compare
from syncer.planning.decide import decide
from syncer.planning.match import Matches
from syncer.planning.merge import Fate
from syncer.planning.rules import Rules
from syncer.resolve import Desired
from syncer.state.faults import StateError
from syncer.state.values import LedgerRow
from tests.strategies import Nowhere

ADDRESS: Final = Address("opportunity", "acme")
BASE: Final = {"name": "A", "pipeline": "p1", "step": "s1", "lead_source": None, "description": "D"}


def entry(values: dict[str, Any], defaulted: tuple[str, ...] = (), **more: Any) -> Desired:
    declared = Declared(ADDRESS, {}, Nowhere(), **more)
    return Desired(declared, Key({"name": "A"}), values=values, human=values, defaulted=frozenset(defaulted))


def record(**values: Any) -> Observed:
    return Observed("id-1", {**BASE, **values}, {}, archived=False, created="", modified="")


def row(values: dict[str, Any] | None = None, address: Address = ADDRESS, **more: Any) -> LedgerRow:
    agreed = BASE if values is None else values
    return LedgerRow(str(address), "opportunity", "id-1", agreed, None, "r", "2027-01-01T00:00:00Z", **more)


def decided(found: Comparison) -> dict[str, tuple[Side | None, Fate]]:
    """Who moved each field that differs, and what becomes of it."""
    return {
        path: (merged.side, next(iter(merged.parts.values())).fate) for path, merged in found.merged.items()
    }


@pytest.mark.parametrize(
    ("owner", "git", "crm", "expected"),
    [
        (Owner.GIT, "D", "theirs", (Side.CRM, Fate.WRITE)),
        (Owner.GIT, "ours", "theirs", (Side.BOTH, Fate.WRITE)),
        (Owner.CRM, "ours", "D", (Side.GIT, Fate.LEAVE)),
        (Owner.CRM, "ours", "theirs", (Side.BOTH, Fate.LEAVE)),
        (Owner.ONCE, "ours", "theirs", None),
        (Owner.IF_EMPTY, "ours", "theirs", None),
        (Owner.IF_EMPTY, "ours", None, (Side.BOTH, Fate.WRITE)),
        (Owner.IF_EMPTY, "D", None, (Side.CRM, Fate.WRITE)),
    ],
)
@pytest.mark.parametrize("existing", Existing)
def test_an_owner_counts_under_every_policy(
    existing: Existing, owner: Owner, git: str, crm: str | None, expected: tuple[Side, Fate] | None
) -> None:
    """`git` writes it, `crm` leaves it to be pulled, `once` does not look, `if-empty` fills what is empty."""
    wanted = entry({"description": git}, own={"description": owner})

    found = compare(wanted, record(description=crm), Rules(existing=existing), row())

    assert decided(found) == ({} if expected is None else {"description": expected})
    if owner is Owner.CRM:
        assert found.merged["description"].pulled == crm


def test_what_is_taken_counts_before_owners_and_policies() -> None:
    """For the one field, else for the whole deal."""
    wanted = entry({"name": "B", "description": "ours"}, own={"description": Owner.CRM})
    takes = {(ADDRESS, None): Side.GIT, (ADDRESS, "name"): Side.CRM}

    found = compare(wanted, record(name="C", description="theirs"), Rules(takes=takes), row())

    assert decided(found) == {"name": (Side.BOTH, Fate.LEAVE), "description": (Side.BOTH, Fate.WRITE)}


def test_an_entry_counts_before_the_project() -> None:
    wanted = entry({"name": "B"}, existing=Existing.REPORT)

    assert decided(compare(wanted, record(), Rules(existing=Existing.UPDATE), row())) == {
        "name": (Side.GIT, Fate.LEAVE)
    }


# A record is as its worst field

MOVED: Final = {
    "git": ("name", "B", "A"),
    "crm": ("description", "D", "theirs"),
    "both": ("step", "ours", "theirs"),
    "alike": ("lead_source", "web", "web"),
    "nothing agreed": ("unit", "ours", "theirs"),
}


@pytest.mark.parametrize(
    ("moved", "existing", "action", "writes"),
    [
        (("alike",), Existing.MERGE, Action.NOOP, ()),
        (("alike",), Existing.REPORT, Action.NOOP, ()),
        (("alike",), Existing.UPDATE, Action.NOOP, ()),
        (("git",), Existing.MERGE, Action.UPDATE, ("name",)),
        (("crm",), Existing.MERGE, Action.DRIFT, ()),
        (("nothing agreed",), Existing.MERGE, Action.DRIFT, ()),
        (("git", "crm", "alike", "nothing agreed"), Existing.MERGE, Action.UPDATE, ("name",)),
        (("both",), Existing.MERGE, Action.CONFLICT, ()),
        (("git", "crm", "both"), Existing.MERGE, Action.CONFLICT, ()),
        (("git",), Existing.REPORT, Action.DRIFT, ()),
        (("git", "crm", "both"), Existing.REPORT, Action.DRIFT, ()),
        (("crm",), Existing.UPDATE, Action.UPDATE, ("description",)),
        (("nothing agreed",), Existing.UPDATE, Action.UPDATE, ("unit",)),
        (("git", "crm", "both"), Existing.UPDATE, Action.UPDATE, ("name", "description", "step")),
    ],
)
def test_a_record_is_as_its_worst_field(
    moved: tuple[str, ...], existing: Existing, action: Action, writes: tuple[str, ...]
) -> None:
    """Conflict, then update, then drift; an update writes no other fields, a conflict none at all."""
    git = {MOVED[side][0]: MOVED[side][1] for side in moved}
    crm = {MOVED[side][0]: MOVED[side][2] for side in moved}
    there = record(**crm)

    (change,) = decide([entry(git)], Matches({ADDRESS: there}, ()), Rules(existing=existing), ledger=[row()])

    assert (change.action, change.writes) == (action, writes)
    assert change.differs == tuple(path for path in git if git[path] != crm[path])
    if action is Action.UPDATE:
        assert change.desired == {path: git[path] if path in writes else crm[path] for path in git}
        assert (codec.body(change) or {}).keys() - {"id"} == {
            field_at(path, "opportunity").wire for path in writes
        }


# What goes along


def test_another_pipeline_takes_its_step_along() -> None:
    """Even a step that nothing wrote: one of the old pipeline cannot stay."""
    wanted = entry({"pipeline": "p2", "step": "first of p2"}, defaulted=("step",))

    assert decided(compare(wanted, record(), Rules(), row())) == {
        "pipeline": (Side.GIT, Fate.WRITE),
        "step": (Side.GIT, Fate.WRITE),
    }


def test_a_step_that_both_moved_is_a_conflict_though_its_pipeline_goes() -> None:
    wanted = entry({"pipeline": "p2", "step": "s of p2"})

    assert decided(compare(wanted, record(step="s9"), Rules(), row()))["step"] == (Side.BOTH, Fate.CONFLICT)


def test_a_step_stays_where_its_pipeline_is_left_to_the_crm() -> None:
    """A step of another pipeline would take the deal back there."""
    wanted = entry({"pipeline": "p1", "step": "s2"}, own={"step": Owner.GIT})

    assert decided(compare(wanted, record(pipeline="p2", step="s of p2"), Rules(), row())) == {
        "pipeline": (Side.CRM, Fate.LEAVE),
        "step": (Side.BOTH, Fate.LEAVE),
    }


# What is remembered


def test_what_is_alike_is_remembered_once_field_by_field() -> None:
    """Also in a deal that drifts; what drifts is remembered as undecided."""
    wanted = entry({"name": "A", "description": "ours", "lead_source": None})
    first = compare(wanted, record(), Rules(), None)
    assert (first.remember, first.undecided) == ({"name": "A", "lead_source": None}, ("description",))

    known = row(dict(first.remember), undecided=("description",))
    again = compare(wanted, record(), Rules(), known)
    assert (again.remember, again.undecided) == ({}, None)


def test_a_field_that_is_new_in_git_and_empty_in_the_crm_is_written() -> None:
    """Of a deal that is known; there is nothing that it could overwrite."""
    wanted = entry({"name": "A", "lead_source": "web"})
    known = row({"name": "A"})

    assert decided(compare(wanted, record(), Rules(), known)) == {"lead_source": (Side.GIT, Fate.WRITE)}
    assert decided(compare(wanted, record(lead_source="fair"), Rules(), known)) == {
        "lead_source": (None, Fate.LEAVE)
    }
    assert decided(compare(wanted, record(), Rules(), None)) == {"lead_source": (None, Fate.LEAVE)}


def test_what_differed_and_was_never_agreed_is_not_new_because_somebody_emptied_it() -> None:
    wanted = entry({"name": "A", "lead_source": "web"})
    known = row({"name": "A"}, undecided=("lead_source",))

    assert decided(compare(wanted, record(), Rules(), known)) == {"lead_source": (None, Fate.LEAVE)}


def test_under_a_new_key_everything_is_remembered_anew() -> None:
    """What was agreed goes along with the record."""
    wanted = entry({"name": "B", "description": "D"})

    found = compare(wanted, record(), Rules(), row(address=Address("opportunity", "old")))

    assert decided(found) == {"name": (Side.GIT, Fate.WRITE)}
    assert found.remember == {"description": "D"}


# The key field


@pytest.mark.parametrize("existing", Existing)
def test_for_the_key_alone_a_record_is_written_under_update_only(existing: Existing) -> None:
    """A record that a person made gets its key when it is written anyway."""
    wanted = entry({"name": "A", "fields.cf_key": "acme"})

    found = compare(wanted, record(), Rules(key_field="cf_key", existing=existing), row())

    assert bool(found.merged) == (existing is Existing.UPDATE)


def test_a_key_that_was_renamed_is_written_under_every_policy() -> None:
    wanted = entry({"name": "A", "fields.cf_key": "acme"})
    there = record(**{"fields.cf_key": "old"})

    found = compare(wanted, there, Rules(key_field="cf_key", existing=Existing.REPORT), row(), rekeyed=True)

    assert decided(found)["fields.cf_key"][1] is Fate.WRITE


# What somebody has edited by hand


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("name", 5),
        ("closing_date", ["2027-01-01"]),
        ("value", {"amount": 5, "currency": "c"}),
        ("value", {"amount": "many", "currency": "c"}),
        ("value", {"amount": "5", "currency": "c", "rate": "none"}),
        ("value", "5 USD"),
        ("contacts", ["a"]),
        ("contacts", {"a": True}),
        ("contacts", {"a": {"primary": True, "roles": "r"}}),
        ("fields.cf_x", {"amount": None}),
    ],
)
def test_what_is_remembered_in_no_form_of_ours_is_an_error_that_names_it(path: str, value: Any) -> None:
    """One sentence; nothing is planned upon it."""
    wanted = entry({path: None if path != "name" else "B"})
    there = record(**{path: {"a": {"primary": True, "roles": []}} if path == "contacts" else "there"})

    with pytest.raises(StateError) as caught:
        compare(wanted, there, Rules(), row({path: value}))

    (problem,) = caught.value.problems
    assert (problem.code, f"opportunity.acme in the ledger: its {path} is no " in problem.detail) == (
        "state-damaged",
        True,
    )
