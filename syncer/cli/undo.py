"""`syncer undo`: the plan that takes a run back."""

from pathlib import Path

import click

from syncer.cli.common import Globals
from syncer.cli.options import allow_option, format_option, timeout_option, waiting_options
from syncer.cli.plan import document_on_stdout, show_plan, write_outputs
from syncer.cli.stopping import stoppable
from syncer.model.codes import ExitCode
from syncer.project.load import Project


@click.command()
@click.argument("run", required=False)
@click.option(
    "--out",
    "file",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Save the plan for apply, and do nothing else.",
)
@format_option("json: one event a line; with --out the plan.")
@allow_option
@click.option("--auto-approve", is_flag=True, help="Do not ask; needed without a terminal.")
@waiting_options
@timeout_option
@click.pass_obj
def undo(
    settings: Globals,
    run: str | None,
    file: Path | None,
    style: str,
    allow: tuple[str, ...],
    auto_approve: bool,
    grace: float,
    no_quiet_wait: bool,
    lock_timeout: float,
    timeout: float | None,
) -> int:
    """Take a run back: restore what it changed or deleted, delete what it created.

    Without RUN it takes back the last one. A record that somebody changed since the run is a conflict, and
    stays as it is.
    """
    from syncer.apply.write import Options  # noqa: PLC0415 (heavy, as what follows)
    from syncer.cli.talk import CommandTalk  # noqa: PLC0415
    from syncer.verbs import apply as applying  # noqa: PLC0415
    from syncer.verbs import undo as undoing  # noqa: PLC0415

    settings.events = style == "json"
    project = settings.project()
    if file is not None:
        return _save(settings, project, run, file, style, timeout)
    options = applying.ApplyOptions(
        allow, writing=Options(grace=grace, quiet_wait=not no_quiet_wait), lock_timeout=lock_timeout
    )
    with stoppable(settings) as stopping, settings.session(project, timeout=timeout) as session:
        stopping.ends(session.api.stop)
        with CommandTalk(
            settings, stopping, events=settings.events, auto_approve=auto_approve, command="undo"
        ) as talk:
            report = undoing.take_back(session, run, options=options, talk=talk)
        with stopping.not_now():
            return talk.ended(report, applying.exit_code(report) if report else ExitCode.ERROR)


def _save(
    settings: Globals, project: Project, run: str | None, file: Path, style: str, timeout: float | None
) -> int:
    from syncer.cli.outputs import check  # noqa: PLC0415 (heavy)
    from syncer.verbs import undo as undoing  # noqa: PLC0415 (as above)

    outputs = {"--out": file}
    with settings.reading(), settings.session(project, timeout=timeout) as session:
        check(outputs, project)
        planned = undoing.plan(session, run).plan
    # What `--format` says is only shown where the plan goes elsewhere.
    on_stdout = document_on_stdout(outputs, "text")
    write_outputs(planned, outputs, on_stdout)
    if on_stdout:
        return ExitCode.OK
    show_plan(settings, planned, style)
    if style == "text":
        settings.say(f"Saved. To do exactly this: syncer apply {file}")
    return ExitCode.OK
