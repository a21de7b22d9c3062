"""Runs every world through its commands and keeps what they said, wrote and asked for.

`python -m tests.e2e.golden.record` writes the files anew; each change of them belongs in a commit of its own
that says why. Time stands still, ids are counted, and one request goes at a time, so that the bytes are the
same on every machine and on every day.
"""

import contextlib
import itertools
import re
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final
from unittest import mock

import time_machine

from syncer import __version__
from syncer.sandbox.clock import Clock, timed_id
from syncer.sandbox.server import Sandbox
from tests.e2e.golden.worlds import WORLDS, World
from tests.support import Ran, environment, run_here

HERE: Final = Path(__file__).parent
_NOW: Final = "2026-11-02T09:30:00Z"
_BOUND: Final = re.compile(r'("(?:digest|seal)": "sha256:)[0-9a-f]{64}(?="[,\n]*(?:\n  "seal"|\n}))')
_VERSION: Final = re.compile(rf'("(?:tool_)?version": "|\bsyncer ){re.escape(__version__)}(?=[",<. ])')
_SUFFIX: Final = {"json": "json", "events": "jsonl", "markdown": "md", "sarif": "sarif", "html": "html"}


def record(name: str, folder: Path) -> dict[str, str]:
    """Return what the commands of the world *name* leave behind, by file name.

    Args:
        name: One of WORLDS.
        folder: An empty one, for the project.
    """
    with _still(), Sandbox.serve(seed=WORLDS[name].seed) as sandbox:
        return dict(_Recording(WORLDS[name], sandbox, folder).files())


@contextlib.contextmanager
def _still() -> Iterator[None]:
    """Stop the clock, count ids, ask one thing at a time."""
    numbers = itertools.count(1)

    def new_id(_self: Clock) -> str:
        number = next(numbers)
        return timed_id(1_793_000_000_000 + number, f"{number:020x}")

    with (
        time_machine.travel(_NOW, tick=False),
        mock.patch.object(Clock, "new_id", new_id),
        mock.patch("syncer.remote.client.PARALLELISM", 1),
    ):
        yield


class _Recording:
    """One world while it is recorded."""

    def __init__(self, world: World, sandbox: Sandbox, folder: Path) -> None:
        self._sandbox = sandbox
        self._folder = folder / "project"
        self._folder.mkdir()
        self._allow = [option for guard in world.allow for option in ("--allow", guard)]
        world.lay(self._folder, sandbox)

    def files(self) -> Iterator[tuple[str, str]]:
        """Run the commands; yield (file, text)."""
        yield from self._run("01-validate", "validate")
        yield from self._run("02-plan", "plan", "--out", "plan.json", "--html", "plan.html")
        yield "02-plan.html", self._plain((self._folder / "plan.html").read_text(encoding="utf-8"))
        yield from self._run("03-plan-verbose", "-v", "plan", "--detailed-exitcode", log=False)
        for style in ("json", "markdown", "github", "sarif"):
            yield from self._run(f"04-show-{style}", "show", "plan.json", "--format", style, suffix=style)
        yield from self._run("05-apply-refused", "apply", *_ONE)
        yield from self._run(
            "06-apply", "apply", "plan.json", "--format", "json", *_ONE, *self._allow, suffix="events"
        )
        yield from self._run("07-plan-again", "plan", "--detailed-exitcode")
        yield from self._run("08-apply-again", "apply", "--auto-approve", *_ONE, *self._allow)
        yield from self._run("09-import", "import", "--out", "imported")
        imported = sorted((self._folder / "imported").rglob("*.yaml"))
        whole = "".join(f"# {path.name}\n{path.read_text(encoding='utf-8')}" for path in imported)
        yield "09-imported.yaml", self._plain(whole)

    def _run(
        self, name: str, *arguments: str, suffix: str = "text", log: bool = True
    ) -> Iterator[tuple[str, str]]:
        before = len(self._sandbox.requests)
        env = environment({**self._sandbox.env(), "COLUMNS": "100"})
        ran = run_here(list(arguments), self._folder, env)
        yield f"{name}.{_SUFFIX.get(suffix, 'txt')}", self._plain(_told(ran))
        asked: list[Any] = list(self._sandbox.requests)[before:]
        if log and asked:
            lines = (f"{r.method} {r.path}?{r.query} → {r.status}, {r.bytes_in} B in\n" for r in asked)
            yield f"{name}.requests", self._plain("".join(sorted(lines)))

    def _plain(self, text: str) -> str:
        text = text.replace(self._sandbox.url, "http://sandbox").replace(str(self._folder), "/project")
        text = _VERSION.sub(r"\g<1>0.1.0", text)  # whatever this checkout is called
        return _BOUND.sub(r"\1…", text)


_ONE: Final = ("--parallelism", "1", "--no-quiet-wait")


def _told(ran: Ran) -> str:
    """Return a result with what went to stderr and the exit code below it, where a reader looks last."""
    return f"{ran.out}\n--- stderr ---\n{ran.err}\n--- exit code ---\n{ran.code}\n"


def main() -> None:
    """Write all files anew."""
    for name in WORLDS:
        kept = HERE / name
        shutil.rmtree(kept, ignore_errors=True)
        kept.mkdir()
        with tempfile.TemporaryDirectory() as folder:
            for file, text in record(name, Path(folder)).items():
                (kept / file).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
