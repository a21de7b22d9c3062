"""Amounts in foreign currencies → their base amounts, at the rates that are in force when they are written.

A plan is made and reviewed in the foreign amount. Pipeliner keeps the amount in its base currency beside it,
so a rate that moved between plan and apply would else store another foreign amount than the one reviewed.
"""

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Any

from syncer.kinds import codec
from syncer.model.change import WRITES, Change
from syncer.model.plan import Plan
from syncer.model.problem import Problem, ResolveError
from syncer.planning import shown
from syncer.remote.client import Api
from syncer.remote.lookup import RATE_LISTS, RATES, take_rates
from syncer.remote.query import read_all
from syncer.resolve.directory import Directory
from syncer.shapes import canon
from syncer.shapes.money import is_foreign


def repriced(api: Api, plan: Plan) -> Plan:
    """Return *plan* with the base amounts that follow from the rates in force now.

    Raises:
        ResolveError: A currency has no rate any more; nothing may be written.
        RemoteError: The rates cannot be read.
    """
    home = plan.space.base_currency
    if not any(_foreign(change, home) for change in plan.writes):
        return plan
    directory = Directory()
    rates, lists = read_all(api, [RATES, RATE_LISTS])
    take_rates(directory, rates.rows, lists.rows)
    missing = [
        Problem(
            "currency-without-rate",
            f"{change.address} is in a currency that has no rate in force any more.",
            change.span,
            hint="set a rate in Pipeliner; then plan again",
            address=change.address,
        )
        for change in plan.writes
        if any(value["currency"] not in directory.rates for value in _foreign(change, home).values())
    ]
    if missing:
        raise ResolveError(missing)
    return replace(plan, changes=tuple(_repriced(change, directory.rates, home) for change in plan.changes))


def _foreign(change: Change, home: str | None) -> dict[str, Mapping[str, Any]]:
    """Return the amounts in foreign currencies that *change* sends, by path.

    A value that is taken back is as the service had it, and that has both amounts in the base currency, too.

    Args:
        change: What is sent.
        home: Code of the base currency.
    """
    if change.restores:
        return {}  # it comes back as it was
    written = shown.written_after(change)
    sent = ((path, value) for path, value in codec.sent(change).items() if is_foreign(value))
    return {path: value for path, value in sent if _code(written.get(path)) != home}


def _code(written: Any) -> str | None:
    """Return the code of the currency of an amount as people write it."""
    return written.get("currency") if isinstance(written, Mapping) else None


def _repriced(change: Change, rates: Mapping[str, Decimal], home: str | None) -> Change:
    foreign = _foreign(change, home) if change.action in WRITES else {}
    if not foreign or change.after is None:
        return change
    bound = {path: _bound(value, rates[value["currency"]]) for path, value in foreign.items()}
    return replace(change, after=change.after._replace(canon={**change.after.canon, **bound}))


def _bound(value: Mapping[str, Any], rate: Decimal) -> dict[str, Any]:
    base = canon.in_base(Decimal(value["amount"]), rate)
    return {**value, "base": canon.number(base), "rate": canon.number(rate)}
