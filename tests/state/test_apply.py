"""`syncer apply` over each store: who writes, what a dead one leaves, and what is refused from anywhere."""

import json
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from syncer.model.codes import ExitCode
from syncer.sandbox.server import Sandbox
from syncer.state.values import RunChange
from tests.state.places import FAR, GitPlace, Place, git
from tests.state.working import APPLY, Team
from tests.support import MANIFEST, Ran, writes

Run = Callable[..., Ran]
NAMES = ["Deal 0", "Deal 1", "Deal 2"]


@pytest.fixture
def git_team(make_place: Callable[[str], Place], sandbox: Sandbox) -> Team:
    return Team("git", make_place("git"), sandbox)


def edit(folder: Path, old: str, new: str) -> None:
    """Change the manifest."""
    manifest = folder / MANIFEST
    text = manifest.read_text()
    assert old in text
    manifest.write_text(text.replace(old, new))


def kill(processes: list["subprocess.Popen[str]"]) -> None:
    while not processes:
        time.sleep(0.01)
    processes[0].kill()


def test_what_was_done_is_remembered_for_everybody(team: Team, syncer: Run) -> None:
    """One run, with what it did, and nobody holds the space afterwards."""
    ran = syncer(*APPLY, cwd=team.copy(NAMES), env=team.env)
    assert (ran.code, team.deals()) == (ExitCode.OK, NAMES)

    store = team.store(team.copy(NAMES))
    state = store.read()
    (run,) = state.runs
    assert (state.lock, run.settled, run.uncertain, run.outcomes) == (None, True, (), {"created": 3})
    assert (run.plan or "").startswith("sha256:")
    assert [(each.address, each.action, each.outcome) for each in store.changes(run.run)] == [
        (f"opportunity.deal-{n}", "create", "created") for n in range(3)
    ]


def test_a_run_holds_what_was_there_before_and_after(team: Team, syncer: Run) -> None:
    """Canonical values, as they were read back; of what was deleted all that was known; names for people."""
    assert syncer(*APPLY, cwd=team.copy(["Deal 0", "Deal 1"]), env=team.env).code == 0
    folder = team.copy(["Deal 0", "Deal 1"])
    edit(folder, "    name: Deal 0\n", "    name: Deal nil\n    description: A\n    lead_source: Web\n")
    edit(folder, "    name: Deal 1\n", "    name: Deal 1\n    state: absent\n")
    ran = syncer(*APPLY, "--existing", "update", "--allow", "max_deletes", cwd=folder, env=team.env)
    assert ran.code == 0, ran.err

    store, sandbox = team.store(folder), team.sandbox
    ids = {row["name"]: row["id"] for row in sandbox.store.rows("Opportunity", include_deleted=True)}
    web = sandbox.store.find("Opportunity", name="Deal nil")["lead_source_id"]
    first, second = store.read().runs
    assert store.changes(second.run)[0] == RunChange(
        "opportunity.deal-0",
        "update",
        "updated",
        ids["Deal nil"],
        {"name": "Deal 0", "lead_source": None, "description": None},
        {"name": "Deal nil", "lead_source": web, "description": "A"},
        (
            {"path": "name", "before": "Deal 0", "after": "Deal nil"},
            {"path": "lead_source", "before": None, "after": "Web"},
            {"path": "description", "before": None, "after": "A"},
        ),
    )
    gone = store.changes(second.run)[1]
    assert (gone.action, gone.outcome, gone.id, gone.after) == ("delete", "deleted", ids["Deal 1"], None)
    made = store.changes(first.run)[1]
    assert (made.id, made.before) == (ids["Deal 1"], None)
    assert made.after is not None
    assert gone.before is not None
    assert {path: gone.before[path] for path in made.after} == made.after


