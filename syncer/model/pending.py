"""Ids of records that do not exist yet.

Where a canonical value would hold the id of a record that the plan itself creates, it holds the text of its
address: `account.acme`. Ids of the service are UUIDs and never hold a dot. In a body it is
`{"pending": "account.acme"}` until the record is there.
"""

import re
from collections.abc import Mapping
from typing import Any, Final

from syncer.model.address import Address

Wire = dict[str, str]
_ADDRESS: Final = re.compile(r"[a-z_]+\.")


def is_pending(id_: str) -> bool:
    """Tell whether *id_* stands for a record that does not exist yet."""
    return _ADDRESS.match(id_) is not None


def address_of(id_: str) -> Address:
    """Return which declared record the pending *id_* stands for."""
    return Address.parse(id_)


def to_wire(id_: str) -> str | Wire:
    """Return *id_* as a body holds it."""
    return {"pending": id_} if is_pending(id_) else id_


def from_wire(value: Any) -> Any:
    """Return the id that `to_wire` wrote; anything else as it is."""
    return value["pending"] if isinstance(value, Mapping) and value.keys() == {"pending"} else value


def bound(body: Any, ids: Mapping[str, str]) -> Any:
    """Return *body*, of JSON types, with the *ids* of what was pending, by address."""
    if isinstance(body, Mapping):
        if body.keys() == {"pending"}:
            return ids.get(body["pending"], body)
        return {name: bound(value, ids) for name, value in body.items()}
    return [bound(value, ids) for value in body] if isinstance(body, list) else body
