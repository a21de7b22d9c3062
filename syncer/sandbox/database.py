"""The tables of the sandbox: one SQLite database, one connection, one lock."""

import json
import sqlite3
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from syncer.sandbox.clock import Clock, stamp_us
from syncer.sandbox.derive import COMPUTED
from syncer.sandbox.entities import CUSTOM_KINDS, ENTITIES, Entity, Field

Record = dict[str, Any]

# Written into the file so that we never take somebody else's database for ours.
APPLICATION_ID: Final = 0x53594E43
SCHEMA_VERSION: Final = 1

JSON_KINDS: Final = frozenset({"object", "array", "binary", "money", "ids"})
_TEXT_KINDS: Final = frozenset({"text"})
_AFFINITY: Final = {"bool": "INTEGER", "int": "INTEGER", "flags": "INTEGER", "float": "REAL"}

# What is looked up often: entity -> columns, some once more without regard to case.
_EMAILS: Final = tuple(f"email{slot}" for slot in range(1, 6))
_INDEXED: Final = {
    "Opportunity": ("modified", "name", "owner_id", "step_id"),
    "Account": ("modified", "name", *_EMAILS),
    "Contact": ("modified", "last_name", *_EMAILS),
    "ContactAccountRelation": ("modified", "account_id", "contact_id"),
    "LeadOpptyAccountRelation": ("modified", "lead_oppty_id", "account_id"),
    "LeadOpptyContactRelation": ("modified", "lead_oppty_id", "contact_id"),
    "LeadOpptyContactSalesRoleRelation": ("lead_oppty_contact_relation_id",),
    "OpptyProductRelation": ("oppty_id",),
    "TagRelation": ("oppty_id", "account_id", "contact_id"),
    "SalesUnitClientRelation": ("client_id",),
    "Step": ("pipeline_id",),
    "OpportunityType": ("pipeline_id",),
    "CurrencyExchangeRate": ("currency_id", "currency_exchange_rate_list_id"),
    "Data": ("data_set_id",),
    "Client": ("email",),
}
_INDEXED_NOCASE: Final = {"Opportunity": ("name",), "Account": ("name", *_EMAILS), "Contact": _EMAILS}

# Entities `recall` is never asked about; writing them must not cost what it remembers.
VOLATILE: Final = frozenset(
    {
        "Opportunity",
        "LeadOpptyAccountRelation",
        "LeadOpptyContactRelation",
        "LeadOpptyContactSalesRoleRelation",
    }
)

# Columns of ours that no answer shows: the record whose deletion took this one along, and the time the
# current step was entered.
_HIDDEN: Final = {"Opportunity": ("_deleted_with", "_step_since")}


class UnusableDatabaseError(Exception):
    """The file cannot be a database of the sandbox; the text says why, in a full sentence."""


def columns_of(entity: Entity) -> tuple[Field, ...]:
    """List the fields of *entity* that have a column, without custom fields."""
    return tuple(f for f in entity.stored if (entity.name, f.name) not in COMPUTED)


def _definition(field: Field) -> str:
    if field.name == "id":
        return "id TEXT PRIMARY KEY NOT NULL"
    if field.kind in _TEXT_KINDS:
        return f"\"{field.name}\" TEXT NOT NULL DEFAULT ''"
    if field.name in ("modified", "created"):
        return f'"{field.name}" TEXT NOT NULL'
    if field.kind == "bool":
        return f'"{field.name}" INTEGER NOT NULL DEFAULT 0'
    return f'"{field.name}" {_AFFINITY.get(field.kind, "TEXT")}'


