"""What the facts say about the query of a request."""

import re
from collections.abc import Iterator, Mapping
from typing import Final
from urllib.parse import parse_qsl

from tests.wire.facts import ENTITIES, Entity, is_id

_OF_LISTS: Final = frozenset(
    {
        *("first", "last", "after", "before", "limit", "offset"),
        *("order-by", "expand", "load-only", "include-deleted"),
    }
)
_ALLOWED: Final[Mapping[str, frozenset[str]]] = {
    "list": _OF_LISTS,
    "get": frozenset({"expand", "load-only", "include-deleted"}),
    "batch-modify": frozenset({"validation-level", "rollback-method"}),
    "batch-delete": frozenset({"validation-level", "rollback-method"}),
    "batch-restore": frozenset({"validation-level", "rollback-method"}),
}
_OF_WRITES: Final = frozenset({"validation-level"})
_WITH_VALUE: Final = frozenset(
    {
        *("eq", "ieq", "not-eq", "not-ieq", "contains", "starts", "ends", "icontains", "istarts", "iends"),
        *("gt", "gte", "lt", "lte", "between"),
    }
)
_WITHOUT_VALUE: Final = frozenset({"null", "not-null", "empty", "not-empty"})
_BITS: Final = 2 | 4 | 8 | 16


def query_faults(entity: Entity | None, operation: str, query: str) -> Iterator[str]:
    """Yield a sentence for each thing in *query* that is not as documented."""
    given: dict[str, list[str]] = {}
    for name, value in parse_qsl(query, keep_blank_values=True):
        given.setdefault(name, []).append(value)
    filters: dict[str, list[str]] = {}
    operators: dict[str, list[str]] = {}
    plain: dict[str, str] = {}
    for name, values in given.items():
        found = re.fullmatch(r"(filter|filter-op)\[([^\[\]]*)\]", name)
        if len(values) > 1:
            yield f"{name} has {len(values)} values, one is documented"
        if found and operation == "list":
            (filters if found[1] == "filter" else operators)[found[2]] = values
        elif name in _ALLOWED.get(operation, _OF_WRITES):
            plain[name] = values[0]
        else:
            yield f"{operation} has no parameter {name}"
    yield from _plain(plain)
    if entity is not None:
        yield from _filters(entity, filters, operators)
        yield from _names(entity, plain)


def _plain(given: Mapping[str, str]) -> Iterator[str]:
    for name in given.keys() & {"first", "last"}:
        if not re.fullmatch(r"[1-9][0-9]?|100", given[name]):
            yield f"{name}={given[name]} is not 1 to 100"
    for name in given.keys() & {"limit", "offset"}:
        if not re.fullmatch(r"[0-9]+", given[name]):
            yield f"{name}={given[name]} is no number"
    if given.get("include-deleted", "true") not in {"true", "false"}:
        yield f"include-deleted={given['include-deleted']} is neither true nor false"
    if given.get("rollback-method", "0") not in {"0", "1"}:
        yield f"rollback-method={given['rollback-method']} is neither 0 nor 1"
    level = given.get("validation-level", "0")
    if not level.isdecimal() or int(level) & ~_BITS:
        yield f"validation-level={level} is no sum of 2, 4, 8 and 16"


def _filters(
    entity: Entity, filters: Mapping[str, list[str]], operators: Mapping[str, list[str]]
) -> Iterator[str]:
    for name in {**filters, **operators}:
        field = entity.field(name)
        if field is None or field.is_relation:
            yield f"{entity.name} cannot be filtered by {name}"
            continue
        operator = operators.get(name, ["eq"])[0]
        if operator not in _WITH_VALUE | _WITHOUT_VALUE:
            yield f"{operator} is no operator"
        elif (name in filters) != (operator in _WITH_VALUE):
            yield f"{operator} of {name} {'with' if name in filters else 'without'} a value"
        elif operator in {"eq", "not-eq"}:
            value = filters[name][0]
            if field.kind in {"id", "uuid"} and not is_id(value):
                yield f"{name} is filtered by {value!r}, which is no id"
            if field.kind == "flag" and value not in {"true", "false"}:
                yield f"{name} is filtered by {value!r}, neither true nor false"


def _names(entity: Entity, given: Mapping[str, str]) -> Iterator[str]:
    if "order-by" in given:
        for name in given["order-by"].split(","):
            field = entity.field(name.removeprefix("-"))
            if field is None or field.is_relation:
                yield f"{entity.name} cannot be ordered by {name!r}"
    for path in filter(None, given.get("expand", "").split(",")):
        yield from _path(entity, path, "expand")
    for path in filter(None, given.get("load-only", "").split(",")):
        yield from _path(entity, path, "load-only")


def _path(entity: Entity, path: str, parameter: str) -> Iterator[str]:
    """Follow a dotted name as far as the table knows."""
    here: Entity | None = entity
    names = path.split(".")
    for position, name in enumerate(names):
        if here is None:
            return
        field = here.field(name)
        if field is None:
            yield f"{parameter}={path}: {here.name} has no {name!r}"
            return
        if not field.is_relation and (parameter == "expand" or position + 1 < len(names)):
            yield f"{parameter}={path}: {name} of {here.name} is no relation"
            return
        here = ENTITIES.get(field.detail) if field.is_relation else None
