"""Which records wait for which."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syncer.model.address import Address
from syncer.model.graph import CircleError, waves


def named(text: str) -> Address:
    return Address.parse(text)


def test_each_goes_as_soon_as_what_it_waits_for_is_there() -> None:
    """Accounts go first, then their contacts; a deal waits for both, another one for nothing."""
    needs = {
        named("opportunity.a"): [named("account.a"), named("contact.a")],
        named("contact.a"): [named("account.a")],
        named("account.a"): [],
        named("opportunity.b"): [named("account.that-is-there")],
    }

    assert waves(needs) == (
        (named("account.a"), named("opportunity.b")),
        (named("contact.a"),),
        (named("opportunity.a"),),
    )


def test_a_circle_is_told_in_its_order() -> None:
    """Each of a circle waits for the next one."""
    needs = {named("account.a"): [named("account.b")], named("account.b"): [named("account.c")]}
    needs[named("account.c")] = [named("account.a")]

    with pytest.raises(CircleError) as raised:
        waves(needs)

    circle = raised.value.circle
    assert sorted(circle) == [named("account.a"), named("account.b"), named("account.c")]
    for one, next_ in zip(circle, (*circle[1:], circle[0]), strict=True):
        assert next_ in needs[one]


NUMBERS = st.integers(0, 30)


@given(st.dictionaries(NUMBERS, st.frozensets(NUMBERS, max_size=4), max_size=30))
def test_every_address_goes_once_and_behind_what_it_waits_for(drawn: dict[int, frozenset[int]]) -> None:
    """Without circles, whatever waits for whatever, the order holds and nothing is left out."""
    needs = {
        Address("account", str(one)): [Address("account", str(other)) for other in others if other < one]
        for one, others in drawn.items()
    }

    order = waves(needs)

    gone: set[Address] = set()
    for wave in order:
        for address in wave:
            assert {need for need in needs[address] if need in needs} <= gone
        gone |= set(wave)
    assert sorted(address for wave in order for address in wave) == sorted(needs)
