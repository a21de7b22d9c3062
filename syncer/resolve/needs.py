"""Which values of a declaration are resolved, and what they refer to."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from syncer.kinds import REFERENCES
from syncer.model import All, Declared, Money, Reference, State
from syncer.resolve.values import Wanted

_IDENTITY: Final = ("name", "accounts", "pipeline")


def needed(entry: Declared) -> Mapping[str, Any]:
    """Return the values of *entry* that matter.

    To delete a record it only has to be found: that its owner has left or its currency has no rate is no
    reason to keep it.
    """
    if entry.state is State.PRESENT:
        return entry.values
    if entry.id is not None:
        return {}
    return {name: entry.values[name] for name in _IDENTITY if name in entry.values}


def wanted(declared: Sequence[Declared]) -> Wanted:
    """Collect what *declared* refers to."""
    found: dict[str, set[Reference]] = {kind: set() for kind in REFERENCES}
    custom: set[str] = set()
    all_contacts = False
    for entry in declared:
        for values in (needed(entry), entry.formerly):
            for name, value in values.items():
                match value:
                    case Reference():
                        found[value.kind].add(value)
                    case Money():
                        if value.currency:
                            found["currency"].add(value.currency)
                    case All.CONTACTS:
                        all_contacts = True
                    case tuple():
                        for link in value:
                            found[link.reference.kind].add(link.reference)
                            if link.sales_role:
                                found["sales_role"].add(link.sales_role)
                    case _:
                        if name.startswith("fields."):
                            custom.add(name.removeprefix("fields."))
    return Wanted(
        references={kind: frozenset(references) for kind, references in found.items()},
        fields=frozenset(custom),
        options=bool(custom or found["option"]),
        links=all_contacts or bool(found["contact"]),
        all_contacts=all_contacts,
    )
