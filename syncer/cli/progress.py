"""How far an apply is: a bar on a terminal, lines in a log."""

import sys
from contextlib import suppress
from typing import TYPE_CHECKING, Protocol

from syncer.cli.common import Globals, attended

if TYPE_CHECKING:
    from rich.progress import Progress


class Shown(Protocol):
    """Something that shows how far it is."""

    def tick(self, done: int, all_: int) -> None:
        """Show that *done* of *all_* are settled."""

    def close(self) -> None:
        """Show nothing any more."""


def progress(settings: Globals, all_: int) -> Shown:
    """Return what shows how many of *all_* writes are settled, as it suits stderr."""
    if settings.quiet or all_ == 0:
        return Nothing()
    return Bar(settings, all_) if attended(sys.stderr) else Lines(settings)


class Nothing:
    """No progress: nothing is written, or nobody wants to see it."""

    def tick(self, done: int, all_: int) -> None:
        """Show nothing."""

    def close(self) -> None:
        """Show nothing."""


class Lines:
    """Progress for a log: a line for every tenth of the way."""

    def __init__(self, settings: Globals) -> None:
        self._settings = settings
        self._shown = 0

    def tick(self, done: int, all_: int) -> None:
        """Write a line when another tenth is done."""
        tenth = done * 10 // all_
        if tenth > self._shown:
            self._shown = tenth
            self._settings.say(f"Applying: {done:,} of {all_:,}")

    def close(self) -> None:
        """Leave the lines as they are."""


class Bar:
    """Progress for a terminal: one line that goes away; that nobody sees it any more stops no apply."""

    def __init__(self, settings: Globals, all_: int) -> None:
        self._bar = _bar(settings)
        self._task = self._bar.add_task("", total=all_)
        with suppress(OSError, ValueError):
            self._bar.start()

    def tick(self, done: int, all_: int) -> None:
        """Move the bar."""
        del all_
        with suppress(OSError, ValueError):
            self._bar.update(self._task, completed=done)

    def close(self) -> None:
        """Take the bar away."""
        with suppress(OSError, ValueError):
            self._bar.stop()


def _bar(settings: Globals) -> "Progress":
    from rich.console import Console  # noqa: PLC0415 (heavy, and only for a terminal)
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn  # noqa: PLC0415

    console = Console(file=sys.stderr, no_color=not settings.look(sys.stderr).color)
    columns = (TextColumn("Applying"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    return Progress(*columns, console=console, transient=True)
