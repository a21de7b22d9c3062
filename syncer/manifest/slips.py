"""Well-formed YAML whose lines are indented by one level too much or too little."""

from collections.abc import Mapping
from functools import cache
from typing import Any

from syncer.kinds.base import Kind
from syncer.kinds.custom import SECTION
from syncer.kinds.registry import KINDS


def fields() -> frozenset[str]:
    """Return how manifests spell the fields of all kinds."""
    return frozenset().union(*map(fields_of, KINDS.values()))


@cache
def fields_of(kind: Kind) -> frozenset[str]:
    """Return how manifests spell the fields of *kind*."""
    return frozenset(
        {name for spec in kind.fields for name in (spec.name, spec.alias) if name}
        | {SECTION, "lifecycle", "formerly", "state", "id"}
    )


def kind_of(value: Any) -> Kind | None:
    """Return the kind of which *value* has the most fields, the last of several; None when it has none."""
    if not isinstance(value, Mapping):
        return None
    has = {kind.name: len(fields_of(kind) & value.keys()) for kind in KINDS.values()}
    best = max(reversed(has), key=lambda name: has[name])
    return KINDS[best] if has[best] else None


def misplaced(kind: Kind, entries: Mapping[str, Any]) -> dict[str | None, list[str]]:
    """Return the keys of the section of *kind* that are fields and slipped, by the key they seem to be of."""
    found: dict[str | None, list[str]] = {}
    around: str | None = None
    for key, value in entries.items():
        if key in fields_of(kind) and kind_of(value) is None:
            found.setdefault(around, []).append(key)
        else:
            around = key
    return found
