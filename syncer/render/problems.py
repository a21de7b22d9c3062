"""Problems for people, for CI and for scripts."""

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final
from urllib.parse import quote

from syncer import __version__
from syncer.errors import CODES, Problem, Related, Severity, blocking_first
from syncer.render.escape import (
    cells,
    chop,
    command_data,
    command_property,
    one_line,
    terminal,
    terminal_lines,
)
from syncer.render.grouped import Group, grouped
from syncer.render.look import PLAIN, Look
from syncer.span import Span

CATALOGUE: Final = "docs/errors.md"
# Code scanning refuses results without a file; what is in no file (settings, the service) is the project's.
_NOWHERE: Final = Span("syncer.yaml", 1, 1)


def problems_text(problems: Iterable[Problem], look: Look = PLAIN, *, verbose: bool = False) -> str:
    """Return problems with their places, excerpts, details and hints, and a count when there are several.

    They come by kind, what blocks first; of a kind with very many only the first few.

    Args:
        problems: As found.
        look: The terminal.
        verbose: Leave none out.
    """
    problems = tuple(problems)
    groups = grouped(problems, whole=verbose)
    blocks = []
    for group in groups:
        blocks += ["\n".join(_block(problem, look)) for problem in group.shown]
        if group.more:
            kind = f"{terminal(group.summary)} [{terminal(group.code)}]"
            blocks.append(f"{look.glyphs.ellipsis} and {group.more:,} more: {kind}")
    if len(problems) > 1:
        blocks.append("\n".join(_count(problems, groups, look)))
    return look.finish("\n\n".join(blocks))


def _summary(problem: Problem) -> str:
    """The fixed words of the code, or the code itself when a newer syncer wrote it."""
    return CODES.get(problem.code, problem.code)


def _block(problem: Problem, look: Look) -> Iterator[str]:
    severity = look.paint(f"{problem.severity}:", problem.severity)
    summary, code = terminal(_summary(problem)), terminal(problem.code)
    yield f"{severity} {look.paint(summary, 'bold')} {look.paint(f'[{code}]', 'dim')}"
    if problem.span is not None:
        about = f" ({terminal(problem.address)})" if problem.address else ""
        yield f"  {terminal(str(problem.span))}{about}"
        yield from _excerpt(problem.span, problem.excerpt, look)
    elif problem.address:
        yield f"  {terminal(problem.address)}"
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


def _count(problems: Sequence[Problem], groups: Sequence[Group], look: Look) -> Iterator[str]:
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
        yield from look.wrap("-v shows them all; --format json and sarif hold them all.")


def counted(number: int, noun: str, plural: str = "") -> str:
    """Return `1 error`, `2 errors`, `1,000 opportunities`."""
    return f"{number:,} {noun if number == 1 else plural or noun + 's'}"


def problems_github(problems: Iterable[Problem]) -> str:
    """Return the problems as workflow commands, which GitHub shows as annotations beside the lines.

    What blocks comes first: GitHub shows ten of a step.
    """
    return "\n".join(map(_annotation, blocking_first(problems)))


def _annotation(problem: Problem) -> str:
    place: dict[str, Any] = {}
    if problem.span is not None:
        place = {"file": terminal(problem.span.file), "line": problem.span.line, "col": problem.span.column}
        if problem.span.end_column is not None:
            place["endColumn"] = problem.span.end_column
    place["title"] = terminal(f"{_summary(problem)} [{problem.code}]")
    properties = ",".join(f"{name}={command_property(str(value))}" for name, value in place.items())
    message = [problem.detail, *(f"{related.label}: {related.span}" for related in problem.related)]
    if problem.hint:
        message.append(f"hint: {problem.hint}")
    data = command_data("\n".join(map(terminal_lines, message)))
    return f"::{problem.severity} {properties}::{data}"


