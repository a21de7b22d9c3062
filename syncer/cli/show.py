"""`syncer show`: a saved plan again."""

from pathlib import Path

import click

from syncer.cli.plan import STYLES, document_on_stdout, report_html, show_plan
from syncer.cli.settings import Settings, out
from syncer.errors import ExitCode


@click.command()
@click.argument("plan", type=click.Path(path_type=Path))
@click.option(
    "--format", "style", type=click.Choice(STYLES), default="text", show_default=True, help="How to show it."
)
@click.option(
    "--html",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Write a report for a browser, too; - is stdout.",
)
@click.pass_obj
def show(settings: Settings, plan: Path, style: str, html: Path | None) -> int:
    """Show a saved plan again."""
    from syncer import outfile, plan_file  # noqa: PLC0415 (heavy)

    on_stdout = html is not None and bool(document_on_stdout({"--html": html}, style))
    outfile.check({"--html": html}, inputs=[plan])
    planned = plan_file.load(plan)
    if html is not None and not on_stdout:
        outfile.write(html, report_html(planned), mode=0o644)
    if on_stdout:
        out(report_html(planned))
    else:
        show_plan(settings, planned, style)
    return ExitCode.OK
