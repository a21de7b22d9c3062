"""How many records of each kind, in words."""

import pytest

from syncer.kinds.account import ACCOUNT
from syncer.kinds.contact import CONTACT
from syncer.kinds.count import counted
from syncer.kinds.opportunity import OPPORTUNITY
from syncer.model.address import Address
from tests.kinds.registered import registered


@pytest.mark.parametrize(
    ("numbers", "words"),
    [
        ((0, 0, 0), "0 records"),
        ((0, 0, 1), "1 opportunity"),
        ((2, 0, 1200), "2 accounts and 1,200 opportunities"),
        ((1, 2, 1), "1 account, 2 contacts and 1 opportunity"),
    ],
)
def test_records_are_counted_kind_by_kind(numbers: tuple[int, int, int], words: str) -> None:
    """In the order in which they are made, and none of a kind is not said."""
    kinds = (ACCOUNT, CONTACT, OPPORTUNITY)
    addresses = [
        Address(kind.name, str(key))
        for kind, number in zip(kinds, numbers, strict=True)
        for key in range(number)
    ]

    with registered(*kinds):
        assert counted(reversed(addresses)) == words
