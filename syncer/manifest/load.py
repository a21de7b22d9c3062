"""YAML text to plain values, with every way a file can be broken said in words."""

import os
import re
import stat
from collections.abc import Collection, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any, Final, NamedTuple, Protocol

import yaml

from syncer.manifest.characters import merge_conflict, odd_character
from syncer.manifest.doubts import doubts
from syncer.manifest.source import (
    MAX_DEPTH,
    MAX_NODES,
    Source,
    TooDeep,
    TooMany,
    compose,
    is_merge,
    node_mark,
)
from syncer.manifest.syntax import syntax_problem, table
from syncer.model.address import Address
from syncer.model.problem import Problem, Related
from syncer.model.span import Mark, Span

MAX_BYTES: Final = 10 * 1024 * 1024
# An alias repeats what it points to; ordinary merges stay far below this, a "billion laughs" does not.
MAX_EXPANDED: Final = 100_000

_CONSTANTS: Final[dict[str, Any]] = {
    "": None,
    "~": None,
    "null": None,
    "Null": None,
    "NULL": None,
    "true": True,
    "True": True,
    "TRUE": True,
    "false": False,
    "False": False,
    "FALSE": False,
}
# The core schema of YAML 1.2, except that what would lose how it was written stays text: numbers with leading
# zeros (postcodes) or exponents, .inf and .nan.
_INTEGER: Final = re.compile(r"[-+]?(?:0|[1-9][0-9]{0,99})")
_DECIMAL: Final = re.compile(r"[-+]?(?:(?:0|[1-9][0-9]{0,99})?\.[0-9]{1,99}|(?:0|[1-9][0-9]{0,99})\.)")
_BASED: Final = re.compile(r"0o[0-7]{1,40}|0x[0-9a-fA-F]{1,40}")
_NUMBERS: Final = frozenset({int, Decimal})
_NUMBER_STARTS: Final = frozenset("0123456789+-.")

_STANDARD_TAG: Final = "tag:yaml.org,2002:"

_NO_KEYS: Final[Mapping[str, Mapping[str, Mark]]] = {}
_NONE_BAD: Final[Mapping[Address, frozenset[str]]] = {}
TABLE: Final = ".csv"
SPREADSHEETS: Final = (".xlsx", ".xlsm")


class Loaded(NamedTuple):
    """A file read as YAML.

    Attributes:
        source: The file; None when it could not be read as text.
        value: What it holds: dict with text keys, list, str, bool, int, Decimal or None.
        data: The bytes.
        problems: What is wrong; `value` holds what could be read in spite of it.
        ok: Whether `value` is there at all.
        keys: Line, column and end column (as `Span` counts them) of each key of the mappings asked for.
        warnings: What is probably not what was meant.
        bad: Of each record the fields that have a problem already.
    """

    source: Source | None
    value: Any = None
    data: bytes = b""
    problems: tuple[Problem, ...] = ()
    ok: bool = False
    keys: Mapping[str, Mapping[str, Mark]] = _NO_KEYS
    warnings: tuple[Problem, ...] = ()
    bad: Mapping[Address, frozenset[str]] = _NONE_BAD


class Notation(Protocol):
    """What reads the files of a project that are no YAML."""

    def reads(self, name: str) -> bool:
        """Tell whether a file of this name is one."""

    def load(self, data: bytes, name: str) -> Loaded:
        """Read the bytes of one file, as `load_bytes` does."""

    def declares(self, head: bytes, name: str) -> bool:
        """Tell whether a file that begins with *head* looks like a manifest."""


def load_file(
    path: Path, name: str, *, keys_of: Collection[str] = (), tables: Notation | None = None
) -> Loaded:
    """Read one YAML file, or a table.

    Args:
        path: Where it is.
        name: How messages call it.
        keys_of: Keys at the top of the file whose own keys are to be placed in `Loaded.keys`.
        tables: What reads tables.

    Returns:
        What it holds or what is wrong; nothing is raised.
    """
    data, problems = bytes_of(path, name)
    if problems:
        return Loaded(None, problems=problems)
    if tables is not None and tables.reads(name):
        return tables.load(data, name)
    return load_bytes(data, name, keys_of=keys_of)


