# ruff: noqa: RUF001 - messages are compared whole; digits of other scripts are meant
"""Amounts and currencies as people write them."""

from collections.abc import Callable
from decimal import Decimal
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syncer.shapes.amounts import amount_of, check_decimals, currency_of, is_ambiguous, money_of
from syncer.shapes.base import Unfit
from syncer.shapes.currencies import DECIMALS
from syncer.shapes.date import date_of

amounts = st.decimals(min_value=0, max_value=999_999_999, places=6).map(abs)


@given(
    st.data(),
    st.sampled_from(["USD", "EUR", "JPY", "KWD", "CLF", "XYZ", None]),
    st.sampled_from([" ", "  ", "\t"]),
)
def test_money_reads_back_as_it_was_written(data: st.DataObject, code: str | None, blank: str) -> None:
    places = DECIMALS.get(code or "", 6)
    amount = data.draw(st.decimals(min_value=0, max_value=999_999_999, places=places).map(abs))
    text = f"{amount:f}{blank}{code}" if code else f"{amount:f}"

    assert money_of(text) == (amount, code)


@given(st.sampled_from(sorted(DECIMALS)), st.integers(1, 10**6), st.integers(1, 2))
def test_more_decimals_than_the_currency_has_are_refused(code: str, amount: int, more: int) -> None:
    text = f"{Decimal(amount).scaleb(-DECIMALS[code] - more):f}"

    with pytest.raises(Unfit) as caught:
        money_of(f"{text} {code}")
    with pytest.raises(Unfit):
        check_decimals(amount_of(text), code)

    assert (caught.value.code, caught.value.detail[: len(text) + 5]) == ("bad-amount", f"{text} has ")


@given(amounts)
def test_an_amount_is_the_same_in_quotes_and_without(amount: Decimal) -> None:
    assert amount_of(f"{amount:f}") == amount_of(amount) == amount


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
    assert money_of("100.10000000 XYZ") == (Decimal("100.10000000"), "XYZ")


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
        ("1.500", "XYZ", True),
        ("1.500", "EUR", False),
        ("999.000", None, True),
        ("1.500", "KWD", False),
        ("1.50", "EUR", False),
        ("0.500", "EUR", False),
        ("1000.500", "EUR", False),
    ],
)
def test_three_decimals_may_be_meant_as_thousands(text: str, code: str | None, expected: bool) -> None:
    assert is_ambiguous(Decimal(text), code) is expected


# What people write for amounts -> what is said, what to write. What is written there is taken.
ODD_AMOUNTS: Final = (
    (
        "1.500 EUR",
        "1.500 has 3 decimals; EUR has 2.",
        "write 1500 EUR if you mean thousands; else write 1.50 EUR",
    ),
    (
        "1.505 EUR",
        "1.505 has 3 decimals; EUR has 2.",
        "write 1505 EUR if you mean thousands; else round it to 2 decimals",
    ),
    ("0.125 USD", "0.125 has 3 decimals; USD has 2.", "round it to 2 decimals"),
    ("1234.5678 USD", "1234.5678 has 4 decimals; USD has 2.", "round it to 2 decimals"),
    ("100.00 JPY", "100.00 has 2 decimals; JPY has none.", "write 100 JPY"),
    ("100.5 JPY", "100.5 has 1 decimal; JPY has none.", "round it to a whole number"),
    (
        "EUR 1.500",
        '"EUR 1.500" is not an amount as manifests have it.',
        "write 1500 EUR if you mean thousands; else write 1.50 EUR",
    ),
    ("0x1F", '"0x1F" is not written in decimal digits.', "write it like 100 USD"),
    ("0b11 USD", '"0b11 USD" is not written in decimal digits.', "write it like 100 USD"),
    ("010", '"010" begins with a zero; some readers take such numbers for octal ones.', "write 10"),
    (
        "010 EUR",
        '"010 EUR" begins with a zero; some readers take such numbers for octal ones.',
        "write 10 EUR",
    ),
    ("00.5", '"00.5" begins with a zero; some readers take such numbers for octal ones.', "write 0.5"),
    ("+5 USD", '"+5 USD" is not an amount as manifests have it.', "write 5 USD"),
    (".5", '".5" is not an amount as manifests have it.', "write 0.5"),
    ("5. USD", '"5. USD" is not an amount as manifests have it.', "write 5 USD"),
    ("1_000", '"1_000" has separators; an amount is digits with at most one decimal point.', "write 1000"),
    ("1e3 USD", '"1e3 USD" is written with an exponent.', "write all digits, such as 1000"),
    ("１００ USD", '"１００ USD" is written in digits of another script.', "write 100 USD"),
    ("١٢٫٥", '"١٢٫٥" is not an amount.', "write it like 100 USD"),
    ("١٢", '"١٢" is written in digits of another script.', "write 12"),
    ("100\u00a0USD", '"100\u00a0USD" is not an amount as manifests have it.', "write 100 USD"),
    (
        "12.500,00 EUR",
        '"12.500,00 EUR" has separators; an amount is digits with at most one decimal point.',
        "write 12500.00 EUR",
    ),
    ("-0", '"-0" is negative; the value of an opportunity cannot be.', ""),
)


@pytest.mark.parametrize(("text", "detail", "hint"), ODD_AMOUNTS, ids=[row[0] for row in ODD_AMOUNTS])
def test_an_amount_in_another_notation_is_refused_with_what_to_write(
    text: str, detail: str, hint: str
) -> None:
    with pytest.raises(Unfit) as caught:
        money_of(text)

    assert (caught.value.code, caught.value.detail, caught.value.hint) == ("bad-amount", detail, hint)
    if hint.startswith("write ") and hint[6].isdigit():
        money_of(hint.removeprefix("write ").partition(" if ")[0])


def test_the_decimals_of_every_currency_are_known() -> None:
    """ISO 4217 has 165 currencies and funds with a smallest part."""
    assert (len(DECIMALS), sorted(set(DECIMALS.values()))) == (165, [0, 2, 3, 4])
