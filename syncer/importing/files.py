"""Described opportunities → the text of manifest files."""

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from syncer.importing.describe import Described
from syncer.importing.keys import slug
from syncer.kinds.custom import path_of
from syncer.kinds.registry import MAIN
from syncer.manifest.emit import block, comment, inline
from syncer.project.load import FILE_NAME as SETTINGS
from syncer.resolve.directory import Directory
from syncer.shapes.quoting import quoted
from syncer.shapes.spelling import Commented, plain

SPLITS: Final = ("owner", "pipeline", "none")
# A manifest may have 10 MiB; editors and reviewers are happier far below that.
MOST_BYTES: Final = 4 * 1024 * 1024
_SHARED: Final = ("owner", "pipeline", "unit", "type")
_ORDER: Final = {
    name: place
    for place, name in enumerate(
        """name owner pipeline step closing_date value account accounts contacts unit type lead_source
        description fields lifecycle id""".split()  # noqa: SIM905
    )
}
# What says "empty" where a default of the project would say something.
_EMPTY: Final[dict[str, Any]] = {"contacts": [], "lead_source": None, "description": None}


def file_names(
    described: Sequence[Described], directory: Directory, split: str
) -> dict[str, list[Described]]:
    """Return which opportunities go into which file; names end with .yaml, no folders."""
    if split == "none":
        return {"opportunities.yaml": list(described)}
    stems: dict[str | None, str] = {}
    taken = {Path(SETTINGS).stem}  # --out may be the folder of the project itself
    files: dict[str, list[Described]] = {}
    kind = "owner" if split == "owner" else "pipeline"
    ids = sorted(
        {entry.record.values.get(kind) or "" for entry in described},
        key=lambda id_: _stem_of(directory, kind, id_),
    )
    for id_ in ids:
        short, long = _stem_of(directory, kind, id_)
        stem = next(
            name
            for name in (short, long, *(f"{long}-{n}" for n in range(2, len(ids) + 2)))
            if name not in taken
        )
        taken.add(stem)
        stems[id_] = stem
    for entry in described:
        files.setdefault(f"{stems[entry.record.values.get(kind) or '']}.yaml", []).append(entry)
    return dict(sorted(files.items()))


def _stem_of(directory: Directory, kind: str, id_: str) -> tuple[str, str]:
    """Return a short and a long stem for a file name."""
    if not id_ or directory.get(kind, id_) is None:
        return f"no-{kind}", f"no-{kind}-{slug(id_) or 'at-all'}"
    written = directory.written(kind, id_)
    long = slug(written) or f"{kind}-{id_[:8]}"
    return (slug(written.partition("@")[0]) or long, long) if "@" in written else (long, f"{long}-{id_[:8]}")


def texts(
    files: Mapping[str, Sequence[Described]],
    project_defaults: Mapping[str, Any],
    head: Sequence[str],
) -> dict[str, str]:
    """Return the text of each file; a very long one in several.

    Args:
        files: Opportunities by file.
        project_defaults: `defaults` of syncer.yaml, as written.
        head: Lines at the top of each file.
    """
    found: dict[str, str] = {}
    for name, described in files.items():
        ordered = sorted(described, key=lambda entry: entry.key)
        shared = _shared(ordered, project_defaults)
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
        top.append("opportunities:")
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


def _shared(described: Sequence[Described], project_defaults: Mapping[str, Any]) -> dict[str, Any]:
    """Return the values most opportunities of a file have, of those that every one of them says."""
    shared: dict[str, Any] = {}
    for name in _SHARED if len(described) > 1 else ():
        if any(name not in entry.values for entry in described):
            continue
        counted = Counter(_text(entry.values[name]) for entry in described)
        text, count = counted.most_common(1)[0]
        value = next(entry.values[name] for entry in described if _text(entry.values[name]) == text)
        if count > 1 and (name not in project_defaults or _text(project_defaults[name]) != text):
            shared[name] = value
    return shared


def _text(value: Any) -> str:
    return inline(plain(value))


def _lines(entry: Described, defaults: Mapping[str, Any]) -> list[str]:  # noqa: C901, PLR0912 (a branch for each part of an entry)
    values = dict(entry.values)
    ignore = set(entry.ignore)
    notes = [f"{name.removeprefix('fields.')}: {why}" for name, why in sorted(entry.left_out.items())]
    for name, default in defaults.items():
        if name in {"account", "accounts"}:
            if "account" not in values and "accounts" not in values:
                values["account"] = "none"
                ignore.add("accounts")
        elif name == "fields":
            values["fields"] = _with_inherited(values.get("fields", {}), default or {}, entry, ignore)
            if not values["fields"]:
                del values["fields"]
        elif name in values:
            if _text(values[name]) == _text(default):
                del values[name]
        elif name in _EMPTY:
            if default:
                values[name] = _EMPTY[name]
            if name in entry.left_out:
                ignore.add(name)
        elif name in _FIELDS:
            ignore.add(name)  # a default that cannot be taken back
    if ignore:
        inherited = (defaults.get("lifecycle") or {}).get("ignore") or []
        values["lifecycle"] = {"ignore": sorted({*ignore, *inherited})}
    if entry.pinned:
        values["id"] = Commented(entry.record.id, entry.pinned)
    ordered = dict(sorted(values.items(), key=lambda item: _ORDER[item[0]]))
    return [
        *(f"  {comment(f'left out: {note}')}" for note in notes),
        f"  {quoted(entry.key)}:",
        *block(ordered, 4),
    ]


_FIELDS: Final = frozenset(spec.name for spec in MAIN.fields)


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
