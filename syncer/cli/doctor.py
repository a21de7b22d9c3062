"""`syncer doctor`: what is in order, what is not, and what fixes it."""

import os
import sys
from pathlib import Path

import click

from syncer.cli.common import Globals, out
from syncer.cli.options import format_option, timeout_option
from syncer.model.codes import ExitCode
from syncer.model.problem import Problem, UsageError
from syncer.render.escape import terminal
from syncer.render.look import Look

_PAINT = {"ok": "create", "warn": "update", "fail": "delete", "skip": "hint"}


@click.command()
@format_option()
@click.option(
    "--notify",
    "test",
    is_flag=True,
    help="Send a test message to everybody whom notify of syncer.yaml names.",
)
@click.option(
    "--rehearse",
    is_flag=True,
    help="Write marked records to the space, and take them away again, to see how it behaves.",
)
@click.option("--owner", metavar="EMAIL", help="With --rehearse: who owns the marked records.")
@click.option("--account", metavar="A", help="With --rehearse: the account of the marked records.")
@click.option("--contact", metavar="EMAIL", help="With --rehearse: a contact to link and unlink again.")
@click.option(
    "--pipeline",
    metavar="P",
    help="With --rehearse: the pipeline of the marked records; when left out, one with two steps.",
)
@click.option(
    "--field",
    "fields",
    metavar="NAME=VALUE",
    multiple=True,
    help="With --rehearse: a field that the space requires of every deal, by its API name; repeatable.",
)
@click.option("--auto-approve", is_flag=True, help="With --rehearse: do not ask; needed without a terminal.")
@click.option(
    "--json",
    "file",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="With --rehearse: save the report, which holds no names and no secrets.",
)
@timeout_option
@click.pass_obj
def doctor(
    settings: Globals,
    style: str,
    test: bool,
    rehearse: bool,
    owner: str | None,
    account: str | None,
    contact: str | None,
    pipeline: str | None,
    fields: tuple[str, ...],
    auto_approve: bool,
    file: Path | None,
    timeout: float | None,
) -> int:
    """Check settings, manifests, access and state, and say what fixes what is wrong."""
    if rehearse:
        from syncer.cli import rehearse as rehearsing  # noqa: PLC0415 (only then)

        wish = rehearsing.Choices(owner, account, contact, pipeline, fields)
        return rehearsing.run(
            settings, wish, auto_approve=auto_approve, file=file, style=style, timeout=timeout
        )
    only = {
        "--owner": owner,
        "--account": account,
        "--contact": contact,
        "--pipeline": pipeline,
        "--field": fields,
        "--auto-approve": auto_approve,
        "--json": file,
    }
    if given := [name for name, value in only.items() if value]:
        raise UsageError(
            Problem(
                "usage", f"{', '.join(given)} without --rehearse.", hint="add --rehearse, or leave it out"
            )
        )
    from syncer.verbs import doctor as looking  # noqa: PLC0415 (heavy)

    with settings.reading():
        checks = looking.examine(
            Path(), settings.space, os.environ, timeout=timeout, signs=settings.live, test=test
        )
    if style == "json":
        from syncer.formats.plan_json import json_text  # noqa: PLC0415 (only then)

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
                for part in check.fix.splitlines()
                for line in look.wrap(f"→ {terminal(part)}", " " * (width + 8), " " * (width + 10))
            ]
        out(look.finish("\n".join(lines)))
    return ExitCode.ERROR if looking.failing(checks) else ExitCode.OK


def _wrapped(look: Look, text: str, width: int, status: str) -> list[str]:
    first, *rest = look.wrap(text, " " * 6, " " * (width + 8))
    return [f"{status}  {first[6:]}", *rest]
