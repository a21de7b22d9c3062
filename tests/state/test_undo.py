"""`syncer undo`: a run is taken back, by an ordinary plan and an ordinary apply."""

import json
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest

from syncer import resources
from syncer.model.codes import ExitCode
from syncer.sandbox.server import Sandbox
from tests.state.places import Place
from tests.state.working import APPLY, Team
from tests.support import MANIFEST, Ran, writes

Run = Callable[..., Ran]
GUARDS = ("--allow", "max_deletes")
UNDO = ("undo", "--auto-approve", "--no-quiet-wait", "--grace", "0.5", *GUARDS)


def applied(team: Team, syncer: Run, *names: str, extra: str = "") -> Path:
    """Apply deals of these names from another working copy; *extra* is written for the first one."""
    folder = team.copy(list(names))
    manifest = folder / MANIFEST
    manifest.write_text(manifest.read_text().replace(f"name: {names[0]}\n", f"name: {names[0]}\n{extra}"))
    ran = syncer(*APPLY, "--existing", "update", *GUARDS, cwd=folder, env=team.env)
    assert ran.code == 0, ran.err
    return folder


def edited(team: Team, syncer: Run, folder: Path, *changes: tuple[str, str]) -> None:
    manifest = folder / MANIFEST
    text = manifest.read_text()
    for old, new in changes:
        assert old in text
        text = text.replace(old, new, 1)
    manifest.write_text(text)
    ran = syncer(*APPLY, "--existing", "update", *GUARDS, cwd=folder, env=team.env)
    assert ran.code == 0, ran.err


def deals(sandbox: Sandbox) -> dict[str, Any]:
    """Return what the deals of these tests hold, by id; whatever a change of a record notes beside it."""
    noted = {"modified", "revision"}
    rows = [row for row in sandbox.store.rows("Opportunity") if row["name"].startswith("Deal")]
    return {row["id"]: {name: value for name, value in row.items() if name not in noted} for row in rows}


def links(sandbox: Sandbox) -> list[tuple[str, str, bool]]:
    rows = sandbox.store.rows("LeadOpptyContactRelation")
    return sorted((row["lead_oppty_id"], row["contact_id"], row["is_primary"]) for row in rows)


def outcomes(ran: Ran) -> dict[str, str]:
    events = [json.loads(line) for line in ran.out.splitlines()]
    return {event["address"]: event["outcome"] for event in events if event["event"] == "outcome"}


def test_a_run_of_every_sort_is_taken_back_and_that_again(team: Team, syncer: Run) -> None:
    """Updated: the values before. Created: deleted. Deleted: the same record again, with its links."""
    sandbox = team.sandbox
    folder = applied(team, syncer, "Deal 0", "Deal 1")
    before, linked = deals(sandbox), links(sandbox)
    edited(
        team, syncer, folder,
        ("name: Deal 0\n", "name: Deal nil\n    fields: {cf_seats: 12}\n"),
        ("contacts: [bob@acme.example]", "contacts: [eve@acme.example, bob@acme.example]"),
        ("name: Deal 1\n", "name: Deal 1\n    state: absent\n"),
    )  # fmt: skip
    folder = team.copy(["Deal 0"])
    after, relinked = deals(sandbox), links(sandbox)
    assert (len(after), before == after, linked == relinked) == (1, False, False)

    ran = syncer(*UNDO, "--format", "json", cwd=folder, env=team.env)
    assert ran.code == 0, ran.err
    assert outcomes(ran) == {"opportunity.deal-0": "updated", "opportunity.deal-1": "created"}
    assert (deals(sandbox), links(sandbox)) == (before, linked)

    ran = syncer(*UNDO, "--format", "json", cwd=folder, env=team.env)
    assert ran.code == 0, ran.err
    assert outcomes(ran) == {"opportunity.deal-0": "updated", "opportunity.deal-1": "deleted"}
    assert (deals(sandbox), links(sandbox)) == (after, relinked)


def test_what_a_run_created_is_deleted_and_no_apply_makes_it_again(team: Team, syncer: Run) -> None:
    folder = applied(team, syncer, "Deal 0", "Deal 1")

    ran = syncer(*UNDO, cwd=folder, env=team.env)

    assert (ran.code, deals(team.sandbox)) == (0, {})
    assert "Apply complete: 2 deleted, 0 failed." in ran.out
    again = syncer("apply", "--auto-approve", cwd=folder, env=team.env)
    assert (again.code, deals(team.sandbox)) == (0, {})
    assert "2 gone" in again.out


