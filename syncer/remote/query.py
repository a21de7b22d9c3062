"""Read the records somebody asks for, with the fewest requests.

The cost decides between two ways. A *probe* is one filtered request for each value wanted; a *scan* reads
pages of 100 and drops what nobody wants. Several values in one filter are documented nowhere, so a probe asks
for one. A query may name another list *through* which its rows are found as well, such as the opportunities
of an account; that is a third way, as cheap as that list is short.

Whichever way is gone, the same rows are wanted: what a scan would find and no probe could is not wanted.
"""

import threading
import unicodedata
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from functools import partial, reduce
from math import inf
from operator import or_
from typing import Any, Final

from syncer.model.problem import RemoteError
from syncer.remote.client import Api, Refused, Row
from syncer.remote.scan import FIRST, PAGE, DoubtError, Lister, Scan, Walk
from syncer.shapes import canon

_TOLERATED: Final = frozenset({400, 414, 422})
_TELLING: Final = 4  # letters with which a text begins that are worth asking for
_SAMPLE: Final = 20  # so that a look at some lists in vain is a twentieth of the requests at most


@dataclass(frozen=True, slots=True)
class Through:
    """Another list whose rows lead to those of the query, for instance from accounts to opportunities.

    Attributes:
        entity: Plural in the path.
        field: Its field that is asked for.
        relation: The row that is wanted, as a relation to expand.
        other: The relation that holds something instead where the wanted one is empty, if there is one.
        most: How many values there are at most.
        values: Returns the values; may wait for them.
        fits: Tells whether a row belongs to a value; if not, the list contradicts itself.
    """

    entity: str
    field: str
    relation: str
    other: str | None
    most: int
    values: Callable[[], Collection[str]]
    fits: Callable[[Row, str], bool]


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
        as_text: Fields of `wanted` that are compared as `canon.text` has them: however letters are composed,
            and without trailing blanks.
        rarely: Fields of `wanted` that few rows fill. These rows are listed, where it takes fewer requests
            than to ask for each value.
        also: Tells which rows are wanted besides, that are found by a scan, through another list or by how
            a text of theirs begins.
        through: Another list that finds those.
        stems: Beginnings by field, whatever the case of ASCII letters, that find those.
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
    as_text: frozenset[str] = frozenset()
    rarely: frozenset[str] = frozenset()
    also: Callable[[Row], bool] | None = None
    through: Through | None = None
    stems: Mapping[str, frozenset[str]] = field(default_factory=dict)
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


def ask_ahead(api: Api, queries: Iterable[Query]) -> None:
    """Send for the first page of each query; whoever reads it later finds it there, or on its way."""
    for query in queries:
        api.ask_ahead(query.entity, {**_params(query), **FIRST})


def _params(query: Query) -> dict[str, str]:
    """Return what every page of a query asks for."""
    params = {
        "load-only": ",".join(dict.fromkeys(("id", *query.load_only, *(query.wanted or ()), *query.stems)))
    }
    if query.expand:
        params["expand"] = ",".join(query.expand)
    params |= {f"filter[{name}]": value for name, value in query.where.items()}
    if query.include_deleted:
        params["include-deleted"] = "true"
    return params


