"""`syncer plan`: what apply would do."""

import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import click

from syncer.cli.annotations import problems_as
from syncer.cli.common import Globals, out
from syncer.cli.options import existing_option, take_option, target_option, timeout_option
from syncer.cli.strict import StrictCommand, codes, strict_option
from syncer.model import job
from syncer.model.codes import ExitCode
from syncer.model.declared import Existing
from syncer.model.notice import Notice
from syncer.model.plan import Plan
from syncer.model.problem import Problem, SyncerError, UsageError

STYLES = ("text", "json", "csv", "markdown", "github", "sarif")
_ANNOTATIONS = ("github", "sarif")


@click.command(cls=StrictCommand)
@click.argument("paths", nargs=-1, type=click.Path(path_type=Path))
@click.option(
    "--out",
    "file",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Save the plan for apply; - is stdout.",
)
@click.option(
    "--format", "style", type=click.Choice(STYLES), default="text", show_default=True, help="How to show it."
)
@click.option(
    "--html",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Write a report for a browser, too; - is stdout.",
)
@click.option("--detailed-exitcode", is_flag=True, help="Exit with 2 when there are changes or drift.")
@target_option
@existing_option
@take_option
@timeout_option
@strict_option
@click.pass_obj
def plan(
    settings: Globals,
    paths: tuple[Path, ...],
    file: Path | None,
    style: str,
    html: Path | None,
    detailed_exitcode: bool,
    targets: tuple[str, ...],
    existing: str | None,
    takes: tuple[tuple[str, str], ...],
    timeout: float | None,
    strict: tuple[str, ...],
) -> int:
    """Show what apply would do; change nothing.

    With csv it is a table, a row for each field that changes. With github and sarif the output holds
    annotations of lines of the manifests, and no changes.
    """
    settings.events = style == "json"
    outputs = {"--out": file, "--html": html}
    on_stdout = document_on_stdout(outputs, style)
    severe = codes(strict)
    try:
        project = settings.project()
        from syncer.cli.outputs import check  # noqa: PLC0415 (heavy)
        from syncer.verbs import plan as planning  # noqa: PLC0415 (as above)

        with settings.reading(), settings.planning(project, paths, timeout=timeout) as (session, manifests):
            check(outputs, project, [project.root / name for name in manifests.files])
            settings.say_reading(project, session, manifests)
            policy = Existing(existing) if existing else None
            planned = planning.plan(
                session, manifests, existing=policy, targets=targets, strict=severe, takes=takes
            ).plan
    except SyncerError as error:
        if style not in _ANNOTATIONS:
            raise
        out(problems_as(style, error.problems))
        return error.exit_code
    refused = bool(planning.errors(planned))
    write_outputs(planned, {"--html": html} if refused else outputs, on_stdout)
    if not on_stdout:
        show_plan(settings, planned, style)
    settings.notify(project, lambda: _notices(planned))
    if refused:
        settings.say("Nothing was saved: with --strict, warnings are errors.")
        return ExitCode.ERROR
    if file is not None and style == "text" and not on_stdout:
        settings.say(f"Saved. To do exactly this: syncer apply {file}")
    return ExitCode.CHANGES if detailed_exitcode and planned.departs else ExitCode.OK


def _notices(planned: Plan) -> Sequence[Notice]:
    from syncer.render.notices import of_plan  # noqa: PLC0415 (only then)

    return of_plan(planned)


def write_outputs(planned: Plan, outputs: Mapping[str, Path | None], on_stdout: str) -> None:
    """Write the documents that were asked for, one of them perhaps to stdout."""
    from syncer.files import one  # noqa: PLC0415 (heavy)
    from syncer.formats import plan_file  # noqa: PLC0415

    html, file = outputs.get("--html"), outputs.get("--out")
    if html is not None and on_stdout != "--html":
        one.write(html, report_html(planned), mode=0o644)
    if file is not None and on_stdout != "--out":
        plan_file.save(planned, file)
    if on_stdout:
        out(report_html(planned) if on_stdout == "--html" else plan_file.dump(planned))


def document_on_stdout(outputs: Mapping[str, Path | None], style: str) -> str:
    """Return the option whose document stdout holds, "" when it holds what `--format` says.

    Raises:
        UsageError: Both are asked for.
    """
    from syncer.files import one as outfile_one  # noqa: PLC0415 (heavy)

    named = next(
        (name for name, path in outputs.items() if path is not None and outfile_one.is_stdout(path)), ""
    )
    if named and style != "text":
        raise UsageError(
            Problem(
                "usage",
                f"{named} - and --format {style} both write to stdout.",
                hint="leave one out, or name a file",
            )
        )
    return named


def show_plan(settings: Globals, planned: Plan, style: str) -> None:
    """Write *planned* to stdout in one of STYLES."""
    match style:
        case "json":
            from syncer.formats import plan_file  # noqa: PLC0415 (only then)

            out(plan_file.dump(planned))
        case "csv":
            from syncer.render.table import plan_csv  # noqa: PLC0415 (only then)

            out(plan_csv(planned), encoding="utf-8")
        case "markdown":
            from syncer.render.markdown import plan_markdown  # noqa: PLC0415 (only then)

            out(plan_markdown(planned))
        case "github" | "sarif":
            out(problems_as(style, planned.problems))
        case _:
            from syncer.render.text import plan_text  # noqa: PLC0415 (only then)

            out(plan_text(planned, settings.look(sys.stdout), verbose=settings.verbose))


def report_html(planned: Plan) -> str:
    """Return *planned* as one self-contained page."""
    from syncer.render.html import plan_html  # noqa: PLC0415 (only then)

    return plan_html(planned, job.links(os.environ, planned.source.commit))
