"""Canonical values → what people read: names instead of ids, amounts with their cents."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from syncer.kinds.custom import SECTION, api_name
from syncer.kinds.registry import field_at
from syncer.resolve.directory import Directory
from syncer.shapes import links as linked
from syncer.shapes.rows import Canonical


def observed(path: str, value: Any, directory: Directory) -> Any:
    """Return the human form of an observed canonical value.

    Args:
        path: Field name, `fields.<api name>` for a custom one.
        value: Canonical value.
        directory: Knows the names.
    """
    spec = field_at(path)
    return spec.shape.show(value, spec, directory)


def links(
    path: str,
    before: Canonical,
    after: Canonical,
    written: Sequence[Mapping[str, Any]],
    directory: Directory,
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Return observed and desired links of the field at *path* as a manifest would list them, by name."""
    return linked.pair(field_at(path), before, after, written, directory)


def nested(flat: Iterable[tuple[str, Any]]) -> dict[str, Any]:
    """Return human values as a manifest nests them: custom fields under `fields`."""
    whole: dict[str, Any] = {}
    fields: dict[str, Any] | None = None
    for path, value in flat:
        name = api_name(path)
        if name is None:
            whole[path] = value
        elif fields is None:
            whole[SECTION] = fields = {name: value}
        else:
            fields[name] = value
    return whole
