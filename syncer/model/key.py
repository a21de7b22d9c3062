"""What finds the record of a declaration."""

from typing import NamedTuple


class Key(NamedTuple):
    """What finds the record of a declaration again, all resolved.

    Attributes:
        name: Canonical name.
        account: Id of the primary account; None for `account: none`.
        pipeline: Id of the pipeline.
        key: Value of the key field, when one is configured.
        id: `id:` of the manifest.
        unsaid: Parts of the natural key that the manifest does not say: no record is found by those.
        old_key: Value of the key field before the key was renamed.
    """

    name: str | None = None
    account: str | None = None
    pipeline: str | None = None
    key: str | None = None
    id: str | None = None
    unsaid: frozenset[str] = frozenset()
    old_key: str | None = None
