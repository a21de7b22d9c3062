"""The state of a space in a folder of this machine.

Every content is a file of its own that is written whole and never changed; `tip.json` says which of them
count. It is replaced by renaming, so that a step is done when that is done, and not before. What it names no
more is swept away.

A short lock (`mutex`) keeps steps apart. Who holds the space has `held-<run>` locked besides: the system
drops that lock when the process ends, however it ends, so that a dead one frees the space at once.
"""

import json
import os
import re
import secrets
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

from syncer.files.system import flush, replace
from syncer.model.problem import Problem
from syncer.state import holder, runs
from syncer.state.backend import Decide, Step, Tip
from syncer.state.clock import Clock, elapsed
from syncer.state.faults import UnreachableError, damaged
from syncer.state.fields import Fields, text_of
from syncer.state.folder import inspect, opened, prepare, unusable
from syncer.state.lock import check_version
from syncer.state.tree import Trees, changes
from syncer.state.values import FORMAT, RUN_ID, Lock, RunChange, Scope

_TIP: Final = "tip.json"
_MUTEX: Final = "mutex"
_HELD: Final = "held-"
_STORED: Final = re.compile(r"(?:runs/)?[A-Za-z0-9][A-Za-z0-9._-]{0,140}")
# Steps take milliseconds; whoever takes longer is stuck.
_PATIENCE: Final = 20.0
_GLANCE: Final = 0.005
_GLANCES: Final = 3


