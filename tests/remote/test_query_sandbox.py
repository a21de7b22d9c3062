"""Client and queries against the sandbox, whose store and request log are the second opinion."""

from collections.abc import Iterator
from typing import Any

import pytest

from syncer.model.problem import RemoteError
from syncer.remote.client import Api, BatchAnswer, Refused
from syncer.remote.query import Query, read, read_all
from syncer.remote.transport import Timeouts
from tests.remote.single import patch

sandbox_server = pytest.importorskip("syncer.sandbox.server")
UNKNOWN_ID = "00000000-0000-4000-8000-000000000000"


@pytest.fixture(scope="module")
def filled() -> Iterator[Any]:
    """A sandbox with a few thousand opportunities; nobody writes to it."""
    with sandbox_server.Sandbox.serve(seed="2500") as running:
        yield running


@pytest.fixture
def demo() -> Iterator[Any]:
    """The tutorial's world."""
    with sandbox_server.Sandbox.serve(seed="demo") as running:
        yield running


@pytest.fixture
def sandbox(filled: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    monkeypatch.setattr("syncer.remote.retry.BACKOFF_FIRST", 0.002)
    filled.faults.clear()
    filled.requests.clear()
    yield filled
    filled.faults.clear()


def connect(sandbox: Any, **options: Any) -> Api:
    access = (sandbox.url, sandbox.space_id, sandbox.username, sandbox.password)
    return Api(*access, timeouts=Timeouts(connect=2, read=5, write=5), **options)


RECORD_NAMES = {
    "Accounts": "Account",
    "Clients": "Client",
    "Contacts": "Contact",
    "Currencies": "Currency",
    "Pipelines": "Pipeline",
    "Steps": "Step",
    "Opportunities": "Opportunity",
}


def rows(sandbox: Any, entity: str) -> list[dict[str, Any]]:
    stored: list[dict[str, Any]] = sandbox.store.rows(RECORD_NAMES[entity])
    return stored


def ids(sandbox: Any, entity: str) -> list[str]:
    return sorted(row["id"] for row in rows(sandbox, entity))


@pytest.mark.parametrize("workers", [1, 8])
def test_a_scan_holds_what_the_store_holds(sandbox: Any, workers: int) -> None:
    with connect(sandbox, parallelism=workers) as api:
        answer = read(api, Query("Opportunities", ("name",)))
    stored = ids(sandbox, "Opportunities")
    assert [row["id"] for row in answer.rows] == stored
    assert sandbox.requests.count() == answer.requests <= 1.05 * -(-len(stored) // 100)


def test_kinds_are_read_at_once(sandbox: Any) -> None:
    kinds = list(RECORD_NAMES)
    with connect(sandbox) as api:
        answers = read_all(api, [Query(kind, ("id",)) for kind in kinds])
    assert [[row["id"] for row in answer.rows] for answer in answers] == [
        ids(sandbox, kind) for kind in kinds
    ]


def test_names_are_probed_or_scanned_whichever_is_less(sandbox: Any) -> None:
    names = sorted({row["name"] for row in rows(sandbox, "Opportunities")})
    few, many = frozenset(names[:10]), frozenset(names[:300])
    for wanted, method, limit in ((few, "probe", 11), (many, "scan", 27)):
        sandbox.requests.clear()
        with connect(sandbox) as api:
            answer = read(api, Query("Opportunities", ("name",), wanted={"name": wanted}))
        assert {row["name"] for row in answer.rows} == wanted
        assert answer.method == method
        assert sandbox.requests.count() <= limit


def test_a_scan_survives_lost_cut_and_limited_answers(sandbox: Any) -> None:
    for seed, effect in enumerate(("drop", "reset", "truncate", "status")):
        options = {"status": 503, "retry_after": "0"} if effect == "status" else {}
        sandbox.faults.add(effect, method="GET", probability=0.05, seed=seed, size=300, **options)
    with connect(sandbox) as api:
        answer = read(api, Query("Opportunities", ("name",)))
    assert [row["id"] for row in answer.rows] == ids(sandbox, "Opportunities")


@pytest.mark.asks("bad-account")
def test_a_batch_creates_what_is_right_and_tells_what_is_not(demo: Any) -> None:
    owner = rows(demo, "Clients")[0]["id"]
    good, bad = {"name": "New Ltd", "owner_id": owner}, {"name": "No owner Ltd"}
    with connect(demo) as api:
        answer = api.batch("Accounts", "batch-modify", [good, bad])
        (new,) = (row["id"] for row in rows(demo, "Accounts") if row["name"] == "New Ltd")
        assert answer.items[0] == new
        wrong = answer.items[1]
        assert not isinstance(wrong, str)
        assert "owner_id" in {error.field_name for error in wrong.field_errors}
        assert wrong.messages
        made = api.get_one("Accounts", new)
        assert made is not None
        assert made["name"] == "New Ltd"
        assert api.batch("Accounts", "batch-delete", [new]) == BatchAnswer((new,))
        assert api.get_one("Accounts", new) is None
        whole = api.batch("Accounts", "batch-modify", [bad], rollback_method=0)
    assert whole.refusal is not None
    assert (whole.items, whole.refusal.http_status) == ((), 422)


def test_a_create_whose_answer_is_lost_is_not_sent_again(demo: Any) -> None:
    owner = rows(demo, "Clients")[0]["id"]
    demo.faults.add("drop", method="POST", when="after")
    with connect(demo) as api, pytest.raises(RemoteError) as caught:
        api.batch("Accounts", "batch-modify", [{"name": "Once Ltd", "owner_id": owner}])
    assert caught.value.sent
    assert [row["name"] for row in rows(demo, "Accounts")].count("Once Ltd") == 1


@pytest.mark.parametrize(
    ("change", "code"),
    [({"password": "wrong"}, "unauthorized"), ({"space_id": "nowhere"}, "space-not-found")],
)
def test_wrong_settings_are_told_apart(demo: Any, change: dict[str, str], code: str) -> None:
    access = {name: getattr(demo, name) for name in ("url", "space_id", "username", "password")}
    with Api(**(access | change)) as api, pytest.raises(RemoteError) as caught:
        api.get_one("Accounts", UNKNOWN_ID)
    assert caught.value.problems[0].code == code


@pytest.mark.asks("no-such-kind")
def test_an_unknown_entity_and_an_unknown_id_are_told_apart(demo: Any) -> None:
    with connect(demo) as api:
        assert api.get_one("Accounts", UNKNOWN_ID) is None
        with pytest.raises(RemoteError, match="knows no 'Contact'"):
            api.list_page("Contact", {})
        with pytest.raises(Refused) as caught:
            patch(api, "Accounts", UNKNOWN_ID, {"name": "x"})
    assert caught.value.status == 404
