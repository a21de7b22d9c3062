"""Whatever is done, every store remembers the same of it."""

from dataclasses import replace
from itertools import count
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from syncer.model.problem import SyncerError
from syncer.state import holder
from syncer.state.ledger import Ledger, row_from_line, row_to_line
from syncer.state.runs import changes, head, to_text
from syncer.state.store import Store
from syncer.state.values import LedgerRow, Run, RunChange
from tests.depth import examples
from tests.state.conftest import Make
from tests.state.places import AT, KINDS, Place, done, row, run

HERE = holder.here()
NUMBERS = count()
KEYS = st.lists(st.sampled_from("abcd"), unique=True, max_size=3)
PROJECTS = st.sampled_from(["emea", "us"])
TEXTS = st.text(min_size=1, max_size=12)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=12),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=6,
)
VALUES = st.none() | st.dictionaries(st.text(max_size=6), JSON, max_size=4)
STEPS = st.lists(
    st.tuples(st.just("apply"), PROJECTS, KEYS, KEYS, st.booleans())
    | st.tuples(st.just("stop"), PROJECTS, KEYS)
    | st.tuples(st.just("remember"), PROJECTS, KEYS)
    | st.tuples(st.just("forget"), PROJECTS, KEYS),
    min_size=1,
    max_size=5,
)
ROWS = st.builds(
    LedgerRow,
    address=TEXTS,
    kind=TEXTS,
    id=TEXTS,
    values=st.dictionaries(st.text(max_size=6), JSON, max_size=4),
    modified=st.none() | TEXTS,
    run=TEXTS,
    at=st.just(AT),
    project=TEXTS,
)
CHANGES = st.builds(
    RunChange,
    address=TEXTS,
    action=TEXTS,
    outcome=TEXTS,
    id=st.none() | TEXTS,
    before=VALUES,
    after=VALUES,
    fields=st.lists(st.dictionaries(TEXTS, JSON, max_size=3), max_size=2).map(tuple),
)
RUNS = st.builds(
    Run,
    run=st.from_regex(r"[A-Za-z0-9][A-Za-z0-9._-]{0,20}", fullmatch=True),
    started=st.just(AT),
    ended=st.none() | st.just(AT),
    commit=st.none() | TEXTS,
    plan=st.none() | TEXTS,
    by=TEXTS,
    project=TEXTS,
    settled=st.booleans(),
    uncertain=st.lists(TEXTS, max_size=3).map(tuple),
    outcomes=st.dictionaries(TEXTS, st.integers(0, 9), max_size=2),
)


@pytest.fixture
def three(make_place: Make) -> list[Place]:
    return [make_place(kind) for kind in KINDS]


@settings(max_examples=examples(4), suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=STEPS)
def test_any_sequence_of_runs_gives_the_same_state_in_every_store(
    three: list[Place], steps: list[tuple[Any, ...]]
) -> None:
    found = []
    space = f"space{next(NUMBERS)}"  # so that nothing is left of the example before
    for place in three:
        stores = {name: place.store(project=name, space=space) for name in ("emea", "us")}
        told = [_carry_out(stores[step[1]], number, *step) for number, step in enumerate(steps)]
        states = [stores[name].read() for name in stores]
        kept = [
            [stores[name].changes(each.run) for each in state.runs]
            for name, state in zip(stores, states, strict=True)
        ]
        found.append(
            (told, [_without_times(replace(state, backend="", lineage=None)) for state in states], kept)
        )

    assert found[0] == found[1] == found[2]


def _carry_out(store: Store, number: int, word: str, project: str, keys: list[str], *more: Any) -> object:
    id_ = f"r{number}"
    started = f"2027-01-31T12:00:0{number}Z"
    rows = [row(key, project, id_) for key in keys]
    try:
        match word:
            case "apply":
                gone, sure = more
                with store.hold(id_, HERE) as lease:
                    lease.announce(f"sha256:{id_}", [each.address for each in rows])
                    unsure = () if sure else tuple(each.address for each in rows)
                    ended = run(id_, started, project, settled=sure, uncertain=unsure)
                    settled = [each.run for each in lease.state.open]
                    lease.release(
                        ended,
                        [done(key) for key in keys],
                        rows=rows,
                        gone=[f"opportunity.{key}" for key in gone if key not in keys],
                        settled=settled,
                    )
                return settled
            case "stop":
                with store.hold(id_, HERE) as lease:
                    lease.announce(f"sha256:{id_}", [each.address for each in rows])
            case "remember":
                store.remember(rows)
            case _:
                return store.forget([f"opportunity.{key}" for key in keys])
    except SyncerError as error:
        return error.problems[0].code
    return None


def _without_times(state: Any) -> Any:
    """Leases begin when they begin; runs that were left open are told by that."""
    return replace(
        state,
        runs=tuple(
            sorted(
                (replace(each, started="", ended=each.ended and "", by="") for each in state.runs),
                key=lambda each: each.run,
            )
        ),
    )


@given(ROWS)
def test_a_row_comes_back_from_its_line(one: LedgerRow) -> None:
    line = row_to_line(one)
    assert "\n" not in line
    assert row_from_line(line) == one


@settings(max_examples=examples(30))
@given(st.lists(ROWS, max_size=4))
def test_a_ledger_comes_back_in_one_order(rows: list[LedgerRow]) -> None:
    ledger = Ledger().merged(rows, (), ".")
    assert Ledger.parse(ledger.text()).text() == ledger.text()
    assert Ledger().merged(_last_first(rows), (), ".").text() == ledger.text()


def _last_first(rows: list[LedgerRow]) -> list[LedgerRow]:
    """Return what counts of *rows*, the other way round."""
    return list(reversed({(each.address, each.project): each for each in rows}.values()))


@settings(max_examples=examples())
@given(RUNS, st.lists(CHANGES, max_size=4))
def test_a_run_comes_back_with_its_changes(one: Run, made: list[RunChange]) -> None:
    raw = to_text(one, made)
    assert head(raw.split(b"\n")[0], "x") == one
    assert changes(raw, "x") == tuple(made)
