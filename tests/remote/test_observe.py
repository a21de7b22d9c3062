"""Which opportunities are read, and what of them."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from syncer.kinds import codec as convert
from syncer.kinds.account import ACCOUNT
from syncer.kinds.contact import CONTACT
from syncer.kinds.opportunity import OPPORTUNITY
from syncer.model.address import Address
from syncer.model.change import Absent, Action, Change, Values
from syncer.model.declared import Declared, Link, Money, Reference
from syncer.model.key import Key
from syncer.model.policy import MatchRule
from syncer.remote import observe
from syncer.remote.client import Api
from syncer.remote.query import read_all
from syncer.sandbox.server import Sandbox
from tests.strategies import Nowhere

KEYED = MatchRule("cf_key")


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

    sought = observe.sought(OPPORTUNITY, entries, KEYED)

    assert sought == observe.Sought(
        OPPORTUNITY,
        names=frozenset({" A", "A", "Old"}),
        ids=frozenset({"7"}),
        keys=frozenset({"a", "b", "c", "old-c", "d"}),
        key_field="cf_key",
        fields=frozenset(
            {
                *("name", "owner", "step", "type", "accounts", "closing_date", "value", "lost"),
                *("fields.cf_x", "fields.cf_key"),
            }
        ),
        around=frozenset({ACME}),
        likenesses=frozenset({"d1"}),
        worths=frozenset({("2027-03-31", "100")}),
    )
    assert observe.sought(OPPORTUNITY, entries, MatchRule()).keys == frozenset()
    assert observe.sought(OPPORTUNITY, entries, MatchRule(match=("name",))).around == frozenset()


def test_the_query_asks_for_names_ids_and_keys() -> None:
    what = observe.sought(OPPORTUNITY, [entry("a", id_="7", name="A", accounts=())], KEYED)

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
    record = convert.of(OPPORTUNITY).observed({"id": "2", "step_id": "s"})

    assert observe.placed(OPPORTUNITY, (record,), {"s": "p"}) == (
        convert.of(OPPORTUNITY).observed({"id": "2", "step_id": "s"}, {"s": "p"}),
    )


def test_what_is_to_be_created_is_sought_by_its_name_as_well() -> None:
    """A service may have stored it with another account than it was sent with."""
    change = Change(
        Address("opportunity", "d"),
        Action.CREATE,
        None,
        Nowhere().span(),
        before=None,
        after=Values({"name": "D. 1", "closing_date": "2027-03-31", "value": {"amount": "100"}}),
        precondition=Absent(Key({"name": "D. 1", "account": "a-1", "pipeline": "p"}, key="d"), KEYED),
    )

    assert observe.sought_again(OPPORTUNITY, [change], ["7"], ["name"]) == observe.Sought(
        OPPORTUNITY,
        names=frozenset({"D. 1"}),
        ids=frozenset({"7"}),
        keys=frozenset({"d"}),
        key_field="cf_key",
        fields=frozenset({"name", "fields.cf_key", "closing_date", "value", "owner", "step"}),
        around=frozenset({Reference("account", id="a-1")}),
        likenesses=frozenset({"d1"}),
        worths=frozenset({("2027-03-31", "100")}),
    )
    assert observe.sought_again(OPPORTUNITY, [], ["7"], []).ids == frozenset({"7"})


def account(key: str, **values: Any) -> Declared:
    return Declared(Address("account", key), values, Nowhere())


def test_an_account_is_sought_by_each_of_its_addresses_and_by_how_its_name_begins() -> None:
    """Whichever field of the service holds an address, whatever comes behind the first word that tells."""
    entries = [
        account("a", name=" A. Meier GmbH", email="Info@Meier.example", email3="b@meier.example "),
        account("b", name="Caf\u00e9 Gr\u00fcn"),
    ]

    sought = observe.sought(ACCOUNT, entries, KEYED)
    query = observe.query(sought)

    assert [*sought.names, *sought.keys, *sought.around, sought.key_field] == [None]
    addresses = frozenset({"info@meier.example", "b@meier.example"})
    assert query.wanted == dict.fromkeys(("email1", "email2", "email3", "email4", "email5"), addresses)
    assert query.rarely == {"email2", "email3", "email4", "email5"}
    assert query.stems == {"name": {" A. Meier", "A. Meier", "Caf\u00e9", "Cafe\u0301"}}
    assert (query.as_text, query.through) == (frozenset(), None)
    assert {"name", "owner_id", "city", *query.wanted} <= {*query.load_only, "owner_id"}


def test_what_may_be_an_account_begins_like_it() -> None:
    """So that a scan wants no more than a probe would find."""
    also = observe.query(observe.sought(ACCOUNT, [account("a", name="Acme Corp.")], MatchRule())).also
    assert also is not None

    assert [
        also({"name": name}) for name in ("ACME corp", "acme  Corp", "Acme Corporation", "A.cme Corp")
    ] == [*(True, True, False, False)]


def test_a_contact_is_sought_among_those_of_its_account_or_by_its_last_name() -> None:
    """And by its e-mail anywhere."""
    names = {"first_name": "Bob", "last_name": "Baker"}
    placed = Declared(
        Address("contact", "a"), {**names, "accounts": PRIMARY, "email": "b@a.example"}, Nowhere()
    )
    lone = Declared(Address("contact", "b"), {"last_name": "Cook"}, Nowhere())

    sought = observe.sought(CONTACT, [placed, lone], MatchRule())
    query = observe.query(sought, lambda: ["a-1"])

    assert (sought.around, sought.names, sought.likenesses, sought.stems) == (
        frozenset({ACME}),
        frozenset({"Cook"}),
        frozenset({"bobbaker"}),
        frozenset(),
    )
    assert query.wanted is not None
    assert query.wanted["last_name"] == {"Cook"}
    assert query.wanted["email5"] == {"b@a.example"}
    assert query.through is not None
    assert (query.through.entity, query.through.field, query.through.relation, query.through.other) == (
        "ContactAccountRelations",
        "account_id",
        "contact",
        None,
    )
    assert query.also is not None
    row = {"first_name": "BOB", "last_name": "baker", "account_relations": [{"account_id": "a-1"}]}
    assert query.also(row)
    assert not query.also({**row, "account_relations": []})


SPELLINGS = (
    "Caf\u00e9 Gr\u00fcn",
    "Cafe\u0301 Gru\u0308n",
    "CAF\u00c9 GR\u00dcN",
    "caf\u00e9-gr\u00fcn",
    "Caf\u00e9 Grau",
    " Caf\u00e9 Gr\u00fcn",
)


@pytest.mark.parametrize("wanted", SPELLINGS)
def test_a_probe_and_a_scan_find_the_same_accounts(sandbox: Sandbox, wanted: str) -> None:
    """However a person has written the name, and in whichever field an address is."""
    owner = sandbox.store.find("Client", email="dana@example.com")["id"]
    made = [sandbox.store.create("Account", {"name": name, "owner_id": owner}) for name in SPELLINGS]
    made.append(
        sandbox.store.create("Account", {"name": "Else", "owner_id": owner, "email4": "CAFE@x.example"})
    )
    sought = observe.sought(ACCOUNT, [account("a", name=wanted, email="cafe@X.example")], MatchRule())

    with Api(sandbox.url, sandbox.space_id, sandbox.username, sandbox.password) as api:
        queries = [replace(observe.query(sought), way=way) for way in ("probe", "scan")]
        probed, scanned = (read_all(api, [query])[0] for query in queries)

    found = {record.id for record in probed.rows}
    assert (probed.method, scanned.method) == ("probe", "scan")
    assert found == {record.id for record in scanned.rows}
    assert {made[SPELLINGS.index(wanted)], made[-1]} <= found
