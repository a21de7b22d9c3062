"""What people call the records that canonical values refer to, looked up for those values alone."""

import re
from collections.abc import Iterable
from typing import Any, Final

from syncer.kinds.custom import is_custom
from syncer.kinds.registry import field_at
from syncer.remote import lookup
from syncer.remote.client import Api
from syncer.resolve.directory import Directory

_ID: Final = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)


def names_of(api: Api, values: Iterable[tuple[str, str, Any]]) -> Directory:
    """Return the names of what *values* refer to.

    Args:
        api: An open connection.
        values: Kind, path and canonical value.

    Raises:
        RemoteError: Refused, or silent.
    """
    directory = Directory()
    add_names(api, directory, values)
    return directory


def add_names(api: Api, directory: Directory, values: Iterable[tuple[str, str, Any]]) -> None:
    """Add the names of what *values* refer to.

    Args:
        api: An open connection.
        directory: What is known already.
        values: Kind, path and canonical value.

    Raises:
        RemoteError: Refused, or silent.
    """
    wanted: dict[str, set[str]] = {}
    for kind, path, value in values:
        spec = field_at(path, kind)
        pairs = (
            [("option", id_) for id_ in _options(value)] if is_custom(path) else spec.shape.ids(value, spec)
        )
        for refers, id_ in pairs:
            wanted.setdefault(refers, set()).add(id_)
    lookup.add_ids(api, directory, wanted)


def _options(value: Any) -> list[str]:
    """Return what may be options in the value of a custom field, whose type is not known here."""
    items = value if isinstance(value, list) else [value]
    return [item for item in items if isinstance(item, str) and _ID.fullmatch(item)]
