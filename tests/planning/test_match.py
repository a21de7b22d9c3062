"""Which record is the declared one."""

import re
from collections.abc import Sequence
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syncer.kinds.account import ACCOUNT
from syncer.kinds.contact import CONTACT
from syncer.kinds.opportunity import OPPORTUNITY
from syncer.model.address import Address
from syncer.model.declared import Declared, Presence
from syncer.model.observed import Observed
from syncer.model.policy import MatchRule
from syncer.model.problem import Problem
from syncer.planning import match as identity
from syncer.resolve import Desired, Key
from tests.strategies import Nowhere

K = Address("opportunity", "k")
BY = ("name", "account", "pipeline")


def key(**said: Any) -> Key:
    """Return what finds a record, of parts of the natural key beside the rest."""
    parts = {part: said.pop(part, None) for part in BY}
    return Key(parts, **said)


def wanted(
    address: str, state: Presence = Presence.PRESENT, formerly: Key | None = None, **parts: Any
) -> Desired:
    entry = Declared(Address("opportunity", address), {}, Nowhere(), state=state)
    return Desired(entry, key(**parts), formerly)


def record(id_: str, name: str | None = "N", key: str | None = None, **values: Any) -> Observed:
    links = {"a": {"primary": True}}
    found = {"name": name, "accounts": links, "pipeline": "p", "fields.cf_key": key, **values}
    return Observed(
        id_, found, {}, values.get("archived", False), "2026-01-01 10:00:00.1", "2026-01-02 11:00:00"
    )


def found(
    desired: Sequence[Desired], observed: Sequence[Observed], key_field: str | None = "cf_key"
) -> dict[str, str | None]:
    matches = identity.match(OPPORTUNITY, desired, observed, rule=MatchRule(key_field, BY))
    assert not matches.problems
    return {str(address): one.id if one else None for address, one in matches.found.items()}


N: dict[str, Any] = {"name": "N", "account": "a", "pipeline": "p"}


def test_the_id_comes_first_then_the_key_then_the_name() -> None:
    records = [record("1"), record("2", key="k"), record("3", "Other")]

    assert found([wanted("k", id="3", key="k", **N)], records) == {"opportunity.k": "3"}
    assert found([wanted("k", key="k", **N)], records) == {"opportunity.k": "2"}
    assert found([wanted("j", key="j", **N)], records) == {"opportunity.j": "1"}
    assert found([wanted("k", key="k", **N)], records[:1], None) == {"opportunity.k": "1"}


def test_each_part_of_the_name_counts() -> None:
    for part, other in (("name", "M"), ("account", "b"), ("account", None), ("pipeline", "q")):
        assert found([wanted("k", **{**N, part: other})], [record("1")]) == {"opportunity.k": None}


def test_a_service_may_have_stripped_the_blanks_before_a_name_and_adds_none() -> None:
    """What is declared with one is found without; what is declared without is not found with one."""
    blank: dict[str, Any] = {**N, "name": " N"}

    assert found([wanted("k", **blank)], [record("1")]) == {"opportunity.k": "1"}
    assert found([wanted("k", **blank)], [record("1"), record("2", " N")]) == {"opportunity.k": "2"}
    assert found([wanted("k", **N)], [record("1", " N")]) == {"opportunity.k": None}


def test_what_is_not_said_finds_nothing() -> None:
    lone = record("1", accounts={})
    said: dict[str, Any] = {"name": "N", "account": None, "pipeline": "p"}

    assert found([wanted("k", **said)], [lone]) == {"opportunity.k": "1"}
    assert found([wanted("k", **said, unsaid=frozenset({"account"}))], [lone]) == {"opportunity.k": None}


def test_a_record_with_a_key_is_no_others() -> None:
    entries = [wanted("j", key="j", **N), wanted("k", key="k", **N)]

    assert found(entries, [record("1", key="k")]) == {"opportunity.j": None, "opportunity.k": "1"}


def test_a_record_of_the_same_name_that_holds_a_key_which_nothing_declares_is_an_error() -> None:
    """Until it is said that it is the same under its old key, or another one."""
    records = [record("1", key="old")]
    (problem,) = identity.match(
        OPPORTUNITY, [wanted("k", key="k", **N)], records, rule=MatchRule("cf_key", BY)
    ).problems

    assert (problem.code, problem.hint.split("\n")[1::2]) == (
        "identity-other-key",
        ["formerly: {key: old}", "lifecycle: {distinct_from: [1]}"],
    )
    again = identity.match(
        OPPORTUNITY, [wanted("k", key="k", old_key="old", **N)], records, rule=MatchRule("cf_key", BY)
    )
    assert (again.found[K], dict(again.rekeyed)) == (records[0], {K: "old"})


