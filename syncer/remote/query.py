"""Read the records somebody asks for, with the fewest requests.

The cost decides between two ways. A *probe* is one filtered request for each value wanted; a *scan* reads
pages of 100 and drops what nobody wants. Several values in one filter are documented nowhere, so a probe asks
for one.
"""

import threading
from collections.abc import Callable, Collection, Mapping, Sequence
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from typing import Any, Final

from syncer import canon
from syncer.remote.client import Api, Refused, Row
from syncer.remote.scan import PAGE, DoubtError, Lister, Scan, Walk

_TOLERATED: Final = frozenset({400, 414, 422})


@dataclass(frozen=True, slots=True)
class Query:
    """Which records of one entity, and which of their fields.

    Attributes:
        entity: Plural in the path.
        load_only: Fields to load; `id` always is.
        expand: Relations to load as objects.
        where: Fields with the one value they must have, exactly.
        wanted: Values by field; a row is wanted when any of the fields has one of its values. None: all rows.
        ignore_case: Fields of `wanted` that are compared as e-mails, without the case of ASCII letters.
        trailing_blanks: Fields of `wanted` that are compared without their trailing blanks.
        include_deleted: Deleted rows too.
        way: `scan` or `probe` when that is settled; None lets the cost decide.
        take: What becomes of a wanted row as soon as it has arrived; None leaves it as it is. The rows nobody
            wants are then dropped at once.
        most: Pages that a scan may have; one that has more ends with the first, and what it was to find is
            left to another query. None: any number.
    """

    entity: str
    load_only: tuple[str, ...]
    expand: tuple[str, ...] = ()
    where: Mapping[str, str] = field(default_factory=dict)
    wanted: Mapping[str, frozenset[str]] | None = None
    ignore_case: frozenset[str] = frozenset()
    trailing_blanks: frozenset[str] = frozenset()
    include_deleted: bool = False
    way: str | None = None
    most: int | None = None
    take: Callable[[Row], Any] | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """What a query found.

    Attributes:
        rows: The wanted rows, or what `take` made of them, by id, each once.
        complete: Whether `rows` is every row that fulfils `where`, so that there is no other to look for.
        method: `probe` or `scan`; `left` for a scan that would have been too long.
        requests: Pages asked for, repetitions not counted.
        received: Bytes on the wire.
        scanned: Every row, when the method was scan and nothing was dropped.
    """

    rows: tuple[Any, ...]
    complete: bool
    method: str
    requests: int
    received: int
    scanned: tuple[Row, ...] | None = None


def read(api: Api, query: Query) -> Answer:
    """Read what one query wants.

    Raises:
        RemoteError: Refused, silent, or a list that cannot be read to its end.
        StoppedError: Somebody stopped the run.
    """
    return read_all(api, [query])[0]


def read_all(api: Api, queries: Sequence[Query]) -> list[Answer]:
    """Read what all *queries* want, at once, with no more requests on their way than the connection allows.

    A query is led by a thread of its own and every page is read in one common pool, which never waits for
    itself.

    Raises:
        RemoteError: Of a query that failed; the others are given up.
        StoppedError: Somebody stopped the run.
    """
    if not queries:
        return []
    pool = ThreadPoolExecutor(api.parallelism, "syncer-page")
    abandoned = threading.Event()
    try:
        if len(queries) == 1:
            return [_Reading(api, pool, queries[0], abandoned).answer()]
        with ThreadPoolExecutor(len(queries), "syncer-query") as leaders:
            futures = [leaders.submit(_Reading(api, pool, query, abandoned).answer) for query in queries]
            try:
                wait(futures, return_when=FIRST_EXCEPTION)
                for future in futures:
                    if future.done():
                        future.result()
                return [future.result() for future in futures]
            finally:
                abandoned.set()
    finally:
        abandoned.set()
        pool.shutdown(cancel_futures=True)


