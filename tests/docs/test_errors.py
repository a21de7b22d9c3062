"""docs/errors.md explains every code, in the words of the code, and its examples are true."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import pytest

from syncer.model.codes import CODES
from syncer.sandbox.server import Sandbox
from tests.support import GOOD, MANIFEST, Ran, write_files, writes

PAGE: Final = (Path(__file__).parents[2] / "docs" / "errors.md").read_text("utf-8")
SECTIONS: Final = dict(re.findall(r"^### (\S+)\n(.*?)(?=^##|\Z)", PAGE, re.DOTALL | re.MULTILINE))
# code, wrong, right
EXAMPLES: Final = [
    (code, *parts)
    for code, body in SECTIONS.items()
    for parts in re.findall(r"^```yaml\n# wrong\n(.*?)^# right\n(.*?)^```$", body, re.DOTALL | re.MULTILINE)
]


def test_every_code_has_its_section_and_every_section_its_code() -> None:
    assert sorted(re.findall(r"^### (.*)$", PAGE, re.MULTILINE)) == sorted(CODES)


def test_every_section_begins_with_the_summary_of_its_code() -> None:
    said = {code: body.strip().partition("**")[2].partition(".**")[0] for code, body in SECTIONS.items()}

    assert said == dict(CODES)


@pytest.mark.parametrize("code", SECTIONS)
def test_every_section_says_more_than_the_summary(code: str) -> None:
    text = SECTIONS[code].strip().partition(".**")[2]

    assert len(text.split()) >= 8


def test_every_example_of_a_mistake_comes_with_its_remedy() -> None:
    blocks = re.findall(r"^```yaml\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE)

    assert sum(block.startswith("# wrong") for block in blocks) == len(EXAMPLES) > 25


@pytest.mark.parametrize(("code", "wrong", "right"), EXAMPLES, ids=[code for code, *_ in EXAMPLES])
def test_what_is_shown_as_wrong_gives_this_code_and_what_is_shown_as_right_none(
    code: str,
    wrong: str,
    right: str,
    sandbox: Sandbox,
    syncer: Callable[..., Ran],
    tmp_path: Path,
) -> None:
    bad, good = (
        write_files(tmp_path / name, {"syncer.yaml": "version: 1\n", MANIFEST: _whole(text)})
        for name, text in (("wrong", wrong), ("right", right))
    )

    assert code in _codes(syncer, bad)
    assert _codes(syncer, good) == set()
    assert writes(sandbox) == []


def _whole(fragment: str) -> str:
    """Return a manifest: *fragment* when it is one, else an opportunity that fits the sandbox with it."""
    if fragment.startswith("opportunities:"):
        return fragment
    written = set(re.findall(r"^(\w+):", fragment, re.MULTILINE))
    left_out = {"account": "accounts", "accounts": "account"}
    rest = {
        name: value
        for name, value in GOOD.items()
        if name not in written and left_out.get(name) not in written
    }
    if {"account", "accounts"} & written:
        rest.pop("contacts", None)
    if "pipeline" in written and "step" not in written:
        rest.pop("step", None)
    lines = [f"{name}: {value}" for name, value in rest.items()] + fragment.strip().splitlines()
    return "\n".join(["version: 1", "opportunities:", "  acme:", *(f"    {line}" for line in lines), ""])


def _codes(syncer: Callable[..., Ran], project: Path) -> set[str]:
    """Return the codes of all that is said about *project*, offline and, when that is clean, of its plan."""
    checked = json.loads(syncer("validate", "--format", "json", cwd=project).out)
    if found := {problem["code"] for problem in checked["problems"]}:
        return found
    planned: dict[str, Any] = json.loads(syncer("plan", "--format", "json", cwd=project).out)
    return {problem["code"] for problem in planned["problems"]}


def test_the_settings_shown_load(tmp_path: Path) -> None:
    from syncer.project.load import load_project

    blocks = re.findall(r"^```yaml\n(# syncer\.yaml\n.*?)^```$", PAGE, re.DOTALL | re.MULTILINE)
    for block in blocks:
        (tmp_path / "syncer.yaml").write_text(block)
        assert load_project(tmp_path / "syncer.yaml").spaces
    assert blocks
