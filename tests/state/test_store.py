"""What every store promises."""

import signal
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace

import pytest

from syncer.model.problem import SyncerError
from syncer.state import holder
from syncer.state import runs as run_files
from syncer.state.faults import HeldError, LeaseLostError, StateError, UnreachableError
from syncer.state.lease import Lease
from syncer.state.store import Store
from syncer.state.values import Lock, Run, Seen, moment
from tests.state.conftest import Other
from tests.state.places import AT, FAR, GitPlace, Opening, Place, PostgresPlace, done, row, run

HERE = holder.here()
Start = Callable[[Opening], Other]


def code(error: pytest.ExceptionInfo[SyncerError]) -> str:
    return error.value.problems[0].code


def test_where_nothing_is_remembered_reading_makes_nothing(place: Place) -> None:
    store = place.store()

    assert store.read().lineage is None
    assert store.read() == replace(store.read(), ledger={}, runs=(), lock=None, serial=0, elsewhere=0)


def test_what_is_released_is_read_from_elsewhere(place: Place) -> None:
    with place.store().hold("r1", HERE) as lease:
        lease.announce("sha256:r1", ["opportunity.b", "opportunity.a"])
        lease.check()
        lease.release(run("r1"), [done("b"), done("a")], rows=[row("b"), row("a", name="Ünï\u2028", n=None)])

    store = place.store()
    state = store.read()
    assert list(state.ledger) == ["opportunity.a", "opportunity.b"]
    assert state.ledger["opportunity.a"] == row("a", name="Ünï\u2028", n=None)
    assert (state.lock, state.runs, state.open, state.elsewhere) == (None, (run("r1"),), (), 0)
    assert state.applied("sha256:r1") == run("r1")
    assert store.changes("r1") == (done("b"), done("a"))


def test_texts_that_files_find_hard_come_back(place: Place) -> None:
    hard = 'a\nb\r\x00\x85\u2028\ud800 \U0001f600 "\\ ],[ {}'
    with place.store().hold("r1", HERE) as lease:
        lease.release(
            run("r1"), [replace(done("a"), after={hard: [hard, 1, True, None]})], rows=[row("a", x=hard)]
        )

    assert place.store().read().ledger["opportunity.a"].values == {"x": hard}
    assert place.store().changes("r1")[0].after == {hard: [hard, 1, True, None]}


def test_while_it_is_held_others_are_told_who_holds_it(place: Place) -> None:
    with place.store().hold("r1", HERE) as lease:
        lease.announce("sha256:r1", ["opportunity.a"])
        with pytest.raises(HeldError) as error, place.store().hold("r2", HERE):
            pass
        lock = place.store().read().lock

    assert code(error) == "locked"
    assert lock is not None
    assert (lock.run, lock.holder, lock.plan, lock.addresses) == ("r1", HERE, "sha256:r1", ("opportunity.a",))
    for words in (str(HERE.pid), HERE.host, lock.since, lock.until, "r1"):
        assert words in error.value.problems[0].detail


def test_who_waits_gets_it_when_it_is_released(place: Place, other: Start) -> None:
    first = other(place.opening())
    assert first.tell("hold r1") == "held"
    waited: list[Lock] = []

    def waiting(lock: Lock) -> None:
        waited.append(lock)
        assert first.tell("release r1 a") == "released"

    with place.store().hold("r2", HERE, wait=30, waiting=waiting) as lease:
        assert list(lease.state.ledger) == ["opportunity.a"]
        assert lease.taken is None
    assert [lock.run for lock in waited] == ["r1"]


def test_of_two_at_once_exactly_one_holds_it(place: Place, other: Start) -> None:
    both = [other(place.opening()), other(place.opening())]
    counts = []
    for turn in range(20):
        for number, each in enumerate(both):
            each.say(f"hold r{turn}-{number}")
        answers = [each.hear().split()[0] for each in both]
        counts.append(sorted(answers))
        winner = both[answers.index("held")]
        assert winner.tell(f"release r{turn} t{turn}") == "released"
        assert winner.tell("end") == "ended"

    assert counts == [["held", "locked"]] * 20
    assert len(place.store().read().ledger) == 20


