"""The API of one space: its paths, its envelopes, its errors."""

import base64
import json
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, replace
from types import TracebackType
from typing import TYPE_CHECKING, Any, Final, NoReturn, Self
from urllib.parse import quote, urlencode, urlsplit

from syncer import __version__
from syncer.model.problem import Problem, ProjectError, RemoteError
from syncer.model.signs import Again, Call, Pause, Signs, Unseen
from syncer.project import hosts
from syncer.project.url import service_url
from syncer.remote.pace import TIME_LIMIT, Pace
from syncer.remote.retry import Decision, Effect, Ending, Rule, backoff, ending_of_status, retry_after, rule
from syncer.remote.server_error import FieldError, ServerError, parse_error
from syncer.shapes.base import Unfit

if TYPE_CHECKING:
    from syncer.remote.transport import Exchange, Timeouts, Transport

__all__ = [
    "Api",
    "BatchAnswer",
    "Count",
    "FieldError",
    "Page",
    "Refused",
    "Request",
    "Row",
    "ServerError",
    "parse_error",
]

Row = dict[str, Any]

PARALLELISM: Final = 16
MAX_BYTES: Final = 64 * 1024 * 1024
_SHOWN: Final = 300  # characters of the service's own words in a message
_PATIENCE_BEFORE_FIRST_ANSWER: Final = {Ending.NOT_SENT: 3, Ending.NOT_REACHED: 1, Ending.TIMED_OUT: 1}
_PATIENCE_AT_THE_END: Final = 0.5  # seconds
_UNKNOWN_TYPE: Final = 2006
_ITEM_REFUSALS: Final = frozenset({400, 409, 413, 414, 422})


@dataclass(frozen=True, slots=True)
class Page:
    """One page of a list.

    Attributes:
        rows: As answered.
        total: Rows of the whole result, when the service says so.
        end_cursor: Where the next page begins.
        has_next: Whether there is one; None when the service does not say.
        received: Bytes on the wire.
    """

    rows: list[Row]
    total: int | None
    end_cursor: str | None
    has_next: bool | None
    received: int = 0


@dataclass(frozen=True, slots=True)
class BatchAnswer:
    """What became of each item of a batch.

    Attributes:
        items: Id or error, one for each item sent, in that order; empty when the body was refused whole.
        refusal: Set when nothing of the batch was done.
    """

    items: tuple[str | ServerError, ...] = ()
    refusal: ServerError | None = None


@dataclass(frozen=True, slots=True)
class Count:
    """Requests sent, repetitions included, and the bytes of their bodies."""

    requests: int = 0
    sent: int = 0
    received: int = 0


@dataclass(frozen=True, slots=True)
class Request:
    """One exchange that ended, for `on_request`; `date` is the time the service said it was."""

    method: str
    entity: str
    ending: Ending
    status: int | None
    attempt: int
    seconds: float
    sent: int
    received: int
    date: str = ""


class Refused(RemoteError):  # noqa: N818 -- a refusal is an answer, not a failure
    """The service understood the request and said no; nothing was done.

    Attributes:
        errors: In the service's words.
    """

    def __init__(self, problem: Problem, errors: tuple[ServerError, ...], *, status: int | None) -> None:
        super().__init__(problem, status=status, sent=False)
        self.errors = errors


