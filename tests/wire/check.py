"""A recorded request against the documented facts: each sentence is something nobody documents as allowed."""

import base64
import binascii
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from email.message import Message
from typing import Final
from urllib.parse import unquote, urlsplit

from tests.wire.body import body_faults
from tests.wire.facts import BY_PLURAL, OPERATIONS, is_id
from tests.wire.query import query_faults

_PATH: Final = re.compile(r"/api/v100/rest/spaces/[^/]+/entities/([^/]+)(?:/([^/]+))?")
_BY_METHOD: Final = {
    ("GET", False): "list",
    ("GET", True): "get",
    ("POST", False): "create",
    ("PATCH", True): "update",
    ("DELETE", True): "delete",
}


@dataclass(frozen=True)
class Recorded:
    """One request as it came over the wire; header names in lower case."""

    method: str
    target: str
    headers: Mapping[str, str]
    body: bytes = b""

    @classmethod
    def read(cls, line: str) -> "Recorded":
        """Read a line that the sandbox recorded."""
        data = json.loads(line)
        return cls(data["method"], data["target"], data["headers"], data["body"].encode("latin-1"))

    def __str__(self) -> str:
        return f"{self.method} {unquote(self.target)}"


def faults(request: Recorded) -> list[str]:
    """Return what is not as documented, each thing once."""
    return list(dict.fromkeys(_faults(request)))


def _faults(request: Recorded) -> Iterator[str]:
    parts = urlsplit(request.target)
    found = _PATH.fullmatch(parts.path)
    if not found:
        yield "no path of the API"
        return
    plural, tail = unquote(found[1]), unquote(found[2]) if found[2] else ""
    if plural not in OPERATIONS:
        yield f"no entity is called {plural}"
        return
    operation = (
        tail if request.method == "POST" and tail else _BY_METHOD.get((request.method, bool(tail)), "")
    )
    if operation not in OPERATIONS[plural]:
        yield f"{plural} has no operation {request.method} {tail}".rstrip()
        return
    if operation in {"get", "update", "delete"} and not is_id(tail):
        yield f"{tail!r} is no id"
    yield from _header_faults(request)
    entity = BY_PLURAL.get(plural)
    yield from query_faults(entity, operation, parts.query)
    if request.method in {"POST", "PATCH"} and operation != "merge":
        yield from body_faults(entity, operation, request.body)


def _header_faults(request: Recorded) -> Iterator[str]:
    if not _is_basic(request.headers.get("authorization", "")):
        yield "no Basic credentials"
    if request.method in {"GET", "DELETE"}:
        if request.body:
            yield f"{request.method} has a body"
        return
    said = request.headers.get("content-type")
    message = Message()
    message["Content-Type"] = said or "nothing"
    if said is None or message.get_content_type() != "application/json":
        yield f"the media type is {said}, not application/json"
    elif str(message.get_param("charset", "utf-8")).lower() not in {"utf-8", "utf8"}:
        yield f"the body is not sent as UTF-8: {said}"


def _is_basic(header: str) -> bool:
    scheme, _, token = header.partition(" ")
    try:
        return scheme.lower() == "basic" and b":" in base64.b64decode(token, validate=True)
    except (binascii.Error, ValueError):
        return False
