"""The manifests of a project, from their files to what they declare."""

import hashlib
import os
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, NamedTuple, Protocol

from syncer.kinds.registry import KINDS, sections
from syncer.manifest import refs
from syncer.manifest.build import Builder, BuildRules, Built, Document
from syncer.manifest.find import Found, by_path, by_pattern, shown_name
from syncer.manifest.gather import gather, having_a_part
from syncer.manifest.load import Loaded, Notation, load_bytes, load_file
from syncer.manifest.locate import EntryLocator
from syncer.manifest.quiet import collector_paused
from syncer.manifest.source import Source
from syncer.manifest.unread import only_named, unread
from syncer.manifest.validate import check_manifest
from syncer.model.address import Address
from syncer.model.declared import Declared
from syncer.model.policy import MatchRule
from syncer.model.problem import ManifestError, Problem, Severity
from syncer.model.words import listed
from syncer.state.choice import Choice


class Declaring(Protocol):
    """What of a project says which manifests there are, and how they are built."""

    @property
    def root(self) -> Path:
        """Folder that the patterns are relative to."""

    @property
    def file(self) -> Path | None:
        """Path of syncer.yaml, when there is one."""

    @property
    def manifests(self) -> tuple[str, ...]:
        """Patterns."""

    @property
    def defaults(self) -> Mapping[str, Any]:
        """As written, checked by the schema."""

    @property
    def identity(self) -> MatchRule:
        """How declared opportunities find existing ones."""

    @property
    def source(self) -> Source | None:
        """Text of syncer.yaml."""

    @property
    def state(self) -> Choice:
        """Where what was agreed is kept."""

    @property
    def tables(self) -> Notation:
        """What reads tables."""

    @property
    def warnings(self) -> tuple[Problem, ...]:
        """What in syncer.yaml is probably not what was meant."""


@dataclass(frozen=True, slots=True)
class Manifests:
    """What the manifests of a project declare.

    Attributes:
        declared: The opportunities, sorted by address.
        digest: `sha256:` of the names and bytes of the files.
        files: Names of the files, sorted.
        warnings: What does not stop the run.
        rest: What the other files of the project declare, when that was asked for: it has a say in which
            record is whose.
        whole: Whether it is everything that the project declares.
        judged: Whether everything else that it declares is in `rest`.
        only: The addresses that a file of corrected entries has, when there is one.
    """

    declared: tuple[Declared, ...]
    digest: str
    files: tuple[str, ...]
    warnings: tuple[Problem, ...] = ()
    rest: tuple[Declared, ...] = ()
    whole: bool = field(default=True, compare=False)
    judged: bool = field(default=True, compare=False)
    only: tuple[Address, ...] = ()


def read(
    project: Declaring,
    paths: Sequence[Path | str] = (),
    *,
    with_rest: bool = False,
    only: Path | None = None,
) -> Manifests:
    """Read the manifests of *project*, or those at *paths* instead.

    Args:
        project: Whose manifests, defaults and identity.
        paths: Files and folders; they may lie outside the project.
        with_rest: Read the project's other manifests beside *paths* as well. What is wrong with them alone is
            no problem of what was asked for.
        only: A file of entries that count in the place of those that have their keys.

    Raises:
        ManifestError: With every problem of every file.
    """
    with collector_paused():
        return _read(project, paths, with_rest=with_rest, only=only)


