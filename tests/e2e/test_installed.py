"""The installed command in scripts and logs: streams, encodings, folders, what it imports."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from syncer import __version__, resources
from syncer.sandbox.server import Sandbox
from tests.e2e.conftest import COMMAND
from tests.support import Ran, one, writes

Make = Callable[..., Path]
Run = Callable[..., Ran]
Environ = Callable[..., dict[str, str]]


@pytest.mark.usefixtures("sandbox")
def test_a_change_its_plan_its_apply_and_an_empty_plan(project: Make, syncer: Run) -> None:
    folder = project()

    planned = syncer("plan", "--detailed-exitcode", "--out", "plan.json", cwd=folder)
    assert planned.code == 2
    assert planned.err == (
        "Reading space nv3_Sandbox for 1 opportunity.\nSaved. To do exactly this: syncer apply plan.json\n"
    )
    applied = syncer("apply", "plan.json", cwd=folder)
    assert applied.code == 0
    assert applied.out.endswith("Apply complete: 1 created, 0 failed.\n")
    assert "Applying: 1 of 1\n" in applied.err
    again = syncer("plan", "--detailed-exitcode", cwd=folder)
    assert again.code == 0
    assert "No changes." in again.out


@pytest.mark.usefixtures("sandbox")
def test_the_quarter_in_a_folder_that_nobody_may_write_to(syncer: Run, tmp_path: Path) -> None:
    """A plan leaves nothing behind, so it needs no right to write."""
    folder = Path(shutil.copytree(resources.examples() / "quarter", tmp_path / "quarter"))
    before = sorted(path.name for path in folder.rglob("*"))
    folder.chmod(0o555)
    try:
        planned = syncer("plan", "-q", cwd=folder)
        applied = syncer("apply", "-q", "--auto-approve", cwd=folder) if os.geteuid() else None
    finally:
        folder.chmod(0o755)

    assert (planned.code, planned.err) == (0, "")
    assert sorted(path.name for path in folder.rglob("*")) == before
    if applied is not None:
        assert applied.code == 1
        assert "make the folder writable" in applied.err


@pytest.mark.parametrize(
    "env",
    [
        {"LC_ALL": "C", "PYTHONIOENCODING": "ascii"},
        {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
        {"PYTHONIOENCODING": "latin-1"},
    ],
    ids=["ascii", "C locale", "latin-1"],
)
@pytest.mark.usefixtures("sandbox")
def test_every_encoding_can_show_every_name(env: dict[str, str], project: Make, environ: Environ) -> None:
    name = "Müller 東京"
    ran = subprocess.run(
        [COMMAND, "plan", "-q"],
        cwd=project(one(name=name)),
        env=environ(**env),
        capture_output=True,
        check=False,
    )

    assert (ran.returncode, ran.stderr) == (0, b"")
    shown = ran.stdout.decode("latin-1")
    assert "M" in shown
    assert r"\u6771\u4eac" in shown
    assert "dana@example.com" in shown


@pytest.mark.usefixtures("sandbox")
@pytest.mark.parametrize(
    "arguments",
    [["plan", "-q", "--format", "markdown"], ["validate", "--format", "github"], ["schema", "manifest"]],
    ids=" ".join,
)
def test_what_is_for_machines_ends_in_no_encoding_error(
    arguments: list[str], project: Make, environ: Environ
) -> None:
    ran = subprocess.run(
        [COMMAND, *arguments],
        cwd=project(one(name="Müller → 東京", value="1.000 USD")),
        env=environ(PYTHONIOENCODING="ascii"),
        capture_output=True,
        check=False,
    )

    assert (ran.returncode, ran.stdout.isascii()) == (0, True)
    assert b"Traceback" not in ran.stderr


def test_problems_are_shown_in_every_encoding(project: Make, environ: Environ) -> None:
    ran = subprocess.run(
        [COMMAND, "validate"],
        cwd=project(one(name="Müller", closing_date="übermorgen")),
        env=environ(LC_ALL="C", PYTHONIOENCODING="ascii"),
        capture_output=True,
        check=False,
    )

    assert ran.returncode == 1
    assert b"error: Impossible date [bad-date]\n  opportunities/deals.yaml:8:19" in ran.stderr
    assert ran.stderr.isascii()


@pytest.mark.parametrize(
    "arguments", [["plan", "-q"], ["schema", "manifest"], ["--help"]], ids=lambda a: a[0]
)
@pytest.mark.usefixtures("sandbox")
def test_a_reader_who_has_seen_enough_is_no_error(arguments: list[str], environ: Environ) -> None:
    """`syncer plan | head -1`."""
    process = subprocess.Popen(
        [COMMAND, *arguments],
        cwd=resources.examples() / "quarter",
        env=environ(PYTHONUNBUFFERED="1"),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert process.stdout is not None
    assert process.stderr is not None
    process.stdout.close()
    said = process.stderr.read()
    process.stderr.close()

    assert process.wait(30) in {0, 1}
    assert said == b""


def test_a_full_disk_is_told(project: Make, environ: Environ) -> None:
    if not Path("/dev/full").exists():
        pytest.skip("no /dev/full here")
    with Path("/dev/full").open("w") as full:
        ran = subprocess.run(
            [COMMAND, "validate"],
            cwd=project(),
            env=environ(),
            stdout=full,
            stderr=subprocess.PIPE,
            check=False,
        )

    assert ran.returncode == 1
    assert ran.stderr == (
        b"error: File cannot be written [file-unwritable]\n"
        b"The output cannot be written: No space left on device.\n"
    )


def test_closed_streams_are_no_reason_to_crash(project: Make, environ: Environ) -> None:
    ran = subprocess.run(
        ["sh", "-c", f'"{COMMAND}" validate >&- 2>&-'], cwd=project(), env=environ(), check=False, timeout=30
    )

    assert ran.returncode == 0


def test_ctrl_c_during_a_plan_is_one_line_and_130(project: Make, sandbox: Sandbox, environ: Environ) -> None:
    sandbox.faults.add("stall", path="/Clients$", seconds=86_400)
    process = subprocess.Popen(
        [COMMAND, "plan"],
        cwd=project(),
        env=environ(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stderr is not None
    assert process.stderr.readline() == "Reading space nv3_Sandbox for 1 opportunity.\n"
    process.send_signal(signal.SIGINT)
    out, err = process.communicate()

    assert (process.returncode, out, err) == (130, "", "Interrupted.\n")
    assert writes(sandbox) == []


HEAVY = ("httpx", "rich", "deepdiff", "jsonschema", "starlette", "uvicorn", "jinja2")


@pytest.mark.parametrize("arguments", [["--version"], ["--help"], ["validate"]], ids=lambda a: a[0])
def test_light_commands_import_nothing_heavy(arguments: list[str], project: Make, environ: Environ) -> None:
    """People run `validate` on every save."""
    ran = subprocess.run(
        [sys.executable, "-X", "importtime", COMMAND, *arguments],
        cwd=project(),
        env={name: value for name, value in environ().items() if not name.startswith("COVERAGE")},
        capture_output=True,
        text=True,
        check=False,
    )

    assert ran.returncode == 0
    loaded = {
        line.rpartition("|")[2].strip() for line in ran.stderr.splitlines() if line.startswith("import time:")
    }
    assert "syncer.cli" in loaded
    assert sorted(name for name in loaded if name.partition(".")[0] in HEAVY) == []


def test_python_m_and_the_command_are_the_same(syncer: Run, environ: Environ) -> None:
    ran = subprocess.run(
        [sys.executable, "-m", "syncer", "--version"],
        env=environ(),
        capture_output=True,
        text=True,
        check=False,
    )

    told = Ran(0, f"syncer {__version__}\n", "")
    assert Ran(ran.returncode, ran.stdout, ran.stderr) == told
    assert syncer("--version") == told


def test_the_demo_ends_with_an_empty_plan_and_leaves_nothing(syncer: Run, tmp_path: Path) -> None:
    temporary = tmp_path / "tmp"
    temporary.mkdir()

    ran = syncer("demo", env={"TMPDIR": str(temporary)})

    assert (ran.code, ran.err) == (0, "")
    assert "Apply complete: 62 created, 0 failed." in ran.out
    assert "No changes. 62 opportunities are as declared." in ran.out
    assert "Plan: 1 to create, 0 to update, 0 to delete, 61 as declared." in ran.out
    assert ran.out.endswith("That was all. The sandbox has stopped, and its records are gone.\n")
    assert list(temporary.iterdir()) == []
    (url,) = set(re.findall(r"http://127\.0\.0\.1:(\d+)", ran.out))
    listening = Path("/proc/net/tcp")
    if listening.exists():
        assert f"0100007F:{int(url):04X} 00000000:0000 0A" not in listening.read_text()


@pytest.mark.usefixtures("sandbox")
def test_events_and_progress_stay_apart(project: Make, syncer: Run) -> None:
    ran = syncer("apply", "--auto-approve", "--format", "json", cwd=project())

    assert ran.code == 0
    assert [json.loads(line)["event"] for line in ran.out.splitlines()] == ["start", "outcome", "summary"]
    assert "+ create opportunity.acme-renewal-2027" in ran.err
