"""A scan from many places: however its pages arrive, it asks for no more than it may."""

import random
from bisect import bisect_left, bisect_right
from collections.abc import Collection, Mapping
from concurrent.futures import Future
from typing import Any

import pytest

from syncer.remote import scan as scanning
from syncer.remote.client import Page
from syncer.remote.scan import Scan
from tests.remote.test_query import growing_ids, skewed_ids, spread_ids


class Shuffled:
    """A list whose pages arrive one at a time, in an order that a seed decides."""

    entity = "Deals"
    workers = 16

    def __init__(self, ids: Collection[str], seed: int) -> None:
        self.asked = 0
        self._ids = sorted(ids)
        self._random = random.Random(seed)
        self._pending: list[tuple[Future[Page], Mapping[str, str]]] = []

    def page(self, params: Mapping[str, str]) -> Page:
        """One page, as a server gives it."""
        self.asked += 1
        ids, low, high = self._ids, 0, len(self._ids)
        place, operator = params.get("filter[id]", ""), params.get("filter-op[id]")
        if operator == "gte":
            low = bisect_left(ids, place)
        if operator == "lt":
            high = bisect_left(ids, place)
        total, size = high - low, int(params["first"])
        if params["order-by"] == "-id":
            high = bisect_left(ids, params["after"], low, high) if "after" in params else high
            found, more = ids[max(high - size, low) : high][::-1], high - size > low
        else:
            low = bisect_right(ids, params["after"], low, high) if "after" in params else low
            found, more = ids[low : min(low + size, high)], low + size < high
        return Page([{"id": id_} for id_ in found], total, found[-1] if found else None, more)

    def submit(self, params: Mapping[str, str]) -> Future[Page]:
        """Ask for a page; it arrives when somebody waits."""
        self._pending.append((Future(), params))
        return self._pending[-1][0]

    def counted(self, done: int, all_: int) -> None:
        """Nobody looks on."""

    def wait(self, futures: Collection[Future[Page]], return_when: str) -> tuple[set[Any], set[Any]]:
        """Let one of the pages arrive."""
        del return_when
        future, params = self._pending.pop(self._random.randrange(len(self._pending)))
        future.set_result(self.page(params))
        return {future}, set(futures) - {future}


@pytest.mark.parametrize(
    ("ids", "seed"),
    [
        (spread_ids(8000, 27), 27),
        (skewed_ids(10000, 4), 4),
        (skewed_ids(10000, 25), 25),
        (growing_ids(8000, 28), 28),
        (growing_ids(10000, 18), 18),
        (growing_ids(10050, 18), 18),
        *((spread_ids(4321, seed), seed) for seed in range(10)),
    ],
)
def test_a_scan_takes_no_more_than_a_twentieth_above_its_pages(
    monkeypatch: pytest.MonkeyPatch, ids: list[str], seed: int
) -> None:
    """Pages under way in a part whose size is only guessed may bring nothing; they are not counted on."""
    lister: Any = Shuffled(ids, seed)
    monkeypatch.setattr(scanning, "wait", lister.wait)
    scan = Scan(lister, lambda row: row)
    scan.begin()
    scan.finish()

    assert scan.rows.keys() == set(ids)
    assert lister.asked <= 1.05 * -(-len(ids) // 100)