def test_with_nothing_to_write_nothing_is_held_or_pushed(team: Team, syncer: Run) -> None:
    assert syncer(*APPLY, cwd=team.copy(NAMES), env=team.env).code == 0
    folder = team.copy(NAMES)
    before = team.store(folder).read()
    assert syncer(*APPLY, cwd=folder, env=team.env).code == 0
    assert team.store(folder).read() == before
    if isinstance(team.place, GitPlace):
        # Taken, announced, released; and nothing for the second one.
        assert git(team.place.remote, "rev-list", "--count", f"syncer/state/{team.sandbox.space_id}") == "3"


def test_while_somebody_applies_the_next_is_told_who_and_writes_nothing(team: Team, syncer: Run) -> None:
    folder = team.copy(NAMES)
    with team.store(folder).hold("r1", FAR):
        ran = syncer(*APPLY, cwd=team.copy(NAMES), env=team.env)
        assert (ran.code, writes(team.sandbox)) == (ExitCode.ERROR, [])
        assert "process 4711 of ci on runner-7 holds the space since" in ran.err
        assert "syncer state unlock --run r1" in " ".join(ran.err.split())


def test_who_waits_for_the_other_one_goes_on_from_what_is_there(team: Team) -> None:
    """The second one finds everything written, and writes nothing."""
    process = None
    with team.store(team.copy(NAMES)).hold("r1", FAR):
        process = team.start(team.copy(NAMES), *APPLY, "--lock-timeout", "60")
        assert process.stderr is not None
        assert process.stderr.readline().startswith("Waiting up to 60 s for another apply: run r1,")
    process.communicate(timeout=60)
    assert (process.returncode, team.deals()) == (ExitCode.OK, NAMES)


def test_two_at_once_make_each_record_once(team: Team) -> None:
    """Exactly one writes; the other is told, or finds nothing left to do."""
    for round_ in range(2):
        team.sandbox.reset()
        folders = [team.copy(NAMES), team.copy(NAMES)]
        team.store(folders[0]).forget([f"opportunity.deal-{n}" for n in range(3)])
        both = [team.start(folder, *APPLY) for folder in folders]
        said = [process.communicate(timeout=120) for process in both]
        codes = sorted(process.returncode for process in both)
        assert codes in ([0, 0], [0, 1]), said
        assert team.deals() == NAMES
        store = team.store(folders[0])
        done = [change.outcome for run in store.read().runs for change in store.changes(run.run)]
        assert done.count("created") == 3 * (round_ + 1)


def test_edits_of_a_killed_apply_are_no_conflict_for_the_next_one(git_team: Team, syncer: Run) -> None:
    """It wrote and could not remember it; meanwhile a colleague edits another field, which stays."""
    assert syncer(*APPLY, cwd=git_team.copy(NAMES), env=git_team.env).code == 0
    folder = git_team.copy(NAMES)
    edit(folder, "[bob@acme.example]", "[bob@acme.example, eve@acme.example]")
    edit(folder, "100 USD", "250 USD")
    processes: list[subprocess.Popen[str]] = []
    git_team.sandbox.faults.add("hook", method="POST", nth=1, when="after", hook=lambda: kill(processes))
    processes.append(git_team.start(folder, *APPLY))
    processes[0].communicate(timeout=60)
    assert processes[0].returncode == -signal.SIGKILL
    store = git_team.sandbox.store
    rows = [row for row in store.rows("Opportunity") if row["name"] in NAMES]
    assert {row["value"]["base_value"] for row in rows} == {250}
    for row in rows:
        store.edit("Opportunity", row["id"], closing_date="2027-04-30")
    again = git_team.copy(NAMES)
    edit(again, "[bob@acme.example]", "[bob@acme.example, eve@acme.example]")
    edit(again, "100 USD", "250 USD")

    ran = syncer(*APPLY, cwd=again, env=git_team.env)

    assert (ran.code, "conflict" in ran.out) == (0, False), ran.out + ran.err
    linked = store.rows("LeadOpptyContactRelation")
    for row in rows:
        assert store.get("Opportunity", row["id"])["closing_date"] == "2027-04-30"
        assert len([link for link in linked if link["lead_oppty_id"] == row["id"]]) == 2
    plan = json.loads(syncer("plan", "--format", "json", cwd=again, env=git_team.env).out)
    assert {change["action"] for change in plan["changes"]} == {"drift"}
    assert [change["sides"] for change in plan["changes"]] == [{"closing_date": "crm"}] * 3