def _statements() -> Iterator[str]:
    yield "CREATE TABLE _meta (key TEXT PRIMARY KEY, value)"
    yield "INSERT INTO _meta VALUES ('revision', 0)"
    for entity in ENTITIES.values():
        if entity.name == "LeadOppty":
            continue
        columns = [_definition(field) for field in columns_of(entity)]
        if "is_deleted" not in entity.fields:
            columns.append("is_deleted INTEGER NOT NULL DEFAULT 0")
        columns += [f"{name} TEXT" for name in _HIDDEN.get(entity.name, ("_deleted_with",))]
        yield f'CREATE TABLE "{entity.name}" ({", ".join(columns)}) WITHOUT ROWID'
        yield f'CREATE INDEX "{entity.name}.is_deleted" ON "{entity.name}" (is_deleted)'
        for name in _INDEXED.get(entity.name, ()):
            yield f'CREATE INDEX "{entity.name}.{name}" ON "{entity.name}" ("{name}")'
        for name in _INDEXED_NOCASE.get(entity.name, ()):
            yield f'CREATE INDEX "{entity.name}.{name}.nocase" ON "{entity.name}" ("{name}" COLLATE NOCASE)'
    yield 'CREATE VIEW "LeadOppty" AS SELECT id, is_delete_protected, is_deleted FROM "Opportunity"'


to_json: Final = json.JSONEncoder(ensure_ascii=False).encode


def encode(field: Field, value: Any) -> Any:
    """Turn a value of the wire into one SQLite holds."""
    if value is None:
        return "" if field.kind == "text" else 0 if field.kind == "bool" else None
    if field.kind in JSON_KINDS:
        return to_json(value)
    return value


def decode(field: Field, value: Any) -> Any:
    """Turn a value SQLite holds back into one of the wire."""
    if value is None:
        return None
    if field.kind == "bool":
        return bool(value)
    return json.loads(value) if field.kind in JSON_KINDS else value


