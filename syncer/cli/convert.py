"""`syncer convert`: between tables and YAML."""

import sys
from pathlib import Path

import click

from syncer.cli.common import Globals, out
from syncer.model.codes import ExitCode
from syncer.model.words import listed
from syncer.render.escape import terminal
from syncer.render.problems import counted, problems_text


@click.command()
@click.argument("sources", metavar="SOURCE...", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--to", required=True, type=click.Choice(["yaml", "csv"]), help="What to make of them.")
@click.option(
    "--out",
    "target",
    metavar="PATH",
    type=click.Path(path_type=Path),
    help="A file, when it has an ending, else a folder, with a file for each source; without it, stdout.",
)
@click.option("--force", is_flag=True, help="Replace files that exist.")
@click.pass_obj
def convert(settings: Globals, sources: tuple[Path, ...], to: str, target: Path | None, force: bool) -> int:
    """Make tables of YAML, and YAML of tables; offline."""
    from syncer.verbs import convert as converting  # noqa: PLC0415 (heavy)

    project = settings.project()
    done = converting.convert(project, sources, converting.ConvertOptions(to, target, force))
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
