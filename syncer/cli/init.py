"""`syncer init`: a new project."""

import os
import re
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from syncer.cli.common import Globals, attended, out
from syncer.cli.options import timeout_option
from syncer.model.codes import ExitCode
from syncer.model.problem import Problem, ProjectError, RemoteError, SyncerError, UsageError
from syncer.render.escape import terminal

if TYPE_CHECKING:
    from syncer.model.plan import Plan
    from syncer.project.connection import Connection
    from syncer.project.load import Project
    from syncer.verbs.scaffold import Answers

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*")
_EXAMPLE = "https://us-east.api.pipelinersales.com"
_START = "syncer sandbox serve --port 8080\nand paste the export lines it prints into this terminal"


@click.command()
@click.argument("folder", metavar="[DIR]", default=".", type=click.Path(path_type=Path, file_okay=False))
@click.option("--url", metavar="URL", help="Service URL of the space.")
@click.option("--space-id", metavar="ID", help="Id of the space, as shown with the credentials.")
@click.option("--sandbox", is_flag=True, help="For the local sandbox that PIPELINER_URL names.")
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
    no_input: bool,
    force: bool,
    timeout: float | None,
) -> int:
    """Set up a project: syncer.yaml, a first manifest, a CI workflow."""
    from syncer.verbs import scaffold  # noqa: PLC0415 (heavy)

    ask = not no_input and attended(sys.stdin)
    answers = _answers(settings, url, space_id, sandbox=sandbox, ask=ask)
    project = answers.project(folder)
    place = _connection(project, answers)
    settings.say(f"Looking at space {answers.space_id} on {answers.url}.")

    def may_replace(names: Sequence[str]) -> bool:
        return force or (ask and click.confirm(f"Replace {', '.join(names)}?", err=True))

    with settings.session(project, place, timeout=timeout) as session:
        try:
            files = scaffold.set_up(session, answers, may_replace=may_replace)
        except RemoteError as error:
            if sandbox and error.problems[0].code == "unreachable":
                raise SyncerError(
                    Problem("unreachable", error.problems[0].detail, hint=f"start it: {_START}")
                ) from None
            raise
        out("\n".join(terminal(str(file)) for file in files))
        _show(settings, folder, scaffold.first_plan(session))
    return ExitCode.OK


def _answers(
    settings: Globals, url: str | None, space_id: str | None, *, sandbox: bool, ask: bool
) -> "Answers":
    """Return what was given, else what the environment says, else what somebody types.

    Raises:
        UsageError: Something is missing and nobody can be asked, or it cannot be used.
    """
    from syncer.project.connection import prefix  # noqa: PLC0415 (heavy)
    from syncer.verbs.scaffold import Answers  # noqa: PLC0415 (as above)

    url, space_id = url or os.environ.get("PIPELINER_URL"), space_id or os.environ.get("PIPELINER_SPACE_ID")
    if sandbox and not (url and space_id):
        raise UsageError(
            Problem(
                "no-space",
                "PIPELINER_URL and PIPELINER_SPACE_ID do not name a sandbox.",
                hint=f"start one in another terminal: {_START}",
            )
        )
    asked = _Asked(settings, ask=ask)
    name = settings.space or ("sandbox" if sandbox else None)
    name = asked.value(name, "Name of the space", "--space", _name, default="production")
    url = asked.value(url, f"Service URL of the space, such as {_EXAMPLE}", "--url", _url)
    space_id = asked.value(space_id, "Id of the space, such as us_Acme", "--space-id", _space_id)
    own = bool(os.environ.get(prefix(name) + "PIPELINER_API_USERNAME"))
    return Answers(name, url, space_id, own)


class _Asked:
    """Answers: what was given, else what somebody types, else the default."""

    def __init__(self, settings: Globals, *, ask: bool) -> None:
        self._settings = settings
        self._ask = ask

    def value(
        self,
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
        if given is None and not self._ask:
            given = default
            if given is None:
                raise UsageError(
                    Problem("no-space", f"{question}: nobody said it.", hint=f"say it with {option}")
                )
        if given is not None:
            return check(given)
        while True:
            try:
                return check(str(click.prompt(question, default=default, err=True)))
            except UsageError as error:
                self._settings.say(f"{error.problems[0].detail} {error.problems[0].hint}")


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


def _show(settings: Globals, folder: Path, planned: "Plan") -> None:
    """Show what the first manifest would do, and what to do next."""
    from syncer.render.text import plan_text  # noqa: PLC0415 (heavy)

    settings.show("\n" + plan_text(planned, settings.look(sys.stderr)))
    where = "" if folder == Path() else f"cd {folder}\n  "
    settings.say(
        f"\nThe project is ready. What next:\n  {where}syncer plan      # the same again\n"
        "  syncer import    # what is in the space already, as manifests\n"
        "  syncer doctor    # is everything in order?\n"
        "In .github/workflows/syncer.yml, write where your copy of syncer lives, and add both credentials\n"
        "as secrets of the repository."
    )
