"""What the README and the manual show is true: every block of code is run, or checked against its schema."""

import json
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from fnmatch import fnmatchcase
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final, NamedTuple

import jsonschema_rs
import pytest
import yaml

from syncer import manifest, resources
from syncer.project.load import Project, load_project
from syncer.sandbox.server import Sandbox
from tests.ci.runner import ROOT
from tests.support import Ran, environment, one, write_files

# Others look at these: test_manual.py, test_first_hour.py, test_errors.py, test_a_week.py,
# test_from_a_spreadsheet.py.
PAGES: Final = ("README.md", *sorted(str(p.relative_to(ROOT)) for p in (ROOT / "docs").glob("*.md")))
ELSEWHERE: Final = {
    ("docs/manifest.md", "yaml"),
    ("docs/errors.md", "yaml"),
    ("docs/first-hour.md", "console"),
    ("docs/from-a-spreadsheet.md", "console"),
    ("docs/from-a-spreadsheet.md", "yaml"),
    ("docs/a-week.md", "console"),
}
# Commands of other programs, and those of ours that serve for ever, ask, or need a space of one's own.
LEFT_OUT: Final = re.compile(
    r"make|mkdir|cd|export|pip|pipx|uv|gh|docker|curl|git|syncer (sandbox serve|demo|init|doctor|import)\b"
)
KNOWN: Final = {"bash", "console", "fish", "json", "powershell", "python", "text", "yaml"}


class Block(NamedTuple):
    page: str
    line: int
    language: str
    text: str


def _blocks() -> Iterator[Block]:
    for page in PAGES:
        text = (ROOT / page).read_text("utf-8")
        for found in re.finditer(r"^```(.*)\n((?:.*\n)*?)```$", text, re.MULTILINE):
            yield Block(page, text.count("\n", 0, found.start()) + 1, found[1], found[2])


BLOCKS: Final = tuple(_blocks())


def _of(language: str) -> list[Any]:
    return [
        pytest.param(block, id=f"{block.page}:{block.line}")
        for block in BLOCKS
        if block.language == language and (block.page, language) not in ELSEWHERE
    ]


def test_every_block_says_what_it_is() -> None:
    assert {f"{block.page}:{block.line}" for block in BLOCKS if block.language not in KNOWN} == set()


@pytest.mark.parametrize("block", _of("yaml"))
def test_yaml_is_what_it_looks_like(block: Block, tmp_path: Path) -> None:
    value = yaml.safe_load(block.text)
    if "opportunities" in value:
        project = Project(root=tmp_path)
        (tmp_path / "opportunities").mkdir()
        (tmp_path / "opportunities" / "a.yaml").write_text(block.text)
        assert manifest.read(project, ()).declared
    elif value.get("version") == 1:
        (tmp_path / "syncer.yaml").write_text(block.text)
        assert load_project(tmp_path / "syncer.yaml").spaces
    elif "jobs" in value:
        _fits("vendor.github-workflows", block.text, tmp_path)
    elif "repos" in value:
        hooks = {hook["id"] for hook in yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text())}
        assert {hook["id"] for repo in value["repos"] for hook in repo["hooks"]} <= hooks
    elif "include" in value:
        (spec, _) = yaml.safe_load_all((ROOT / "templates" / "syncer-crm.yml").read_text("utf-8"))
        assert all(item["inputs"].keys() <= spec["spec"]["inputs"].keys() for item in value["include"])
    else:
        assert any("script" in job for job in value.values()), "neither of ours nor of a CI service"
        _fits("vendor.gitlab-ci", block.text, tmp_path)


