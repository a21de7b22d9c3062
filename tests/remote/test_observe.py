"""Which opportunities are read, and what of them."""

from datetime import date
from decimal import Decimal
from typing import Any

from syncer.kinds import codec as convert
from syncer.model.address import Address
from syncer.model.change import Absent, Action, Change, Values
from syncer.model.declared import Declared, Link, Money, Reference
from syncer.model.key import Key
from syncer.model.policy import MatchRule
from syncer.remote import observe
from tests.strategies import Nowhere

BY = ("name", "account", "pipeline")


def entry(
    key: str, id_: str | None = None, formerly: dict[str, Any] | None = None, **values: Any
) -> Declared:
    return Declared(Address("opportunity", key), values, Nowhere(), id=id_, formerly=formerly or {})


ACME = Reference("account", text="Acme")
PRIMARY = (Link(ACME, primary=True),)
MONEY = Money(Decimal("100.00"))


def test_everything_that_may_identify_a_record_is_sought() -> None:
    """By its account where it has one, by its name where not; and what could be taken for it."""
    entries = [
        entry("a", name=" A ", owner=None, accounts=()),
        entry("b", id_="7", formerly={"name": "Old", "account": None}, **{"name": "B", "fields.cf_x": 1}),
        entry("c", formerly={"key": "old-c"}),
        entry("d", name="D. 1", accounts=PRIMARY, closing_date=date(2027, 3, 31), value=MONEY),
    ]

    sought = observe.sought(entries, BY, "cf_key")

    assert sought == observe.Sought(
        names=frozenset({" A", "A", "Old"}),
        ids=frozenset({"7"}),
        keys=frozenset({"a", "b", "c", "old-c", "d"}),
        key_field="cf_key",
        fields=frozenset(
            {"name", "owner", "type", "accounts", "closing_date", "value", "fields.cf_x", "fields.cf_key"}
        ),
        accounts=frozenset({ACME}),
        likenesses=frozenset({"d1"}),
        worths=frozenset({("2027-03-31", "100")}),
    )
    assert observe.sought(entries, BY, None).keys == frozenset()
    assert observe.sought(entries, ("name",), None).accounts == frozenset()


def test_the_query_asks_for_names_ids_and_keys() -> None:
    what = observe.sought([entry("a", id_="7", name="A", accounts=())], BY, "cf_key")

    query = observe.query(what)

    assert query.wanted == {"name": frozenset({"A"}), "id": frozenset({"7"}), "cf_key": frozenset({"a"})}
    assert (query.entity, query.expand, query.as_text, query.through, query.also) == (
        "Opportunities",
        ("account_relations",),
        frozenset({"name"}),
        None,
        None,
    )
    assert {"oppty_type_id", "step_id", "cf_key", "modified"} <= set(query.load_only)


def test_a_record_is_placed_in_the_pipeline_of_its_step() -> None:
    record = convert.observed({"id": "2", "step_id": "s"})

    assert observe.placed((record,), {"s": "p"}) == (
        convert.observed({"id": "2", "step_id": "s"}, {"s": "p"}),
    )


def test_what_is_to_be_created_is_sought_by_its_name_as_well() -> None:
    """A service may have stored it with another account than it was sent with."""
    change = Change(
        Address("opportunity", "d"),
        Action.CREATE,
        None,
        Nowhere().span(),
        before=None,
        after=Values({"closing_date": "2027-03-31", "value": {"amount": "100"}}),
        precondition=Absent(
            Key({"name": "D. 1", "account": "a-1", "pipeline": "p"}, key="d"), MatchRule("cf_key", BY)
        ),
    )

    assert observe.sought_again([change], ["7"], ["name"]) == observe.Sought(
        names=frozenset({"D. 1"}),
        ids=frozenset({"7"}),
        keys=frozenset({"d"}),
        key_field="cf_key",
        fields=frozenset({"name", "fields.cf_key", "closing_date", "value", "owner"}),
        accounts=frozenset({Reference("account", id="a-1")}),
        likenesses=frozenset({"d1"}),
        worths=frozenset({("2027-03-31", "100")}),
    )
    assert observe.sought_again([], ["7"], []).ids == frozenset({"7"})
