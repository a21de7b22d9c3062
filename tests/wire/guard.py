"""Fixtures that judge every request of every test.

A sandbox, in this process or below it, appends the requests it gets to the file that an environment variable
names; after each test the new ones are checked. Tests that send HTTP of their own to the sandbox are no
clients.
"""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

from tests.wire.check import Recorded, faults
from tests.wire.exempt import left

_VARIABLE: Final = "SYNCER_SANDBOX_RECORD"
_NO_CLIENTS: Final = ("tests/sandbox/", "tests/wire/")


class Record:
    """The requests so far, read as they come."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._read = 0

    def new(self) -> list[Recorded]:
        """Return the requests since the last call; those to the sandbox's own control routes are left out."""
        if not self.path.exists() or self.path.stat().st_size == self._read:
            return []
        with self.path.open("rb") as file:
            file.seek(self._read)
            text = file.read()
        self._read += len(text)
        requests = map(Recorded.read, text.decode().splitlines())
        return [request for request in requests if not request.target.startswith("/_sandbox/")]


def verdict(requests: list[Recorded], exempt: tuple[str, ...] = ()) -> str:
    """Say which of *requests* the facts forbid; "" when none."""
    kinds: dict[str, str] = {}
    for request in requests:
        for fault in left(request, faults(request), exempt):
            kinds.setdefault(fault, str(request)[:300])
    return "\n".join(f"{fault}\n    {request}" for fault, request in kinds.items())


@pytest.fixture(scope="session")
def wire_record(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Record]:
    """The file that every sandbox of this run writes its requests to."""
    path = tmp_path_factory.mktemp("wire") / "requests.jsonl"
    before = os.environ.get(_VARIABLE)
    os.environ[_VARIABLE] = str(path)
    yield Record(path)
    if before is None:
        del os.environ[_VARIABLE]
    else:
        os.environ[_VARIABLE] = before


@pytest.fixture(scope="session", autouse=True)
def _requests_are_recorded(wire_record: Record) -> None:
    """Have the variable set before the first sandbox starts."""


@pytest.fixture(autouse=True)
def _requests_are_documented(request: pytest.FixtureRequest, wire_record: Record) -> Iterator[None]:
    """Fail the test whose client sent what the documents do not allow."""
    yield
    sent = wire_record.new()
    if request.node.nodeid.startswith(_NO_CLIENTS):
        return
    marks = request.node.iter_markers("asks")
    wrong = verdict(sent, tuple(name for mark in marks for name in mark.args))
    if wrong:
        pytest.fail(f"The client sent what the documents of the API do not allow:\n{wrong}", pytrace=False)
