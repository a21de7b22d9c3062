"""What Ctrl-C and SIGTERM do during an apply."""

import signal

import pytest

from syncer.cli.common import Globals
from syncer.cli.stopping import handled, stoppable
from syncer.model.problem import StoppedError

QUIET = Globals(quiet=True)
BOTH = pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])


@BOTH
def test_before_anything_is_in_flight_a_signal_ends_the_run(number: signal.Signals) -> None:
    """Nobody has said yet what is to be stopped, so nothing can be left half done."""
    with pytest.raises(StoppedError, match="Stopped before anything was written"), stoppable(QUIET):
        signal.raise_signal(number)


@BOTH
def test_the_first_signal_lets_what_is_in_flight_come_to_its_end(
    number: signal.Signals, capsys: pytest.CaptureFixture[str]
) -> None:
    """What is to be stopped is told once, and a person reads what the next signal would do."""
    stopped: list[str] = []
    with stoppable(Globals()) as stopping:
        stopping.ends(lambda: stopped.append("stopped"))
        signal.raise_signal(number)

    assert stopped == ["stopped"]
    name = "Ctrl-C" if number == signal.SIGINT else "SIGTERM"
    assert capsys.readouterr().err == f"\n{name}: finishing what is in flight; once more stops at once.\n"


@BOTH
def test_somebody_who_is_asked_may_just_leave(number: signal.Signals) -> None:
    """While a question is open nothing is in flight."""

    def asked() -> None:
        with stoppable(QUIET) as stopping:
            stopping.ends(lambda: None)
            with stopping.at_once():
                signal.raise_signal(number)

    with pytest.raises(StoppedError):
        asked()


@BOTH
def test_no_signal_cuts_the_result_off(number: signal.Signals) -> None:
    """What was done is done; only the words about it are left."""
    with stoppable(QUIET) as stopping, stopping.not_now():
        signal.raise_signal(number)


def test_what_was_stopped_is_said_in_the_words_of_a_person() -> None:
    """The client says that it was stopped; the reader wants to know what that means for the space."""
    with pytest.raises(StoppedError, match="before anything was written"), stoppable(QUIET):
        raise StoppedError(())


def test_afterwards_signals_do_what_they_did_before() -> None:
    """A handler is lent, also when what it was lent to fails."""
    before = signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)

    with pytest.raises(ZeroDivisionError), handled(lambda _number, _frame: None):
        _ = 1 // 0

    assert (signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)) == before
