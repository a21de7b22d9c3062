"""Items → requests → fates: batches in flight, halved when refused, looked up when uncertain."""

import math
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import groupby
from typing import Any, Final

from syncer.apply.journal import Journal
from syncer.apply.judge import Current
from syncer.model.change import Change
from syncer.model.problem import Problem, RemoteError, Severity, StoppedError, SyncerError
from syncer.remote.client import Api, BatchAnswer
from syncer.remote.server_error import ServerError

MAX_BATCH: Final = 100  # MS: at most 100 records a request; nothing else is documented
GRACE: Final = 3.0  # seconds in which a server may still commit what it was asked before
CREATE: Final = "create"  # the operation of what is posted alone
PATIENCE: Final = 3  # rounds in a row in which nothing is written, until the rest is given up
_ABOUT_SIZE: Final = frozenset({413, 414})
# Statuses that may be about one item, or about how many there are: smaller batches tell.
_ABOUT_BATCH: Final = frozenset({400, 409, 413, 414, 422})
_HOPELESS: Final = frozenset(
    {
        "unauthorized",
        "forbidden",
        "space-not-found",
        "tls",
        "redirected",
        "time-limit",
        "unreachable",
        "rate-limited",
    }
)


class ItemState(StrEnum):
    """What became of an item."""

    DONE = "done"
    FAILED = "failed"
    CONFLICT = "conflict"
    UNKNOWN = "unknown"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True)
class ItemResult:
    """What became of an item: the record's id when it was written, the service's words when it was not."""

    state: ItemState
    id: str | None = None
    error: ServerError | None = None
    problem: Problem | None = None
    adopted: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Item:
    """One thing to write.

    Attributes:
        change: The change it belongs to.
        entity: Plural in the path.
        operation: `batch-modify`, `batch-delete`, `batch-restore`; CREATE for a record that is posted alone.
        body: Item of the batch: a body, or an id.
        look: Returns its fate as the records tell it, None when it was not written and may be sent again.
    """

    change: Change
    entity: str
    operation: str
    body: Any
    look: Callable[[Current], ItemResult | None]


@dataclass(slots=True)
class Options:
    """How apply writes.

    Attributes:
        parallelism: Batches in flight.
        grace: Seconds to wait before what was not answered is looked up.
        max_batch: Items of a request to begin with; what the service takes is learnt.
        look_alikes: What it is when something looks like what is created, and appeared after the plan.
        quiet_wait: Wait the grace time before creates are judged, where nothing proves a quiet past.
        began: When apply began, by the monotonic clock.
    """

    parallelism: int = 4
    grace: float = GRACE
    max_batch: int = MAX_BATCH
    look_alikes: Severity = Severity.WARNING
    quiet_wait: bool = True
    began: float = field(default_factory=time.monotonic)


@dataclass(frozen=True, slots=True)
class _Sent:
    """How sending some items went.

    Attributes:
        accepted: No batch of them was refused as a whole.
        uncertain: Batches nobody knows the fate of.
    """

    accepted: bool
    uncertain: tuple[list[Item], ...] = ()


