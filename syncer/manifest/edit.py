"""A manifest and edits → the manifest, edited: every other byte stays as it was.

An edit says what a value shall be. Where the old one and the new one are both mappings, or both lists, only
what differs in them is touched. `manifest/cut.py` finds the pieces; then our own loader reads the result,
which has to mean what was asked and nothing else, and no comment may be lost. What cannot be written so is
refused, with its place.
"""

from collections.abc import Mapping, Sequence
from copy import deepcopy
from typing import Any, Final, NamedTuple

from syncer.manifest.cut import Cutter, Unfit, same, splice
from syncer.manifest.layout import Layout
from syncer.manifest.load import Loaded, load_bytes
from syncer.manifest.quiet import collector_paused
from syncer.model.span import Span, ValuePath

_MARK: Final = "\ufeff"


class Set(NamedTuple):
    """What stands at *path* shall be *value*.

    Attributes:
        path: Keys and list positions from the top of the file. Keys that are missing are added.
        value: Plain values, as `manifest/emit.py` takes them.
        also: Where else this very piece of the file is read, by an alias or a merge key, and shall be *value*
            too.
    """

    path: ValuePath
    value: Any
    also: tuple[ValuePath, ...] = ()


class Uncut(NamedTuple):
    """What stands at *path* shall be *value*, a text whose end is behind it and taken for a comment."""

    path: ValuePath
    value: str
    also: tuple[ValuePath, ...] = ()


class Rename(NamedTuple):
    """The key at *path* shall be *name*; where this very key is read as well, it is at `also`."""

    path: ValuePath
    name: str
    also: tuple[ValuePath, ...] = ()


class Remove(NamedTuple):
    """What stands at *path* shall be gone, with its key and the comments inside."""

    path: ValuePath


class Together(NamedTuple):
    """Edits that are made all, or none of them; `path` is where people would look for them."""

    path: ValuePath
    edits: "tuple[Single, ...]"


Single = Set | Uncut | Rename | Remove
Edit = Single | Together


class Refused(NamedTuple):
    """An edit that was not made.

    Attributes:
        edit: Which.
        span: Where it would have to be made.
        why: A sentence for people.
    """

    edit: Edit
    span: Span
    why: str


class Edited(NamedTuple):
    """What became of a file.

    Attributes:
        text: The whole file, with the edits that could be made.
        refused: Those that could not.
    """

    text: str
    refused: tuple[Refused, ...] = ()


def apply(text: str, edits: Sequence[Edit], name: str = "") -> Edited:
    """Return *text* with *edits*, each made as asked or not at all.

    Args:
        text: What `manifest/load.py` reads without a problem; with its byte order mark, if it has one.
        edits: What shall be. List positions count in *text* as it is before the first of them.
        name: How messages call the file.
    """
    mark, text = (_MARK, text[1:]) if text.startswith(_MARK) else ("", text)
    with collector_paused():
        file = _File(name, text)
        if file.loaded.problems:
            why = "The file cannot be read without a problem."
            return Edited(mark + text, tuple(file.refused(edit, why) for edit in edits))
        text, refused = _made(file, edits)
        if refused and len(refused) < len(edits):
            # What was in the way may be there no longer: another entry may have got its own value.
            text, refused = _made(_File(name, text), [each.edit for each in refused])
    return Edited(mark + text, tuple(refused))


class _File:
    """A file before an edit, read once however often it is tried."""

    def __init__(self, name: str, text: str) -> None:
        self.name = name
        self.text = text
        self.loaded = load_bytes(text.encode(), name)
        self._layout: Layout | None = None

    def layout(self) -> Layout:
        """Return where everything stands."""
        if self._layout is None:
            self._layout = Layout(self.text)
        return self._layout

    def refused(self, edit: Edit, why: str) -> Refused:
        """Return why an edit was not made."""
        source = self.loaded.source
        return Refused(edit, source.span(edit.path) if source else Span(self.name, 1, 1), why)


