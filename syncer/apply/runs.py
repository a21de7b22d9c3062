"""The applies of a space that came to an end, in `runs.jsonl`: enough to refuse a plan that was applied.

One JSON object a line, the last ones only: `{"started", "ended", "seal", "code", "wrote": […]}`. `wrote` is
kept of a saved plan that may be applied again. Like a journal, it is a hint and not the truth: lost, it only
costs what it would have refused or spared.
"""

import json
import os
import re
import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from syncer.model.codes import ExitCode
from syncer.state.folder import opened, unusable

KEPT: Final = 50
_MAX_BYTES: Final = 256 * 1024 * 1024
_MOMENT: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")
_SETTLED: Final = frozenset({ExitCode.OK, ExitCode.REFUSED})


@dataclass(frozen=True, slots=True)
class Run:
    """One apply that came to an end.

    Attributes:
        started: `2027-01-31T12:00:00Z`.
        ended: Likewise.
        seal: Of the saved plan; None when it planned itself.
        code: Its exit code.
        wrote: Addresses that it wrote, of a saved plan that may be applied again.
    """

    started: str
    ended: str
    seal: str | None
    code: int
    wrote: tuple[str, ...] = ()

    @property
    def settled(self) -> bool:
        """Whether every change of its plan was settled, so that the plan is not to be applied again."""
        return self.code in _SETTLED


def note(folder: Path, run: Run) -> None:
    """Add *run* to those in *folder*.

    Raises:
        SyncerError: It cannot be written.
    """
    kept = [*read(folder)[1 - KEPT :], run]
    part = folder / f".runs-{secrets.token_hex(6)}"
    try:
        with os.fdopen(opened(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL), "w", encoding="utf-8") as file:
            file.writelines(json.dumps(_to_json(each)) + "\n" for each in kept)
            file.flush()
            os.fsync(file.fileno())
        part.replace(_path(folder))
    except OSError as error:
        part.unlink(missing_ok=True)
        raise unusable(part, error) from None


def read(folder: Path) -> list[Run]:
    """Return the runs noted in *folder*, oldest first; what cannot be understood is passed over.

    Raises:
        SyncerError: It cannot be read, or is not ours.
    """
    path = _path(folder)
    try:
        with os.fdopen(opened(path, os.O_RDONLY), encoding="utf-8", errors="replace") as file:
            lines = file.read(_MAX_BYTES).splitlines()
    except FileNotFoundError:
        return []
    except OSError as error:
        raise unusable(path, error) from None
    return [run for line in lines if (run := _from_json(line)) is not None]


def stamp() -> str:
    """Return the present as it is noted."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _path(folder: Path) -> Path:
    return folder / "runs.jsonl"


def _to_json(run: Run) -> Mapping[str, Any]:
    wrote: Iterable[str] = () if run.settled or run.seal is None else run.wrote
    return {
        "started": run.started,
        "ended": run.ended,
        "seal": run.seal,
        "code": run.code,
        "wrote": list(wrote),
    }


def _from_json(line: str) -> Run | None:
    try:
        entry = json.loads(line)
    except (ValueError, RecursionError):
        return None
    match entry:
        case {"started": str(started), "ended": str(ended), "code": int(code), "wrote": list(wrote)} if (
            _MOMENT.fullmatch(started) and _MOMENT.fullmatch(ended)
        ):
            seal = entry.get("seal")
            addresses = tuple(address for address in wrote if isinstance(address, str))
            return Run(started, ended, seal if isinstance(seal, str) else None, code, addresses)
    return None
