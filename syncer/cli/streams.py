"""Standard streams: they may be closed, and the last line of a terminal may be one that is drawn anew."""

import os
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Final

_DESCRIPTORS: Final = (0, 1, 2)


def occupy() -> None:
    """Give each closed standard stream a descriptor on which reading ends and writing fails.

    `syncer plan >&-` must say that it is closed, and harm no file. Else the next file that is opened, such as
    a journal, would get the number of stdout or stderr, and what is printed would end up in it.
    """
    for number in _DESCRIPTORS:
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDONLY)  # takes the lowest free number, which is this one
    if sys.stdin is None:
        sys.stdin = open(0, encoding="utf-8", closefd=False)  # noqa: SIM115 (a descriptor, kept open)
    if sys.stdout is None:
        sys.stdout = open(1, "w", encoding="utf-8", closefd=False)  # noqa: SIM115 (as above)
    if sys.stderr is None:
        sys.stderr = open(2, "w", encoding="utf-8", closefd=False)  # noqa: SIM115 (as above)


class LastLine:
    r"""The last line of a terminal, drawn over and over; it makes room for everything else that is printed.

    Nothing but `\r` and blanks, which every terminal understands.
    """

    def __init__(self) -> None:
        # A signal handler may print in the middle of a print of its own thread.
        self._lock = threading.RLock()
        self._width = 0

    def draw(self, text: str, width: int) -> None:
        """Show *text*, which takes *width* columns, in place of what is there."""
        with self._lock, suppress(OSError, ValueError):
            sys.stderr.write("\r" + text + " " * (self._width - width))
            sys.stderr.flush()
            self._width = width

    @contextmanager
    def away(self) -> Iterator[None]:
        """Take the line away, and let none be drawn meanwhile."""
        with self._lock:
            if self._width:
                with suppress(OSError, ValueError):
                    sys.stderr.write("\r" + " " * self._width + "\r")
                    sys.stderr.flush()
                self._width = 0
            yield


LAST_LINE: Final = LastLine()
