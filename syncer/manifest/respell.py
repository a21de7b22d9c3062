"""A value as it is written in the place of another: in its quotes, its kind of block, or as JSON."""

import json
import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Final, NamedTuple

from syncer.manifest.emit import block, inline
from syncer.shapes.quoting import quoted
from syncer.shapes.spelling import Bare, Commented

HEADER: Final = re.compile(r"[|>][-+0-9]*")
_JSON_NUMBER: Final = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?")


class Spelled(NamedTuple):
    """A value in a file.

    Attributes:
        head: What stands on the line of its key or dash.
        below: The lines below that one.
    """

    head: str
    below: tuple[str, ...] = ()


class Old(NamedTuple):
    """What stood in the place.

    Attributes:
        style: Of a scalar: "", `'`, `"`, `|` or `>`.
        header: Of a block scalar: its first line, such as `|-`.
        indent: Of a block scalar: the column of its lines.
    """

    style: str = ""
    header: str = ""
    indent: int = 0


def respelled(value: Any, old: Old, column: int | None, *, as_json: bool) -> Spelled:
    """Return *value* for the place of *old*.

    Args:
        value: Plain values, as `manifest/emit.py` takes them.
        old: How the value there was written.
        column: Of the key before it, where lines may follow below; None where all has to stand on one line.
        as_json: The file is JSON.
    """
    if as_json and not (isinstance(value, Bare) and old.style):
        return Spelled(in_json(value))
    if isinstance(value, Bare):
        return Spelled(f"{old.style}{value}{old.style}" if old.style in ("'", '"') else value)
    if isinstance(value, str):
        found = _text(value, old)
        if found is not None:
            return found
    if column is None:
        return Spelled(inline(value))
    first, *below = block({"-": value}, column)
    return Spelled(first.partition(":")[2].strip(), tuple(below))


def in_json(value: Any) -> str:
    """Return *value* as JSON on one line; what is no number of JSON becomes text."""
    match value:
        case Commented():
            return in_json(value.value)
        case Bare() | int() | Decimal() if not isinstance(value, bool):
            return str(value) if _JSON_NUMBER.fullmatch(str(value)) else json.dumps(str(value))
        case Mapping():
            return (
                "{" + ", ".join(f"{in_json(name)}: {in_json(inner)}" for name, inner in value.items()) + "}"
            )
        case list() | tuple():
            return "[" + ", ".join(map(in_json, value)) + "]"
        case _:
            return json.dumps(value, ensure_ascii=not str(value).isprintable())


def _text(text: str, old: Old) -> Spelled | None:
    """Return *text* written as the old one was; None when that cannot hold it."""
    if old.style == "'" and text.isprintable():
        return Spelled("'" + text.replace("'", "''") + "'")
    if old.style == '"':
        escaped = text.replace("\\", "\\\\").replace('"', '\\"')
        return Spelled(f'"{escaped}"' if text.isprintable() else quoted(text))
    return _block(text, old) if old.style in ("|", ">") else None


def _block(text: str, old: Old) -> Spelled | None:
    body = text.removesuffix("\n")
    lines = body.split("\n")
    fits = all(line.isprintable() and line[-1:] != " " for line in lines)
    if not fits or lines[0][:1] in ("", " "):
        return None
    if old.style == ">":
        if any(line.startswith(" ") for line in lines):
            return None
        lines = re.sub(r"\n+", lambda found: "\n" + found.group(), body).split("\n")
    return Spelled(old.header, tuple(" " * old.indent + line if line else "" for line in lines))
