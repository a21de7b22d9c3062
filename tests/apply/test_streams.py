"""What becomes of stdout and stderr is no matter of the deals: the exit code is the outcome's."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from syncer.model.codes import ExitCode
from syncer.sandbox.server import Sandbox
from tests.support import environment, manifest

Make = Callable[..., Any]
SETTINGS = "version: 1\npolicy: {existing: update, guards: {closing_date_in_past: allow}}\n"


@pytest.fixture
def planned(sandbox: Sandbox, project: Make, syncer: Make) -> Path:
    """A project with a saved plan that creates twenty deals."""
    entries = {f"deal-{n}": {"name": f"Deal {n}"} for n in range(20)}
    folder: Path = project(manifest(entries), settings=SETTINGS)
    assert syncer("plan", "--out", "plan.json", cwd=folder).code == 0
    sandbox.requests.clear()
    return folder


def _apply(folder: Path, sandbox: Sandbox, shell: str) -> tuple[int, str]:
    """Run `syncer apply plan.json` within a line of bash; return its own exit code and the rest of stderr."""
    script = folder / "syncer.sh"
    script.write_text(
        f'#!/bin/sh\n{sys.executable} -c "from syncer.cli import main; main()" "$@"\necho "code $?" >&3\n'
    )
    script.chmod(0o700)
    ran = subprocess.run(
        ["bash", "-c", f"({shell}) 3>code.txt"],
        cwd=folder,
        env=environment(sandbox.env()) | {"APPLY": "./syncer.sh apply plan.json --no-quiet-wait"},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    return int((folder / "code.txt").read_text().split()[-1]), ran.stderr


def _count(sandbox: Sandbox) -> int:
    return sum(row["name"].startswith("Deal") for row in sandbox.store.rows("Opportunity"))


@pytest.mark.parametrize(
    "shell",
    [
        "$APPLY > /dev/full",
        "$APPLY | true",
        "$APPLY --format json | head -1",
        "$APPLY >&-",
        "$APPLY > /dev/full 2>&1",
        "$APPLY 2>&-",
        "$APPLY -v 2> /dev/full",
    ],
)
def test_what_is_written_is_written_whoever_hears_of_it(sandbox: Sandbox, planned: Path, shell: str) -> None:
    code, _ = _apply(planned, sandbox, shell)

    written = _count(sandbox)
    assert (code, written) in {(0, 20), (ExitCode.ERROR, 0)}, "all and 0, or nothing was begun"
    if "json" not in shell and ">&-" not in shell:
        assert (code, written) == (0, 20)


def test_a_full_disk_behind_stdout_is_told_on_stderr(sandbox: Sandbox, planned: Path) -> None:
    code, err = _apply(planned, sandbox, "$APPLY > /dev/full")

    assert (code, _count(sandbox)) == (0, 20)
    assert (
        "The result cannot be written to stdout: No space left on device. The exit code 0 says the rest."
        in err
    )


def test_the_code_of_a_failure_is_kept_as_well(sandbox: Sandbox, planned: Path) -> None:
    sandbox.faults.add("status", method="POST", status=409)

    assert _apply(planned, sandbox, "$APPLY > /dev/full")[0] == ExitCode.FAILED


def test_how_to_go_on_is_said_after_a_failure(sandbox: Sandbox, planned: Path, syncer: Make) -> None:
    sandbox.faults.add("status", method="POST", status=409)

    ran = syncer("apply", "plan.json", cwd=planned)

    assert ran.code == ExitCode.FAILED
    assert "To go on: fix what is reported, then `syncer apply` again; what is written stays." in ran.err
