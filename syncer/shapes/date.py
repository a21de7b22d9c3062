"""Days of the calendar."""

from typing import Any, Final

from syncer.shapes.base import Field, Plain


class Date(Plain):
    """A day without a time."""

    name = "date"

    def read(self, wire: Any, _field: Field) -> str | None:
        """Return the day; the service holds it with a time of midnight."""
        return str(wire)[:10] if wire else None


DATE: Final = Date()