def bytes_of(path: Path, name: str) -> tuple[bytes, tuple[Problem, ...]]:
    """Return the bytes of a file, or why there are none."""
    try:
        return _read(path), ()
    except _Unreadable as error:
        return b"", (Problem(error.code, error.detail, Span(name, 1, 1), "", error.hint),)


def load_bytes(data: bytes, name: str, *, keys_of: Collection[str] = ()) -> Loaded:  # noqa: PLR0911 (a return for each way a file can be unreadable)
    """Read the bytes of one YAML file, as `load_file` does."""
    try:
        text = _decode(data, name)
    except _Unreadable as error:
        span = error.span or Span(name, 1, 1)
        return Loaded(None, data=data, problems=(Problem(error.code, error.detail, span, "", error.hint),))
    source = Source(name, text)
    problem = odd_character(source) or merge_conflict(source)
    if problem:
        return Loaded(source, data=data, problems=(problem,))
    try:
        root = compose(text)
    except yaml.MarkedYAMLError as error:
        return Loaded(source, data=data, problems=(table(source) or syntax_problem(source, error),))
    except yaml.YAMLError as error:
        detail = f"The YAML parser says: {error}."
        return Loaded(source, data=data, problems=(source.problem("yaml-syntax", detail, Span(name, 1, 1)),))
    except TooDeep as error:
        return Loaded(source, data=data, problems=(_too_deep(source, error.args[0]),))
    except TooMany:
        detail = f"The file holds more than {MAX_NODES:,} values."
        span = Span(name, 1, 1)
        return Loaded(source, data=data, problems=(source.problem("file-too-large", detail, span, _SPLIT),))
    if root is None:
        return Loaded(source, None, data, ok=True)
    if isinstance(root, yaml.ScalarNode) and not root.style and (problem := table(source)):
        return Loaded(source, data=data, problems=(problem,))
    builder = _Builder(source)
    value = builder.build(root)
    keys = {name: builder.keys_of(root, name) for name in (() if builder.stopped else keys_of)}
    problems, warnings = tuple(builder.problems), tuple(doubts(source, root))
    return Loaded(source, value, data, problems, not builder.stopped, keys, warnings)


_SPLIT: Final = "split it into several files"


class _Unreadable(Exception):  # noqa: N818 - it never leaves this module
    def __init__(self, code: str, detail: str, hint: str = "", span: Span | None = None) -> None:
        super().__init__(detail)
        self.code = code
        self.detail = detail
        self.hint = hint
        self.span = span


def _read(path: Path) -> bytes:
    try:
        # O_NONBLOCK: a named pipe without a writer would wait for ever before it can be refused.
        handle = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
    except FileNotFoundError:
        if path.is_symlink():
            target = path.readlink()
            raise _Unreadable(
                "file-missing", f'The link leads to "{target}", which does not exist.'
            ) from None
        raise _Unreadable("file-missing", "There is no such file.") from None
    except (OSError, ValueError) as error:
        raise _Unreadable("file-unreadable", _reason(error)) from None
    try:
        mode = os.fstat(handle).st_mode
        if stat.S_ISDIR(mode):
            raise _Unreadable("file-unreadable", "It is a folder, not a file.")
        if not stat.S_ISREG(mode):
            raise _Unreadable("file-unreadable", "It is not an ordinary file.")
        with os.fdopen(handle, "rb", closefd=False) as file:
            data = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise _Unreadable("file-unreadable", _reason(error)) from None
    finally:
        os.close(handle)
    if len(data) > MAX_BYTES:
        raise _Unreadable(
            "file-too-large", f"The file is larger than {MAX_BYTES // 1024 // 1024} MiB.", _SPLIT
        )
    return data


