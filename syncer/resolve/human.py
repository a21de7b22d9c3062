"""Values as people read them, in the form of a manifest."""

from collections.abc import Iterable
from typing import Any

from syncer.kinds.custom import SECTION, api_name


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
