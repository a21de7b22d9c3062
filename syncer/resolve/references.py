"""One reference → the one record it means, or what to do about it."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any, Final

from syncer.kinds.references import REFERENCES
from syncer.model.address import Address
from syncer.model.declared import Declared, Presence, Reference
from syncer.model.names import Entry
from syncer.model.pending import address_of, is_pending
from syncer.model.plan import ResolvedReference
from syncer.model.span import ValuePath
from syncer.resolve.directory import Directory
from syncer.resolve.faults import Faults, UnresolvedError
from syncer.shapes.quoting import quoted
from syncer.shapes.words import nearest

_MOST_SHOWN: Final = 10
# What people can do about a record that is not there, where it is theirs to make.
_MAKE: Final = {
    "owner": "correct the e-mail, or have the user invited in Pipeliner",
    "account": "correct it, or make the account in Pipeliner first",
    "contact": "correct the e-mail, or make the contact in Pipeliner first",
}
_TELL: Final[dict[str, Callable[[Any], str]]] = {
    "sort_order": lambda value: f"at position {value}",
    "is_published": lambda value: "published" if value else "a draft",
    "is_base": lambda value: "base currency" if value else "",
    "created": lambda value: f"created {str(value)[:10]}",
}
_OF_PIPELINE: Final = frozenset({"step", "type"})


class References:
    """Finds records; remembers what it found, since 10,000 declarations name few records.

    Attributes:
        directory: What the space knows.
        unsure: Kinds of which an unknown one may be there all the same.
        resolved: Every reference that was resolved.
    """

    def __init__(self, directory: Directory, faults: Faults) -> None:
        self.directory = directory
        self.unsure: set[str] = set()
        self.resolved: dict[tuple[str, str, str], ResolvedReference] = {}
        self._faults = faults
        self._found: dict[tuple[Reference, str | None], Entry] = {}
        self._noted: set[tuple[Reference, str]] = set()

    def one(
        self,
        entry: Declared,
        path: ValuePath,
        reference: Reference,
        *,
        within: str | None = None,
        noun: str = "",
    ) -> Entry:
        """Return the one record that is meant; note a problem otherwise.

        Args:
            entry: Where it was written.
            path: Where in the entry.
            reference: What was written.
            within: Id of what the record must belong to.
            noun: How to call the record, when there is more to say than its kind.

        Raises:
            UnresolvedError: None, several, or only a deleted one.
        """
        known = self.found(reference, within)
        if known is not None:
            return known
        candidates = self.directory.find(reference.kind, reference)
        if within is not None:
            candidates = [found for found in candidates if found.within == within]
        alive = [found for found in candidates if not found.deleted]
        if len(alive) == 1:
            self._found[reference, within] = alive[0]
            return self.note(reference, alive[0])
        same = (reference, within)
        if alive:
            raise self.ambiguous(entry, path, reference, alive, same, noun)
        if (gone := self.gone(entry, reference, candidates)) is not None:
            return gone
        if candidates:
            raise self.deleted(entry, path, reference, candidates[0], same)
        raise self.unknown(entry, path, reference, within, same, noun)

    def gone(self, entry: Declared, reference: Reference, deleted: Sequence[Entry]) -> Entry | None:
        """Return what *entry*, which shall not be there, may refer to all the same: both are taken away.

        Args:
            entry: Where it was written.
            reference: What was written.
            deleted: Records that it means and that are deleted.
        """
        if entry.state is not Presence.ABSENT:
            return None
        return deleted[0] if deleted else self.directory.absent(reference)

    def found(self, reference: Reference, within: str | None) -> Entry | None:
        """Return what `one` found for this before."""
        return self._found.get((reference, within))

    def note(self, reference: Reference, found: Entry) -> Entry:
        """Keep what *reference* was resolved to."""
        if not is_pending(found.id) and (reference, found.id) not in self._noted:
            self._noted.add((reference, found.id))
            label = self.directory.label(reference.kind, found.id)
            key = (reference.kind, str(reference), found.id)
            self.resolved[key] = ResolvedReference(reference.kind, str(reference), found.id, label)
        return found

    def written(self, reference: Reference, found: Entry) -> str:
        """Return how people call what was found: as written, or its name when only an id was written."""
        if reference.id is None and reference.ref is None:
            return str(reference)
        return self.directory.written(reference.kind, found.id)

    def unknown(
        self,
        entry: Declared,
        path: ValuePath,
        reference: Reference,
        within: str | None,
        same: object,
        noun: str = "",
    ) -> UnresolvedError:
        """Note that nothing is called so."""
        kind = REFERENCES[reference.kind]
        if kind.name in self.directory.incomplete and reference.ref is None:
            self.unsure.add(kind.name)
        hint = "" if self._faults.known("reference-unknown", same) else self._nearest(reference, within)
        detail = f"No {noun or kind.noun} {described(reference)}."
        return self._faults.note(entry, path, "reference-unknown", detail, hint, same)

    def _nearest(self, reference: Reference, within: str | None) -> str:
        kind = reference.kind
        if reference.id is not None:
            return "an id is the same in one space only; copy it from this one, or write the name"
        if reference.ref is not None:
            if Address(kind, reference.ref) in self.directory.left_out:
                return "it is declared and not there yet, and this plan leaves it out: plan its file as well"
            key = nearest(reference.ref, self.directory.declared(kind))
            return f"did you mean {_quoted(key)}?" if key else "declare it, or write the name of a record"
        if near := self.directory.near(kind, reference, within):
            return f"did you mean {' or '.join(map(_quoted, near))}?"
        if kind in _MAKE:
            return _MAKE[kind]
        candidates = self.directory.steps(within) if kind == "step" and within else self.directory.all(kind)
        known = [
            (entry.names or entry.emails or (entry.id,))[0]
            for entry in candidates
            if not entry.deleted and (within is None or entry.within == within)
        ]
        if kind != "step":
            known.sort()  # steps keep the order a deal goes through them
        if not known or kind in self.directory.incomplete:
            return ""
        more = ", …" if len(known) > _MOST_SHOWN else ""
        return f"there {'is' if len(known) == 1 else 'are'}: {listed(known[:_MOST_SHOWN])}{more}"

    def ambiguous(
        self,
        entry: Declared,
        path: ValuePath,
        reference: Reference,
        found: Sequence[Entry],
        same: object,
        noun: str = "",
    ) -> UnresolvedError:
        """Note that several are called so, with the YAML that picks one."""
        kind = REFERENCES[reference.kind]
        nouns = f"{noun or kind.noun}s".replace("currencys", "currencies")
        return self._faults.note(
            entry,
            path,
            "reference-ambiguous",
            f"{len(found)} {nouns} {described(reference, many=True)}.",
            "write one of these instead:\n" + self.choices(reference.kind, found),
            same,
        )

    def choices(self, kind: str, found: Sequence[Entry], further: str = "") -> str:
        """Return the YAML that picks each of *found*, one a line, with what tells it apart."""
        lines = []
        for candidate in found[:_MOST_SHOWN]:
            by_name = [
                other
                for other in found
                if other.names[:1] == candidate.names[:1] and other.emails[:1] == candidate.emails[:1]
            ]
            if is_pending(candidate.id):
                pick, known = f"ref: {quoted(address_of(candidate.id).key)}", set()
            elif candidate.names and candidate.emails and len(by_name) == 1:
                pick = f"name: {quoted(candidate.names[0])}, email: {quoted(candidate.emails[0])}"
                known = {*candidate.names, *candidate.emails}
            else:
                pick, known = f"id: {candidate.id}", set()
            apart = self._told_apart(kind, candidate, known)
            lines.append(f"{{{pick}{further}}}{f'  # {apart}' if apart else ''}")
        if len(found) > _MOST_SHOWN:
            lines.append(f"# … and {len(found) - _MOST_SHOWN} more")
        return "\n".join(lines)

    def _told_apart(self, kind: str, candidate: Entry, known: Iterable[str]) -> str:
        parts = []
        for key in REFERENCES[kind].told_apart_by:
            value = candidate.row.get(key)
            if value is None or value == "" or value in known or isinstance(value, list | dict):
                continue
            if key == "parent_id":
                parts.append(f"below {self.directory.label(kind, value)}")
            else:
                parts.append(_TELL[key](value) if key in _TELL else str(value))
        if kind in _OF_PIPELINE and candidate.within:
            parts.insert(0, f"of {self.directory.label('pipeline', candidate.within)}")
        if accounts := self.linked_to(candidate):
            parts.append(f"linked to {accounts}")
        return " ".join(", ".join(filter(None, parts)).split())

    def linked_to(self, contact: Entry) -> str:
        """Return the names of the accounts a contact is linked to, among those the manifests name."""
        accounts = self.directory.linked.get(contact.id, ())
        return " and ".join(sorted(self.directory.label("account", account) for account in accounts))

    def deleted(
        self, entry: Declared, path: ValuePath, reference: Reference, found: Entry, same: object
    ) -> UnresolvedError:
        """Note that the record that is meant is deleted."""
        kind = REFERENCES[reference.kind]
        label, written = self.directory.label(kind.name, found.id), str(reference)
        return self._faults.note(
            entry,
            path,
            "owner-deleted" if kind.name == "owner" else "reference-deleted",
            f"The {kind.noun} {label}{f' ({written})' if written != label else ''} is deleted in Pipeliner.",
            f"name another {kind.noun}, or have this one restored in Pipeliner",
            same,
        )


def described(reference: Reference, *, many: bool = False) -> str:
    """Return what *reference* says of a record: `is called "X"`, or `are called` for *many*."""
    has, called = ("have", "are called") if many else ("has", "is called")
    if reference.id is not None:
        return f"{has} the id {reference.id}"
    for what, said in (("key", reference.ref), (REFERENCES[reference.kind].code, reference.code)):
        if said is not None:
            return f'{has} the {what} "{said}"'
    if reference.email is not None and reference.name is not None:
        return f'{has} the e-mail "{reference.email}" and the name "{reference.name}"'
    if reference.email is not None:
        return f'{has} the e-mail "{reference.email}"'
    if reference.name is not None:
        return f'{called} "{reference.name}"'
    if reference.kind == "currency":
        return f'{has} the code "{reference.text}"'
    kind = REFERENCES[reference.kind]
    if not kind.keys or (kind.emails and reference.is_email):
        return f'{has} the e-mail "{reference.text}"'
    return f'{called} "{reference.text}"'


def listed(names: Iterable[str]) -> str:
    """Return names in quotes, with commas."""
    return ", ".join(map(_quoted, names))


def _quoted(name: str) -> str:
    return f'"{name}"'
