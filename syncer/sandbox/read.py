"""Pages and records as answers show them: relations as URIs, or as objects where expanded."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import tzinfo
from functools import cached_property
from typing import Any, Final

from syncer.sandbox.clock import in_zone
from syncer.sandbox.database import JSON_KINDS, Database, Record
from syncer.sandbox.derive import COMPUTED_KEYS
from syncer.sandbox.entities import ENTITIES, Entity, Field
from syncer.sandbox.query import ALIVE, DEFAULT_FIRST, Listing, Tree, beyond, cursor, order_sql
from syncer.sandbox.switches import Switches
from syncer.sandbox.unheld import plural_of

Convert = Callable[[Any], Any]
_BOOLS: Final = {0: False, 1: True, None: None}


@dataclass(frozen=True, slots=True)
class Answer:
    """What an answer depends on besides the data: the address of the API and the zone of the caller."""

    base: str
    zone: tzinfo | None = None


# Source: recorded profiles-list-past-the-end.
NO_PAGE: Final[Mapping[str, Any]] = {
    "start_cursor": None,
    "end_cursor": None,
    "has_previous_page": False,
    "has_next_page": False,
}


def _no_rows(_: Any) -> list[Any]:
    return []


def _loads(text: str | None) -> Any:
    return None if text is None else json.loads(text)


@dataclass(frozen=True, slots=True)
class _One:
    """A to-one relation to fill in from `target` rows."""

    name: str
    at: int
    shape: "Shape"


@dataclass(frozen=True, slots=True)
class _Many:
    """A to-many relation: rows of `shape` whose `theirs` equals our value at `at`; None for rows not held."""

    name: str
    at: int
    theirs: str
    shape: "Shape | None"
    target: str
    to_uri: Convert


@dataclass(frozen=True)
class Shape:
    """How rows of one entity are read and shown: columns to select, and what becomes of each."""

    entity: Entity
    columns: tuple[str, ...]
    plan: tuple[tuple[str, int, Convert | None], ...]
    ones: tuple[_One, ...]
    manys: tuple[_Many, ...]

    @cached_property
    def select(self) -> str:
        """The columns in SQL; id comes first."""
        return ", ".join(self.columns)

    @cached_property
    def source(self) -> str:
        """The query up to its condition; rows have the alias t."""
        return f'SELECT {self.select} FROM "{self.entity.name}" t'  # noqa: S608 - names of our own tables


class Reader:
    """Reads records for one caller."""

    def __init__(self, db: Database, switches: Switches, counts: dict[Any, int]) -> None:
        self.db = db
        self.switches = switches
        self._counts = counts
        self._shapes: dict[Any, Shape] = {}
        self._generation = -1

    def shape(self, entity: Entity, expand: Tree, load_only: Tree, answer: Answer) -> Shape:
        """Work out (or remember) how to show *entity* with these names."""
        if self._generation != id(self.db.custom) or len(self._shapes) > 200:
            self._shapes.clear()
            self._generation = id(self.db.custom)
        key = (entity.name, repr(expand), repr(load_only), answer)
        if key not in self._shapes:
            self._shapes[key] = self._shape(entity, expand, load_only, answer)
        return self._shapes[key]

    def _shape(self, entity: Entity, expand: Tree, load_only: Tree, answer: Answer) -> Shape:
        columns = ["t.id"]
        plan: list[tuple[str, int, Convert | None]] = []
        ones: list[_One] = []
        manys: list[_Many] = []

        def column(sql: str) -> int:
            if sql not in columns:
                columns.append(sql)
            return columns.index(sql)

        for field in self.db.fields(entity).values():
            if not field.is_read or (load_only and field.name not in load_only):
                continue
            name = field.name
            if field.kind == "one":
                own = entity.key_of(field)
                stored = f't."{own}"' if own else "NULL"
                at = column(COMPUTED_KEYS.get((entity.name, name), stored))
                target = ENTITIES.get(field.target)
                plan.append((name, at, self._uri(field.target, answer)))
                if name in expand and target is not None:
                    ones.append(
                        _One(name, at, self._shape(target, expand[name], load_only.get(name, {}), answer))
                    )
            elif field.kind == "many":
                join = entity.children(field)
                plan.append((name, 0, _no_rows))
                if join is not None:
                    ours, theirs = join
                    shape = None
                    if name in expand:
                        shape = self._shape(
                            ENTITIES[field.target], expand[name], load_only.get(name, {}), answer
                        )
                    to_uri = self._uri(field.target, answer)
                    manys.append(_Many(name, column(f't."{ours}"'), theirs, shape, field.target, to_uri))
            else:
                plan.append((name, column(self.db.expression(entity, field)), self._convert(field, answer)))
        return Shape(entity, tuple(columns), tuple(plan), tuple(ones), tuple(manys))

    def _uri(self, target: str, answer: Answer) -> Convert:
        prefix = f"{answer.base}/entities/{plural_of(target)}/"
        return lambda key: prefix + key if key else None

    def _convert(self, field: Field, answer: Answer) -> Convert | None:
        if field.kind == "bool":
            return _BOOLS.get
        if field.kind in JSON_KINDS:
            return _loads
        if field.kind == "datetime" and answer.zone is not None:
            zone = answer.zone
            return lambda text: in_zone(text, zone) if text else text
        if field.kind == "text" and self.switches.empty_text == "null":
            return lambda text: text or None
        return None

    def show(self, shape: Shape, rows: Sequence[tuple[Any, ...]]) -> list[Record]:
        """Turn rows of `shape.select` into objects, with one query per relation, not per row."""
        plan = shape.plan
        records = [
            {name: row[at] if convert is None else convert(row[at]) for name, at, convert in plan}
            for row in rows
        ]
        for one in shape.ones:
            wanted = {row[one.at] for row in rows if row[one.at]}
            found = self._by_id(one.shape, wanted)
            for record, row in zip(records, rows, strict=True):
                record[one.name] = found.get(row[one.at])
        for many in shape.manys:
            groups = self._grouped(many, {row[many.at] for row in rows if row[many.at]})
            for record, row in zip(records, rows, strict=True):
                record[many.name] = groups.get(row[many.at], [])
        return records

    def _by_id(self, shape: Shape, ids: set[str]) -> dict[str, Record]:
        sql = f"{shape.source} WHERE t.id IN (SELECT value FROM json_each(?))"  # noqa: S608
        rows = self.db.conn.execute(sql, (json.dumps(list(ids)),)).fetchall()
        return {row[0]: record for row, record in zip(rows, self.show(shape, rows), strict=True)}

    def _grouped(self, many: _Many, keys: set[str]) -> dict[str, list[Any]]:
        groups: dict[str, list[Any]] = {}
        select = many.shape.select if many.shape else "t.id"
        rows = self.db.conn.execute(
            f'SELECT {select}, t."{many.theirs}" FROM "{many.target}" t'  # noqa: S608
            f' WHERE t."{many.theirs}" IN (SELECT value FROM json_each(?)) AND {ALIVE}'
            f" ORDER BY {_child_order(many.target)}",
            (json.dumps(list(keys)),),
        ).fetchall()
        items = self.show(many.shape, rows) if many.shape else [many.to_uri(row[0]) for row in rows]
        for row, item in zip(rows, items, strict=True):
            groups.setdefault(row[-1], []).append(item)
        return groups

    def count(self, entity: Entity, where: str, parameters: tuple[Any, ...]) -> int:
        """Count the whole result, remembered until the next write."""
        key = (self.db.generation, entity.name, where, parameters)
        total = self._counts.get(key)
        if total is None:
            if len(self._counts) > 500:
                self._counts.clear()
            # A whole table is counted in the small index on is_deleted, anything else as it is listed.
            condition = "t.is_deleted = 0" if where == f"1 AND {ALIVE}" else where
            sql = f'SELECT COUNT(*) FROM "{entity.name}" t WHERE {condition}'  # noqa: S608
            total = self._counts[key] = self.db.one(sql, *parameters)
        return total

    def page(self, entity: Entity, listing: Listing, answer: Answer) -> dict[str, Any]:
        """Answer a list request: `{success, total, page_info, data}`.

        Source: recorded profiles-list (totals, cursors, flags past the end), OAS `first`, `last`, `limit`.
        """
        with self.db.lock:
            shape = self.shape(entity, listing.expand, listing.load_only, answer)
            total = self.count(entity, listing.where, listing.parameters)
            body: dict[str, Any] = {"success": True, "total": total}
            if listing.limit is not None or listing.offset:
                rows = self._legacy(shape, listing)
            else:
                rows, body["page_info"] = self._window(shape, listing)
            body["data"] = self.show(shape, rows)
            return body

    def _legacy(self, shape: Shape, listing: Listing) -> list[tuple[Any, ...]]:
        order = order_sql(listing.order, forward=True, nulls_last=self._nulls_last)
        sql = f"{shape.source} WHERE {listing.where} ORDER BY {order} LIMIT ? OFFSET ?"
        size = listing.limit or DEFAULT_FIRST
        return self.db.conn.execute(sql, (*listing.parameters, size, listing.offset)).fetchall()

    @property
    def _nulls_last(self) -> bool:
        return self.switches.null_order == "last"

    def _window(self, shape: Shape, listing: Listing) -> tuple[list[tuple[Any, ...]], dict[str, Any]]:
        keys = [sql for sql, _, _ in listing.order]
        width = len(keys) + 1
        where, parameters = [listing.where], [*listing.parameters]
        for bound, forward in ((listing.after, True), (listing.before, False)):
            if bound is not None:
                sql, values = beyond(listing.order, bound, forward=forward, nulls_last=self._nulls_last)
                where.append(sql)
                parameters += values
        backward = listing.last is not None and listing.first is None
        size = (listing.last if backward else listing.first) or DEFAULT_FIRST
        order = order_sql(listing.order, forward=not backward, nulls_last=self._nulls_last)
        columns = ", ".join([*shape.columns, *keys, "t.id"])
        condition = " AND ".join(where)
        sql = f'SELECT {columns} FROM "{shape.entity.name}" t WHERE {condition} ORDER BY {order} LIMIT ?'  # noqa: S608
        rows = self.db.conn.execute(sql, (*parameters, size + 1)).fetchall()
        more, rows = len(rows) > size, rows[:size]
        if backward:
            rows.reverse()
        kept = rows[-listing.last :] if listing.last is not None else rows
        if not kept:
            return [], dict(NO_PAGE)
        start, end = kept[0][-width:], kept[-1][-width:]
        # What the query itself cannot tell is asked for: rows outside the bounds that were given.
        earlier, later = (more, False) if backward else (len(kept) < len(rows), more)
        earlier = earlier or (
            listing.after is not None and self._exists(shape, listing, start, forward=False)
        )
        later = later or (listing.before is not None and self._exists(shape, listing, end, forward=True))
        return kept, {
            "start_cursor": cursor(start, listing.order),
            "end_cursor": cursor(end, listing.order),
            "has_previous_page": earlier,
            "has_next_page": later,
        }

    def _exists(self, shape: Shape, listing: Listing, values: Sequence[Any], *, forward: bool) -> bool:
        sql, more = beyond(listing.order, values, forward=forward, nulls_last=self._nulls_last)
        query = f'SELECT 1 FROM "{shape.entity.name}" t WHERE {listing.where} AND {sql} LIMIT 1'  # noqa: S608
        return self.db.one(query, *listing.parameters, *more) is not None

    def record(
        self, entity: Entity, record_id: str, names: tuple[Tree, Tree], answer: Answer, *, deleted: bool
    ) -> Record | None:
        """Show one record, None when there is none (or only a deleted one)."""
        with self.db.lock:
            shape = self.shape(entity, *names, answer)
            alive = "" if deleted else f" AND {ALIVE}"
            sql = f'SELECT {shape.select} FROM "{entity.name}" t WHERE t.id = ?{alive}'  # noqa: S608
            rows = self.db.conn.execute(sql, (record_id,)).fetchall()
            return self.show(shape, rows)[0] if rows else None


_ORDERED: Final[Mapping[str, str]] = {"Step": "t.sort_order, t.id", "Data": "t.sort_order, t.id"}


def _child_order(entity: str) -> str:
    return _ORDERED.get(entity, "t.id")
