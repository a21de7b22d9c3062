"""Entries from one notation into another, offline: YAML and tables."""

import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from syncer.files import several
from syncer.kinds.base import Kind
from syncer.kinds.registry import KINDS, sections
from syncer.manifest.document import MOST_BYTES, documents
from syncer.manifest.find import by_path, by_pattern, shown_name
from syncer.manifest.load import SPREADSHEETS, Loaded, bytes_of, load_file
from syncer.manifest.quiet import collector_paused
from syncer.manifest.read import Judged, judged
from syncer.manifest.whole import Entries, whole
from syncer.model.problem import ManifestError, Problem, SyncerError, UsageError
from syncer.project.load import Project
from syncer.tables.cells import said_for
from syncer.tables.choices import Choices
from syncer.tables.columns import Column
from syncer.tables.rules import Rules, default_kind, kind_of, rules_for
from syncer.tables.spreadsheet import MOST_ROWS, xlsx
from syncer.tables.write import Form, Table, Unsaid, csv_text, tabulate

ENDINGS: Final = {"yaml": (".yaml", ".yml"), "csv": (".csv",), "xlsx": (".xlsx",)}

_Sections = Mapping[str, Mapping[str, Mapping[str, Any]]]
_Row = tuple[Kind, str, Mapping[str, Any]]
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
        writing = _Writing(project, found, options)
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


class _Writing:
    """Makes files in one notation."""

    def __init__(self, project: Project, found: Judged, options: ConvertOptions) -> None:
        self._project = project
        self._found = found
        self._to = options.to
        self._choices = options.choices

    def files(self, found: _Sections, path: Path | None, *, folders: bool = False) -> dict[Path, _Content]:
        """Return what is in the files that declare *found*, the first of them at *path*.

        Args:
            found: Entries by section and key.
            path: A file; None for a text alone.
            folders: A kind that the name of the file does not let be declared in it gets a folder of its own.
        """
        place = path or Path("-")
        if self._to == "yaml":
            texts = documents(found)
            if path is None:
                return {place: "\n".join(texts)}
            return dict(zip(_numbered(place), texts, strict=False))
        if self._to == "xlsx":
            return {place: self._xlsx(found, place)}
        return self._csv(found, path, folders=folders)

    def _xlsx(self, found: _Sections, place: Path) -> bytes:
        rules = rules_for(self._project.tables.rules, shown_name(place, self._project.root))
        tables = {
            kind.section.capitalize(): (
                kind,
                self._table([(kind, key, entry) for key, entry in entries.items()], rules, Form.XLSX),
            )
            for kind in KINDS.values()
            if (entries := found.get(kind.section))
        }
        for name, (_, table) in tables.items():
            if len(table.rows) > MOST_ROWS:
                detail = (
                    f"A sheet holds {MOST_ROWS:,} rows, and there are {len(table.rows):,} {name.lower()}."
                )
                raise UsageError(Problem("usage", detail, hint="convert the files one by one"))
        return xlsx(tables, None if self._choices is None else _as_said(self._choices, rules))

    def _csv(self, found: _Sections, path: Path | None, *, folders: bool) -> dict[Path, _Content]:
        place = path or Path("-")
        name = shown_name(place, self._project.root) if path else ""
        rules = rules_for(self._project.tables.rules, name)
        kinds = [kind for kind in KINDS.values() if found.get(kind.section)]
        said = kind_of(name, rules)
        if (said is not None and kinds != [said]) and folders:
            apart: dict[Path, _Content] = {}
            for kind in kinds:
                below = place.parent / kind.section / place.name
                apart |= self._csv({kind.section: found[kind.section]}, below, folders=False)
            return apart
        if said is not None and kinds != [said]:
            others = ", ".join(kind.section for kind in kinds if kind is not said)
            detail = f"{name} holds {said.section}, as its name or folder says, and no {others}."
            raise UsageError(Problem("usage", detail, hint="name another file, or a folder, as --out"))
        with_kind = said is None and kinds != [default_kind()]
        rows = [(kind, key, entry) for kind in kinds for key, entry in found[kind.section].items()]
        return self._parts(rows, rules, place, with_kind=with_kind, whole_=path is None)

    def _parts(
        self, rows: list[_Row], rules: Rules, place: Path, *, with_kind: bool, whole_: bool
    ) -> dict[Path, _Content]:
        text = csv_text(self._table(rows, rules, Form.CSV, with_kind=with_kind))
        if whole_:
            return {place: text}
        if not text.isascii():
            text = f"\ufeff{text}"  # else Excel takes it for another encoding
        size = len(text.encode())
        if size <= MOST_BYTES:
            return {place: text}
        step = max(1, len(rows) * MOST_BYTES // (2 * size))
        parts = [rows[start : start + step] for start in range(0, len(rows), step)]
        found: dict[Path, _Content] = {}
        for path, part in zip(_numbered(place), parts, strict=False):
            found |= self._parts(part, rules, path, with_kind=with_kind, whole_=False)
        return found

    def _table(self, rows: list[_Row], rules: Rules, form: Form, *, with_kind: bool = False) -> Table:
        table = tabulate(rows, rules, form, with_kind=with_kind)
        if table.unsaid:
            raise ManifestError([self._unsaid(unsaid) for unsaid in table.unsaid])
        return table

    def _unsaid(self, unsaid: Unsaid) -> Problem:
        locator = self._found.places[unsaid.address]
        span = locator.span(unsaid.path)
        return Problem(
            "table-unsaid",
            f"{'.'.join(map(str, unsaid.path))} of {unsaid.address} cannot be said in a table: {unsaid.why}.",
            span,
            locator.excerpt(span),
            "leave the entry in YAML, in a file of its own",
            address=unsaid.address,
        )


def _as_said(choices: Choices, rules: Rules) -> Choices:
    """Return *choices* as the cells of a table say them."""

    def names(kind: Kind, column: Column) -> Sequence[str]:
        said = {meant: said for said, meant in said_for(column, rules).items()}
        return [said.get(name, name) for name in choices(kind, column)]

    return names


def _numbered(path: Path) -> Iterable[Path]:
    """Yield *path*, then its further parts: deals.csv, deals.2.csv and so on."""
    yield path
    number = 2
    while True:
        yield path.with_name(f"{path.stem}.{number}{path.suffix}")
        number += 1


def _texts(
    writing: _Writing,
    sources: Sequence[_Source],
    entries: Sequence[dict[str, Entries]],
    options: ConvertOptions,
) -> dict[Path, _Content]:
    """Return what is in each file that is to be written."""
    out = options.out
    if out is None or out.suffix:
        return writing.files(_together(entries), out)
    found: dict[Path, _Content] = {}
    made_of: dict[Path, _Source] = {}
    for source, file in zip(sources, entries, strict=True):
        texts = (
            writing.files(file, out / f"{source.below}{ENDINGS[options.to][0]}", folders=True) if file else {}
        )
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