class _Reading:
    """One query being answered."""

    def __init__(self, api: Api, pool: ThreadPoolExecutor, query: Query, abandoned: threading.Event) -> None:
        self._api = api
        self._query = query
        self._pool = pool
        self._abandoned = abandoned
        self._others: list[Lister] = []
        wanted = query.wanted or {}
        self._wanted = {
            name: frozenset(self._folded(name, value) for value in values) for name, values in wanted.items()
        }
        self._lister = Lister(api, pool, query.entity, _params(query), abandoned)

    def answer(self) -> Answer:
        """Choose the cheaper way and go it."""
        query = self._query
        probes = list(self._probes())
        number = self._least(probes) + (query.through.most if query.through else 0)
        may_probe = query.wanted is not None and query.way != "scan"
        if may_probe and not number:
            return Answer((), complete=False, method="probe", requests=0, received=0)
        # How long another list is nobody knows beforehand, so it is begun only where a scan is dearer.
        at_once = query.way == "probe" or (
            number == 1 and query.through is None and not self._lister.is_ahead(FIRST)
        )
        if may_probe and at_once and (rows := self._found(probes, None)) is not None:
            return self._told("probe", rows)
        scan = Scan(self._lister, self._kept)
        scan.begin()
        # The total decides, unless the page itself contradicts it: then it is the scan that has to find out.
        # One probe was cheap enough to go without it.
        dear = scan.pages is not None and scan.pages - 1 > number and not scan.ended
        if may_probe and not at_once and dear and scan.pages is not None:
            rows = self._found(probes, scan.pages - 1)
            if rows is not None:
                return self._told("probe", rows)
        if query.most is not None and not scan.done and (scan.pages is None or scan.pages > query.most):
            return self._told("left", {})
        scan.finish()
        return self._told("scan", scan.rows)

    def _probes(self) -> Iterator[tuple[str, str]]:
        """Yield the fields and values to ask for, one a request."""
        for name, values in sorted(self._wanted.items()):
            asked = values
            if name in self._query.as_text:
                asked = frozenset(beginning for value in values for beginning in beginnings(value))
            yield from ((name, value) for value in sorted(asked))
        for name, values in sorted(self._query.stems.items()):
            yield from ((name, value) for value in sorted(values))

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
            requests=sum(lister.requests for lister in (self._lister, *self._others)),
            received=sum(lister.received for lister in (self._lister, *self._others)),
            scanned=tuple(rows) if method == "scan" and self._query.take is None else None,
        )

    # Through another list

    def _found(self, probes: Collection[tuple[str, str]], most: int | None) -> dict[str, Any] | None:
        """Return what the probes and the other list find; None when that is not possible, or not cheap.

        Args:
            probes: Fields and their values.
            most: Requests that all of it may cost; None: any number.
        """
        through = self._query.through
        rest = None if most is None else most - self._least(probes)
        led = self._led(through, rest) if through is not None else {}
        if led is None:
            return None
        left = [probe for probe in probes if probe[0] != "id" or probe[1] not in led]
        listed = self._rare_all(left)
        left = [probe for probe in left if probe[0] not in listed]
        if most is not None and len(left) > most:
            return None  # a rare field is not so rare
        probed = self._probe_all(left)
        return None if probed is None else reduce(or_, listed.values(), led | probed)

    def _led(self, through: Through, most: int | None) -> dict[str, Any] | None:
        values = sorted(through.values())
        sample = len(values) if most is None else max(1, most // _SAMPLE)
        try:
            scans = self._begin_all(through, values[:sample])
            pages = sum(map(_pages, scans))
            if most is not None and pages * len(values) > most * max(len(scans), 1):
                return None
            scans += self._begin_all(through, values[sample:])
            if most is not None and sum(map(_pages, scans)) - len(scans) > most:
                return None
            for scan in scans:
                if not scan.done:
                    scan.finish()
        except Refused as refused:
            if refused.status not in _TOLERATED:
                raise
            return None
        except DoubtError:
            return None
        except RemoteError as error:
            if error.problems[0].code != "list-contradicts":
                raise
            return None  # the wanted list itself may be sound; it is judged as strictly
        rows = (row for scan in scans for row in scan.rows.values() if row is not None)
        return dict(rows)

    def _begin_all(self, through: Through, values: Sequence[str]) -> list[Scan]:
        """Begin to read what the list holds of each value."""
        scans = []
        for value in values:
            query = self._query
            load = (f"{through.relation}.{name}" for name in ("id", "is_deleted", *query.load_only))
            params = {
                "load-only": ",".join(
                    dict.fromkeys(filter(None, ("id", through.field, through.other, *load)))
                ),
                "expand": ",".join(
                    (through.relation, *(f"{through.relation}.{name}" for name in query.expand))
                ),
                f"filter[{through.field}]": value,
            }
            lister = Lister(self._api, self._pool, through.entity, params, self._abandoned)
            lister.went("probe")
            self._others.append(lister)
            scans.append(Scan(lister, partial(self._led_to, through, value)))
        futures = [self._pool.submit(scan.begin) for scan in scans]
        try:
            for future in futures:
                future.result()
        finally:
            for future in futures:
                future.cancel()
        return scans

    def _led_to(self, through: Through, value: str, row: Row) -> tuple[str, Any] | None:
        """Return the wanted row that *row* leads to, by its id; None when nobody wants it."""
        target = row.get(through.relation)
        if row.get(through.field) != value or through.relation not in row:
            raise DoubtError
        if target is None or (isinstance(target, dict) and target.get("is_deleted")):
            return None
        if not isinstance(target, dict) or not isinstance(target.get("id"), str):
            raise DoubtError
        if not through.fits(target, value):
            raise DoubtError
        kept = self._kept(target)
        return None if kept is None or not self._is_wanted(target) else (target["id"], kept)

    # Probes

    def _least(self, probes: Collection[tuple[str, str]]) -> int:
        """Return how many requests *probes* cost at least: a rare field is one list, unless that is long."""
        rare = {name for name, _ in probes} & self._query.rarely
        return len(rare) + sum(name not in rare for name, _ in probes)

    def _rare_all(self, probes: Collection[tuple[str, str]]) -> dict[str, dict[str, Any]]:
        """Return the rows that fill each rare field of which several values are asked, by field."""
        values = Counter(name for name, _ in probes if name in self._query.rarely)
        fields = [name for name, number in values.items() if number > 1]
        lists = self._pool.map(lambda name: self._rare(name, values[name]), fields)
        return {name: rows for name, rows in zip(fields, lists, strict=True) if rows is not None}

    def _rare(self, name: str, most: int) -> dict[str, Any] | None:
        """Return the rows that fill a field; None when they have more than *most* pages, or in any doubt."""
        params = {"first": str(PAGE), f"filter-op[{name}]": "not-empty"}
        try:
            return self._filtered(params, lambda row: bool(row.get(name)), most)
        except Refused as refused:
            if refused.status not in _TOLERATED:
                raise
        except DoubtError:
            pass
        return None

    def _probe_all(self, probes: Collection[tuple[str, str]]) -> dict[str, Any] | None:
        """Return what the probes find, None when the service does not filter as asked."""
        self._lister.counted(0, len(probes))
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
        whole, exact = not self._begins(name), name not in (*self._query.ignore_case, *self._query.stems)
        operator = ("" if exact else "i") + ("eq" if whole else "starts")
        if operator != "eq":
            params[f"filter-op[{name}]"] = operator
        found = self._filtered(params, lambda row: self._answers(row, name, value))
        self._lister.counted(1, 0)
        return found

    def _filtered(
        self, params: Mapping[str, str], answers: Callable[[Row], bool], most: int | None = None
    ) -> dict[str, Any]:
        """Return all rows of a list with a filter.

        Args:
            params: The filter.
            answers: Tells whether a row can be an answer to it.
            most: Pages that the list may have.

        Raises:
            DoubtError: It is no such list, or longer.
        """
        found: dict[str, Any] = {}
        totals: list[int] = []
        walk = Walk(params)
        while not walk.ended:
            page = self._lister.page(walk.next_params)
            totals += [] if page.total is None else [page.total]
            for row in page.rows:
                if not answers(row):
                    raise DoubtError
                found[row["id"]] = self._kept(row)
            walk.take(page, len(found))
            if most is not None and not walk.ended and (page.total or inf) > most * len(page.rows):
                raise DoubtError
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
        return text.startswith(asked) if self._begins(name) else text == asked

    def _begins(self, name: str) -> bool:
        """Whether a field is asked for by how its texts begin."""
        return name in self._query.as_text or name in self._query.stems

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
        if any(self._has(name, _text(row.get(name)), values) for name, values in self._wanted.items()):
            return True
        return self._query.also is not None and self._query.also(row)

    def _has(self, name: str, text: str, values: Collection[str]) -> bool:
        folded = self._folded(name, text)
        if folded not in values:
            return False
        return name not in self._query.as_text or text.startswith(beginnings(folded))

    def _fits(self, row: Row) -> bool:
        return all(_text(row[name]) == value for name, value in self._query.where.items() if name in row)

    def _folded(self, name: str, text: str) -> str:
        if name in self._query.as_text:
            text = canon.text(text) or ""
        return canon.email(text) if name in self._query.ignore_case else text


def _pages(scan: Scan) -> int:
    """Return how many pages a scan that has begun has, as far as it is known."""
    return scan.pages or (1 if scan.done else 2)


def beginnings(text: str) -> tuple[str, ...]:
    """Return beginnings of which every spelling of the canonical *text* has one, to ask a service for.

    A service may keep letters composed or decomposed (undocumented), as they came. So asked for is what comes
    before the first letter of which that makes a difference, or else both spellings as a whole.
    """
    if text.isascii():
        return (text,)
    decomposed = unicodedata.normalize("NFD", text)
    same = 0
    for ours, theirs in zip(text, decomposed, strict=False):
        if ours != theirs or unicodedata.combining(ours):
            break
        same += 1
    if same < len(text):
        if unicodedata.combining(decomposed[same]):
            same -= 1  # a mark belongs to the letter before it
        if same < _TELLING:
            return tuple(dict.fromkeys((text, decomposed)))
    return (text[:same],)


def _text(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return "" if value is None else str(value)
