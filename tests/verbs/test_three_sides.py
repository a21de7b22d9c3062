"""A colleague edits in the CRM, you edit in git, and nobody's work is lost: whole commands, a real server."""

import json
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from syncer.model.codes import ExitCode
from syncer.sandbox.server import Sandbox
from tests.support import MANIFEST, Ran, one, writes

Run = Callable[..., Ran]
Make = Callable[..., Path]
NAME = "Acme renewal 2027"
APPLY = ("apply", "--auto-approve", "--grace", "0.1")


def deal(sandbox: Sandbox, **fields: Any) -> Mapping[str, Any]:
    """The one deal of ours as the CRM has it; with *fields*, once a colleague has edited them."""
    (row,) = [row for row in sandbox.store.rows("Opportunity") if row["owner_id"] == owner(sandbox)]
    return sandbox.store.edit("Opportunity", row["id"], **fields) if fields else row


def owner(sandbox: Sandbox) -> str:
    return str(sandbox.store.find("Client", email="dana@example.com")["id"])


def edit(folder: Path, old: str, new: str, name: str = MANIFEST) -> None:
    """Edit the manifest as a person would."""
    file = folder / name
    assert old in file.read_text()
    file.write_text(file.read_text().replace(old, new))


def planned(syncer: Run, folder: Path, *options: str) -> Mapping[str, Any]:
    """The one change of a plan, and its summary under `summary`."""
    ran = syncer("plan", "--format", "json", *options, cwd=folder)
    assert ran.code == 0, ran.err
    plan = json.loads(ran.out)
    (change,) = plan["changes"]
    return {**change, "summary": plan["summary"]}


def sides(change: Mapping[str, Any]) -> dict[str, tuple[Any, ...]]:
    """Of each field that differs: CRM, git, agreed, who moved it, whether it is written."""
    return {
        field["path"]: tuple(field[key] for key in ("before", "after", "base", "moved", "written"))
        for field in change["fields"]
    }


@pytest.fixture
def applied(project: Make, syncer: Run) -> Path:
    """A project whose deal was applied."""
    folder = project(one())
    assert syncer(*APPLY, cwd=folder).code == 0
    return folder


def test_what_is_imported_and_edited_in_git_is_written_and_nothing_else(
    project: Make, syncer: Run, sandbox: Sandbox
) -> None:
    """With default settings: a field that was there, and one that was empty."""
    folder = project({}, "version: 1\n")
    assert syncer("import", cwd=folder).code == 0
    before = {row["id"]: row for row in sandbox.store.rows("Opportunity")}
    edit(folder, "48000 USD", "50000 USD\n    description: Grown", "opportunities/lucas.yaml")
    sandbox.requests.clear()

    ran = syncer(*APPLY, cwd=folder)

    assert ran.code == 0, ran.err
    assert writes(sandbox) == ["POST /api/v100/rest/spaces/nv3_Sandbox/entities/Opportunities/batch-modify"]
    for row in sandbox.store.rows("Opportunity"):
        then = before[row["id"]]
        moved = {key for key in row if row[key] != then[key]}
        assert moved <= {"value", "description", "modified", "revision", "modified_by_user_id"}, moved
        assert bool(moved) == (row["name"] == "Globex expansion")
    assert "No changes. 2 opportunities are as declared.\n" in syncer("plan", cwd=folder).out


def test_a_colleague_edits_one_field_and_you_another(applied: Path, syncer: Run, sandbox: Sandbox) -> None:
    """Yours is written, theirs stays, and the plan says which is whose."""
    deal(sandbox, closing_date="2027-04-30")
    edit(applied, "100 USD", "250 USD")

    change = planned(syncer, applied)
    assert (change["action"], change["sides"]) == ("update", {"closing_date": "crm", "value": "git"})
    assert sides(change) == {
        "closing_date": ("2027-04-30", "2027-03-31", "2027-03-31", "crm", False),
        "value.amount": ("100.00", "250.00", "100.00", "git", True),
    }
    assert change["payload"].keys() == {"id", "value"}
    assert change["after"]["closing_date"] == "2027-04-30"
    text = " ".join(syncer("plan", cwd=applied).out.split())
    assert "closing_date 2027-04-30 → 2027-03-31 (moved in the CRM, not written)" in text
    assert "value.amount 100.00 → 250.00 USD (moved in git)" in text
    assert "1 opportunity with fields that somebody has changed in the CRM: `syncer pull` takes" in text

    ran = syncer(*APPLY, cwd=applied)

    assert ran.code == 0, ran.err
    assert (deal(sandbox)["closing_date"], deal(sandbox)["value"]["base_value"]) == ("2027-04-30", 250)
    left = planned(syncer, applied)
    assert (left["action"], left["sides"]) == ("drift", {"closing_date": "crm"})
    assert syncer(*APPLY, cwd=applied).code == 0