def test_what_is_taken_back_stays_so_until_the_manifests_are_reverted(local: Team, syncer: Run) -> None:
    """No apply writes it again: to a later plan it was moved in the CRM; the commit to revert is named."""
    git = ["git", "-c", "user.name=Dana", "-c", "user.email=d@example.com"]
    folder = local.copy(["Deal 0"])
    subprocess.run([*git, "init", "-q"], cwd=folder, check=True)
    subprocess.run([*git, "commit", "-q", "--allow-empty", "-m", "one"], cwd=folder, check=True)
    commit = subprocess.run(
        [*git, "rev-parse", "HEAD"], cwd=folder, check=True, capture_output=True, text=True
    )
    applied(local, syncer, "Deal 0")
    applied(local, syncer, "Deal nil")

    ran = syncer(*UNDO, cwd=folder, env=local.env)

    assert (ran.code, local.deals()) == (0, ["Deal 0"])
    assert local.store(folder).read().ledger["opportunity.deal-0"].values["name"] == "Deal nil"
    assert f"git revert {commit.stdout.strip()}" in ran.out
    plan = json.loads(syncer("plan", "--format", "json", cwd=folder, env=local.env).out)
    (field,) = plan["changes"][0]["fields"]
    assert (field["path"], field["base"], field["moved"]) == ("name", "Deal nil", "crm")
    syncer("apply", "--auto-approve", cwd=folder, env=local.env)
    assert local.deals() == ["Deal 0"]


def test_what_was_taken_out_and_deleted_and_is_back_is_not_deleted_again(local: Team, syncer: Run) -> None:
    """Nothing is agreed of a deal that an undo brings back, so `removed: delete` has nothing to delete."""
    policy = "removed: delete, "
    both: dict[str, dict[str, str | None]] = {"deal-0": {"name": "Deal 0"}, "deal-1": {"name": "Deal 1"}}
    folder = local.declaring(both, policy)
    assert syncer(*APPLY, cwd=folder, env=local.env).code == 0
    folder = local.declaring({"deal-0": {"name": "Deal 0"}}, policy)
    assert syncer(*APPLY, *GUARDS, cwd=folder, env=local.env).code == 0
    assert local.deals() == ["Deal 0"]

    assert syncer(*UNDO, cwd=folder, env=local.env).code == 0
    again = syncer(*APPLY, *GUARDS, cwd=folder, env=local.env)

    assert (again.code, local.deals()) == (0, ["Deal 0", "Deal 1"]), again.out


def test_what_somebody_changed_since_is_a_conflict_and_the_rest_is_taken_back(
    local: Team, syncer: Run
) -> None:
    sandbox = local.sandbox
    folder = applied(local, syncer, "Deal 0", "Deal 1", "Deal 2")
    ids = {row["name"]: row["id"] for row in deals(sandbox).values()}
    sandbox.edit("Opportunity", ids["Deal 0"], name="Deal of Eve")
    sandbox.edit("Opportunity", ids["Deal 1"], description="seen, and no field of the run")

    ran = syncer(*UNDO, "--format", "json", cwd=folder, env=local.env)
    assert ran.code == ExitCode.REFUSED
    assert outcomes(ran) == {
        "opportunity.deal-0": "conflict",
        "opportunity.deal-1": "deleted",
        "opportunity.deal-2": "deleted",
    }
    assert local.deals() == ["Deal of Eve"]


def test_a_conflict_shows_what_is_there_what_the_run_left_and_what_was_before(
    local: Team, syncer: Run
) -> None:
    sandbox = local.sandbox
    applied(local, syncer, "Deal 0")
    folder = applied(local, syncer, "Deal nil")
    (id_,) = deals(sandbox)
    sandbox.edit("Opportunity", id_, name="Deal of Eve")

    assert syncer("undo", "--out", "undo.json", cwd=folder, env=local.env).code == 0
    (change,) = json.loads((folder / "undo.json").read_text())["changes"]
    (field,) = change["fields"]
    assert change["action"] == "conflict"
    assert (field["path"], field["before"], field["base"], field["after"], field["written"]) == (
        "name", "Deal of Eve", "Deal nil", "Deal 0", False,
    )  # fmt: skip


