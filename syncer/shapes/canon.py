r"""The one form in which desired and observed values are compared.

A canonical value holds JSON types only, so that it can be kept in a plan as what was observed:

- text: NFC, `\n` between lines, without trailing blanks; empty text is None
- date: `2027-03-31`; date-time: UTC, `2027-03-31T10:00:00Z` with fractions only where there are any
  (observed ones stay as the service wrote them: only the manifest's side knows which text is a time)
- desired e-mail: `{"email": …}`, as only the manifest's side knows which text is one
- number: decimal text without exponent or trailing zeros
- reference: the id; several options: their sorted ids
- money: `{"amount", "currency", "base", "rate"}`, of which amount and currency (an id) say what it is
- lost: None when it is open, else `{"lost": True, "reason": id, "comment": text, "date": moment}`
- links: `{id of the record: {"primary": bool, "roles": [ids]}}`, and what else the link says
"""

import re
import unicodedata
from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Context, Decimal
from string import ascii_lowercase, ascii_uppercase
from typing import Any, Final

# A double keeps 15 significant digits of any decimal number (OAS: amounts are number, format double).
DOUBLE: Final = Context(prec=15)
_EXACT: Final = Context(prec=60)

_ASCII_LOWER: Final = str.maketrans(ascii_uppercase, ascii_lowercase)
_UTC: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z")


def text(value: str | None) -> str | None:
    """Return *value* as it is compared: composed, without trailing blanks, None when nothing is left."""
    if value is None:
        return None
    if not value.isascii():
        value = unicodedata.normalize("NFC", value)
    if "\r" in value:
        value = value.replace("\r\n", "\n").replace("\r", "\n")
    return value.rstrip() or None


def email(value: str) -> str:
    """Return an e-mail as it is compared: letters of ASCII without their case, and nothing else changed.

    What is equal here must be what a filter of the service finds, and no service takes `ß` for `ss`.
    """
    return value.translate(_ASCII_LOWER)


def email_field(address: str) -> dict[str, str] | None:
    """Return the canonical form of what an e-mail field shall hold."""
    plain = text(address)
    return None if plain is None else {"email": plain}


def address(held: str | Mapping[str, str]) -> str:
    """Return the e-mail that an e-mail field holds, or shall hold, as it is compared."""
    return email(held if isinstance(held, str) else held["email"])


def number(value: Decimal | float) -> str:
    """Return a number as decimal text: `10`, `0.5`, `-3`.

    Floats come from JSON; their shortest representation is what the server wrote.
    """
    if value.__class__ is float:
        plain = repr(value)
        if "e" in plain or "n" in plain:
            plain = format(_decimal(value), "f")
    else:
        plain = format(_decimal(value), "f")
    if "." in plain:
        plain = plain.rstrip("0").rstrip(".")
    return "0" if plain in {"", "-0"} else plain


def wire_number(plain: str) -> int | float:
    """Return decimal text as the JSON number the API takes: `100`, `99.5`.

    The service stores doubles (OAS: number, format double); 15 significant digits survive that, and manifests
    allow no more.
    """
    exact = Decimal(plain)
    return int(exact) if exact == exact.to_integral_value() else float(exact)


def _decimal(value: Decimal | float | str) -> Decimal:
    return value if isinstance(value, Decimal) else Decimal(str(value))


def date_time(value: str) -> str:
    """Return an ISO date-time in UTC; no offset means UTC (our assumption, the documents do not say).

    Raises:
        ValueError, OverflowError: It is none, or it is outside the years of the calendar in UTC.
    """
    moment = datetime.fromisoformat(value)
    moment = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    return moment.replace(tzinfo=None).isoformat() + "Z"


def scalar(value: Any) -> Any:
    """Return the canonical form of a custom field's value as JSON carries it; its type is not known here."""
    match value:
        case None | bool():
            return value
        case int() | float() | Decimal():
            return number(value)
        case str():
            return text(value)
        case list() | tuple():
            return sorted(map(str, value)) or None
        case {"currency_id": _, **_rest}:
            return money(value)
        case _:
            return value


