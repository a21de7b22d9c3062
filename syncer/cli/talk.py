"""What an apply asks and reports on the command line: text or events, and how to go on."""

import sys
from collections.abc import Mapping
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from syncer.cli.common import Globals, attended, out, said_yes, to_stderr
from syncer.cli.stopping import GO_ON, Stopping
from syncer.formats.events import event_line, outcome_event, start_event, summary_event
from syncer.model.codes import ExitCode
from syncer.model.outcome import Outcome, Result
from syncer.model.plan import Plan
from syncer.model.problem import Problem, UsageError
from syncer.planning.advice import advice
from syncer.render.problems import problems_text
from syncer.render.text import plan_text, results_text

if TYPE_CHECKING:
    from syncer.apply.run import Report


class CommandTalk:
    """The command line during an apply; a context manager, after which no writes are counted any more.

    Args:
        settings: The global options.
        stopping: What signals do.
        events: JSON lines on stdout, each when it happens, instead of text in the end.
        auto_approve: Nobody is asked.
        command: Which one it is, for what is said.
    """

    def __init__(
        self,
        settings: Globals,
        stopping: Stopping,
        *,
        events: bool,
        auto_approve: bool,
        command: str = "apply",
    ) -> None:
        self._settings = settings
        self._stopping = stopping
        self._events = events
        self._auto_approve = auto_approve
        self._command = command
        self._advice: tuple[str, ...] = ()  # of a plan that nobody was shown now
        self._was_shown = False
        self._lost: OSError | ValueError | None = None  # why events cannot be written any more

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._settings.live.wrote(0, 0)

    def say(self, text: str) -> None:
        """Write a sentence to stderr, unless `-q`."""
        self._settings.say(text)

    def planned(self, plan: Plan) -> None:
        """Show the plan on stdout; beside events on stderr."""
        if self._events and self._settings.quiet:
            return
        self._was_shown = True
        stream = sys.stderr if self._events else sys.stdout
        text = plan_text(plan, self._settings.look(stream), verbose=self._settings.verbose) + "\n"
        if self._events:
            to_stderr(text)
        else:
            out(text + "\n")

    def approve(self, plan: Plan) -> bool:
        """Ask, when there is somebody to ask.

        Raises:
            UsageError: There is no terminal and nobody approved.
        """
        del plan  # it was shown
        if self._auto_approve:
            return True
        with self._stopping.at_once():
            if not attended(sys.stdin):
                saving = "plan" if self._command == "apply" else self._command
                raise UsageError(
                    Problem(
                        "needs-approval",
                        "There is no terminal to ask on.",
                        hint=f"review the plan, then run `syncer {self._command} --auto-approve`; or save it "
                        f"with `syncer {saving} --out plan.json` and run `syncer apply plan.json`",
                    )
                )
            return said_yes("Apply these changes?")

    def start(self, plan: Plan) -> None:
        """Write the first event; nothing is written yet, so that nobody can read it ends the run."""
        if self._events:
            out(event_line(start_event(plan)))
        if not self._was_shown:
            self._advice = advice(plan.changes)
        self._settings.live.wrote(0, len(plan.writes))

    def progress(self, done: int, all_: int) -> None:
        """Show how many writes are settled."""
        self._settings.live.wrote(done, all_)

    def outcome(self, result: Result) -> None:
        """Write the event of one change."""
        if self._events:
            self._event(outcome_event(result))

    def ended(self, report: "Report | None", code: int) -> int:
        """Report what became of it, and how to go on; return *code*, whoever may read the rest."""
        if report is None:
            self.say("Nothing was written.")
            return code
        if report.stopped:
            self.say("Interrupted: what was in flight was finished, nothing more was sent.")
        for problem in report.unremembered:
            self.say(f"What was written is not remembered yet: {problem.detail} The next apply looks it up.")
        if report.journal is not None:
            self.say(GO_ON)
        elif code == ExitCode.FAILED:
            self.say("To go on: fix what is reported, then `syncer apply` again; what is written stays.")
        for sentence in self._advice:
            self.say(sentence)
        if self._events:
            self._event(summary_event(report.results, code))
        else:
            self._results(report)
        # What was written is written: a full disk or a reader that has gone is no failure of the apply.
        if self._lost is not None and not isinstance(self._lost, BrokenPipeError):
            why = getattr(self._lost, "strerror", None) or self._lost
            self.say(f"The result cannot be written to stdout: {why}. The exit code {code} says the rest.")
        return code

    def _event(self, event: Mapping[str, Any]) -> None:
        """Write a line; when nobody reads any more, the apply goes on all the same."""
        if self._lost is None:
            try:
                out(event_line(event))
            except (OSError, ValueError) as error:
                self._lost = error

    def _results(self, report: "Report") -> None:
        look = self._settings.look(sys.stdout)
        # The text leaves out what is unchanged, unless -v; not what there is to say about it.
        problems = [
            problem
            for result in report.results
            if result.outcome is Outcome.UNCHANGED and not self._settings.verbose
            for problem in result.problems
        ]
        try:
            if problems:
                out(problems_text(problems, look) + "\n")
            out(results_text(report.results, look, verbose=self._settings.verbose))
        except (OSError, ValueError) as error:
            self._lost = error
