"""A manifest and what is wrong with it → the manifest with what the hints say exactly.

What nobody can read is made readable first: characters and indentation, until our loader reads the file. Then
keys, then values are edits (`manifest/edit.py`), each made as asked or not at all.
"""

import re
from collections.abc import Callable, Iterable, Sequence
from typing import Final, NamedTuple

from syncer.manifest.edit import Rename, Set, Uncut, apply
from syncer.manifest.emit import inline
from syncer.manifest.layout import Layout
from syncer.manifest.load import Loaded, load_bytes
from syncer.manifest.source import Source
from syncer.model.fix import CutFix, Fix, IndentFix, KeyFix, TextFix, ValueFix
from syncer.model.problem import Problem, Severity
from syncer.model.span import Span, ValuePath
from syncer.shapes.words import shown

_MARK: Final = "\ufeff"
_LINE: Final = re.compile(r"(?<=\n)|(?<=\r)(?!\n)")
# Some blanks have no width, and are none to Python.
_NO_WIDTH: Final = "\u200b\u2060"
_INDENT: Final = re.compile(rf"(?:[^\S\r\n]|[{_NO_WIDTH}])*(?=[^\s{_NO_WIDTH}])")
_OPENS_A_BLOCK: Final = re.compile(r"(?:^|[:\-?\s])[ \t]*[|>][-+0-9]*[ \t]*(?:#.*)?$")
# How far a tab may indent.
_WIDTHS: Final = (2, 4, 8)


class Correction(NamedTuple):
    """One thing that is written, or would be.

    Attributes:
        span: Where, in the file as it was before.
        name: What it is, in words for people.
        before: What stood there.
        after: What shall.
    """

    span: Span
    name: str
    before: str
    after: str


class Left(NamedTuple):
    """One thing that cannot be written.

    Attributes:
        correction: What.
        why: A sentence for people.
        fixes: Of the problems whose hints say it.
    """

    correction: Correction
    why: str
    fixes: tuple[Fix, ...]


class FixedText(NamedTuple):
    """What became of a file.

    Attributes:
        text: The whole file.
        made: What was written.
        left: What could not be.
    """

    text: str
    made: tuple[Correction, ...] = ()
    left: tuple[Left, ...] = ()


Told = Callable[[str], Sequence[Problem]]


def fix(text: str, name: str, problems: Iterable[Problem], told: Told) -> FixedText:
    """Return *text* with some of what the hints of *problems* say; what is left shows when it is read again.

    Args:
        text: The file, with its byte order mark, if it has one.
        name: How messages call it.
        problems: What is wrong with it, as *told* says.
        told: Says what is wrong with another text in its place.
    """
    fixes = [problem for problem in problems if problem.fix is not None]
    if any(isinstance(problem.fix, TextFix | IndentFix) for problem in fixes):
        return _made_readable(text, name, fixes, told)
    # The innermost keys first, so that no place is called otherwise before it is looked for.
    keys = [(len(problem.fix.path), problem) for problem in fixes if isinstance(problem.fix, KeyFix)]
    deepest = max((depth for depth, _ in keys), default=0)
    return _edited(text, name, [problem for depth, problem in keys if depth == deepest] or fixes)


# Keys and values


def _edited(text: str, name: str, problems: Sequence[Problem]) -> FixedText:
    source = Source(name, text.removeprefix(_MARK))
    wanted: dict[ValuePath, _Wanted] = {}
    for each in _edits(source, problems):
        wanted.setdefault(each.edit.path, each)
    done = apply(text, [each.edit for each in wanted.values()], name)
    refused = {each.edit.path: each.why for each in done.refused}
    return FixedText(
        done.text,
        tuple(each.correction(source) for path, each in wanted.items() if path not in refused),
        tuple(
            Left(wanted[path].correction(source), why, wanted[path].fixes) for path, why in refused.items()
        ),
    )


class _Wanted(NamedTuple):
    """An edit, where people would look for it, and the fixes that it is made of."""

    edit: Set | Uncut | Rename
    span: Span
    fixes: tuple[Fix, ...]

    def correction(self, source: Source) -> Correction:
        """Return it in words."""
        edit = self.edit
        last = edit.path[-1] if edit.path else ""
        name = str(last) if isinstance(last, str) else str(edit.path[-2])
        if isinstance(edit, Rename):
            return Correction(self.span, "key", name, edit.name)
        if isinstance(edit, Uncut):
            return Correction(self.span, name, edit.value, inline(edit.value))
        before = source.text_at(edit.path) or ""
        after = str(edit.value) if isinstance(edit.value, str) else inline(edit.value)
        # Where a text differs in its quotes alone, they are what is written.
        return Correction(self.span, name, before, inline(edit.value) if after == before else after)


def _edits(source: Source, problems: Sequence[Problem]) -> Iterable[_Wanted]:
    """Yield what is to be edited; what is written once and read several times is one edit."""
    layout = _layout(source)
    places: dict[tuple[int, int], list[Problem]] = {}
    for problem in problems:
        assert problem.span is not None
        places.setdefault((problem.span.line, problem.span.column), []).append(problem)
    for alike in places.values():
        groups = [alike] if len({_asks(each) for each in alike}) == 1 else [[each] for each in alike]
        for group in groups:
            paths = list(dict.fromkeys(_path(each) for each in group))
            own = next((path for path in paths if layout is not None and layout.holds(path)), None)
            fix, span = group[0].fix, group[0].span
            assert span is not None
            fixes = tuple(each.fix for each in group if each.fix is not None)
            for path in paths if own is None else [own]:
                also = () if own is None else tuple(other for other in paths if other != own)
                if isinstance(fix, KeyFix):
                    yield _Wanted(Rename(path, fix.name, also), span, fixes)
                elif isinstance(fix, CutFix):
                    yield _Wanted(Uncut(path, fix.value, also), span, fixes)
                elif isinstance(fix, ValueFix):
                    yield _Wanted(Set(path, fix.value, also), span, fixes)


