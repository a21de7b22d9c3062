"""A person at a terminal: a command on a pseudo-terminal, what it shows, what is typed."""

import os
import pty
import select
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from fcntl import ioctl
from pathlib import Path

# Ctrl-C goes to whoever has the terminal as its own.
_OWN = "import fcntl,os,sys,termios as t; fcntl.ioctl(0, t.TIOCSCTTY, 0); os.execv(sys.argv[1], sys.argv[1:])"


class Terminal:
    """A running command and the screen it writes to."""

    def __init__(self, process: subprocess.Popen[bytes], screen: int) -> None:
        self._process = process
        self._screen = screen
        self.shown = ""

    def until(self, text: str, seconds: float = 30.0) -> str:
        """Read until *text* is shown; return everything shown so far."""
        deadline = time.monotonic() + seconds
        while text not in self.shown:
            left = deadline - time.monotonic()
            assert left > 0, f"{text!r} was not shown, but {self.shown!r}"
            if select.select([self._screen], [], [], left)[0] and not self._read():
                raise AssertionError(f"{text!r} was not shown before the end, but {self.shown!r}")
        return self.shown

    def type(self, keys: str) -> None:
        r"""Press keys; `\x03` is Ctrl-C, `\x04` the end of input."""
        os.write(self._screen, keys.encode())

    def end(self, seconds: float = 30.0) -> int:
        """Read to the end; return the exit code."""
        deadline = time.monotonic() + seconds
        while select.select([self._screen], [], [], max(deadline - time.monotonic(), 0))[0] and self._read():
            pass
        return self._process.wait(max(deadline - time.monotonic(), 1))

    def _read(self) -> bool:
        try:
            piece = os.read(self._screen, 65536)
        except OSError:  # the other side is closed
            return False
        self.shown += piece.decode(errors="replace").replace("\r\n", "\n")
        return bool(piece)


@contextmanager
def terminal(
    command: Sequence[str], *, cwd: Path, env: Mapping[str, str], columns: int = 100
) -> Iterator[Terminal]:
    """Run *command* on a terminal of its own."""
    screen, inside = pty.openpty()
    ioctl(inside, termios.TIOCSWINSZ, struct.pack("HHHH", 40, columns, 0, 0))
    process = subprocess.Popen(
        [sys.executable, "-c", _OWN, *command],
        cwd=cwd,
        env=dict(env),
        stdin=inside,
        stdout=inside,
        stderr=inside,
        start_new_session=True,
    )
    os.close(inside)
    try:
        yield Terminal(process, screen)
    finally:
        if process.poll() is None:
            process.kill()
        process.wait()
        os.close(screen)
