"""Dates, amounts and currencies as people write them."""

from collections.abc import Callable
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syncer.manifest.scalars import Unfit, amount_of, currency_of, date_of, is_ambiguous, money_of

amounts = st.decimals(min_value=0, max_value=999_999_999, places=6).map(abs)


@given(amounts, st.sampled_from(["USD", "EUR", "JPY", None]), st.sampled_from([" ", "  ", "\t"]))
def test_money_reads_back_as_it_was_written(amount: Decimal, code: str | None, blank: str) -> None:
    text = f"{amount:f}{blank}{code}" if code else f"{amount:f}"

    assert money_of(text) == (amount, code)


@given(amounts)
def test_an_amount_is_the_same_in_quotes_and_without(amount: Decimal) -> None:
    assert amount_of(f"{amount:f}") == amount_of(amount) == amount


@given(st.dates(date(1900, 1, 1), date(2200, 12, 31)))
def test_every_date_of_the_calendar_is_read(day: date) -> None:
    assert date_of(day.isoformat()) == day


@given(st.text(max_size=30), st.sampled_from([date_of, amount_of, money_of, currency_of]))
def test_any_text_is_read_or_refused_with_a_reason(text: str, read: Callable[[str], object]) -> None:
    try:
        read(text)
    except Unfit as unfit:
        refusal = (unfit.code in {"bad-date", "bad-amount", "bad-value"}, unfit.detail[-1:])
    else:
        refusal = (True, ".")

    assert refusal == (True, ".")


def test_zeros_at_the_end_are_no_precision() -> None:
    assert money_of("100.10000000 USD") == (Decimal("100.10000000"), "USD")


@pytest.mark.parametrize("text", ["999999999999999", "0.000001", "123456789.123456", "0"])
def test_fifteen_digits_and_six_decimals_are_kept(text: str) -> None:
    assert amount_of(text) == Decimal(text)


@pytest.mark.parametrize("text", ["1000000000000000", "0.0000001", "1234567890.123456"])
def test_what_a_double_number_cannot_keep_is_refused(text: str) -> None:
    with pytest.raises(Unfit):
        amount_of(text)


@pytest.mark.parametrize(
    ("text", "code", "expected"),
    [
        ("1.500", "EUR", True),
        ("999.000", None, True),
        ("1.500", "KWD", False),
        ("1.50", "EUR", False),
        ("0.500", "EUR", False),
        ("1000.500", "EUR", False),
    ],
)
def test_three_decimals_may_be_meant_as_thousands(text: str, code: str | None, expected: bool) -> None:
    assert is_ambiguous(Decimal(text), code) is expected
