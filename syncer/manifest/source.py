"""One YAML file: its text, and where each value of it was written."""

import re
from collections.abc import Callable, Iterator
from functools import cached_property
from typing import Any, Final

import yaml
from yaml.cyaml import CParser  # type: ignore[attr-defined]

from syncer.manifest.surrogates import moved, put_back, rewritten
from syncer.model.address import Address
from syncer.model.fix import Fix
from syncer.model.problem import Problem, Related
from syncer.model.span import Mark, Span, ValuePath

MAX_DEPTH: Final = 30
MAX_NODES: Final = 1_500_000
_LINE: Final = re.compile(r"\r\n|[\r\n]")
_PRIVATE: Final = r"(?i)(?:^|[\s{,\"'-])(?:\w*password|passwd|\w*secret|\w*token|api_?key|user_?name|credentials)[\"']?\s*:|://[^/\s]*@"


class TooDeep(Exception):  # noqa: N818 - it never leaves the manifest package
    """The nesting passed `MAX_DEPTH`; carries the mark of the node around it."""


class TooMany(Exception):  # noqa: N818 - as above
    """The file holds more than `MAX_NODES` values."""


def compose(text: str) -> yaml.Node | None:
    """Return the root of the one document in *text*, None when it is empty.

    Raises:
        yaml.YAMLError: It is no YAML, or two documents.
        TooDeep, TooMany: It is more than a manifest needs.
    """
    from_json = rewritten(text) if "\\u" in text else None
    if from_json is not None:
        text = from_json.text
    try:
        root: yaml.Node | None = (_Parser if _is_shallow(text) else _BoundedParser)(text).get_single_node()
    except yaml.MarkedYAMLError as error:
        if from_json is not None:
            for name in ("context_mark", "problem_mark"):
                if (mark := getattr(error, name)) is not None:
                    setattr(error, name, moved(mark, from_json.ends))
        raise
    if from_json is not None:
        put_back(root, from_json.ends)
    return root


# What could nest: a line indented (or opened, by `- ` and `? `) to column 13, and a bracket that is not
# closed on its line before anything that could hide a bracket. A line ends with a line feed alone, else
# nothing is told.
_OTHER_BREAK: Final = re.compile("[\r\x85\u2028\u2029]")
_DEEP_BLOCK: Final = re.compile(r"\n[ \t?:-]{13}")
_DEEP_FLOW: Final = re.compile(r"""[\[{][^\[\]{}"'#\n]*+(?![\]}])""")


def _is_shallow(text: str) -> bool:
    """Tell whether no document in *text* can come near `MAX_DEPTH` and `MAX_NODES`, whatever it says.

    Counting every node costs a third of the composing, and hardly any manifest needs it. A block lies in a
    column of its own, of twelve at most, or is a list that shares the one of its key; brackets nest once.
    """
    if len(text) >= MAX_NODES or ("\r" in text if text.isascii() else _OTHER_BREAK.search(text)):
        return False
    return not (_DEEP_BLOCK.match(f"\n{text[:13]}") or _DEEP_BLOCK.search(text) or _DEEP_FLOW.search(text))


class _Parser(CParser):
    """libyaml's composer, with tags left unresolved."""

    def resolve(self, _kind: object, _value: object, _implicit: object) -> None:
        """Leave the tag to the builder: None means that none was written."""

    def descend_resolver(self, _parent: yaml.Node | None, _index: object) -> None:
        """Do nothing; called by libyaml's composer before each node."""

    def ascend_resolver(self) -> None:
        """Do nothing; called behind it."""


class _BoundedParser(_Parser):
    """The same with its recursion bounded."""

    def __init__(self, text: str) -> None:
        CParser.__init__(self, text)
        self.depth = 0
        self.nodes = 0

    def descend_resolver(self, parent: yaml.Node | None, _index: object) -> None:
        """Count, which bounds the C stack."""
        self.depth += 1
        self.nodes += 1
        if self.depth > MAX_DEPTH:
            raise TooDeep(parent)
        if self.nodes > MAX_NODES:
            raise TooMany

    def ascend_resolver(self) -> None:
        """Count back."""
        self.depth -= 1


def is_merge(key: yaml.Node) -> bool:
    """Tell whether *key* is a plain `<<`."""
    return key.value == "<<" and isinstance(key, yaml.ScalarNode) and not key.style


def pairs(node: yaml.MappingNode, *, depth: int = 0) -> Iterator[tuple[yaml.Node, yaml.Node]]:
    """Yield the pairs of a mapping, merged ones last: of each key the first pair counts."""
    merged: list[yaml.Node] = []
    for key, value in node.value:
        if is_merge(key):
            merged.append(value)
        else:
            yield key, value
    for value in merged if depth < MAX_DEPTH else ():
        for base in value.value if isinstance(value, yaml.SequenceNode) else (value,):
            if isinstance(base, yaml.MappingNode):
                yield from pairs(base, depth=depth + 1)


def node_mark(node: yaml.Node) -> Mark:
    """Return the place of a node in its file, with its end when it ends on the same line."""
    start, end = node.start_mark, node.end_mark
    line, column, end_column = start.line, start.column, end.column
    same_line = end.line == line and end_column > column
    return line + 1, column + 1, end_column + 1 if same_line else None


