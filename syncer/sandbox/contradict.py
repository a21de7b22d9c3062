"""Answers that contradict themselves: a right answer, and what a fault makes of it."""

import json
from typing import Any

from syncer.sandbox.faults import Fault


def contradicted(body: bytes, fault: Fault) -> bytes:
    """Return *body* as *fault* wants it; as it is when the effect is none of these or finds nothing."""
    if fault.effect not in _CHANGES:
        return body
    document = json.loads(body)
    if not document.get("success"):
        return body
    _CHANGES[fault.effect](document, fault)
    return json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()


def _wrong_total(document: dict[str, Any], fault: Fault) -> None:
    if "total" in document:
        document["total"] += fault.size


def _false_end(document: dict[str, Any], _: Fault) -> None:
    if "page_info" in document:
        document["page_info"]["has_next_page"] = False


def _no_info(document: dict[str, Any], _: Fault) -> None:
    document.pop("page_info", None)


def _missing_key(document: dict[str, Any], fault: Fault) -> None:
    for row in _rows(document):
        row.pop(fault.key, None)


def _null_key(document: dict[str, Any], fault: Fault) -> None:
    for row in _rows(document):
        if fault.key in row:
            row[fault.key] = None


def _empty_lists(document: dict[str, Any], fault: Fault) -> None:
    for row in _rows(document):
        for key, value in row.items():
            if isinstance(value, list) and fault.key in ("", key):
                row[key] = []


def _rows(document: dict[str, Any]) -> list[dict[str, Any]]:
    data = document.get("data")
    return [row for row in (data if isinstance(data, list) else [data]) if isinstance(row, dict)]


_CHANGES = {
    "wrong-total": _wrong_total,
    "false-end": _false_end,
    "no-info": _no_info,
    "missing-key": _missing_key,
    "null-key": _null_key,
    "empty-lists": _empty_lists,
}
