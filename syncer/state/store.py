"""What is remembered of a space, wherever it is kept."""

import time
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import cache
from typing import Final, TypeVar

from syncer.model.problem import Problem
from syncer.state.backend import Backend, Step, Tip
from syncer.state.clock import Clock, elapsed
from syncer.state.faults import HeldError, StateError, UnreachableError, rewritten
from syncer.state.lease import Lease, Left, left_open
from syncer.state.values import (
    LEASE_SECONDS,
    Holder,
    LedgerRow,
    Lock,
    Run,
    RunChange,
    Scope,
    Seen,
    State,
    moment,
    stamp,
    until,
)

_FIRST_WAIT: Final = 0.5
_LONGEST_WAIT: Final = 5.0
_ATTEMPTS: Final = 2
_Had = TypeVar("_Had")


class Store:
    """Lock, ledger and runs of one space, for one project."""

    def __init__(
        self, backend: Backend, scope: Scope, clock: Clock | None = None, *, seconds: float = LEASE_SECONDS
    ) -> None:
        """Look at *scope* through *backend*.

        Args:
            backend: Where it is kept.
            scope: What; the backend was made for the same one.
            clock: The service's; None when no answer has told its time.
            seconds: How long a lease lasts, see `values.lease_seconds`.
        """
        self._backend, self._scope = backend, scope
        self._clock = clock or Clock()
        self._seconds = seconds

    @property
    def project(self) -> str:
        """Whose rows and runs are read and written."""
        return self._scope.project

    def read(self, seen: Seen | None = None) -> State:
        """Return what is remembered; no lease is needed.

        Args:
            seen: What is known of it already.

        Raises:
            StateError: It cannot be read, is not for us, or is older than what was seen.
        """
        tip = self._backend.look()
        check_seen(tip, seen)
        return self._state(tip)

    def free(
        self,
        *,
        wait: float = 0.0,
        pause: Callable[[float], None] = time.sleep,
        waiting: Callable[[Lock], None] = lambda _: None,
    ) -> State:
        """Return what is remembered once nobody holds the space; it is not held by that.

        A lease that is over counts as a run left open already.

        Args:
            wait: Seconds to wait for somebody else.
            pause: Waits so many seconds, or raises.
            waiting: Told once whose end is waited for.

        Raises:
            StateError: It cannot be read, or is not for us.
            HeldError: Somebody holds it.
        """

        def look() -> State:
            tip = self._backend.look()
            return self._state(tip, self._free(tip))

        return _patiently(look, wait, pause, waiting)

    def changes(self, run: str) -> tuple[RunChange, ...]:
        """Return what a run did.

        Raises:
            StateError: It cannot be read, or is not kept.
        """
        found = self._backend.changes(run)
        if found is None:
            hint = "`syncer history` lists those that are kept"
            raise StateError(Problem("run-unknown", f"No run {run} is remembered.", hint=hint))
        return found

    @contextmanager
    def hold(
        self,
        run: str,
        holder: Holder,
        *,
        wait: float = 0.0,
        seen: Seen | None = None,
        pause: Callable[[float], None] = time.sleep,
        waiting: Callable[[Lock], None] = lambda _: None,
    ) -> Iterator[Lease]:
        """Hold the space: nobody else writes to it meanwhile.

        On leaving, a lease that was not released is given up; what it had announced is then remembered as an
        open run, so that the next apply looks it up.

        Args:
            run: Id of the run, see `values.new_run`.
            holder: This process.
            wait: Seconds to wait for somebody else.
            seen: What is known of the state already.
            pause: Waits so many seconds, or raises.
            waiting: Told once whose end is waited for.

        Raises:
            StateError: The clock is off, or the state cannot be had.
            HeldError: Somebody else holds it.
        """
        self._clock.check()
        with self._backend.pledge(run):
            tip, taken = _patiently(lambda: self._take(run, holder, seen), wait, pause, waiting)
            assert tip.lock is not None
            lease = Lease(
                self._backend,
                tip.lock,
                seconds=self._seconds,
                since=tip.asked,
                state=cache(lambda: self._state(tip)),
                taken=taken,
            )
            try:
                yield lease
            finally:
                lease.end()

    def remember(
        self,
        rows: Iterable[LedgerRow],
        *,
        gone: Iterable[str] = (),
        run: Run | None = None,
        changes: Sequence[RunChange] = (),
        settled: Collection[str] = (),
    ) -> None:
        """Keep what was agreed without anything being written to the service: one step, no lease.

        Raises:
            StateError: It could not be kept.
            HeldError: Somebody holds the space.
        """
        self._clock.check()
        rows, gone = tuple(rows), tuple(gone)

        def decide(tip: Tip) -> Step:
            left = _ended(self._free(tip), settled, stamp(tip.now))
            return Step(
                "remember what is agreed",
                None,
                project=self._scope.project,
                rows=rows,
                gone=gone,
                add=(*left, *(((run, tuple(changes)),) if run is not None else ())),
                settled=tuple(settled),
                at=stamp(tip.now),
            )

        self._backend.change(decide)

    def forget(self, addresses: Iterable[str]) -> tuple[str, ...]:
        """Take addresses out of the ledger; return those that were in it.

        Raises:
            StateError: It could not be done.
            HeldError: Somebody holds the space.
        """
        named = sorted(set(addresses))
        found: tuple[str, ...] = ()

        def decide(tip: Tip) -> Step | None:
            nonlocal found
            left = self._free(tip)
            rows = tip.ledger().of(self._scope.project)
            found = tuple(address for address in named if address in rows)
            if not found:
                return None
            return Step(f"forget {len(found)}", None, project=self._scope.project, gone=found, add=left)

        self._backend.change(decide)
        return found

    def unlock(self, run: str) -> Lock:
        """Take the lease away from *run*; what it had announced becomes an open run.

        Its process notices with its next renewal, after two fifths of the lease at the latest.

        Raises:
            StateError: That run holds nothing, or it could not be done.
        """
        gone: list[Lock] = []

        def decide(tip: Tip) -> Step:
            held = tip.lock
            if held is None or held.run != run:
                told = "nobody holds the space" if held is None else f"it is held by run {held.run}"
                hint = "`syncer state show` tells who holds it"
                raise StateError(Problem("run-unknown", f"Run {run} holds nothing: {told}.", hint=hint))
            gone[:] = [held]
            return Step(f"unlock {run}", None, add=left_open(held, tip))

        self._backend.change(decide)
        return gone[0]

    def init(self) -> State:
        """Make what has to be there before the first use; what is there already is kept, and accepted.

        Raises:
            StateError: It cannot be made.
        """
        self._backend.init()
        return self._state(self._backend.look())

    def _take(self, run: str, holder: Holder, seen: Seen | None) -> tuple[Tip, Lock | None]:
        taken: Lock | None = None

        def decide(tip: Tip) -> Step:
            nonlocal taken
            check_seen(tip, seen)
            left: Left = ()
            if tip.lock is None or tip.lock.run != run:  # else an earlier attempt has arrived after all
                left, taken = self._free(tip), tip.lock
            ends = until(tip.now, self._seconds)
            lock = Lock(run, holder, stamp(tip.now), ends, self._scope.project)
            return Step(f"{run} begins", lock, project=self._scope.project, add=left)

        return self._backend.change(decide), taken

    def _free(self, tip: Tip) -> Left:
        """Return what a lease that is over leaves behind; raise while it is not."""
        held = tip.lock
        if held is None:
            return ()
        if tip.now <= moment(held.until) and not self._backend.is_dead(held):
            raise HeldError(held)
        return left_open(held, tip)

    def _state(self, tip: Tip, left: Left = ()) -> State:
        ledger = tip.ledger()
        own = ledger.of(self._scope.project)
        return State(
            backend=self._backend.name,
            lineage=tip.lineage,
            serial=tip.serial,
            ledger=own,
            lock=tip.lock,
            runs=tuple(
                run for run in (*tip.runs(), *(run for run, _ in left)) if run.project == self._scope.project
            ),
            elsewhere=len(ledger) - len(own),
        )


