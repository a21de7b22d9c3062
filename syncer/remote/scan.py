"""Read every row of a list, from many places at once.

Rows are ordered by id, and the ids still unread form *gaps*. Each gap is walked from both of its ends until
the walkers meet; while workers are idle, the largest gap is split at a guessed id and walked from there in
both directions too. Nothing is asked only to measure: the first page read at a split brings rows, and its
`total` says how the gap was divided. A split may cost a page or two more than the rows need, so nothing is
split once the scan might take more than 21 requests for 20 pages.

An id never changes, so what existed before and after the scan is in exactly one gap and is read. Comparing
ids by a filter and ordering by them are documented only in general. So every page is checked to hold what
was asked for, and at the first doubt the walk from the start, which needs neither, is walked to the end.

A list has to agree with itself: as many rows as its `total` says. Rows come and go while it is read, so where
it does not, the total is asked for again, and then the list is read again from the start; what disagrees even
then is an error, since a list cut short would make plans that create what exists.
"""

import re
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import FIRST_COMPLETED, Executor, Future, wait
from dataclasses import dataclass, field
from itertools import pairwise
from math import inf, log2
from typing import Any, Final

from syncer.remote.client import Api, Page, Refused, Row
from syncer.remote.whole_rows import check, contradicts, names

PAGE: Final = 100
FIRST: Final = {"first": str(PAGE), "order-by": "id"}  # how the first page of a list is asked for
_STALE_PAGES: Final = 3
_FEW: Final = 5  # records that may come and go while a short list is read twice
_REFUSALS: Final = frozenset({400, 422})
_WORTH_SPLITTING: Final = 4  # pages
_STEADY: Final = 1.5
_UUID: Final = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


class DoubtError(Exception):
    """The service did not do what was asked of it in an undocumented way; ask in a plainer one."""


class AbandonedError(Exception):
    """Another query failed, so nobody waits for this one."""


class Lister:
    """The list of one entity: fixed parameters, counted requests. Safe to use from many threads.

    Attributes:
        requests: Pages asked for.
        received: Bytes on the wire.
    """

    def __init__(
        self,
        api: Api,
        pool: Executor,
        entity: str,
        params: Mapping[str, str],
        abandoned: threading.Event | None = None,
    ) -> None:
        self.entity = entity
        self.requests = 0
        self.received = 0
        self._api = api
        self._pool = pool
        self._params = params
        self._asked = names(params.get("load-only", ""))
        self._abandoned = abandoned or threading.Event()
        self._lock = threading.Lock()

    def went(self, way: str) -> None:
        """Note how the records were read."""
        self._api.went(self.entity, way)

    def counted(self, done: int, all_: int) -> None:
        """Report how many more records were read, or are to be read."""
        self._api.signs.counted(self.entity, done, all_)

    @property
    def workers(self) -> int:
        """Requests worth having on their way at once."""
        return self._api.parallelism

    def page(self, params: Mapping[str, str]) -> Page:
        """Ask for one page, unless all is in vain.

        Raises:
            RemoteError: Refused, silent, or a row lacks what was asked for.
        """
        if self._abandoned.is_set():
            raise AbandonedError
        with self._lock:
            self.requests += 1
        page = self._api.list_page(self.entity, {**self._params, **params})
        with self._lock:
            self.received += page.received
        check(self.entity, page.rows, self._asked)
        return page

    def is_ahead(self, params: Mapping[str, str]) -> bool:
        """Tell whether a page was sent for before anybody needed it."""
        return self._api.is_ahead(self.entity, {**self._params, **params})

    def submit(self, params: Mapping[str, str]) -> Future[Page]:
        """Ask for one page in the pool. Must not be called from inside the pool."""
        return self._pool.submit(self.page, params)


