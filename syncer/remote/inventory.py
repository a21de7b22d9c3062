"""Read whole what a space has few of: users, pipelines, steps, types, currencies, units, roles, fields."""

from collections.abc import Collection
from dataclasses import replace
from typing import Final

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

FEW: Final = ("owner", "pipeline", "step", "type", "currency", "unit", "sales_role")


def inventory(api: Api, kinds: Collection[Kind], *, options: bool = False) -> Directory:
    """Return everything of the kinds of `FEW`, the fields of *kinds* and the rates in force.

    Args:
        api: An open connection.
        kinds: Declared kinds.
        options: The options of lead sources and of custom fields, too.

    Raises:
        RemoteError: Refused, or silent.
    """
    queries = {kind: by_reference(kind) for kind in FEW}
    queries |= {kind.entity: by_kind(kind) for kind in kinds}
    queries |= {"rates": RATES, "lists": RATE_LISTS}
    answers = dict(zip(queries, read_all(api, list(queries.values())), strict=True))
    directory = Directory()
    for kind in FEW:
        directory.add(kind, answers[kind].rows)
    directory.fields = {kind.name: fields_of(kind, answers[kind.entity].rows) for kind in kinds}
    directory.base_currency = base_currency(directory)
    take_rates(directory, answers["rates"].rows, answers["lists"].rows)
    if options and (wanted := option_sets(directory)):
        (answer,) = read_all(api, [by_option_set(wanted)])
        directory.add("option", answer.rows)
    return directory


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
