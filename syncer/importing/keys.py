"""Names → keys people can read: `Müller & Søn: Verlängerung` becomes `muller-son-verlangerung`."""

import re
import unicodedata
from typing import Final

_READABLE: Final = 60
KEY: Final = re.compile(r"[a-z0-9][a-z0-9._-]{0,99}")

# What does not fall apart into a letter and its accents.
_LETTERS: Final = str.maketrans(
    {
        pair[0]: pair[1:]
        for pair in re.findall(
            r"\S+",
            """ßss æae œoe øo łl đd ðd ħh ıi þth ŋn
            αa βv γg δd εe ζz ηi θth ιi κk λl μm νn ξx οo πp ρr σs ςs τt υy φf χch ψps ωo
            аa бb вv гg дd еe ёe жzh зz иi йi кk лl мm нn оo пp рr сs тt уu фf хkh цts чch шsh щshch
            ъ ыy ь эe юyu яya іi їi єe ґg""",  # noqa: RUF001
        )
    }
)


def slug(text: str) -> str:
    """Return *text* in the letters of a key, at most 60 of them; "" when none of it can be written so."""
    folded = text.casefold()
    if not folded.isascii():
        plain = unicodedata.normalize("NFKD", folded.translate(_LETTERS)).translate(_LETTERS)
        folded = "".join(sign for sign in plain if not unicodedata.combining(sign))
    words = re.sub(r"[^a-z0-9.]+", "-", folded.replace("'", "").replace("\u2019", ""))
    words = re.sub(r"-*\.+(?=-|$)-*", "-", words).strip("-.")
    if len(words) <= _READABLE:
        return words
    return words[: _READABLE + 1].rpartition("-")[0].strip("-.") or words[:_READABLE]


class Keys:
    """Hands out keys, each once.

    Args:
        taken: Keys that belong to others.
    """

    def __init__(self, taken: frozenset[str]) -> None:
        self._taken = set(taken)
        self._next: dict[str, int] = {}

    def take(self, *candidates: str) -> str:
        """Return the first of *candidates* that is free; else the last of them, numbered."""
        for candidate in candidates:
            if candidate not in self._taken:
                self._taken.add(candidate)
                return candidate
        stem = candidates[-1]
        number = self._next.get(stem, 2)
        while f"{stem}-{number}" in self._taken:
            number += 1
        self._next[stem] = number + 1
        self._taken.add(f"{stem}-{number}")
        return f"{stem}-{number}"
