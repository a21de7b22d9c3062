"""Described records of one kind → the text of manifest files."""

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from syncer.importing.describe import Described
from syncer.importing.keys import slug
from syncer.kinds.base import Kind
from syncer.kinds.custom import SECTION, path_of
from syncer.kinds.registry import KINDS
from syncer.manifest.emit import block, comment, inline
from syncer.project.load import FILE_NAME as SETTINGS
from syncer.resolve.directory import Directory
from syncer.shapes.base import Field
from syncer.shapes.quoting import quoted
from syncer.shapes.reference import REFERENCE
from syncer.shapes.spelling import Commented, Unsayable, plain

ONE: Final = "none"
# A manifest may have 10 MiB; editors and reviewers are happier far below that.
MOST_BYTES: Final = 4 * 1024 * 1024
# What every kind may say beside its fields, behind them.
_BEHIND: Final = (SECTION, "lifecycle", "id")


def splits() -> tuple[str, ...]:
    """Return by what the records of an import may be put into files: what each one has, or not at all."""
    fields = (spec for kind in KINDS.values() for spec in kind.fields)
    return (*dict.fromkeys(spec.name for spec in fields if spec.required and spec.shape is REFERENCE), ONE)


def file_names(
    kind: Kind, described: Sequence[Described], directory: Directory, split: str
) -> dict[str, list[Described]]:
    """Return which records of *kind* go into which file; names end with .yaml, no folders."""
    spec = next((spec for spec in kind.fields if spec.name == split), None)
    if spec is None:
        return {f"{kind.section}.yaml": list(described)}
    stems: dict[str | None, str] = {}
    taken = {Path(SETTINGS).stem}  # --out may be the folder of the project itself
    files: dict[str, list[Described]] = {}
    ids = sorted(
        {entry.record.values.get(split) or "" for entry in described},
        key=lambda id_: _stem_of(directory, spec, id_),
    )
    for id_ in ids:
        short, long = _stem_of(directory, spec, id_)
        stem = next(
            name
            for name in (short, long, *(f"{long}-{n}" for n in range(2, len(ids) + 2)))
            if name not in taken
        )
        taken.add(stem)
        stems[id_] = stem
    for entry in described:
        files.setdefault(f"{stems[entry.record.values.get(split) or '']}.yaml", []).append(entry)
    return dict(sorted(files.items()))


def _stem_of(directory: Directory, spec: Field, id_: str) -> tuple[str, str]:
    """Return a short and a long stem for a file name."""
    refers = spec.refers or ""
    if not id_ or directory.get(refers, id_) is None:
        return f"no-{spec.name}", f"no-{spec.name}-{slug(id_) or 'at-all'}"
    written = directory.written(refers, id_)
    long = slug(written) or f"{spec.name}-{id_[:8]}"
    return (slug(written.partition("@")[0]) or long, long) if "@" in written else (long, f"{long}-{id_[:8]}")


def texts(
    kind: Kind,
    files: Mapping[str, Sequence[Described]],
    project_defaults: Mapping[str, Any],
    head: Sequence[str],
) -> dict[str, str]:
    """Return the text of each file; a very long one in several.

    Args:
        kind: What the files declare.
        files: Records by file.
        project_defaults: `defaults` of syncer.yaml, as written.
        head: Lines at the top of each file.
    """
    found: dict[str, str] = {}
    for name, described in files.items():
        ordered = sorted(described, key=lambda entry: entry.key)
        shared = _shared(kind, ordered, project_defaults)
        top = [*head, "version: 1"]
        if shared:
            top += (
                list(block({"defaults": shared}, 0))
                if len(inline(shared)) <= 80
                else [
                    "defaults:",
                    *block(shared, 2),
                ]
            )
        top.append(f"{kind.section}:")
        beginning = "\n".join(top) + "\n"
        parts: list[list[str]] = [[]]
        size = 0
        for entry in ordered:
            text = "\n".join(_lines(entry, {**project_defaults, **shared})) + "\n"
            length = len(text.encode("utf-8", "replace"))
            if size + length > MOST_BYTES and parts[-1]:
                parts.append([])
                size = 0
            parts[-1].append(text)
            size += length
        stem = name.removesuffix(".yaml")
        for number, part in enumerate(parts, 1):
            found[name if number == 1 else f"{stem}.{number}.yaml"] = beginning + "\n".join(part)
    return found


