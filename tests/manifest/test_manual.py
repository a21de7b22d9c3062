"""docs/manifest.md shows manifests that load."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Final

import pytest

from syncer import manifest, resources
from syncer.model.codes import CODES
from syncer.project.load import Project, load_project

PAGE: Final = (Path(__file__).parents[2] / "docs" / "manifest.md").read_text("utf-8")
BLOCKS: Final = re.findall(r"^```yaml\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE)


@pytest.mark.parametrize("block", [block for block in BLOCKS if not block.startswith("# syncer.yaml")])
def test_every_manifest_of_the_manual_loads(make_project: Callable[..., Project], block: str) -> None:
    assert manifest.read(make_project({"a.yaml": block})).declared


@pytest.mark.parametrize("block", [block for block in BLOCKS if block.startswith("# syncer.yaml")])
def test_every_project_of_the_manual_loads(tmp_path: Path, block: str) -> None:
    (tmp_path / "syncer.yaml").write_text(block)

    project = load_project(tmp_path / "syncer.yaml")
    assert project.spaces or project.tables.rules


def test_the_manual_names_every_field() -> None:
    fields = resources.schema("manifest")["$defs"]["opportunity"]["properties"]

    assert [name for name in fields if f"`{name}`" not in PAGE] == []


def test_the_manual_names_only_codes_that_exist() -> None:
    table = PAGE[PAGE.index("| code | when |") :]

    assert [code for code in re.findall(r"`([a-z0-9-]+)`", table) if code not in CODES] == []
