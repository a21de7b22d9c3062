"""At a terminal: the question before an apply, colours, Ctrl-C."""

from collections.abc import Callable
from pathlib import Path

import pytest

from syncer.sandbox.server import Sandbox
from tests.e2e.conftest import COMMAND
from tests.e2e.terminal import terminal

Make = Callable[..., Path]
Environ = Callable[..., dict[str, str]]
QUESTION = "Apply these changes? Only `yes` does it: "


@pytest.mark.parametrize(
    ("typed", "code", "created"),
    [
        pytest.param("yes\n", 0, 1, id="yes"),
        pytest.param("no\n", 1, 0, id="no"),
        pytest.param("y\n", 1, 0, id="y is not yes"),
        pytest.param("\x04", 1, 0, id="end of input"),
        pytest.param("\x03", 130, 0, id="Ctrl-C"),
    ],
)
def test_apply_shows_the_plan_and_asks(
    typed: str, code: int, created: int, project: Make, sandbox: Sandbox, environ: Environ
) -> None:
    before = sandbox.store.count("Opportunity")

    with terminal([COMMAND, "apply", "--no-quiet-wait"], cwd=project(), env=environ(TERM="xterm")) as screen:
        asked = screen.until(QUESTION)
        assert "opportunity.acme-renewal-2027" in asked
        assert sandbox.store.count("Opportunity") == before
        screen.type(typed)
        assert screen.end() == code

    assert sandbox.store.count("Opportunity") == before + created
    answer = screen.shown.partition(QUESTION)[2]
    assert "Traceback" not in screen.shown
    if code == 0:
        assert "Apply complete: 1 created, 0 failed." in answer
    elif code == 1:
        assert "Nothing was written." in answer
    else:
        assert "Stopped before anything was written." in answer


@pytest.mark.parametrize(
    ("env", "options", "colours"),
    [
        pytest.param({"TERM": "xterm"}, [], True, id="a terminal"),
        pytest.param({"TERM": "dumb"}, [], False, id="TERM=dumb"),
        pytest.param({"TERM": "xterm", "NO_COLOR": "1"}, [], False, id="NO_COLOR"),
        pytest.param({"TERM": "xterm"}, ["--no-color"], False, id="--no-color"),
    ],
)
@pytest.mark.usefixtures("sandbox")
def test_colours_are_for_terminals_that_want_them(
    env: dict[str, str],
    options: list[str],
    colours: bool,
    project: Make,
    environ: Environ,
) -> None:
    with terminal([COMMAND, "plan", *options], cwd=project(), env=environ(**env), columns=70) as screen:
        assert screen.end() == 0

    assert ("\x1b[" in screen.shown) is colours
    assert ("\x1b[32m+ create\x1b[0m" in screen.shown) is colours
    assert "Plan: 1 to create" in screen.shown


@pytest.mark.usefixtures("sandbox")
def test_a_bar_is_drawn_and_taken_away_again(project: Make, environ: Environ) -> None:
    command = [COMMAND, "apply", "--auto-approve", "--no-quiet-wait"]
    with terminal(command, cwd=project(), env=environ(TERM="xterm")) as screen:
        assert screen.end() == 0

    assert screen.shown.rstrip().endswith("Apply complete: 1 created, 0 failed.")


def test_ci_is_asked_nothing_even_where_it_emulates_a_terminal(
    project: Make, sandbox: Sandbox, environ: Environ
) -> None:
    before = sandbox.store.count("Opportunity")

    with terminal([COMMAND, "apply"], cwd=project(), env=environ(TERM="xterm", CI="true")) as screen:
        assert screen.end() == 64

    assert "There is no terminal to ask on." in screen.shown
    assert sandbox.store.count("Opportunity") == before


def test_ctrl_c_ends_a_plan_at_once(project: Make, sandbox: Sandbox, environ: Environ) -> None:
    """Nobody waits for the answers to requests that only read."""
    sandbox.faults.add("stall", path="/Clients$", seconds=8)

    with terminal([COMMAND, "plan"], cwd=project(), env=environ(TERM="xterm")) as screen:
        screen.until("opportunity.\n")
        screen.type("\x03")
        assert screen.end(seconds=4) == 130

    assert screen.shown.replace("^C", "") == (
        "Reading space nv3_Sandbox for 1 opportunity.\n\nInterrupted.\n"
    )
