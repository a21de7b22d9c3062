"""Read the opportunities that the declarations may already be."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from syncer.model import Declared, Observed
from syncer.remote import convert
from syncer.remote.client import Api, Row
from syncer.remote.query import Query, read_all


@dataclass(frozen=True, slots=True)
class Sought:
    """What may identify the opportunities to read, and which of their fields are of interest.

    Attributes:
        names: Names, present and former.
        ids: Ids.
        keys: Values of the key field.
        key_field: Its api name.
        fields: Field names to load, `fields.<api name>` for custom ones.
    """

    names: frozenset[str]
    ids: frozenset[str]
    keys: frozenset[str]
    key_field: str | None
    fields: frozenset[str]


def sought(declared: Iterable[Declared], key_field: str | None) -> Sought:
    """Collect what would identify *declared* in the space."""
    names: set[str] = set()
    ids: set[str] = set()
    keys: set[str] = set()
    # The type goes along when an opportunity moves to another pipeline, so its present one must be known.
    fields: set[str] = {"type"}
    for entry in declared:
        fields.update(entry.values)
        if entry.id:
            ids.add(entry.id)
        if key_field:
            keys.add(entry.key)
        for values in (entry.values, entry.formerly):
            if name := values.get("name"):
                # With its leading blanks, and without, should the service have stripped them.
                names.update((name, name.lstrip()))
    if key_field:
        fields.add(f"fields.{key_field}")
    return Sought(frozenset(names), frozenset(ids), frozenset(keys), key_field, frozenset(fields))


def query(what: Sought) -> Query:
    """Return the query for every opportunity that may be one of *what*."""
    wanted: dict[str, frozenset[str]] = {}
    if what.names:
        wanted["name"] = what.names
    if what.ids:
        wanted["id"] = what.ids
    if what.keys and what.key_field:
        wanted[what.key_field] = what.keys
    return Query(
        "Opportunities",
        convert.load_only(what.fields),
        expand=convert.expand(what.fields),
        wanted=wanted,
        trailing_blanks=frozenset({"name"}),
    )


def rows(api: Api, what: Sought) -> tuple[Row, ...]:
    """Read every opportunity that may be one of *what*, as the service lists it.

    Raises:
        RemoteError: Refused, or silent.
    """
    (answer,) = read_all(api, [query(what)])
    return answer.rows


def observe(api: Api, what: Sought, pipeline_of: Mapping[str, str]) -> tuple[Observed, ...]:
    """Read every opportunity that may be one of *what*, by id.

    Raises:
        RemoteError: Refused, or silent.
    """
    return from_rows(rows(api, what), pipeline_of)


def from_rows(found: Collection[Row], pipeline_of: Mapping[str, str]) -> tuple[Observed, ...]:
    """Return what wire rows say, by id."""
    return tuple(sorted((convert.observed(row, pipeline_of) for row in found), key=lambda one: one.id))
