"""Who hears of plans and applies, over real sockets and through apprise."""

import re
import socket
import socketserver
from collections.abc import Callable, Iterator
from email import message_from_string
from pathlib import Path

import pytest

from syncer.model.notice import Event, Notice
from syncer.sandbox.server import Sandbox
from syncer.verbs.notify import notify, variable
from tests.support import MANIFEST, Ran, manifest, one, writes
from tests.verbs.hooks import Hook, hooked, served

pytest.importorskip("apprise")
pytestmark = pytest.mark.filterwarnings("ignore:'imghdr' is deprecated")  # one of its hundred ways needs it
Run = Callable[..., Ran]
PLANNED = Notice(Event.PLANNED, "Planned for us_A: 1 to create.\nTo be created: 5.00 EUR.")
CONFLICTS = Notice(Event.CONFLICTS, "1 opportunity was changed in git and in us_A.")


@pytest.fixture
def hook() -> Iterator[Hook]:
    with hooked() as made:
        yield made


@pytest.fixture
def mailbox() -> Iterator[tuple[str, list[str]]]:
    """An SMTP server that takes every mail."""
    mails: list[str] = []

    class Handler(socketserver.StreamRequestHandler):
        def say(self, line: str) -> None:
            self.wfile.write(f"{line}\r\n".encode())

        def handle(self) -> None:
            self.say("220 here")
            while line := self.rfile.readline():
                word = line.split()[0].upper() if line.split() else b""
                if word == b"DATA":
                    self.say("354 go on")
                    mails.append("".join(text.decode() for text in iter(self.rfile.readline, b".\r\n")))
                self.say("221 bye" if word == b"QUIT" else "250 fine")
                if word == b"QUIT":
                    return

    with served(socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler)) as port:
        yield f"mailto://127.0.0.1:{port}?from=a@example.com&to=b@example.com&mode=insecure", mails


def test_each_recipient_gets_one_message_with_what_it_asked_for(hook: Hook) -> None:
    recipients = {"on-call": {Event.REFUSED}, "sales": {Event.PLANNED, Event.CONFLICTS}}
    job = {
        "GITHUB_SERVER_URL": "https://github.com",
        "GITHUB_REPOSITORY": "acme/deals",
        "GITHUB_RUN_ID": "42",
    }
    environ = {"SYNCER_NOTIFY_SALES": hook.address, "SYNCER_NOTIFY_ON_CALL": hook.address, **job}

    assert notify(recipients, [PLANNED, CONFLICTS], environ) == ()
    (told,) = hook.told
    assert told["title"] == "syncer: Planned for us_A: 1 to create"
    assert told["message"].splitlines() == [
        *PLANNED.text.splitlines(),
        CONFLICTS.text,
        "The job: https://github.com/acme/deals/actions/runs/42",
    ]


def test_a_link_that_is_not_a_plain_one_is_left_out(hook: Hook) -> None:
    environ = {"SYNCER_NOTIFY_SALES": hook.address, "CI_JOB_URL": "https://x.example/|<!channel>"}

    assert notify({"sales": {Event.CONFLICTS}}, [CONFLICTS], environ) == ()
    assert hook.texts == [CONFLICTS.text]


def test_a_mail_arrives_as_text(mailbox: tuple[str, list[str]]) -> None:
    address, mails = mailbox

    assert notify({"sales": {Event.PLANNED}}, [PLANNED], {"SYNCER_NOTIFY_SALES": address}) == ()
    (mail,) = map(message_from_string, mails)
    shown = " ".join(str(part.get_payload(decode=True)) for part in mail.walk() if not part.is_multipart())
    assert (mail["To"], "syncer: Planned for us_A" in str(mail["Subject"])) == ("b@example.com", True)
    assert "To be created: 5.00 EUR." in shown


@pytest.mark.parametrize(
    ("address", "why"),
    [
        ("nothing at all", "holds no address that apprise knows"),
        ("secret://token", "holds no address that apprise knows"),
        ("json://127.0.0.1:1/token", "leads to somebody who did not take it"),
    ],
)
def test_who_is_not_reached_is_a_warning_that_does_not_hold_the_address(
    address: str, why: str, capfd: pytest.CaptureFixture[str]
) -> None:
    (problem,) = notify({"sales": {Event.PLANNED}}, [PLANNED], {"SYNCER_NOTIFY_SALES": address})

    assert problem.detail == f"sales was not notified: SYNCER_NOTIFY_SALES {why}."
    assert (problem.code, str(problem.severity)) == ("not-notified", "warning")
    assert "".join(capfd.readouterr()) == "", "libraries say nothing of their own"


def test_somebody_who_never_answers_is_not_waited_for() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        address = f"json://127.0.0.1:{silent.getsockname()[1]}"
        recipients = {"sales": {Event.PLANNED}}
        (problem,) = notify(recipients, [PLANNED], {"SYNCER_NOTIFY_SALES": address}, patience=0.2)

    assert "had no answer within 0.2 s" in problem.detail


