"""What is remembered of deals that were deleted, closed, taken out or renamed, over a folder and a branch."""

import json
import subprocess
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from syncer.model.codes import ExitCode
from syncer.sandbox.server import Sandbox
from syncer.sandbox.switches import Switches
from tests.state.places import Place
from tests.state.working import APPLY, Team
from tests.support import MANIFEST, Ran, writes

Run = Callable[..., Ran]
Entries = Mapping[str, Mapping[str, str | None]]
DEALS: Entries = {f"deal-{n}": {"name": f"Deal {n}"} for n in range(3)}


class Week:
    """A project of one team, as it goes on: what is declared, applied, and edited in the CRM."""

    def __init__(self, team: Team, syncer: Run) -> None:
        self.team, self._syncer = team, syncer
        self.sandbox = team.sandbox

    def copy(self, entries: Entries, policy: str = "") -> Path:
        """Return another working copy that declares *entries*."""
        return self.team.declaring(entries, policy)

    def run(self, folder: Path, *arguments: str) -> Ran:
        return self._syncer(*arguments, cwd=folder, env=self.team.env)

    def apply(self, entries: Entries, *options: str, policy: str = "") -> Ran:
        return self.run(self.copy(entries, policy), *APPLY, *options)

    def plan(self, entries: Entries, *options: str, policy: str = "") -> dict[str, Any]:
        """Return the changes of a plan that are no no-ops, by key, each with its action."""
        ran = self.run(self.copy(entries, policy), "plan", "--format", "json", *options)
        assert ran.code == 0, ran.err
        changes = json.loads(ran.out)["changes"]
        return {change["address"].removeprefix("opportunity."): change for change in changes}

    def actions(self, entries: Entries, *options: str, policy: str = "") -> dict[str, str]:
        return {key: change["action"] for key, change in self.plan(entries, *options, policy=policy).items()}

    def id(self, name: str) -> str:
        """Return the id of the deal called so, deleted or not."""
        rows = self.sandbox.store.rows("Opportunity", include_deleted=True)
        return str(next(row["id"] for row in rows if row["name"] == name))

    def ledger(self) -> dict[str, str]:
        """Return the ids that are remembered, by key."""
        rows = self.team.store(self.team.copy([])).read().ledger
        return {address.removeprefix("opportunity."): row.id for address, row in rows.items()}


@pytest.fixture(params=["local", "git"])
def week(
    request: pytest.FixtureRequest, make_place: Callable[[str], Place], sandbox: Sandbox, syncer: Run
) -> Week:
    return Week(Team(request.param, make_place(request.param), sandbox), syncer)


@pytest.fixture
def local(make_place: Callable[[str], Place], sandbox: Sandbox, syncer: Run) -> Week:
    return Week(Team("local", make_place("local"), sandbox), syncer)


# Deleted in the CRM


def test_a_deal_deleted_in_the_crm_on_purpose_stays_deleted(week: Week) -> None:
    """It is reported by every plan, and is no failure of an apply."""
    assert week.apply(DEALS).code == 0
    deal = week.id("Deal 1")
    week.sandbox.store.delete("Opportunity", deal)

    change = week.plan(DEALS)["deal-1"]
    assert (change["action"], change["id"], change["before"]) == ("gone", deal, {"name": "Deal 1"})
    assert change["notes"][0].startswith(f"Deleted in Pipeliner ({deal}), and left so: take the entry out")
    assert week.run(week.copy(DEALS), "plan", "--detailed-exitcode").code == ExitCode.CHANGES
    for _ in range(2):
        assert week.apply(DEALS).code == 0
        assert week.team.deals() == ["Deal 0", "Deal 2"]
    assert week.ledger()["deal-1"] == deal


def test_it_is_created_again_where_the_project_says_so(week: Week) -> None:
    """As a new record, which the ledger has from then on."""
    assert week.apply(DEALS).code == 0
    deal = week.id("Deal 1")
    week.sandbox.store.delete("Opportunity", deal)

    change = week.plan(DEALS, policy="gone: recreate, ")["deal-1"]
    assert (change["action"], change["precondition"]["instead"]) == ("create", deal)
    assert week.apply(DEALS, policy="gone: recreate, ").code == 0
    assert week.team.deals() == ["Deal 0", "Deal 1", "Deal 2"]
    assert week.ledger()["deal-1"] != deal
    assert set(week.actions(DEALS).values()) == {"no-op"}


