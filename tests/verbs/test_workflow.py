"""The CI of a project as text."""

import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
import yaml

from syncer.verbs.workflow import Pipeline, text

FOLDERS = ("", "deals", "east and west/[2027] #1", "it's", "a${{b}}")


def github(**changes: Any) -> dict[str, Any]:
    loaded: dict[Any, Any] = yaml.safe_load(text(Pipeline("github", **changes)))
    return {("on" if key is True else key): value for key, value in loaded.items()}


def gitlab(**changes: Any) -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load(text(Pipeline("gitlab", **changes)))
    return loaded


@pytest.mark.parametrize(
    ("state", "rights", "keeps"),
    [
        ("local", "read", [False, False, False]),
        ("git", "write", [False, True, True]),
        ("postgresql", "read", [False, False, False]),
    ],
)
def test_only_the_job_that_applies_may_write_and_only_where_the_state_is_a_branch(
    state: str, rights: str, keeps: list[bool]
) -> None:
    """The plan reads that branch, so its checkout keeps a token that may read."""
    jobs = github(state=state)["jobs"]

    assert [job["permissions"]["contents"] for job in jobs.values()] == ["read", "read", rights]
    assert [job["steps"][0]["with"]["persist-credentials"] for job in jobs.values()] == keeps


def test_the_address_of_a_database_is_a_secret_of_the_two_steps_that_use_it() -> None:
    jobs = github(state="postgresql")["jobs"]
    given = {name: job["steps"][-1]["with"].get("state-url") for name, job in jobs.items()}

    secret = "${{ secrets.SYNCER_STATE_URL }}"
    assert given == {"validate": None, "plan": secret, "apply": secret}
    assert "SYNCER_STATE_URL" not in text(Pipeline("github"))
    assert "SYNCER_STATE_URL" in text(Pipeline("gitlab", "postgresql"))


def test_a_project_in_a_folder_has_a_workflow_of_its_own_for_that_folder() -> None:
    made = github(folder="deals/east", branch="trunk")
    pipeline = Pipeline("github", folder="deals/east")

    assert pipeline.path == ".github/workflows/syncer-deals-east.yml"
    assert made["on"] == {
        "pull_request": {"paths": ["deals/east/**"]},
        "push": {"branches": ["trunk"], "paths": ["deals/east/**"]},
    }
    assert {job["steps"][-1]["with"]["working-directory"] for job in made["jobs"].values()} == {"deals/east"}
    assert made["jobs"]["apply"]["concurrency"]["group"] == "deals-deals-east-production"


def test_a_pipeline_that_is_included_has_jobs_of_its_own_in_the_stages_that_there_always_are() -> None:
    made = gitlab(folder="deals", included=True)
    jobs = {name: job["stage"] for name, job in made.items() if "stage" in job}

    assert jobs == {
        "syncer-deals-validate": "test",
        "syncer-deals-plan": "test",
        "syncer-deals-apply": "deploy",
    }
    assert set(made) - set(jobs) == {".syncer-deals-syncer"}
    assert made["syncer-deals-apply"]["needs"] == ["syncer-deals-plan"]
    assert made["syncer-deals-plan"]["artifacts"]["paths"] == ["deals/plan.json", "deals/plan.html"]


@pytest.mark.parametrize("folder", FOLDERS)
def test_a_folder_of_any_name_is_entered_by_the_shell_and_is_no_expression(
    folder: str, tmp_path: Path
) -> None:
    (tmp_path / folder).mkdir(parents=True, exist_ok=True)
    made = gitlab(folder=folder, included=True)
    enter = next(iter(made.values()))["before_script"][-1]
    if folder:
        found = subprocess.run(
            ["bash", "-c", f"{enter} && pwd"], cwd=tmp_path, capture_output=True, text=True, check=True
        )
        assert found.stdout == f"{tmp_path / folder}\n"
    assert "${{b}}" not in text(Pipeline("github", folder=folder))


@pytest.mark.skipif(find_spec("check_jsonschema") is None, reason="check-jsonschema is not installed")
def test_every_one_fits_the_schema_of_its_service(tmp_path: Path) -> None:
    files: dict[str, list[str]] = {"github": [], "gitlab": []}
    for state in ("local", "git", "postgresql"):
        for number, folder in enumerate(FOLDERS):
            for service, made in files.items():
                for included in (False, True)[: 1 + (service == "gitlab")]:
                    file = tmp_path / f"{service}-{state}-{number}-{included}.yml"
                    file.write_text(text(Pipeline(service, state, folder, included=included)), "utf-8")
                    made.append(str(file))
    for service, schema in (("github", "github-workflows"), ("gitlab", "gitlab-ci")):
        more = ["--data-transform", "gitlab-ci"] if service == "gitlab" else []
        done = subprocess.run(
            [
                *(sys.executable, "-m", "check_jsonschema", "--builtin-schema", f"vendor.{schema}", *more),
                *files[service],
            ],
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout
