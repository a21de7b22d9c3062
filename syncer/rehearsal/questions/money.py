"""What becomes of amounts."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from syncer.rehearsal.points import Finding, found, untold
from syncer.rehearsal.stage import Stage, told

_NEAR = Decimal("0.02")


def money(stage: Stage) -> Iterator[Finding]:
    """Write amounts with many decimals, two that disagree, and one alone."""
    cast = stage.cast
    value, status = _value(stage, "money-decimals", base_value=1.123456789, currency_id=cast.currency)
    base = _number(value.get("base_value"))
    if base is None:
        yield untold("money-decimals", f"the amount got {status}")
    else:
        decimals = max(-int(base.normalize().as_tuple().exponent), 0)
        yield found("money-decimals", f"{decimals}", assumed=decimals == 6)
    currency, rate = cast.foreign or (cast.currency, Decimal(1))
    sent = float(round(20 * rate, 2))
    value, status = _value(stage, "money-both", base_value=10, value_foreign=sent, currency_id=currency)
    base, foreign = _number(value.get("base_value")), _number(value.get("value_foreign"))
    if base is None or foreign is None:
        yield found("money-both", f"refused, {status}", assumed=False)
    else:
        kept = base == 10, _like(foreign, Decimal(str(sent)))
        words = {
            (True, False): "base_value",
            (False, True): "value_foreign",
            (True, True): "both as sent",
            (False, False): "neither",
        }
        yield found("money-both", words[kept], assumed=kept == (True, False))
    if cast.foreign is None:
        yield untold("money-foreign", "the space has no other currency with a rate in force")
    else:
        value, status = _value(
            stage, "money-foreign", value_foreign=float(round(10 * rate, 2)), currency_id=currency
        )
        base = _number(value.get("base_value"))
        enough = base is not None and _like(base, Decimal(10))
        seen = "yes" if enough else f"no, {status}" if base is None else "base_value is not computed"
        yield found("money-foreign", seen, assumed=enough)
    _value(stage, "change", base_value=1, currency_id=cast.currency)


def _value(stage: Stage, step: str, **value: Any) -> tuple[dict[str, Any], str]:
    """Write a value; return what is stored then, nothing when it was refused."""
    answer = stage.change(step, value=value)
    if not answer.ok:
        return {}, told(answer)
    stored = stage.read().get("value")
    return stored if isinstance(stored, dict) else {}, told(answer)


def _number(value: Any) -> Decimal | None:
    return None if not isinstance(value, int | float) or isinstance(value, bool) else Decimal(str(value))


def _like(one: Decimal, other: Decimal) -> bool:
    return abs(one - other) <= _NEAR * max(abs(other), Decimal(1))