def test_the_present_key_comes_before_the_old_one_and_before_the_name() -> None:
    old, new, free = record("1", "Else", key="old"), record("2", "Else", key="k"), record("3")
    entry = wanted("k", key="k", old_key="old", **N)

    assert found([entry], [old, new, free]) == {"opportunity.k": "2"}
    assert found([entry], [old, free]) == {"opportunity.k": "1"}


def test_two_that_would_be_one_are_an_error_whether_it_is_there_or_not() -> None:
    a, b, c = wanted("a", **N), wanted("b", **N), wanted("c", **{**N, "pipeline": "q"})
    for records in ([], [record("1", key=None)]):
        (problem,) = identity.match(OPPORTUNITY, [a, b, c], records, rule=MatchRule(None, BY)).problems

        assert (problem.code, problem.address, len(problem.related)) == (
            "same-identity",
            Address("opportunity", "b"),
            1,
        )
        assert "identity: {key_field: cf_…}" in problem.hint


def test_what_is_not_planned_has_a_say_in_what_is() -> None:
    """It would be the same, or means the same record; what it does not touch is its own matter."""
    records = [record("1")]
    by_id = wanted("b", id="1", name="Else", account="a", pipeline="p")

    def codes(entry: Desired, rest: Desired) -> list[tuple[str, str]]:
        matches = identity.match(OPPORTUNITY, [entry], records, rule=MatchRule(None, BY), rest=[rest])
        return [(problem.code, str(problem.address)) for problem in matches.problems]

    assert codes(wanted("a", **N), by_id) == [("identity-shared", "opportunity.a")]
    assert codes(by_id, wanted("a", **N)) == [("identity-shared", "opportunity.b")]
    assert codes(wanted("a", **N), wanted("b", **N)) == [("same-identity", "opportunity.a")]
    assert codes(wanted("a", **N), wanted("b", id="9")) == []


def test_two_named_alike_that_both_say_their_id_are_two() -> None:
    records = [record("1"), record("2")]

    assert found([wanted("a", id="1", **N), wanted("b", id="2", **N)], records, None) == {
        "opportunity.a": "1",
        "opportunity.b": "2",
    }


def test_the_former_name_is_asked_last() -> None:
    old = key(**{**N, "name": "Old"})

    assert found([wanted("k", formerly=old, **N)], [record("1", "Old")]) == {"opportunity.k": "1"}
    assert found([wanted("k", formerly=old, **N)], [record("1", "Old"), record("2")]) == {
        "opportunity.k": "2"
    }


def test_an_id_that_is_gone_is_an_error_but_for_what_shall_be_gone() -> None:
    matches = identity.match(OPPORTUNITY, [wanted("k", id="9", **N)], [record("1")], rule=MatchRule(None, BY))

    assert [problem.code for problem in matches.problems] == ["identity-unknown-id"]
    assert found([wanted("k", Presence.ABSENT, id="9", **N)], [record("1")]) == {"opportunity.k": None}


def test_two_of_one_key_are_listed() -> None:
    twins = [record("1", key="k"), record("2", key="k", archived=True)]
    (problem,) = identity.match(
        OPPORTUNITY, [wanted("k", key="k", **N)], twins, rule=MatchRule("cf_key", BY)
    ).problems

    assert problem.detail == '2 opportunities in Pipeliner have the key "k" in cf_key.'
    assert problem.hint.split("\n")[1:] == [
        "id: 1  # created 2026-01-01 10:00:00, changed 2026-01-02 11:00:00",
        "id: 2  # created 2026-01-01 10:00:00, changed 2026-01-02 11:00:00, archived",
    ]


def test_one_part_alone_is_named_alone() -> None:
    (problem,) = identity.match(
        OPPORTUNITY, [wanted("k", **N)], [record("1"), record("2")], rule=MatchRule(match=("name",))
    ).problems

    assert problem.detail == "2 opportunities in Pipeliner have this name."


PARTS = st.fixed_dictionaries(
    {
        "name": st.sampled_from("NM"),
        "account": st.sampled_from(["a", "b", None]),
        "pipeline": st.sampled_from("pq"),
    }
)