def _read(
    project: Declaring, paths: Sequence[Path | str], *, with_rest: bool, only: Path | None
) -> Manifests:
    files, problems, warnings = _files(project, paths)
    is_manifest = False
    if only is not None:
        others = [file for file in files if os.path.realpath(file[1]) != os.path.realpath(only)]
        is_manifest, files = len(others) < len(files), others
        files.append((shown_name(only, project.root), only))
        warnings = [
            warning for warning in warnings if warning.span is None or warning.span.file != files[-1][0]
        ]
    settings = _rules(project)
    builder = Builder(settings)
    problems += builder.problems
    warnings += [*project.warnings, *builder.warnings]
    digest = hashlib.sha256()
    read: list[_File] = []
    for (name, _), file in zip(files, _read_files(files, builder, project.tables), strict=True):
        digest.update(f"{name}\0{len(file.data)}\0".encode("utf-8", "surrogateescape"))
        digest.update(file.data)
        read.append(file)
    corrected: list[EntryLocator] = []
    if only is not None:
        corrected = [locator for built in read[-1].built for locator, _ in built.entries]
        problems += [] if is_manifest else _unknown(corrected, read[:-1])
        read = [*(_without(file, {locator.address for locator in corrected}) for file in read[:-1]), read[-1]]
    found: list[Built] = []
    for file in read:
        problems += file.problems
        warnings += file.warnings
        found += file.built
    rest: list[Built] = []
    unread: list[Problem] = []
    if paths and with_rest:
        rest, unread = _rest(project, files, builder)
        warnings += unread
    declared, unfit, doubtful = gather(found, settings, rest)
    problems += unfit
    if not paths or with_rest:
        addresses = {locator.address for built in (*found, *rest) for locator, _ in built.entries}
        problems += having_a_part(refs.check(declared, addresses), rest)
    warnings += doubtful
    beside = {locator for built in rest for locator, _ in built.entries}
    left_out = tuple(entry for entry in declared if entry.locator in beside)
    declared = [entry for entry in declared if entry.locator not in beside]
    if not problems and not declared:
        where = f"{len(files):,} files match" if len(files) != 1 else f"{files[0][0]} matches"
        problems.append(
            Problem(
                "no-opportunities",
                f"{where} {_listed(paths or project.manifests)}, and nothing is declared.",
                hint=f"declare records under {listed([f'{section}:' for section in sections()], 'or')}",
            )
        )
    if problems:
        raise ManifestError(sorted([*problems, *warnings], key=_order))
    return Manifests(
        tuple(declared),
        f"sha256:{digest.hexdigest()}",
        tuple(name for name, _ in files),
        tuple(sorted(warnings, key=_order)),
        left_out,
        whole=not paths,
        judged=not paths or (with_rest and not unread),
        only=tuple(locator.address for locator in corrected),
    )


def _without(file: "_File", addresses: Collection[Address]) -> "_File":
    """Return *file* without the entries at *addresses*, and what is wrong with them."""

    def of_others(problems: Iterable[Problem]) -> list[Problem]:
        return [problem for problem in problems if problem.address not in addresses]

    return file._replace(
        problems=tuple(of_others(file.problems)),
        built=tuple(
            Built(
                [entry for entry in built.entries if entry[0].address not in addresses],
                of_others(built.problems),
                of_others(built.warnings),
            )
            for built in file.built
        ),
    )


def _unknown(corrected: Iterable[EntryLocator], files: Iterable["_File"]) -> list[Problem]:
    """Return a problem for each corrected entry that no manifest declares."""
    known = {locator.address for file in files for built in file.built for locator, _ in built.entries}
    return [
        locator.source.problem(
            "target-unknown",
            f"No manifest declares {locator.address}: what is corrected keeps its key.",
            locator.span(),
            "write the key that it has in the manifests; a new entry belongs into a manifest",
            address=locator.address,
        )
        for locator in corrected
        if locator.address not in known
    ]


def _rest(
    project: Declaring, files: Sequence[tuple[str, Path]], builder: Builder
) -> tuple[list[Built], list[Problem]]:
    """Return what the other files of the project declare, as far as they can be read, and which cannot."""
    chosen = {os.path.realpath(path) for _, path in files}
    others = [file for file in _files(project, ())[0] if os.path.realpath(file[1]) not in chosen]
    found: list[Built] = []
    unread: list[Problem] = []
    for (name, _), file in zip(others, _read_files(others, builder, project.tables), strict=True):
        found += (Built(built.entries, [], []) for built in file.built)
        lost = sum(declared is None for built in file.built for _, declared in built.entries)
        if lost or not file.built:
            unread.append(
                Problem(
                    "identity-unjudged",
                    f"{name} has errors, so what it declares may be the same as what is planned here.",
                    hint=f"see what is wrong with it: syncer validate {name}",
                    severity=Severity.WARNING,
                )
            )
    return found, unread


