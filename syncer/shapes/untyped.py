"""A custom field of which only its value is known, not its type: as records are read."""

from collections.abc import Mapping
from typing import Any, Final

from syncer.model.names import Labels
from syncer.shapes import canon, money
from syncer.shapes.base import Field, Forms, Plain, Schema, ref


class UntypedShape(Plain):
    """Whatever JSON carries."""

    name = "untyped"

    def read(self, wire: Any, _field: Field) -> Any:
        """Return the value, as its JSON type says."""
        return canon.scalar(wire)

    def show(self, canonical: Any, _field: Field, labels: Labels) -> Any:
        """Return the value; ids of options become their names."""
        if isinstance(canonical, list):
            return sorted(labels.label("option", item) for item in canonical)
        if isinstance(canonical, Mapping) and "amount" in canonical:
            return money.shown(canonical, "currency", labels)
        if isinstance(canonical, str):
            return labels.label("option", canonical)
        return canonical

    def schema(self, _field: Field, _forms: Forms) -> Schema:
        """Return the definition of any custom field."""
        return ref("custom")


UNTYPED: Final = UntypedShape()
