"""`syncer validate`: manifests and project, offline."""

import sys
from pathlib import Path

import click

from syncer.cli.settings import Settings, out
from syncer.errors import ExitCode, SyncerError
from syncer.render.problems import counted, problems_text


@click.command()
@click.argument("paths", nargs=-1, type=click.Path(path_type=Path))
@click.option(
    "--format",
    "style",
    type=click.Choice(["text", "json", "github", "sarif"]),
    default="text",
    show_default=True,
    help="How to tell what is wrong.",
)
@click.pass_obj
def validate(settings: Settings, paths: tuple[Path, ...], style: str) -> int:
    """Check manifests and project without a network."""
    try:
        project = settings.project()
        manifests = settings.manifests(project, paths)
    except SyncerError as error:
        if style == "text":
            raise
        out(problems_as(style, error))
        return error.exit_code
    if manifests.warnings:
        settings.say(problems_text(manifests.warnings, settings.look(sys.stderr)))
    if style == "text":
        number = len(manifests.declared)
        out(
            f"{counted(number, 'opportunity', 'opportunities')} in {counted(len(manifests.files), 'file')}: "
            "no problems."
        )
    else:
        out(problems_as(style, SyncerError(manifests.warnings)))
    return ExitCode.OK


def problems_as(style: str, error: SyncerError) -> str:
    """Return the problems of *error* for a machine: `json`, `github` annotations or `sarif`."""
    from syncer.render.json import json_text  # noqa: PLC0415 (not for text)
    from syncer.render.problems import problems_github, problems_json, problems_sarif  # noqa: PLC0415

    match style:
        case "github":
            return problems_github(error.problems)
        case "sarif":
            return json_text(problems_sarif(error.problems))
        case _:
            return json_text({"problems": problems_json(error.problems)})
