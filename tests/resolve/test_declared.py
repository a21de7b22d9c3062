"""Declared records that others refer to, while they do not exist yet."""

from collections.abc import Iterator
from typing import Any

import pytest

from syncer.kinds import codec
from syncer.kinds.base import Kind
from syncer.kinds.opportunity import OPPORTUNITY
from syncer.kinds.registry import KINDS
from syncer.model.address import Address
from syncer.model.change import Absent, Action, Change
from syncer.model.declared import Declared, Link, Presence, Reference
from syncer.model.observed import Observed
from syncer.planning.decide import decide
from syncer.planning.match import match
from syncer.planning.rules import Rules
from syncer.resolve import resolve
from syncer.resolve.declared import learn
from syncer.resolve.directory import Directory
from syncer.resolve.values import Resolution
from syncer.shapes.base import Field, LinkEntity
from syncer.shapes.email import EMAIL
from syncer.shapes.links import LINKS
from syncer.shapes.text import LINE
from tests.strategies import Nowhere, directory, uid

PLACE = Field(
    "accounts",
    LINKS,
    "account_relations",
    refers="account",
    link=LinkEntity("ContactAccountRelations", "account_id", "contact_id"),
)


def toy(name: str, *more: Field) -> Kind:
    """A kind that others refer to, with a name and two e-mails."""
    fields = (Field("name", LINE, "name"), Field("email", EMAIL, "email1"), Field("email2", EMAIL, "email2"))
    return Kind(
        name, f"{name}s", (name, f"{name}s"), "", "", (*fields, *more), ("name",), ("email", "email2")
    )