def _patiently(
    attempt: Callable[[], _Had],
    wait: float,
    pause: Callable[[float], None],
    waiting: Callable[[Lock], None],
) -> _Had:
    """Return what *attempt* returns, once nobody holds the space and the store answers."""
    deadline = elapsed() + wait
    next_, told, tries = _FIRST_WAIT, False, 0
    while True:
        try:
            return attempt()
        except UnreachableError:
            tries += 1
            if tries == _ATTEMPTS:
                raise
        except HeldError as error:
            left = deadline - elapsed()
            if left <= 0:
                raise
            if not told:
                waiting(error.lock)
                told = True
            pause(min(next_, left))
            next_ = min(next_ * 2, _LONGEST_WAIT)


def _ended(left: Left, settled: Collection[str], at: str) -> Left:
    """Return runs left behind, those *settled* with their end."""
    return tuple(
        (replace(run, ended=at, uncertain=()) if run.run in settled else run, changes)
        for run, changes in left
    )


def check_seen(now: Tip | State, seen: Seen | None) -> None:
    """Raise when what is remembered *now* is older than what was *seen* of it.

    Raises:
        StateError: It was set back.
    """
    if seen is not None and now.lineage == seen.lineage and now.serial < seen.serial:
        raise rewritten(f"it was at {seen.serial} before, and is at {now.serial} now")
