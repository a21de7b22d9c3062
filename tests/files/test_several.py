"""Several files, all of them or none."""

from pathlib import Path

import pytest

from syncer.files import several as whole
from syncer.model.problem import SyncerError


def tree(root: Path) -> dict[str, str]:
    return {
        path.relative_to(root).as_posix(): path.read_text(encoding="utf-8")
        for path in sorted(root.rglob("*"))
        if path.is_file()
    }


def test_files_and_their_folders_are_written(tmp_path: Path) -> None:
    whole.write_all(tmp_path / "new", {"a.yaml": "a", "b/c/d.yaml": "ü"}, mode=0o600)

    assert tree(tmp_path) == {"new/a.yaml": "a", "new/b/c/d.yaml": "ü"}
    assert (tmp_path / "new/a.yaml").stat().st_mode & 0o777 == 0o600


def test_what_exists_stops_everything_unless_forced(tmp_path: Path) -> None:
    (tmp_path / "b").write_text("mine", encoding="utf-8")
    with pytest.raises(SyncerError, match="exists already"):
        whole.write_all(tmp_path, {"a": "1", "b": "2"})
    assert tree(tmp_path) == {"b": "mine"}

    whole.write_all(tmp_path, {"a": "1", "b": "2"}, force=True)
    assert tree(tmp_path) == {"a": "1", "b": "2"}


def test_nothing_is_written_through_a_link_that_leads_out(tmp_path: Path) -> None:
    outside, root = tmp_path / "outside", tmp_path / "root"
    outside.mkdir()
    root.mkdir()
    (root / "link").symlink_to(outside)
    with pytest.raises(SyncerError, match="leads out of"):
        whole.write_all(root, {"link/a": "1"}, force=True)
    assert tree(outside) == {}


def test_a_link_is_replaced_and_what_it_leads_to_stays(tmp_path: Path) -> None:
    (tmp_path / "target").write_text("kept", encoding="utf-8")
    (tmp_path / "link").symlink_to(tmp_path / "target")
    whole.write_all(tmp_path, {"link": "new"}, force=True)

    assert tree(tmp_path) == {"link": "new", "target": "kept"}


def test_a_folder_in_the_way_stops_everything(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    with pytest.raises(SyncerError, match="is a folder"):
        whole.write_all(tmp_path, {"a": "1", "b": "2"}, force=True)
    assert tree(tmp_path) == {}


def test_a_failure_while_writing_leaves_everything_as_it_was(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine", encoding="utf-8")
    with pytest.raises(SyncerError, match="cannot be written"):
        whole.write_all(tmp_path, {"new/a": "1", "file/b": "2"}, force=True)
    assert tree(tmp_path) == {"file": "mine"}
    assert not (tmp_path / "new").exists()


def test_a_failure_while_replacing_puts_everything_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a").write_text("mine", encoding="utf-8")
    real = Path.replace

    def replace(self: Path, target: str | Path) -> Path:
        if self.suffix == ".part" and Path(target).name == "c":
            raise OSError(28, "No space left on device")
        return real(self, target)

    monkeypatch.setattr(Path, "replace", replace)
    with pytest.raises(SyncerError, match=r"c cannot be written: No space left on device\."):
        whole.write_all(tmp_path, {"a": "1", "b": "2", "c": "3"}, force=True)
    assert tree(tmp_path) == {"a": "mine"}


def test_an_interrupt_leaves_nothing_behind(tmp_path: Path) -> None:
    with pytest.raises(UnicodeEncodeError):
        whole.write_all(tmp_path, {"x/a": "1", "b": "\ud800"})
    assert tree(tmp_path) == {}
    assert list(tmp_path.iterdir()) == []


def test_files_may_keep_the_mode_they_have(tmp_path: Path) -> None:
    """Who edits a file leaves it to whoever could read it."""
    (tmp_path / "a.yaml").write_text("old")
    (tmp_path / "a.yaml").chmod(0o640)

    whole.write_all(tmp_path, {"a.yaml": "new\r\n"}, mode=None, force=True)

    assert (tmp_path / "a.yaml").read_bytes() == b"new\r\n"
    assert (tmp_path / "a.yaml").stat().st_mode & 0o777 == 0o640