def test_a_killed_holder_frees_the_space_at_once_and_leaves_its_run_open(place: Place, other: Start) -> None:
    first = other(place.opening())
    first.tell("hold r1")
    first.tell("announce opportunity.a opportunity.b")
    first.kill()

    with place.store().hold("r2", HERE) as lease:
        assert lease.taken is not None
        assert (lease.taken.run, lease.taken.holder.pid) == ("r1", first.process.pid)
        (left,) = lease.state.open
        assert (left.run, left.ended, left.plan) == ("r1", None, "sha256:plan")
        assert left.uncertain == ("opportunity.a", "opportunity.b")
        lease.announce("sha256:r2", ["opportunity.a"])
        # Killed before it has looked: the next one is told again.
        second = place.store()
        assert [each.run for each in second.read().open] == ["r1"]
        lease.release(run("r2"), [done("a")], rows=[row("a")], settled=["r1"])

    state = place.store().read()
    assert [(each.run, each.is_open) for each in state.runs if each.run == "r1"] == [("r1", False)]
    assert state.open == ()


def test_a_holder_killed_before_it_announced_anything_leaves_nothing(place: Place, other: Start) -> None:
    first = other(place.opening())
    first.tell("hold r1")
    first.kill()

    with place.store().hold("r2", HERE) as lease:
        assert lease.taken is not None
        assert lease.state.runs == ()


def test_a_lease_of_another_machine_ends_by_itself(place: Place) -> None:
    with place.store(seconds=1).hold("r1", FAR) as lease:
        lease.announce("sha256:r1", ["opportunity.a"])
        lease._end_renewing()
        with pytest.raises(HeldError), place.store(seconds=1).hold("r2", HERE):
            pass
        with place.store(seconds=60).hold("r3", HERE, wait=20) as second:
            assert second.taken is not None
            assert second.taken.holder == FAR
            assert [each.run for each in second.state.open] == ["r1"]
            with pytest.raises(LeaseLostError):
                lease.check()
            with pytest.raises(LeaseLostError) as error:
                lease.release(run("r1"), rows=[row("a")])
            assert "r3 took it over" in error.value.problems[0].detail
    assert place.store().read().ledger == {}


def test_a_holder_that_was_paused_past_its_lease_writes_nothing_more(place: Place, other: Start) -> None:
    first = other(place.opening(seconds=1))
    first.tell("hold r1")
    first.tell("announce opportunity.a")
    first.process.send_signal(signal.SIGSTOP)

    with place.store().hold("r2", HERE, wait=20) as lease:
        assert lease.taken is not None
        assert lease.taken.run == "r1"
        first.process.send_signal(signal.SIGCONT)
        assert first.tell("check").startswith("lease-lost")
        assert first.tell("announce opportunity.b").startswith("lease-lost")
        assert first.tell("release r1 a").startswith("lease-lost")
        assert first.tell("end") == "ended"
        lease.check()
        lease.release(run("r2"), rows=[row("b")], settled=["r1"])
    assert list(place.store().read().ledger) == ["opportunity.b"]


def test_a_lease_is_renewed_while_it_is_held(place: Place) -> None:
    store = place.store()
    with place.store(seconds=3).hold("r1", HERE) as lease:
        lease.announce("sha256:r1", ["opportunity.a"])
        first = _lock(store).until
        while moment(_lock(store).until) <= moment(first):
            time.sleep(0.1)
        assert lease.check() > 0
        assert _lock(store).addresses == ("opportunity.a",)


def test_the_store_can_be_read_while_its_lease_is_renewed(place: Place) -> None:
    store = place.store(seconds=2)
    with store.hold("r1", HERE) as lease:
        first = _lock(store).until
        while moment(_lock(store).until) <= moment(first):
            assert store.read().ledger == {}
        lease.check()
        lease.release(run("r1"), rows=[row("a")])
    assert list(store.read().ledger) == ["opportunity.a"]


def _write_on(lease: Lease) -> None:
    while True:
        lease.check()
        time.sleep(0.05)


def _lock(store: Store) -> Lock:
    lock = store.read().lock
    assert isinstance(lock, Lock)
    return lock


