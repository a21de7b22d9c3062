"""Before, after → field changes."""

from collections.abc import Mapping
from typing import Any

from syncer.model.change import FieldChange
from syncer.shapes import canon


def moved(desired: Mapping[str, Any], observed: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the paths of canonical *desired* that *observed* does not fulfil, in the order of *desired*.

    Paths that only *observed* has belong to the CRM and are not looked at.
    """
    return tuple(
        path
        for path, value in desired.items()
        if (now := observed.get(path)) != value and not canon.same(value, now)
    )


def field_changes(before: Mapping[str, Any] | None, after: Mapping[str, Any]) -> tuple[FieldChange, ...]:
    """Return what turns the human values *before* into *after*, one entry a leaf, in the order of *after*.

    Both hold JSON types keyed by field (`value` is `{amount, currency}`, links are lists of mappings, custom
    fields are keyed `fields.<api name>`). Values that count as the same must already be equal, see `aligned`.
    """
    if before is None:
        created: list[FieldChange] = []
        for name, value in after.items():
            if name == "value" and isinstance(value, Mapping):
                created += [FieldChange(f"value.{part}", None, inner) for part, inner in value.items()]
            elif value is not None and value != []:
                created.append(FieldChange(name, None, value))
        return tuple(created)
    changes: list[FieldChange] = []
    for name, wanted in after.items():
        found = before.get(name)
        if found != wanted:
            changes.extend(_pair(name, found, wanted))
    return tuple(changes)


def aligned(
    before: Mapping[str, Any], after: Mapping[str, Any], different: tuple[str, ...]
) -> dict[str, Any]:
    """Return *before* with what is not *different* copied from *after*.

    So the same amount or name never shows as a change because it is spelt differently.
    """
    return {name: before.get(name) if name in different else value for name, value in after.items()}


def _pair(name: str, before: Any, after: Any) -> list[FieldChange]:
    """Return the changes between two different human values of one field."""
    if not isinstance(after, Mapping | list) or not isinstance(before, Mapping | list):
        return [FieldChange(name, before, after)]
    from deepdiff import DeepDiff  # noqa: PLC0415 (costs 100 ms to import; most plans hold no such pair)

    old, new = _keyed(before), _keyed(after)
    # Without the threshold, lists that share no link would count as one changed whole.
    tree = DeepDiff(old, new, view="tree", ignore_order=True, threshold_to_diff_deeper=0)
    found = [
        (item.path(output_format="list"), _plain(item.t1), _plain(item.t2))
        for items in tree.values()
        for item in items
    ]
    return [
        FieldChange(_path(name, path, links=isinstance(after, list)), old_value, new_value)
        for path, old_value, new_value in sorted(found, key=lambda item: [str(step) for step in item[0]])
    ]


def _keyed(value: Any) -> Any:
    """Return a list of links as a mapping by who is linked, so that order does not matter."""
    if isinstance(value, list):
        if all(isinstance(item, Mapping) for item in value):
            return {
                str(item.get("contact") or item.get("account")): {
                    key: inner for key, inner in item.items() if key not in {"contact", "account"}
                }
                for item in value
            }
        return {str(item): True for item in value}
    return value


def _plain(value: Any) -> Any:
    """Return what DeepDiff found, with its mark for "not there" as None."""
    return None if type(value).__name__ == "NotPresent" else value


def _path(name: str, steps: list[Any], *, links: bool) -> str:
    if not links:
        return ".".join([name, *map(str, steps)])
    first, *rest = steps
    return ".".join([f"{name}[{first}]", *map(str, rest)])
