"""Work on every processor. Each case runs in a process of its own: no process with threads is forked."""

import json
import os
import signal
import subprocess
import sys
import textwrap
from typing import Any

import pytest

from syncer.manifest import spread as spreading
from syncer.manifest.spread import processes, spread
from tests.support import environment

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only Linux forks helpers")


HEAD = "import json, os, time\nfrom syncer.manifest.spread import spread\n"


def told(program: str, count: int) -> Any:
    """Run *program* with so many processes; return what it prints as JSON."""
    ran = subprocess.run(
        [sys.executable, "-c", HEAD + textwrap.dedent(program)],
        env=environment({"SYNCER_PROCESSES": str(count)}),
        capture_output=True,
        text=True,
        timeout=50,
        check=False,
    )
    assert (ran.stderr, ran.returncode) == ("", 0)
    return json.loads(ran.stdout)


@pytest.mark.parametrize("count", [1, 2, 8])
def test_the_result_is_that_of_a_loop_however_many_work(count: int) -> None:
    program = """
        def work(items):
            time.sleep(0.002)  # so that a helper gets some
            return [item * item for item in items]
        pieces = spread(work, range(1000))
        print(json.dumps([item for piece in pieces for item in piece]))
    """
    assert told(program, count) == [item * item for item in range(1000)]


def test_helpers_take_their_part() -> None:
    program = """
        def work(items):
            time.sleep(0.002)
            return os.getpid()
        print(json.dumps(len(set(spread(work, range(300))))))
    """
    assert told(program, 3) == 3


@pytest.mark.parametrize(
    "end",
    [
        "os.kill(os.getpid(), 9)",
        "raise ValueError",
        "raise SystemExit(0)",
        "return lambda: None",  # cannot be pickled
    ],
)
def test_what_a_helper_did_not_finish_is_made_here(end: str) -> None:
    program = f"""
        here = os.getpid()
        def work(items):
            time.sleep(0.002)
            if os.getpid() != here:
                {end}
            return sum(items)
        print(json.dumps(sum(spread(work, range(1000)))))
    """
    assert told(program, 2) == sum(range(1000))


def test_an_error_is_raised_once_as_in_a_loop_and_no_helper_stays() -> None:
    program = """
        def work(items):
            raise ValueError(items[0])
        try:
            spread(work, range(100))
        except ValueError as error:
            said = str(error)
        try:
            os.waitpid(-1, 0)
        except ChildProcessError:
            said += ", no child"
        print(json.dumps(said))
    """
    assert told(program, 2) in [f"{number}, no child" for number in range(0, 100, 4)]


def test_what_this_process_has_to_do_is_done_once_here() -> None:
    program = """
        done = []
        here = os.getpid()
        spread(lambda items: sum(items), range(50), meanwhile=lambda: done.append(os.getpid() == here))
        print(json.dumps(done))
    """
    assert told(program, 1) == told(program, 2) == [True]


def test_a_helper_holds_no_file_of_ours() -> None:
    """Else the lock of an apply that was killed would outlive it."""
    program = """
        here, file = os.getpid(), os.open("/dev/null", os.O_RDONLY)
        def work(items):
            time.sleep(0.002)
            try:
                os.fstat(file)
            except OSError:
                return os.getpid() != here
            return os.getpid() == here
        print(json.dumps(all(spread(work, range(100)))))
    """
    assert told(program, 2) is True


def test_a_helper_ends_with_the_process_it_helps() -> None:
    program = (
        "import os, time\nfrom syncer.manifest.spread import spread\nhere = os.getpid()\n"
        "def work(items):\n    if os.getpid() == here:\n        time.sleep(0.2)\n        os.kill(here, 9)\n"
        "    time.sleep(0.05)\n    print('.', end='', flush=True)\n"
        "spread(work, range(1000))\n"
    )
    ran = subprocess.run(
        [sys.executable, "-c", program],
        env=environment({"SYNCER_PROCESSES": "2"}),
        capture_output=True,
        text=True,
        timeout=20,
        check=False,
    )

    assert (ran.returncode, len(ran.stdout) < 10) == (-signal.SIGKILL, True)


def test_a_ctrl_c_ends_the_helpers_too() -> None:
    program = (
        "import os, time\nfrom syncer.manifest.spread import spread\n"
        "def work(items):\n    os.write(1, b'.')\n    time.sleep(600)\n"
        "spread(work, range(100))\n"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", program],
        env=environment({"SYNCER_PROCESSES": "2"}),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )
    assert process.stdout is not None
    assert process.stdout.read(2) == b".."  # this process and its helper are both at work
    os.killpg(process.pid, signal.SIGINT)
    process.communicate()
    with pytest.raises(ProcessLookupError):
        os.killpg(process.pid, 0)


def test_a_ctrl_c_right_at_the_fork_leaves_no_helper_behind() -> None:
    program = """
        import signal
        fork = os.fork
        def forked():
            pid = fork()
            if pid:
                os.kill(os.getpid(), signal.SIGINT)
            return pid
        os.fork = forked
        try:
            spread(lambda items: time.sleep(600), range(100))
        except KeyboardInterrupt:
            said = "stopped"
        try:
            os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            said += ", no child"
        print(json.dumps(said))
    """
    assert told(program, 2) == "stopped, no child"


def test_nothing_is_forked_while_another_thread_may_hold_a_lock(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SYNCER_PROCESSES", "4")
    monkeypatch.setattr("threading.active_count", lambda: 2)
    monkeypatch.setattr("os.fork", lambda: pytest.fail("forked"))

    assert spread(sum, range(64)) == [sum(range(start, start + 1)) for start in range(64)]


def test_without_room_for_a_helper_all_is_made_here(monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> int:
        raise OSError("no room")

    monkeypatch.setenv("SYNCER_PROCESSES", "2")
    monkeypatch.setattr(spreading, "_may_fork", lambda: True)
    for name in ("os.fork", "os.memfd_create"):
        monkeypatch.setattr(name, full)
        assert sum(spread(sum, range(64))) == sum(range(64))


@pytest.mark.parametrize(("said", "count"), [("1", 1), ("3", 3), ("0", 1), ("100", 8)])
def test_how_many_may_be_said(monkeypatch: pytest.MonkeyPatch, said: str, count: int) -> None:
    monkeypatch.setenv("SYNCER_PROCESSES", said)

    assert processes() == count


@pytest.mark.parametrize("said", ["", "many"])
def test_left_open_there_is_one_for_each_processor(monkeypatch: pytest.MonkeyPatch, said: str) -> None:
    monkeypatch.setenv("SYNCER_PROCESSES", said)

    assert processes() == min(len(os.sched_getaffinity(0)), 8)
