"""`syncer show`: a saved plan again."""

from pathlib import Path

import click

from syncer.cli.plan import STYLES, report_html, show_plan
from syncer.cli.settings import Settings
from syncer.errors import ExitCode


@click.command()
@click.argument("plan", type=click.Path(path_type=Path))
@click.option(
    "--format", "style", type=click.Choice(STYLES), default="text", show_default=True, help="How to show it."
)
@click.option(
    "--html", type=click.Path(path_type=Path, dir_okay=False), help="Write a report for a browser, too."
)
@click.pass_obj
def show(settings: Settings, plan: Path, style: str, html: Path | None) -> int:
    """Show a saved plan again."""
    from syncer import plan_file  # noqa: PLC0415 (heavy)

    planned = plan_file.load(plan)
    if html is not None:
        plan_file.write_whole(html, report_html(planned), mode=0o644)
    show_plan(settings, planned, style)
    return ExitCode.OK
