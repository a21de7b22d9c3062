"""What a batch answers, with one bad item in it."""

from collections.abc import Iterator
from typing import Any

from syncer.rehearsal.cleaning import OPPORTUNITIES
from syncer.rehearsal.mark import role_of
from syncer.rehearsal.points import Finding, found, untold
from syncer.rehearsal.stage import Stage, told


def keeping(stage: Stage) -> Iterator[Finding]:
    """Send an update, a bad create, an update of an id that does not exist, and a create, in one batch."""
    items = [
        {"id": stage.main, "ranking": 6},
        _bad(stage),
        {"id": stage.unknown, **stage.body("unknown")},
        stage.body("batch"),
    ]
    answer = stage.wire.ask(
        "batch", "POST", f"{OPPORTUNITIES}/batch-modify", params=[("rollback-method", "1")], body=items
    )
    answers = answer.data if isinstance(answer.data, list) else []
    ids = {each for each in map(_id, answers) if each}
    stage.made += sorted(ids - {stage.main})
    roles = {each: _role(stage, each) for each in ids - {stage.main}}
    stage.other = next((each for each, role in roles.items() if role == "batch"), "")
    if not answers:
        for point in ("batch-items", "batch-order", "batch-index", "batch-unknown-id"):
            yield untold(point, f"the batch got {told(answer)} and no list")
        return
    errors = [each for each in answers if isinstance(each, dict) and not _id(each)]
    plain = all(isinstance(each, str) or each in errors for each in answers)
    fits = len(answers) == len(items) and plain
    shape = "one id or error for each item" if plain else "records instead of ids"
    yield found(
        "batch-items",
        shape if len(answers) == len(items) else f"{len(answers)} answers for {len(items)} items",
        assumed=fits,
    )
    if fits:
        kinds = [roles.get(each, "main") if isinstance(each, str) else "error" for each in answers]
        ordered = kinds[:2] == ["main", "error"] and kinds[2] in {"error", "unknown"} and kinds[3] == "batch"
        yield found("batch-order", "that of the items" if ordered else "another", assumed=ordered)
    else:
        yield untold("batch-order", "the answers do not fit the items")
    yield _index(stage, errors)
    yield _unknown(stage, errors, roles)


def _bad(stage: Stage) -> dict[str, Any]:
    """Return a create that lacks its owner: what a batch refuses in the documents' example."""
    return {name: value for name, value in stage.body("bad").items() if name != "owner_id"}


def _id(answer: Any) -> str:
    if isinstance(answer, dict):
        answer = answer.get("id") if answer.get("success") is not False else None
    return answer if isinstance(answer, str) else ""


def _role(stage: Stage, record_id: str) -> str:
    return role_of(stage.wire.ask("check", "GET", f"{OPPORTUNITIES}/{record_id}").row)


def _index(stage: Stage, errors: list[dict[str, Any]]) -> Finding:
    if not errors:
        return untold("batch-index", "there was no error")
    given = [error.get("entity_index") for error in errors]
    right = all(error.get("entity_index") == (2 if _about_unknown(stage, error) else 1) for error in errors)
    words = (
        "the position of the item" if right else "null" if given == [None] * len(given) else "something else"
    )
    return found("batch-index", words, assumed=right)


def _unknown(stage: Stage, errors: list[dict[str, Any]], roles: dict[str, str]) -> Finding:
    point = "batch-unknown-id"
    made = [each for each, role in roles.items() if role == "unknown"]
    if made:
        how = "this id" if made == [stage.unknown] else "an id of its own"
        return found(point, f"makes a record with {how}", assumed=False)
    refusal = next((error for error in errors if _about_unknown(stage, error)), None)
    if refusal is None:
        return untold(point, "no answer can be told to be about it")
    status = refusal.get("http_status")
    return found(
        point,
        f"answers {status} for the item" if isinstance(status, int) else "answers an error for the item",
        assumed=status == 404,
    )


def _about_unknown(stage: Stage, error: dict[str, Any]) -> bool:
    """Tell whether an error is about the id that does not exist; a 404 can be about nothing else."""
    return error.get("entity_id") == stage.unknown or error.get("http_status") == 404


def undoing(stage: Stage) -> Iterator[Finding]:
    """Send a good and a bad item of which neither shall be done."""
    stage.change("change", ranking=5)
    items = [{"id": stage.main, "ranking": 7}, _bad(stage)]
    answer = stage.wire.ask(
        "rollback-0", "POST", f"{OPPORTUNITIES}/batch-modify", params=[("rollback-method", "0")], body=items
    )
    whole = answer.status == 422 and not isinstance(answer.data, list)
    seen = (
        "422 with one error instead of a list"
        if whole
        else f"{told(answer)}" + (" with a list" if isinstance(answer.data, list) else "")
    )
    yield found("rollback-0-answer", seen, assumed=whole)
    undone = stage.read().get("ranking") == 5
    yield found("rollback-0-undone", "yes" if undone else "no", assumed=undone)
