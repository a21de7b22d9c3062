"""What a declared record is called."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syncer.model.address import Address


@given(st.text("abc", min_size=1), st.text())
def test_what_is_written_is_read_back(kind: str, key: str) -> None:
    assert Address.parse(str(Address(kind, key))) == Address(kind, key)


def test_addresses_are_ordered_by_kind_then_by_key() -> None:
    texts = ["opportunity.b", "account.b", "opportunity.a.1", "opportunity.a"]

    assert [str(address) for address in sorted(map(Address.parse, texts))] == [
        "account.b",
        "opportunity.a",
        "opportunity.a.1",
        "opportunity.b",
    ]


@pytest.mark.parametrize("text", ["", "acme", ".acme"])
def test_what_names_no_kind_is_no_address(text: str) -> None:
    with pytest.raises(ValueError, match="no address"):
        Address.parse(text)
