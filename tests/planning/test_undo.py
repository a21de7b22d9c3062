"""Which change takes back what a run did, by what is there now; the whole commands are in tests/state."""

from dataclasses import replace

import pytest

from syncer.kinds.registry import KINDS
from syncer.model.change import Action, Change
from syncer.model.observed import Observed
from syncer.planning.undo import Space, undo
from syncer.resolve.directory import Directory
from syncer.state.values import RunChange

CREATED = RunChange("opportunity.acme", "create", "created", "id-acme", None, {"name": "new"})
UPDATED = RunChange("opportunity.acme", "update", "updated", "id-acme", {"name": "old"}, {"name": "new"})
DELETED = RunChange("opportunity.acme", "delete", "deleted", "id-acme", {"name": "old"}, None)


def record(name: str = "new", *, deleted: bool = False, archived: bool = False) -> Observed:
    return Observed("id-acme", {"name": name}, {}, archived, "", "2027-01-31 12:00:00", deleted)


def back(done: RunChange, now: Observed | None) -> Change:
    records = {} if now is None else {now.id: now}
    (change,) = undo([done], Space(records, Directory(), {}, lambda _kind, _path: None, {}))
    return change


@pytest.mark.parametrize(
    ("done", "now", "action"),
    [
        (CREATED, record(), Action.DELETE),
        (CREATED, record("other"), Action.CONFLICT),
        (CREATED, record(deleted=True), Action.NOOP),
        (CREATED, None, Action.NOOP),
        (UPDATED, record(), Action.UPDATE),
        (UPDATED, record("old"), Action.NOOP),
        (UPDATED, record("other"), Action.CONFLICT),
        (UPDATED, record(archived=True), Action.CONFLICT),
        (UPDATED, record(deleted=True), Action.CONFLICT),
        (UPDATED, None, Action.CONFLICT),
        (DELETED, record("old", deleted=True), Action.CREATE),
        (DELETED, record("old"), Action.NOOP),
        (DELETED, None, Action.CONFLICT),
    ],
)
def test_what_is_there_now_decides(done: RunChange, now: Observed | None, action: Action) -> None:
    """Only what is as the run left it is written; the reason stands beside everything else."""
    change = back(done, now)

    assert (change.action, change.restores) == (action, done is DELETED and action is Action.CREATE)
    assert bool(change.notes) is (action is not Action.UPDATE)


@pytest.mark.parametrize("outcome", ["failed", "unknown", "conflict", "skipped", "unchanged"])
def test_what_nobody_knows_to_be_written_is_not_taken_back(outcome: str) -> None:
    assert (
        undo([replace(UPDATED, outcome=outcome)], Space({}, Directory(), {}, lambda _kind, _path: None, {}))
        == ()
    )


def test_where_the_api_cannot_restore_nothing_is_created(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of such a kind it says so; a new record would be another one."""
    kind = replace(KINDS["opportunity"], restorable=False)
    monkeypatch.setitem(KINDS, "opportunity", kind)

    change = back(DELETED, record("old", deleted=True))

    assert (change.action, change.notes) == (
        Action.CONFLICT,
        ("The API cannot bring back records of its kind.",),
    )
