"""Texts that are probably not what somebody meant to write: cut at a `#`, or with characters nobody sees."""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import replace
from typing import Final

import yaml

from syncer.kinds.registry import KINDS, sections
from syncer.manifest.source import Source, pairs
from syncer.model.fix import CutFix, ValueFix
from syncer.model.problem import Problem, Severity
from syncer.model.span import Span, ValuePath
from syncer.shapes.date import DATE
from syncer.shapes.money import MONEY
from syncer.shapes.quoting import quoted
from syncer.shapes.words import name_of, shown

# Blanks that are none, and what nobody sees; in names they make another name of it.
_LOOKALIKE: Final = re.compile(
    "[\u00a0\u00ad\u034f\u061c\u115f\u1160\u1680\u17b4\u17b5\u180e\u2000-\u200f\u202a-\u202f\u205f-\u2064"
    "\u2066-\u2069\u2800\u3164\uffa0]"
)
# These belong to the writing of Arabic, Persian and Indic names, and to emoji: there they are meant.
_JOINERS: Final = frozenset("\u200c\u200d\u200e\u200f")
_LATIN_END: Final = "\u0250"
_OPENING: Final = "“”„‟«»‹›‘‚’"  # noqa: RUF001 - these very characters
_WRAPPED: Final = re.compile(rf"[{_OPENING}](.*)[{_OPENING}]", re.DOTALL)
_CUT: Final = re.compile(r"[ \t]+(#(?=[^\s#!]).*)")
# What nobody begins a comment with: `#4711`.
_NUMBERED: Final = re.compile(r"#[0-9]")
_TIGHT: Final = re.compile(r"[ \t]#\S")
_NAMES: Final = frozenset(
    {
        name
        for kind in KINDS.values()
        for spec in kind.fields
        if spec.own or (spec.refers and spec.shape is not MONEY)
        for name in (spec.name, spec.alias)
        if name
    }
    | {"formerly", "currency"}
)
# No text, or nothing that could go on with a blank and a #.
_NO_TEXT: Final = frozenset(
    {spec.name for kind in KINDS.values() for spec in kind.fields if spec.shape in (MONEY, DATE)}
    | {"id", "state", "lifecycle"}
)


def doubts(source: Source, root: yaml.Node | None) -> list[Problem]:
    """Return a warning for each text in *source*, read as *root*, that is probably not what was meant."""
    text = source.text
    odd = not text.isascii() and any(sign in text for sign in _OPENING) | bool(_LOOKALIKE.search(text))
    cut = _lines_with_a_tight_comment(source)
    if not (odd or cut) or root is None:
        return []
    found: list[Problem] = []
    for path, key, node in _values(root):
        field = _field(path)
        if field is None:
            continue
        if odd and field in _NAMES:
            found += filter(None, (_lookalike(source, path, node), _wrapped(source, path, node)))
        if cut and field not in _NO_TEXT and (problem := _cut(source, path, key, node, cut)) is not None:
            found.append(problem)
    return [replace(problem, severity=Severity.WARNING) for problem in found]


def _lines_with_a_tight_comment(source: Source) -> frozenset[int]:
    """Return the lines with a blank, a `#` and no blank behind it."""
    if not _has_tight(source.text):
        return frozenset()
    return frozenset(number for number, line in enumerate(source.lines, 1) if _TIGHT.search(line))


def _has_tight(text: str) -> bool:
    at = text.find("#", 1)
    while at > 0:
        if text[at - 1] in " \t" and text[at + 1 : at + 2].strip():
            return True
        at = text.find("#", at + 1)
    return False


def _values(root: yaml.Node) -> Iterator[tuple[ValuePath, yaml.Node | None, yaml.ScalarNode]]:
    """Yield path, key and node of each scalar that is written; what an alias repeats only once."""
    seen: set[int] = set()
    stack: list[tuple[ValuePath, yaml.Node | None, yaml.Node]] = [((), None, root)]
    while stack:
        path, key, node = stack.pop()
        if id(node) in seen:
            continue
        seen.add(id(node))
        if isinstance(node, yaml.ScalarNode):
            yield path, key, node
        elif isinstance(node, yaml.MappingNode):
            inner = [((*path, str(name.value)), name, value) for name, value in pairs(node)]
            stack += reversed(inner)
        elif isinstance(node, yaml.SequenceNode):
            stack += reversed([((*path, index), None, item) for index, item in enumerate(node.value)])


def _field(path: ValuePath) -> str | None:
    """Return the field of a record, or of defaults, that *path* is a part of."""
    below = path[2:] if path[:1] and path[0] in sections() else path[1:] if path[:1] == ("defaults",) else ()
    return str(below[0]) if below else None


