"""A list request as a value: what `first`, `after`, `filter[...]` and the others ask for."""

import base64
import binascii
import json
import math
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final, Self
from urllib.parse import parse_qsl

from syncer.sandbox.clock import parse_day, parse_moment, stamp
from syncer.sandbox.database import JSON_KINDS, Database
from syncer.sandbox.entities import ENTITIES, Entity, Field
from syncer.sandbox.envelope import ApiError, invalid
from syncer.sandbox.switches import Switches
from syncer.sandbox.values import is_uuid

# OAS *.list: default 30, at most 100.
DEFAULT_FIRST: Final = 30
MAX_FIRST: Final = 100
MAX_FILTERS: Final = 500

# The plus keeps SQLite from choosing the index on is_deleted, which nearly every row shares.
ALIVE: Final = "+t.is_deleted = 0"

Tree = dict[str, "Tree"]
"""Names asked for, with what is asked of each: {"steps": {"name": {}}}."""


@dataclass(frozen=True, slots=True)
class Listing:
    """One list request. `where` and `parameters` are its filters in SQL over the alias t."""

    where: str
    parameters: tuple[Any, ...]
    order: tuple[tuple[str, Field, bool], ...]
    first: int | None
    last: int | None
    after: tuple[Any, ...] | None
    before: tuple[Any, ...] | None
    expand: Tree
    load_only: Tree
    limit: int | None
    offset: int

    def made_before(self, moment: datetime) -> Self:
        """Leave out what was made later, as an index that lags behind does."""
        return replace(
            self, where=f"{self.where} AND t.created <= ?", parameters=(*self.parameters, stamp(moment))
        )


def tree(names: str) -> Tree:
    """Read `a,b.c` as {"a": {}, "b": {"c": {}}}."""
    result: Tree = {}
    for path in filter(None, (part.strip() for part in names.split(","))):
        node = result
        for name in path.split("."):
            node = node.setdefault(name, {})
    return result


def arguments(query: str) -> dict[str, list[str]]:
    """Split a query string; a name may come several times."""
    result: dict[str, list[str]] = {}
    for name, value in parse_qsl(query, keep_blank_values=True):
        result.setdefault(name, []).append(value)
    return result


def flag(given: dict[str, list[str]], *names: str) -> bool:
    """Read a boolean parameter, false when absent.

    Raises:
        ApiError: 400, neither true nor false.
    """
    value = next((given[name][-1] for name in names if name in given), "false")
    if value not in ("true", "false"):
        raise invalid(f"Invalid value of parameter '{names[0]}': '{value}'.")
    return value == "true"


def number(given: dict[str, list[str]], name: str, lowest: int = 0) -> int | None:
    """Read a whole number, None when absent.

    Raises:
        ApiError: 400, not a number or too low.
    """
    if name not in given:
        return None
    text = given[name][-1]
    if not re.fullmatch(r"[0-9]{1,9}", text) or int(text) < lowest:
        raise invalid(f"Invalid value of parameter '{name}': '{text}'.")
    return int(text)


def parse_value(field: Field, text: str) -> Any:
    """Read a filter value for *field*.

    Raises:
        ApiError: 400, not a value of this field.
    """
    try:
        if field.kind == "bool":
            return {"true": 1, "false": 0}[text]
        if field.kind in ("int", "flags"):
            return _whole(text)
        if field.kind == "float":
            return _finite(text)
        if field.kind == "date":
            return parse_day(text)
        if field.kind == "datetime":
            return parse_moment(text)
    except (ValueError, KeyError):
        raise invalid(f"Invalid value '{text}' of filter '{field.name}'.") from None
    return text


def _whole(text: str) -> int:
    number = int(text)
    if not -(2**63) <= number < 2**63:
        raise ValueError(text)
    return number


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(text)
    return number


def _ascii_or_folded(field: str, text: str) -> tuple[str, str, str]:
    """Give column, placeholder and text for a comparison that ignores case."""
    if text.isascii():
        return f"{field} COLLATE NOCASE", "?", text
    return f"casefold({field})", "?", text.casefold()


def _like(text: str) -> str:
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


