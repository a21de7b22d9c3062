"""Where everything stands in a YAML file: values, keys, and the signs between them.

`manifest/source.py` says where a value was written, for people. Editing needs more: where an alias stands
(and not what it stands for), where a block ends before the comments behind it, each colon, dash and comma.
"""

import re
from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, Final, NamedTuple

import yaml
from yaml.cyaml import CParser  # type: ignore[attr-defined]

from syncer.manifest.surrogates import moved, rewritten
from syncer.model.span import ValuePath

_BREAK: Final = re.compile(r"\r\n|[\r\n]")
_PROPERTIES: Final = re.compile(r"(?:[&!][^\s,\[\]{}]*[ \t]*)+")
_HEADER: Final = re.compile(r"[|>][-+0-9]*")
_COMMENT: Final = re.compile(r"(?:(?<=[\s,\[\]{}])|^)#[^\r\n]*", re.MULTILINE)


class Form(Enum):
    """What a part is."""

    SCALAR = "scalar"
    MAPPING = "mapping"
    SEQUENCE = "sequence"
    ALIAS = "alias"


@dataclass(slots=True)
class Part:
    """A value as it stands in the file. Offsets count characters from the start of the text.

    Attributes:
        form: What it is.
        start: Where it begins, with its anchor and its tag.
        body: Where it begins without them.
        end: Behind its last character: no comment and no blank line behind it belongs to it.
        style: Of a scalar: "", `'`, `"`, `|` or `>`.
        flow: Of a collection: it stands in brackets.
        text: Of a scalar: what it says.
        pairs: Of a mapping.
        items: Of a sequence.
    """

    form: Form
    start: int
    body: int
    end: int
    style: str = ""
    flow: bool = False
    text: str = ""
    pairs: "list[Pair]" = field(default_factory=list)
    items: "list[Part]" = field(default_factory=list)

    @property
    def is_block(self) -> bool:
        """Whether it is a collection that is told by its indentation."""
        return self.form in (Form.MAPPING, Form.SEQUENCE) and not self.flow


class Pair(NamedTuple):
    """A key and its value."""

    key: Part
    value: Part

    @property
    def name(self) -> str | None:
        """The key as text; None for `<<`, and for a key that is no text."""
        key = self.key
        return None if key.form is not Form.SCALAR or (key.text == "<<" and not key.style) else key.text


