"""What tests of whole commands share: a project in a few lines, and what a command said."""

import contextlib
import io
import os
import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from syncer.cli import run

SETTINGS: Final = "version: 1\npolicy: {guards: {closing_date_in_past: allow}}\n"
MANIFEST: Final = "opportunities/deals.yaml"

# The one opportunity of most tests; it fits the sandbox's demo world.
GOOD: Final[Mapping[str, str]] = {
    "name": "Acme renewal 2027",
    "owner": "dana@example.com",
    "pipeline": "Renewals",
    "step": "Contacted",
    "closing_date": "2027-03-31",
    "value": "100 USD",
    "account": "info@acme.example",
    "contacts": "[bob@acme.example]",
}
_OURS: Final = re.compile(
    r"(?:.*_)?PIPELINER_|GITHUB_|CI_|CI$|COLUMNS$|LINES$|TERM$|NO_COLOR$|FORCE_COLOR$|PYTHONIOENCODING|PYTHONUTF8|LC_|LANG"
)


def one(key: str = "acme-renewal-2027", /, **changes: str | None) -> str:
    """Return a manifest with one opportunity: `GOOD`, with *changes* as written in YAML; None leaves out."""
    return manifest({key: changes})


def manifest(entries: Mapping[str, Mapping[str, str | None]]) -> str:
    """Return a manifest of opportunities by key, each `GOOD` with its changes."""
    lines = ["version: 1", "opportunities:"]
    for key, changes in entries.items():
        lines.append(f"  {key}:")
        lines += [f"    {name}: {value}" for name, value in {**GOOD, **changes}.items() if value is not None]
    return "\n".join(lines) + "\n"


@dataclass(frozen=True)
class Ran:
    """What a command left behind: its exit code and what it wrote."""

    code: int
    out: str
    err: str


def environment(given: Mapping[str, str]) -> dict[str, str]:
    """Return the environment of a command: ours without what would change its behaviour, plus *given*."""
    clean = {name: value for name, value in os.environ.items() if not _OURS.match(name)}
    return clean | dict(given)


def run_here(arguments: Sequence[str], folder: Path, env: Mapping[str, str], stdin: str = "") -> Ran:
    """Run a command in this process as `syncer ARGS` in *folder*, with *env* and nothing else around it."""
    with _streams(stdin) as (out, err), _environ(env), contextlib.chdir(folder):
        code = run(arguments)
    return Ran(code, out.getvalue(), err.getvalue())


@contextlib.contextmanager
def _streams(stdin: str) -> Iterator[tuple[io.StringIO, io.StringIO]]:
    before = sys.stdin
    sys.stdin = io.StringIO(stdin)
    try:
        with (
            contextlib.redirect_stdout(io.StringIO()) as out,
            contextlib.redirect_stderr(io.StringIO()) as err,
        ):
            yield out, err
    finally:
        sys.stdin = before


@contextlib.contextmanager
def _environ(values: Mapping[str, str]) -> Iterator[None]:
    before = dict(os.environ)
    os.environ.clear()
    os.environ.update(values)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


def write_files(folder: Path, files: Mapping[str, str | bytes]) -> Path:
    """Write *files* below *folder*."""
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return folder


def writes(sandbox: Any) -> list[str]:
    """List the requests that could have changed anything."""
    return [f"{r.method} {r.path}" for r in sandbox.requests if r.method != "GET"]
