"""Problems as annotations of a change: workflow commands of GitHub, and SARIF."""

import os
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final
from urllib.parse import quote

from syncer import __version__
from syncer.model.codes import CODES
from syncer.model.problem import Problem, Severity
from syncer.model.span import Span
from syncer.render.escape import (
    command_data,
    command_property,
    terminal,
    terminal_lines,
)
from syncer.render.grouped import ProblemGroup, grouped
from syncer.render.problems import _summary, _whole

# What GitHub shows of a step: ten errors and ten warnings. Source: GitHub Docs, "Workflow commands" and the
# limits of annotations there.
_ANNOTATED: Final = 10
# What code scanning keeps of a run: of up to 25,000 results the first 5,000 by severity. Source: GitHub Docs,
# "SARIF support for code scanning", the limits of a file.
_RESULTS: Final = 5_000
CATALOGUE: Final = "docs/errors.md"


# Code scanning refuses results without a file; what is in no file (settings, the service) is the project's.
_NOWHERE: Final = Span("syncer.yaml", 1, 1)


def problems_github(problems: Iterable[Problem]) -> str:
    """Return the problems as workflow commands, which GitHub shows as annotations beside the lines.

    What blocks comes first. GitHub shows few of a step, so these are shared among the kinds, and how
    many more there are of a kind is among them.
    """
    problems = tuple(problems)
    lines: list[str] = []
    for severity in (Severity.ERROR, Severity.WARNING):
        some = [problem for problem in problems if problem.severity is severity]
        share = _share(_ANNOTATED, some)
        for group in grouped(some, few=share, blocking=share):
            lines += map(_annotation, [*group.shown, *_more(group)])
    return "\n".join(lines)


def _share(room: int, problems: Sequence[Problem]) -> int:
    """Return how many of each kind of *problems* are shown, so that they and their counts have *room*."""
    kinds = Counter((problem.blocks, problem.code) for problem in problems).values()
    # Of a kind with more than its share, one of what it has room for counts the rest.
    fitting = (share for share in range(room, 1, -1) if sum(min(of, share + 1) for of in kinds) <= room)
    return next(fitting, 1)


def _more(group: ProblemGroup) -> Iterator[Problem]:
    """Yield what stands for the problems of *group* that are left out."""
    if group.more:
        detail = f"And {group.more:,} more of this kind. `--format json` holds them all."
        yield Problem(group.code, detail, severity=group.shown[0].severity)


def _annotation(problem: Problem) -> str:
    place: dict[str, Any] = {}
    if problem.span is not None:
        place = {"file": terminal(problem.span.file), "line": problem.span.line, "col": problem.span.column}
        if problem.span.end_column is not None:
            place["endColumn"] = problem.span.end_column
    place["title"] = terminal(f"{_summary(problem)} [{problem.code}]")
    properties = ",".join(f"{name}={command_property(str(value))}" for name, value in place.items())
    message = [problem.detail, *(f"{related.label}: {related.span}" for related in problem.related)]
    if problem.span is not None and problem.span.cell:
        message.insert(0, f"{problem.span.said}:")
    if problem.hint:
        message.append(f"hint: {problem.hint}")
    data = command_data("\n".join(map(terminal_lines, message)))
    return f"::{problem.severity} {properties}::{data}"


def problems_sarif(problems: Iterable[Problem]) -> dict[str, Any]:
    """Return a SARIF 2.1.0 log, the format code scanning services read.

    They take a bounded number of results, so of each kind no more than its share of that is in it.
    """
    problems = tuple(problems)
    share = _share(_RESULTS, problems)
    groups = grouped(problems, few=share, blocking=share)
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
                "results": [
                    _sarif_result(problem) for group in groups for problem in (*group.shown, *_more(group))
                ],
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
        location["logicalLocations"] = [{"fullyQualifiedName": _whole(str(problem.address))}]
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
    if span.cell:
        region["message"] = {"text": _whole(span.said)}
    if excerpt:
        place["contextRegion"] = {"startLine": span.line, "snippet": {"text": _whole(excerpt)}}
    return {"physicalLocation": place}
