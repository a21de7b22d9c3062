"""Three sides of a field: who moved it, what becomes of it, and what is agreed then."""

from typing import Any, Final, NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syncer.kinds.registry import field_at
from syncer.model.change import Side
from syncer.model.declared import Existing
from syncer.planning.merge import NO_BASE, Base, Fate, Merged, Rule, agreed, merge, settled
from syncer.shapes import canon
from syncer.shapes.base import Field
from syncer.shapes.email import EMAIL
from syncer.shapes.flag import FLAG
from syncer.shapes.moment import MOMENT
from syncer.shapes.number import NUMBER

CONTACTS = field_at("contacts", "opportunity")
MERGE, REPORT, UPDATE = Existing.MERGE, Existing.REPORT, Existing.UPDATE
WRITE, LEAVE, CONFLICT = Fate.WRITE, Fate.LEAVE, Fate.CONFLICT


class Sort(NamedTuple):
    """Three values of one sort: agreed, as git has it, and as the CRM has it."""

    field: Field
    base: Any
    git: Any
    crm: Any


def money(amount: str, currency: str = "usd", rate: str | None = None) -> dict[str, Any]:
    return {"amount": amount, "currency": currency, "base": amount, "rate": rate}


def link(primary: bool = False, roles: tuple[str, ...] = ()) -> dict[str, Any]:
    return {"primary": primary, "roles": list(roles)}


SORTS: Final = {
    "text": Sort(field_at("description", "opportunity"), "A", "B", "C"),
    "text that was empty": Sort(field_at("description", "opportunity"), None, "B", "C"),
    "text that is emptied": Sort(field_at("description", "opportunity"), "A", None, "C"),
    "name": Sort(field_at("name", "opportunity"), "A", "B", "C"),
    "date": Sort(field_at("closing_date", "opportunity"), "2027-01-01", "2027-01-02", "2027-01-03"),
    "reference": Sort(field_at("owner", "opportunity"), "id-a", "id-b", "id-c"),
    "money": Sort(field_at("value", "opportunity"), money("1"), money("2"), money("3")),
    "currency": Sort(
        field_at("value", "opportunity"), money("1"), money("1", "eur", "0.5"), money("1", "gbp", "0.8")
    ),
    "number": Sort(Field("n", NUMBER), "1", "2", "3"),
    "e-mail": Sort(Field("e", EMAIL), "A@x.example", {"email": "b@x.example"}, "C@x.example"),
    "moment": Sort(Field("m", MOMENT), "2027-01-01 10:00:00", "2027-01-02T10:00:00Z", "2027-01-03 10:00:00"),
    "several options": Sort(field_at("fields.cf_many", "opportunity"), ["a"], ["a", "b"], ["c"]),
    "primary contact": Sort(
        CONTACTS,
        {"a": link(True), "b": link(), "c": link()},
        {"a": link(), "b": link(True), "c": link()},
        {"a": link(), "b": link(), "c": link(True)},
    ),
    "role": Sort(CONTACTS, {"a": link(True)}, {"a": link(True, ("buyer",))}, {"a": link(True, ("user",))}),
}
# How what git has is written and how it is stored may differ; this is it as stored.
STORED: Final = {"e-mail": "B@x.example", "moment": "2027-01-02 12:00:00+02:00"}


@pytest.fixture(params=SORTS.values(), ids=list(SORTS))
def sort(request: pytest.FixtureRequest) -> Sort:
    return request.param  # type: ignore[no-any-return]


def fates(merged: Merged) -> set[Fate]:
    return {part.fate for part in merged.parts.values()}


@pytest.mark.parametrize("rule", [MERGE, REPORT, UPDATE])
def test_without_a_base_nobody_knows_who_moved(sort: Sort, rule: Existing) -> None:
    """Drift; under `update` the manifest counts."""
    merged = merge(sort.field, NO_BASE, sort.git, sort.crm, rule)

    assert (merged.side, fates(merged)) == (None, {WRITE if rule is UPDATE else LEAVE})
    assert canon.same(sort.git, merged.goal) == (rule is UPDATE)
    assert merged.pulled == sort.git