def test_who_edits_the_same_field_alike_agrees(applied: Path, syncer: Run, sandbox: Sandbox) -> None:
    """It is remembered with the next apply, which writes nothing and pushes nothing into the CRM."""
    deal(sandbox, name="Acme 2027")
    edit(applied, NAME, "Acme 2027")

    first = planned(syncer, applied)
    assert (first["action"], first["remember"]) == ("no-op", {"name": "Acme 2027"})
    assert first["summary"]["remember"] == 1
    assert syncer("plan", "--detailed-exitcode", cwd=applied).code == 0
    sandbox.requests.clear()
    ran = syncer(*APPLY, cwd=applied)
    assert (ran.code, writes(sandbox)) == (0, [])
    assert "1 to remember" in ran.out

    edit(applied, "Acme 2027", "Acme 2028")
    then = planned(syncer, applied)
    assert (then["action"], sides(then)) == (
        "update",
        {"name": ("Acme 2027", "Acme 2028", "Acme 2027", "git", True)},
    )


def test_who_edits_the_same_field_otherwise_is_in_conflict(
    applied: Path, syncer: Run, sandbox: Sandbox
) -> None:
    """Nothing of the deal is written; all three values are shown, and what decides; the rest is written."""
    deal(sandbox, name="Acme (big)")
    edit(applied, f"name: {NAME}", "name: Acme 2027")
    edit(applied, "100 USD", "250 USD")
    file = applied / MANIFEST
    other = one("other", name="Another deal").split("opportunities:\n")[1]
    file.write_text(file.read_text() + other)

    ran = syncer("plan", cwd=applied)
    assert ran.code == 0
    text = ran.out
    assert "X conflict opportunity.acme-renewal-2027" in text
    assert 'git     "Acme 2027"' in text
    assert 'CRM     "Acme (big)"' in text
    assert f'agreed  "{NAME}"' in text
    assert "to decide: syncer apply --take git opportunity.acme-renewal-2027:name" in text
    assert "to decide: syncer pull --take crm opportunity.acme-renewal-2027:name" in text
    assert "value.amount  100.00 → 250.00 USD  (moved in git, not written)" in text

    ran = syncer(*APPLY, cwd=applied)

    assert ran.code == ExitCode.REFUSED, ran.err
    told = " ".join(ran.out.split())
    assert "git and the CRM have moved name, differently; nothing of it was written." in told
    assert f"hint: take one side: syncer apply --take git {ADDRESS}:name" in told
    names = {row["name"] for row in sandbox.store.rows("Opportunity") if row["owner_id"] == owner(sandbox)}
    assert names == {"Acme (big)", "Another deal"}
    assert syncer(*APPLY, cwd=applied).code == ExitCode.REFUSED


def test_a_rename_on_either_side_is_the_same_deal(applied: Path, syncer: Run, sandbox: Sandbox) -> None:
    """Renamed in git it is updated, renamed in the CRM it is drift to be pulled; never a second deal."""
    edit(applied, NAME, "Acme 2027")
    assert planned(syncer, applied)["action"] == "update"
    assert syncer(*APPLY, cwd=applied).code == 0
    deal(sandbox, name="Acme, renamed")

    change = planned(syncer, applied)

    assert (change["action"], sides(change)) == (
        "drift",
        {"name": ("Acme, renamed", "Acme 2027", "Acme 2027", "crm", False)},
    )
    assert change["id"] == deal(sandbox)["id"]


def contacts(sandbox: Sandbox) -> dict[str, bool]:
    """Who is linked to the deal, and whether as the primary one."""
    return {
        sandbox.store.get("Contact", row["contact_id"])["email1"]: row["is_primary"]
        for row in sandbox.store.rows("LeadOpptyContactRelation")
        if row["lead_oppty_id"] == deal(sandbox)["id"]
    }


def link(sandbox: Sandbox, email: str, *, primary: bool = False) -> None:
    """Link a contact to the deal, as a colleague does."""
    contact = sandbox.store.find("Contact", email1=email)["id"]
    body = {"lead_oppty_id": deal(sandbox)["id"], "contact_id": contact, "is_primary": primary}
    sandbox.store.create("LeadOpptyContactRelation", body)


