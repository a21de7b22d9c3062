"""Opportunities of a space → manifests in the project: read, describe, prove, write."""

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from syncer import manifest
from syncer.files import several
from syncer.importing import run
from syncer.importing.describe import Described
from syncer.importing.read import Selection
from syncer.importing.run import Imported
from syncer.kinds.registry import MAIN
from syncer.manifest import Manifests
from syncer.manifest.find import by_pattern
from syncer.model.address import Address
from syncer.model.problem import ManifestError, Problem, SyncerError
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
        folder: Folder of the project to write into, relative to its root.
        split: One file for each of these: `owner`, `pipeline` or `none`.
        replace: Replace files that exist.
    """

    folder: Path
    split: str = "owner"
    replace: bool = False


@dataclass(frozen=True, slots=True)
class Brought:
    """What an import wrote.

    Attributes:
        imported: The opportunities in it, and those that were left out.
        files: Names relative to the root of the project.
        folder: Where they are, relative to the root of the project.
        found: The patterns under `manifests:` find all of them there.
    """

    imported: Imported
    files: tuple[str, ...]
    folder: str
    found: bool


def import_(
    session: Session, wish: Selection, *, options: ImportOptions, say: Callable[[str], None]
) -> Brought:
    """Write the opportunities that *wish* asks for as manifests that plan to nothing.

    Args:
        session: The project and the space.
        wish: Which opportunities.
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
    target = _inside(project, options.folder)
    present = _present(project)
    say(f"Reading the opportunities of space {session.connection.space_id}.")
    declared, taken = _declared(session, present, target)
    imported = run.make(
        session.api,
        project,
        wish,
        split=options.split,
        head=_head(project, target),
        declared=declared,
        taken=taken,
        replace=options.replace,
    )
    folder = target.relative_to(project.root).as_posix()
    texts = {f"{folder}/{name}".removeprefix("./"): text for name, text in imported.texts.items()}
    several.write_all(project.root, texts, mode=0o600, force=options.replace)
    _remember(session, store, imported, say)
    return Brought(imported, tuple(texts), folder, _found(project, texts))


def _remember(session: Session, store: Store, imported: Imported, say: Callable[[str], None]) -> None:
    """Note which record each address is: what is there is agreed."""
    run_ = new_run(session.now())
    rows = [
        agreed(
            Address(MAIN.name, entry.key),
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
        if {problem.code for problem in error.problems} <= {"no-manifests", "no-opportunities"}:
            return None
        raise


def _declared(
    session: Session, present: Manifests | None, target: Path
) -> tuple[dict[str, str], dict[str, str]]:
    """Return the opportunities that manifests declare, by id, and the keys they use; each with its file.

    A file below *target* is named as import names it.
    """
    if present is None:
        return {}, {}
    shown = f"{target.relative_to(session.project.root).as_posix()}/".removeprefix("./")
    changes = plan(session, present).plan.changes
    return (
        {change.id: change.span.file.removeprefix(shown) for change in changes if change.id and change.span},
        {entry.key: entry.span.file.removeprefix(shown) for entry in present.declared},
    )


def _head(project: Project, target: Path) -> list[str]:
    head = ["# Imported from Pipeliner: this is there already, so a plan is empty. Edit it, plan, apply."]
    if (project.root / _SCHEMA).is_file():
        up = "../" * len(target.relative_to(project.root).parts)
        head.insert(0, f"# yaml-language-server: $schema={up}{_SCHEMA}")
    return head


def _found(project: Project, texts: Mapping[str, str]) -> bool:
    names = {name for pattern in project.manifests for name, _ in by_pattern(project.root, pattern).files}
    return texts.keys() <= names
