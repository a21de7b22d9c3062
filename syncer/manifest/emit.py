"""Values → YAML as a person would write it, and as every YAML reader understands it.

PyYAML's emitter knows no comments, quotes by YAML 1.1 alone and takes long for 10,000 opportunities. What
manifests need of YAML is little: block mappings, flow lists, plain and quoted scalars, literal blocks.
"""

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any, Final

from syncer.shapes.quoting import quoted
from syncer.shapes.spelling import Bare, Commented

WIDTH: Final = 100


def inline(value: Any) -> str:
    """Return *value* on one line."""
    match value:
        case None:
            return "null"
        case Commented():
            return inline(value.value)
        case bool():
            return "true" if value else "false"
        case Bare() | int() | Decimal():
            return str(value)
        case str():
            return quoted(value)
        case Mapping():
            return "{" + ", ".join(f"{quoted(key)}: {inline(inner)}" for key, inner in value.items()) + "}"
        case _:
            return "[" + ", ".join(inline(inner) for inner in value) + "]"


def comment(text: str) -> str:
    """Return *text* as a comment: one line of printable characters, so that nothing in it is ever YAML."""
    words = "".join(sign if sign.isprintable() else " " for sign in text).strip()
    return f"# {words if len(words) <= 160 else words[:159] + '…'}"


def _said(value: Commented) -> str:
    return f"  {comment(value.comment)}" if value.comment else ""


def block(values: Mapping[str, Any], indent: int) -> Iterator[str]:
    """Yield the lines of a mapping; what fits on a line stays on one."""
    pad = " " * indent
    for name, value in values.items():
        key, said = quoted(name), ""
        if isinstance(value, Commented):
            value, said = value.value, _said(value)  # noqa: PLW2901 - unwrapped
        if isinstance(value, str) and not isinstance(value, Bare) and _literal(value):
            yield f"{pad}{key}: |{said}"
            # The block itself ends with a line end.
            for line in value.removesuffix("\n").split("\n"):
                yield f"{pad}  {line}" if line else ""
            continue
        lines = _nested(value, indent) if isinstance(value, Mapping | list) and value else None
        if lines is None:
            yield f"{pad}{key}: {inline(value)}{said}"
        else:
            yield f"{pad}{key}:{said}"
            yield from lines


def _nested(value: Any, indent: int) -> list[str] | None:
    """Return the lines below a key for a value that does not fit beside it; None when it does."""
    if isinstance(value, Mapping):
        crowded = any(
            isinstance(inner, Commented) or (isinstance(inner, str) and _literal(inner))
            for inner in value.values()
        )
        if not crowded and len(inline(value)) <= WIDTH - indent - 14:
            return None
        return list(block(value, indent + 2))
    if not any(isinstance(inner, Commented) for inner in value) and len(inline(value)) <= WIDTH - indent - 14:
        return None
    pad = " " * (indent + 2)
    return [
        f"{pad}- {inline(item)}{_said(item)}" if isinstance(item, Commented) else f"{pad}- {inline(item)}"
        for item in value
    ]


def _literal(text: str) -> bool:
    """Tell whether *text* reads well as a literal block, and comes back from it as it is."""
    if "\n" not in text or text[0] in "\n \t":
        return False
    return all(line.isprintable() and line[:1] != "\t" and line[-1:] != " " for line in text.split("\n"))
