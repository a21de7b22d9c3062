"""What apply is about to do, on disk before it does it.

One file an apply, one JSON object a line:

- `{"journal": 1, "space": {…}, "plan": …, "run": …, "started": …}` first; `plan` is its digest
- `{"intent": n, "entity": …, "operation": …, "addresses": […], "at": seconds}` flushed to the disk before
  request n leaves
- `{"outcome": n, "done": {address: id}, "failed": […], "uncertain": […]}` after its answer
- `{"settled": {address: id or null}}` after a look at the records told what became of uncertain ones

No values, no credentials. It is readable by its owner only and is removed when nothing is left open. What is
in a journal is never taken for the truth, and it is no plan: it tells that there is something to look up, and
the records tell the rest. See docs/decisions/0006-journal.md.
"""

import contextlib
import json
import os
import re
import secrets
import threading
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any, Final

from syncer.files.system import flush
from syncer.kinds.registry import KINDS
from syncer.model.plan import SpaceId
from syncer.model.problem import Problem, SyncerError
from syncer.state.folder import opened

_VERSION: Final = 1
_MAX_BYTES: Final = 256 * 1024 * 1024  # of a hundred thousand changes a tenth
_MOMENT: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")


@dataclass(frozen=True, slots=True)
class Unfinished:
    """An apply that did not end in order.

    Attributes:
        path: Its journal.
        started: `2027-01-31T12:00:00Z`.
        plan: Digest of the plan it carried out.
        run: Its id.
        uncertain: Addresses whose request may have reached the service without an answer.
        done: Addresses that are known to have been written, at least in part, with the ids answered.
    """

    path: Path
    started: str
    plan: str
    uncertain: tuple[str, ...]
    done: Mapping[str, str | None]
    run: str = ""

    @property
    def addresses(self) -> frozenset[str]:
        """All that it may have written."""
        return frozenset((*self.uncertain, *self.done))


class Journal:
    """The journal of a running apply. Safe to use from many threads."""

    def __init__(self, folder: Path, space: SpaceId, plan: str, run: str = "") -> None:
        """Open a new journal in *folder* for the apply *run* of *plan*, a digest, to *space*.

        Raises:
            SyncerError: It cannot be written; then nothing is sent.
        """
        now = datetime.now(UTC)
        self.path = folder / f"{now:%Y%m%dT%H%M%S.%fZ}-{os.getpid()}-{secrets.token_hex(3)}.jsonl"
        self._lock = threading.Lock()
        self._syncing = threading.Lock()
        self._requests = self._lines = self._synced = 0
        try:
            handle = opened(self.path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND)
            self._file: IO[str] = os.fdopen(handle, "a", encoding="utf-8")
            self._line(
                {
                    "journal": _VERSION,
                    "space": {"url": space.url, "id": space.id},
                    "plan": plan,
                    "run": run,
                    "started": f"{now:%Y-%m-%dT%H:%M:%SZ}",
                }
            )
            self._sync()
            flush(folder)
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
        """End the journal; remove it when nothing is left open."""
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
    """Remove a journal; one that stays only makes the next apply look once more."""
    with contextlib.suppress(OSError):
        path.unlink(missing_ok=True)


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
            with os.fdopen(opened(path, os.O_RDONLY), encoding="utf-8", errors="replace") as file:
                lines = file.read(_MAX_BYTES).splitlines()
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
            except (ValueError, RecursionError):
                continue
            if isinstance(entry, dict):
                state.take(entry)
        found.append(
            Unfinished(
                path=path,
                started=state.started,
                plan=state.plan,
                uncertain=tuple(sorted(state.uncertain)),
                done=state.done,
                run=state.run,
            )
        )
    return found


@dataclass(slots=True)
class _State:
    """What the lines read so far add up to."""

    started: str = "at an unknown time"
    plan: str = ""
    run: str = ""
    done: dict[str, str | None] = field(default_factory=dict)
    open: dict[int, set[str]] = field(default_factory=dict)
    links: set[int] = field(default_factory=set)  # requests whose ids are those of other rows

    @property
    def uncertain(self) -> set[str]:
        return {address for addresses in self.open.values() for address in addresses}

    def take(self, entry: Mapping[str, Any]) -> None:
        match entry:
            case {"journal": _, "started": str(started), "plan": plan}:
                self.started = started if _MOMENT.fullmatch(started) else self.started
                self.plan = plan if isinstance(plan, str) else ""
                self.run = str(entry.get("run", ""))
            case {"intent": int(number), "entity": entity, "addresses": list(addresses)}:
                self.open[number] = _texts(addresses)
                if all(entity != kind.entity for kind in KINDS.values()):
                    self.links.add(number)
            case {"outcome": int(number), "done": dict(done), "uncertain": list(uncertain)}:
                self.open[number] = _texts(uncertain)
                self._note(dict.fromkeys(done) if number in self.links else done)
            case {"settled": dict(found)}:
                for left in self.open.values():
                    left.difference_update(found)
                self._note({address: id_ for address, id_ in found.items() if id_ is not None})

    def _note(self, done: Mapping[str, Any]) -> None:
        for address, id_ in done.items():
            known = self.done.get(address)
            self.done[address] = id_ if known is None and isinstance(id_, str) else known


def _texts(items: Iterable[Any]) -> set[str]:
    return {item for item in items if isinstance(item, str)}


def _unwritable(path: Path, error: OSError) -> SyncerError:
    return SyncerError(
        Problem(
            "file-unreadable",
            f"The journal {path} cannot be written: {error.strerror or error}.",
            hint="nothing is sent without it: a lost answer could make a record twice; fix the disk",
        )
    )