def _text_match(column: str, text: str, place: str, *, fold: bool) -> tuple[str, str]:
    """Match *text* at the start, at the end or anywhere."""
    if fold:
        left, right = ("" if place == "starts" else "%"), ("" if place == "ends" else "%")
        if text.isascii():
            return f"{column} LIKE ? ESCAPE '\\'", f"{left}{_like(text)}{right}"
        column, text = f"casefold({column})", text.casefold()
    if place == "starts":
        return f"substr({column}, 1, {len(text)}) = ?", text
    if place == "ends":
        return (f"substr({column}, -{len(text)}) = ?" if text else f"{column} >= ?"), text
    return f"instr({column}, ?) > 0", text


_COMPARE: Final = {"gt": ">", "gte": ">=", "lt": "<", "lte": "<="}
_PLACES: Final = ("contains", "starts", "ends")
_WITHOUT_VALUE: Final = {
    "null": "{0} IS NULL",
    "not-null": "{0} IS NOT NULL",
    "empty": "({0} IS NULL OR {0} = '')",
    "not-empty": "({0} IS NOT NULL AND {0} <> '')",
}
OPERATORS: Final = (
    *("eq", "ieq", "not-eq", "not-ieq", "contains", "starts", "ends", "icontains", "istarts", "iends"),
    *("null", "not-null", "empty", "not-empty", "gt", "gte", "lt", "lte", "between"),
)


def _equal(column: str, value: Any, *, fold: bool, negate: bool) -> tuple[str, Any]:
    if fold and isinstance(value, str):
        column, _, value = _ascii_or_folded(column, value)
    return f"{column} IS NOT ?" if negate else f"{column} = ?", value


def _condition(  # noqa: C901, PLR0912 (a branch for each sort of operator)
    op: str, column: str, field: Field, texts: Sequence[str], switches: Switches
) -> tuple[str, list[Any]]:
    """Put one filter into SQL."""
    ignores_case = op in ("ieq", "not-ieq", "icontains", "istarts", "iends")
    if ignores_case and switches.ieq == "unsupported":
        raise invalid(f"Unknown filter operator '{op}'.")
    if op in _WITHOUT_VALUE:
        if texts:
            raise invalid(f"Filter '{field.name}' with '{op}' takes no value.")
        return _WITHOUT_VALUE[op].format(column), []
    if not texts:
        raise invalid(f"Filter '{field.name}' needs a value.")
    if op == "between":
        if len(texts) != 2:
            raise invalid(f"Filter '{field.name}' with 'between' needs two values.")
        return f"{column} BETWEEN ? AND ?", [parse_value(field, text) for text in texts]
    if len(texts) > 1 and switches.several_values == "refused":
        raise invalid(f"Filter '{field.name}' takes one value.")
    if switches.several_values == "first":
        texts = texts[:1]
    fold = ignores_case or (switches.eq_case == "ignored" and field.kind == "text")
    base = op.removeprefix("i") if ignores_case and op != "not-ieq" else op
    parts = []
    for text in texts:
        if base in _PLACES:
            parts.append(_text_match(column, text, base, fold=fold))
        elif base in _COMPARE:
            parts.append((f"{column} {_COMPARE[base]} ?", parse_value(field, text)))
        else:
            if base in ("eq", "not-eq") and field.kind in ("id", "uuid") and not is_uuid(text):
                raise invalid(f"Invalid value '{text}' of filter '{field.name}'.")
            parts.append(_equal(column, parse_value(field, text), fold=fold, negate=base.startswith("not")))
    joint = " AND " if base.startswith("not") else " OR "
    return "(" + joint.join(sql for sql, _ in parts) + ")", [value for _, value in parts]


