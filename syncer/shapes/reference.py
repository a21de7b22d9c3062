"""One other record, by its id."""

from sys import intern
from typing import Any, Final

from syncer.model.names import Labels
from syncer.shapes.base import About, Field, Forms, Plain, Schema, ref


class ReferenceShape(Plain):
    """The id of a record of the kind the field refers to."""

    name = "reference"

    def read(self, wire: Any, _field: Field) -> Any:
        """Return the id."""
        return shared(wire) or None

    def ids(self, canon: Any, field: Field) -> list[tuple[str, str]]:
        """Return the one record."""
        return [(field.refers or "", canon)] if canon else []

    def show(self, canon: Any, field: Field, labels: Labels) -> Any:
        """Return the record as a manifest would name it."""
        return None if canon is None else labels.written(field.refers or "", canon)

    def schema(self, field: Field, forms: Forms) -> Schema:
        """Return the JSON schema of a name, and of the forms that say what the name is."""
        return spelled(field.about, forms[field.refers or ""], empty=field.empty)


REFERENCE: Final = ReferenceShape()


def shared(id_: Any) -> Any:
    """Return an id as the one object for all records that hold it: many hold the same few."""
    return intern(id_) if id_.__class__ is str else id_


_FORMS: Final = {
    "email": "E-mail address of the record, matched without regard to case.",
    "name": "Exact name of the record.",
    "code": "Code of the currency.",
}


def spelled(about: About, forms: tuple[str, ...], *, empty: bool = False) -> Schema:
    """Return the JSON schema of a reference that is spelled in one of *forms*."""
    one: Schema = {
        "type": "object",
        "properties": {"id": ref("id")} | {form: ref("text") | _described(form) for form in forms},
        "additionalProperties": False,
        "minProperties": 1,
    }
    if len(forms) == 1:
        one["maxProperties"] = 1  # else a name and an e-mail together may tell one from others
    nothing: list[Schema] = [{"type": "null"}] if empty else []
    return about.schema() | {"anyOf": [*nothing, ref("text"), one]}


def _described(form: str) -> Schema:
    return {"description": _FORMS[form]}
