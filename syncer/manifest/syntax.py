"""What libyaml says about a broken file, in the words of somebody who writes manifests."""

import re
from typing import Final, NamedTuple

import yaml

from syncer.manifest.characters import merge_mark
from syncer.manifest.slips import fields
from syncer.manifest.source import Source
from syncer.manifest.surrogates import character
from syncer.model.fix import Fix, IndentFix, TextFix
from syncer.model.problem import Problem, Related
from syncer.model.span import Span

# What libyaml says (any part of it) -> what it means, what to do.
_SAID: Final[tuple[tuple[str, str, str], ...]] = (
    (
        "mapping values are not allowed",
        "There is a second colon here, where YAML does not expect one.",
        "put text that holds a colon in quotes, or check how far the line is indented",
    ),
    (
        "found character that cannot start any token",
        "A value cannot begin with this character unless it is in quotes.",
        "put the value in quotes",
    ),
    (
        "could not find expected ':'",
        "A key without a colon, or text that goes on where a key is expected.",
        "write `key: value`, with a blank after the colon",
    ),
    (
        "did not find expected key",
        "The line does not fit the ones above it.",
        "indent it as far as its neighbours, and put text that begins with a quote in quotes as a whole",
    ),
    (
        "did not find expected '-' indicator",
        "The line does not fit the list above it.",
        "indent the items of a list alike, each with `- `",
    ),
    (
        "did not find expected ',' or ']'",
        "The list that was opened with [ is not closed.",
        "separate the items with commas and end with ]",
    ),
    (
        "did not find expected ',' or '}'",
        "The braces that were opened with { are not closed.",
        "separate the pairs with commas and end with }",
    ),
    (
        "found unexpected end of stream",
        "A quote that was opened is never closed.",
        "close the quote, or double it when it belongs to the text",
    ),
    (
        "found unexpected document indicator",
        "A quote that was opened is not closed before the line with --- or ...",
        "close the quote, or double it when it belongs to the text",
    ),
    (
        "found unknown escape character",
        "A backslash in double quotes starts an escape, and this one does not exist.",
        "use single quotes, or write the backslash twice",
    ),
    (
        "did not find expected hex",
        "A backslash in double quotes starts an escape, and digits of this one are missing.",
        "use single quotes, or write the backslash twice",
    ),
    (
        "found undefined alias",
        "A value that begins with * repeats something that was named with &, and nothing has this name.",
        "put the value in quotes if it is text",
    ),
    (
        "block sequence entries are not allowed",
        "A list item cannot begin here.",
        "put the items of a list on lines of their own, or put text that begins with `- ` in quotes",
    ),
    (
        "mapping keys are not allowed",
        "A question mark with a blank behind it begins a key, and none can begin here.",
        "put the value in quotes if it is text",
    ),
    (
        "did not find expected alphabetic or numeric character",
        "A value that begins with * or & is an alias or an anchor, and its name is missing.",
        "put the value in quotes if it is text",
    ),
    (
        "did not find expected node content",
        "A value is missing here.",
        "write the value, or put it in quotes",
    ),
    (
        "did not find expected <document start>",
        "Something stands beside the keys of the file.",
        "write everything as `key: value`, indented alike",
    ),
    (
        "did not find expected comment or line break",
        "Text stands behind | or >, whose text begins on the next line.",
        "move it to the next line, indented",
    ),
    (
        "while scanning a block scalar",
        "What stands behind | or > is not understood.",
        "write | and a line break, and the text on the next lines, indented",
    ),
    (
        "while scanning a directive",
        "A line that begins with % is a directive of YAML, and this one is not understood.",
        "delete the line, or put the value in quotes if it is text",
    ),
    (
        "incompatible YAML document",
        "The line %YAML asks for a version of YAML that is not known.",
        "delete the line",
    ),
    ("found duplicate %", "A directive is written twice.", "delete the line"),
    (
        "tag",
        "A value that begins with ! has a tag, and manifests have none.",
        "put the value in quotes if it is text",
    ),
    (
        "while scanning an a",  # an anchor, an alias
        "A value that begins with * or & is an alias or an anchor, and its name ends in the wrong way.",
        "put the value in quotes if it is text",
    ),
)
_KEY: Final = re.compile(r"(?P<indent> *)(?P<key>[^\s#'\"\[{&*!|>%@`-][^:#]*|\"[^\"]*\"|'[^']*'):(?:\s|$)")
_ITEM: Final = re.compile(r"(?P<indent> *)-(?:\s|$)")
_HALF: Final = re.compile(r"\\u([dD][89a-fA-F][0-9a-fA-F]{2})(?:\\u([dD][c-fC-F][0-9a-fA-F]{2}))?")
# Blanks that look like the one YAML means.
_OTHER_BLANK: Final = r"[\u00a0\u1680\u2000-\u200b\u202f\u205f\u2060\u3000]"
_ODD_INDENT: Final = re.compile(rf"\s*?(?P<blank>{_OTHER_BLANK})\s*\S")
INDENT_HINT: Final = (
    "indent with ordinary blanks; text copied from a web page or a document often holds others"
)
_TABLE: Final = ",;\t"
_OTHER_QUOTES: Final = {'"': """'"Acme" renewal'""", "'": '''"'Acme' renewal"'''}
_QUOTES: Final = "\"'"


