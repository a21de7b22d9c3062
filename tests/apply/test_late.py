"""What comes late: commits of an apply that is dead, records that lists do not show yet."""

import os
import shutil
import signal
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from syncer.apply import quiet
from syncer.apply.quiet import needed
from syncer.model.codes import ExitCode
from syncer.sandbox.server import Sandbox
from tests.faults.client import Client, Suicide
from tests.support import MANIFEST, manifest, writes

Make = Callable[..., Any]
SETTINGS = (
    "version: 1\npolicy: {existing: update, guards: {closing_date_in_past: allow, max_value: 9000000 USD}}\n"
)
EVENTS = ("apply", "--auto-approve", "--format", "json")


def _deals(count: int, **changes: str | None) -> str:
    return manifest({f"deal-{n:03}": {"name": f"Deal {n:03}", **changes} for n in range(count)})


def _names(sandbox: Sandbox) -> list[str]:
    return sorted(row["name"] for row in sandbox.store.rows("Opportunity") if row["name"].startswith("Deal"))


def _named(count: int) -> list[str]:
    return [f"Deal {n:03}" for n in range(count)]


def _killed(folder: Path, sandbox: Sandbox, nth: int, when: str = "after") -> None:
    """Apply, and die at the *nth* request."""
    client = Client((*EVENTS, "--no-quiet-wait"), folder, sandbox.env(), Suicide(nth, when))
    client.start()
    assert client.wait().code == -signal.SIGKILL


def _first_write(folder: Path, sandbox: Sandbox, syncer: Make) -> int:
    """Return which request of an apply is its first write."""
    assert syncer(*EVENTS, "--grace", "0.05", cwd=folder).code == 0
    methods = [request.method for request in sandbox.requests]
    sandbox.reset()
    shutil.rmtree(folder / ".syncer")
    return methods.index("POST") + 1


# --- killed when the answer had arrived ---


@pytest.mark.parametrize(("lag", "grace"), [(0.5, "1.5"), (60.0, "0.1")], ids=["within grace", "beyond"])
def test_what_was_answered_and_is_not_listed_yet_is_not_created_again(
    sandbox: Sandbox, project: Make, syncer: Make, events: Make, lag: float, grace: str
) -> None:
    """The journal has their ids; within the grace time a list shows them, else they are asked for by id."""
    folder = project(_deals(3), settings=SETTINGS)
    nth = _first_write(folder, sandbox, syncer)
    sandbox.faults.add("lag", path="Opportunities$", seconds=lag)
    _killed(folder, sandbox, nth + 1, "before")
    assert _names(sandbox) == _named(3)
    sandbox.requests.clear()

    ran = syncer(*EVENTS, "--grace", grace, cwd=folder)

    assert (ran.code, writes(sandbox), _names(sandbox)) == (0, [], _named(3))
    assert "did not finish: 3 written, 0 uncertain." in ran.err
    assert list((folder / ".syncer").glob("*/*/journal/*")) == []
    assert events(ran.out)[-1]["unchanged"] == 3


def test_a_record_is_known_by_its_id_where_one_record_comes_without_its_links(
    sandbox: Sandbox, project: Make, syncer: Make
) -> None:
    """Whether a single record can be expanded is undocumented."""
    folder = project(_deals(1), settings=SETTINGS)
    nth = _first_write(folder, sandbox, syncer)
    sandbox.faults.add("lag", path="Opportunities$", seconds=60.0)
    _killed(folder, sandbox, nth + 1, "before")
    sandbox.faults.add("missing-key", method="GET", path="Opportunities/.", key="account_relations")

    assert (syncer(*EVENTS, "--grace", "0.1", cwd=folder).code, _names(sandbox)) == (0, _named(1))


def test_what_was_created_and_renamed_since_is_not_created_beside_it(
    sandbox: Sandbox, project: Make, syncer: Make, events: Make
) -> None:
    folder = project(_deals(2), settings=SETTINGS)
    nth = _first_write(folder, sandbox, syncer)
    _killed(folder, sandbox, nth + 1, "before")
    deal = sandbox.store.find("Opportunity", name="Deal 001")["id"]
    sandbox.edit("Opportunity", deal, name="Deal of Eve")

    for _ in range(2):
        ran = syncer(*EVENTS, "--grace", "0.1", cwd=folder)
        (problem,) = events(ran.out)[2]["error"]
        assert (ran.code, problem["code"]) == (ExitCode.REFUSED, "conflict")
        assert f'created it as {deal}, which is now called "Deal of Eve"' in problem["detail"]
        assert _names(sandbox) == ["Deal 000", "Deal of Eve"]
    sandbox.store.delete("Opportunity", deal)
    assert syncer(*EVENTS, "--grace", "0.1", cwd=folder).code == 0
    assert _names(sandbox) == _named(2), "what was deleted is created anew, as the manifests say"


# --- a fresh working copy ---


