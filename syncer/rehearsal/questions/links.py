"""What becomes of the links of a record."""

from collections.abc import Iterator
from typing import Any

from syncer.rehearsal.cleaning import ROWS, rows_of
from syncer.rehearsal.points import Finding, found, untold
from syncer.rehearsal.stage import Stage, UntoldError, must, told
from syncer.rehearsal.wire import Reply

_ENTITY = ROWS[0]


def links(stage: Stage) -> Iterator[Finding]:
    """Link the contact, write lists of links into the record, unlink it again."""
    must(_link(stage, primary=True), "linking the contact")
    try:
        yield from _lists(stage)
    finally:
        for row in _rows(stage):
            stage.wire.ask("unlink", "DELETE", f"{_ENTITY}/{row}")


def _lists(stage: Stage) -> Iterator[Finding]:
    if stage.until(lambda: len(_rows(stage)) == 1) is None:
        raise UntoldError("no list showed the link")
    before = set(_rows(stage))
    answer = stage.change(
        "nested-list", contact_relations=[{"contact_id": stage.cast.contact, "is_primary": True}]
    )
    stage.settle()
    after = set(_rows(stage))
    if not answer.ok:
        yield found("nested-list", f"refused, {told(answer)}", assumed=False)
    else:
        merges = before <= after
        seen = "merges" if merges and after != before else "merges with the row of the same contact"
        yield found("nested-list", seen if merges else "replaces", assumed=merges)
    answer = stage.change("nested-empty", contact_relations=[])
    stage.settle()
    left = set(_rows(stage))
    words = "nothing" if left == after else "takes all rows away" if not left else "takes some rows away"
    yield found(
        "nested-empty",
        words if answer.ok else f"refused, {told(answer)}",
        assumed=answer.ok and left == after,
    )
    if not left:
        must(_link(stage, primary=True), "linking the contact again")
        stage.settle()
    yield from _primary(stage)


def _primary(stage: Stage) -> Iterator[Finding]:
    rows = _rows(stage)
    answer = stage.change(
        "nested-primary", contact_relations=[{"id": row, "is_primary": False} for row in rows]
    )
    yield found("nested-primary", "taken" if answer.ok else f"refused, {told(answer)}", assumed=not answer.ok)
    if len(rows) < 2:
        if not _link(stage, primary=False).ok:
            yield untold("primary-row", "the same contact cannot be linked twice")
            return
        stage.settle()
    for row in sorted(_rows(stage)):
        must(stage.wire.ask("primary-row", "PATCH", f"{_ENTITY}/{row}", body={"is_primary": True}), "a mark")
    stage.settle()
    primary = list(_rows(stage).values()).count(True)
    yield found("primary-row", "yes" if primary == 1 else f"no, {primary} rows are", assumed=primary == 1)


def _link(stage: Stage, *, primary: bool) -> Reply:
    body = {"lead_oppty_id": stage.main, "contact_id": stage.cast.contact, "is_primary": primary}
    return stage.wire.ask("link", "POST", _ENTITY, body=body)


def _rows(stage: Stage) -> dict[str, Any]:
    """Return whether each link to a contact is primary, by its id."""
    answer = must(rows_of(stage.wire, _ENTITY, stage.main), "the list of links")
    return {
        row["id"]: row.get("is_primary")
        for row in answer.rows
        if row.get("lead_oppty_id") == stage.main and isinstance(row.get("id"), str)
    }
