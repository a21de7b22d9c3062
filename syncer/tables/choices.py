"""What may stand in the columns of a table, by a schema that holds the names of a space."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from syncer.kinds.base import Kind
from syncer.tables.columns import Column, Sort, branches, schemas_at

Choices = Callable[[Kind, Column], Sequence[str]]


def choices(schema: Mapping[str, Any]) -> Choices:
    """Return what tells the names that *schema* lists for a column; none where it lists none."""
    definitions = schema["$defs"]

    def names(kind: Kind, column: Column) -> Sequence[str]:
        if column.sort in {Sort.SEVERAL, Sort.CUSTOM_SEVERAL}:
            return ()  # a list lets one choose a single one
        own = definitions[kind.name]
        # What counts where the field that it is within is not known, such as a step of any pipeline.
        anywhere = [rule.get("then", {}) for rule in own.get("allOf", ())[-1:]]
        for start in (*anywhere, own):
            for found in schemas_at(start, column.path, definitions):
                for branch in branches(found, definitions):
                    if "enum" in branch and branch.get("type") == "string":
                        return tuple(branch["enum"])
        return ()

    return names
