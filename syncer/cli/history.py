"""`syncer history`: what was applied, and who set a value last."""

import sys
from typing import TYPE_CHECKING

import click

from syncer.cli.common import Globals, out
from syncer.cli.options import addresses_argument, format_option, timeout_option
from syncer.model.codes import ExitCode

if TYPE_CHECKING:
    from syncer.planning.history import Subject


@click.command()
@addresses_argument("what", metavar="[ADDR[:FIELD]]", required=False)
@format_option()
@timeout_option
@click.pass_obj
def history(settings: Globals, what: str | None, style: str, timeout: float | None) -> int:
    """Show what was applied, newest first, or who set a field last.

    With ADDR it shows the runs that touched that record. With ADDR:FIELD it also asks the CRM what it holds
    now.
    """
    from syncer.planning.history import subject_of  # noqa: PLC0415 (heavy)

    subject = None if what is None else subject_of(what)
    if subject is not None and subject.path:
        return _field(settings, subject, style, timeout)
    return _runs(settings, subject, style)


def _runs(settings: Globals, subject: "Subject | None", style: str) -> int:
    from syncer.verbs import history as telling  # noqa: PLC0415 (heavy)

    store = settings.store()
    state = store.read()
    if style == "json":
        from syncer.formats.history_json import history_lines  # noqa: PLC0415 (only then)

        told = telling.runs(store, state) if subject is None else telling.record(store, state, subject)
        for line in history_lines(told):
            out(line)
        return ExitCode.OK
    from syncer.render import history as rendering  # noqa: PLC0415 (only then)

    look = settings.look(sys.stdout)
    if subject is None:
        out(rendering.runs_text(reversed(state.runs), look))
    else:
        found = telling.record(store, state, subject)
        out(rendering.record_text(subject, state.ledger.get(str(subject.address)), found, look))
    return ExitCode.OK


def _field(settings: Globals, subject: "Subject", style: str, timeout: float | None) -> int:
    from syncer.verbs import history as telling  # noqa: PLC0415 (heavy)

    project = settings.project()
    with settings.reading(), settings.session(project, timeout=timeout) as session:
        blame = telling.blame(session, subject)
    if style == "json":
        from syncer.formats.history_json import history_lines  # noqa: PLC0415 (only then)

        for line in history_lines(blame.told, blame):
            out(line)
    else:
        from syncer.render import history as rendering  # noqa: PLC0415 (only then)

        out(rendering.blame_text(blame, settings.look(sys.stdout)))
    return ExitCode.OK
