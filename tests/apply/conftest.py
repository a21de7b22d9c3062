"""Sandboxes with switches, changes and records as values, and events that fit the published schema."""

import contextlib
import json
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from syncer.formats.precondition_json import precondition_from_json
from syncer.kinds import codec
from syncer.kinds.opportunity import OPPORTUNITY
from syncer.model.address import Address
from syncer.model.change import DIFFERS, Action, Change, Unchanged, Values
from syncer.model.observed import LinkRow, Observed
from syncer.model.span import Span
from syncer.sandbox.server import Sandbox
from syncer.sandbox.switches import Switches

CODEC = codec.of(OPPORTUNITY)
SCHEMA = json.loads((Path(__file__).parents[2] / "schemas" / "events.schema.json").read_text())


@pytest.fixture(autouse=True)
def _no_back_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("syncer.remote.retry.BACKOFF_FIRST", 0.002)


@pytest.fixture
def serve() -> Iterator[Callable[..., Sandbox]]:
    """Start a sandbox of one's own, with switches; `options` go to the server."""
    with contextlib.ExitStack() as stack:

        def start(options: Mapping[str, Any] | None = None, **switches: Any) -> Sandbox:
            return stack.enter_context(Sandbox.serve(switches=Switches(**switches), **(options or {})))

        yield start


@pytest.fixture
def events() -> Callable[[str], list[dict[str, Any]]]:
    """Read the JSON lines of a run; each fits the schema, and the last one is the last word."""

    def read(text: str) -> list[dict[str, Any]]:
        found = [json.loads(line) for line in text.splitlines()]
        for event in found:
            jsonschema.validate(event, SCHEMA)
        assert [event["event"] in {"summary", "error"} for event in found] == [False] * (len(found) - 1) + [
            True
        ]
        return found

    return read


@pytest.fixture
def make_change() -> Callable[..., Change]:
    """A change as the planner makes them."""

    def make(
        action: Action = Action.UPDATE,
        key: str = "acme",
        payload: Mapping[str, Any] | None = None,
        precondition: Mapping[str, Any] | None = None,
    ) -> Change:
        """Make one of what a plan file says of it."""
        body, said = payload or {}, precondition or {}
        sides = said.get("fields", {})
        absent = precondition_from_json({"absent": True, **said}) if action is Action.CREATE else None
        create = action is Action.CREATE
        before = {path: side["before"] for path, side in sides.items()}
        after = {path: side["after"] for path, side in sides.items() if "after" in side}
        return Change(
            address=Address("opportunity", key),
            action=action,
            id=None if create else "op-1",
            span=Span("opportunities/acme.yaml", 3, 3),
            before=None if create else Values(before),
            after=None
            if action is Action.DELETE
            else Values(
                CODEC.in_create(body) if create else after,
                {},
                CODEC.custom(body),
            ),
            sides=dict.fromkeys(sides) if action in DIFFERS else {},
            writes=tuple(sides) if action is Action.UPDATE else (),
            precondition=absent or Unchanged("op-1", ""),
        )

    return make


@pytest.fixture
def make_record() -> Callable[..., Observed]:
    """A record as it is read."""

    def make(
        record_id: str = "op-1", rows: Mapping[str, Mapping[str, LinkRow]] | None = None, **values: Any
    ) -> Observed:
        return Observed(record_id, values, rows or {}, archived=False, created="", modified="")

    return make
