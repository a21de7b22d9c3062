"""Contacts: what is wrong with an entry is told at its place. The table is checked with that of accounts."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from syncer import manifest
from syncer.kinds.account import ACCOUNT
from syncer.kinds.contact import CONTACT
from syncer.kinds.opportunity import OPPORTUNITY
from syncer.model.declared import Link, Reference
from syncer.project import load as projects
from tests.kinds.registered import registered
from tests.support import Ran

SETTINGS = "version: 1\n"


@pytest.fixture(autouse=True)
def _registered() -> Iterator[None]:
    with registered(ACCOUNT, CONTACT, OPPORTUNITY):
        yield


@pytest.mark.parametrize(
    ("line", "told"),
    [
        (
            "email: bob@acme.example",
            (
                "all.yaml:4:3 (contact.bob)",
                "first_name or last_name is missing: contacts have one of them at least.",
            ),
        ),
        ("first_name: null", ("first_name or last_name is missing", "last_name: Baker")),
        (
            "last_name: B, accounts: [{name: A, primary: true}, {ref: b, primary: true}]",
            ('"b" and "A" both say primary: true.',),
        ),
        ("last_name: B, accounts: [A, B]", ("None of the accounts says primary: true.",)),
        ("last_name: B, accounts: [{name: A, primary: true}, A]", ('"A" is item 1 and item 2 of accounts.',)),
        (
            "last_name: B, account: {name: A, relationship: strong}",
            ('relationship of account is "strong"; allowed:', "hint: write Strong"),
        ),
        ('last_name: B, account: {name: A, position: "a\\tb"}', ("position holds the control character",)),
        (
            'last_name: B, accounts: [{name: A, position: "a\\nb"}]',
            ("all.yaml:4:54 (contact.bob)", "position holds a line break."),
        ),
        ("last_name: B, account: {position: Buyer}", ("account needs `email`, `name`, `ref` or `id`.",)),
        ("last_name: B, account: {ref: No Key}", ("ref of account is",)),
        ("last_name: B, pipeline: P", ('There is no field "pipeline"',)),
    ],
)
def test_what_is_wrong_with_a_contact_is_told_at_its_place(
    line: str, told: tuple[str, ...], syncer: Callable[..., Ran], project: Callable[..., Path]
) -> None:
    """A contact has a name, one primary account, and says of a link what Pipeliner keeps."""
    text = f"version: 1\ndefaults: {{owner: dana@example.com}}\ncontacts:\n  bob: {{{line}}}\n"

    ran = syncer("validate", cwd=project({"opportunities/all.yaml": text}, SETTINGS))

    assert ran.code == 1
    assert all(part in ran.err for part in told), ran.err


def test_a_contact_may_be_without_an_account_and_say_what_it_is_at_one(
    syncer: Callable[..., Ran], project: Callable[..., Path]
) -> None:
    """The short spelling takes what else a link says, as an item of the list does."""
    text = """\
version: 1
defaults: {owner: dana@example.com}
contacts:
  all: {first_name: A, accounts: [{name: Acme, primary: true, comment: "one\\ntwo"}, office@beta.example]}
  bare: {last_name: Bare}
  none: {last_name: None, account: none}
  one: {first_name: O, account: {ref: acme, position: Buyer, relationship: null}}
accounts: {acme: {name: Acme}}
"""
    folder = project({"opportunities/all.yaml": text}, SETTINGS)

    assert syncer("validate", cwd=folder).code == 0
    declared = manifest.read(projects.load_project(folder / "syncer.yaml")).declared
    assert {entry.key: entry.values.get("accounts", "unsaid") for entry in declared[1:]} == {
        "all": (
            Link(Reference("account", name="Acme"), primary=True, columns=(("comment", "one\ntwo"),)),
            Link(Reference("account", text="office@beta.example")),
        ),
        "bare": "unsaid",
        "none": (),
        "one": (
            Link(
                Reference("account", ref="acme"),
                primary=True,
                columns=(("position", "Buyer"), ("relationship", None)),
            ),
        ),
    }


@pytest.mark.parametrize(
    ("entries", "told"),
    [
        ("  a: {last_name: Same}\n  b: {last_name: Same}\n", "have the same first_name, last_name and acc"),
        ("  a: {last_name: Same, account: none}\n  b: {last_name: Same}\n", "have the same first_name"),
        ("  a: {last_name: Same, account: X}\n  b: {last_name: Same, account: Y}\n", ""),
        ("  a: {first_name: Same}\n  b: {last_name: Same}\n", ""),
        ("  a: {last_name: A, email: x@y.example}\n  b: {last_name: B, email2: X@y.example}\n", "the e-mail"),
        ("  a: {email: x@y.example, state: absent}\n", ""),
        ("  a: {city: Graz, state: absent}\n", "first_name or last_name is missing"),
        ("  a: {last_name: New, formerly: {last_name: Old, first_name: null, account: X}}\n", ""),
    ],
)
def test_a_contact_is_one_by_an_e_mail_or_by_its_name_and_account(
    entries: str, told: str, syncer: Callable[..., Ran], project: Callable[..., Path]
) -> None:
    """A contact without account is another one than that of the same name at an account."""
    text = f"version: 1\ndefaults: {{owner: dana@example.com}}\ncontacts:\n{entries}"

    ran = syncer("validate", cwd=project({"opportunities/all.yaml": text}, SETTINGS))

    assert (ran.code, told in ran.err) == (1 if told else 0, True), ran.err
