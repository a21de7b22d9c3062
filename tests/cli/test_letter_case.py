"""The case of letters counts everywhere but in the addresses of e-mail fields."""

from collections.abc import Callable
from pathlib import Path
from typing import Final

import pytest

from syncer.sandbox.server import Sandbox
from tests.support import Ran, one

Make = Callable[..., Path]
Run = Callable[..., Ran]

KEY: Final = "acme-renewal-2027"


@pytest.mark.parametrize(
    ("written", "stored", "code"),
    [
        ({"description": "Bob@HQ"}, {"description": "bob@hq"}, 2),
        ({"name": "Bob@HQ"}, {"description": ""}, 0),
        ({"fields": "{cf_notes: Bob@HQ}"}, {"cf_notes": "bob@hq"}, 2),
        ({"fields": "{cf_legal_contact: Bob@HQ.example}"}, {"cf_legal_contact": "bob@hq.example"}, 0),
        ({"fields": "{cf_legal_contact: Bob@HQ.example}"}, {"cf_legal_contact": "bob@hq2.example"}, 2),
    ],
)
def test_only_an_email_field_is_compared_without_case(
    written: dict[str, str], stored: dict[str, str], code: int, project: Make, sandbox: Sandbox, syncer: Run
) -> None:
    folder = project(one(**written), settings="version: 1\npolicy: {existing: update}\n")
    assert syncer("apply", "--auto-approve", cwd=folder).code == 0
    name = written.get("name", "Acme renewal 2027")
    sandbox.edit("Opportunity", sandbox.store.find("Opportunity", name=name)["id"], **stored)

    assert syncer("plan", "--detailed-exitcode", cwd=folder).code == code


def test_a_sharp_s_is_no_double_s(project: Make, sandbox: Sandbox, syncer: Run) -> None:
    """Case folding beyond ASCII made info@strasse.example the account of info@straße.example."""
    account = sandbox.store.find("Account", name="Acme Corporation")["id"]
    sandbox.edit("Account", account, email1="info@straße.example")
    folder = project(one(account="info@strasse.example", contacts=None))

    ran = syncer("plan", cwd=folder)

    assert (ran.code, "No account has the e-mail" in ran.err) == (1, True)
    folder = project(one(account="INFO@straße.Example", contacts=None))
    assert syncer("plan", cwd=folder).code == 0
