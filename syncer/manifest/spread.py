"""One function over many items, on every processor: what a loop would return, only sooner.

A process of Python keeps one processor busy. So the items are cut into pieces, and helpers forked from this
process take them in turn with it. A helper starts with everything this process knows and hands back what it
made of its pieces: *work* may be any function of its piece alone, its result anything that can be pickled.

How many processors there are never shows in the result. A helper that cannot be started, or that dies, costs
time and nothing else: what is missing is made here.
"""

import contextlib
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final, TypeVar

T = TypeVar("T")
R = TypeVar("R")

PROCESSES: Final = "SYNCER_PROCESSES"
_MOST: Final = 8
_PIECES_EACH: Final = 16  # so that nobody waits long for the last one
_STOPS: Final = (signal.SIGINT, signal.SIGTERM)
_TOKEN: Final = 4  # bytes; all of them together fit into a pipe


def spread(
    work: Callable[[Sequence[T]], R], items: Sequence[T], meanwhile: Callable[[], object] | None = None
) -> list[R]:
    """Return what *work* makes of *items*, piece by piece, in their order.

    Args:
        work: Gets a run of neighbouring items. Where one run ends and the next begins is not fixed.
        items: Enough of them that a helper pays: one costs ten or twenty milliseconds.
        meanwhile: What this process has to do itself; done when the helpers are at work.

    Raises:
        Exception: What *work* raises.
    """
    count = processes()
    size = max(1, -(-len(items) // (count * _PIECES_EACH)))
    pieces = [items[start : start + size] for start in range(0, len(items), size)]
    if count < 2 or len(pieces) < 2 or not _may_fork():
        if meanwhile is not None:
            meanwhile()
        return [work(piece) for piece in pieces]
    return _shared(work, pieces, min(count, len(pieces)) - 1, meanwhile)


def processes() -> int:
    """Return how many processes may work at once: one for each processor, or what SYNCER_PROCESSES says."""
    with contextlib.suppress(ValueError):
        return min(max(int(os.environ.get(PROCESSES, "")), 1), _MOST)
    return min(len(os.sched_getaffinity(0)), _MOST) if hasattr(os, "sched_getaffinity") else 1


def _may_fork() -> bool:
    """Tell whether a fork is safe: on Linux, and while no other thread can hold a lock."""
    return sys.platform == "linux" and threading.active_count() == 1


def _shared(
    work: Callable[[Sequence[T]], R],
    pieces: Sequence[Sequence[T]],
    helpers: int,
    meanwhile: Callable[[], object] | None,
) -> list[R]:
    tokens, numbers = os.pipe()
    os.write(numbers, b"".join(number.to_bytes(_TOKEN, "big") for number in range(len(pieces))))
    os.close(numbers)
    made: dict[int, R] = {}
    running: list[_Helper] = []
    try:
        for _ in range(helpers):
            # A Ctrl-C between the fork and its place on the list would leave a helper that nobody ends.
            signal.pthread_sigmask(signal.SIG_BLOCK, _STOPS)
            try:
                helper = _Helper.start(work, pieces, tokens)
                if helper is not None:
                    running.append(helper)
            finally:
                signal.pthread_sigmask(signal.SIG_UNBLOCK, _STOPS)
        if meanwhile is not None:
            meanwhile()
        for number in _taken(tokens):
            made[number] = work(pieces[number])
        for helper in running:
            made.update(helper.results())
    finally:
        os.close(tokens)
        for helper in running:
            helper.end()
    return [made[number] if number in made else work(piece) for number, piece in enumerate(pieces)]


def _taken(tokens: int) -> Iterator[int]:
    """Yield the numbers of pieces that nobody else has taken."""
    while token := os.read(tokens, _TOKEN):
        yield int.from_bytes(token, "big")


class _Helper:
    """A forked process that works on pieces, and the file in memory where its results appear."""

    def __init__(self, pid: int, file: int) -> None:
        self._pid: int | None = pid
        self._file = file

    @classmethod
    def start(
        cls, work: Callable[[Sequence[T]], Any], pieces: Sequence[Sequence[T]], tokens: int
    ) -> "_Helper | None":
        """Fork one; None when the system has no room for it."""
        try:
            file = os.memfd_create("syncer-spread")
        except OSError:
            return None
        try:
            pid = os.fork()
        except OSError:
            os.close(file)
            return None
        if pid == 0:
            _help(work, pieces, tokens, file)
        return cls(pid, file)

    def results(self) -> Iterator[tuple[int, Any]]:
        """Wait until it has ended; yield the pieces it finished, none when it did not end well."""
        _, status = os.waitpid(self._pid or 0, 0)
        self._pid = None
        if status == 0:
            import pickle  # noqa: PLC0415 (only then)

            with open(self._file, "rb", closefd=False) as file:
                file.seek(0)
                pieces = pickle.Unpickler(file)  # noqa: S301 - our own process wrote it
                with contextlib.suppress(EOFError):
                    while True:
                        yield pieces.load()

    def end(self) -> None:
        """Stop it, should it still run."""
        if self._pid is not None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self._pid, signal.SIGKILL)
            os.waitpid(self._pid, 0)
        os.close(self._file)


def _help(work: Callable[[Sequence[T]], Any], pieces: Sequence[Sequence[T]], tokens: int, file: int) -> None:
    """Do a helper's work and end the process; it says nothing, whatever happens."""
    code, parent = 1, os.getppid()
    try:
        for name in _STOPS:
            signal.signal(name, signal.SIG_DFL)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, _STOPS)
        _close_all_but(tokens, file)
        import pickle  # noqa: PLC0415 (only here)

        with open(file, "wb", closefd=False) as out:
            # One for all pieces: it remembers what it wrote, and what they share stays shared.
            pickler = pickle.Pickler(out, pickle.HIGHEST_PROTOCOL)
            for number in _taken(tokens):
                pickler.dump((number, work(pieces[number])))
                if os.getppid() != parent:  # killed; nobody waits for the rest
                    return
        code = 0
    finally:
        os._exit(code)


def _close_all_but(*kept: int) -> None:
    """Let go of every other file: a helper must not hold the lock of an apply that was killed."""
    start = 3
    for handle in sorted(kept):
        os.closerange(start, handle)
        start = handle + 1
    os.closerange(start, os.sysconf("SC_OPEN_MAX"))