class Layout:
    """The parts of one document, and the signs between them.

    Attributes:
        text: The file, without a byte order mark.
        root: Its value; None when it is empty.
        line_end: How its lines end.
    """

    def __init__(self, text: str) -> None:
        """Read *text*, which `manifest.load` has read without a problem."""
        self.text = text
        breaks = list(_BREAK.finditer(text))
        self._starts = [0, *(found.end() for found in breaks)]
        self.line_end = breaks[0].group() if breaks else "\n"
        changed = rewritten(text) if "\\u" in text else None
        self._ends = changed.ends if changed else {}
        readable = changed.text if changed else text
        self._signs: dict[str, list[int]] = {"-": [], ":": [], ",": []}
        self._by_name: dict[int, dict[str, Pair]] = {}
        self._read_signs(readable)
        parser = CParser(readable)
        self.root = self._root(iter(parser.get_event, None))

    # Lines

    def line_of(self, offset: int) -> int:
        """Return the number of the line that holds *offset*, from 0."""
        at = bisect_left(self._starts, offset)
        return at if at < len(self._starts) and self._starts[at] == offset else at - 1

    def line_start(self, offset: int) -> int:
        """Return where the line of *offset* begins."""
        return self._starts[self.line_of(offset)]

    def line_stop(self, offset: int) -> int:
        """Return where the next line begins; the end of the text when there is none."""
        line = self.line_of(offset) + 1
        return self._starts[line] if line < len(self._starts) else len(self.text)

    def line(self, offset: int) -> str:
        """Return the line of *offset*, with its end."""
        return self.text[self.line_start(offset) : self.line_stop(offset)]

    def column(self, offset: int) -> int:
        """Return the column of *offset*, from 0."""
        return offset - self.line_start(offset)

    # Signs

    def sign(self, sign: str, start: int, stop: int) -> int | None:
        """Return where the first *sign* (`-`, `:` or `,`) between *start* and *stop* stands, if any."""
        found = self._signs[sign]
        at = bisect_left(found, start)
        return found[at] if at < len(found) and found[at] < stop else None

    def dash(self, item: Part) -> int:
        """Return where the dash of an *item* stands."""
        found = self._signs["-"]
        return found[bisect_left(found, item.start) - 1]

    def is_shared(self, path: ValuePath) -> bool:
        """Tell whether what stands at *path*, or around it, has a name that an alias may call."""
        part, step = self.root, None
        for step in path:
            if part is None or self.text[part.start : part.body].startswith("&"):
                break
            if isinstance(step, int):
                part = part.items[step] if step < len(part.items) else None
            else:
                part = next((pair.value for pair in part.pairs if pair.name == step), None)
        return part is not None and "&" in self.text[part.start : part.body]

    def pair(self, path: ValuePath) -> Pair | None:
        """Return the pair at *path*, when it is written there itself, and not where an alias leads."""
        around = self._at_path(path[:-1])
        return None if around is None else self._pairs(around).get(str(path[-1]))

    def holds(self, path: ValuePath) -> bool:
        """Tell whether what is at *path* stands there itself, and not where an alias leads."""
        part = self._at_path(path)
        return part is not None and part.form is not Form.ALIAS

    def _at_path(self, path: ValuePath) -> Part | None:
        part = self.root
        for step in path:
            if part is None:
                return None
            if isinstance(step, int):
                part = part.items[step] if step < len(part.items) else None
            else:
                pair = self._pairs(part).get(step)
                part = pair.value if pair else None
        return part

    def _pairs(self, part: Part) -> dict[str, Pair]:
        """Return the pairs of a mapping by their names."""
        known = self._by_name.get(id(part))
        if known is None:
            known = self._by_name[id(part)] = {
                pair.name: pair for pair in part.pairs if pair.name is not None
            }
        return known

    def comments(self) -> list[tuple[int, str]]:
        """Return each comment with its place."""
        found: list[tuple[int, str]] = []
        at = 0
        for start, end in [*self._scalars(), (len(self.text), len(self.text))]:
            found += ((match.start(), match.group()) for match in _COMMENT.finditer(self.text, at, start))
            at = max(at, end)
        return found

    def _scalars(self) -> Iterator[tuple[int, int]]:
        """Yield where the texts stand, in their order; of a block scalar what is below its first line."""
        stack = [self.root] if self.root else []
        while stack:
            part = stack.pop()
            if part.form is Form.SCALAR:
                begin = self.line_stop(part.body) if part.style in ("|", ">") else part.body
                yield begin, max(begin, part.end)
            else:
                inner = [each for pair in part.pairs for each in pair] or part.items
                stack += reversed(inner)

    # Reading

    def _at(self, mark: Any) -> int:
        place = moved(mark, self._ends)
        return int(self._starts[place.line] + place.column)

    def _read_signs(self, text: str) -> None:
        kinds = {yaml.BlockEntryToken: "-", yaml.ValueToken: ":", yaml.FlowEntryToken: ","}
        parser = CParser(text)
        for token in iter(parser.get_token, None):
            sign = kinds.get(type(token))
            if sign is not None and token.start_mark.index < token.end_mark.index:
                self._signs[sign].append(self._at(token.start_mark))

    def _root(self, events: Iterator[Any]) -> Part | None:
        for event in events:
            if isinstance(event, yaml.NodeEvent):
                return self._part(event, events)
        return None

    def _part(self, event: Any, events: Iterator[Any]) -> Part:
        start, end = self._at(event.start_mark), self._at(event.end_mark)
        if isinstance(event, yaml.AliasEvent):
            return Part(Form.ALIAS, start, start, end)
        body = start
        if event.anchor is not None or event.tag is not None:
            found = _PROPERTIES.match(self.text, start)
            body = found.end() if found else start
        if isinstance(event, yaml.ScalarEvent):
            style = event.style or ""
            if style in ("|", ">"):
                end = self._block_end(body, end)
            elif body > end:
                body = end  # an anchor or a tag, and nothing behind it
            return Part(Form.SCALAR, start, body, end, style, text=event.value)
        part = Part(Form.SEQUENCE, start, body, end, flow=bool(event.flow_style))
        if isinstance(event, yaml.SequenceStartEvent):
            while not isinstance(event := next(events), yaml.SequenceEndEvent):
                part.items.append(self._part(event, events))
        else:
            part.form = Form.MAPPING
            while not isinstance(event := next(events), yaml.MappingEndEvent):
                key = self._part(event, events)
                part.pairs.append(Pair(key, self._part(next(events), events)))
        if part.flow:
            part.end = self._at(event.end_mark)
        else:
            part.end = part.pairs[-1].value.end if part.pairs else part.items[-1].end
        return part

    def _block_end(self, body: int, end: int) -> int:
        """Return the end of a block scalar: behind its last line that says something."""
        header = _HEADER.match(self.text, body)
        text = self.text[body:end]
        short = text.rstrip(" \t\r\n")
        keeps = header is not None and "+" in header.group()
        # Blanks that stand further in than the text are text.
        if keeps or text[len(short) :].strip("\r\n"):
            return body + len(_stripped_once(text))
        return body + len(short)


def _stripped_once(text: str) -> str:
    return text[:-2] if text.endswith("\r\n") else text[:-1] if text[-1:] in ("\r", "\n") else text
