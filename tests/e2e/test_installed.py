"""The installed command in scripts and logs: streams, encodings, folders, what it imports."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
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
    applied = syncer("apply", "plan.json", "--no-quiet-wait", cwd=folder)
    assert applied.code == 0
    assert applied.out.endswith("Apply complete: 1 created, 0 failed.\n")
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
        cwd=project(one(name="Müller → 東京", step="Won")),
        env=environ(PYTHONIOENCODING="ascii"),
        capture_output=True,
        check=False,
    )

    assert (ran.returncode, ran.stdout.isascii()) == (0, True)
    assert b"Traceback" not in ran.stderr


@pytest.mark.usefixtures("measured")
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
@pytest.mark.usefixtures("sandbox", "measured")
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


FULL = "The output cannot be written: No space left on device.\n"
CLOSED = "The output cannot be written: it is closed.\n"
NO_DISK = pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full here")


@pytest.mark.parametrize("redirect", [">&-", pytest.param(">/dev/full", marks=NO_DISK)])
@pytest.mark.parametrize(
    "arguments",
    ["validate", "plan -q", "schema plan", "doctor", "--version", "--help", "sandbox serve --quiet"],
)
@pytest.mark.usefixtures("sandbox")
def test_a_result_that_cannot_be_told_is_an_error(
    arguments: str, redirect: str, project: Make, environ: Environ
) -> None:
    """Whoever sent it to a full disk, or nowhere, must not take the silence for a good result."""
    ran = _in_shell(f"{arguments} {redirect}", project(), environ())

    said = FULL if "full" in redirect else CLOSED
    assert (ran.returncode, ran.stderr) == (1, "error: File cannot be written [file-unwritable]\n" + said)


@pytest.mark.usefixtures("measured")
def test_without_stderr_an_error_is_told_on_stdout(project: Make, environ: Environ) -> None:
    folder = project(one(nme="Acme"))

    for redirect in ("2>&-", "2>/dev/full"):
        ran = _in_shell(f"validate {redirect}", folder, environ())
        assert ran.returncode == 1
        assert ran.stdout.startswith("error: Unknown field [unknown-field]\n  opportunities/deals.yaml:12:5")
    assert _in_shell("2>&-", folder, environ()).returncode == 64


@pytest.mark.usefixtures("sandbox", "measured")
def test_progress_that_nobody_can_read_stops_nothing(project: Make, environ: Environ) -> None:
    folder = project()

    for redirect in ("2>&-", "2>/dev/full"):
        ran = _in_shell(f"plan --detailed-exitcode {redirect}", folder, environ())
        assert (ran.returncode, "1 to create" in ran.stdout) == (2, True)


@pytest.mark.usefixtures("measured")
def test_with_every_stream_closed_the_code_still_tells(project: Make, environ: Environ) -> None:
    assert _in_shell("validate >&- 2>&- <&-", project(), environ()).returncode == 1


@pytest.mark.usefixtures("measured")
def test_what_is_printed_never_ends_up_in_a_file_that_took_the_place_of_a_closed_stream(
    project: Make, sandbox: Sandbox, environ: Environ
) -> None:
    """The system gives the next file that is opened the number of a stream that was closed."""
    folder = project()

    _in_shell("plan --out plan.json >&- 2>&- <&-", folder, environ())

    assert json.loads((folder / "plan.json").read_text())["space"]["id"] == sandbox.space_id


@pytest.mark.usefixtures("sandbox")
def test_a_closed_stdin_has_no_terminal_to_ask_on(project: Make, environ: Environ) -> None:
    ran = _in_shell("apply -q <&-", project(), environ())

    assert ran.returncode == 64
    assert ran.stderr.startswith("error: Approval needed [needs-approval]\n")


@pytest.mark.parametrize("arguments", ["validate", "plan", "doctor", "-C . validate"])
def test_a_current_folder_that_was_deleted_is_named_as_the_cause(
    arguments: str, tmp_path: Path, environ: Environ
) -> None:
    ran = _in_shell(arguments, tmp_path, environ(), before="mkdir gone; cd gone; rmdir ../gone;")

    assert ran.returncode in {1, 64}
    assert "current folder" in ran.stderr
    assert "Traceback" not in ran.stderr
    assert "cannot be written" not in ran.stderr


def _in_shell(
    command: str, cwd: Path, env: Mapping[str, str], before: str = ""
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["sh", "-c", f'{before} "{COMMAND}" {command}'],
        cwd=cwd,
        env=dict(env),
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def test_ctrl_c_during_a_plan_is_one_line_and_130(project: Make, sandbox: Sandbox, environ: Environ) -> None:
    sandbox.faults.add("stall", seconds=86_400)
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
    # Until it waits: a signal in the middle of coverage's own work can hang it, and only under test.
    asked = -1
    while asked < 1 or sandbox.faults.list()[0]["seen"] != asked:
        asked = sandbox.faults.list()[0]["seen"]
        time.sleep(0.3)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)

    assert (process.returncode, out, err) == (130, "", "Interrupted.\n")
    assert writes(sandbox) == []


HEAVY = ("httpcore", "rich", "deepdiff", "jsonschema", "starlette", "uvicorn", "jinja2")


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


@pytest.mark.usefixtures("measured")
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
    assert "Plan: 0 to create, 0 to update, 0 to delete, 1 gone from the CRM, 61 as declared." in ran.out
    assert ran.out.endswith("That was all. The sandbox has stopped, and its records are gone.\n")
    assert list(temporary.iterdir()) == []
    (url,) = set(re.findall(r"http://127\.0\.0\.1:(\d+)", ran.out))
    listening = Path("/proc/net/tcp")
    if listening.exists():
        assert f"0100007F:{int(url):04X} 00000000:0000 0A" not in listening.read_text()


@pytest.mark.usefixtures("sandbox")
def test_events_and_progress_stay_apart(project: Make, syncer: Run) -> None:
    ran = syncer("apply", "--auto-approve", "--no-quiet-wait", "--format", "json", cwd=project())

    assert ran.code == 0
    assert [json.loads(line)["event"] for line in ran.out.splitlines()] == ["start", "outcome", "summary"]
    assert "+ create opportunity.acme-renewal-2027" in ran.err
