"""Takes the kinds of a test for the registered ones."""

from collections.abc import Iterator
from contextlib import contextmanager

from syncer.kinds.base import Kind
from syncer.kinds.registry import KINDS


@contextmanager
def registered(*kinds: Kind) -> Iterator[None]:
    """Let *kinds*, in this order, be the registered ones."""
    before = dict(KINDS)
    KINDS.clear()
    KINDS.update({kind.name: kind for kind in kinds})
    try:
        yield
    finally:
        KINDS.clear()
        KINDS.update(before)
