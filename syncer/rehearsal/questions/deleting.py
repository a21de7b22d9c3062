"""What is left of a record that is deleted. The last questions: the main record goes with them."""

from collections.abc import Iterator

from syncer.rehearsal.cleaning import OPPORTUNITIES, ROWS, rows_of
from syncer.rehearsal.points import Finding, found, untold
from syncer.rehearsal.stage import Stage, must, told


def unknown(stage: Stage) -> Iterator[Finding]:
    """Read an id that no record has."""
    answer = stage.wire.ask("unknown-id", "GET", f"{OPPORTUNITIES}/{stage.unknown}")
    body = answer.body if isinstance(answer.body, dict) else {}
    envelope = body.get("success") is False
    code = body.get("code")
    seen = f"{told(answer)} with {'the' if envelope else 'no'} error envelope" + (
        f", code {code}" if isinstance(code, int) else ""
    )
    yield found("unknown-id", seen, assumed=answer.status == 404 and envelope)


def deleting(stage: Stage) -> Iterator[Finding]:
    """Delete the main record and look for it."""
    path = f"{OPPORTUNITIES}/{stage.main}"
    first = must(stage.wire.ask("delete", "DELETE", path), "deleting the record")
    again = stage.wire.ask("delete-twice", "DELETE", path)
    if first.repeated or again.repeated:
        yield untold("delete-twice", "an answer was lost on the way")
    else:
        yield found("delete-twice", told(again), assumed=again.status == 404)
    answer = stage.wire.ask("deleted-get", "GET", path)
    seen = "yes" if answer.ok else f"no, {answer.status}"
    yield found("deleted-get", seen, assumed=answer.status == 404)
    answer = stage.wire.ask("deleted-get-included", "GET", path, params=[("include-deleted", "true")])
    yield found("deleted-get-included", "yes" if answer.ok else f"no, {told(answer)}", assumed=answer.ok)
    name = ("filter[name]", stage.record("main"))
    shown = stage.until(
        lambda: bool(stage.ours(stage.listing("deleted-list", name, ("include-deleted", "true"))))
    )
    point = "include-deleted-spelling"
    if shown is None:
        yield untold(point, "include-deleted does not show the record either")
    else:
        answer = stage.listing("deleted-list-underscore", name, ("include_deleted", "true"))
        works = bool(stage.ours(answer))
        seen = "yes" if works else "no, ignored" if answer.ok else f"no, {told(answer)}"
        yield found(point, seen, assumed=works)
    stage.settle()
    rows = must(rows_of(stage.wire, ROWS[1], stage.main), "the list of links").rows
    alive = any(row.get("lead_oppty_id") == stage.main for row in rows)
    yield found("deleted-rows", "kept" if alive else "deleted with it", assumed=not alive)
