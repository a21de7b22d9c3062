"""The one form in which desired and observed values are compared.

A canonical value holds JSON types only, so that it can be kept in a plan as what was observed:

- text: NFC, without trailing blanks; empty text is None
- date: `2027-03-31`; date-time: UTC, `2027-03-31T10:00:00Z` with fractions only where there are any
- number: decimal text without exponent or trailing zeros
- reference: the id; several options: their sorted ids
- money: `{"amount", "currency", "base", "rate"}`, of which amount and currency (an id) say what it is
- links: `{id of the record: {"primary": bool, "roles": [ids]}}`
"""

import re
import unicodedata
from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, Final

# The only precision any vendor document states (OAS: ProductPriceListPrice.price).
MONEY_DECIMALS: Final = Decimal("0.000001")

_DATE_TIME: Final = re.compile(r"\d{4}-\d\d-\d\d[ T]\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:?\d\d)?")


def text(value: str | None) -> str | None:
    """Return *value* as it is compared: composed, without trailing blanks, None when nothing is left."""
    if value is None:
        return None
    if not value.isascii():
        value = unicodedata.normalize("NFC", value)
    return value.rstrip() or None


def number(value: Decimal | float) -> str:
    """Return a number as decimal text: `10`, `0.5`, `-3`.

    Floats come from JSON; their shortest representation is what the server wrote.
    """
    exact = value if isinstance(value, Decimal) else Decimal(repr(value))
    plain = format(exact, "f")
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


def date_time(value: str) -> str:
    """Return an ISO date-time in UTC; no offset means UTC (our assumption, the documents do not say)."""
    moment = datetime.fromisoformat(value)
    moment = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    return moment.replace(tzinfo=None).isoformat() + "Z"


def scalar(value: Any) -> Any:
    """Return the canonical form of a custom field's value as JSON carries it.

    The type of the field is not needed: both sides pass through here.
    """
    match value:
        case None | bool():
            return value
        case int() | float() | Decimal():
            return number(value)
        case str():
            if _DATE_TIME.fullmatch(value):
                try:
                    return date_time(value)
                except ValueError:
                    return text(value)
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
    amount = foreign if foreign is not None else base
    return {
        "amount": number(amount if amount is not None else 0),
        "currency": wire.get("currency_id"),
        "base": None if base is None else number(base),
        "rate": None if not base or foreign is None else number(Decimal(repr(foreign)) / Decimal(repr(base))),
    }


def decimals(amount: str) -> int:
    """Return how many decimals *amount* is written with."""
    return len(amount.partition(".")[2])


def same(desired: Any, observed: Any) -> bool:
    """Tell whether *observed* is what *desired* asks for; both canonical.

    Nothing, an empty list and an unticked box are the same. Of links, what the desired one does not mention
    (`roles` of a contact whose role nobody wrote) may be anything.
    """
    if desired == observed or not (desired or observed):
        return True
    if not (isinstance(desired, Mapping) and isinstance(observed, Mapping)):
        return False
    if "amount" in desired:
        return _same_money(desired, observed)
    return desired.keys() == observed.keys() and all(
        observed[id_].get(aspect) == value for id_, link in desired.items() for aspect, value in link.items()
    )


def _same_money(desired: Mapping[str, Any], observed: Mapping[str, Any]) -> bool:
    """Amounts are the same when less than half a unit of the last written decimal apart, a cent at least.

    Measured in the base currency: how the server rounds between the two amounts of `value` is undocumented,
    and a plan straight after an apply must be empty.
    """
    if desired["currency"] != observed.get("currency"):
        return False
    step = Decimal(1).scaleb(-max(2, decimals(desired["amount"])))
    rate = max(Decimal(1), Decimal(desired.get("rate") or 1))
    return abs(Decimal(desired["amount"]) - Decimal(observed["amount"])) < step / 2 * rate
