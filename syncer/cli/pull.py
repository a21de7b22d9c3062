"""`syncer pull`: what moved in the CRM, written into the manifests."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from syncer.cli.common import Globals, out
from syncer.cli.options import target_option, timeout_option
from syncer.model.codes import ExitCode
from syncer.render.escape import terminal
from syncer.render.problems import counted

if TYPE_CHECKING:
    from syncer.verbs.pull import Line, Pulled


@click.command()
@click.argument("paths", nargs=-1, type=click.Path(path_type=Path))
@target_option
@click.option(
    "--take",
    "takes",
    nargs=2,
    type=(click.Choice(["crm"]), str),
    multiple=True,
    metavar="crm ADDR[:FIELD]",
    help="Take the CRM's side of a deal or one of its fields, whoever moved it; repeatable.",
)
@click.option("--check", is_flag=True, help="Write nothing; exit with 2 when there is something to pull.")
@timeout_option
@click.pass_obj
def pull(
    settings: Globals,
    paths: tuple[Path, ...],
    targets: tuple[str, ...],
    takes: tuple[tuple[str, str], ...],
    check: bool,
    timeout: float | None,
) -> int:
    """Write what moved in the CRM into the manifests, and nothing else.

    Comments, order, quotes and line ends stay. The CRM is only read.
    """
    project = settings.project()
    from syncer.verbs import pull as pulling  # noqa: PLC0415 (heavy)

    with settings.reading(), settings.planning(project, paths, timeout=timeout) as (session, manifests):
        settings.say_reading(project, session, manifests)
        found = pulling.compared(session, manifests, targets=targets, takes=takes)
    if not check:
        pulling.write(project, found)
    if found.lines:
        out("\n".join(map(_line, found.lines)))
    _tell(settings, found, check=check)
    if check:
        return ExitCode.CHANGES if found.lines or found.failed else ExitCode.OK
    return ExitCode.FAILED if found.failed else ExitCode.OK


def _line(line: "Line") -> str:
    place = terminal(f"{line.file}:{line.line}: {line.address}")
    if not line.path:
        return f"{place}: deleted in the CRM, so its entry is taken out"
    old = terminal(line.old) if line.old else "(not written here)"
    return f"{place} {terminal(line.path)}: {old} → {terminal(line.new)}"


def _tell(settings: Globals, found: "Pulled", *, check: bool) -> None:
    if found.left:
        from syncer.render.problems import problems_text  # noqa: PLC0415 (only then)

        settings.show(problems_text(found.left, settings.look(sys.stderr), verbose=settings.verbose))
    if found.unknown:
        number = counted(found.unknown, "field differs", "fields differ")
        settings.say(
            f"{number} of which nothing was ever agreed, so nobody can tell who moved. "
            f"To take the CRM's side: syncer pull --take crm {found.example}"
        )
    if not found.remembers:
        settings.say("Nothing is remembered of this space yet; the next apply begins with it.")
    if not found.lines:
        settings.say("Nothing to pull.")
        return
    values = sum(bool(line.path) for line in found.lines)
    entries = len(found.lines) - values
    what = " and ".join(
        part
        for number, part in (
            (values, counted(values, "value")),
            (
                entries,
                f"{counted(entries, 'entry', 'entries')} to take out"
                if check
                else counted(entries, "entry", "entries"),
            ),
        )
        if number
    )
    files = counted(len(found.files), "file")
    if check:
        settings.say(f"There is something to pull: {what}, in {files}.")
    else:
        settings.say(f"Pulled {what} into {files}. Review it, commit it, and run apply when it is merged.")
