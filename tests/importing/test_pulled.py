"""What the CRM has moved, in the words and the form of the entry that declares it."""

from collections.abc import Mapping
from typing import Any

import pytest

from syncer.importing.pulled import Left, Taken, taken
from syncer.manifest.edit import Remove, Set, Together
from syncer.model.address import Address
from syncer.model.change import Action, Change, Values
from syncer.model.span import Span
from syncer.shapes.spelling import Bare, Commented, plain
from tests.strategies import directory, uid

DEAL = Address("opportunity", "deal")
NOWHERE = Span("deals.yaml", 1, 1)
USD, EUR = uid("currency", 1), uid("currency", 2)
A1, A2 = uid("account", 1), uid("account", 2)
C1, C2, C3 = (uid("contact", n) for n in (1, 2, 3))
ROLE = uid("sales_role", 1)


def change(
    declared: Mapping[str, Any], pulls: Mapping[str, Any], *, conflicts: tuple[str, ...] = ()
) -> Change:
    """A drift of which *pulls* are the CRM's."""
    return Change(
        DEAL,
        Action.DRIFT,
        "1",
        NOWHERE,
        before=Values({**declared, **pulls}),
        after=Values(declared),
        pulls=pulls,
        conflicts=conflicts,
    )


def pulled(
    written: Mapping[str, Any],
    declared: Mapping[str, Any],
    pulls: Mapping[str, Any],
    defaults: Mapping[str, Any] | None = None,
    **more: Any,
) -> list[Taken | Left]:
    return taken(change(declared, pulls, **more), written, (defaults or {}).get, directory())


def said(found: list[Taken | Left]) -> dict[str, Any]:
    """What is written, by its key; what is not, by its field."""
    return {
        each.path if isinstance(each, Left) else ".".join(map(str, each.place[2:])): each.why
        if isinstance(each, Left)
        else each.new
        for each in found
    }


def money(amount: str, currency: str = USD, rate: str | None = None) -> dict[str, Any]:
    return {"amount": amount, "currency": currency, "base": amount, "rate": rate}


@pytest.mark.parametrize(
    ("written", "now", "new"),
    [
        ("100 USD", money("250.5"), Bare("250.50 USD")),
        ("100 USD", money("90", EUR), Bare("90 EUR")),
        (100, money("250"), Bare("250")),
        ("100.00", money("250"), Bare("250")),
        (100, money("90", EUR), Bare("90 EUR")),
        ({"amount": 1}, money("2"), {"amount": Bare("2")}),
        ({"amount": 1}, money("2", EUR), {"amount": Bare("2"), "currency": "EUR"}),
        ({"amount": 1, "currency": {"id": USD}}, money("2"), {"amount": Bare("2"), "currency": {"id": USD}}),
        (
            {"amount": 1, "currency": "USD"},
            money("2", EUR),
            {"amount": Bare("2"), "currency": "EUR"},
        ),
    ],
)
def test_an_amount_keeps_its_form(written: Any, now: Any, new: Any) -> None:
    """Beside its currency, apart from it, or without one where the currency has not moved."""
    assert said(pulled({"value": written}, {"value": money("100")}, {"value": now})) == {"value": new}


@pytest.mark.parametrize(
    ("written", "new"),
    [
        ("o1@x.example", "o2@x.example"),
        ({"id": uid("owner", 1)}, {"id": uid("owner", 2)}),
        ({"email": "o1@x.example"}, {"email": "o2@x.example"}),
        ({"email": "o1@x.example", "name": "Owner 1"}, "o2@x.example"),
        ({"name": "Owner 1"}, "o2@x.example"),
    ],
)
def test_a_reference_keeps_its_form(written: Any, new: Any) -> None:
    """An id stays an id; what would be said otherwise is said as import says it."""
    found = pulled({"owner": written}, {"owner": uid("owner", 1)}, {"owner": uid("owner", 2)})

    assert said(found) == {"owner": new}


