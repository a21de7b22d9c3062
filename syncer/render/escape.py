"""Make text of strangers harmless for where it goes: deal names come from web forms.

| goes to | function |
|---|---|
| a terminal, one line | `terminal` |
| a terminal, several lines | `terminal_lines` |
| a CI log, which reads commands out of it | `inert_log` |
| GitHub Markdown, anywhere in a line or a table cell | `markdown` |
| HTML, text and quoted attributes | `html` |
| a `<script type="application/json">` | `script_json` |
| JSON that a log shows | `inert_json`, and `shown_json` where it is not ASCII |
| a workflow command, `::error file=…::…` | `command_property`, `command_data` |
"""

import re
import unicodedata
from html import escape as _html_escape
from json import dumps
from typing import Any, Final

# Printable for Python, invisible for eyes: fillers, joiners, selectors that can carry hidden text.
# U+FE0E and U+FE0F stay, they only choose between two looks of an emoji.
_INVISIBLE: Final = frozenset(
    map(
        chr,
        (
            *(0x034F, 0x115F, 0x1160, 0x17B4, 0x17B5, 0x180B, 0x180C, 0x180D, 0x180F),
            *(0x2800, 0x3164, 0xFFA0),
            *range(0xFE00, 0xFE0E),
            *range(0xE0100, 0xE01F0),
        ),
    )
)
_WIDE_SPACE: Final = "\u3000"  # not "printable" for Python, yet plain to see and common in Japanese names
_SHORT: Final = {"\n": "\\n", "\r": "\\r", "\t": "\\t"}


def terminal(text: str) -> str:
    r"""Return *text* on one line, with everything a terminal acts on or an eye misses written out.

    Control characters, bidi overrides, zero-width and unassigned characters, line separators and blanks that
    look like the space but are not (`\xa0`) become escapes; a combining mark at the start does too, since
    it would change the character before it.
    """
    if text.isascii() and text.isprintable():
        return text
    shown = "".join(
        c if (c.isprintable() or c == _WIDE_SPACE) and c not in _INVISIBLE else _escaped(c) for c in text
    )
    if shown and unicodedata.category(shown[0]).startswith("M"):
        return _escaped(shown[0]) + shown[1:]
    return shown


def terminal_lines(text: str) -> str:
    """Return *text* as `terminal` does, its line breaks kept."""
    return "\n".join(map(terminal, text.replace("\r\n", "\n").split("\n")))


def _escaped(character: str) -> str:
    code = ord(character)
    if character in _SHORT:
        return _SHORT[character]
    if code <= 0xFF:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"


# GitHub's runner reads `::name::` at the start of a line, the older `##[name]` anywhere in it; Azure's reads
# `##vso[name]`.
_COMMAND_IN_LINE: Final = re.compile(r"#(?=#\[|#vso\[)", re.IGNORECASE)
_COMMAND: Final = re.compile(rf"^([^\S\n]*):(?=:)|{_COMMAND_IN_LINE.pattern}", re.MULTILINE | re.IGNORECASE)


def inert_log(text: str) -> str:
    """Return *text*, ready to print, with nothing in it that a CI runner takes for a command."""
    if "::" not in text and "##" not in text:
        return text
    return _COMMAND.sub(lambda m: "\\x23" if m[0] == "#" else f"{m[1]}\\x3a", text)


def inert_json(text: str) -> str:
    """Return JSON *text* that means the same, with nothing in it that a CI runner takes for a command."""
    return text if "##" not in text else _COMMAND_IN_LINE.sub("\\\\u0023", text)


def shown_json(text: str) -> str:
    """Return JSON *text* that means the same, with what a terminal acts on or an eye misses as escapes."""
    shown = "".join(
        c if c == "\n" or ((c.isprintable() or c == _WIDE_SPACE) and c not in _INVISIBLE) else dumps(c)[1:-1]
        for c in text
    )
    return inert_json(shown)


