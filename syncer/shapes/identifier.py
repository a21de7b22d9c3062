"""A record of which the service documents no list: its id is all that can be said of it."""

import re
from typing import Any, Final

from syncer.shapes.base import At, Field, Forms, Misfit, Names, Plain, Schema, Spellings, Value, ref
from syncer.shapes.spelling import UNFIT, Unsayable

_ID: Final = re.compile("[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")


class IdentifierShape(Plain):
    """An id, written as `{id: …}`."""

    name = "id"

    def parse(self, raw: Any, _field: Field, _at: At, _name: str) -> str | None:
        """Return the id."""
        return None if raw is None else str(raw["id"]).lower()

    def resolve(self, written: Any, _field: Field, _names: Names) -> Value:
        """Return the id; nothing can be asked about it."""
        if not isinstance(written, str):
            raise Misfit
        return Value(written, written, written)

    def read(self, wire: Any, _field: Field) -> Any:
        """Return the id."""
        return wire or None

    def spell(self, canonical: Any, _field: Field, _names: Spellings) -> dict[str, str]:
        """Return the id as a reference has it."""
        if not isinstance(canonical, str) or not _ID.fullmatch(canonical):
            raise Unsayable(UNFIT)
        return {"id": canonical}

    def schema(self, field: Field, _forms: Forms) -> Schema:
        """Return the JSON schema of an id alone."""
        one: Schema = {
            "type": "object",
            "properties": {"id": ref("id")},
            "required": ["id"],
            "additionalProperties": False,
        }
        return field.about.schema() | ({"anyOf": [{"type": "null"}, one]} if field.empty else one)


IDENTIFIER: Final = IdentifierShape()
