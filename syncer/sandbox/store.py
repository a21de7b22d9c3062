"""The space as a person in the CRM sees it: read and change records, with every check of the API."""

from collections.abc import Callable
from typing import Any

from syncer.sandbox.database import Database, Record
from syncer.sandbox.entities import ENTITIES
from syncer.sandbox.switches import Switches
from syncer.sandbox.write import Writer


class Store:
    """A second opinion of the world, and a second pair of hands in it.

    Tests ask it what the server holds, past any client; records are dicts of stored and computed fields by
    api name, without relations (`account_id` is there, `account` is not). Safe to use while the server runs.
    """

    def __init__(self, db: Database, switches: Switches) -> None:
        self.db = db
        self.switches = switches

    def rows(self, entity: str, *, include_deleted: bool = False) -> list[Record]:
        """List all records of an entity (`"Opportunity"`), by id."""
        where = "1" if include_deleted else "NOT t.is_deleted"
        return self.db.select(ENTITIES[entity], f"{where} ORDER BY t.id")

    def get(self, entity: str, record_id: str) -> Record:
        """Give one record, deleted or not.

        Raises:
            KeyError: There never was one with this id.
        """
        rows = self.db.select(ENTITIES[entity], "t.id = ?", (record_id,))
        if not rows:
            raise KeyError(f"{entity} {record_id}")
        return rows[0]

    def find(self, entity: str, **fields: Any) -> Record:
        """Give the one live record whose fields have these values.

        Raises:
            KeyError: None or several match.
        """
        found = [
            row for row in self.rows(entity) if all(row[name] == value for name, value in fields.items())
        ]
        if len(found) != 1:
            raise KeyError(f"{len(found)} of {entity} match {fields}")
        return found[0]

    def count(self, entity: str) -> int:
        """Count the live records of an entity."""
        with self.db.lock:
            return int(self.db.one(f'SELECT COUNT(*) FROM "{entity}" WHERE NOT is_deleted'))  # noqa: S608

    def create(self, entity: str, body: Record) -> str:
        """Make a record as POST would.

        Returns:
            The id.

        Raises:
            ApiError: The checks of the API refuse it.
        """
        return self._write(lambda writer: writer.create(ENTITIES[entity], body))

    def edit(self, entity: str, record_id: str, **fields: Any) -> Record:
        """Change fields as PATCH would, and give the record as it is then.

        Raises:
            ApiError: The checks of the API refuse it.
        """
        self._write(lambda writer: writer.update(ENTITIES[entity], record_id, fields))
        return self.get(entity, record_id)

    def delete(self, entity: str, record_id: str) -> None:
        """Delete a record as DELETE would.

        Raises:
            ApiError: Unknown, deleted already, or protected.
        """
        self._write(lambda writer: writer.delete(ENTITIES[entity], record_id))

    def restore(self, entity: str, record_id: str) -> None:
        """Bring a deleted record back as batch-restore would.

        Raises:
            ApiError: There never was one with this id.
        """
        self._write(lambda writer: writer.restore(ENTITIES[entity], record_id))

    def _write(self, do: Callable[[Writer], str]) -> str:
        with self.db.transaction():
            return do(Writer(self.db, self.switches))