def _shared(
    kind: Kind, described: Sequence[Described], project_defaults: Mapping[str, Any]
) -> dict[str, Any]:
    """Return the values most records of a file have, of those that every one of them says."""
    shared: dict[str, Any] = {}
    for name in _alike(kind) if len(described) > 1 else ():
        if any(name not in entry.values for entry in described):
            continue
        counted = Counter(_text(entry.values[name]) for entry in described)
        text, count = counted.most_common(1)[0]
        value = next(entry.values[name] for entry in described if _text(entry.values[name]) == text)
        if count > 1 and (name not in project_defaults or _text(project_defaults[name]) != text):
            shared[name] = value
    return shared


def _alike(kind: Kind) -> list[str]:
    """Return the fields that many records of *kind* have alike: an owner and a pipeline, but no step."""
    moving = {spec.via for spec in kind.fields}
    return [
        spec.name
        for spec in kind.fields
        if spec.shape is REFERENCE and not (spec.own or spec.empty or spec.name in moving)
    ]


def _text(value: Any) -> str:
    return inline(plain(value))


def _lines(entry: Described, defaults: Mapping[str, Any]) -> list[str]:
    values = dict(entry.values)
    ignore = set(entry.ignore)
    notes = [f"{name.removeprefix('fields.')}: {why}" for name, why in sorted(entry.left_out.items())]
    for spec in entry.kind.fields:
        names = [name for name in (spec.alias, spec.name) if name is not None]
        inherited = [name for name in names if name in defaults]
        if inherited and values.keys().isdisjoint(names):
            _take_back(entry, spec, defaults[inherited[0]], values, ignore)
        for name in inherited:
            if name in values and _text(values[name]) == _text(defaults[name]):
                del values[name]
    if SECTION in defaults:
        values[SECTION] = _with_inherited(values.get(SECTION, {}), defaults[SECTION] or {}, entry, ignore)
        if not values[SECTION]:
            del values[SECTION]
    if ignore:
        inherited = (defaults.get("lifecycle") or {}).get("ignore") or []
        values["lifecycle"] = {"ignore": sorted({*ignore, *inherited})}
    if entry.pinned:
        values["id"] = Commented(entry.record.id, entry.pinned)
    order = (*(name for spec in entry.kind.fields for name in (spec.alias, spec.name) if name), *_BEHIND)
    ordered = {name: values[name] for name in order if name in values}
    return [
        *(f"  {comment(f'left out: {note}')}" for note in notes),
        f"  {quoted(entry.key)}:",
        *block(ordered, 4),
    ]


def _take_back(entry: Described, spec: Field, default: Any, values: dict[str, Any], ignore: set[str]) -> None:
    """Say that a field has nothing where a default would say something; ignore it where that is not so."""
    try:
        nothing = spec.shape.nothing(spec)
    except Unsayable:
        ignore.add(spec.name)
        return
    if default:
        values[spec.shape.spelled_as(None, spec)] = nothing
    if spec.name in entry.left_out:
        ignore.add(spec.name)


def _with_inherited(
    fields: Mapping[str, Any], defaults: Mapping[str, Any], entry: Described, ignore: set[str]
) -> dict[str, Any]:
    """Return *fields* without what the project's defaults say, and with what takes them back."""
    own = {
        name: value
        for name, value in fields.items()
        if name not in defaults or _text(value) != _text(defaults[name])
    }
    for name, default in defaults.items():
        if name in fields or default is None:
            continue
        if path_of(name) in entry.left_out:
            ignore.add(path_of(name))
        own[name] = None
    return dict(sorted(own.items()))
