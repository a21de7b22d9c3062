"""Accounts and contacts: what was linked → ids with their role in the deal."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

from syncer.kinds.base import Kind
from syncer.model.declared import All, Declared, Link
from syncer.model.names import Entry
from syncer.model.problem import Related
from syncer.model.span import ValuePath
from syncer.resolve.directory import Directory
from syncer.resolve.draft import Draft
from syncer.resolve.faults import Faults, UnresolvedError
from syncer.resolve.fields import Space
from syncer.resolve.references import References, described
from syncer.shapes.base import Field, Value
from syncer.shapes.links import LINKS
from syncer.shapes.quoting import quoted
from syncer.shapes.rows import entity_of


class Links:
    """Resolves the links of records."""

    def __init__(self, directory: Directory, references: References, faults: Faults) -> None:
        self.directory = directory
        self.references = references
        self.faults = faults
        self._space = Space(directory, references, faults)
        self._contacts_of: dict[str, list[str]] = {}
        for contact, accounts in directory.linked.items():
            for account in accounts:
                self._contacts_of.setdefault(account, []).append(contact)

    def resolvers(self, kind: Kind) -> dict[str, Callable[[Draft], None]]:
        """Return what resolves each field of links of *kind* into a draft, by its name."""
        return {
            spec.name: partial(self.alone, spec=spec)
            if spec.among is None
            else partial(self.among, spec=spec, around=spec.among)
            for spec in kind.fields
            if spec.shape is LINKS
        }

    def alone(self, draft: Draft, spec: Field) -> None:
        """Resolve links that depend on no others: accounts.

        Raises:
            UnresolvedError: One has a problem, which is noted.
        """

        def find(path: ValuePath, link: Link) -> tuple[Entry, dict[str, Any], dict[str, Any]]:
            found = self.references.one(draft.entry, path, link.reference)
            return (found, *self._said(draft.entry, link, spec))

        self._links(draft, spec, draft.written[spec.name] or (), find)

    def among(self, draft: Draft, spec: Field, around: str) -> None:
        """Resolve the contacts: those linked to the accounts come first.

        Raises:
            UnresolvedError: One has a problem, which is noted.
        """
        links = draft.written[spec.name]
        accounts = None if around in draft.failed else frozenset(draft.values.get(around) or ())
        if links is All.CONTACTS:
            if accounts is None:
                raise UnresolvedError
            if not accounts:
                raise self.faults.note(
                    draft.entry,
                    (spec.name,),
                    "bad-value",
                    f"{spec.name}: all means every {spec.refers} of the {around}, and no account is written.",
                    "write the account, or list the contacts that are meant",
                )
            draft.set(spec.name, *self._all_contacts(accounts))
            return

        def find(path: ValuePath, link: Link) -> tuple[Entry, dict[str, Any], dict[str, Any]]:
            try:
                found = self._contact(draft.entry, path, link, accounts)
            finally:
                role = (
                    self.references.one(draft.entry, (*path, "sales_role"), link.sales_role)
                    if link.sales_role
                    else None
                )
            if role is None:
                return found, {}, {}
            label = self.directory.label("sales_role", role.id)
            return found, {"roles": [role.id]}, {"sales_role": label}

        self._links(draft, spec, links or (), find)

    def _links(
        self,
        draft: Draft,
        spec: Field,
        links: Sequence[Link],
        find: Callable[[ValuePath, Link], tuple[Entry, dict[str, Any], dict[str, Any]]],
    ) -> None:
        name, noun = spec.name, spec.refers or ""
        canonical: dict[str, Any] = {}
        human = []
        places: dict[str, int] = {}
        failed = False
        for index, link in enumerate(links):
            try:
                found, more, shown = find((name, index), link)
            except UnresolvedError:
                failed = True
                continue
            first = places.setdefault(found.id, index)
            if first != index:
                self._twice(draft.entry, spec, links, (first, index), found)
                failed = True
            canonical[found.id] = {"primary": link.primary} | more
            human.append(
                {noun: self.references.written(link.reference, found), "primary": link.primary} | shown
            )
        if failed:
            raise UnresolvedError
        draft.set(name, canonical, human)

    def _said(self, entry: Declared, link: Link, spec: Field) -> tuple[dict[str, Any], dict[str, Any]]:
        """Return what else *link* says, as it is compared and as people write it."""
        columns = {column.name: column for column in entity_of(spec).columns}
        canonical: dict[str, Any] = {}
        human: dict[str, Any] = {}
        self._space.entry = entry
        for name, written in link.columns:
            column = columns[name]
            value = Value(None, None, None)
            if written is not None:
                value = column.shape.resolve(written, column, self._space)
            canonical[name] = value.canon
            if value.canon is not None:
                human[name] = value.human
        return canonical, human

    def _twice(
        self, entry: Declared, spec: Field, links: Sequence[Link], at: tuple[int, int], found: Entry
    ) -> None:
        first, second = at
        name, noun = spec.name, spec.refers or ""
        span = entry.locator.span((name, first))
        self.faults.note(
            entry,
            (name, second),
            entity_of(spec).twice,
            f'"{links[first].reference}" and "{links[second].reference}" are the same {noun}: '
            f"{self.directory.label(noun, found.id)}.",
            "delete one of them",
            related=(Related(span, "first listed here", entry.locator.excerpt(span)),),
        )

    def _all_contacts(self, accounts: frozenset[str]) -> tuple[Any, Any]:
        """Return every contact linked to *accounts*.

        The first by e-mail becomes primary on create; afterwards the CRM says which one is.
        """
        ids = {contact for account in accounts for contact in self._contacts_of.get(account, ())}
        known = [
            id_
            for id_ in ids
            if (found := self.directory.get("contact", id_)) is not None and not found.deleted
        ]
        known.sort(key=lambda id_: (self.directory.written("contact", id_), id_))
        canonical: dict[str, Mapping[str, Any]] = {id_: {} for id_ in known}
        human = [
            {"contact": self.directory.written("contact", id_), "primary": index == 0}
            for index, id_ in enumerate(known)
        ]
        return canonical, human

    def _contact(
        self, entry: Declared, path: ValuePath, link: Link, accounts: frozenset[str] | None
    ) -> Entry:
        """Return the contact that is meant; of *accounts* None only tell whether there is one."""
        reference = link.reference
        found = self.directory.find("contact", reference)
        candidates = [contact for contact in found if not contact.deleted]
        same = (reference, accounts)
        if not candidates:
            if (gone := self.references.gone(entry, reference, found)) is not None:
                return gone
            if found:
                raise self.references.deleted(entry, path, reference, found[0], same)
            raise self.references.unknown(entry, path, reference, None, (reference, None))
        if accounts is None:
            raise UnresolvedError
        linked = self.directory.linked
        near = [contact for contact in candidates if not accounts.isdisjoint(linked.get(contact.id, ()))]
        if len(near) == 1:
            return self.references.note(reference, near[0])
        if near:
            raise self.references.ambiguous(entry, path, reference, near, same)
        if link.linked and accounts:
            raise self._not_linked(entry, path, link, candidates, accounts)
        if len(candidates) > 1:
            raise self.references.ambiguous(entry, path, reference, candidates, same)
        return self.references.note(reference, candidates[0])

    def _not_linked(
        self,
        entry: Declared,
        path: ValuePath,
        link: Link,
        candidates: Sequence[Entry],
        accounts: frozenset[str],
    ) -> UnresolvedError:
        reference = link.reference
        names = " or ".join(sorted(self.directory.label("account", id_) for id_ in accounts))
        if len(candidates) > 1:
            detail = f"{len(candidates)} contacts {described(reference, many=True)}, none linked to {names}."
            yaml = self.references.choices("contact", candidates, ", linked: false")
        else:
            (contact,) = candidates
            elsewhere = self.references.linked_to(contact)
            label = self.directory.label("contact", contact.id)
            who = label if reference.ref or label == str(reference) else f"{label} ({reference})"
            detail = (
                f"{who} is linked to {elsewhere}, not to {names}."
                if elsewhere
                else f"{who} is not linked to {names}."
            )
            email = reference.email or reference.text
            said = f"email: {quoted(email)}" if email else f"id: {contact.id}"
            yaml = f"{{{f'ref: {reference.ref}' if reference.ref else said}, linked: false}}"
        return self.faults.note(
            entry,
            path,
            "contact-not-linked",
            detail,
            f"link the contact to the account in Pipeliner; or, if it is meant, write:\n{yaml}",
            (reference, accounts),
        )
