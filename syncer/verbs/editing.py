"""Which manifests may be written into, and that each is still as it was read."""

import os
import stat
from pathlib import Path

from syncer.model.problem import Problem, SyncerError
from syncer.project.load import Project


def not_ours(project: Project, name: str) -> str | None:
    """Return why a file may not be written; None when it may."""
    place, root = Path(os.path.abspath(project.root / name)), os.path.realpath(project.root)  # noqa: PTH100
    real = Path(os.path.realpath(place))
    if not real.is_relative_to(root):
        return f"{name} is not in the project."
    if real != Path(root, os.path.relpath(place, project.root)):
        return f"{name} is reached through a link; it is {real}."
    if place.exists() and not place.stat().st_mode & (stat.S_IWUSR | stat.S_IWGRP | stat.S_IWOTH):
        return f"{name} is write-protected."
    return None


def read_again(project: Project, name: str, before: str) -> str:
    """Return the text of a file, with its byte order mark.

    Args:
        project: The one it is in.
        name: Of the file.
        before: What it has to say still; a byte order mark does not count.

    Raises:
        SyncerError: It does not.
    """
    try:
        text = (project.root / name).read_bytes().decode()
    except (OSError, UnicodeDecodeError):
        text = ""
    if text.removeprefix("\ufeff") != before.removeprefix("\ufeff"):
        detail = f"{name} has changed since it was read."
        raise SyncerError(Problem("file-changed", detail, hint="nothing was written; run it again"))
    return text