def test_a_conflict_with_a_later_run_names_it(local: Team, syncer: Run) -> None:
    """An older run is taken back but for what later ones have written; what a person wrote is the CRM's."""
    applied(local, syncer, "Deal 0", "Deal 1", "Deal 2")
    applied(local, syncer, "Deal zero", "Deal one", "Deal two")
    applied(local, syncer, "Deal null", "Deal one", "Deal two")
    folder = applied(local, syncer, "Deal nought", "Deal one", "Deal two")
    _, chosen, _, last = local.store(folder).read().runs
    by_name = {row["name"]: id_ for id_, row in deals(local.sandbox).items()}
    local.sandbox.edit("Opportunity", by_name["Deal one"], name="Deal of Eve")

    ran = syncer(*UNDO, chosen.run, cwd=folder, env=local.env)

    assert (ran.code, local.deals()) == (ExitCode.REFUSED, ["Deal 2", "Deal nought", "Deal of Eve"])
    said = " ".join(ran.out.split())
    assert f"Run {last.run} changed it after that run; nothing of it is taken back." in said
    assert "It was changed in the CRM after that run; nothing of it is taken back." in said


def test_an_entry_that_says_absent_is_named_as_what_is_deleted_again(local: Team, syncer: Run) -> None:
    """It is a word of its own: the next apply carries it out, whatever was taken back."""
    folder = applied(local, syncer, "Deal 0", "Deal 1")
    edited(local, syncer, folder, ("name: Deal 0\n", "name: Deal 0\n    state: absent\n"))

    ran = syncer(*UNDO, cwd=folder, env=local.env)

    assert (ran.code, local.deals()) == (0, ["Deal 0", "Deal 1"])
    said = "but opportunity.deal-0 says `state: absent`, and the next apply deletes it again."
    assert said in " ".join(ran.out.split())
    assert syncer(*APPLY, *GUARDS, cwd=folder, env=local.env).code == 0
    assert local.deals() == ["Deal 1"]


def test_a_saved_undo_is_an_ordinary_plan(local: Team, syncer: Run) -> None:
    """Shown, with a breach as a warning; guarded when it is applied; applied once."""
    folder = applied(local, syncer, "Deal 0")
    local.sandbox.requests.clear()

    ran = syncer("undo", "--out", "undo.json", cwd=folder, env=local.env)
    assert (ran.code, writes(local.sandbox)) == (0, [])
    assert ("max_deletes is 0" in " ".join(ran.out.split()), "undo-manifests" in ran.out) == (True, True)

    assert syncer("apply", "undo.json", cwd=folder, env=local.env).code == ExitCode.GUARD
    assert syncer("apply", "undo.json", *GUARDS, cwd=folder, env=local.env).code == 0
    assert local.deals() == []
    assert syncer("apply", "undo.json", *GUARDS, cwd=folder, env=local.env).code == ExitCode.REFUSED
    plan = json.loads(syncer("plan", "--format", "json", cwd=folder, env=local.env).out)
    assert [change["action"] for change in plan["changes"]] == ["gone"]  # and nothing was agreed anew


def test_a_saved_undo_brings_back_what_was_deleted_and_the_links_it_lacks(local: Team, syncer: Run) -> None:
    """Where a service leaves the links of what it brings back deleted, they are added."""
    sandbox = local.sandbox
    folder = applied(local, syncer, "Deal 0")
    before, linked = deals(sandbox), links(sandbox)
    (row,) = [
        each for each in sandbox.store.rows("LeadOpptyContactRelation") if each["lead_oppty_id"] in before
    ]
    edited(local, syncer, folder, ("name: Deal 0\n", "name: Deal 0\n    state: absent\n"))
    assert syncer("undo", "--out", "undo.json", cwd=folder, env=local.env).code == 0
    document = json.loads((folder / "undo.json").read_text())
    jsonschema_rs.validate(resources.schema("plan"), document)
    (change,) = document["changes"]
    assert (change["action"], change["id"], change["payload"], change["precondition"]["deleted"]) == (
        "create", next(iter(before)), None, True,
    )  # fmt: skip
    sandbox.faults.add(
        "hook", path="batch-restore", when="after",
        hook=lambda: sandbox.store.delete("LeadOpptyContactRelation", row["id"]),
    )  # fmt: skip

    ran = syncer("apply", "undo.json", "--no-quiet-wait", cwd=folder, env=local.env)

    assert ran.code == 0, ran.err
    assert (deals(sandbox), links(sandbox)) == (before, linked)


