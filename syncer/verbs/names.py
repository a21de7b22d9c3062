"""What people call the records that canonical values refer to, looked up for those values alone."""

from collections.abc import Iterable
from typing import Any

from syncer.kinds.custom import api_name, is_custom, typed
from syncer.kinds.registry import KINDS, field_at
from syncer.remote import lookup
from syncer.remote.client import Api
from syncer.resolve.directory import Directory
from syncer.shapes.base import Field


def names_of(api: Api, values: Iterable[tuple[str, str, Any]]) -> Directory:
    """Return the names of what *values* refer to.

    Args:
        api: An open connection.
        values: Kind, path and canonical value.

    Raises:
        RemoteError: Refused, or silent.
    """
    directory, known = Directory(), list(values)
    kinds = {kind for kind, path, value in known if is_custom(path) and value is not None}
    directory.fields = {kind: lookup.fields_in(api, KINDS[kind]) for kind in kinds}
    add_names(api, directory, known)
    return directory


def add_names(api: Api, directory: Directory, values: Iterable[tuple[str, str, Any]]) -> None:
    """Add the names of what *values* refer to.

    Args:
        api: An open connection.
        directory: What is known already, among it the fields of each kind that has custom ones in *values*.
        values: Kind, path and canonical value.

    Raises:
        RemoteError: Refused, or silent.
    """
    wanted: dict[str, set[str]] = {}
    for kind, path, value in values:
        spec = _field(directory, kind, path)
        for refers, id_ in spec.shape.ids(value, spec):
            wanted.setdefault(refers, set()).add(id_)
    lookup.add_ids(api, directory, wanted)


def _field(directory: Directory, kind: str, path: str) -> Field:
    """Return the field at *path*, with its type where the space has such a custom one."""
    row = directory.fields_of(kind).get(api_name(path) or "")
    return field_at(path, kind) if row is None or not is_custom(path) else typed(row)