def problems_sarif(problems: Iterable[Problem]) -> dict[str, Any]:
    """Return a SARIF 2.1.0 log, the format code scanning services read."""
    rules = [
        {
            "id": code,
            "shortDescription": {"text": summary},
            "help": {"text": f"{summary}. The manual says what to do about it: {CATALOGUE}, {code}."},
        }
        for code, summary in CODES.items()
    ]
    return {
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [
            {
                "tool": {"driver": {"name": "syncer", "version": __version__, "rules": rules}},
                "columnKind": "unicodeCodePoints",
                "results": [_sarif_result(problem) for problem in blocking_first(problems)],
            }
        ],
    }


def _sarif_result(problem: Problem) -> dict[str, Any]:
    text = problem.detail + (f"\nhint: {problem.hint}" if problem.hint else "")
    result: dict[str, Any] = {
        "ruleId": problem.code,
        "level": str(problem.severity),
        "message": {"text": _whole(text)},
    }
    location = _sarif_location(problem.span or _NOWHERE, problem.excerpt)
    if problem.address is not None:
        location["logicalLocations"] = [{"fullyQualifiedName": _whole(problem.address)}]
    result["locations"] = [location]
    if problem.related:
        result["relatedLocations"] = [
            {
                "id": number,
                "message": {"text": _whole(related.label)},
                **_sarif_location(related.span, related.excerpt),
            }
            for number, related in enumerate(problem.related)
        ]
    return result


def _sarif_location(span: Span, excerpt: str) -> dict[str, Any]:
    region: dict[str, Any] = {"startLine": span.line, "startColumn": span.column}
    if span.end_column is not None:
        region["endColumn"] = span.end_column
    place: dict[str, Any] = {"artifactLocation": {"uri": quote(os.fsencode(span.file))}, "region": region}
    if excerpt:
        place["contextRegion"] = {"startLine": span.line, "snippet": {"text": _whole(excerpt)}}
    return {"physicalLocation": place}


def _whole(text: str) -> str:
    """Return *text* with halves of characters, which file names may hold and no reader takes, as escapes."""
    return text.encode("utf-8", "backslashreplace").decode()


def problems_json(problems: Iterable[Problem]) -> list[dict[str, Any]]:
    """Return the problems as JSON."""
    return [problem_to_json(problem) for problem in problems]


def problem_to_json(problem: Problem) -> dict[str, Any]:
    """Return *problem* as JSON, as plans and events hold it."""
    return {
        "code": problem.code,
        "severity": str(problem.severity),
        "summary": _summary(problem),
        "detail": problem.detail,
        "hint": problem.hint,
        "address": problem.address,
        "span": None if problem.span is None else span_to_json(problem.span),
        "excerpt": problem.excerpt,
        "related": [
            {"span": span_to_json(related.span), "label": related.label, "excerpt": related.excerpt}
            for related in problem.related
        ],
    }


def problem_from_json(data: Mapping[str, Any]) -> Problem:
    """Read what `problem_to_json` wrote.

    Raises:
        KeyError, TypeError, ValueError: It is not of that shape.
    """
    return Problem(
        code=data["code"],
        detail=data["detail"],
        span=None if data.get("span") is None else span_from_json(data["span"]),
        excerpt=data.get("excerpt", ""),
        hint=data.get("hint", ""),
        related=tuple(
            Related(span_from_json(related["span"]), related["label"], related.get("excerpt", ""))
            for related in data.get("related", ())
        ),
        address=data.get("address"),
        severity=Severity(data.get("severity", "error")),
    )


def span_to_json(span: Span) -> dict[str, Any]:
    """Return *span* as JSON; the end column only when known."""
    place: dict[str, Any] = {"file": span.file, "line": span.line, "column": span.column}
    if span.end_column is not None:
        place["end_column"] = span.end_column
    return place


def span_from_json(data: Mapping[str, Any]) -> Span:
    """Read what `span_to_json` wrote."""
    return Span(data["file"], data["line"], data["column"], data.get("end_column"))
