"""A plan is applied once, and what an apply left open is known to its own space alone."""

import shutil
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from syncer.model.codes import ExitCode
from syncer.model.problem import Problem
from syncer.sandbox.server import Sandbox
from syncer.state.faults import StateError
from tests.apply.held import held
from tests.faults.client import Client
from tests.support import MANIFEST, manifest, writes

Make = Callable[..., Any]
SETTINGS = "version: 1\npolicy: {existing: update, guards: {closing_date_in_past: allow, max_deletes: 9}}\n"
APPLY = ("apply", "--auto-approve", "--grace", "0.05")
EVENTS = ("--format", "json", "--grace", "0.05")


def _deals(count: int, **changes: str | None) -> str:
    return manifest({f"deal-{n}": {"name": f"Deal {n}", **changes} for n in range(count)})


def _names(sandbox: Sandbox) -> list[str]:
    return sorted(row["name"] for row in sandbox.store.rows("Opportunity") if row["name"].startswith("Deal"))


def _id(sandbox: Sandbox, name: str) -> str:
    found: str = sandbox.store.find("Opportunity", name=name)["id"]
    return found


def _set_value(sandbox: Sandbox, name: str, value: float) -> None:
    deal = sandbox.store.find("Opportunity", name=name)
    money = {"base_value": value, "currency_id": deal["value"]["currency_id"]}
    sandbox.edit("Opportunity", deal["id"], value=money)


# --- a saved plan whose run has ended ---


@pytest.fixture
def planned(sandbox: Sandbox, project: Make, syncer: Make) -> Path:
    """A project whose saved plan creates `Deal 2`, sets the value of `Deal 0` and deletes `Deal 1`."""
    folder: Path = project(_deals(2), settings=SETTINGS)
    assert syncer(*APPLY, cwd=folder).code == 0
    entries = {
        "deal-0": {"name": "Deal 0", "value": "200 USD"},
        "deal-1": {"name": "Deal 1", "state": "absent"},
        "deal-2": {"name": "Deal 2"},
    }
    (folder / MANIFEST).write_text(manifest(entries))
    assert syncer("plan", "--out", "plan.json", cwd=folder).code == 0
    sandbox.requests.clear()
    return folder


def _taken_back(sandbox: Sandbox) -> None:
    """People rename what was created, set back what was updated, and bring back what was deleted."""
    sandbox.edit("Opportunity", _id(sandbox, "Deal 2"), name="Deal 2 of Eve")
    _set_value(sandbox, "Deal 0", 100.0)
    deleted = sandbox.store.rows("Opportunity", include_deleted=True)
    (gone,) = [row["id"] for row in deleted if row["name"] == "Deal 1"]
    sandbox.store.restore("Opportunity", gone)


def test_a_plan_that_was_applied_is_refused_and_nothing_is_done_again(
    sandbox: Sandbox, planned: Path, syncer: Make, events: Make
) -> None:
    assert syncer("apply", "plan.json", *EVENTS, cwd=planned).code == 0
    assert _names(sandbox) == ["Deal 0", "Deal 2"]
    _taken_back(sandbox)
    before = sandbox.store.rows("Opportunity")
    sandbox.requests.clear()

    ran = syncer("apply", "plan.json", *EVENTS, cwd=planned)

    (event,) = events(ran.out)
    assert (ran.code, event["problems"][0]["code"]) == (ExitCode.REFUSED, "plan-applied")
    assert event["problems"][0]["detail"].startswith("plan.json was applied already: run 20")
    assert (list(sandbox.requests), sandbox.store.rows("Opportunity")) == ([], before)
    assert syncer("apply", "plan.json", cwd=planned).code == ExitCode.REFUSED, "every time"


def test_the_same_plan_made_again_is_another_plan(sandbox: Sandbox, planned: Path, syncer: Make) -> None:
    assert syncer("apply", "plan.json", *EVENTS, cwd=planned).code == 0
    sandbox.store.delete("Opportunity", _id(sandbox, "Deal 2"))
    settings = planned / "syncer.yaml"
    settings.write_text(settings.read_text().replace("policy: {", "policy: {gone: recreate, "))

    assert syncer("plan", "--out", "again.json", cwd=planned).code == 0
    assert syncer("apply", "again.json", *EVENTS, cwd=planned).code == 0
    assert _names(sandbox) == ["Deal 0", "Deal 2"]


