"""Which store a project has asked for."""

import os
from collections.abc import Mapping
from pathlib import Path

from syncer.state.backend import Backend
from syncer.state.choice import Choice
from syncer.state.clock import Clock
from syncer.state.folder import space_folder
from syncer.state.gitrun import Git
from syncer.state.store import Store
from syncer.state.values import Scope, lease_seconds


def open_store(
    choice: Choice,
    root: Path,
    url: str,
    space: str,
    clock: Clock | None = None,
    environ: Mapping[str, str] = os.environ,
) -> Store:
    """Return the store of a space, for the project at *root*; nothing is asked yet but the clone.

    Args:
        choice: What syncer.yaml says.
        root: Folder of syncer.yaml.
        url: Of the service.
        space: Id of the space.
        clock: The service's.
        environ: Where `SYNCER_LEASE` and `SYNCER_STATE_URL` are looked for, and what git is to find.

    Raises:
        SyncerError: What was asked for is not there.
    """
    # A folder beside syncer.yaml is that project's alone, and needs no git.
    project = "." if choice.backend == "local" else project_name(root, environ)
    scope = Scope.of(url, space, project)
    backend: Backend
    match choice.backend:
        case "git":
            from syncer.state.git import GitBranch  # noqa: PLC0415 (only where used)

            backend = GitBranch(
                root, scope, clock, remote=choice.remote, branch=choice.branch, environ=environ
            )
        case "postgresql":
            from syncer.state.postgres import Postgres  # noqa: PLC0415 (only where used)

            backend = Postgres(scope, environ)
        case _:
            from syncer.state.local import Local  # noqa: PLC0415 (only where used)

            backend = Local(space_folder(root, url, space), scope, clock)
    return Store(backend, scope, clock, seconds=lease_seconds(environ))


def project_name(root: Path, environ: Mapping[str, str] = os.environ) -> str:
    """Return the folder of the project in its repository, `.` at its root and outside of any.

    Raises:
        StateError: There is no git.
    """
    code, out, _ = Git(root, environ).run("rev-parse", "--show-prefix")
    return ("" if code else out.decode("utf-8", "replace").rstrip("\n").rstrip("/")) or "."
