"""Whatever becomes of a rehearsal, no record of it stays, and nobody else's goes."""

import os
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from syncer.rehearsal.mark import new_mark
from syncer.sandbox.server import Sandbox
from syncer.sandbox.switches import Switches
from tests.e2e.conftest import COMMAND
from tests.rehearsal.support import PEOPLE, Dying, Killed, everything, marks, run, surprises
from tests.support import environment

Make = Callable[..., Path]


def alive(sandbox: Sandbox) -> int:
    """Count the marked records that are not deleted."""
    return sum(not deleted for _, deleted in marks(sandbox))


@pytest.mark.parametrize("before", [True, False], ids=["before it is sent", "after it is done"])
@pytest.mark.parametrize("nth", [2, 3, 33, 70, 101, 112, 118])
def test_a_second_rehearsal_deletes_what_a_killed_one_left(sandbox: Sandbox, nth: int, before: bool) -> None:
    """Killed at one of its requests; all of them were tried once by hand."""
    world = everything(sandbox)
    dying = type("Dying", (Dying,), {"nth": nth, "before": before})
    with pytest.raises(Killed):
        run(sandbox, api=dying)
    report = run(sandbox)

    assert (report.left, surprises(report), everything(sandbox)) == (0, {}, world)


@pytest.mark.parametrize("nth", [113, 115, 118])
def test_links_that_outlive_a_deleted_record_go_as_well(nth: int) -> None:
    with Sandbox.serve(switches=Switches(dependents="kept")) as sandbox:
        world = everything(sandbox)
        with pytest.raises(Killed):
            run(sandbox, api=type("Dying", (Dying,), {"nth": nth, "before": False}))
        run(sandbox)

        assert everything(sandbox) == world


def test_a_process_that_gets_a_kill_signal_leaves_nothing_to_the_next(
    sandbox: Sandbox, project: Make
) -> None:
    world = everything(sandbox)
    command = [COMMAND, "doctor", "--rehearse", *PEOPLE]
    env, cwd = environment(sandbox.env()), project()
    killed: list[subprocess.Popen[bytes]] = []
    sandbox.faults.add(
        "hook", path="batch-modify", when="after", nth=1, hook=lambda: os.kill(killed[0].pid, signal.SIGKILL)
    )
    with subprocess.Popen(
        command, cwd=cwd, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as first:
        killed.append(first)
        assert first.wait(60) == -signal.SIGKILL
    assert alive(sandbox) == 2
    done = subprocess.run(command, cwd=cwd, env=env, capture_output=True, timeout=60, check=False)

    assert (done.returncode, everything(sandbox)) == (0, world)


@pytest.mark.parametrize(
    "fault",
    [
        {"effect": "drop", "method": "POST", "when": "after"},
        {"effect": "drop", "method": "POST", "path": "Opportunities$"},
        {"effect": "status", "status": 500, "method": "POST", "when": "after"},
        {"effect": "status", "status": 503, "method": "DELETE", "count": 2},
        {"effect": "drop", "method": "DELETE", "when": "after", "count": 2},
        {"effect": "late", "seconds": 0.1, "method": "POST", "path": "Opportunities$"},
        {"effect": "status", "status": 429, "retry_after": "0", "count": 1, "nth": 9},
        {"effect": "html", "method": "PATCH"},
    ],
    ids=lambda fault: " ".join(map(str, fault.values())),
)
def test_a_service_that_fails_is_left_as_it_was(faulty: Sandbox, fault: dict[str, Any]) -> None:
    """An answer that is lost hides a record: it is looked for until the grace time has passed."""
    world = everything(faulty)
    faulty.faults.add(**fault)
    report = run(faulty)

    assert (report.left, alive(faulty), everything(faulty)) == (0, 0, world)


def test_what_cannot_be_deleted_is_told(faulty: Sandbox) -> None:
    faulty.faults.add("status", status=422, method="DELETE")
    report = run(faulty)

    assert (report.left, alive(faulty)) == (3, 3)


def test_what_cannot_be_looked_for_is_told(faulty: Sandbox) -> None:
    """Whether something is left nobody knows, so it may be."""
    seen = faulty.requests

    def silent() -> None:
        if seen.count("POST"):
            faulty.faults.add("drop", method="GET", path="Opportunities$")

    faulty.faults.add("hook", method="POST", path="batch-modify", when="after", nth=1, hook=silent)
    report = run(faulty)

    assert (report.left, alive(faulty)) == (1, 0)


def test_a_service_that_does_not_know_contains_is_looked_through(sandbox: Sandbox) -> None:
    world = everything(sandbox)
    with pytest.raises(Killed):
        run(sandbox, api=type("Dying", (Dying,), {"nth": 40, "before": False}))
    assert alive(sandbox) == 3 - 1
    sandbox.faults.add("status", status=400, path="Opportunities$", method="GET", nth=1)
    report = run(sandbox)
    sandbox.faults.clear()

    assert (report.left, everything(sandbox)) == (0, world)


def test_lists_that_lag_are_measured_and_do_no_harm(faulty: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    world = everything(faulty)
    monkeypatch.setattr("syncer.rehearsal.stage.POLL", 0.01)
    faulty.faults.add("lag", seconds=0.05)
    report = run(faulty)
    faulty.faults.clear()
    (listed,) = (finding for finding in report.findings if finding.point == "listed-after")

    assert (report.left, everything(faulty)) == (0, world)
    assert listed.seconds is not None
    assert (listed.seconds > 0, str(listed.verdict)) == (True, "otherwise")


def test_a_list_that_never_shows_the_record_is_told(faulty: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    world = everything(faulty)
    for module in ("lists", "stage"):
        where = "questions." if module == "lists" else ""
        monkeypatch.setattr(f"syncer.rehearsal.{where}{module}.LISTED_LIMIT", 0.05)
    faulty.faults.add("lag", seconds=600)
    told = surprises(run(faulty))

    assert told["listed-after"] == "not within 0.05 s"
    assert told["total-after"] == "no list showed the record"
    assert everything(faulty) == world


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"description": "ours, please keep"}, id="a name like a rehearsal's, no proof"),
        pytest.param({"description": "Proof: " + "0" * 32}, id="another proof"),
        pytest.param({"name": "Acme renewal"}, id="renamed by somebody who wants it"),
        pytest.param({"name": "Copy of {name}"}, id="a copy"),
    ],
)
def test_nobody_elses_record_is_touched(sandbox: Sandbox, changes: dict[str, str]) -> None:
    mark = new_mark(sandbox.space_id)
    fields = {"name": mark.name("main"), "description": mark.description}
    fields |= {name: value.format(name=fields["name"]) for name, value in changes.items()}
    record = sandbox.store.rows("Opportunity")[0]["id"]
    sandbox.edit("Opportunity", record, **fields)
    world = everything(sandbox)
    run(sandbox)

    assert everything(sandbox) == world


