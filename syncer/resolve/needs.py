"""Which values of a declaration are resolved, and what they refer to."""

from collections.abc import Mapping, Sequence
from itertools import chain
from typing import Any, Final

from syncer.kinds import OPPORTUNITY, REFERENCES
from syncer.model import All, Declared, Reference, State
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
    links: set[Any] = set()
    custom: set[str] = set()
    for entry in declared:
        for values in (needed(entry), entry.formerly) if entry.formerly else (needed(entry),):
            for name, value in values.items():
                if value.__class__ is Reference:
                    found[value.kind].add(value)
                elif name == "value":
                    if value is not None and value.currency is not None:
                        found["currency"].add(value.currency)
                elif name in OPPORTUNITY.links:
                    links.add(value)
                elif name[:7] == "fields.":
                    custom.add(name)
    all_contacts = All.CONTACTS in links
    links.discard(All.CONTACTS)
    for link in chain.from_iterable(filter(None, links)):
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