def test_who_was_unlocked_stops_with_the_next_renewal(place: Place) -> None:
    store = place.store()
    with place.store(seconds=3).hold("r1", HERE) as lease:
        lease.announce("sha256:r1", ["opportunity.a"])
        assert store.unlock("r1").run == "r1"
        with pytest.raises(LeaseLostError):
            _write_on(lease)
        with pytest.raises(LeaseLostError) as error:
            lease.release(run("r1"), rows=[row("a")])
        assert "taken away by a person" in error.value.problems[0].detail

    state = store.read()
    assert (state.ledger, state.lock, [each.run for each in state.open]) == ({}, None, ["r1"])


def test_only_the_run_that_holds_it_is_unlocked(place: Place) -> None:
    store = place.store()
    with pytest.raises(StateError) as error:
        store.unlock("r1")
    assert code(error) == "run-unknown"
    with place.store().hold("r1", HERE):
        with pytest.raises(StateError) as error:
            store.unlock("r2")
        assert "held by run r1" in error.value.problems[0].detail


def test_what_was_announced_and_not_released_stays_to_be_looked_up(place: Place) -> None:
    with suppress(KeyboardInterrupt), place.store().hold("r1", HERE) as lease:
        lease.announce("sha256:r1", ["opportunity.a"])
        raise KeyboardInterrupt

    state = place.store().read()
    assert state.lock is None
    assert [each.uncertain for each in state.open] == [("opportunity.a",)]


def test_a_run_with_uncertain_ends_is_open_until_it_is_settled(place: Place) -> None:
    left = run("r1", settled=False, uncertain=("opportunity.a",))
    with place.store().hold("r1", HERE) as lease:
        lease.release(left, [done("a")])
    assert place.store().read().open == (left,)

    place.store().remember([], settled=["r1", "unknown"])

    assert place.store().read().runs == (replace(left, uncertain=()),)
    assert place.store().changes("r1") == (done("a"),)


def test_forgotten_addresses_leave_the_ledger(place: Place) -> None:
    place.store().remember([row("a"), row("b")])

    assert place.store().forget(["opportunity.b", "opportunity.c"]) == ("opportunity.b",)
    assert place.store().forget(["opportunity.c"]) == ()
    assert list(place.store().read().ledger) == ["opportunity.a"]
    assert place.store().read().serial == 2
    with (
        place.store().hold("r1", HERE),
        pytest.raises(HeldError),
    ):
        place.store().forget(["opportunity.a"])
    with place.store().hold("r2", HERE), pytest.raises(HeldError):
        place.store().remember([row("c")])


def test_another_projects_rows_are_never_read_as_ours_and_never_lost(place: Place) -> None:
    place.store(project="emea").remember([row("a", "emea"), row("z", "emea")], run=run("r0", project="emea"))
    with place.store(project="us").hold("r1", HERE) as lease:
        assert (lease.state.ledger, lease.state.runs, lease.state.elsewhere) == ({}, (), 2)
        lease.release(run("r1", project="us"), rows=[row("a", "us")], gone=["opportunity.z"])

    emea, us = (place.store(project=name).read() for name in ("emea", "us"))
    assert emea.ledger == {"opportunity.a": row("a", "emea"), "opportunity.z": row("z", "emea")}
    assert us.ledger == {"opportunity.a": row("a", "us")}
    assert ([each.run for each in emea.runs], [each.run for each in us.runs]) == (["r0"], ["r1"])


def test_writers_of_two_projects_at_once_lose_nothing(place: Place, other: Start) -> None:
    both = [other(place.opening(project=name)) for name in ("emea", "us")]
    for each in both:
        each.say("remember " + " ".join(f"k{number}" for number in range(8)))

    assert [each.hear() for each in both] == ["remembered", "remembered"]
    assert [len(place.store(project=name).read().ledger) for name in ("emea", "us")] == [8, 8]


