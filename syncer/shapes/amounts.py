"""Amounts and currencies as people write them."""

import re
from decimal import Decimal
from typing import Any, Final

from syncer.model.fix import Write
from syncer.shapes.base import Unfit
from syncer.shapes.currencies import DECIMALS, decimals_of, fewer_decimals, too_fine
from syncer.shapes.spelling import Bare
from syncer.shapes.words import shown

MAX_DIGITS: Final = 15
MAX_DECIMALS: Final = 6

# Those that only wrong input meets are compiled when it comes.
_AMOUNT: Final = r"(?:0|[1-9][0-9]*)(?:\.[0-9]+)?"
_MONEY: Final = re.compile(r"((?:0|[1-9][0-9]*)(?:\.[0-9]+)?)(?:[ \t]+([A-Z]{3}))?")
_LOOSE: Final = (
    r"(?P<sign>[-+]?)\s*(?P<before>[A-Za-z]{3})?\s*"
    r"(?P<number>[.,]?[0-9][0-9.,'\u2019_ \u00a0\u202f]*)\s*(?P<after>[A-Za-z]{3})?"
)
_CURRENCY: Final = r"[A-Z]{3}"
_GROUPS: Final = r"['\u2019_ \u00a0\u202f]"
# Of two readings: thousands, or three decimals.
_ONE_GROUP: Final = r"[1-9][0-9]{0,2},[0-9]{3}"
# Of one reading: no sign but the decimal one; groups of three with one sign, and another one for decimals;
# groups as in India.
_EXACT: Final = (
    r"[0-9]+(?:[.,][0-9]+)?|[0-9]{1,3}(?:(?P<sign>[.,'\u2019_ \u00a0\u202f])[0-9]{3})(?:(?P=sign)[0-9]{3})*"
    r"(?:(?!(?P=sign))[.,][0-9]+)?|[0-9]{1,2}(?:,[0-9]{2})+,[0-9]{3}(?:\.[0-9]+)?"
)
_BASED: Final = r"(?i:0[xob][0-9a-f_]+(?:\s.*)?)"
_EXPONENT: Final = r"(?s:[-+]?[0-9]*\.?[0-9]+[eE][-+]?[0-9]+(?:\s.*)?)"


def amount_of(raw: Any, usual: str | None = None) -> Decimal:
    """Return an amount written as a YAML number or as text such as `100.00`.

    Args:
        raw: As it is written.
        usual: Code of the currency that it is in, as far as that is known.

    Raises:
        Unfit: `bad-amount`.
    """
    if isinstance(raw, str):
        text = raw.strip()
        if not re.fullmatch(_AMOUNT, text):
            raise _bad_amount(text, "100.00", usual)
        amount = Decimal(text)
    else:
        amount = Decimal(raw)
    return _checked(amount, shown(raw))


def money_of(text: str, usual: str | None = None) -> tuple[Decimal, str | None]:
    """Return amount and currency code of text such as `100 USD` or `100`.

    Args:
        text: As it is written.
        usual: Code of the currency where none is written, as far as that is known.

    Raises:
        Unfit: `bad-amount`.
    """
    match = _MONEY.fullmatch(text.strip())
    if not match:
        raise _bad_amount(text.strip(), "100 USD", usual)
    whole, _, part = match[1].partition(".")
    amount = Decimal(match[1])
    code = match[2]
    if len(part) > MAX_DECIMALS or len(whole) + len(part) > MAX_DIGITS:
        _checked(amount, shown(text))
    check_decimals(amount, code)
    return amount, code


def check_decimals(amount: Decimal, code: str | None) -> None:
    """Raise Unfit when *amount* is written with more decimals than its currency has."""
    if (found := too_fine(amount, code)) is not None:
        raise Unfit("bad-amount", *found)


def is_ambiguous(amount: Decimal, code: str | None) -> bool:
    """Tell whether *amount* may be meant as thousands, separated with a dot as in `1.500`.

    A currency with fewer decimals refuses such an amount, one with three means it.
    """
    return 1 <= amount < 1000 and decimals_of(amount) == 3 and code not in DECIMALS


def currency_of(text: str) -> str:
    """Return a currency code.

    Raises:
        Unfit: `bad-value`, when it is not three capital letters.
    """
    if re.fullmatch(_CURRENCY, text):
        return text
    upper = text.strip().upper()
    hint = f"write {upper}" if re.fullmatch(_CURRENCY, upper) else "such as USD or EUR"
    hint = Write(hint, upper) if upper in DECIMALS else hint
    raise Unfit("bad-value", f"{shown(text)} is not a currency code; these are three capital letters.", hint)


