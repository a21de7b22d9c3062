"""Standard streams that may be closed: `syncer plan >&-` must say so, and harm no file."""

import os
import sys
from typing import Final

_DESCRIPTORS: Final = (0, 1, 2)


def occupy() -> None:
    """Give each closed standard stream a descriptor on which reading ends and writing fails.

    Else the next file that is opened, such as a journal, would get the number of stdout or stderr, and what
    is printed would end up in it.
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
