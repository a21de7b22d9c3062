"""A plan asks for what it reads anyway while the manifests are read; these come first in every message."""

import os
import socket
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from syncer.sandbox.server import Sandbox
from tests.support import MANIFEST, Ran, one

Make = Callable[..., Path]
Run = Callable[..., Ran]
BROKEN = one(closing_date="2027-02-30")


def test_what_is_sent_for_before_is_not_asked_for_again(project: Make, sandbox: Sandbox, syncer: Run) -> None:
    assert syncer("plan", "-q", cwd=project()).code == 0

    asked = Counter(f"{request.path}?{request.query}" for request in sandbox.requests)
    assert max(asked.values()) == 1
    first = {request.path.rsplit("/", 1)[-1] for request in sandbox.requests}
    assert first >= {"Pipelines", "Steps", "OpportunityTypes", "Currencies", "Clients", "Fields", "Accounts"}


def test_a_broken_manifest_is_reported_and_nothing_else(project: Make, sandbox: Sandbox, syncer: Run) -> None:
    """Neither that the service cannot be reached, nor that the credentials lack."""
    folder = project({MANIFEST: BROKEN})
    told = syncer("validate", cwd=folder)
    assert (told.code, "bad-date" in told.err) == (1, True)

    with socket.create_server(("127.0.0.1", 0)) as nobody:
        port = nobody.getsockname()[1]
    dead = {**sandbox.env(), "PIPELINER_URL": f"http://127.0.0.1:{port}"}
    bare = {**sandbox.env(), "PIPELINER_API_PASSWORD": ""}
    for env in (sandbox.env(), dead, bare):
        assert syncer("plan", cwd=folder, env=env) == Ran(1, "", told.err)


def test_a_broken_manifest_ends_the_command_though_the_service_is_silent(
    project: Make, sandbox: Sandbox
) -> None:
    folder = project({MANIFEST: BROKEN})
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        ran = subprocess.run(
            [sys.executable, "-m", "syncer", "plan"],
            cwd=folder,
            env={**os.environ, **sandbox.env(), "PIPELINER_URL": url},
            capture_output=True,
            text=True,
            timeout=30,  # half of what a silent service is given
            check=False,
        )

    assert (ran.returncode, ran.stdout) == (1, "")
    assert "bad-date" in ran.stderr
    assert "unreachable" not in ran.stderr
    assert "Traceback" not in ran.stderr
