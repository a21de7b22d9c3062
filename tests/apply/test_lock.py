"""One apply at a time to a space from a project, whatever became of the one before."""

import fcntl
import json
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path
from typing import NoReturn

import pytest

from syncer.apply.lock import holder, space_lock
from syncer.model.problem import LockedError, SyncerError
from syncer.state.folder import prepare, space_folder

HOLD = """
import sys, time
from pathlib import Path
from syncer.apply.lock import space_lock
with space_lock(Path(sys.argv[1])):
    print("held", flush=True)
    time.sleep(60)
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The state folder of a space; nothing is there yet."""
    return space_folder(tmp_path, "https://us.example", "us_Acme")


def test_a_second_apply_is_told_who_holds_the_lock(folder: Path) -> None:
    with space_lock(folder) as told:
        assert told == ""
        with pytest.raises(LockedError) as caught, space_lock(folder):
            pytest.fail("two at once")

    (problem,) = caught.value.problems
    assert problem.code == "locked"
    assert f"process {os.getpid()} of " in problem.detail
    assert f" on {socket.gethostname()}, since 2" in problem.detail


def test_the_lock_of_a_killed_apply_is_taken_over_and_said_so(folder: Path) -> None:
    holder = subprocess.Popen([sys.executable, "-c", HOLD, str(folder)], stdout=subprocess.PIPE, text=True)
    assert holder.stdout is not None
    assert holder.stdout.readline() == "held\n"
    with pytest.raises(LockedError, match=f"process {holder.pid} of "), space_lock(folder):
        pytest.fail("two at once")
    holder.send_signal(signal.SIGKILL)
    holder.wait()
    holder.stdout.close()

    with space_lock(folder) as told:
        assert told.startswith(
            f"Took over the lock of an apply that did not end in order: process {holder.pid} of"
        )
    with space_lock(folder) as told:
        assert told == ""


@pytest.mark.parametrize("content", ["{ not json", "[1]"])
def test_a_lock_file_that_says_nothing_locks_all_the_same(folder: Path, content: str) -> None:
    prepare(folder)
    (folder / "lock").write_text(content)
    (folder / "lock").chmod(0o600)
    with space_lock(folder) as told:
        assert told == ""
        (folder / "lock").write_text(content)
        with pytest.raises(LockedError, match="its owner is not known"), space_lock(folder):
            pytest.fail("two at once")


def test_the_lock_file_is_its_owners_alone(folder: Path) -> None:
    with space_lock(folder):
        assert (folder / "lock").stat().st_mode & 0o777 == 0o600
        assert json.loads((folder / "lock").read_text())["pid"] == os.getpid()
    assert (folder / "lock").read_text() == ""


def test_a_folder_that_cannot_be_written_is_told(folder: Path) -> None:
    folder.parent.parent.mkdir(mode=0o700)
    folder.parent.write_text("a file where the folder should be")
    folder.parent.chmod(0o600)

    with pytest.raises(SyncerError, match="cannot be written or locked"), space_lock(folder):
        pytest.fail("no lock, no apply")


def test_a_disk_that_cannot_lock_is_no_other_apply(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> NoReturn:
        raise OSError(37, "No locks available")

    monkeypatch.setattr(fcntl, "flock", refuse)
    with pytest.raises(SyncerError, match="No locks available") as caught, space_lock(folder):
        pytest.fail("no lock, no apply")
    assert not isinstance(caught.value, LockedError)


def test_what_a_lock_file_says_is_shown_as_text(folder: Path) -> None:
    """Whoever wrote it, no terminal and no CI runner obeys it."""
    prepare(folder)
    hostile = {"pid": "::error::x", "user": "\x1b]0;title\x07", "host": "##vso[task]", "since": "x" * 500}
    (folder / "lock").write_text(json.dumps(hostile))
    (folder / "lock").chmod(0o600)

    with space_lock(folder) as told:
        assert told.startswith(
            "Took over the lock of an apply that did not end in order: "
            "process \\x3a:error::x of \\x1b]0;title\\x07 on \\x23#vso[task], since xxx"
        )
        assert len(told) < 300


def test_the_words_in_the_file_stop_nothing_on_a_full_disk(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with space_lock(folder):
        monkeypatch.setattr("syncer.apply.lock._write", _full)
    with pytest.raises(SyncerError, match="No space left"), space_lock(folder):
        pytest.fail("no lock, no apply")


def test_a_lock_file_that_cannot_be_opened_is_told(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    prepare(folder)
    assert holder(folder) is None, "nobody has ever applied"
    monkeypatch.setattr("syncer.apply.lock.opened", _full)

    with pytest.raises(SyncerError, match="No space left"), space_lock(folder):
        pytest.fail("no lock, no apply")


def _full(*_: object) -> NoReturn:
    raise OSError(28, "No space left on device")
