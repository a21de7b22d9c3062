"""Faults of the service that take no time to wait for."""

from collections.abc import Iterator

import pytest

from syncer.sandbox.server import Sandbox


@pytest.fixture
def faulty(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> Iterator[Sandbox]:
    """A sandbox whose faults are gone after the test; back-off and grace take little time."""
    monkeypatch.setattr("syncer.remote.retry.BACKOFF_FIRST", 0.002)
    monkeypatch.setattr("syncer.remote.retry.BACKOFF_LIMIT", 0.02)
    monkeypatch.setattr("syncer.rehearsal.run.GRACE", 0.2)
    monkeypatch.setattr("syncer.rehearsal.run._LOOK", 0.05)
    yield sandbox
    sandbox.faults.clear()
