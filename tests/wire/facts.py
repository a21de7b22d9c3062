"""The documented facts as lookups: which entities, operations and fields there are."""

import re
import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import yaml

_ALL: Final = ("list", "get", "create", "update", "delete", "batch-modify", "batch-delete", "batch-restore")
_TABLE: Final = yaml.safe_load((Path(__file__).parent / "facts.yaml").read_text(encoding="utf-8"))

# Kinds whose records take custom fields; the service names those itself, ours all begin with cf_.
_CUSTOM: Final = frozenset({"Account", "Contact", "Opportunity", "Product", "OpptyProductRelation"})
_CUSTOM_NAME: Final = re.compile(r"cf_\w+")


@dataclass(frozen=True)
class Field:
    """What may be done with one field and what it holds.

    `rights` has the letters c, u and b for the inputs that list it; `detail` is the kind a relation leads to,
    or the allowed values.
    """

    kind: str
    rights: str
    detail: Any = None

    @property
    def is_relation(self) -> bool:
        return self.kind in {"one", "many"}


@dataclass(frozen=True)
class Entity:
    """One kind of record."""

    name: str
    plural: str
    needs: tuple[str, ...]
    fields: dict[str, Field]

    def field(self, name: str) -> Field | None:
        """Return the field, for a custom one a field that may hold anything, None when there is none."""
        found = self.fields.get(name)
        if found is None and self.name in _CUSTOM and _CUSTOM_NAME.fullmatch(name):
            return Field("anything", "cub")
        return found


def _entity(name: str, row: dict[str, Any]) -> Entity:
    fields = {}
    for heading, names in row["fields"].items():
        rights, kind = heading.split()
        for field in names:
            fields[field] = Field(kind, rights, names[field] if isinstance(names, dict) else None)
    return Entity(name, row["plural"], tuple(row.get("needs", ())), fields)


def _operations(words: Any) -> frozenset[str]:
    words = [words] if isinstance(words, str) else words
    return frozenset(word for each in words for word in (_ALL if each == "all" else (each,)))


OPERATIONS: Final = {plural: _operations(words) for plural, words in _TABLE["operations"].items()}
ENTITIES: Final = {name: _entity(name, row) for name, row in _TABLE["entities"].items()}
BY_PLURAL: Final = {entity.plural: entity for entity in ENTITIES.values()}


def is_id(value: Any) -> bool:
    """Tell whether *value* is the text of a uuid, written with dashes."""
    try:
        return isinstance(value, str) and str(uuid.UUID(value)) == value.lower()
    except ValueError:
        return False
