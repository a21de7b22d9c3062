"""Records of a space → manifests in the project: read, describe, prove, write."""

import os
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from syncer import manifest
from syncer.files import several
from syncer.importing import run
from syncer.importing.describe import Described
from syncer.importing.read import Selection
from syncer.importing.run import Imported, Place
from syncer.kinds.registry import KINDS
from syncer.manifest import Manifests
from syncer.manifest.find import by_pattern
from syncer.manifest.load import TABLE, load_bytes
from syncer.manifest.whole import Entries, whole
from syncer.model.address import Address
from syncer.model.problem import ManifestError, Problem, SyncerError
from syncer.model.words import listed
from syncer.project.load import Project
from syncer.shapes import canon
from syncer.state.store import Store
from syncer.state.values import new_run
from syncer.tables.choices import choices
from syncer.tables.files import Files
from syncer.verbs.live_schema import live_schema
from syncer.verbs.plan import plan
from syncer.verbs.runs import agreed, import_run
from syncer.verbs.session import Session

_SCHEMA = "schemas/manifest.schema.json"


@dataclass(frozen=True, slots=True)
class ImportOptions:
    """Where an import writes, and how.

    Attributes:
        folder: Folder of the project to write into, relative to its root; several kinds go into folders of
            their own in it. None: these folders in the root.
        split: By what the records are put into files, one of `importing.files.splits`.
        replace: Replace files that exist.
        form: `yaml` or `csv`; `xlsx` writes a workbook for people, `folder`, which is no manifest.
    """

    folder: Path | None = None
    split: str = "owner"
    replace: bool = False
    form: str = "yaml"


@dataclass(frozen=True, slots=True)
class Brought:
    """What an import wrote.

    Attributes:
        imported: The records in it, and those that were left out.
        files: Names relative to the root of the project.
        folders: Where they are, relative to the root of the project.
        found: The patterns under `manifests:` find all of them there.
    """

    imported: Imported
    files: tuple[str, ...]
    folders: tuple[str, ...]
    found: bool


def import_(
    session: Session, wish: Selection, *, options: ImportOptions, say: Callable[[str], None]
) -> Brought:
    """Write the records that *wish* asks for as manifests that plan to nothing.

    Args:
        session: The project and the space.
        wish: Which records.
        options: Where to write, and how.
        say: Called with a sentence for people before the space is read.

    Raises:
        UsageError: The wish names something that is not there.
        ManifestError: The manifests that are there already are wrong.
        SyncerError: The folder is not in the project, a file exists and is not to be replaced, or a table
            cannot say what is there.
        RemoteError: Refused, or silent.
    """
    project, store = session.project, session.store()
    store.read()  # what cannot be remembered is told before anything is written
    is_book = options.form == "xlsx"
    targets = _targets(project, wish, None if is_book else options.folder)
    book = _inside(project, options.folder) if is_book and options.folder else None
    present = _present(project)
    nouns = listed([KINDS[name].noun[1] for name in wish.kinds])
    say(f"Reading the {nouns} of space {session.connection.space_id}.")
    declared, taken = _declared(session, present, options.form)
    folders = {name: target.relative_to(project.root).as_posix() for name, target in targets.items()}
    heads = {name: _head(project, target) for name, target in targets.items()}
    place = Place(folders, heads, declared, taken, options.replace)
    imported = run.make(session.api, project, wish, place, split=options.split)
    if book is not None:
        return _workbook(session, imported, book, options)
    if options.form == "csv":
        imported.texts = _tables(project, imported)
    several.write_all(project.root, imported.texts, mode=0o600, force=options.replace)
    _remember(session, store, imported, say)
    written = {entry.kind.name: folders[entry.kind.name] for entry in imported.described}
    files = tuple(imported.texts)
    return Brought(imported, files, tuple(written.values()), _found(project, files))


def _tables(project: Project, imported: Imported) -> dict[str, str]:
    """Return what was made as CSV, which declares the same."""
    writing = Files(project.root, project.tables, {}, hint="import it as YAML: --format yaml")
    found: dict[str, str] = {}
    problems: list[Problem] = []
    for name, text in imported.texts.items():
        place = project.root / PurePosixPath(name).with_suffix(TABLE)
        try:
            texts = writing.csv(_entries([text]), place)
        except ManifestError as error:
            problems += error.problems
            continue
        found |= {path.relative_to(project.root).as_posix(): table for path, table in texts.items()}
    if problems:
        raise ManifestError(problems)
    return found


