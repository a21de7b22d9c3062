"""The one form in which two values are compared."""

from decimal import ROUND_HALF_EVEN, ROUND_HALF_UP, Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syncer.shapes import canon
from tests.strategies import AMOUNTS, RATES, TEXTS


@pytest.mark.parametrize(
    ("written", "compared"),
    [
        (None, None),
        ("", None),
        (" \t\n", None),
        ("Deal ", "Deal"),
        ("  Deal", "  Deal"),
        ("Zu\u0308rich", "Zürich"),
        ("a\r\nb\rc\n", "a\nb\nc"),
    ],
)
def test_text_is_composed_and_has_no_trailing_blanks(written: str | None, compared: str | None) -> None:
    assert canon.text(written) == compared


@pytest.mark.parametrize(
    ("value", "plain"),
    [
        (100, "100"),
        (100.0, "100"),
        (0.1, "0.1"),
        (-0.0, "0"),
        (1e21, "1000000000000000000000"),
        (1e-7, "0.0000001"),
        (Decimal("10.500"), "10.5"),
        (Decimal(-3), "-3"),
        (Decimal("0E-10"), "0"),
    ],
)
def test_numbers_are_plain_decimal_text(value: Decimal | float, plain: str) -> None:
    assert canon.number(value) == plain


@given(st.integers(0, 10**15 - 1), st.integers(0, 14))
def test_fifteen_digits_survive_the_wire(digits: int, decimals: int) -> None:
    """The service keeps doubles; what is sent must come back as it was written."""
    plain = canon.number(Decimal(digits).scaleb(-decimals))
    sent = canon.wire_number(plain)

    assert canon.number(sent) == plain
    assert isinstance(sent, int) == ("." not in plain)


@pytest.mark.parametrize(
    ("desired", "observed", "same"),
    [
        (None, "", True),
        (None, [], True),
        (False, None, True),
        ("0", None, False),
        ("Deal", " Deal", True),
        ("Deal", "deal", False),
        ("Bob@X.example", "bob@x.example", False),
        ({"email": "Bob@X.example"}, "bob@x.example", True),
        ({"email": "bob@stra\u00dfe.example"}, "BOB@STRA\u00dfE.example", True),
        ({"email": "bob@strasse.example"}, "bob@stra\u00dfe.example", False),
        ({"email": "bob@\u212aelvin.example"}, "bob@kelvin.example", False),
        ({"email": "bob@x.example"}, None, False),
        ({"email": "bob@x.example"}, ["bob@x.example"], False),
        ("Bob Baker", "bob baker", False),
        ("2027-03-31T08:00:00Z", "2027-03-31 10:00:00.000000+02:00", True),
        ("2027-03-31T08:00:00Z", "2027-03-31 08:00:00", True),
        ("2027-03-31T08:00:00Z", "2027-03-31 08:00:01", False),
        ("2027-03-31T08:00:00Z", "soon", False),
        ("2027-03-31 10:00", "2027-03-31T10:00:00Z", False),
        (["a"], ["a", "b"], False),
        ({}, {"a": {"primary": True}}, False),
        ({"a": {}}, {"a": {"primary": True, "roles": ["r"]}}, True),
        ({"a": {"primary": True}}, {"a": {"primary": True, "roles": ["r"]}}, True),
        ({"a": {"primary": True, "roles": []}}, {"a": {"primary": True, "roles": ["r"]}}, False),
        ({"a": {"primary": False}}, {"a": {"primary": True}}, False),
        ({"amount": "1", "currency": "u"}, {"a": {"primary": True}}, False),
        ({"amount": "1", "currency": "u"}, None, False),
    ],
)
def test_what_counts_as_the_same(desired: Any, observed: Any, same: bool) -> None:
    assert canon.same(desired, observed) is same


@pytest.mark.parametrize(
    ("value", "compared"),
    [
        (None, None),
        (True, True),
        (12, "12"),
        (0.5, "0.5"),
        ("x ", "x"),
        ("2027-03-31 10:00", "2027-03-31 10:00"),
        (["b", "a"], ["a", "b"]),
        ([], None),
        (
            {"currency_id": "u", "base_value": 2, "value_foreign": 3},
            {"amount": "3", "currency": "u", "base": "2", "rate": "1.5"},
        ),
        ({"odd": 1}, {"odd": 1}),
    ],
)
def test_custom_values_of_the_wire(value: Any, compared: Any) -> None:
    assert canon.scalar(value) == compared


@pytest.mark.parametrize(
    ("wire", "compared"),
    [
        ({"currency_id": "u"}, None),
        (
            {"currency_id": "u", "base_value": 0},
            {"amount": "0", "currency": "u", "base": "0", "rate": None},
        ),
        (
            {"currency_id": "u", "value_foreign": "5.50"},
            {"amount": "5.5", "currency": "u", "base": None, "rate": None},
        ),
    ],
)
def test_money_with_whichever_of_its_amounts_is_there(wire: dict[str, Any], compared: Any) -> None:
    assert canon.money(wire) == compared