class Database:
    """Rows in and out, without any rule of the API.

    All work happens under `lock`, so threads may share one instance. `generation` grows with every write;
    what is remembered from reading is good as long as it stands still.
    """

    def __init__(self, path: Path | None) -> None:
        self.lock = threading.RLock()
        self.clock = Clock()
        self.generation = 0
        self._depth = 0
        self._version = 0
        self._revision = self._saved_revision = 0
        self._memory: dict[tuple[Any, ...], Any] = {}
        self._fields_moved = False
        self._fields: dict[str, dict[str, Field]] = {}
        self._inserts: dict[str, tuple[str, tuple[tuple[str, Any, bool], ...]]] = {}
        try:
            self._open(path)
        except sqlite3.Error as exc:
            raise UnusableDatabaseError(f"{path}: {exc}.") from exc
        except UnusableDatabaseError as exc:
            raise UnusableDatabaseError(f"{path}: {exc}") from exc

    def _open(self, path: Path | None) -> None:
        self.conn = sqlite3.connect(
            path or ":memory:", check_same_thread=False, isolation_level=None, cached_statements=1000
        )
        try:
            self.conn.create_function("casefold", 1, lambda text: str(text).casefold(), deterministic=True)
            self._prepare()
            self.refresh()
        except BaseException:
            self.conn.close()
            raise

    def _prepare(self) -> None:
        (mark,) = self.conn.execute("PRAGMA application_id").fetchone()
        (tables,) = self.conn.execute("SELECT COUNT(*) FROM sqlite_schema").fetchone()
        if mark != APPLICATION_ID and tables:
            raise UnusableDatabaseError("This is a database, but not one of the sandbox.")
        (version,) = self.conn.execute("PRAGMA user_version").fetchone()
        if mark == APPLICATION_ID and version != SCHEMA_VERSION:
            raise UnusableDatabaseError(f"Made by another version of the sandbox ({version}); seed it anew.")
        self.conn.execute("PRAGMA journal_mode=WAL")
        self.conn.execute("PRAGMA synchronous=OFF")
        self.conn.execute("PRAGMA temp_store=MEMORY")
        self.conn.execute("PRAGMA cache_size=-65536")
        if not tables:
            with self.transaction():
                for statement in _statements():
                    self.conn.execute(statement)
                self.conn.execute(f"PRAGMA application_id={APPLICATION_ID}")
                self.conn.execute(f"PRAGMA user_version={SCHEMA_VERSION}")

    def refresh(self, *, keep_revision: bool = False) -> None:
        """Forget what is remembered: after a copy or, with *keep_revision*, a new custom field."""
        self.generation += 1
        self._inserts.clear()
        self._fields.clear()
        self._fields_moved = keep_revision
        self._memory.clear()
        (self._saved_revision,) = self.conn.execute(
            "SELECT value FROM _meta WHERE key = 'revision'"
        ).fetchone()
        if not keep_revision:
            self._revision = self._saved_revision
        self.custom: dict[str, dict[str, Field]] = {}
        self.unique: dict[str, list[Field]] = {"Product": [ENTITIES["Product"].fields["sku"]]}
        self.field_ids: dict[str, dict[str, str]] = {}
        self.data_sets: dict[tuple[str, str], str] = {}
        rows = self.conn.execute(
            "SELECT id, entity_name, api_name, type_id, data_set_id, system_type, is_unique"
            ' FROM "Field" WHERE NOT is_deleted ORDER BY created, id'
        )
        for row_id, label, api_name, type_id, data_set_id, system_type, is_unique in rows.fetchall():
            entity = "OpptyProductRelation" if label == "LeadOpptyProductRelation" else label
            self.field_ids.setdefault(entity, {})[api_name] = row_id
            if data_set_id:
                self.data_sets[entity, api_name] = data_set_id
            if system_type == CUSTOM:
                target = "Data" if CUSTOM_KINDS[type_id] in ("id", "ids") else ""
                field = Field(
                    api_name,
                    CUSTOM_KINDS[type_id],
                    ".oub",
                    target,
                    is_custom=True,
                    data_set_id=data_set_id or "",
                )
                self.custom.setdefault(entity, {})[api_name] = field
                if is_unique:
                    self.unique.setdefault(entity, []).append(field)

    def notice_others(self) -> None:
        """Forget what is remembered if another process wrote to the file; call before reading."""
        (version,) = self.conn.execute("PRAGMA data_version").fetchone()
        if version != self._version and self._version:
            self.refresh()
        self._version = version

    def fields(self, entity: Entity) -> dict[str, Field]:
        """Give all fields of *entity*, custom ones last."""
        custom = self.custom.get(entity.name)
        if not custom:
            return entity.fields
        known = self._fields.get(entity.name)
        if known is None:
            known = self._fields[entity.name] = entity.fields | custom
        return known

    def add_column(self, entity: str, api_name: str, type_id: str, *, is_unique: bool) -> None:
        """Make room for a custom field of type *type_id*."""
        column = _definition(Field(api_name, CUSTOM_KINDS[type_id], ".oub"))
        self.conn.execute(f'ALTER TABLE "{entity}" ADD COLUMN {column}')
        if is_unique:
            self.conn.execute(f'CREATE INDEX "{entity}.{api_name}" ON "{entity}" ("{api_name}")')

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Hold the lock and commit at the end; an exception undoes everything since the (inner) start."""
        with self.lock:
            depth = self._depth
            name = f"level{depth}"
            self.conn.execute(f"SAVEPOINT {name}" if depth else "BEGIN IMMEDIATE")
            self._depth = depth + 1
            if not depth:
                self.notice_others()
            try:
                yield
            except BaseException:
                self.conn.execute(f"ROLLBACK TO {name}" if depth else "ROLLBACK")
                if depth:
                    self.conn.execute(f"RELEASE {name}")
                    self._memory.clear()
                if not depth or self._fields_moved:
                    self.refresh(keep_revision=bool(depth))
                raise
            else:
                if not depth:
                    self._save_revision()
                self.conn.execute(f"RELEASE {name}" if depth else "COMMIT")
            finally:
                self._depth = depth

    def next_revision(self) -> int:
        """Count one write; the counter belongs to the space (recorded note-create, note-update)."""
        self._revision += 1
        self.generation += 1
        return self._revision

    def _save_revision(self) -> None:
        """Keep the counter with the rows it counted."""
        if self._revision != self._saved_revision:
            self.conn.execute("UPDATE _meta SET value = ? WHERE key = 'revision'", (self._revision,))
            self._saved_revision = self._revision

    def insert(self, entity: Entity, records: Sequence[Mapping[str, Any]]) -> None:
        """Add rows as they are; fields that are missing get the default of their column."""
        if entity.name not in self._inserts:
            fields = [*columns_of(entity), *self.custom.get(entity.name, {}).values()]
            if entity.name == "Opportunity":
                fields.append(Field("_step_since", "datetime", "w---"))
            names = ", ".join(f'"{field.name}"' for field in fields)
            marks = ", ".join("?" * len(fields))
            self._inserts[entity.name] = (
                f'INSERT INTO "{entity.name}" ({names}) VALUES ({marks})',  # noqa: S608
                tuple((field.name, encode(field, None), field.kind in JSON_KINDS) for field in fields),
            )
        statement, plan = self._inserts[entity.name]
        self.conn.executemany(
            statement,
            [
                [
                    empty if (value := record.get(name)) is None else to_json(value) if is_json else value
                    for name, empty, is_json in plan
                ]
                for record in records
            ],
        )

    def update(self, entity: Entity, record_id: str, changes: Mapping[str, Any]) -> None:
        """Change columns of one row; names that start with _ are ours."""
        fields = self.fields(entity)
        values = [encode(fields[n], v) if n in fields else v for n, v in changes.items()]
        assignments = ", ".join(f'"{name}" = ?' for name in changes)
        self.conn.execute(f'UPDATE "{entity.name}" SET {assignments} WHERE id = ?', (*values, record_id))  # noqa: S608

    def select(self, entity: Entity, where: str, parameters: Sequence[Any] = ()) -> list[Record]:
        """Read whole rows (alias t) with all stored and computed fields, as values of the wire."""
        with self.lock:
            self.notice_others()
            fields = [f for f in self.fields(entity).values() if self.expression(entity, f)]
            names = ", ".join(self.expression(entity, f) for f in fields)
            rows = self.conn.execute(f'SELECT {names} FROM "{entity.name}" t WHERE {where}', parameters)  # noqa: S608
            return [{f.name: decode(f, v) for f, v in zip(fields, row, strict=True)} for row in rows]

    def expression(self, entity: Entity, field: Field) -> str:
        """Give the SQL of a stored or computed field, "" for relations."""
        computed = COMPUTED.get((entity.name, field.name))
        if computed is not None:
            return computed
        return f't."{field.name}"' if field.is_stored or field.is_custom else ""

    def one(self, statement: str, *parameters: Any) -> Any:
        """Give the first column of the first row, None when there is no row."""
        row = self.conn.execute(statement, parameters).fetchone()
        return row[0] if row else None

    def recall(self, statement: str, *parameters: Any) -> Any:
        """Do as `one`, but remember the answer until `forget`; for tables that rarely change."""
        key = (statement, *parameters)
        if key not in self._memory:
            self._memory[key] = self.one(statement, *parameters)
        return self._memory[key]

    def forget(self, entity: str) -> None:
        """Note that a row of *entity* changed."""
        if entity not in VOLATILE:
            self._memory.clear()

    def now(self) -> tuple[str, int]:
        """Give the time as a stamp and in microseconds."""
        moment = self.clock.now_us()
        return stamp_us(moment), moment

    def load(self, template: "Database") -> None:
        """Take over everything *template* holds; waits while another process writes."""
        with self.lock:
            template.conn.backup(self.conn)
            self.refresh()

    def close(self) -> None:
        """Close the connection; a file keeps all that was committed."""
        with self.lock:
            self.conn.close()


# Field.system_type: the numbers are not published, these are ours.
SYSTEM, CUSTOM = 0, 2
