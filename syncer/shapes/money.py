"""An amount with its currency."""

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Final

from syncer.model.declared import Money, Reference, Sum
from syncer.model.names import Labels
from syncer.model.problem import Severity
from syncer.model.span import ValuePath
from syncer.shapes import canon
from syncer.shapes.amounts import MAX_DIGITS, amount_of, check_decimals, currency_of, is_ambiguous, money_of
from syncer.shapes.base import At, Field, Forms, Names, Plain, Schema, Spellings, Unfit, Value, ref
from syncer.shapes.currencies import DECIMALS, too_fine
from syncer.shapes.reference import named
from syncer.shapes.spelling import Bare, Commented, Unsayable
from syncer.shapes.spelling import plain as without_comment

_CODE: Final = re.compile(r"[A-Z]{3}")


class MoneyShape(Plain):
    """An amount in a currency, which the field refers to."""

    name = "money"

    def parse(self, raw: Any, field: Field, at: At, name: str) -> Money | Sum:
        """Return the amount, and its currency or that of the defaults; or that it is the sum of lines."""
        if field.adds is not None and raw == Sum.LINES.value:
            return Sum.LINES
        refers = field.refers or ""
        path: ValuePath = (name,)
        currency = at.currency
        try:
            if isinstance(raw, dict):
                path = (name, "amount")
                usual = said if isinstance(said := raw.get(refers), str) else code_of(currency)
                amount = amount_of(at.as_written(raw["amount"], path), usual)
                if refers in raw:
                    currency = currency_at(refers, raw[refers], (name, refers), at)
            elif isinstance(raw, str):
                amount, code = money_of(raw, code_of(currency))
                if code is not None:
                    currency = named(refers, code, (name,), at)
            else:
                amount = amount_of(at.as_written(raw, path), code_of(currency))
            check_decimals(amount, code_of(currency))
        except Unfit as unfit:
            raise at.note(unfit.code, path, unfit.detail, unfit.hint) from None
        if is_ambiguous(amount, code_of(currency)):
            at.note(
                "amount-ambiguous",
                path,
                f"{amount} is read as {amount.normalize():f}, with three decimals.",
                f"write {str(amount).replace('.', '')} if you mean thousands, {amount.normalize():f} if not",
                severity=Severity.WARNING,
            )
        return Money(amount, currency)

    def resolve(self, written: Money, field: Field, names: Names) -> Value:
        """Return the amount; in a foreign currency its base amount is at the rate in force."""
        known = names.rate(written.currency, (field.name, field.refers or ""))
        if (found := too_fine(written.amount, known.code)) is not None:
            # In the base currency, or in one that is written by its id.
            raise names.refused((field.name, "amount"), "bad-amount", *found)
        plain = canon.number(written.amount)
        base = plain if known.rate is None else canon.number(canon.in_base(written.amount, known.rate))
        canonical = {"amount": plain, "currency": known.id, "base": base, "rate": known.written}
        return Value(canonical, {"amount": amount(plain, known.code), "currency": known.code}, None)

    def read(self, wire: Any, _field: Field) -> dict[str, Any] | None:
        """Return amount, currency, base amount and rate."""
        return canon.money(wire) if isinstance(wire, dict) else None

    def holds(self, value: Any) -> bool:
        """Tell whether *value* is canonical."""
        if value is None:
            return True
        if not isinstance(value, Mapping) or not isinstance(value.get("currency"), str | None):
            return False
        return _is_number(value.get("amount")) and (value.get("rate") is None or _is_number(value["rate"]))

    def write(self, canonical: Any, _field: Field) -> dict[str, Any] | None:
        """Return the base amount, and the foreign one where there is a rate."""
        if canonical is None:
            return None
        body: dict[str, Any] = {
            "base_value": canon.wire_number(canonical["base"]),
            "currency_id": canonical["currency"],
        }
        if canonical["rate"] is not None:
            body["value_foreign"] = canon.wire_number(canonical["amount"])
        return body

    def ids(self, canonical: Any, field: Field) -> list[tuple[str, str]]:
        """Return the currency."""
        currency = canonical and canonical["currency"]
        return [(field.refers or "", currency)] if currency else []

    def show(self, canonical: Any, field: Field, labels: Labels) -> dict[str, str] | None:
        """Return the amount with its cents, and the code of the currency."""
        return None if canonical is None else shown(canonical, field.refers or "", labels)

    def spell(self, canonical: Any, field: Field, names: Spellings) -> Any:
        """Return the amount with the code of its currency, or with its id where the code is not its own."""
        refers = field.refers or ""
        currency, exact = canonical.get("currency"), canonical["amount"]
        label, is_rated = names.currency(currency)
        if not is_rated:
            raise Unsayable(f"{exact} {label} has no exchange rate")
        written = _spelled(exact, label)
        is_rounded = canon.decimals(exact) > DECIMALS.get(label, MAX_DIGITS)
        rounded = {**canonical, "amount": canon.number(Decimal(written)), "rate": None}
        if is_rounded and not canon.same(rounded, canonical):
            raise Unsayable(f"{exact} {label} has more decimals than {label} has")
        try:
            money_of(written)
        except Unfit as unfit:
            raise Unsayable(unfit.detail) from None
        code = without_comment(names.named(refers, currency))
        if isinstance(code, str) and _CODE.fullmatch(code):
            said = Bare(f"{written} {code}")
            return Commented(said, f"{exact} in Pipeliner") if is_rounded else said
        return Commented({"amount": written, refers: {"id": currency}}, f"{written} {label}")

    def schema(self, field: Field, _forms: Forms) -> Schema:
        """Return the JSON schema of `100 USD`, of an amount, and of the two apart."""
        currency = field.refers or ""
        apart = {
            "type": "object",
            "properties": {"amount": ref("amount"), currency: ref(currency)},
            "required": ["amount"],
            "additionalProperties": False,
        }
        either: list[Schema] = [{"type": "string", "minLength": 1}, {"type": "number"}, apart]
        return field.about.schema() | {"anyOf": either}

    def parts(self, _field: Field, _forms: Forms) -> Mapping[str, Schema]:
        """Return the definition of an amount alone."""
        return {
            "amount": {
                "description": "A decimal number with at most six decimals, with or without quotes.",
                "x-expects": 'an amount like 100 or "100.50"',
                "type": ["number", "string"],
                "minLength": 1,
            }
        }

    def defaults(self, field: Field) -> tuple[str, ...]:
        """Return the currency: an amount is nobody's default."""
        return (field.refers or "",)


