"""The kinds people declare, by name."""

from typing import Final

from syncer.kinds.base import Kind
from syncer.kinds.custom import is_custom, untyped
from syncer.kinds.opportunity import OPPORTUNITY
from syncer.shapes.base import Field

KINDS: Final[dict[str, Kind]] = {kind.name: kind for kind in (OPPORTUNITY,)}
# The one that stages take which do not loop over kinds yet.
MAIN: Final = OPPORTUNITY


def sections() -> tuple[str, ...]:
    """Return where a manifest may declare records."""
    return tuple(kind.section for kind in KINDS.values())


def field_at(path: str, kind: str = MAIN.name) -> Field:
    """Return the field at *path* of *kind*, a standard or a custom one; KeyError when there is none."""
    return untyped(path) if is_custom(path) else KINDS[kind].field(path)
