"""Entries from one notation into another, offline: YAML and tables."""

import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from syncer.files import several
from syncer.kinds.registry import sections
from syncer.manifest.document import MOST_BYTES, documents
from syncer.manifest.find import by_path, by_pattern
from syncer.manifest.load import SPREADSHEETS, Loaded, bytes_of, load_file
from syncer.manifest.quiet import collector_paused
from syncer.manifest.read import judged
from syncer.manifest.whole import Entries, whole
from syncer.model.problem import ManifestError, Problem, SyncerError, UsageError
from syncer.project.load import Project
from syncer.tables.choices import Choices
from syncer.tables.files import Files, Sections, numbered

ENDINGS: Final = {"yaml": (".yaml", ".yml"), "csv": (".csv",), "xlsx": (".xlsx",)}

_Content = str | bytes


@dataclass(frozen=True, slots=True)
class ConvertOptions:
    """What to convert into, and where to.

    Attributes:
        to: `yaml`, `csv` or `xlsx`.
        out: A file, when it has an ending, else a folder; None for the text alone.
        sheet: Which sheet of workbooks to read.
        force: Replace files that exist.
        choices: What may stand in the columns of a workbook.
    """

    to: str
    out: Path | None = None
    sheet: str | None = None
    force: bool = False
    choices: Choices | None = None


@dataclass(frozen=True, slots=True)
class Converted:
    """What was converted.

    Attributes:
        text: What it became, when no file was asked for.
        files: Names of the files that were written.
        number: How many entries.
        sources: Names of the files that were read.
        warnings: What is doubtful in them.
        twice: Sources that are manifests of the project, beside files that are now, too.
    """

    text: str
    files: tuple[str, ...]
    number: int
    sources: tuple[str, ...]
    warnings: tuple[Problem, ...]
    twice: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Source:
    """A file that was read.

    Attributes:
        name: How messages call it.
        path: Where it is.
        below: Its path below the folder that was named, without its ending.
    """

    name: str
    path: Path
    below: Path


def convert(project: Project, paths: Sequence[Path], options: ConvertOptions) -> Converted:
    """Write what *paths* declare in another notation: it declares the same.

    Raises:
        UsageError: `out` is none that can be meant.
        ManifestError: Something is wrong with the files, or a table cannot say what they say.
        SyncerError: A file exists and is not to be replaced, or cannot be written.
    """
    _check(options)
    with collector_paused():
        sources = _sources(project, paths)
        loaded = [_loaded(project, source, options) for source in sources]
        found = judged(project, [part for parts in loaded for part in parts])
        entries = [_together(whole(part.value) for part in parts) for parts in loaded]
        number = sum(len(of) for file in entries for of in file.values())
        if not number:
            detail = f"{', '.join(source.name for source in sources)}: no opportunity is declared."
            raise ManifestError([Problem("no-opportunities", detail, hint="is it the right file?")])
        writing = Files(project.root, project.tables, found.places)
        texts = _texts(writing, sources, entries, options)
    names = tuple(source.name for source in sources)
    if options.out is None:
        return Converted("".join(map(str, texts.values())), (), number, names, found.warnings)
    written = _write(project, sources, texts, options)
    twice = _twice(project, sources, written)
    return Converted("", tuple(map(str, written)), number, names, found.warnings, twice)


def _loaded(project: Project, source: _Source, options: ConvertOptions) -> list[Loaded]:
    """Return what a file holds: of a workbook, each of its sheets that is read."""
    if not source.name.lower().endswith(SPREADSHEETS):
        return [load_file(source.path, source.name, keys_of=sections(), tables=project.tables)]
    data, problems = bytes_of(source.path, source.name)
    if problems:
        return [Loaded(None, problems=problems)]
    return project.tables.load_sheets(data, source.name, options.sheet)


def _together(files: Iterable[dict[str, Entries]]) -> dict[str, Entries]:
    found: dict[str, Entries] = {}
    for file in files:
        for section, of in file.items():
            found.setdefault(section, {}).update(of)
    return found


