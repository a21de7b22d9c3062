"""`syncer apply`: do what a plan says."""

from collections.abc import Mapping
from pathlib import Path

import click

from syncer.cli.common import Globals
from syncer.cli.options import (
    allow_option,
    existing_option,
    format_option,
    take_option,
    target_option,
    timeout_option,
    waiting_options,
)
from syncer.cli.stopping import stoppable
from syncer.cli.strict import StrictCommand, codes, strict_option
from syncer.model.codes import ExitCode
from syncer.model.declared import Existing
from syncer.model.problem import Problem, SyncerError, UsageError
from syncer.model.words import be, listed


@click.command(cls=StrictCommand)
@click.argument("plan", required=False, type=click.Path(path_type=Path))
@click.option("--auto-approve", is_flag=True, help="Do not ask; needed without a terminal.")
@click.option("--resume", is_flag=True, help="Go on where an apply was cut off; plans from the manifests.")
@target_option
@existing_option
@take_option
@format_option("json: one event a line.")
@click.option(
    "--parallelism", type=click.IntRange(1, 32), default=4, show_default=True, help="Batches in flight."
)
@allow_option
@waiting_options
@timeout_option
@strict_option
@click.pass_obj
def apply(
    settings: Globals,
    plan: Path | None,
    auto_approve: bool,
    resume: bool,
    targets: tuple[str, ...],
    existing: str | None,
    takes: tuple[tuple[str, str], ...],
    style: str,
    parallelism: int,
    allow: tuple[str, ...],
    grace: float,
    no_quiet_wait: bool,
    lock_timeout: float,
    timeout: float | None,
    strict: tuple[str, ...],
) -> int:
    """Do what a plan says, exactly, and prove it.

    Without PLAN: plans, shows, asks, then writes. With PLAN: applies the saved plan without asking.
    """
    from syncer.apply.write import Options  # noqa: PLC0415 (heavy, as what follows)
    from syncer.cli.talk import CommandTalk  # noqa: PLC0415
    from syncer.render import notices  # noqa: PLC0415
    from syncer.verbs import apply as applying  # noqa: PLC0415

    settings.events = style == "json"
    if plan is not None:
        _check_alone(resume=resume, given={"--target": targets, "--existing": existing, "--take": takes})
    options = applying.ApplyOptions(
        allow,
        codes(strict),
        targets,
        Existing(existing) if existing else None,
        takes,
        resume,
        Options(parallelism=parallelism, grace=grace, quiet_wait=not no_quiet_wait),
        lock_timeout,
    )
    project = settings.project()
    settings.tell_state(project)
    with (
        stoppable(settings) as stopping,
        settings.session(project, parallelism=parallelism, timeout=timeout) as session,
    ):
        space = session.connection.space_id
        try:
            what = plan or settings.manifests(project, (), planning=True)
            stopping.ends(session.api.stop)
            with CommandTalk(settings, stopping, events=settings.events, auto_approve=auto_approve) as talk:
                report = applying.apply(session, what, options=options, talk=talk)
        except SyncerError as error:
            codes_of = [problem.code for problem in error.problems]
            settings.notify(project, lambda: notices.of_refusal(space, codes_of))
            raise
        with stopping.not_now():
            code = talk.ended(report, applying.exit_code(report) if report else ExitCode.ERROR)
        if report is not None:
            settings.notify(project, lambda: notices.of_apply(space, report.results))
        return code


def _check_alone(*, resume: bool, given: Mapping[str, object]) -> None:
    """Raise when an option that decides what is planned stands beside a plan that is decided.

    Raises:
        UsageError: One does.
    """
    if resume:
        hint = "--resume plans from the manifests"
        raise UsageError(Problem("usage", "Either a plan or --resume, not both.", hint=hint))
    if names := [name for name, value in given.items() if value]:
        detail = f"{listed(names)} {be(names)} part of a saved plan."
        hint = f"make the plan with {listed(names)}; or leave PLAN out"
        raise UsageError(Problem("usage", detail, hint=hint))
