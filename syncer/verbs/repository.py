"""The git repository that a folder lies in: its root, its remote, whose service that is."""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from syncer.model.problem import SyncerError
from syncer.state.choice import REMOTE
from syncer.state.gitrun import Git
from syncer.verbs.workflow import SERVICES

_HOST: Final = re.compile(r"(?:[a-z][a-z0-9+.-]*://)?(?:[^@/]*@)?([^/:]+)", re.IGNORECASE)
_SIGNS: Final[Mapping[str, tuple[str, ...]]] = {
    "github": (".github",),
    "gitlab": (".gitlab-ci.yml", ".gitlab"),
}
_USUAL: Final = ("main", "master")


@dataclass(frozen=True, slots=True)
class Repository:
    """A repository, as far as a project in it has to know.

    Attributes:
        root: Its folder, links followed.
        folder: Of the project below it, with forward slashes; "" at the root.
        remote: The name of the remote that is shared; None without any.
        service: One of `SERVICES` if the remote, or what lies at the root, tells it.
        branch: The main branch, as far as the clone knows.
    """

    root: Path
    folder: str = ""
    remote: str | None = None
    service: str | None = None
    branch: str = _USUAL[0]


def repository(folder: Path, environ: Mapping[str, str] = os.environ) -> Repository | None:
    """Return the repository that *folder* lies in, or will lie in; None when there is none, or no git."""
    real = Path(os.path.realpath(folder))
    there = next(each for each in (real, *real.parents) if each.is_dir())
    git = Git(there, environ)
    if not (top := _said(git, "rev-parse", "--show-toplevel")):
        return None
    root = Path(os.path.realpath(top))
    remotes = (_said(git, "remote") or "").splitlines()
    remote = REMOTE if REMOTE in remotes else min(remotes, default=None)
    url = (_said(git, "remote", "get-url", remote) or "") if remote else ""
    return Repository(
        root,
        real.relative_to(root).as_posix().removeprefix("."),
        remote,
        _service(url, root),
        _branch(git, remote),
    )


def _service(url: str, root: Path) -> str | None:
    host = found[1].casefold() if (found := _HOST.match(url)) else ""
    named = [service for service in SERVICES if service in host]
    signs = [service for service in SERVICES if any((root / sign).exists() for sign in _SIGNS[service])]
    return next(iter(named or signs), None)


def _branch(git: Git, remote: str | None) -> str:
    """Return what the remote calls its main branch, else a branch of a usual name, else the present one."""
    if remote and (head := _said(git, "symbolic-ref", "--short", f"refs/remotes/{remote}/HEAD")):
        return head.removeprefix(f"{remote}/")
    for name in _USUAL:
        for ref in (f"refs/remotes/{remote}/{name}", f"refs/heads/{name}"):
            if _said(git, "rev-parse", "--verify", "--quiet", ref):
                return name
    return _said(git, "symbolic-ref", "--short", "HEAD") or _USUAL[0]


def _said(git: Git, *arguments: str) -> str | None:
    try:
        code, out, _ = git.run(*arguments)
    except SyncerError:
        return None
    return None if code else out.decode("utf-8", "surrogateescape").rstrip("\n")
