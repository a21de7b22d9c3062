"""Read the opportunities that the declarations may already be."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from syncer.model import Declared, Observed
from syncer.remote import convert
from syncer.remote.client import Api
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
        take=convert.observed,
        trailing_blanks=frozenset({"name"}),
    )


def read(api: Api, what: Sought) -> tuple[Observed, ...]:
    """Read every opportunity that may be one of *what*, by id; their pipelines are not known yet.

    Raises:
        RemoteError: Refused, or silent.
    """
    (answer,) = read_all(api, [query(what)])
    return tuple(sorted(answer.rows, key=lambda record: record.id))


def placed(found: tuple[Observed, ...], pipeline_of: Mapping[str, str]) -> tuple[Observed, ...]:
    """Return what was read with the pipelines that the steps belong to, by step id."""
    for record in found:
        convert.place(record, pipeline_of)
    return found


def observe(api: Api, what: Sought, pipeline_of: Mapping[str, str]) -> tuple[Observed, ...]:
    """Read every opportunity that may be one of *what*, by id.

    Raises:
        RemoteError: Refused, or silent.
    """
    return placed(read(api, what), pipeline_of)
