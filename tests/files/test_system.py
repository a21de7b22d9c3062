"""What file systems do differently, as far as one system can show it."""

import os
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from syncer.files.system import flush, replace
from syncer.state.folder import _wrong


def test_a_file_is_put_over_another_one(tmp_path: Path) -> None:
    (tmp_path / "part").write_text("new", encoding="utf-8")
    (tmp_path / "file").write_text("old", encoding="utf-8")
    replace(tmp_path / "part", tmp_path / "file")

    assert [path.name for path in tmp_path.iterdir()] == ["file"]
    assert (tmp_path / "file").read_text(encoding="utf-8") == "new"


class Busy:
    """A file that somebody has open, which Windows does not replace, for the first *times*."""

    def __init__(self, times: int) -> None:
        self.times = times

    def replace(self, _path: Path) -> None:
        self.times -= 1
        if self.times >= 0:
            raise PermissionError(13, "in use")


def test_windows_waits_a_moment_for_whoever_has_the_file_open(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "win32")
    busy = Busy(3)
    replace(cast("Any", busy), Path("file"))

    assert busy.times == -1
    monkeypatch.setattr("syncer.files.system._PATIENCE", 0.02)
    with pytest.raises(PermissionError):
        replace(cast("Any", Busy(1000)), Path("file"))


def test_elsewhere_nothing_is_waited_for() -> None:
    busy = Busy(3)
    with pytest.raises(PermissionError):
        replace(cast("Any", busy), Path("file"))
    assert busy.times == 2


def test_windows_opens_no_folder_to_put_it_on_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "win32")
    flush(Path("not there"))


def test_windows_tells_a_junction_and_no_owner(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its owner is 0 and everybody may write, says what it calls a mode."""
    monkeypatch.setattr(sys, "platform", "win32")
    plain = SimpleNamespace(st_mode=0o100666, st_nlink=1, st_uid=0, st_reparse_tag=0)
    junction = SimpleNamespace(st_mode=0o040777, st_nlink=1, st_uid=0, st_reparse_tag=0xA0000003)

    assert _wrong(cast("os.stat_result", plain)) == ""
    assert _wrong(cast("os.stat_result", junction), may_be_folder=True) == "is a link"