def money(wire: Mapping[str, Any]) -> dict[str, Any] | None:
    """Return the canonical form of the API's `value`, whichever of its two amounts are there.

    Source: the tutorial sends one amount, the schema lists both (DOC create-opportunity, OAS Opportunity).
    """
    base, foreign = wire.get("base_value"), wire.get("value_foreign")
    if base is None and foreign is None:
        return None
    return {
        "amount": number(next(amount for amount in (foreign, base) if amount is not None)),
        "currency": wire.get("currency_id"),
        "base": None if base is None else number(base),
        "rate": None if foreign is None or (not base and foreign) or base is None else _rate(base, foreign),
    }


def _rate(base: float, foreign: float) -> str:
    return "1" if base == foreign else number(_decimal(foreign) / _decimal(base))


def in_base(amount: Decimal, rate: Decimal) -> Decimal:
    """Return *amount* of a currency in the base currency, as exact as a double can say it.

    Rounded no further: a service that keeps the base amount computes the foreign one from it anew, and one
    that checks both would refuse a pair that does not fit.

    Source: foreign = base * rate (OAS CurrencyExchangeRate).
    """
    return DOUBLE.divide(amount, rate)


def decimals(amount: str) -> int:
    """Return how many decimals *amount* is written with."""
    return len(amount.partition(".")[2])


def same(desired: Any, observed: Any) -> bool:  # noqa: C901, PLR0911 (a table of sorts of values)
    """Tell whether *observed* is what *desired* asks for; both canonical.

    Nothing, an empty list and an unticked box are the same. Of links, one that is there twice never is; what
    the desired one does not mention (`roles` of a contact whose role nobody wrote) may be anything.
    """
    if desired == observed or not (desired or observed):
        return True
    if desired is None or observed is None:
        return False
    if isinstance(desired, str):
        return isinstance(observed, str) and _same_text(desired, observed)
    if not _is_mapping(desired):
        return False
    if "email" in desired and isinstance(observed, str):
        return email(desired["email"].strip()) == email(observed.strip())
    if not _is_mapping(observed):
        return False
    if "amount" in desired:
        return "amount" in observed and _same_money(desired, observed)
    if "lost" in desired:
        return all(observed.get(part) == said for part, said in desired.items())
    if desired.keys() != observed.keys():
        return False
    for id_, link in desired.items():
        now = observed[id_]
        if "times" in now:
            return False  # linked twice, which nobody can want
        if any(
            now.get(aspect) != value and not same(value, now.get(aspect)) for aspect, value in link.items()
        ):
            return False
    return True


def as_desired(held: Any, desired: Any) -> Any:
    """Return what was read in the form in which *desired*, of the same field, is written.

    So that two values that were read are compared as what is desired is compared with either.
    """
    if not isinstance(held, str):
        return held
    if _is_mapping(desired) and "email" in desired:
        return email_field(held)
    if isinstance(desired, str) and _UTC.fullmatch(desired):
        try:
            return date_time(held)
        except (ValueError, OverflowError):
            return held
    return held


def is_empty(canonical: Any) -> bool:
    """Tell whether a canonical value says that there is nothing."""
    return canonical is None or canonical in ({}, [])


def _is_mapping(value: Any) -> bool:
    return value.__class__ is dict or isinstance(value, Mapping)


def _same_text(desired: str, observed: str) -> bool:
    """Times are the same at the same moment, the rest without the blanks around it.

    Leading blanks do not count because a service may strip them (undocumented): the plan after an apply
    would never be empty.
    """
    if _UTC.fullmatch(desired):
        try:
            return date_time(observed) == desired
        except (ValueError, OverflowError):
            return False
    return desired.lstrip() == observed.lstrip()


def _same_money(desired: Mapping[str, Any], observed: Mapping[str, Any]) -> bool:
    """Tell whether the amounts differ by no more than rounding explains.

    How a service rounds is undocumented, and a plan straight after an apply must be empty. Half a unit of the
    last decimal both sides write, half a cent at least, is rounding. In a foreign currency the service may
    round the base amount and compute the foreign one from it: the same half, times the rate, comes on top.
    """
    if desired["currency"] != observed.get("currency"):
        return False
    if desired["amount"] == observed["amount"]:
        return True
    written = min(decimals(desired["amount"]), decimals(observed["amount"]))
    half = Decimal(1).scaleb(-max(2, written)) / 2
    rate = Decimal(desired.get("rate") or 1)
    slack = half if rate == 1 else _EXACT.multiply(half, 1 + rate)
    return abs(_EXACT.subtract(Decimal(desired["amount"]), Decimal(observed["amount"]))) <= slack
