"""`syncer convert`: between tables and YAML."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from syncer.cli.common import Globals, out
from syncer.cli.options import timeout_option
from syncer.model.codes import ExitCode
from syncer.model.problem import Problem, UsageError
from syncer.model.signs import Phase
from syncer.model.words import listed
from syncer.render.escape import terminal
from syncer.render.problems import counted, problems_text

if TYPE_CHECKING:
    from syncer.project.load import Project
    from syncer.tables.choices import Choices


@click.command()
@click.argument("sources", metavar="SOURCE...", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--to", required=True, type=click.Choice(["yaml", "csv", "xlsx"]), help="What to make of them.")
@click.option(
    "--out",
    "target",
    metavar="PATH",
    type=click.Path(path_type=Path),
    help="A file, when it has an ending, else a folder, with a file for each source; without it, stdout.",
)
@click.option("--sheet", metavar="NAME", help="Which sheet of a workbook to read; else the first one.")
@click.option("--live", is_flag=True, help="With --to xlsx: lists of the names of the space to choose from.")
@click.option("--force", is_flag=True, help="Replace files that exist.")
@timeout_option
@click.pass_obj
def convert(
    settings: Globals,
    sources: tuple[Path, ...],
    to: str,
    target: Path | None,
    sheet: str | None,
    live: bool,
    force: bool,
    timeout: float | None,
) -> int:
    """Make tables of YAML, and YAML of tables; offline."""
    if live and to != "xlsx":
        raise UsageError(
            Problem(
                "usage",
                "Only a workbook has lists to choose from.",
                hint="add --to xlsx, or leave --live out",
            )
        )
    from syncer.verbs import convert as converting  # noqa: PLC0415 (heavy)

    project = settings.project()
    choices = _choices(settings, project, timeout) if live else None
    options = converting.ConvertOptions(to, target, sheet, force, choices)
    done = converting.convert(project, sources, options)
    if done.warnings:
        settings.show(problems_text(done.warnings, settings.look(sys.stderr), verbose=settings.verbose))
    if target is None:
        out(done.text)
        return ExitCode.OK
    out("\n".join(map(terminal, done.files)))
    number = counted(done.number, "entry", "entries")
    settings.say(
        f"Converted {number} of {counted(len(done.sources), 'file')} into {counted(len(done.files), 'file')}."
    )
    if done.twice:
        settings.say(
            f"{listed(list(done.twice))} declares the same as what was written; take one of the two out "
            "before you plan."
        )
    return ExitCode.OK


def _choices(settings: Globals, project: "Project", timeout: float | None) -> "Choices":
    """Return what the space offers for each column."""
    from syncer.tables.choices import choices  # noqa: PLC0415 (only with --live)
    from syncer.verbs.live_schema import live_schema  # noqa: PLC0415 (as above)

    with (
        settings.session(project, timeout=timeout) as session,
        settings.live.during(Phase("Reading the names of the space")),
    ):
        return choices(live_schema(session))
