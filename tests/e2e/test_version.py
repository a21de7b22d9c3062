"""The version comes from tags, and from what a copy without git has instead of them."""

import shutil
import subprocess
import sys
import tarfile
from importlib.util import find_spec
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FILES = (
    "pyproject.toml",
    ".git_archival.txt",
    ".gitattributes",
    "syncer/__init__.py",
    "README.md",
    "LICENSE",
)

pytestmark = pytest.mark.skipif(
    find_spec("hatch_vcs") is None or shutil.which("git") is None, reason="hatch-vcs or git is not installed"
)


def git(folder: Path, *arguments: str) -> None:
    command = ["git", "-c", "user.name=a", "-c", "user.email=a@b", "-c", "protocol.file.allow=always"]
    subprocess.run([*command, *arguments], cwd=folder, check=True, capture_output=True)


def version(folder: Path) -> str:
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-m", "hatchling", "version"],
        cwd=folder,
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.strip()


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A repository of one commit that is tagged v1.4.0."""
    folder = tmp_path / "repository"
    for name in FILES:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, folder / name)
    git(folder, "init", "-q", "-b", "main")
    git(folder, "add", ".")
    git(folder, "commit", "-q", "-m", "first")
    git(folder, "tag", "v1.4.0")
    return folder


def test_a_tag_is_a_version_and_what_follows_is_on_the_way_to_the_next(repository: Path) -> None:
    tagged = version(repository)
    git(repository, "commit", "-q", "--allow-empty", "-m", "second")

    assert (tagged, version(repository).partition("+")[0]) == ("1.4.0", "1.4.1.dev1")


def test_a_tarball_without_git_says_the_same(repository: Path, tmp_path: Path) -> None:
    """As GitHub hands out, and as its runners fetch an action."""
    git(repository, "archive", "--prefix=copy/", "-o", str(tmp_path / "copy.tar"), "HEAD")
    with tarfile.open(tmp_path / "copy.tar") as archive:
        archive.extractall(tmp_path, filter="data")

    assert version(tmp_path / "copy") == "1.4.0"


def test_a_shallow_clone_without_tags_and_a_bare_copy_have_a_version_too(
    repository: Path, tmp_path: Path
) -> None:
    git(repository, "commit", "-q", "--allow-empty", "-m", "second")
    git(tmp_path, "clone", "-q", "--depth", "1", "--no-tags", f"file://{repository}", "shallow")
    shutil.copytree(ROOT / "syncer", tmp_path / "bare" / "syncer", ignore=shutil.ignore_patterns("*.pyc"))
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, tmp_path / "bare" / name)

    assert version(tmp_path / "shallow").startswith("0.1.dev1+g")
    assert version(tmp_path / "bare") == "0.0"
