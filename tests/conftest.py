"""A sandbox, a project and the command: what a person has in front of them."""

import os
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import hypothesis
import pytest

from syncer.sandbox.server import Sandbox
from tests.depth import examples
from tests.measured import measured, pytest_configure, pytest_runtest_setup  # noqa: F401
from tests.support import MANIFEST, SETTINGS, Ran, environment, one, run_here, write_files
from tests.wire.guard import _requests_are_documented, _requests_are_recorded, wire_record  # noqa: F401

# In CI the examples are the same in every run: a red one must be the change's doing. Elsewhere they wander.
hypothesis.settings.register_profile(
    "ci", max_examples=examples(), derandomize=True, deadline=None, print_blob=True
)
hypothesis.settings.register_profile("here", max_examples=examples(), deadline=None)
hypothesis.settings.load_profile("ci" if os.environ.get("CI") else "here")


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int:
    """Two workers a processor: half of their time tests wait, for processes and leases."""
    return 2 * (os.cpu_count() or 1)


@pytest.fixture(autouse=True)
def _no_ci(monkeypatch: pytest.MonkeyPatch) -> None:
    """Commands behave as for a person, unless a test says otherwise."""
    monkeypatch.delenv("CI", raising=False)


@pytest.fixture(autouse=True)
def _no_quiet_wait(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing came before a test: no apply in this process waits for it, unless the test is about that."""
    if request.node.get_closest_marker("quiet_wait") is None:
        monkeypatch.setattr("syncer.apply.quiet.needed", lambda _grace, _began: 0.0)


@pytest.fixture(scope="session")
def _running() -> Iterator[Sandbox]:
    with Sandbox.serve() as running:
        yield running


@pytest.fixture
def sandbox(_running: Sandbox) -> Sandbox:
    """The demo world behind a real socket, untouched by earlier tests."""
    _running.reset()
    return _running


@pytest.fixture
def project(tmp_path: Path) -> Callable[..., Path]:
    """Write a project: files by name, or one good opportunity; return its folder."""

    def make(files: Mapping[str, str | bytes] | str | None = None, settings: str = SETTINGS) -> Path:
        if not isinstance(files, Mapping):
            files = {MANIFEST: files if files is not None else one()}
        return write_files(tmp_path / "deals", {"syncer.yaml": settings, **files})

    return make


@pytest.fixture
def syncer(request: pytest.FixtureRequest) -> Callable[..., Ran]:
    """Run a command in this process, as `syncer ARGS` in a folder: no terminal, the sandbox's environment."""

    def command(
        *arguments: str | Path,
        cwd: Path | None = None,
        env: Mapping[str, str] | None = None,
        stdin: str = "",
    ) -> Ran:
        given: Mapping[str, str] = {}
        if env is None and "sandbox" in request.fixturenames:
            given = request.getfixturevalue("sandbox").env()
        folder = cwd or request.getfixturevalue("tmp_path")
        return run_here(list(map(str, arguments)), folder, environment(given if env is None else env), stdin)

    return command
