"""Single values of a request body: is this a value of that field?"""

import math
import re
from typing import Any, Final

from syncer.sandbox.clock import parse_day, parse_moment
from syncer.sandbox.entities import Field

MONEY_PARTS: Final = ("base_value", "currency_id", "value_foreign")
_UUID: Final = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")


def is_number(value: Any) -> bool:
    """Whether *value* is a JSON number that a double can hold (true and false are not)."""
    if not isinstance(value, int | float) or isinstance(value, bool):
        return False
    try:
        return math.isfinite(value)
    except OverflowError:
        return False


def _is_shallow(value: Any, levels: int = 50) -> bool:
    """Whether *value* nests no deeper than can be written again; the limit of the service is undocumented."""
    if not isinstance(value, dict | list):
        return True
    items = value.values() if isinstance(value, dict) else value
    return levels > 0 and all(_is_shallow(item, levels - 1) for item in items)


def is_uuid(value: Any) -> bool:
    """Whether *value* is the text of a uuid, written with dashes."""
    return isinstance(value, str) and _UUID.fullmatch(value) is not None


def _is_integer(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and abs(value) < 2**63


def _is_money(value: Any) -> bool:
    if not isinstance(value, dict) or not value.keys() <= set(MONEY_PARTS):
        return False
    amounts = (value.get("base_value"), value.get("value_foreign"))
    return isinstance(value.get("currency_id"), str | None) and all(
        a is None or is_number(a) for a in amounts
    )


def _fits(field: Field, value: Any) -> bool:  # noqa: PLR0911 (a table of types)
    match field.kind:
        case "bool":
            return isinstance(value, bool)
        case "int":
            # OAS: all are int32; nothing is said of custom ones.
            return _is_integer(value) and (field.is_custom or abs(value) < 2**31)
        case "flags":
            bits = sum(bit for bit in field.enum if isinstance(bit, int))
            return _is_integer(value) and value >= 0 and not value & ~bits
        case "float":
            return is_number(value)
        case "uuid":
            return is_uuid(value)
        case "object":
            return isinstance(value, dict | list) and _is_shallow(value)
        case "array":
            return isinstance(value, list) and _is_shallow(value)
        case "ids":
            return isinstance(value, list) and all(isinstance(item, str) for item in value)
        case "money":
            return _is_money(value)
        case "binary":
            return _is_shallow(value)
        case _:
            return isinstance(value, str)


def read_value(field: Field, value: Any, *, strip: bool = False) -> Any:
    """Give *value* as it is stored.

    Raises:
        ValueError: It is no value of this field; how the service words that is undocumented.
    """
    if value is None or (value == "" and field.kind in ("id", "date", "datetime")):
        return None
    if field.kind in ("text", "id"):
        if not isinstance(value, str):
            raise ValueError
        return value.strip() if strip and field.kind == "text" else value
    if not _fits(field, value):
        raise ValueError
    if field.enum and field.kind != "flags" and value not in field.enum:
        raise ValueError
    if field.kind == "date":
        return parse_day(value)
    if field.kind == "datetime":
        return parse_moment(value)
    if field.kind == "float":
        return float(value)
    return value.strip() if strip and field.kind == "text" else value
