"""Write one file whole."""

import os
import stat
import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Final

from syncer.files.system import replace
from syncer.model.problem import Problem, SyncerError

if TYPE_CHECKING:
    pass


STDOUT: Final = Path("-")


def is_stdout(path: Path) -> bool:
    """Tell whether *path* stands for stdout: `-`, or another name of the pipe or file that stdout is."""
    if path == STDOUT:
        return True
    try:
        here, there = os.fstat(sys.stdout.fileno()), path.stat()
    except (AttributeError, OSError, ValueError):
        return False
    return os.path.samestat(here, there) and not stat.S_ISCHR(there.st_mode)


def _is_stream(path: Path) -> bool:
    """Tell whether *path* is a pipe, a device or a socket: nothing in it can be replaced."""
    try:
        mode = path.stat().st_mode
    except OSError:
        return False
    return not (stat.S_ISREG(mode) or stat.S_ISDIR(mode))


def write(path: Path, text: str | Iterable[str], *, mode: int = 0o600) -> None:
    """Write *text* to *path*: whole or not at all, through links to where they lead.

    A regular file is written beside its place and renamed, so that nobody ever sees half of it. A pipe or a
    device is written to as it is, since it cannot be replaced.

    Args:
        path: Where to; not stdout.
        text: Whole, or in pieces.
        mode: Who may read and write the file.

    Raises:
        SyncerError: It cannot be written.
    """
    pieces = [text] if isinstance(text, str) else text
    try:
        if _is_stream(path):
            with path.open("w", encoding="utf-8", newline="\n") as stream:
                stream.writelines(pieces)
        else:
            _replace(Path(os.path.realpath(path)), pieces, mode)
    except OSError as error:
        raise _unwritable(path, f"{error.strerror or error}") from None


def _replace(path: Path, pieces: Iterable[str], mode: int) -> None:
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=".syncer-", suffix=".part")
    part = Path(name)
    try:
        with os.fdopen(handle, "w", encoding="utf-8", newline="\n") as file:
            file.writelines(pieces)
            file.flush()
            os.fsync(file.fileno())
        part.chmod(mode)
        replace(part, path)
    except BaseException:
        part.unlink(missing_ok=True)
        raise


def _unwritable(
    path: Path, why: str, hint: str = "choose another file, or make its folder writable"
) -> SyncerError:
    return SyncerError(Problem("file-unwritable", f"{path} cannot be written: {why}.", hint=hint))