class Writer:
    """Sends items, and does not rest until the fate of each is known or nobody can know it.

    Args:
        api: An open connection.
        journal: Where intents are noted before they are sent.
        reread: Reads what the given changes are about.
        options: How to write.
        progress: Called with the number of items that were settled.
        check: Called before each request; raises when nothing may be written any more.

    Attributes:
        stopped: Somebody stopped the run; nothing more is sent.
        hopeless: Why nothing more is sent otherwise: the next request would fail as well.
    """

    def __init__(
        self,
        api: Api,
        journal: Journal,
        reread: Callable[[Sequence[Change]], Current],
        options: Options,
        progress: Callable[[int], None],
        check: Callable[[], object] = lambda: None,
    ) -> None:
        self._api = api
        self._journal = journal
        self._reread = reread
        self._options = options
        self._progress = progress
        self._check = check
        self._limit = options.max_batch
        self._lock = threading.Lock()
        self._fates: dict[Item, ItemResult] = {}
        self._said_why = False
        self.stopped = False
        self.hopeless: SyncerError | None = None

    @property
    def limit(self) -> int:
        """Items that the service is known, or hoped, to take in a request."""
        return self._limit

    def give_up(self, why: SyncerError) -> None:
        """Send nothing more, since *why*."""
        self.hopeless = self.hopeless or why

    def write(self, items: Sequence[Item]) -> dict[Item, ItemResult]:
        """Write *items*; those of one entity and operation share requests, in the order given.

        Returns:
            The fate of every item.
        """
        self._fates = {}
        for _, alike in groupby(sorted(items, key=_route), key=_route):
            self._write_alike(list(alike))
        return self._fates

    def _write_alike(self, items: list[Item]) -> None:
        """Send, look up what is uncertain, send again in halves what is not there.

        Halves, because the server may trip over one item: it ends alone, and costs no other its write.
        """
        chunks = [items]
        idle = 0
        while chunks:
            known = len(self._fates)
            uncertain = self._send_all(chunks)
            chunks = [half for chunk in self._look_up(uncertain) for half in _halves(chunk)]
            idle = idle + 1 if len(self._fates) == known else 0
            if idle == PATIENCE:
                self._settle_all(
                    [item for chunk in chunks for item in chunk],
                    ItemResult(ItemState.FAILED, problem=_GAVE_UP),
                )
                return

    # --- sending ----------------------------------------------------------------------------------------

    def _send_all(self, chunks: Sequence[list[Item]]) -> list[list[Item]]:
        """Send every item once; return the batches of which nobody knows whether they were written."""
        queue = deque(chunks)
        uncertain: list[list[Item]] = []

        def work() -> None:
            try:
                while chunk := self._next(queue):
                    sent = self._send(chunk)
                    with self._lock:
                        uncertain.extend(sent.uncertain)
            except BaseException:  # a bug of ours: send no more, crash with the traceback
                queue.clear()
                raise

        batches = sum(math.ceil(len(chunk) / self._most(chunk)) for chunk in chunks)
        workers = min(self._options.parallelism, batches)
        if workers == 1:
            work()
            return uncertain
        with ThreadPoolExecutor(workers, thread_name_prefix="apply") as pool:
            for future in [pool.submit(work) for _ in range(workers)]:
                future.result()
        return uncertain

    def _next(self, queue: deque[list[Item]]) -> list[Item]:
        """Take the next batch, no larger than the service is known to accept; [] when all are taken."""
        with self._lock:
            if not queue:
                return []
            chunk = queue.popleft()
            most = self._most(chunk)
            if rest := chunk[most:]:
                queue.appendleft(rest)
            return chunk[:most]

    def _most(self, chunk: Sequence[Item]) -> int:
        """Return how many items of *chunk* go in one request."""
        return 1 if chunk[0].operation == CREATE else self._limit

    def _send(self, chunk: list[Item]) -> _Sent:
        """Send one batch, in smaller ones where it is refused whole."""
        if self.stopped or self.hopeless:
            self._skip(chunk)
            return _Sent(accepted=False)
        first = chunk[0]
        addresses = list(dict.fromkeys(str(item.change.address) for item in chunk))
        try:
            self._check()
            number = self._journal.intent(first.entity, first.operation, addresses)
        except SyncerError as error:
            self.hopeless = error
            return self._send(chunk)
        try:
            answer = self._request(first, [item.body for item in chunk])
        except StoppedError:
            self.stopped = True
            self._note(number, failed=addresses)
            return self._send(chunk)
        except RemoteError as error:
            return self._not_answered(chunk, number, addresses, error)
        if answer.refusal is not None:
            self._note(number, failed=addresses)
            return self._refused(
                chunk, answer.refusal.http_status, ItemResult(ItemState.FAILED, error=answer.refusal)
            )
        self._answered(chunk, number, answer)
        return _Sent(accepted=True)

    def _request(self, first: Item, bodies: Sequence[Any]) -> BatchAnswer:
        if first.operation == CREATE:
            return self._api.create(first.entity, bodies[0])
        return self._api.batch(first.entity, first.operation, bodies)

    def _not_answered(
        self, chunk: list[Item], number: int, addresses: list[str], error: RemoteError
    ) -> _Sent:
        problem = error.problems[0]
        if error.sent:
            self._note(number, uncertain=addresses)
            if problem.code == "timeout":
                self._learn(len(chunk))
            return _Sent(accepted=False, uncertain=(chunk,))
        self._note(number, failed=addresses)
        fate = ItemResult(ItemState.FAILED, problem=problem)
        if error.status in _ABOUT_BATCH:
            return self._refused(chunk, error.status, fate)
        if problem.code in _HOPELESS:
            self.hopeless = self.hopeless or error
        self._settle_all(chunk, fate)
        return _Sent(accepted=False)

    def _refused(self, chunk: list[Item], status: int | None, fate: ItemResult) -> _Sent:
        """Halve a batch that was refused whole, until the bad item is alone."""
        if status in _ABOUT_SIZE:
            self._learn(len(chunk))
        if len(chunk) == 1:
            self._settle(chunk[0], fate)
            return _Sent(accepted=False)
        sent = [self._send(piece) for half in _halves(chunk) for piece in self._cut(half)]
        if all(part.accepted for part in sent):
            # None of its items was at fault, so there were too many of them.
            self._learn(len(chunk))
        return _Sent(accepted=False, uncertain=tuple(batch for part in sent for batch in part.uncertain))

    def _cut(self, half: list[Item]) -> Iterator[list[Item]]:
        """Yield *half*, in pieces when the first half has taught that it is too large."""
        while half:
            size = self._limit
            yield half[:size]
            half = half[size:]

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
                failed.append(str(item.change.address))
                self._settle(item, ItemResult(ItemState.FAILED, error=errors[position]))
                continue
            result = answer.items[position]
            id_ = result if ordered and isinstance(result, str) else None
            done[str(item.change.address)] = id_
            self._settle(item, ItemResult(ItemState.DONE, id_))
        self._note(number, done=done, failed=failed)

    def _note(self, number: int, **told: Any) -> None:
        """Note what became of a request; if that cannot be noted, it is the last one."""
        try:
            self._journal.outcome(number, **told)
        except SyncerError as error:
            self.hopeless = self.hopeless or error

    # --- looking up -------------------------------------------------------------------------------------

    def _look_up(self, chunks: Sequence[list[Item]]) -> list[list[Item]]:
        """Find out what became of uncertain batches; return those items that were not written."""
        items = [item for chunk in chunks for item in chunk]
        if not items:
            return []
        try:
            self._api.pause(self._options.grace, "an answer was lost, and what was sent may still come")
            current = self._reread([item.change for item in items])
        except StoppedError:
            self.stopped = True
            self._settle_all(items, ItemResult(ItemState.UNKNOWN))
            return []
        except RemoteError as error:
            self._settle_all(items, ItemResult(ItemState.UNKNOWN, problem=error.problems[0]))
            return []
        settled: dict[str, str | None] = {}
        absent = []
        for chunk in chunks:
            missing = []
            for item in chunk:
                fate = item.look(current)
                if fate is None:
                    missing.append(item)
                else:
                    self._settle(item, fate)
                if fate is None or fate.state is not ItemState.UNKNOWN:
                    settled[str(item.change.address)] = fate.id if fate else None
            absent.append(missing)
        try:
            self._journal.settled(settled)
        except SyncerError as error:
            self.hopeless = self.hopeless or error
        return absent

    def _skip(self, chunk: Sequence[Item]) -> None:
        """Settle what is not sent any more; why is told once, with the first of them."""
        first, *rest = chunk
        with self._lock:
            problem = self.hopeless.problems[0] if self.hopeless and not self._said_why else None
            self._said_why = self._said_why or problem is not None
        self._settle(first, ItemResult(ItemState.SKIPPED, problem=problem))
        self._settle_all(rest, ItemResult(ItemState.SKIPPED))

    # --- settling ---------------------------------------------------------------------------------------

    def _settle(self, item: Item, fate: ItemResult) -> None:
        with self._lock:
            self._fates[item] = fate
        if fate.state is not ItemState.SKIPPED:
            self._progress(1)

    def _settle_all(self, items: Sequence[Item], fate: ItemResult) -> None:
        for item in items:
            self._settle(item, fate)


def _route(item: Item) -> tuple[str, str]:
    return item.entity, item.operation


def _halves(chunk: list[Item]) -> list[list[Item]]:
    middle = math.ceil(len(chunk) / 2)
    return [half for half in (chunk[:middle], chunk[middle:]) if half]


_GAVE_UP: Final = Problem(
    "server-error",
    f"The service did not take it in {PATIENCE} tries; each time it was looked up and was not there.",
    hint="apply again later",
)
