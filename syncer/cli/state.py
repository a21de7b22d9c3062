"""`syncer state`: what is remembered of a space, and who holds it."""

import os
import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING

import click

from syncer.cli.common import Globals, attended, out, said_yes
from syncer.cli.options import addresses_argument, format_option
from syncer.model.codes import ExitCode
from syncer.model.problem import Problem, UsageError

if TYPE_CHECKING:
    from syncer.state.values import State

_approve = click.option("--auto-approve", is_flag=True, help="Do not ask; needed without a terminal.")


@click.group()
def state() -> None:
    """Look at what is remembered of a space, and who holds it."""


@state.command()
@click.pass_obj
def init(settings: Globals) -> int:
    """Make what `state:` of syncer.yaml needs.

    What is there already is kept, and accepted as it is.
    """
    settings.store().init()
    out(f"The state is set up: {_where(settings)}.")
    return ExitCode.OK


@state.command()
@format_option()
@click.pass_obj
def show(settings: Globals, style: str) -> int:
    """Show what is remembered, and who applies."""
    found = settings.store().read()
    if style == "json":
        from syncer.formats.plan_json import json_text  # noqa: PLC0415 (only then)
        from syncer.formats.state_json import state_json  # noqa: PLC0415 (only then)

        out(json_text(state_json(found)))
    else:
        from syncer.render.escape import terminal  # noqa: PLC0415 (only then)

        rows = _rows(settings, found)
        width = max(map(len, rows))
        out("\n".join(f"{name:{width}}  {terminal(text)}" for name, text in rows.items()))
    return ExitCode.OK


@state.command()
@click.option("--run", "run", metavar="ID", required=True, help="The run that holds the space.")
@_approve
@click.pass_obj
def unlock(settings: Globals, run: str, auto_approve: bool) -> int:
    """Free the space of a run that is dead.

    If it still lives after all, it stops writing with its next renewal.
    """
    store = settings.store()
    question = f"Take the space away from run {run}? If it still lives, it stops only with its next renewal."
    if not _confirmed(settings, question, auto_approve):
        return ExitCode.ERROR
    gone = store.unlock(run)
    settings.say(f"The space is free. It was held by {gone}.")
    if gone.addresses:
        settings.say(f"The next apply looks up what it may have written, {len(gone.addresses):,} in all.")
    return ExitCode.OK


@state.command()
@addresses_argument("addresses", metavar="ADDR…", nargs=-1, required=True)
@_approve
@click.pass_obj
def forget(settings: Globals, addresses: tuple[str, ...], auto_approve: bool) -> int:
    """Forget what was agreed about addresses.

    Their records stay as they are.
    """
    store = settings.store()
    known = store.read().ledger
    if unknown := [address for address in dict.fromkeys(addresses) if address not in known]:
        raise UsageError(
            Problem(
                "target-unknown",
                f"Nothing is remembered of {address}.",
                hint="write addresses as a plan shows them, such as opportunity.acme-renewal-2027",
            )
            for address in unknown
        )
    if not _confirmed(settings, f"Forget what was agreed about {', '.join(addresses)}?", auto_approve):
        return ExitCode.ERROR
    gone = store.forget(addresses)
    settings.say(f"Forgotten: {', '.join(gone)}." if gone else "Somebody else has forgotten them already.")
    return ExitCode.OK


def _where(settings: Globals) -> str:
    from syncer.project.connection import place  # noqa: PLC0415 (only then)

    project = settings.project()
    return project.state.where(place(project, settings.space, os.environ).space_id)


def _rows(settings: Globals, found: "State") -> Mapping[str, str]:
    last = found.runs[-1] if found.runs else None
    elsewhere = f" ({found.elsewhere:,} of other projects)" if found.elsewhere else ""
    rows = {
        "kept in": _where(settings),
        "lineage": found.lineage or "none: nothing is remembered yet",
        "serial": str(found.serial),
        "records": f"{len(found.ledger):,}{elsewhere}",
        "held by": "nobody" if found.lock is None else str(found.lock),
        "last run": "none" if last is None else f"{last.run} of {last.by}, {_ending(last.ended)}",
    }
    if found.open:
        rows["left open"] = ", ".join(f"{run.run} ({len(run.uncertain):,} to look up)" for run in found.open)
    return rows


def _ending(ended: str | None) -> str:
    return "which did not end in order" if ended is None else f"ended {ended}"


def _confirmed(settings: Globals, question: str, auto_approve: bool) -> bool:
    """Ask, when there is somebody to ask.

    Raises:
        UsageError: There is no terminal and nobody approved.
    """
    if auto_approve:
        return True
    if not attended(sys.stdin):
        hint = "add --auto-approve if you are sure"
        raise UsageError(Problem("needs-approval", "There is no terminal to ask on.", hint=hint))
    if said_yes(question):
        return True
    settings.say("Nothing was changed.")
    return False
