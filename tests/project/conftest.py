"""A project from the text of its syncer.yaml."""

from pathlib import Path

import pytest

from syncer.project import load as projects
from syncer.project.load import Project
from tests.project.spaces import Load


@pytest.fixture
def load(tmp_path: Path) -> Load:
    """Write syncer.yaml and read it."""

    def read(text: str) -> Project:
        (tmp_path / "syncer.yaml").write_text(text)
        return projects.load(tmp_path, {})

    return read
