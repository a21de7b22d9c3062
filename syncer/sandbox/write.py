"""Creating, changing, deleting and restoring records: check everything first, then write."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any, Final

from syncer.sandbox import world
from syncer.sandbox.clock import CREATED_LAG_US, stamp_us
from syncer.sandbox.database import Database, Record, columns_of, decode, encode
from syncer.sandbox.entities import ENTITIES, Entity, Field
from syncer.sandbox.envelope import (
    MISSING,
    NO_SUCH_RECORD,
    ApiError,
    Json,
    Problem,
    error,
    invalid,
    validation_error,
)
from syncer.sandbox.rules import CONSTANTS, CUSTOM_ENTITIES, RULES, custom_money, value_of_lines
from syncer.sandbox.switches import Switches
from syncer.sandbox.values import read_value

# validation-level bits. Source: DOC api-parameters.
ONLY_SENT: Final = 2
ONLY_SYSTEM: Final = 4
READ_ONLY_TOO: Final = 8
DELETED_TOO: Final = 16

# Link rows of which one is primary, and the record they belong to. Source: OAS, `is_primary` of each.
PRIMARY_OF: Final = {
    "LeadOpptyAccountRelation": "lead_oppty_id",
    "LeadOpptyContactRelation": "lead_oppty_id",
    "ContactAccountRelation": "contact_id",
}
# What the vendor's Microsoft connector requires of a new opportunity on top of OAS.
_MICROSOFT: Final = ("oppty_type_id", "account_relations")

# What the columns of a custom field hang on. Source: OAS Field (`api_name` never changes).
_FIXED: Final = {"Field": ("api_name", "entity_name", "type_id", "system_type", "is_unique", "data_set_id")}

_STAMPS: Final = ("created", "modified")
_ALIVE, _DELETED = 0, 1

_LINKS: Final = tuple(entity for entity in ENTITIES.values() if entity.name.endswith("Relation"))


@dataclass(slots=True)
class Planned:
    """A write that passed its checks, or the problems that stop it."""

    entity: Entity
    id: str
    record: Record
    before: Record | None
    given: set[str]
    problems: list[Problem]
    children: list["Planned"] = field(default_factory=list)
    dropped: list[tuple[Entity, str]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Check:
    """What must hold of one field, in the order errors are reported."""

    field: Field
    key: str
    required: bool


def _checks(entity: Entity) -> tuple[_Check, ...]:
    """List the checks of *entity* in the order of its read schema (recorded note-create error)."""
    checks = []
    for f in entity.fields.values():
        if f.kind == "one":
            key = entity.key_of(f)
            if key == f"{f.name}_id" and entity.fields[key].is_required:
                checks.append(_Check(f, key, required=True))
        elif f.kind == "id" or f.is_required:
            checks.append(_Check(f, f.name, f.is_required))
    return tuple(checks)


_CHECKS: Final = {name: _checks(entity) for name, entity in ENTITIES.items()}


def missing(entity: str, record_id: str, name: str, *, relation: bool) -> str:
    """Word a missing value; the stray quote is the service's own (recorded note-create error)."""
    if relation:
        return f"Non-null field '{entity}'[{record_id}].{name}' is null or empty."
    return f"Non-null field '{name}' is null or empty."