@dataclass(slots=True, eq=False)
class Walk:
    """Pages one after another by cursor.

    Attributes:
        params: What every page repeats: the order, and the filter that says where to begin.
        forward: Whether ids ascend.
        bound: Id at which it begins, itself included when going forward; None at the end of the list.
        cursor: Where the next page begins.
        position: The last id read.
        page: Ids of the last page that had rows.
        last: Ids of the last page.
        ended: Whether there is no further page.
        busy: Whether a page is on its way.
        seen: Cursors so far; a repeated one would go round for ever.
        stale: Pages in a row that brought nothing, or the same as the page before.
    """

    params: Mapping[str, str]
    forward: bool = True
    bound: str | None = None
    cursor: str | None = None
    position: str | None = None
    page: list[str] = field(default_factory=list)
    ended: bool = False
    busy: bool = False
    seen: set[str] = field(default_factory=set)
    last: list[str] = field(default_factory=list)
    stale: int = 0

    @property
    def next_params(self) -> Mapping[str, str]:
        """What to ask for next."""
        return self.params if self.cursor is None else {**self.params, "after": self.cursor}

    def take(self, page: Page, known: int) -> None:
        """Go on behind *page*; *known* rows are read by now, this page's included.

        Raises:
            DoubtError: The service says that there is more and not where.
        """
        ids = [str(row.get("id")).lower() for row in page.rows]
        self.stale = self.stale + 1 if not ids or ids == self.last else 0
        self.last = ids
        if page.has_next is False or (page.has_next is None and self._looks_last(page, known)):
            self.ended = True
        elif page.end_cursor is None or page.end_cursor in self.seen or self.stale > _STALE_PAGES:
            if page.total is None or known < page.total:
                raise DoubtError
            self.ended = True
        else:
            self.seen.add(page.end_cursor)
        self.cursor = page.end_cursor

    def _looks_last(self, page: Page, known: int) -> bool:
        # Without page_info there is nothing to walk on with; all is well only when nothing is left to read.
        if page.total is not None:
            return known >= page.total
        return len(page.rows) < int(self.params.get("first", "30")) and page.end_cursor is None


@dataclass(slots=True, eq=False)
class Gap:
    """Ids that are still unread: above `low` and below `high`.

    Attributes:
        forward: The walk that comes from below.
        backward: The walk that comes from above; None when there is none yet, which then begins at `high`.
        low: Everything up to here is read, or belongs to the gap before.
        high: Everything from here on is read, or belongs to the gap behind; None: the end of the list.
        left: Rows believed to be in it. Only the schedule goes by it.
        lopsided: How often in a row a split left nearly everything in this part.
        measured: Whether `left` is more than half of what was left before a split.
    """

    forward: Walk
    backward: Walk
    low: str | None
    high: str | None
    left: int
    lopsided: int = 0
    measured: bool = True

    @property
    def busy(self) -> int:
        """Pages on their way."""
        return self.forward.busy + self.backward.busy


