"""Declarations → what they mean: every one, every field, every problem."""

from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple

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
_ALL_PARTS: Final = frozenset(_PARTS.values())
_NOTHING: Final[frozenset[str]] = frozenset()
_SINGULAR: Final = frozenset({"name", "closing_date", "value", "description"})  # hardly two are alike
# What else a field depends on.
_NEEDS: Final = {"step": "pipeline", "type": "pipeline", "contacts": "accounts"}


class _Known(NamedTuple):
    """What a field added to the draft of a declaration."""

    values: tuple[tuple[str, Any, Any], ...]
    wire: tuple[tuple[str, Any], ...]
    defaulted: bool
    won: bool


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
        self._known: dict[tuple[Any, ...], _Known] = {}
        self._orders: dict[tuple[tuple[str, ...], bool], list[str]] = {}

    def entry(self, entry: Declared) -> Desired | None:
        """Return what *entry* means; None when it has problems."""
        draft = Draft(entry, needed(entry))
        present = entry.state is State.PRESENT
        for name in self._order(tuple(draft.written), present=present):
            try:
                if name in _SINGULAR:
                    self._fields.resolve(draft, name)
                else:
                    self._repeated(draft, name)
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
            defaulted=frozenset(draft.defaulted) if draft.defaulted else _NOTHING,
            notes=("won",) if draft.won else (),
        )

    def _order(self, written: tuple[str, ...], *, present: bool) -> Sequence[str]:
        """Return the fields to resolve, each behind what it needs; most declarations have the same ones."""
        known = self._orders.get((written, present))
        if known is None:
            known = [name for name in _ORDER if name in written or (present and name in _DEFAULTED)]
            known += [name for name in written if name.startswith("fields.")]
            self._orders[written, present] = known
        return known

    def _repeated(self, draft: Draft, name: str) -> None:
        """Resolve a field that many declarations write alike: once for all of them."""
        written, around = draft.written.get(name), _NEEDS.get(name)
        if written.__class__ is list or around in draft.failed:
            self._field(draft, name)
            return
        within = draft.values.get(around) if around else None
        # True equals 1 and is not written alike.
        key = (name, written.__class__, written, tuple(within) if within.__class__ is dict else within)
        known = self._known.get(key)
        if known is None:
            values, wire = len(draft.values), len(draft.wire)
            self._field(draft, name)
            self._known[key] = _Known(
                tuple((path, value, draft.human[path]) for path, value in [*draft.values.items()][values:]),
                tuple(draft.wire.items())[wire:],
                name in draft.defaulted,
                name == "step" and draft.won,
            )
            return
        for path, canonical, human in known.values:
            draft.values[path] = canonical
            draft.human[path] = human
        for name_on_wire, value in known.wire:
            draft.wire[name_on_wire] = value
        if known.defaulted:
            draft.defaulted.add(name)
        if known.won:
            draft.won = True

    def _field(self, draft: Draft, name: str) -> None:
        if name == "accounts":
            self._links.accounts(draft)
        elif name == "contacts":
            self._links.contacts(draft)
        elif name.startswith("fields."):
            self._fields.custom(draft, name)
        else:
            self._fields.resolve(draft, name)

    def _identity(self, entry: Declared, values: Mapping[str, Any]) -> Identity:
        return Identity(
            name=values.get("name"),
            account=primary(values.get("accounts")),
            pipeline=values.get("pipeline"),
            key=entry.key if self._key_field else None,
            id=entry.id,
            unsaid=_NOTHING
            if values.keys() >= _ALL_PARTS
            else frozenset(part for part, path in _PARTS.items() if path not in values),
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
