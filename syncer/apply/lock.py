"""One apply at a time in a project.

The operating system holds the lock and drops it when its process ends, however it ends; what is written in
the file is only for people.
"""

import fcntl
import json
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from syncer.errors import LockedError, Problem, SyncerError


@contextmanager
def project_lock(folder: Path) -> Iterator[str]:
    """Hold the lock of the project whose `.syncer` is *folder*.

    Yields:
        What to say of a lock that a dead process left behind, "" when there was none.

    Raises:
        LockedError: Another apply holds it; the message says who, where and since when.
        SyncerError: The folder cannot be written.
    """
    path = folder / "lock"
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise _unusable(path, error) from None
    with os.fdopen(handle, "r+", encoding="utf-8") as file:
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
            raise _unusable(path, error) from None
        left = _read(file)
        _write(
            file,
            {
                "pid": os.getpid(),
                "host": socket.gethostname(),
                "user": os.environ.get("USER") or os.environ.get("LOGNAME") or str(os.getuid()),
                "since": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
            },
        )
        try:
            yield f"Took over the lock of an apply that did not end in order: {_told(left)}." if left else ""
        finally:
            _write(file, None)


def _read(file: Any) -> dict[str, Any]:
    file.seek(0)
    try:
        found = json.loads(file.read(10_000) or "{}")
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _write(file: Any, owner: dict[str, Any] | None) -> None:
    file.seek(0)
    file.truncate()
    if owner is not None:
        file.write(json.dumps(owner))
    file.flush()


def _told(owner: dict[str, Any]) -> str:
    if not owner:
        return "its owner is not known"
    return (
        f"process {owner.get('pid', '?')} of {owner.get('user', '?')} on {owner.get('host', '?')}, "
        f"since {owner.get('since', '?')}"
    )


def _unusable(path: Path, error: OSError) -> SyncerError:
    return SyncerError(
        Problem(
            "file-unreadable",
            f"{path} cannot be written or locked: {error.strerror or error}.",
            hint="apply keeps its lock and its journal there; make the folder writable",
        )
    )
