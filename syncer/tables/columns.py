"""What the columns of a table mean: headers → paths of an entry, by the schema of manifests."""

import re
import unicodedata
from collections.abc import Iterator, Mapping
from enum import Enum
from functools import cache
from typing import Any, Final, NamedTuple

from syncer.kinds.base import Kind
from syncer.kinds.custom import SECTION, path_of
from syncer.kinds.registry import KINDS, sections
from syncer.kinds.schema import manifest as manifest_schema
from syncer.shapes.base import Field
from syncer.shapes.date import DATE
from syncer.shapes.money import MONEY

KEY: Final = "key"
KIND: Final = "kind"
# Written beside what failed, for people.
REASON: Final = "reason"
# Behind the header of a custom field whose cells list several options.
SEVERAL: Final = "[]"
SEPARATOR: Final = ";"
# Whose word counts for a field; that of a custom one is written with a dot.
_OWN: Final = ("lifecycle", "own")
_API_NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_BLANKS: Final = re.compile(r"[\s_]+")

Path = tuple[str, ...]


class Sort(Enum):
    """How the text of a cell is read."""

    TEXT = "text"
    DATE = "date"
    MONEY = "money"
    CURRENCY = "currency"
    SEVERAL = "several"
    FLAG = "flag"
    NUMBER = "number"
    CUSTOM = "custom"
    CUSTOM_SEVERAL = "several of a custom field"


class Column(NamedTuple):
    """What a column of entries of one kind means.

    Attributes:
        path: Keys of the entry.
        sort: How its cells are read.
        field: The row of the kind's table that it is a part of; None for custom fields and settings.
    """

    path: Path
    sort: Sort
    field: Field | None = None

    @property
    def header(self) -> str:
        """How the column is called where nobody says otherwise."""
        if self.sort is Sort.CURRENCY:
            return self.path[-1]
        return ".".join(self.path) + (SEVERAL if self.sort is Sort.CUSTOM_SEVERAL else "")


def folded(header: str) -> str:
    """Return a header as it is compared: without case, blanks and underscores being one."""
    return _BLANKS.sub("_", unicodedata.normalize("NFC", header).casefold().strip())


def column(kind: Kind, header: str) -> Column | None:
    """Return what the column called *header* means for records of *kind*; None when it means nothing."""
    return _column(kind.name, header.strip(), sections())


@cache
def _column(name: str, header: str, _sections: tuple[str, ...]) -> Column | None:
    kind = KINDS[name]
    first, _, rest = header.partition(".")
    if folded(first) == SECTION:
        api_name = rest.strip().removesuffix(SEVERAL).strip()
        if not _API_NAME.fullmatch(api_name):
            return None
        several = rest.strip().endswith(SEVERAL)
        return Column((SECTION, api_name), Sort.CUSTOM_SEVERAL if several else Sort.CUSTOM)
    path = tuple(folded(step) for step in header.removesuffix(SEVERAL).split("."))
    if path[:3] == (*_OWN, SECTION):
        api_name = header.split(".", 3)[-1].strip()
        return Column((*_OWN, path_of(api_name)), Sort.TEXT) if _API_NAME.fullmatch(api_name) else None
    return _currency(kind, path) or _standard(kind, path)


def _currency(kind: Kind, path: Path) -> Column | None:
    """Return the column of the currency beside an amount."""
    if len(path) != 1:
        return None
    amounts = [spec for spec in kind.fields if spec.shape is MONEY and spec.refers == path[0]]
    spec = next((spec for spec in amounts if spec.name == kind.sums), amounts[0] if amounts else None)
    return None if spec is None else Column((spec.name, path[0]), Sort.CURRENCY, spec)


def _standard(kind: Kind, path: Path) -> Column | None:
    definitions = manifest_schema()["$defs"]
    schema = next(schemas_at(definitions[kind.name], path, definitions), None)
    if schema is None:
        return None
    field = next((spec for spec in kind.fields if path[0] in (spec.name, spec.alias)), None)
    types = frozenset(_types(schema, definitions))
    if field is not None and field.shape is MONEY:
        return Column(path, Sort.CURRENCY if path[-1] == field.refers else Sort.MONEY, field)
    if field is not None and field.shape is DATE:
        return Column(path, Sort.DATE, field)
    if "array" in types:
        return Column(path, Sort.SEVERAL, field)
    if "string" in types:
        return Column(path, Sort.TEXT, field)
    if "boolean" in types:
        return Column(path, Sort.FLAG, field)
    return Column(path, Sort.NUMBER, field) if types & {"number", "integer"} else None


def described(kind: Kind, column: Column) -> tuple[str, list[Any]]:
    """Return what the schema says that a column means, and its examples."""
    definitions = manifest_schema()["$defs"]
    for schema in schemas_at(definitions[kind.name], column.path, definitions):
        for branch in branches(schema, definitions):
            if branch.get("description"):
                return branch["description"], branch.get("examples", [])
    return "", []


def schemas_at(
    schema: Mapping[str, Any], path: Path, definitions: Mapping[str, Any]
) -> Iterator[Mapping[str, Any]]:
    """Yield the schemas of what stands at *path*, what is referred to first."""
    if not path:
        yield schema
        return
    for below in _below(schema, path[0], definitions):
        yield from schemas_at(below, path[1:], definitions)


def _below(schema: Any, step: str, definitions: Mapping[str, Any]) -> Iterator[Any]:
    for branch in branches(schema, definitions):
        if step in branch.get("properties", ()):
            yield branch["properties"][step]
        elif isinstance(branch.get("additionalProperties"), dict):
            yield branch["additionalProperties"]


def branches(schema: Mapping[str, Any], definitions: Mapping[str, Any]) -> Iterator[Any]:
    """Yield a schema and those that it refers to or consists of, what is referred to first."""
    if "$ref" in schema:
        yield from branches(definitions[schema["$ref"].rpartition("/")[2]], definitions)
    yield schema
    for branch in schema.get("anyOf", ()):
        yield from branches(branch, definitions)


def _types(schema: Any, definitions: Mapping[str, Any]) -> Iterator[str]:
    """Yield the JSON types of the scalars and lists that fit."""
    for branch in branches(schema, definitions):
        types = branch.get("type", ())
        if "items" in branch and "string" not in set(_types(branch["items"], definitions)):
            continue  # a list of mappings, which no cell can hold
        yield from (types,) if isinstance(types, str) else types
        if "enum" in branch:
            yield "string"


def known(kind: Kind) -> list[str]:
    """Return the headers that mean something for *kind*, without those of custom fields."""
    return [KEY, *(spec.alias or spec.name for spec in kind.fields), *_money_refers(kind)]


def _money_refers(kind: Kind) -> list[str]:
    return [spec.refers for spec in kind.fields if spec.shape is MONEY and spec.refers]


def letters(index: int) -> str:
    """Return what a spreadsheet calls the column at *index*: A, B, … Z, AA."""
    name = ""
    index += 1
    while index:
        index, digit = divmod(index - 1, 26)
        name = chr(ord("A") + digit) + name
    return name
