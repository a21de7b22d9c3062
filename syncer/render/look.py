"""How text for a terminal is laid out: its width, its colours, the characters it can show."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from syncer.render.escape import cells, chop, inert_log

_COLORS: Final = {
    "create": "32",
    "update": "33",
    "delete": "31",
    "drift": "35",
    "conflict": "1;31",
    "gone": "35",
    "forget": "2",
    "error": "1;31",
    "warning": "1;33",
    "hint": "36",
    "bold": "1",
    "dim": "2",
}
_WORD: Final = re.compile(r"\S+\s*|\s+")
_COMMAND_OR_WORD: Final = re.compile(r"[^\s`]*`[^`]+`[^\s`]*\s*|\S+\s*|\s+")


@dataclass(frozen=True, slots=True)
class Glyphs:
    """Characters beyond ASCII that the layout uses, or what stands in for them."""

    arrow: str
    bar: str
    ellipsis: str
    dot: str
    full: str
    empty: str


_UNICODE: Final = Glyphs("→", "│", "…", "·", "━", "─")
_ASCII: Final = Glyphs("->", "|", "...", "-", "#", ".")


@lru_cache
def _glyphs(encoding: str) -> Glyphs:
    try:
        "→│…·━─".encode(encoding)
    except (LookupError, UnicodeEncodeError):
        return _ASCII
    return _UNICODE


@dataclass(frozen=True, slots=True)
class Look:
    """The terminal a text is for. Colour only repeats what symbols and words say.

    Attributes:
        width: Columns; lines are wrapped to it, down to 40.
        color: Whether to send ANSI colours.
        encoding: What the stream can encode; what it cannot is written as escapes.
    """

    width: int = 100
    color: bool = False
    encoding: str = "utf-8"

    @property
    def glyphs(self) -> Glyphs:
        """Arrows and bars this terminal can show."""
        return _glyphs(self.encoding)

    def paint(self, text: str, style: str) -> str:
        """Return *text* in the colour of *style*."""
        return f"\x1b[{_COLORS[style]}m{text}\x1b[0m" if self.color and style in _COLORS else text

    def wrap(self, text: str, first: str = "", rest: str = "") -> Iterator[str]:
        """Yield *text* in lines that fit, the first indented by *first* and the others by *rest*.

        What stands in backticks is there to be copied: it is broken only where it fits on no line.
        """
        width = max(self.width, 40)
        line = first + text
        if len(line) <= width and (line.isascii() or cells(line) <= width):
            yield line
            return
        indent, room = first, max(width - cells(first), 16)
        line, used = "", 0
        for word in _words(text, max(width - cells(rest), 16)):
            size = cells(word.rstrip())
            if used and used + size > room:
                yield (indent + line).rstrip()
                indent, line, used, room = rest, "", 0, max(width - cells(rest), 16)
            while size > room:
                head, word = chop(word, room)  # noqa: PLW2901 - what is left of the word
                yield indent + head
                indent, room, size = rest, max(width - cells(rest), 16), cells(word.rstrip())
            line, used = line + word, used + cells(word)
        yield (indent + line).rstrip()

    def finish(self, text: str) -> str:
        """Return *text* as the stream can take it, without commands for a CI runner."""
        text = inert_log(text)
        if text.isascii() or self.encoding.lower().replace("-", "") == "utf8":
            return text
        try:
            return text.encode(self.encoding, "backslashreplace").decode(self.encoding)
        except LookupError:
            return text.encode("ascii", "backslashreplace").decode("ascii")


def _words(text: str, room: int) -> Iterator[str]:
    """Yield what *text* may be broken between: words, and commands that fit in *room* columns."""
    for word in _COMMAND_OR_WORD.findall(text):
        if "`" in word and cells(word.rstrip()) > room:
            yield from _WORD.findall(word)
        else:
            yield word


PLAIN: Final = Look()
