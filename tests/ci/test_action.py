"""action.yml, step by step, against the sandbox and a stand-in for GitHub's comments."""

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from syncer.sandbox.server import Sandbox
from tests.ci.runner import ACTION, BOT, ROOT, Comments, Runner, comments
from tests.support import MANIFEST, manifest, one, write_files, writes

pytestmark = pytest.mark.skipif(
    not (shutil.which("curl") and shutil.which("jq") and shutil.which("bash")),
    reason="the action needs bash, curl and jq, as GitHub's runners have them",
)
PULL = {"pull_request": {"number": 7}}


@pytest.fixture
def pull_request() -> Iterator[Comments]:
    with comments() as held:
        yield held


@pytest.fixture
def runner(tmp_path: Path, sandbox: Sandbox, pull_request: Comments) -> Runner:
    """A repository with one good opportunity."""
    write_files(tmp_path / "repository", {"syncer.yaml": "version: 1\n", MANIFEST: one()})
    return Runner(tmp_path / "repository", tmp_path / "runner", sandbox.env(), pull_request.url)


def test_a_pull_request_gets_its_plan_as_a_comment_and_the_next_push_replaces_it(
    runner: Runner, pull_request: Comments, sandbox: Sandbox
) -> None:
    said = pull_request.add("Looks good to me.")

    first = runner.run(event=PULL)
    assert not first.failed, first.log
    assert first.outputs == {"changes": "true", "drift": "false", "conflict": "false"}
    (comment,) = pull_request.rows[1:]
    assert comment["user"]["login"] == BOT
    assert "**1 to create" in comment["body"]
    assert "Acme renewal 2027" in comment["body"]
    assert "https://github.example/acme/deals/actions/runs/42" in comment["body"]
    assert "**1 to create" in first.summary

    (runner.repository / MANIFEST).write_text(manifest({"a": {}, "b": {"name": "Another"}}))
    second = runner.run(event=PULL)
    assert not second.failed, second.log
    assert pull_request.rows == [said, comment]
    assert "**2 to create" in comment["body"]
    assert writes(sandbox) == []


def test_the_plan_that_was_kept_is_the_plan_that_is_applied(
    runner: Runner, sandbox: Sandbox, pull_request: Comments
) -> None:
    before = sandbox.store.count("Opportunity")
    assert runner.run().outputs == {"changes": "true", "drift": "false", "conflict": "false"}
    assert (runner.folder / "artifacts" / "syncer-plan" / "plan.html").is_file()

    applied = runner.run(command="apply")

    assert not applied.failed, applied.log
    assert list(applied.codes) == ["Make a folder", "Fetch the plan", "Apply the plan"]
    assert "Apply complete: 1 created, 0 failed." in applied.log
    assert sandbox.store.count("Opportunity") == before + 1
    assert runner.run().outputs == {"changes": "false", "drift": "false", "conflict": "false"}
    assert pull_request.requests == []


def test_a_plan_that_was_edited_on_the_way_is_refused(runner: Runner, sandbox: Sandbox) -> None:
    runner.run()
    kept = runner.folder / "artifacts" / "syncer-plan" / "plan.json"
    kept.write_text(kept.read_text().replace("100.00", "900.00"))

    applied = runner.run(command="apply")

    assert applied.codes["Apply the plan"] == 4
    assert writes(sandbox) == []


def test_a_plan_that_fails_says_so_in_the_same_comment(runner: Runner, pull_request: Comments) -> None:
    runner.run(event=PULL)
    (runner.repository / MANIFEST).write_text(one(owner="dana@example.org"))

    failed = runner.run(event=PULL)

    assert failed.codes["Plan"] == 1
    assert "Keep the plan" not in failed.codes
    assert f"::error file={MANIFEST},line=5,col=12" in failed.log
    (comment,) = pull_request.rows
    assert "### The plan failed" in comment["body"]
    assert "to create" not in comment["body"]


def test_a_manifest_that_is_wrong_is_annotated_and_nothing_is_sent(
    runner: Runner, sandbox: Sandbox, pull_request: Comments
) -> None:
    (runner.repository / MANIFEST).write_text(one(nme="Acme"))

    failed = runner.run(event=PULL)

    assert failed.codes == {"Make a folder": 0, "Validate": 1, "Comment on the pull request": 0}
    assert f"::error file={MANIFEST},line=12" in failed.log
    assert "### The plan failed" in pull_request.rows[0]["body"]
    assert list(sandbox.requests) == []


def test_a_comment_that_only_looks_like_ours_is_left_alone(runner: Runner, pull_request: Comments) -> None:
    """Anyone may write the hidden mark into a comment of theirs."""
    runner.run(event=PULL)
    forged = pull_request.rows.pop()["body"]
    theirs = pull_request.add(forged, "mallory")

    runner.run(event=PULL)

    assert theirs["body"] == forged
    assert [row["user"]["login"] for row in pull_request.rows] == ["mallory", BOT]


