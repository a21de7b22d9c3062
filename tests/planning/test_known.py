"""The ledger beside what is declared: which record each declaration was given."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from syncer.model.address import Address
from syncer.model.declared import Declared
from syncer.model.key import Key
from syncer.model.policy import MatchRule
from syncer.planning.known import known, undeclared
from syncer.planning.match import Known
from syncer.resolve import Desired
from syncer.state.values import LedgerRow
from tests.strategies import Nowhere

AT = "2027-01-31T12:00:00Z"


def at(key: str) -> Address:
    return Address("opportunity", key)


def entry(key: str, name: str = "N", formerly: str | None = None, **parts: Any) -> Desired:
    old = {} if formerly is None else {"key": formerly}
    declared = Declared(at(key), {}, Nowhere(), formerly=old)
    return Desired(declared, Key({"name": name, "account": "a", "pipeline": "p"}, **parts))


def row(key: str, id_: str, name: str = "N", **values: Any) -> LedgerRow:
    agreed = {"name": name, "accounts": {"a": {"primary": True}}, "pipeline": "p", **values}
    return LedgerRow(str(at(key)), "opportunity", id_, agreed, None, "r1", AT)


def found(entries: list[Desired], rows: list[LedgerRow]) -> Known:
    ledger = {row.address: row for row in rows}
    left = undeclared(ledger, {entry.declared.address for entry in entries})
    return known(ledger, left, entries, MatchRule())


def test_an_address_has_the_record_that_it_was_given() -> None:
    assert found([entry("a"), entry("b", "M")], [row("a", "1", "Other")]) == Known({at("a"): "1"}, {})


def test_a_new_key_of_what_was_agreed_is_the_same_record() -> None:
    assert found([entry("b")], [row("a", "1")]) == Known({at("b"): "1"}, {"1": at("a")})
    assert found([entry("b", "M")], [row("a", "1")]) == Known({}, {"1": at("a")})


def test_what_the_entry_says_counts_whatever_its_name() -> None:
    rows = [row("a", "1"), row("c", "2", "M")]
    assert found([entry("b", "M", formerly="a")], rows).ids == {at("b"): "1"}
    assert found([entry("b"), entry("d", formerly="a")], rows).ids == {at("d"): "1"}
    assert found([entry("b", "O", formerly="z")], rows).ids == {}


def test_what_is_not_one_to_one_is_left_to_a_person() -> None:
    assert found([entry("b"), entry("c")], [row("a", "1")]).ids == {}
    assert found([entry("c")], [row("a", "1"), row("b", "2")]).ids == {}


def test_what_was_not_agreed_or_is_not_said_finds_nothing() -> None:
    bare = LedgerRow(str(at("a")), "opportunity", "1", {"name": "N"}, None, "r1", AT)
    assert found([entry("b")], [bare]).ids == {}
    assert found([entry("b", unsaid=frozenset({"account"}))], [row("a", "1")]).ids == {}


def test_what_a_later_syncer_has_kept_of_another_kind_is_not_ours() -> None:
    other = LedgerRow("planet.mars", "planet", "1", {}, None, "r1", AT)
    assert undeclared({other.address: other}, set()) == {}


@given(
    new=st.lists(st.sampled_from("NMO"), max_size=4),
    old=st.lists(st.sampled_from("NMO"), max_size=4),
    said=st.permutations(["old-0", "old-1", None, None]),
)
def test_no_record_is_given_to_two(new: list[str], old: list[str], said: list[str | None]) -> None:
    """Whatever was renamed: each record is one declaration's at most."""
    entries = [entry(f"new-{n}", name, said[n]) for n, name in enumerate(new)]
    rows = [row(f"old-{n}", str(n), name) for n, name in enumerate(old)]
    ids = list(found(entries, rows).ids.values())
    assert len(ids) == len(set(ids))