def test_each_side_adds_a_contact_and_both_are_there(applied: Path, syncer: Run, sandbox: Sandbox) -> None:
    """Yours is linked, theirs stays, and the next plan only has theirs to pull."""
    link(sandbox, "otto@acme.example")
    edit(applied, "[bob@acme.example]", "[bob@acme.example, eve@acme.example]")

    change = planned(syncer, applied)
    assert (change["action"], change["sides"]) == ("update", {"contacts": "both"})
    assert sides(change) == {
        "contacts[eve@acme.example]": (None, {"primary": False}, None, "git", True),
        "contacts[otto@acme.example]": ({"primary": False}, None, None, "crm", False),
    }
    assert [row["operation"] for row in change["relations"]] == ["create"]

    ran = syncer(*APPLY, cwd=applied)

    assert ran.code == 0, ran.err
    assert contacts(sandbox) == {
        "bob@acme.example": True,
        "eve@acme.example": False,
        "otto@acme.example": False,
    }
    left = planned(syncer, applied)
    assert (left["action"], left["remember"], left["sides"]) == ("drift", {}, {"contacts": "crm"})


def test_a_primary_mark_moves_on_its_own(applied: Path, syncer: Run, sandbox: Sandbox) -> None:
    """A colleague marks one that is new; you add another, which must not take the mark back."""
    link(sandbox, "otto@acme.example", primary=True)
    edit(applied, "[bob@acme.example]", "[bob@acme.example, eve@acme.example]")

    ran = syncer(*APPLY, cwd=applied)

    assert ran.code == 0, ran.err
    assert contacts(sandbox) == {
        "bob@acme.example": False,
        "eve@acme.example": False,
        "otto@acme.example": True,
    }
    edit(applied, "[bob@acme.example, eve@acme.example]", "[eve@acme.example, bob@acme.example]")
    change = planned(syncer, applied)
    assert change["action"] == "conflict"
    assert [field["path"] for field in change["fields"] if field["conflict"]] == [
        "contacts[eve@acme.example].primary"
    ]


@pytest.mark.parametrize("policy", ["merge", "report", "update"])
def test_a_field_that_is_the_crms_is_set_once_and_then_left(
    policy: str, project: Make, syncer: Run, sandbox: Sandbox
) -> None:
    """Whatever the policy says: what people do with it is drift, and pulled."""
    folder = project(one(lifecycle="{own: {step: crm}}"))
    assert syncer(*APPLY, cwd=folder).code == 0
    quoted = sandbox.store.find("Step", name="Quoted", pipeline_id=pipeline(sandbox))["id"]
    deal(sandbox, step_id=quoted)
    edit(folder, "step: Contacted", "step: Upcoming")

    ran = syncer("plan", "--existing", policy, "--format", "json", cwd=folder)

    (change,) = json.loads(ran.out)["changes"]
    assert (change["action"], sides(change)) == (
        "drift",
        {"step": ("Quoted", "Upcoming", "Contacted", "both", False)},
    )
    assert change["notes"] == ["Left to the CRM, by `own`, for `syncer pull` to take over: step."]


def pipeline(sandbox: Sandbox) -> str:
    return str(sandbox.store.find("Pipeline", name="Renewals")["id"])


def test_what_only_the_crm_has_never_becomes_agreed(applied: Path, syncer: Run, sandbox: Sandbox) -> None:
    """A colleague's edit of a field that drifts is no base after an apply that wrote another field."""
    deal(sandbox, closing_date="2027-04-30", description="Theirs")
    edit(applied, "100 USD", "250 USD")
    assert syncer(*APPLY, cwd=applied).code == 0
    edit(applied, "2027-03-31", "2027-05-31")
    edit(applied, "250 USD", "250 USD\n    description: Ours")

    change = planned(syncer, applied)

    assert (change["action"], sides(change)) == (
        "conflict",
        {
            "closing_date": ("2027-04-30", "2027-05-31", "2027-03-31", "both", False),
            "description": ("Theirs", "Ours", None, None, False),
        },
    )


@pytest.mark.usefixtures("sandbox")
def test_an_apply_that_was_killed_and_is_repeated_is_no_conflict(applied: Path, syncer: Run) -> None:
    """It wrote and could not remember it: both sides agree, and that is remembered now."""
    memory, before = applied / ".syncer", applied.parent / "before"
    shutil.copytree(memory, before)
    edit(applied, "100 USD", "250 USD")
    edit(applied, "[bob@acme.example]", "[bob@acme.example, eve@acme.example]")
    assert syncer(*APPLY, cwd=applied).code == 0
    shutil.rmtree(memory)
    before.rename(memory)

    change = planned(syncer, applied)

    assert (change["action"], change["remember"].keys()) == ("no-op", {"value", "contacts"})


