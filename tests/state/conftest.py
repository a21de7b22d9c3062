"""Each store in turn, and a real PostgreSQL."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import pytest

from syncer.sandbox.server import Sandbox
from tests.state import server
from tests.state.places import KINDS, GitPlace, LocalPlace, Opening, Place, PostgresPlace, unwatched
from tests.state.working import Team

ROOT = Path(__file__).parents[2]


Make = Callable[[str], Place]


@pytest.fixture(autouse=True)
def _own_git(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """Git finds nothing of whoever runs the tests."""
    monkeypatch.setenv("HOME", str(tmp_path_factory.getbasetemp()))
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")
    for name in [
        name for name in os.environ if name.startswith(("GIT_AUTHOR", "GIT_COMMITTER", "XDG_CONFIG"))
    ]:
        monkeypatch.delenv(name)


@pytest.fixture(autouse=True)
def _no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    """A store that is away is asked again at once, and one that is held soon."""
    monkeypatch.setattr("syncer.state.lease._PAUSE", 0.05)
    monkeypatch.setattr("syncer.state.store._FIRST_WAIT", 0.05)


@pytest.fixture(scope="session")
def postgres() -> Iterator[Path]:
    """The folder of the socket of a PostgreSQL that is gone after the tests; started once a process."""
    with server.running() as socket:
        yield socket


@pytest.fixture
def make_place(tmp_path: Path, request: pytest.FixtureRequest) -> Make:
    def make(kind: str) -> Place:
        folder = tmp_path / kind
        folder.mkdir()
        if kind == "local":
            return LocalPlace(folder)
        if kind == "git":
            return GitPlace(folder)
        socket = request.getfixturevalue("postgres")

        return PostgresPlace(folder, socket, partial(server.ask, socket))

    return make


@pytest.fixture(params=KINDS)
def place(request: pytest.FixtureRequest, make_place: Make) -> Place:
    return make_place(request.param)


class Other:
    """A process of its own with a store."""

    def __init__(self, opening: Opening) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.state.process"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT, env=unwatched(),
        )  # fmt: skip
        assert self.tell(opening.to_json()) == "ready"

    def say(self, line: str) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()

    def hear(self) -> str:
        assert self.process.stdout is not None
        return self.process.stdout.readline().strip()

    def tell(self, line: str) -> str:
        self.say(line)
        return self.hear()

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()


@pytest.fixture
def other() -> Iterator[Callable[[Opening], Other]]:
    """Start processes; none is left behind."""
    with _processes() as start:
        yield start


@contextmanager
def _processes() -> Iterator[Callable[[Opening], Other]]:
    started: list[Other] = []

    def start(opening: Opening) -> Other:
        started.append(Other(opening))
        return started[-1]

    try:
        yield start
    finally:
        for each in started:
            each.process.send_signal(signal.SIGCONT)
            each.kill()
            for stream in (each.process.stdin, each.process.stdout):
                if stream is not None:
                    stream.close()


@pytest.fixture(params=KINDS)
def team(request: pytest.FixtureRequest, make_place: Make, sandbox: Sandbox) -> Team:
    """People who share each store in turn."""
    return Team(request.param, make_place(request.param), sandbox)


@pytest.fixture
def local(make_place: Make, sandbox: Sandbox) -> Team:
    """People who share one folder."""
    return Team("local", make_place("local"), sandbox)