def test_a_killed_one_is_followed_up_from_a_fresh_copy(team: Team, syncer: Run) -> None:
    """It dies with a create under way; what it left is looked up, and every record is there once."""
    processes: list[subprocess.Popen[str]] = []
    team.sandbox.faults.add("hook", method="POST", nth=1, when="after", hook=lambda: kill(processes))
    processes.append(team.start(team.copy(NAMES), *APPLY))
    processes[0].communicate(timeout=60)
    assert processes[0].returncode == -signal.SIGKILL

    ran = syncer(*APPLY, cwd=team.copy(NAMES), env=team.env)

    assert (ran.code, team.deals()) == (ExitCode.OK, NAMES)
    assert "did not finish" in ran.err
    assert "Waiting 0.5 s for what it may have sent." in ran.err
    store = team.store(team.copy(NAMES))
    assert (store.read().lock, store.read().open) == (None, ())
    assert "did not finish" not in syncer(*APPLY, cwd=team.copy(NAMES), env=team.env).err


def test_a_saved_plan_that_was_applied_is_refused_everywhere(team: Team, syncer: Run) -> None:
    first, second = team.copy(NAMES), team.copy(NAMES)
    assert syncer("plan", "--out", "plan.json", cwd=first, env=team.env).code == 0
    plan = (first / "plan.json").read_bytes()
    assert syncer("apply", "plan.json", "--no-quiet-wait", cwd=first, env=team.env).code == 0
    for row in team.sandbox.store.rows("Opportunity"):
        if row["name"].startswith("Deal"):
            team.sandbox.store.delete("Opportunity", row["id"])

    (second / "plan.json").write_bytes(plan)
    ran = syncer("apply", "plan.json", cwd=second, env=team.env)
    assert (ran.code, team.deals()) == (ExitCode.REFUSED, [])
    assert "was applied already" in ran.err


def test_a_plan_is_refused_where_the_state_was_set_back(git_team: Team, syncer: Run) -> None:
    """A clone that has never seen the branch cannot tell; the plan can."""
    team = git_team
    assert isinstance(team.place, GitPlace)
    branch = f"refs/heads/syncer/state/{team.sandbox.space_id}"
    assert syncer(*APPLY, cwd=team.copy(NAMES[:1]), env=team.env).code == 0
    early = git(team.place.remote, "rev-parse", branch)
    assert syncer(*APPLY, cwd=team.copy(NAMES[:2]), env=team.env).code == 0
    folder, fresh = team.copy(NAMES), team.copy(NAMES)
    assert syncer("plan", "--out", str(fresh / "plan.json"), cwd=folder, env=team.env).code == 0
    git(team.place.remote, "update-ref", branch, early)
    team.sandbox.requests.clear()

    ran = syncer("apply", "plan.json", cwd=fresh, env=team.env)

    assert (ran.code, writes(team.sandbox), team.deals()) == (ExitCode.ERROR, [], NAMES[:2])
    assert "What is remembered is not what follows from what was" in " ".join(ran.err.split())


@pytest.mark.parametrize("command", [APPLY, ("undo", "--auto-approve"), ("history",)], ids=lambda c: c[0])
@pytest.mark.parametrize(
    ("file", "old", "new", "code"),
    [
        ("state.json", '"format_version":"1.', '"format_version":"2.', "state-version"),
        ("state.json", '"id":"', '"id":"x', "state-other-space"),
        ("ledger.jsonl", '"address":', '"adress":', "state-damaged"),
    ],
)
def test_a_state_that_is_not_ours_is_one_error_and_nothing_is_written(
    git_team: Team, syncer: Run, command: tuple[str, ...], file: str, old: str, new: str, code: str
) -> None:
    """Of a later syncer, of another space, edited by hand: each command says so, and leaves it as it is."""
    team = git_team
    assert isinstance(team.place, GitPlace)
    assert syncer(*APPLY, cwd=team.copy(NAMES), env=team.env).code == 0
    branch = f"syncer/state/{team.sandbox.space_id}"
    by_hand = team.place.clone(f"--branch={branch}")
    text = (by_hand / file).read_text()
    assert old in text
    (by_hand / file).write_text(text.replace(old, new))
    git(by_hand, "commit", "--quiet", "--all", "--message=by hand")
    git(by_hand, "push", "--quiet")
    team.sandbox.requests.clear()
    tip = git(team.place.remote, "rev-parse", branch)

    ran = syncer(*command, cwd=team.copy(["Deal 7"]), env=team.env)

    assert (ran.code, ran.err.count("error:"), f"[{code}]" in ran.err) == (ExitCode.ERROR, 1, True)
    assert writes(team.sandbox) == []
    assert git(team.place.remote, "rev-parse", branch) == tip


