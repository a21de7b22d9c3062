"""What Ctrl-C and SIGTERM do during an apply: the first ends it in order, the second at once."""

import os
import signal
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from typing import Any, Final

from syncer.cli.common import Globals
from syncer.model.codes import ExitCode
from syncer.model.problem import Problem, StoppedError

GO_ON: Final = (
    "To go on: `syncer apply`, or `syncer apply --resume`; either looks up what is there, and sends only the "
    "rest."
)


class Stopping:
    """What a signal does; the journal holds the rest."""

    def __init__(self, settings: Globals) -> None:
        self._settings = settings
        self._stop: Callable[[], None] | None = None
        self._stopped = False
        self._at_once = False
        self._not_now = False

    def ends(self, stop: Callable[[], None]) -> None:
        """Call *stop* at the first signal."""
        self._stop = stop

    def at_once(self) -> AbstractContextManager[None]:
        """While nothing is in flight, as when somebody is asked, the first signal ends the run."""
        return self._while("_at_once")

    def not_now(self) -> AbstractContextManager[None]:
        """While the result is shown, no signal cuts it off."""
        return self._while("_not_now")

    @contextmanager
    def _while(self, name: str) -> Iterator[None]:
        setattr(self, name, True)
        try:
            yield
        finally:
            setattr(self, name, False)

    def signalled(self, number: int, _frame: Any) -> None:
        """Handle one signal, in the main thread."""
        if self._not_now:
            return
        if self._at_once or self._stop is None:
            raise StoppedError(_before_anything())
        if self._stopped:
            # Past the stream, which may be in the middle of a line of ours.
            with suppress(OSError):
                os.write(2, f"\nStopped at once. {GO_ON}\n".encode())
            os._exit(ExitCode.INTERRUPTED)
        self._stopped = True
        name = "Ctrl-C" if number == signal.SIGINT else signal.Signals(number).name
        self._settings.say(f"\n{name}: finishing what is in flight; once more stops at once.")
        self._stop()


@contextmanager
def stoppable(settings: Globals) -> Iterator[Stopping]:
    """Handle Ctrl-C and SIGTERM for a while.

    Raises:
        StoppedError: Stopped before anything was written; what is stopped later is in the report.
    """
    stopping = Stopping(settings)
    try:
        with handled(stopping.signalled):
            yield stopping
    except StoppedError:
        raise StoppedError(_before_anything()) from None


@contextmanager
def handled(handler: Callable[[int, Any], None]) -> Iterator[None]:
    """Let *handler* handle Ctrl-C and SIGTERM for a while."""
    before = {number: signal.signal(number, handler) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, earlier in before.items():
            signal.signal(number, earlier)


def _before_anything() -> Problem:
    return Problem("interrupted", "Stopped before anything was written.")
