"""Who gets in, and in which words a body must be announced."""

from collections.abc import Iterator

from syncer.rehearsal.cleaning import OPPORTUNITIES
from syncer.rehearsal.points import Finding, found
from syncer.rehearsal.stage import Stage, told


def credentials(stage: Stage) -> Iterator[Finding]:
    """Ask once without credentials; never with wrong ones, which might lock somebody out."""
    answer = stage.wire.ask(
        "credentials-missing", "GET", "Currencies", params=[("first", "1")], headers={"Authorization": None}
    )
    basic = answer.header("www-authenticate").lower().startswith("basic")
    header = "WWW-Authenticate asks for Basic" if basic else "no WWW-Authenticate for Basic"
    seen = "let in" if answer.ok else f"status {answer.status}, {header}"
    yield found("credentials-missing", seen, assumed=answer.status == 401 and basic)


def media_types(stage: Stage) -> Iterator[Finding]:
    """Send bodies under no media type and under others."""
    for point, header, taken_is_assumed in (
        ("media-type-missing", None, False),
        ("media-type-other", "text/plain", False),
        ("media-type-charset", "application/json; charset=utf-8", True),
    ):
        answer = stage.change(point, {"Content-Type": header}, ranking=4)
        yield found(
            point,
            "taken" if answer.ok else f"refused, {told(answer)}",
            assumed=answer.ok is taken_is_assumed,
        )
    answer = stage.wire.ask(
        "media-type-post", "POST", OPPORTUNITIES, body=stage.body("typeless"), headers={"Content-Type": None}
    )
    stage.note(answer)
    yield found(
        "media-type-post", "taken" if answer.ok else f"refused, {told(answer)}", assumed=not answer.ok
    )