class Api:
    """A space over HTTP. Safe to use from many threads; a context manager that closes the connections.

    Args:
        url: Service URL. Plain http only for this very machine.
        space_id: As shown with the credentials.
        username: Of the API application.
        password: Of the API application.
        parallelism: Connections, and so requests at once, at most.
        time_limit: Seconds the requests of a run may take, see `start_clock`.
        timeouts: Of one exchange.
        max_bytes: Bytes of one answer at most.
        on_request: Called after every exchange, in the thread that made it.
        signs: Takes what goes on: requests on their way, pauses, records read.

    Every method raises:
        RemoteError: With `sent` True when a write may have been done all the same, so that only a look at
            the records can tell. A write is never repeated in that case.
        StoppedError: After `stop`; what it was called for was not done.
    """

    def __init__(  # noqa: PLR0913 (by name)
        self,
        url: str,
        space_id: str,
        username: str,
        password: str,
        *,
        parallelism: int = PARALLELISM,
        time_limit: float = TIME_LIMIT,
        timeouts: "Timeouts | None" = None,
        max_bytes: int = MAX_BYTES,
        on_request: Callable[[Request], None] | None = None,
        signs: Signs | None = None,
    ) -> None:
        self.parallelism = max(parallelism, 1)
        self.on_request = on_request
        self.signs = signs or Unseen()
        self._url, self._host, self._loopback = _vetted(url)
        self._base = f"{self._url}/api/v100/rest/spaces/{quote(space_id, safe='')}/entities/"
        self._space_id = space_id
        token = base64.b64encode(f"{username}:{password}".encode()).decode()
        self._headers = {
            "Authorization": f"Basic {token}",
            "Accept": "application/json",
            "Accept-Encoding": "gzip",
            "User-Agent": f"syncer/{__version__}",
        }
        self._doubts = _doubts(username, password)
        self._secrets = tuple(secret for secret in (token, password) if secret)
        self._pace = Pace(time_limit, self.parallelism)
        self._timeouts = timeouts
        self._max_bytes = max_bytes
        self._transport: Transport | None = None
        self._lock = threading.Lock()
        self._counts: dict[tuple[str, str], Count] = {}
        self._ways: dict[str, set[str]] = {}
        self._answered = False
        self._slowed = ""  # why
        self._ahead: dict[tuple[str, frozenset[tuple[str, str]]], Future[Page]] = {}
        self._asking: list[threading.Thread] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()  # nobody needs any more what was sent for ahead
        self.settle_ahead()
        self.close()

    def __repr__(self) -> str:
        return f"Api({self._host!r}, {self._space_id!r})"

    def close(self) -> None:
        """Close the connections; the next request would open new ones."""
        with self._lock:
            if self._transport is not None:
                self._transport.close()
            self._transport = None

    def stop(self) -> None:
        """Let nothing more be sent and end all waiting; what is on its way finishes.

        Safe in a signal handler.
        """
        self._pace.stop()

    def start_clock(self) -> None:
        """Count the time limit from now, say after a person has read the plan."""
        self._pace.start_clock()

    def pause(self, seconds: float, why: str = "") -> None:
        """Return after *seconds*; within the time limit, and ended early by `stop`.

        Args:
            seconds: How long.
            why: What is waited for, for people who watch.
        """
        with self.signs.during(Pause(seconds, why)):
            self._pace.wait(seconds)

    @property
    def stats(self) -> dict[tuple[str, str], Count]:
        """Requests and bytes so far, by entity and method."""
        with self._lock:
            return dict(sorted(self._counts.items()))

    def went(self, entity: str, way: str) -> None:
        """Note how a query for records of *entity* was answered: `scan` or `probe`."""
        with self._lock:
            self._ways.setdefault(entity, set()).add(way)

    @property
    def ways(self) -> dict[str, tuple[str, ...]]:
        """How records were read so far, by entity."""
        with self._lock:
            return {entity: tuple(sorted(ways)) for entity, ways in self._ways.items()}

    def ask_ahead(self, entity: str, params: Mapping[str, str]) -> None:
        """Send for a page that `list_page` will be asked for; whatever comes of it is kept until then.

        Nobody waits for it when the process ends.
        """
        answer: Future[Page] = Future()
        self._ahead[_key(entity, params)] = answer

        def ask() -> None:
            try:
                answer.set_result(self._list_page(entity, params))
            except BaseException as error:  # noqa: BLE001 (raised in the thread that asks for the page)
                answer.set_exception(error)

        thread = threading.Thread(target=ask, name="syncer-ahead", daemon=True)
        self._asking.append(thread)
        thread.start()

    def forget_ahead(self) -> None:
        """Drop the pages that were sent for in vain: who asks later wants to know how it is then."""
        self._ahead.clear()

    def settle_ahead(self) -> None:
        """Let the answers that are on their way arrive, so that they are counted; wait only briefly."""
        until = time.monotonic() + _PATIENCE_AT_THE_END
        for thread in self._asking:
            thread.join(max(until - time.monotonic(), 0.0))

    def is_ahead(self, entity: str, params: Mapping[str, str]) -> bool:
        """Tell whether a page was sent for, and not asked for since."""
        return _key(entity, params) in self._ahead

    def list_page(self, entity: str, params: Mapping[str, str]) -> Page:
        """Return one page of the records of *entity*; one that was sent for ahead is given once."""
        if (answer := self._ahead.pop(_key(entity, params), None)) is not None:
            return answer.result()
        return self._list_page(entity, params)

    def _list_page(self, entity: str, params: Mapping[str, str]) -> Page:
        """Send for one page.

        Source: API reference, lists. `total` is in every recorded list, but not in the schema.
        """
        body, exchange = self._send("GET", entity, "", params=params)
        rows = body.get("data")
        if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
            raise self._not_the_api(entity, "has no list of records", exchange, sent=False)
        info = body.get("page_info")
        info = info if isinstance(info, dict) else {}
        total = body.get("total")
        cursor = info.get("end_cursor", body.get("end_cursor"))
        has_next = info.get("has_next_page")
        return Page(
            rows=rows,
            total=total if isinstance(total, int) and not isinstance(total, bool) and total >= 0 else None,
            end_cursor=cursor if isinstance(cursor, str) and cursor else None,
            has_next=has_next if isinstance(has_next, bool) else None,
            received=exchange.received,
        )

    def get_one(self, entity: str, record_id: str, params: Mapping[str, str] | None = None) -> Row | None:
        """Return the record with this id, None when there is none."""
        known = self._answered
        try:
            body, exchange = self._send("GET", entity, record_id, params=params or {})
        except Refused as refused:
            if refused.status != 404:
                raise
            if not known:
                # No request was answered before: is it the id that is unknown, or the space?
                self.list_page(entity, {"first": "1", "load-only": "id"})
            return None
        return self._record(entity, body, exchange, sent=False)

    def batch(
        self,
        entity: str,
        operation: str,
        items: Sequence[Any],
        *,
        rollback_method: int = 1,
        params: Mapping[str, str] | None = None,
    ) -> BatchAnswer:
        """Send *items* in one request: bodies for `batch-modify`, ids for `batch-delete`, `batch-restore`.

        An answer that cannot be matched to the items is a RemoteError with `sent` True: something was done,
        and nobody can say what.
        """
        query = {**(params or {}), "rollback-method": str(rollback_method)}
        try:
            body, exchange = self._send("POST", entity, operation, params=query, payload=list(items))
        except Refused as refused:
            if refused.status not in _ITEM_REFUSALS:
                raise
            return BatchAnswer(refusal=refused.errors[0])
        answers = body.get("data")
        if not isinstance(answers, list) or len(answers) != len(items):
            raise self._not_the_api(entity, f"does not tell of {len(items)} items", exchange, sent=True)
        results = tuple(map(_item, answers))
        if None in results:
            raise self._not_the_api(entity, "holds an item that is neither id nor error", exchange, sent=True)
        return BatchAnswer(tuple(result for result in results if result is not None))

    def create(self, entity: str, body: Mapping[str, Any]) -> BatchAnswer:
        """Create one record alone, where the input of a batch lacks a part that it needs.

        An answer without its id is a RemoteError with `sent` True.
        """
        try:
            answer, exchange = self._send("POST", entity, "", payload=dict(body))
        except Refused as refused:
            if refused.status not in _ITEM_REFUSALS:
                raise
            return BatchAnswer(refusal=refused.errors[0])
        id_ = self._record(entity, answer, exchange, sent=True).get("id")
        if not isinstance(id_, str):
            raise self._not_the_api(entity, "has no id", exchange, sent=True)
        return BatchAnswer((id_,))

    def ask(
        self,
        method: str,
        path: str,
        *,
        params: Sequence[tuple[str, str]] = (),
        content: bytes | None = None,
        headers: Mapping[str, str | None] | None = None,
    ) -> "tuple[Exchange, Any]":
        """Send one request once, as it is, and return how it ended with the JSON in it, None without.

        For who wants to know what the service does with a request, whatever that is: nothing is repeated, and
        nothing is an error.

        Args:
            method: Of HTTP.
            path: Below `entities/`, as it goes over the wire.
            params: Of the query; a name may come several times.
            content: The body.
            headers: Sent beside the usual ones; None leaves one of these out.
        """
        url = self._base + path
        if params:
            url += "?" + urlencode(params, quote_via=quote, safe=",[]")
        usual = dict(self._headers)
        if content is not None:
            usual["Content-Type"] = "application/json"
        usual |= {name: value for name, value in (headers or {}).items() if value is not None}
        for name in [name for name, value in (headers or {}).items() if value is None]:
            usual.pop(name, None)
        self._pace.wait()
        return self._attempt(method, path.split("/", maxsplit=1)[0], url, content, usual)

    def refusal(self, method: str, entity: str, exchange: "Exchange", document: Any) -> RemoteError:
        """Return what an answer to `ask` means, in the words that every other request uses."""
        if exchange.ending is not Ending.REFUSED:
            return self._failure(
                method, entity, exchange, document, rule(Effect.WRITE, exchange.ending).verdict
            )
        try:
            self._refuse(method, entity, "", exchange, document)
        except RemoteError as error:
            return error

    # One request, with its repetitions

    def _send(
        self,
        method: str,
        entity: str,
        rest: str,
        *,
        params: Mapping[str, str] | None = None,
        payload: Any = None,
    ) -> "tuple[dict[str, Any], Exchange]":
        url = self._base + quote(entity, safe="")
        if rest:
            url += "/" + quote(rest, safe="")
        if params:
            url += "?" + urlencode(params, quote_via=quote, safe=",")
        content = None if payload is None else _encoded(payload)
        effect = Effect.READ if method == "GET" else Effect.WRITE
        self._wait_with_all()
        again: Again | None = None
        while True:
            attempt = again.attempt if again else 1
            exchange, document = self._attempt(method, entity, url, content, again=again)
            decided = rule(effect, exchange.ending)
            pause = self._pause(decided, exchange, attempt)
            if decided.verdict is Decision.ANSWER:
                if exchange.ending is Ending.REFUSED:
                    self._refuse(method, entity, rest, exchange, document)
                return document, exchange
            attempts = self._attempts(decided, exchange.ending)
            if decided.verdict is Decision.RETRY and attempt < attempts:
                again = Again(self._why(exchange), attempt + 1, attempts)
                with self.signs.during(Pause(pause, again=again)):
                    self._pace.wait(pause)
                continue
            raise self._failure(method, entity, exchange, document, decided.verdict)

    def _attempt(
        self,
        method: str,
        entity: str,
        url: str,
        content: bytes | None,
        headers: Mapping[str, str] | None = None,
        again: Again | None = None,
    ) -> "tuple[Exchange, Any]":
        transport = self._transport or self._open()
        call = Call(entity, method != "GET", transport.patience(method), again)
        with self._pace.place(), self.signs.during(call):
            start = time.monotonic()
            exchange = transport.exchange(method, url, content, seconds=self._pace.remaining, headers=headers)
            seconds = time.monotonic() - start
        exchange, document = _judged(exchange)
        sent = len(content or b"")
        with self._lock:
            self._answered = self._answered or exchange.ending is Ending.ANSWERED
            count = self._counts.get((entity, method), Count())
            self._counts[entity, method] = Count(
                count.requests + 1, count.sent + sent, count.received + exchange.received
            )
        if self.on_request is not None:
            received = exchange.received
            self.on_request(
                Request(
                    method,
                    entity,
                    exchange.ending,
                    exchange.status,
                    again.attempt if again else 1,
                    seconds,
                    sent,
                    received,
                    exchange.headers.get("date", ""),
                )
            )
        return exchange, document

    def _open(self) -> "Transport":
        from syncer.remote.transport import Timeouts, Transport  # noqa: PLC0415 -- httpcore takes 50 ms to import

        with self._lock:
            if self._transport is None:
                self._transport = Transport(
                    self._url,
                    self._headers,
                    loopback=self._loopback,
                    connections=self.parallelism,
                    timeouts=self._timeouts or Timeouts(),
                    max_bytes=self._max_bytes,
                )
            return self._transport

    def _attempts(self, decided: Rule, ending: Ending) -> int:
        """Return how often to try; before the first answer a wrong URL is likelier than an outage."""
        if self._answered:
            return decided.attempts
        return min(decided.attempts, _PATIENCE_BEFORE_FIRST_ANSWER.get(ending, decided.attempts))

    def _pause(self, decided: Rule, exchange: "Exchange", attempt: int) -> float:
        headers = exchange.headers
        asked = retry_after(headers.get("retry-after", ""), headers.get("date", ""))
        # Never sooner than without being asked: `Retry-After: 0` would have us hammer.
        pause = max(asked or 0.0, backoff(attempt))
        if decided.slows:
            self._slowed = self._why(exchange)
            self._pace.slow_down(pause)
        return pause

    def _wait_with_all(self) -> None:
        """Wait where the service has asked every worker to."""
        if left := self._pace.held_back:
            with self.signs.during(Pause(left, self._slowed)):
                self._pace.wait()
        else:
            self._pace.wait()

    # Messages

    def _why(self, exchange: "Exchange") -> str:
        """Return how an attempt ended that is followed by another one, in a few words."""
        match exchange.ending:
            case Ending.NOT_SENT:
                return f"no connection ({self._shown(exchange.reason)})"
            case Ending.NOT_REACHED:
                return "no connection in time"
            case Ending.TIMED_OUT:
                return "no answer in time"
            case Ending.DROPPED:
                return "the connection was lost"
            case Ending.GARBLED:
                return "the answer broke off"
            case _:
                return f"status {exchange.status}"

    def _failure(
        self, method: str, entity: str, exchange: "Exchange", document: Any, verdict: Decision
    ) -> RemoteError:
        code, detail, hint = self._told(exchange, document)
        uncertain = verdict is Decision.UNCERTAIN
        if uncertain:
            detail += " What was sent may have been carried out all the same."
        return RemoteError(
            Problem(code, f"{_doing(method)} {entity} on {self._host}: {detail}", hint=hint),
            status=exchange.status,
            sent=uncertain,
        )

    def _told(self, exchange: "Exchange", document: Any) -> tuple[str, str, str]:  # noqa: PLR0911 (a table of endings)
        """Return code, detail and hint of an exchange without a usable answer."""
        reason = self._shown(exchange.reason)
        words = self._shown(parse_error(document).message)
        said = f" It said: {words}" if words else ""
        status = exchange.status
        match exchange.ending:
            case Ending.NOT_SENT:
                hint = "Check the Service URL, the network and the proxy settings."
                return "unreachable", f"no connection ({reason}).", hint
            case Ending.UNTRUSTED:
                return (
                    "tls",
                    f"the TLS connection was refused on our side: {reason}.",
                    (
                        "If your network inspects TLS, point SSL_CERT_FILE at its root certificate; "
                        "syncer never skips the check."
                    ),
                )
            case Ending.NOT_REACHED:
                hint = "Check the Service URL, the network and the proxy settings."
                return "timeout", f"no connection in time ({reason}).", hint
            case Ending.TIMED_OUT:
                return "timeout", f"no complete answer in time ({reason or 'silence'}).", "Try again later."
            case Ending.DROPPED:
                return "unreachable", f"the connection was lost ({reason}).", "Try again later."
            case Ending.TOO_LARGE:
                detail = f"the answer is larger than {self._max_bytes // 2**20 or 1} MiB."
                return "answer-too-large", detail, "Is this the Service URL of Pipeliner?"
            case Ending.REDIRECTED:
                where = self._shown(_host_of(exchange.headers.get("location", "")) or "nowhere")
                return (
                    "redirected",
                    f"status {status} points to {where}; redirects are not followed.",
                    ("Set the Service URL as the space shows it; credentials go to no other host."),
                )
            case Ending.LIMITED | Ending.UNAVAILABLE:
                hint = "Wait a while, or lower --parallelism."
                return "rate-limited", f"still status {status} after waiting.{said}", hint
            case Ending.GATEWAY | Ending.FAILED:
                return "server-error", f"status {status}.{said}", "Try again later."
            case _:
                kind = self._shown(exchange.headers.get("content-type", "") or "no content type")
                return (
                    "not-the-api",
                    f"status {status} with {kind}, which is not an answer of the API.",
                    ("Check the Service URL; a login page, a proxy or a firewall may answer in its place."),
                )

    def _refuse(self, method: str, entity: str, rest: str, exchange: "Exchange", document: Any) -> NoReturn:
        status = exchange.status
        error = parse_error(document, status)
        words = "; ".join(self._shown(message) for message in error.messages[:3])
        said = f" It said: {words}" if words else ""
        what = f"{_act(method)} {entity}"

        def problem(code: str, detail: str, hint: str) -> RemoteError:
            return RemoteError(Problem(code, detail + said, hint=hint), status=status, sent=False)

        if status == 401:
            raise problem(
                "unauthorized",
                f"{self._host} does not accept the user name and password for space {self._space_id!r}.",
                "Set PIPELINER_API_USERNAME and PIPELINER_API_PASSWORD as shown with the API application, "
                f"and see that it is active.{self._doubts}",
            )
        if status == 403:
            raise problem(
                "forbidden",
                f"{self._host} does not let this API application {what}.",
                f"Allow {entity} in the permissions of the API application.{self._doubts}",
            )
        if not isinstance(document, dict):
            raise self._failure(method, entity, exchange, None, Decision.FAIL)
        by_id = method in {"GET", "PATCH", "DELETE"} and rest
        if status == 404 and error.code == _UNKNOWN_TYPE:
            raise problem(
                "refused", f"{self._host} knows no {entity!r}.", "Does this version of the API have it?"
            )
        if status == 404 and not (by_id and "success" in document):
            raise problem(
                "space-not-found",
                f"{self._host} has no space {self._space_id!r}.",
                "Take the space id and the Service URL from the page that showed the credentials.",
            )
        detail = f"{_doing(method)} {entity} on {self._host}: status {status}.{said}"
        raise Refused(Problem("refused", detail), (error,), status=status)

    def _record(self, entity: str, body: dict[str, Any], exchange: "Exchange", *, sent: bool) -> Row:
        data = body.get("data")
        if not isinstance(data, dict):
            raise self._not_the_api(entity, "has no record", exchange, sent=sent)
        return data

    def _not_the_api(self, entity: str, lack: str, exchange: "Exchange", *, sent: bool) -> RemoteError:
        detail = f"The answer of {self._host} about {entity} {lack}."
        hint = "Is this the Service URL of Pipeliner, version 100 of the API?"
        return RemoteError(Problem("not-the-api", detail, hint=hint), status=exchange.status, sent=sent)

    def _shown(self, text: str) -> str:
        """Return the words of a stranger: one line, bounded, our credentials taken out."""
        for secret in self._secrets:
            text = text.replace(secret, "***")
        text = "".join(c if c.isprintable() else " " if c.isspace() else f"\\x{ord(c):02x}" for c in text)
        text = text.strip()
        return text if len(text) <= _SHOWN else text[:_SHOWN] + "…"


