"""Numbers, as exact as a double keeps them."""

import re
from decimal import Decimal, InvalidOperation
from typing import Any, Final

from syncer.shapes import canon
from syncer.shapes.base import Field, Misfit, Names, Plain, Schema, Spellings, Value
from syncer.shapes.spelling import UNFIT, Bare, Unsayable

_MOST_DIGITS: Final = 300
_NUMBER: Final = re.compile(r"-?[0-9]+(\.[0-9]+)?")


class NumberShape(Plain):
    """A decimal number, or a whole one."""

    def __init__(self, name: str, *, whole: bool) -> None:
        self.name = name
        self.json: Schema = {"type": ["integer" if whole else "number", "null"]}
        self._whole = whole

    def resolve(self, written: Any, _field: Field, _names: Names) -> Value:
        """Return the number as decimal text, and as the JSON number that the service keeps."""
        plain = self._plain(written)
        return Value(plain, plain, canon.wire_number(plain))

    def write(self, canonical: Any, _field: Field) -> Any:
        """Return the JSON number that the service keeps."""
        return canon.wire_number(canonical) if isinstance(canonical, str) else canonical

    def spell(self, canonical: Any, _field: Field, _names: Spellings) -> Bare:
        """Return the number in digits."""
        try:
            return Bare(self._plain(canonical))
        except Misfit:
            raise Unsayable(UNFIT) from None

    def _plain(self, written: Any) -> str:
        exact = _decimal(written)
        if exact is None or (self._whole and exact != exact.to_integral_value()):
            raise Misfit
        if (exact and abs(exact.adjusted()) > _MOST_DIGITS) or not _fits_double(plain := canon.number(exact)):
            raise Misfit("has more digits than Pipeliner can keep")
        return plain


NUMBER: Final = NumberShape("number", whole=False)
WHOLE: Final = NumberShape("whole number", whole=True)


def _decimal(value: Any) -> Decimal | None:
    if isinstance(value, bool) or (isinstance(value, str) and not _NUMBER.fullmatch(value.strip())):
        return None
    try:
        exact = Decimal(str(value))
    except InvalidOperation:
        return None
    return exact if exact.is_finite() else None


def _fits_double(plain: str) -> bool:
    """Tell whether a double keeps a number exactly as it is written."""
    return Decimal(repr(float(plain))) == Decimal(plain)
