"""What file systems do differently on Linux, macOS and Windows."""

import os
import sys
import time
from pathlib import Path
from typing import Final

# What `os.open` needs for bytes as they are, and no link followed; each is there on some systems only.
PLAIN: Final = sum(getattr(os, name, 0) for name in ("O_BINARY", "O_CLOEXEC", "O_NOFOLLOW", "O_NONBLOCK"))
_PATIENCE: Final = 2.0


def flush(folder: Path) -> None:
    """Put the names in *folder* on disk too; Windows does that by itself, and opens no folder.

    Raises:
        OSError: It cannot be done.
    """
    if sys.platform == "win32":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def replace(part: Path, path: Path) -> None:
    """Rename *part* to *path*, over whatever is there; on Windows after whoever has it open is done.

    Raises:
        OSError: It cannot be done.
    """
    until = time.monotonic() + _PATIENCE
    while True:
        try:
            part.replace(path)
        except PermissionError:
            if sys.platform != "win32" or time.monotonic() > until:
                raise
            time.sleep(0.01)
        else:
            return