def test_what_nobody_can_see_is_never_created_again(local: Week) -> None:
    """Deleted for good, or hidden from this user: nobody can tell, so nothing is made."""
    assert local.apply(DEALS).code == 0
    local.sandbox.reset()

    for policy in ("", "gone: recreate, "):
        changes = local.plan(DEALS, policy=policy)
        assert {change["action"] for change in changes.values()} == {"gone"}
        assert changes["deal-0"]["notes"][0].startswith("Not visible in Pipeliner any more")
        assert local.apply(DEALS, policy=policy).code == 0
    assert local.team.deals() == []
    folder = local.copy(DEALS)
    assert local.run(folder, "state", "forget", "opportunity.deal-0", "--auto-approve").code == 0
    assert local.actions(DEALS)["deal-0"] == "create"


def test_a_deleted_deal_that_is_restored_before_it_is_created_again_is_not_doubled(local: Week) -> None:
    """It is judged again at apply, by its id: it may have been renamed as well."""
    assert local.apply(DEALS).code == 0
    deal = local.id("Deal 1")
    local.sandbox.store.delete("Opportunity", deal)
    folder = local.copy(DEALS, "gone: recreate, ")
    assert local.run(folder, "plan", "--out", "plan.json").code == 0
    local.sandbox.store.restore("Opportunity", deal)
    local.sandbox.edit("Opportunity", deal, name="Deal 1 of Eve")

    ran = local.run(folder, "apply", "plan.json", "--no-quiet-wait")

    assert (ran.code, local.team.deals()) == (ExitCode.OK, ["Deal 0", "Deal 1 of Eve", "Deal 2"])
    assert "is there again; none was created" in " ".join(ran.out.split())


def test_a_deleted_deal_that_somebody_typed_in_again_is_found_by_its_name(local: Week) -> None:
    more = {**DEALS, "more": {"name": "Deal of Eve"}}
    assert local.apply(more).code == 0
    folder = local.copy(more)
    assert local.run(folder, "state", "forget", "opportunity.more", "--auto-approve").code == 0
    local.sandbox.store.delete("Opportunity", local.id("Deal 1"))
    eve = local.id("Deal of Eve")
    local.sandbox.edit("Opportunity", eve, name="Deal 1")

    change = local.plan(DEALS)["deal-1"]
    assert (change["action"], change["id"]) == ("no-op", eve)
    assert local.apply(DEALS).code == 0
    assert local.ledger()["deal-1"] == eve


def test_an_id_of_the_manifest_that_was_deleted_is_gone_too(local: Week) -> None:
    assert local.apply(DEALS).code == 0
    deal = local.id("Deal 1")
    named = {**DEALS, "deal-1": {"name": "Deal 1", "id": deal}}
    local.sandbox.store.delete("Opportunity", deal)

    for policy in ("", "gone: recreate, "):
        assert local.actions(named, policy=policy)["deal-1"] == "gone"


@pytest.mark.parametrize(
    ("switches", "told"),
    [
        ({}, "Deleted in Pipeliner"),
        ({"include_deleted": "ignored"}, "Not visible in Pipeliner any more"),
        ({"include_deleted": "ignored", "deleted_by_id": "shown"}, "Deleted in Pipeliner"),
    ],
)
def test_however_deleted_records_are_read_none_is_created_again(
    make_place: Callable[[str], Place], syncer: Run, switches: dict[str, Any], told: str
) -> None:
    """Whether a service shows them in lists, by their ids or never is no matter of what is written."""
    with Sandbox.serve(switches=Switches(**switches)) as sandbox:
        week = Week(Team("local", make_place("local"), sandbox), syncer)
        assert week.apply(DEALS).code == 0
        sandbox.store.delete("Opportunity", week.id("Deal 1"))

        change = week.plan(DEALS)["deal-1"]
        assert (change["action"], change["notes"][0].partition(" (")[0]) == ("gone", told)
        assert week.apply(DEALS).code == 0
        assert week.team.deals() == ["Deal 0", "Deal 2"]


