"""docs/a-week.md, lived through day by day."""

import re
import subprocess
import sys
from collections.abc import Iterator
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Final

import pytest

from syncer.sandbox.server import Sandbox
from tests.docs.test_blocks import steps
from tests.state.places import git
from tests.support import environment

PAGE: Final = Path(__file__).parents[2] / "docs" / "a-week.md"
_PART: Final = re.compile(
    r"^```console\n(.*?)^```$|^<!-- in the CRM: (\w+) \"([^\"]*)\"(.*?) -->$", re.MULTILINE | re.DOTALL
)
_FIELD: Final = re.compile(r'(\w+)="([^"]*)"')


@pytest.fixture
def week(tmp_path: Path) -> Iterator[tuple[Sandbox, Path]]:
    """The space, and a clone of an empty repository."""
    remote, folder = tmp_path / "deals.git", tmp_path / "deals"
    git(tmp_path, "init", "--quiet", "--bare", "--initial-branch=main", str(remote))
    git(tmp_path, "clone", "--quiet", f"file://{remote}", str(folder))
    git(folder, "config", "user.name", "Omar")
    git(folder, "config", "user.email", "omar@example.com")
    with Sandbox.serve(db=tmp_path / "space.db", seed="60") as sandbox:
        yield sandbox, folder


def test_the_week_goes_as_the_page_says(week: tuple[Sandbox, Path]) -> None:
    """Every command succeeds, and says what is shown; in the end each deal is there as its people left it."""
    sandbox, folder = week
    for part in _PART.finditer(PAGE.read_text("utf-8")):
        text, verb, name, fields = part.groups()
        if text is None:
            _in_the_crm(sandbox, verb, name, dict(_FIELD.findall(fields)))
            continue
        for step in steps(text):
            ran = _run(step.command, folder, sandbox)
            assert ran.returncode == 0, (step.command, ran.stdout, ran.stderr)
            shown = [line.rstrip() for line in ran.stdout.splitlines()]
            for expected in (line for line in step.said if line.strip() and line.strip() != "…"):
                pattern = expected.replace("[", "[[]").replace("?", "[?]").replace("…", "*")
                assert any(fnmatchcase(line, pattern) for line in shown), (expected, ran.stdout)

    rows = {row["name"]: row for row in sandbox.store.rows("Opportunity")}
    assert "Deal 00025" not in rows
    assert (rows["Deal 00015"]["value"]["base_value"], rows["Deal 00030"]["value"]["base_value"]) == (
        175,
        300,
    )
    assert rows["Deal 00020"]["closing_date"] == "2027-12-01"
    assert rows["Deal 00035"]["value"]["base_value"] == 350
    assert len(rows) == len(sandbox.store.rows("Opportunity")) == 62


def _in_the_crm(sandbox: Sandbox, verb: str, name: str, fields: dict[str, str]) -> None:
    """Let a colleague do something to the deal called so."""
    (deal,) = [row for row in sandbox.store.rows("Opportunity") if row["name"] == name]
    match verb:
        case "delete":
            sandbox.store.delete("Opportunity", deal["id"])
        case "win":
            rows = sandbox.store.rows("Step")
            (now,) = [row for row in rows if row["id"] == deal["step_id"]]
            last = max((row for row in rows if row["pipeline_id"] == now["pipeline_id"]), key=_order)
            sandbox.edit("Opportunity", deal["id"], step_id=last["id"])
        case _:
            sandbox.edit("Opportunity", deal["id"], **fields)


def _order(step: dict[str, object]) -> int:
    return int(str(step["sort_order"]))


def _run(command: str, folder: Path, sandbox: Sandbox) -> "subprocess.CompletedProcess[str]":
    if "syncer apply" in command:
        command += " --no-quiet-wait"
    return subprocess.run(
        ["bash", "-c", command],
        cwd=folder,
        env=environment({**sandbox.env(), "PATH": f"{Path(sys.executable).parent}:/usr/bin:/bin"}),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