def _check(options: ConvertOptions) -> None:
    endings = ENDINGS[options.to]
    if options.to == "xlsx" and options.out is None:
        detail = "A workbook is no text for a terminal."
        raise UsageError(Problem("usage", detail, hint="name a file: --out deals.xlsx"))
    if options.out is not None and options.out.suffix and options.out.suffix.lower() not in endings:
        raise UsageError(
            Problem(
                "usage",
                f"--out {options.out} does not end with {endings[0]}, as --to {options.to} needs it.",
                hint="a name without an ending is a folder",
            )
        )


def _sources(project: Project, paths: Sequence[Path]) -> list[_Source]:
    """Return the files at *paths*, each once, in the order they are named in."""
    found: dict[str, _Source] = {}
    problems: list[Problem] = []
    for path in paths:
        named = by_path(project.root, path)
        problems += named.problems
        for name, file in named.files:
            below = file.relative_to(path) if path.is_dir() else Path(file.name)
            found.setdefault(os.path.realpath(file), _Source(name, file, below.with_suffix("")))
    if problems:
        raise ManifestError(problems)
    if not found:
        detail = f"There is no manifest in {', '.join(map(str, paths))}."
        raise ManifestError([Problem("no-manifests", detail, hint="name files, or a folder of manifests")])
    return list(found.values())


def _files(
    writing: Files, found: Sections, path: Path | None, options: ConvertOptions, *, folders: bool = False
) -> Mapping[Path, _Content]:
    """Return what is in the files that declare *found*, the first of them at *path*."""
    if options.to == "csv":
        return writing.csv(found, path, folders=folders)
    place = path or Path("-")
    if options.to == "xlsx":
        return {place: writing.workbook(found, place, options.choices)}
    texts = documents(found, most=MOST_BYTES)
    return dict(zip(numbered(place), texts, strict=False)) if path else {place: "\n".join(texts)}


def _texts(
    writing: Files,
    sources: Sequence[_Source],
    entries: Sequence[dict[str, Entries]],
    options: ConvertOptions,
) -> dict[Path, _Content]:
    """Return what is in each file that is to be written."""
    out = options.out
    if out is None or out.suffix:
        return dict(_files(writing, _together(entries), out, options))
    found: dict[Path, _Content] = {}
    made_of: dict[Path, _Source] = {}
    for source, file in zip(sources, entries, strict=True):
        path = out / f"{source.below}{ENDINGS[options.to][0]}"
        texts = _files(writing, file, path, options, folders=True) if file else {}
        for path in texts:
            if path in made_of:
                detail = f"{made_of[path].name} and {source.name} would both become {path}."
                raise UsageError(
                    Problem("usage", detail, hint="convert them one by one, or name a file as --out")
                )
            made_of[path] = source
        found |= texts
    return found


def _write(
    project: Project, sources: Sequence[_Source], texts: Mapping[Path, _Content], options: ConvertOptions
) -> list[Path]:
    out = options.out or Path()
    root = Path(os.path.abspath(out.parent if out.suffix else out))  # noqa: PTH100 - resolve() would follow links
    kept = {os.path.realpath(source.path): "this command reads it" for source in sources}
    if project.file is not None:
        kept[os.path.realpath(project.file)] = "it holds the settings of the project"
    clashes = [
        Problem(
            "output-clash", f"{path} cannot be written: {why}.", hint="name another file; nothing was done"
        )
        for path in texts
        if (why := kept.get(os.path.realpath(path)))
    ]
    if clashes:
        raise SyncerError(clashes)
    names = {Path(os.path.abspath(path)).relative_to(root).as_posix(): text for path, text in texts.items()}  # noqa: PTH100
    several.write_all(root, names, mode=0o600, force=options.force)
    return list(texts)


def _twice(project: Project, sources: Sequence[_Source], written: Iterable[Path]) -> tuple[str, ...]:
    """Return the sources that are manifests of the project, when what was written is one, too."""
    files = (file for pattern in project.manifests for _, file in by_pattern(project.root, pattern).files)
    manifests = {os.path.realpath(file) for file in files}
    if not any(os.path.realpath(path) in manifests for path in written):
        return ()
    return tuple(source.name for source in sources if os.path.realpath(source.path) in manifests)