@pytest.mark.quiet_wait
def test_a_late_commit_of_a_runner_that_died_is_waited_for_from_a_fresh_clone(
    sandbox: Sandbox, project: Make, syncer: Make
) -> None:
    folder = project(_deals(3), settings=SETTINGS)
    sandbox.faults.add("late", method="POST", nth=1, seconds=0.8)
    nth = _reads(folder, sandbox, syncer) + 1
    _killed(folder, sandbox, nth)
    shutil.rmtree(folder / ".syncer")

    ran = syncer(*EVENTS, "--grace", "2", cwd=folder)

    time.sleep(0.8)
    assert (ran.code, _names(sandbox)) == (0, _named(3)), "nothing came late beside what was sent again"


def _reads(folder: Path, sandbox: Sandbox, syncer: Make) -> int:
    """Return how many requests come before the first write, without writing."""
    sandbox.faults.add("status", method="POST", nth=1, status=403)
    syncer(*EVENTS, "--grace", "0.05", cwd=folder)
    methods = [request.method for request in sandbox.requests]
    sandbox.faults.clear()
    sandbox.faults.add("late", method="POST", nth=1, seconds=0.8)
    sandbox.requests.clear()
    shutil.rmtree(folder / ".syncer", ignore_errors=True)
    return methods.index("POST")


