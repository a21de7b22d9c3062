"""Pulling with what is remembered in each store: another working copy knows what was agreed."""

from collections.abc import Callable

import pytest

from syncer.sandbox.server import Sandbox
from tests.state.places import KINDS, Place
from tests.state.working import APPLY, Team
from tests.support import MANIFEST, Ran

Run = Callable[..., Ran]


@pytest.mark.parametrize("kind", KINDS)
def test_another_working_copy_pulls_what_moved_since_the_first_applied(
    kind: str, make_place: Callable[[str], Place], sandbox: Sandbox, syncer: Run
) -> None:
    """It changes nothing that is remembered; the apply after it agrees on what was pulled."""
    team = Team(kind, make_place(kind), sandbox)
    assert syncer(*APPLY, cwd=team.copy(["Deal A", "Deal B"]), env=team.env).code == 0
    deal = sandbox.store.find("Opportunity", name="Deal A")
    sandbox.store.edit("Opportunity", deal["id"], name="Deal A, grown", closing_date="2027-04-30")
    folder = team.copy(["Deal A", "Deal B"])
    text = (folder / MANIFEST).read_text()
    serial = team.store(folder).read().serial

    ran = syncer("pull", cwd=folder, env=team.env)

    assert ran.code == 0, ran.err
    assert (folder / MANIFEST).read_text() == text.replace("Deal A", '"Deal A, grown"').replace(
        "2027-03-31", "2027-04-30", 1
    )
    assert team.store(folder).read().serial == serial
    assert "No changes. 2 opportunities are as declared. 1 to remember." in (
        syncer("plan", cwd=folder, env=team.env).out
    )
    assert syncer(*APPLY, cwd=folder, env=team.env).code == 0
    row = team.store(folder).read().ledger["opportunity.deal-0"]
    assert (row.values["name"], row.values["closing_date"]) == ("Deal A, grown", "2027-04-30")
