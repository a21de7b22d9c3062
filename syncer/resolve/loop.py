"""Declarations → what they mean: every one, every field, every problem."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from syncer import canon
from syncer.directory import Directory
from syncer.kinds import OPPORTUNITY
from syncer.model import Declared, Reference, State
from syncer.resolve.draft import Draft
from syncer.resolve.faults import Faults, UnresolvedError
from syncer.resolve.fields import Fields
from syncer.resolve.links import Links
from syncer.resolve.needs import needed
from syncer.resolve.references import References
from syncer.resolve.values import Desired, Identity, Resolution, primary

# A step needs its pipeline, contacts need their accounts: the order of the table.
_ORDER: Final = tuple(spec.name for spec in OPPORTUNITY.fields)
_DEFAULTED: Final = frozenset({"step", "type"})
_PARTS: Final = {"name": "name", "account": "accounts", "pipeline": "pipeline"}


def resolve(
    declared: Sequence[Declared], directory: Directory, *, key_field: str | None = None
) -> Resolution:
    """Turn every reference into an id; report every one that cannot be, all at once.

    Args:
        declared: What the manifests say.
        directory: What the space knows.
        key_field: Api name of the field that holds our key, when one is configured.
    """
    resolver = _Resolver(directory, key_field)
    desired = [resolved for entry in declared if (resolved := resolver.entry(entry)) is not None]
    references = resolver.references
    return Resolution(
        desired=tuple(desired),
        references=tuple(
            sorted(references.resolved.values(), key=lambda found: (found.kind, found.name, found.id))
        ),
        problems=tuple(resolver.faults.problems()),
        unsure=frozenset(references.unsure),
    )


class _Resolver:
    """Works through the declarations."""

    def __init__(self, directory: Directory, key_field: str | None) -> None:
        self.faults = Faults()
        self.references = References(directory, self.faults)
        self._fields = Fields(directory, self.references, self.faults)
        self._links = Links(directory, self.references, self.faults)
        self._key_field = key_field

    def entry(self, entry: Declared) -> Desired | None:
        """Return what *entry* means; None when it has problems."""
        draft = Draft(entry, needed(entry))
        present = entry.state is State.PRESENT
        for name in _ORDER:
            if name in draft.written or (present and name in _DEFAULTED):
                try:
                    self._field(draft, name)
                except UnresolvedError:
                    draft.failed.add(name)
        for name in draft.written:
            if name.startswith("fields."):
                try:
                    self._fields.custom(draft, name)
                except UnresolvedError:
                    draft.failed.add(name)
        if self._key_field and present:
            draft.set(f"fields.{self._key_field}", entry.key, entry.key)
            draft.wire[self._key_field] = entry.key
        identity = self._identity(entry, draft.values)
        formerly = self._formerly(draft, identity) if entry.formerly else None
        if draft.failed:
            return None
        return Desired(
            declared=entry,
            identity=identity,
            formerly=formerly,
            values=draft.values,
            human=draft.human,
            wire=draft.wire,
            defaulted=frozenset(draft.defaulted),
            notes=("won",) if draft.won else (),
        )

    def _field(self, draft: Draft, name: str) -> None:
        if name == "accounts":
            self._links.accounts(draft)
        elif name == "contacts":
            self._links.contacts(draft)
        else:
            self._fields.resolve(draft, name)

    def _identity(self, entry: Declared, values: Mapping[str, Any]) -> Identity:
        return Identity(
            name=values.get("name"),
            account=primary(values.get("accounts")),
            pipeline=values.get("pipeline"),
            key=entry.key if self._key_field else None,
            id=entry.id,
            unsaid=frozenset(part for part, path in _PARTS.items() if path not in values),
        )

    def _formerly(self, draft: Draft, now: Identity) -> Identity | None:
        """Return the identity before a rename: the present one but for what was different."""
        old: dict[str, str | None] = {}
        for name, value in draft.entry.formerly.items():
            try:
                match value:
                    case Reference():
                        old[name] = self.references.one(draft.entry, ("formerly", name), value).id
                    case _:
                        old[name] = canon.text(value)
            except UnresolvedError:
                draft.failed.add(f"formerly.{name}")
        return Identity(
            name=old.get("name", now.name),
            account=old.get("account", now.account),
            pipeline=old.get("pipeline", now.pipeline),
            unsaid=now.unsaid - old.keys(),
        )
