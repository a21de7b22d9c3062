"""What the manifests declare, as what others may refer to.

A reference means a record of the space first. What is declared and not there yet is pending, see
`syncer.model.pending`; it is found by its key, and by its names and e-mails where no record has them.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from typing import Any

from syncer.kinds.base import Kind
from syncer.kinds.references import REFERENCES
from syncer.kinds.registry import KINDS
from syncer.model.address import Address
from syncer.model.declared import Declared, Presence
from syncer.model.names import Entry
from syncer.resolve.directory import Directory
from syncer.resolve.values import Desired
from syncer.shapes import canon


def learn(
    directory: Directory,
    declared: Iterable[Declared],
    desired: Iterable[Desired],
    ids: Mapping[Address, str],
    lost: Collection[Address] = (),
) -> None:
    """Tell *directory* of the records of one kind that the manifests declare.

    Args:
        directory: What resolves the references of the kinds that come after.
        declared: As written. Those with problems of their own are among them: who refers to one has none.
        desired: Those that were resolved.
        ids: Of the records that were found, by address.
        lost: Addresses whose record is gone, and is not created again: nothing can refer to those.
    """
    resolved = {entry.declared.address: entry for entry in desired}
    linked = {id_: set(accounts) for id_, accounts in directory.linked.items()}
    for entry in declared:
        kind = KINDS[entry.address.kind]
        if kind.name not in REFERENCES or entry.address in lost:
            continue
        known = _entry(kind, entry, ids.get(entry.address))
        if entry.state is Presence.ABSENT:
            directory.declare_absent(kind.name, entry.key, replace(known, names=(), emails=()))
            continue
        directory.declare(kind.name, entry.key, known)
        if entry.address in resolved:
            around = _around(kind, resolved[entry.address].values)
            if around:
                linked.setdefault(known.id, set()).update(around)
    directory.linked = {id_: frozenset(accounts) for id_, accounts in linked.items()}


def _entry(kind: Kind, declared: Declared, id_: str | None) -> Entry:
    """Return what *declared* is found by, as written: its name, and each of its e-mails."""
    values = {name: value for name in kind.called if (value := canon.text(declared.values.get(name)))}
    name = kind.name_of(values)
    emails = [canon.email(text) for part in kind.alone if (text := declared.values.get(part))]
    row = {"name": name, "formatted_name": name}
    return Entry(id_ or str(declared.address), (name,) if name else (), tuple(emails), None, row)


def _around(kind: Kind, values: Mapping[str, Any]) -> set[str]:
    """Return the records that one is linked to by a field of its own: the accounts of a contact."""
    return {id_ for name in kind.links for id_ in values.get(name) or ()}
