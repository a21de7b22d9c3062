"""The REST API v100: one request in, one reply out, no sockets."""

import base64
import binascii
import hmac
import json
import math
import random
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.message import Message
from typing import Final
from zoneinfo import ZoneInfo

from syncer.sandbox.database import Database
from syncer.sandbox.entities import BY_PLURAL, Entity
from syncer.sandbox.envelope import NO_SUCH_ROUTE, ApiError, Json, error, invalid, success
from syncer.sandbox.query import Parser, arguments, number
from syncer.sandbox.read import NO_PAGE, Answer, Reader
from syncer.sandbox.switches import Switches
from syncer.sandbox.unheld import UNHELD
from syncer.sandbox.write import DELETED_TOO, ONLY_SENT, ONLY_SYSTEM, READ_ONLY_TOO, Writer, not_found

PREFIX: Final = "/api/v100/rest/spaces/"
_PATH: Final = re.compile(r"/api/v100/rest/spaces/([^/]+)/entities/([^/]+)(?:/([^/]+))?/?")
# Source: DOC api-parameters; there is no bit 1.
_LEVELS: Final = ONLY_SENT | ONLY_SYSTEM | READ_ONLY_TOO | DELETED_TOO
_BATCHES: Final = ("batch-modify", "batch-delete", "batch-restore")
_FILTER: Final = re.compile(r"filter(-op)?\[.*\]", re.DOTALL)
_OF_WRITES: Final = frozenset({"validation-level"})
_OF_BATCHES: Final = frozenset({"validation-level", "rollback-method"})
_OF_READS: Final = frozenset({"expand", "load-only", "include-deleted", "include_deleted"})
_PARAMETERS: Final = {
    "list": _OF_READS | {"first", "last", "after", "before", "order-by", "limit", "offset"},
    "get": _OF_READS,
    **dict.fromkeys(_BATCHES, _OF_BATCHES),
}
OPERATIONS: Final = ("list", "get", "create", "update", "delete", *_BATCHES, "read", "write")


@dataclass(frozen=True, slots=True)
class Request:
    """What the API looks at of a request; header names in lower case, `query` as sent.

    `lag` is a fault: seconds until a new record comes into lists.
    """

    method: str
    path: str
    query: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    base: str = ""
    lag: float = 0.0


@dataclass(frozen=True, slots=True)
class Reply:
    """Status, body and further headers of an answer."""

    status: int
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)
    content_type: str = "application/json"


def reply(status: int, body: Json, headers: Mapping[str, str] | None = None) -> Reply:
    """Write *body* as JSON."""
    text = json.dumps(body, ensure_ascii=False, separators=(",", ":"))
    return Reply(status, text.encode(), headers or {})


def parse_forbidden(rule: str) -> tuple[str, str]:
    """Read `ENTITY` or `ENTITY:operation`; "" as operation means all.

    Raises:
        ValueError: No such entity or operation.
    """
    name, _, operation = rule.partition(":")
    if name not in {entity.name for entity in BY_PLURAL.values()}:
        raise ValueError(f"{rule!r}: there is no entity {name!r}.")
    if operation and operation not in OPERATIONS:
        raise ValueError(f"{rule!r}: {operation!r} is none of {', '.join(OPERATIONS)}.")
    return name, operation


def is_json(content_type: str) -> bool:
    """Tell whether a Content-Type says JSON in UTF-8; parameters other than the charset say nothing."""
    message = Message()
    message["Content-Type"] = content_type
    if not content_type.strip() or message.get_content_type() != "application/json":
        return False
    charset = message.get_param("charset", "utf-8")
    return isinstance(charset, str) and charset.lower() in {"utf-8", "utf8"}


def _refuse_constant(text: str) -> None:
    raise ValueError(text)


def _finite(text: str) -> float:
    number = float(text)
    if math.isinf(number):
        raise ValueError(text)
    return number