# Entries that were taken out


def test_an_entry_taken_out_is_forgotten_by_the_plan_and_its_record_stays(week: Week) -> None:
    assert week.apply(DEALS).code == 0
    fewer = {key: DEALS[key] for key in ("deal-0", "deal-1")}

    change = week.plan(fewer)["deal-2"]
    assert (change["action"], change["span"], change["before"]) == ("forget", None, {"name": "Deal 2"})
    assert week.actions(fewer, "--target", "deal-0") == {"deal-0": "no-op"}
    folder = week.copy(fewer)
    assert week.run(folder, "plan", "--out", "plan.json").code == 0
    assert week.run(folder, "apply", "plan.json").code == 0
    assert (sorted(week.ledger()), week.team.deals()) == (
        ["deal-0", "deal-1"],
        ["Deal 0", "Deal 1", "Deal 2"],
    )
    assert week.actions(fewer) == {"deal-0": "no-op", "deal-1": "no-op"}


def test_a_saved_plan_forgets_nothing_that_was_given_another_record_since(local: Week) -> None:
    assert local.apply(DEALS).code == 0
    fewer = {key: DEALS[key] for key in ("deal-0", "deal-1")}
    folder = local.copy(fewer)
    assert local.run(folder, "plan", "--out", "plan.json").code == 0
    assert local.apply(fewer).code == 0
    assert local.apply({**fewer, "deal-2": {"name": "Deal of Eve"}}).code == 0

    assert local.run(local.copy(fewer), "apply", "plan.json").code == 0
    assert local.ledger()["deal-2"] == local.id("Deal of Eve")


def test_a_deleted_deal_whose_entry_was_taken_out_leaves_without_a_word(week: Week) -> None:
    assert week.apply(DEALS).code == 0
    week.sandbox.store.delete("Opportunity", week.id("Deal 2"))
    fewer = {key: DEALS[key] for key in ("deal-0", "deal-1")}

    assert week.run(week.copy(fewer), "plan", "--detailed-exitcode").code == 0
    assert week.actions(fewer) == {"deal-0": "no-op", "deal-1": "no-op"}
    assert week.apply(fewer).code == 0
    assert sorted(week.ledger()) == ["deal-0", "deal-1"]


def test_removed_delete_deletes_within_the_guard_and_only_what_is_as_agreed(week: Week) -> None:
    assert week.apply(DEALS).code == 0
    first, policy = {"deal-0": DEALS["deal-0"]}, "removed: delete, "
    week.sandbox.edit("Opportunity", week.id("Deal 2"), closing_date="2027-09-30")

    changes = week.plan(first, policy=policy)
    assert {key: change["action"] for key, change in changes.items()} == {
        "deal-0": "no-op",
        "deal-1": "delete",
        "deal-2": "conflict",
    }
    assert [(field["path"], field["base"], field["before"]) for field in changes["deal-2"]["fields"]] == [
        ("closing_date", "2027-03-31", "2027-09-30")
    ]
    assert week.apply(first, policy=policy).code == ExitCode.GUARD
    assert week.apply(first, "--allow", "max_deletes", policy=policy).code == ExitCode.REFUSED
    assert (week.team.deals(), sorted(week.ledger())) == (["Deal 0", "Deal 2"], ["deal-0", "deal-2"])


@pytest.mark.parametrize(("side", "left"), [("git", ["Deal 0"]), ("crm", ["Deal 0", "Deal 2"])])
def test_what_was_changed_and_taken_out_is_decided_by_take(local: Week, side: str, left: list[str]) -> None:
    """It goes after all, or it stays and is forgotten."""
    assert local.apply(DEALS).code == 0
    first, policy = {key: DEALS[key] for key in ("deal-0",)}, "removed: delete, "
    local.sandbox.edit("Opportunity", local.id("Deal 2"), closing_date="2027-09-30")
    assert local.plan(first, policy=policy)["deal-2"]["action"] == "conflict"
    text = local.run(local.copy(first, policy), "plan").out
    assert f"syncer apply --take {side} opportunity.deal-2" in text

    ran = local.apply(first, "--allow", "max_deletes", "--take", side, "opportunity.deal-2", policy=policy)

    assert (ran.code, local.team.deals(), sorted(local.ledger())) == (0, left, ["deal-0"])


