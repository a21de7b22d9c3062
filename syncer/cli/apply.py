"""`syncer apply`: do what a plan says."""

import os
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from syncer.cli.settings import Settings, attended, out
from syncer.errors import ExitCode, Problem, StoppedError, SyncerError, UsageError
from syncer.guard import GUARDS
from syncer.model import Declared, Outcome, Plan
from syncer.project import Connection, Project

if TYPE_CHECKING:
    from syncer.apply.run import Report
    from syncer.remote.client import Api


@click.command()
@click.argument("plan", required=False, type=click.Path(path_type=Path))
@click.option("--auto-approve", is_flag=True, help="Do not ask; needed without a terminal.")
@click.option("--resume", is_flag=True, help="Go on with the plan of an apply that did not finish.")
@click.option(
    "--format",
    "style",
    type=click.Choice(["text", "json"]),
    default="text",
    show_default=True,
    help="json: one event a line.",
)
@click.option(
    "--parallelism", type=click.IntRange(1, 32), default=4, show_default=True, help="Batches in flight."
)
@click.option(
    "--allow",
    "allow",
    metavar="GUARD",
    multiple=True,
    type=click.Choice(GUARDS),
    help="Lift a guard for this run.",
)
@click.option(
    "--grace",
    type=click.FloatRange(0, 600),
    default=3.0,
    show_default=True,
    metavar="SECONDS",
    help="How late a server may commit what it did not answer.",
)
@click.option(
    "--timeout",
    type=click.FloatRange(0, 3600, min_open=True),
    metavar="SECONDS",
    help="How long to wait for an answer; 60 s when reading, 120 s when writing, when left out.",
)
@click.pass_obj
def apply(
    settings: Settings,
    plan: Path | None,
    auto_approve: bool,
    resume: bool,
    style: str,
    parallelism: int,
    allow: tuple[str, ...],
    grace: float,
    timeout: float | None,
) -> int:
    """Do what a plan says, exactly, and prove it.

    Without PLAN: plans, shows, asks, then writes. With PLAN: applies the saved plan without asking.
    """
    from syncer import workflow  # noqa: PLC0415 (heavy)
    from syncer.apply.lock import project_lock  # noqa: PLC0415
    from syncer.apply.write import Options  # noqa: PLC0415

    settings.events = style == "json"
    if plan is not None and resume:
        raise UsageError(
            Problem("usage", "Either a plan or --resume, not both.", hint="--resume has its own plan")
        )
    project = settings.project()
    with (
        _stoppable(settings) as stopping,
        project_lock(workflow.state_folder(project)) as took_over,
        settings.connect(project, parallelism=parallelism, timeout=timeout) as (api, connection),
    ):
        stopping.ends(api.stop)
        if took_over:
            settings.say(took_over)
        left = workflow.unfinished(project)
        if resume:
            plan = workflow.resumable(project).plan
        for entry in left:
            settings.say(
                f"An apply of {entry.started} did not finish: {entry.done} written, "
                f"{len(entry.uncertain)} uncertain. What is there is looked up before anything is sent."
            )
        workflow.settle(api, left, grace)
        planned, declared = _decide(settings, project, connection, api, plan)
        if plan is None:
            _show(settings, planned, style)
        workflow.check_guards(planned, allow)
        if plan is None and planned.writes:
            with stopping.at_once():
                if not _approved(auto_approve):
                    settings.say("Nothing was written.")
                    return ExitCode.ERROR
        api.start_clock()
        if style == "json":
            _start(planned)
        with _progress(settings, len(planned.writes)) as tick:
            report = workflow.apply(
                api,
                project,
                planned,
                declared=declared,
                options=Options(parallelism=parallelism, grace=grace),
                allow=allow,
                progress=tick,
                whole=plan is None,
            )
        with stopping.not_now():
            return _tell(settings, report, style)


def _decide(
    settings: Settings, project: Project, connection: Connection, api: "Api", path: Path | None
) -> tuple[Plan, tuple[Declared, ...]]:
    """Return the plan, and the declarations behind it when they are at hand."""
    from syncer import workflow  # noqa: PLC0415 (heavy)

    if path is None:
        manifests = settings.manifests(project, (), planning=True)
        planned = workflow.plan(api, project, connection, manifests)
        return planned.plan, planned.declared
    loaded = workflow.load_plan(path, project, connection)
    try:
        manifests = settings.manifests(project, ())
    except SyncerError:
        return loaded, ()
    # The lines of the files help to place what the service says; but only of the same files.
    same = manifests.digest == loaded.source.digest
    return loaded, manifests.declared if same else ()


def _show(settings: Settings, planned: Plan, style: str) -> None:
    from syncer.render.text import plan_text  # noqa: PLC0415 (heavy)

    stream = sys.stderr if style == "json" else sys.stdout
    if style == "json" and settings.quiet:
        return
    stream.write(plan_text(planned, settings.look(stream), verbose=settings.verbose) + "\n\n")
    stream.flush()


