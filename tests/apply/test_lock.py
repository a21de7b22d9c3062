"""One apply at a time in a project, whatever became of the one before."""

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

from syncer.apply.lock import project_lock
from syncer.errors import LockedError, SyncerError

HOLD = """
import sys, time
from pathlib import Path
from syncer.apply.lock import project_lock
with project_lock(Path(sys.argv[1])):
    print("held", flush=True)
    time.sleep(60)
"""


def test_a_second_apply_is_told_who_holds_the_lock(tmp_path: Path) -> None:
    with project_lock(tmp_path / ".syncer") as told:
        assert told == ""
        with pytest.raises(LockedError) as caught, project_lock(tmp_path / ".syncer"):
            pytest.fail("two at once")

    (problem,) = caught.value.problems
    assert problem.code == "locked"
    assert f"process {os.getpid()} of " in problem.detail
    assert f" on {socket.gethostname()}, since 2" in problem.detail


def test_the_lock_of_a_killed_apply_is_taken_over_and_said_so(tmp_path: Path) -> None:
    holder = subprocess.Popen([sys.executable, "-c", HOLD, str(tmp_path)], stdout=subprocess.PIPE, text=True)
    assert holder.stdout is not None
    assert holder.stdout.readline() == "held\n"
    with pytest.raises(LockedError, match=f"process {holder.pid} of "), project_lock(tmp_path):
        pytest.fail("two at once")
    holder.send_signal(signal.SIGKILL)
    holder.wait()
    holder.stdout.close()

    with project_lock(tmp_path) as told:
        assert told.startswith(
            f"Took over the lock of an apply that did not end in order: process {holder.pid} of"
        )
    with project_lock(tmp_path) as told:
        assert told == ""


@pytest.mark.parametrize("content", ["{ not json", "[1]"])
def test_a_lock_file_that_says_nothing_locks_all_the_same(tmp_path: Path, content: str) -> None:
    (tmp_path / "lock").write_text(content)
    with project_lock(tmp_path) as told:
        assert told == ""
        (tmp_path / "lock").write_text(content)
        with pytest.raises(LockedError, match="its owner is not known"), project_lock(tmp_path):
            pytest.fail("two at once")


def test_the_lock_file_is_its_owners_alone(tmp_path: Path) -> None:
    with project_lock(tmp_path):
        assert (tmp_path / "lock").stat().st_mode & 0o777 == 0o600
        assert json.loads((tmp_path / "lock").read_text())["pid"] == os.getpid()
    assert (tmp_path / "lock").read_text() == ""


def test_a_folder_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / ".syncer").write_text("a file where the folder should be")

    with pytest.raises(SyncerError, match="cannot be written or locked"), project_lock(tmp_path / ".syncer"):
        pytest.fail("no lock, no apply")


def test_a_disk_that_cannot_lock_is_no_other_apply(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> NoReturn:
        raise OSError(37, "No locks available")

    monkeypatch.setattr(fcntl, "flock", refuse)
    with pytest.raises(SyncerError, match="No locks available") as caught, project_lock(tmp_path):
        pytest.fail("no lock, no apply")
    assert not isinstance(caught.value, LockedError)