@pytest.mark.parametrize("rule", [MERGE, REPORT, UPDATE])
def test_what_git_moved_is_written(sort: Sort, rule: Existing) -> None:
    """merge(b, d, b) is ours; only `report` leaves it."""
    merged = merge(sort.field, sort.base, sort.git, sort.base, rule)

    assert (merged.side, fates(merged)) == (Side.GIT, {LEAVE if rule is REPORT else WRITE})
    assert canon.same(sort.git, merged.goal) == (rule is not REPORT)
    assert merged.pulled == sort.git


@pytest.mark.parametrize("rule", [MERGE, REPORT, UPDATE])
def test_what_the_crm_moved_stays_and_is_to_be_pulled(sort: Sort, rule: Existing) -> None:
    """merge(b, b, o) is theirs; only `update` overwrites it."""
    ours = {"email": "a@x.example"} if sort.field.shape is EMAIL else sort.base
    merged = merge(sort.field, sort.base, ours, sort.crm, rule)

    assert (merged.side, fates(merged)) == (Side.CRM, {WRITE if rule is UPDATE else LEAVE})
    assert merged.goal == (ours if rule is UPDATE else sort.crm)
    assert merged.pulled == (ours if rule is UPDATE else sort.crm)


@pytest.mark.parametrize(
    ("rule", "fate"),
    [(MERGE, CONFLICT), (REPORT, LEAVE), (UPDATE, WRITE), (Side.GIT, WRITE), (Side.CRM, LEAVE)],
)
def test_what_both_moved_differently_is_a_conflict_until_one_side_is_taken(
    sort: Sort, rule: Rule, fate: Fate
) -> None:
    merged = merge(sort.field, sort.base, sort.git, sort.crm, rule)

    assert (merged.side, fates(merged)) == (Side.BOTH, {fate})
    if fate is WRITE:
        assert canon.same(sort.git, merged.goal)
    if rule is Side.CRM:
        assert merged.pulled == sort.crm


def test_what_both_moved_alike_is_agreed_from_then_on(request: pytest.FixtureRequest, sort: Sort) -> None:
    """Whatever was agreed before, and when nothing was; in the form in which it is stored."""
    name = request.node.callspec.id
    stored = STORED.get(name, sort.git)

    assert agreed(sort.field, NO_BASE, sort.git, stored) == stored
    assert agreed(sort.field, sort.base, sort.git, stored) == stored
    assert agreed(sort.field, stored, sort.git, stored) == stored


def test_what_differs_is_never_agreed(sort: Sort) -> None:
    """Neither what one side has, nor what the other has: what was agreed stays, or nothing is."""
    assert agreed(sort.field, NO_BASE, sort.git, sort.crm) is NO_BASE
    assert agreed(sort.field, sort.base, sort.git, sort.crm) == sort.base
    assert agreed(sort.field, sort.base, sort.git, sort.base) == sort.base
    assert settled(sort.field, NO_BASE, sort.base, sort.git) == sort.git
    assert settled(sort.field, sort.base, sort.base, sort.git) == sort.git


@pytest.mark.parametrize("taken", [Side.GIT, Side.CRM])
@pytest.mark.parametrize("base", [NO_BASE, "A", "B", "C"])
def test_a_side_that_is_taken_counts_whoever_moved(taken: Side, base: Base) -> None:
    merged = merge(SORTS["text"].field, base, "B", "C", taken)

    assert (merged.goal, merged.pulled) == (("B", "B") if taken is Side.GIT else ("C", "C"))


# Amounts


def test_a_rate_that_moved_is_no_difference() -> None:
    """Foreign amounts are compared by amount and currency alone."""
    then, now = money("100", "eur", "0.5"), {**money("100", "eur", "0.9"), "base": "111"}

    assert agreed(SORTS["money"].field, then, now, now) == then
    assert merge(SORTS["money"].field, then, money("120", "eur", "0.9"), now, MERGE).side is Side.GIT