class Writer:
    """Carries out the writes of one request; what it looked up once it remembers.

    Args:
        db: The space; the caller holds a transaction around every call.
        switches: The open points.
        level: The `validation-level` of the request.
        may: Told entity and operation before each single write; raises ApiError 403.
    """

    def __init__(
        self,
        db: Database,
        switches: Switches,
        level: int = 0,
        may: Callable[[Entity, str], None] = lambda _, __: None,
    ) -> None:
        self.db = db
        self.switches = switches
        self.level = level
        self.may = may
        self._states: dict[tuple[str, str], int | None] = {}
        self._fields: dict[tuple[str, bool, bool], tuple[Mapping[str, Field], Mapping[str, Field]]] = {}

    # -- one record ------------------------------------------------------------------------------------

    def create(self, entity: Entity, body: Json, index: int | None = None, *, in_batch: bool = False) -> str:
        """Make a record with its nested rows.

        Returns:
            The new id.

        Raises:
            ApiError: 400 for unknown fields, 422 for everything the checks find, 403.
        """
        self.may(entity, "create")
        if not isinstance(body, dict):
            raise invalid("Missing or invalid JSON data.")
        record_id = self.db.clock.new_id()
        if "id" in body and index is None and self.switches.post_id != "ignored":
            if self.switches.post_id == "refused":
                raise invalid("Unknown field 'id'.")
            record_id = str(body["id"])
            if self._state(entity.name, record_id) is not None:
                raise self._refuse(entity, record_id, [Problem("id", "A record with this id exists.")], index)
        planned = self._plan(entity, body, record_id, None, None, in_batch=in_batch)
        self._finish(planned, index)
        return record_id

    def update(self, entity: Entity, record_id: str, body: Json, index: int | None = None) -> str:
        """Change the fields sent.

        Raises:
            ApiError: 404 for an unknown or deleted id, 400 and 422 as in `create`, 422 for an archived
                record.
        """
        self.may(entity, "update")
        if not isinstance(body, dict):
            raise invalid("Missing or invalid JSON data.")
        before = self._row(entity, record_id)
        if before is None or before["is_deleted"]:
            raise not_found(entity, record_id, index)
        if before.get("is_archived") and body.get("is_archived") is not False:
            problem = Problem("", f"{entity.name} {record_id} is archived and cannot be edited.")
            raise self._refuse(entity, record_id, [problem], index)
        planned = self._plan(entity, body, record_id, before, None)
        self._finish(planned, index)
        return record_id

    def delete(self, entity: Entity, record_id: str, index: int | None = None) -> str:
        """Mark a record deleted, and its link rows with it.

        Raises:
            ApiError: 404 for an unknown or deleted id, 422 for a protected record.
        """
        self.may(entity, "delete")
        before = self._row(entity, record_id)
        if before is None or (before["is_deleted"] and self.switches.delete_twice == "404"):
            raise not_found(entity, record_id, index)
        if before.get("is_delete_protected"):
            problem = Problem("", f"{entity.name} {record_id} is protected and cannot be deleted.")
            raise self._refuse(entity, record_id, [problem], index)
        if not before["is_deleted"]:
            self._mark_deleted(entity, record_id, record_id)
            self._after(entity, before)
        return record_id

    def restore(self, entity: Entity, record_id: str, index: int | None = None) -> str:
        """Bring a record back, and the link rows that went with it.

        Raises:
            ApiError: 404 for an unknown id.
        """
        self.may(entity, "update")
        before = self._row(entity, record_id)
        if before is None:
            raise not_found(entity, record_id, index)
        if before["is_deleted"]:
            for other in (entity, *(link for link in _LINKS if link is not entity)):
                rows = self.db.conn.execute(
                    f'SELECT id FROM "{other.name}" WHERE _deleted_with = ? AND is_deleted',  # noqa: S608
                    (record_id,),
                ).fetchall()
                ids = {row[0] for row in rows} | ({record_id} if other is entity else set())
                for each in sorted(ids):
                    self._touch(other, each, {"is_deleted": 0, "_deleted_with": None})
            self._after(entity, before)
        return record_id

    # -- batches ---------------------------------------------------------------------------------------

    def modify(self, entity: Entity, item: Json, index: int | None) -> str:
        """Do one item of batch-modify: with `id` an update, without a create (DOC bulk)."""
        if not isinstance(item, dict):
            raise invalid("Missing or invalid JSON data.")
        if item.get("id"):
            body = {name: value for name, value in item.items() if name != "id"}
            return self.update(entity, str(item["id"]), body, index)
        return self.create(entity, {n: v for n, v in item.items() if n != "id"}, index, in_batch=True)

    def batch(
        self, items: Iterable[Json], do: Callable[[Json, int | None], str], *, keep_good: bool
    ) -> list[Json]:
        """Do all items in order.

        Returns:
            One id or error object for each item, in order.

        Raises:
            ApiError: Without *keep_good*, the first error; the caller's transaction undoes the rest
                (recorded accounts-batch-modify-rollback-0).
        """
        answers: list[Json] = []
        for position, item in enumerate(items):
            if not keep_good:
                answers.append(do(item, None))
                continue
            index = position if self.switches.batch_index == "position" else None
            try:
                # Everything is checked before anything is written, so a refusal leaves nothing to undo.
                answers.append(do(item, index))
            except ApiError as refusal:
                body = dict(refusal.body)
                body.setdefault("entity_index", index)
                answers.append(body)
        return answers

    # -- checking --------------------------------------------------------------------------------------

    def _plan(
        self,
        entity: Entity,
        body: Mapping[str, Json],
        record_id: str,
        before: Record | None,
        parent: str | None,
        *,
        in_batch: bool = False,
    ) -> Planned:
        """Check *body*; *parent* names the field that points at the record this one is nested in."""
        creating = before is None
        values, nested, problems = self._accept(entity, body, creating=creating, in_batch=in_batch)
        for name in _STAMPS:
            if name in values and values[name] is None:
                del values[name]  # a new record gets the time of now, an old one cannot be without
                if not creating:
                    problems.append(
                        Problem(name, missing(entity.name, record_id, name, relation=False), *MISSING)
                    )
        bad = {problem.field for problem in problems}
        record: Record = (
            {**CONSTANTS.get(entity.name, {}), **values} if creating else {**(before or {}), **values}
        )
        record["id"] = record_id
        if parent is not None and parent in body:
            record[parent] = body[parent]
        # An empty list says nothing, but it does answer a required to-many field.
        given = set(values) | {name for name, items in nested.items() if items}
        planned = Planned(entity, record_id, record, before, given, problems)
        rule = RULES.get(entity.name)
        rule_problems = rule(self.db, self.switches, record, given, before) if rule else []
        if entity.name in self.db.custom:
            rule_problems += custom_money(self.db, self.switches, entity.name, record, given)
        bad |= {problem.field for problem in rule_problems if problem.field}
        problems += self._required_and_related(
            entity, record_id, record, given, bad | (nested.keys() - given), parent, creating=creating
        )
        problems += rule_problems
        problems += self._unique(entity, record_id, record, given)
        for name, items in nested.items():
            self._plan_nested(planned, entity.fields[name], items)
        return planned

    def _accept(
        self, entity: Entity, body: Mapping[str, Json], *, creating: bool, in_batch: bool
    ) -> tuple[Record, dict[str, list[Json]], list[Problem]]:
        """Sort a body into values, nested lists and problems; drop what is read-only."""
        fields = self._settable(entity, creating=creating, in_batch=in_batch)
        strip = self.switches.text == "stripped"
        values: Record = {}
        nested: dict[str, list[Json]] = {}
        problems: list[Problem] = []
        for name, value in body.items():
            f = fields.get(name)
            if f is None:
                if self.switches.unknown_fields == "refused" and name not in self.db.fields(entity):
                    raise invalid(f"Unknown field '{name}' of {entity.name}.")
                continue
            if f.kind == "many":
                if not isinstance(value, list | None) or not all(
                    isinstance(item, dict) and isinstance(item.get("id"), str | None) for item in value or ()
                ):
                    problems.append(_bad_value(f))
                elif value is not None:
                    nested[name] = value
                continue
            if f.kind == "one":
                if value is not None:
                    problems.append(Problem(name, f"[{name}] The sandbox holds no nested {f.target}."))
                continue
            try:
                values[name] = read_value(f, value, strip=strip)
            except ValueError:
                problems.append(_bad_value(f))
        return values, nested, problems

    def _settable(self, entity: Entity, *, creating: bool, in_batch: bool) -> Mapping[str, Field]:
        """Give the fields a body may set; the others are known and read-only, or unknown.

        An item of a batch has no more fields than the batch input lists, also where it creates: OAS.
        """
        fields = self.db.fields(entity)
        place = entity.name, creating, in_batch
        known = self._fields.get(place)
        if known is None or known[0] is not fields:
            settable = {
                n: f
                for n, f in fields.items()
                if self._writable(entity, f, creating=creating) and (f.is_in_batches or not in_batch)
            }
            known = self._fields[place] = (fields, settable)
        return known[1]

    def _writable(self, entity: Entity, f: Field, *, creating: bool) -> bool:
        if f.name in ("id", "revision") or (f.name == "created" and self.switches.created == "ignored"):
            return False
        if f.is_settable_on_create if creating else f.is_settable_on_update:
            return True
        if not creating and f.name in _FIXED.get(entity.name, ()):
            return False
        return bool(self.level & READ_ONLY_TOO) and f in columns_of(entity)

    def _required_and_related(
        self,
        entity: Entity,
        record_id: str,
        record: Record,
        given: set[str],
        bad: set[str],
        parent: str | None,
        *,
        creating: bool,
    ) -> list[Problem]:
        problems = []
        only_sent = self.level & ONLY_SENT
        for check in _CHECKS[entity.name]:
            key = check.key
            value = record.get(key)
            if not check.required and (value is None or value == ""):
                continue
            # What a create needs is needed at every level: there is no record yet that could have it.
            skipped = only_sent and key not in given and not (creating and check.required)
            if key == parent or key in bad or skipped:
                continue
            f = check.field
            if value is None or value == "":
                if not (f.kind == "many" and (not creating or key in given)):
                    relation = f.kind in ("one", "id")
                    problems.append(
                        Problem(key, missing(entity.name, record_id, f.name, relation=relation), *MISSING)
                    )
            elif f.kind == "id":
                problem = self._related(entity, f, value, sent=key in given)
                if problem:
                    problems.append(problem)
        if not self.level & ONLY_SYSTEM:
            for name, f in self.db.custom.get(entity.name, {}).items():
                if (
                    f.target
                    and name not in bad
                    and record.get(name)
                    and not (only_sent and name not in given)
                ):
                    ids = record[name] if f.kind == "ids" else [record[name]]
                    found = (self._related(entity, f, each, sent=name in given) for each in ids)
                    problems += [problem for problem in found if problem]
        if entity.name == "Opportunity":
            problems += self._demanded(entity, record_id, record, given, creating=creating)
        return problems

    def _demanded(
        self, entity: Entity, record_id: str, record: Record, given: set[str], *, creating: bool
    ) -> list[Problem]:
        """Check what `require` asks for: the connector's list on create, an administrator's fields always."""
        problems = []
        fields = self.db.fields(entity)
        for name in self.switches.require:
            f = fields.get(name)
            if f is None or (f.is_custom and self.level & ONLY_SYSTEM):
                continue
            if self.level & ONLY_SENT and name not in given:
                continue
            empty = record.get(name) in (None, "", [])
            if f.kind == "many":
                empty = creating and name not in given
            if empty and not f.is_required:
                problems.append(
                    Problem(name, missing(entity.name, record_id, name, relation=False), *MISSING)
                )
        if creating and self.switches.requires("microsoft") and not self.level & ONLY_SENT:
            for name in _MICROSOFT:
                if name not in given:
                    relation = fields[name].kind == "id"
                    text = missing(entity.name, record_id, name, relation=relation)
                    problems.append(Problem(name, text, *MISSING))
        return problems

    def _related(self, entity: Entity, f: Field, key: str, *, sent: bool) -> Problem | None:
        if f.target not in ENTITIES:
            # Never held here, so only what was there before can be right, and what has no endpoint anyway.
            known = not sent or key == world.WITHOUT_ENDPOINT.get(f.target)
        else:
            state = self._state(f.target, key)
            known = state == _ALIVE or (state == _DELETED and bool(self.level & DELETED_TOO))
        data_set = self.db.data_sets.get((entity.name, f.name))
        if known and data_set and f.target == "Data":
            known = (
                self.db.one('SELECT 1 FROM "Data" WHERE id = ? AND data_set_id = ?', key, data_set)
                is not None
            )
        if known:
            return None
        text = f"[{f.name}] Relation {entity.name}.{f.name}={key} to {f.target} doesn't exist!"
        return Problem(f.name, text, *NO_SUCH_RECORD)

    def _state(self, entity: str, key: str) -> int | None:
        """Look up whether a record exists (0), is deleted (1) or never was (None)."""
        place = (entity, key)
        if place not in self._states:
            self._states[place] = self.db.one(f'SELECT is_deleted FROM "{entity}" WHERE id = ?', key)  # noqa: S608
        return self._states[place]

    def _unique(self, entity: Entity, record_id: str, record: Record, given: set[str]) -> list[Problem]:
        """Refuse a value another live record has. Source: OAS Field.is_unique, Product.sku."""
        problems = []
        for f in self.db.unique.get(entity.name, ()):
            value = record.get(f.name)
            if f.name not in given or value is None or value == "":
                continue
            other = self.db.one(
                f'SELECT id FROM "{entity.name}" WHERE "{f.name}" = ? AND NOT is_deleted AND id <> ?',  # noqa: S608
                encode(f, value),
                record_id,
            )
            if other is not None:
                problems.append(Problem(f.name, f"[{f.name}] Value '{value}' is not unique."))
        return problems

    def _plan_nested(self, planned: Planned, relation: Field, items: list[Json]) -> None:
        """Check the rows of a nested list.

        On create every item is a new row. On update the switch `nested_lists` decides: merge keeps rows
        that are not mentioned, replace drops them; in both, an item with `id` changes that row.
        """
        entity, name = planned.entity, relation.name
        join = entity.children(relation)
        if join is None:
            if items:
                planned.problems.append(Problem(name, f"[{name}] The sandbox holds no {relation.target}."))
            return
        ours, theirs = join
        child = ENTITIES[relation.target]
        present: dict[str, Record] = {}
        if planned.before is not None:
            rows = self._rows(child, f'"{theirs}" = ? AND NOT is_deleted', planned.before[ours])
            present = {row["id"]: row for row in rows}
        mentioned: set[str] = set()
        for position, item in enumerate(items):
            key = item.get("id") if planned.before is not None else None
            if key is not None and key not in present:
                text = f"[{name}] Relation {entity.name}.{name}={key} to {child.name} doesn't exist!"
                planned.problems.append(Problem(name, text, *NO_SUCH_RECORD))
                continue
            mentioned |= {key} if key else set()
            body = {n: v for n, v in item.items() if n != "id"} | {theirs: planned.record.get(ours)}
            if key is None and "sort_order" in child.fields and body.get("sort_order") is None:
                body["sort_order"] = len(present) + position  # rows keep the order they were sent in
            below = self._plan(
                child, body, key or self.db.clock.new_id(), present.get(key) if key else None, theirs
            )
            planned.problems += [Problem(name, p.message, p.code, p.name) for p in below.problems]
            planned.children.append(below)
        if planned.before is not None and self.switches.nested_lists == "replace":
            planned.dropped += [(child, key) for key in present if key not in mentioned]
        if child.name in PRIMARY_OF:
            self._one_primary(planned, relation, items, present)

    def _one_primary(
        self, planned: Planned, relation: Field, items: list[Json], present: dict[str, Record]
    ) -> None:
        """Ask for exactly one primary row. Source: DOC create-opportunity; code and place are assumed."""
        sent = sum(item.get("is_primary") is True for item in items)
        untouched = {item.get("id") for item in items} | {key for _, key in planned.dropped}
        kept = any(row["is_primary"] for key, row in present.items() if key not in untouched)
        if items and not (sent == 1 or (sent == 0 and kept)):
            text = f"Error on field {relation.name}. Exactly one 'is_primary' item must be set."
            planned.problems.append(Problem(relation.name, text))

    def _refuse(self, entity: Entity, record_id: str, problems: list[Problem], index: int | None) -> ApiError:
        return validation_error(
            entity.name, record_id, problems, self.db.field_ids.get(entity.name, {}), index
        )

    # -- writing ---------------------------------------------------------------------------------------

    def _finish(self, planned: Planned, index: int | None) -> None:
        if planned.problems:
            raise self._refuse(planned.entity, planned.id, planned.problems, index)
        self._save(planned)

    def _save(self, planned: Planned, *, alone: bool = True) -> None:
        """Write a planned record; *alone* says that it may have siblings written before."""
        before = planned.before
        if before is None:
            self._insert([planned])
        else:
            record = planned.record
            self._stamp(planned)
            names = [n for n in record if n not in before or record[n] != before[n]]
            self.db.update(
                planned.entity, planned.id, {n: record[n] for n in names if n in before or n.startswith("_")}
            )
        self._save_rest(planned, alone=alone)

    def _save_rest(self, planned: Planned, *, alone: bool) -> None:
        """Write what belongs to a record that is written; new rows of a kind go together."""
        entity, record = planned.entity, planned.record
        for other, key in planned.dropped:
            self._mark_deleted(other, key, key)
        for _, group in groupby(
            planned.children, key=lambda child: (child.entity.name, child.before is None)
        ):
            children = list(group)
            if children[0].before is None:
                self._insert(children)
            for child in children:
                if child.before is None:
                    self._save_rest(child, alone=planned.before is not None)
                else:
                    self._save(child, alone=planned.before is not None)
        if alone and record.get("is_primary") and entity.name in PRIMARY_OF and "is_primary" in planned.given:
            self._clear_other_primaries(entity, planned.id, record[PRIMARY_OF[entity.name]])
        self._after(entity, record)

    def _insert(self, rows: Sequence[Planned]) -> None:
        """Write new records of one entity."""
        entity = rows[0].entity
        for planned in rows:
            record = planned.record
            moment = self._stamp(planned)
            if not record.get("created"):
                record["created"] = stamp_us(moment + CREATED_LAG_US)
            if entity.name == "Field":
                self._make_room(record)
        self.db.insert(entity, [planned.record for planned in rows])
        for planned in rows:
            self._states[entity.name, planned.id] = _ALIVE

    def _stamp(self, planned: Planned) -> int:
        """Give a record its revision and the time of this write; return that in microseconds."""
        stamp, moment = self.db.now()
        if "modified" not in planned.given:
            planned.record["modified"] = stamp
        planned.record["revision"] = self.db.next_revision()
        return moment

    def _make_room(self, record: Record) -> None:
        kind = record["type_id"]
        label = record["entity_name"]
        entity = "OpptyProductRelation" if label == "LeadOpptyProductRelation" else label
        assert entity in CUSTOM_ENTITIES
        self.db.add_column(entity, record["api_name"], kind, is_unique=bool(record.get("is_unique")))

    def _after(self, entity: Entity, record: Record) -> None:
        """Bring up to date what follows from the row just written."""
        self.db.forget(entity.name)
        if entity.name == "Field":
            self.db.refresh(keep_revision=True)
        oppty_id = None
        if entity.name == "OpptyProductRelation":
            oppty_id = record.get("oppty_id")
        elif entity.name == "Opportunity" and record.get("is_value_auto_calculate"):
            oppty_id = record["id"]
        if oppty_id:
            value = value_of_lines(self.db, self.switches, oppty_id)
            if value is not None:
                self.db.update(ENTITIES["Opportunity"], oppty_id, {"value": value})

    def _clear_other_primaries(self, entity: Entity, record_id: str, owner: str) -> None:
        """Clear the mark on the other rows of the same record. Source: OAS `is_primary`."""
        column = PRIMARY_OF[entity.name]
        for row in self._rows(entity, f'"{column}" = ? AND is_primary AND NOT is_deleted', owner):
            if row["id"] != record_id:
                self._touch(entity, row["id"], {"is_primary": False})

    def _mark_deleted(self, entity: Entity, record_id: str, root: str) -> None:
        self._touch(entity, record_id, {"is_deleted": 1, "_deleted_with": root})
        self._states.pop((entity.name, record_id), None)
        if self.switches.dependents == "kept":
            return
        for other in _dependents(entity):
            for column in _links(other, entity):
                for row in self._rows(other, f'"{column}" = ? AND NOT is_deleted', record_id):
                    self._mark_deleted(other, row["id"], root)

    def _touch(self, entity: Entity, record_id: str, changes: Record) -> None:
        marks: Record = {"modified": self.db.now()[0]} if "modified" in entity.fields else {}
        revision = self.db.next_revision()
        if "revision" in entity.fields:
            marks["revision"] = revision
        self.db.update(entity, record_id, changes | marks)
        self.db.forget(entity.name)

    def _row(self, entity: Entity, record_id: str) -> Record | None:
        rows = self._rows(entity, "id = ?", record_id)
        return rows[0] if rows else None

    def _rows(self, entity: Entity, where: str, *parameters: Any) -> list[Record]:
        """Read stored fields only."""
        fields = [*columns_of(entity), *self.db.custom.get(entity.name, {}).values()]
        names = ", ".join(f'"{f.name}"' for f in fields)
        rows = self.db.conn.execute(f'SELECT {names} FROM "{entity.name}" WHERE {where}', parameters)  # noqa: S608
        return [{f.name: decode(f, v) for f, v in zip(fields, row, strict=True)} for row in rows]


def not_found(entity: Entity, record_id: str, index: int | None = None) -> ApiError:
    """Make the 404 of an unknown id: shape OAS Error, code and name undocumented."""
    refusal = error(404, f"{entity.name} with id {record_id} not found.")
    if index is not None:
        refusal.body["entity_index"] = index
    return refusal


def _bad_value(f: Field) -> Problem:
    return Problem(f.name, f"[{f.name}] Invalid value.")


def _links(other: Entity, entity: Entity) -> list[str]:
    names = (entity.name, "LeadOppty") if entity.name == "Opportunity" else (entity.name,)
    return [f.name for f in other.fields.values() if f.kind == "id" and f.target in names]


def _dependents(entity: Entity) -> list[Entity]:
    """List the link entities with rows that mean nothing without a record of *entity*."""
    return [other for other in _LINKS if other is not entity and _links(other, entity)]
