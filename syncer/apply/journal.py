"""What apply is about to do, on disk before it does it.

One file an apply, one JSON object a line:

- `{"journal": 1, "space": {…}, "digest": …, "started": …}` first
- `{"intent": n, "entity": …, "operation": …, "addresses": […], "at": seconds}` flushed to the disk before
  request n leaves
- `{"outcome": n, "done": {address: id}, "failed": […], "uncertain": […]}` after its answer
- `{"settled": {address: id or null}}` after a look at the records told what became of uncertain ones

Beside it lies the plan, so that `apply --resume` can go on. No values, no credentials in the journal itself;
both files are readable by their owner only and are removed when nothing is left open.
"""

import json
import os
import secrets
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any, Final

from syncer import plan_file
from syncer.errors import Problem, SyncerError
from syncer.model import Plan

_VERSION: Final = 1


@dataclass(frozen=True, slots=True)
class Unfinished:
    """An apply that did not end in order.

    Attributes:
        path: Its journal.
        plan: The plan it carried out.
        started: `2027-01-31T12:00:00Z`.
        uncertain: Addresses whose request may have reached the service without an answer.
        last_sent: When the last of these requests left, seconds since the epoch; None when there is none.
        done: How many changes are known to have been written.
    """

    path: Path
    plan: Path
    started: str
    uncertain: tuple[str, ...]
    last_sent: float | None
    done: int


class Journal:
    """The journal of a running apply. Safe to use from many threads."""

    def __init__(self, folder: Path, plan: Plan) -> None:
        """Open a new journal in *folder* and lay *plan* beside it.

        Raises:
            SyncerError: It cannot be written; then nothing is sent.
        """
        stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ")
        self.path = folder / f"{stamp}-{os.getpid()}-{secrets.token_hex(3)}.jsonl"
        self.plan = self.path.with_suffix(".plan.json")
        self._lock = threading.Lock()
        self._requests = 0
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            plan_file.save(plan, self.plan)
            handle = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND, 0o600)
            self._file: IO[str] = os.fdopen(handle, "a", encoding="utf-8")
            self._line(
                {
                    "journal": _VERSION,
                    "space": {"url": plan.space.url, "id": plan.space.id},
                    "digest": plan_file.document(plan)["digest"],
                    "started": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
                }
            )
            _sync_folder(folder)
        except OSError as error:
            raise _unwritable(self.path, error) from None

    def intent(self, entity: str, operation: str, addresses: Sequence[str]) -> int:
        """Note that a request is about to be sent; return its number once that is on disk."""
        with self._lock:
            self._requests += 1
            number = self._requests
            self._line(
                {
                    "intent": number,
                    "entity": entity,
                    "operation": operation,
                    "addresses": list(addresses),
                    "at": time.time(),
                }
            )
        return number

    def outcome(
        self,
        number: int,
        *,
        done: Mapping[str, str | None],
        failed: Sequence[str] = (),
        uncertain: Sequence[str] = (),
    ) -> None:
        """Note what became of request *number*; lost with the machine, it costs a look at the records."""
        with self._lock:
            self._line(
                {"outcome": number, "done": dict(done), "failed": list(failed), "uncertain": list(uncertain)},
                sync=False,
            )

    def settled(self, found: Mapping[str, str | None]) -> None:
        """Note what a look at the records told: the id of what is there, None for what is not."""
        with self._lock:
            self._line({"settled": dict(found)}, sync=False)

    def close(self, *, complete: bool) -> None:
        """End the journal; remove it and its plan when nothing is left open."""
        with self._lock:
            self._file.close()
        if complete:
            remove(self.path)

    def _line(self, entry: Mapping[str, Any], *, sync: bool = True) -> None:
        try:
            self._file.write(json.dumps(entry, separators=(",", ":")) + "\n")
            self._file.flush()
            if sync:
                os.fsync(self._file.fileno())
        except OSError as error:
            raise _unwritable(self.path, error) from None


def remove(path: Path) -> None:
    """Remove a journal and the plan beside it; the journal first, since it alone calls for attention."""
    path.unlink(missing_ok=True)
    path.with_suffix(".plan.json").unlink(missing_ok=True)


def unfinished(folder: Path) -> list[Unfinished]:
    """Return the journals in *folder* that were not ended, oldest first.

    A last line cut short by a crash is ignored: what it would have said was not acted upon, since intents are
    on disk before their requests leave.
    """
    found = []
    for path in sorted(folder.glob("*.jsonl")) if folder.is_dir() else ():
        try:
            lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
        except OSError:
            continue
        state = _State()
        for line in lines:
            try:
                entry = json.loads(line)
            except ValueError:
                continue
            if isinstance(entry, dict):
                state.take(entry)
        found.append(
            Unfinished(
                path=path,
                plan=path.with_suffix(".plan.json"),
                started=state.started,
                uncertain=tuple(sorted(state.open)),
                last_sent=max(state.open.values(), default=None),
                done=state.done,
            )
        )
    return found


@dataclass(slots=True)
class _State:
    """What the lines read so far add up to."""

    started: str = "at an unknown time"
    done: int = 0
    open: dict[str, float] = field(default_factory=dict)
    _requests: dict[int, tuple[list[str], float]] = field(default_factory=dict)

    def take(self, entry: Mapping[str, Any]) -> None:
        match entry:
            case {"started": str(started)}:
                self.started = started
            case {"intent": int(number), "addresses": list(addresses), "at": int() | float() as at}:
                self._requests[number] = (addresses, at)
                self.open.update(dict.fromkeys(addresses, at))
            case {"outcome": int(number), "done": dict(done), "uncertain": list(uncertain)}:
                addresses, at = self._requests.get(number, ([], time.time()))
                for address in addresses:
                    self.open.pop(address, None)
                self.open.update(dict.fromkeys(uncertain, at))
                self.done += len(done)
            case {"settled": dict(found)}:
                for address, id_ in found.items():
                    self.open.pop(address, None)
                    self.done += id_ is not None


def _sync_folder(folder: Path) -> None:
    """Put the names of new files on disk too."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _unwritable(path: Path, error: OSError) -> SyncerError:
    return SyncerError(
        Problem(
            "file-unreadable",
            f"The journal {path} cannot be written: {error.strerror or error}.",
            hint="nothing is sent without it: a lost answer could make an opportunity twice; mend the disk",
        )
    )
