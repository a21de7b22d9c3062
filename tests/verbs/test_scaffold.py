"""`syncer init`: a project that plans at once."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import jsonschema
import pytest
import yaml

from syncer.cli import init as command
from syncer.cli.common import Globals
from syncer.model.problem import UsageError
from syncer.resources import examples, schema
from syncer.sandbox.server import Sandbox
from syncer.verbs import scaffold
from tests.support import Ran, writes

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
        [f"deals/{name}" for name in (FILES[5], FILES[2], FILES[0], FILES[1], FILES[3], FILES[4])],
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
    assert workflow == yaml.safe_load((examples() / "ci" / "github.yml").read_text(encoding="utf-8"))


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


def test_people_are_asked_until_the_answer_can_be_used(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers = iter(["a b", "crm", "x.example", sandbox.url, "not one", sandbox.space_id])
    monkeypatch.setattr("click.prompt", lambda *_arguments, **_options: next(answers))
    for name in ("PIPELINER_URL", "PIPELINER_SPACE_ID"):
        monkeypatch.delenv(name, raising=False)

    found = command._answers(Globals(quiet=True), None, None, sandbox=False, ask=True)
    assert found == scaffold.Answers("crm", sandbox.url, sandbox.space_id)


def test_nobody_is_asked_without_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PIPELINER_URL", raising=False)
    with pytest.raises(UsageError, match="nobody said it"):
        command._answers(Globals(quiet=True), None, None, sandbox=False, ask=False)


def test_replacing_is_asked_for_in_a_terminal(
    sandbox: Sandbox, syncer: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "syncer.yaml").write_text("# mine\n", encoding="utf-8")
    said: list[bool] = [False, True]
    monkeypatch.setattr("click.confirm", lambda *_arguments, **_options: said.pop(0))

    class Terminal:
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
