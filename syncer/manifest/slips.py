"""Well-formed YAML whose lines are indented by one level too much or too little."""

from collections.abc import Mapping
from typing import Any, Final

from syncer.kinds.custom import SECTION
from syncer.kinds.registry import MAIN

FIELDS: Final = frozenset(
    {name for spec in MAIN.fields for name in (spec.name, spec.alias) if name}
    | {SECTION, "lifecycle", "formerly", "state", "id"}
)


def looks_like_an_opportunity(value: Any) -> bool:
    """Tell whether *value* is a mapping with fields of opportunities."""
    return isinstance(value, Mapping) and not FIELDS.isdisjoint(value)


def misplaced(entries: Mapping[str, Any]) -> dict[str | None, list[str]]:
    """Return the keys of `opportunities` that are fields and slipped, by the key they seem to belong to."""
    found: dict[str | None, list[str]] = {}
    around: str | None = None
    for key, value in entries.items():
        if key in FIELDS and not looks_like_an_opportunity(value):
            found.setdefault(around, []).append(key)
        else:
            around = key
    return found