ADDRESS = "opportunity.acme-renewal-2027"


@pytest.fixture
def conflict(applied: Path, sandbox: Sandbox) -> Path:
    """A project whose deal was renamed on both sides, and closes on another day in the CRM."""
    deal(sandbox, name="Acme (big)", closing_date="2027-04-30")
    edit(applied, f"name: {NAME}", "name: Acme 2027")
    return applied


@pytest.mark.parametrize(
    ("takes", "action", "name", "day", "code"),
    [
        ([("git", ADDRESS)], "update", "Acme 2027", "2027-03-31", 0),
        ([("git", f"{ADDRESS}:name")], "update", "Acme 2027", "2027-04-30", 0),
        ([("git", "acme-renewal-2027:name")], "update", "Acme 2027", "2027-04-30", 0),
        ([("crm", f"{ADDRESS}:name")], "drift", "Acme (big)", "2027-04-30", 0),
        (
            [("crm", f"{ADDRESS}:name"), ("git", f"{ADDRESS}:closing_date")],
            "update",
            "Acme (big)",
            "2027-03-31",
            0,
        ),
        ([("crm", ADDRESS), ("git", f"{ADDRESS}:name")], "update", "Acme 2027", "2027-04-30", 0),
        ([("git", f"{ADDRESS}:closing_date")], "conflict", "Acme (big)", "2027-04-30", 4),
    ],
)
def test_a_conflict_is_decided_by_taking_a_side(
    takes: list[tuple[str, str]],
    action: str,
    name: str,
    day: str,
    code: int,
    conflict: Path,
    syncer: Run,
    sandbox: Sandbox,
) -> None:
    """For the whole deal or for a field; what is taken from the CRM is drift and fails nothing."""
    options = [word for side, place in takes for word in ("--take", side, place)]
    change = planned(syncer, conflict, *options)
    assert change["action"] == action
    assert all(note.partition(", by --take: ")[1] for note in change["notes"])
    assert len(change["notes"]) == len({side for side, _ in takes})

    ran = syncer(*APPLY, *options, cwd=conflict)

    assert ran.code == code, ran.err
    assert (deal(sandbox)["name"], deal(sandbox)["closing_date"]) == (name, day)


def test_a_saved_plan_holds_what_was_taken(conflict: Path, syncer: Run, sandbox: Sandbox) -> None:
    """It need not be said again, and may not."""
    take = ("--take", "git", f"{ADDRESS}:name")
    assert syncer("plan", *take, "--out", "plan.json", cwd=conflict).code == 0
    assert syncer("apply", "plan.json", *take, cwd=conflict).code == ExitCode.USAGE

    assert syncer("apply", "plan.json", cwd=conflict).code == 0

    assert deal(sandbox)["name"] == "Acme 2027"


def test_an_apply_of_a_saved_plan_says_what_is_left_to_do(
    applied: Path, syncer: Run, sandbox: Sandbox
) -> None:
    """Nobody has seen its plan here: what the CRM moved is to be pulled."""
    deal(sandbox, closing_date="2027-04-30")
    edit(applied, "100 USD", "250 USD")
    assert syncer("plan", "--out", "plan.json", cwd=applied).code == 0

    ran = syncer("apply", "plan.json", cwd=applied)

    assert ran.code == 0
    assert "1 opportunity with fields that somebody has changed in the CRM: `syncer pull` takes" in ran.err


@pytest.mark.usefixtures("sandbox")
def test_what_is_taken_must_be_there(applied: Path, syncer: Run) -> None:
    """An unknown address, a field that the deal does not set, and both sides at once: all told together."""
    ran = syncer(
        *(
            "plan",
            "--take",
            "git",
            "opportunity.acme-renewal-2026",
            "--take",
            "crm",
            f"{ADDRESS}:clossing_date",
        ),
        *("--take", "git", f"{ADDRESS}:unit", "--take", "git", ADDRESS, "--take", "crm", ADDRESS),
        cwd=applied,
    )

    assert ran.code == ExitCode.USAGE
    told = " ".join(ran.err.split())
    for words in (
        f"No manifest declares opportunity.acme-renewal-2026. hint: did you mean {ADDRESS}?",
        f"{ADDRESS} does not set clossing_date. hint: did you mean closing_date?",
        f"{ADDRESS} does not set unit.",
        f"{ADDRESS} is taken from git and from the CRM.",
    ):
        assert words in told, told
    assert syncer("plan", "--take", "theirs", ADDRESS, cwd=applied).code == ExitCode.USAGE
