"""The job that pulls every night, its own scripts in a repository: what moved becomes a pull request."""

import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

import pytest
import yaml

from syncer.sandbox.server import Sandbox
from tests.ci.runner import ROOT
from tests.support import MANIFEST, Ran, environment, one

JOBS: Final[Mapping[str, Any]] = yaml.safe_load((ROOT / "examples/ci/pull.yml").read_text("utf-8"))["jobs"]
GH: Final = """\
#!/bin/sh
echo "$@" >> "$CALLS"
if [ "$1 $2" = "pr list" ]; then cat "$OPEN"; fi
"""


def git(folder: Path, *arguments: str) -> str:
    done = subprocess.run(["git", *arguments], cwd=folder, capture_output=True, text=True, check=True)
    return done.stdout


class Night:
    """A repository, its clones, and the scripts of the jobs in them."""

    def __init__(self, folder: Path, sandbox: Sandbox) -> None:
        self.folder = folder
        self.sandbox = sandbox
        self.origin = folder / "origin.git"
        self.calls, self.open = folder / "calls", folder / "open"
        self.open.write_text("")
        (folder / "bin").mkdir()
        (folder / "bin/gh").write_text(GH)
        (folder / "bin/gh").chmod(0o755)
        self._clones = 0

    def clone(self) -> Path:
        self._clones += 1
        folder = self.folder / f"clone{self._clones}"
        git(self.folder, "clone", "-q", str(self.origin), str(folder))
        return folder

    def run(self, job: str, folder: Path, **env: str) -> list[Ran]:
        """Run the scripts of a job, in order."""
        ran = []
        for step in JOBS[job]["steps"]:
            if "run" in step:
                done = subprocess.run(
                    ["bash", "-e", "-c", step["run"]],
                    cwd=folder,
                    env=environment(
                        {
                            **self.sandbox.env(),
                            "PATH": f"{self.folder}/bin:{Path(sys.executable).parent}:/usr/bin:/bin",
                            "HOME": str(self.folder),
                            "CALLS": str(self.calls),
                            "OPEN": str(self.open),
                            "GITHUB_OUTPUT": str(self.folder / "output"),
                            "BRANCH": "syncer/pull",
                            "BASE": "main",
                            "PULLED": str(self.folder),
                            **env,
                        }
                    ),
                    capture_output=True,
                    text=True,
                    timeout=60,
                    check=False,
                )
                ran.append(Ran(done.returncode, done.stdout, done.stderr))
        return ran


@pytest.fixture
def night(
    tmp_path: Path, project: Callable[..., Path], syncer: Callable[..., Ran], sandbox: Sandbox
) -> Night:
    """A project in a repository, applied; its state goes with it here, as a shared one would."""
    folder = project({MANIFEST: one(), "ci.txt": "as it was\n"})
    assert syncer("apply", "--auto-approve", "--grace", "0.1", cwd=folder).code == 0
    made = Night(tmp_path, sandbox)
    git(folder, "init", "-q", "-b", "main")
    git(folder, "add", "-Af")
    git(folder, "-c", "user.name=n", "-c", "user.email=e@x.example", "commit", "-qm", "All")
    git(tmp_path, "clone", "-q", "--bare", str(folder), str(made.origin))
    return made


def test_nothing_moved_nothing_is_proposed(night: Night) -> None:
    """The output stays empty, so the second job does not run."""
    ran = night.run("pull", night.clone())

    assert [each.code for each in ran] == [0, 0]
    assert ran[1].out == "Nothing has moved.\n"
    assert not (night.folder / "output").exists()


def test_what_moved_becomes_one_pull_request(night: Night) -> None:
    """The next night moves its branch; nothing but manifests is taken from the first job."""
    (deal,) = [
        row["id"] for row in night.sandbox.store.rows("Opportunity") if row["name"] == "Acme renewal 2027"
    ]
    for day, open_ in (("2027-04-30", ""), ("2027-05-31", "7\n")):
        night.sandbox.store.edit("Opportunity", deal, closing_date=day)
        night.open.write_text(open_)
        first = night.clone()
        (first / "ci.txt").write_text("moved by whatever ran there\n")
        assert [each.code for each in night.run("pull", first)] == [0, 0]
        assert (night.folder / "output").read_text().splitlines()[-1] == "moved=true"
        (first / "pulled.patch").rename(night.folder / "pulled.patch")

        (proposed,) = night.run("propose", night.clone())

        assert proposed.code == 0, proposed.err
        shown = git(night.origin, "diff", "--unified=0", "main", "syncer/pull")
        assert [line for line in shown.splitlines() if line[0] in "+-"] == [
            f"--- a/{MANIFEST}",
            f"+++ b/{MANIFEST}",
            "-    closing_date: 2027-03-31",
            f"+    closing_date: {day}",
        ]
    assert [line.split(" --title")[0] for line in night.calls.read_text().splitlines()] == [
        "pr list --head syncer/pull --base main --json number --jq .[].number",
        "pr create --head syncer/pull --base main",
        "pr list --head syncer/pull --base main --json number --jq .[].number",
    ]


def test_what_a_job_may_do_is_what_it_needs() -> None:
    """The one with the secrets of the CRM only reads; the one that writes has none of them."""
    text = {name: yaml.safe_dump(job) for name, job in JOBS.items()}

    assert {name: job["permissions"] for name, job in JOBS.items()} == {
        "pull": {"contents": "read"},
        "propose": {"contents": "write", "pull-requests": "write"},
    }
    assert ("secrets." in text["pull"], "secrets." in text["propose"]) == (True, False)
    assert [step for job in JOBS.values() for step in job["steps"] if "${{" in step.get("run", "")] == []
