"""Desired ↔ observed: which record is the declared one."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from syncer.errors import Problem, Related
from syncer.kinds import OPPORTUNITY, Shape
from syncer.model import Observed, State
from syncer.resolve import Desired, Identity, primary


@dataclass(frozen=True, slots=True)
class Matches:
    """What was found for each declaration.

    Attributes:
        found: The record by address; None when there is none.
        problems: Declarations that match several records, or share one.
    """

    found: Mapping[str, Observed | None]
    problems: tuple[Problem, ...]


def natural_key(match: Sequence[str], values: Mapping[str, Any]) -> tuple[str | None, ...]:
    """Return the natural key of canonical *values*: what is compared, in the order of *match*."""
    parts = {
        "name": _plain(values.get("name")),
        "account": primary(values.get("accounts")),
        "pipeline": values.get("pipeline"),
    }
    return tuple(parts[name] for name in match)


def referred(path: str, value: Any) -> list[tuple[str, str]]:
    """Return the (reference kind, id) pairs that a canonical value at *path* holds."""
    if not value or path.startswith("fields."):
        return []
    spec = OPPORTUNITY.field(path)
    match spec.shape:
        case Shape.REFERENCE:
            return [(spec.refers or "", value)]
        case Shape.MONEY:
            return [("currency", value["currency"])] if value["currency"] else []
        case Shape.LINKS:
            roles = [("sales_role", role) for link in value.values() for role in link.get("roles", ())]
            return [(spec.refers or "", id_) for id_ in value] + roles
        case _:
            return []


def _plain(name: str | None) -> str | None:
    """Return a name as it identifies: a service may strip the blanks before it, like those behind it."""
    return name.lstrip() if name else name


class Index:
    """The observed opportunities by everything that identifies them."""

    def __init__(self, observed: Iterable[Observed], match: Sequence[str], key_field: str | None) -> None:
        self._match = match
        self._key_path = f"fields.{key_field}" if key_field else None
        self._by_id: dict[str, Observed] = {}
        self._by_key: dict[str, list[Observed]] = {}
        self._by_natural: dict[tuple[str | None, ...], list[Observed]] = {}
        for record in observed:
            self._by_id[record.id] = record
            key = record.values.get(self._key_path) if self._key_path else None
            if key:
                # A record that holds a key is the one of that key, and no other's by its name.
                self._by_key.setdefault(key, []).append(record)
            else:
                self._by_natural.setdefault(natural_key(match, record.values), []).append(record)

    def find(self, identity: Identity) -> list[Observed]:
        """Return every record that *identity* means: by id, else by key, else by natural key."""
        if identity.id:
            found = self._by_id.get(identity.id)
            return [found] if found else []
        if identity.key and (keyed := self._by_key.get(identity.key)):
            return keyed
        if not identity.unsaid.isdisjoint(self._match):
            return []
        parts = {"name": _plain(identity.name), "account": identity.account, "pipeline": identity.pipeline}
        return self._by_natural.get(tuple(parts[name] for name in self._match), [])


def match(
    desired: Iterable[Desired], observed: Iterable[Observed], *, by: Sequence[str], key_field: str | None
) -> Matches:
    """Find the record of each declaration.

    In this order: `id:` of the manifest, the key field, the natural key, the natural key of `formerly`.

    Args:
        desired: The declarations, resolved.
        observed: Every record that may be one of them.
        by: Parts of the natural key.
        key_field: Api name of the key field.
    """
    index = Index(observed, by, key_field)
    found: dict[str, Observed | None] = {}
    problems: list[Problem] = []
    taken: dict[str, Desired] = {}
    for entry in desired:
        candidates = index.find(entry.identity)
        if not candidates and entry.formerly is not None:
            candidates = index.find(entry.formerly)
        address = entry.declared.address
        if len(candidates) > 1:
            problems.append(_several(entry, candidates, key_field, by))
            continue
        record = candidates[0] if candidates else None
        if record is None and entry.identity.id and entry.declared.state is State.PRESENT:
            problems.append(_unknown_id(entry))
            continue
        if record is not None:
            other = taken.setdefault(record.id, entry)
            if other is not entry:
                problems.append(_shared(entry, other, record))
                continue
        found[address] = record
    return Matches(found, tuple(problems))


def _several(
    entry: Desired, records: Sequence[Observed], key_field: str | None, by: Sequence[str]
) -> Problem:
    span = entry.declared.span
    keyed = bool(key_field and records[0].values.get(f"fields.{key_field}"))
    parts = " and ".join(filter(None, [", ".join(by[:-1]), by[-1]]))
    what = f'the key "{entry.declared.key}" in {key_field}' if keyed else f"this {parts}"
    lines = "\n".join(
        f"id: {record.id}  # created {record.created[:19]}, changed {record.modified[:19]}"
        f"{', archived' if record.archived else ''}"
        for record in records
    )
    return Problem(
        "identity-ambiguous",
        f"{len(records)} opportunities in Pipeliner have {what}.",
        span,
        entry.declared.locator.excerpt(span),
        f"say which one is meant, or delete the others in Pipeliner:\n{lines}",
        address=entry.declared.address,
    )


def _unknown_id(entry: Desired) -> Problem:
    span = entry.declared.locator.span(("id",))
    return Problem(
        "identity-unknown-id",
        f"No opportunity in Pipeliner has the id {entry.identity.id}; it may have been deleted.",
        span,
        entry.declared.locator.excerpt(span),
        "correct the id, or delete the line to have the opportunity created anew",
        address=entry.declared.address,
    )


def _shared(entry: Desired, other: Desired, record: Observed) -> Problem:
    span, first = entry.declared.span, other.declared.span
    return Problem(
        "identity-shared",
        f'{entry.declared.address} and {other.declared.address} both mean "{record.values.get("name")}", '
        f"the opportunity {record.id}.",
        span,
        entry.declared.locator.excerpt(span),
        "delete one of them, or tell them apart by name or by id",
        (Related(first, "the other declaration", other.declared.locator.excerpt(first)),),
        entry.declared.address,
    )
