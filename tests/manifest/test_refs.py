"""Entries that name each other by their keys."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from syncer.kinds.account import ACCOUNT
from syncer.kinds.contact import CONTACT
from syncer.kinds.opportunity import OPPORTUNITY
from tests.kinds.registered import registered
from tests.support import Ran

SETTINGS = "version: 1\n"
HEAD = (
    "version: 1\n"
    "defaults: {owner: d@x.example, "
    "parent_account_relation_type: {id: 3fa85f64-5717-4562-b3fc-2c963f66afa6}}\n"
)
DEAL = "pipeline: P, closing_date: 2027-03-31, value: 1 USD"


@pytest.fixture(autouse=True)
def _registered() -> Iterator[None]:
    with registered(ACCOUNT, CONTACT, OPPORTUNITY):
        yield


@pytest.fixture
def told(syncer: Callable[..., Ran], project: Callable[..., Path]) -> Callable[..., str]:
    def validated(text: str, *paths: str, **more: str) -> str:
        files = {"opportunities/all.yaml": HEAD + text}
        files |= {f"opportunities/{name}.yaml": HEAD + other for name, other in more.items()}
        return syncer("validate", *paths, cwd=project(files, SETTINGS)).err

    return validated


def test_what_is_declared_in_any_file_may_be_named(told: Callable[..., str]) -> None:
    """Wherever a reference to a kind that can be declared may stand; whatever files are named."""
    accounts = (
        "accounts:\n  group: {name: Group}\n  acme: {name: Acme, parent_account: {ref: group}}\n"
        "contacts:\n  bob: {last_name: Bob, account: {ref: acme}}\n"
    )
    deal = f"opportunities:\n  deal: {{name: D, {DEAL}, account: {{ref: acme}}, contacts: [{{ref: bob}}]}}\n"

    assert told(deal, more=accounts) == ""
    assert told(deal, "opportunities/all.yaml", more=accounts) == ""


def test_an_unknown_key_is_told_once_with_the_nearest(told: Callable[..., str]) -> None:
    """A deal names a contact by the key of an account, and two name one that nobody declares."""
    text = (
        "accounts:\n  acme: {name: Acme}\ncontacts:\n  bob: {last_name: Bob, account: {ref: acmee}}\n"
        f"opportunities:\n  deal: {{name: D, {DEAL}, accounts: [{{ref: acmee, primary: true}}, X],\n"
        "    contacts: [{ref: acme}]}\n"
    )

    err = told(text)

    assert "opportunities/all.yaml:6:40 (contact.bob)" in err
    assert 'No account is declared under the key "acmee". Written in 1 more place.' in err
    assert 'hint: did you mean "acme"?' in err
    assert 'No contact is declared under the key "acme".' in err
    assert "hint: declare it, or name a record that Pipeliner has: {name: …}" in err
    assert err.count("[reference-unknown]") == 2


def test_what_has_a_problem_of_its_own_is_declared_all_the_same(told: Callable[..., str]) -> None:
    """One mistake is one problem."""
    err = told("accounts:\n  acme: 5\ncontacts:\n  bob: {last_name: Bob, account: {ref: acme}}\n")

    assert err.count("error:") == 1
    assert "[wrong-type]" in err


def test_nothing_refers_to_what_shall_not_exist(told: Callable[..., str]) -> None:
    """But what goes with it may."""
    gone = (
        "accounts:\n  acme: {name: A, state: absent}\ncontacts:\n  bob: {last_name: B, account: {ref: acme}"
    )

    err = told(f"{gone}}}\n")

    assert "opportunities/all.yaml:6:38 (contact.bob)" in err
    assert "contact.bob refers to account.acme, which shall not exist." in err
    assert "opportunities/all.yaml:4:26" in err
    assert told(f"{gone}, state: absent}}\n") == ""


@pytest.mark.parametrize(
    ("entries", "walks"),
    [
        ("  a: {name: A, parent_account: {ref: a}}\n", ["account.a refers to itself."]),
        (
            (
                "  a: {name: A, parent_account: {ref: b}}\n  b: {name: B, parent_account: {ref: c}}\n"
                "  c: {name: C, parent_account: {ref: a}}\n  d: {name: D, parent_account: {ref: a}}\n"
                "  x: {name: X, parent_account: {ref: y}}\n  y: {name: Y, parent_account: {ref: x}}\n"
            ),
            [
                "account.a → account.b → account.c → account.a: none of them can be the first.",
                "account.x → account.y → account.x: none of them can be the first.",
            ],
        ),
    ],
)
def test_a_circle_is_listed(entries: str, walks: list[str], told: Callable[..., str]) -> None:
    """Each circle once, with the place of each reference; who only leads into one has no part in it."""
    err = told(f"accounts:\n{entries}")

    assert [walk in err for walk in walks] == [True] * len(walks)
    assert err.count("[reference-circle]") == len(walks)
    assert err.count("refers to the next one here") == (3 if len(walks) > 1 else 0)


def test_of_files_that_are_not_named_no_mistake_is_told(told: Callable[..., str]) -> None:
    """Who validates one file hears of that one."""
    other = "contacts:\n  bob: {last_name: B, account: {ref: nobody}}\n"

    assert told("accounts:\n  acme: {name: Acme}\n", "opportunities/all.yaml", more=other) == ""
