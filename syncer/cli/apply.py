"""`syncer apply`: do what a plan says."""

import os
import signal
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import click

from syncer.cli.common import Globals, attended, out
from syncer.cli.strict import EVERYTHING, StrictCommand, codes, strict_option
from syncer.model.codes import ExitCode
from syncer.model.declared import Declared
from syncer.model.outcome import Outcome, Result
from syncer.model.plan import Plan
from syncer.model.problem import Problem, ResolveError, Severity, StoppedError, SyncerError, UsageError
from syncer.planning.guard import GUARDS
from syncer.project.load import Connection, Project

if TYPE_CHECKING:
    from syncer.apply.past import Past
    from syncer.apply.run import Report
    from syncer.remote.client import Api

_GO_ON: Final = (
    "To go on: `syncer apply`, or `syncer apply --resume`; either looks up what is there, and sends only the "
    "rest."
)


@click.command(cls=StrictCommand)
@click.argument("plan", required=False, type=click.Path(path_type=Path))
@click.option("--auto-approve", is_flag=True, help="Do not ask; needed without a terminal.")
@click.option("--resume", is_flag=True, help="Go on where an apply was cut off; plans from the manifests.")
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
    type=click.FloatRange(0, 600, min_open=True),
    default=3.0,
    show_default=True,
    metavar="SECONDS",
    help="How late a server may commit what it did not answer, or list what it committed.",
)
@click.option(
    "--no-quiet-wait",
    is_flag=True,
    help="Do not wait the grace time before the first create, where no earlier apply is known to have ended.",
)
@click.option(
    "--timeout",
    type=click.FloatRange(0, 3600, min_open=True),
    metavar="SECONDS",
    help="How long one request may take; when left out, 60 s of silence when reading, 120 s when writing.",
)
@strict_option
@click.pass_obj
def apply(
    settings: Globals,
    plan: Path | None,
    auto_approve: bool,
    resume: bool,
    style: str,
    parallelism: int,
    allow: tuple[str, ...],
    grace: float,
    no_quiet_wait: bool,
    timeout: float | None,
    strict: tuple[str, ...],
) -> int:
    """Do what a plan says, exactly, and prove it.

    Without PLAN: plans, shows, asks, then writes. With PLAN: applies the saved plan without asking.
    """
    from syncer.apply.lock import space_lock  # noqa: PLC0415
    from syncer.apply.past import Past  # noqa: PLC0415
    from syncer.apply.write import Options  # noqa: PLC0415
    from syncer.verbs import apply as applying  # noqa: PLC0415 (heavy)
    from syncer.verbs import plan as planning  # noqa: PLC0415

    settings.events = style == "json"
    if plan is not None and resume:
        raise UsageError(
            Problem("usage", "Either a plan or --resume, not both.", hint="--resume plans from the manifests")
        )
    severe = codes(strict)
    options = Options(parallelism=parallelism, grace=grace, quiet_wait=not no_quiet_wait)
    if severe & {EVERYTHING, "look-alike"}:
        options.look_alikes = Severity.ERROR
    project = settings.project()
    with (
        _stoppable(settings) as stopping,
        settings.connect(project, parallelism=parallelism, timeout=timeout) as (api, connection),
        space_lock(folder := applying.state_folder(project, connection)) as took_over,
    ):
        stopping.ends(api.stop)
        if took_over:
            settings.say(took_over)
        past = Past.of(folder)
        if resume and not past.left:
            raise SyncerError(
                Problem("unfinished", "There is no unfinished apply to resume.", hint="run `syncer apply`")
            )
        for entry in past.left:
            settings.say(
                f"An apply of {entry.started} did not finish: {len(entry.done)} written, "
                f"{len(entry.uncertain)} uncertain. What is there is looked up before anything is sent."
            )
        applying.settle(api, past, grace, settings.say)
        decided = _decide(settings, project, connection, api, plan, past, severe)
        if plan is None:
            _show(settings, decided.plan, style)
        # Breached guards are told next, with an exit code of their own, unless they are lifted.
        if refused := [problem for problem in planning.errors(decided.plan) if problem.code != "guard"]:
            raise ResolveError(refused)
        applying.check_guards(decided.plan, allow)
        if plan is None and decided.plan.writes:
            with stopping.at_once():
                if not _approved(auto_approve):
                    settings.say("Nothing was written.")
                    return ExitCode.ERROR
        api.start_clock()
        events = _Events(style == "json")
        events.start(decided.plan)
        with _progress(settings, len(decided.plan.writes)) as tick:
            report = applying.apply(
                api,
                folder,
                decided.plan,
                past,
                declared=decided.declared,
                options=options,
                allow=allow,
                progress=tick,
                tell=events.outcome,
                say=settings.say,
                seal=decided.seal,
            )
        with stopping.not_now():
            return _tell(settings, report, events)


class _Decided(NamedTuple):
    """The plan; the declarations behind it, when they are at hand; and the seal of a saved one."""

    plan: Plan
    declared: tuple[Declared, ...]
    seal: str | None = None


