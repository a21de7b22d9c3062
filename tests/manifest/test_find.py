"""Which files are manifests."""

import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from syncer.manifest.find import by_path, by_pattern
from tests.depth import examples


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    root = tmp_path / "project"
    for name in (
        "opportunities/b.yaml",
        "opportunities/a.yaml",
        "opportunities/c.yml",
        "opportunities/notes.txt",
        "opportunities/sub/deep/d.yaml",
        "opportunities/.hidden/e.yaml",
        "opportunities/.f.yaml",
        "other/a.yaml",
        ".git/g.yaml",
    ):
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside" / "secret.yaml").touch()
    return root


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("opportunities/*.yaml", ["opportunities/a.yaml", "opportunities/b.yaml"]),
        ("./opportunities//?.yaml", ["opportunities/a.yaml", "opportunities/b.yaml"]),
        ("opportunities/[ab].y*ml", ["opportunities/a.yaml", "opportunities/b.yaml"]),
        (
            "opportunities/**/*.yaml",
            ["opportunities/a.yaml", "opportunities/b.yaml", "opportunities/sub/deep/d.yaml"],
        ),
        ("**/d.yaml", ["opportunities/sub/deep/d.yaml"]),
        ("*/a.yaml", ["opportunities/a.yaml", "other/a.yaml"]),
        ("opportunities/.*/*.yaml", ["opportunities/.hidden/e.yaml"]),
        ("opportunities/.f.yaml", []),
        ("opportunities/.*", ["opportunities/.hidden/e.yaml"]),
        (
            "opportunities/*",
            [
                "opportunities/a.yaml",
                "opportunities/b.yaml",
                "opportunities/c.yml",
                "opportunities/sub/deep/d.yaml",
            ],
        ),
        ("opportunities/*.txt", ["opportunities/notes.txt"]),
        ("opportunities/notes.txt", ["opportunities/notes.txt"]),
        ("opp*/**/deep", ["opportunities/sub/deep/d.yaml"]),
        (
            "opportunities",
            [
                "opportunities/a.yaml",
                "opportunities/b.yaml",
                "opportunities/c.yml",
                "opportunities/sub/deep/d.yaml",
            ],
        ),
        ("opportunities/**", ["opportunities/a.yaml", "opportunities/b.yaml", "opportunities/c.yml"]),
        ("missing/*.yaml", []),
        ("opportunities/a.yaml/*", []),
        ("opportunities/a.yaml/b", []),
    ],
)
def test_a_pattern_matches_files_in_order(tree: Path, pattern: str, expected: list[str]) -> None:
    found = by_pattern(tree, pattern)

    assert found.problems == ()
    names = [name for name, _ in found.files]
    assert names[: len(expected)] == expected
    assert "**" in pattern or names == expected


@pytest.mark.parametrize(
    "pattern", ["../outside/*.yaml", "/etc/*.yaml", "~/x.yaml", "a/../../outside/secret.yaml"]
)
def test_a_pattern_cannot_lead_out_of_the_project(tree: Path, pattern: str) -> None:
    (problem,) = by_pattern(tree, pattern).problems

    assert str(problem) == (
        f'Path leads out of the project: The pattern "{pattern}" leads out of the project; '
        "patterns are relative to syncer.yaml."
    )


@pytest.mark.parametrize(
    "pattern", ["opportunities/*.yaml", "opportunities/**/*.yaml", "opportunities/out.yaml"]
)
def test_a_link_to_a_file_cannot_lead_out_of_the_project(tree: Path, pattern: str) -> None:
    (tree / "opportunities" / "out.yaml").symlink_to(tree.parent / "outside" / "secret.yaml")
    (problem,) = by_pattern(tree, pattern).problems

    assert problem.code == "file-outside"
    assert problem.detail == (
        '"opportunities/out.yaml" is a link that leads out of the project, '
        f'to "{tree.parent.resolve() / "outside" / "secret.yaml"}".'
    )


