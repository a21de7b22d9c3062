"""Keys that are made of what a row says."""

import hashlib
import re
import unicodedata
from typing import Final

MOST: Final = 100
_KEY: Final = re.compile(r"[a-z0-9][a-z0-9._-]{0,99}")
_HEX: Final = 8


def key_of(text: str) -> str:
    """Return the key for *text*: itself where it is one, else folded, with a part of its hash.

    Two texts never have one key, whatever the folding loses of them: two ids that differ in case alone are
    two records.
    """
    text = unicodedata.normalize("NFC", text.strip())
    if _KEY.fullmatch(text):
        return text
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    plain = re.sub(r"[^a-z0-9._]+", "-", plain).strip("-._")
    mark = hashlib.sha256(text.encode()).hexdigest()[:_HEX]
    return f"{plain[: MOST - _HEX - 1].rstrip('-._')}-{mark}" if plain else mark