def test_an_email_in_other_letters_is_no_move() -> None:
    """Whichever way the service spells it."""
    merged = merge(Field("e", EMAIL), "A@x.example", {"email": "b@x.example"}, "a@X.example", MERGE)

    assert merged.side is Side.GIT


def test_an_unticked_box_and_nothing_are_the_same() -> None:
    assert merge(Field("f", FLAG), False, True, None, MERGE).side is Side.GIT
    assert merge(Field("f", FLAG), None, False, True, MERGE).side is Side.CRM


# Links, part by part

A = {"a": link(True)}


def contacts(*others: str, primary: str = "a", without: str = "") -> dict[str, Any]:
    """The contacts a and b, *others* besides; *primary* is marked."""
    return {id_: link(id_ == primary) for id_ in ("a", "b", *others) if id_ != without}


@pytest.mark.parametrize(
    ("git", "crm", "goal"),
    [
        (contacts("c"), contacts("d"), contacts("c", "d")),
        (contacts("c"), contacts(without="b"), contacts("c", without="b")),
        (contacts(without="b"), contacts("d"), contacts("d", without="b")),
        (contacts("c"), contacts(primary="b"), contacts("c", primary="b")),
        (contacts(primary="b"), contacts("d"), contacts("d", primary="b")),
        (contacts("c"), contacts("c", "d"), contacts("c", "d")),
        (contacts("c", primary="c"), contacts("d"), contacts("c", "d", primary="c")),
        (contacts("c"), {"b": link(True)}, {"b": link(True), "c": link()}),
    ],
)
def test_links_merge_one_by_one(git: Any, crm: Any, goal: Any) -> None:
    """What each side added, removed or marked is there in the end; what to pull mirrors what to write."""
    merged = merge(CONTACTS, contacts(), git, crm, MERGE)

    assert not merged.has(CONFLICT)
    assert canon.same(goal, merged.goal)
    assert canon.same(goal, merged.pulled)


@pytest.mark.parametrize(
    ("git", "crm"),
    [
        (contacts("c", primary="c"), contacts("d", primary="d")),
        (contacts(without="b"), contacts(primary="b")),
        (contacts(primary="b"), contacts(without="b")),
        ({**contacts(), "b": link(False, ("buyer",))}, contacts(without="b")),
        ({**contacts(), "b": link(False, ("buyer",))}, {**contacts(), "b": link(False, ("user",))}),
        (contacts("c"), {}),
    ],
    ids=[
        *("two marks", "removed and marked", "marked and removed", "role of a removed one", "two roles"),
        "one more, and none left to be primary",
    ],
)
def test_links_that_both_moved_are_in_conflict(git: Any, crm: Any) -> None:
    assert merge(CONTACTS, contacts(), git, crm, MERGE).has(CONFLICT)


def test_links_of_which_the_crm_has_lost_the_mark_are_left_as_they_are() -> None:
    """Nothing is to be written, so nothing is in conflict."""
    crm = {"a": link(), "b": link()}
    merged = merge(CONTACTS, contacts(), contacts(), crm, MERGE)

    assert (merged.side, merged.goal) == (Side.CRM, crm)


def test_roles_that_nobody_wrote_belong_to_the_crm() -> None:
    """They are no difference, and stay when other links are written."""
    git = {"a": {"primary": True}, "b": {"primary": False}}
    crm = {"a": link(True, ("buyer",)), "d": link()}

    merged = merge(CONTACTS, A, git, crm, MERGE)

    assert merged.parts.keys() == {("b", "linked"), ("d", "linked")}
    assert merged.goal == {"a": {"primary": True}, "b": {"primary": False}, "d": link()}


