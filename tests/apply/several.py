"""Applies of several kinds, by commands."""

import json
from collections import Counter
from pathlib import Path
from typing import Any

from syncer.sandbox.server import Sandbox
from tests.support import Ran, run_here, write_files

SETTINGS = "version: 1\npolicy: {existing: update, guards: {max_deletes: 99}}\n"


class Bench:
    """A project of several kinds, and its sandbox.

    Attributes:
        outcomes: What became of each address, in the last apply.
        waited: What the skipped ones waited for.
    """

    def __init__(self, sandbox: Sandbox, folder: Path) -> None:
        self.sandbox = sandbox
        self.folder = write_files(folder, {"syncer.yaml": SETTINGS})
        self.outcomes: dict[str, str] = {}
        self.waited: dict[str, list[str]] = {}

    def declare(self, text: str) -> None:
        """Let the manifests say *text*."""
        write_files(self.folder, {"opportunities/all.yaml": f"version: 1\n{text}"})

    def run(self, *arguments: str) -> Ran:
        """Run `syncer ARGS`."""
        return run_here(arguments, self.folder, self.sandbox.env())

    def plan(self) -> dict[str, int]:
        """Save a plan as plan.json; return how many changes it has of each action."""
        ran = self.run("plan", "--out", "plan.json")
        assert ran.code == 0, ran.err
        changes = json.loads((self.folder / "plan.json").read_text())["changes"]
        return dict(Counter(change["action"] for change in changes))

    def apply(self, *options: str, grace: str = "0.05") -> int:
        """Apply, the saved plan when *options* name it; return the exit code."""
        said = ("--grace", grace, "--no-quiet-wait", "--format", "json")
        ran = self.run("apply", *(options or ("--auto-approve",)), *said)
        events: list[dict[str, Any]] = [json.loads(line) for line in ran.out.splitlines()]
        told = [event for event in events if event["event"] == "outcome"]
        self.outcomes = {event["address"]: event["outcome"] for event in told}
        assert len(told) == len(self.outcomes), "every result is told once"
        self.waited = {event["address"]: event["waited_for"] for event in told if "waited_for" in event}
        return ran.code

    def writes(self) -> list[str]:
        """Return the writes that were sent, as `Entity operation`."""
        return [" ".join(r.path.split("/")[-2:]) for r in self.sandbox.requests if r.method != "GET"]