def test_a_record_of_another_space_is_not_touched(sandbox: Sandbox) -> None:
    """A copy of a space, say for trying things, keeps the records of the first one."""
    mark = new_mark("us_Another")
    record = sandbox.store.rows("Opportunity")[0]["id"]
    sandbox.edit("Opportunity", record, name=mark.name("main"), description=mark.description)
    world = everything(sandbox)
    run(sandbox)

    assert everything(sandbox) == world


@pytest.mark.parametrize(
    ("number", "path"), [(signal.SIGINT, "batch-modify"), (signal.SIGTERM, "LeadOpptyContactRelations")]
)
def test_a_signal_ends_it_in_order(
    sandbox: Sandbox, project: Make, number: signal.Signals, path: str
) -> None:
    world = everything(sandbox)
    started: list[subprocess.Popen[str]] = []
    sandbox.faults.add(
        "hook", path=path, method="POST", when="after", nth=1, hook=lambda: started[0].send_signal(number)
    )
    with subprocess.Popen(
        [COMMAND, "doctor", "--rehearse", *PEOPLE],
        cwd=project(),
        env=environment(sandbox.env()),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        started.append(process)
        _, err = process.communicate(timeout=60)

    assert (process.returncode, everything(sandbox)) == (130, world)
    assert "deleting the marked records; once more stops at once." in err
    assert err.endswith("Interrupted; the marked records were deleted.\n")


def test_a_second_signal_stops_at_once(sandbox: Sandbox, project: Make) -> None:
    started: list[subprocess.Popen[str]] = []

    def twice() -> None:
        started[0].send_signal(signal.SIGINT)
        while "once more" not in (err := started[0].stderr.readline()) and err:  # type: ignore[union-attr]
            time.sleep(0)
        started[0].send_signal(signal.SIGINT)

    sandbox.faults.add("hook", path="batch-modify", when="after", nth=1, hook=twice)
    with subprocess.Popen(
        [COMMAND, "doctor", "--rehearse", *PEOPLE],
        cwd=project(),
        env=environment(sandbox.env()),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        started.append(process)
        assert process.wait(60) == 130