class Parser:
    """Reads query strings against the fields a space has.

    Every method raises ApiError (400, code 117) for what it does not understand; the documents do not say
    what the service does then.
    """

    def __init__(self, db: Database, switches: Switches) -> None:
        self.db = db
        self.switches = switches

    def _unknown(self, kind: str, name: str) -> None:
        if self.switches.unknown_names == "refused":
            raise invalid(f"Unknown field '{name}' in {kind}.")

    def _sortable(self, entity: Entity, name: str, kind: str) -> tuple[str, Field] | None:
        field = self.db.fields(entity).get(name)
        if field is None or not field.is_read or field.kind in JSON_KINDS or field.kind in ("one", "many"):
            self._unknown(kind, name)
            return None
        return self.db.expression(entity, field), field

    def filters(self, entity: Entity, given: dict[str, list[str]]) -> tuple[str, list[Any]]:
        """Join all filters with AND; several fields were seen so in the vendor's connector."""
        names: dict[str, None] = {}
        for key in given:
            found = re.fullmatch(r"filter(?:-op)?\[([^\]]*)\]", key)
            if found:
                names[found[1]] = None
        # SQLite gives up on far deeper conditions; how many the service takes is undocumented.
        if sum(len(texts) for key, texts in given.items() if key.startswith("filter")) > MAX_FILTERS:
            raise invalid(f"A list takes at most {MAX_FILTERS} filters.")
        conditions, values = ["1"], []
        for name in names:
            op = given.get(f"filter-op[{name}]", ["eq"])[-1]
            if op not in OPERATORS:
                raise invalid(f"Unknown filter operator '{op}'.")
            found_field = self._sortable(entity, name, "filter")
            if found_field is not None:
                column, field = found_field
                sql, parameters = _condition(
                    op, column, field, given.get(f"filter[{name}]", []), self.switches
                )
                conditions.append(sql)
                values += parameters
        return " AND ".join(conditions), values

    def order(self, entity: Entity, names: str) -> tuple[tuple[str, Field, bool], ...]:
        """Read `order-by`: (SQL, field, descending) for each name."""
        result = []
        if not names and self.switches.list_order == "modified" and "modified" in entity.fields:
            names = "modified"
        for part in dict.fromkeys(filter(None, names.split(","))):
            found = self._sortable(entity, part.removeprefix("-"), "order-by")
            if found is not None:
                result.append((*found, part.startswith("-")))
        return tuple(result)

    def shape(self, entity: Entity, expand: Tree, load_only: Tree) -> None:
        """Check that every name of `expand` and `load-only` exists and can be followed."""
        fields = self.db.fields(entity)
        for name, below in expand.items():
            field = fields.get(name)
            if field is None or field.kind not in ("one", "many"):
                self._unknown("expand", name)
            elif field.target in ENTITIES:
                self.shape(ENTITIES[field.target], below, load_only.get(name, {}))
        for name, below in load_only.items():
            field = fields.get(name)
            if field is None or not field.is_read or (below and name not in expand):
                self._unknown("load-only", name)

    def with_deleted(self, given: dict[str, list[str]]) -> bool:
        """Tell whether deleted records are asked for. DOC api-parameters and OAS spell it differently."""
        hyphen = () if self.switches.include_deleted == "ignored" else ("include-deleted",)
        return flag(given, *hyphen, "include_deleted")

    def listing(self, entity: Entity, given: dict[str, list[str]]) -> Listing:
        """Read the whole query of a list."""
        where, values = self.filters(entity, given)
        if not self.with_deleted(given) and "filter[is_deleted]" not in given:
            where += f" AND {ALIVE}"
        order = self.order(entity, ",".join(given.get("order-by", [])))
        expand, load_only = self.names(entity, given)
        return Listing(
            where,
            tuple(values),
            order,
            self._size(given, "first"),
            self._size(given, "last"),
            self._cursor(given, "after", order),
            self._cursor(given, "before", order),
            expand,
            load_only,
            self._size(given, "limit"),
            number(given, "offset") or 0,
        )

    def is_legacy(self, given: dict[str, list[str]]) -> bool:
        """Check the sizes of a list, and tell whether it is asked for by `limit` and `offset`."""
        sizes = {name: self._size(given, name) for name in ("first", "last", "limit")}
        return sizes["limit"] is not None or bool(number(given, "offset"))

    def names(self, entity: Entity, given: dict[str, list[str]]) -> tuple[Tree, Tree]:
        """Read `expand` and `load-only`."""
        expand = tree(",".join(given.get("expand", [])))
        load_only = tree(",".join(given.get("load-only", [])))
        self.shape(entity, expand, load_only)
        if load_only and self.switches.load_only_id == "always":
            load_only.setdefault("id", {})
        return expand, load_only

    def _size(self, given: dict[str, list[str]], name: str) -> int | None:
        size = number(given, name, lowest=1)
        if size is not None and size > MAX_FIRST:
            if self.switches.first_above_max == "refused":
                raise invalid(f"Parameter '{name}' is at most {MAX_FIRST}.")
            return MAX_FIRST
        return size

    def _cursor(
        self, given: dict[str, list[str]], name: str, order: Sequence[tuple[str, Field, bool]]
    ) -> tuple[Any, ...] | None:
        if name not in given:
            return None
        try:
            values = json.loads(base64.b64decode(given[name][-1], validate=True))
            json.dumps(values, ensure_ascii=False).encode()  # half a surrogate pair is no text
            fields = [field for _, field, _ in order]
            if (
                not isinstance(values, list)
                or len(values) != len(fields) + 1
                or not isinstance(values[-1], str)
                or not all(isinstance(value, str | None) for value in values)
            ):
                raise ValueError  # noqa: TRY301 - one answer for every kind of bad cursor
            pairs = zip(fields, values, strict=False)
            return (*(None if v is None else parse_value(f, v) for f, v in pairs), values[-1])
        except (ApiError, binascii.Error, ValueError, RecursionError):
            raise invalid(f"Invalid cursor in parameter '{name}'.") from None


