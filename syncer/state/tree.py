"""A state as a few files: `state.json`, `ledger.jsonl`, `lock.json` while held, `runs/<run>.json`."""

import secrets
from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from functools import cache
from typing import Final, Protocol

from syncer.state import ledger, lock, runs
from syncer.state.backend import Step, Tip
from syncer.state.faults import damaged
from syncer.state.fields import text_of
from syncer.state.ledger import Ledger
from syncer.state.values import Run, RunChange, Scope

_HEADS: Final = (lock.ROOT, lock.LOCK)


class Snapshot(Protocol):
    """The files of a state at one moment, which stay as they are."""

    where: str

    def names(self) -> Mapping[str, str]:
        """Return an id of the content by the name of each file."""

    def read(self, names: Iterable[str]) -> Mapping[str, bytes]:
        """Return the content of these files."""

    def heads(self, names: Iterable[str]) -> Mapping[str, bytes]:
        """Return at least the first line of these files."""


class Trees:
    """Reads and writes the states of one space; remembers the ledger that it has read last."""

    def __init__(self, scope: Scope) -> None:
        self._scope = scope
        self._last: tuple[str, Ledger] = ("", Ledger())

    def tip(self, files: Snapshot, now: datetime, asked: float) -> Tip:
        """Return what *files* hold.

        Raises:
            StateError: They are not as we write them, for another space, or of another major version.
        """
        names = files.names()
        found = files.read([name for name in _HEADS if name in names])
        lineage, serial, held = None, 0, None
        if lock.ROOT in found:
            where = f"{files.where}/{lock.ROOT}"
            lineage, serial = lock.root_from_text(text_of(found[lock.ROOT], where), self._scope, where)
        elif names:
            raise damaged(f"{files.where}/{lock.ROOT}", None, "it is missing")
        if lock.LOCK in found:
            where = f"{files.where}/{lock.LOCK}"
            held = lock.lock_from_text(text_of(found[lock.LOCK], where), where)
        return Tip(
            lineage, serial, held, now, asked, cache(lambda: self._ledger(files)), cache(lambda: _runs(files))
        )

    def write(self, files: Snapshot, tip: Tip, step: Step) -> dict[str, bytes | None]:
        """Return what *step* makes of *files*: by name what changes, None for a file that goes."""
        changed: dict[str, bytes | None] = {}
        lineage, serial = tip.lineage or secrets.token_hex(16), tip.serial + step.remembers
        if (lineage, serial) != (tip.lineage, tip.serial):
            before = files.read([lock.ROOT])[lock.ROOT].decode() if tip.lineage else "{}"
            changed[lock.ROOT] = f"{lock.root_to_text(self._scope, lineage, serial, before)}\n".encode()
        if step.lock != tip.lock or tip.lineage is None:
            held = step.lock
            changed[lock.LOCK] = None if held is None else f"{lock.lock_to_text(held)}\n".encode()
        if step.rows or step.gone or ledger.NAME not in files.names():
            changed[ledger.NAME] = tip.ledger().merged(step.rows, step.gone, step.project).text()
        return changed | _changed_runs(files, tip, step)

    def _ledger(self, files: Snapshot) -> Ledger:
        id_ = files.names().get(ledger.NAME)
        if id_ is None:
            if files.names():
                raise damaged(f"{files.where}/{ledger.NAME}", None, "it is missing")
            return Ledger()
        if id_ != self._last[0]:
            raw = files.read([ledger.NAME])[ledger.NAME]
            self._last = (id_, Ledger.parse(raw, f"{files.where}/{ledger.NAME}"))
        return self._last[1]


def changes(files: Snapshot, run: str) -> tuple[RunChange, ...] | None:
    """Return what a run did; None when it is not kept.

    Raises:
        StateError: It is not as we write it.
    """
    name = runs.name(run)
    if name not in files.names():
        return None
    return runs.changes(files.read([name])[name], f"{files.where}/{name}")


def _runs(files: Snapshot) -> tuple[Run, ...]:
    names = [name for name in files.names() if name.startswith(runs.FOLDER)]
    found = []
    for name, raw in files.heads(names).items():
        run = runs.head(raw, f"{files.where}/{name}")
        if runs.name(run.run) != name:
            raise damaged(f"{files.where}/{name}", 1, f"it is of the run {run.run}")
        found.append(run)
    return runs.in_order(found)


def _changed_runs(files: Snapshot, tip: Tip, step: Step) -> dict[str, bytes | None]:
    if not (step.add or step.settled):
        return {}
    changed: dict[str, bytes | None] = {}
    kept = {run.run: run for run in tip.runs()}
    ended: Collection[str] = [run for run in step.settled if run in kept]
    texts = files.read([runs.name(run) for run in ended])
    for id_ in ended:
        run = kept[id_]
        kept[id_] = replace(run, ended=run.ended or step.at, uncertain=())
        changed[runs.name(id_)] = runs.with_head(texts[runs.name(id_)], kept[id_])
    for run, done in step.add:
        kept[run.run] = run
        changed[runs.name(run.run)] = runs.to_text(run, done)
    changed |= dict.fromkeys(map(runs.name, runs.outdated(kept.values())))
    return changed