def test_where_no_address_is_set_nobody_is_told_and_a_ci_hears_of_it() -> None:
    recipients = {"sales": {Event.PLANNED}}

    assert notify(recipients, [PLANNED], {}) == ()
    (problem,) = notify(recipients, [PLANNED], {"CI": "true"})
    assert problem.detail == "sales was not notified: SYNCER_NOTIFY_SALES is not set."
    assert notify(recipients, [CONFLICTS], {"CI": "true"}) == ()


def test_without_apprise_it_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda _name: None)
    (problem,) = notify({"sales": {Event.PLANNED}}, [PLANNED], {"SYNCER_NOTIFY_SALES": "json://localhost"})

    assert (problem.code, "notify" in problem.hint) == ("extra-missing", True)


def test_the_variable_is_named_like_the_recipient() -> None:
    assert variable("on-call_2") == "SYNCER_NOTIFY_ON_CALL_2"


SETTINGS = """\
version: 1
notify: {sales: [planned, applied, refused, conflicts]}
policy: {guards: {max_creates: 1}}
"""
APPLY = ("apply", "--auto-approve", "--no-quiet-wait")


def test_a_plan_an_apply_and_a_refusal_are_heard_of_and_nothing_of_a_record_is(
    hook: Hook, sandbox: Sandbox, syncer: Run, project: Callable[..., Path]
) -> None:
    """Whatever a web form wrote into a name, no chat takes it for markup: it is not there."""
    env = {**sandbox.env(), "SYNCER_NOTIFY_SALES": hook.address}
    folder = project({MANIFEST: one(name='"<!channel> *Deal* <b>x</b> [a](http://evil.example)"')}, SETTINGS)

    planned = syncer("plan", cwd=folder, env=env)
    applied = syncer(*APPLY, cwd=folder, env=env)
    (folder / MANIFEST).write_text(manifest({"b": {"name": "B"}, "c": {"name": "C"}}), encoding="utf-8")
    refused = syncer(*APPLY, cwd=folder, env=env)

    assert (planned.code, applied.code, refused.code) == (0, 0, 5)
    assert hook.texts == [
        "Planned for nv3_Sandbox: 1 to create, 0 to update, 0 to delete.\nTo be created: 100.00 USD.",
        "Applied to nv3_Sandbox: 1 created, 0 updated, 0 deleted, 0 failed.",
        "Nothing was applied to nv3_Sandbox: Guard breached.",
    ]
    assert (
        re.findall(r"[<>*`\[\]&#|~@]", "".join(f"{each['title']}{each['message']}" for each in hook.told))
        == []
    )


def test_what_git_and_the_crm_have_both_moved_is_heard_of(
    hook: Hook, sandbox: Sandbox, syncer: Run, project: Callable[..., Path]
) -> None:
    env = {**sandbox.env(), "SYNCER_NOTIFY_SALES": hook.address}
    folder = project({MANIFEST: one()}, "version: 1\nnotify: {sales: [conflicts]}\n")
    assert syncer(*APPLY, cwd=folder, env=env).code == 0
    (row,) = [row for row in sandbox.store.rows("Opportunity") if row["name"] == "Acme renewal 2027"]
    sandbox.store.edit("Opportunity", row["id"], closing_date="2027-05-05")
    (folder / MANIFEST).write_text(one(closing_date="2027-06-06"), encoding="utf-8")

    assert syncer("plan", cwd=folder, env=env).code == 0
    said = "1 opportunity was changed in git and in nv3_Sandbox, each otherwise."
    assert hook.texts == [f"{said} Nothing is written there until somebody decides."]


def test_a_recipient_who_refuses_changes_neither_exit_code_nor_what_is_written(
    hook: Hook, sandbox: Sandbox, syncer: Run, project: Callable[..., Path]
) -> None:
    hook.status = 500
    folder = project({MANIFEST: one()}, SETTINGS)
    ran = syncer(*APPLY, cwd=folder, env={**sandbox.env(), "SYNCER_NOTIFY_SALES": hook.address})

    assert (ran.code, "1 created" in ran.out) == (0, True)
    assert "sales was not notified" in ran.err
    assert "hook-of-a-secret" not in ran.out + ran.err
    assert len(writes(sandbox)) >= 1


@pytest.mark.parametrize(
    "wrong", ["{sales: applied}", "{sales: [won]}", "{sales: []}", "{9: [applied]}", "[a]"]
)
def test_what_cannot_be_asked_for_is_an_error(syncer: Run, project: Callable[..., Path], wrong: str) -> None:
    ran = syncer("validate", cwd=project({MANIFEST: one()}, f"version: 1\nnotify: {wrong}\n"))

    assert (ran.code, "syncer.yaml:2" in ran.err) == (1, True)
