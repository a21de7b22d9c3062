"""Before, after → field changes."""

from collections.abc import Iterator, Mapping
from typing import Any

from syncer.model.change import FieldChange, Side
from syncer.shapes import canon

# Where a part of a field is: () the whole, ("amount",), (who is linked,), (who is linked, "primary").
Steps = tuple[Any, ...]


def departed(was: Mapping[str, Any], now: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the paths of canonical values at which *now* is not what *was*; what was not read is unknown."""
    return tuple(path for path, value in was.items() if path in now and not canon.same(value, now[path]))


def created(after: Mapping[str, Any]) -> tuple[FieldChange, ...]:
    """Return what a create sets, of the human values *after* one entry a field, and of amounts one a part."""
    found: list[FieldChange] = []
    for name, value in after.items():
        if isinstance(value, Mapping):
            found += [
                FieldChange(f"{name}.{part}", None, inner, None, Side.GIT) for part, inner in value.items()
            ]
        elif value is not None and value != []:
            found.append(FieldChange(name, None, value, None, Side.GIT))
    return tuple(found)


def leaves(before: Any, after: Any) -> Iterator[tuple[Steps, Any, Any]]:
    """Yield what differs between two human values of one field: where, before, and after.

    Values are JSON types: an amount is `{amount, currency}`, links are lists of mappings.
    """
    if not isinstance(after, Mapping | list) or not isinstance(before, Mapping | list):
        yield (), before, after
        return
    from deepdiff import DeepDiff  # noqa: PLC0415 (costs 100 ms to import; most plans hold no such pair)

    old, new = keyed(before), keyed(after)
    # Without the threshold, lists that share no link would count as one changed whole.
    tree = DeepDiff(old, new, view="tree", ignore_order=True, threshold_to_diff_deeper=0)
    found = [
        (tuple(item.path(output_format="list")), _plain(item.t1), _plain(item.t2))
        for items in tree.values()
        for item in items
    ]
    yield from sorted(found, key=lambda item: [str(step) for step in item[0]])


def keyed(value: Any) -> Any:
    """Return a list of links as a mapping by who is linked, so that order does not matter."""
    if isinstance(value, list):
        if all(isinstance(item, Mapping) for item in value):
            # Which record it is comes first, see `RowShape.listed`.
            return {str(name): dict(aspects) for (_, name), *aspects in (item.items() for item in value)}
        return {str(item): True for item in value}
    return value


def at(value: Any, steps: Steps) -> Any:
    """Return what is at *steps* of a human value; None when nothing is."""
    for step in steps:
        value = keyed(value)
        if not isinstance(value, Mapping):
            return None
        value = value.get(step)
    return value


def spelled(name: str, steps: Steps, value: Any) -> str:
    """Return the path of a part of the field *name*: `value.amount`, `contacts[x].primary`.

    Args:
        name: Of the field.
        steps: Where in it the part is.
        value: What the field holds.
    """
    if steps == (name,):
        return name  # what the field is called itself
    if not steps or not isinstance(value, list):
        return ".".join([name, *map(str, steps)])
    first, *rest = steps
    return ".".join([f"{name}[{first}]", *map(str, rest)])


def _plain(value: Any) -> Any:
    """Return what DeepDiff found, with its mark for "not there" as None."""
    return None if type(value).__name__ == "NotPresent" else value