def test_paths_and_targets_neither_forget_nor_delete_what_they_leave_out(local: Week) -> None:
    assert local.apply(DEALS).code == 0
    folder = local.copy({"deal-0": DEALS["deal-0"]}, "removed: delete, ")
    for narrowed in (["--target", "deal-0"], [MANIFEST]):
        plan = json.loads(local.run(folder, "plan", "--format", "json", *narrowed).out)
        assert [change["action"] for change in plan["changes"]] == ["no-op"]
    assert local.run(folder, *APPLY, "--allow", "max_deletes", "--target", "deal-0").code == 0
    assert (len(local.ledger()), local.team.deals()) == (3, ["Deal 0", "Deal 1", "Deal 2"])


def test_pull_takes_out_what_was_deleted_and_leaves_what_nobody_can_see(local: Week) -> None:
    """Whoever has lost a right must not lose his manifests as well."""
    assert local.apply(DEALS).code == 0
    local.sandbox.store.delete("Opportunity", local.id("Deal 1"))
    folder = local.copy(DEALS)
    assert local.run(folder, "pull").code == 0
    assert "Deal 1" not in (folder / MANIFEST).read_text()

    local.sandbox.reset()
    before = (folder / MANIFEST).read_text()
    ran = local.run(folder, "pull")
    assert "It cannot be seen in the CRM any more" in ran.err
    assert (folder / MANIFEST).read_text() == before


def test_pull_passes_over_what_is_declared_no_longer(local: Week) -> None:
    assert local.apply(DEALS).code == 0
    local.sandbox.edit("Opportunity", local.id("Deal 2"), closing_date="2027-09-30")
    folder = local.copy({"deal-0": DEALS["deal-0"]}, "removed: delete, ")
    before = (folder / MANIFEST).read_text()

    assert local.run(folder, "pull").code == 0
    assert (folder / MANIFEST).read_text() == before


# Keys that were renamed


@pytest.mark.parametrize("edited", ["nothing", "git", "crm"])
def test_a_renamed_key_is_the_same_record(week: Week, edited: str) -> None:
    """What was agreed goes along: an edit of either side is told from the other as before."""
    assert week.apply(DEALS).code == 0
    deal = week.id("Deal 1")
    renamed = {**DEALS, "key-1": {"name": "Deal 1"} | ({"value": "7 USD"} if edited == "git" else {})}
    del renamed["deal-1"]
    if edited == "crm":
        week.sandbox.edit("Opportunity", deal, closing_date="2027-09-30")

    change = week.plan(renamed)["key-1"]
    expected = {"nothing": "no-op", "git": "update", "crm": "drift"}[edited]
    assert (change["action"], change["id"], change["rekeyed_from"]) == (expected, deal, "opportunity.deal-1")
    assert change["notes"] == ['Its key was "deal-1".']
    assert "deal-1" not in week.actions(renamed)
    assert week.apply(renamed).code == 0
    assert week.ledger() == {"deal-0": week.id("Deal 0"), "deal-2": week.id("Deal 2"), "key-1": deal}
    again = week.plan(renamed)["key-1"]
    assert (again["rekeyed_from"], again["action"]) == (None, "drift" if edited == "crm" else "no-op")
    assert week.team.deals() == ["Deal 0", "Deal 1", "Deal 2"]


def test_a_key_renamed_in_a_saved_plan_moves_too(local: Week) -> None:
    assert local.apply(DEALS).code == 0
    renamed = {**DEALS, "key-1": {"name": "Deal 1"}}
    del renamed["deal-1"]
    folder = local.copy(renamed)
    assert local.run(folder, "plan", "--out", "plan.json").code == 0
    assert local.run(folder, "apply", "plan.json").code == 0
    assert sorted(local.ledger()) == ["deal-0", "deal-2", "key-1"]