def test_a_record_that_is_back_or_as_before_already_needs_nothing(local: Team, syncer: Run) -> None:
    sandbox = local.sandbox
    folder = applied(local, syncer, "Deal 0", "Deal 1", "Deal 2")
    ids = {row["name"]: row["id"] for row in deals(sandbox).values()}
    edited(
        local, syncer, folder,
        ("name: Deal 0\n", "name: Deal nil\n"), ("name: Deal 1\n", "name: Deal 1\n    state: absent\n"),
    )  # fmt: skip
    sandbox.edit("Opportunity", ids["Deal 0"], name="Deal 0")
    sandbox.store.restore("Opportunity", ids["Deal 1"])
    sandbox.requests.clear()

    ran = syncer(*UNDO, cwd=folder, env=local.env)

    assert (ran.code, writes(sandbox), local.deals()) == (0, [], ["Deal 0", "Deal 1", "Deal 2"])


def test_records_that_are_gone_are_left_and_said(local: Team, syncer: Run) -> None:
    """What a run created and somebody deleted needs nothing; what it updated cannot be taken back."""
    sandbox = local.sandbox
    applied(local, syncer, "Deal 0")
    folder = applied(local, syncer, "Deal nil", "Deal 1")
    for id_ in deals(sandbox):
        sandbox.store.delete("Opportunity", id_)

    ran = syncer(*UNDO, "--format", "json", cwd=folder, env=local.env)

    assert ran.code == ExitCode.REFUSED
    assert outcomes(ran) == {"opportunity.deal-0": "conflict", "opportunity.deal-1": "unchanged"}


def test_any_run_that_is_kept_can_be_named_and_no_other(local: Team, syncer: Run) -> None:
    folder = applied(local, syncer, "Deal 0")
    applied(local, syncer, "Deal 0", "Deal 1")
    first, last = local.store(folder).read().runs

    ran = syncer("undo", "20200101T000000.000Z-00000000", cwd=folder, env=local.env)
    assert (ran.code, writes(local.sandbox)[-1:] != []) == (ExitCode.USAGE, True)
    assert f"hint: there are: {last.run}, {first.run}" in " ".join(ran.err.split())

    assert syncer(*UNDO, first.run, cwd=folder, env=local.env).code == 0
    assert local.deals() == ["Deal 1"]


def test_before_anything_was_applied_there_is_nothing_to_undo(local: Team, syncer: Run) -> None:
    ran = syncer("undo", cwd=local.copy(["Deal 0"]), env=local.env)

    assert (ran.code, "Nothing was applied yet" in ran.err) == (ExitCode.USAGE, True)


def test_a_run_that_did_not_end_in_order_is_refused_until_it_is_looked_up(
    git_or_local: Team, syncer: Run
) -> None:
    team = git_or_local
    folder = team.copy(["Deal 0"])
    team.sandbox.faults.add("hook", method="POST", nth=1, when="after", hook=team.place.break_)
    assert syncer(*APPLY, cwd=folder, env=team.env).code == ExitCode.FAILED
    team.place.mend()
    held = team.store(folder).read().lock
    assert held is not None
    assert syncer("state", "unlock", "--run", held.run, "--auto-approve", cwd=folder, env=team.env).code == 0

    ran = syncer(*UNDO, cwd=folder, env=team.env)

    assert (ran.code, team.deals()) == (ExitCode.ERROR, ["Deal 0"])
    assert "run `syncer apply` first" in " ".join(ran.err.split())


@pytest.fixture
def git_or_local(make_place: Callable[[str], Place], sandbox: Sandbox) -> Team:
    return Team("git", make_place("git"), sandbox)


def test_without_a_terminal_a_yes_has_to_be_given(local: Team, syncer: Run) -> None:
    folder = applied(local, syncer, "Deal 0")
    local.sandbox.requests.clear()

    ran = syncer("undo", *GUARDS, cwd=folder, env=local.env)

    assert (ran.code, writes(local.sandbox)) == (ExitCode.USAGE, [])
    assert "syncer undo --auto-approve" in " ".join(ran.err.split())
    assert "syncer undo --out plan.json" in " ".join(ran.err.split())


def test_manifests_that_cannot_be_read_do_not_stop_an_undo(local: Team, syncer: Run) -> None:
    folder = applied(local, syncer, "Deal 0")
    shutil.rmtree(folder / "opportunities")

    assert syncer(*UNDO, cwd=folder, env=local.env).code == 0
    assert local.deals() == []
    ran = syncer("undo", "--out", "-", cwd=folder, env=local.env)
    assert (ran.code, json.loads(ran.out)["changes"][0]["span"]) == (0, None)


