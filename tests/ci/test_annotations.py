"""What code hosts show beside the lines of a change: `--format github` and `--format sarif`."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from syncer.sandbox.server import Sandbox
from tests.support import MANIFEST, Ran, one, writes

Make = Callable[..., Path]
Run = Callable[..., Ran]

WON = (
    "::warning file=opportunities/deals.yaml,line=7,col=11,endColumn=14,"
    "title=Created as won [created-won]::"
    '"Won" is the last step of "Renewals": the opportunity counts as won from the start.\n'
)


def test_warnings_of_a_plan_become_annotations(project: Make, sandbox: Sandbox, syncer: Run) -> None:
    folder = project(one(step="Won"))

    ran = syncer("plan", "--format", "github", "--out", "plan.json", cwd=folder)
    assert (ran.code, ran.out) == (0, WON)
    assert syncer("show", "plan.json", "--format", "github", cwd=folder).out == WON
    assert syncer("plan", "--format", "github", "--detailed-exitcode", cwd=folder).code == 2
    assert writes(sandbox) == []


def test_errors_of_a_plan_become_annotations_and_keep_their_exit_code(
    project: Make, sandbox: Sandbox, syncer: Run
) -> None:
    del sandbox
    folder = project(one(owner="dana@example.org"))

    ran = syncer("-q", "plan", "--format", "github", cwd=folder)

    assert ran == Ran(
        1,
        "::error file=opportunities/deals.yaml,line=5,col=12,endColumn=28,"
        'title=Unknown reference [reference-unknown]::No user has the e-mail "dana@example.org".'
        '%0Ahint: did you mean "dana@example.com"?\n',
        "",
    )


def test_a_plan_without_problems_annotates_nothing(project: Make, sandbox: Sandbox, syncer: Run) -> None:
    del sandbox
    assert syncer("plan", "--format", "github", cwd=project()).out.strip() == ""


@pytest.mark.parametrize(("changes", "level"), [({"step": "Won"}, "warning"), ({"owner": "x@x.x"}, "error")])
def test_a_plan_for_code_scanning_says_what_is_wrong_and_where(
    changes: dict[str, str], level: str, project: Make, sandbox: Sandbox, syncer: Run
) -> None:
    del sandbox
    ran = syncer("plan", "--format", "sarif", cwd=project(one(**changes)))

    (result,) = json.loads(ran.out)["runs"][0]["results"]
    assert ran.code == (1 if level == "error" else 0)
    assert result["level"] == level
    place = result["locations"][0]["physicalLocation"]
    assert place["artifactLocation"]["uri"] == MANIFEST


@pytest.mark.parametrize("command", [("validate",), ("plan",)])
def test_files_are_named_from_the_top_of_the_repository(
    command: tuple[str, ...], project: Make, sandbox: Sandbox, syncer: Run
) -> None:
    """A project may be a folder of a larger repository; code hosts know files by their whole path."""
    del sandbox
    folder = project(one(nme="Acme"))
    (folder.parent / ".git").mkdir()

    for cwd, arguments in ((folder, ()), (folder / "opportunities", ()), (folder.parent, ("-C", "deals"))):
        ran = syncer(*arguments, *command, "--format", "github", cwd=cwd)
        assert ran.out.startswith("::error file=deals/opportunities/deals.yaml,line=12,")
        sarif = json.loads(syncer(*arguments, *command, "--format", "sarif", cwd=cwd).out)
        place = sarif["runs"][0]["results"][0]["locations"][0]["physicalLocation"]
        assert place["artifactLocation"]["uri"] == "deals/opportunities/deals.yaml"


def test_both_places_of_a_repeated_key_are_named_from_the_top(project: Make, syncer: Run) -> None:
    folder = project({"opportunities/a.yaml": one(), "opportunities/b.yaml": one()})
    (folder.parent / ".git").mkdir()

    ran = syncer("validate", "--format", "github", cwd=folder)

    assert "first declared here: deals/opportunities/a.yaml:3:3" in ran.out


def test_what_is_in_no_file_is_told_at_the_settings_of_the_project(project: Make, syncer: Run) -> None:
    """Code scanning refuses results without a file."""
    folder = project()
    (folder.parent / ".git").mkdir()

    sarif = json.loads(syncer("plan", "--format", "sarif", cwd=folder).out)

    for result in sarif["runs"][0]["results"]:
        place = result["locations"][0]["physicalLocation"]
        assert place["artifactLocation"]["uri"] == "deals/syncer.yaml"
    assert "file=" not in syncer("plan", "--format", "github", cwd=folder).out