def test_our_comment_is_found_behind_a_hundred_others(runner: Runner, pull_request: Comments) -> None:
    runner.run(event=PULL)
    ours = pull_request.rows.pop()
    pull_request.rows = [{"id": n, "user": {"login": "x"}, "body": "talk"} for n in range(230)]
    pull_request.rows.append(ours)
    pull_request.requests.clear()

    runner.run(event=PULL)

    assert len(pull_request.rows) == 231
    assert [request.split(" ")[0] for request in pull_request.requests] == ["GET", "GET", "GET", "PATCH"]


def test_each_folder_of_a_repository_has_a_comment_of_its_own(runner: Runner, pull_request: Comments) -> None:
    for folder in ("east", "west"):
        write_files(
            runner.repository / folder, {"syncer.yaml": "version: 1\n", MANIFEST: one(name=f"Deal {folder}")}
        )
    for _ in range(2):
        for folder in ("east", "west"):
            assert not runner.run(event=PULL, working_directory=folder).failed

    assert [re.findall("Deal (east|west)", row["body"])[0] for row in pull_request.rows] == ["east", "west"]


def test_names_of_deals_are_no_commands_of_the_runner(runner: Runner) -> None:
    """The log of a job is read for `::commands::`, and names of deals come from web forms."""
    (runner.repository / MANIFEST).write_text(one(name='"::set-env name=PATH::/tmp"'))

    job = runner.run()

    assert not job.failed, job.log
    pause = re.search(r"^::stop-commands::([0-9a-f]{32})$", job.log, re.MULTILINE)
    assert pause is not None
    assert job.log.count(f"::{pause[1]}::\n") == 1
    assert not re.search(r"^\s*::set-env", job.log, re.MULTILINE)


def test_no_comment_is_written_where_none_is_wanted(runner: Runner, pull_request: Comments) -> None:
    runner.run(event=PULL, comment="false")
    runner.run()

    assert pull_request.requests == []


def test_the_token_is_never_an_argument_and_never_in_the_log(runner: Runner, tmp_path: Path) -> None:
    """Everyone on the machine sees the arguments of a process."""
    curl = tmp_path / "bin" / "curl"
    curl.parent.mkdir()
    curl.write_text(f'#!/bin/sh\necho "$@" >> {tmp_path}/arguments\nexec /usr/bin/curl "$@"\n')
    curl.chmod(0o755)
    path = f"{curl.parent}:{Path(sys.executable).parent}:/usr/bin:/bin"
    runner.env = {**runner.env, "PATH": path}

    job = runner.run(event=PULL)

    assert job.codes["Comment on the pull request"] == 0, job.log
    assert "api.github.com" not in (tmp_path / "arguments").read_text()
    assert "ghs_" not in (tmp_path / "arguments").read_text() + job.log


def test_only_the_steps_that_talk_to_the_service_get_the_credentials(
    runner: Runner, sandbox: Sandbox
) -> None:
    planned, applied = runner.run(event=PULL), runner.run(command="apply")
    seeing = [name for job in (planned, applied) for name, env in job.saw.items() if sandbox.password in env]

    assert (planned.failed, seeing) == (False, ["Plan", "Apply the plan"])
    kept = "".join(file.read_text() for file in (runner.folder / "artifacts").rglob("*.*"))
    assert sandbox.password not in kept + planned.log + applied.log


def test_files_are_validated_without_credentials(runner: Runner, sandbox: Sandbox) -> None:
    """So it may be done for the pull requests of forks."""
    good = runner.run(event=PULL, command="validate", username="", password="")
    (runner.repository / MANIFEST).write_text(one(nme="Acme"))
    bad = runner.run(event=PULL, command="validate", username="", password="")

    assert (good.codes, bad.codes) == (
        {"Make a folder": 0, "Validate": 0},
        {"Make a folder": 0, "Validate": 1},
    )
    assert sandbox.requests == []


def test_drift_alone_is_told_and_is_nothing_to_apply(runner: Runner) -> None:
    (runner.repository / "syncer.yaml").write_text("version: 1\npolicy: {existing: report}\n")
    runner.run()
    runner.run(command="apply")
    (runner.repository / MANIFEST).write_text(one(value="250 USD"))

    assert runner.run().outputs == {"changes": "false", "drift": "true", "conflict": "false"}


def test_a_conflict_is_told_and_the_rest_is_applied(
    runner: Runner, pull_request: Comments, sandbox: Sandbox
) -> None:
    """The reviewer reads it first; the job that applies is red until a side is taken."""
    runner.run()
    runner.run(command="apply")
    (row,) = [row for row in sandbox.store.rows("Opportunity") if row["name"] == "Acme renewal 2027"]
    sandbox.store.edit("Opportunity", row["id"], name="Theirs")
    text = manifest({"acme-renewal-2027": {"name": "Ours"}, "other": {"name": "Another"}})
    (runner.repository / MANIFEST).write_text(text)

    planned = runner.run(event=PULL)

    assert planned.outputs == {"changes": "true", "drift": "false", "conflict": "true"}
    body = pull_request.rows[0]["body"]
    assert body.index("in conflict") < body.index("to create")
    applied = runner.run(command="apply")
    assert applied.codes["Apply the plan"] == 4
    assert {row["name"] for row in sandbox.store.rows("Opportunity")} >= {"Theirs", "Another"}