def _reason(error: OSError | ValueError) -> str:
    text = error.strerror if isinstance(error, OSError) else str(error)
    return f"The system says: {text or type(error).__name__}."


def _decode(data: bytes, name: str) -> str:
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise _Unreadable(
            "file-encoding",
            "The file is UTF-16, as some Windows programs save it.",
            'save it again as "UTF-8" (in Notepad: Save as, Encoding: UTF-8)',
        )
    if data.startswith(b"PK\x03\x04"):
        raise _Unreadable(
            "file-encoding",
            "The file is a spreadsheet (XLSX) or another packed file.",
            f"manifests are text; make one of it: syncer convert {name} --to csv"
            if name.lower().endswith(SPREADSHEETS)
            else "manifests are YAML",
        )
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        start = error.start + (3 if data.startswith(b"\xef\xbb\xbf") else 0)
        lines = re.split(rb"\r\n|\r|\n", data[:start])
        line, column = len(lines), len(lines[-1].decode("utf-8-sig", "replace")) + 1
        raise _Unreadable(
            "file-encoding",
            f"The byte 0x{data[start]:02x} here is not UTF-8; the file is in another encoding.",
            'save it again as "UTF-8"',
            Span(name, line, column),
        ) from None


def _too_deep(source: Source, parent: Any) -> Problem:
    span = source.mark(parent.start_mark) if parent is not None else Span(source.name, 1, 1)
    return source.problem(
        "yaml-too-deep", f"Values are nested more than {MAX_DEPTH} deep; a manifest needs five.", span
    )


def scalar(text: str) -> Any:
    """Return the value of a plain scalar: None, bool, int, Decimal, or the text itself."""
    if text[:1] in _NUMBER_STARTS:
        if _INTEGER.fullmatch(text):
            return int(text)
        if _DECIMAL.fullmatch(text):
            return Decimal(text)
        if _BASED.fullmatch(text):
            return int(text, 0)
        return text
    return _CONSTANTS.get(text, text)


class _Stop(Exception):  # noqa: N818 - it never leaves this module
    """The document expands to more than can be built."""


class _Builder:
    """Builds values out of nodes, each alias anew, so that what is counted is what is built."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.problems: list[Problem] = []
        self.stopped = False
        self._budget = 2 * len(source.text) + MAX_EXPANDED
        self._names: dict[str, str] = {}
        self._scalars: dict[str, Any] = {}
        self._reported: set[int] = set()

    def build(self, root: yaml.Node) -> Any:
        try:
            return self._value(root, 1)
        except _Stop:
            self.stopped = True
            return None

    def keys_of(self, root: yaml.Node, name: str) -> dict[str, Mark]:
        found: dict[str, Mark] = {}
        for key, value in root.value if isinstance(root, yaml.MappingNode) else ():
            if key.value == name and isinstance(value, yaml.MappingNode):
                self._note_keys(value, found)
        return found

    def _note_keys(self, node: yaml.MappingNode, found: dict[str, Mark]) -> None:
        for key, value in node.value:
            if is_merge(key):
                for base in value.value if isinstance(value, yaml.SequenceNode) else (value,):
                    if isinstance(base, yaml.MappingNode):
                        self._note_keys(base, found)
            elif isinstance(key, yaml.ScalarNode) and key.value not in found:
                found[key.value] = node_mark(key)

    def _value(self, node: yaml.Node, depth: int) -> Any:
        self._budget -= 1
        if self._budget < 0:
            self._stop(
                node,
                "yaml-too-many-aliases",
                "Aliases (*name) repeat so much that the file becomes too large to read.",
            )
        if depth > MAX_DEPTH:
            self._stop(
                node, "yaml-too-deep", f"Aliases nest values more than {MAX_DEPTH} deep, or without end."
            )
        if isinstance(node, yaml.ScalarNode):
            text: str = node.value
            if node.tag is not None:
                return self._tagged(node, text)
            return text if node.style else self._scalar(text)
        if node.tag is not None and node.tag not in (_STANDARD_TAG + "map", _STANDARD_TAG + "seq"):
            self._refuse_tag(node)
        if isinstance(node, yaml.SequenceNode):
            return [self._value(item, depth + 1) for item in node.value]
        assert isinstance(node, yaml.MappingNode)
        return self._mapping(node, depth)

    def _mapping(self, node: yaml.MappingNode, depth: int) -> dict[str, Any]:  # noqa: PLR0912 (a branch for each kind of key; called for every mapping)
        values: dict[str, Any] = {}
        merges: list[yaml.Node] = []
        firsts: dict[str, yaml.Node] | None = None
        for key, value in node.value:
            if key.value == "<<" and is_merge(key):
                merges.append(value)
                if len(merges) == 2:
                    self._duplicate(key, next(first for first, _ in node.value if is_merge(first)))
                continue
            if key.__class__ is not yaml.ScalarNode:
                self._note(key, "yaml-unsupported", "A key is a list or a mapping; keys are plain text.")
                continue
            if key.tag is not None:
                self._refuse_tag(key)
            name = self._names.setdefault(key.value, key.value)
            if name in values:
                if firsts is None:
                    firsts = self._first_keys(node)
                self._duplicate(key, firsts[name])
            if value.__class__ is yaml.ScalarNode and value.tag is None and depth < MAX_DEPTH:
                self._budget -= 1  # as _value does; most values are such scalars
                text = value.value
                if value.style:
                    values[name] = text
                elif text in self._scalars:  # written before, and then one object with it
                    values[name] = self._scalars[text]
                else:
                    values[name] = self._scalars[text] = self._scalar(text)
            else:
                values[name] = self._value(value, depth + 1)
        for value in merges:
            self._merge(value, values, depth)
        return values

    def _scalar(self, text: str) -> Any:
        value = scalar(text)
        if value.__class__ in _NUMBERS and str(value) != text:
            self.source.odd_numbers = True
        return value

    @staticmethod
    def _first_keys(node: yaml.MappingNode) -> dict[str, yaml.Node]:
        firsts: dict[str, yaml.Node] = {}
        for key, _ in node.value:
            if isinstance(key, yaml.ScalarNode):
                firsts.setdefault(key.value, key)
        return firsts

    def _merge(self, value: yaml.Node, values: dict[str, Any], depth: int) -> None:
        for base in value.value if isinstance(value, yaml.SequenceNode) else (value,):
            if not isinstance(base, yaml.MappingNode):
                self._note(
                    base,
                    "wrong-type",
                    "<< merges a mapping, and this is none.",
                    "write `<<: *name`, where &name stands before a mapping",
                )
                continue
            for name, inner in self._value(base, depth + 1).items():
                values.setdefault(name, inner)

    def _tagged(self, node: yaml.ScalarNode, text: str) -> Any:
        if node.tag != _STANDARD_TAG + "str":
            self._refuse_tag(node)
        return text

    def _refuse_tag(self, node: yaml.Node) -> None:
        tag = node.tag.replace(_STANDARD_TAG, "!!")
        self._note(
            node, "yaml-unsupported", f'The tag "{tag}" is not supported.', "write the value without it"
        )

    def _duplicate(self, key: yaml.Node, first: yaml.Node) -> None:
        place = self.source.node_span(first)
        self._note(
            key,
            "yaml-duplicate-key",
            f'"{key.value}" is already written in line {place.line}; only one of them can count.',
            "delete or rename one of them",
            (Related(place, "first written here", self.source.excerpt(place)),),
        )

    def _note(
        self, node: yaml.Node, code: str, detail: str, hint: str = "", related: tuple[Related, ...] = ()
    ) -> None:
        if id(node) not in self._reported:  # an aliased node is built more than once
            self._reported.add(id(node))
            span = self.source.node_span(node)
            self.problems.append(self.source.problem(code, detail, span, hint, related=related))

    def _stop(self, node: yaml.Node, code: str, detail: str) -> None:
        self._note(node, code, detail)
        raise _Stop
