"""`syncer doctor --rehearse`: ask, rehearse, tell."""

import json
import os
import signal
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from syncer.cli.common import Globals, attended, out, said_yes
from syncer.cli.common import report as tell_error
from syncer.cli.stopping import handled
from syncer.cli.streams import LAST_LINE
from syncer.model.codes import ExitCode
from syncer.model.problem import Problem, StoppedError, SyncerError, UsageError
from syncer.model.signs import Phase
from syncer.model.words import be, listed
from syncer.render.escape import terminal
from syncer.render.problems import counted

if TYPE_CHECKING:
    from syncer.project.connection import Connection
    from syncer.rehearsal.cast import Cast
    from syncer.rehearsal.mark import Mark
    from syncer.rehearsal.run import Rehearsed

_PROMPTS: Final = {
    "owner": "Owner of the marked records, by e-mail",
    "account": "Their account, by e-mail or name",
    "contact": "A contact to link and unlink, by e-mail",
}
_WRITES: Final = 50
# Records that are made at most: the first; that of the batch, its bad one and its unknown one, if these are
# taken; one with our id; one without a media type, if it is taken.
_MOST: Final = 6


@dataclass(frozen=True, slots=True)
class Choices:
    """What the command line says about the marked records; None is asked for."""

    owner: str | None
    account: str | None
    contact: str | None
    pipeline: str | None
    fields: tuple[str, ...]

    @property
    def people(self) -> dict[str, str | None]:
        """Who must be named."""
        return {"owner": self.owner, "account": self.account, "contact": self.contact}


def run(
    settings: Globals,
    wish: Choices,
    *,
    auto_approve: bool,
    file: Path | None,
    style: str,
    timeout: float | None,
) -> int:
    """Rehearse on the chosen space, after asking; return the exit code."""
    from syncer.cli import outputs as outfile_outputs  # noqa: PLC0415 (heavy)
    from syncer.rehearsal import cast as casting  # noqa: PLC0415 (heavy)
    from syncer.rehearsal.mark import new_mark  # noqa: PLC0415
    from syncer.rehearsal.run import rehearse  # noqa: PLC0415

    fields = _fields(wish.fields)
    _check_given(wish.people, auto_approve=auto_approve)
    project = settings.project()
    outfile_outputs.check({"--json": file}, project)
    stopping = _Stopping(settings)
    with handled(stopping.signalled), settings.session(project, timeout=timeout) as session:
        api, connection = session.api, session.connection
        named = {name: value or _prompt(name) for name, value in wish.people.items()}
        with settings.reading():
            cast = casting.find(api, casting.Asked(**named, pipeline=wish.pipeline, fields=fields))
        mark = new_mark(connection.space_id)
        says = _says(connection, cast, mark)
        if auto_approve:
            settings.say(says)
        elif not _approved(says):
            settings.say("Nothing was written.")
            return ExitCode.ERROR
        api.start_clock()
        with settings.live.during(Phase("Rehearsing")):
            report = rehearse(
                api,
                cast,
                mark,
                tell=lambda what: settings.say(f"Rehearsing: {what}"),
                cleaning_up=stopping.cleaning_up,
            )
        return _tell(settings, report, connection, file, style)


def _fields(given: tuple[str, ...]) -> dict[str, Any]:
    """Return the further fields; a value that is JSON is meant as JSON, every other one as text."""
    fields: dict[str, Any] = {}
    for each in given:
        name, equals, text = each.partition("=")
        if not (name and equals):
            raise UsageError(
                Problem(
                    "usage", f"--field {terminal(each)} is not NAME=VALUE.", hint="--field cf_region=EMEA"
                )
            )
        try:
            fields[name] = json.loads(text)
            json.dumps(fields[name], allow_nan=False)
        except (ValueError, RecursionError):
            fields[name] = text
    return fields


def _check_given(people: Mapping[str, str | None], *, auto_approve: bool) -> None:
    if attended(sys.stdin):
        return
    missing = [f"--{name}" for name, value in people.items() if not value]
    missing += [] if auto_approve else ["--auto-approve"]
    if missing:
        raise UsageError(
            Problem(
                "needs-approval",
                f"There is no terminal to ask on, and {listed(missing)} {be(missing)} not given.",
                hint="syncer doctor --rehearse --owner EMAIL --account A --contact EMAIL --auto-approve",
            )
        )