def test_runs_are_told_in_order_and_the_last_ones_kept(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run_files, "KEPT_RUNS", 3)
    started = [f"2027-01-0{day}T00:00:00Z" for day in (1, 2, 3, 4, 5, 6)]
    place.store().remember(
        [], run=run("open", started[0], ended=None, settled=False, uncertain=("opportunity.a",))
    )
    place.store().remember([], run=run("far", started[0], project="emea"))
    for number in (4, 1, 2, 3, 5):
        place.store().remember([], run=run(f"r{number}", started[number]), changes=[done("a")])

    assert [each.run for each in place.store().read().runs] == ["open", "r3", "r4", "r5"]
    assert [each.run for each in place.store(project="emea").read().runs] == ["far"]
    with pytest.raises(StateError) as error:
        place.store().changes("r1")
    assert code(error) == "run-unknown"


def test_serial_and_lineage_tell_what_a_plan_was_made_upon(place: Place) -> None:
    store = place.store()
    first = store.init()
    with store.hold("r1", HERE):
        pass
    assert store.read().serial == first.serial == 0
    store.remember([row("a")])
    state = store.read()
    assert (state.lineage, state.serial) == (first.lineage, 1)
    assert store.init() == state

    assert state.lineage is not None
    store.read(Seen(state.lineage, 1))
    store.read(Seen("another", 7))
    with pytest.raises(StateError) as error:
        store.read(Seen(state.lineage, 2))
    assert code(error) == "state-rewritten"
    with pytest.raises(StateError), store.hold("r2", HERE, seen=Seen(state.lineage, 2)):
        pass
    assert store.read().lock is None


@pytest.mark.parametrize(("ahead", "words"), [(3600.0, "behind"), (-31.0, "ahead of")])
def test_with_a_clock_that_is_off_nothing_is_held(place: Place, ahead: float, words: str) -> None:
    store = place.store(ahead=ahead)
    with pytest.raises(StateError) as error, store.hold("r1", HERE):
        pass
    assert code(error) == "clock-off"
    assert words in error.value.problems[0].detail
    with pytest.raises(StateError):
        store.remember([row("a")])
    assert place.store().read().lineage is None


def test_a_store_that_is_not_reached_before_stops_everything(place: Place) -> None:
    place.store().remember([row("a")])
    store = place.store()
    place.break_()
    try:
        with pytest.raises(StateError), store.hold("r1", HERE):
            pytest.fail("nothing may be held")
    finally:
        place.mend()
    assert place.store().read().lock is None


def test_a_store_that_is_lost_in_the_middle_ends_the_lease_by_time(place: Place) -> None:
    with place.store(seconds=1).hold("r1", HERE) as lease:
        place.break_()
        try:
            with pytest.raises(StateError):
                lease.announce("sha256:r1", ["opportunity.a"])
            with pytest.raises(LeaseLostError):
                _write_on(lease)
        finally:
            place.mend()
    assert place.store().read().runs == ()


def test_a_store_that_is_lost_at_the_end_leaves_the_run_to_be_looked_up(place: Place) -> None:
    with place.store(seconds=1).hold("r1", HERE) as lease:
        lease.announce("sha256:r1", ["opportunity.a"])
        place.break_()
        try:
            with pytest.raises(StateError):
                lease.release(run("r1"), [done("a")], rows=[row("a")])
        finally:
            place.mend()
        assert place.store().read().ledger == {}
        lease.release(run("r1"), [done("a")], rows=[row("a")])
        lease.release(run("r1"), [done("a")], rows=[row("a")])
    state = place.store().read()
    assert (list(state.ledger), state.runs, state.serial) == (["opportunity.a"], (run("r1"),), 1)


@pytest.mark.parametrize(
    ("edit", "words"),
    [
        (lambda text: text.replace('"id":"id-b"', '"id":7'), '"id" is no text'),
        (lambda text: text.replace('"kind"', '"kinds"'), '"kind" is missing'),
        (lambda text: text.replace('{"address":"opportunity.b"', '"address":"opportunity.b"'), "not JSON"),
        (lambda text: text.replace(AT, "yesterday"), '"at" is no time'),
        (lambda text: text.replace('"values":{"name":"b"}', '"values":NaN'), "not JSON"),
    ],
)
def test_a_ledger_edited_by_hand_is_one_error_that_names_the_place(
    place: Place, edit: Callable[[str], str], words: str
) -> None:
    place.store().remember([row("a"), row("b")])
    place.tamper("ledger.jsonl", edit)

    with pytest.raises(StateError) as error:
        place.store().read()
    assert code(error) == "state-damaged"
    assert words in error.value.problems[0].detail
    with pytest.raises(StateError), place.store().hold("r1", HERE) as lease:
        assert lease.state