class _File(NamedTuple):
    """A file, read.

    Attributes:
        data: Its bytes.
        problems: Of its YAML and its schema.
        warnings: Of its YAML.
        built: What it declares, when anything could be read.
    """

    data: bytes
    problems: tuple[Problem, ...]
    warnings: tuple[Problem, ...]
    built: tuple[Built, ...]


class Judged(NamedTuple):
    """What files declare that were read by themselves.

    Attributes:
        places: Where each address is declared.
        warnings: What is doubtful.
    """

    places: Mapping[Address, EntryLocator]
    warnings: tuple[Problem, ...]


def files(
    project: Declaring, paths: Sequence[Path | str] = ()
) -> tuple[list[tuple[str, Path]], list[Problem]]:
    """Return name and place of each manifest of *project*, or at *paths* instead, and which are not read.

    Raises:
        ManifestError: Some cannot be found.
    """
    found, problems, warnings = _files(project, paths)
    if not (found or paths):
        own = os.path.realpath(project.file) if project.file else ""
        near = unread(project.root, {own}, project.tables, project.manifests)
        warnings = [warning for warning in near if warning.fix is not None]
    if problems and (found or not warnings):
        raise ManifestError(sorted(problems, key=_order))
    return found, warnings


def problems_of(project: Declaring, name: str, data: bytes) -> tuple[Problem, ...]:
    """Return what is wrong with one file, called *name*, as it is or would be written."""
    return tuple(
        problem for problem in told_of(project, name, data) if problem.severity is not Severity.WARNING
    )


def told_of(project: Declaring, name: str, data: bytes) -> tuple[Problem, ...]:
    """Return what there is to say of one file alone, called *name*: errors, then warnings."""
    if project.tables.reads(name):
        loaded = project.tables.load(data, name)
    else:
        loaded = load_bytes(data, name, keys_of=sections())
    file = _built(loaded, Builder(_rules(project)))
    errors = (*file.problems, *(problem for built in file.built for problem in built.problems))
    return (*errors, *file.warnings, *(problem for built in file.built for problem in built.warnings))


def keys(project: Declaring) -> Mapping[Address, str]:
    """Return the name of what each address of *project* is declared to be, whatever else is wrong there."""
    found: dict[Address, str] = {}
    for name, path in _files(project, ())[0]:
        loaded = load_file(path, name, keys_of=sections(), tables=project.tables)
        for kind in KINDS.values():
            entries = loaded.value.get(kind.section) if isinstance(loaded.value, dict) else None
            for key, entry in entries.items() if isinstance(entries, dict) else ():
                said = kind.name_of(entry) if isinstance(entry, dict) else ""
                found.setdefault(Address(kind.name, str(key)), said)
    return found


def told_of_defaults(project: Declaring) -> tuple[Problem, ...]:
    """Return what there is to say of the defaults in syncer.yaml."""
    builder = Builder(_rules(project))
    return (*builder.problems, *builder.warnings)


def judged(project: Declaring, files: Iterable[Loaded]) -> Judged:
    """Build what files hold that are read by themselves, as manifests of *project* or not.

    Raises:
        ManifestError: With every problem of every file.
    """
    settings = _rules(project)
    builder = Builder(settings)
    problems, warnings = [*builder.problems], [*project.warnings, *builder.warnings]
    built: list[Built] = []
    for loaded in files:
        file = _built(loaded, builder)
        problems += file.problems
        warnings += file.warnings
        built += file.built
    gathered = gather(built, settings)
    if problems := [*problems, *gathered.problems]:
        raise ManifestError(sorted(problems, key=_order))
    entries = {locator.address: locator for file in built for locator, _ in file.entries}
    return Judged(entries, tuple(sorted([*warnings, *gathered.warnings], key=_order)))


def _rules(project: Declaring) -> BuildRules:
    return BuildRules(
        project.source,
        project.defaults,
        project.identity.key_field,
        project.identity.match,
        project.state.is_shared,
    )


def _read_files(files: Iterable[tuple[str, Path]], builder: Builder, tables: Notation) -> Iterator[_File]:
    for name, path in files:
        yield _built(load_file(path, name, keys_of=sections(), tables=tables), builder)