def _written(source: Source, node: yaml.Node) -> str:
    """Return a scalar as it stands in the file; the lines of a long one, whole but for the beginning."""
    first, last = node.start_mark, node.end_mark
    if first.line == last.line:
        return source.line(first.line + 1)[first.column : last.column]
    lines = [source.line(number) for number in range(first.line + 2, last.line + 1)]
    return "\n".join(
        [source.line(first.line + 1)[first.column :], *lines, source.line(last.line + 1)[: last.column]]
    )


def is_name(field: str) -> bool:
    """Tell whether *field* holds names, of which another character makes another name."""
    return field in _NAMES


def odd_sign(text: str) -> re.Match[str] | None:
    """Return the first character of *text* that looks like another one, or that nobody sees."""
    return next((match for match in _LOOKALIKE.finditer(text) if not _is_meant(match, text)), None)


def odd_words(name: str, sign: str) -> str:
    """Say that the value called *name* holds such a character."""
    blank = unicodedata.category(sign) == "Zs"
    what = unicodedata.name(sign).lower()
    article = "an" if what[0] in "aeiou" else "a"
    why = "which looks like a blank and is none" if blank else "which nobody sees"
    return f"{name} holds {article} {what} (U+{ord(sign):04X}), {why}."


def cleaned(text: str) -> str:
    """Return *text* with ordinary blanks, and without what nobody sees."""
    seen = (" " if unicodedata.category(c) == "Zs" else "" if _LOOKALIKE.match(c) else c for c in text)
    return "".join(seen).strip(" ")


def _lookalike(source: Source, path: ValuePath, node: yaml.ScalarNode) -> Problem | None:
    written = _written(source, node)
    match = odd_sign(written)
    if match is None:
        return None
    before, meant = written[: match.start()], cleaned(node.value)
    line = node.start_mark.line + 1 + before.count("\n")
    start = node.start_mark.column if "\n" not in before else 0
    column = start + len(before.rpartition("\n")[2]) + 1
    return source.problem(
        "odd-character",
        odd_words(name_of(_shown_path(path)), match.group()),
        Span(source.name, line, column, column + 1),
        f"write {quoted(meant)}; or, if it is meant, {quoted(node.value)}",
        fix=ValueFix(path, meant),
    )


def _is_meant(match: re.Match[str], text: str) -> bool:
    around = (text[: match.start()][-1:], text[match.end() : match.end() + 1])
    return match.group() in _JOINERS and all(sign >= _LATIN_END for sign in around)


def _wrapped(source: Source, path: ValuePath, node: yaml.ScalarNode) -> Problem | None:
    match = _WRAPPED.fullmatch(node.value)
    if match is None or node.style:
        return None
    return source.problem(
        "odd-character",
        f"{name_of(_shown_path(path))} begins and ends with typographic quotes, which are part of the text; "
        "YAML knows \" and ' only.",
        source.node_span(node),
        f'write {quoted(match[1])}; or, if they are meant, put " around them',
        fix=ValueFix(path, match[1]),
    )


def _cut(
    source: Source, path: ValuePath, key: yaml.Node | None, node: yaml.ScalarNode, lines: frozenset[int]
) -> Problem | None:
    end = node.end_mark
    if node.style or end.line + 1 not in lines:
        return None
    value, line, behind = node.value, source.line(end.line + 1), end.column
    if not value and key is not None:
        behind = max(behind, key.end_mark.column + 1)
    match = _CUT.match(line, behind)
    if match is None or _is_no_text(value):
        return None
    step = f"{path[-1]}: " if isinstance(path[-1], str) else "- "
    name = name_of(_shown_path(path))
    what = f"{name} is cut to {shown(value)}" if value else f"{name} is empty"
    whole = f"{value}{match.group().rstrip()}".strip()
    return source.problem(
        "text-cut",
        f"{what}: a blank and # begin a comment.",
        Span(source.name, end.line + 1, match.start(1) + 1, match.end(1) + 1),
        f"put it in quotes: {step}{quoted(whole)}; or, if it is a comment, put a blank behind the #",
        fix=CutFix(path, whole) if _NUMBERED.match(match[1]) else None,
    )


def _is_no_text(value: str) -> bool:
    return bool(value) and (bool(re.fullmatch(r"[\d.+-]+|true|false|null|~|\S+@\S+", value)))


def _shown_path(path: ValuePath) -> ValuePath:
    return path[2:] if path[0] in sections() else path
