"""Items → requests → fates: batches in flight, halved when refused, looked up when uncertain."""

import math
import threading
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from enum import StrEnum
from itertools import groupby
from typing import Any, Final

from syncer.apply.journal import Journal
from syncer.apply.judge import Current
from syncer.errors import Problem, RemoteError, StoppedError
from syncer.model import Change
from syncer.remote.client import Api, BatchAnswer, Refused
from syncer.remote.server_error import ServerError

MAX_BATCH: Final = 100  # MS: at most 100 records a request; nothing else is documented
GRACE: Final = 3.0  # seconds in which a server may still commit what it was asked before
ROUNDS: Final = 5
_TOO_LARGE: Final = frozenset({413, 414})
_VALIDATION: Final = 422
_HOPELESS: Final = frozenset(
    {"unauthorized", "forbidden", "space-not-found", "tls", "redirected", "time-limit", "unreachable"}
)


@dataclass(frozen=True, slots=True, eq=False)
class Item:
    """One thing to write.

    Attributes:
        change: The change it belongs to.
        entity: Plural in the path.
        operation: `batch-modify` or `batch-delete`.
        body: Item of the batch: a body, or an id.
        landed: Returns the id of what is there when the records show that it was written, else None.
    """

    change: Change
    entity: str
    operation: str
    body: Any
    landed: Callable[[Current], str | None]


class State(StrEnum):
    """What became of an item."""

    DONE = "done"
    FAILED = "failed"
    UNKNOWN = "unknown"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True)
class Fate:
    """What became of an item: the record's id when it was written, the service's words when it was not."""

    state: State
    id: str | None = None
    error: ServerError | None = None
    problem: Problem | None = None
    adopted: bool = False


@dataclass(slots=True)
class Options:
    """How apply writes.

    Attributes:
        parallelism: Batches in flight.
        grace: Seconds to wait before what was not answered is looked up.
        max_batch: Items of a request to begin with; what the service takes is learnt.
    """

    parallelism: int = 4
    grace: float = GRACE
    max_batch: int = MAX_BATCH


@dataclass(frozen=True, slots=True)
class _Left:
    """What one request left open: smaller batches to send, items nobody knows the fate of."""

    halves: Sequence[list[Item]] = ()
    uncertain: Sequence[Item] = ()