def _built(loaded: Loaded, builder: Builder) -> _File:
    problems = loaded.problems
    built: tuple[Built, ...] = ()
    if loaded.ok and loaded.source is not None:
        checked = check_manifest(loaded.source, loaded.value, loaded.keys)
        problems += checked.problems
        if loaded.bad:
            checked = checked._replace(bad=_both(loaded.bad, checked.bad))
        if checked.usable:
            built = (builder.build(Document(loaded.source, loaded.value, loaded.keys, checked)),)
    return _File(loaded.data, problems, loaded.warnings, built)


def _both(
    loaded: Mapping[Address, frozenset[str]], checked: Mapping[Address, frozenset[str] | None]
) -> dict[Address, frozenset[str] | None]:
    """Return the fields of each record that have a problem by either; None when it is none at all."""
    found: dict[Address, frozenset[str] | None] = dict(checked)
    for address, fields in loaded.items():
        known = found.get(address, frozenset())
        found[address] = None if known is None else known | fields
    return found


def _order(problem: Problem) -> tuple[str, int, int, str, str]:
    span = problem.span
    place = (span.file, span.line, span.column) if span else ("", 0, 0)
    return (*place, problem.code, problem.detail)


def _files(
    project: Declaring, paths: Sequence[Path | str]
) -> tuple[list[tuple[str, Path]], list[Problem], list[Problem]]:
    """Return the files sorted by name, the problems of finding them, and warnings."""
    if paths:
        found = [(str(path), by_path(project.root, Path(path))) for path in paths]
    else:
        found = [
            (pattern, _placed(project, index, by_pattern(project.root, pattern)))
            for index, pattern in enumerate(project.manifests)
        ]
    problems = [problem for _, result in found for problem in result.problems]
    own = os.path.realpath(project.file) if project.file else None
    files: dict[str, tuple[str, Path]] = {}
    for name, path in sorted({entry for _, result in found for entry in result.files}):
        real = os.path.realpath(path)
        if real != own:
            files.setdefault(real, (name, path))
    warnings: list[Problem] = []
    if not files and not problems:
        hint = ""
        if not paths:
            near = unread(project.root, set(filter(None, [own])), project.tables, project.manifests)
            hint = near[0].detail + " " + near[0].hint if near else "write one, or run `syncer init`"
        where = f" in {project.root}" if not paths else ""
        problems.append(
            Problem(
                "no-manifests", f"Nothing matches {_listed(name for name, _ in found)}{where}.", hint=hint
            )
        )
    elif not problems and not paths:
        for index, (pattern, result) in enumerate(found):
            if not result.files and _is_written(project, index):
                warning = Problem("no-manifests", f'Nothing matches "{pattern}".', severity=Severity.WARNING)
                warnings.append(_at_pattern(project, index, warning))
    known = {*files, *filter(None, [own])}
    if paths and project.file is not None:
        patterns = [by_pattern(project.root, pattern) for pattern in project.manifests]
        matched = {os.path.realpath(path) for result in patterns for _, path in result.files}
        warnings += only_named(files.values(), project.root, matched)
    elif not paths and not problems:
        warnings += unread(project.root, known, project.tables, project.manifests)
    return sorted(files.values()), problems, warnings


def _placed(project: Declaring, index: int, found: Found) -> Found:
    return Found(found.files, tuple(_at_pattern(project, index, problem) for problem in found.problems))


def _at_pattern(project: Declaring, index: int, problem: Problem) -> Problem:
    """Place a problem at its pattern in syncer.yaml."""
    if project.source is None or not _is_written(project, index):
        return problem
    span = project.source.span(("manifests", index))
    return replace(problem, span=span, excerpt=project.source.excerpt(span))


def _is_written(project: Declaring, index: int) -> bool:
    """Tell whether a pattern stands in syncer.yaml, and is none that counts where nothing is said."""
    return project.source is not None and project.source.find(("manifests", index))[1] == 2


def _listed(names: Iterable[object]) -> str:
    return ", ".join(f'"{name}"' for name in names)


__all__ = ["Manifests", "read", "shown_name"]
