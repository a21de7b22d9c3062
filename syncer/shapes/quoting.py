"""Text → a YAML scalar that every reader takes for this very text.

The only place that decides on quotes: for what is imported, for new projects and for the YAML in hints.
"""

import re
from typing import Final

# Begins with a letter or a digit, holds nothing that ends a plain scalar, in block or in flow; there, some
# readers end it at a question mark.
_PLAIN: Final = re.compile(r"[^\W_](?:[^,\[\]{}:#?]|:(?=[^\s,\[\]{}])|(?<=[^\s])#)*")
# What some reader of YAML 1.1 or 1.2 takes for a number, a date or a time: 0x1f, 0b1, 0o7, 1_000, 1:30, 1e3.
_NUMBERISH: Final = re.compile(r"[0-9][0-9a-fA-FxXoO_.,:+\-TtZz ]*|[0-9].*[Ee][-+]?[0-9]+")
_UUID: Final = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
# What some reader takes for nothing, or for a truth value.
_WORDS: Final = frozenset({"null", "true", "false", "yes", "no", "on", "off", "y", "n"})
_ESCAPES: Final = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\r": "\\r", "\t": "\\t"}


def quoted(text: str) -> str:
    """Return *text* as a scalar, or a key, on one line: plain where that is safe, else in quotes."""
    if text.isprintable():
        if (
            _PLAIN.fullmatch(text)
            and text[-1] != " "
            and (not _NUMBERISH.fullmatch(text) or _UUID.fullmatch(text))
            and text.lower() not in _WORDS
        ):
            return text
        if '"' not in text and "\\" not in text:
            return f'"{text}"'
        if "'" not in text:
            return f"'{text}'"
    return '"' + "".join(_ESCAPES.get(sign) or _escaped(sign) for sign in text) + '"'


def _escaped(sign: str) -> str:
    if sign.isprintable():
        return sign
    code = ord(sign)
    if code <= 0xFF:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"
