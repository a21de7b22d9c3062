"""The repository that a folder lies in."""

import subprocess
from pathlib import Path

import pytest

from syncer.verbs.repository import Repository, repository
from tests.support import environment


def git(folder: Path, *arguments: str) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    subprocess.run(["git", *arguments], cwd=folder, check=True, capture_output=True)


def test_a_folder_without_a_repository_has_none(tmp_path: Path) -> None:
    assert repository(tmp_path / "not" / "there") is None


def test_without_git_there_is_no_repository(tmp_path: Path) -> None:
    git(tmp_path, "init", "-q")
    assert repository(tmp_path, environment({"PATH": str(tmp_path)})) is None


def test_root_folder_remote_and_branch_are_found_from_a_folder_that_is_not_there_yet(tmp_path: Path) -> None:
    git(tmp_path, "init", "-q", "-b", "trunk")
    git(tmp_path, "remote", "add", "origin", "git@github.com:acme/deals.git")

    assert repository(tmp_path / "deals" / "east") == Repository(
        tmp_path, "deals/east", "origin", "github", "trunk"
    )
    assert repository(tmp_path) == Repository(tmp_path, "", "origin", "github", "trunk")


@pytest.mark.parametrize(
    ("url", "signs", "service"),
    [
        ("https://user@gitlab.acme.example:8443/a/b.git", (), "gitlab"),
        ("ssh://git@gitlab.com/a/b.git", (".github",), "gitlab"),
        ("git@code.acme.example:gitlab/b.git", (), None),
        ("git@code.acme.example:a/b.git", (".gitlab-ci.yml",), "gitlab"),
        ("/srv/git/deals.git", (".github",), "github"),
        ("", (), None),
    ],
)
def test_the_service_is_told_by_the_host_else_by_what_lies_at_the_root(
    tmp_path: Path, url: str, signs: tuple[str, ...], service: str | None
) -> None:
    git(tmp_path, "init", "-q", "-b", "main")
    if url:
        git(tmp_path, "remote", "add", "upstream", url)
    for sign in signs:
        (tmp_path / sign).mkdir()

    found = repository(tmp_path)
    assert found == Repository(tmp_path, "", "upstream" if url else None, service, "main")


def test_the_main_branch_is_the_one_the_remote_names_else_one_of_a_usual_name(tmp_path: Path) -> None:
    there, here = tmp_path / "there", tmp_path / "here"
    git(there, "init", "-q", "-b", "production")
    git(there, "-c", "user.name=a", "-c", "user.email=a@b", "commit", "-q", "--allow-empty", "-m", "first")
    git(tmp_path, "clone", "-q", str(there), str(here))
    git(here, "checkout", "-q", "-b", "feature")
    cloned = repository(here)
    git(here, "branch", "master")
    git(here, "remote", "set-head", "origin", "--delete")
    usual = repository(here)

    assert (cloned and cloned.branch, usual and usual.branch) == ("production", "master")
