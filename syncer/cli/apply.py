"""`syncer apply`: do what a plan says."""

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

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

if TYPE_CHECKING:
    from syncer.manifest import Manifests
    from syncer.model.outcome import Result
    from syncer.project.load import Project


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
@click.option(
    "--rejected",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Write what was not written into a .yaml or .csv file, each with the reason, to be corrected.",
)
@click.option(
    "--only",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Apply the entries of this file alone; they count in the place of those that have their keys.",
)
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
    rejected: Path | None,
    only: Path | None,
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
        given = {"--target": targets, "--existing": existing, "--take": takes, "--only": only}
        _check_alone(resume=resume, given=given)
    if only is not None and targets:
        hint = "--only plans the entries of its file, and nothing else"
        raise UsageError(Problem("usage", "Either --only or --target, not both.", hint=hint))
    project = settings.project()
    if rejected is not None:
        _check_rejected(project, rejected, [path for path in (plan, only) if path is not None])
    settings.tell_state(project)
    with (
        stoppable(settings) as stopping,
        settings.session(project, parallelism=parallelism, timeout=timeout) as session,
    ):
        space = session.connection.space_id
        try:
            what = plan or settings.manifests(project, (), planning=True, only=only)
            options = applying.ApplyOptions(
                allow,
                codes(strict),
                targets if isinstance(what, Path) or only is None else tuple(map(str, what.only)),
                Existing(existing) if existing else None,
                takes,
                resume,
                Options(parallelism=parallelism, grace=grace, quiet_wait=not no_quiet_wait),
                lock_timeout,
            )
            stopping.ends(session.api.stop)
            with CommandTalk(settings, stopping, events=settings.events, auto_approve=auto_approve) as talk:
                report = applying.apply(session, what, options=options, talk=talk)
        except SyncerError as error:
            codes_of = [problem.code for problem in error.problems]
            settings.notify(project, lambda: notices.of_refusal(space, codes_of))
            raise
        with stopping.not_now():
            code = talk.ended(report, applying.exit_code(report) if report else ExitCode.ERROR)
            if report is not None and rejected is not None:
                _keep(settings, project, what, report.results, rejected)
        if report is not None:
            settings.notify(project, lambda: notices.of_apply(space, report.results))
        return code


def _check_rejected(project: "Project", path: Path, inputs: Sequence[Path]) -> None:
    """Raise when what is rejected cannot be written to *path*."""
    from syncer.cli.outputs import check  # noqa: PLC0415 (heavy)
    from syncer.verbs import rejected  # noqa: PLC0415 (as above)

    rejected.check("--rejected", path, project)
    check({"--rejected": path}, project, inputs)


def _keep(
    settings: Globals,
    project: "Project",
    what: "Path | Manifests",
    results: "Sequence[Result]",
    path: Path,
) -> None:
    """Write what was not written into *path*; that this fails changes nothing of what was done."""
    from syncer.render.problems import counted, problems_text  # noqa: PLC0415 (only then)
    from syncer.verbs import rejected  # noqa: PLC0415 (heavy)

    try:
        if isinstance(what, Path):
            what = settings.manifests(project, ())
        found = rejected.write(project, what, results, path)
    except SyncerError as error:
        settings.show(problems_text(error.problems, settings.look(sys.stderr), verbose=settings.verbose))
        settings.say(f"What was not written is not in {path}.")
        return
    if found.left:
        settings.show(problems_text(found.left, settings.look(sys.stderr), verbose=settings.verbose))
    if found.number:
        number = counted(found.number, "entry", "entries")
        settings.say(f"{number} in {path}. Once corrected: syncer apply --only {path}")
    elif path.exists():
        settings.say(f"Nothing was rejected; {path} is of an earlier apply.")


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
