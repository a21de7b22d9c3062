"""`syncer show`: a saved plan again."""

from pathlib import Path

import click

from syncer.cli.common import Globals, out
from syncer.cli.plan import STYLES, document_on_stdout, report_html, show_plan
from syncer.model.codes import ExitCode


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
def show(settings: Globals, plan: Path, style: str, html: Path | None) -> int:
    """Show a saved plan again."""
    from syncer.cli import outputs as outfile_outputs  # noqa: PLC0415 (heavy)
    from syncer.files import one as outfile_one  # noqa: PLC0415 (heavy)
    from syncer.formats import plan_file  # noqa: PLC0415 (heavy)

    on_stdout = html is not None and bool(document_on_stdout({"--html": html}, style))
    outfile_outputs.check({"--html": html}, inputs=[plan])
    planned = plan_file.load(plan)
    if html is not None and not on_stdout:
        outfile_one.write(html, report_html(planned), mode=0o644)
    if on_stdout:
        out(report_html(planned))
    else:
        show_plan(settings, planned, style)
    return ExitCode.OK
