"""`syncer doctor --rehearse` as a person or a CI runs it: what it says, asks, writes and leaves."""

from collections.abc import Callable
from pathlib import Path

from syncer.rehearsal.points import POINTS
from syncer.sandbox.server import Sandbox
from tests.rehearsal.support import PEOPLE, everything, marks
from tests.support import Ran

Run = Callable[..., Ran]
Make = Callable[..., Path]


def test_every_point_is_told_and_nothing_else_is_changed(
    sandbox: Sandbox, project: Make, syncer: Run
) -> None:
    before = everything(sandbox)
    ran = syncer("doctor", "--rehearse", *PEOPLE, cwd=project())

    assert (ran.code, everything(sandbox)) == (0, before)
    told = [line.split(": ")[1].split(".")[0] for line in ran.out.splitlines() if line.startswith("  ")]
    assert told == list(POINTS)
    assert ran.out.endswith(f"{len(POINTS)} as assumed, 0 otherwise, 0 could not be told.\n")
    assert {role for role, _ in marks(sandbox)} == {"main", "batch", "client-id"}
