"""Values, clocks and holders."""

import os
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from syncer.model.problem import ProjectError
from syncer.state import holder, ledger, runs
from syncer.state.clock import Clock, elapsed
from syncer.state.faults import StateError
from syncer.state.ledger import Ledger
from syncer.state.values import Holder, Scope, State, lease_seconds, moment, new_run, stamp, until
from tests.state.places import done, row, run

NOON = datetime(2027, 1, 31, 12, tzinfo=UTC)


def test_moments_come_back() -> None:
    assert (stamp(NOON), moment("2027-01-31T12:00:00Z")) == ("2027-01-31T12:00:00Z", NOON)
    for wrong in ("2027-01-31", "2027-01-31T12:00:00+00:00", "2027-13-31T12:00:00Z"):
        with pytest.raises(ValueError, match=r"2027|month"):
            moment(wrong)


def test_a_lease_never_ends_early() -> None:
    assert until(NOON, 300) == "2027-01-31T12:05:00Z"
    assert until(NOON + timedelta(milliseconds=1), 300) == "2027-01-31T12:05:01Z"


def test_an_import_is_a_run_and_no_apply() -> None:
    """The last apply is what an undo takes back, and what says that nothing unknown is under way."""
    import_, apply = run("r2", outcomes={"imported": 62}), run("r1", outcomes={"created": 1})
    assert State("local", runs=(apply, import_)).applies == (apply,)


def test_runs_are_named_in_their_order() -> None:
    early, late = new_run(NOON), new_run(NOON + timedelta(milliseconds=1))
    assert early < late
    assert early.startswith("20270131T120000.000Z-")
    assert new_run(NOON) != early


@pytest.mark.parametrize(
    ("text", "seconds"), [(None, 300), ("", 300), (" 60 ", 60), ("10", 10), ("3600", 3600)]
)
def test_the_environment_says_how_long_a_lease_lasts(text: str | None, seconds: int) -> None:
    assert lease_seconds({} if text is None else {"SYNCER_LEASE": text}) == seconds


@pytest.mark.parametrize("text", ["9", "3601", "5m", "-1", "1e3", "²", "9" * 5000])
def test_a_lease_of_no_sensible_length_is_refused(text: str) -> None:
    with pytest.raises(ProjectError) as error:
        lease_seconds({"SYNCER_LEASE": text})
    assert error.value.problems[0].code == "bad-value"


def test_a_scope_is_a_host_and_a_space() -> None:
    assert Scope.of("https://EU.example.com/", "x") == Scope("eu.example.com", "x", ".")
    assert Scope.of("http://127.0.0.1:8080/api", "x", "emea") == Scope("127.0.0.1:8080", "x", "emea")


def test_the_clock_is_the_services() -> None:
    now = datetime.now(UTC)
    assert abs((Clock(20.0).now() - now).total_seconds() - 20) < 10
    Clock(30.0).check()
    Clock(-30.0).check()
    Clock().check()
    for off in (31.0, -31.0):
        with pytest.raises(StateError):
            Clock(off).check()
    assert elapsed() <= elapsed()


def test_this_process_lives() -> None:
    assert not holder.is_dead(holder.here())


def test_a_process_that_has_ended_is_dead_where_it_ran_and_nowhere_else() -> None:
    script = "from syncer.state.holder import here; h = here(); print(h.pid, h.started)"
    ended = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    pid, started = ended.stdout.split()
    gone = replace(holder.here(), pid=int(pid), started=started)

    assert holder.is_dead(gone)
    for elsewhere in (
        {"host": "other"},
        {"boot": "other"},
        {"namespace": "other"},
        {"boot": ""},
        {"started": ""},
    ):
        assert not holder.is_dead(replace(gone, **elsewhere))  # type: ignore[arg-type]


def test_a_number_that_was_given_again_is_another_process() -> None:
    assert holder.is_dead(replace(holder.here(), started="1"))
    assert not holder.is_dead(replace(holder.here(), pid=10**30))


def test_a_user_without_a_name_is_a_number(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("LOGNAME", "USER", "LNAME", "USERNAME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr("getpass.getuser", lambda: dict[str, str]()["nobody"])
    assert holder.here().user == str(os.getuid())


def test_where_the_system_tells_nothing_nobody_is_dead() -> None:
    assert not holder.is_dead(Holder("dana", holder.here().host, 2**22 + 5))


A, B = ledger.row_to_line(row("a")), ledger.row_to_line(row("b"))


def lines(*rows: object) -> bytes:
    return "".join(f"{each}\n" for each in rows).encode()


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        (lines(ledger.row_to_line(row("a")))[:-1], "ledger.jsonl:1: the last line is cut short"),
        (
            lines(ledger.row_to_line(row("b")), ledger.row_to_line(row("a"))),
            "ledger.jsonl:2: opportunity.a is out",
        ),
        (
            lines(ledger.row_to_line(row("a")), ledger.row_to_line(row("a"))),
            "ledger.jsonl:2: opportunity.a stands",
        ),
        (lines(ledger.row_to_line(row("a")), ""), "ledger.jsonl:2: it is not JSON"),
        (lines(ledger.row_to_line(row("a")), "[]"), "ledger.jsonl:2: it is no JSON object"),
        (b"\xff\n", "ledger.jsonl:1: it is not UTF-8"),
        (b"[" * 100_000 + b"\n", "ledger.jsonl:1: it is not JSON"),
        (lines(ledger.row_to_line(row("a")).replace('"modified":"2027', '"modified":"')), ""),
    ],
)
def test_a_ledger_is_read_as_it_is_written_and_not_otherwise(raw: bytes, words: str) -> None:
    if not words:
        assert len(Ledger.parse(raw)) == 1
        return
    with pytest.raises(StateError) as error:
        Ledger.parse(raw)
    assert words in error.value.problems[0].detail


@pytest.mark.parametrize(
    ("edit", "words"),
    [
        (lambda text: text.replace("\n]}\n", "\n]}"), "its end is missing"),
        (lambda text: text.replace(',"changes":[', ', "changes":['), "does not begin as a run"),
        (lambda text: text.replace('{"address"', '"address"'), "r1:2: it is not JSON"),
        (lambda text: text.replace('"run":"r1"', '"run":"../r1"'), "no id of a run"),
        (lambda text: text.replace('"uncertain":[]', '"uncertain":[7]'), "no list of texts"),
        (lambda text: text.replace('"before":null,', ""), '"before" is missing'),
    ],
)
def test_a_run_is_read_as_it_is_written_and_not_otherwise(edit: object, words: str) -> None:
    raw = runs.to_text(run("r1"), [done("a"), done("b")])
    assert (runs.head(raw, "r1"), runs.changes(raw, "r1")) == (run("r1"), (done("a"), done("b")))
    assert runs.changes(runs.to_text(run("r1"), []), "r1") == ()
    with pytest.raises(StateError) as error:
        runs.changes(edit(raw.decode()).encode(), "r1")  # type: ignore[operator]
    assert words in error.value.problems[0].detail


@pytest.mark.parametrize("name", ["GITHUB_ACTOR", "GITLAB_USER_LOGIN"])
def test_on_a_runner_the_person_who_set_it_off_is_named(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The user that a runner runs as says nothing; on a computer of one's own nobody can be put in front."""
    monkeypatch.delenv("GITHUB_ACTOR", raising=False)
    monkeypatch.setenv(name, "dana")
    assert holder.here().user != "dana"

    monkeypatch.setenv("CI", "true")
    assert holder.here().user == "dana"
