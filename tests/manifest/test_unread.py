"""Files that look like manifests, and that nothing reads."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

import pytest

from syncer import manifest
from syncer.model.problem import ManifestError
from syncer.project.load import Project
from syncer.tables.load import Tables
from syncer.tables.rules import Rules
from tests.support import Ran, one

Make = Callable[..., Project]

OTHER: Final = one("other", name="Other")


def warned(project: Project, *paths: Path) -> list[str]:
    found = manifest.read(project, paths).warnings
    assert {problem.code for problem in found} <= {"manifest-unread"}
    return [problem.detail for problem in found]


@pytest.mark.parametrize(
    ("name", "text", "told"),
    [
        ("deals.yaml", OTHER, True),
        ("archive/2026/deals.yml", OTHER, True),
        ("opportunities/more.YAML", OTHER, True),
        ("deals.yaml", '{"version": 1, "opportunities": {}}', True),
        ("opportunities/more.yml", OTHER, False),
        ("opportunities/.draft.yaml", OTHER, False),
        (".github/deals.yaml", OTHER, False),
        ("node_modules/x/deals.yaml", OTHER, False),
        ("settings.yaml", "opportunity: 1\n# opportunities\n", False),
        ("notes.txt", OTHER, False),
        ("deals.csv", "key,name\nother,Other\n", True),
        ("exports/deals.CSV", 'sep=;\n"Key";"Name"\nother;Other\n', True),
        ("notes.csv", 'key,name,description\nother,Other,"two\nlines"\n', True),
        ("targets.csv", "region,name\nnorth,Other\n", False),
        ("codes.csv", "key,colour\nother,red\n", False),
        ("broken.csv", 'key,"name\n', False),
        ("empty.csv", "", False),
    ],
)
def test_a_manifest_that_no_pattern_matches_is_named(
    make_project: Make, tmp_path: Path, name: str, text: str, told: bool
) -> None:
    project = make_project({"a.yaml": one()})
    path = tmp_path / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")

    detail = f'"{name}" declares opportunities, but no pattern under manifests matches it.'
    assert warned(project) == ([detail] if told else [])


def test_a_table_is_told_by_the_headers_that_the_rules_of_its_project_name() -> None:
    """Headers of another program name a key and a field when the rules of tables say what they mean."""
    rules = Rules(columns={"betreff": "name", "nummer": None}, key="{Nummer}")

    told = [Tables(found).declares(b"Nummer;Betreff\n1;Other\n", "a.csv") for found in ((rules,), ())]

    assert told == [True, False]


def test_files_of_another_project_below_are_its_own(make_project: Make, tmp_path: Path) -> None:
    project = make_project({"a.yaml": one()})
    (tmp_path / "other").mkdir()
    (tmp_path / "other/syncer.yaml").write_text("version: 1\n")
    (tmp_path / "other/deals.yaml").write_text(OTHER)

    assert warned(project) == []


def test_a_file_that_was_named_is_read_with_a_word(make_project: Make, tmp_path: Path) -> None:
    """So that nobody wonders why the next command, without the name, does not know it."""
    project = make_project({"a.yaml": one(), ".draft.yaml": OTHER})
    beside = tmp_path / "deals.yaml"
    beside.write_text(OTHER)

    def detail(name: str) -> str:
        return (
            f'"{name}" is read because it, or its folder, was named; no pattern under manifests matches it.'
        )

    assert warned(project, beside) == [detail("deals.yaml")]
    assert warned(project, tmp_path / "opportunities/.draft.yaml") == [detail("opportunities/.draft.yaml")]
    assert warned(project, tmp_path / "opportunities/a.yaml") == []
    assert warned(project, tmp_path / "opportunities") == []


def test_where_nothing_is_matched_the_file_that_looks_right_is_named(
    make_project: Make, tmp_path: Path
) -> None:
    project = make_project({})
    (tmp_path / "deals.yaml").write_text(OTHER)

    with pytest.raises(ManifestError) as caught:
        manifest.read(project)
    (problem,) = caught.value.problems
    assert problem.code == "no-manifests"
    assert problem.hint.startswith('"deals.yaml" declares opportunities, but no pattern under manifests')


def test_a_search_ends_in_a_large_folder(
    make_project: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    project = make_project({"a.yaml": one()})
    (tmp_path / "z").mkdir()
    (tmp_path / "z/deals.yaml").write_text(OTHER)
    monkeypatch.setattr("syncer.manifest.unread._MOST_ENTRIES", 3)

    assert warned(project) == []


def test_a_folder_that_cannot_be_read_is_no_reason_to_stop(
    make_project: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from syncer.manifest import unread

    make_project({"a.yaml": one()})
    (tmp_path / "gone.yaml").write_text(OTHER)

    def refuse(*_arguments: object, **_options: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "open", refuse)
    assert unread.unread(tmp_path, set(), Tables()) == []
    monkeypatch.setattr("os.scandir", refuse)
    assert unread.unread(tmp_path, set(), Tables()) == []


def test_validate_and_plan_read_the_same_files(
    project: Callable[[Mapping[str, str]], Path], syncer: Callable[..., Ran]
) -> None:
    folder = project(
        {"opportunities/a.yaml": one(), "opportunities/b.yml": OTHER, "opportunities/.c.yaml": "x"}
    )

    for paths in ((), ("opportunities",), ("opportunities/",)):
        assert syncer("validate", *paths, cwd=folder) == Ran(
            0, "2 opportunities in 2 files: no problems.\n", ""
        )


@pytest.mark.parametrize(
    ("text", "section"),
    [
        ("version: 1\naccounts:\n  acme: {name: Acme}\n", "accounts"),
        ("# $schema=schemas/manifest.schema.json\ncontacts:\n  bob: {last_name: B}\n", "contacts"),
        ("version: 1\nusers:\n  accounts: 5\n", None),
        ("accounts:\n  - email\nsmtp: true\n", None),
    ],
)
def test_the_words_of_other_programs_are_no_records_of_ours(
    make_project: Make, tmp_path: Path, text: str, section: str | None
) -> None:
    """`accounts:` stands in many files; it takes the first line of a manifest, too."""
    project = make_project({"a.yaml": one()})
    (tmp_path / "other.yaml").write_text(text, encoding="utf-8")

    said = f'"other.yaml" declares {section}, but no pattern under manifests matches it.'
    assert warned(project) == ([said] if section else [])