def _fits(schema: str, text: str, folder: Path) -> None:
    if find_spec("check_jsonschema") is None:
        pytest.skip("check-jsonschema is not installed")
    file = folder / "ci.yml"
    file.write_text(text)
    done = subprocess.run(
        [sys.executable, "-m", "check_jsonschema", "--builtin-schema", schema, file],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout


@cache
def _schema(name: str) -> Any:
    return jsonschema_rs.validator_for(resources.schema(name))


@pytest.mark.parametrize("block", _of("json"))
def test_json_parses_and_plans_and_events_fit_their_schemas(block: Block) -> None:
    try:
        values = [json.loads(block.text)]
    except ValueError:
        values = [json.loads(line) for line in block.text.splitlines()]
    for value in values:
        if "changes" in value and not {"event", "run"} & value.keys():
            _schema("plan").validate(value)
        elif "event" in value:
            _schema("events").validate(value)
        elif "problems" in value:
            resources_of_plan = resources.schema("plan")
            problem = {"$ref": "#/$defs/problem", "$defs": resources_of_plan["$defs"]}
            for item in value["problems"]:
                jsonschema_rs.validate(problem, item)


class Step(NamedTuple):
    command: str
    said: list[str]


def steps(text: str) -> Iterator[Step]:
    """Yield commands with what is shown behind them; a block without prompts holds commands only."""
    prompted = text.startswith("$ ")
    step: Step | None = None
    for line in text.splitlines():
        if prompted and not line.startswith("$ "):
            assert step is not None
            step.said.append(line)
            continue
        if step is not None:
            yield step
        step = Step(line.removeprefix("$ ").removeprefix(".venv/bin/"), [])
    if step is not None:
        yield step


CONSOLE: Final = {
    page: [b for b in BLOCKS if (b.page, b.language) == (page, "console")]
    for page in PAGES
    if (page, "console") not in ELSEWHERE
}


@pytest.mark.parametrize("page", [page for page, blocks in CONSOLE.items() if blocks])
def test_commands_do_what_the_page_says(page: str, sandbox: Sandbox, tmp_path: Path) -> None:
    """In a project made of the page's own YAML, or of a good opportunity, from top to bottom."""
    folder = write_files(tmp_path, _project(page))
    for step in (step for block in CONSOLE[page] for step in steps(block.text)):
        if LEFT_OUT.match(step.command):
            continue
        ran = _run(step.command, folder, sandbox)
        assert ran.code == 0, (step.command, ran)
        shown = [line for line in ran.out.splitlines() if line.strip()]
        for expected in (line for line in step.said if line.strip() and line.strip() != "…"):
            pattern = expected.replace("[", "[[]").replace("…", "*")
            assert any(fnmatchcase(line, pattern) for line in shown), (expected, ran.out)


def _project(page: str) -> Mapping[str, str]:
    files: dict[str, str] = {}
    for block in BLOCKS:
        if block.page == page and block.language == "yaml" and (page, "yaml") not in ELSEWHERE:
            value = yaml.safe_load(block.text)
            if "opportunities" in value:
                files[f"opportunities/{len(files) + 1}.yaml"] = block.text
    if len(files) > 1:
        # several manifests of one page may declare the same deal, for comparison
        files = dict([next(iter(files.items()))])
    return {"syncer.yaml": "version: 1\n", **(files or {"opportunities/1.yaml": one()})}


def _run(command: str, folder: Path, sandbox: Sandbox) -> Ran:
    words = shlex.split(command)
    assert words[0] in {"syncer", "jq"}, f"neither run nor left out on purpose: {command}"
    if words[0] == "jq" and shutil.which("jq") is None:
        return Ran(0, "", "")
    if words[:2] == ["syncer", "apply"] and len(words) == 2:
        command += " --auto-approve"
    if words[:2] == ["syncer", "apply"] and not {"|", "--no-quiet-wait"} & set(words):
        command += " --no-quiet-wait"
    done = subprocess.run(
        ["bash", "-c", command],
        cwd=folder,
        env=environment({**sandbox.env(), "PATH": f"{Path(sys.executable).parent}:/usr/bin:/bin"}),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    return Ran(done.returncode, done.stdout, done.stderr)


@pytest.mark.parametrize(("name", "file"), [("deals", "github.yml"), ("pull", "pull.yml")])
def test_the_workflow_of_the_manual_is_the_one_to_copy(name: str, file: str) -> None:
    workflow = (ROOT / "examples" / "ci" / file).read_text("utf-8")
    (shown,) = [b.text for b in BLOCKS if b.page == "docs/ci.md" and b.text.startswith(f"name: {name}\n")]

    assert workflow.endswith(shown)


def test_the_inputs_of_the_action_are_told() -> None:
    action = yaml.safe_load((ROOT / "action.yml").read_text("utf-8"))
    page = (ROOT / "docs" / "ci.md").read_text("utf-8")

    assert [name for name in action["inputs"] if f"\n| `{name}` | " not in page] == []


def test_the_manual_builds_no_link_leads_nowhere_and_no_page_fetches_anything(tmp_path: Path) -> None:
    if find_spec("mkdocs") is None:
        pytest.skip("mkdocs is not installed")
    site = tmp_path / "site"
    done = subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet", "--site-dir", site],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    pages = {path.name: path.read_text("utf-8") for path in site.rglob("*.html")}
    fetched = [
        *re.findall(r'<(?:script|img|iframe)[^>]* src="(https?:[^"]*)"', "".join(pages.values())),
        *re.findall(r'<link[^>]* rel="stylesheet"[^>]* href="(https?:[^"]*)"', "".join(pages.values())),
    ]

    assert done.returncode == 0, done.stderr
    assert {"index.html", "errors.html", "cli.html", "formats.html"} <= set(pages)
    assert 'id="reference-unknown"' in pages["errors.html"]
    assert fetched == []


def test_links_of_the_readme_lead_somewhere() -> None:
    links = re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", (ROOT / "README.md").read_text("utf-8"))

    assert [link for link in links if not (ROOT / link).exists()] == []
