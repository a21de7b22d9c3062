"""The installed command, as a process of its own."""

import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from tests.support import Ran, environment

COMMAND = str(Path(sys.executable).with_name("syncer"))


@pytest.fixture
def environ(request: pytest.FixtureRequest) -> Callable[..., dict[str, str]]:
    """Make the environment of a process: clean, with the sandbox of the test in it, and more."""

    def make(**more: str) -> dict[str, str]:
        inside = "sandbox" in request.fixturenames
        return environment({**(request.getfixturevalue("sandbox").env() if inside else {}), **more})

    return make


@pytest.fixture
def syncer(environ: Callable[..., dict[str, str]], tmp_path: Path) -> Callable[..., Ran]:
    """Run `syncer ARGS` as a shell would: no terminal, the sandbox's environment."""

    def command(
        *arguments: str | Path,
        cwd: Path | None = None,
        env: Mapping[str, str] | None = None,
        stdin: str = "",
    ) -> Ran:
        done = subprocess.run(
            [COMMAND, *map(str, arguments)],
            cwd=cwd or tmp_path,
            env=environ(**(env or {})),
            input=stdin,
            capture_output=True,
            text=True,
            encoding="utf-8",
            timeout=50,
            check=False,
        )
        return Ran(done.returncode, done.stdout, done.stderr)

    return command
