"""Where an apply keeps what it has to remember of one space: `.syncer/<host[_port]>/<space id>/`.

A branch may carry anything, links and files of that name too. So nothing there is opened before the whole
folder was looked through: no links, no second names of files, nothing that is another user's or that others
may write. See docs/decisions/0006-journal.md.
"""

import hashlib
import os
import re
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from syncer.model.problem import Problem, SyncerError

NAME: Final = ".syncer"
JOURNALS: Final = "journal"
# What a folder may be called on every file system; anything else gets a hash, so that no two names meet.
_PLAIN: Final = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]{0,62}[A-Za-z0-9])?")
_OTHERS_WRITE: Final = stat.S_IWGRP | stat.S_IWOTH
_SAY: Final = "syncer never leaves it so: find out where it comes from, then delete it"


def space_folder(root: Path, url: str, space_id: str) -> Path:
    """Return the state folder of a space, for the project at *root*; nothing is made or looked at."""
    parts = urlsplit(url)
    host = (parts.hostname or "").rstrip(".")
    usual = parts.port in {None, {"https": 443, "http": 80}.get(parts.scheme)}
    place = host if usual else f"{host}_{parts.port}"
    return root / NAME / _name(place) / _name(space_id)


def _name(text: str) -> str:
    if _PLAIN.fullmatch(text):
        return text
    plain = re.sub(r"[^A-Za-z0-9]+", "-", text)[:40].strip("-")
    digest = hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:16]
    return f"{plain}-{digest}" if plain else digest


def inspect(folder: Path) -> None:
    """Look through the `.syncer` that *folder* is in; nothing is changed.

    Raises:
        SyncerError: Something there is a link, is not ours, or may be written by others.
    """
    top = next(parent for parent in (folder, *folder.parents) if parent.name == NAME)
    problems = [
        Problem("state-unsafe", f"{path} {why}.", hint=_SAY) for path in _below(top) if (why := _unsafe(path))
    ]
    if problems:
        raise SyncerError(problems)


def prepare(folder: Path) -> None:
    """Look through the state folder, and make what is missing of it, for its owner only.

    Raises:
        SyncerError: It is not ours alone, or cannot be made.
    """
    inspect(folder)
    try:
        for each in (folder.parent.parent, folder.parent, folder, folder / JOURNALS):
            each.mkdir(mode=0o700, exist_ok=True)
    except OSError as error:
        raise unusable(folder, error) from None
    inspect(folder)  # what was made, and whatever came in between


def opened(path: Path, flags: int) -> int:
    """Open a file of the state folder, the very file: no link, nothing but a file, with no second name.

    Raises:
        OSError: It cannot be opened.
        SyncerError: It is not what it should be.
    """
    handle = os.open(path, flags | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK, 0o600)
    if why := _wrong(os.fstat(handle)):
        os.close(handle)
        raise SyncerError(Problem("state-unsafe", f"{path} {why}.", hint=_SAY))
    return handle


def unusable(path: Path, error: OSError) -> SyncerError:
    """Return what to say when something of the state folder cannot be used."""
    return SyncerError(
        Problem(
            "file-unreadable",
            f"{path} cannot be written or locked: {error.strerror or error}.",
            hint="apply keeps its lock and its journal there; make the folder writable",
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
    if found.st_uid != os.geteuid():
        return f"belongs to the user {found.st_uid}, and this is {os.geteuid()}"
    if found.st_mode & _OTHERS_WRITE:
        return f"may be written by others (mode {stat.S_IMODE(found.st_mode):o})"
    return ""
