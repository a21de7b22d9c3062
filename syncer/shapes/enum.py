"""One of a few words that the service itself fixes, and keeps as numbers."""

from typing import Any, Final

from syncer.shapes.base import Field, Forms, Misfit, Names, Plain, Schema, Spellings, Value
from syncer.shapes.spelling import Unsayable


class EnumShape(Plain):
    """The word; nothing for the first one, which a record has as long as nobody says another."""

    name = "enum"

    def resolve(self, written: Any, field: Field, _names: Names) -> Value:
        """Return the word as it is compared."""
        if written not in _words(field):
            raise Misfit
        found = None if written == field.enum[0][1] else written
        return Value(found, written, self.write(found, field))

    def read(self, wire: Any, field: Field) -> str | None:
        """Return the word of a number; the number itself, as text, when it has none."""
        if wire is None or not field.enum or wire == field.enum[0][0]:
            return None
        return dict(field.enum).get(wire, str(wire))

    def write(self, canon: Any, field: Field) -> Any:
        """Return the number of a word."""
        if canon is None:
            return field.enum[0][0]
        numbers = {word: number for number, word in field.enum}
        return numbers[canon] if canon in numbers else int(canon)

    def spell(self, canonical: Any, field: Field, _names: Spellings) -> str:
        """Return the word."""
        if canonical not in _words(field):
            raise Unsayable("Pipeliner has no word for it that manifests know")
        return str(canonical)

    def schema(self, field: Field, _forms: Forms) -> Schema:
        """Return the JSON schema of the words."""
        words: Schema = {"enum": list(_words(field))}
        return field.about.schema() | ({"anyOf": [words, {"type": "null"}]} if field.empty else words)


def _words(field: Field) -> tuple[str, ...]:
    return tuple(word for _, word in field.enum)


ENUM: Final = EnumShape()
