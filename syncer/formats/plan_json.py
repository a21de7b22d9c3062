"""Plan ↔ JSON."""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

from syncer.formats.precondition_json import beside, precondition_from_json, precondition_to_json
from syncer.formats.problem_json import (
    problem_from_json,
    problems_json,
    span_from_json,
    span_to_json,
)
from syncer.kinds import codec
from syncer.kinds.custom import field_path
from syncer.kinds.registry import KINDS
from syncer.model.address import Address
from syncer.model.change import DIFFERS, Action, Change, FieldChange, RelationWrite, Side, Values
from syncer.model.plan import Memory, Origin, Plan, ResolvedReference, SpaceId
from syncer.planning import shown
from syncer.planning.summary import summarize, summary_to_json
from syncer.render.escape import inert_json

FORMAT_VERSION: Final = "1.1"


EVENTS_VERSION: Final = "1.0"


def dumps(value: Any) -> str:
    """Return *value* as JSON on one line, harmless for a terminal and a CI log."""
    return inert_json(json.dumps(value))


class Lines:
    """Changes as lines of JSON, made when they are asked for: of 10,000 they are thirty megabytes."""

    def __init__(self, changes: Sequence[Change]) -> None:
        self._changes = changes

    def __len__(self) -> int:
        return len(self._changes)

    def __iter__(self) -> Iterator[str]:
        return (dumps(_change_to_json(change)) for change in self._changes)


def plan_to_json(plan: Plan) -> dict[str, Any]:
    """Return *plan* as schemas/plan.schema.json says, but for the digest, which goes last."""
    return _plan_to_json(plan, [_change_to_json(change) for change in plan.changes])


def plan_to_lines(plan: Plan) -> dict[str, Any]:
    """Return what `plan_to_json` does with the changes as `Lines`, for `pieces`."""
    return _plan_to_json(plan, Lines(plan.changes))


def _plan_to_json(plan: Plan, changes: list[dict[str, Any]] | Lines) -> dict[str, Any]:
    return {
        "format_version": FORMAT_VERSION,
        "tool_version": plan.tool_version,
        "created_at": plan.created_at,
        "expires_at": plan.expires_at,
        "space": _space(plan.space),
        "policy": dict(plan.policy),
        "source": {"commit": plan.source.commit, "digest": plan.source.digest},
        "state": None if plan.state is None else plan.state._asdict(),
        "summary": summary_to_json(summarize(plan, largest=0)),
        "changes": changes,
        "references": [
            {"kind": r.kind, "name": r.name, "id": r.id, "label": r.label} for r in plan.references
        ],
        "problems": problems_json(plan.problems),
        "steps": {pipeline: list(names) for pipeline, names in plan.steps.items()},
        "leaving": dict(plan.leaving),
        "undoes": plan.undoes,
    }


def plan_from_json(data: Mapping[str, Any]) -> Plan:
    """Read what `plan_to_json` wrote. The summary is not read, it follows from the changes.

    Keys it does not know are ignored; the major of `format_version` and the digest are the caller's to check.

    Raises:
        KeyError, TypeError, ValueError: It is not of that shape.
    """
    return Plan(
        tool_version=data["tool_version"],
        created_at=data["created_at"],
        expires_at=data["expires_at"],
        space=SpaceId(data["space"]["url"], data["space"]["id"], data["space"].get("base_currency")),
        policy=data["policy"],
        source=Origin(data["source"]["commit"], data["source"]["digest"]),
        changes=tuple(_change_from_json(change) for change in data["changes"]),
        references=tuple(
            ResolvedReference(r["kind"], r["name"], r["id"], r["label"]) for r in data["references"]
        ),
        problems=tuple(problem_from_json(problem) for problem in data["problems"]),
        steps={pipeline: tuple(names) for pipeline, names in data.get("steps", {}).items()},
        leaving=data.get("leaving", {}),
        undoes=data.get("undoes"),
        state=None
        if (state := data.get("state")) is None
        else Memory(state["backend"], state["lineage"], state["serial"]),
    )


def _space(space: SpaceId) -> dict[str, Any]:
    return {"url": space.url, "id": space.id, "base_currency": space.base_currency}


def _change_to_json(change: Change) -> dict[str, Any]:
    return {
        "address": str(change.address),
        "kind": change.address.kind,
        "action": str(change.action),
        "id": change.id,
        "span": span_to_json(change.span),
        "before": shown.before(change),
        "after": shown.after(change),
        "fields": [_field_to_json(field) for field in shown.fields(change)],
        "sides": {path: side and str(side) for path, side in change.sides.items()},
        "payload": codec.body(change),
        "relations": [
            {
                "entity": relation.entity,
                "operation": relation.operation,
                "id": relation.id,
                "payload": None if relation.payload is None else dict(relation.payload),
            }
            | ({} if relation.nth == 1 else {"nth": relation.nth})
            for relation in change.relations
        ],
        "precondition": precondition_to_json(change),
        "needs": list(map(str, codec.needs(change))),
        "notes": list(change.notes),
        "rekeyed_from": None if change.rekeyed_from is None else str(change.rekeyed_from),
        "remember": dict(change.remember),
        "undecided": None if change.undecided is None else list(change.undecided),
    }


