"""What we hand out for CI besides the action: workflows, pre-commit hooks, the image."""

import json
import re
import shlex
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Mapping
from importlib.metadata import distribution
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from syncer import resources
from syncer.sandbox.server import Sandbox
from syncer.verbs import workflow
from tests.ci.runner import ACTION, ROOT
from tests.support import MANIFEST, Ran, environment, manifest, one, write_files

CI: Final = ROOT / "examples" / "ci"
HOOKS: Final = {hook["id"]: hook for hook in yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text())}
DOCKERFILE: Final = (ROOT / "Dockerfile").read_text("utf-8")


def _bash(script: str, *arguments: str, cwd: Path, env: Mapping[str, str]) -> Ran:
    path = f"{Path(sys.executable).parent}:/usr/bin:/bin"
    done = subprocess.run(
        ["bash", "-eo", "pipefail", "-c", script, "bash", *arguments],
        cwd=cwd,
        env=environment({"PATH": path, **env}),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    return Ran(done.returncode, done.stdout, done.stderr)


@pytest.mark.skipif(find_spec("check_jsonschema") is None, reason="check-jsonschema is not installed")
@pytest.mark.parametrize(
    ("schema", "file"),
    [
        (["vendor.github-actions"], "action.yml"),
        (["vendor.github-workflows"], "examples/ci/github.yml"),
        (["vendor.github-workflows"], ".github/workflows/release.yml"),
        (["vendor.github-workflows"], ".github/workflows/test.yml"),
        (["vendor.github-workflows"], "examples/ci/pull.yml"),
        (["vendor.gitlab-ci", "--data-transform", "gitlab-ci"], "examples/ci/gitlab.yml"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_it_fits_the_schema_of_its_service(schema: list[str], file: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "check_jsonschema", "--builtin-schema", *schema, ROOT / file],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout


@pytest.mark.skipif(shutil.which("actionlint") is None, reason="actionlint is not installed")
def test_actionlint_finds_nothing() -> None:
    done = subprocess.run(
        ["actionlint", CI / "github.yml", CI / "pull.yml"], capture_output=True, text=True, check=False
    )
    assert done.stdout == ""


@pytest.mark.parametrize("service", workflow.SERVICES)
def test_what_is_to_be_copied_is_what_init_writes(service: str) -> None:
    """One text, written once: the examples never fall behind what new projects get."""
    pipeline = workflow.Pipeline(service)
    head = f"# Copy to {pipeline.path}, which is what `syncer init` writes.\n"

    assert (CI / f"{service}.yml").read_text("utf-8") == head + workflow.text(pipeline)


def test_the_component_of_gitlab_is_the_pipeline_with_inputs() -> None:
    """Filled in, it is what `init` writes for a pipeline that includes it."""
    text = (ROOT / "templates" / "syncer-crm.yml").read_text("utf-8")
    spec, body = yaml.safe_load_all(text)
    inputs = {name: told.get("default", "0" * 40) for name, told in spec["spec"]["inputs"].items()}

    def filled(value: Any) -> Any:
        if isinstance(value, dict):
            return {filled(key): filled(inner) for key, inner in value.items()}
        if isinstance(value, list):
            return [filled(inner) for inner in value]
        return (
            re.sub(r"\$\[\[ inputs\.(\w+) \]\]", lambda found: inputs[found[1]], value)
            if isinstance(value, str)
            else value
        )

    made = filled(body)
    plain = yaml.safe_load(workflow.text(workflow.Pipeline("gitlab", included=True)))
    assert text == workflow.component()
    assert set(re.findall(r"inputs\.(\w+)", text)) == set(inputs)
    assert made[".syncer-syncer"]["before_script"].pop() == 'cd "."'
    made["syncer-plan"]["artifacts"] = plain["syncer-plan"]["artifacts"]
    made["syncer-apply"]["resource_group"] = plain["syncer-apply"]["resource_group"]
    assert made == plain


def test_a_release_gives_each_job_only_the_right_it_needs_and_holds_no_secret() -> None:
    text = (ROOT / ".github" / "workflows" / "release.yml").read_text("utf-8")
    release = yaml.safe_load(text)

    assert release["permissions"] == {}
    assert {name: job["permissions"] for name, job in release["jobs"].items()} == {
        "build": {"contents": "read"},
        "attest": {"id-token": "write", "attestations": "write"},
        "publish": {"id-token": "write"},
        "release": {"contents": "write"},
    }
    assert [job.get("needs") for job in release["jobs"].values()] == [None, "build", "attest", "publish"]
    assert release["jobs"]["publish"]["environment"] == "pypi"
    assert "secrets." not in text


def test_what_builds_a_release_is_known_by_its_hashes() -> None:
    text = (ROOT / "ci" / "release.txt").read_text("utf-8")
    names = re.findall(r"^([\w.-]+)==\S+(?:.*?) \\\n    --hash=sha256:[0-9a-f]{64}", text, re.MULTILINE)

    assert {"click-man", "cyclonedx-bom", "hatch-vcs", "hatchling"} <= set(names)
    assert len(names) == len(re.findall(r"^\w", text, re.MULTILINE))


def _workflow() -> dict[str, Any]:
    # YAML 1.1 reads the key `on` as true
    return {("on" if key is True else key): value for key, value in _yaml("github.yml").items()}


def _yaml(name: str) -> dict[Any, Any]:
    loaded: dict[Any, Any] = yaml.safe_load((CI / name).read_text("utf-8"))
    return loaded


def test_the_workflow_gives_forks_no_secrets_and_jobs_no_rights_they_do_not_need() -> None:
    workflow = _workflow()
    jobs = workflow["jobs"]

    assert "pull_request_target" not in workflow["on"]
    assert workflow["permissions"] == {}
    assert {name: job["permissions"] for name, job in jobs.items()} == {
        "validate": {"contents": "read"},
        "plan": {"contents": "read", "pull-requests": "write"},
        "apply": {"contents": "write"},
    }
    assert "head.repo.full_name == github.repository" in jobs["plan"]["if"]
    assert "secrets." not in str(jobs["validate"])


def test_secrets_are_inputs_of_one_step_and_no_token_stays_in_the_working_copy() -> None:
    for name, job in _workflow()["jobs"].items():
        checkout, _, ours = job["steps"]
        assert "secrets." not in str({key: value for key, value in job.items() if key != "steps"})
        assert checkout["with"] == {"persist-credentials": name != "validate"}, "the branch of the state"
        assert "env" not in ours
        assert ("secrets." in str(ours)) == (name != "validate")


def test_hosts_that_may_get_the_password_come_from_the_repository_not_from_a_file() -> None:
    assert _workflow()["env"] == {"PIPELINER_TRUSTED_HOSTS": "${{ vars.PIPELINER_TRUSTED_HOSTS }}"}


def test_the_workflow_applies_only_after_an_approval_one_at_a_time_and_never_from_a_pull_request() -> None:
    apply = _workflow()["jobs"]["apply"]

    assert (apply["needs"], apply["environment"]) == ("plan", "production")
    assert "github.event_name == 'push'" in apply["if"]
    assert apply["concurrency"] == {"group": "deals-production", "queue": "max"}, "none that waits is dropped"
    assert apply["steps"][-1]["with"]["command"] == "apply"


def test_a_plan_that_is_applied_comes_from_the_same_run() -> None:
    """An artifact of another run, such as one of a pull request, could hold a forged plan."""
    (fetch,) = [step for step in ACTION["runs"]["steps"] if "download-artifact@" in step.get("uses", "")]

    assert set(fetch["with"]) == {"name", "path"}
    assert _yaml("gitlab.yml")["apply"]["needs"] == ["plan"]


def test_a_merge_request_of_a_fork_is_not_planned_with_our_secrets() -> None:
    (rule, _) = _yaml("gitlab.yml")["plan"]["rules"]

    assert "$CI_MERGE_REQUEST_SOURCE_PROJECT_ID == $CI_PROJECT_ID" in rule["if"]


LOCKED: Final = (ROOT / "ci" / "requirements.txt").read_text("utf-8")


def test_what_ci_installs_is_all_it_needs_each_by_its_hashes_in_the_version_of_the_tests() -> None:
    locked = dict(
        re.findall(r"^([\w.-]+)==(\S+)(?:.*?) \\\n    --hash=sha256:[0-9a-f]{64}", LOCKED, re.MULTILINE)
    )
    assert len(locked) == len(re.findall(r"^\w", LOCKED, re.MULTILINE))
    known = {}
    for line in (ROOT / "constraints.txt").read_text("utf-8").splitlines():
        name, _, version = line.partition("==")
        known[canonicalize_name(name)] = version
    assert {name: known.get(name) for name in locked} == locked

    built = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    wanted = [*built["project"]["dependencies"], *built["build-system"]["requires"]]
    direct = {canonicalize_name(Requirement(each).name) for each in wanted}
    assert direct - locked.keys() == set(), "run `make lock`"  # those of other systems, too
    assert f"hatchling=={locked['hatchling']}" in wanted, "what builds it is no other version"
    seen: set[str] = set()
    while wanted:
        requirement = Requirement(wanted.pop())
        name = canonicalize_name(requirement.name)
        if name in seen or not (requirement.marker is None or requirement.marker.evaluate({"extra": ""})):
            continue
        seen.add(name)
        assert name in locked, "run `make lock`"
        wanted += distribution(name).requires or []


def test_every_way_to_install_takes_only_what_is_locked() -> None:
    scripts = {
        "action.yml": next(s["run"] for s in ACTION["runs"]["steps"] if s["name"] == "Install syncer"),
        "gitlab.yml": "\n".join(_yaml("gitlab.yml")[".syncer"]["before_script"]),
        "Dockerfile": DOCKERFILE,
    }
    for name, script in scripts.items():
        assert re.search(r"--require-hashes -r \S*ci/requirements.txt", script), name
        assert "--no-deps --no-build-isolation" in script, name


def test_the_jobs_of_gitlab_validate_plan_report_and_apply(tmp_path: Path, sandbox: Sandbox) -> None:
    """The scripts run as they are, but for the installation."""
    folder = write_files(
        tmp_path, {"syncer.yaml": "version: 1\n", MANIFEST: manifest({"a": {}, "b": {"name": "Another"}})}
    )
    jobs = _yaml("gitlab.yml")
    before = sandbox.store.count("Opportunity")

    for name in ("validate", "plan", "apply"):
        ran = _bash("\n".join(jobs[name]["script"]), cwd=folder, env=sandbox.env())
        assert ran.code == 0, ran
        if name == "plan":
            report = json.loads((folder / jobs["plan"]["artifacts"]["reports"]["terraform"]).read_text())
            assert report == {"create": 2, "update": 0, "delete": 0}
            assert all((folder / path).is_file() for path in jobs["plan"]["artifacts"]["paths"])
            assert sandbox.store.count("Opportunity") == before
    assert sandbox.store.count("Opportunity") == before + 2


def test_gitlab_applies_only_by_hand_on_the_default_branch_and_one_at_a_time() -> None:
    apply = _yaml("gitlab.yml")["apply"]

    assert apply["rules"] == [{"if": "$CI_COMMIT_BRANCH == $CI_DEFAULT_BRANCH", "when": "manual"}]
    assert apply["needs"] == ["plan"]
    assert apply["resource_group"]


def test_the_hook_validate_refuses_what_is_wrong(tmp_path: Path) -> None:
    folder = write_files(tmp_path, {"syncer.yaml": "version: 1\n", MANIFEST: one()})
    hook = HOOKS["syncer-validate"]
    assert (hook["pass_filenames"], hook["language"]) == (False, "python")

    assert _bash(hook["entry"], cwd=folder, env={}).code == 0
    (folder / MANIFEST).write_text(one(nme="Acme"))
    refused = _bash(hook["entry"], cwd=folder, env={})
    assert refused.code == 1
    assert "Unknown field" in refused.err


def test_the_hook_fix_writes_manifests_and_nothing_else(tmp_path: Path) -> None:
    """pre-commit stops at files that a hook has changed; other YAML of the repository is not read."""
    other = {"ci.yaml": "name: 4711\n"}
    folder = write_files(tmp_path, {"syncer.yaml": "version: 1\n", MANIFEST: one(name="4711"), **other})
    hook = HOOKS["syncer-fix"]
    assert (hook["pass_filenames"], hook["language"]) == (False, "python")

    ran = _bash(hook["entry"], cwd=folder, env={})

    assert (ran.code, ran.out) == (0, f'{MANIFEST}:4:11: name: 4711 → "4711"\n')
    assert (folder / MANIFEST).read_text("utf-8") == one(name='"4711"')
    assert (folder / "ci.yaml").read_text("utf-8") == other["ci.yaml"]


def test_the_hook_schema_refuses_a_copy_that_is_old(tmp_path: Path) -> None:
    hook = HOOKS["syncer-schema"]
    files = [f"schemas/{name}.schema.json" for name in ("manifest", "project", "plan", "events")]
    write_files(tmp_path, {file: resources.schema_text(Path(file).name.partition(".")[0]) for file in files})
    assert [file for file in files if not re.search(hook["files"], file)] == []

    # pre-commit splits the entry and appends the files
    command = [*shlex.split(hook["entry"]), *files]
    run = f"exec {shlex.join(command)}"
    assert _bash(run, cwd=tmp_path, env={}) == Ran(0, "", "")

    (tmp_path / files[1]).write_text("{}\n")
    refused = _bash(run, cwd=tmp_path, env={})
    assert refused.code == 1
    assert f"{files[1]} is not of this version of syncer." in refused.err
    assert f"syncer schema project > {files[1]}" in refused.err


def test_the_hook_schema_accepts_what_live_wrote_until_the_next_version(
    tmp_path: Path, sandbox: Sandbox
) -> None:
    hook, file = HOOKS["syncer-schema"], "schemas/manifest.schema.json"
    write_files(tmp_path, {"syncer.yaml": "version: 1\n"})
    (tmp_path / "schemas").mkdir()
    written = _bash(f"syncer schema manifest --live > {file}", cwd=tmp_path, env=sandbox.env())
    assert written.code == 0, written

    run = shlex.join([*shlex.split(hook["entry"]), file])
    assert _bash(run, cwd=tmp_path, env={}) == Ran(0, "", "")

    text = (tmp_path / file).read_text("utf-8")
    (tmp_path / file).write_text(re.sub("sha256:[0-9a-f]{64}", "sha256:" + "0" * 64, text), "utf-8")
    refused = _bash(run, cwd=tmp_path, env={})
    assert (refused.code, f"syncer schema manifest --live > {file}" in refused.err) == (1, True)


def _instructions() -> list[tuple[str, str]]:
    joined = re.sub(r"\\\n", " ", DOCKERFILE)
    lines = [line for line in joined.splitlines() if line and not line.startswith("#")]
    return [(line.split()[0], line.partition(" ")[2]) for line in lines]


def test_the_image_stands_on_a_slim_base_with_a_tag() -> None:
    bases = [rest.split()[0] for name, rest in _instructions() if name == "FROM"]

    assert len(set(bases)) == 1
    assert re.fullmatch(r"python:3\.\d+-slim-[a-z]+", bases[0])


def test_the_image_runs_as_nobody_in_particular() -> None:
    last = _instructions()[max(i for i, (name, _) in enumerate(_instructions()) if name == "FROM") :]
    users = [rest for name, rest in last if name == "USER"]

    assert users == ["10001:10001"]
    assert ("ENTRYPOINT", '["syncer"]') in last
    assert [name for name, _ in last].index("USER") < [name for name, _ in last].index("ENTRYPOINT")


def test_the_image_holds_no_secrets_and_copies_only_what_the_package_needs() -> None:
    instructions = _instructions()
    copied = {word for name, rest in instructions if name == "COPY" for word in rest.split()[:-1]}
    ignored = (ROOT / ".dockerignore").read_text().splitlines()

    assert not re.search(r"(?i)^(ARG|ENV)\b.*(password|token|secret)", DOCKERFILE, re.MULTILINE)
    assert {name for name, _ in instructions}.isdisjoint({"ADD"})
    assert ignored[0] == "*"
    for name in copied - {"--from=build", "/opt/syncer"}:
        assert (ROOT / name).exists()
        assert f"!{name}" in ignored


def test_the_image_copies_all_the_package_is_built_of() -> None:
    built = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    project, wheel = built["project"], built["tool"]["hatch"]["build"]["targets"]["wheel"]
    wanted = {project["readme"], *project["license-files"], *wheel["packages"], *wheel["force-include"]}

    copied = " ".join(rest for name, rest in _instructions() if name == "COPY")
    assert wanted <= {word.removeprefix("./") for word in copied.split()}