class Api:
    """One space behind its credentials.

    Args:
        db: The space's records.
        switches: The open points.
        space_id: Last part of the base address.
        username: Of the one API application.
        password: Of the one API application.
        forbidden: What this application may not do: `ENTITY` or `ENTITY:operation`.
    """

    def __init__(
        self,
        db: Database,
        switches: Switches,
        space_id: str,
        username: str,
        password: str,
        forbidden: tuple[str, ...] = (),
    ) -> None:
        self.db = db
        self.switches = switches
        self.space_id = space_id
        self._credentials = f"{username}:{password}".encode()
        self._forbidden = {parse_forbidden(rule) for rule in forbidden}
        self._parser = Parser(db, switches)
        self._reader = Reader(db, switches, {})
        self._shuffle = random.Random(0)  # noqa: S311 - an order, not a secret

    def handle(self, request: Request) -> Reply:
        """Answer any request; a refusal is a reply as well."""
        try:
            return self._route(request)
        except ApiError as refusal:
            headers = {"WWW-Authenticate": 'Basic realm="restapi"'} if refusal.status == 401 else {}
            return reply(refusal.status, refusal.body, headers)
        except RecursionError:
            return reply(400, invalid("The request nests too deep.").body)

    # -- who asks for what -----------------------------------------------------------------------------

    def _route(self, request: Request) -> Reply:
        found = _PATH.fullmatch(request.path)
        if request.path.startswith(PREFIX):
            self._authenticate(request)
        if found is None:
            return reply(404, NO_SUCH_ROUTE)
        space, plural, rest = found.groups()
        if space != self.space_id:
            if self.switches.wrong_space == "404":
                return reply(404, NO_SUCH_ROUTE)
            raise error(int(self.switches.wrong_space), f"No access to space {space}.")
        entity = BY_PLURAL.get(plural)
        if entity is None and plural in UNHELD:
            return self._unheld(plural, request.method, rest or "", arguments(request.query))
        if entity is None:
            raise error(404, f"cannot determine entity type from {plural}", 2006, "ERROR_UNKNOWN_TYPE")
        do = self._operation(entity, request.method, rest or "")
        if do is None:
            return reply(404, NO_SUCH_ROUTE)
        operation, action = do
        self._may(entity, operation)
        self._know(operation, arguments(request.query))
        return action(entity, rest or "", request)

    def _authenticate(self, request: Request) -> None:
        """Check Basic credentials. Source: the vendor's older API page; 401 for v100 is an assumption."""
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        try:
            given = base64.b64decode(token, validate=True) if scheme.lower() == "basic" else b""
        except (binascii.Error, ValueError):
            given = b""
        if not hmac.compare_digest(given, self._credentials):
            raise error(int(self.switches.bad_credentials), "Missing or wrong credentials.")

    def _operation(
        self, entity: Entity, method: str, rest: str
    ) -> tuple[str, Callable[[Entity, str, Request], Reply]] | None:
        """Find what the route does, None when there is no such route."""
        if method == "GET":
            return ("get", self._get) if rest else ("list", self._list)
        if entity.is_read_only:
            return None
        if method == "POST" and rest in _BATCHES:
            return rest, self._batch
        routes = {
            ("POST", False): ("create", self._create),
            ("PATCH", True): ("update", self._update),
            ("DELETE", True): ("delete", self._delete),
        }
        return routes.get((method, bool(rest)))

    def _may(self, entity: Entity, operation: str) -> None:
        kind = "read" if operation in ("list", "get") else "write"
        if self._forbidden & {(entity.name, ""), (entity.name, operation), (entity.name, kind)}:
            raise error(403, f"No permission to {operation} {entity.plural}.")

    def _know(self, operation: str, given: dict[str, list[str]]) -> None:
        """Refuse parameters that the operation does not have. Source: OAS, DOC api-parameters."""
        if self.switches.unknown_parameters == "ignored":
            return
        for name in given:
            is_filter = operation == "list" and _FILTER.fullmatch(name)
            if not is_filter and name not in _PARAMETERS.get(operation, _OF_WRITES):
                raise invalid(f"Unknown parameter '{name}'.")

    def _unheld(self, plural: str, method: str, rest: str, given: dict[str, list[str]]) -> Reply:
        """Answer for an entity whose records and fields the sandbox does not have: nobody made one."""
        if method != "GET" or rest:
            raise error(404, f"The sandbox holds no {plural}.")
        self._know("list", given)
        body: dict[str, Json] = {"success": True, "total": 0, "data": []}
        if not self._parser.is_legacy(given):
            body["page_info"] = NO_PAGE
        return reply(200, body)

    # -- reading ---------------------------------------------------------------------------------------

    def _answer(self, request: Request) -> Answer:
        """Note host and zone of the caller. Source: recorded URIs; DOC dates (`Timezone`)."""
        base = f"{request.base}{PREFIX}{self.space_id}"
        name = request.headers.get("timezone")
        if not name:
            return Answer(base)
        try:
            return Answer(base, ZoneInfo(name))
        except (KeyError, ValueError, OSError):
            raise invalid(f"Unknown time zone '{name}'.") from None

    def _list(self, entity: Entity, _: str, request: Request) -> Reply:
        answer = self._answer(request)
        with self.db.lock:
            self.db.notice_others()
            listing = self._parser.listing(entity, arguments(request.query))
            if request.lag and "created" in self.db.fields(entity):
                listing = listing.made_before(datetime.now(UTC) - timedelta(seconds=request.lag))
            return reply(200, self._reader.page(entity, listing, answer))

    def _get(self, entity: Entity, record_id: str, request: Request) -> Reply:
        answer = self._answer(request)
        given = arguments(request.query)
        deleted = self._parser.with_deleted(given) or self.switches.deleted_by_id == "shown"
        with self.db.lock:
            self.db.notice_others()
            names = self._parser.names(entity, given)
            record = self._reader.record(entity, record_id, names, answer, deleted=deleted)
        if record is None:
            raise not_found(entity, record_id)
        return reply(200, success(record))

    # -- writing ---------------------------------------------------------------------------------------

    def _writer(self, request: Request) -> Writer:
        level = number(arguments(request.query), "validation-level") or 0
        if level & ~_LEVELS:
            raise invalid(f"Invalid value of parameter 'validation-level': '{level}'.")
        return Writer(self.db, self.switches, level, self._may)

    def _body(self, request: Request) -> Json:
        """Read the body. Source: recorded error-400-body-not-json; OAS (`application/json`).

        The answer to another media type is undocumented; the text is ours.
        """
        if request.body and not is_json(request.headers.get("content-type", "")):
            text = "Missing or invalid JSON data: the Content-Type of a body is application/json, in UTF-8."
            if self.switches.media_type == "400":
                raise invalid(text)
            raise error(415, text)
        try:
            body = json.loads(request.body.decode(), parse_constant=_refuse_constant, parse_float=_finite)
            if b"\\ud" in request.body.lower():
                # Half of a surrogate pair is no text: it could be neither kept nor sent back.
                json.dumps(body, ensure_ascii=False).encode()
        except (ValueError, RecursionError):
            raise invalid("Missing or invalid JSON data.") from None
        return body

    def _create(self, entity: Entity, _: str, request: Request) -> Reply:
        body = self._body(request)
        writer, answer = self._writer(request), self._answer(request)
        with self.db.transaction():
            record_id = writer.create(entity, body)
        return self._written(201, entity, record_id, answer)

    def _update(self, entity: Entity, record_id: str, request: Request) -> Reply:
        body = self._body(request)
        writer, answer = self._writer(request), self._answer(request)
        with self.db.transaction():
            writer.update(entity, record_id, body)
        return self._written(200, entity, record_id, answer)

    def _written(self, status: int, entity: Entity, record_id: str, answer: Answer) -> Reply:
        record = self._reader.record(entity, record_id, ({}, {}), answer, deleted=True)
        return reply(status, success(record))

    def _delete(self, entity: Entity, record_id: str, request: Request) -> Reply:
        writer = self._writer(request)
        with self.db.transaction():
            writer.delete(entity, record_id)
        return reply(200, success(record_id))

    def _batch(self, entity: Entity, operation: str, request: Request) -> Reply:
        """Do a batch. Source: DOC bulk, OAS; the size limit and its status are undocumented."""
        items = self._body(request)
        if not isinstance(items, list):
            raise invalid("Missing or invalid JSON data.")
        if len(items) > self.switches.max_batch:
            raise error(
                int(self.switches.too_large_status), f"A batch holds at most {self.switches.max_batch} items."
            )
        method = number(arguments(request.query), "rollback-method") or 0
        if method > 1:
            raise invalid(f"Invalid value of parameter 'rollback-method': '{method}'.")
        writer = self._writer(request)
        do: Callable[[Json, int | None], str]
        if operation == "batch-modify":
            do = lambda item, index: writer.modify(entity, item, index)  # noqa: E731
        elif operation == "batch-delete":
            do = lambda item, index: writer.delete(entity, str(item), index)  # noqa: E731
        else:
            do = lambda item, index: writer.restore(entity, str(item), index)  # noqa: E731
        with self.db.transaction():
            answers = writer.batch(items, do, keep_good=method == 1)
        if self.switches.batch_order == "shuffled":
            self._shuffle.shuffle(answers)
        return reply(200, success(answers))
