"""Amounts in two currencies: the base currency of the space and the one of the record.

OAS CurrencyExchangeRate: foreign = base * rate. OAS CurrencyExchangeRatesList: the list in force is the
latest whose `valid_from` has passed. DOC create-opportunity: `currency_id` and one amount are enough.
"""

import math
from decimal import Decimal, localcontext
from typing import Any, Final

from syncer.sandbox.database import Database
from syncer.sandbox.envelope import MISSING, NO_SUCH_RECORD, Problem
from syncer.sandbox.switches import Switches

# No double has more decimals, nor has it more digits before and behind the point.
_MOST_DECIMALS: Final = 1100
_DIGITS: Final = 1500


def base_currency(db: Database) -> str | None:
    """Give the id of the one base currency. Source: OAS Currency.is_base."""
    found: str | None = db.recall('SELECT id FROM "Currency" WHERE is_base AND NOT is_deleted')
    return found


def rate_in_force(db: Database, currency_id: str, list_id: str | None, now: str) -> float | None:
    """Give the rate of a currency, 1 for the base currency, None when no list in force has one.

    Args:
        db: The space.
        currency_id: The currency.
        list_id: The rate list the record names; None for the one in force.
        now: The time as a stamp.
    """
    if currency_id == base_currency(db):
        return 1.0
    list_id = list_id or db.one(
        'SELECT id FROM "CurrencyExchangeRatesList" WHERE NOT is_deleted AND valid_from <= ?'
        " ORDER BY valid_from DESC, id DESC LIMIT 1",
        now,
    )
    rate: float | None = db.recall(
        'SELECT exchange_rate FROM "CurrencyExchangeRate" WHERE NOT is_deleted AND exchange_rate > 0'
        " AND currency_exchange_rate_list_id = ? AND currency_id = ?",
        list_id,
        currency_id,
    )
    return rate


def rounded(amount: Decimal, decimals: int) -> float:
    """Round half to even; 6 decimals is the only precision OAS states (ProductPriceListPrice.price).

    Raises:
        ValueError: More than a double can hold.
    """
    with localcontext(prec=_DIGITS):
        result = float(round(amount, min(decimals, _MOST_DECIMALS)))
    if not math.isfinite(result):
        raise ValueError
    return result


def _decimal(number: float) -> Decimal:
    return Decimal(str(number))


def complete(
    db: Database, switches: Switches, entity: str, field: str, value: dict[str, Any], list_id: str | None
) -> tuple[dict[str, Any], list[Problem]]:
    """Fill in the amount that was not sent.

    Returns:
        `{base_value, currency_id, value_foreign}` and what is wrong: no currency or no amount (119), an
        unknown currency (120), a currency without a rate. The last two texts are undocumented.
    """
    base, foreign, currency_id = value.get("base_value"), value.get("value_foreign"), value.get("currency_id")
    if not currency_id or (base is None and foreign is None):
        part = "currency_id" if not currency_id else "base_value"
        return value, [Problem(field, f"Non-null field '{field}.{part}' is null or empty.", *MISSING)]
    if db.recall('SELECT 1 FROM "Currency" WHERE id = ? AND NOT is_deleted', currency_id) is None:
        text = f"[{field}] Relation {entity}.{field}={currency_id} to Currency doesn't exist!"
        return value, [Problem(field, text, *NO_SUCH_RECORD)]
    rate = rate_in_force(db, currency_id, list_id, db.now()[0])
    if rate is None:
        return value, [Problem(field, f"[{field}] No exchange rate of currency {currency_id} is in force.")]
    try:
        return _both(switches, currency_id, base, foreign, _decimal(rate)), []
    except _DisagreeError:
        return value, [Problem(field, f"[{field}] base_value and value_foreign disagree.")]
    except ValueError:
        return value, [Problem(field, f"[{field}] Invalid value.")]


class _DisagreeError(Exception):
    """Both amounts were sent, and they are not the same money."""


def _both(
    switches: Switches, currency_id: str, base: float | None, foreign: float | None, factor: Decimal
) -> dict[str, Any]:
    """Give the whole value.

    Raises:
        ValueError: An amount is more than a double can hold.
    """
    decimals = switches.money_decimals
    disagree = (
        base is not None
        and foreign is not None
        and rounded(_decimal(base) * factor, decimals) != rounded(_decimal(foreign), decimals)
    )
    if disagree and switches.both_amounts == "refused":
        raise _DisagreeError
    if base is None or (foreign is not None and switches.both_amounts == "foreign-wins"):
        assert foreign is not None
        in_base, in_foreign = _decimal(foreign) / factor, _decimal(foreign)
    else:
        in_base, in_foreign = _decimal(base), _decimal(base) * factor
    return {
        "base_value": rounded(in_base, decimals),
        "currency_id": currency_id,
        "value_foreign": rounded(in_foreign, decimals),
    }
