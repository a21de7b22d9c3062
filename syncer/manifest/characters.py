"""Characters that no manifest may hold: other readers of YAML, or of the review, take them otherwise."""

import re
from typing import Final

from syncer.manifest.source import Source
from syncer.model.fix import TextFix, Write
from syncer.model.problem import Problem, Related
from syncer.model.span import Span

_MOST_PLACES: Final = 5
# Everything but what YAML allows, and of that not what is no line break, or no character, to everybody:
# U+0085, U+2028 and U+2029 end a line, and with it a comment, for readers of YAML 1.1 alone.
_ODD: Final = re.compile(
    "[^\t\n\r\x20-\x7e\xa0-\u2027\u202a-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]"
)
_PLAIN: Final = b"\t\n\r" + bytes(range(0x20, 0x7F))  # of ASCII, what _ODD lets pass
_LONE_RETURN: Final = re.compile(r"\r(?!\n)")
_BREAKS: Final = {"\x85": "next line", "\u2028": "line separator", "\u2029": "paragraph separator"}
_MARK: Final = re.compile(r"(?m)^(?:<{7}|\|{7}|={7}|>{7})(?=[ \r\n]|\Z)")


def odd_character(source: Source) -> Problem | None:
    """Return a problem for the first character of *source* that a manifest may not hold, if there is one."""
    text = source.text
    found = None
    if not text.isascii() or text.encode().translate(None, _PLAIN):
        found = next(_ODD.finditer(text), None)
    if found is None and "\r" in text and "\n" in text:
        # A file of nothing but carriage returns is as old Macs wrote it, and everybody sees its lines.
        found = next(_LONE_RETURN.finditer(text), None)
    if found is None:
        return None
    code, detail, hint = _words(found.group())
    pattern = _LONE_RETURN if found.group() == "\r" else re.compile(found.group())
    places = [_span(source, match.start()) for match in _first(pattern, text, found.start())]
    related = tuple(Related(span, "and here", source.excerpt(span)) for span in places[1:])
    fix = TextFix(places[0], "") if isinstance(hint, Write) else None
    return source.problem(code, detail, places[0], hint, related=related, fix=fix)


def _first(pattern: re.Pattern[str], text: str, start: int) -> list[re.Match[str]]:
    found = []
    for match in pattern.finditer(text, start):
        found.append(match)
        if len(found) > _MOST_PLACES:
            break
    return found


def _words(sign: str) -> tuple[str, str, str]:
    """Return code, detail and hint for a character that may not be there."""
    number = f"U+{ord(sign):04X}"
    if sign in _BREAKS:
        detail = (
            f"The file holds the character {number} ({_BREAKS[sign]}), at which some YAML readers end the "
            "line and others do not: what stands behind it is a comment to one and a value to another."
        )
        hint = f'delete it; where a text needs it, write "\\u{ord(sign):04x}" in double quotes'
        return "yaml-ambiguous", detail, hint
    if sign == "\ufeff":
        detail = (
            "The file holds a byte order mark (U+FEFF) that is not at its beginning. "
            "Nobody sees it, and YAML readers do not agree what it is."
        )
        return "yaml-ambiguous", detail, Write("delete it; it comes from files that were put together", "")
    if sign == "\r":
        detail = (
            "The file holds a carriage return without a line feed (U+000D), at which some YAML readers and "
            "reviewing tools end the line, and others do not."
        )
        return "yaml-ambiguous", detail, "save the file with one kind of line ends"
    if sign == "\0":
        return "yaml-syntax", "The file holds a NUL byte, which YAML does not allow.", "is it a text file?"
    detail = f"The file holds the control character {number}, which YAML does not allow."
    return "yaml-syntax", detail, Write("delete the character", "")


def _span(source: Source, offset: int) -> Span:
    line, column = source.place_of(offset)
    return Span(source.name, line, column, column + 1)


def merge_conflict(source: Source) -> Problem | None:
    """Return a problem for the marks that git leaves where it could not merge."""
    text = source.text
    if not (("<" in text and "<<<<<<<" in text) or (">" in text and ">>>>>>>" in text)):
        return None
    lines = [source.place_of(mark.start())[0] for mark in _first(_MARK, text, 0)]
    if not any(source.line(line)[0] in "<>" for line in lines):
        return None
    return merge_mark(source, *lines)


def merge_mark(source: Source, line: int, *more: int) -> Problem | None:
    """Return a problem for the mark of a merge in *line*, if it is one, and those in *more*."""
    if not _MARK.match(source.line(line)):
        return None
    spans = [Span(source.name, number, 1, 8) for number in (line, *more)]
    return source.problem(
        "merge-conflict",
        f"Line {line} is a mark that git leaves where it could not merge; somebody has to decide.",
        spans[0],
        "keep what is right of both sides, and delete the marks: <<<<<<<, =======, >>>>>>>",
        related=tuple(Related(span, "and here", source.excerpt(span)) for span in spans[1:]),
    )
