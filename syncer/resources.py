"""Files that ship with syncer: the published schemas, the examples and the manual."""

import json
from functools import cache
from pathlib import Path, PurePosixPath
from typing import Any

_PACKAGE = Path(__file__).parent


def path(*parts: str) -> Path:
    """Return the place of a shipped file or folder, such as `path("schemas", "plan.schema.json")`.

    In the wheel `schemas`, `examples` and `docs` lie inside the package, in a checkout beside it.

    Raises:
        FileNotFoundError: It was not shipped.
    """
    for base in (_PACKAGE, _PACKAGE.parent):
        found = base.joinpath(*parts)
        if found.exists():
            return found
    raise FileNotFoundError("/".join(parts))


def examples() -> Path:
    """Return the folder of the example projects."""
    return path("examples")


def page(name: str) -> str | None:
    """Return a page of the manual as it was written, None where there is none: `docs/state.md`, `state`."""
    at = PurePosixPath(name).with_suffix("").parts
    at = at[1:] if at[:1] == ("docs",) else at
    if not at or ".." in at or name.startswith("/"):
        return None
    try:
        found = path("docs", *at[:-1], f"{at[-1]}.md")
    except FileNotFoundError:
        return None
    return found.read_text("utf-8")


def schema_text(name: str) -> str:
    """Return the published schema *name* (`manifest`, `project`, `plan`, `events`) as it was written."""
    return path("schemas", f"{name}.schema.json").read_text("utf-8")


@cache
def schema(name: str) -> dict[str, Any]:
    """Return the published schema *name* as parsed JSON; shared, so not to be changed."""
    parsed: dict[str, Any] = json.loads(schema_text(name))
    return parsed