class Place:
    """Where one value was written, and its parts."""

    __slots__ = ("end", "key", "parts", "start", "text")

    def __init__(
        self,
        start: tuple[int, int],
        end: tuple[int, int],
        key: Span | None,
        text: str | None,
        parts: "dict[Any, Place]",
    ) -> None:
        self.start = start
        self.end = end
        self.key = key
        self.text = text
        self.parts = parts


class Source:
    """A YAML file as it was read.

    Attributes:
        name: Path as shown to people.
        text: Content, without a byte order mark.
        is_text: What the hints about it say can be written into it.
        odd_numbers: It holds numbers that are not written in plain decimal digits: `0x1f`, `+5`, `.5`.
    """

    is_text: bool = True

    def __init__(self, name: str, text: str) -> None:
        self.name = name
        self.text = text
        self.odd_numbers = False

    def span(self, path: ValuePath = (), *, key: bool = False) -> Span:
        """Return the place of *path*, or of the nearest thing around it that was written.

        Args:
            path: Keys and list positions from the top of the file.
            key: The place of the key of the last step, not of its value.
        """
        return self.find(path, key=key)[0]

    def find(self, path: ValuePath, *, key: bool = False) -> tuple[Span, int]:
        """Return the place as `span` does, and how many steps of *path* were written."""
        place, depth = self._outline, 0
        for step in path:
            part = place.parts.get(step)
            if part is None:
                break
            place, depth = part, depth + 1
        return self._span_of(place, key=key and depth == len(path)), depth

    def text_at(self, path: ValuePath) -> str | None:
        """Return the scalar at *path* as it was written, without quotes; None when there is none."""
        place: Place | None = self._outline
        for step in path:
            place = place.parts.get(step) if place else None
        return place.text if place else None

    def written(self, base: ValuePath = ()) -> Callable[[ValuePath], str | None]:
        """Return what tells the scalar at a path below *base* as it was written."""
        return lambda path: self.text_at((*base, *path))

    def excerpt(self, span: Span) -> str:
        """Return the line of the file at *span*; "" for a line that may hold a credential."""
        line = self.line(span.line)
        return "" if re.search(_PRIVATE, line) else line

    def line(self, number: int) -> str:
        """Return a line by its number from 1; "" when there is none."""
        return self.lines[number - 1] if 0 < number <= len(self.lines) else ""

    def place_of(self, offset: int) -> tuple[int, int]:
        """Return line and column of the character at *offset*."""
        lines = _LINE.split(self.text[:offset])
        return len(lines), len(lines[-1]) + 1

    def problem(
        self,
        code: str,
        detail: str,
        span: Span,
        hint: str = "",
        *,
        related: tuple[Related, ...] = (),
        address: Address | None = None,
        fix: Fix | None = None,
    ) -> Problem:
        """Return a problem of this file with its excerpt."""
        return Problem(
            code, detail, span, self.excerpt(span), hint, related, address, fix=fix if self.is_text else None
        )

    def mark(self, mark: Any) -> Span:
        """Return the place of one of libyaml's marks."""
        return Span(self.name, mark.line + 1, mark.column + 1)

    def end(self) -> Span:
        """Return the place behind the last character that was written."""
        written = [number for number, line in enumerate(self.lines, 1) if line.strip()]
        line = written[-1] if written else 1
        return Span(self.name, line, len(self.lines[line - 1].rstrip()) + 1)

    def node_span(self, node: yaml.Node) -> Span:
        """Return the place of a node, with its end when it ends on the same line."""
        return Span(self.name, *node_mark(node))

    def _span_of(self, place: Place, *, key: bool) -> Span:
        flow = place.text is not None or self._opens_flow(place)
        if place.key is not None and (key or not flow or place.start == place.end):
            return place.key
        (line, column), (end_line, end_column) = place.start, place.end
        same_line = end_line == line and end_column > column
        return Span(self.name, line, column, end_column if same_line else None)

    def _opens_flow(self, place: Place) -> bool:
        line, column = place.start
        return self.line(line)[column - 1 : column] in ("[", "{")

    @cached_property
    def lines(self) -> list[str]:
        """The lines of the file, without their ends."""
        return _LINE.split(self.text)

    @cached_property
    def _outline(self) -> Place:
        # Spans are only wanted when something is wrong, so the file is composed a second time for them.
        try:
            root = compose(self.text)
        except (yaml.YAMLError, TooDeep, TooMany):
            root = None
        if root is None:
            return Place((1, 1), (1, 1), None, None, {})
        return self._place(root, None, {})

    def _place(self, node: yaml.Node, key: yaml.Node | None, known: dict[int, dict[Any, Place]]) -> Place:
        parts = known.get(id(node))
        if parts is None:
            # Filled after it is known, so that an alias to a node around it ends here.
            parts = known[id(node)] = {}
            if isinstance(node, yaml.MappingNode):
                for name, value in pairs(node):
                    if isinstance(name, yaml.ScalarNode) and name.value not in parts:
                        parts[name.value] = self._place(value, name, known)
            elif isinstance(node, yaml.SequenceNode):
                for index, item in enumerate(node.value):
                    parts[index] = self._place(item, None, known)
        start, end = node.start_mark, node.end_mark
        return Place(
            (start.line + 1, start.column + 1),
            (end.line + 1, end.column + 1),
            None if key is None else self.node_span(key),
            node.value if isinstance(node, yaml.ScalarNode) else None,
            parts,
        )