def _layout(source: Source) -> Layout | None:
    return None if load_bytes(source.text.encode(), source.name).problems else Layout(source.text)


def _asks(problem: Problem) -> tuple[type, str]:
    fix = problem.fix
    assert isinstance(fix, KeyFix | CutFix | ValueFix)
    return type(fix), fix.name if isinstance(fix, KeyFix) else inline(fix.value)


def _path(problem: Problem) -> ValuePath:
    assert isinstance(problem.fix, KeyFix | CutFix | ValueFix)
    return problem.fix.path


# What nobody can read


def _made_readable(text: str, name: str, problems: Sequence[Problem], told: Told) -> FixedText:
    """Return *text* so that it can be read, if that can be done in one way alone."""
    mark, bare = (_MARK, text[1:]) if text.startswith(_MARK) else ("", text)
    tabbed = any("\t" in _INDENT.match(line).group() for line in _LINE.split(bare) if line.strip())  # type: ignore[union-attr]
    step = _step(bare)
    tries = [
        _try(bare, name, problems, width)
        for width in (dict.fromkeys((step, *_WIDTHS)) if tabbed else (step,))
    ]
    readable = [each for each in tries if each.loaded.ok]
    fixes = tuple(problem.fix for problem in problems if isinstance(problem.fix, TextFix | IndentFix))
    if not readable:
        wrong = tries[0].loaded.problems
        why = f"That is not all that is wrong: {wrong[0].detail}" if wrong else ""
        return FixedText(text, left=tuple(Left(each, why, fixes) for each in tries[0].made))
    if len(readable) > 1:
        sound = [each for each in readable if not any(map(_is_error, told(mark + each.text)))]
        readable = sound or readable
    first = readable[0]
    if any(each.loaded.value != first.loaded.value for each in readable):
        why = "How far a tab indents is not said, and it decides what belongs to what."
        return FixedText(text, left=tuple(Left(each, why, fixes) for each in first.made))
    return FixedText(mark + first.text, first.made)


def _is_error(problem: Problem) -> bool:
    return problem.severity is Severity.ERROR


class _Try(NamedTuple):
    text: str
    made: tuple[Correction, ...]
    loaded: Loaded


def _try(text: str, name: str, problems: Sequence[Problem], width: int) -> _Try:
    """Correction characters and lines until the file can be read, or nobody knows what to do."""
    made: list[Correction] = []
    waiting = [problem.fix for problem in problems if isinstance(problem.fix, TextFix | IndentFix)]
    # Each round takes a character or the blanks of a line away.
    for _ in range(len(text) + 2):
        loaded = load_bytes(text.encode(), name)
        found = [each.fix for each in loaded.problems if isinstance(each.fix, TextFix | IndentFix)]
        fix = next(iter(found or waiting), None)
        if fix is None:
            break
        waiting = []
        after, done = (
            _indented(text, name, fix.span, width) if isinstance(fix, IndentFix) else _put(text, fix)
        )
        text, made = after, made + done
    return _Try(text, tuple(made), load_bytes(text.encode(), name))


def _put(text: str, fix: TextFix) -> tuple[str, list[Correction]]:
    span = fix.span
    lines = _LINE.split(text)
    line, start, stop = lines[span.line - 1], span.column - 1, (span.end_column or span.column + 1) - 1
    lines[span.line - 1] = line[:start] + fix.text + line[stop:]
    return "".join(lines), [Correction(span, "character", shown(line[start:stop]), shown(fix.text))]


def _indented(text: str, name: str, span: Span, width: int) -> tuple[str, list[Correction]]:
    """Indent the line at *span* with ordinary blanks, and every other line that is not and is no text."""
    lines = _LINE.split(text)
    made = []
    for at in sorted({span.line - 1, *_outside_of_blocks(lines, width)}):
        found = _INDENT.match(lines[at])
        if found is None or not found.group().strip(" "):
            continue
        old = found.group()
        new = re.sub(r"[^\t]", " ", re.sub(f"[{_NO_WIDTH}]", "", old)).expandtabs(width)
        lines[at] = new + lines[at][len(old) :]
        place = Span(name, at + 1, 1, len(old) + 1)
        made.append(Correction(place, "indentation", shown(old), f"{len(new)} blank{'s' * (len(new) != 1)}"))
    return "".join(lines), made


def _outside_of_blocks(lines: Sequence[str], width: int) -> Iterable[int]:
    """Yield which lines are no text of a block scalar, as far as their indentation tells."""
    inside: int | None = None
    for at, line in enumerate(lines):
        found = _INDENT.match(line)
        if found is None:
            continue
        deep = len(found.group().expandtabs(width))
        if inside is not None and deep > inside:
            continue
        inside = deep if _OPENS_A_BLOCK.search(line.rstrip("\r\n")) and line.lstrip()[:1] != "#" else None
        yield at


def _step(text: str) -> int:
    """Return with how many blanks the file indents."""
    found = [len(line) - len(line.lstrip(" ")) for line in _LINE.split(text) if line.strip()]
    return min((indent for indent in found if 1 < indent <= max(_WIDTHS)), default=_WIDTHS[0])
