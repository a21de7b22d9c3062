"""Amounts as people read them."""

import pytest

from syncer.shapes import money


@pytest.mark.parametrize(
    ("plain", "amount"), [("100", "100.00"), ("99.5", "99.50"), ("0.123456", "0.123456"), ("0", "0.00")]
)
def test_amounts_have_their_cents(plain: str, amount: str) -> None:
    assert money.amount(plain) == amount