def test_a_store_that_is_not_reached_lets_nothing_be_written(team: Team, syncer: Run) -> None:
    folder = team.copy(NAMES)
    team.store(folder).init()
    team.place.break_()
    ran = syncer(*APPLY, cwd=folder, env=team.env)
    assert (ran.code, writes(team.sandbox)) == (ExitCode.ERROR, [])
    team.place.mend()
    assert syncer(*APPLY, cwd=folder, env=team.env).code == ExitCode.OK


def test_a_store_lost_in_the_middle_is_3_and_the_next_one_looks(team: Team, syncer: Run) -> None:
    """What was written is written; the lease it could not end tells the next one what to look up."""
    folder = team.copy(NAMES)
    team.sandbox.faults.add("hook", method="POST", nth=1, when="after", hook=team.place.break_)

    ran = syncer(*APPLY, "--format", "json", cwd=folder, env=team.env)
    last = json.loads(ran.out.splitlines()[-1])
    assert (ran.code, last["exit_code"], last["created"]) == (ExitCode.FAILED, ExitCode.FAILED, 3)
    assert "What was written is not remembered yet" in ran.err

    team.place.mend()
    held = team.store(folder).read().lock
    assert held is not None
    assert syncer("state", "unlock", "--run", held.run, "--auto-approve", cwd=folder, env=team.env).code == 0
    again = syncer(*APPLY, cwd=team.copy(NAMES), env=team.env)
    assert (again.code, team.deals()) == (ExitCode.OK, NAMES)
    assert team.store(folder).read().open == ()


def test_who_lost_the_lease_is_told_so(team: Team) -> None:
    """A person took it away, or it ran out while the machine slept: 3, and the rest is left."""
    names = [f"Deal {n}" for n in range(3)]
    folder = team.copy(names)

    def take_away() -> None:
        store = team.store(folder)
        lock = store.read().lock
        assert lock is not None
        store.unlock(lock.run)

    team.sandbox.faults.add("hook", method="POST", nth=1, when="after", hook=take_away)
    process = team.start(folder, *APPLY, SYNCER_LEASE="10")
    _, err = process.communicate(timeout=120)
    # One batch was under way, and all of it is written; that its run is not remembered is told.
    assert (process.returncode, team.deals()) == (ExitCode.FAILED, names)
    assert "was taken away by a person" in err