def cursor(values: Sequence[Any], order: Sequence[tuple[str, Field, bool]]) -> str:
    """Make the cursor of a row: the values it is sorted by as text, then its id, as a JSON list in base64.

    Source: recorded profiles-list, OAS `after`.
    """
    kinds = [field.kind for _, field, _ in order]
    texts = [
        None if v is None else ("true" if v else "false") if kind == "bool" else str(v)
        for v, kind in zip(values, [*kinds, "uuid"], strict=True)
    ]
    return base64.b64encode(json.dumps(texts).encode()).decode()


def beyond(
    order: Sequence[tuple[str, Field, bool]], values: Sequence[Any], *, forward: bool, nulls_last: bool
) -> tuple[str, list[Any]]:
    """Put "comes after (or before) the row with these *values*" into SQL."""
    keys = [
        *((sql, descending, not field.is_never_null) for sql, field, descending in order),
        ("t.id", False, False),
    ]
    if (
        not any(nullable for _, _, nullable in keys)
        and len({descending for _, descending, _ in keys[:-1]} | {False}) == 1
    ):
        columns, marks = ", ".join(sql for sql, _, _ in keys), ", ".join("?" * len(keys))
        return f"({columns}) {'>' if forward else '<'} ({marks})", list(values)
    parts, parameters = [], []
    for position, (sql, descending, nullable) in enumerate(keys):
        equal = [f"{k} IS ?" for k, _, _ in keys[:position]]
        value = values[position]
        after = ">" if forward != descending else "<"
        nulls_beyond = nullable and (nulls_last == forward)
        if value is None:
            if nulls_beyond:
                continue
            step, extra = f"{sql} IS NOT NULL", []
        else:
            step = f"({sql} {after} ? OR {sql} IS NULL)" if nulls_beyond else f"{sql} {after} ?"
            extra = [value]
        parts.append(" AND ".join([*equal, step]))
        parameters += [*values[:position], *extra]
    return ("(" + " OR ".join(parts) + ")") if parts else "0", parameters


def order_sql(order: Sequence[tuple[str, Field, bool]], *, forward: bool, nulls_last: bool) -> str:
    """Give the ORDER BY of a listing, turned around when not *forward*."""
    parts = []
    for sql, field, descending in order:
        nulls = "" if field.is_never_null else f" NULLS {'LAST' if nulls_last == forward else 'FIRST'}"
        parts.append(f"{sql} {'ASC' if forward != descending else 'DESC'}{nulls}")
    return ", ".join([*parts, f"t.id {'ASC' if forward else 'DESC'}"])