def syntax_problem(source: Source, error: yaml.MarkedYAMLError) -> Problem:
    """Return what is wrong with *source*, which libyaml could not read."""
    said = " ".join(part for part in (error.context, error.problem) if part)
    mark = error.problem_mark or error.context_mark
    span = source.mark(mark) if mark else Span(source.name, 1, 1)
    if "another document" in said:
        return source.problem(
            "yaml-unsupported",
            "A second document begins here; a file holds one.",
            span,
            "put the second document in a file of its own, or delete the line with ---",
        )
    start = source.mark(error.context_mark) if error.context_mark else span
    if "duplicate anchor" in said:
        return _duplicate_anchor(source, span, start)
    for number in range(start.line, span.line + 1):
        if (conflict := merge_mark(source, number)) is not None:
            return conflict
    related: tuple[Related, ...] = ()
    if not source.line(span.line).strip():
        # The end of the file says nothing; what was opened and never closed does.
        span = start if source.line(start.line).strip() else source.end()
    elif start.line != span.line:
        related = (Related(start, "what it belongs to begins here", source.excerpt(start)),)
    found = (
        _tab(source, span, said)
        or _blank(source, start, span)
        or _half_character(source, span, said)
        or _slip(source, span, said)
        or _words(said, related)
    )
    return source.problem(
        "yaml-syntax", found.detail, found.span or span, found.hint, related=found.related, fix=found.fix
    )


class _Found(NamedTuple):
    detail: str
    hint: str
    span: Span | None = None
    related: tuple[Related, ...] = ()
    fix: Fix | None = None


def _words(said: str, related: tuple[Related, ...]) -> _Found:
    for part, detail, hint in _SAID:
        if part in said:
            return _Found(detail, hint, related=related)
    return _Found(f"The YAML parser says: {said}.", "", related=related)


def _duplicate_anchor(source: Source, span: Span, first: Span) -> Problem:
    match = re.match(r"&[^\s,\[\]{}]+", source.line(span.line)[span.column - 1 :])
    name = match.group() if match else "&"
    end = span.column + len(name)
    return source.problem(
        "yaml-unsupported",
        f"The anchor {name} is given a second time; an alias could mean either.",
        Span(source.name, span.line, span.column, end),
        "give one of them another name",
        related=(
            Related(
                Span(source.name, first.line, first.column, first.column + len(name)),
                "first given here",
                source.excerpt(first),
            ),
        ),
    )


def _tab(source: Source, span: Span, said: str) -> _Found | None:
    line = source.line(span.line)
    indent = line[: len(line) - len(line.lstrip())]
    at_tab = line[span.column - 1 : span.column] == "\t"
    if "\t" in indent and (at_tab or "cannot start any token" not in said):
        column = indent.index("\t") + 1
        place = Span(source.name, span.line, column, len(indent) + 1)
        return _Found("The line is indented with a tab.", "indent with blanks", place, fix=IndentFix(place))
    behind = re.match(r"[ ?-]*[?-][ ]*(\t)", line)
    if behind and span.column <= behind.end():
        place = Span(source.name, span.line, behind.end(), behind.end() + 1)
        return _Found("A tab stands behind the dash, where YAML takes blanks only.", *_a_blank(place))
    if at_tab:
        place = Span(source.name, span.line, span.column, span.column + 1)
        return _Found("A tab stands here, where YAML takes blanks only.", *_a_blank(place))
    return None


