"""Records of a space → manifests in the project: read, describe, prove, write."""

import os
from collections.abc import Callable, Collection
from dataclasses import dataclass
from pathlib import Path
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
from syncer.model.address import Address
from syncer.model.problem import ManifestError, Problem, SyncerError
from syncer.model.words import listed
from syncer.project.load import Project
from syncer.shapes import canon
from syncer.state.store import Store
from syncer.state.values import new_run
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
    """

    folder: Path | None = None
    split: str = "owner"
    replace: bool = False


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
        SyncerError: The folder is not in the project, or a file exists and is not to be replaced.
        RemoteError: Refused, or silent.
    """
    project, store = session.project, session.store()
    store.read()  # what cannot be remembered is told before anything is written
    targets = _targets(project, wish, options.folder)
    present = _present(project)
    nouns = listed([KINDS[name].noun[1] for name in wish.kinds])
    say(f"Reading the {nouns} of space {session.connection.space_id}.")
    declared, taken = _declared(session, present)
    folders = {name: target.relative_to(project.root).as_posix() for name, target in targets.items()}
    heads = {name: _head(project, target) for name, target in targets.items()}
    place = Place(folders, heads, declared, taken, options.replace)
    imported = run.make(session.api, project, wish, place, split=options.split)
    several.write_all(project.root, imported.texts, mode=0o600, force=options.replace)
    _remember(session, store, imported, say)
    written = {entry.kind.name: folders[entry.kind.name] for entry in imported.described}
    files = tuple(imported.texts)
    return Brought(imported, files, tuple(written.values()), _found(project, files))


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
    session: Session, present: Manifests | None
) -> tuple[dict[str, tuple[Address, str]], dict[Address, str]]:
    """Return what declares records already, by their ids, and the addresses in use; each with its file."""
    if present is None:
        return {}, {}
    changes = plan(session, present).plan.changes
    return (
        {change.id: (change.address, change.span.file) for change in changes if change.id and change.span},
        {entry.address: entry.span.file for entry in present.declared},
    )


def _head(project: Project, target: Path) -> list[str]:
    head = ["# Imported from Pipeliner: this is there already, so a plan is empty. Edit it, plan, apply."]
    if (project.root / _SCHEMA).is_file():
        up = "../" * len(target.relative_to(project.root).parts)
        head.insert(0, f"# yaml-language-server: $schema={up}{_SCHEMA}")
    return head


def _found(project: Project, files: Collection[str]) -> bool:
    names = {name for pattern in project.manifests for name, _ in by_pattern(project.root, pattern).files}
    return names.issuperset(files)
