"""A function over many items, the later half of them on a second processor."""

import os
import pickle
import sys
import threading
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

_T = TypeVar("_T")
_R = TypeVar("_R")


def spread(function: Callable[[_T], _R], items: Sequence[_T]) -> list[_R]:
    """Return what *function* makes of each of *items*, in their order.

    A forked process does the later half, which costs little because it shares our memory. Where that cannot
    be done safely (one processor, another system than Linux, other threads whose locks a fork would copy), or
    where the process fails, all of it is done here: the result is the same.

    Args:
        function: Its results can be pickled; it touches nothing outside.
        items: What to do.
    """
    if not _may_fork() or len(items) < 2:
        return [function(item) for item in items]
    middle = (len(items) + 1) // 2
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        _answer(function, items[middle:], reading, writing)
    os.close(writing)
    try:
        ours = [function(item) for item in items[:middle]]
        with os.fdopen(os.dup(reading), "rb") as answer:
            theirs = _taken(answer.read())
    finally:
        os.close(reading)
        os.waitpid(child, 0)
    return ours + ([function(item) for item in items[middle:]] if theirs is None else theirs)


def _may_fork() -> bool:
    processors = len(os.sched_getaffinity(0)) if sys.platform == "linux" else 1
    return processors > 1 and threading.active_count() == 1


def _answer(function: Callable[[Any], Any], items: Sequence[Any], reading: int, writing: int) -> None:
    """Do the child's half and end the process, whatever happens."""
    try:
        os.close(reading)
        with os.fdopen(writing, "wb") as pipe:
            pipe.write(pickle.dumps([function(item) for item in items], protocol=5))
    finally:
        os._exit(0)  # what did not arrive whole is done again by the parent


def _taken(answer: bytes) -> list[Any] | None:
    """Return the child's results; None when they are not whole."""
    try:
        # From our own child, through a pipe that nobody else has.
        found: list[Any] = pickle.loads(answer)  # noqa: S301
    except (EOFError, pickle.UnpicklingError):
        return None
    return found
