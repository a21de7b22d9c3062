"""Text, on one line or on several."""

from typing import Any, Final

from syncer.shapes import canon
from syncer.shapes.base import Field, Plain


class Text(Plain):
    """Text as a manifest has it."""

    name = "text"

    def read(self, wire: Any, _field: Field) -> str | None:
        """Return the text the service holds."""
        return canon.text(wire if wire is None else str(wire))


TEXT: Final = Text()
