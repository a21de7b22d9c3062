"""Read whole what a space has few of: users, pipelines, steps, types, currencies, units, roles, fields."""

from collections.abc import Collection
from dataclasses import replace

from syncer.kinds.base import Kind
from syncer.kinds.references import REFERENCES
from syncer.remote.client import Api
from syncer.remote.lookup import (
    RATE_LISTS,
    RATES,
    base_currency,
    by_kind,
    fields_of,
    query_of,
    take_rates,
)
from syncer.remote.query import Query, read_all
from syncer.resolve.directory import Directory


def inventory(api: Api, kinds: Collection[Kind], *, options: bool = False) -> Directory:
    """Return whatever records of *kinds* may refer to of which a space has few, their fields, and the rates.

    Args:
        api: An open connection.
        kinds: Declared kinds.
        options: The options of lead sources and of custom fields, too.

    Raises:
        RemoteError: Refused, or silent.
    """
    few = _few(kinds)
    queries = {name: by_reference(name) for name in few}
    queries |= {kind.entity: by_kind(kind) for kind in kinds}
    if "currency" in few:
        queries |= {"rates": RATES, "lists": RATE_LISTS}
    answers = dict(zip(queries, read_all(api, list(queries.values())), strict=True))
    directory = Directory()
    for name in few:
        directory.add(name, answers[name].rows)
    directory.fields = {kind.name: fields_of(kind, answers[kind.entity].rows) for kind in kinds}
    directory.base_currency = base_currency(directory)
    if "currency" in few:
        take_rates(directory, answers["rates"].rows, answers["lists"].rows)
    if options and (wanted := option_sets(directory)):
        (answer,) = read_all(api, [by_option_set(wanted)])
        directory.add("option", answer.rows)
    return directory


def _few(kinds: Collection[Kind]) -> tuple[str, ...]:
    """Return what *kinds* refer to, roles of links too, of which a space has few records."""
    fields = [spec for kind in kinds for spec in kind.referring]
    named = {spec.refers for spec in fields}
    named |= {
        spec.link.roles.refers for spec in fields if spec.link is not None and spec.link.roles is not None
    }
    return tuple(name for name, kind in REFERENCES.items() if name in named and not kind.many)


def by_reference(kind: str, **wanted: Collection[str]) -> Query:
    """Return the query for records of *kind*: all of them, or those with one of the *wanted* values."""
    query = query_of(REFERENCES[kind], None)
    return replace(query, wanted={name: frozenset(values) for name, values in wanted.items()} or None)


def by_option_set(sets: Collection[str]) -> Query:
    """Return the query for the options of *sets*."""
    return by_reference("option", data_set_id=sets)


def option_sets(directory: Directory) -> set[str]:
    """Return the ids of the sets of options that records of the declared kinds choose from."""
    fields = (field for of_kind in directory.fields.values() for field in of_kind.values())
    return {field.data_set for field in fields if field.data_set}
