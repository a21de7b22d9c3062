"""docs/fields.md from the tables of the kinds: `python -m tests.docs.fields_page --write`."""

import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from syncer.kinds import schema
from syncer.kinds.base import Kind
from syncer.kinds.registry import KINDS
from tests.docs.cli_page import _escaped

PAGE: Final = Path(__file__).parents[2] / "docs" / "fields.md"
_BEGIN: Final = "<!-- from here on written by `python -m tests.docs.fields_page --write` -->\n"
# How a record is named, which the page on manifests tells.
_NAMING: Final = frozenset({"id", "email", "name", "ref"})


def page() -> str:
    """Return docs/fields.md as it should be: its written part, then every field of every kind."""
    written = PAGE.read_text("utf-8").partition(_BEGIN)[0]
    return f"{written}{_BEGIN}\n" + "\n".join(map(_section, KINDS.values()))


def _section(kind: Kind) -> str:
    required = {spec.name for spec in kind.fields if spec.required}
    required |= {spec.alias for spec in kind.fields if spec.required and spec.alias}
    rows = [_row(path, part, required=path in required) for path, part in fields(kind)]
    head = f"## {kind.noun[1].capitalize()}\n"
    where = f"In the section `{kind.section}:`, by key; the address is `{kind.name}.<key>`.\n"
    return "\n".join([head, where, "| field | means | write | required |\n|---|---|---|---|", *rows, ""])


def fields(kind: Kind) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Yield every field of *kind* with its schema, and what an item of a list, or a mapping, may say."""
    for name, part in schema.manifest()["$defs"][kind.name]["properties"].items():
        found = _resolved(part)
        yield name, found
        for form in map(_resolved, found.get("anyOf", (found,))):
            if "items" in form:
                yield from _inside(f"{name}[]", _resolved(form["items"]))
            elif form.get("type") == "object" and name in {"lifecycle", "formerly"}:
                yield from _inside(name, form)


def _inside(path: str, item: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for form in (item, *map(_resolved, item.get("anyOf", ()))):
        for name, part in form.get("properties", {}).items():
            if name not in _NAMING or path == "formerly":
                yield f"{path}.{name}", _resolved(part)


def _resolved(part: Mapping[str, Any]) -> Mapping[str, Any]:
    if "$ref" not in part:
        return part
    found: dict[str, Any] = schema.manifest()["$defs"][part["$ref"].rpartition("/")[2]]
    return found | {name: value for name, value in part.items() if name != "$ref"}


def _row(path: str, part: Mapping[str, Any], *, required: bool) -> str:
    means = part.get("description") or part.get("title", "")
    write = _escaped(part.get("x-expects", ""))
    return f"| `{path}` | {_escaped(means)} | {write} | {'yes' if required else ''} |"


if __name__ == "__main__":
    if "--write" in sys.argv:
        PAGE.write_text(page(), encoding="utf-8")
    else:
        sys.stdout.write(page())
