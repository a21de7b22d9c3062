"""An entry with what the defaults of its file say: it means the same in another file."""

from collections.abc import Mapping
from typing import Any, Final

from syncer.kinds.base import Kind
from syncer.kinds.custom import SECTION
from syncer.kinds.registry import KINDS
from syncer.shapes.amounts import money_of
from syncer.shapes.money import MONEY

_LIFECYCLE: Final = "lifecycle"

Entries = dict[str, Mapping[str, Any]]


def whole(value: Any) -> dict[str, Entries]:
    """Return the entries of a checked manifest by section and key, none of them in need of defaults."""
    found: dict[str, Entries] = {}
    for kind in KINDS.values():
        entries = (value or {}).get(kind.section)
        if entries:
            defaults = value.get("defaults") or {}
            found[kind.section] = {
                key: _whole(kind, entry, defaults) if defaults else entry for key, entry in entries.items()
            }
    return found


def _whole(kind: Kind, entry: Mapping[str, Any], defaults: Mapping[str, Any]) -> Mapping[str, Any]:
    found = dict(entry)
    for spec in kind.fields:
        names = [name for name in (spec.alias, spec.name) if name]
        said = next((name for name in names if name in defaults), None)
        if said is not None and not any(name in entry for name in names):
            found[said] = defaults[said]
        refers = spec.refers or ""
        if spec.shape is MONEY and refers in defaults and spec.name in entry:
            found[spec.name] = _in(entry[spec.name], refers, defaults[refers])
    if SECTION in defaults:
        found[SECTION] = {**(defaults[SECTION] or {}), **entry.get(SECTION, {})}
    if _LIFECYCLE in defaults:
        found[_LIFECYCLE] = _lifecycle(kind, entry.get(_LIFECYCLE, {}), defaults[_LIFECYCLE])
    return found


def _in(amount: Any, refers: str, currency: Any) -> Any:
    """Return an amount with its currency: its own, else *currency*."""
    if isinstance(amount, Mapping):
        return amount if refers in amount else {**amount, refers: currency}
    if isinstance(amount, str) and money_of(amount)[1] is not None:
        return amount
    return {"amount": amount, refers: currency}


def _lifecycle(kind: Kind, own: Mapping[str, Any], defaults: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the rules of an entry upon those of the defaults, as they count."""
    found = {**defaults, **own}
    if not own.keys() & {"ignore", "own"}:
        return found
    owners = dict(defaults.get("own", {}))
    if "ignore" in own:  # the list of an entry replaces that of the defaults
        owners = {name: owner for name, owner in owners.items() if owner != "once"}
    decided = {kind.spelled(name) for name in own.get("own", {})}
    owners = {name: owner for name, owner in owners.items() if kind.spelled(name) not in decided}
    if "ignore" in own:
        ignored = {kind.spelled(name) for name in own["ignore"]}
        owners = {name: owner for name, owner in owners.items() if kind.spelled(name) not in ignored}
    elif "ignore" in defaults:
        found["ignore"] = [name for name in defaults["ignore"] if kind.spelled(name) not in decided]
    if owners := {**owners, **own.get("own", {})}:
        found["own"] = owners
    else:
        found.pop("own", None)
    return found