def test_what_is_only_to_be_remembered_is_applied_too(runner: Runner, sandbox: Sandbox) -> None:
    """A base that is not moved would turn the next edit into a conflict."""
    runner.run()
    runner.run(command="apply")
    shutil.rmtree(runner.repository / ".syncer")
    before = len(writes(sandbox))

    assert runner.run().outputs == {"changes": "true", "drift": "false", "conflict": "false"}
    assert not runner.run(command="apply").failed
    assert len(writes(sandbox)) == before
    assert runner.run().outputs == {"changes": "false", "drift": "false", "conflict": "false"}


def test_each_use_in_a_job_has_a_folder_and_an_artifact_of_its_own(
    runner: Runner, pull_request: Comments
) -> None:
    """The plan of the first must never be shown, or applied, as that of the second."""
    for folder in ("east", "west"):
        write_files(
            runner.repository / folder, {"syncer.yaml": "version: 1\n", MANIFEST: one(name=f"Deal {folder}")}
        )
    (runner.repository / "west" / MANIFEST).write_text(one(owner="dana@example.org"))

    east = runner.run(event=PULL, working_directory="east")
    west = runner.run(event=PULL, in_last_job=True, working_directory="west")

    assert (east.failed, west.codes["Plan"]) == (False, 1)
    assert "Deal east" in pull_request.rows[0]["body"]
    assert "### The plan failed" in pull_request.rows[1]["body"]
    assert "Deal east" not in pull_request.rows[1]["body"]
    assert len(list((runner.folder / "artifacts").iterdir())) == 1
    assert runner.run(command="apply", working_directory="west").codes["Fetch the plan"] == 1
    applied = runner.run(command="apply", working_directory="east")
    assert "Apply complete: 1 created, 0 failed." in applied.log


def test_actions_are_named_by_commit_with_their_version_beside_it() -> None:
    """A tag can be moved by whoever takes over a repository."""
    for page in ("action.yml", "examples/ci/github.yml", "examples/ci/pull.yml", "docs/ci.md", "README.md"):
        for used in re.findall(r"uses: (\S+)(?: # (v[\d.]+))?", (ROOT / page).read_text("utf-8")):
            assert re.fullmatch(r"[\w./-]+@[0-9a-f]{40}", used[0]), (page, used)
            assert used[1] or used[0].startswith("example-org/"), (page, used)


def test_scripts_take_what_people_typed_from_the_environment_only() -> None:
    """An expression inside a script would run whatever a branch or an input is called."""
    for step in ACTION["runs"]["steps"]:
        assert "${{" not in step.get("run", "")


def test_every_input_is_used_and_every_used_input_declared() -> None:
    text = (ROOT / "action.yml").read_text("utf-8")
    used = set(re.findall(r"inputs\.([\w-]+)", text))

    assert used == set(ACTION["inputs"])


@pytest.mark.skipif(shutil.which("shellcheck") is None, reason="shellcheck is not installed")
def test_shellcheck_finds_nothing(make_scripts: Callable[[], list[Path]]) -> None:
    done = subprocess.run(
        ["shellcheck", "--shell=bash", *make_scripts()], capture_output=True, text=True, check=False
    )
    assert done.stdout == ""


@pytest.fixture
def make_scripts(tmp_path: Path) -> Callable[[], list[Path]]:
    """Every script of action.yml and of ci/, as files."""

    def make() -> list[Path]:
        files = list((ROOT / "ci").glob("*.sh"))
        for number, step in enumerate(ACTION["runs"]["steps"]):
            if "run" in step:
                files.append(tmp_path / f"{number}.sh")
                files[-1].write_text(step["run"])
        return files

    return make


def test_the_plan_json_of_the_artifact_is_a_plan(runner: Runner) -> None:
    runner.run()

    kept = json.loads((runner.folder / "artifacts" / "syncer-plan" / "plan.json").read_text())
    assert kept["summary"]["create"] == 1


def test_addresses_of_those_who_are_notified_reach_the_plan_alone_and_set_no_other_variable(
    runner: Runner,
) -> None:
    (runner.repository / "syncer.yaml").write_text("version: 1\nnotify: {sales: [planned]}\n")

    job = runner.run(notify="SYNCER_NOTIFY_SALES=json://127.0.0.1:1/a-token\nPATH=/nowhere")

    assert not job.failed, job.log
    assert "sales was not notified: SYNCER_NOTIFY_SALES leads to somebody" in " ".join(job.log.split())
    assert "a-token" not in job.log
    assert [name for name, env in job.saw.items() if "a-token" in env] == ["Plan"]
