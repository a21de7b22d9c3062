"""`syncer init`: a new project."""

import os
import re
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from syncer.cli.common import Globals, attended, out
from syncer.cli.options import timeout_option
from syncer.model.codes import ExitCode
from syncer.model.problem import Problem, ProjectError, SyncerError, UsageError
from syncer.render.escape import terminal
from syncer.state.choice import BACKENDS
from syncer.state.choice import Choice as StateChoice
from syncer.verbs.workflow import GITLAB, SERVICES

if TYPE_CHECKING:
    from syncer.model.plan import Plan
    from syncer.project.connection import Connection
    from syncer.project.load import Project
    from syncer.verbs.scaffold import Answers, Choices

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*")
_EXAMPLE = "https://us-east.api.pipelinersales.com"
_START = "syncer sandbox serve --port 8080\nand paste the export lines it prints into this terminal"


# What one answer was wrong about, by the code of the problem: that one is asked again.
_OF_URL = frozenset({"unreachable", "tls", "untrusted-host", "not-the-api", "redirected", "timeout"})
_OF_SPACE = frozenset({"space-not-found"})
_NONE = "none"


@click.command()
@click.argument("folder", metavar="[DIR]", default=".", type=click.Path(path_type=Path, file_okay=False))
@click.option("--url", metavar="URL", help="Service URL of the space.")
@click.option("--space-id", metavar="ID", help="Id of the space, as shown with the credentials.")
@click.option("--sandbox", is_flag=True, help="For the local sandbox that PIPELINER_URL names.")
@click.option(
    "--state",
    "backend",
    type=click.Choice(BACKENDS),
    help="Where to keep what is remembered; when left out, git in a repository with a remote, else local.",
)
@click.option(
    "--ci",
    "service",
    type=click.Choice([*SERVICES, _NONE]),
    help="Whose CI plans and applies; when left out, that of the repository's remote.",
)
@click.option("--live", is_flag=True, help="Write a schema for editors that knows the names of the space.")
@click.option("--no-input", is_flag=True, help="Ask nothing; what is not given is an error.")
@click.option("--force", is_flag=True, help="Replace files that exist.")
@timeout_option
@click.pass_obj
def init(
    settings: Globals,
    folder: Path,
    url: str | None,
    space_id: str | None,
    sandbox: bool,
    backend: str | None,
    service: str | None,
    live: bool,
    no_input: bool,
    force: bool,
    timeout: float | None,
) -> int:
    """Set up a project: syncer.yaml, a first manifest, a CI workflow."""
    from syncer.verbs import scaffold  # noqa: PLC0415 (heavy)

    ask = not no_input and attended(sys.stdin)
    asked = _Asked(settings, ask=ask)
    wanted = {
        "url": url or os.environ.get("PIPELINER_URL"),
        "space_id": space_id or os.environ.get("PIPELINER_SPACE_ID"),
    }

    def may_replace(names: Sequence[str]) -> bool:
        return force or (ask and click.confirm(f"Replace {', '.join(names)}?", err=True))

    files: tuple[Path, ...] = ()
    while True:
        answers = _answers(settings, asked, wanted, sandbox=sandbox)
        try:
            place = _connection(answers.project(folder), answers)
            settings.say(f"Looking at space {answers.space_id} on {answers.url}.")
            with settings.session(answers.project(folder), place, timeout=timeout) as session:
                first = scaffold.example(session.api, session.now().astimezone().date())
                given = _Given(backend, service, sandbox=sandbox, live=live)
                choices = _choices(asked, answers, folder, given)
                files = scaffold.set_up(session, answers, choices, first, may_replace=may_replace)
                out("\n".join(terminal(str(file)) for file in files))
                _show(settings, folder, files, answers, choices, scaffold.first_plan(session))
        except SyncerError as error:
            if sandbox and error.problems[0].code == "unreachable":
                raise SyncerError(
                    Problem("unreachable", error.problems[0].detail, hint=f"start it: {_START}")
                ) from None
            if files or not asked.again(error):
                raise
        else:
            return ExitCode.OK


