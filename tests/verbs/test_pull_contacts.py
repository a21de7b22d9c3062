"""What moved in the CRM of a contact, and of its links, comes into its manifest as it is written there."""

from collections.abc import Callable
from pathlib import Path

import pytest

from syncer.sandbox.server import Sandbox
from tests.support import Ran

HEAD = """\
version: 1
defaults: {owner: dana@example.com}
accounts:
  one: {name: One Ltd, email: info@one.example}
  two: {name: Two Ltd, email: info@two.example}
contacts:
"""


@pytest.mark.parametrize(
    ("written", "pulled"),
    [
        (
            "account: {ref: one, position: Buyer}",
            "account: {ref: one, position: CEO}",
        ),
        (
            "account: {ref: one, position: Buyer, comment: old}",
            "account: {ref: one, position: CEO, comment: null}",
        ),
        ("account: {ref: one}", "account: {ref: one}"),
        (
            "accounts: [{ref: one, primary: true, position: Buyer}, Two Ltd]",
            "accounts: [{ref: one, primary: true, position: CEO}, Two Ltd]",
        ),
    ],
)
def test_what_a_link_says_comes_without_touching_the_rest(
    written: str, pulled: str, sandbox: Sandbox, syncer: Callable[..., Ran], project: Callable[..., Path]
) -> None:
    """A position that is declared is taken over where it stands; what nobody declares is the CRM's."""
    text = f"{HEAD}  bob: {{last_name: Bob, phone: '1', {written}}}\n"
    folder = project({"contacts/all.yaml": text}, "version: 1\n")
    assert syncer("apply", "--auto-approve", cwd=folder).code == 0
    account = sandbox.store.find("Account", name="One Ltd")["id"]
    row = sandbox.store.find("ContactAccountRelation", account_id=account)
    sandbox.store.edit("ContactAccountRelation", row["id"], position="CEO", relationship=3, comment="")
    contact = sandbox.store.find("Contact", last_name="Bob")
    sandbox.store.edit("Contact", contact["id"], phone1="2", gender=2)

    ran = syncer("pull", cwd=folder)

    assert ran.code == 0, ran.err
    after = (folder / "contacts/all.yaml").read_text("utf-8").replace('"', "'")
    assert after == f"{HEAD}  bob: {{last_name: Bob, phone: '2', {pulled}}}\n"
    assert "No changes." in syncer("plan", cwd=folder).out
