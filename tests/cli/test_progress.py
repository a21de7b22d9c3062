"""How far an apply is: a bar on a terminal, lines in a log."""

import io
import sys

import pytest

from syncer.cli.common import Globals
from syncer.cli.progress import Bar, Lines, Nothing, progress


class _Terminal(io.StringIO):
    encoding = "utf-8"

    def isatty(self) -> bool:
        return True


def test_a_log_gets_a_line_for_every_tenth(capsys: pytest.CaptureFixture[str]) -> None:
    """Not one for every write: a log of 10,000 lines helps nobody."""
    shown = progress(Globals(), 2000)
    for done in (1, 199, 200, 399, 1999, 2000):
        shown.tick(done, 2000)
    shown.close()

    assert isinstance(shown, Lines)
    assert capsys.readouterr().err.splitlines() == [
        "Applying: 200 of 2,000",
        "Applying: 1,999 of 2,000",
        "Applying: 2,000 of 2,000",
    ]


@pytest.mark.parametrize(
    ("settings", "all_"), [(Globals(quiet=True), 5), (Globals(), 0)], ids=["-q", "no writes"]
)
def test_nothing_is_shown_where_nobody_looks(
    settings: Globals, all_: int, capsys: pytest.CaptureFixture[str]
) -> None:
    """`-q` means it; and nothing to do needs no bar."""
    shown = progress(settings, all_)
    shown.tick(1, 5)
    shown.close()

    assert isinstance(shown, Nothing)
    assert capsys.readouterr().err == ""


def test_a_terminal_gets_a_bar_that_goes_away(monkeypatch: pytest.MonkeyPatch) -> None:
    """It counts, and leaves its line to what is said next."""
    monkeypatch.delenv("CI", raising=False)
    monkeypatch.setattr(sys, "stderr", screen := _Terminal())
    shown = progress(Globals(color=False), 3)
    shown.tick(3, 3)
    shown.close()

    assert isinstance(shown, Bar)
    assert "Applying" in screen.getvalue()
    assert "3/3" in screen.getvalue()


def test_a_terminal_that_is_gone_is_no_reason_to_fail(monkeypatch: pytest.MonkeyPatch) -> None:
    """Somebody closed the window; the records are written all the same."""
    monkeypatch.delenv("CI", raising=False)
    monkeypatch.setattr(sys, "stderr", screen := _Terminal())
    shown = progress(Globals(), 3)
    screen.close()
    shown.tick(1, 3)
    shown.close()