@pytest.mark.parametrize(
    ("written", "before", "now", "new"),
    [
        ({"account": "a1@x.example"}, [A1], [A2], {"account": "a2@x.example"}),
        ({"account": {"id": A1}}, [A1], [A2], {"account": {"id": A2}}),
        ({"account": {"name": "A 1"}}, [A1], [A2], {"account": "a2@x.example"}),
        ({"account": "a1@x.example"}, [A1], [], {"account": "none"}),
        ({"accounts": ["A 1"]}, [A1], [A2], {"accounts": ["a2@x.example"]}),
        ({"accounts": ["A 1"]}, [A1], [], {"account": "none"}),
        (
            {"account": "A 1"},
            [A1],
            [A2, A1],
            {"accounts": ["A 1", {"email": "a2@x.example", "primary": True}]},
        ),
        (
            {"accounts": [{"name": "A 1", "primary": True}, "a2@x.example"]},
            [A1, A2],
            [A1],
            {"accounts": [{"name": "A 1", "primary": True}]},
        ),
        (
            {"accounts": [{"name": "A 1", "primary": True}, "A 2"]},
            [A1, A2],
            [A2, A1],
            {"accounts": [{"name": "A 1"}, {"name": "A 2", "primary": True}]},
        ),
        ({}, [A1], [A2], {"account": "a2@x.example"}),
        ({}, [], [A1], {"account": "a1@x.example"}),
    ],
)
def test_accounts_keep_their_form(
    written: Mapping[str, Any], before: list[str], now: list[str], new: Mapping[str, Any]
) -> None:
    """One alone or several in a list, the first of *now* with the mark; none is a word."""

    def links(ids: list[str], first: str) -> dict[str, Any]:
        return {id_: {"primary": id_ == first} for id_ in ids}

    found = pulled(
        written,
        {"accounts": links(before, next(iter(before), ""))},
        {"accounts": links(now, next(iter(now), ""))},
        {"account": "A 1"},
    )

    assert said(found) == new
    if written and list(written) != list(new):
        (key,) = written
        ((name, value),) = new.items()
        (one,) = found
        base = ("opportunities", "deal")
        assert isinstance(one, Taken)
        assert one.edit == Together((*base, key), (Remove((*base, key)), Set((*base, name), value)))


def contacts(**links: tuple[str, ...]) -> dict[str, Any]:
    """Links of contacts, the first with the mark; each with its roles."""
    ids = {"c1": C1, "c2": C2, "c3": C3}
    return {
        ids[name]: {"primary": at == 0, "roles": list(roles)}
        for at, (name, roles) in enumerate(links.items())
    }


@pytest.mark.parametrize(
    ("written", "before", "now", "new"),
    [
        (["c1@x.example"], contacts(c1=()), contacts(c1=(), c2=()), ["c1@x.example", "c2@x.example"]),
        (["c1@x.example"], contacts(c1=()), {}, []),
        (
            ["c1@x.example", {"email": "c2@x.example"}],
            contacts(c1=(), c2=()),
            contacts(c2=(), c1=()),
            ["c1@x.example", {"email": "c2@x.example", "primary": True}],
        ),
        (
            ["c1@x.example", {"email": "c2@x.example", "primary": True}],
            contacts(c1=(), c2=()),
            contacts(c1=(), c2=()),
            ["c1@x.example", {"email": "c2@x.example"}],
        ),
        (
            ["c1@x.example"],
            contacts(c1=()),
            contacts(c1=(ROLE,)),
            [{"email": "c1@x.example", "sales_role": "sales_role 1"}],
        ),
        (
            [{"id": C1, "sales_role": "sales_role 1"}],
            contacts(c1=(ROLE,)),
            contacts(c1=()),
            [{"id": C1}],
        ),
        ("all", contacts(c1=(), c2=()), contacts(c2=()), ["c2@x.example"]),
    ],
)
def test_contacts_are_changed_one_by_one(written: Any, before: Any, now: Any, new: Any) -> None:
    """Who stays is written as before; mark and role come and go."""
    accounts = {A1: {"primary": True}, A2: {"primary": False}}
    declared = {"accounts": accounts, "contacts": before}

    found = pulled({"contacts": written}, declared, {"contacts": now})

    assert said(found) == {"contacts": new}


def test_several_roles_cannot_be_said() -> None:
    """A manifest has one for each contact."""
    declared = {"accounts": {A1: {"primary": True}, A2: {"primary": False}}, "contacts": contacts(c1=())}
    now = contacts(c1=(ROLE, uid("sales_role", 2)))

    assert said(pulled({"contacts": ["c1@x.example"]}, declared, {"contacts": now})) == {
        "contacts": "It moved in the CRM; has several sales roles: sales_role 1, sales_role 2."
    }


def test_who_left_the_marks_to_the_crm_gets_those_of_the_crm() -> None:
    """`contacts: all` says no mark; a list of some of them does."""
    declared = {
        "accounts": {A1: {"primary": True}, A2: {"primary": False}},
        "contacts": {C1: {}, C2: {}},
    }
    here = change(declared, {"contacts": {C1: {}}})
    seen = {**declared, "contacts": contacts(c1=())}

    found = taken(
        Change(DEAL, Action.DRIFT, "1", NOWHERE, Values(seen), Values(declared), pulls=here.pulls),
        {"contacts": "all"},
        lambda _name: None,
        directory(),
    )

    assert said(found) == {"contacts": ["c1@x.example"]}


