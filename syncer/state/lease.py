"""A lease that is held: announced, renewed, checked before each batch, released in one step."""

import threading
import time
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import replace
from typing import Final

from syncer.state.backend import Backend, Decide, Step, Tip
from syncer.state.clock import elapsed
from syncer.state.faults import LeaseLostError, StateError, UnreachableError, lost
from syncer.state.values import LedgerRow, Lock, Run, RunChange, State, stamp, until

# When a lease is renewed, and how often a renewal that failed is tried again, as parts of its length.
_RENEWED_AFTER: Final = 0.4
_PAUSE: Final = 2.0
_TRIED_AFTER: Final = 0.05
# The holder stops this part of the lease before its end: a batch that has just left still has to arrive.
_MARGIN: Final = 0.1
_ATTEMPTS: Final = 3

# The runs that a lease leaves behind: none, or one.
Left = tuple[tuple[Run, tuple[RunChange, ...]], ...]


class Lease:
    """The right to write to a space until it ends. Safe to use from many threads.

    Attributes:
        run: Id of the run that holds it.
        project: Whose run it is.
        holder: Its process.
        since: When it was taken.
        taken: Whose lease was taken over, which was over.
    """

    def __init__(
        self,
        backend: Backend,
        lock: Lock,
        *,
        seconds: float,
        since: float,
        state: Callable[[], State],
        taken: Lock | None,
    ) -> None:
        """Hold what was taken; `Store.hold` does it.

        Args:
            backend: Where.
            lock: As it was taken.
            seconds: How long a lease lasts.
            since: `clock.elapsed` when it was asked for.
            state: Reads what was kept when it was taken.
            taken: Whose lease was taken over.
        """
        self.run = lock.run
        self.taken = taken
        self.holder = lock.holder
        self.since = lock.since
        self._backend, self._state = backend, state
        self.project = lock.project
        self._seconds = seconds
        self._ends = since + seconds * (1 - _MARGIN)
        self._lost: LeaseLostError | None = None
        self._released = False
        self._busy = threading.Lock()
        self._stop = threading.Event()
        self._renewing = threading.Thread(target=self._renew, name="lease", daemon=True)
        self._renewing.start()

    @property
    def state(self) -> State:
        """What was remembered when the lease was taken; nobody has changed it since.

        Raises:
            StateError: It cannot be read.
        """
        return self._state()

    def announce(self, plan: str, addresses: Iterable[str]) -> None:
        """Say what will be written; before that nothing may be.

        Args:
            plan: Its digest.
            addresses: All that may be written.

        Raises:
            LeaseLostError: The lease is ours no more.
            StateError: It could not be kept; nothing may be written.
        """
        self.check()
        named = tuple(sorted(addresses))

        def decide(tip: Tip) -> Step:
            held = replace(self._mine(tip), plan=plan, addresses=named)
            return Step(f"{self.run} writes {len(named)}", replace(held, until=until(tip.now, self._seconds)))

        with self._busy:
            self._extend(self._patiently(decide))

    def check(self) -> float:
        """Return for how many seconds more the lease is ours; called before each batch.

        Raises:
            LeaseLostError: It has run out, or a renewal was refused. It stays so.
        """
        left = self._ends - elapsed()
        if self._lost is None and left <= 0:
            self._lost = lost(f"The lease of run {self.run} has run out before it could be renewed.")
        if self._lost is not None:
            raise LeaseLostError(self._lost.problems)
        return left

    def release(
        self,
        run: Run | None = None,
        changes: Sequence[RunChange] = (),
        *,
        rows: Iterable[LedgerRow] = (),
        gone: Iterable[str] = (),
        settled: Collection[str] = (),
    ) -> None:
        """End the lease, and keep what came of it: one step, so that they cannot disagree.

        Args:
            run: What was done; None when nothing was.
            changes: Of the run.
            rows: Of the ledger, as verified.
            gone: Addresses that leave the ledger.
            settled: Ids of earlier runs whose addresses were looked up.

        Raises:
            LeaseLostError: The lease is ours no more; nothing of it was kept.
            StateError: It could not be kept, or nobody knows.
        """
        self._end_renewing()

        def decide(tip: Tip) -> Step | None:
            if run is not None and any(known.run == run.run and known.ended for known in tip.runs()):
                return None  # an earlier attempt has arrived after all
            self._mine(tip)
            return Step(
                f"{self.run} has ended",
                None,
                project=self.project,
                rows=tuple(rows_),
                gone=tuple(gone_),
                add=((run, tuple(changes)),) if run is not None else (),
                settled=tuple(settled),
                at=stamp(tip.now),
            )

        rows_, gone_ = list(rows), list(gone)
        self._patiently(decide)
        self._released = True

    def end(self) -> None:
        """Leave nothing held; what was announced and never released stays an open run."""
        self._end_renewing()
        if self._released:
            return

        def decide(tip: Tip) -> Step | None:
            held = tip.lock
            if held is None or held.run != self.run:
                return None
            return Step(f"{self.run} has stopped", None, add=left_open(held, tip))

        try:
            self._backend.change(decide)
        except StateError:
            return  # then it ends by itself; whoever comes next takes it over

    def _mine(self, tip: Tip) -> Lock:
        held = tip.lock
        if held is None:
            raise lost(f"The lease of run {self.run} was taken away by a person.")
        if held.run != self.run:
            raise lost(f"The lease of run {self.run} has run out, and run {held.run} took it over.")
        return held

    def _patiently(self, decide: Decide) -> Tip:
        for attempt in range(1, _ATTEMPTS):
            try:
                return self._backend.change(decide)
            except UnreachableError:
                time.sleep(attempt * min(_PAUSE, self._seconds * _TRIED_AFTER))
        return self._backend.change(decide)

    def _extend(self, tip: Tip) -> None:
        self._ends = tip.asked + self._seconds * (1 - _MARGIN)

    def _renew(self) -> None:
        def decide(tip: Tip) -> Step:
            self.check()  # what has run out is never renewed, however long this process slept
            return Step(f"{self.run} goes on", replace(self._mine(tip), until=until(tip.now, self._seconds)))

        pause = self._seconds * _RENEWED_AFTER
        while not self._stop.wait(pause):
            try:
                with self._busy:
                    if self._stop.is_set():
                        return
                    self._extend(self._backend.change(decide))
                pause = self._seconds * _RENEWED_AFTER
            except LeaseLostError as error:
                self._lost = error
                return
            except StateError:
                pause = self._seconds * _TRIED_AFTER

    def _end_renewing(self) -> None:
        self._stop.set()
        self._renewing.join()


def left_open(lock: Lock, tip: Tip) -> Left:
    """Return the run that *lock* leaves behind, to be looked up; none when it had announced nothing."""
    if not lock.addresses or any(run.run == lock.run for run in tip.runs()):
        return ()
    run = Run(
        run=lock.run,
        started=lock.since,
        ended=None,
        commit=None,
        plan=lock.plan,
        by=lock.holder.user,
        project=lock.project,
        uncertain=lock.addresses,
    )
    return ((run, ()),)
