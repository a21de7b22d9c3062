"""Runs, and who set a value last, for scripts: `syncer history --format json`."""

from collections.abc import Iterable, Iterator
from typing import Any, Final

from syncer.formats.plan_json import dumps
from syncer.planning.history import Blame, Source, Told
from syncer.state.runs import change_to_json, head_to_json

HISTORY_VERSION: Final = "1.0"
_BY_RUN: Final = frozenset({Source.RUN, Source.IMPORTED})


def history_lines(told: Iterable[Told], blame: Blame | None = None) -> Iterator[str]:
    """Yield the lines of the document, a run a line: all that fifty runs did need not be held at once.

    Args:
        told: Runs, newest first.
        blame: Who set the field that was asked about.
    """
    yield "{"
    yield f'  "format_version": {dumps(HISTORY_VERSION)},'
    if blame is not None:
        yield f'  "field": {dumps(_field_to_json(blame))},'
    between = ""
    yield '  "runs": ['
    for each in told:
        if between:
            yield between
        between = f"    {dumps(_told_to_json(each))},"
    if between:
        yield between.removesuffix(",")
    yield "  ]"
    yield "}"


def _told_to_json(told: Told) -> dict[str, Any]:
    return {**head_to_json(told.run), "changes": [change_to_json(change) for change in told.changes]}


def _field_to_json(blame: Blame) -> dict[str, Any]:
    row, record, setter = blame.row, blame.present.record, blame.setter
    return {
        "address": str(blame.subject.address),
        "path": blame.subject.path,
        "id": None if row is None else row.id,
        "source": str(blame.source),
        "run": None if setter is None or blame.source not in _BY_RUN else setter.run.run,
        "now": None if record is None else blame.written(blame.now),
        "modified": (record.modified or None) if record is not None else None,
        "agreed": blame.written(blame.agreed),
        "agreed_at": None if row is None or blame.subject.path not in row.values else row.at,
    }
