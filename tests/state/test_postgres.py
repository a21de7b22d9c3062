"""What the tables promise besides."""

import sys
from collections.abc import Callable

import pytest

from syncer import installation
from syncer.model.problem import SyncerError
from syncer.state import holder
from syncer.state.faults import StateError, UnreachableError
from syncer.state.postgres import Postgres
from tests.state.places import Opening, Place, PostgresPlace, row

HERE = holder.here()


@pytest.fixture
def place(make_place: Callable[[str], Place]) -> PostgresPlace:
    made = make_place("postgresql")
    assert isinstance(made, PostgresPlace)
    return made


def connect(url: str | None) -> Postgres:
    environ = {} if url is None else {"SYNCER_STATE_URL": url}
    return Postgres(Opening("postgresql").scope(), environ)


@pytest.mark.parametrize(
    ("url", "words"),
    [
        (None, "SYNCER_STATE_URL is not set."),
        ("mysql://dana:Secr3t@db/x", "SYNCER_STATE_URL does not begin with postgresql://."),
        ("host=db password=Secr3t", "SYNCER_STATE_URL does not begin with postgresql://."),
    ],
)
def test_an_address_that_is_missing_or_wrong_is_told_without_it(url: str | None, words: str) -> None:
    with pytest.raises(StateError) as error:
        connect(url)
    assert (error.value.problems[0].code, error.value.problems[0].detail) == ("state-missing", words)


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://dana:Secr3t@127.0.0.1:1/x",
        "postgresql://dana:Secr3t@nowhere.invalid/x",
        "postgresql://dana:Secr3t@/x?host=/nowhere",
        "postgresql://dana:Secr3t@/x?Secr3t=1",
        "postgresql://dana:Secr3t@[::1/x",
        "postgres://dana:Secr3t%@host/x",
        "postgresql://dana@Secr3t:Secr3t/x",
    ],
)
def test_a_database_that_is_not_reached_is_told_without_its_address(url: str) -> None:
    with pytest.raises(UnreachableError) as error:
        connect(url).look()
    problem = error.value.problems[0]
    assert problem.code == "state-unreachable"
    for text in (problem.detail, problem.hint, repr(error.value), str(error.value.__cause__)):
        assert "Secr3t" not in text
        assert "dana" not in text


def test_without_tables_it_says_how_to_make_them(place: PostgresPlace) -> None:
    for table in ("format", "space", "ledger", "run"):
        place.sql(f"DROP TABLE OURS.syncer_{table}")
    store = place.store()
    for attempt in (store.read, lambda: store.remember([row("a")])):
        with pytest.raises(StateError) as error:
            attempt()
        assert error.value.problems[0].code == "state-missing"
        assert "syncer state init" in error.value.problems[0].hint
    assert store.init().serial == 0
    assert store.init().lineage == store.read().lineage


def test_reading_leaves_no_row(place: PostgresPlace) -> None:
    place.store().read()
    place.store().forget(["opportunity.a"])
    assert place.sql("SELECT count(*) FROM OURS.syncer_space WHERE space = 'eu_Demo'") == [(0,)]


def test_who_may_not_write_holds_nothing(place: PostgresPlace) -> None:
    place.sql("CREATE ROLE reader_OURS")
    place.sql("GRANT USAGE ON SCHEMA OURS TO reader_OURS")
    place.sql("GRANT SELECT ON ALL TABLES IN SCHEMA OURS TO reader_OURS")
    url = f"{place.url}%20-crole%3Dreader_{place.schema}"
    store = place.store(url=url)
    assert store.read().lineage is None
    with pytest.raises(StateError) as error, store.hold("r1", HERE):
        pytest.fail("nothing may be held")
    assert error.value.problems[0].code == "state-forbidden"


def test_spaces_of_one_database_do_not_meet(place: PostgresPlace) -> None:
    place.store(space="one").remember([row("a")])
    with place.store(space="one").hold("r1", HERE), place.store(space="two").hold("r2", HERE) as lease:
        assert lease.state.ledger == {}


def test_leases_are_judged_by_the_clock_of_the_database(place: PostgresPlace) -> None:
    with place.store().hold("r1", HERE):
        (before,) = place.sql(
            "SELECT (lock::json->>'since')::timestamptz <= now() FROM OURS.syncer_space"
            " WHERE space = 'eu_Demo'"
        )
    assert before == (True,)


def test_no_lock_outlives_a_step(place: PostgresPlace) -> None:
    place.store().init()
    with place.store().hold("r1", HERE):
        assert place.sql("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'") == [(0,)]


def test_without_the_driver_it_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "psycopg", None)
    with pytest.raises(SyncerError) as error:
        connect("postgresql:///x")
    assert error.value.problems[0].code == "extra-missing"
    assert error.value.problems[0].hint == installation.hint("postgresql")
