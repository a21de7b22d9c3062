"""Where states are kept in these tests: each kind of store, made, opened from anywhere, broken and mended."""

import json
import os
import subprocess
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from syncer.state.backend import Backend
from syncer.state.clock import Clock
from syncer.state.folder import space_folder
from syncer.state.git import GitBranch
from syncer.state.local import Local
from syncer.state.postgres import Postgres
from syncer.state.store import Store
from syncer.state.values import Holder, LedgerRow, Run, RunChange, Scope

URL = "https://eu.example.com"
SPACE = "eu_Demo"
KINDS = ("local", "git", "postgresql")
AT = "2027-01-31T12:00:00Z"
FAR = Holder("ci", "runner-7", 4711, "another-boot", "pid:[1]", "99")


@dataclass(frozen=True)
class Opening:
    """How to open a store, from any process."""

    kind: str
    folder: str = ""
    url: str = ""
    project: str = "."
    space: str = SPACE
    seconds: float = 300.0
    ahead: float | None = None
    options: Mapping[str, Any] = field(default_factory=dict)

    def scope(self) -> Scope:
        return Scope.of(URL, self.space, self.project)

    def backend(self) -> Backend:
        clock = Clock(self.ahead)
        if self.kind == "local":
            return Local(space_folder(Path(self.folder), URL, self.space), self.scope(), clock)
        if self.kind == "git":
            return GitBranch(Path(self.folder), self.scope(), clock, **self.options)
        return Postgres(self.scope(), {"SYNCER_STATE_URL": self.url})

    def store(self) -> Store:
        return Store(self.backend(), self.scope(), Clock(self.ahead), seconds=self.seconds)

    def to_json(self) -> str:
        return json.dumps(vars(self))


