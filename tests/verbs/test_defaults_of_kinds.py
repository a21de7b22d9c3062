"""Custom fields of the defaults are those of some kind, and fill the records of that one."""

from collections.abc import Callable
from pathlib import Path

import pytest

from syncer.sandbox.server import Sandbox
from tests.support import Ran

ACCOUNTS = "accounts:\n  one: {name: One Ltd}\n  two: {name: Two Ltd, parent_account: {ref: one}}\n"
DEAL = (
    "opportunities:\n  deal: {name: Deal, pipeline: Test Pipeline, closing_date: 2027-03-31, value: 1 USD,"
    " account: {ref: one}}\n"
)
RELATION = "parent_account_relation_type: {id: 5f3c1f0e-6a36-0a54-8d0b-4f2d7c1be9a2}"


def settings(fields: str) -> str:
    return f"version: 1\ndefaults: {{owner: dana@example.com, {RELATION}, fields: {{{fields}}}}}\n"


@pytest.mark.parametrize("deal", [DEAL, ""])
def test_what_another_kind_has_is_left_to_it(
    deal: str, sandbox: Sandbox, syncer: Callable[..., Ran], project: Callable[..., Path]
) -> None:
    """A region is a field of deals alone; the accounts beside them are planned without it."""
    assert sandbox
    folder = project({"accounts/all.yaml": f"version: 1\n{ACCOUNTS}{deal}"}, settings("cf_region: EMEA"))

    ran = syncer("plan", cwd=folder)

    assert ran.code == 0, ran.err
    assert ran.out.count("fields.cf_region") == (1 if deal else 0)
    assert f"Plan: {3 if deal else 2} to create" in ran.out


def test_what_no_kind_has_is_refused(
    sandbox: Sandbox, syncer: Callable[..., Ran], project: Callable[..., Path]
) -> None:
    """A slip in the defaults is told, and nothing else: who refers to an account has no problem."""
    assert sandbox
    folder = project({"accounts/all.yaml": f"version: 1\n{ACCOUNTS}{DEAL}"}, settings("cf_regoin: EMEA"))

    ran = syncer("plan", cwd=folder)

    assert ran.code == 1
    assert 'have no field with the API name "cf_regoin"' in ran.err
    assert "[reference-unknown]" not in ran.err