def test_a_contact_that_is_linked_twice_is_linked_once_again() -> None:
    """Whoever did it, and whether anything was agreed: nobody wants it. A report only tells of it."""
    twice = {"a": {**link(True), "times": 2}}

    for base in (A, NO_BASE):
        merged = merge(CONTACTS, base, A, twice, MERGE)
        assert (fates(merged), merged.goal, merged.pulled) == ({WRITE}, A, A)
    assert fates(merge(CONTACTS, A, A, twice, REPORT)) == {LEAVE}
    written = merge(CONTACTS, A, {**A, "b": link()}, twice, UPDATE)
    assert (fates(written), written.goal) == ({WRITE}, {**A, "b": link()})


def test_of_links_those_are_agreed_that_both_sides_have() -> None:
    """What one side alone has stays to be decided, and what was written is agreed when it is read back."""
    git, crm = contacts("c", "e"), contacts("d", "e")
    base = agreed(CONTACTS, contacts(), git, crm)
    assert base == contacts("e")

    goal = merge(CONTACTS, base, git, crm, MERGE).goal
    assert settled(CONTACTS, base, crm, goal) == contacts("c", "e")
    then = merge(CONTACTS, contacts("c", "e"), git, contacts("c", "d", "e"), MERGE)
    assert (then.side, fates(then)) == (Side.CRM, {LEAVE})


def test_a_mark_that_cannot_be_kept_leaves_what_was_agreed() -> None:
    """Both took the primary one away, and each marked another one."""
    git, crm = {"b": link(True), "c": link()}, {"b": link(), "c": link(True)}
    base = {"a": link(True), "b": link(), "c": link()}

    assert agreed(CONTACTS, base, git, crm) == base


# Whatever they are

LINKS = st.dictionaries(
    st.sampled_from("abcde"), st.lists(st.sampled_from("xy"), unique=True).map(sorted)
).map(
    lambda found: {id_: link(number == 0, tuple(roles)) for number, (id_, roles) in enumerate(found.items())}
)
VALUES = st.one_of(
    st.tuples(*[st.sampled_from([None, "A", "B", "C"])] * 3).map(lambda found: (SORTS["text"].field, *found)),
    st.tuples(*[LINKS] * 3).map(lambda found: (CONTACTS, *found)),
)


@given(VALUES)
def test_ours_is_ours_and_theirs_is_theirs(values: tuple[Field, Any, Any, Any]) -> None:
    """Where one side alone moved, it is as that side has it."""
    field, base, other, _ = values

    assert canon.same(other, merge(field, base, other, base, MERGE).goal)
    assert canon.same(merge(field, base, base, other, MERGE).goal, other)


@given(VALUES)
def test_writing_and_pulling_meet(values: tuple[Field, Any, Any, Any]) -> None:
    """Where nothing is in conflict, what the CRM gets is what the manifests would say after a pull."""
    field, base, git, crm = values
    merged = merge(field, base, git, crm, MERGE)

    if not merged.has(CONFLICT):
        assert canon.same(merged.goal, merged.pulled)


@given(VALUES)
def test_once_it_is_written_nothing_of_it_is_left_to_write(values: tuple[Field, Any, Any, Any]) -> None:
    """What was written is agreed; the rest is the CRM's, still."""
    field, base, git, crm = values
    merged = merge(field, base, git, crm, MERGE)
    if merged.has(CONFLICT) or not merged.has(WRITE):
        return
    kept = agreed(field, base, git, crm)
    then = settled(field, kept, crm, merged.goal)

    again = merge(field, then, git, merged.goal, MERGE)

    assert canon.same(git, merged.goal) or {part.side for part in again.parts.values()} == {Side.CRM}


@given(VALUES)
def test_the_order_of_links_does_not_matter(values: tuple[Field, Any, Any, Any]) -> None:
    field, *sides = values
    turned = [dict(reversed(side.items())) if isinstance(side, dict) else side for side in sides]

    one = merge(field, sides[0], sides[1], sides[2], MERGE)
    other = merge(field, turned[0], turned[1], turned[2], MERGE)

    assert one.parts == other.parts
    assert canon.same(one.goal, other.goal) or one.has(CONFLICT) or not one.has(WRITE)
