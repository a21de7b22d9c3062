"""A day's commands, by the installed package: what CI runs on Linux, macOS and Windows.

Here they run once more in a process that lacks what only Linux and macOS have.
"""

import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

from tests.support import environment

# Taken away before anything of ours is imported; what we stand on has chosen its system by then.
_LACKING: Final = """
import asyncio, getpass, logging, os, runpy, select, shutil, signal, socket, ssl, subprocess, sys, tempfile
import click, deepdiff, filelock, httpcore, jinja2, jsonschema, jsonschema_rs, rich.progress, yaml, zoneinfo
for name in "pwd grp termios tty pty resource readline".split():
    sys.modules[name] = None
for name in "geteuid getuid getgid killpg fork uname O_NOFOLLOW O_CLOEXEC O_NONBLOCK sysconf".split():
    delattr(os, name)
for name in "SIGKILL SIGHUP SIGUSR1 SIGPIPE".split():
    delattr(signal, name)
sys.platform = "win32"
sys.argv = ["syncer", *sys.argv[1:]]
runpy.run_module("syncer", run_name="__main__")
"""
_WAYS: Final = {
    "as it is": ["-m", "syncer"],
    "without what Windows lacks": ["-c", _LACKING],
}


class Syncer:
    """The command, in a folder, with a sandbox behind it."""

    def __init__(self, how: list[str], folder: Path, env: dict[str, str]) -> None:
        self._how, self.folder, self._env = how, folder, env

    def __call__(self, *arguments: str, code: int = 0) -> str:
        done = subprocess.run(
            [sys.executable, *self._how, *arguments],
            cwd=self.folder,
            env=self._env,
            capture_output=True,
            timeout=120,
            check=False,
        )
        said = done.stdout.decode("utf-8", "replace") + done.stderr.decode("utf-8", "replace")
        assert done.returncode == code, said
        assert "Traceback" not in said
        return said


@pytest.fixture(params=list(_WAYS))
def syncer(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Syncer]:
    """In an empty folder, with a sandbox of its own process, as people have one."""
    how = _WAYS[request.param]
    if request.param != "as it is" and sys.platform == "win32":
        pytest.skip("it is Windows itself")
    server = subprocess.Popen(
        [
            sys.executable,
            "-m",
            "syncer",
            "sandbox",
            "serve",
            "--port",
            "0",
            "--db",
            str(tmp_path / "space.db"),
        ],
        env=environment({}),
        stdout=subprocess.PIPE,
    )
    assert server.stdout is not None
    lines = [server.stdout.readline().decode().strip() for _ in range(5)]
    values = [shlex.split(line.removeprefix("export "))[0] for line in lines[1:]]
    folder = tmp_path / "Über uns"
    folder.mkdir()
    try:
        yield Syncer(how, folder, environment(dict(value.split("=", 1) for value in values)))
    finally:
        server.terminate()
        server.wait(20)
        server.stdout.close()


def test_a_project_is_set_up_planned_applied_imported_and_looked_at(syncer: Syncer) -> None:
    syncer("init", "--sandbox", "--no-input")
    first = syncer.folder / "opportunities" / "first.yaml"
    text = first.read_bytes()
    assert b"\r" not in text, "what is written ends its lines the same everywhere"
    first.write_bytes(text.replace(b"\n", b"\r\n").replace(b"First deal", "Müller & Söhne 東京".encode()))

    assert "1 to create" in syncer("plan", "--out", "plan.json", "--html", "plan.html")
    syncer("show", "plan.json", "--format", "markdown")
    assert "1 created, 0 failed" in syncer("apply", "plan.json", "--no-quiet-wait")
    assert "No changes." in syncer("plan")
    syncer("apply", "plan.json", code=4)
    syncer("import", "--out", "imported")
    assert "nobody" in syncer("state", "show")
    assert "state" in syncer("doctor")
    again = syncer("apply", "--auto-approve", "--no-quiet-wait")
    assert "failed" in again or "No changes" in again
    assert not [path for path in syncer.folder.rglob("*") if path.name.endswith((".part", ".kept"))]


def test_a_second_apply_waits_for_the_first(syncer: Syncer) -> None:
    """The lock of the working copy, between two processes."""
    syncer("init", "--sandbox", "--no-input")
    command = [
        sys.executable,
        *syncer._how,
        "apply",
        "--auto-approve",
        "--no-quiet-wait",
        "--lock-timeout",
        "60",
    ]
    running = [
        subprocess.Popen(
            command,
            cwd=syncer.folder,
            env=syncer._env,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
        for _ in range(2)
    ]
    said = [process.communicate(timeout=120)[0].decode("utf-8", "replace") for process in running]

    assert [process.returncode for process in running] == [0, 0], said
    assert sum("1 created" in each for each in said) == 1, said
