"""One other record, by its id."""

from sys import intern
from typing import Any, Final

from syncer.model.names import Labels
from syncer.shapes.base import Field, Plain


class Reference(Plain):
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


REFERENCE: Final = Reference()


def shared(id_: Any) -> Any:
    """Return an id as the one object for all records that hold it: many hold the same few."""
    return intern(id_) if id_.__class__ is str else id_