def _decide(
    settings: Globals,
    project: Project,
    connection: Connection,
    api: "Api",
    path: Path | None,
    past: "Past",
    severe: frozenset[str],
) -> _Decided:
    from syncer.verbs import apply as applying  # noqa: PLC0415 (heavy)
    from syncer.verbs import plan as planning  # noqa: PLC0415

    if path is None:
        manifests = settings.manifests(project, (), planning=True)
        planned = planning.plan(api, project, connection, manifests, strict=severe)
        return _Decided(planned.plan, planned.declared)
    loaded, seal = applying.load_plan(path, project, connection, past)
    loaded = replace(loaded, problems=planning.severe(loaded.problems, severe))
    try:
        manifests = settings.manifests(project, ())
    except SyncerError:
        return _Decided(loaded, (), seal)
    # The lines of the files help to place what the service says; but only of the same files.
    same = manifests.digest == loaded.source.digest
    return _Decided(loaded, manifests.declared if same else (), seal)


def _show(settings: Globals, planned: Plan, style: str) -> None:
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


class _Events:
    """JSON lines on stdout, each when it happens; nothing for people who read text."""

    def __init__(self, wanted: bool) -> None:
        self.wanted = wanted
        self.lost: OSError | ValueError | None = None

    def start(self, planned: Plan) -> None:
        """Tell what is about to be done; nothing is written yet, so that nobody can read it ends the run."""
        if self.wanted:
            from syncer.formats.events import event_line, start_event  # noqa: PLC0415 (only then)

            out(event_line(start_event(planned)))

    def outcome(self, result: Result) -> None:
        if self.wanted:
            from syncer.formats.events import outcome_event  # noqa: PLC0415 (only then)

            self._write(outcome_event(result))

    def summary(self, results: Iterable[Result], code: int) -> None:
        if self.wanted:
            from syncer.formats.events import summary_event  # noqa: PLC0415 (only then)

            self._write(summary_event(results, code))

    def _write(self, event: Mapping[str, Any]) -> None:
        """Write a line; when nobody reads any more, the apply goes on all the same."""
        if self.lost is None:
            from syncer.formats.events import event_line  # noqa: PLC0415 (only then)

            try:
                out(event_line(event))
            except (OSError, ValueError) as error:
                self.lost = error


def _tell(settings: Globals, report: "Report", events: _Events) -> int:
    """Tell what became of it, and how to go on; return the exit code, whoever may hear the rest."""
    from syncer.verbs import apply as applying  # noqa: PLC0415 (heavy)

    code = applying.exit_code(report)
    if report.stopped:
        settings.say("Interrupted: what was in flight was finished, nothing more was sent.")
    if report.journal is not None:
        settings.say(_GO_ON)
    elif code == ExitCode.FAILED:
        settings.say("To go on: mend what is said of each, then `syncer apply` again; what is written stays.")
    events.summary(report.results, code)
    lost = events.lost
    if not events.wanted:
        try:
            _tell_results(settings, report)
        except (OSError, ValueError) as error:
            lost = error
    # What was written is written: a full disk or a reader that has gone is no failure of the apply.
    if lost is not None and not isinstance(lost, BrokenPipeError):
        why = getattr(lost, "strerror", None) or lost
        settings.say(f"The result cannot be written to stdout: {why}. The exit code {code} tells it.")
    return code


def _tell_results(settings: Globals, report: "Report") -> None:
    from syncer.render.problems import problems_text  # noqa: PLC0415
    from syncer.render.text import results_text  # noqa: PLC0415

    if not settings.verbose:
        # The text below leaves out what is unchanged; not what there is to say about it.
        told = [
            problem
            for result in report.results
            if result.outcome is Outcome.UNCHANGED
            for problem in result.problems
        ]
        if told:
            out(problems_text(told, settings.look(sys.stdout)) + "\n")
    out(results_text(report.results, settings.look(sys.stdout), verbose=settings.verbose))


class _Stopping:
    """What a signal does: end in order at the first, at once at the second; the journal tells the rest."""

    def __init__(self, settings: Globals) -> None:
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
            # Past the stream, which may be in the middle of a line of ours.
            with suppress(OSError):
                os.write(2, f"\nStopped at once. {_GO_ON}\n".encode())
            os._exit(ExitCode.INTERRUPTED)
        self._stopped = True
        name = "Ctrl-C" if number == signal.SIGINT else signal.Signals(number).name
        self._settings.say(f"\n{name}: finishing what is in flight; once more stops at once.")
        self._stop()


@contextmanager
def _stoppable(settings: Globals) -> Iterator[_Stopping]:
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
def _progress(settings: Globals, total: int) -> "Iterator[Any]":
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
    bar = Progress(*columns, console=console, transient=True)
    task = bar.add_task("", total=total)
    unseen = suppress(OSError, ValueError)  # that nobody sees it any more stops no apply

    def tick(done: int, _all: int) -> None:
        with unseen:
            bar.update(task, completed=done)

    with unseen:
        bar.start()
    try:
        yield tick
    finally:
        with unseen:
            bar.stop()


class _Lines:
    """Progress for a log: a line for every tenth of the way."""

    def __init__(self, settings: Globals) -> None:
        self._settings = settings
        self._told = 0

    def __call__(self, done: int, total: int) -> None:
        tenth = done * 10 // total
        if tenth > self._told:
            self._told = tenth
            self._settings.say(f"Applying: {done:,} of {total:,}")
