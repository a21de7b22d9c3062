"""Ids of records that do not exist yet."""

from hypothesis import given
from hypothesis import strategies as st

from syncer.model import pending
from syncer.model.address import Address


def test_an_address_stands_for_the_id_that_is_not_there_yet() -> None:
    """What is pending is told from an id, in a value and in a body."""
    id_ = "3fa85f64-5717-4562-b3fc-2c963f66afa6"

    assert pending.is_pending("account.acme")
    assert not pending.is_pending(id_)
    assert pending.address_of("account.acme.at") == Address("account", "acme.at")
    assert pending.to_wire("account.acme") == {"pending": "account.acme"}
    assert pending.to_wire(id_) == id_


@given(st.sampled_from(["account.acme", "3fa85f64-5717-4562-b3fc-2c963f66afa6"]))
def test_what_a_body_holds_is_read_back(id_: str) -> None:
    """A saved plan tells pending ids from others."""
    assert pending.from_wire(pending.to_wire(id_)) == id_


def test_a_body_is_bound_wherever_it_waits() -> None:
    """Ids are filled in as soon as they are known, in lists of links too; the rest of a body stays."""
    body = {
        "name": "account.acme",
        "account_relations": [{"account_id": {"pending": "account.acme"}, "is_primary": True}],
        "parent_account_id": {"pending": "account.other"},
    }

    assert pending.bound(body, {"account.acme": "1"}) == {
        "name": "account.acme",
        "account_relations": [{"account_id": "1", "is_primary": True}],
        "parent_account_id": {"pending": "account.other"},
    }
