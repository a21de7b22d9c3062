"""The tables of `catalog` as values: entities, their fields, and how they refer to each other."""

import re
from dataclasses import dataclass
from functools import cache, cached_property
from typing import Final

from syncer.sandbox.catalog import ASSUMED, CATALOG

# References whose column is not `<name>_id` of the same entity.
_KEY_OF: Final = {
    ("LeadOpptyAccountRelation", "oppty"): "lead_oppty_id",
    ("LeadOpptyContactRelation", "oppty"): "lead_oppty_id",
    ("Note", "oppty"): "lead_oppty_id",
}
# To-many fields whose rows do not point at us by a field of their own.
_CHILD_KEY: Final = {("Field", "data_set"): ("data_set_id", "data_set_id")}


@dataclass(frozen=True, eq=False)
class Field:
    """One field of one entity; `catalog` explains the letters of `mode` (read, create, update, batch)."""

    name: str
    kind: str
    mode: str
    target: str = ""
    items: str = ""
    enum: tuple[int | str, ...] = ()
    is_custom: bool = False
    data_set_id: str = ""

    @cached_property
    def is_read(self) -> bool:
        """Whether answers show the field."""
        return self.mode[0] != "w"

    @cached_property
    def is_always_present(self) -> bool:
        """Whether the read schema promises a value."""
        return self.mode[0] == "!"

    @cached_property
    def is_never_null(self) -> bool:
        """Whether the column always holds a value, so that sorting need not care about nulls."""
        return self.is_always_present or self.kind in ("text", "bool") or self.name in ("modified", "created")

    @cached_property
    def is_required(self) -> bool:
        """Whether a create must give a value."""
        return self.mode[1] in "RS"

    @cached_property
    def is_stored(self) -> bool:
        """Whether the field has a column; the others are computed or live in other tables."""
        return self.kind not in ("one", "many", "ids")

    @cached_property
    def is_settable_on_create(self) -> bool:
        """Whether the body of a create may set the field."""
        return self.mode[1] in "RSo"

    @cached_property
    def is_in_batches(self) -> bool:
        """Whether an item of batch-modify may set the field, also where it creates."""
        return self.mode[3] == "b"

    @cached_property
    def is_settable_on_update(self) -> bool:
        """Whether the body of an update may set the field."""
        return self.mode[2] == "u"


@dataclass(frozen=True, eq=False)
class Entity:
    """One kind of record; `fields` by api name, in the order of the read schema."""

    name: str
    plural: str
    fields: dict[str, Field]
    is_read_only: bool

    @cached_property
    def stored(self) -> tuple[Field, ...]:
        """The fields that have a column."""
        return tuple(f for f in self.fields.values() if f.is_stored)

    def key_of(self, relation: Field) -> str:
        """Name the column behind a to-one *relation*, "" when there is none (computed, or not held)."""
        name = _KEY_OF.get((self.name, relation.name), f"{relation.name}_id")
        return name if name in self.fields else ""

    @cache  # noqa: B019 - entities live as long as the process
    def children(self, relation: Field) -> tuple[str, str] | None:
        """Give the columns that join a to-many *relation*: (ours, theirs), None when not held."""
        if (self.name, relation.name) in _CHILD_KEY:
            return _CHILD_KEY[self.name, relation.name]
        child = ENTITIES.get(relation.target)
        if child is None:
            return None
        parents = (self.name, "LeadOppty") if self.name == "Opportunity" else (self.name,)
        for field in child.fields.values():
            if field.kind == "id" and field.target in parents:
                return "id", field.name
        return None


_FIELD = re.compile(
    r"    (?P<name>\w+) (?P<kind>\w+) (?P<mode>[!.w][-RorS][-u][-b])"
    r"(?: (?P<target>[A-Z]\w+))?(?: of (?P<items>\w+))?(?: in (?P<enum>.+))?"
)


def _enum(words: str | None) -> tuple[int | str, ...]:
    values = [word.partition("=")[0] for word in (words or "").split()]
    return tuple(int(value) if value.isdigit() else value for value in values)


def _parse(text: str) -> dict[str, Entity]:
    entities = {}
    for block in text.strip().split("\n\n"):
        head, *lines = block.splitlines()
        name, _, rest = head.partition(" = ")
        fields = {}
        for line in lines:
            found = _FIELD.fullmatch(line)
            assert found, line
            cells = found.groupdict(default="")
            fields[cells["name"]] = Field(
                cells["name"],
                cells["kind"],
                cells["mode"],
                cells["target"],
                cells["items"],
                _enum(cells["enum"]),
            )
        entities[name] = Entity(name, rest.split(" ", maxsplit=1)[0], fields, rest.endswith("(read only)"))
    return entities


ENTITIES: Final = _parse(CATALOG) | _parse(ASSUMED)
BY_PLURAL: Final = {entity.plural: entity for entity in ENTITIES.values()}

# Custom fields hold the same kinds of value as the fields of the catalog. OAS: Field.type_id.
CUSTOM_KINDS: Final = {
    "checkbox": "bool",
    "currency": "float",
    "currency_foreign": "money",
    "date": "date",
    "datetime": "datetime",
    "dropdown": "id",
    "email": "text",
    "float": "float",
    "input": "text",
    "integer": "int",
    "multiselect_checkbox": "ids",
    "phone": "text",
    "radio": "id",
    "sequence": "text",
    "text_area": "text",
    "url": "text",
}