class _Waits:
    """What an apply would wait for a quiet past, without waiting."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.count = 0
        monkeypatch.setattr(quiet, "needed", self._needed)

    def _needed(self, _grace: float, _began: float) -> float:
        self.count += 1
        return 0.0

    def taken(self) -> int:
        """Return how often it was waited since the last time."""
        taken, self.count = self.count, 0
        return taken


KEYED = SETTINGS + "identity: {key_field: cf_syncer_key}\n"


@pytest.mark.quiet_wait
@pytest.mark.usefixtures("sandbox")
def test_the_past_is_waited_for_unless_something_proves_it_quiet(
    project: Make, syncer: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    waits = _Waits(monkeypatch)
    folder = project(_deals(1), settings=SETTINGS)

    def applied(*options: str) -> int:
        assert syncer(*EVENTS, "--grace", "0.05", *options, cwd=folder).code == 0
        return waits.taken()

    assert applied() == 1, "a fresh clone knows nothing"
    (folder / MANIFEST).write_text(_deals(2))
    assert applied() == 0, "the last apply from here is known to have ended"
    shutil.rmtree(folder / ".syncer")
    assert applied() == 0, "nothing is created"
    (folder / MANIFEST).write_text(_deals(3))
    assert applied("--no-quiet-wait") == 0
    shutil.rmtree(folder / ".syncer")
    (folder / MANIFEST).write_text(_deals(2, value="7 USD"))
    assert applied() == 0, "an update is protected by what it was planned upon"
    (folder / MANIFEST).write_text(_deals(2, value="7 USD", contacts="[eve@acme.example, bob@acme.example]"))
    shutil.rmtree(folder / ".syncer", ignore_errors=True)
    assert applied() == 1, "a new link is protected by nothing"


@pytest.mark.quiet_wait
@pytest.mark.parametrize("unique", [True, False])
def test_a_key_field_protects_when_it_is_unique(
    sandbox: Sandbox, project: Make, syncer: Make, monkeypatch: pytest.MonkeyPatch, unique: bool
) -> None:
    waits = _Waits(monkeypatch)
    if not unique:
        sandbox.faults.add("null-key", path="Fields$", key="is_unique")

    ran = syncer(*EVENTS, "--grace", "0.05", cwd=project(_deals(2), settings=KEYED))

    assert (ran.code, waits.taken()) == (0, 0 if unique else 1)


def test_who_has_read_the_plan_for_long_enough_has_waited_already(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    monkeypatch.setattr("syncer.apply.quiet.time.monotonic", lambda: 100.0)

    assert [needed(3.0, began) for began in (100.0, 98.0, 97.0, 10.0)] == [3.0, 1.0, 0.0, 0.0]


def test_there_is_no_grace_of_nothing(syncer: Make, project: Make) -> None:
    assert syncer("apply", "--grace", "0", cwd=project()).code == ExitCode.USAGE


# --- one goes first ---

MANY = 105  # more than a hundred
FEW = 7


@pytest.fixture
def _early(monkeypatch: pytest.MonkeyPatch) -> None:
    """One goes first where there are more than five, so that a test need not make a hundred."""
    monkeypatch.setattr("syncer.apply.run.CANARY_FROM", 5)


def _batches(sandbox: Sandbox) -> list[str]:
    return [f"{r.path.rpartition('/')[2]} {r.status}" for r in sandbox.requests if r.method == "POST"]


def test_of_more_than_a_hundred_one_goes_first_and_is_found_again(
    sandbox: Sandbox, project: Make, syncer: Make
) -> None:
    ran = syncer(
        *EVENTS, "--grace", "0.05", "--parallelism", "1", cwd=project(_deals(MANY), settings=SETTINGS)
    )

    assert (ran.code, _names(sandbox)) == (0, _named(MANY))
    methods = [request.method for request in sandbox.requests]
    assert methods[methods.index("POST") :][:3] == ["POST", "GET", "POST"], (
        "written, read back, then the rest"
    )
    assert len(_batches(sandbox)) == 3


@pytest.mark.usefixtures("_early")
@pytest.mark.parametrize(
    "fault",
    [
        {"effect": "empty-lists", "key": "account_relations"},
        {"effect": "lag", "seconds": 60.0},
        {"effect": "null-key", "key": "name"},
    ],
    ids=["no accounts", "not listed", "no names"],
)
def test_nothing_more_is_sent_when_the_first_cannot_be_recognised(
    sandbox: Sandbox, project: Make, syncer: Make, events: Make, fault: Mapping[str, Any]
) -> None:
    folder = project(_deals(FEW), settings=SETTINGS)
    sandbox.faults.add(
        "hook",
        method="POST",
        nth=1,
        hook=lambda: sandbox.faults.add(fault["effect"], path="Opportunities$", **_rest(fault)),
    )

    ran = syncer(*EVENTS, "--grace", "0.1", cwd=folder)

    last = events(ran.out)[-1]
    assert (ran.code, last["skipped"], _names(sandbox)) == (ExitCode.FAILED, FEW - 1, _named(1))
    told = [problem for e in events(ran.out) if e.get("outcome") == "skipped" for problem in e["error"] or ()]
    assert len(told) == 1, "why is told once"
    if told[0]["code"] == "not-recognised":
        assert told[0]["detail"].startswith(
            "opportunity.deal-000 was created first and alone, and could not be found again"
        )


def _rest(fault: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in fault.items() if name != "effect"}


@pytest.mark.usefixtures("_early")
def test_one_that_is_refused_is_not_the_one_that_goes_first(
    serve: Make, project: Make, syncer: Make, events: Make
) -> None:
    sandbox = serve(require=("oas", "description"))
    entries = {
        f"deal-{n:03}": {"name": f"Deal {n:03}", "description": None if n < 5 else "x"} for n in range(FEW)
    }
    folder = project(manifest(entries), settings=SETTINGS)

    ran = syncer(*EVENTS, "--grace", "0.05", cwd=folder, env=sandbox.env())

    last = events(ran.out)[-1]
    assert (ran.code, last["failed"], last["created"]) == (ExitCode.FAILED, 5, FEW - 5)
    assert _names(sandbox) == _named(FEW)[5:]


@pytest.mark.usefixtures("_early")
def test_all_that_are_refused_are_told(serve: Make, project: Make, syncer: Make, events: Make) -> None:
    sandbox = serve(require=("oas", "description"))

    ran = syncer(*EVENTS, "--grace", "0.05", cwd=project(_deals(FEW), settings=SETTINGS), env=sandbox.env())

    assert (ran.code, events(ran.out)[-1]["failed"]) == (ExitCode.FAILED, FEW)


@pytest.mark.usefixtures("_early")
@pytest.mark.parametrize("status", [403, 500])
def test_a_first_one_that_cannot_be_read_back_is_the_last(
    sandbox: Sandbox, project: Make, syncer: Make, events: Make, status: int
) -> None:
    sandbox.faults.add(
        "hook",
        method="POST",
        nth=1,
        hook=lambda: sandbox.faults.add("status", method="GET", path="Opportunities$", status=status),
    )

    ran = syncer(*EVENTS, "--grace", "0.05", cwd=project(_deals(FEW), settings=SETTINGS))

    last = events(ran.out)[-1]
    assert (ran.code, last["skipped"], last["unknown"]) == (ExitCode.FAILED, FEW - 1, 1)


@pytest.mark.usefixtures("_early")
def test_a_signal_while_the_first_is_looked_for_ends_the_run(
    sandbox: Sandbox, project: Make, syncer: Make, events: Make
) -> None:
    def press() -> None:
        sandbox.faults.add("lag", path="Opportunities$", seconds=60.0)
        hook = {"method": "GET", "path": "Opportunities$", "nth": 1, "when": "after"}
        sandbox.faults.add("hook", **hook, hook=lambda: os.kill(os.getpid(), signal.SIGTERM))

    sandbox.faults.add("hook", method="POST", nth=1, when="after", hook=press)

    ran = syncer(*EVENTS, "--grace", "20", cwd=project(_deals(FEW), settings=SETTINGS))

    last = events(ran.out)[-1]
    assert (ran.code, last["skipped"], _names(sandbox)) == (ExitCode.INTERRUPTED, FEW - 1, _named(1))
    assert "To go on:" in ran.err


@pytest.mark.usefixtures("_early")
def test_a_first_one_whose_answer_is_lost_is_looked_up(sandbox: Sandbox, project: Make, syncer: Make) -> None:
    sandbox.faults.add("drop", method="POST", nth=1, when="after")

    ran = syncer(*EVENTS, "--grace", "0.05", cwd=project(_deals(FEW), settings=SETTINGS))

    assert (ran.code, _names(sandbox)) == (0, _named(FEW))
