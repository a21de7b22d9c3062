"""What is missing is added the way syncer was installed."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from syncer import installation

NOWHERE = Path("nowhere")
WHEEL = {"url": "file:///tmp/syncer_crm-1.0-py3-none-any.whl", "archive_info": {}}
GIT = {"url": "https://git.example/syncer.git", "vcs_info": {"vcs": "git", "commit_id": "0a1b2c"}}


def test_a_clone_is_installed_again_as_it_was(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").touch()
    assert installation._get("sandbox", NOWHERE, tmp_path, {}).endswith(
        f' -m pip install -e "{tmp_path}[sandbox]"'
    )


@pytest.mark.parametrize(
    ("file", "command"),
    [
        ("uv-receipt.toml", "uv tool install "),
        ("pipx_metadata.json", "pipx install --force "),
        ("pyvenv.cfg", " -m pip install "),
    ],
)
@pytest.mark.parametrize(
    ("origin", "end"),
    [
        ({}, '"syncer-crm[sandbox]"'),
        (WHEEL, '"syncer-crm[sandbox] @ file:///tmp/syncer_crm-1.0-py3-none-any.whl"'),
        (GIT, '"syncer-crm[sandbox] @ git+https://git.example/syncer.git@0a1b2c"'),
    ],
)
def test_a_tool_of_uv_or_pipx_and_a_plain_environment_each_have_their_command(
    tmp_path: Path, file: str, command: str, origin: Mapping[str, Any], end: str
) -> None:
    (tmp_path / file).touch()
    assert installation._get("sandbox", tmp_path, NOWHERE, origin).endswith(command + end)


def test_a_run_without_an_installation_is_run_again_with_it() -> None:
    prefix = Path("cache", "archive-v0", "x1y2")
    assert installation._get("sandbox", prefix, NOWHERE, {}) == 'uvx --from "syncer-crm[sandbox]" syncer'


def test_an_environment_of_uv_has_no_pip(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(installation, "find_spec", lambda _name: None)
    assert installation._get("socks", NOWHERE, NOWHERE, {}).startswith("uv pip install --python ")


def test_what_was_never_installed_has_no_origin(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(installation, "DISTRIBUTION", "no-such-distribution")
    assert installation._origin() == {}
