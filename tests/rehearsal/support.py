"""What the tests of the rehearsal share: who plays, and what a space holds."""

from typing import Any, Final

from syncer.rehearsal.mark import mark_of, role_of
from syncer.sandbox.entities import ENTITIES
from syncer.sandbox.server import Sandbox

PEOPLE: Final = (
    *("--owner", "dana@example.com", "--account", "info@acme.example"),
    *("--contact", "bob@acme.example", "--auto-approve"),
)


def everything(sandbox: Sandbox) -> dict[str, list[dict[str, Any]]]:
    """Return every live record of the space."""
    return {name: rows for name in ENTITIES if (rows := sandbox.store.rows(name))}


def marks(sandbox: Sandbox) -> list[tuple[str, bool]]:
    """Return role and deletion of every marked record there ever was."""
    return [
        (role_of(row), bool(row["is_deleted"]))
        for row in sandbox.store.rows("Opportunity", include_deleted=True)
        if mark_of(sandbox.space_id, row)
    ]