def cells(text: str) -> int:
    """Return how many columns of a terminal *text* takes."""
    if text.isascii():
        return len(text)
    from rich.cells import cell_len  # noqa: PLC0415 - 30 ms that plain ASCII never pays

    return cell_len(text)


def chop(text: str, width: int) -> tuple[str, str]:
    """Split *text* into the longest head of at most *width* columns and the rest."""
    if text.isascii():
        return text[:width], text[width:]
    from rich.cells import split_graphemes  # noqa: PLC0415 - as above

    taken = end = 0
    for _, stop, size in split_graphemes(text)[0]:
        if taken + size > width:
            break
        taken, end = taken + size, stop
    return text[:end], text[end:]


def one_line(text: str, width: int, ellipsis: str = "…") -> str:
    """Return *text* as `terminal` does, cut to *width* columns with an ellipsis."""
    shown = terminal(text)
    if cells(shown) <= width:
        return shown
    ellipsis = ellipsis[:width]
    return chop(shown, width - len(ellipsis))[0] + ellipsis


# Entities rather than backslashes: they mean the same in a paragraph, a table cell and inside HTML.
_MARKDOWN: Final = {ord(c): f"&#{ord(c)};" for c in "&<>\\`*_[]|~$"}
_BLANKS: Final = re.compile(r"\s+")
_MARKDOWN_START: Final = re.compile(r"[-+#=:]|\d{1,9}[.)]")
# What GitHub turns into links after Markdown is done, but not in code: @name, #1, GH-1, :emoji:, addresses,
# commits.
_LINKED: Final = re.compile(
    r"@|#\d|\bGH-\d|:(?://|[\w+-]+:)|www\.|\b(?=\d*[a-f])[0-9a-f]{7,40}\b", re.IGNORECASE
)
_TOKEN: Final = re.compile(r"[^\s\"'`|<>()\[\]{},;]+")  # nothing that would end code, or a cell of a table


def markdown(text: str, *, starts_line: bool = True, in_html: bool = False) -> str:
    """Return *text* so that GitHub shows exactly it, on one line: no markup, link, mention or HTML.

    Blanks become single spaces. What would be linked or notify somebody, such as an e-mail, is shown as code,
    so that what is copied from there is what it says.

    Args:
        text: Anything.
        starts_line: Whether it may stand at the start of a line, where `1.` or `-` would begin a list; it
            does not in a table cell.
        in_html: Whether it stands in a block of HTML, where Markdown is not read.
    """
    line = terminal(_BLANKS.sub(" ", text).strip())
    parts, end = [], 0
    for token in _TOKEN.finditer(line):
        if _LINKED.search(token[0]):
            code = f"<code>{token[0].translate(_MARKDOWN)}</code>" if in_html else f"`{token[0]}`"
            parts += [line[end : token.start()].translate(_MARKDOWN), code]
            end = token.end()
    shown = "".join((*parts, line[end:].translate(_MARKDOWN)))
    start = _MARKDOWN_START.match(shown) if starts_line else None
    if start is None:
        return shown
    lead = start[0][:-1]
    return f"{lead}&#{ord(shown[len(lead)])};{shown[len(lead) + 1 :]}"


def html(text: str) -> str:
    """Return *text* for HTML, as text or between the quotes of an attribute; line breaks stay."""
    return _html_escape("\n".join(map(terminal, text.replace("\r\n", "\n").split("\n"))), quote=True)


def script_json(value: Any) -> str:
    """Return *value* as JSON that no `</script>`, comment or entity inside can end."""
    text = dumps(value, ensure_ascii=True, separators=(",", ":"))
    return text.replace("&", "\\u0026").replace("<", "\\u003c").replace(">", "\\u003e")


def command_data(text: str) -> str:
    """Return *text* for the part of a workflow command behind the second `::`."""
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def command_property(text: str) -> str:
    """Return *text* for a property of a workflow command."""
    return command_data(text).replace(":", "%3A").replace(",", "%2C")