def test_a_plan_of_which_something_failed_may_be_applied_again_and_spares_what_was_taken_back(
    sandbox: Sandbox, planned: Path, syncer: Make, events: Make
) -> None:
    """A run that ended with 3 is gone on with; what it wrote and people undid is a conflict."""
    broken = {"method": "POST", "path": "batch-delete", "status": 409}
    sandbox.faults.add("status", **broken)
    assert syncer("apply", "plan.json", *EVENTS, cwd=planned).code == ExitCode.FAILED
    sandbox.faults.clear()
    sandbox.edit("Opportunity", _id(sandbox, "Deal 2"), name="Deal 2 of Eve")
    _set_value(sandbox, "Deal 0", 100.0)

    ran = syncer("apply", "plan.json", *EVENTS, cwd=planned)

    outcomes = {e["address"]: e["outcome"] for e in events(ran.out) if e["event"] == "outcome"}
    assert outcomes == {
        "opportunity.deal-0": "conflict",
        "opportunity.deal-1": "deleted",
        "opportunity.deal-2": "conflict",
    }
    assert (ran.code, _names(sandbox)) == (ExitCode.REFUSED, ["Deal 0", "Deal 2 of Eve"])
    assert sandbox.store.find("Opportunity", name="Deal 0")["value"]["base_value"] == 100.0


def test_a_plan_is_refused_where_its_state_is_lost(
    sandbox: Sandbox, planned: Path, syncer: Make, events: Make
) -> None:
    """Nobody could tell whether it was applied; a new plan shows what is left to do."""
    assert syncer("apply", "plan.json", *EVENTS, cwd=planned).code == 0
    shutil.rmtree(planned / ".syncer")
    sandbox.requests.clear()

    ran = syncer("apply", "plan.json", *EVENTS, cwd=planned)

    (event,) = events(ran.out)
    assert (ran.code, event["problems"][0]["code"]) == (ExitCode.REFUSED, "plan-other-state")
    assert event["problems"][0]["detail"].endswith("; nothing is remembered any more.")
    assert (list(sandbox.requests), _names(sandbox)) == ([], ["Deal 0", "Deal 2"])
    assert syncer("plan", "--detailed-exitcode", cwd=planned).code == 0


def test_a_plan_made_before_anything_was_remembered_fits_any_state(
    sandbox: Sandbox, project: Make, syncer: Make, events: Make
) -> None:
    """Such as one of a runner that has no state; each change is judged by the record as it is now."""
    folder = project(_deals(2), settings=SETTINGS)
    assert syncer("plan", "--out", "plan.json", cwd=folder).code == 0
    (folder / MANIFEST).write_text(_deals(1))
    assert syncer(*APPLY, cwd=folder).code == 0
    (folder / MANIFEST).write_text(_deals(2))

    ran = syncer("apply", "plan.json", *EVENTS, cwd=folder)

    outcomes = [event["outcome"] for event in events(ran.out) if event["event"] == "outcome"]
    assert (ran.code, outcomes, _names(sandbox)) == (0, ["unchanged", "created"], ["Deal 0", "Deal 1"])


def test_what_planned_by_itself_is_applied_too(sandbox: Sandbox, project: Make, syncer: Make) -> None:
    """The same plan, saved before: its digest is that of the run, so it is not applied a second time."""
    folder = project(_deals(1), settings=SETTINGS)
    assert syncer("plan", "--out", "plan.json", cwd=folder).code == 0
    assert syncer(*APPLY, cwd=folder).code == 0
    sandbox.store.delete("Opportunity", _id(sandbox, "Deal 0"))

    ran = syncer("apply", "plan.json", cwd=folder)

    assert (ran.code, _names(sandbox)) == (ExitCode.REFUSED, [])
    assert "plan.json was applied already" in ran.err