class Place:
    """One kind of store, somewhere of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def opening(self, **options: Any) -> Opening:
        """Say how to open it, as from another working copy."""
        raise NotImplementedError

    def store(self, **options: Any) -> Store:
        return self.opening(**options).store()

    def tamper(self, name: str, change: Callable[[str], str]) -> None:
        """Edit a file of the state by hand, or what stands for it."""
        raise NotImplementedError

    def break_(self) -> None:
        """Let nobody reach it."""
        raise NotImplementedError

    def mend(self) -> None:
        """Let everybody reach it again."""
        raise NotImplementedError

    def _made(self, opening: Opening, options: Mapping[str, Any]) -> Opening:
        return replace(opening, **options)


class LocalPlace(Place):
    def opening(self, **options: Any) -> Opening:
        return self._made(Opening("local", str(self.folder)), options)

    def tamper(self, name: str, change: Callable[[str], str]) -> None:
        folder = space_folder(self.folder, URL, SPACE)
        path = folder / json.loads((folder / "tip.json").read_text())["files"][name]
        path.write_text(change(path.read_text()))

    def break_(self) -> None:
        (self.folder / ".syncer").rename(self.folder / "away")
        (self.folder / ".syncer").write_text("")

    def mend(self) -> None:
        (self.folder / ".syncer").unlink()
        (self.folder / "away").rename(self.folder / ".syncer")


class GitPlace(Place):
    BRANCH = f"syncer/state/{SPACE}"

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.remote = folder / "remote.git"
        self._clones = 0
        self._turns: list[Path] = []
        git(folder, "init", "--quiet", "--bare", "--initial-branch=main", str(self.remote))
        first = folder / "first"
        git(folder, "init", "--quiet", "--initial-branch=main", str(first))
        (first / "syncer.yaml").write_text("version: 1\n")
        git(first, "add", ".")
        git(first, "commit", "--quiet", "--message=begin")
        git(first, "push", "--quiet", str(self.remote), "main")

    def clone(self, *options: str) -> Path:
        self._clones += 1
        path = self.folder / f"clone{self._clones}"
        git(self.folder, "clone", "--quiet", *options, f"file://{self.remote}", str(path))
        return path

    def opening(self, **options: Any) -> Opening:
        if "folder" not in options:
            # Two clones, by turns: whoever comes next never is where the last one was.
            if len(self._turns) < 2:
                self._turns.insert(0, self.clone("--depth=1"))
            self._turns.reverse()
            options["folder"] = str(self._turns[0])
        return self._made(Opening("git"), options)

    def tamper(self, name: str, change: Callable[[str], str]) -> None:
        clone = self.clone(f"--branch={self.BRANCH}")
        path = clone / name
        path.write_text(change(path.read_text()))
        git(clone, "commit", "--quiet", "--all", "--message=by hand")
        git(clone, "push", "--quiet")

    def break_(self) -> None:
        self.remote.rename(self.folder / "away.git")

    def mend(self) -> None:
        (self.folder / "away.git").rename(self.remote)

    def commits(self) -> int:
        """Return how many pushes there were."""
        return int(git(self.remote, "rev-list", "--count", self.BRANCH))


class PostgresPlace(Place):
    def __init__(self, folder: Path, socket: Path, run: Callable[[str], Any]) -> None:
        super().__init__(folder)
        self._run = run
        self.schema = f"test_{os.getpid()}_{abs(hash(folder)):x}"
        run(f"CREATE SCHEMA {self.schema}")
        # Through a link, so that it can be broken for one test alone.
        self._link = socket.parent / f"s{abs(hash(folder)) % 10**8}"
        self._socket = socket
        self._link.symlink_to(socket)
        self.url = (
            f"postgresql://postgres:Secr3t@/postgres?host={self._link}&options=-csearch_path%3D{self.schema}"
        )
        self.store(space="other").init()

    def opening(self, **options: Any) -> Opening:
        return self._made(Opening("postgresql", url=self.url), options)

    def tamper(self, name: str, change: Callable[[str], str]) -> None:
        queries = {
            "ledger.jsonl": ("syncer_ledger", "line", "address"),
            "lock.json": ("syncer_space", "lock", "space"),
        }
        table, column, key = queries.get(name, ("syncer_run", "head", "run"))
        for id_, text in self._run(f"SELECT {key}, {column} FROM {self.schema}.{table}"):
            if text is not None and (changed := change(text + "\n").rstrip("\n")) != text:
                value = changed.replace("'", "''")
                self._run(f"UPDATE {self.schema}.{table} SET {column} = '{value}' WHERE {key} = '{id_}'")

    def sql(self, statement: str) -> Any:
        return self._run(statement.replace("OURS", self.schema))

    def break_(self) -> None:
        self._link.unlink()

    def mend(self) -> None:
        self._link.symlink_to(self._socket)


def unwatched() -> dict[str, str]:
    """Return an environment for a process that is going to be killed: coverage would leave half a file."""
    return {name: value for name, value in os.environ.items() if not name.startswith("COVERAGE_PROCESS")}


def git(folder: Path, *arguments: str) -> str:
    """Run git as a person would, with nothing of this machine's configuration."""
    env = {
        "PATH": os.environ["PATH"],
        "HOME": str(folder),
        "GIT_CONFIG_NOSYSTEM": "1",
        **{f"GIT_{kind}_NAME": "Dana" for kind in ("AUTHOR", "COMMITTER")},
        **{f"GIT_{kind}_EMAIL": "dana@example.com" for kind in ("AUTHOR", "COMMITTER")},
    }
    done = subprocess.run(
        ["git", *arguments], cwd=folder, env=env, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def row(key: str, project: str = ".", run: str = "r1", **values: Any) -> LedgerRow:
    return LedgerRow(
        address=f"opportunity.{key}",
        kind="opportunity",
        id=f"id-{key}",
        values=values or {"name": key},
        modified="2027-01-31 11:59:59",
        run=run,
        at=AT,
        project=project,
    )


def run(id_: str, started: str = AT, project: str = ".", **options: Any) -> Run:
    given = {"ended": AT, "commit": "c0ffee", "plan": f"sha256:{id_}", "by": "dana", "settled": True}
    return Run(run=id_, started=started, project=project, **{**given, **options})


def done(key: str) -> RunChange:
    return RunChange(f"opportunity.{key}", "create", "created", f"id-{key}", None, {"name": key})


def later(seconds: float) -> datetime:
    return datetime.fromtimestamp(datetime.now(UTC).timestamp() + seconds, UTC)
