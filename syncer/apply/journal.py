"""What apply is about to do, on disk before it does it.

One file an apply, one JSON object a line:

- `{"journal": 1, "space": {…}, "seal": …, "started": …}` first
- `{"intent": n, "entity": …, "operation": …, "addresses": […], "at": seconds}` flushed to the disk before
  request n leaves
- `{"outcome": n, "done": {address: id}, "failed": […], "uncertain": […]}` after its answer
- `{"settled": {address: id or null}}` after a look at the records told what became of uncertain ones

Beside it lies the plan, so that `apply --resume` can go on. No values, no credentials in the journal itself;
both files are readable by their owner only and are removed when nothing is left open. What is in a journal is
never taken for the truth: it tells that there is something to look up, and the records tell the rest. See
docs/decisions/0006-journal.md.
"""

import contextlib
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
        seal: Of that plan's file; "" when the journal broke off before it.
        uncertain: Addresses whose request may have reached the service without an answer.
        done: How many changes are known to have been written, at least in part.
    """

    path: Path
    plan: Path
    started: str
    seal: str
    uncertain: tuple[str, ...]
    done: int


class Journal:
    """The journal of a running apply. Safe to use from many threads."""

    def __init__(self, folder: Path, plan: Plan) -> None:
        """Open a new journal in *folder* and lay *plan* beside it.

        Raises:
            SyncerError: It cannot be written; then nothing is sent.
        """
        now = datetime.now(UTC)
        self.path = folder / f"{now:%Y%m%dT%H%M%S.%fZ}-{os.getpid()}-{secrets.token_hex(3)}.jsonl"
        self.plan = self.path.with_suffix(".plan.json")
        self._lock = threading.Lock()
        self._syncing = threading.Lock()
        self._requests = self._lines = self._synced = 0
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            seal = plan_file.save(plan, self.plan)
            handle = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND, 0o600)
            self._file: IO[str] = os.fdopen(handle, "a", encoding="utf-8")
            self._line(
                {
                    "journal": _VERSION,
                    "space": {"url": plan.space.url, "id": plan.space.id},
                    "seal": seal,
                    "started": f"{now:%Y-%m-%dT%H:%M:%SZ}",
                }
            )
            self._sync()
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
        self._sync()
        return number

    def outcome(
        self,
        number: int,
        *,
        done: Mapping[str, str | None] | None = None,
        failed: Sequence[str] = (),
        uncertain: Sequence[str] = (),
    ) -> None:
        """Note what became of request *number*; lost with the machine, it costs a look at the records."""
        with self._lock:
            self._line(
                {
                    "outcome": number,
                    "done": dict(done or {}),
                    "failed": list(failed),
                    "uncertain": list(uncertain),
                }
            )

    def settled(self, found: Mapping[str, str | None]) -> None:
        """Note what a look at the records told: the id of what is there, None for what is not."""
        with self._lock:
            self._line({"settled": dict(found)})

    def close(self, *, complete: bool) -> None:
        """End the journal; remove it and its plan when nothing is left open."""
        with self._lock, contextlib.suppress(OSError):  # a full disk was told when the line was written
            self._file.close()
        if complete:
            remove(self.path)

    def _line(self, entry: Mapping[str, Any]) -> None:
        try:
            self._file.write(json.dumps(entry, separators=(",", ":")) + "\n")
            self._file.flush()
        except OSError as error:
            raise _unwritable(self.path, error) from None
        self._lines += 1

    def _sync(self) -> None:
        """Return when the lines written so far are on disk; workers that wait together share a sync."""
        wanted = self._lines
        with self._syncing:
            if self._synced >= wanted:
                return
            covered = self._lines
            try:
                os.fsync(self._file.fileno())
            except OSError as error:
                raise _unwritable(self.path, error) from None
            self._synced = covered


def remove(path: Path) -> None:
    """Remove a journal and the plan beside it; the journal first, since it alone calls for attention."""
    path.unlink(missing_ok=True)
    path.with_suffix(".plan.json").unlink(missing_ok=True)


def sweep(folder: Path) -> None:
    """Remove plans whose journal is gone or was never begun; the caller holds the lock of the project."""
    for plan in folder.glob("*.plan.json*"):
        journal = folder / f"{plan.name.partition('.plan.json')[0].removeprefix('.')}.jsonl"
        if not journal.exists():
            plan.unlink(missing_ok=True)


def unfinished(folder: Path) -> list[Unfinished]:
    """Return the journals in *folder* that were not ended, oldest first.

    A last line cut short by a crash is ignored: what it would have said was not acted upon, since intents are
    on disk before their requests leave.

    Raises:
        SyncerError: One cannot be read, so that nobody knows what it would tell.
    """
    found = []
    for path in sorted(folder.glob("*.jsonl")) if folder.is_dir() else ():
        try:
            lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
        except OSError as error:
            raise SyncerError(
                Problem(
                    "file-unreadable",
                    f"The journal {path} cannot be read: {error.strerror or error}.",
                    hint="it tells what an earlier apply left uncertain; make it readable",
                )
            ) from None
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
                seal=state.seal,
                uncertain=tuple(sorted(state.uncertain)),
                done=len(state.done),
            )
        )
    return found


@dataclass(slots=True)
class _State:
    """What the lines read so far add up to."""

    started: str = "at an unknown time"
    seal: str = ""
    done: set[str] = field(default_factory=set)
    open: dict[int, set[str]] = field(default_factory=dict)

    @property
    def uncertain(self) -> set[str]:
        return {address for addresses in self.open.values() for address in addresses}

    def take(self, entry: Mapping[str, Any]) -> None:
        match entry:
            case {"started": str(started), "seal": str(seal)}:
                self.started, self.seal = started, seal
            case {"intent": int(number), "addresses": list(addresses)}:
                self.open[number] = set(addresses)
            case {"outcome": int(number), "done": dict(done), "uncertain": list(uncertain)}:
                self.open[number] = set(uncertain)
                self.done.update(done)
            case {"settled": dict(found)}:
                for left in self.open.values():
                    left.difference_update(found)
                self.done.update(address for address, id_ in found.items() if id_ is not None)


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
