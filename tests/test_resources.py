"""Files that ship with syncer."""

from pathlib import Path

import pytest

from syncer import resources


def test_schemas_and_examples_are_found_in_a_checkout() -> None:
    assert resources.schema("manifest")["title"] == "syncer manifest"
    assert resources.schema_text("project").startswith("{")
    assert resources.examples().is_dir()


def test_schemas_and_examples_are_found_in_an_installed_package(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "syncer" / "examples").mkdir(parents=True)
    monkeypatch.setattr(resources, "_PACKAGE", tmp_path / "syncer")

    assert resources.examples() == tmp_path / "syncer" / "examples"


def test_what_is_not_shipped_is_not_found() -> None:
    with pytest.raises(FileNotFoundError, match=r"schemas/nothing\.schema\.json"):
        resources.schema("nothing")