def _a_blank(place: Span) -> tuple[str, Span, tuple[Related, ...], Fix]:
    return "write a blank instead", place, (), TextFix(place, " ")


def _blank(source: Source, start: Span, span: Span) -> _Found | None:
    """Find a line from *start* to *span*, the nearest to *span*, that is indented with other blanks."""
    if source.text.isascii():
        return None
    for number in range(span.line, max(start.line, span.line - 3, 1) - 1, -1):
        if (found := _ODD_INDENT.match(source.line(number))) is not None:
            return _odd_blank(source, number, found)
    if (found := _ODD_INDENT.match(source.line(span.line - 1))) is not None:
        return _odd_blank(source, span.line - 1, found)
    return None


def _odd_blank(source: Source, line: int, found: re.Match[str]) -> _Found:
    column = found.start("blank") + 1
    place = Span(source.name, line, column, column + 1)
    return _Found(indented_with(found["blank"]), INDENT_HINT, place, fix=IndentFix(place))


def other_blank(sign: str) -> bool:
    """Tell whether *sign* looks like a blank, and is text to YAML."""
    return bool(re.match(_OTHER_BLANK, sign))


def indented_with(sign: str) -> str:
    """Say that a line is indented with *sign*."""
    what = "a no-break space" if sign == "\u00a0" else "a blank that YAML does not know"
    return f"The line is indented with {what} (U+{ord(sign):04X}), which is text to YAML."


def _half_character(source: Source, span: Span, said: str) -> _Found | None:
    if "invalid Unicode character escape code" not in said:
        return None
    line = source.line(span.line)
    for match in _HALF.finditer(line):
        if match.start() + 1 <= span.column <= match.end() + 1:
            place = Span(source.name, span.line, match.start() + 1, match.end() + 1)
            if match[2] and match[1][1] in "89abAB":
                code = character(match[1], match[2])
                return _Found(
                    f"{match.group()} is how JSON writes {chr(code)}; YAML knows it only "
                    "where the whole file is JSON.",
                    f'write {chr(code)} itself, or "\\U{code:08x}"',
                    place,
                    fix=TextFix(place, chr(code)),
                )
            return _Found(
                f"{match.group()} is half of a character; JSON writes some as two halves.",
                "write the character itself",
                place,
            )
    return _Found("There is no character of this number.", "write the character itself")


# --- lines that are indented by too much or too little ---


class _Line(NamedTuple):
    number: int
    indent: int
    key: str
    value: str


def _slip(source: Source, span: Span, said: str) -> _Found | None:
    if "mapping values are not allowed" in said:
        return _no_colon(source, span) or _too_deep(source, span)
    before = source.line(span.line)[: span.column - 1].rstrip()
    if "did not find expected key" in said and before[-1:] in {'"', "'"}:
        return _Found(
            "Text stands behind the closing quote.",
            f"put the whole text in quotes, of the other kind: {_OTHER_QUOTES[before[-1]]}",
        )
    if "did not find expected key" in said or "did not find expected '-' indicator" in said:
        return _between(source, span)
    return None


def _line(source: Source, number: int) -> _Line | None:
    text = source.line(number)
    if (found := _KEY.match(text)) is not None:
        value = re.sub(r"(?:^|\s)#.*", "", text[found.end() :]).strip()
        return _Line(number, len(found["indent"]), found["key"], value)
    if (found := _ITEM.match(text)) is not None:
        return _Line(number, len(found["indent"]), "-", text[found.end() :].strip())
    return None


def _above(source: Source, number: int) -> list[_Line]:
    """Return the lines with keys or items that line *number* could belong to, the nearest first."""
    found: list[_Line] = []
    for above in range(number - 1, 0, -1):
        line = _line(source, above)
        if line is not None and (not found or line.indent < found[-1].indent):
            found.append(line)
            if not line.indent:
                break
    return found


