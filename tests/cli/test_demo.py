"""`syncer demo` in this process: what it shows, and that it takes everything back."""

import importlib.util
import os
from collections.abc import Callable

import pytest

from syncer import cli, installation
from tests.support import Ran

Run = Callable[..., Ran]


def test_the_demo_tells_what_it_does_and_shows_the_commands(syncer: Run) -> None:
    before = {"PIPELINER_URL": "https://crm.example.com"}

    ran = syncer("demo", env=before)

    assert (ran.code, ran.err) == (0, "")
    commands = [line for line in ran.out.splitlines() if line.startswith("$ ")]
    assert commands == [
        "$ syncer validate",
        "$ syncer plan --out plan.json",
        "$ syncer apply plan.json",
        "$ syncer plan",
        "$ syncer plan",
    ]
    assert "\n62 opportunities in 5 files: no problems.\n" in ran.out
    assert "  … and 60 more" in ran.out
    assert "No changes. 62 opportunities are as declared." in ran.out
    assert max(map(len, ran.out.splitlines())) <= 100


def test_the_demo_needs_the_web_server_of_the_sandbox(syncer: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda _name: None)

    ran = syncer("demo")

    assert (ran.code, ran.out) == (1, "")
    assert ran.err == (
        "error: Optional part not installed [extra-missing]\n"
        "The sandbox needs a web server that is not installed.\n"
        f"hint: install it with:\n  {installation.get('sandbox')}\n"
    )


def test_a_demo_that_fails_says_where(syncer: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    run = cli.run
    monkeypatch.setattr(cli, "run", lambda arguments: 3 if "apply" in arguments else run(arguments))

    ran = syncer("demo")

    assert ran.code == 1
    assert ran.err == "The demo ends here: `syncer apply` ended with 3.\n"
    assert "PIPELINER_URL" not in os.environ