def _approved(auto_approve: bool) -> bool:
    """Ask, when there is somebody to ask.

    Raises:
        UsageError: There is no terminal and nobody approved.
    """
    if auto_approve:
        return True
    if not attended(sys.stdin):
        raise UsageError(
            Problem(
                "needs-approval",
                "There is no terminal to ask on.",
                hint="review the plan, then run `syncer apply --auto-approve`; or save it with "
                "`syncer plan --out plan.json` and run `syncer apply plan.json`",
            )
        )
    click.echo("Apply these changes? Only `yes` does it: ", nl=False, err=True)
    return sys.stdin.readline().strip() == "yes"


def _start(planned: Plan) -> None:
    from syncer.render.json import event_line, start_event  # noqa: PLC0415 (only then)

    out(event_line(start_event(planned)))


def _tell(settings: Settings, report: "Report", style: str) -> int:
    from syncer import workflow  # noqa: PLC0415 (heavy)
    from syncer.render.problems import problems_text  # noqa: PLC0415

    code = workflow.exit_code(report)
    if style == "json":
        from syncer.render.json import event_line, outcome_event, summary_event  # noqa: PLC0415

        for result in report.results:
            out(event_line(outcome_event(result)))
        out(event_line(summary_event(report.results, code)))
    elif not settings.verbose:
        # The text below leaves out what is unchanged; not what there is to say about it.
        told = [
            problem
            for result in report.results
            if result.outcome is Outcome.UNCHANGED
            for problem in result.problems
        ]
        if told:
            out(problems_text(told, settings.look(sys.stdout)) + "\n")
    if report.stopped:
        settings.say("Interrupted: what was in flight was finished, nothing more was sent.")
    if report.journal is not None:
        settings.say("To go on: `syncer apply` plans anew, `syncer apply --resume` finishes the same plan.")
    if style == "text":
        from syncer.render.text import results_text  # noqa: PLC0415 (only then)

        out(results_text(report.results, settings.look(sys.stdout), verbose=settings.verbose))
    return code


class _Stopping:
    """What a signal does: end in order at the first, at once at the second; the journal tells the rest."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._stop: Callable[[], None] | None = None
        self._stopped = False
        self._at_once = False
        self._not_now = False

    def ends(self, stop: Callable[[], None]) -> None:
        """Call *stop* at the first signal."""
        self._stop = stop

    def at_once(self) -> AbstractContextManager[None]:
        """While nothing is in flight, as when somebody is asked, the first signal ends the run."""
        return self._while("_at_once")

    def not_now(self) -> AbstractContextManager[None]:
        """While the result is told, no signal cuts it off."""
        return self._while("_not_now")

    @contextmanager
    def _while(self, name: str) -> Iterator[None]:
        setattr(self, name, True)
        try:
            yield
        finally:
            setattr(self, name, False)

    def signalled(self, number: int, _frame: Any) -> None:
        """Handle one signal, in the main thread."""
        if self._not_now:
            return
        if self._at_once or self._stop is None:
            raise StoppedError(Problem("interrupted", "Stopped before anything was written."))
        if self._stopped:
            os._exit(ExitCode.INTERRUPTED)
        self._stopped = True
        name = "Ctrl-C" if number == signal.SIGINT else signal.Signals(number).name
        self._settings.say(f"\n{name}: finishing what is in flight; once more stops at once.")
        self._stop()


@contextmanager
def _stoppable(settings: Settings) -> Iterator[_Stopping]:
    """Yield what Ctrl-C and SIGTERM do meanwhile.

    Raises:
        StoppedError: Stopped before anything was written; later, the report tells.
    """
    stopping = _Stopping(settings)
    before = {number: signal.signal(number, stopping.signalled) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield stopping
    except StoppedError:
        raise StoppedError(Problem("interrupted", "Stopped before anything was written.")) from None
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextmanager
def _progress(settings: Settings, total: int) -> "Iterator[Any]":
    """Yield the callback that shows (settled, all): a bar on a terminal, now and then a line otherwise."""
    if settings.quiet or total == 0:
        yield lambda _done, _all: None
        return
    if not attended(sys.stderr):
        yield _Lines(settings)
        return
    from rich.console import Console  # noqa: PLC0415 (heavy, and only for a terminal)
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn  # noqa: PLC0415

    look = settings.look(sys.stderr)
    console = Console(file=sys.stderr, no_color=not look.color)
    columns = (TextColumn("Applying"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True) as bar:
        task = bar.add_task("", total=total)
        yield lambda done, _all: bar.update(task, completed=done)


class _Lines:
    """Progress for a log: a line for every tenth of the way."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._told = 0

    def __call__(self, done: int, total: int) -> None:
        tenth = done * 10 // total
        if tenth > self._told:
            self._told = tenth
            self._settings.say(f"Applying: {done:,} of {total:,}")
