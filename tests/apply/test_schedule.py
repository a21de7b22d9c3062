"""In which order apply sends what a plan says."""

from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syncer.apply.schedule import schedule
from syncer.kinds import codec
from syncer.kinds.base import Kind
from syncer.kinds.opportunity import OPPORTUNITY
from syncer.kinds.registry import KINDS
from syncer.model.address import Address
from syncer.model.change import Absent, Action, Change, Deleted, Unchanged, Values
from syncer.model.key import Key
from syncer.model.policy import MatchRule
from syncer.model.problem import RefusedError
from syncer.shapes.base import Field, LinkEntity
from syncer.shapes.links import LINKS
from syncer.shapes.reference import REFERENCE
from syncer.shapes.text import LINE

NAME = Field("name", LINE, "name")
PARENT = Field("parent", REFERENCE, "parent_account_id", refers="account")
ACCOUNTS = Field(
    "accounts",
    LINKS,
    "account_relations",
    refers="account",
    link=LinkEntity("ContactAccountRelations", "account_id", "contact_id"),
)


def _toy(name: str, field: Field) -> Kind:
    return Kind(name, f"{name}s", (name, f"{name}s"), f"{name.title()}s", "", (NAME, field), ("name",))


@pytest.fixture(autouse=True)
def _registered(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Accounts with parents and contacts with accounts, before the opportunities that refer to both."""
    kinds = {
        "account": _toy("account", PARENT),
        "contact": _toy("contact", ACCOUNTS),
        OPPORTUNITY.name: OPPORTUNITY,
    }
    monkeypatch.setattr("syncer.apply.schedule.KINDS", kinds)
    for name, kind in kinds.items():
        monkeypatch.setitem(KINDS, name, kind)
    codec.of.cache_clear()
    yield
    codec.of.cache_clear()


def _linked(*ids: str) -> dict[str, Any]:
    return {id_: {"primary": True, "roles": []} for id_ in ids}


def create(address: str, **values: Any) -> Change:
    absent = Absent(Key(), MatchRule(match=("name",)))
    return Change(
        Address.parse(address), Action.CREATE, None, None, None, Values(values), precondition=absent
    )


def update(address: str, before: dict[str, Any], **values: Any) -> Change:
    return Change(
        Address.parse(address),
        Action.UPDATE,
        f"id of {address}",
        None,
        Values(before),
        Values(values),
        sides=dict.fromkeys(values),
        writes=tuple(values),
        precondition=Unchanged(f"id of {address}", ""),
    )


def delete(address: str, **before: Any) -> Change:
    return Change(Address.parse(address), Action.DELETE, f"id of {address}", None, Values(before), None)


def restore(address: str, **values: Any) -> Change:
    id_ = f"id of {address}"
    return Change(
        Address.parse(address), Action.CREATE, id_, None, None, Values(values), precondition=Deleted(id_)
    )


def printed(*changes: Change) -> list[str]:
    """Return what apply will run, a line for what goes at once."""
    found = schedule(changes)
    return [
        ", ".join(f"{change.action} {change.address}" for change in wave)
        for wave in (*found.made, *found.deleted)
    ]


DEAL = create(
    "opportunity.deal", accounts=_linked("account.acme"), contacts=_linked("contact.bob", "a real one")
)
BOB = create("contact.bob", accounts=_linked("account.acme"))
ACME = create("account.acme", parent="account.group")
GROUP = create("account.group", parent=None)


def test_what_waits_for_nothing_goes_at_once_in_the_order_of_the_plan() -> None:
    """One wave, as long as only what is there already is referred to; then the deletes."""
    assert printed() == []
    assert printed(
        create("opportunity.b", accounts=_linked("a real one")),
        update("opportunity.c", {}, name="C"),
        delete("opportunity.d"),
        create("opportunity.a"),
    ) == [
        "create opportunity.b, update opportunity.c, create opportunity.a",
        "delete opportunity.d",
    ]


def test_each_is_created_behind_those_whose_ids_it_needs() -> None:
    """A parent account, its account, the contact, the deal; what waits for none of them goes first."""
    other = create("opportunity.other", accounts=_linked("a real one"))
    late = update("opportunity.late", {"contacts": {}}, contacts=_linked("contact.bob"))

    assert printed(ACME, GROUP, BOB, DEAL, late, other) == [
        "create account.group, create opportunity.other",
        "create account.acme",
        "create contact.bob",
        "create opportunity.deal, update opportunity.late",
    ]
    assert schedule([ACME, GROUP, BOB, DEAL, late, other]).pending == {
        ACME.address: (GROUP.address,),
        BOB.address: (ACME.address,),
        DEAL.address: (ACME.address, BOB.address),
        late.address: (BOB.address,),
    }
    assert schedule([ACME, GROUP, BOB]).needed == {ACME.address, GROUP.address}


def test_a_record_is_deleted_behind_what_refers_to_it() -> None:
    """Deals go first, then contacts, then accounts, the inner ones before their parents."""
    group, acme = delete("account.group", parent=None), delete("account.acme", parent="id of account.group")
    bob = delete("contact.bob", accounts=_linked("id of account.acme"))
    deal = delete("opportunity.deal", accounts=_linked("id of account.acme"))
    moved = update(
        "opportunity.moved", {"accounts": _linked("id of account.acme")}, accounts=_linked("a real one")
    )

    assert printed(acme, group, bob, deal, moved) == [
        "update opportunity.moved",
        "delete opportunity.deal",
        "delete contact.bob",
        "delete account.acme",
        "delete account.group",
    ]
    assert schedule([acme, group, bob, deal, moved]).needs == {
        group.address: {acme.address},
        acme.address: {bob.address, deal.address, moved.address},
    }


def test_records_that_refer_to_each_other_are_deleted_at_once() -> None:
    """People can make a circle of parents; it keeps nobody from deleting all of it."""
    first = delete("account.first", parent="id of account.second")
    second = delete("account.second", parent="id of account.first")

    assert printed(first, second) == ["delete account.first, delete account.second"]
    assert schedule([first, second]).needs == {first.address: set(), second.address: set()}


def test_what_comes_back_comes_behind_what_it_refers_to() -> None:
    """An account is there again before the deal is whose link to it may have to be added."""
    deal = restore("opportunity.deal", accounts=_linked("id of account.acme"))

    assert printed(restore("account.acme", parent=None), deal) == [
        "create account.acme",
        "create opportunity.deal",
    ]


def test_what_is_created_in_a_circle_is_refused() -> None:
    """No order of them would do; a plan never holds one, but a file may be anybody's."""
    with pytest.raises(RefusedError, match=r"wait for each other: account\.\w+ → account\.\w+\."):
        schedule(
            [create("account.acme", parent="account.group"), create("account.group", parent="account.acme")]
        )


@given(
    st.dictionaries(st.integers(0, 30), st.sets(st.integers(0, 30), max_size=3), max_size=20).map(
        lambda graph: {n: {other for other in others if other < n} for n, others in graph.items()}
    )
)
def test_nothing_goes_before_what_it_needs_and_all_of_it_goes_once(graph: dict[int, set[int]]) -> None:
    """Whatever needs what: no need stands in the same wave or in a later one."""
    changes = [
        create(f"contact.c{number}", accounts=_linked(*(f"contact.c{other}" for other in others)))
        for number, others in graph.items()
    ]

    found = schedule(changes)

    place = {change.address: number for number, wave in enumerate(found.made) for change in wave}
    assert sorted(place) == sorted(change.address for change in changes)
    assert sum(map(len, found.made)) == len(changes)
    for address, needs in found.pending.items():
        assert all(place[need] < place[address] for need in needs if need in place)
