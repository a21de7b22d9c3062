"""Who looks at stderr sees that a command lives."""

import io
import sys

import pytest

from syncer.cli.common import Globals, out, to_stderr
from syncer.cli.live import Live
from syncer.model.signs import Phase

Capture = pytest.CaptureFixture[str]


class _Terminal(io.StringIO):
    encoding = "utf-8"

    def isatty(self) -> bool:
        return True


class _Clock:
    """A clock that is set by hand."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> _Clock:
    return _Clock()


def terminal(patch: pytest.MonkeyPatch, **variables: str) -> _Terminal:
    """Put a terminal in place of stderr, in an environment that says nothing else."""
    for name in ("CI", "TERM"):
        patch.delenv(name, raising=False)
    for name, value in {"COLUMNS": "60", **variables}.items():
        patch.setenv(name, value)
    patch.setattr(sys, "stderr", made := _Terminal())
    return made


def test_a_log_gets_a_line_every_ten_seconds(clock: _Clock, capsys: Capture) -> None:
    """Not one for every request: a log of 10,000 lines helps nobody."""
    live = Live(Globals(), clock)
    with live.during(Phase("Planning")):
        for clock.now in (1.0, 9.9, 10.1, 12.0, 20.0):
            live.beat()
    live.close()
    live.beat()

    assert capsys.readouterr().err.splitlines() == ["Planning · 10 s", "Planning · 20 s"]


def test_nothing_is_shown_where_nobody_wants_to_see_it(clock: _Clock, capsys: Capture) -> None:
    """`-q` means it."""
    live = Live(Globals(quiet=True), clock)
    with live.during(Phase("Planning")):
        clock.now = 30.0
        live.beat()

    assert capsys.readouterr().err == ""


def test_a_terminal_gets_one_line_that_makes_room_for_what_is_printed(
    clock: _Clock, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is printed begins in an empty line, and nothing is left in the end."""
    screen = terminal(monkeypatch)
    live = Live(Globals(), clock)
    with live.during(Phase("Planning")):
        clock.now = 2.0
        live.beat()
        to_stderr("a word")
        live.beat()
        out("a result")
    live.beat()
    live.close()

    blank = f"\r{' ' * 14}\r"
    assert screen.getvalue() == f"\rPlanning · 2 s{blank}a word\n\rPlanning · 2 s{blank}"
    assert capsys.readouterr().out == "a result\n"


def test_what_is_drawn_later_covers_what_was_there(clock: _Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    """A shorter line leaves no rest of a longer one, and a live one ends with the command."""
    screen = terminal(monkeypatch)
    live = Live(Globals(), clock)
    with live.during(Phase("Reading manifests")):
        clock.now = 2.0
        live.beat()
        with live.during(Phase("Planning")):
            live.beat()
        live.close()
        live.beat()

    assert screen.getvalue() == "".join(
        (
            "\rReading manifests · 2 s",
            "\rPlanning · 2 s" + " " * 9,
            f"\r{' ' * 14}\r",
        )
    )


def test_a_terminal_that_is_gone_is_no_reason_to_fail(clock: _Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    """Somebody closed the window; the records are written all the same."""
    screen = terminal(monkeypatch)
    live = Live(Globals(), clock)
    with live.during(Phase("Applying")):
        clock.now = 2.0
        live.beat()
        monkeypatch.setattr(screen, "write", _gone)
        live.beat()
        live.close()


def _gone(_text: str) -> int:
    raise OSError(5, "Input/output error")


@pytest.mark.parametrize("variable", [("CI", "true"), ("TERM", "dumb")], ids=["CI", "dumb"])
def test_what_only_looks_like_a_terminal_gets_lines(
    variable: tuple[str, str], clock: _Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A log that keeps every line that was drawn would be unreadable."""
    screen = terminal(monkeypatch, **dict([variable]))
    live = Live(Globals(), clock)
    with live.during(Phase("Planning")):
        clock.now = 11.0
        live.beat()
    live.close()

    assert screen.getvalue() == "Planning · 11 s\n"
