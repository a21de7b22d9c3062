"""Days of the calendar."""

from typing import Any, Final

from syncer.shapes.base import Field, Forms, Plain, Schema


class Date(Plain):
    """A day without a time."""

    name = "date"

    def read(self, wire: Any, _field: Field) -> str | None:
        """Return the day; the service holds it with a time of midnight."""
        return str(wire)[:10] if wire else None

    def schema(self, field: Field, _forms: Forms) -> Schema:
        """Return the JSON schema of a day."""
        about = field.about.schema()
        head = {name: about.pop(name) for name in ("title", "description") if name in about}
        return head | {"type": "string", "format": "date", "minLength": 1} | about


DATE: Final = Date()