class _Reading:
    """One query being answered."""

    def __init__(self, api: Api, pool: ThreadPoolExecutor, query: Query, abandoned: threading.Event) -> None:
        self._query = query
        self._pool = pool
        wanted = query.wanted or {}
        self._wanted = {
            name: frozenset(self._folded(name, value) for value in values) for name, values in wanted.items()
        }
        params = {"load-only": ",".join(dict.fromkeys(("id", *query.load_only, *wanted)))}
        if query.expand:
            params["expand"] = ",".join(query.expand)
        params |= {f"filter[{name}]": value for name, value in query.where.items()}
        if query.include_deleted:
            params["include-deleted"] = "true"
        self._lister = Lister(api, pool, query.entity, params, abandoned)

    def answer(self) -> Answer:
        """Choose the cheaper way and go it."""
        query = self._query
        probes = [(name, value) for name in sorted(self._wanted) for value in sorted(self._wanted[name])]
        may_probe = query.wanted is not None and query.way != "scan"
        if may_probe and not probes:
            return Answer((), complete=False, method="probe", requests=0, received=0)
        at_once = len(probes) == 1 or query.way == "probe"
        if may_probe and at_once and (rows := self._probe_all(probes)) is not None:
            return self._told("probe", rows)
        scan = Scan(self._lister, self._kept)
        scan.begin()
        # The total decides; one probe was cheap enough to go without it.
        dear = scan.pages is not None and scan.pages - 1 > len(probes) and not scan.done
        if may_probe and not at_once and dear and (rows := self._probe_all(probes)) is not None:
            return self._told("probe", rows)
        if query.most is not None and not scan.done and (scan.pages is None or scan.pages > query.most):
            return self._told("left", {})
        scan.finish()
        return self._told("scan", scan.rows)

    def _told(self, method: str, found: Mapping[str, Any]) -> Answer:
        if method != "left":
            self._lister.went(method)
        rows = [row for _, row in sorted(found.items())]
        if self._query.take is None:
            rows = [row for row in rows if self._fits(row)]
            wanted = [row for row in rows if self._is_wanted(row)]
        else:
            wanted = [row for row in rows if row is not None]
        return Answer(
            rows=tuple(wanted),
            complete=self._query.wanted is None and method != "left",
            method=method,
            requests=self._lister.requests,
            received=self._lister.received,
            scanned=tuple(rows) if method == "scan" and self._query.take is None else None,
        )

    # Probes

    def _probe_all(self, probes: Collection[tuple[str, str]]) -> dict[str, Any] | None:
        """Return what the probes find, None when the service does not filter as asked."""
        futures = [self._pool.submit(self._probe, name, value) for name, value in probes]
        found: dict[str, Any] = {}
        try:
            for future in futures:
                found |= future.result()
        except Refused as refused:
            if refused.status not in _TOLERATED:
                raise
            return None
        except DoubtError:
            return None
        finally:
            for future in futures:
                future.cancel()
        return found

    def _probe(self, name: str, value: str) -> dict[str, Any]:
        params = {"first": str(PAGE), f"filter[{name}]": value}
        operator = ("i" if name in self._query.ignore_case else "") + (
            "starts" if name in self._query.trailing_blanks else "eq"
        )
        if operator != "eq":
            params[f"filter-op[{name}]"] = operator
        found: dict[str, Any] = {}
        totals: list[int] = []
        walk = Walk(params)
        while not walk.ended:
            page = self._lister.page(walk.next_params)
            totals += [] if page.total is None else [page.total]
            for row in page.rows:
                if not self._answers(row, name, value):
                    raise DoubtError
                found[row["id"]] = self._kept(row)
            walk.take(page, len(found))
        if totals and not min(totals) <= len(found) <= max(totals):
            raise DoubtError  # it proves nothing; a scan, which follows, is read twice before it fails
        return found

    def _answers(self, row: Row, name: str, value: str) -> bool:
        """Whether *row* can be the answer to a probe; some databases are lax about case and blanks."""
        if not isinstance(row.get("id"), str):
            return False
        if name not in row:
            return True
        text, asked = _text(row[name]).strip().casefold(), value.strip().casefold()
        return text.startswith(asked) if name in self._query.trailing_blanks else text == asked

    # Rows

    def _kept(self, row: Row) -> Any:
        """Return what is kept of a row that has arrived; None for nothing but its place."""
        take = self._query.take
        if take is None:
            return row
        return take(row) if self._fits(row) and self._is_wanted(row) else None

    def _is_wanted(self, row: Row) -> bool:
        if self._query.wanted is None:
            return True
        return any(
            self._folded(name, _text(row.get(name))) in values for name, values in self._wanted.items()
        )

    def _fits(self, row: Row) -> bool:
        return all(_text(row[name]) == value for name, value in self._query.where.items() if name in row)

    def _folded(self, name: str, text: str) -> str:
        if name in self._query.trailing_blanks:
            text = canon.text(text) or ""
        return canon.email(text) if name in self._query.ignore_case else text


def _text(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return "" if value is None else str(value)
