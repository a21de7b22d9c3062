"""One project at work on one space."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from syncer.project.connection import Connection
from syncer.project.load import Project
from syncer.remote.transport import Timeouts
from syncer.verbs.session import open_session, timeouts

SPACE = Connection("production", "https://h.pipelinersales.com", "us_Acme", "me", "hunter2")


def test_a_session_knows_the_state_folder_of_its_space(tmp_path: Path) -> None:
    """Two spaces of a project never share one; nothing is made before it is needed."""
    with open_session(Project(tmp_path), SPACE) as session:
        assert session.folder == tmp_path / ".syncer" / "h.pipelinersales.com" / "us_Acme"
        assert (session.connection, session.project.root) == (SPACE, tmp_path)
        assert abs(session.now() - datetime.now(UTC)) < timedelta(minutes=1)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(("asked", "given"), [(None, 16), (4, 16), (32, 32)])
def test_reading_is_never_slower_for_few_writers(tmp_path: Path, asked: int | None, given: int) -> None:
    """`--parallelism` says how many batches are in flight, not how many pages."""
    with open_session(Project(tmp_path), SPACE, parallelism=asked) as session:
        assert session.api.parallelism == given


def test_a_timeout_bounds_every_part_of_a_request() -> None:
    """Connecting, reading, writing and the whole; connecting never waits longer than it would anyhow."""
    usual = Timeouts()

    assert timeouts(None) is None
    assert timeouts(0.5) == Timeouts(connect=0.5, read=0.5, write=0.5, whole=0.5)
    assert timeouts(600) == Timeouts(connect=usual.connect, read=600, write=600, whole=600)
