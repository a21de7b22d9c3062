"""A rehearsal at a terminal: it asks who shall play, and whether at all."""

from collections.abc import Callable
from pathlib import Path

import pytest

from syncer.sandbox.server import Sandbox
from tests.e2e.conftest import COMMAND
from tests.e2e.terminal import terminal

Make = Callable[..., Path]
Environ = Callable[..., dict[str, str]]
QUESTION = "Rehearse on this space? Only `yes` does it: "


@pytest.mark.parametrize(
    ("typed", "code", "made"),
    [
        pytest.param("yes\n", 0, 3, id="yes"),
        pytest.param("y\n", 1, 0, id="y is not yes"),
        pytest.param("\x04", 1, 0, id="end of input"),
        pytest.param("\x03", 130, 0, id="Ctrl-C"),
    ],
)
def test_it_asks_for_what_is_missing_and_before_it_writes(
    typed: str, code: int, made: int, project: Make, sandbox: Sandbox, environ: Environ
) -> None:
    before = len(sandbox.store.rows("Opportunity", include_deleted=True))
    options = ["doctor", "--rehearse", "--account", "info@acme.example"]

    with terminal([COMMAND, *options], cwd=project(), env=environ(TERM="xterm")) as screen:
        screen.until("Owner of the marked records, by e-mail: ")
        screen.type("\n")
        screen.type("dana@example.com\n")
        screen.until("A contact to link and unlink, by e-mail: ")
        screen.type("bob@acme.example\n")
        said = screen.until(QUESTION)
        assert "Webhooks and automations of the space will fire" in said
        assert len(sandbox.store.rows("Opportunity", include_deleted=True)) == before
        screen.type(typed)
        assert screen.end() == code

    assert len(sandbox.store.rows("Opportunity", include_deleted=True)) == before + made
    assert "Traceback" not in screen.shown
    if code == 1:
        assert screen.shown.endswith("Nothing was written.\n")
    if code == 130:
        assert "Stopped before anything was written." in screen.shown


def test_somebody_who_names_nobody_is_told_the_option(
    project: Make, sandbox: Sandbox, environ: Environ
) -> None:
    with terminal([COMMAND, "doctor", "--rehearse"], cwd=project(), env=environ(TERM="xterm")) as screen:
        screen.until("by e-mail: ")
        screen.type("\x04")
        assert screen.end() == 64

    assert "give one with --owner" in screen.shown
    assert not sandbox.requests