def _workbook(session: Session, imported: Imported, book: Path, options: ImportOptions) -> Brought:
    """Write what was made as a workbook; it declares nothing until it is converted, so nothing is agreed."""
    project = session.project
    if not imported.texts:
        return Brought(imported, (), (), found=True)
    writing = Files(project.root, project.tables, {}, hint="import it as YAML: --format yaml")
    names = choices(live_schema(session))
    data = writing.workbook(_entries(imported.texts.values()), book, names)
    name = book.relative_to(project.root).as_posix()
    several.write_all(project.root, {name: data}, mode=0o600, force=options.replace)
    return Brought(imported, (name,), (), found=True)


def _entries(texts: Iterable[str]) -> dict[str, Entries]:
    """Return the entries of manifests, which need no defaults of their files any more."""
    found: dict[str, Entries] = {}
    for text in texts:
        for section, entries in whole(load_bytes(text.encode(), "").value).items():
            found.setdefault(section, {}).update(entries)
    return found


def _targets(project: Project, wish: Selection, folder: Path | None) -> dict[str, Path]:
    """Return the folder that the files of each kind go into."""
    if folder is not None and len(wish.kinds) == 1:
        return {wish.kinds[0]: _inside(project, folder)}
    within = folder or Path()
    return {name: _inside(project, within / KINDS[name].section) for name in wish.kinds}


def _remember(session: Session, store: Store, imported: Imported, say: Callable[[str], None]) -> None:
    """Note which record each address is: what is there is agreed."""
    run_ = new_run(session.now())
    rows = [
        agreed(
            Address(entry.kind.name, entry.key),
            entry.record.id,
            _agreed(entry),
            entry.record.modified or None,
            run_,
            store.project,
        )
        for entry in imported.described
    ]
    if not rows:
        return
    done, changes = import_run(run_, rows, store.project)
    try:
        store.remember(rows, run=done, changes=changes)
    except SyncerError as error:
        say(f"What was imported is not remembered: {error.problems[0].detail} A plan finds it all the same.")


def _agreed(entry: Described) -> dict[str, Any]:
    """Return the values that the manifest says; of those that it cannot say nothing is agreed."""
    return {
        path: value
        for path, value in entry.record.values.items()
        if path not in entry.left_out and not canon.is_empty(value)
    }


def _inside(project: Project, folder: Path) -> Path:
    target = Path(os.path.abspath(project.root / folder))  # noqa: PTH100 - resolve() would follow links
    if not Path(os.path.realpath(target)).is_relative_to(os.path.realpath(project.root)):
        raise SyncerError(
            Problem(
                "file-outside",
                f"{folder} is not in the project, which is {project.root}.",
                hint="name a folder of the project, such as --out opportunities",
            )
        )
    return target


def _present(project: Project) -> Manifests | None:
    """Return what the manifests of the project declare already; None when there are none."""
    try:
        return manifest.read(project)
    except ManifestError as error:
        if {problem.code for problem in error.blocking} <= {"no-manifests", "no-opportunities"}:
            return None
        raise


def _declared(
    session: Session, present: Manifests | None, form: str
) -> tuple[dict[str, tuple[Address, str]], dict[Address, str]]:
    """Return what declares records already, by their ids, and the addresses in use; each with its file."""
    if present is None:
        return {}, {}
    changes = plan(session, present).plan.changes
    return (
        {
            change.id: (change.address, _as_yaml(change.span.file, form))
            for change in changes
            if change.id and change.span
        },
        {entry.address: _as_yaml(entry.span.file, form) for entry in present.declared},
    )


def _as_yaml(name: str, form: str) -> str:
    """Return how a file is called that an import makes before it becomes a table, if it is one of its own."""
    if form == "yaml":
        return name
    path = PurePosixPath(name)
    return str(path.with_suffix(".yaml")) if form == "csv" and path.suffix == TABLE else f"{name}{TABLE}"


def _head(project: Project, target: Path) -> list[str]:
    head = ["# Imported from Pipeliner: this is there already, so a plan is empty. Edit it, plan, apply."]
    if (project.root / _SCHEMA).is_file():
        up = "../" * len(target.relative_to(project.root).parts)
        head.insert(0, f"# yaml-language-server: $schema={up}{_SCHEMA}")
    return head


def _found(project: Project, files: Collection[str]) -> bool:
    names = {name for pattern in project.manifests for name, _ in by_pattern(project.root, pattern).files}
    return names.issuperset(files)
