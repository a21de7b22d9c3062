r"""Characters that JSON writes as two escapes, such as `\ud83d\ude00`.

YAML has no such escapes, but every JSON file is to be read: in one, each pair becomes the one escape that
YAML has for the character, and places are counted back to where they were written.
"""

import json
import re
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple

import yaml

_ESCAPE: Final = re.compile(
    r"\\(?:u([dD][89abAB][0-9a-fA-F]{2})\\u([dD][c-fC-F][0-9a-fA-F]{2})|.)", re.DOTALL
)
_PAIR: Final = re.compile(r"\\u[dD][89abAB]")
_SHORTER: Final = 2  # `\U0001f600` than `\ud83d\ude00`


class Rewritten(NamedTuple):
    """Text that YAML can read.

    Attributes:
        text: With one escape for each pair.
        ends: By line, from 0, the columns at which the escapes that were put in end.
    """

    text: str
    ends: Mapping[int, Sequence[int]]


def rewritten(text: str) -> Rewritten | None:
    """Return *text* as YAML can read it; None when it needs no change, or is no JSON."""
    if not _PAIR.search(text):
        return None
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return None
    ends: dict[int, list[int]] = {}
    lines = re.split(r"(\r\n|\r|\n)", text)
    for number in range(0, len(lines), 2):
        line, columns = _line(lines[number])
        if columns:
            lines[number], ends[number // 2] = line, columns
    return Rewritten("".join(lines), ends) if ends else None


def _line(line: str) -> tuple[str, list[int]]:
    columns: list[int] = []

    def one(match: re.Match[str]) -> str:
        if match[1] is None:
            return match.group()
        columns.append(match.end() - _SHORTER * (len(columns) + 1))
        return f"\\U{character(match[1], match[2]):08x}"

    return _ESCAPE.sub(one, line), columns


def character(high: str, low: str) -> int:
    """Return the code point that two surrogates, written as hexadecimal digits, stand for."""
    return 0x10000 + ((int(high, 16) - 0xD800) << 10) + (int(low, 16) - 0xDC00)


def put_back(root: yaml.Node | None, ends: Mapping[int, Sequence[int]]) -> None:
    """Give every node below *root* the place where it was written."""
    stack: list[yaml.Node] = [] if root is None else [root]
    while stack:  # JSON has no aliases, so each node is met once
        node = stack.pop()
        node.start_mark = moved(node.start_mark, ends)
        node.end_mark = moved(node.end_mark, ends)
        if isinstance(node, yaml.MappingNode):
            for key, value in node.value:
                stack += (key, value)
        elif isinstance(node, yaml.SequenceNode):
            stack += node.value


def moved(mark: Any, ends: Mapping[int, Sequence[int]]) -> Any:
    """Return *mark* at the column where it was before the line became shorter."""
    columns = ends.get(mark.line)
    if not columns:
        return mark
    column = mark.column + _SHORTER * bisect_right(columns, mark.column)
    return yaml.Mark(mark.name, mark.index, mark.line, column, None, 0)
