"""The client reports what goes on: requests, pauses and why, records read."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from syncer.model.problem import RemoteError
from syncer.model.signs import Call, Doing, Pause
from syncer.remote.client import Api
from syncer.remote.query import Query, read
from syncer.sandbox.server import Sandbox


class Watcher:
    """Remembers everything that was reported."""

    def __init__(self) -> None:
        self.seen: list[Doing] = []
        self.counts: dict[str, tuple[int, int]] = {}
        self.going_on = 0

    @contextmanager
    def during(self, doing: Doing) -> Iterator[None]:
        self.seen.append(doing)
        self.going_on += 1
        try:
            yield
        finally:
            self.going_on -= 1

    def counted(self, entity: str, done: int, all_: int) -> None:
        before, of = self.counts.get(entity, (0, 0))
        self.counts[entity] = (before + done, of + all_)


@pytest.fixture
def watcher() -> Watcher:
    return Watcher()


@pytest.fixture
def api(sandbox: Sandbox, watcher: Watcher, monkeypatch: pytest.MonkeyPatch) -> Iterator[Api]:
    """Return a connection that somebody watches, and that pauses only briefly."""
    monkeypatch.setattr("syncer.remote.retry.BACKOFF_FIRST", 0.001)
    with Api(
        sandbox.url, sandbox.space_id, sandbox.username, sandbox.password, signs=watcher, parallelism=2
    ) as made:
        yield made


@pytest.mark.parametrize(
    ("spoil", "why"),
    [
        (lambda s: s.faults.add("status", status=502, count=2), "status 502"),
        (lambda s: s.faults.add("drop", count=2), "the connection was lost"),
        (lambda s: s.faults.add("truncate", size=5, count=2), "the connection was lost"),
    ],
    ids=["502", "drop", "truncate"],
)
def test_a_repetition_is_reported_with_its_reason(
    spoil: Callable[[Sandbox], object], why: str, sandbox: Sandbox, api: Api, watcher: Watcher
) -> None:
    """Which attempt it is, of how many, before the pause and while it is on its way."""
    spoil(sandbox)
    api.list_page("Currencies", {"first": "1"})

    pauses = [doing.again for doing in watcher.seen if isinstance(doing, Pause)]
    calls = [doing for doing in watcher.seen if isinstance(doing, Call)]
    assert [(again.why, again.attempt, again.attempts) for again in pauses if again] == [
        (why, 2, 6),
        (why, 3, 6),
    ]
    assert [call.again for call in calls] == [None, *pauses]
    assert {(call.entity, call.writes, call.patience) for call in calls} == {("Currencies", False, 60.0)}
    assert watcher.going_on == 0


def test_a_service_that_is_not_there_is_said_to_be(sandbox: Sandbox, watcher: Watcher) -> None:
    """The reason is in the words of the network."""
    with (
        Api("http://127.0.0.1:9", sandbox.space_id, "a", "b", signs=watcher) as api,
        pytest.raises(RemoteError),
    ):
        api.list_page("Currencies", {"first": "1"})

    reasons = {doing.again.why for doing in watcher.seen if isinstance(doing, Pause) and doing.again}
    assert reasons == {"no connection (Connection refused)"}


def test_everybody_who_slows_down_says_why(sandbox: Sandbox, api: Api, watcher: Watcher) -> None:
    """A write that the service had no time for is not repeated; what comes next waits, and says for what."""
    sandbox.faults.add("status", status=503, method="POST", count=1, retry_after="1")
    with pytest.raises(RemoteError):
        api.batch("Opportunities", "batch-delete", ["3fa85f64-5717-4562-b3fc-2c963f66afa6"])
    api.list_page("Currencies", {"first": "1"})

    assert [doing.why for doing in watcher.seen if isinstance(doing, Pause)] == ["status 503"]
    assert next(call for call in watcher.seen if isinstance(call, Call)).writes


def test_a_pause_that_is_asked_for_is_reported(api: Api, watcher: Watcher) -> None:
    api.pause(0.001, "what was sent may still come")

    assert watcher.seen == [Pause(0.001, "what was sent may still come")]


def test_records_are_counted_while_a_list_is_read(sandbox: Sandbox, api: Api, watcher: Watcher) -> None:
    """How many of how many; a value that is asked for alone counts as one."""
    account = sandbox.store.rows("Account")[0]
    owner = account["owner_id"]
    for number in range(230):
        sandbox.store.create("Account", {"name": f"Account {number}", "owner_id": owner})
    all_ = sandbox.store.count("Account")

    read(api, Query("Accounts", ("name",)))
    scanned = dict(watcher.counts)
    read(api, Query("Accounts", (), wanted={"name": frozenset({"Account 1", "Account 2"})}, way="probe"))

    assert scanned == {"Accounts": (all_, all_)}
    assert watcher.counts["Accounts"] == (all_ + 2, all_ + 2)
