"""Declarations → what they mean: every one, every field, every problem."""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any, Final, NamedTuple

from syncer.kinds.custom import api_name, is_custom, path_of
from syncer.kinds.registry import KINDS
from syncer.model.declared import Declared, Presence, Reference, Sum
from syncer.model.key import Key
from syncer.resolve.directory import Directory
from syncer.resolve.draft import Draft
from syncer.resolve.faults import Faults, UnresolvedError
from syncer.resolve.fields import Fields, Resolver
from syncer.resolve.links import Links
from syncer.resolve.needs import identifying, needed
from syncer.resolve.references import References
from syncer.resolve.values import Desired, Resolution
from syncer.shapes import canon

_NOTHING: Final[frozenset[str]] = frozenset()
# What is written alike and does not mean the same.
_OWN: Final = frozenset({list, Sum})


class _Known:
    """What a field that was resolved added to its draft."""

    __slots__ = ("canonical", "custom", "defaulted", "human", "wire", "won")

    def __init__(self, draft: Draft, name: str, *, won: bool) -> None:
        self.canonical = draft.values[name]
        self.human = draft.human[name]
        self.custom = api_name(name)
        self.wire = draft.wire[self.custom] if self.custom else None
        self.defaulted = name in draft.defaulted
        self.won = won


class _Step(NamedTuple):
    """A field to resolve, how, the field it depends on, and what is known of it by what was written there."""

    name: str
    own: Resolver
    around: str | None
    known: dict[object, _Known] | None


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


def identities(
    declared: Sequence[Declared], directory: Directory, *, key_field: str | None = None
) -> tuple[Desired, ...]:
    """Return what identifies *declared*, of those of which it can be told; nothing else is resolved.

    They are not planned, but no other declaration may mean the same record. What is wrong with them is told
    when they are.
    """
    bare = {entry.address: identifying(entry) for entry in declared}
    found = resolve(list(bare.values()), directory, key_field=key_field).desired
    whole = {entry.address: entry for entry in declared}
    return tuple(
        Desired(
            entry := whole[desired.declared.address],
            desired.identity._replace(id=entry.id),
            desired.formerly,
        )
        for desired in found
    )


class _Resolver:
    """Works through the declarations."""

    def __init__(self, directory: Directory, key_field: str | None) -> None:
        self.faults = Faults()
        self.references = References(directory, self.faults)
        self._fields = Fields(directory, self.references, self.faults)
        self._links = Links(directory, self.references, self.faults)
        self._key_field = key_field
        self._known: dict[tuple[str, str], dict[object, _Known]] = {}
        self._orders: dict[tuple[str, tuple[str, ...], bool], list[_Step]] = {}

    def entry(self, entry: Declared) -> Desired | None:
        """Return what *entry* means; None when it has problems."""
        draft = Draft(entry, needed(entry))
        present = entry.state is Presence.PRESENT
        written, values, human = draft.written, draft.values, draft.human
        for name, own, around, known in self._order(entry.address.kind, tuple(written), present=present):
            # What many declarations write alike is resolved once. True equals 1, and is not written alike.
            key: object = None
            if known is not None:
                raw = written.get(name)
                within = values.get(around) if around else raw.__class__
                key = (raw, tuple(within) if within.__class__ is dict else within)
                if raw.__class__ in _OWN or (around and around in draft.failed):
                    key = None
                elif (found := known.get(key)) is not None:
                    values[name], human[name] = found.canonical, found.human
                    if found.custom is not None:
                        draft.wire[found.custom] = found.wire
                    if found.defaulted:
                        draft.defaulted.add(name)
                    if found.won:
                        draft.won = True
                    continue
            before, won = len(values), draft.won
            try:
                own(draft)
            except UnresolvedError:
                draft.failed.add(name)
                continue
            if known is not None and key is not None and len(values) == before + 1:
                known[key] = _Known(draft, name, won=draft.won and not won)
        if self._key_field and present and KINDS[entry.address.kind].keyed:
            draft.set(path_of(self._key_field), entry.key, entry.key)
            draft.wire[self._key_field] = entry.key
        identity = self._identity(entry, draft.values)
        formerly = self._formerly(draft, identity) if entry.formerly.keys() - {"key"} else None
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

    def _order(self, kind: str, written: tuple[str, ...], *, present: bool) -> Sequence[_Step]:
        """Return the fields to resolve, each behind what it needs: in the order of the table.

        Most declarations of a kind have the same ones.
        """
        steps = self._orders.get((kind, written, present))
        if steps is None:
            steps = self._orders[kind, written, present] = []
            table = KINDS[kind]
            resolvers = (
                self._fields.resolvers(table)
                | self._links.resolvers(table)
                | self._fields.lines.resolvers(table)
            )
            for spec in sorted(table.fields, key=lambda spec: spec.adds in written):
                if spec.name in written or (present and spec.default):
                    many = self._known.setdefault((kind, spec.name), {}) if spec.shape.repeats else None
                    steps.append(_Step(spec.name, resolvers[spec.name], spec.within or spec.among, many))
            for path in filter(is_custom, written):
                own = partial(self._fields.custom, path=path)
                steps.append(_Step(path, own, None, self._known.setdefault((kind, path), {})))
        return steps

    def _identity(self, entry: Declared, values: Mapping[str, Any]) -> Key:
        kind = KINDS[entry.address.kind]
        unsaid = [part for part, name in kind.natural.items() if name not in values]
        keyed = self._key_field is not None and kind.keyed
        return Key(
            kind.parts(values),
            kind.sole(values),
            entry.key if keyed else None,
            entry.id,
            frozenset(unsaid) if unsaid else _NOTHING,
            entry.formerly.get("key") if keyed else None,
        )

    def _formerly(self, draft: Draft, now: Key) -> Key | None:
        """Return the identity before a rename: the present one but for what was different."""
        old: dict[str, str | None] = {}
        for name, value in draft.entry.formerly.items():
            if name == "key":
                continue
            try:
                match value:
                    case Reference():
                        old[name] = self.references.one(draft.entry, ("formerly", name), value).id
                    case _:
                        old[name] = canon.text(value)
            except UnresolvedError:
                draft.failed.add(f"formerly.{name}")
        return Key({**now.parts, **old}, unsaid=now.unsaid - old.keys())
