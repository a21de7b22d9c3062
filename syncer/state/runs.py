"""Runs as text: a JSON object whose first line is everything but the changes, then a change a line.

So the many runs that are only to be told apart are read by their first line.
"""

import json
from collections.abc import Iterable, Sequence
from typing import Any, Final

from syncer.state.faults import damaged
from syncer.state.fields import Fields, line, text_of
from syncer.state.values import KEPT_RUNS, RUN_ID, Run, RunChange

FOLDER: Final = "runs/"
_OPENING: Final = ',"changes":['
_CLOSING: Final = "]}"


def name(run: str) -> str:
    """Return the name of the file of *run*."""
    return f"{FOLDER}{run}.json"


def head_to_json(run: Run) -> dict[str, Any]:
    """Return everything of *run* but its changes, as JSON types."""
    return {
        "run": run.run,
        "project": run.project,
        "started": run.started,
        "ended": run.ended,
        "commit": run.commit,
        "plan": run.plan,
        "by": run.by,
        "settled": run.settled,
        "uncertain": list(run.uncertain),
        "outcomes": dict(run.outcomes),
    }


def head_to_line(run: Run, before: str = "{}") -> str:
    """Return everything of *run* but its changes; what a later syncer has added *before* stays."""
    return line(json.loads(before) | head_to_json(run))


def head_from_line(text: str, where: str) -> Run:
    """Return the run in a line.

    Raises:
        StateError: It is not as we write it.
    """
    fields = Fields(text, where, 1)
    run = fields.text("run")
    if not RUN_ID.fullmatch(run):
        fields.refuse('"run" is no id of a run')
    return Run(
        run=run,
        started=fields.time("started"),
        ended=None if fields.get("ended") is None else fields.time("ended"),
        commit=fields.maybe("commit"),
        plan=fields.maybe("plan"),
        by=fields.text("by"),
        project=fields.text("project"),
        settled=fields.flag("settled"),
        uncertain=fields.texts("uncertain"),
        outcomes=fields.numbers("outcomes"),
    )


def change_to_json(change: RunChange) -> dict[str, Any]:
    """Return *change* as JSON types."""
    return {
        "address": change.address,
        "action": change.action,
        "outcome": change.outcome,
        "id": change.id,
        "before": None if change.before is None else dict(change.before),
        "after": None if change.after is None else dict(change.after),
        "fields": [dict(each) for each in change.fields],
    }


def change_to_line(change: RunChange) -> str:
    """Return the line of *change*."""
    return line(change_to_json(change))


def change_from_text(text: str, where: str, number: int) -> RunChange:
    """Return the change in a line.

    Raises:
        StateError: It is not as we write it.
    """
    fields = Fields(text, where, number)
    return RunChange(
        address=fields.text("address"),
        action=fields.text("action"),
        outcome=fields.text("outcome"),
        id=fields.maybe("id"),
        before=None if fields.get("before") is None else fields.object("before"),
        after=None if fields.get("after") is None else fields.object("after"),
        fields=fields.objects("fields"),
    )


def to_text(run: Run, changes: Sequence[RunChange]) -> bytes:
    """Return the file of *run*."""
    lines = ",\n".join(map(change_to_line, changes))
    return f"{head_to_line(run)[:-1]}{_OPENING}\n{lines}\n{_CLOSING}\n".encode()


def with_head(raw: bytes, run: Run) -> bytes:
    """Return the file *raw* with everything but the changes replaced."""
    first, _, rest = raw.partition(b"\n")
    before = first.decode().removesuffix(_OPENING) + "}"
    return f"{head_to_line(run, before)[:-1]}{_OPENING}\n".encode() + rest


def head(raw: bytes, where: str) -> Run:
    """Return the run in a file, or in the first line of it.

    Raises:
        StateError: It is not as we write it.
    """
    first = text_of(raw.partition(b"\n")[0], where)
    if not first.endswith(_OPENING):
        raise damaged(where, 1, "it does not begin as a run does")
    return head_from_line(first.removesuffix(_OPENING) + "}", where)


def changes(raw: bytes, where: str) -> tuple[RunChange, ...]:
    """Return the changes in a file.

    Raises:
        StateError: It is not as we write it.
    """
    head(raw, where)
    _, *lines = text_of(raw, where).split("\n")
    if lines[-2:] != [_CLOSING, ""]:
        raise damaged(where, len(lines) + 1, "its end is missing")
    body = [text for text in lines[:-2] if text]
    last = len(body) + 1
    return tuple(
        change_from_text(text if number == last else text.removesuffix(","), where, number)
        for number, text in enumerate(body, 2)
    )


def in_order(runs: Iterable[Run]) -> tuple[Run, ...]:
    """Return *runs*, oldest first."""
    return tuple(sorted(runs, key=lambda run: (run.started, run.run)))


def outdated(runs: Iterable[Run]) -> tuple[str, ...]:
    """Return the ids of those that are kept no longer: all but the last of each project, and open ones."""
    by_project: dict[str, list[Run]] = {}
    for run in in_order(runs):
        by_project.setdefault(run.project, []).append(run)
    return tuple(run.run for found in by_project.values() for run in found[:-KEPT_RUNS] if not run.is_open)
