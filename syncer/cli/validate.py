"""`syncer validate`: manifests and project, offline."""

import sys
from pathlib import Path

import click

from syncer.cli.annotations import problems_as
from syncer.cli.common import Globals, out
from syncer.kinds import count
from syncer.model.codes import ExitCode
from syncer.model.problem import SyncerError
from syncer.render.problems import counted, problems_text


@click.command()
@click.argument("paths", nargs=-1, type=click.Path(path_type=Path))
@click.option(
    "--format",
    "style",
    type=click.Choice(["text", "json", "github", "sarif"]),
    default="text",
    show_default=True,
    help="How to show what is wrong.",
)
@click.pass_obj
def validate(settings: Globals, paths: tuple[Path, ...], style: str) -> int:
    """Check manifests and project without a network."""
    try:
        project = settings.project()
        manifests = settings.manifests(project, paths)
    except SyncerError as error:
        if style == "text":
            raise
        out(problems_as(style, error.problems))
        return error.exit_code
    if manifests.warnings:
        settings.show(problems_text(manifests.warnings, settings.look(sys.stderr), verbose=settings.verbose))
    if style == "text":
        records = count.counted(entry.address for entry in manifests.declared)
        out(f"{records} in {counted(len(manifests.files), 'file')}: no problems.")
    else:
        out(problems_as(style, manifests.warnings))
    return ExitCode.OK