def test_a_clock_that_is_off_is_told_before_anything_is_held(
    git_team: Team, syncer: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("syncer.state.clock.Clock.hear", lambda self, _date: setattr(self, "ahead", 3600.0))
    folder = git_team.copy(NAMES)
    ran = syncer(*APPLY, cwd=folder, env=git_team.env)
    assert (ran.code, writes(git_team.sandbox)) == (ExitCode.ERROR, [])
    assert "The clock of this machine is 3600 s behind the service's." in ran.err
    assert git_team.store(folder).read().lineage is None


@pytest.mark.quiet_wait
def test_a_shared_state_makes_the_quiet_wait_needless(team: Team, syncer: Run) -> None:
    ran = syncer("apply", "--auto-approve", "--grace", "2", cwd=team.copy(NAMES), env=team.env)
    assert ran.code == 0
    assert ("in case another apply was cut off" in ran.err) is (team.kind == "local")


@pytest.mark.parametrize("policy", ["report", "update"])
@pytest.mark.parametrize("side", ["git", "crm"])
def test_a_renamed_deal_is_the_same_deal(team: Team, syncer: Run, side: str, policy: str) -> None:
    """Renamed in the manifest or in the CRM: the ledger knows its record, so no second one is made."""
    assert syncer(*APPLY, cwd=team.copy(["Deal 0"]), env=team.env).code == 0
    (deal,) = [row for row in team.sandbox.store.rows("Opportunity") if row["name"] == "Deal 0"]
    if side == "crm":
        team.sandbox.edit("Opportunity", deal["id"], name="Deal seen by a colleague")

    folder = team.copy(["Deal 0" if side == "crm" else "Deal renamed"])
    ran = syncer(*APPLY, "--existing", policy, cwd=folder, env=team.env)

    assert ran.code == 0
    written = "Deal 0" if side == "crm" else "Deal renamed"
    kept = "Deal seen by a colleague" if side == "crm" else "Deal 0"
    assert team.deals() == [written if policy == "update" else kept]


def test_what_was_deleted_leaves_the_ledger(team: Team, syncer: Run) -> None:
    folder = team.copy(NAMES)
    assert syncer(*APPLY, cwd=folder, env=team.env).code == 0
    rows = team.store(folder).read().ledger
    assert list(rows) == [f"opportunity.deal-{n}" for n in range(3)]
    assert {row.values["name"] for row in rows.values()} == set(NAMES)

    manifest = folder / MANIFEST
    manifest.write_text(
        manifest.read_text().replace("    name: Deal 2\n", "    name: Deal 2\n    state: absent\n")
    )
    assert syncer(*APPLY, "--allow", "max_deletes", cwd=folder, env=team.env).code == 0
    assert list(team.store(folder).read().ledger) == ["opportunity.deal-0", "opportunity.deal-1"]


def test_what_is_declared_no_longer_leaves_the_ledger_and_its_key_is_free(team: Team, syncer: Run) -> None:
    """The record stays; another deal of the same key is another deal. Targets forget nothing."""
    assert syncer(*APPLY, cwd=team.copy(NAMES), env=team.env).code == 0
    folder = team.copy(NAMES[:2])
    assert syncer(*APPLY, "--target", "deal-0", cwd=folder, env=team.env).code == 0
    assert len(team.store(folder).read().ledger) == 3
    assert syncer(*APPLY, cwd=folder, env=team.env).code == 0
    assert list(team.store(folder).read().ledger) == ["opportunity.deal-0", "opportunity.deal-1"]

    assert syncer(*APPLY, cwd=team.copy([*NAMES[:2], "Deal of others"]), env=team.env).code == 0
    assert team.deals() == [*NAMES, "Deal of others"]


def test_what_was_imported_is_known(team: Team, syncer: Run) -> None:
    """Import, a colleague renames one, plan: it is still the same deal."""
    assert syncer(*APPLY, cwd=team.copy(NAMES), env=team.env).code == 0
    folder = team.copy(NAMES)
    team.store(folder).forget(team.store(folder).read().ledger)
    (folder / MANIFEST).unlink()
    ran = syncer("import", "--pipeline", "Renewals", "--out", "opportunities", cwd=folder, env=team.env)
    assert (ran.code, "not remembered" in ran.err) == (ExitCode.OK, False)
    ledger = team.store(folder).read().ledger
    assert {row.id for row in ledger.values()} >= {
        row["id"] for row in team.sandbox.store.rows("Opportunity") if row["name"] in NAMES
    }

    (deal,) = [row for row in team.sandbox.store.rows("Opportunity") if row["name"] == "Deal 0"]
    team.sandbox.edit("Opportunity", deal["id"], name="Deal renamed by a colleague")
    plan = json.loads(syncer("plan", "--format", "json", cwd=folder, env=team.env).out)
    assert (plan["summary"]["create"], plan["summary"]["drift"]) == (0, 1)
