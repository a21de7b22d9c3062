"""Writes of one record: no command makes them, but the rules of every write show in them."""

from collections.abc import Mapping
from typing import Any

from syncer.remote.client import Api, Row


def post(api: Api, entity: str, payload: Mapping[str, Any]) -> Row:
    """Create one record and return it."""
    body, exchange = api._send("POST", entity, "", payload=payload)
    return api._record(entity, body, exchange, sent=True)


def patch(api: Api, entity: str, record_id: str, payload: Mapping[str, Any]) -> Row:
    """Change one record and return it."""
    body, exchange = api._send("PATCH", entity, record_id, payload=payload)
    return api._record(entity, body, exchange, sent=True)


def delete(api: Api, entity: str, record_id: str) -> None:
    """Delete one record softly."""
    api._send("DELETE", entity, record_id)