def test_a_deal_that_the_run_has_won_is_open_again_and_one_won_since_is_left(
    local: Team, syncer: Run
) -> None:
    """Closed by the run: its undo opens it. Closed by somebody since: nothing of it is written."""
    sandbox = local.sandbox
    folder = applied(local, syncer, "Deal 0", "Deal 1")
    before = {row["name"]: row["step_id"] for row in deals(sandbox).values()}
    edited(local, syncer, folder, ("step: Contacted", "step: Won"), ("name: Deal 1\n", "name: Deal one\n"))
    won = sandbox.store.find("Opportunity", name="Deal 0")["step_id"]
    other = sandbox.store.find("Opportunity", name="Deal one")["id"]
    sandbox.edit("Opportunity", other, step_id=won)

    ran = syncer(*UNDO, "--format", "json", cwd=folder, env=local.env)

    assert ran.code == ExitCode.REFUSED
    assert outcomes(ran) == {"opportunity.deal-0": "updated", "opportunity.deal-1": "conflict"}
    steps = {row["name"]: row["step_id"] for row in deals(sandbox).values()}
    assert steps == {"Deal 0": before["Deal 0"], "Deal one": won}
    assert "It is won in the CRM, and the run did not do that" in " ".join(ran.err.split())


def test_what_failed_in_a_run_is_named_and_not_taken_back(local: Team, syncer: Run) -> None:
    sandbox = local.sandbox
    folder = applied(local, syncer, "Deal 0", "Deal 1")
    sandbox.faults.add("status", method="POST", path="batch-delete", status=409)
    manifest = folder / MANIFEST
    text = manifest.read_text().replace("name: Deal 0\n", "name: Deal nil\n")
    manifest.write_text(text.replace("name: Deal 1\n", "name: Deal 1\n    state: absent\n"))
    ran = syncer(*APPLY, "--existing", "update", *GUARDS, cwd=folder, env=local.env)
    assert ran.code == ExitCode.FAILED
    sandbox.faults.clear()

    ran = syncer(*UNDO, cwd=folder, env=local.env)

    assert (ran.code, local.deals()) == (0, ["Deal 0", "Deal 1"])
    assert "1 of the 2 changes" in " ".join(ran.out.split())


@pytest.mark.parametrize(
    ("before", "after"),
    [("100 USD", "120 USD"), ("100 EUR", "120 EUR"), ("100 USD", "90 EUR")],
)
def test_an_amount_is_taken_back_in_its_currency(local: Team, syncer: Run, before: str, after: str) -> None:
    """In the base currency without a rate, in another one at the rate in force."""
    sandbox = local.sandbox
    folder = local.copy(["Deal 0"])
    text = (folder / MANIFEST).read_text()
    (folder / MANIFEST).write_text(text.replace("100 USD", before))
    assert syncer(*APPLY, cwd=folder, env=local.env).code == 0
    values = [row["value"] for row in deals(sandbox).values()]
    edited(local, syncer, folder, (before, after))

    ran = syncer(*UNDO, cwd=folder, env=local.env)

    assert ran.code == 0, ran.err
    assert [row["value"] for row in deals(sandbox).values()] == values


@pytest.mark.parametrize(
    ("url", "said"),
    [
        (None, "SYNCER_STATE_URL is not set"),
        ("sqlite:///state.db", "SYNCER_STATE_URL"),
        ("postgresql://s3cret@127.0.0.1:9/none", "state-unreachable"),
    ],
)
@pytest.mark.parametrize("command", [("undo", "--auto-approve"), ("undo", "--out", "u.json"), ("history",)])
def test_without_the_database_nothing_is_taken_back_and_nothing_told(
    make_place: Callable[[str], Place],
    sandbox: Sandbox,
    syncer: Run,
    command: tuple[str, ...],
    url: str | None,
    said: str,
) -> None:
    """One error, which names the variable and never what it holds."""
    folder = Team("local", make_place("local"), sandbox).copy(["Deal 0"])
    settings = folder / "syncer.yaml"
    settings.write_text(settings.read_text().replace("state: local", "state: postgresql"))

    ran = syncer(*command, cwd=folder, env={**sandbox.env(), **({"SYNCER_STATE_URL": url} if url else {})})

    assert (ran.code, ran.out, writes(sandbox)) == (ExitCode.ERROR, "", [])
    assert said in " ".join(ran.err.split())
    assert "s3cret" not in ran.err
    assert not (folder / "u.json").exists()
