"""Deals that are lost, over a socket: said, changed, opened again, and never by accident."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from syncer.model.codes import ExitCode
from syncer.sandbox.server import Sandbox
from tests.support import MANIFEST, Ran, one, write_files

Make = Callable[..., Path]
Run = Callable[..., Ran]
APPLY = ("apply", "--auto-approve", "--grace", "0.05")
SETTINGS = "version: 1\npolicy: {existing: update, guards: {closing_date_in_past: allow}}\n"
REOPEN = SETTINGS.replace("existing: update", "existing: update, closed: reopen")
LOSS = "{reason: Price, comment: They took another}"


def deal(sandbox: Sandbox) -> Any:
    return sandbox.store.find("Opportunity", name="Acme renewal 2027")


def state(sandbox: Sandbox) -> tuple[bool, str | None, str | None]:
    """Whether it is lost, why, and what is noted."""
    row = deal(sandbox)
    reasons = {option["id"]: option["option_name"] for option in sandbox.store.rows("Data")}
    return (
        bool(row["is_archived"]),
        reasons.get(row["reason_of_close_id"]),
        row["reason_of_close_description"],
    )


def lines(sandbox: Sandbox) -> int:
    return len(sandbox.store.rows("OpptyProductRelation"))


@pytest.fixture
def lost(project: Make, syncer: Run) -> Path:
    """A project whose deal was lost from the start."""
    folder = project(one(lost=LOSS), settings=SETTINGS)
    ran = syncer(*APPLY, cwd=folder)
    assert ran.code == 0, ran.err
    return folder


def test_a_deal_is_made_lost_with_reason_and_comment(sandbox: Sandbox, lost: Path, syncer: Run) -> None:
    """It is no value of its pipeline, and the next plan is empty."""
    assert state(sandbox) == (True, "Price", "They took another")
    assert "No changes." in syncer("plan", cwd=lost).out


def test_an_open_deal_is_changed_first_and_lost_last(sandbox: Sandbox, project: Make, syncer: Run) -> None:
    """What is archived cannot be edited: fields and links go before."""
    folder = project(one(), settings=SETTINGS)
    assert syncer(*APPLY, cwd=folder).code == 0
    changed = one(value="250 USD", contacts="[]", products="[{sku: PL-100}]", lost="{reason: Competitor}")
    write_files(folder, {MANIFEST: changed})

    planned = syncer("plan", cwd=folder).out
    ran = syncer(*APPLY, cwd=folder)

    assert 'false → "Competitor"' in planned
    assert "Lost by this plan\n  Renewals  1  250.00 USD" in planned
    assert ran.code == 0, ran.err
    assert state(sandbox)[:2] == (True, "Competitor")
    assert deal(sandbox)["value"]["base_value"] == 250
    assert lines(sandbox) == 1
    assert "No changes." in syncer("plan", cwd=folder).out


def test_a_lost_deal_is_not_written_by_accident(sandbox: Sandbox, lost: Path, syncer: Run) -> None:
    """Under `closed: keep` whatever differs is drift, another reason too."""
    write_files(lost, {MANIFEST: one(value="250 USD", lost="{reason: Competitor}")})

    ran = syncer(*APPLY, cwd=lost)

    assert "drift opportunity.acme-renewal-2027" in ran.out
    assert "Lost in Pipeliner: nothing of it is written unless `closed: reopen` says so" in " ".join(
        ran.out.split()
    )
    assert state(sandbox) == (True, "Price", "They took another")
    assert deal(sandbox)["value"]["base_value"] == 100


def test_a_lost_deal_is_opened_changed_and_lost_again_with_its_date(
    sandbox: Sandbox, lost: Path, syncer: Run
) -> None:
    """Under `closed: reopen`, with links and all; it was lost when it was lost."""
    date = deal(sandbox)["lost_date"]
    changed = one(value="250 USD", contacts="[]", products="[{sku: PL-100}]", lost="{reason: Competitor}")
    write_files(lost, {"syncer.yaml": REOPEN, MANIFEST: changed})

    ran = syncer(*APPLY, cwd=lost)

    assert ran.code == 0, ran.err
    assert state(sandbox) == (True, "Competitor", "They took another")
    assert deal(sandbox)["lost_date"] == date
    assert (deal(sandbox)["value"]["base_value"], lines(sandbox)) == (250, 1)
    assert "No changes." in syncer("plan", cwd=lost).out


def test_a_deal_is_opened_again_where_the_entry_says_so(sandbox: Sandbox, lost: Path, syncer: Run) -> None:
    """Its other fields are written with it."""
    write_files(lost, {"syncer.yaml": REOPEN, MANIFEST: one(value="250 USD", lost="false")})

    ran = syncer(*APPLY, cwd=lost)

    assert ran.code == 0, ran.err
    assert state(sandbox)[0] is False
    assert deal(sandbox)["value"]["base_value"] == 250
    assert "No changes." in syncer("plan", cwd=lost).out


@pytest.mark.parametrize("settings", [SETTINGS, REOPEN])
def test_without_a_word_a_lost_deal_is_drift(
    sandbox: Sandbox, lost: Path, syncer: Run, settings: str
) -> None:
    """An entry that does not say `lost` means an open deal, and opens none."""
    write_files(lost, {"syncer.yaml": settings, MANIFEST: one(value="250 USD")})

    planned = syncer("plan", "--detailed-exitcode", cwd=lost)
    syncer(*APPLY, cwd=lost)

    assert planned.code == ExitCode.CHANGES
    assert 'lost          "Price", "They took another" → false' in planned.out
    assert "the entry says `lost:`" in " ".join(planned.out.split())
    assert (state(sandbox)[0], deal(sandbox)["value"]["base_value"]) == (True, 100)


def test_what_was_lost_in_the_crm_is_pulled_into_the_manifest(
    sandbox: Sandbox, project: Make, syncer: Run
) -> None:
    """With its reason and its comment, quoted where YAML needs it."""
    folder = project(one(), settings="version: 1\n")
    assert syncer(*APPLY, cwd=folder).code == 0
    reason = sandbox.store.find("Data", option_name="Competitor")["id"]
    sandbox.store.edit(
        "Opportunity",
        deal(sandbox)["id"],
        is_archived=True,
        reason_of_close_id=reason,
        reason_of_close_description="gone: #1",
    )

    assert "lost  " in syncer("plan", cwd=folder).out
    pulled = syncer("pull", cwd=folder)

    assert pulled.code == 0, pulled.err
    assert 'lost: {reason: Competitor, comment: "gone: #1"}' in (folder / MANIFEST).read_text()
    assert "No changes." in syncer("plan", cwd=folder).out


def test_a_loss_is_taken_back_by_undo(sandbox: Sandbox, project: Make, syncer: Run) -> None:
    """The run that lost a deal is undone: it is open again."""
    folder = project(one(), settings=SETTINGS)
    assert syncer(*APPLY, cwd=folder).code == 0
    write_files(folder, {MANIFEST: one(lost="true")})
    assert syncer(*APPLY, cwd=folder).code == 0
    assert state(sandbox)[0] is True

    undone = syncer("undo", "--auto-approve", "--grace", "0.05", cwd=folder)

    assert undone.code == 0, undone.err
    assert state(sandbox)[0] is False


@pytest.mark.usefixtures("sandbox")
def test_an_import_says_what_is_lost(lost: Path, syncer: Run) -> None:
    """And plans to nothing."""
    other = write_files(lost.parent / "other", {"syncer.yaml": "version: 1\n"})

    ran = syncer("import", "--include-lost", "--split", "none", "--owner", "dana@example.com", cwd=other)

    assert ran.code == 0, ran.err
    text = next(other.glob("opportunities/*.yaml")).read_text()
    assert "lost: {reason: Price, comment: They took another}" in text
    assert "No changes." in syncer("plan", cwd=other).out


@pytest.mark.parametrize("nth", [1, 2, 3, 4])
@pytest.mark.parametrize("when", ["before", "after"])
def test_whatever_is_cut_off_a_lost_deal_ends_lost(
    sandbox: Sandbox, lost: Path, syncer: Run, nth: int, when: str
) -> None:
    """An apply is cut off at each of its requests; the next one ends with the deal as declared."""
    changed = one(value="250 USD", contacts="[]", products="[{sku: PL-100}]", lost="{reason: Competitor}")
    write_files(lost, {"syncer.yaml": REOPEN, MANIFEST: changed})
    for number in range(nth, nth + 4):
        sandbox.faults.add("drop", method="POST", nth=number, when=when)

    syncer(*APPLY, cwd=lost)
    sandbox.faults.clear()
    again = syncer(*APPLY, cwd=lost)

    assert again.code == 0, again.err
    assert state(sandbox)[:2] == (True, "Competitor")
    assert (deal(sandbox)["value"]["base_value"], lines(sandbox)) == (250, 1)
    assert "No changes." in syncer("plan", cwd=lost).out


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"lost": "{reason: Prise}"}, 'No reason is called "Prise".'),
        (
            {"lost": "true", "step": "Won"},
            "It is declared lost, and in the last step of its pipeline, which means won.",
        ),
    ],
)
def test_a_loss_that_cannot_be_is_refused(
    sandbox: Sandbox, project: Make, syncer: Run, changes: dict[str, str], told: str
) -> None:
    """At its place, with the nearest reason."""
    ran = syncer("plan", cwd=project(one(**changes)))

    assert ran.code == ExitCode.ERROR
    assert told in " ".join(ran.err.split())
    assert "Price" in ran.err or "won-and-lost" in ran.err
    assert not [row for row in sandbox.store.rows("Opportunity") if row["name"] == "Acme renewal 2027"]


def test_lost_on_a_won_deal_is_drift(sandbox: Sandbox, project: Make, syncer: Run) -> None:
    """Who has won it in the CRM knows better."""
    folder = project(one(), settings=SETTINGS)
    assert syncer(*APPLY, cwd=folder).code == 0
    pipeline = sandbox.store.find("Pipeline", name="Renewals")["id"]
    won = sandbox.store.find("Step", name="Won", pipeline_id=pipeline)["id"]
    sandbox.store.edit("Opportunity", deal(sandbox)["id"], step_id=won)
    write_files(folder, {MANIFEST: one(step=None, lost="true")})

    ran = syncer(*APPLY, cwd=folder)

    assert "Won in Pipeliner" in ran.out
    assert state(sandbox)[0] is False