def _is_number(value: Any) -> bool:
    try:
        return isinstance(value, str) and Decimal(value).is_finite()
    except ArithmeticError:
        return False


MONEY: Final = MoneyShape()


def code_of(currency: Reference | None) -> str | None:
    """Return the code that a currency is written with, if it is."""
    return currency.text if currency else None


def currency_at(refers: str, raw: Any, path: ValuePath, at: At) -> Reference:
    """Return the currency that is written at *path*.

    Raises:
        Faulty: It is no code.
    """
    if isinstance(raw, dict) and "code" in raw:
        raw, path = raw["code"], (*path, "code")
    if isinstance(raw, str):
        try:
            currency_of(raw)
        except Unfit as unfit:
            raise at.note(unfit.code, path, unfit.detail, unfit.hint) from None
    return named(refers, raw, path, at)


def is_foreign(canonical: Any) -> bool:
    """Tell whether a canonical value is an amount that is sent in a currency besides the base amount."""
    return isinstance(canonical, Mapping) and canonical.get("rate") is not None


def shown(canonical: Mapping[str, Any], refers: str, labels: Labels) -> dict[str, str]:
    """Return an amount as people read it."""
    code = labels.written(refers, canonical["currency"])
    return {"amount": amount(canonical["amount"], code), "currency": code}


def amount(plain: str, code: str | None = None) -> str:
    """Return an amount as people read it: with its cents, and more decimals only where there are more."""
    whole, _, part = plain.partition(".")
    least = min(DECIMALS.get(code or "", 2), 2)
    return f"{whole}.{part:0<{least}}" if part or least else whole


def _spelled(plain: str, code: str) -> str:
    """Return a decimal text as people write amounts of the currency *code*.

    A currency of somebody's own never gets three decimals: 1.500 may mean 1500.
    """
    if "." not in plain:
        return plain
    if code in DECIMALS:
        part = plain.partition(".")[2]
        if len(part) > DECIMALS[code]:
            plain = f"{Decimal(plain):.{DECIMALS[code]}f}"
        return amount(plain, code)
    written = amount(plain)
    return written + "0" if len(written.partition(".")[2]) == 3 else written