@pytest.mark.parametrize(
    "pattern", ["opportunities/**/*.yaml", "opportunities/*/*.yaml", "opportunities/out", "**"]
)
def test_a_link_to_a_folder_cannot_lead_out_of_the_project(tree: Path, pattern: str) -> None:
    (tree / "opportunities" / "out").symlink_to(tree.parent / "outside")
    found = by_pattern(tree, pattern)

    assert {problem.code for problem in found.problems} == {"file-outside"}
    assert not any("secret" in name or "out/" in name for name, _ in found.files)


def test_links_within_the_project_are_followed_but_not_in_circles(tree: Path) -> None:
    (tree / "opportunities" / "sub" / "loop").symlink_to(tree / "opportunities")
    (tree / "opportunities" / "other").symlink_to(tree / "other")
    found = by_pattern(tree, "opportunities/**/*.yaml")

    assert found.problems == ()
    assert "opportunities/other/a.yaml" in [name for name, _ in found.files]


def test_a_broken_link_is_found_so_that_reading_it_can_say_so(tree: Path) -> None:
    (tree / "opportunities" / "z.yaml").symlink_to("nowhere")

    assert "opportunities/z.yaml" in [name for name, _ in by_pattern(tree, "opportunities/*.yaml").files]


def test_a_pattern_with_a_nul_is_refused(tree: Path) -> None:
    assert [problem.code for problem in by_pattern(tree, "a\0b").problems] == ["bad-value"]


def test_a_folder_that_cannot_be_read_is_said_once(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_folder: Path) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("os.scandir", refuse)
    found = by_pattern(tree, "opportunities/**/**/*.yaml")

    assert [problem.detail for problem in found.problems] == [
        f'The folder "{tree / "opportunities"}" cannot be read: Permission denied.'
    ]


def test_a_path_of_the_command_line_may_be_anywhere(tree: Path) -> None:
    outside = tree.parent / "outside"

    assert by_path(tree, outside).files == ((f"{outside.as_posix()}/secret.yaml", outside / "secret.yaml"),)
    assert by_path(tree, tree / "opportunities" / "a.yaml").files == (
        ("opportunities/a.yaml", tree / "opportunities" / "a.yaml"),
    )
    assert [name for name, _ in by_path(tree, tree / "opportunities" / "sub").files] == [
        "opportunities/sub/deep/d.yaml"
    ]


def test_a_path_that_does_not_exist_is_refused(tree: Path) -> None:
    (problem,) = by_path(tree, Path("nowhere/a.yaml")).problems

    assert str(problem) == 'File not found: There is no file or folder "nowhere/a.yaml".'


@settings(max_examples=examples(), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text(alphabet="ab/.*?[]!~\\\0", max_size=15))
def test_no_pattern_finds_anything_outside(tree: Path, pattern: str) -> None:
    root = tree.resolve()

    assert all(path.resolve().is_relative_to(root) for _, path in by_pattern(tree, pattern).files)


def test_every_way_to_name_the_folder_finds_the_same_files(tree: Path) -> None:
    """The default, a pattern, the folder on the command line: hidden files never, .yaml and .yml always."""
    ways = [
        by_pattern(tree, "opportunities/"),
        by_pattern(tree, "opportunities/**"),
        by_pattern(tree, "opportunities/**/*"),
        by_pattern(tree, "./opportunities/**/*.y*ml"),
        by_path(tree, tree / "opportunities"),
    ]

    assert [[name for name, _ in found.files] for found in ways] == [
        [
            "opportunities/a.yaml",
            "opportunities/b.yaml",
            "opportunities/c.yml",
            "opportunities/sub/deep/d.yaml",
        ]
    ] * 5


def test_a_pattern_with_many_stars_reads_each_folder_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path.joinpath(*["deeper"] * 20)
    folder.mkdir(parents=True)
    (folder / "a.yaml").touch()
    read: list[str] = []
    scandir = os.scandir

    def noted(path: Path) -> object:
        read.append(str(path))
        return scandir(path)

    monkeypatch.setattr("os.scandir", noted)
    found = by_pattern(tmp_path, "**/" * 6 + "*/**/" * 6 + "*.yaml")

    assert len(found.files) == 1
    assert len(read) == len(set(read)) == 21