def _between(source: Source, span: Span) -> _Found | None:
    """Say of a line that is indented as far as nothing above it."""
    here = _line(source, span.line)
    levels = _above(source, span.line)
    if here is None or span.column != here.indent + 1 or any(level.indent == here.indent for level in levels):
        return None
    if not levels or here.indent > levels[0].indent:
        return None
    inner = next((level for level in reversed(levels) if level.indent > here.indent), None)
    outer = next((level for level in levels if level.indent < here.indent), None)
    if inner is None or outer is None:
        return None
    if (here.key == "-") != (inner.key == "-"):
        alike = outer
    elif here.key in fields() or inner.indent - here.indent <= here.indent - outer.indent:
        alike = inner
    else:
        alike = outer
    return _indented(source, here, alike, (inner, outer))


def _no_colon(source: Source, span: Span) -> _Found | None:
    """Say of the line above, which runs on into this one because its key has no colon."""
    here, above = _line(source, span.line), source.line(span.line - 1)
    name = above.split(maxsplit=1)[0] if above.strip() else ""
    indent = len(above) - len(above.lstrip())
    if here is None or name not in fields() or indent != here.indent or _line(source, span.line - 1):
        return None
    place = Span(source.name, span.line - 1, indent + 1, indent + 1 + len(name))
    rest = above.strip()[len(name) :].strip()
    return _Found(f'There is no colon behind "{name}".', f"write {name}: {rest}".rstrip(), place)


def _too_deep(source: Source, span: Span) -> _Found | None:
    """Say of a line that is indented further than the value before it lets anything be."""
    here = _line(source, span.line)
    if here is None or span.column != here.indent + len(here.key) + 1:
        return None
    levels = _above(source, span.line)
    if not levels or not levels[0].value or here.indent <= levels[0].indent:
        return None
    before = levels[0]
    # Where a line further above is indented like this one, the field between them slipped.
    sibling = next((level for level in _above(source, before.number) if level.indent == here.indent), None)
    if sibling is not None and before.key in fields():
        return _indented(source, before, sibling, (sibling,))
    return _Found(
        f"{_called(here)} is indented further than {_called(before)} in line {before.number}, which has a "
        "value already.",
        f"indent it with {_blanks(before.indent)}, like {_called(before)}, or take that value away",
        _key_span(source, here),
        (Related(_key_span(source, before), "this has a value", source.excerpt(_key_span(source, before))),),
    )


def _indented(source: Source, here: _Line, like: _Line, others: tuple[_Line, ...]) -> _Found:
    words = " and ".join(f"{_called(line)} in line {line.number} with {line.indent}" for line in others)
    return _Found(
        f"{_called(here)} is indented with {_blanks(here.indent)}, {words}.",
        f"indent it with {_blanks(like.indent)}, like {_called(like)}",
        _key_span(source, here),
        (Related(_key_span(source, like), "indented otherwise", source.excerpt(_key_span(source, like))),),
    )


def _called(line: _Line) -> str:
    return f'"- {line.value[:30]}"' if line.key == "-" else f'"{line.key.strip(_QUOTES)}"'


def _blanks(number: int) -> str:
    return f"{number or 'no'} blank{'' if number == 1 else 's'}"


def _key_span(source: Source, line: _Line) -> Span:
    start = line.indent + 1
    return Span(source.name, line.number, start, start + len(line.key))


# --- files that are something else ---


def table(source: Source) -> Problem | None:
    """Return a problem when *source* looks like a table of values with separators, such as CSV."""
    lines = [line for line in source.text.split("\n", 5)[:5] if line.strip()]
    if not lines or re.match(r"\s*[#{\[%&*-]", lines[0]) or re.search(r":(?:\s|$)", lines[0]):
        return None
    for sign in _TABLE:
        if lines[0].count(sign) and all(sign in line for line in lines[:2]):
            name = "tabs" if sign == "\t" else f"“{sign}”"
            return source.problem(
                "yaml-syntax",
                f"The file is a table, with {name} between its values; manifests are YAML.",
                Span(source.name, 1, 1),
                "write each row as an opportunity with its fields",
            )
    return None
