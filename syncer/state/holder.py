"""Which process this is, and whether another one still lives."""

import getpass
import os
import socket
import sys
from pathlib import Path

from syncer.model import job
from syncer.state.values import Holder


def here() -> Holder:
    """Return this process."""
    return Holder(
        user=_user(),
        host=socket.gethostname(),
        pid=os.getpid(),
        boot=_boot(),
        namespace=_namespace(),
        started=_started(os.getpid()),
    )


def is_dead(holder: Holder) -> bool:
    """Tell whether *holder* certainly lives no more.

    Certain is only what this machine can tell: the same start of the same machine, and the same namespace of
    processes, so that the number means the same here. Where the system has neither, the lease has to run out.
    """
    if not (holder.boot and holder.namespace and holder.started):
        return False
    if (holder.host, holder.boot, holder.namespace) != (socket.gethostname(), _boot(), _namespace()):
        return False
    try:
        os.kill(holder.pid, 0)
    except ProcessLookupError:
        return True
    except (OSError, OverflowError):
        pass  # it is another user's, and lives
    started = _started(holder.pid)
    return bool(started) and started != holder.started


def _user() -> str:
    """Return who is at work: on a runner the person who set it off, not the user that it runs as."""
    if person := job.person(os.environ):
        return person
    try:
        return getpass.getuser()
    except (ImportError, OSError, KeyError):  # a container may run as a number that has no name
        return "somebody" if sys.platform == "win32" else str(os.getuid())


def _boot() -> str:
    return _read(Path("/proc/sys/kernel/random/boot_id")).strip()


def _namespace() -> str:
    try:
        return str(Path("/proc/self/ns/pid").readlink())
    except OSError:
        return ""


def _started(pid: int) -> str:
    # The name of the command stands in brackets and may hold anything, brackets too.
    fields = _read(Path(f"/proc/{pid}/stat")).rpartition(")")[2].split()
    return fields[19] if len(fields) > 19 else ""


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
