"""`syncer doctor`: what is in order, what is not, and what mends it."""

import os
import sys
from pathlib import Path

import click

from syncer.cli.settings import Settings, out
from syncer.errors import ExitCode
from syncer.render.escape import terminal
from syncer.render.look import Look

_PAINT = {"ok": "create", "warn": "update", "fail": "delete", "skip": "hint"}


@click.command()
@click.option(
    "--format",
    "style",
    type=click.Choice(["text", "json"]),
    default="text",
    show_default=True,
    help="How to tell it.",
)
@click.pass_obj
def doctor(settings: Settings, style: str) -> int:
    """Say what is in order and what is not, and what mends it."""
    from syncer import doctor as looking  # noqa: PLC0415 (heavy)

    with settings.reading():
        checks = looking.examine(Path(), settings.space, os.environ)
    if style == "json":
        from syncer.render.json import json_text  # noqa: PLC0415 (only then)

        out(json_text(looking.as_json(checks)))
    else:
        look = settings.look(sys.stdout)
        width = max(len(check.name) for check in checks)
        lines = []
        for check in checks:
            status = look.paint(f"{check.status:4}", _PAINT[check.status])
            lines += _wrapped(look, f"{check.name:{width}}  {terminal(check.detail)}", width, status)
            lines += [
                line
                for part in check.mend.splitlines()
                for line in look.wrap(f"→ {terminal(part)}", " " * (width + 8), " " * (width + 10))
            ]
        out("\n".join(lines))
    return ExitCode.ERROR if looking.failing(checks) else ExitCode.OK


def _wrapped(look: Look, text: str, width: int, status: str) -> list[str]:
    first, *rest = look.wrap(text, " " * 6, " " * (width + 8))
    return [f"{status}  {first[6:]}", *rest]