def _field_to_json(field: FieldChange) -> dict[str, Any]:
    return {
        "path": field.path,
        "before": field.before,
        "after": field.after,
        "base": field.base,
        "moved": None if field.moved is None else str(field.moved),
        "written": field.written,
        "conflict": field.conflict,
    }


def _field_from_json(data: Mapping[str, Any]) -> FieldChange:
    moved = data.get("moved")
    return FieldChange(
        data["path"],
        data["before"],
        data["after"],
        data.get("base"),
        None if moved is None else Side(moved),
        data.get("written", True),
        data.get("conflict", False),
    )


def _change_from_json(data: Mapping[str, Any]) -> Change:
    action, precondition = Action(data["action"]), data["precondition"]
    before, after = _sides(action, data)
    return Change(
        address=Address.parse(data["address"]),
        action=action,
        id=data["id"],
        span=None if data["span"] is None else span_from_json(data["span"]),
        before=before,
        after=after,
        sides={path: side and Side(side) for path, side in data.get("sides", {}).items()},
        writes=tuple(precondition.get("fields", ())) if action is Action.UPDATE else (),
        fields=tuple(map(_field_from_json, data["fields"])) if action in DIFFERS else (),
        remember=data.get("remember", {}),
        undecided=None if (left := data.get("undecided")) is None else tuple(left),
        relations=tuple(
            RelationWrite(r["entity"], r["operation"], r["id"], r["payload"], r.get("nth", 1))
            for r in data.get("relations", ())
        ),
        precondition=precondition_from_json(precondition),
        notes=tuple(data.get("notes", ())),
        rekeyed_from=None if (old := data.get("rekeyed_from")) is None else Address.parse(old),
    )


def _sides(action: Action, data: Mapping[str, Any]) -> tuple[Values | None, Values | None]:
    """Return what was observed and what is desired, as far as the file says it."""
    payload, precondition = data["payload"] or {}, data["precondition"]
    wire = codec.of(KINDS[Address.parse(data["address"]).kind])
    written = [None if data[side] is None else shown.flat(data[side]) for side in ("before", "after")]
    if action is Action.CREATE and not precondition.get("deleted"):
        canons: tuple[dict[str, Any], dict[str, Any]] = {}, wire.in_create(payload)
        # Said exactly beside the body, which rounds to what the service takes.
        canons[1].update((path, value) for path, value in beside(precondition) if path in canons[1])
    else:
        fields = precondition.get("fields", {})
        canons = (
            {path: sides["before"] for path, sides in fields.items() if "before" in sides},
            {path: sides["after"] for path, sides in fields.items() if "after" in sides},
        )
    if action in DIFFERS and written[1] is not None:
        written[1] = _in_order(written[1], data["fields"])
    before, after = (
        None if side is None else Values(canon, side) for canon, side in zip(canons, written, strict=True)
    )
    return before, None if after is None else after._replace(wire=wire.custom(payload))


def _in_order(written: Mapping[str, Any], fields: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """Return *written* with what shall be empty, which only *fields* mention, each where it was."""
    paths, place = list(written), 0
    for field in fields:
        path = field_path(field["path"])
        if path in paths:
            place = paths.index(path) + 1
        else:
            paths.insert(place, path)
            place += 1
    return {path: written.get(path) for path in paths}


def json_text(value: Mapping[str, Any]) -> str:
    """Return *value* as JSON, ASCII only, without a line break at its end.

    One line for each key and for each item of its lists: plans of thousands of changes can be looked through
    and compared line by line, and cost a fifth of fully indented ones.
    """
    return "".join(pieces(value)) + "\n}"


def pieces(
    value: Mapping[str, Any], note: Callable[[str, str], None] = lambda _key, _line: None
) -> Iterator[str]:
    """Yield the text that `json_text` makes, but for its last brace, so that it need not be held whole.

    Args:
        value: What to write.
        note: Called with each key and each of its lines: one for each item of a list, else one.
    """
    start = "{\n"
    for key, item in value.items():
        yield f"{start}  {dumps(key)}: "
        start = ",\n"
        if not isinstance(item, list | Lines):
            line = dumps(item)
            note(key, line)
            yield line
            continue
        between = "[\n    "
        for line in item if isinstance(item, Lines) else map(dumps, item):
            yield between
            note(key, line)
            yield line
            between = ",\n    "
        yield "\n  ]" if item else "[]"
