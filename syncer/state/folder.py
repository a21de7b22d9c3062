"""The folder of a space on this machine: `.syncer/<host[_port]>/<space id>/`.

A branch may carry anything, links and files of that name too. So nothing there is opened before the whole
folder was looked through: no links, no second names of files, nothing that is another user's or that others
may write. See docs/decisions/0006-journal.md.
"""

import hashlib
import os
import re
import stat
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from syncer.files.system import PLAIN
from syncer.model.problem import Problem
from syncer.state.faults import StateError
from syncer.state.values import host_and_port

NAME: Final = ".syncer"
JOURNALS: Final = "journal"
# What a folder may be called on every file system; anything else gets a hash, so that no two names meet.
_PLAIN: Final = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]{0,62}[A-Za-z0-9])?")
_OTHERS_WRITE: Final = stat.S_IWGRP | stat.S_IWOTH
_JUNCTION: Final = 0xA0000003  # a link to a folder that is no symbolic one
_SAY: Final = "syncer never leaves it so: find out where it comes from, then delete it"


def space_folder(root: Path, url: str, space_id: str) -> Path:
    """Return the state folder of a space, for the project at *root*; nothing is made or looked at."""
    host, port = host_and_port(url)
    return root / NAME / plain(f"{host}_{port}" if port else host) / plain(space_id)


def plain(text: str) -> str:
    """Return *text* where it may be called so everywhere, else a name with a hash that no other text gets."""
    if _PLAIN.fullmatch(text):
        return text
    plain = re.sub(r"[^A-Za-z0-9]+", "-", text)[:40].strip("-")
    digest = hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:16]
    return f"{plain}-{digest}" if plain else digest


def inspect(folder: Path) -> None:
    """Look through the `.syncer` that *folder* is in; nothing is changed.

    Raises:
        StateError: Something there is a link, is not ours, or may be written by others.
    """
    top = next(parent for parent in (folder, *folder.parents) if parent.name == NAME)
    problems = [
        Problem("state-unsafe", f"{path} {why}.", hint=_SAY) for path in _below(top) if (why := _unsafe(path))
    ]
    if problems:
        raise StateError(problems)


def prepare(folder: Path, *inside: str) -> None:
    """Look through the state folder, and make what is missing of it, for its owner only.

    Args:
        folder: Of a space.
        inside: Folders to be made in it.

    Raises:
        StateError: It is not ours alone, or cannot be made.
    """
    inspect(folder)
    try:
        for each in (folder.parent.parent, folder.parent, folder, *(folder / name for name in inside)):
            each.mkdir(mode=0o700, exist_ok=True)
    except OSError as error:
        raise unusable(folder, error) from None
    inspect(folder)  # what was made, and whatever came in between


def opened(path: Path, flags: int) -> int:
    """Open a file of the state folder, the very file: no link, nothing but a file, with no second name.

    Raises:
        OSError: It cannot be opened.
        StateError: It is not what it should be.
    """
    handle = os.open(path, flags | PLAIN, 0o600)
    if why := _wrong(os.fstat(handle)):
        os.close(handle)
        raise StateError(Problem("state-unsafe", f"{path} {why}.", hint=_SAY))
    return handle


def unusable(path: Path, error: OSError) -> StateError:
    """Return what to say when something of the state folder cannot be used."""
    return StateError(
        Problem(
            "file-unreadable",
            f"{path} cannot be written or locked: {error.strerror or error}.",
            hint="syncer keeps there who applies now and what was agreed; make the folder writable",
        )
    )


def _below(top: Path) -> Iterator[Path]:
    """Yield *top* and all that is in it; links are named and never followed."""
    if not os.path.lexists(top):
        return
    yield top
    if top.is_symlink() or not top.is_dir():
        return
    for folder, folders, files in os.walk(top):
        yield from (Path(folder, name) for name in (*folders, *files))


def _unsafe(path: Path) -> str:
    try:
        return _wrong(path.lstat(), may_be_folder=True)
    except FileNotFoundError:
        return ""  # another apply has ended meanwhile


def _wrong(found: os.stat_result, *, may_be_folder: bool = False) -> str:
    """Return what is wrong with a file, "" when it is one of ours."""
    if stat.S_ISLNK(found.st_mode):
        return "is a link"
    is_folder = stat.S_ISDIR(found.st_mode)
    if not (stat.S_ISREG(found.st_mode) or (is_folder and may_be_folder)):
        return "is no ordinary file" if not is_folder else "is a folder"
    if not is_folder and found.st_nlink > 1:
        return "has a second name, so that writing it would write another file too"
    if sys.platform == "win32":
        # There, rights are inherited from the folder of the user, and neither owner nor mode tells them.
        return "is a link" if getattr(found, "st_reparse_tag", 0) == _JUNCTION else ""
    if found.st_uid != os.geteuid():
        return f"belongs to the user {found.st_uid}, and this is {os.geteuid()}"
    if found.st_mode & _OTHERS_WRITE:
        return f"may be written by others (mode {stat.S_IMODE(found.st_mode):o})"
    return ""