def _answers(
    settings: Globals, asked: "_Asked", wanted: Mapping[str, str | None], *, sandbox: bool
) -> "Answers":
    """Return what was given, else what the environment says, else what somebody types.

    Raises:
        UsageError: Something is missing and nobody can be asked, or it cannot be used.
        ProjectError: The credentials are not there.
    """
    from syncer.project.connection import prefix  # noqa: PLC0415 (heavy)
    from syncer.verbs.scaffold import Answers  # noqa: PLC0415 (as above)

    url, space_id = wanted["url"], wanted["space_id"]
    if sandbox and not (url and space_id):
        raise UsageError(
            Problem(
                "no-space",
                "PIPELINER_URL and PIPELINER_SPACE_ID do not name a sandbox.",
                hint=f"start one in another terminal: {_START}",
            )
        )
    name = settings.space or ("sandbox" if sandbox else None)
    name = asked.value("name", name, "Name of the space", "--space", _name, default="production")
    own = bool(os.environ.get(prefix(name) + "PIPELINER_API_USERNAME"))
    if asked.ask:
        # Before anything more is typed: this cannot be answered here.
        _connection(
            (probe := Answers(name, _EXAMPLE, "us_Acme", own)).project(Path()),
            probe,
        )
    url = asked.value("url", url, f"Service URL of the space, such as {_EXAMPLE}", "--url", _url)
    space_id = asked.value("space_id", space_id, "Id of the space, such as us_Acme", "--space-id", _space_id)
    return Answers(name, url, space_id, own)


@dataclass(frozen=True, slots=True)
class _Given:
    """What the options say of how the project is to be kept."""

    backend: str | None
    service: str | None
    sandbox: bool
    live: bool


def _choices(asked: "_Asked", answers: "Answers", folder: Path, given: _Given) -> "Choices":
    """Return how the project is to be kept: as given, else as somebody says, else as it is best.

    What a sandbox holds is gone tomorrow: it is kept where others see it only when an option says so.

    Raises:
        SyncerError: The state cannot be kept there, and nobody can be asked.
    """
    from syncer.verbs.repository import repository  # noqa: PLC0415 (heavy)
    from syncer.verbs.scaffold import Choices, check_state, shared  # noqa: PLC0415 (as above)

    found = repository(folder)
    best = shared(found)
    usual = "local" if given.sandbox else best.backend
    while True:
        if best.backend == "git" and not given.sandbox:
            where = f"Where to keep what is remembered; git is a branch of {best.remote}"
            question = f"{where} ({', '.join(BACKENDS)})"
            one_of = _one_of(BACKENDS)
            chosen = asked.value("state", given.backend, question, "--state", one_of, default=usual)
        else:
            chosen = given.backend or usual
        state = best if chosen == best.backend else StateChoice(chosen)
        try:
            if state.is_shared:
                check_state(state, folder, answers)
            break
        except SyncerError as error:
            if not asked.once_more("state", error):
                raise
    offered = (*SERVICES, _NONE)
    usual = (found.service if found else None) or SERVICES[0]
    service = given.service
    if found is not None:
        question = f"Whose CI plans and applies ({', '.join(offered)})"
        service = asked.value("ci", service, question, "--ci", _one_of(offered), default=usual)
    live = given.live
    if asked.ask and not (live or given.sandbox):
        question = "Shall editors know the names in the space? It writes e-mails of its users into schemas/."
        live = click.confirm(question, default=True, err=True)
    service = service or usual
    return Choices(state, None if service == _NONE else service, live, found)


def _one_of(names: Sequence[str]) -> Callable[[str], str]:
    def check(text: str) -> str:
        if text.strip().casefold() in names:
            return text.strip().casefold()
        detail = f'"{text}" is none of them.'
        raise UsageError(Problem("bad-value", detail, hint=f"write one of {', '.join(names)}"))

    return check


