"""What a code or a field means, from where the manual has it: docs/errors.md and the published schemas."""

import json
import re
from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from functools import cache
from typing import Any, Final, NamedTuple

from syncer.kinds.registry import sections
from syncer.model.codes import CODES
from syncer.model.problem import Problem, UsageError
from syncer.resources import path, schema

_SECTION: Final = re.compile(r"^### (\S+)\n+(.*?)(?=^##|\Z)", re.DOTALL | re.MULTILINE)
_DEEPEST: Final = 6  # a schema may refer to itself


class Explanation(NamedTuple):
    """What a name means.

    Attributes:
        name: A code, or where a field is written: `opportunities.KEY.value.amount`.
        title: In a few words.
        text: Markdown, as the manual has it.
        page: Of the manual, to read on.
    """

    name: str
    title: str
    text: str
    page: str


def explain(name: str) -> tuple[Explanation, ...]:
    """Return what *name* means: a code alone, or each field of that name.

    Raises:
        UsageError: There is no such code or field.
    """
    if name in CODES:
        return (_codes()[name],)
    parts = name.split(".")
    found = tuple(field for field in fields() if field.name == name)
    found = found or tuple(field for field in fields() if field.name.split(".")[-len(parts) :] == parts)
    if found:
        return _merged(found)
    near = get_close_matches(name, names(), n=3, cutoff=0.5)
    such = "write a code, such as look-alike, or a field, such as value"
    hint = f"did you mean {' or '.join(near)}?" if near else such
    raise UsageError(Problem("usage", f"There is no code and no field called {name}.", hint=hint))


def _merged(found: tuple[Explanation, ...]) -> tuple[Explanation, ...]:
    """Return *found* with what means the same in several places said once."""
    alike: dict[tuple[str, str], list[Explanation]] = {}
    for each in found:
        alike.setdefault((each.title, each.text), []).append(each)
    return tuple(
        Explanation(
            ", ".join(dict.fromkeys(each.name for each in group)),
            title,
            text,
            ", ".join(dict.fromkeys(each.page for each in group)),
        )
        for (title, text), group in alike.items()
    )


def names() -> tuple[str, ...]:
    """Return what can be asked for, each once: codes, fields, and where these are."""
    last = (field.name.rpartition(".")[2] for field in fields())
    whole = (field.name for field in fields())
    return tuple(dict.fromkeys((*CODES, *last, *whole)))


@cache
def _codes() -> Mapping[str, Explanation]:
    text = path("docs", "errors.md").read_text("utf-8")
    return {
        code: Explanation(code, CODES[code], body.partition(".**")[2].strip(), f"docs/errors.md, {code}")
        for code, body in _SECTION.findall(text)
    }


@cache
def fields() -> tuple[Explanation, ...]:
    """Return every field of manifests, then every key of syncer.yaml, as the schemas describe them."""
    return tuple(
        Explanation(name, spec.get("title") or name.rpartition(".")[2], _described(spec), page)
        for document, page in (("manifest", "docs/manifest.md"), ("project", "docs/project.md"))
        for name, spec in dict(_walk(schema(document), schema(document)["$defs"], "", 0)).items()
    )


def _walk(
    spec: Mapping[str, Any], defs: Mapping[str, Any], at: str, depth: int
) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Yield every property below *spec* with where it is."""
    spec = _whole(spec, defs)
    for name, inner in spec.get("properties", {}).items():
        place = f"{at}.{name}" if at else name
        yield place, _whole(inner, defs)
        if depth < _DEEPEST:
            yield from _walk(inner, defs, place, depth + 1)
    for part in (*spec.get("anyOf", ()), spec.get("items")):
        if isinstance(part, dict):
            yield from _walk(part, defs, at, depth)
    if isinstance(spec.get("additionalProperties"), dict) and at in {*sections(), "spaces"}:
        key = "NAME" if at == "spaces" else "KEY"
        yield from _walk(spec["additionalProperties"], defs, f"{at}.{key}", depth + 1)


def _whole(spec: Mapping[str, Any], defs: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return *spec* with what it refers to; its own words win."""
    if (target := spec.get("$ref")) is None:
        return spec
    return {**_whole(defs[target.rpartition("/")[2]], defs), **spec}


def _described(spec: Mapping[str, Any]) -> str:
    lines = [spec.get("description", "")]
    lines += [f"Expected: {expected}." if (expected := spec.get("x-expects")) else ""]
    if "default" in spec:
        lines.append(f"Left out: {_written(spec['default'])}.")
    if examples := spec.get("examples"):
        lines.append("Such as: " + "; ".join(map(_written, examples)))
    return "\n\n".join(filter(None, lines))


def _written(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