def test_key_and_name_may_be_renamed_at_once_where_formerly_says_so(local: Week) -> None:
    """Without a key field, too: the ledger knows the old key."""
    assert local.apply(DEALS).code == 0
    deal = local.id("Deal 1")
    renamed = {**DEALS, "key-1": {"name": "Deal of Eve", "formerly": "{key: deal-1}"}}
    del renamed["deal-1"]

    change = local.plan(renamed)["key-1"]
    assert (change["action"], change["id"], change["rekeyed_from"]) == ("update", deal, "opportunity.deal-1")
    assert local.apply(renamed).code == 0
    assert local.team.deals() == ["Deal 0", "Deal 2", "Deal of Eve"]


def test_a_look_alike_that_nothing_declares_any_more_is_shown_with_its_former_key(local: Week) -> None:
    """Key and name were renamed at once: the plan says how to say so."""
    assert local.apply(DEALS).code == 0
    renamed = {"deal-0": DEALS["deal-0"], "key-1": {"name": "Deal 1!"}}

    ran = local.run(local.copy(renamed), "plan")
    assert (ran.code, "or: formerly: {key: deal-1}" in ran.out) == (0, True)


def test_a_key_is_renamed_while_the_deal_is_renamed_in_the_crm(local: Week) -> None:
    """What was agreed has the name that is declared; what the CRM has is drift."""
    assert local.apply(DEALS).code == 0
    deal = local.id("Deal 1")
    local.sandbox.edit("Opportunity", deal, name="Deal of Eve")
    renamed = {**DEALS, "key-1": {"name": "Deal 1"}}
    del renamed["deal-1"]

    change = local.plan(renamed)["key-1"]
    assert (change["action"], change["id"]) == ("drift", deal)


def test_a_renamed_key_of_a_deleted_deal_stays_gone(local: Week) -> None:
    assert local.apply(DEALS).code == 0
    local.sandbox.store.delete("Opportunity", local.id("Deal 1"))
    renamed = {**DEALS, "key-1": {"name": "Deal 1"}}
    del renamed["deal-1"]

    assert local.actions(renamed) == {"deal-0": "no-op", "deal-2": "no-op", "key-1": "gone"}
    assert local.apply(renamed).code == 0
    assert local.ledger()["key-1"] == local.id("Deal 1")
    assert local.actions(renamed)["key-1"] == "gone"


# Won and lost


def test_a_won_deal_stays_as_it_is_unless_somebody_says_reopen(week: Week) -> None:
    """Also where differences are written: nothing of it is written without a word."""
    assert week.apply(DEALS).code == 0
    deal = week.id("Deal 1")
    week.sandbox.edit("Opportunity", deal, step_id=step(week.sandbox, "Renewals", "Won"))
    edited = {**DEALS, "deal-1": {"name": "Deal 1", "value": "7 USD"}}

    for policy in ("", "existing: update, "):
        change = week.plan(edited, policy=policy)["deal-1"]
        assert change["action"] == "drift"
        assert change["notes"][0].startswith("Won in Pipeliner: nothing of it is written unless")
        assert week.apply(edited, policy=policy).code == 0
    assert week.sandbox.store.get("Opportunity", deal)["value"]["base_value"] == 100

    said = {**edited, "deal-1": {**edited["deal-1"], "lifecycle": "{closed: reopen}"}}
    for entries, policy in ((said, ""), (edited, "closed: reopen, ")):
        fields = week.plan(entries, policy=policy)["deal-1"]["fields"]
        assert [(field["path"], field["written"]) for field in fields] == [
            ("step", False),
            ("value.amount", True),
        ]
    assert week.apply(said).code == 0
    assert week.sandbox.store.get("Opportunity", deal)["value"]["base_value"] == 7


def test_a_lost_deal_is_not_written_whoever_says_so(local: Week) -> None:
    assert local.apply(DEALS).code == 0
    local.sandbox.edit("Opportunity", local.id("Deal 1"), is_archived=True)
    edited = {**DEALS, "deal-1": {"name": "Deal 1", "value": "7 USD"}}

    for policy in ("", "closed: reopen, "):
        change = local.plan(edited, policy=policy)["deal-1"]
        assert change["action"] == "drift"
        (note,) = change["notes"]
        assert note == (
            "Lost in Pipeliner: nothing of it is written unless the entry says `lost:`, and `closed: reopen` "
            "that it may be written; `syncer pull` takes the loss over."
        )


