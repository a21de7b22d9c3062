"""What the service makes of fields that it need not take, and of dates and texts."""

import uuid
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from syncer.rehearsal.cleaning import OPPORTUNITIES
from syncer.rehearsal.points import Finding, found, untold
from syncer.rehearsal.stage import Stage, must, told

_MOMENT = datetime(2020, 1, 2, 3, 4, 5, tzinfo=UTC)
_BEFORE = datetime(2021, 5, 6, 7, 8, 9, tzinfo=UTC)
_FORMS = {
    "T": "2020-01-02T03:04:05",
    "T and Z": "2020-01-02T03:04:05Z",
    "T and offset": "2020-01-02T05:04:05+02:00",
    "blank": "2020-01-02 03:04:05",
    "blank and offset": "2020-01-02 05:04:05+02:00",
}
_ZONE: dict[str, str | None] = {"Timezone": "America/Chicago"}


def client_id(stage: Stage) -> Iterator[Finding]:
    """Make a record with an id of our own."""
    sent = str(uuid.uuid4())
    answer = stage.wire.ask("client-id", "POST", OPPORTUNITIES, body={**stage.body("client-id"), "id": sent})
    stage.note(answer)
    used = answer.row.get("id") == sent
    seen = "used" if used else "ignored" if answer.ok else f"refused, {told(answer)}"
    yield found("client-id", seen, assumed=answer.ok and not used)


def fields(stage: Stage) -> Iterator[Finding]:
    """Send an unknown field, a read-only one, and a revision."""
    answer = stage.change("unknown-field", ranking=5, syncer_rehearsal_unknown="x")
    yield found(
        "unknown-field", "ignored" if answer.ok else f"refused, {told(answer)}", assumed=not answer.ok
    )
    for point, field, value in (("read-only-field", "days_in_step", 77), ("revision", "revision", 1)):
        answer = stage.change(point, None, ranking=5, **{field: value})
        written = answer.row.get(field) == value
        seen = "written" if written else "ignored" if answer.ok else f"refused, {told(answer)}"
        yield found(point, seen, assumed=answer.ok and not written)
    stage.change("change", ranking=5)
    before = stage.read().get("modified")
    must(stage.change("change", ranking=5), "the change")
    moved = stage.read().get("modified") != before
    yield found("unchanged-update", "yes" if moved else "no", assumed=moved)


def texts(stage: Stage) -> Iterator[Finding]:
    """Write a text and empty it again."""
    field = "reason_of_close_description"
    must(stage.change("change", None, **{field: "rehearsal"}), "the change")
    answer = must(stage.change("empty-text", None, **{field: ""}), "the empty text")
    value = answer.row.get(field, "nothing")
    seen = "as an empty text" if value == "" else "as null" if value is None else "as something else"
    yield found("empty-text", seen, assumed=value == "")


def times(stage: Stage) -> Iterator[Finding]:
    """Write `created` in several forms, which is writable, and read it in another zone."""
    date = stage.read().get("closing_date")
    zoned = stage.wire.ask("timezone", "GET", f"{OPPORTUNITIES}/{stage.main}", headers=_ZONE)
    if zoned.ok:
        same = zoned.row.get("closing_date") == date
        yield found("timezone-dates", "no" if same else "yes", assumed=same)
    else:
        yield untold("timezone-dates", f"reading with the header got {told(zoned)}")
    settable = _written(stage, "T and offset") == _MOMENT
    yield found("created-in-body", "yes" if settable else "no", assumed=settable)
    if not settable:
        why = "created cannot be set, and no other date-time was tried"
        yield untold("date-time-input", why)
        yield untold("timezone-input", why)
        return
    results = {form: _written(stage, form) for form in _FORMS}
    words = [
        f"{form} {'refused' if moment is None else 'read otherwise'}"
        for form, moment in results.items()
        if moment != _MOMENT
    ]
    yield found("date-time-input", ", ".join(words) or "all of them, as UTC", assumed=not words)
    moment = _written(stage, "T", _ZONE, step="timezone-input")
    if moment is None:
        yield untold("timezone-input", "writing with the header was refused")
    else:
        yield found("timezone-input", "no" if moment == _MOMENT else "yes", assumed=moment == _MOMENT)


def _written(
    stage: Stage, form: str, headers: dict[str, str | None] | None = None, step: str = "date-time"
) -> datetime | None:
    """Return what became of a date-time, None when it was refused."""
    stage.change(step, created=_BEFORE.isoformat())
    answer = stage.change(step, headers, created=_FORMS[form])
    return _moment(stage.read().get("created")) if answer.ok else None


def _moment(value: Any) -> datetime | None:
    try:
        moment = datetime.fromisoformat(str(value))
    except ValueError:
        return None
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment
