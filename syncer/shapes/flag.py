"""True or false."""

from typing import Any, Final

from syncer.shapes.base import Field, Forms, Misfit, Names, Plain, Schema, Spellings, Value
from syncer.shapes.spelling import UNFIT, Unsayable


class FlagShape(Plain):
    """A box that is ticked or not."""

    name = "flag"
    json: Schema = {"type": ["boolean", "null"]}  # noqa: RUF012 (read only)

    def resolve(self, written: Any, _field: Field, _names: Names) -> Value:
        """Return it as it is."""
        if not isinstance(written, bool):
            raise Misfit
        return Value(written, written, written)

    def holds(self, value: Any) -> bool:
        """Tell whether *value* is canonical."""
        return value is None or isinstance(value, bool)

    def spell(self, canonical: Any, _field: Field, _names: Spellings) -> bool:
        """Return it as it is."""
        if not isinstance(canonical, bool):
            raise Unsayable(UNFIT)
        return canonical

    def schema(self, field: Field, _forms: Forms) -> Schema:
        """Return the JSON schema of a box."""
        return field.about.schema() | {"type": ["boolean", "null"] if field.empty else "boolean"}


FLAG: Final = FlagShape()