def test_runs_and_leases_edited_by_hand_are_errors_too(place: Place) -> None:
    with place.store().hold("r1", HERE) as lease:
        lease.release(run("r1"), [done("a")])
    place.tamper("runs/r1.json", lambda text: text.replace('"settled":true', '"settled":"yes"'))
    with pytest.raises(StateError) as error:
        place.store().read()
    assert (code(error), '"settled" is neither' in error.value.problems[0].detail) == ("state-damaged", True)

    place.tamper("runs/r1.json", lambda text: text.replace('"settled":"yes"', '"settled":true'))
    with place.store().hold("r2", HERE):
        place.tamper("lock.json", lambda text: text.replace('"pid":', '"pid":-'))
        with pytest.raises(StateError) as error:
            place.store().read()
    assert code(error) == "state-damaged"


def test_what_a_later_version_adds_is_kept(place: Place) -> None:
    left = run("r1", settled=False, uncertain=("opportunity.a",))
    place.store().remember([row("a"), row("b")], run=left)
    added = {
        "ledger.jsonl": ('"id":"id-a"', '"id":"id-a","new":1'),
        "runs/r1.json": ('"run":"r1"', '"run":"r1","new":1'),
        "state.json": ('"format_version":"1.0"', '"format_version":"1.7","new":1'),
    }
    if isinstance(place, PostgresPlace):
        del added["state.json"]
    for name, (before, after) in added.items():
        place.tamper(name, _replacing(before, after))

    place.store().remember([row("b", name="B")], settled=["r1"])

    assert place.store().read().ledger == {"opportunity.a": row("a"), "opportunity.b": row("b", name="B")}
    assert place.store().read().runs == (replace(left, uncertain=()),)
    kept: list[str] = []
    for name in added:
        place.tamper(name, _noting(kept))
    for _, after in added.values():
        assert after in "".join(kept)


def _replacing(before: str, after: str) -> Callable[[str], str]:
    return lambda text: text.replace(before, after)


def _noting(kept: list[str]) -> Callable[[str], str]:
    def note(text: str) -> str:
        kept.append(text)
        return f"{text} "  # git has nothing to commit otherwise

    return note


def test_a_state_names_its_format(place: Place) -> None:
    place.store().remember([row("a")])
    if isinstance(place, PostgresPlace):
        place.sql("UPDATE OURS.syncer_format SET version = '2.0'")
    else:
        place.tamper("state.json", lambda text: text.replace('"1.0"', '"2.0"'))

    for attempt in (lambda: place.store().read(), lambda: place.store().remember([row("b")])):
        with pytest.raises(StateError) as error:
            attempt()
        assert code(error) == "state-version"
        assert "2.0" in error.value.problems[0].detail


def test_a_state_of_another_space_is_refused_or_not_seen(place: Place) -> None:
    place.store().remember([row("a")])
    if isinstance(place, PostgresPlace):
        assert place.store(space="eu_Other").read().ledger == {}
        return
    place.tamper("state.json", lambda text: text.replace("eu_Demo", "eu_Other"))
    with pytest.raises(StateError) as error:
        place.store().read()
    assert code(error) == "state-other-space"


def test_three_pushes_make_an_apply(make_place: Callable[[str], Place]) -> None:
    place = make_place("git")
    assert isinstance(place, GitPlace)
    store = place.store()
    store.read()
    with store.hold("r1", HERE) as lease:
        lease.announce("sha256:r1", ["opportunity.a"])
        lease.release(run("r1"), [done("a")], rows=[row("a")])
    store.read()

    assert place.commits() == 3


def test_an_open_run_is_unsettled() -> None:
    assert Run("r1", AT, None, None, None, "dana").is_open
    assert UnreachableError.exit_code == 1
