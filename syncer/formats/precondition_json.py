"""What must still hold when a change is applied ↔ JSON.

- create: `{"absent": true, "identity": {"name", "account", "pipeline", "key", "key_field", "match"},
  "beside": {"closing_date", "value", "won", "known": [ids]}}`: of another kind `identity` has the parts of
  its natural key, and in `alone` the e-mails that find it alone; where it is known among which records
  something may look like it (of an opportunity those of its account), `beside` says what does: `known` are
  those that the plan has told of, or knows to be other ones; `instead` is the id of a record that was deleted
  in the CRM and is created again
- update, drift and conflict: `{"id", "modified", "fields": {path: {"before", "after"}}}`, canonical values of
  what is written, and where nothing is, of what differs; `"reopens": true` when the record may be closed
- delete: `{"id", "modified", "fields": {path: {"before"}}}`
- create that brings a deleted record back: `{"id", "deleted": true, "fields": {path: {"after"}}}`
- no-op: `{}`
"""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from syncer.kinds.registry import KINDS
from syncer.model.change import Absent, Change, Deleted, Unchanged
from syncer.model.key import Key
from syncer.model.policy import MatchRule
from syncer.planning.likeness import has_neighbours

_RULE: Final = frozenset({"alone", "key", "key_field", "match"})  # in `identity`, beside the natural key
_BESIDE: Final = frozenset({"won", "known"})  # in `beside`, beside values


def precondition_to_json(change: Change) -> dict[str, Any]:
    """Return the precondition of *change* as JSON."""
    match change.precondition:
        case Absent(key, rule, won, known, instead):
            kind = KINDS[change.address.kind]
            identity = {part: key.parts.get(part) for part in kind.identity}
            if kind.alone:
                identity["alone"] = sorted(key.alone)
            identity |= {"key": key.key, "key_field": rule.key_field, "match": list(rule.match)}
            found: dict[str, Any] = {"absent": True, "identity": identity}
            if has_neighbours(kind, rule.match, key):
                paths = filter(None, (kind.alike.day, kind.alike.money))
                values = {path: change.desired.get(path) for path in paths}
                found["beside"] = {**values, "won": won, "known": list(known)}
            return found if instead is None else found | {"instead": instead}
        case Unchanged(id_, modified, reopens):
            found = {"id": id_, "modified": modified, "fields": _fields(change)}
            return found | {"reopens": True} if reopens else found
        case Deleted(id_):
            values = {path: {"after": value} for path, value in change.desired.items()}
            return {"id": id_, "deleted": True, "fields": values}
        case _:
            return {}


def _fields(change: Change) -> dict[str, Any]:
    before, after = change.observed, change.desired
    if change.after is None:
        return {path: {"before": value} for path, value in before.items()}
    paths = change.writes or change.sides
    return {path: {"before": before.get(path), "after": after[path]} for path in paths}


def precondition_from_json(data: Mapping[str, Any]) -> Absent | Unchanged | Deleted | None:
    """Read what `precondition_to_json` wrote, but for the values, which are the change's own."""
    if data.get("absent"):
        identity, near = data["identity"], data.get("beside", {})
        parts = {part: value for part, value in identity.items() if part not in _RULE}
        return Absent(
            Key(parts, frozenset(identity.get("alone", ())), identity["key"]),
            MatchRule(identity["key_field"], tuple(identity["match"])),
            near.get("won"),
            tuple(near.get("known", ())),
            data.get("instead"),
        )
    if data.get("deleted"):
        return Deleted(data["id"])
    return Unchanged(data["id"], data["modified"], data.get("reopens", False)) if data else None


def beside(data: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """Yield the canonical values in the precondition of a create, by path."""
    near = data.get("beside", {})
    yield from ((path, value) for path, value in near.items() if value is not None and path not in _BESIDE)
