"""Options that several commands share."""

import socket
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.support import Ran, one

Make = Callable[..., Path]
Run = Callable[..., Ran]
COMMANDS = {
    "plan": ("plan",),
    "apply": ("apply", "--auto-approve", "--no-quiet-wait"),
    "import": ("import", "--out", "new"),
    "doctor": ("doctor",),
    "doctor --rehearse": (
        *("doctor", "--rehearse", "--auto-approve", "--owner", "dana@example.com"),
        *("--account", "info@acme.example", "--contact", "bob@acme.example"),
    ),
    "schema --live": ("schema", "manifest", "--live"),
    "init": ("init", "new", "--no-input"),
}


@pytest.fixture
def silent() -> Iterator[dict[str, str]]:
    """The environment of a service that takes connections and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield {
            "PIPELINER_URL": f"http://127.0.0.1:{server.getsockname()[1]}",
            "PIPELINER_SPACE_ID": "us_Silent",
            "PIPELINER_API_USERNAME": "me",
            "PIPELINER_API_PASSWORD": "secret",
        }


@pytest.mark.parametrize("arguments", COMMANDS.values(), ids=COMMANDS)
def test_every_command_that_talks_to_the_service_ends_when_it_is_silent(
    arguments: tuple[str, ...], silent: dict[str, str], project: Make, syncer: Run
) -> None:
    """Without the option, each would wait for a minute, and again."""
    ran = syncer(*arguments, "--timeout", "0.05", cwd=project({"opportunities/a.yaml": one()}), env=silent)

    assert ran.code == 1
    assert "0.05 s" in " ".join((ran.out + ran.err).split())
