"""A custom field of which only its value is known, not its type: as records are read."""

from collections.abc import Mapping
from typing import Any, Final

from syncer.model.names import Labels
from syncer.shapes import canon, money
from syncer.shapes.base import At, Field, Forms, Names, Plain, Schema, Spellings, Value, ref
from syncer.shapes.spelling import Unsayable
from syncer.shapes.text import control_in


class UntypedShape(Plain):
    """Whatever JSON carries."""

    name = "untyped"

    def parse(self, raw: Any, field: Field, at: At, name: str) -> Any:
        """Return a scalar or a list, as it stands there; its type is known when it is resolved."""
        path = (name, field.wire or "")
        items = raw if isinstance(raw, list) else (raw,)
        if any(isinstance(item, str) and control_in(item, lines=True) for item in items):
            raise at.note("bad-value", path, f"{field.wire} holds a control character.")
        if isinstance(raw, list) and len(set(raw)) < len(raw):
            raise at.note("bad-value", path, f"{field.wire} lists an option twice.", "delete one of them")
        return list(raw) if isinstance(raw, list) else raw

    def resolve(self, _written: Any, field: Field, _names: Names) -> Value:
        """Refuse: a field is resolved by its type."""
        raise NotImplementedError(field.name)

    def spell(self, _canonical: Any, field: Field, _names: Spellings) -> Any:
        """Refuse: a field that the space does not list is none that a manifest may set."""
        raise Unsayable(f"the space has no field {field.wire}")

    def holds(self, value: Any) -> bool:
        """Tell whether *value* is canonical: anything but an amount that is none."""
        return money.MONEY.holds(value) if isinstance(value, Mapping) and "amount" in value else True

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
