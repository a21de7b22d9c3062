"""One apply at a time to a space from a project.

The operating system holds the lock and drops it when its process ends, however it ends; what is written in
the file is only for people, and may have been written by anybody.
"""

import contextlib
import fcntl
import json
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any

from syncer.model.problem import LockedError, Problem
from syncer.render import escape
from syncer.state.folder import JOURNALS, opened, prepare, unusable


@contextmanager
def space_lock(folder: Path) -> Iterator[str]:
    """Hold the lock of the space whose state folder is *folder*, which is made when it is missing.

    Yields:
        What to say of a lock that a dead process left behind, "" when there was none.

    Raises:
        LockedError: Another apply holds it; the message says who, where and since when.
        SyncerError: The folder cannot be written, or is not ours alone.
    """
    prepare(folder, JOURNALS)
    path = folder / "lock"
    try:
        handle = opened(path, os.O_RDWR | os.O_CREAT)
    except OSError as error:
        raise unusable(path, error) from None
    with os.fdopen(handle, "r+", encoding="utf-8", errors="replace") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise LockedError(
                Problem(
                    "locked",
                    f"Another apply of this project is running: {_told(_read(file))}.",
                    hint="wait until it has ended, or stop it",
                )
            ) from None
        except OSError as error:
            raise unusable(path, error) from None
        left = _read(file)
        mine = {
            "pid": os.getpid(),
            "host": socket.gethostname(),
            "user": os.environ.get("USER") or os.environ.get("LOGNAME") or str(os.getuid()),
            "since": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        }
        try:
            _write(file, mine)
        except OSError as error:
            raise unusable(path, error) from None
        try:
            yield f"Took over the lock of an apply that did not end in order: {_told(left)}." if left else ""
        finally:
            # The run has ended, whatever becomes of the words in the file.
            with contextlib.suppress(OSError):
                _write(file, None)


def holder(folder: Path) -> str | None:
    """Return who holds the lock of a space; None when nobody does. Nothing is made or changed.

    Raises:
        SyncerError: The file is not ours alone.
    """
    try:
        handle = opened(folder / "lock", os.O_RDONLY)
    except OSError:
        return None
    with os.fdopen(handle, encoding="utf-8", errors="replace") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except OSError:
            return _told(_read(file))
    return None


def _read(file: IO[str]) -> dict[str, Any]:
    file.seek(0)
    try:
        found = json.loads(file.read(10_000) or "{}")
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _write(file: IO[str], told: dict[str, Any] | None) -> None:
    file.seek(0)
    file.truncate()
    if told is not None:
        file.write(json.dumps(told))
    file.flush()


def _told(owner: dict[str, Any]) -> str:
    if not owner:
        return "its owner is not known"
    pid, user, host, since = (_shown(owner.get(name, "?")) for name in ("pid", "user", "host", "since"))
    return f"process {pid} of {user} on {host}, since {since}"


def _shown(value: Any) -> str:
    return escape.inert_log(escape.one_line(str(value), 60))