def test_custom_fields_keep_the_order_of_their_items() -> None:
    """What was there stays first; an emptied field is null."""
    options = [uid("option", 1), uid("option", 2)]
    found = pulled(
        {"fields": {"cf_many": ["opt 2"], "cf_text": "x"}},
        {"fields.cf_many": options[1:], "fields.cf_text": "x"},
        {"fields.cf_many": options, "fields.cf_text": None, "fields.cf_flag": True},
    )

    assert said(found) == {
        "fields.cf_many": ["opt 2", "opt 1"],
        "fields.cf_text": None,
        "fields.cf_flag": True,
    }


def test_another_account_is_told_to_the_contacts() -> None:
    """They are not of it; who says so already stays as he is."""
    declared = {"accounts": {A2: {"primary": True}}, "contacts": contacts(c1=(), c3=())}
    written = {
        "account": "A 2",
        "contacts": [{"email": "c1@x.example", "sales_role": "Boss"}, "c3@x.example"],
    }

    found = pulled(written, declared, {"accounts": {A1: {"primary": True}}})

    assert said(found) == {
        "account": "a1@x.example",
        "contacts": [
            {"email": "c1@x.example", "linked": False, "sales_role": "Boss"},
            {"email": "c3@x.example", "linked": False},
        ],
    }


def test_what_says_so_already_is_no_edit() -> None:
    """The contact is said not to belong to the account, so nothing changes for it."""
    declared = {"accounts": {A2: {"primary": True}}, "contacts": contacts(c1=())}
    written = {"account": "A 2", "contacts": [{"email": "c1@x.example", "linked": False}]}

    assert said(pulled(written, declared, {"accounts": {A1: {"primary": True}}})) == {
        "account": "a1@x.example"
    }


def test_a_currency_of_two_has_no_code() -> None:
    """Then it is written by its id, apart from the amount."""
    twins = directory()
    twins.add("currency", [{"id": uid("currency", 9), "code": "EUR"}])
    here = change({"value": money("100")}, {"value": money("90", EUR)})

    (found,) = taken(here, {"value": "100 USD"}, lambda _name: None, twins)

    assert isinstance(found, Taken)
    assert plain(found.new) == {"amount": "90", "currency": {"id": EUR}}


def test_a_pipeline_takes_along_what_belongs_to_it() -> None:
    """A type of the former pipeline cannot be said; a step that git has moved holds the pipeline back."""
    declared = {
        "pipeline": uid("pipeline", 1),
        "step": uid("step", 11),
        "type": uid("type", 1),
    }
    written = {"pipeline": "pipeline 1", "step": "step 1", "type": "T"}
    pulls = {"pipeline": uid("pipeline", 2), "step": uid("step", 22)}

    assert said(pulled(written, declared, pulls)) == {
        "pipeline": "pipeline 2",
        "step": "step 2",
        "type": "It stays as it is written, though the type T belongs to another pipeline.",
    }
    held = pulled(written, declared, pulls, conflicts=("step",))
    assert said(held) == {
        "pipeline": "It moved in the CRM; its step went another way in the manifests.",
        "step": "It moved in the CRM together with pipeline, which stays.",
    }


def test_what_belongs_together_is_one_edit() -> None:
    """A step without its pipeline would be an error, and so would contacts without their account."""
    declared = {"pipeline": uid("pipeline", 1), "step": uid("step", 11)}
    pulls = {"pipeline": uid("pipeline", 2), "step": uid("step", 22)}

    found = pulled({"step": "step 1"}, declared, pulls, {"pipeline": "pipeline 1"})

    base = ("opportunities", "deal")
    both = Together(
        (*base, "pipeline"), (Set((*base, "pipeline"), "pipeline 2"), Set((*base, "step"), "step 2"))
    )
    assert [each.edit for each in found if isinstance(each, Taken)] == [both, both]


def test_an_id_has_a_word_of_whose_it_is() -> None:
    """Where another record has the name, too."""
    twins = directory()
    twins.add("unit", [{"id": uid("unit", 9), "name": "unit 2"}])
    here = change({"unit": uid("unit", 1)}, {"unit": uid("unit", 2)})

    (found,) = taken(here, {"unit": "unit 1"}, lambda _name: None, twins)

    assert isinstance(found, Taken)
    assert (plain(found.new), found.new) == (
        {"id": uid("unit", 2)},
        Commented({"id": uid("unit", 2)}, "unit 2"),
    )
