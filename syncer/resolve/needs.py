"""Which values of a declaration are resolved, and what they refer to."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import chain
from typing import Any, Final

from syncer.kinds.references import REFERENCES
from syncer.kinds.registry import MAIN
from syncer.model.declared import All, Declared, Presence, Reference
from syncer.resolve.values import Wanted

# Fields that name records, and `account` as `formerly` has it.
_REFERRING: Final = frozenset({"account", *(spec.name for spec in MAIN.fields if spec.refers)} - {"value"})
_IDENTITY: Final = ("name", "accounts", "pipeline")


def needed(entry: Declared) -> Mapping[str, Any]:
    """Return the values of *entry* that matter.

    To delete a record it only has to be found: that its owner has left or its currency has no rate is no
    reason to keep it.
    """
    if entry.state is Presence.PRESENT:
        return entry.values
    if entry.id is not None:
        return {}
    return _identity(entry)


def _identity(entry: Declared) -> Mapping[str, Any]:
    step = entry.values.get("step")
    by_step = "pipeline" not in entry.values and isinstance(step, Reference) and step.id is not None
    names = (*_IDENTITY, "step") if by_step else _IDENTITY
    return {name: entry.values[name] for name in names if name in entry.values}


def identifying(entry: Declared) -> Declared:
    """Return *entry* with nothing to resolve but what identifies it."""
    return replace(entry, values=_identity(entry), state=Presence.ABSENT, id=None)


def wanted(declared: Sequence[Declared]) -> Wanted:
    """Collect what *declared* refers to."""
    layouts: dict[tuple[str, ...], tuple[str, ...]] = {}
    # By object: what entries write alike is mostly one, and hashing a name costs more than a second look.
    written: dict[str, dict[int, Any]] = {"value": {}}
    custom: set[str] = set()
    for entry in declared:
        for values in (needed(entry), entry.formerly) if entry.formerly else (needed(entry),):
            names = tuple(values)
            referring = layouts.get(names)
            if referring is None:
                referring = layouts[names] = tuple(name for name in names if name in _REFERRING)
                custom.update(name for name in names if name.startswith("fields."))
                for name in referring:
                    written.setdefault(name, {})
            for name in referring:
                value = values[name]
                written[name][id(value)] = value
            if (money := values.get("value")) is not None:
                written["value"][id(money.currency)] = money.currency
    found: dict[str, set[Reference]] = {kind: set() for kind in REFERENCES}
    all_contacts = False
    for value in chain.from_iterable(values.values() for values in written.values()):
        match value:
            case Reference():
                found[value.kind].add(value)
            case All.CONTACTS:
                all_contacts = True
            case tuple():
                for link in value:
                    found[link.reference.kind].add(link.reference)
                    if link.sales_role:
                        found["sales_role"].add(link.sales_role)
    return Wanted(
        references={kind: frozenset(references) for kind, references in found.items()},
        fields=frozenset(name.removeprefix("fields.") for name in custom),
        options=bool(custom or found["option"]),
        links=all_contacts or bool(found["contact"]),
        all_contacts=all_contacts,
    )
