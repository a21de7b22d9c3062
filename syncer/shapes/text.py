"""Text, on one line or on several."""

from typing import Any, Final

from syncer.shapes import canon
from syncer.shapes.base import Field, Forms, Plain, Schema


class TextShape(Plain):
    """Text as a manifest has it."""

    name = "text"

    def read(self, wire: Any, _field: Field) -> str | None:
        """Return the text the service holds."""
        return canon.text(wire if wire is None else str(wire))

    def schema(self, field: Field, _forms: Forms) -> Schema:
        """Return the JSON schema of text."""
        about = field.about.schema()
        head = {name: about.pop(name) for name in ("title", "description") if name in about}
        if field.empty:
            return head | {"type": ["string", "null"]} | about
        return head | {"type": "string", "minLength": 1} | about


TEXT: Final = TextShape()
