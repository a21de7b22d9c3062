"""`syncer` as a process that can be killed at an exact moment."""

import contextlib
import io
import multiprocessing
import os
import signal
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from syncer.cli import run
from syncer.remote.transport import Exchange, Transport

_CONTEXT = multiprocessing.get_context("forkserver")
_CONTEXT.set_forkserver_preload(["tests.faults.client", "syncer.verbs.plan", "syncer.apply.run", "httpcore"])


@dataclass(frozen=True)
class Ran:
    """What a run left behind."""

    code: int | None
    out: str
    err: str


def run_here(arguments: Sequence[str], folder: Path, environment: Mapping[str, str]) -> Ran:
    """Run a command in this process."""
    out, err = io.StringIO(), io.StringIO()
    before = dict(os.environ)
    os.environ.update(environment)
    try:
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            code = run(["-C", str(folder), *arguments])
    finally:
        os.environ.clear()
        os.environ.update(before)
    return Ran(code, out.getvalue(), err.getvalue())


@dataclass(frozen=True)
class Suicide:
    """Ends the client with SIGKILL `before` its nth request is sent, or `after` the answer to it arrived."""

    nth: int
    when: str


class Client:
    """A command in a process of its own: forked from a server without threads, so that it starts at once."""

    def __init__(
        self,
        arguments: Sequence[str],
        folder: Path,
        environment: Mapping[str, str],
        suicide: Suicide | None = None,
    ) -> None:
        self._out, self._err = folder / "stdout.txt", folder / "stderr.txt"
        self.process = _CONTEXT.Process(
            target=_child,
            args=(["-C", str(folder), *arguments], dict(environment), suicide, self._out, self._err),
        )

    def start(self) -> None:
        """Start it."""
        self.process.start()

    def kill(self) -> None:
        """End it as `kill -9` would."""
        assert self.process.pid is not None
        os.kill(self.process.pid, signal.SIGKILL)

    def wait(self, seconds: float = 60.0) -> Ran:
        """Return what it left behind, once it has ended."""
        self.process.join(seconds)
        if self.process.exitcode is None:
            self.process.kill()
            raise TimeoutError(self._err.read_text())
        return Ran(self.process.exitcode, self._out.read_text(), self._err.read_text())


def _child(
    arguments: list[str], environment: dict[str, str], suicide: Suicide | None, out: Path, err: Path
) -> None:
    os.environ.update(environment)
    for number, path in ((1, out), (2, err)):
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        os.dup2(handle, number)
    if suicide is not None:
        Transport.exchange = _ending(Transport.exchange, suicide)  # type: ignore[method-assign]
    code = run(arguments)
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


def _ending(exchange: Callable[..., Exchange], suicide: Suicide) -> Callable[..., Exchange]:
    count = 0
    lock = threading.Lock()

    def counted(*arguments: Any, **options: Any) -> Exchange:
        nonlocal count
        with lock:
            count += 1
            mine = count == suicide.nth
        if mine and suicide.when == "before":
            os.kill(os.getpid(), signal.SIGKILL)
        answer = exchange(*arguments, **options)
        if mine:
            os.kill(os.getpid(), signal.SIGKILL)
        return answer

    return counted