@pytest.mark.parametrize("closed", ["won", "lost"])
def test_a_deal_that_is_closed_after_the_plan_is_left_alone(local: Week, closed: str) -> None:
    assert local.apply(DEALS).code == 0
    deal = local.id("Deal 1")
    edited = {**DEALS, "deal-1": {"name": "Deal 1", "value": "7 USD"}}
    folder = local.copy(edited)
    assert local.run(folder, "plan", "--out", "plan.json").code == 0
    if closed == "won":
        local.sandbox.edit("Opportunity", deal, step_id=step(local.sandbox, "Renewals", "Won"))
    else:
        local.sandbox.edit("Opportunity", deal, is_archived=True)
    local.sandbox.requests.clear()

    ran = local.run(folder, "apply", "plan.json")

    assert (ran.code, writes(local.sandbox)) == (ExitCode.REFUSED, [])
    assert f"is {closed} since the plan was made" in " ".join(ran.out.split())


def test_a_colleagues_edit_is_kept(week: Week) -> None:
    """Nobody asked for it in git: it is drift, and no apply takes it back."""
    assert week.apply(DEALS).code == 0
    deal = week.id("Deal 1")
    week.sandbox.edit("Opportunity", deal, closing_date="2027-09-30")

    (field,) = week.plan(DEALS)["deal-1"]["fields"]
    assert (field["moved"], field["written"], field["base"]) == ("crm", False, "2027-03-31")
    assert week.apply(DEALS).code == 0
    assert week.sandbox.store.get("Opportunity", deal)["closing_date"] == "2027-09-30"


def step(sandbox: Sandbox, pipeline: str, name: str) -> str:
    """Return the id of a step."""
    within = next(row["id"] for row in sandbox.store.rows("Pipeline") if row["name"] == pipeline)
    rows = sandbox.store.rows("Step")
    return str(next(row["id"] for row in rows if row["pipeline_id"] == within and row["name"] == name))


# With a key field


KEYED = "identity: {key_field: cf_syncer_key}\n"


def keyed(week: Week, entries: Entries) -> Path:
    folder = week.copy(entries)
    file = folder / "syncer.yaml"
    file.write_text(file.read_text() + KEYED)
    return folder


def plan_of(week: Week, folder: Path) -> dict[str, Any]:
    ran = week.run(folder, "plan", "--format", "json")
    assert ran.code == 0, ran.err
    changes = json.loads(ran.out)["changes"]
    return {change["address"].removeprefix("opportunity."): change for change in changes}


def test_the_key_field_gets_the_new_key_and_nothing_else_is_written_by_that(local: Week) -> None:
    """Under every policy: the key is ours."""
    assert local.run(keyed(local, DEALS), *APPLY).code == 0
    deal = local.id("Deal 1")
    local.sandbox.edit("Opportunity", deal, closing_date="2027-09-30")
    renamed = {**DEALS, "key-1": {"name": "Deal 1"}}
    del renamed["deal-1"]

    change = plan_of(local, keyed(local, renamed))["key-1"]
    assert (change["action"], change["rekeyed_from"]) == ("update", "opportunity.deal-1")
    assert change["payload"] == {"id": deal, "cf_syncer_key": "key-1"}
    assert change["notes"] == ['Its key was "deal-1": the key field gets the new one.']
    assert local.run(keyed(local, renamed), *APPLY).code == 0
    row = local.sandbox.store.get("Opportunity", deal)
    assert (row["cf_syncer_key"], row["closing_date"]) == ("key-1", "2027-09-30")
    assert (local.ledger()["key-1"], "deal-1" in local.ledger()) == (deal, False)
    assert plan_of(local, keyed(local, renamed))["key-1"]["action"] == "drift"


def test_two_new_keys_of_one_name_are_not_guessed_apart(local: Week) -> None:
    """With a key field two deals may be called alike: which of them was the old one, a person says."""
    assert local.run(keyed(local, DEALS), *APPLY).code == 0
    renamed = {**DEALS, "key-1": {"name": "Deal 1"}, "key-2": {"name": "Deal 1", "value": "7 USD"}}
    del renamed["deal-1"]
    ran = local.run(keyed(local, renamed), "plan")
    assert (ran.code, "formerly: {key: deal-1}" in ran.err) == (ExitCode.ERROR, True), ran.err

    said = {**renamed, "key-2": {**renamed["key-2"], "formerly": "{key: deal-1}"}}
    said["key-1"] = {**said["key-1"], "lifecycle": f"{{distinct_from: [{local.id('Deal 1')}]}}"}
    changes = plan_of(local, keyed(local, said))
    assert (changes["key-1"]["action"], changes["key-2"]["action"]) == ("create", "update")
    assert changes["key-2"]["rekeyed_from"] == "opportunity.deal-1"


