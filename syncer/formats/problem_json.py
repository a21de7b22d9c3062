"""Problem ↔ JSON."""

from collections.abc import Iterable, Mapping
from typing import Any

from syncer.model.address import Address
from syncer.model.problem import Problem, Related, Severity
from syncer.model.span import Span
from syncer.render.problems import _summary


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
        "address": None if problem.address is None else str(problem.address),
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
        address=None if (address := data.get("address")) is None else Address.parse(address),
        severity=Severity(data.get("severity", "error")),
    )


def span_to_json(span: Span | None) -> dict[str, Any] | None:
    """Return *span* as JSON; the end column only when known, the cell only of a table."""
    if span is None:
        return None
    place: dict[str, Any] = {"file": span.file, "line": span.line, "column": span.column}
    if span.end_column is not None:
        place["end_column"] = span.end_column
    place |= {name: said for name, said in (("cell", span.cell), ("header", span.header)) if said}
    return place


def span_from_json(data: Mapping[str, Any]) -> Span:
    """Read what `span_to_json` wrote."""
    return Span(
        data["file"],
        data["line"],
        data["column"],
        data.get("end_column"),
        data.get("cell", ""),
        data.get("header", ""),
    )