def _made(file: _File, edits: Sequence[Edit]) -> tuple[str, list[Refused]]:
    """Make *edits* at once; without those that cannot be, and where nobody knows which, a half at a time."""
    refused: list[Refused] = []
    while edits:
        try:
            return _edited(file, edits), refused
        except Unfit as unfit:
            wrong = [edit for edit in edits if len(edits) == 1 or _concerns(edit, unfit.path)]
            if len(wrong) != 1:
                break
            refused.append(file.refused(wrong[0], unfit.why))
            edits = [edit for edit in edits if edit not in wrong]
    if not edits:
        return file.text, refused
    shared = [edit for edit in edits if file.layout().is_shared(edit.path)]
    rest = [edit for edit in edits if edit not in shared]
    first, second = (
        (rest, shared) if rest and shared else (edits[: len(edits) // 2], edits[len(edits) // 2 :])
    )
    text, one = _made(file, first)
    text, other = _made(file if text == file.text else _File(file.name, text), second)
    return text, refused + one + other


def _concerns(edit: Edit, path: ValuePath | None) -> bool:
    """Tell whether *edit* is what is to become of the value at *path*, of what is in it or around it."""
    if path is None:
        return False
    parts = edit.edits if isinstance(edit, Together) else (edit,)
    return any(each.path[: len(path)] == path or path[: len(each.path)] == each.path for each in parts)


def _edited(file: _File, wanted: Sequence[Edit]) -> str:
    layout, before = file.layout(), file.loaded
    edits = [each for edit in wanted for each in (edit.edits if isinstance(edit, Together) else (edit,))]
    # From the end of lists on, so that no position moves before it is used.
    removed = sorted((edit for edit in edits if isinstance(edit, Remove)), key=_from_the_end, reverse=True)
    uncut = [edit.path for edit in edits if isinstance(edit, Uncut)]
    cut = deepcopy(before.value)
    for edit in edits:
        if isinstance(edit, Set | Uncut):
            cut = _as_asked(cut, Set(edit.path, edit.value), edit.path)
    for edit in removed:
        cut = _as_asked(cut, edit, edit.path)
    cutter = Cutter(layout, _by_place(edits), uncut)
    cutter.document(before.value, cut)
    asked = deepcopy(cut)
    for edit in edits:
        if isinstance(edit, Set | Uncut):
            for path in edit.also:
                asked = _as_asked(asked, Set(path, edit.value), path)
    renames = sorted((edit for edit in edits if isinstance(edit, Rename)), key=lambda edit: -len(edit.path))
    for rename in renames:
        cutter.key(rename.path, rename.name)
        for path in (rename.path, *rename.also):
            asked = _renamed(asked, path, rename.name)
    kept = cutter.kept()
    after = splice(file.text, cutter.splices)
    _check(before, after, asked, edits)
    now = iter([said for _, said in Layout(after).comments()])
    if any(said not in now for said in kept):
        raise Unfit("A comment would be lost.")
    return after


def _renamed(value: Any, path: ValuePath, name: str) -> Any:
    """Return *value*, whose key at *path* is *name*, in its place among the others."""
    step, rest = path[0], path[1:]
    if rest:
        value[step] = _renamed(value[step], rest, name)
        return value
    if name in value:
        raise Unfit(f'"{name}" is written there as well.', path)
    return {name if key == step else key: inner for key, inner in value.items()}


def _by_place(edits: Sequence[Single]) -> dict[ValuePath, frozenset[int]]:
    """Return the lists of which *edits* name items, each with those that shall be gone."""
    found: dict[ValuePath, frozenset[int]] = {}
    for edit in edits:
        for depth, step in enumerate(edit.path):
            if isinstance(step, int):
                gone = {step} if isinstance(edit, Remove) and depth + 1 == len(edit.path) else set()
                found[edit.path[:depth]] = found.get(edit.path[:depth], frozenset()) | gone
    return found


def _from_the_end(edit: Remove) -> tuple[tuple[int, str], ...]:
    return tuple((step, "") if isinstance(step, int) else (0, step) for step in edit.path)


def _as_asked(value: Any, edit: Set | Remove, whole: ValuePath) -> Any:
    """Return *value*, of which everything may be changed, as it shall be."""
    if not edit.path and isinstance(edit, Set):
        return edit.value
    step, rest = (edit.path or (0,))[0], edit.path[1:]
    adds = isinstance(edit, Set) and isinstance(step, str)
    if value is None and adds:
        value = {}
    if isinstance(value, dict):
        known = step in value
    else:
        known, adds = isinstance(value, list) and step in range(len(value)), False
    if not known and not adds:
        raise Unfit("There is no such place in the file.", whole)
    if rest:
        value[step] = _as_asked(value[step] if known else None, edit._replace(path=rest), whole)
    elif isinstance(edit, Set):
        value[step] = edit.value
    else:
        del value[step]
    return value


def _check(before: Loaded, after: str, asked: Any, edits: Sequence[Single]) -> None:
    """Refuse what does not mean what was asked, and nothing else."""
    read = load_bytes(after.encode(), "")
    if read.problems:
        raise Unfit("The file could not be read any more.")
    if not same(asked, read.value):
        where = _first_difference(asked, read.value)
        if any(where[: len(edit.path)] == edit.path for edit in edits):
            raise Unfit("It cannot be written in this place.")
        raise Unfit(
            f"It is written once for several values: {'.'.join(map(str, where))} would change with it."
        )
    if len(read.warnings) > len(before.warnings):
        raise Unfit(f"The result would be doubtful: {read.warnings[-1].detail}")


def _first_difference(asked: Any, read: Any) -> ValuePath:
    """Return the path of the first value that is not as asked, as far as both have it."""
    steps: list[Any] = []
    if isinstance(asked, Mapping) and isinstance(read, dict):
        steps = [name for name in asked if name in read]
    elif isinstance(asked, list) and isinstance(read, list):
        steps = list(range(min(len(asked), len(read))))
    for step in steps:
        if not same(asked[step], read[step]):
            return (step, *_first_difference(asked[step], read[step]))
    return ()
