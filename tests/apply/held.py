"""Hold a space as an apply does."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from syncer.sandbox.server import Sandbox
from syncer.state.choice import Choice
from syncer.state.holder import here
from syncer.state.lease import Lease
from syncer.state.open import open_store


@contextmanager
def held(folder: Path, sandbox: Sandbox) -> Iterator[Lease]:
    """Hold the space of *sandbox* for the project in *folder*, whose state is local."""
    store = open_store(Choice(), folder, sandbox.url, sandbox.space_id)
    with store.hold("r1", here()) as lease:
        yield lease
