"""The events of an apply, one JSON object a line."""

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from syncer import __version__
from syncer.formats.plan_json import EVENTS_VERSION, _space, dumps
from syncer.formats.problem_json import (
    problem_to_json,
    problems_json,
)
from syncer.model.change import WRITES, human_action_counts
from syncer.model.outcome import Outcome, Result
from syncer.model.plan import Plan
from syncer.model.problem import Problem, Severity


def start_event(plan: Plan) -> dict[str, Any]:
    """Return the first event of an apply: what it is about to do, and where."""
    counts = human_action_counts(plan.changes)
    return {
        "event": "start",
        "format_version": EVENTS_VERSION,
        "tool_version": __version__,
        "space": _space(plan.space),
        "writes": sum(counts[action] for action in WRITES),
        "changes": counts,
    }


def outcome_event(result: Result) -> dict[str, Any]:
    """Return the event of one change; what the service stored differently is a warning, not an error."""
    errors = [problem for problem in result.problems if problem.severity is Severity.ERROR]
    warnings = [problem for problem in result.problems if problem.severity is not Severity.ERROR]
    waited_for = {"waited_for": list(map(str, result.waited_for))} if result.waited_for else {}
    return {
        "event": "outcome",
        "address": str(result.change.address),
        "action": str(result.change.action),
        "outcome": str(result.outcome),
        "id": result.id,
        "adopted": result.adopted,
        "error": problems_json(errors) or None,
        "warnings": problems_json(warnings),
        **waited_for,
    }


def summary_event(results: Iterable[Result], exit_code: int) -> dict[str, Any]:
    """Return the last event of an apply that came to its end, with every outcome counted."""
    counts = Counter(result.outcome for result in results)
    return {
        "event": "summary",
        **{str(outcome): counts[outcome] for outcome in Outcome},
        "exit_code": exit_code,
    }


def error_event(problems: Iterable[Problem], exit_code: int) -> dict[str, Any]:
    """Return the last event of a run that failed before its first write or between two."""
    return {"event": "error", "problems": [problem_to_json(p) for p in problems], "exit_code": exit_code}


def event_line(event: Mapping[str, Any]) -> str:
    """Return *event* as one line, without its line break."""
    return dumps(event)
