"""A plan for who reviews it in a spreadsheet: CSV, a row for each field that changes."""

import csv
import io
import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from syncer.kinds import human
from syncer.kinds.registry import KINDS
from syncer.model.change import WRITES, Action, Change
from syncer.model.plan import Plan
from syncer.planning import shown
from syncer.render.escape import inert_log, terminal_lines
from syncer.render.text import literal
from syncer.tables.cells import guarded

_HEADERS: Final = (
    *("address", "name", "action", "field", "before", "after"),
    *("agreed", "moved", "written", "file", "line", "id"),
)
# Without it Excel takes UTF-8 for the encoding of the machine.
_MARK: Final = "\ufeff"
_YES: Final = {True: "yes", False: "no"}
# Where the machine parts cells by another sign than the comma, what stands behind that sign begins a cell.
_BEGINS_A_CELL: Final = re.compile(r"(?<=[;,|\n])(?=\s*[=+@-])")


def plan_csv(plan: Plan) -> str:
    """Return *plan* as CSV with a byte order mark; no cell of it is a formula."""
    text = io.StringIO()
    text.write(_MARK)
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(_HEADERS)
    for change in plan.changes:
        for row in _rows(change):
            writer.writerow(map(_cell, row))
    return inert_log(text.getvalue())


def _cell(value: Any) -> str:
    return guarded(_BEGINS_A_CELL.sub("'", terminal_lines(_said(value))))


def _rows(change: Change) -> Iterator[tuple[Any, ...]]:
    """Yield a row for each field; of a record that goes, or is gone, one without a field."""
    if change.action is Action.NOOP:
        return
    head = (str(change.address), _name(change), change.action)
    span = change.span
    tail = (span and span.file, span and span.line, change.id)
    writes = change.action in WRITES
    fields = sorted(shown.fields(change), key=human.position(change.address.kind))
    for field in fields:
        sides = (field.before, field.after, field.base, field.moved)
        yield (*head, field.path, *sides, _YES[writes and field.written], *tail)
    if not fields:
        yield (*head, None, None, None, None, None, _YES[writes], *tail)


def _name(change: Change) -> Any:
    """Return what people know the record by."""
    values = shown.after(change) or shown.before(change) or {}
    return KINDS[change.address.kind].name_of(values)


def _said(value: Any) -> str:
    """Return a human value as a cell says it: text as it is, several values with `; ` between them."""
    match value:
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case list() | tuple():
            return "; ".join(map(_said, value))
        case Mapping() if "amount" in value:
            return f"{value['amount']} {value.get('currency') or ''}".rstrip()
        case Mapping() if human.is_line(value):
            return literal(value)
        case Mapping():
            return _link(value)
        case _:
            return str(value)


def _link(link: Mapping[str, Any]) -> str:
    target = human.target(link)
    told = ", ".join(["primary"] * bool(link.get("primary")) + list(map(_said, human.roles(link))))
    if not target:
        return told or "linked"
    return f"{target} ({told})" if told else target
