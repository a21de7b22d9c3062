"""A service that answers as no switch of the sandbox does: told as it is, nothing left, no traceback."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from syncer.remote.client import Api
from syncer.remote.retry import Ending
from syncer.sandbox.server import Sandbox
from tests.rehearsal.support import Dying, Killed, everything, run, surprises

Change = Callable[[Any], Any]


class Strange(Api):
    """A connection behind which the answers to some steps are others; None stands for a refusal."""

    steps: dict[str, Change | None]

    def ask(self, *arguments: Any, **options: Any) -> Any:
        """Ask, and answer something else."""
        exchange, document = super().ask(*arguments, **options)
        step = options["headers"]["User-Agent"].rpartition("/")[2]
        if step not in self.steps:
            return exchange, document
        change = self.steps[step]
        if change is None:
            return replace(exchange, ending=Ending.REFUSED, status=409), {"success": False}
        document = change(document)
        if isinstance(document, dict) and document.get("success") is True:
            exchange = replace(exchange, ending=Ending.ANSWERED, status=200)
        return exchange, document


def data(change: Change) -> Change:
    """Change what the envelope holds."""
    return lambda document: {**document, "data": change(document.get("data"))}


def without(name: str) -> Change:
    """Leave out a key of each record."""

    def strip(held: Any) -> Any:
        if isinstance(held, list):
            return [strip(row) for row in held]
        return {key: value for key, value in held.items() if key != name} if isinstance(held, dict) else held

    return data(strip)


_ODD: list[tuple[dict[str, Change | None], dict[str, str]]] = [
    (
        {"batch": data(lambda items: [i if isinstance(i, dict) else {"id": i} for i in items])},
        {
            "batch-items": "records instead of ids",
            "batch-order": "the answers do not fit the items",
        },
    ),
    (
        {"batch": data(lambda items: items[:2] + items[3:])},
        {
            "batch-items": "3 answers for 4 items",
            "batch-order": "the answers do not fit the items",
            "batch-unknown-id": "no answer can be told to be about it",
        },
    ),
    (
        {"batch": data(lambda items: [i for i in items if isinstance(i, str)])},
        {
            "batch-items": "2 answers for 4 items",
            "batch-order": "the answers do not fit the items",
            "batch-index": "there was no error",
            "batch-unknown-id": "no answer can be told to be about it",
        },
    ),
    (
        {"batch": data(lambda items: [7, *items[1:3], None])},
        {
            "batch-items": "records instead of ids",
            "batch-order": "the answers do not fit the items",
            "null-order": "there is only one record of ours",
            "several-values": "there is only one record of ours",
        },
    ),
    (
        {
            "batch": data(
                lambda items: [i if isinstance(i, str) else {**i, "entity_index": "?"} for i in items]
            )
        },
        {"batch-index": "something else"},
    ),
    ({"unknown-filter": lambda _: {"success": True, "data": []}}, {"unknown-filter": "nothing is found"}),
    (
        {"get-load-only": without("id"), "get-expand": None},
        {"get-load-only": "no, ignored", "get-expand": "no, refused with status 409"},
    ),
    ({"list-order": data(lambda rows: rows[:2])}, {"list-order": "the space has too few records"}),
    (
        {"count": lambda document: {**document, "total": "many"}},
        {"first-above-100": "no kind with more than 100 records was found"},
    ),
    ({"listed": lambda document: {**document, "total": None}}, {"total-after": "total is missing"}),
    (
        {"timezone": None, "timezone-input": None},
        {
            "timezone-dates": "reading with the header got status 409",
            "timezone-input": "writing with the header was refused",
        },
    ),
    (
        {"empty-text": data(lambda row: {**row, "reason_of_close_description": []})},
        {"empty-text": "as something else"},
    ),
    (
        {"money-decimals": None},
        {"money-decimals": "the amount got status 409"},
    ),
    (
        {"money-foreign": None},
        {"money-foreign": "no, status 409"},
    ),
    ({"nested-list": None}, {"nested-list": "refused, status 409"}),
    (
        {"link": None},
        dict.fromkeys(
            ("nested-list", "nested-empty", "nested-primary", "primary-row"),
            "linking the contact got status 409",
        ),
    ),
    (
        {"rename": without("name")},
        dict.fromkeys(
            ("text-blanks", "text-composition", "eq-blanks", "eq-composition"), "the answer has no name"
        ),
    ),
    (
        {"blanks-exact": data(lambda _: [])},
        {
            "eq-blanks": "found neither with nor without",
            "eq-composition": "eq does not find the record by its own name",
        },
    ),
    (
        {"deleted-get": lambda document: document, "unknown-id": lambda _: []},
        {"unknown-id": "status 404 with no error envelope"},
    ),
    ({"load-only-id": None}, {"load-only-id": "the list got status 409 and 0 rows"}),
    ({"leftovers": without("description")}, {}),
    ({"leftovers": data(lambda rows: [*rows, {"id": {}, "name": 3}])}, {}),
    (
        {"rollback-0": lambda _: {"success": True, "data": []}},
        {},
    ),
    (
        {"read": lambda document: {**document, "data": {}}},
        {"created-in-body": "no"},
    ),
]


@pytest.mark.parametrize(("steps", "told"), _ODD, ids=[" ".join(steps) for steps, _ in _ODD])
def test_a_strange_answer_is_told_and_nothing_is_left(
    sandbox: Sandbox, steps: dict[str, Change | None], told: dict[str, str]
) -> None:
    world = everything(sandbox)
    report = run(sandbox, api=type("Odd", (Strange,), {"steps": steps}))

    assert (surprises(report).items() >= told.items(), report.failed) == (True, None), surprises(report)
    assert everything(sandbox) == world


def test_a_list_in_pages_is_read_to_its_end(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    """Marked records are found on any page."""
    world = everything(sandbox)
    with pytest.raises(Killed):
        run(sandbox, api=type("Dying", (Dying,), {"nth": 40, "before": False}))
    monkeypatch.setattr("syncer.rehearsal.cleaning._PAGE", 1)
    report = run(sandbox)

    assert (report.left, everything(sandbox)) == (0, world)


def test_a_record_whose_id_is_not_told_is_looked_for(sandbox: Sandbox) -> None:
    world = everything(sandbox)
    report = run(sandbox, api=type("Odd", (Strange,), {"steps": {"create": without("id")}}))

    assert (surprises(report), report.left, everything(sandbox)) == ({}, 0, world)


def test_a_service_that_tells_no_ids_is_not_called_clean(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("syncer.rehearsal.run.GRACE", 0.0)
    steps = {"create": without("id"), "leftovers": without("id")}
    report = run(sandbox, api=type("Odd", (Strange,), {"steps": steps}))

    assert (report.left, report.failed is not None) == (1, True)


def test_a_first_record_that_nobody_sees_is_not_rehearsed_with(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The answer has no id, and no list shows the record: what it is called is all that is known."""
    monkeypatch.setattr("syncer.rehearsal.run.GRACE", 0.0)
    steps = {"create": without("id"), "leftovers": data(lambda _: [])}
    report = run(sandbox, api=type("Odd", (Strange,), {"steps": steps}))

    assert ("no id" in str(report.failed), report.left) == (True, 1)


def test_a_service_whose_lists_cannot_be_read_is_not_written_to(sandbox: Sandbox) -> None:
    world = everything(sandbox)
    report = run(sandbox, api=type("Odd", (Strange,), {"steps": {"leftovers": None}}))

    assert report.failed is not None
    assert (report.left, everything(sandbox), sandbox.requests.count("POST")) == (1, world, 0)