def _checked(amount: Decimal, written: str) -> Decimal:
    if amount.is_signed():
        raise Unfit("bad-amount", f"{written} is negative; the value of an opportunity cannot be.")
    _sign, digits, exponent = amount.as_tuple()
    assert isinstance(exponent, int)
    text = "".join(map(str, digits)).rjust(-exponent, "0")
    whole, decimals = (text[:exponent], text[exponent:].rstrip("0")) if exponent < 0 else (text, "")
    if len(decimals) > MAX_DECIMALS:
        raise Unfit(
            "bad-amount",
            f"{written} has {len(decimals)} decimals; the service keeps {MAX_DECIMALS}.",
            f"round it to {MAX_DECIMALS} decimals or fewer",
        )
    size = len((whole + decimals).lstrip("0"))
    if size > MAX_DIGITS:
        raise Unfit(
            "bad-amount",
            f"{written} has {size} digits; the service stores amounts as double numbers, "
            f"which keep {MAX_DIGITS} exactly.",
            f"round it to {MAX_DIGITS} digits or fewer",
        )
    return amount


def _bad_amount(text: str, form: str, usual: str | None) -> Unfit:
    if re.fullmatch(_EXPONENT, text):
        return Unfit(
            "bad-amount", f"{shown(text)} is written with an exponent.", "write all digits, such as 1000"
        )
    if re.fullmatch(_BASED, text):
        return Unfit(
            "bad-amount", f"{shown(text)} is not written in decimal digits.", f"write it like {form}"
        )
    plain_digits = _ascii_digits(text)
    match = re.fullmatch(_LOOSE, plain_digits)
    if not match:
        return Unfit("bad-amount", f"{shown(text)} is not an amount.", f"write it like {form}")
    if match["sign"] == "-":
        return Unfit("bad-amount", f"{shown(text)} is negative; the value of an opportunity cannot be.")
    currency = (match["after"] or match["before"] or "").upper()
    number = re.sub(_GROUPS, "", match["number"])
    grouped = number != match["number"].strip() or "," in number or number.count(".") > 1
    plain = _plain_number(number)
    if form == "100.00" and currency:
        return Unfit(
            "bad-amount",
            f"{shown(text)} is not an amount alone.",
            f"write amount: {plain or '100.00'} and currency: {currency}",
        )
    right = _right(match["number"].strip(), plain, currency, usual) if plain else f"write it like {form}"
    if grouped:
        detail = "has separators; an amount is digits with at most one decimal point."
    elif plain_digits != text:
        detail = "is written in digits of another script."
    elif re.match(r"0[0-9]", number):
        detail = "begins with a zero; some readers take such numbers for octal ones."
    else:
        detail = "is not an amount as manifests have it."
    return Unfit("bad-amount", f"{shown(text)} {detail}", right)


def _right(number: str, plain: str, currency: str, usual: str | None) -> str:
    """Return what to write for *number*, which is *plain* as far as separators tell."""
    known = currency or usual or ""
    decimals = plain.partition(".")[2]
    if re.fullmatch(_ONE_GROUP, number) and DECIMALS.get(known, MAX_DECIMALS) >= 3:
        both = [f"{number.replace(',', sign)} {currency}".strip() for sign in ("", ".")]
        return f"write {both[0]} if you mean thousands, {both[1]} if not"
    if currency in DECIMALS and len(decimals) > DECIMALS[currency]:
        return fewer_decimals(plain, currency)
    meant = f"{plain} {currency}".strip()
    # Three letters that are no currency may mean anything: `5 mio`.
    exact = re.fullmatch(_EXACT, number) and (not currency or currency in DECIMALS)
    return Write(f"write {meant}", Bare(meant)) if exact else f"write {meant}"


def _ascii_digits(text: str) -> str:
    """Return *text* with digits, letters and points of other scripts as the ones of ASCII."""
    if text.isascii():
        return text
    # Imported where something is wrong.
    import unicodedata  # noqa: PLC0415

    folded = "".join(
        str(digit) if (digit := unicodedata.decimal(sign, None)) is not None else sign for sign in text
    )
    return "".join(chr(ord(sign) - 0xFEE0) if "\uff01" <= sign <= "\uff5e" else sign for sign in folded)


def _plain_number(number: str) -> str | None:
    """Return what was probably meant by separators, None when two readings are possible."""
    marks = [character for character in number if character in ",."]
    if not marks:
        return _without_zeros(number, "")
    whole, _, rest = number.rpartition(marks[-1])
    if len(set(marks)) == 2:  # 1.000,50 or 1,000.50: the last one is the decimal mark
        digits = whole.replace(",", "").replace(".", "")
        return _without_zeros(digits, rest) if marks.count(marks[-1]) == 1 and rest else None
    if len(marks) > 1:  # 1,000,000
        return _without_zeros(number.replace(marks[0], ""), "")
    if re.fullmatch(_ONE_GROUP, number):
        return _without_zeros(whole + rest, "")
    return _without_zeros(whole, rest)


def _without_zeros(whole: str, rest: str) -> str:
    whole = whole.lstrip("0") or "0"
    return f"{whole}.{rest}" if rest else whole
