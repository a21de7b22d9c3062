"""Problems for people, for CI and for scripts."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from syncer.model.codes import CODES
from syncer.model.problem import Problem, Severity
from syncer.model.span import Span
from syncer.render.escape import (
    cells,
    chop,
    one_line,
    terminal,
    terminal_lines,
)
from syncer.render.grouped import ProblemGroup, grouped
from syncer.render.look import PLAIN, Look

_MANY: Final = 20  # problems that are shown whole, one after another
_WHOLE: Final = 3  # of more, shown whole of each kind
_BLOCKS: Final = 12  # of more, shown whole of all kinds
_LINES: Final = 10  # of more, shown of each kind that blocks


def problems_text(problems: Iterable[Problem], look: Look = PLAIN, *, verbose: bool = False) -> str:
    """Return problems with their places, excerpts, details and hints, and a count when there are several.

    They come by kind, what blocks first; of a kind with very many only the first few, and of these most in a
    line, so that thousands fit on a page.

    Args:
        problems: As found.
        look: The terminal.
        verbose: Leave none out.
    """
    problems = tuple(problems)
    crowded = len(problems) > _MANY and not verbose
    groups = grouped(problems, whole=verbose, blocking=_LINES if crowded else _MANY)
    whole = min(_WHOLE, max(1, _BLOCKS // len(groups))) if crowded else len(problems)
    blocks = []
    for group in groups:
        blocks += ["\n".join(_block(problem, look)) for problem in group.shown[:whole]]
        if group.more or len(group.shown) > whole:
            blocks.append("\n".join(_others(group, whole, look)))
    if len(problems) > 1:
        blocks.append("\n".join(_count(problems, groups, look)))
    return look.finish("\n\n".join(blocks))


def _others(group: ProblemGroup, whole: int, look: Look) -> Iterator[str]:
    """Yield a line for each problem of *group* that is shown behind the first few, and how many are not."""
    kind = f"{terminal(group.summary)} [{terminal(group.code)}]"
    lines = group.shown[whole:]
    if lines:
        yield f"{look.paint('also:', 'bold')} {kind}"
    for problem in lines:
        about = f" ({problem.address})" if problem.address else ""
        place = f"{problem.span or ''}{about}".strip()
        text = f"{place}: {problem.detail}" if place else problem.detail
        yield "  " + one_line(text.partition("\n")[0], max(look.width, 40) - 2, look.glyphs.ellipsis)
    if group.more:
        indent = "  " if lines else ""
        of = "" if lines else f": {kind}"
        yield f"{indent}{look.glyphs.ellipsis} and {group.more:,} more{of}"


def _summary(problem: Problem) -> str:
    """The fixed words of the code, or the code itself when a newer syncer wrote it."""
    return CODES.get(problem.code, problem.code)


def _block(problem: Problem, look: Look) -> Iterator[str]:
    severity = look.paint(f"{problem.severity}:", problem.severity)
    summary, code = terminal(_summary(problem)), terminal(problem.code)
    yield f"{severity} {look.paint(summary, 'bold')} {look.paint(f'[{code}]', 'dim')}"
    if problem.span is not None:
        about = f" ({terminal(str(problem.address))})" if problem.address else ""
        yield f"  {terminal(str(problem.span))}{about}"
        yield from _excerpt(problem.span, problem.excerpt, look)
    elif problem.address:
        yield f"  {terminal(str(problem.address))}"
    for related in problem.related:
        yield f"  {terminal(related.label)}: {terminal(str(related.span))}"
        yield from _excerpt(related.span, related.excerpt, look)
    for line in terminal_lines(problem.detail).split("\n"):
        yield from look.wrap(line)
    if problem.hint:
        yield from _hint(terminal_lines(problem.hint).split("\n"), look)


def _hint(lines: Sequence[str], look: Look) -> Iterator[str]:
    for number, line in enumerate(look.wrap(lines[0], "hint: ", "      ")):
        yield line if number else look.paint("hint:", "hint") + line.removeprefix("hint:")
    # What follows is there to be copied, so it is not wrapped.
    yield from (f"  {line}".rstrip() for line in lines[1:])


def _excerpt(span: Span, excerpt: str, look: Look) -> Iterator[str]:
    excerpt = excerpt.rstrip("\r\n")
    if not excerpt:
        return
    number = f"{span.line:>5} "
    room = max(look.width, 40) - len(number) - 2
    start = min(max(span.column - 1, 0), len(excerpt))
    lead, before, value = "", terminal(excerpt[:start]), terminal(excerpt[start:])
    if cells(before) + max(cells(value), 1) > room and cells(before) > room // 3:
        # A line too long to show is seen through a window around the place.
        lead = look.glyphs.ellipsis
        before = chop(before, cells(before) - room // 3)[1]
    indent = cells(lead + before)
    shown = lead + before + one_line(value, room - indent, look.glyphs.ellipsis)
    marked = cells(terminal(excerpt[start : (span.end_column or start + 2) - 1]))
    carets = "^" * max(1, min(marked, room - indent))
    bar = look.glyphs.bar
    yield f"{look.paint(number + bar, 'dim')} {shown}"
    yield f"{look.paint(' ' * len(number) + bar, 'dim')} {' ' * indent}{look.paint(carets, 'error')}"


def _count(problems: Sequence[Problem], groups: Sequence[ProblemGroup], look: Look) -> Iterator[str]:
    errors = sum(problem.severity is Severity.ERROR for problem in problems)
    files = {problem.span.file for problem in problems if problem.span}
    counts = [counted(errors, "error"), counted(len(problems) - errors, "warning")]
    text = ", ".join(count for count in counts if not count.startswith("0 "))
    whole = not any(group.more for group in groups)
    yield (f"{text} in {counted(len(files), 'file')}" if files else text) + ("" if whole else ":")
    if not whole:
        width = max(len(f"{group.total:,}") for group in groups)
        for group in groups:
            yield f"  {group.total:>{width},}  {terminal(group.summary)} [{terminal(group.code)}]"
        yield from look.wrap("-v shows them all; --format json holds them all.")
    exact = sum(problem.fix is not None for problem in problems)
    if exact:
        what = (
            "the hints say"
            if exact == len(problems)
            else f"{exact:,} of the hints {'say' if exact > 1 else 'says'}"
        )
        yield from look.wrap(f"To write what {what}: syncer fix")


def counted(number: int, noun: str, plural: str = "") -> str:
    """Return `1 error`, `2 errors`, `1,000 opportunities`."""
    return f"{number:,} {noun if number == 1 else plural or noun + 's'}"


def _whole(text: str) -> str:
    """Return *text* with halves of characters, which file names may hold and no reader takes, as escapes."""
    return text.encode("utf-8", "backslashreplace").decode()
