"""Tell people who are not at the terminal, by apprise; whatever fails is a warning."""

import importlib
import logging
import re
import time
from collections.abc import Collection, Mapping, Sequence
from threading import Thread
from typing import Any, Final

from syncer import installation
from syncer.model import job
from syncer.model.notice import Event, Notice
from syncer.model.problem import Problem, Severity
from syncer.render.notices import message

PREFIX: Final = "SYNCER_NOTIFY_"
_PATIENCE: Final = 10.0
_UNKNOWN: Final = "holds no address that apprise knows"
_HELP: Final = "`syncer help docs/notify.md` says what an address looks like"


def variable(recipient: str) -> str:
    """Return the name of the environment variable that holds the addresses of *recipient*."""
    return PREFIX + re.sub(r"[^A-Z0-9]", "_", recipient.upper())


def notify(
    recipients: Mapping[str, Collection[Event]],
    notices: Sequence[Notice],
    environ: Mapping[str, str],
    *,
    patience: float = _PATIENCE,
) -> tuple[Problem, ...]:
    """Tell each recipient what it has asked for, in one message; return a warning for each that fails.

    All are told at once, and none is waited for longer than *patience* seconds. Where no address is set,
    nobody is to be told; in a CI that is a warning, since there it was forgotten.

    Args:
        recipients: By name, with what each asks for.
        notices: What there is to be heard of.
        environ: Where the addresses are.
        patience: Seconds for all of them together.
    """
    running: list[_Sending] = []
    problems = []
    for name, events in recipients.items():
        wanted = [notice for notice in notices if notice.event in events]
        address = environ.get(variable(name), "").strip()
        if wanted and address:
            running.append(_Sending(name, address, *message(wanted, job.page(environ))))
        elif wanted and job.in_ci(environ):
            problems.append(
                _failed(name, "is not set", f"set {variable(name)}, or take {name} out of notify")
            )
    if running and importlib.util.find_spec("apprise") is None:
        return (*problems, _apprise_missing("Nobody was notified: apprise is not installed."))
    until = time.monotonic() + patience
    for sending in running:
        sending.start()
    for sending in running:
        sending.join(max(until - time.monotonic(), 0.0))
        why = f"had no answer within {patience:g} s" if sending.is_alive() else sending.failed
        if why:
            problems.append(_failed(sending.recipient, why, _HELP))
    return tuple(problems)


def unready(recipients: Collection[str], environ: Mapping[str, str]) -> tuple[Problem, ...]:
    """Return a warning for each of *recipients* who could not be told from here; nothing is sent.

    Args:
        recipients: Those whose address is set.
        environ: Where the addresses are.
    """
    if importlib.util.find_spec("apprise") is None:
        return (_apprise_missing("Nobody can be notified: apprise is not installed."),)
    quiet = _apprise().Apprise()
    return tuple(
        Problem("not-notified", f"{variable(name)} {_UNKNOWN}.", hint=_HELP, severity=Severity.WARNING)
        for name in recipients
        if not quiet.add(environ[variable(name)].strip())
    )


def _apprise_missing(detail: str) -> Problem:
    return Problem("extra-missing", detail, hint=installation.hint("notify"), severity=Severity.WARNING)


def _apprise() -> Any:
    """Return the library, which says nothing of its own: it would write to stderr, addresses included."""
    logging.getLogger("apprise").disabled = True
    logging.getLogger("urllib3").setLevel(logging.CRITICAL)
    return importlib.import_module("apprise")


def _failed(recipient: str, why: str, hint: str) -> Problem:
    # The address is a secret, and what libraries say of it may hold it.
    detail = f"{recipient} was not notified: {variable(recipient)} {why}."
    return Problem("not-notified", detail, hint=hint, severity=Severity.WARNING)


class _Sending(Thread):
    """One message on its way; the end of the process does not wait for it."""

    def __init__(self, recipient: str, address: str, title: str, text: str) -> None:
        super().__init__(daemon=True)
        self.recipient = recipient
        self.failed = ""
        self._address, self._title, self._text = address, title, text

    def run(self) -> None:
        """Send it; keep what went wrong."""
        try:
            self.failed = self._send()
        except Exception as error:  # noqa: BLE001 (whatever a library raises, it is only a warning)
            self.failed = f"failed ({type(error).__name__})"

    def _send(self) -> str:
        apprise = _apprise()
        asset = apprise.AppriseAsset(app_id="syncer", app_desc="syncer", app_url="", async_mode=False)
        targets = apprise.Apprise(asset=asset)
        if not targets.add(self._address):
            return _UNKNOWN
        told = targets.notify(
            title=self._title, body=self._text, body_format=apprise.NotifyFormat.TEXT, interpret_escapes=False
        )
        return "" if told else "leads to somebody who did not take it"