def _prompt(name: str) -> str:
    while True:
        with LAST_LINE.away():
            click.echo(f"{_PROMPTS[name]}: ", nl=False, err=True)
            line = sys.stdin.readline()
        if not line:
            raise UsageError(Problem("usage", f"There is no {name}.", hint=f"give one with --{name}"))
        if line.strip():
            return line.strip()


def _says(connection: "Connection", cast: "Cast", mark: "Mark") -> str:
    """Return what somebody has to know before he says yes."""
    labels = {name: terminal(label) for name, label in cast.labels.items()}
    return f"""\
A rehearsal shows how space {terminal(connection.space_id)} on {connection.url} behaves. It writes to it:

  It creates up to {_MOST} opportunities named like
      {mark.name("main")}
    owner {labels["owner"]}, account {labels["account"]}, pipeline {labels["pipeline"]},
    step {labels["step"]}, value 1 {labels["currency"]}, closing date {cast.closing_date}.
  It changes these, and links and unlinks the contact {labels["contact"]}.
  It deletes these, and those that an earlier rehearsal left; one that runs now would lose its own.
  The CRM keeps what is deleted, marked as deleted.
  It changes nothing else: not the owner, the account or the contact themselves, and no other deal.

Webhooks and automations of the space will fire for each of about {_WRITES} writes; webhooks that have the
skip key syncer-rehearsal will not.
"""


def _approved(says: str) -> bool:
    click.echo(says, err=True)
    return said_yes("Rehearse on this space?")


def _tell(
    settings: Globals, report: "Rehearsed", connection: "Connection", file: Path | None, style: str
) -> int:
    """Tell what was found; return the exit code. That something may be left is told by it, come what may."""
    code = ExitCode.FAILED if report.left else ExitCode.INTERRUPTED if report.stopped else ExitCode.OK
    if report.left:
        settings.say(
            f"{counted(report.left, 'marked record')} may be left in the space. Run the rehearsal again: it "
            "deletes them first. Or delete by hand what is named `syncer rehearsal … may be deleted`."
        )
    elif report.stopped:
        settings.say("Interrupted; the marked records were deleted.")
    try:
        if report.failed is not None:
            raise report.failed
        _write(settings, report, connection, file, style)
    except (SyncerError, OSError) as error:
        if code == ExitCode.OK:
            raise
        if isinstance(error, SyncerError):
            tell_error(error, settings)
    return code


def _write(
    settings: Globals, report: "Rehearsed", connection: "Connection", file: Path | None, style: str
) -> None:
    from syncer.files import one as outfile_one  # noqa: PLC0415 (heavy)
    from syncer.formats.plan_json import json_text  # noqa: PLC0415
    from syncer.rehearsal.report import as_json, as_text  # noqa: PLC0415

    document = json_text(as_json(report, connection.url))
    on_stdout = file is not None and outfile_one.is_stdout(file)
    out(document if on_stdout or style == "json" else as_text(report, settings.look(sys.stdout)))
    if file is not None and not on_stdout:
        outfile_one.write(file, document, mode=0o644)
        settings.say(
            f"Saved to {terminal(str(file))}. It holds no names and no secrets, and may be sent to us."
        )


class _Stopping:
    """What a signal does: end in order at the first, at once at the second."""

    def __init__(self, settings: Globals) -> None:
        self._settings = settings
        self._cleaning = False
        self._stopped = False

    def cleaning_up(self) -> None:
        """From now on a first signal only says that one must wait."""
        self._cleaning = True

    def signalled(self, number: int, _frame: Any) -> None:
        """Handle one signal, in the main thread."""
        if self._stopped:
            os._exit(ExitCode.INTERRUPTED)
        self._stopped = True
        name = "Ctrl-C" if number == signal.SIGINT else signal.Signals(number).name
        self._settings.say(f"\n{name}: deleting the marked records; once more stops at once.")
        if not self._cleaning:
            raise StoppedError(Problem("interrupted", "Stopped before anything was written."))