def _key(entity: str, params: Mapping[str, str]) -> tuple[str, frozenset[tuple[str, str]]]:
    return entity, frozenset(params.items())


def _vetted(url: str) -> tuple[str, str, bool]:
    """Return scheme, host and port in their one form, the host in them, and whether it is this machine."""
    try:
        vetted = service_url(url, None, "The Service URL")
    except Unfit as unfit:
        raise ProjectError(Problem(unfit.code, unfit.detail, hint=unfit.hint)) from None
    host = urlsplit(vetted).hostname or ""
    return vetted, hosts.in_url(host), hosts.is_loopback(host)


def _doubts(username: str, password: str) -> str:
    """Return what looks odd about credentials that may be right all the same; never what they are."""
    said = ""
    for what, value in (("user name", username), ("password", password)):
        if value != value.strip():
            said += f" The {what} begins or ends with a blank, which is sent along."
        elif len(value) > 1 and value[0] == value[-1] and value[0] in "'\"":
            said += f" The {what} stands in quotes, which are sent along."
    return said


def _encoded(payload: Any) -> bytes:
    return json.dumps(payload, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode()


def _judged(exchange: "Exchange") -> "tuple[Exchange, Any]":
    """Return the exchange with its body judged, and the JSON in it; None for what is not JSON."""
    if exchange.status is None or exchange.ending in {Ending.TOO_LARGE, Ending.TIMED_OUT, Ending.GARBLED}:
        return exchange, None
    kind = exchange.headers.get("content-type", "").lower()
    if exchange.status == 204:
        return exchange, {"success": True}
    document = None
    ending = Ending.FOREIGN
    if "html" not in kind:
        try:
            document = json.loads(exchange.body)
        except (ValueError, RecursionError):
            ending = Ending.GARBLED if "json" in kind else Ending.FOREIGN
    if exchange.ending is not Ending.ANSWERED:
        return exchange, document
    if not isinstance(document, dict) or not (document.keys() & {"data", "success"}):
        return _with(exchange, ending if document is None else Ending.FOREIGN), None
    if document.get("success") is False:
        # An error in an envelope that says 200: believe the envelope.
        status = parse_error(document).http_status
        meant = ending_of_status(status or 500)
        return _with(exchange, Ending.FAILED if meant is Ending.ANSWERED else meant, status), document
    return exchange, document


def _with(exchange: "Exchange", ending: Ending, status: int | None = None) -> "Exchange":
    return replace(exchange, ending=ending, status=status or exchange.status)


def _item(answer: Any) -> str | ServerError | None:
    if isinstance(answer, str) and answer:
        return answer
    if not isinstance(answer, dict):
        return None
    record_id = answer.get("id")
    if isinstance(record_id, str) and record_id and answer.get("success") is not False:
        return record_id
    if answer.keys() & {"success", "code", "message", "name", "http_status"}:
        return parse_error(answer)
    return None


def _act(method: str) -> str:
    return {"GET": "read", "POST": "write", "PATCH": "change", "DELETE": "delete"}[method]


def _doing(method: str) -> str:
    return {"GET": "Reading", "POST": "Writing", "PATCH": "Changing", "DELETE": "Deleting"}[method]


def _host_of(location: str) -> str:
    try:
        return urlsplit(location).hostname or "the same host"
    except ValueError:
        return ""