def test_what_another_file_may_declare_is_not_taken_for_renamed(local: Week) -> None:
    """A file beside PATHS that cannot be read may declare the old key still."""
    assert local.apply(DEALS).code == 0
    folder = local.copy({"key-1": {"name": "Deal of Eve", "formerly": "{key: deal-1}"}})
    assert json.loads(local.run(folder, "plan", "--format", "json", MANIFEST).out)["changes"][0][
        "rekeyed_from"
    ]
    (folder / "opportunities" / "more.yaml").write_text("version: 1\nopportunities: {deal-1: [}\n")

    (change,) = json.loads(local.run(folder, "plan", "--format", "json", MANIFEST).out)["changes"]
    assert (change["action"], change["rekeyed_from"]) == ("create", None)


def test_an_absent_deal_that_is_deleted_leaves_the_ledger_without_a_word(local: Week) -> None:
    assert local.apply(DEALS).code == 0
    local.sandbox.store.delete("Opportunity", local.id("Deal 1"))
    absent = {**DEALS, "deal-1": {"name": "Deal 1", "state": "absent"}}

    assert set(local.actions(absent).values()) == {"no-op"}
    assert local.apply(absent).code == 0
    assert sorted(local.ledger()) == ["deal-0", "deal-2"]


def test_what_leaves_is_shown_in_every_form(local: Week) -> None:
    """Gone and forgotten, by their names, and where they are declared."""
    assert local.apply(DEALS).code == 0
    local.sandbox.store.delete("Opportunity", local.id("Deal 0"))
    fewer = {key: DEALS[key] for key in ("deal-0", "deal-1")}
    folder = local.copy(fewer)

    text = local.run(folder, "plan", "--html", "plan.html").out
    assert text.split("Plan: ")[0].split("\n\n", 1)[1] == (
        "? gone opportunity.deal-0  opportunities/deals.yaml:3\n"
        '    name  "Deal 0"\n'
        f"    note: Deleted in Pipeliner ({local.id('Deal 0')}), and left so: take the entry\n"
        "          out of the manifest; or say `gone: recreate` under `policy` in syncer.yaml, and it is\n"
        "          created again.\n"
        "\n"
        ". forget opportunity.deal-2  declared no longer\n"
        '    name  "Deal 2"\n'
        "    note: No manifest declares it any more: it stays in Pipeliner, and is forgotten here.\n"
        "\n"
    )
    page = (folder / "plan.html").read_text()
    assert all(word in page for word in ("Deal 0", "Deal 2", "declared no longer"))
    markdown = local.run(folder, "plan", "--format", "markdown").out
    assert all(word in markdown for word in ("Deal 0", "Deal 2", "declared no longer"))


def test_an_update_that_wins_a_deal_and_is_killed_half_way_is_finished(local: Week) -> None:
    """The deal is won by then, by us: what is left of that update is written all the same."""
    assert local.apply(DEALS).code == 0
    won = {
        **DEALS,
        "deal-1": {"name": "Deal 1", "step": "Won", "contacts": "[bob@acme.example, eve@acme.example]"},
    }
    folder = local.copy(won)
    started: list[subprocess.Popen[str]] = []

    def kill() -> None:
        while not started:
            time.sleep(0.01)
        started[0].kill()

    local.sandbox.faults.add("hook", method="POST", nth=1, when="after", hook=kill)
    started.append(local.team.start(folder, *APPLY))
    started[0].communicate(timeout=60)
    assert local.sandbox.store.get("Opportunity", local.id("Deal 1"))["step_id"] == step(
        local.sandbox, "Renewals", "Won"
    )

    assert local.run(folder, *APPLY).code == 0
    assert set(local.actions(won).values()) == {"no-op"}
