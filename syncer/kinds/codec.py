"""Wire ↔ values: bodies and records of a kind, as its table says.

Sources: OAS Opportunity, createOpportunityInput, batchOpportunityInput; DOC create-opportunity.
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from functools import cache
from typing import Any, Final

from syncer.kinds.base import Kind
from syncer.kinds.custom import api_name, is_custom, path_of
from syncer.kinds.registry import KINDS
from syncer.model import pending
from syncer.model.address import Address
from syncer.model.change import Absent, Action, Change, RelationWrite, Values
from syncer.model.observed import LinkRow, Observed
from syncer.shapes import canon
from syncer.shapes.base import Field
from syncer.shapes.rows import entity_of, rows_of

_NOTHING: Final[Mapping[str, str]] = {}
_ALWAYS: Final = ("id", "is_archived", "created", "modified")
_WITH_BODY: Final = frozenset({Action.CREATE, Action.UPDATE})
_BOOKKEEPING: Final = frozenset({*_ALWAYS, "is_deleted", "revision"})


class Codec:
    """Spells the records of one kind.

    Attributes:
        kind: Which one.
    """

    def __init__(self, kind: Kind) -> None:
        self.kind = kind
        self._known = {spec.wire: spec for spec in kind.fields if spec.wire and not spec.wires}
        self._wide = tuple(spec for spec in kind.fields if spec.wires)
        self._beside = _BOOKKEEPING | {name for spec in self._wide for name in spec.wires}
        sent = [kind.field(name) for name in kind.sent] or [spec for spec in kind.fields if spec.wire]
        self._proofs = {spec.link.proof for spec in kind.fields if spec.link is not None}
        self._sent = tuple((spec.name, spec.wire or "", spec) for spec in sent)
        self._lost = None if kind.lost is None else kind.field(kind.lost)
        # What another field's record says: the pipeline of an opportunity follows from its step.
        self._via = {spec.via: spec.name for spec in kind.fields if spec.via}
        known_by = (*kind.natural.values(), *kind.alone, *kind.called)
        self._identity = frozenset(spec.via or spec.name for spec in map(kind.field, known_by))

    def load_only(self, names: Iterable[str]) -> tuple[str, ...]:
        """Return what to load to learn the fields *names* (`owner`, `contacts`, `fields.cf_x`).

        What identifies a record is always part of it.
        """
        wanted = {*names, *self._identity}
        load = list(_ALWAYS)
        for spec in self.kind.fields:
            if spec.name in wanted:
                load += spec.shape.load(spec)
        load += sorted(name for path in wanted if (name := api_name(path)) is not None)
        return tuple(load)

    def expand(self, names: Iterable[str]) -> tuple[str, ...]:
        """Return the relations to expand to learn the fields *names*."""
        wanted = {*names, *self._identity}
        return tuple(
            relation
            for spec in self.kind.fields
            if spec.name in wanted
            for relation in spec.shape.expand(spec)
        )

    def observed(self, row: Mapping[str, Any], within: Mapping[str, str] = _NOTHING) -> Observed:
        """Return the values of a wire row; tolerant of whatever a person left in it years ago.

        Args:
            row: As listed, with `load_only` and `expand`.
            within: Pipeline ids by step id; an opportunity names only its step. `place` may tell later.
        """
        rows: dict[str, dict[str, LinkRow]] = {name: {} for name in self.kind.links}
        return Observed(
            id=row["id"],
            values=self._values(row, within, rows),
            rows=rows,
            archived=bool(row.get("is_archived")),
            created=row.get("created") or "",
            modified=row.get("modified") or "",
            deleted=bool(row.get("is_deleted")),
        )

    def place(self, record: Observed, within: Mapping[str, str]) -> None:
        """Fill in what the records around say: the pipeline, by the step it is in."""
        values = record.values
        for via, name in self._via.items():
            if via in values and isinstance(values, dict):
                values[name] = within.get(values[via])

    def values(self, row: Mapping[str, Any], within: Mapping[str, str]) -> dict[str, Any]:
        """Return the canonical values in a wire row or in a payload: the two have the same shape."""
        return self._values(row, within, None)

    def _values(
        self,
        row: Mapping[str, Any],
        within: Mapping[str, str],
        rows: Mapping[str, dict[str, LinkRow]] | None,
    ) -> dict[str, Any]:
        """Return the values; put the relation rows behind linked records into *rows*, by field."""
        found: dict[str, Any] = {}
        known, via = self._known, self._via
        for wire_name, value in row.items():
            spec = known.get(wire_name)
            if spec is None:
                if wire_name not in self._beside and wire_name not in self._proofs:
                    found[path_of(wire_name)] = canon.scalar(value)
                continue
            name = spec.name
            if rows is not None and spec.link is not None:
                found[name] = rows_of(spec).read_rows(value, spec, rows[name])
            else:
                found[name] = spec.shape.read(value, spec)
            if name in via:
                found[via[name]] = within.get(found[name])
        for spec in self._wide:
            # What is always read (`is_archived`) says it alone in a body; in a row the others are asked for.
            if (rows is None and spec.wire in row) or any(name in row for name in spec.wires):
                found[spec.name] = spec.shape.read(row, spec)
        return found

    def wire(self, name: str, value: Any) -> Any:
        """Return the wire form of the canonical *value* of field *name*; not for custom fields."""
        spec = self.kind.field(name)
        return spec.shape.write(value, spec)

    def payload(self, canonical: Mapping[str, Any], custom: Mapping[str, Any]) -> dict[str, Any]:
        """Return the body that sets *canonical* (by field name) and *custom* (wire values by api name).

        Fields that are to be empty are sent as null in an update and left out of a create, see
        `create_payload`.
        """
        body: dict[str, Any] = {}
        for name, on_wire, spec in self._sent:
            if name not in canonical:
                continue
            value = spec.shape.write(canonical[name], spec)
            body.update(value if spec.wires else {on_wire: value})
        body.update(custom)
        return body

    def create_payload(self, canonical: Mapping[str, Any], custom: Mapping[str, Any]) -> dict[str, Any]:
        """Return the body of a create: what is empty is not sent."""
        body = self.payload(canonical, custom)
        return {name: value for name, value in body.items() if value not in (None, [])}

    def sent(self, change: Change) -> dict[str, Any]:
        """Return the canonical values that a record shall hold once *change* is written.

        Links of an update are among them, although rows of their own write those.
        """
        desired = change.desired
        if change.action is not Action.CREATE:
            # What is archived is so again in the end, whatever else was written.
            lost = self.kind.lost
            paths = dict.fromkeys([*change.writes, *((lost,) if lost and desired.get(lost) else ())])
            return {path: desired[path] for path in paths if path in desired}
        found = {name: desired[name] for name, _, _ in self._sent if name in desired}
        found.update((path, value) for path, value in desired.items() if is_custom(path))
        return found

    def in_body(self, change: Change) -> tuple[str, ...]:
        """Return the paths of an update that its body sets, and no row of their own."""
        return tuple(
            path
            for path in change.writes
            if is_custom(path) or ((spec := self.kind.field(path)).wire and not (spec.link or spec.wires))
        )

    def body(self, change: Change) -> dict[str, Any] | None:
        """Return the item of a batch that creates or updates a record; None for every other change."""
        after = change.after
        if after is None or change.action not in _WITH_BODY or change.restores:
            return None
        if change.action is Action.CREATE:
            return self.create_payload(after.canon, after.wire)
        paths = self.in_body(change)
        custom = [name for path in paths if (name := api_name(path)) is not None]
        return {
            "id": change.id,
            **self.payload(
                {path: after.canon[path] for path in paths},
                {name: after.wire[name] for name in custom if name in after.wire},
            ),
        }

    def opening(self, change: Change, record: Observed) -> dict[str, Any] | None:
        """Return the item that makes *record* editable, before an update is written; None when it is."""
        if not record.archived or self._lost is None:
            return None
        return {"id": change.id, **self._lost.shape.write(None, self._lost)}

    def closing(self, change: Change, record: Observed) -> dict[str, Any] | None:
        """Return the item that archives the record, behind all else; None when it shall be, or is, open.

        Args:
            change: The update.
            record: As it was before: its loss keeps its date.
        """
        spec = self._lost
        wanted = None if spec is None else change.desired.get(spec.name)
        if spec is None or wanted is None:
            return None
        held = record.values.get(spec.name) or {}
        return {"id": change.id, **spec.shape.write({**held, **wanted}, spec)}

    def in_create(self, body: Mapping[str, Any]) -> dict[str, Any]:
        """Return the canonical values in the body of a create, without what follows from others."""
        found = self.values(body, _NOTHING)
        for name in self._via.values():
            found.pop(name, None)
        return found

    def custom(self, body: Mapping[str, Any]) -> dict[str, Any]:
        """Return the custom fields in a body, by api name."""
        return {
            name: value
            for name, value in body.items()
            if name not in self._known and name not in self._beside
        }

    def relation_writes(
        self,
        name: str,
        parent: str,
        before: Mapping[str, LinkRow],
        now: Mapping[str, Any],
        after: Mapping[str, Any],
    ) -> list[RelationWrite]:
        """Return the writes to relation rows of *parent* that turn its links *now* into *after*."""
        spec = self.kind.field(name)
        return rows_of(spec).writes(spec, parent, before, now, after)

    def relations(
        self, record: Observed, wanted: Mapping[str, Any], paths: Iterable[str]
    ) -> tuple[RelationWrite, ...]:
        """Return the writes to relation rows that give *record* the links that are *wanted* at *paths*."""
        return tuple(
            write
            for path in paths
            if path in self.kind.links
            for write in self.relation_writes(
                path,
                record.id,
                record.rows.get(path, {}),
                record.values.get(path) or {},
                wanted[path] or {},
            )
        )

    def needs(self, change: Change) -> tuple[Address, ...]:
        """Return the declared records that *change* waits for, since it holds their ids; sorted."""
        found = {
            id_
            for spec in self.kind.referring
            # Of what nobody declares, none is pending, whatever a service takes for an id.
            if spec.refers in KINDS and change.sets(spec.name)
            for kind, id_ in spec.shape.ids(change.desired[spec.name], spec)
            if kind in KINDS and pending.is_pending(id_)
        }
        return tuple(sorted(map(pending.address_of, found)))

    def bound(self, change: Change, ids: Mapping[str, str]) -> Change:
        """Return *change* with the *ids* of the records that it waited for, by address."""
        after, precondition = change.after, change.precondition
        if after is None or not self.needs(change):
            return change
        values = {
            spec.name: spec.shape.bind(after.canon[spec.name], ids)
            for spec in self.kind.referring
            if spec.name in after.canon
        }
        if isinstance(precondition, Absent):
            parts = {
                part: ids.get(value, value) if self.kind.natural[part] in values else value
                for part, value in precondition.key.parts.items()
            }
            precondition = replace(precondition, key=precondition.key._replace(parts=parts))
        return replace(
            change,
            after=Values({**after.canon, **values}, after.written, after.wire),
            precondition=precondition,
            relations=tuple(
                write._replace(payload=pending.bound(write.payload, ids)) for write in change.relations
            ),
        )

    def field_of(self, wire_name: str) -> str | None:
        """Return the manifest's field for a name in the service's messages; `fields.x` for a custom one.

        Accepts `owner_id`, `owner`, `Opportunity.owner_id`, `value.base_value`.
        """
        plain = wire_name.removeprefix(f"{self.kind.wire_name}.").split(".")[0]
        for spec in self.kind.fields:
            if spec.wire and plain in {spec.wire, spec.wire.removesuffix("_id"), spec.name}:
                return spec.name
        return path_of(plain) if plain else None

    def satisfied(self, write: RelationWrite, record: Observed) -> bool:
        """Tell whether *record* already is as *write* would make it."""
        spec = self._written_by(write)
        return rows_of(spec).satisfied(write, record, spec)

    def is_alone(self, write: RelationWrite) -> bool:
        """Tell whether a new row is posted alone, see `LinkEntity.alone`."""
        return entity_of(self._written_by(write)).alone

    def _written_by(self, write: RelationWrite) -> Field:
        specs = map(self.kind.field, self.kind.links)
        return next(spec for spec in specs if write.entity in rows_of(spec).writes_to(spec))


@cache
def of(kind: Kind) -> Codec:
    """Return the codec of *kind*."""
    return Codec(kind)


def of_change(change: Change) -> Codec:
    """Return the codec of the kind that *change* is about."""
    return of(KINDS[change.address.kind])


def sent(change: Change) -> dict[str, Any]:
    """Return the canonical values that a record shall hold once *change* is written."""
    return of_change(change).sent(change)


def in_body(change: Change) -> tuple[str, ...]:
    """Return the paths of an update that its body sets, and no row of their own."""
    return of_change(change).in_body(change)


def needs(change: Change) -> tuple[Address, ...]:
    """Return the declared records that *change* waits for, see `Codec.needs`."""
    return of_change(change).needs(change)


def bound(change: Change, ids: Mapping[str, str]) -> Change:
    """Return *change* with the *ids* of the records that it waited for, by address."""
    return of_change(change).bound(change, ids)


def body(change: Change) -> dict[str, Any] | None:
    """Return the item of a batch that creates or updates a record; None for every other change."""
    return of_change(change).body(change)