def money(
    amount: str, base: str | None = None, rate: str | None = None, currency: str = "u"
) -> dict[str, Any]:
    return {"amount": amount, "currency": currency, "base": base or amount, "rate": rate}


@pytest.mark.parametrize(
    ("desired", "observed", "same"),
    [
        (money("100"), money("100.004"), True),
        (money("100"), money("100.01"), False),
        (money("100.005"), money("100.01"), True),
        (money("100.001"), money("100.004"), False),
        (money("100"), money("100", currency="e"), False),
        (money("100", rate="0.9"), money("100.01"), False),
        (money("100", rate="1"), money("100.01"), False),
        (money("100", rate="150"), money("100.6"), True),
        (money("100", rate="150"), money("100.8"), False),
    ],
)
def test_amounts_differ_when_rounding_does_not_explain_it(
    desired: dict[str, Any], observed: dict[str, Any], same: bool
) -> None:
    assert canon.same(desired, observed) is same


@given(
    amount=AMOUNTS,
    rate=RATES,
    decimals=st.sampled_from([2, 6]),
    rounding=st.sampled_from([ROUND_HALF_EVEN, ROUND_HALF_UP]),
    keeps=st.sampled_from(["both", "rounded base", "base", "foreign"]),
)
def test_however_the_service_rounds_the_amount_comes_back_the_same(
    amount: Decimal, rate: Decimal, decimals: int, rounding: str, keeps: str
) -> None:
    def rounded(number: Decimal) -> Decimal:
        return number.quantize(Decimal(1).scaleb(-decimals), rounding)

    base = canon.in_base(amount, rate)
    kept = rounded(base)
    foreign = {
        "both": rounded(amount),
        "rounded base": rounded(kept * rate),
        "base": rounded(base * rate),
        "foreign": rounded(amount),
    }[keeps]
    sent = money(canon.number(amount), canon.number(base), canon.number(rate))
    back = canon.money({"base_value": float(kept), "value_foreign": float(foreign), "currency_id": "u"})

    assert canon.same(sent, back)


@given(AMOUNTS, AMOUNTS)
def test_sameness_of_base_amounts_goes_both_ways(one: Decimal, other: Decimal) -> None:
    first, second = money(canon.number(one)), money(canon.number(other))

    assert canon.same(first, second) == canon.same(second, first)
    assert not canon.same(first, second) or abs(one - other) <= Decimal("0.005")


@given(TEXTS, TEXTS)
def test_sameness_of_text_goes_both_ways(one: str, other: str) -> None:
    first, second = canon.text(one), canon.text(other)

    assert canon.same(first, second) == canon.same(second, first)
    assert canon.same(first, first)


@pytest.mark.parametrize("value", ["tomorrow", "0001-01-01T00:00:00+10:00"])
def test_impossible_times_are_refused(value: str) -> None:
    with pytest.raises((ValueError, OverflowError)):
        canon.date_time(value)


@pytest.mark.parametrize(
    ("written", "compared"),
    [
        ("Dana@Example.com", "dana@example.com"),
        ("\u00dc@X.example", "\u00dc@x.example"),
        ("\u0130@x", "\u0130@x"),
    ],
)
def test_of_an_address_the_case_of_ascii_letters_alone_does_not_count(written: str, compared: str) -> None:
    assert canon.email(written) == compared


def test_an_empty_address_is_nothing() -> None:
    assert canon.email_field(" ") is None


@pytest.mark.parametrize(
    ("held", "desired", "found"),
    [
        ("A@x.example", {"email": "b@x.example"}, {"email": "A@x.example"}),
        ("2027-01-01 12:00:00+02:00", "2027-01-02T10:00:00Z", "2027-01-01T10:00:00Z"),
        ("soon", "2027-01-02T10:00:00Z", "soon"),
        ("2027-01-01T10:00:00Z", "A", "2027-01-01T10:00:00Z"),
        (None, {"email": "b@x.example"}, None),
        ({"amount": "1"}, {"amount": "2"}, {"amount": "1"}),
    ],
)
def test_what_was_read_is_compared_in_the_form_of_what_is_desired(
    held: Any, desired: Any, found: Any
) -> None:
    """Only the manifest's side knows which text is an e-mail, and which a time."""
    assert canon.as_desired(held, desired) == found


def test_nothing_is_empty_and_an_unticked_box_or_a_zero_is_something() -> None:
    values: list[Any] = [None, {}, [], False, "0", "a"]

    assert [canon.is_empty(value) for value in values] == [True] * 3 + [False] * 3
