"""Shows that a command lives: one line on a terminal, a line every ten seconds in a log."""

import os
import sys
import threading
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Final

from syncer.cli.activity import Activity
from syncer.cli.common import Globals, attended
from syncer.cli.streams import LAST_LINE
from syncer.model.signs import Doing
from syncer.render.escape import cells

_DRAWN: Final = 0.25  # seconds between two looks at what goes on
_SAID: Final = 10.0  # seconds between two lines of a log


class Live:
    """Takes what goes on, and shows it on stderr while it does.

    A thread looks at it now and then. The process never waits for it: it is a daemon, and all that it holds
    is the last line of the terminal.

    Args:
        settings: The global options.
        clock: A monotonic one.
    """

    def __init__(self, settings: Globals, clock: Callable[[], float] = time.monotonic) -> None:
        self._settings = settings
        self._clock = clock
        self._activity = Activity()
        self._lock = threading.Lock()
        self._ended = threading.Event()
        self._thread: threading.Thread | None = None
        self._drawn = attended(sys.stderr) and os.environ.get("TERM") != "dumb"
        self._said = 0  # lines of a log about what goes on now

    def during(self, doing: Doing) -> AbstractContextManager[None]:
        """Return a context in which *doing* goes on."""
        self._begin()
        return self._activity.during(doing, self._clock())

    def counted(self, entity: str, done: int, all_: int) -> None:
        """Take how many records were read, and are to be read."""
        self._activity.counted(entity, done, all_)

    def wrote(self, done: int, all_: int) -> None:
        """Take how many of all writes are settled."""
        self._activity.wrote(done, all_)

    def beat(self) -> None:
        """Show what goes on, where it is time to."""
        now = self._clock()
        if self._drawn:
            self._draw(now)
            return
        began = self._activity.began
        lines = 0 if began is None else int((now - began) // _SAID)
        if lines > self._said and (line := self._activity.line(now, 1000)):
            self._settings.say(line)
        self._said = lines

    def close(self) -> None:
        """Show nothing any more."""
        self._ended.set()
        if self._drawn:
            with LAST_LINE.away():
                pass

    def _begin(self) -> None:
        if self._thread is not None or self._settings.quiet:
            return
        with self._lock:
            if self._thread is None:
                self._thread = threading.Thread(target=self._go_on, name="syncer-live", daemon=True)
                self._thread.start()

    def _go_on(self) -> None:
        while not self._ended.wait(_DRAWN):
            self.beat()

    def _draw(self, now: float) -> None:
        look = self._settings.look(sys.stderr)
        # The last column stays free: some terminals go to the next line when it is written.
        line = look.finish(self._activity.line(now, max(look.width, 20) - 1, look.glyphs))
        if self._ended.is_set():
            return
        if line:
            LAST_LINE.draw(line, cells(line))
        else:
            with LAST_LINE.away():
                pass
