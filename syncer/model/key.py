"""What finds the record of a declaration."""

from collections.abc import Mapping
from typing import Any, Final, NamedTuple

_NOTHING: Final[Mapping[str, Any]] = {}


class Key(NamedTuple):
    """What finds the record of a declaration again, all resolved.

    Attributes:
        parts: The natural key, by part: canonical text, or the id of the record that is referred to; None
            where there is none, such as for `account: none`.
        alone: What finds it alone: e-mails, as they are compared.
        key: Value of the key field, when one is configured.
        id: `id:` of the manifest.
        unsaid: Parts of the natural key that the manifest does not say: no record is found by those.
        old_key: Value of the key field before the key was renamed.
    """

    parts: Mapping[str, Any] = _NOTHING
    alone: frozenset[str] = frozenset()
    key: str | None = None
    id: str | None = None
    unsaid: frozenset[str] = frozenset()
    old_key: str | None = None
