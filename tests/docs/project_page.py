"""docs/project.md from the schema of syncer.yaml: `python -m tests.docs.project_page --write`."""

import json
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from syncer import resources
from tests.docs.cli_page import _escaped

PAGE: Final = Path(__file__).parents[2] / "docs" / "project.md"
_BEGIN: Final = "<!-- from here on written by `python -m tests.docs.project_page --write` -->\n"
_OF_MANIFESTS: Final = "#/$defs/defaults"


def page() -> str:
    """Return docs/project.md as it should be: its written part, then every key."""
    written = PAGE.read_text("utf-8").partition(_BEGIN)[0]
    sections = "\n".join(_section(name, key) for name, key in _schema()["properties"].items())
    return f"{written}{_BEGIN}\n{sections}"


def keys(schema: Mapping[str, Any] | None = None, path: str = "") -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Yield every key of syncer.yaml with its schema; a key of one's own choice stands as `<name>`."""
    schema = _schema() if schema is None else schema
    for name, part in schema.get("properties", {}).items():
        yield f"{path}{name}", part
        yield from keys(part, f"{path}{name}.")
    chosen = schema.get("additionalProperties")
    if isinstance(chosen, dict):
        yield f"{path}<name>", chosen
        yield from keys(chosen, f"{path}<name>.")
    items = schema.get("items")
    if isinstance(items, dict):
        yield from keys(items, f"{path.removesuffix('.')}[].")
    for form in schema.get("anyOf", ()):
        yield from keys(form, path)


def _schema() -> dict[str, Any]:
    return resources.schema("project")


def _section(name: str, key: Mapping[str, Any]) -> str:
    rows = [_row(f"{name}{path}", part) for path, part in [("", key), *keys(key, ".")]]
    return "\n".join([f"## {name}\n", "| key | means | write | default |\n|---|---|---|---|", *rows, ""])


def _row(path: str, key: Mapping[str, Any]) -> str:
    default = f"`{_yaml(key['default'])}`" if "default" in key else ""
    return f"| `{path}` | {_escaped(_means(key))} | {_write(key)} | {default} |"


def _means(key: Mapping[str, Any]) -> str:
    if any(form.get("$ref") == _OF_MANIFESTS for form in key.get("anyOf", ())):
        return f"{key['description']} Its keys are the fields of an opportunity, see the manifest."
    return str(key.get("description", key.get("title", "")))


def _write(key: Mapping[str, Any]) -> str:
    if "enum" in key:
        return ", ".join(f"`{_yaml(value)}`" for value in key["enum"])
    return _escaped(str(key.get("x-expects", "")))


def _yaml(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


if __name__ == "__main__":
    if "--write" in sys.argv:
        PAGE.write_text(page(), encoding="utf-8")
    else:
        sys.stdout.write(page())
