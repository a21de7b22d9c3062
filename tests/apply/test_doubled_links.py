"""A contact that is linked twice, as after a late commit: it is seen, and one of the two rows goes."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from syncer.model.codes import ExitCode
from syncer.sandbox.server import Sandbox
from tests.support import MANIFEST, one

Make = Callable[..., Any]
SETTINGS = "version: 1\npolicy: {existing: update, guards: {closing_date_in_past: allow}}\n"
APPLY = ("apply", "--auto-approve", "--grace", "0.05")
CONTACTS = "LeadOpptyContactRelation"
ACCOUNTS = "LeadOpptyAccountRelation"


@pytest.fixture
def deal(sandbox: Sandbox, project: Make, syncer: Make) -> tuple[Path, str]:
    """A project whose deal with two contacts is there; and its id."""
    folder = project(one(contacts="[bob@acme.example, eve@acme.example]"), settings=SETTINGS)
    assert syncer(*APPLY, cwd=folder).code == 0
    return folder, sandbox.store.find("Opportunity", name="Acme renewal 2027")["id"]


def _rows(sandbox: Sandbox, entity: str, deal: str) -> list[tuple[str, bool]]:
    target = "contact_id" if entity == CONTACTS else "account_id"
    rows = sandbox.store.rows(entity)
    return sorted((row[target], row["is_primary"]) for row in rows if row["lead_oppty_id"] == deal)


@pytest.mark.parametrize("entity", [CONTACTS, ACCOUNTS])
@pytest.mark.parametrize("primary", [True, False])
def test_the_second_row_is_planned_away_and_the_first_stays(
    sandbox: Sandbox, deal: tuple[Path, str], syncer: Make, entity: str, primary: bool
) -> None:
    folder, id_ = deal
    before = _rows(sandbox, entity, id_)
    target = "contact_id" if entity == CONTACTS else "account_id"
    first = next(linked for linked, is_primary in before if is_primary or entity == CONTACTS)
    sandbox.store.create(entity, {"lead_oppty_id": id_, target: first, "is_primary": primary})
    assert len(_rows(sandbox, entity, id_)) == len(before) + 1

    planned = syncer("plan", "--detailed-exitcode", cwd=folder)
    assert (planned.code, "times" in planned.out) == (ExitCode.CHANGES, True)
    assert syncer(*APPLY, cwd=folder).code == 0

    rows = _rows(sandbox, entity, id_)
    assert [linked for linked, _ in rows] == [linked for linked, _ in before]
    assert sum(is_primary for _, is_primary in rows) == 1
    assert "No changes." in syncer("plan", cwd=folder).out


def test_all_rows_of_a_contact_that_is_declared_no_longer_go(
    sandbox: Sandbox, deal: tuple[Path, str], syncer: Make
) -> None:
    folder, id_ = deal
    eve = sandbox.store.find("Contact", email1="eve@acme.example")["id"]
    sandbox.store.create(CONTACTS, {"lead_oppty_id": id_, "contact_id": eve, "is_primary": False})
    (folder / MANIFEST).write_text(one(contacts="[bob@acme.example]"))

    assert syncer(*APPLY, cwd=folder).code == 0
    bob = sandbox.store.find("Contact", email1="bob@acme.example")["id"]
    assert _rows(sandbox, CONTACTS, id_) == [(bob, True)]


def test_a_row_that_is_committed_later_than_the_grace_time_is_told_by_the_next_plan(
    sandbox: Sandbox, deal: tuple[Path, str], syncer: Make
) -> None:
    folder, id_ = deal
    (folder / MANIFEST).write_text(one(contacts="[bob@acme.example, eve@acme.example, ruth@acme.example]"))
    sandbox.faults.add("late", method="POST", path=CONTACTS, nth=1, seconds=0.6)

    assert syncer(*APPLY, cwd=folder).code == 0
    while len(_rows(sandbox, CONTACTS, id_)) < 4:
        time.sleep(0.02)

    assert "times" in syncer("plan", cwd=folder).out
    assert syncer(*APPLY, cwd=folder).code == 0
    assert len(_rows(sandbox, CONTACTS, id_)) == 3


def test_a_sales_role_that_is_given_twice_is_given_once(
    sandbox: Sandbox, deal: tuple[Path, str], syncer: Make
) -> None:
    folder, _ = deal
    contacts = "[{email: bob@acme.example, primary: true, sales_role: Decision Maker}, eve@acme.example]"
    (folder / MANIFEST).write_text(one(contacts=contacts))
    assert syncer(*APPLY, cwd=folder).code == 0
    (given,) = sandbox.store.rows("LeadOpptyContactSalesRoleRelation")
    body = {name: given[name] for name in ("lead_oppty_contact_relation_id", "sales_role_id")}
    sandbox.store.create("LeadOpptyContactSalesRoleRelation", body)

    assert "times" in syncer("plan", cwd=folder).out
    assert syncer(*APPLY, cwd=folder).code == 0
    assert len(sandbox.store.rows("LeadOpptyContactSalesRoleRelation")) == 1
