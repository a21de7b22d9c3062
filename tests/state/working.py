"""Working copies that share a state, and the command at work in them."""

import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from syncer.sandbox.server import Sandbox
from syncer.state.choice import Choice
from syncer.state.open import open_store
from syncer.state.store import Store
from tests.state.places import GitPlace, Place, PostgresPlace, unwatched
from tests.support import MANIFEST, environment, manifest, write_files

APPLY = ("apply", "--auto-approve", "--no-quiet-wait", "--grace", "0.5")


@dataclass(frozen=True)
class Team:
    """People and runners who apply one project to one space."""

    kind: str
    place: Place
    sandbox: Sandbox

    @property
    def env(self) -> dict[str, str]:
        own = {"SYNCER_STATE_URL": self.place.url} if isinstance(self.place, PostgresPlace) else {}
        return {**self.sandbox.env(), **own}

    def copy(self, names: list[str]) -> Path:
        """Return another working copy that declares deals of these names; the same one where it is local."""
        return self.declaring({f"deal-{n}": {"name": name} for n, name in enumerate(names)})

    def declaring(self, entries: Mapping[str, Mapping[str, str | None]], policy: str = "") -> Path:
        """Return another working copy that declares *entries*.

        Args:
            entries: What is not as in every deal of tests, by key.
            policy: Further settings, each with a comma behind it.
        """
        if isinstance(self.place, GitPlace):
            folder = self.place.clone("--depth=1")
        elif isinstance(self.place, PostgresPlace):
            folder = self.place.folder / f"copy{len(list(self.place.folder.iterdir()))}"
        else:
            folder = self.place.folder
        settings = (
            f"version: 1\nstate: {self.kind}\npolicy: {{{policy}guards: {{closing_date_in_past: allow}}}}\n"
        )
        return write_files(folder, {"syncer.yaml": settings, MANIFEST: manifest(entries)})

    def start(self, folder: Path, *arguments: str, prelude: str = "", **env: str) -> "subprocess.Popen[str]":
        """Start the command in a process of its own, after the statements of *prelude*."""
        return subprocess.Popen(
            [sys.executable, "-c", f"{prelude}from syncer.cli import main; main()", *arguments],
            cwd=folder,
            env={**unwatched(), **environment(self.env), **env},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def store(self, folder: Path) -> Store:
        env = {"PATH": "/usr/bin:/bin", **self.env}
        return open_store(Choice(self.kind), folder, self.sandbox.url, self.sandbox.space_id, environ=env)

    def deals(self) -> list[str]:
        """Return the names of the deals in the space, each as often as it is there."""
        rows = self.sandbox.store.rows("Opportunity")
        return sorted(row["name"] for row in rows if row["name"].startswith("Deal"))


Make = Callable[[str], Place]