class Writer:
    """Sends items, and does not rest until the fate of each is known or nobody can know it.

    Args:
        api: An open connection.
        journal: Where intents are noted before they are sent.
        reread: Reads what the given changes are about.
        options: How to write.
        progress: Called with the number of items that were settled.
    """

    def __init__(
        self,
        api: Api,
        journal: Journal,
        reread: Callable[[Sequence[Change]], Current],
        options: Options,
        progress: Callable[[int], None],
    ) -> None:
        self._api = api
        self._journal = journal
        self._reread = reread
        self._options = options
        self._progress = progress
        self._limit = options.max_batch
        self._lock = threading.Lock()
        self._fates: dict[Item, Fate] = {}
        self.stopped = False
        self.hopeless: RemoteError | None = None

    def write(self, items: Sequence[Item]) -> dict[Item, Fate]:
        """Write *items*; items of one entity and operation share requests, in the order given.

        Returns:
            The fate of every item.
        """
        self._fates = {}
        todo = list(items)
        for _ in range(ROUNDS):
            uncertain = self._send_all(todo)
            if not uncertain:
                break
            todo = self._look_up(uncertain)
            if not todo:
                break
        else:
            self._settle_all(todo, Fate(State.FAILED, problem=_gave_up(ROUNDS)))
        return self._fates

    # --- sending ----------------------------------------------------------------------------------------

    def _send_all(self, items: Sequence[Item]) -> list[Item]:
        """Send *items* once; return those of which nobody knows whether they were written."""
        uncertain: list[Item] = []
        for _, group in groupby(
            sorted(items, key=lambda item: (item.entity, item.operation)),
            key=lambda item: (item.entity, item.operation),
        ):
            uncertain += self._send_group(list(group))
        return uncertain

    def _send_group(self, items: list[Item]) -> list[Item]:
        queue = deque(items)
        uncertain: list[Item] = []
        workers = max(1, min(self._options.parallelism, math.ceil(len(items) / self._limit)))

        def work() -> None:
            halves: list[list[Item]] = []
            while True:
                with self._lock:
                    size = self._limit
                    if halves:
                        chunk = halves.pop()
                    else:
                        chunk = [queue.popleft() for _ in range(min(size, len(queue)))]
                if not chunk:
                    return
                if self.stopped or self.hopeless:
                    self._settle_all(chunk, Fate(State.SKIPPED, problem=self._why()))
                    continue
                left = self._send(chunk)
                halves.extend(left.halves)
                with self._lock:
                    uncertain.extend(left.uncertain)

        def noted() -> None:
            try:
                work()
            except BaseException:
                self.stopped = True
                raise

        if workers == 1:
            noted()
            return uncertain
        with ThreadPoolExecutor(workers, thread_name_prefix="apply") as pool:
            for future in [pool.submit(noted) for _ in range(workers)]:
                future.result()
        return uncertain

    def _send(self, chunk: list[Item]) -> _Left:
        """Send one request; return what is left to do about it."""
        first = chunk[0]
        addresses = list(dict.fromkeys(item.change.address for item in chunk))
        number = self._journal.intent(first.entity, first.operation, addresses)
        try:
            answer = self._api.batch(first.entity, first.operation, [item.body for item in chunk])
        except StoppedError:
            self.stopped = True
            self._journal.outcome(number, done={}, failed=addresses)
            self._settle_all(chunk, Fate(State.SKIPPED))
            return _Left()
        except RemoteError as error:
            return self._not_answered(chunk, number, addresses, error)
        if answer.refusal is not None:
            self._journal.outcome(number, done={}, failed=addresses)
            return self._refused(chunk, answer.refusal)
        self._answered(chunk, number, answer)
        return _Left()

    def _not_answered(
        self, chunk: list[Item], number: int, addresses: list[str], error: RemoteError
    ) -> _Left:
        problem = error.problems[0]
        if error.sent:
            self._journal.outcome(number, done={}, uncertain=addresses)
            if problem.code == "timeout":
                self._learn(len(chunk))
            return _Left(uncertain=chunk)
        self._journal.outcome(number, done={}, failed=addresses)
        if isinstance(error, Refused) and len(chunk) > 1:
            return self._halves(chunk)
        if problem.code in _HOPELESS and self.hopeless is None:
            self.hopeless = error
        self._settle_all(chunk, Fate(State.FAILED, problem=problem))
        return _Left()

    def _refused(self, chunk: list[Item], refusal: ServerError) -> _Left:
        """Halve a batch that was refused whole, until the bad item is alone."""
        if refusal.http_status in _TOO_LARGE or refusal.http_status != _VALIDATION:
            self._learn(len(chunk))
        if len(chunk) > 1:
            return self._halves(chunk)
        self._settle_all(chunk, Fate(State.FAILED, error=refusal))
        return _Left()

    def _halves(self, chunk: list[Item]) -> _Left:
        middle = len(chunk) // 2
        return _Left(halves=[chunk[middle:], chunk[:middle]])

    def _learn(self, refused: int) -> None:
        """Take smaller batches from now on."""
        with self._lock:
            self._limit = max(1, min(self._limit, refused // 2))

    def _answered(self, chunk: list[Item], number: int, answer: BatchAnswer) -> None:
        """Tell which answer is whose.

        By position, which is our assumption; an error that names another position (`entity_index`) shows that
        the assumption is wrong, and then ids are left to the read-back.
        """
        errors: dict[int, ServerError] = {}
        ordered = True
        for position, result in enumerate(answer.items):
            if isinstance(result, ServerError):
                index = result.entity_index
                whose = index if index is not None and 0 <= index < len(chunk) else position
                ordered = ordered and whose == position
                errors[whose] = result
        done: dict[str, str | None] = {}
        failed = []
        for position, item in enumerate(chunk):
            if position in errors:
                failed.append(item.change.address)
                self._settle(item, Fate(State.FAILED, error=errors[position]))
                continue
            result = answer.items[position]
            id_ = result if ordered and isinstance(result, str) else None
            done[item.change.address] = id_
            self._settle(item, Fate(State.DONE, id_))
        self._journal.outcome(number, done=done, failed=failed)

    # --- looking up -------------------------------------------------------------------------------------

    def _look_up(self, items: list[Item]) -> list[Item]:
        """Find out which uncertain *items* were written; return those to send again."""
        if self.stopped:
            self._settle_all(items, Fate(State.UNKNOWN))
            return []
        try:
            self._api.pause(self._options.grace)
            current = self._reread([item.change for item in items])
        except StoppedError:
            self.stopped = True
            self._settle_all(items, Fate(State.UNKNOWN))
            return []
        except RemoteError as error:
            self._settle_all(items, Fate(State.UNKNOWN, problem=error.problems[0]))
            return []
        again = []
        settled: dict[str, str | None] = {}
        for item in items:
            id_ = item.landed(current)
            settled[item.change.address] = id_
            if id_ is None:
                again.append(item)
            else:
                self._settle(item, Fate(State.DONE, id_, adopted=True))
        self._journal.settled(settled)
        return again

    # --- settling ---------------------------------------------------------------------------------------

    def _settle(self, item: Item, fate: Fate) -> None:
        with self._lock:
            self._fates[item] = fate
        self._progress(1)

    def _settle_all(self, items: Sequence[Item], fate: Fate) -> None:
        for item in items:
            self._settle(item, fate)

    def _why(self) -> Problem | None:
        return self.hopeless.problems[0] if self.hopeless else None


def _gave_up(rounds: int) -> Problem:
    return Problem(
        "server-error",
        f"The service did not take it in {rounds} tries; each time it was looked up and was not there.",
        hint="apply again later",
    )