class _Asked:
    """Answers: what was given, else what somebody types, else the default; what was typed is kept."""

    def __init__(self, settings: Globals, *, ask: bool) -> None:
        self._settings = settings
        self.ask = ask
        self._typed: dict[str, str] = {}
        self._wrong: dict[str, str] = {}

    def value(
        self,
        what: str,
        given: str | None,
        question: str,
        option: str,
        check: Callable[[str], str],
        default: str | None = None,
    ) -> str:
        """Return one answer that passes *check*.

        Raises:
            UsageError: It was given and does not pass, or nobody can be asked.
        """
        if given is None and not self.ask:
            given = default
            if given is None:
                raise UsageError(
                    Problem("no-space", f"{question}: nobody said it.", hint=f"say it with {option}")
                )
        if given is not None:
            return check(given)
        while what not in self._typed:
            try:
                typed = click.prompt(question, default=self._wrong.get(what, default), err=True)
                self._typed[what] = check(str(typed))
            except UsageError as error:
                self._tell(error)
        return self._typed[what]

    def again(self, error: SyncerError) -> bool:
        """Tell whether *error* is about something that was typed, which is then asked again."""
        codes = {problem.code for problem in error.problems}
        return (bool(codes & _OF_URL) and self.once_more("url", error)) or (
            bool(codes & _OF_SPACE) and self.once_more("space_id", error)
        )

    def once_more(self, what: str, error: SyncerError) -> bool:
        """Ask for *what* again, if it was typed."""
        if what not in self._typed:
            return False
        self._tell(error)
        self._wrong[what] = self._typed.pop(what)
        return True

    def _tell(self, error: SyncerError) -> None:
        for problem in error.problems:
            self._settings.say(f"{problem.detail}\nhint: {problem.hint}" if problem.hint else problem.detail)


def _name(text: str) -> str:
    if not _NAME.fullmatch(text):
        raise UsageError(
            Problem("bad-value", f'"{text}" cannot be the name of a space.', hint="letters, digits, - and _")
        )
    return text


def _url(text: str) -> str:
    from syncer.project.url import service_url  # noqa: PLC0415
    from syncer.shapes.base import Unfit  # noqa: PLC0415 (heavy)

    try:
        return service_url(text, None, "The Service URL")
    except Unfit as unfit:
        raise UsageError(Problem(unfit.code, unfit.detail, hint=unfit.hint)) from None


def _space_id(text: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9_]+", text):
        hint = "a space id has letters, digits and underscores, such as us_Acme"
        raise UsageError(Problem("bad-value", f'"{text}" is no space id.', hint=hint))
    return text


def _connection(project: "Project", answers: "Answers") -> "Connection":
    """Return where to look, with the credentials of the environment.

    Raises:
        ProjectError: They are not there; the hint says how to set them.
    """
    from syncer.project.connection import connection  # noqa: PLC0415 (heavy)
    from syncer.verbs.scaffold import exports  # noqa: PLC0415 (as above)

    try:
        return connection(project, answers.name, os.environ)
    except ProjectError as error:
        raise ProjectError(
            Problem(
                problem.code,
                problem.detail + " Nothing was written.",
                hint="the page of the API application in Pipeliner's administration shows them:\n"
                + exports(answers)
                if problem.code == "credentials-missing"
                else problem.hint,
            )
            for problem in error.problems
        ) from None


def _show(
    settings: Globals,
    folder: Path,
    files: Sequence[Path],
    answers: "Answers",
    choices: "Choices",
    planned: "Plan",
) -> None:
    """Show what the first manifest would do, and what to do next."""
    from syncer.render.text import plan_text  # noqa: PLC0415 (heavy)

    settings.show("\n" + plan_text(planned, settings.look(sys.stderr)))
    where = "" if folder == Path() else f"cd {folder}\n  "
    settings.say(
        f"\nThe project is ready. What next:\n  {where}syncer plan      # the same again\n"
        "  syncer import    # what is in the space already, as manifests\n"
        "  syncer doctor    # is everything in order?"
    )
    if (pipeline := choices.pipeline(answers)) is not None:
        included = (
            f" Include it in .gitlab-ci.yml: include: [{{local: {pipeline.path}}}]."
            if pipeline.included and GITLAB not in {file.name for file in files}
            else ""
        )
        settings.say(
            f"In {pipeline.path}, write where your copy of syncer lives, and add both credentials as secrets"
            f" of the repository.{included}"
        )
    if choices.state.backend == "git":
        branch = choices.state.branch.replace("{space_id}", answers.space_id)
        like = choices.repository.branch if choices.repository else "main"
        settings.say(f"Protect the branch {branch} like {like}: only the job that applies has to push there.")