class Scan:
    """All rows of a list.

    Attributes:
        rows: What was kept of each row, by id.
        total: Rows of the list as its first page says, when it does.
        size: Rows of a full page.
    """

    def __init__(self, lister: Lister, kept: Callable[[Row], Any]) -> None:
        self._lister = lister
        self._kept = kept
        self.rows: dict[str, Any] = {}
        self.total: int | None = None
        self.size = PAGE
        self._main = Walk({})
        self._in_order = False
        self._counted = False
        self._totals: list[int] = []
        self._gaps: list[Gap] = []
        self._allowed = 0
        self._asked = 1
        self._on_their_way: dict[Future[Page], tuple[Gap, Walk]] = {}

    def begin(self) -> None:
        """Read the first page."""
        page = self._first_page()
        ids = self._keep(page)
        self.total = page.total
        if page.has_next:
            self.size = max(len(page.rows), 1)
        self._in_order = "order-by" in self._main.params and _ascending(ids)
        self._went(self._main, ids)
        self._take(self._main, page)

    @property
    def pages(self) -> int | None:
        """Pages of the whole list, when known."""
        return None if self.total is None else -(-self.total // self.size)

    @property
    def ended(self) -> bool:
        """Whether the first page says that it is the last, whatever its total says."""
        return self._main.ended

    @property
    def done(self) -> bool:
        """Whether the first page was the last, and all there is."""
        return self._main.ended and not self._gap

    def finish(self) -> None:
        """Read the rest.

        Raises:
            RemoteError: Refused, silent, or a list that contradicts itself.
        """
        self._counted = True
        self._lister.counted(len(self.rows), self.total or 0)
        self._read_rest()
        if not self._gap or not self._gap_now():
            return
        first, first_gap = self.rows, self._gap
        self._lister.counted(0, max(self._totals))
        self.rows, self._totals = {}, []
        self._main = Walk(self._main.params)
        self._walk_on()
        changed = len(first.keys() ^ self.rows.keys())
        said, gives = sorted({*self._totals}), len(self.rows)
        gap = self._gap
        if first_gap < gap:
            self.rows, gap = first, first_gap
        # A record that came or went between two pages is miscounted at most once, and shows in one reading
        # only. Nothing explains a list that lacks a tenth.
        if gap > min(changed, max(len(self.rows) // 10, _FEW)):
            totals = " or ".join(f"{total:,}" for total in said)
            raise contradicts(
                self._lister.entity,
                f"the service says that there are {totals} records, and gives {gives:,}",
            )

    def _read_rest(self) -> None:
        if self._worth_more_than_one_walk():
            try:
                self._walk_gaps()
                if not self._gap or not self._gap_now():
                    return
            except DoubtError:
                pass
            self._settle()
        self._walk_on()

    @property
    def _gap(self) -> int:
        """How many rows there are too many or too few for what the service said at one time or another."""
        if not self._totals:
            return 0
        rows = len(self.rows)
        return max(min(self._totals) - rows, rows - max(self._totals), 0)

    def _gap_now(self) -> int:
        """Ask for the total again: records that come and go during the scan are no reason for doubt."""
        try:
            total = self._lister.page({**self._main.params, "first": "1"}).total
        except Refused:
            total = None
        if total is not None:
            self._totals.append(total)
        return self._gap

    def _first_page(self) -> Page:
        """Ask in the usual way, and in plainer ones should the service refuse it."""
        plainer: tuple[Mapping[str, str], ...] = (
            FIRST,
            {"first": str(PAGE)},
            {"order-by": "id"},
            {},
        )
        refusal: Refused | None = None
        for params in plainer:
            self._main = Walk(params)
            try:
                return self._lister.page(params)
            except Refused as refused:
                if refused.status not in _REFUSALS:
                    raise
                refusal = refusal or refused
        assert refusal is not None
        raise refusal

    # One walk

    def _walk_on(self) -> None:
        """Walk from the start to the end of the list."""
        while not self._main.ended:
            page = self._lister.submit(self._main.next_params).result()
            self._keep(page)
            self._take(self._main, page)

    def _take(self, walk: Walk, page: Page) -> None:
        if walk.bound is None and page.total is not None:
            self._totals.append(page.total)
        try:
            # How many rows there are behind a filter is not known, so any flaw there is a doubt.
            walk.take(page, len(self.rows) if walk is self._main else -1)
        except DoubtError:
            if walk is not self._main:
                raise
            raise contradicts(
                self._lister.entity,
                f"the service says that there is more after {len(self.rows):,} records, and not where",
            ) from None

    def _keep(self, page: Page) -> list[str]:
        ids = []
        before = len(self.rows)
        for row in page.rows:
            record_id = row.get("id")
            if not isinstance(record_id, str):
                raise contradicts(self._lister.entity, "a record came without its id")
            self.rows[record_id] = self._kept(row)
            ids.append(record_id.lower())
        if self._counted:
            self._lister.counted(len(self.rows) - before, 0)
        return ids

    # Many walks

    def _worth_more_than_one_walk(self) -> bool:
        if self._main.ended or not self._in_order or self.total is None or self.pages is None:
            return False
        if self._lister.workers < 2:
            return False
        extra = self.pages // 20
        self._allowed = self.pages + extra
        # Two walks that meet exactly between two pages need one more request to know it.
        return self.total % self.size != 0 or extra > 0

    def _walk_gaps(self) -> None:
        assert self.total is not None
        backward = Walk({**self._main.params, "order-by": "-id"}, forward=False)
        self._gaps = [Gap(self._main, backward, self._main.position, None, self.total - len(self.rows))]
        while self._gaps:
            while len(self._on_their_way) < self._lister.workers and (task := self._next_task()):
                task[1].busy = True
                self._asked += 1
                self._on_their_way[self._lister.submit(task[1].next_params)] = task
            done, _ = wait(self._on_their_way, return_when=FIRST_COMPLETED)
            for future in done:
                _, walk = self._on_their_way.pop(future)
                walk.busy = False
                self._arrived(walk, self._page_of(future, walk))

    def _page_of(self, future: Future[Page], walk: Walk) -> Page:
        try:
            return future.result()
        except Refused as refused:
            if walk is self._main or refused.status not in _REFUSALS:
                raise
            raise DoubtError from None

    def _settle(self) -> None:
        """Let what is on its way arrive; only the walk from the start is gone on with."""
        for future, (_, walk) in self._on_their_way.items():
            if walk is not self._main:
                future.cancel()
                continue
            page = future.result()
            self._keep(page)
            self._take(walk, page)
        self._on_their_way.clear()

    def _next_task(self) -> tuple[Gap, Walk] | None:
        """Return the walk whose next page brings most, splitting a gap when all of them are under way."""
        open_gaps = [
            gap
            for gap in self._gaps
            if gap.busy == 0 or (gap.busy == 1 and gap.measured and self._unclaimed(gap) > 0)
        ]
        if not open_gaps:
            return self._split()
        gap = max(open_gaps, key=self._unclaimed)
        return gap, (gap.forward if not gap.forward.busy else gap.backward)

    def _unclaimed(self, gap: Gap) -> int:
        return gap.left - gap.busy * self.size

    def _split(self) -> tuple[Gap, Walk] | None:
        """Divide the largest gap; its upper part begins a walk at once, the lower one gets its turn."""
        # A page under way in a part whose size is only guessed may bring next to nothing.
        left = (self._unclaimed(gap) if gap.measured else gap.left for gap in self._gaps)
        ahead = sum(max(rows, 0) // self.size + 1 for rows in left)
        if self._asked + ahead + 2 > self._allowed:
            return None
        worth = [gap for gap in self._gaps if self._unclaimed(gap) >= _WORTH_SPLITTING * self.size]
        places = [(gap, place) for gap in worth if (place := _middle(gap)) is not None]
        if not places:
            return None
        gap, place = max(places, key=lambda found: self._unclaimed(found[0]))
        at = {"filter[id]": place, "filter-op[id]": "gte"}
        below = {"filter[id]": place, "filter-op[id]": "lt"}
        upward = Walk({**self._main.params, **at}, bound=place)
        downward = Walk({**self._main.params, "order-by": "-id", **below}, forward=False, bound=place)
        upper = Gap(upward, gap.backward, None, gap.high, gap.left // 2, gap.lopsided, measured=False)
        gap.measured = False
        gap.backward, gap.high, gap.left = downward, place, gap.left - upper.left
        self._gaps.insert(self._gaps.index(gap) + 1, upper)
        return upper, upward

    def _arrived(self, walk: Walk, page: Page) -> None:
        began = walk.position is None
        before = len(self.rows)
        ids = self._keep(page)
        self._check(walk, ids)
        self._went(walk, ids)
        self._take(walk, page)
        gap = next((gap for gap in self._gaps if walk in (gap.forward, gap.backward)), None)
        if gap is None:
            return  # closed by the other walk meanwhile
        gap.left = max(gap.left - (len(self.rows) - before), 0)
        if began and walk.forward and walk.bound is not None and page.total is not None:
            self._learn(gap, walk.bound, page.total)
        if walk.forward:
            gap.low = walk.position or gap.low
        else:
            gap.high = walk.position or gap.high
        met = gap.low is not None and gap.high is not None and gap.low >= gap.high
        if walk.ended or met:
            self._gaps.remove(gap)

    def _check(self, walk: Walk, ids: list[str]) -> None:
        """Doubt the service unless the page is in order and lies where it was asked for."""
        if not ids:
            return
        if walk.forward:
            in_place = ids[0] > walk.position if walk.position else walk.bound is None or ids[0] >= walk.bound
            if in_place and _ascending(ids):
                return
        else:
            last = walk.position or walk.bound
            if (last is None or ids[0] < last) and _ascending(ids[::-1]):
                return
        raise DoubtError

    def _went(self, walk: Walk, ids: list[str]) -> None:
        if ids:
            walk.position = ids[-1]
            walk.page = ids

    def _learn(self, upper: Gap, place: str, above: int) -> None:
        """Take from the number of rows from *place* on how a split divided its gap."""
        assert self.total is not None
        index = self._gaps.index(upper)
        known = sum(record_id.lower() >= place for record_id in self.rows)
        upper.left = max(above - known - sum(gap.left for gap in self._gaps[index + 1 :]), 0)
        upper.measured = True
        if not index:
            return  # what lay below is read already
        lower = self._gaps[index - 1]
        lower.measured = True
        below = self.total - above - (len(self.rows) - known)
        lower.left = max(below - sum(gap.left for gap in self._gaps[: index - 1]), 0)
        smaller, larger = sorted((lower, upper), key=lambda gap: gap.left)
        larger.lopsided = larger.lopsided + 1 if smaller.left * 8 < larger.left else 0


def _ascending(ids: list[str]) -> bool:
    return all(before < after for before, after in pairwise(ids))


def _middle(gap: Gap) -> str | None:
    """Guess the id in the middle of the rows of a gap, None when there is nothing to go by.

    Ids begin with the time of creation, so records loaded in bulk lie close together, and a growing business
    makes more of them every year. When the rows at one end are so dense that half of the gap's rows would lie
    well before its middle, the guess goes by that end; after a lopsided split by the middle.
    """
    if not gap.low or not gap.high or not gap.forward.page or not gap.backward.page:
        return None
    if not _UUID.fullmatch(gap.low) or not _UUID.fullmatch(gap.high):
        return None
    low, high = _number(gap.low), _number(gap.high)
    middle = (low + high) // 2
    from_low, from_high = (_reach(walk.page, gap.left // 2) for walk in (gap.forward, gap.backward))
    if gap.lopsided % 2 == 0 and min(from_low, from_high) * 4 < high - low:
        middle = int(low + from_low if from_low <= from_high else high - from_high)
    return _uuid(middle) if low < middle < high else None


def _reach(page: list[str], rows: int) -> float:
    """Guess how far behind the last id of *page* so many *rows* reach."""
    places = [_number(record_id) for record_id in page if _UUID.fullmatch(record_id)]
    if len(places) < 8:
        return inf
    count = len(places)
    half, whole = abs(places[count // 2] - places[0]), abs(places[-1] - places[0])
    quarter = abs(places[-1] - places[-1 - count // 4])
    steady = quarter / (count // 4) * rows  # as dense as the end of the page
    bend = log2(whole / half) if half and whole else 1.0
    if bend < _STEADY:
        return steady
    grown: float = ((count + rows) / count) ** min(bend, 8.0)
    return max(steady, whole * (grown - 1.0))  # ever less dense


def _number(uuid: str) -> int:
    return int(uuid.replace("-", ""), 16)


def _uuid(number: int) -> str:
    digits = f"{number:032x}"
    return "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]))
