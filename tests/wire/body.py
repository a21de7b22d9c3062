"""What the facts say about the body of a request."""

import json
import re
from collections.abc import Iterator
from datetime import date, datetime
from typing import Any, Final

from tests.wire.facts import ENTITIES, Entity, Field, is_id

_MOST_ITEMS: Final = 100
_MONEY: Final = frozenset({"base_value", "value_foreign", "currency_id"})
_PRIMARY: Final = frozenset({"account_relations", "contact_relations"})
_LETTER: Final = {"create": "c", "update": "u", "batch": "b"}


def body_faults(entity: Entity | None, operation: str, body: bytes) -> Iterator[str]:
    """Yield a sentence for each thing in *body* that is not as documented."""
    try:
        value = json.loads(body.decode("utf-8"), parse_constant=_no_constant)
    except ValueError:
        yield "the body is no JSON"
        return
    if operation in {"create", "update"}:
        if entity is not None:
            yield from _record(entity, operation, value)
        return
    if not isinstance(value, list) or not 1 <= len(value) <= _MOST_ITEMS:
        yield f"the body of {operation} is no list of 1 to {_MOST_ITEMS} items"
        return
    ids = [item.get("id") if isinstance(item, dict) else item for item in value]
    texts = [each for each in ids if isinstance(each, str)]
    if len(set(texts)) < len(texts):
        yield f"{operation} names one record twice"
    for item in value:
        if operation != "batch-modify":
            if not is_id(item):
                yield f"{item!r} in {operation} is no id"
        elif entity is not None:
            yield from _record(entity, "batch", item)


def _no_constant(name: str) -> None:
    raise ValueError(name)


def _record(entity: Entity, way: str, body: Any, *, parents: tuple[str, ...] = ()) -> Iterator[str]:
    """Judge one object; *parents* are the kinds it may be nested in, whose ids it then need not give."""
    if not isinstance(body, dict):
        yield f"a body of {entity.name} is no object"
        return
    is_new = way == "create" or (way == "batch" and "id" not in body)
    for name, value in body.items():
        yield from _member(entity, way, name, value)
        if not is_new and name in entity.needs and value in (None, ""):
            yield f"{entity.name}.{name} is emptied, which every one has"
    if not is_new:
        return
    for name in entity.needs:
        if body.get(name) in (None, "") and entity.fields[name].detail not in parents:
            yield f"a new {entity.name} lacks {name}"
    if entity.name == "Contact" and not (body.get("first_name") or body.get("last_name")):
        yield "a new Contact lacks a name"


def _member(entity: Entity, way: str, name: str, value: Any) -> Iterator[str]:
    field = entity.field(name)
    if entity.name == "Field" and name == "data_set":
        return  # the documents send a list of options that the schema lacks
    if field is None:
        yield f"{entity.name} has no field {name}"
    elif _LETTER[way] not in field.rights:
        # An item of a batch without id is a create, but is written with the inputs of the batch.
        yield f"{entity.name}.{name} is not in the input of {way}"
    elif value is not None:
        yield from _value(entity, way, name, field, value)


def _value(entity: Entity, way: str, name: str, field: Field, value: Any) -> Iterator[str]:
    if field.kind == "many":
        yield from _rows(entity, way, name, field, value)
    elif field.kind == "money":
        yield from _money(value)
    elif not _fits(field, value):
        yield f"{entity.name}.{name}: {json.dumps(value)[:60]} is no {field.kind}"


def _rows(entity: Entity, way: str, name: str, field: Field, value: Any) -> Iterator[str]:
    if not isinstance(value, list):
        yield f"{entity.name}.{name} is no list"
        return
    child = ENTITIES.get(field.detail)
    if child is not None:
        for row in value:
            inner = "batch" if isinstance(row, dict) and "id" in row else "create"
            yield from _record(child, inner, row, parents=(entity.name, "LeadOppty"))
    if name in _PRIMARY and value:
        marked = sum(isinstance(row, dict) and row.get("is_primary") is True for row in value)
        if marked > 1 or (marked == 0 and way != "update"):
            yield f"{entity.name}.{name} has {marked} primary rows"


def _money(value: Any) -> Iterator[str]:
    if not isinstance(value, dict) or not value.keys() <= _MONEY:
        yield f"a value is {json.dumps(value)[:60]}"
        return
    base, foreign = value.get("base_value"), value.get("value_foreign")
    amounts = [amount for amount in (base, foreign) if amount is not None]
    if not is_id(value.get("currency_id")):
        yield "a value has no currency_id"
    if not amounts or not all(_is_number(amount) for amount in amounts):
        yield f"a value has no number: base_value {base!r}, value_foreign {foreign!r}"


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _fits(field: Field, value: Any) -> bool:  # noqa: PLR0911 (a table of types)
    match field.kind:
        case "anything" | "one":
            return True
        case "text":
            return isinstance(value, str)
        case "flag":
            return isinstance(value, bool)
        case "whole" | "flags":
            return isinstance(value, int) and not isinstance(value, bool)
        case "number":
            return _is_number(value)
        case "choice":
            return not isinstance(value, bool) and value in field.detail
        case "id" | "uuid":
            return is_id(value)
        case "ids":
            return isinstance(value, list) and all(map(is_id, value))
        case "day" | "moment":
            return isinstance(value, str) and _is_time(field.kind, value)
        case "list":
            return isinstance(value, list)
        case "object":
            return isinstance(value, dict | list)
    raise AssertionError(field.kind)


def _is_time(kind: str, text: str) -> bool:
    try:
        if kind == "day":
            return re.fullmatch(r"\d{4}-\d\d-\d\d", text) is not None and bool(date.fromisoformat(text))
        return re.match(r"\d{4}-\d\d-\d\d[T ]", text) is not None and bool(datetime.fromisoformat(text))
    except ValueError:
        return False
