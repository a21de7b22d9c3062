"""One option of a set, or several, by their names."""

from typing import Any, Final

from syncer.shapes.base import Field, Misfit, Names, Plain, Spellings, Value
from syncer.shapes.spelling import UNFIT, Unsayable


class ChoiceShape(Plain):
    """One option."""

    name = "choice"

    def resolve(self, written: Any, field: Field, names: Names) -> Value:
        """Return the id of the option."""
        if not isinstance(written, str):
            raise Misfit
        chosen = names.option(written, field.options or "", None).id
        return Value(chosen, written, chosen)

    def ids(self, canonical: Any, _field: Field) -> list[tuple[str, str]]:
        """Return the option."""
        return [("option", canonical)] if isinstance(canonical, str) else []

    def spell(self, canonical: Any, field: Field, names: Spellings) -> str:
        """Return the name of the option."""
        if not isinstance(canonical, str):
            raise Unsayable(UNFIT)
        return names.choice(canonical, field.options or "")


class ChoicesShape(Plain):
    """Several options, whose order means nothing."""

    name = "choices"

    def resolve(self, written: Any, field: Field, names: Names) -> Value:
        """Return the sorted ids of the options."""
        called = written if isinstance(written, list | tuple) else [written]
        if not all(isinstance(name, str) for name in called):
            raise Misfit
        found = [names.option(name, field.options or "", index) for index, name in enumerate(called)]
        ids = sorted({entry.id for entry in found})
        return Value(ids or None, sorted(called) or None, ids)

    def ids(self, canonical: Any, _field: Field) -> list[tuple[str, str]]:
        """Return the options."""
        items = canonical if isinstance(canonical, list) else ()
        return [("option", item) for item in items if isinstance(item, str)]

    def holds(self, value: Any) -> bool:
        """Tell whether *value* is canonical."""
        return value is None or (isinstance(value, list) and all(isinstance(item, str) for item in value))

    def spell(self, canonical: Any, field: Field, names: Spellings) -> list[str]:
        """Return the names of the options."""
        if not isinstance(canonical, list) or len(set(canonical)) < len(canonical):
            raise Unsayable(UNFIT)
        return [names.choice(id_, field.options or "") for id_ in canonical]


CHOICE: Final = ChoiceShape()
CHOICES: Final = ChoicesShape()
