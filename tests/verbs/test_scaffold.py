"""`syncer init`: a project that plans at once."""

import json
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import jsonschema
import pytest
import yaml

from syncer.cli import init as command
from syncer.cli.common import Globals
from syncer.model.problem import UsageError
from syncer.resources import schema
from syncer.sandbox.server import Sandbox
from syncer.state.choice import Choice
from syncer.verbs import workflow
from syncer.verbs.scaffold import Answers, Choices
from syncer.verbs.scaffold import files as files_of
from tests.support import Ran, environment, run_here, writes

Run = Callable[..., Ran]
FILES = [
    ".github/workflows/syncer.yml",
    ".gitignore",
    "opportunities/first.yaml",
    "schemas/manifest.schema.json",
    "schemas/project.schema.json",
    "syncer.yaml",
]


def files(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


def read(folder: Path, name: str) -> str:
    return (folder / name).read_text(encoding="utf-8")


def test_a_new_project_plans_at_once(sandbox: Sandbox, syncer: Run, tmp_path: Path) -> None:
    made = syncer("init", "deals", "--sandbox", "--no-input")
    folder = tmp_path / "deals"

    assert (made.code, made.out.split()) == (
        0,
        [f"deals/{name}" for name in (FILES[5], FILES[2], FILES[1], FILES[3], FILES[4], FILES[0])],
    )
    assert files(folder) == FILES
    manifest = read(folder, "opportunities/first.yaml")
    assert manifest.splitlines()[0] == "# yaml-language-server: $schema=../schemas/manifest.schema.json"
    day = manifest.partition("closing_date: ")[2][:10]
    assert (
        manifest.partition("version: 1\n")[2]
        == f"""\
opportunities:
  first-deal-with-acme-corporation:
    name: First deal with Acme Corporation
    owner: dana@example.com
    pipeline: New Business
    step: Lead In
    closing_date: {day}
    value: 100 USD
    account: info@acme.example
    contacts: [bob@acme.example, eve@acme.example]
"""
    )
    assert "Plan: 1 to create, 0 to update, 0 to delete." in made.err
    assert "\n  syncer doctor    # is everything in order?\n" in made.err
    assert syncer("plan", cwd=folder).out.count("+ create opportunity.") == 1
    assert writes(sandbox) == []

    settings = yaml.safe_load(read(folder, "syncer.yaml"))
    jsonschema.validate(settings, schema("project"))
    assert settings["spaces"] == {"sandbox": {"url": sandbox.url, "space_id": sandbox.space_id}}
    assert sandbox.password not in "".join(read(folder, name) for name in FILES)
    assert json.loads(read(folder, "schemas/manifest.schema.json")) == schema("manifest")
    workflow = yaml.safe_load(read(folder, ".github/workflows/syncer.yml"))
    kept = {name: job["permissions"]["contents"] for name, job in workflow["jobs"].items()}
    assert kept == {"validate": "read", "plan": "read", "apply": "read"}, "a sandbox's state is local"


def test_git_never_sees_journals_and_saved_plans(sandbox: Sandbox, syncer: Run, tmp_path: Path) -> None:
    assert syncer("init", "--sandbox", "--no-input").code == 0
    assert read(tmp_path, ".gitignore").splitlines()[1:] == [".syncer/", "plan.json", "*.plan.json"]
    subprocess.run(["git", "init", "-q"], cwd=tmp_path, check=True)
    (tmp_path / ".syncer").mkdir()
    for name in (".syncer/lock", "plan.json", "monday.plan.json"):
        (tmp_path / name).write_text("x", encoding="utf-8")
    seen = subprocess.run(
        ["git", "status", "--short", "-uall"], cwd=tmp_path, check=True, capture_output=True, text=True
    ).stdout
    assert [line[3:] for line in seen.splitlines()] == FILES
    assert sandbox.requests


@pytest.mark.usefixtures("sandbox")
def test_a_gitignore_keeps_its_lines(syncer: Run, tmp_path: Path) -> None:
    (tmp_path / ".gitignore").write_text("mine\n.syncer/", encoding="utf-8")
    assert syncer("init", "--sandbox", "--no-input").code == 0
    assert read(tmp_path, ".gitignore").splitlines() == [
        "mine",
        ".syncer/",
        "# syncer: journals and locks of applies, saved plans",
        "plan.json",
        "*.plan.json",
    ]
    again = syncer("init", "--sandbox", "--no-input", "--force")
    assert ".gitignore" not in again.out


@pytest.mark.usefixtures("sandbox")
def test_files_that_exist_are_left_alone_unless_forced(syncer: Run, tmp_path: Path) -> None:
    (tmp_path / "syncer.yaml").write_text("# mine\n", encoding="utf-8")
    refused = syncer("init", "--sandbox", "--no-input")

    assert (refused.code, refused.out, files(tmp_path)) == (1, "", ["syncer.yaml"])
    assert "syncer.yaml exists already." in refused.err
    assert syncer("init", "--sandbox", "--no-input", "--force").code == 0
    assert files(tmp_path) == FILES


def test_url_and_space_may_be_given(sandbox: Sandbox, syncer: Run, tmp_path: Path) -> None:
    credentials = {
        "ACME_PIPELINER_API_USERNAME": sandbox.username,
        "ACME_PIPELINER_API_PASSWORD": sandbox.password,
    }
    options = ["--space", "acme", "--url", f"{sandbox.api_url}/Accounts", "--space-id", sandbox.space_id]
    made = syncer("init", *options, env=credentials)

    assert made.code == 0, made.err
    text = read(tmp_path, "syncer.yaml")
    assert f"  acme:\n    url: {sandbox.url}\n    space_id: {sandbox.space_id}\n" in text
    assert "ACME_PIPELINER_API_USERNAME and ACME_PIPELINER_API_PASSWORD" in text
    assert "secrets.ACME_PIPELINER_API_PASSWORD" in read(tmp_path, ".github/workflows/syncer.yml")


@pytest.mark.parametrize(
    ("options", "env", "code", "message", "hint"),
    [
        ((), {}, 64, "Service URL of the space", "say it with --url"),
        (("--url", "https://x.example"), {}, 64, "Id of the space", "say it with --space-id"),
        (
            ("--url", "x.example", "--space-id", "a"),
            {},
            64,
            "a URL begins with https://",
            "write https://x.example",
        ),
        (
            ("--url", "https://x.example", "--space-id", "a b"),
            {},
            64,
            '"a b" is no space id.',
            "such as us_Acme",
        ),
        (
            ("--space", "a b", "--url", "https://x.example", "--space-id", "a"),
            {},
            64,
            '"a b" cannot be the name of a space.',
            "letters, digits",
        ),
        (
            ("--url", "https://x.example", "--space-id", "us_A"),
            {},
            1,
            "are not set. Nothing was written.",
            "export PIPELINER_API_PASSWORD=…",
        ),
        (("--sandbox",), {}, 64, "do not name a sandbox", "syncer sandbox serve --port 8080"),
        (
            ("--sandbox",),
            {
                "PIPELINER_URL": "http://127.0.0.1:1",
                "PIPELINER_SPACE_ID": "a",
                "PIPELINER_API_USERNAME": "a",
                "PIPELINER_API_PASSWORD": "b",
            },
            1,
            "no connection",
            "syncer sandbox serve --port 8080",
        ),
    ],
)
def test_what_is_missing_is_told_and_nothing_is_written(
    syncer: Run,
    tmp_path: Path,
    options: tuple[str, ...],
    env: dict[str, str],
    code: int,
    message: str,
    hint: str,
) -> None:
    ran = syncer("init", "--no-input", *options, env=env)

    assert (ran.code, ran.out, files(tmp_path)) == (code, "", [])
    assert message in " ".join(ran.err.split())
    assert hint in ran.err


def test_wrong_credentials_are_told_and_nothing_is_written(
    sandbox: Sandbox, syncer: Run, tmp_path: Path
) -> None:
    ran = syncer("init", "--sandbox", env={**sandbox.env(), "PIPELINER_API_PASSWORD": "wrong"})

    assert (ran.code, files(tmp_path)) == (1, [])
    assert "does not accept the user name and password" in " ".join(ran.err.split())


def test_a_space_without_pipelines_says_what_it_lacks(syncer: Run, tmp_path: Path) -> None:
    with Sandbox.serve(seed="empty") as sandbox:
        ran = syncer("init", "--sandbox", "--no-input", env=sandbox.env())

    assert (ran.code, files(tmp_path)) == (1, [])
    assert "could call its pipeline" in " ".join(ran.err.split())


def test_a_space_without_accounts_makes_an_example_without_one(
    sandbox: Sandbox, syncer: Run, tmp_path: Path
) -> None:
    with sandbox.db.transaction():
        sandbox.db.conn.execute("UPDATE Account SET is_deleted = 1")
        sandbox.db.conn.execute("UPDATE Currency SET is_base = 0")
    sandbox.db.refresh()
    ran = syncer("init", "--sandbox", "--no-input")
    text = read(tmp_path, "opportunities/first.yaml")

    assert (ran.code, "    account: none\n" in text, "    name: First deal\n" in text) == (1, True, True)
    assert "    value: 100\n" in text  # a plan then says that it needs a currency


Typed = Callable[..., tuple[Ran, list[str]]]


@pytest.fixture
def typed(monkeypatch: pytest.MonkeyPatch, sandbox: Sandbox, tmp_path: Path) -> Typed:
    """Run `init` at a terminal where *answers* are typed; return what it said, and what it asked."""

    def run(*answers: str, arguments: Sequence[str] = (), yes: bool = True) -> tuple[Ran, list[str]]:
        left, asked = list(answers), list[str]()

        def prompt(question: str, default: str | None = None, **_options: object) -> str:
            asked.append(question)
            answer = left.pop(0)
            return answer or str(default)

        def confirm(question: str, **_options: object) -> bool:
            asked.append(question)
            return yes

        monkeypatch.setattr("click.prompt", prompt)
        monkeypatch.setattr("click.confirm", confirm)
        env = {k: v for k, v in sandbox.env().items() if "_API_" in k}
        monkeypatch.setattr("syncer.cli.init.attended", lambda _stream: True)
        ran = run_here(["init", *arguments], tmp_path, environment(env))
        assert left == []
        return ran, asked

    return run


def test_one_answer_is_asked_again_and_not_all(typed: Typed, sandbox: Sandbox, tmp_path: Path) -> None:
    """What cannot be used, what nobody answers at, and a space that is not there."""
    wrong = ("a b", "crm", "x.example", "http://127.0.0.1:1", "not one", "nv3_Wrong")
    ran, asked = typed(*wrong, sandbox.url, sandbox.space_id)

    assert ran.code == 0, ran.err
    assert [question.partition(",")[0] for question in asked] == [
        *("Name of the space", "Name of the space"),
        *("Service URL of the space", "Service URL of the space", "Id of the space", "Id of the space"),
        *("Service URL of the space", "Id of the space"),
        "Shall editors know the names in the space? It writes e-mails of its users into schemas/.",
    ]
    assert f"  crm:\n    url: {sandbox.url}\n    space_id: {sandbox.space_id}\n" in read(
        tmp_path, "syncer.yaml"
    )


def test_nobody_is_asked_without_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PIPELINER_URL", raising=False)
    with pytest.raises(UsageError, match="nobody said it"):
        command._answers(
            Globals(quiet=True),
            command._Asked(Globals(quiet=True), ask=False),
            {"url": None, "space_id": None},
            sandbox=False,
        )


def test_replacing_is_asked_for_in_a_terminal(
    sandbox: Sandbox, syncer: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "syncer.yaml").write_text("# mine\n", encoding="utf-8")
    said: list[bool] = [False, True]
    monkeypatch.setattr("click.confirm", lambda *_arguments, **_options: said.pop(0))

    class Terminal:
        closed = False

        def isatty(self) -> bool:
            return True

    def init() -> int:
        from syncer.cli import run

        monkeypatch.setattr(sys, "stdin", Terminal())
        for name, value in sandbox.env().items():
            monkeypatch.setenv(name, value)
        monkeypatch.chdir(tmp_path)
        return run(["init", "--sandbox", "-q"])

    assert (init(), read(tmp_path, "syncer.yaml")) == (1, "# mine\n")
    assert (init(), files(tmp_path)) == (0, FILES)
    assert syncer("validate").code == 0


def remote_of(folder: Path, there: Path) -> None:
    if there.name == "there.git":
        subprocess.run(["git", "init", "-q", "--bare", str(there)], check=True)
    subprocess.run(["git", "init", "-q", "-b", "trunk", str(folder)], check=True)
    subprocess.run(["git", "remote", "add", "origin", str(there)], cwd=folder, check=True)


@pytest.mark.usefixtures("sandbox")
def test_in_a_repository_with_a_remote_the_state_is_a_branch_and_the_workflow_lies_at_its_root(
    syncer: Run, tmp_path: Path
) -> None:
    """Nobody has to be asked; a sandbox alone keeps its state to itself."""
    root = tmp_path / "repository"
    remote_of(root, tmp_path / "gitlab" / "there.git")
    made = syncer("init", "deals/east", "--no-input", "--ci", "github", cwd=root)

    assert made.code == 0, made.err
    assert [name for name in files(root) if not name.startswith(".git/")] == [
        ".github/workflows/syncer-deals-east.yml",
        *(f"deals/east/{name}" for name in FILES[1:]),
    ]
    assert yaml.safe_load(read(root, "deals/east/syncer.yaml"))["state"] == "git"
    pipeline = workflow.Pipeline("github", "git", "deals/east", "trunk")
    assert read(root, pipeline.path) == workflow.text(pipeline)
    assert "Protect the branch syncer/state/nv3_Sandbox like trunk" in made.err
    assert syncer("plan", cwd=root / "deals" / "east").code == 0

    sandboxed = syncer("init", "toy", "--sandbox", "--no-input", cwd=root)
    assert sandboxed.code == 0, sandboxed.err
    assert yaml.safe_load(read(root, "toy/syncer.yaml"))["state"] == "local"


@pytest.mark.usefixtures("sandbox")
def test_a_pipeline_of_gitlab_that_is_there_is_kept_and_told_what_to_include(
    syncer: Run, tmp_path: Path
) -> None:
    remote_of(tmp_path, tmp_path / "there.git")
    (tmp_path / ".gitlab-ci.yml").write_text("job: {script: [true]}\n", encoding="utf-8")
    made = syncer("init", "--no-input")

    assert made.code == 0, made.err
    assert read(tmp_path, ".gitlab-ci.yml") == "job: {script: [true]}\n"
    pipeline = workflow.Pipeline("gitlab", "git", branch="trunk", included=True)
    assert read(tmp_path, ".gitlab/syncer.yml") == workflow.text(pipeline)
    assert "include: [{local: .gitlab/syncer.yml}]" in made.err


@pytest.mark.usefixtures("sandbox")
@pytest.mark.parametrize(
    ("options", "hint"),
    [(("--state", "git"), "git remote -v"), (("--state", "postgresql"), "postgresql://user:password@host")],
)
def test_a_state_that_cannot_be_kept_is_told_before_anything_is_written(
    syncer: Run, tmp_path: Path, options: tuple[str, ...], hint: str
) -> None:
    remote_of(tmp_path, tmp_path / "gone.git")
    subprocess.run(
        ["git", "remote", "set-url", "origin", str(tmp_path / "gone.git")], cwd=tmp_path, check=True
    )
    ran = syncer("init", "--no-input", *options)

    assert (ran.code, hint in ran.err, (tmp_path / "syncer.yaml").exists()) == (1, True, False)


def test_a_state_that_cannot_be_kept_is_asked_again(typed: Typed, sandbox: Sandbox, tmp_path: Path) -> None:
    remote_of(tmp_path, tmp_path / "gone.git")
    subprocess.run(
        ["git", "remote", "set-url", "origin", str(tmp_path / "gone.git")], cwd=tmp_path, check=True
    )
    ran, asked = typed("", sandbox.url, sandbox.space_id, "", "nothing", "Local", "gitlab")

    assert ran.code == 0, ran.err
    assert [question[:11] for question in asked[3:]] == [*["Where to ke"] * 3, "Whose CI pl", "Shall edito"]
    assert yaml.safe_load(read(tmp_path, "syncer.yaml"))["state"] == "local"
    assert (tmp_path / ".gitlab-ci.yml").is_file()


@pytest.mark.usefixtures("sandbox")
def test_a_project_may_have_no_ci_and_a_schema_with_the_names_of_the_space(
    syncer: Run, tmp_path: Path
) -> None:
    made = syncer("init", "--sandbox", "--no-input", "--ci", "none", "--live")

    assert (made.code, files(tmp_path)) == (0, FILES[1:])
    assert "secrets of the repository" not in made.err
    known = json.loads(read(tmp_path, "schemas/manifest.schema.json"))["$defs"]["pipeline"]["anyOf"][0][
        "enum"
    ]
    assert "Renewals" in known
    assert syncer("schema", "--check", "schemas/manifest.schema.json").code == 0


def test_a_remote_of_another_name_is_written_down() -> None:
    state = Choice("git", remote="up stream")
    text = files_of(Answers("production", "https://x.pipelinersales.com", "us_A"), Choices(state), ("a", {}))

    assert yaml.safe_load(text["syncer.yaml"])["state"] == {"backend": "git", "remote": "up stream"}


@pytest.mark.usefixtures("sandbox")
def test_a_project_in_a_folder_is_included_by_the_pipeline_at_the_root(syncer: Run, tmp_path: Path) -> None:
    """GitLab reads no other file by itself."""
    remote_of(tmp_path, tmp_path / "there.git")
    made = syncer("init", "deals", "--no-input", "--ci", "gitlab")

    assert (made.code, "include:" in made.err) == (0, False), made.err
    assert yaml.safe_load(read(tmp_path, ".gitlab-ci.yml")) == {
        "include": [{"local": ".gitlab/syncer-deals.yml"}]
    }
    assert (tmp_path / ".gitlab" / "syncer-deals.yml").is_file()
