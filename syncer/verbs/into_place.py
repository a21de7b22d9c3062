"""Corrected entries of a file → the manifests that their keys come from."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from syncer import manifest
from syncer.kinds.base import Kind
from syncer.kinds.custom import SECTION
from syncer.kinds.registry import KINDS, sections
from syncer.manifest import edit as yaml
from syncer.manifest.edit import Remove, Set, Together
from syncer.manifest.emit import inline
from syncer.manifest.find import shown_name
from syncer.manifest.fixing import Correction, Left
from syncer.manifest.load import Loaded, load_file, scalar
from syncer.manifest.quiet import collector_paused
from syncer.manifest.read import files
from syncer.manifest.source import Source
from syncer.manifest.whole import Entries, whole
from syncer.model.address import Address
from syncer.model.problem import Problem
from syncer.model.span import ValuePath
from syncer.project.load import Project
from syncer.shapes.amounts import money_of
from syncer.shapes.base import Field, Unfit
from syncer.shapes.date import DATE
from syncer.shapes.money import MONEY
from syncer.shapes.spelling import Bare
from syncer.tables import replace as tables
from syncer.tables.source import TableSource
from syncer.verbs.editing import not_ours, read_again
from syncer.verbs.fix import Fixed, left_alone


class _File(NamedTuple):
    """A manifest of the project, and the entries that come into it.

    Attributes:
        loaded: What it says.
        entries: Its entries with what its defaults say.
        corrected: What they shall be.
    """

    loaded: Loaded
    entries: dict[str, Entries]
    corrected: list[tuple[Kind, str, Mapping[str, Any]]]


def into_place(project: Project, path: Path) -> Fixed:
    """Return what becomes of the manifests of *project* when the entries of *path* are written back.

    Raises:
        ManifestError: Something is wrong with the entries, or with the manifests.
    """
    with collector_paused():
        manifest.read(project, only=path)  # all of it has to be right
        name = shown_name(path, project.root)
        source = load_file(path, name, keys_of=sections(), tables=project.tables)
        is_table = project.tables.reads(name)
        made: list[Correction] = []
        left: list[Problem] = []
        texts: dict[str, tuple[str, str]] = {}
        for where, file in _files(project, path, whole(source.value)).items():
            done = _written(project, where, file, loose=is_table)
            made += done.made
            left += map(left_alone, done.left)
            if done.text != done.before:
                texts[where] = (done.before, done.text)
    return Fixed(tuple(made), texts, tuple(left), 0)


def _files(project: Project, path: Path, corrected: Mapping[str, Entries]) -> dict[str, _File]:
    """Return the manifests that declare what is corrected."""
    found: dict[str, _File] = {}
    for name, place in files(project)[0]:
        if place.samefile(path):
            continue
        loaded = load_file(place, name, keys_of=sections(), tables=project.tables)
        entries = whole(loaded.value)
        inside = [
            (kind, key, entry)
            for kind in KINDS.values()
            for key, entry in corrected.get(kind.section, {}).items()
            if key in entries.get(kind.section, {})
        ]
        if inside:
            found[name] = _File(loaded, entries, inside)
    return found


class _Written(NamedTuple):
    before: str
    text: str
    made: tuple[Correction, ...] = ()
    left: tuple[Left, ...] = ()


def _written(project: Project, name: str, file: _File, *, loose: bool) -> _Written:
    source = file.loaded.source
    assert source is not None
    before = read_again(project, name, source.text)
    if isinstance(source, TableSource):
        done = tables.replaced(source, file.entries, file.corrected, project.tables)
        text, made, left = done.text, done.made, done.left
        text = before[: len(before) - len(source.text)] + text
    else:
        text, made, left = _in_yaml(before, source, file, loose=loose)
    why = not_ours(project, name) if made else None
    if why is not None:
        return _Written(before, before, left=(*left, *(Left(each, why, ()) for each in made)))
    return _Written(before, text, made, left)


# YAML


class _Change(NamedTuple):
    """A value of an entry that is another one now.

    Attributes:
        place: Of the value.
        old: As the entry itself has it.
        new: What it shall be; None when it shall be gone.
        edit: How; None where it cannot be made.
        why: It cannot.
    """

    place: ValuePath
    old: Any
    new: Any
    edit: Set | Remove | Together | None
    why: str = ""


def _in_yaml(
    before: str, source: Source, file: _File, *, loose: bool
) -> tuple[str, tuple[Correction, ...], tuple[Left, ...]]:
    changes = [
        change
        for kind, key, entry in file.corrected
        for change in _changes(kind, key, file, entry, loose=loose)
    ]
    edits = [change.edit for change in changes if change.edit is not None]
    done = yaml.apply(before, edits, source.name)
    refused = {each.edit.path: each.why for each in done.refused}
    made: list[Correction] = []
    left: list[Left] = []
    for change in changes:
        why = change.why if change.edit is None else refused.get(change.edit.path)
        correction = _correction(source, change)
        if why is None:
            made.append(correction)
        else:
            left.append(Left(correction, why, ()))
    return done.text, tuple(made), tuple(left)


def _correction(source: Source, change: _Change) -> Correction:
    span = source.span(change.place)
    address = Address(
        next(k.name for k in KINDS.values() if k.section == change.place[0]), str(change.place[1])
    )
    name = f"{address} {'.'.join(map(str, change.place[2:]))}"
    sides = ("" if side is None else inline(side) for side in (change.old, change.new))
    return Correction(span, name, *sides)


def _changes(kind: Kind, key: str, file: _File, new: Mapping[str, Any], *, loose: bool) -> Iterable[_Change]:
    """Yield what differs between an entry as it is, defaults included, and *new*."""
    old = file.entries[kind.section][key]
    own = file.loaded.value[kind.section][key]
    base: ValuePath = (kind.section, key)
    by_name = {kind.spelled(name): name for name in old}
    for name, value in new.items():
        before = by_name.get(kind.spelled(name))
        if name == SECTION and isinstance(value, Mapping):
            yield from _custom((*base, SECTION), old.get(SECTION) or {}, own.get(SECTION) or {}, value, loose)
            continue
        field = next((spec for spec in kind.fields if name in (spec.name, spec.alias)), None)
        if before is not None and _same(field, old[before], value, loose=loose) and before == name:
            continue
        said = _in_form(field, own.get(before or name), value, old.get(before or name))
        edit = Set((*base, name), said)
        if before is not None and before in own and before != name:
            yield _Change(
                (*base, name), own[before], said, Together((*base, before), (Remove((*base, before)), edit))
            )
        else:
            yield _Change((*base, name), own.get(name), said, edit)
    kept = {kind.spelled(name) for name in new}
    for name in old:
        if kind.spelled(name) not in kept:
            yield _gone((*base, name), own, old[name])


def _custom(
    base: ValuePath,
    old: Mapping[str, Any],
    own: Mapping[str, Any],
    new: Mapping[str, Any],
    loose: bool,
) -> Iterable[_Change]:
    for name, value in new.items():
        if name not in old or not _same(None, old[name], value, loose=loose):
            said = _in_form(None, own.get(name), value)
            yield _Change((*base, name), own.get(name), said, Set((*base, name), said))
    for name in old.keys() - new.keys():
        yield _gone((*base, name), own, old[name])


def _gone(place: ValuePath, own: Mapping[str, Any], old: Any) -> _Change:
    if place[-1] in own:
        return _Change(place, old, None, Remove(place))
    why = "It comes from the defaults of the file, which are for other entries, too."
    return _Change(place, old, None, None, why)


def _same(field: Field | None, old: Any, new: Any, *, loose: bool) -> bool:
    """Tell whether both say the same; a table knows texts alone, so that its numbers are loose."""
    if field is not None and field.shape is MONEY:
        return _amount(field, old) == _amount(field, new)
    if isinstance(old, Mapping) and isinstance(new, Mapping):
        return old.keys() == new.keys() and all(
            _same(None, old[name], new[name], loose=loose) for name in old
        )
    if isinstance(old, list) and isinstance(new, list):
        return len(old) == len(new) and all(
            _same(None, one, other, loose=loose) for one, other in zip(old, new, strict=True)
        )
    if loose and not isinstance(old, Mapping | list | bool) and not isinstance(new, Mapping | list | bool):
        return old is not None and new is not None and str(old).rstrip() == str(new).rstrip()
    if isinstance(old, str) and isinstance(new, str):
        return old.rstrip() == new.rstrip()  # as texts are compared: a block ends with a line end
    return type(old) is type(new) and bool(old == new)


def _amount(field: Field, value: Any) -> tuple[str, str]:
    """Return amount and currency as they are written."""
    if isinstance(value, Mapping):
        code = value.get(field.refers or "")
        return str(value["amount"]), "" if code is None else inline(code)
    try:
        amount, code = money_of(str(value))
    except Unfit:
        return str(value), ""
    return f"{amount:f}", code or ""


def _in_form(field: Field | None, old: Any, new: Any, whole_: Any = None) -> Any:
    """Return *new* in the form that *old* has in the file, where it counts as *whole_*."""
    if field is not None and field.shape is MONEY:
        return _money(field, old, new, whole_)
    if field is not None and field.shape is DATE and isinstance(new, str):
        return Bare(new)
    if (
        isinstance(old, int)
        and not isinstance(old, bool)
        and isinstance(new, str)
        and isinstance(scalar(new), int)
    ):
        return Bare(new)  # a number of a table is text
    return new


def _money(field: Field, old: Any, new: Any, whole_: Any) -> Any:
    refers = field.refers or ""
    amount, code = _amount(field, new)
    if isinstance(new, Mapping) and isinstance(new.get(refers), Mapping):
        return new
    if old is not None and not _amount(field, old)[1] and code == _amount(field, whole_)[1]:
        code = ""  # the defaults say it
    if isinstance(old, Mapping):
        return {"amount": Bare(amount)} | ({refers: code} if code else {})
    return Bare(f"{amount} {code}".strip())
