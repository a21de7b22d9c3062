"""A claimed result and the record as it is → the truth."""

from dataclasses import replace
from typing import Any

from syncer import canon
from syncer.apply.judge import Current
from syncer.errors import Problem, Severity
from syncer.model import Action, Change, Observed, Outcome, Result
from syncer.remote import convert


def verified(result: Result, current: Current) -> Result:
    """Return *result* as the records bear it out.

    Answers of a batch are matched to its items by position, which no document promises; so it is the record
    found by identity that counts.
    """
    change = result.change
    found = current.find(change)
    match change.action:
        case Action.CREATE:
            return _created(result, found, current)
        case Action.DELETE:
            return _deleted(result, found)
        case _:
            return _updated(result, found)


def _created(result: Result, found: list[Observed], current: Current) -> Result:
    change = result.change
    if len(found) > 1:
        ids = ", ".join(record.id for record in found)
        return replace(
            result,
            outcome=Outcome.CONFLICT,
            problems=(
                _problem(
                    change,
                    "identity-ambiguous",
                    f"{len(found)} such opportunities are there now: {ids}.",
                    hint="somebody else made the same one meanwhile; delete one of them in Pipeliner",
                ),
            ),
        )
    if not found and result.id is not None and (by_id := current.by_id.get(result.id)):
        found = [by_id]
    if found:
        record = found[0]
        wanted = convert.values(change.payload or {}, {})
        wanted.pop("pipeline", None)
        return replace(
            result, outcome=Outcome.CREATED, id=record.id, problems=_differences(change, wanted, record)
        )
    if result.outcome is Outcome.FAILED:
        return result
    return replace(
        result,
        outcome=Outcome.FAILED,
        id=None,
        problems=(
            _problem(
                change,
                "outcome-unknown",
                "The service answered that it was created, but it is not there.",
                hint="plan again; if it still is not there, apply creates it",
            ),
        ),
    )


def _updated(result: Result, found: list[Observed]) -> Result:
    change = result.change
    if not found:
        return replace(
            result,
            outcome=Outcome.FAILED,
            problems=(*result.problems, _problem(change, "gone", "It was deleted while it was updated.")),
        )
    sides = change.precondition["fields"]
    wanted = {path: side["after"] for path, side in sides.items()}
    problems = _differences(change, wanted, found[0])
    if result.outcome is Outcome.FAILED:
        # An error may have been another item's; but only when nothing is missing here.
        return result if problems else replace(result, outcome=Outcome.UPDATED, problems=())
    return replace(result, problems=problems)


def _deleted(result: Result, found: list[Observed]) -> Result:
    if not found:
        return replace(result, outcome=Outcome.DELETED, problems=())
    if result.outcome is Outcome.FAILED:
        return result
    detail = "The service answered that it was deleted, but it is still there."
    return replace(
        result, outcome=Outcome.FAILED, problems=(_problem(result.change, "outcome-unknown", detail),)
    )


def _differences(change: Change, wanted: dict[str, Any], record: Observed) -> tuple[Problem, ...]:
    return tuple(
        _problem(
            change,
            "changed-by-service",
            f"{path.removeprefix('fields.')}: sent {_shown(value)}, "
            f"stored {_shown(record.values.get(path))}.",
            severity=Severity.WARNING,
        )
        for path, value in wanted.items()
        if not canon.same(value, record.values.get(path))
    )


def _shown(value: Any) -> str:
    if isinstance(value, dict) and "amount" in value:
        return str(value["amount"])
    if isinstance(value, dict):
        return f"{len(value)} linked"
    return "nothing" if value is None else f'"{value}"'


def _problem(
    change: Change, code: str, detail: str, *, hint: str = "", severity: Severity = Severity.ERROR
) -> Problem:
    return Problem(code, detail, change.span, hint=hint, address=change.address, severity=severity)