class Local:
    """A state below `.syncer`."""

    name = "local"

    def __init__(self, folder: Path, scope: Scope, clock: Clock | None = None) -> None:
        """Keep the state of *scope* in *folder*, see `folder.space_folder`."""
        self._folder = folder
        self._clock = clock or Clock()
        self._trees = Trees(scope)

    def look(self) -> Tip:
        """Return what is kept; nothing is made or changed."""
        asked = elapsed()
        inspect(self._folder)
        return self._trees.tip(_Files.of(self._folder), self._clock.now(), asked)

    def change(self, decide: Decide) -> Tip:
        """Carry out what *decide* makes of what is kept."""
        prepare(self._folder, runs.FOLDER.rstrip("/"))
        with self._alone():
            asked, now = elapsed(), self._clock.now()
            files = _Files.of(self._folder)
            tip = self._trees.tip(files, now, asked)
            step = decide(tip)
            if step is None:
                return tip
            self._store(files, tip, step)
            return self._trees.tip(_Files.of(self._folder), now, asked)

    def changes(self, run: str) -> tuple[RunChange, ...] | None:
        """Return what a run did."""
        inspect(self._folder)
        try:
            return changes(_Files.of(self._folder), run)
        except FileNotFoundError:  # it was settled or dropped meanwhile
            return changes(_Files.of(self._folder), run)

    def init(self) -> None:
        """Make the folder and an empty state."""
        self.change(lambda tip: Step("init", None) if tip.lineage is None else None)

    @contextmanager
    def pledge(self, run: str) -> Iterator[None]:
        """Keep `held-<run>` locked."""
        prepare(self._folder, runs.FOLDER.rstrip("/"))
        path = self._folder / f"{_HELD}{run}"
        with self._alone():  # so that nobody sweeps it before it is locked
            try:
                handle = opened(path, os.O_RDWR | os.O_CREAT)
                _locked(handle)
            except OSError as error:
                raise unusable(path, error) from None
        try:
            yield
        finally:
            os.close(handle)  # Windows removes no file that is open
            with suppress(OSError):
                path.unlink()

    def is_dead(self, lock: Lock) -> bool:
        """Tell whether nobody has the lock's file locked any more."""
        try:
            return self._is_free(self._folder / f"{_HELD}{lock.run}")
        except OSError:
            return holder.is_dead(lock.holder)  # the folder was copied here, say

    @contextmanager
    def _alone(self) -> Iterator[None]:
        path = self._folder / _MUTEX
        try:
            handle = opened(path, os.O_RDWR | os.O_CREAT)
        except OSError as error:
            raise unusable(path, error) from None
        try:
            _acquire(handle, path)
            yield
        finally:
            os.close(handle)

    def _store(self, files: "_Files", tip: Tip, step: Step) -> None:
        table = dict(files.names())
        mark = secrets.token_hex(6)
        for name, content in self._trees.write(files, tip, step).items():
            if content is None:
                table.pop(name, None)
                continue
            stem, _, ending = name.rpartition(".")
            table[name] = f"{stem}.{mark}.{ending}"
            self._write(table[name], content)
        # The names of new files have to be on disk before what names them.
        flush(self._folder / runs.FOLDER)
        body = {"format_version": FORMAT, "files": dict(sorted(table.items()))}
        self._write(_TIP, f"{json.dumps(body, indent=1)}\n".encode())
        self._sweep(set(table.values()))

    def _write(self, name: str, content: bytes) -> None:
        path = self._folder / name
        part = path.with_name(f".{secrets.token_hex(6)}.part")
        try:
            with os.fdopen(opened(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL), "wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            replace(part, path)
            flush(path.parent)
        except OSError as error:
            with suppress(OSError):
                part.unlink(missing_ok=True)
            raise unusable(path, error) from None

    def _sweep(self, wanted: set[str]) -> None:
        """Remove what counts no more; what cannot be removed does no harm."""
        with suppress(OSError):
            for path in [*self._folder.iterdir(), *(self._folder / runs.FOLDER).iterdir()]:
                name = path.relative_to(self._folder).as_posix()
                if name.startswith(_HELD):
                    stale = self._is_free(path)
                else:
                    stale = bool(_OURS.fullmatch(name)) and name not in wanted
                if stale:
                    path.unlink(missing_ok=True)

    def _is_free(self, path: Path) -> bool:
        handle = opened(path, os.O_RDWR)
        try:
            # Somebody else may be looking at this very moment, and has it locked as long as that takes.
            for glance in range(_GLANCES):
                if glance:
                    time.sleep(_GLANCE)
                if _locked(handle):
                    return True
            return False
        finally:
            os.close(handle)


# What a step writes: a mark of twelve digits before the ending, or a part that was never finished.
_OURS: Final = re.compile(r"(?:runs/)?(?:.+\.[0-9a-f]{12}\.jsonl?|\.[0-9a-f]{12}\.part)")


class _Files:
    """The files that one `tip.json` names."""

    def __init__(self, folder: Path, table: Mapping[str, str]) -> None:
        self.where = str(folder)
        self._folder, self._table = folder, table
        # At once, since a step of somebody else may sweep them away later.
        self._begun = {
            name: _content(folder / stored, first=name.startswith(runs.FOLDER))
            for name, stored in table.items()
        }

    @classmethod
    def of(cls, folder: Path) -> "_Files":
        """Return what counts now; while somebody else makes a step, what counts after it."""
        table = _table(folder)
        while True:
            try:
                return cls(folder, table)
            except FileNotFoundError as error:
                before, table = table, _table(folder)
                if table == before:
                    raise damaged(str(error.filename), None, f"it is missing, and {_TIP} names it") from None

    def names(self) -> Mapping[str, str]:
        return self._table

    def heads(self, names: Iterable[str]) -> Mapping[str, bytes]:
        return {name: self._begun[name] for name in names}

    def read(self, names: Iterable[str]) -> Mapping[str, bytes]:
        return {
            name: _content(self._folder / self._table[name])
            if name.startswith(runs.FOLDER)
            else self._begun[name]
            for name in names
        }


def _table(folder: Path) -> Mapping[str, str]:
    path = folder / _TIP
    try:
        fields = Fields(text_of(_content(path), str(path)), str(path))
    except FileNotFoundError:
        return {}
    check_version(fields.text("format_version"), str(path))
    table = fields.object("files")
    for name, stored in table.items():
        if not (isinstance(stored, str) and _STORED.fullmatch(name) and _STORED.fullmatch(stored)):
            fields.refuse(f'"{name}" names no file of ours')
        run = name.removeprefix(runs.FOLDER).removesuffix(".json")
        if name.startswith(runs.FOLDER) and not RUN_ID.fullmatch(run):
            fields.refuse(f'"{name}" is no run')
    return table


def _content(path: Path, *, first: bool = False) -> bytes:
    """Return what is in a file, or the first line of it."""
    try:
        with os.fdopen(opened(path, os.O_RDONLY), "rb") as file:
            return file.readline() if first else file.read()
    except FileNotFoundError:
        raise
    except OSError as error:
        raise unusable(path, error) from None


def _acquire(handle: int, path: Path) -> None:
    deadline = elapsed() + _PATIENCE
    while True:
        try:
            if _locked(handle):
                return
        except OSError as error:
            raise unusable(path, error) from None
        if elapsed() > deadline:
            detail = f"{path} is locked, and was for {_PATIENCE:.0f} s."
            hint = "a syncer that was stopped holds it; end that process"
            raise UnreachableError(Problem("state-unreachable", detail, hint=hint))
        time.sleep(_GLANCE)


def _locked(handle: int) -> bool:
    """Lock an open file; tell whether nobody else has. The system drops the lock when the file is closed."""
    from filelock import lock_descriptor  # noqa: PLC0415 (40 ms, and a plan locks nothing)

    return lock_descriptor(handle, blocking=False)
