"""The name of a rehearsal's records, and the proof that a rehearsal made them."""

import hashlib
import re
import secrets
import unicodedata
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from syncer.state.values import stamp

# What every name begins with, and what an earlier rehearsal's records are looked for by.
BEGIN: Final = "syncer rehearsal "
_NAME: Final = re.compile(
    r"syncer rehearsal (\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ) ([0-9a-f]{8}) (\S{1,20}): may be deleted"
)


@dataclass(frozen=True, slots=True)
class Mark:
    """Whose records they are: one rehearsal's, in one space.

    Attributes:
        space_id: The space.
        time: When the rehearsal began, UTC.
        token: Eight random hex digits.
    """

    space_id: str
    time: str
    token: str

    def name(self, role: str) -> str:
        """Return the name of the record that plays *role*, a word."""
        return f"{BEGIN}{self.time} {self.token} {role}: may be deleted"

    @property
    def proof(self) -> str:
        """What nobody but a rehearsal writes: it depends on space, time and token."""
        words = f"syncer rehearsal\n{self.space_id}\n{self.time}\n{self.token}"
        return hashlib.sha256(words.encode()).hexdigest()[:32]

    @property
    def description(self) -> str:
        """The description of every record; it never changes while the record lives."""
        return (
            "Made by `syncer doctor --rehearse` to learn how the service behaves. It is no deal and may be "
            f"deleted. Proof: {self.proof}"
        )


def new_mark(space_id: str) -> Mark:
    """Return the mark of a rehearsal that begins now."""
    return Mark(space_id, stamp(datetime.now(UTC)), secrets.token_hex(4))


def mark_of(space_id: str, row: Any) -> Mark | None:
    """Return the mark of a record of *space_id*; None when no rehearsal made it.

    Name and description must both be a rehearsal's: somebody's own deal of such a name has no proof, and a
    record that somebody renamed to keep it has no such name. Blanks around the name and the composition of
    its letters do not count, since the rehearsal plays with them.
    """
    if not isinstance(row, dict) or not isinstance(row.get("name"), str):
        return None
    found = _NAME.fullmatch(unicodedata.normalize("NFC", row["name"]).strip())
    if found is None:
        return None
    mark = Mark(space_id, found[1], found[2])
    return mark if mark.proof in str(row.get("description")) else None


def role_of(row: dict[str, Any]) -> str:
    """Return the role that a marked record plays."""
    found = _NAME.fullmatch(unicodedata.normalize("NFC", str(row.get("name"))).strip())
    return found[3] if found else ""
