"""docs/project.md shows every key of syncer.yaml with its default, and the defaults are those that hold."""

from pathlib import Path
from typing import Any

import yaml

from syncer.project.load import load_project
from tests.docs.project_page import PAGE, keys, page


def test_the_page_is_what_the_schema_says() -> None:
    """When this fails: python -m tests.docs.project_page --write."""
    assert PAGE.read_text("utf-8") == page()


def test_every_key_says_what_it_means_and_what_to_write() -> None:
    told = {path: bool(key.get("description") and key.keys() & {"x-expects", "enum"}) for path, key in keys()}
    silent = [path for path, is_told in told.items() if not is_told]

    assert silent == []


def test_a_file_that_writes_every_default_means_the_same_as_one_that_writes_none(tmp_path: Path) -> None:
    """So what the page, and an editor, call the default is what happens."""
    written: dict[str, Any] = {}
    for path, key in keys():
        *outer, name = path.split(".")
        if "default" in key and "<" not in path and "[]" not in path and outer != ["state"]:
            inner = written
            for each in outer:
                inner = inner.setdefault(each, {})
            inner[name] = key["default"]
    plain, full = tmp_path / "plain", tmp_path / "full"
    for folder, text in ((plain, "version: 1\n"), (full, yaml.safe_dump({"version": 1, **written}))):
        folder.mkdir()
        (folder / "syncer.yaml").write_text(text, encoding="utf-8")
    one, other = (load_project(folder / "syncer.yaml") for folder in (plain, full))

    assert {"manifests", "state", "identity", "policy"} <= written.keys()
    for name in ("manifests", "defaults", "identity", "policy", "timezone", "state"):
        assert getattr(one, name) == getattr(other, name), name


def test_the_defaults_that_are_told_in_words_are_those_of_the_schema() -> None:
    guards = {path.removeprefix("policy.guards."): key.get("default") for path, key in keys()}
    text = " ".join(PAGE.read_text("utf-8").split())

    limits = [guards[f"max_{each}"] for each in ("creates", "updates", "deletes", "value")]

    assert limits == [500, 100, 0, "1000000 USD"]
    assert (
        "more than 500 deals, update more than 100, delete any, or add more than 1,000,000 USD of value"
        in text
    )