def test_a_look_alike_that_appeared_after_the_plan_is_told_in_the_event_too(
    sandbox: Sandbox, project: Make, syncer: Make, events: Make
) -> None:
    folder = project(_deals(1, name="Deal of Eve"), settings=SETTINGS)
    assert syncer(*APPLY, cwd=folder).code == 0
    deal = _id(sandbox, "Deal of Eve")
    sandbox.edit("Opportunity", deal, name="Something else")
    (folder / MANIFEST).write_text(manifest({"new": {"name": "Deal 0", "value": "7 USD"}}))
    assert syncer("plan", "--out", "plan.json", cwd=folder).code == 0
    sandbox.edit("Opportunity", deal, name="deal  0")

    ran = syncer("apply", "plan.json", *EVENTS, cwd=folder)

    outcomes = {event["address"]: event for event in events(ran.out) if event["event"] == "outcome"}
    outcome = outcomes["opportunity.new"]
    assert (outcome["outcome"], [w["code"] for w in outcome["warnings"]]) == ("created", ["look-alike"])


def test_a_run_that_cannot_be_remembered_is_a_run_all_the_same(
    sandbox: Sandbox, project: Make, syncer: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was written is written; that it is not remembered is told, and the next apply looks it up."""

    def full(*_: object, **__: object) -> None:
        raise StateError(Problem("file-unwritable", "No space left on device."))

    folder = project(_deals(1), settings=SETTINGS)
    with monkeypatch.context() as broken:
        broken.setattr("syncer.state.lease.Lease.release", full)
        ran = syncer(*APPLY, cwd=folder)
    assert (ran.code, _names(sandbox)) == (ExitCode.FAILED, ["Deal 0"])
    assert "What was written is not remembered yet: No space left on device. The next apply looks" in ran.err

    again = syncer(*APPLY, cwd=folder)
    assert (again.code, _names(sandbox)) == (0, ["Deal 0"])
    assert "what it may have written, 1 in all, is looked up" in again.err
    assert "did not finish" not in syncer(*APPLY, cwd=folder).err


def test_runs_that_cannot_be_read_stop_the_next_one(
    sandbox: Sandbox, project: Make, syncer: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = project(_deals(1), settings=SETTINGS)
    assert syncer(*APPLY, cwd=folder).code == 0
    before = writes(sandbox)

    def refuse(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("syncer.state.local.opened", refuse)
    ran = syncer(*APPLY, cwd=folder)

    assert (ran.code, writes(sandbox)) == (ExitCode.ERROR, before)
    assert "Permission denied" in ran.err


# --- each space by itself ---


def test_an_apply_to_another_space_leaves_what_is_open_alone(
    sandbox: Sandbox, serve: Make, project: Make, syncer: Make
) -> None:
    """Killed in production, applied to the other space, applied to production again: every deal once."""
    other = serve({"space_id": "us_Test"})
    folder = project(_deals(3), settings=SETTINGS)
    client = Client(APPLY, folder, sandbox.env())
    sandbox.faults.add("hook", method="POST", nth=1, hook=client.kill)
    sandbox.faults.add("late", method="POST", nth=1, seconds=0.6)
    client.start()
    assert client.wait().code == -signal.SIGKILL

    elsewhere = syncer(*APPLY, cwd=folder, env=other.env())
    assert (elsewhere.code, _names(other)) == (0, ["Deal 0", "Deal 1", "Deal 2"])
    assert "did not finish" not in elsewhere.err
    ran = syncer("apply", "--auto-approve", "--grace", "1.5", cwd=folder)

    assert (ran.code, _names(sandbox)) == (0, ["Deal 0", "Deal 1", "Deal 2"])
    assert "did not finish: 0 written, 3 uncertain." in ran.err
    assert list((folder / ".syncer").glob("*/*/journal/*")) == []


@pytest.mark.usefixtures("sandbox")
def test_another_space_can_be_applied_to_meanwhile(serve: Make, project: Make, syncer: Make) -> None:
    other = serve({"space_id": "us_Test"})
    folder = project(_deals(1), settings=SETTINGS)

    with held(folder, other):
        assert syncer(*APPLY, cwd=folder).code == 0
        assert syncer(*APPLY, cwd=folder, env=other.env()).code == ExitCode.ERROR
    assert len(list((folder / ".syncer").iterdir())) == 2
