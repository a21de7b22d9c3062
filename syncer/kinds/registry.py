"""The kinds people declare, by name."""

from typing import Final

from syncer.kinds.account import ACCOUNT
from syncer.kinds.base import Kind
from syncer.kinds.contact import CONTACT
from syncer.kinds.custom import is_custom, untyped
from syncer.kinds.opportunity import OPPORTUNITY
from syncer.shapes.base import Field

# Each behind those that its fields refer to: in this order they are resolved and created.
KINDS: Final[dict[str, Kind]] = {kind.name: kind for kind in (ACCOUNT, CONTACT, OPPORTUNITY)}


def sections() -> tuple[str, ...]:
    """Return where a manifest may declare records."""
    return tuple(kind.section for kind in KINDS.values())


def keyed() -> tuple[Kind, ...]:
    """Return the kinds whose identity syncer.yaml says: its `identity` is about these."""
    return tuple(kind for kind in KINDS.values() if kind.keyed)


def field_at(path: str, kind: str) -> Field:
    """Return the field at *path* of *kind*, a standard or a custom one; KeyError when there is none."""
    return untyped(path) if is_custom(path) else KINDS[kind].field(path)