@given(
    desired=st.lists(PARTS, max_size=4),
    observed=st.lists(st.tuples(PARTS, st.sampled_from([None, "k0", "k1", "x"])), max_size=5),
    seed=st.integers(),
)
def test_a_record_is_claimed_once_and_order_does_not_matter(
    desired: list[dict[str, Any]], observed: list[tuple[dict[str, Any], str | None]], seed: int
) -> None:
    entries = [wanted(f"k{n}", key=f"k{n}", **parts) for n, parts in enumerate(desired)]
    records = [
        record(
            str(n),
            parts["name"],
            key,
            pipeline=parts["pipeline"],
            accounts={parts["account"]: {"primary": True}} if parts["account"] else {},
        )
        for n, (parts, key) in enumerate(observed)
    ]
    mixed = records[:]
    Random(seed).shuffle(mixed)

    one = identity.match(OPPORTUNITY, entries, records, rule=MatchRule("cf_key", BY))
    other = identity.match(OPPORTUNITY, entries, mixed, rule=MatchRule("cf_key", BY))

    assert one.found == other.found
    claimed = [match.id for match in one.found.values() if match]
    assert len(set(claimed)) == len(claimed)
    assert len(one.found) + len(one.problems) == len(entries)


def person(address: str, *sole: str, state: Presence = Presence.PRESENT, **parts: Any) -> Desired:
    """A contact with these e-mails, called Bob Baker at the account `a` but for *parts*."""
    entry = Declared(
        Address("contact", address), {}, Nowhere(), state=state, distinct_from=parts.pop("but", frozenset())
    )
    unsaid = frozenset(parts.pop("unsaid", ()))
    said = {"first_name": "Bob", "last_name": "Baker", "account": "a", **parts}
    return Desired(entry, Key(said, frozenset(sole), unsaid=unsaid), values=said)


def contact(id_: str, last_name: str = "Baker", account: str = "a", **emails: str) -> Observed:
    values = {"first_name": "Bob", "last_name": last_name, "accounts": {account: {"primary": True}}, **emails}
    return Observed(id_, values, {}, False, "2026-01-01 10:00:00.1", "2026-01-02 11:00:00")


def people(desired: Sequence[Desired], observed: Sequence[Observed]) -> identity.Matches:
    return identity.match(CONTACT, desired, observed, rule=MatchRule("cf_key"))


def of_people(desired: Sequence[Desired], observed: Sequence[Observed]) -> dict[str, str | None]:
    matches = people(desired, observed)
    assert not matches.problems
    return {address.key: one.id if one else None for address, one in matches.found.items()}


def test_an_address_finds_a_contact_in_whichever_field_it_is() -> None:
    """Whatever the contact is called by now; the case of letters does not count."""
    assert of_people([person("k", "b@x.example")], [contact("1", "Else", email4="B@x.example")]) == {"k": "1"}


def test_where_no_address_finds_one_the_name_does() -> None:
    """Whatever address the record has: it is that one, and its address differs."""
    assert of_people([person("k", "b@x.example")], [contact("1", email="o@x.example")]) == {"k": "1"}
    assert of_people([person("k")], [contact("1"), contact("2", account="b")]) == {"k": "1"}


def test_a_contact_whose_account_is_not_said_is_found_by_its_name_alone() -> None:
    """But never by a part of its name that many share."""
    somewhere = [contact("1", account="b")]

    assert of_people([person("k", unsaid=["account"], account=None)], somewhere) == {"k": "1"}
    assert of_people([person("k", unsaid=["last_name"], last_name=None)], somewhere) == {"k": None}


def test_an_address_and_a_name_of_two_contacts_are_an_error_that_lists_both() -> None:
    """Until it is said that the other one of that name is not meant."""
    records = [contact("1", "Else", email="b@x.example"), contact("2")]
    (problem,) = people([person("k", "b@x.example")], records).problems

    assert problem.code == "identity-ambiguous"
    assert problem.detail == (
        "contact.k may be two contacts in Pipeliner: b@x.example is that of 1, and this first_name, "
        "last_name and account that of 2."
    )
    assert problem.hint.split("\n")[1:] == [
        "id: 1  # Bob Else, created 2026-01-01 10:00:00, changed 2026-01-02 11:00:00",
        "id: 2  # Bob Baker, created 2026-01-01 10:00:00, changed 2026-01-02 11:00:00",
        "or that the contact of that name is another one:",
        "lifecycle: {distinct_from: [2]}",
    ]
    assert of_people([person("k", "b@x.example", but=frozenset({"2"}))], records) == {"k": "1"}


