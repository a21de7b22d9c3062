from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from syncer.project import load as projects
from syncer.project.load import Project


@pytest.fixture
def make_project(tmp_path: Path) -> Callable[..., Project]:
    """A project with manifests by name below `opportunities`, and the text of its syncer.yaml."""

    def make(files: Mapping[str, str | bytes], settings: str = "version: 1\n") -> Project:
        (tmp_path / "syncer.yaml").write_text(settings, encoding="utf-8")
        for name, content in files.items():
            path = tmp_path / "opportunities" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return projects.load(tmp_path, {})

    return make
