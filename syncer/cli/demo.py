"""`syncer demo`: the whole thing in half a minute, on this machine alone."""

import contextlib
import importlib.util
import io
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import click

from syncer import installation
from syncer.cli.common import Globals, out
from syncer.model.codes import ExitCode
from syncer.model.problem import Problem, SyncerError
from syncer.resources import examples

_SHOWN = 2  # changes of the first plan that are shown whole


@click.command()
@click.pass_obj
def demo(settings: Globals) -> int:
    """Start the sandbox; plan, apply and plan again an example."""
    if any(importlib.util.find_spec(name) is None for name in ("starlette", "uvicorn")):
        raise SyncerError(
            Problem(
                "extra-missing",
                "The sandbox needs a web server that is not installed.",
                hint=installation.hint("sandbox"),
            )
        )
    from syncer.sandbox.server import Sandbox  # noqa: PLC0415 (optional)

    with (
        tempfile.TemporaryDirectory(prefix="syncer-demo-") as folder,
        Sandbox.serve(seed="demo") as sandbox,
        _environment(sandbox.env()),
    ):
        project = Path(folder) / "quarter"
        shutil.copytree(examples() / "quarter", project)
        steps = _Steps(settings, project)
        steps.tell(
            "A sandbox is running: a local server with the API of Pipeliner and a made-up sales team.",
            "Nothing leaves this machine. The project is examples/quarter: a quarter's deals in YAML.",
        )
        steps.run("Are the files in order? No network is needed for that.", "validate")
        steps.run(
            "What would apply do? Every name is looked up; nothing is changed.",
            *("plan", "--out", "plan.json"),
            brief=True,
        )
        steps.run("Do exactly that. What was written is read back.", "apply", "plan.json", brief=True)
        again = steps.run("Once more: a plan straight after an apply is empty.", "plan")
        # By name: ids that were drawn in the same millisecond have no order of their own.
        lost = max(sandbox.store.rows("Opportunity"), key=lambda row: str(row["name"]))
        sandbox.store.delete("Opportunity", lost["id"])
        steps.run(
            f'Somebody deletes "{lost["name"]}" in the CRM. The next plan shows it, and makes no other.',
            "plan",
        )
        steps.tell("That was all. The sandbox has stopped, and its records are gone.")
    done = "No changes." in again
    return ExitCode.OK if done else ExitCode.ERROR


class _Steps:
    """Runs commands of our own in the demo's project and shows them as a reader wants to see them."""

    def __init__(self, settings: Globals, project: Path) -> None:
        self._settings = settings
        self._project = project
        self._number = 0

    def tell(self, *lines: str) -> None:
        out("\n" + "\n".join(lines))

    def run(self, why: str, *command: str, brief: bool = False) -> str:
        """Run one command; return what it printed.

        Raises:
            Exit: It failed, which it has told, and which a demo never should.
        """
        from syncer.cli import run  # noqa: PLC0415 (this module is one of its commands)

        self._number += 1
        look = self._settings.look(sys.stdout)
        title = look.paint(f"{self._number}. {why}", "bold")
        out(f"\n{title}\n{look.paint('$ syncer ' + ' '.join(command), 'hint')}\n")
        said = io.StringIO()
        with contextlib.redirect_stdout(said):
            code = run(["-q", "-C", str(self._project), *command])
        text = said.getvalue().rstrip()
        out(_brief(text) if brief else text)
        if code != ExitCode.OK:
            click.echo(f"The demo ends here: `syncer {command[0]}` ended with {code}.", err=True)
            raise click.exceptions.Exit(ExitCode.ERROR)
        return text


def _brief(text: str) -> str:
    """Return *text* with most of its changes left out: their blocks, or lines, are many alike."""
    blocks = text.split("\n\n")
    changes = [index for index, block in enumerate(blocks) if block.startswith("+ ")]
    if len(changes) > _SHOWN:
        first, last = changes[_SHOWN], changes[-1]
        more = f"  … and {last - first + 1} more like these"
        return "\n\n".join([*blocks[:first], more, *blocks[last + 1 :]])
    lines = blocks[0].splitlines()
    if len(lines) > _SHOWN + 1 and len(changes) == 1:
        blocks[0] = "\n".join([*lines[:_SHOWN], f"  … and {len(lines) - _SHOWN:,} more"])
    return "\n\n".join(blocks)


@contextlib.contextmanager
def _environment(values: dict[str, str]) -> Iterator[None]:
    """Set environment variables for a while."""
    before = {name: os.environ.get(name) for name in values}
    os.environ.update(values)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