def test_of_several_with_one_address_those_of_the_account_come_first() -> None:
    """Still several, or none of the account: they are listed."""
    here, there = contact("1", email="b@x.example"), contact("2", account="b", email2="b@x.example")

    assert of_people([person("k", "b@x.example")], [here, there]) == {"k": "1"}
    (problem,) = people([person("k", "b@x.example")], [here, here._replace(id="3")]).problems
    assert problem.detail == "2 contacts in Pipeliner have b@x.example."
    assert "key_field" not in problem.hint


def test_a_contact_that_has_the_address_of_another_declaration_is_not_found_by_its_name() -> None:
    """Two of one name are told apart by their addresses; whoever creates one beside the other knows of it."""
    records = [contact("1", email="b@x.example")]
    matches = people([person("j", "b@x.example"), person("k", "o@x.example")], records)

    assert {address.key: one and one.id for address, one in matches.found.items()} == {"j": "1", "k": None}
    (beside,) = matches.beside.values()
    assert (beside.known, beside.doubtful) == (("1",), ())
    index = identity.Index(CONTACT, records, MatchRule())
    wanted = person("k", "o@x.example").identity
    assert [index.find(wanted), index.find(wanted, ["1"])] == [records, []]


@pytest.mark.parametrize(
    ("one", "other", "told"),
    [
        (person("a", "b@x.example"), person("b", "b@x.example", last_name="Else"), "both have b@x.example"),
        (person("a", "b@x.example"), person("b"), "have the same first_name, last_name and account"),
        (person("a"), person("b", "b@x.example"), "have the same first_name, last_name and account"),
    ],
    ids=["address", "name", "name of one with an address"],
)
def test_two_declared_contacts_that_would_be_one_are_an_error(
    one: Desired, other: Desired, told: str
) -> None:
    """Without a word of key fields, which are for opportunities alone."""
    (problem,) = people([one, other], []).problems

    assert (problem.code, problem.detail) == (
        "same-identity",
        f"contact.b and contact.a {told}; they would be one contact.",
    )
    assert "key" not in problem.hint


def test_accounts_of_one_name_look_alike_wherever_they_are() -> None:
    """But for case, blanks and punctuation."""
    entry = Declared(Address("account", "acme"), {}, Nowhere())
    wanted = Desired(entry, Key({"name": "Acme Corp."}), values={"name": "Acme Corp."})
    records = [
        Observed(id_, {"name": name}, {}, False, "", "") for id_, name in (("1", "ACME corp"), ("2", "Acme"))
    ]

    matches = identity.match(ACCOUNT, [wanted], records, rule=MatchRule())

    assert [other.id for other in matches.beside[entry.address].doubtful] == ["1"]


PEOPLE = st.fixed_dictionaries(
    {"last_name": st.sampled_from("BC"), "account": st.sampled_from("ab")},
    optional={"email": st.sampled_from(["b@x.example", "c@x.example"])},
)


@given(declared=st.lists(PEOPLE, max_size=4), there=st.lists(PEOPLE, max_size=4), seed=st.integers())
def test_a_contact_is_claimed_once_and_order_does_not_matter(
    declared: list[dict[str, str]], there: list[dict[str, str]], seed: int
) -> None:
    """Whatever addresses and names they share: each is placed, or there is a problem with it."""
    entries = [
        person(
            f"k{n}", *filter(None, [each.get("email")]), last_name=each["last_name"], account=each["account"]
        )
        for n, each in enumerate(declared)
    ]
    records = [
        contact(
            str(n), each["last_name"], each["account"], **{"email": each["email"]} if "email" in each else {}
        )
        for n, each in enumerate(there)
    ]
    mixed = records[:]
    Random(seed).shuffle(mixed)

    one, other = people(entries, records), people(entries, mixed)

    assert one.found == other.found
    assert len(one.problems) == len(other.problems)
    claimed = [match.id for match in one.found.values() if match]
    assert len(set(claimed)) == len(claimed)
    told = {address for each in one.problems for address in (each.address, *_related(each))}
    assert {entry.declared.address for entry in entries} <= one.found.keys() | told


def _related(problem: Problem) -> list[Address]:
    """The other declarations that a problem names."""
    named = re.findall(r"contact\.k\d+", problem.detail)
    return [Address.parse(address) for address in named]
