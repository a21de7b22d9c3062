"""Claimed results and the records as they are → the truth.

Answers of a batch are matched to its items by position, which no document promises; so it is the record found
by identity that counts, and an answered id only helps to find a record that the service stored differently.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any

from syncer.apply.judge import Current, noun_of, nouns_of
from syncer.kinds import codec
from syncer.kinds.custom import api_name
from syncer.model.change import Action, Change
from syncer.model.observed import Observed
from syncer.model.outcome import Outcome, Result
from syncer.model.problem import Problem, Severity
from syncer.shapes import canon


def missing(claimed: Iterable[Result], current: Current) -> list[Result]:
    """Return what is said to be created and is not there."""
    return [
        result for result in claimed if result.outcome is Outcome.CREATED and not current.find(result.change)
    ]


def verified(claimed: Sequence[Result], current: Current) -> list[Result]:
    """Return the results as the records bear them out, in the same order."""
    found = {result.change.address: current.find(result.change) for result in claimed}
    accounted = {record.id for records in found.values() for record in records}
    told = [_verified(result, found[result.change.address]) for result in claimed]
    # Refusals of items that are there after all: the answers came in another order than the items.
    misplaced = tuple(
        problem
        for before, after in zip(claimed, told, strict=True)
        if before.outcome is Outcome.FAILED and after.outcome is Outcome.CREATED
        for problem in before.problems
    )
    for number, result in enumerate(told):
        if result.outcome is Outcome.CREATED and not found[result.change.address]:
            stray = current.by_id.get(result.id or "")
            if stray is not None and stray.id not in accounted:
                told[number] = _unrecognised(result, stray)
            else:
                told[number] = _not_there(result, misplaced)
    return told


def unproven(result: Result, why: Problem) -> Result:
    """Return *result* when what was written could not be read back."""
    if result.outcome in {Outcome.FAILED, Outcome.CONFLICT}:
        return result
    detail = f"What was sent could not be read back. {why.detail}"
    hint = "run `syncer apply` again: it looks first, and sends only what is not there"
    problem = _problem(result.change, "outcome-unknown", detail, hint=hint)
    return replace(result, outcome=Outcome.UNKNOWN, problems=(*result.problems, problem))


def _verified(result: Result, found: list[Observed]) -> Result:
    match result.change.action:
        case Action.CREATE:
            return _created(result, found)
        case Action.DELETE:
            return _deleted(result, found)
        case _:
            return _updated(result, found)


def _created(result: Result, found: list[Observed]) -> Result:
    change = result.change
    if not found:
        return result
    if len(found) > 1:
        ids = ", ".join(record.id for record in found)
        detail = f"{len(found)} such {nouns_of(change)} are there now: {ids}."
        hint = "delete the ones too many in Pipeliner; somebody may have made the same one"
        problem = _problem(change, "identity-ambiguous", detail, hint=hint)
        return replace(result, outcome=Outcome.CONFLICT, problems=(problem,))
    record = found[0]
    problems = _differences(change, codec.sent(change), record)
    return replace(result, outcome=Outcome.CREATED, id=record.id, problems=problems)


def _unrecognised(result: Result, record: Observed) -> Result:
    """Tell of a record that the next plan would not know again, and so create once more."""
    change = result.change
    stored = " ".join(problem.detail for problem in _differences(change, codec.sent(change), record))
    problem = _problem(
        change,
        "changed-by-service",
        f"It was created as {record.id}, but stored so differently that it cannot be recognised: {stored}",
        hint=f"before the next apply, which would create another one, add `id: {record.id}` to the manifest "
        f"and write what was stored; or correct the {noun_of(change)} in Pipeliner",
    )
    return replace(result, outcome=Outcome.FAILED, id=record.id, problems=(problem,))


def _not_there(result: Result, misplaced: tuple[Problem, ...]) -> Result:
    change = result.change
    if misplaced:
        said = " ".join(dict.fromkeys(problem.detail for problem in misplaced))
        detail = f"It was refused. The service said of this or another one: {said}"
        problem = _problem(change, "refused", detail)
        return replace(result, outcome=Outcome.FAILED, id=None, problems=(problem,))
    problem = _problem(
        change,
        "outcome-unknown",
        "The service answered that it was created, but it cannot be found.",
        hint="look in Pipeliner before you apply again: if it appears late, it would be created twice",
    )
    return replace(result, outcome=Outcome.UNKNOWN, problems=(problem,))


def _updated(result: Result, found: list[Observed]) -> Result:
    change = result.change
    if not found:
        problem = _problem(change, "gone", "It was deleted while it was updated.")
        return replace(result, outcome=Outcome.FAILED, problems=(*result.problems, problem))
    wanted = codec.sent(change)
    problems = _differences(change, wanted, found[0])
    as_wanted = all(canon.same(value, found[0].values.get(path)) for path, value in wanted.items())
    # What is not known to be written may be: an error can have been another item's, an answer come late.
    if result.outcome is Outcome.UPDATED or as_wanted:
        return replace(result, outcome=Outcome.UPDATED, problems=problems)
    return result


def _deleted(result: Result, found: list[Observed]) -> Result:
    if not found:
        return replace(result, outcome=Outcome.DELETED, problems=())
    if result.outcome is not Outcome.DELETED:
        return result
    detail = "The service answered that it was deleted, but it is still there."
    return replace(
        result, outcome=Outcome.FAILED, problems=(_problem(result.change, "outcome-unknown", detail),)
    )


def _differences(change: Change, wanted: Mapping[str, Any], record: Observed) -> tuple[Problem, ...]:
    return tuple(
        _problem(
            change,
            "changed-by-service",
            f"{api_name(path) or path}: sent {_shown(value)}, stored {_shown(record.values.get(path))}.",
            severity=Severity.WARNING,
        )
        for path, value in wanted.items()
        if (now := record.values.get(path)) != value and (not canon.same(value, now) or _rounded(value, now))
    )


def _rounded(wanted: Any, stored: Any) -> bool:
    """Tell whether an amount lost decimals that were written: no drift, but worth a word."""
    if not (isinstance(wanted, Mapping) and "amount" in wanted and isinstance(stored, Mapping)):
        return False
    last = Decimal(1).scaleb(-max(2, canon.decimals(wanted["amount"])))
    return abs(Decimal(wanted["amount"]) - Decimal(stored["amount"])) > last / 2


def _shown(value: Any) -> str:
    if isinstance(value, dict) and "amount" in value:
        return str(value["amount"])
    if isinstance(value, dict) and "email" in value:
        return f'"{value["email"]}"'
    if isinstance(value, dict) and "lost" in value:
        return "that it is lost"
    if isinstance(value, dict):
        return f"{sum(link.get('times', 1) for link in value.values())} linked"
    return "nothing" if value is None else f'"{value}"'


def _problem(
    change: Change, code: str, detail: str, *, hint: str = "", severity: Severity = Severity.ERROR
) -> Problem:
    return Problem(code, detail, change.span, hint=hint, address=change.address, severity=severity)