@pytest.fixture(autouse=True)
def _registered(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setitem(KINDS, "account", toy("account"))
    monkeypatch.setitem(KINDS, "contact", toy("contact", PLACE))
    codec.of.cache_clear()
    yield
    codec.of.cache_clear()


def entry(address: str, state: Presence = Presence.PRESENT, **values: Any) -> Declared:
    return Declared(Address.parse(address), values, Nowhere(), state=state)


def taught(*declared: Declared, ids: dict[str, str] | None = None, lost: tuple[str, ...] = ()) -> Directory:
    """A space that knows what is declared."""
    space = directory()
    known = {Address.parse(address): id_ for address, id_ in (ids or {}).items()}
    for kind in ("account", "contact"):
        entries = [each for each in declared if each.address.kind == kind]
        desired = resolve(entries, space).checked().desired
        learn(space, entries, desired, known, {Address.parse(address) for address in lost})
    return space


def deal(account: Reference, *contacts: Reference) -> Declared:
    links = tuple(Link(contact, primary=index == 0) for index, contact in enumerate(contacts))
    values = {
        "name": "Deal",
        "pipeline": Reference("pipeline", text="pipeline 1"),
        "accounts": (Link(account, primary=True),),
    }
    more = {"contacts": links} if links else {}
    return Declared(Address("opportunity", "deal"), values | more, Nowhere())


def resolved(space: Directory, declared: Declared) -> Resolution:
    return resolve([declared], space)


def created(space: Directory, declared: Declared) -> Change:
    """The create of *declared* in *space*, which holds no deal."""
    desired = resolved(space, declared).checked().desired
    rules = Rules()
    (change,) = decide(desired, match(OPPORTUNITY, desired, (), rule=rules.matching), rules)
    assert change.action is Action.CREATE
    return change


@pytest.mark.parametrize(
    "reference",
    [
        Reference("account", ref="new"),
        Reference("account", text="New Ltd"),
        Reference("account", text="SALES@new.example"),
        Reference("account", name="New Ltd", email="info@new.example"),
    ],
)
def test_what_is_declared_and_not_there_is_pending(reference: Reference) -> None:
    """It is found by its key, its name and any of its e-mails, and a create waits for it."""
    new = entry("account.new", name="New Ltd", email="info@new.example", email2="sales@new.example")

    change = created(taught(new), deal(reference))

    assert change.desired["accounts"] == {"account.new": {"primary": True}}
    assert codec.needs(change) == (Address("account", "new"),)
    body = codec.body(change)
    assert body is not None
    assert body["account_relations"] == [{"account_id": {"pending": "account.new"}, "is_primary": True}]


def test_a_record_of_the_space_comes_before_one_that_is_declared() -> None:
    """Only `{ref: …}` means the declared one for certain."""
    space = taught(entry("account.new", name="A 1"))

    by_name = created(space, deal(Reference("account", text="A 1")))
    by_key = created(space, deal(Reference("account", ref="new")))

    assert list(by_name.desired["accounts"]) == [uid("account", 1)]
    assert list(by_key.desired["accounts"]) == ["account.new"]


def test_a_declared_record_that_is_there_is_its_record() -> None:
    """Nothing waits for it, whatever it is called by now."""
    space = taught(entry("account.new", name="Renamed"), ids={"account.new": uid("account", 2)})

    change = created(space, deal(Reference("account", ref="new")))

    assert list(change.desired["accounts"]) == [uid("account", 2)]
    assert codec.needs(change) == ()


def test_a_pending_contact_belongs_to_the_accounts_it_declares() -> None:
    """A contact of the account is linked to it; one of another account has to be said on purpose."""
    new = entry("account.new", name="New Ltd")
    own = (Link(Reference("account", ref="new"), primary=True),)
    bob, eve = entry("contact.bob", email="bob@new.example", accounts=own), entry("contact.eve", name="Eve")
    space = taught(new, bob, eve)
    account = Reference("account", ref="new")

    change = created(space, deal(account, Reference("contact", text="bob@new.example")))
    refused = resolved(space, deal(account, Reference("contact", ref="eve"))).problems

    assert change.desired["contacts"] == {"contact.bob": {"primary": True}}
    assert codec.needs(change) == (Address("account", "new"), Address("contact", "bob"))
    assert [(problem.code, problem.detail) for problem in refused] == [
        ("contact-not-linked", "Eve is not linked to New Ltd.")
    ]


@pytest.mark.parametrize(
    ("declared", "hint"),
    [
        ((entry("account.nwe", name="N"),), 'did you mean "nwe"?'),
        ((), "declare it, or write the name of a record"),
    ],
)
def test_a_key_that_nothing_declares_is_refused(declared: tuple[Declared, ...], hint: str) -> None:
    """The nearest key is named."""
    (problem,) = resolved(taught(*declared), deal(REF)).problems

    assert (problem.code, problem.detail, problem.hint) == (
        "reference-unknown",
        'No account has the key "new".',
        hint,
    )


REF = Reference("account", ref="new")


@pytest.mark.parametrize("how", ["absent", "lost"])
def test_nothing_refers_to_what_shall_not_be_there(how: str) -> None:
    """What is to be deleted, or was deleted and stays so, is no record that a deal could name."""
    new = entry("account.new", Presence.ABSENT if how == "absent" else Presence.PRESENT, name="N")

    (problem,) = resolved(taught(new, lost=("account.new",) if how == "lost" else ()), deal(REF)).problems

    assert problem.code == "reference-unknown"


def test_two_pending_records_of_one_name_are_ambiguous() -> None:
    """Which one is meant is said by its key."""
    space = taught(entry("account.a", name="Same"), entry("account.b", name="Same"))

    (problem,) = resolved(space, deal(Reference("account", text="Same"))).problems

    assert problem.code == "reference-ambiguous"
    assert "{ref: a}" in problem.hint
    assert "{ref: b}" in problem.hint


def test_a_change_is_bound_as_soon_as_the_ids_are_known() -> None:
    """Values, identity and body hold the id then, and nothing is waited for."""
    change = created(taught(entry("account.new", name="New Ltd")), deal(REF))
    ids = {"account.new": uid("account", 9)}

    bound = codec.bound(change, ids)

    assert list(bound.desired["accounts"]) == [uid("account", 9)]
    assert isinstance(bound.precondition, Absent)
    assert bound.precondition.key.parts["account"] == uid("account", 9)
    body = codec.body(bound)
    assert body is not None
    assert body["account_relations"] == [{"account_id": uid("account", 9), "is_primary": True}]
    assert codec.needs(bound) == ()
    assert codec.bound(bound, ids) == bound


def test_what_waits_for_nothing_is_left_as_it_is() -> None:
    """Binding changes nothing of what holds ids already."""
    change = created(directory(), deal(Reference("account", text="A 1")))

    assert codec.bound(change, {"account.new": "x"}) is change


def test_links_to_what_is_pending_are_added_to_a_record_that_is_there() -> None:
    """A row of an update waits for its record, too."""
    space = taught(entry("account.new", name="New Ltd"))
    desired = resolve([entry("opportunity.deal", accounts=(Link(REF, primary=True),))], space).desired
    record = Observed("d", {"accounts": {}}, {"accounts": {}}, False, "", "")

    assert desired[0].values["accounts"] == {"account.new": {"primary": True}}
    writes = codec.of(KINDS["opportunity"]).relations(record, desired[0].values, ("accounts",))

    assert [write.payload for write in writes] == [
        {"account_id": {"pending": "account.new"}, "is_primary": True, "lead_oppty_id": "d"}
    ]
