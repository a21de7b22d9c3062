"""`syncer doctor`: what is in order, what is not, what fixes it."""

import importlib.util
import json
import os
import re
import socket
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from syncer import installation
from syncer.sandbox.server import Sandbox
from syncer.state.folder import JOURNALS, prepare, space_folder
from syncer.verbs import doctor
from syncer.verbs.doctor import Check, Status
from tests.apply.held import held
from tests.support import Ran, one, write_files, writes
from tests.verbs.hooks import hooked

Run = Callable[..., Ran]
Make = Callable[..., Path]
NAMES = [
    "version",
    "project",
    "manifests",
    "space",
    "credentials",
    "reach",
    "rights",
    "clock",
    "money",
    "key field",
    "state",
    "applies",
    "lock",
]


def checks(syncer: Run, *arguments: str, **options: Any) -> tuple[int, dict[str, Any]]:
    """Return exit code and checks by name."""
    ran = syncer("doctor", "--format", "json", *arguments, **options)
    found = json.loads(ran.out)
    assert sum(found["summary"].values()) == len(found["checks"])
    return ran.code, {check.pop("name"): check for check in found["checks"]}


def test_one_screen_tells_everything_and_changes_nothing(
    sandbox: Sandbox, project: Make, syncer: Run
) -> None:
    folder = project()
    before = sorted(folder.rglob("*"))
    ran = syncer("doctor", cwd=folder, env={**sandbox.env(), "COLUMNS": "200"})
    lines = ran.out.splitlines()

    assert ran.code == 0
    assert [
        found[1] for line in lines if (found := re.match(r"(?:ok|warn|fail|skip) +(.*?)  ", line))
    ] == NAMES
    assert len(lines) <= 25
    assert [line[:4].strip() for line in lines if line[:4].strip()].count("warn") == 1
    assert "USD, with rates in force for EUR; none for GBP (from 2099-01-01)" in ran.out
    assert sandbox.password not in ran.out
    assert (writes(sandbox), sorted(folder.rglob("*"))) == ([], before)


def test_json_tells_the_same(sandbox: Sandbox, project: Make, syncer: Run) -> None:
    code, found = checks(syncer, cwd=project())

    assert (code, list(found)) == (0, NAMES)
    assert found["space"] == {
        "status": "ok",
        "detail": f"{sandbox.space_id} on {sandbox.url} "
        "(environment, from PIPELINER_URL and PIPELINER_SPACE_ID)",
        "fix": None,
    }
    assert found["credentials"]["detail"] == "from PIPELINER_API_USERNAME and PIPELINER_API_PASSWORD"
    assert found["manifests"]["detail"] == "1 opportunity in 1 file"
    assert (
        found["key field"]["detail"] == "none configured; opportunities are found by name, account, pipeline"
    )
    assert (found["clock"]["status"], found["lock"]["detail"]) == ("ok", "free")


def test_without_a_project_there_is_little_to_say(syncer: Run, tmp_path: Path) -> None:
    code, found = checks(syncer, env={}, cwd=tmp_path)

    assert (code, list(found), found["project"]["status"]) == (1, ["version", "project"], "fail")
    assert "syncer init" in found["project"]["fix"]


def test_the_environment_alone_is_a_project(sandbox: Sandbox, syncer: Run, tmp_path: Path) -> None:
    code, found = checks(syncer, cwd=tmp_path)

    assert (code, found["project"]["detail"]) == (0, "no syncer.yaml; the environment names the space")
    assert (found["manifests"]["status"], found["manifests"]["fix"]) == (
        "warn",
        "write one, or take over what is in the space: syncer import",
    )
    assert sandbox.requests


@pytest.mark.parametrize(
    ("manifest", "status", "detail", "fix"),
    [
        (
            one(value="12,5 USD"),
            "fail",
            "1 error, first opportunities/deals.yaml:",
            "syncer validate shows them all",
        ),
        (one(value="1.500"), "warn", "1 opportunity in 1 file; 1 warning", "syncer validate"),
    ],
)
@pytest.mark.usefixtures("sandbox")
def test_manifests_that_do_not_load_are_told(
    project: Make, syncer: Run, manifest: str, status: str, detail: str, fix: str
) -> None:
    code, found = checks(syncer, cwd=project(manifest))

    assert (code, found["manifests"]["status"], found["manifests"]["fix"]) == (
        status == "fail",
        status,
        fix,
    )
    assert found["manifests"]["detail"].startswith(detail)


@pytest.mark.usefixtures("sandbox")
def test_a_pattern_that_leads_out_is_told(project: Make, syncer: Run) -> None:
    code, found = checks(syncer, cwd=project(None, "version: 1\nmanifests: [../x]\n"))

    assert (code, found["manifests"]["status"]) == (1, "fail")


def test_credentials_that_are_missing_are_named(sandbox: Sandbox, project: Make, syncer: Run) -> None:
    env = sandbox.env()
    del env["PIPELINER_API_PASSWORD"]
    code, found = checks(syncer, cwd=project(), env=env)

    assert (code, found["credentials"]["status"], found["reach"]["status"]) == (1, "fail", "skip")
    assert found["credentials"]["detail"] == "PIPELINER_API_PASSWORD is not set."
    assert found["reach"]["detail"] == "not tried: the space is not known well enough"


def test_a_space_that_is_not_chosen_is_told(project: Make, syncer: Run) -> None:
    spaces = """\
version: 1
spaces: {a: {url: https://a.example, space_id: A}, b: {url: https://b.example, space_id: B}}
"""
    code, found = checks(syncer, cwd=project(None, spaces), env={})

    assert (code, found["space"]["status"], found["credentials"]["status"]) == (1, "fail", "fail")
    assert found["space"]["fix"] == "choose one: --space a"


def test_credentials_and_url_say_where_they_come_from(sandbox: Sandbox, project: Make, syncer: Run) -> None:
    settings = f"version: 1\nspaces: {{my-crm: {{url: '{sandbox.url}', space_id: {sandbox.space_id}}}}}\n"
    env = {"MY_CRM_PIPELINER_API_USERNAME": sandbox.username, "PIPELINER_API_PASSWORD": sandbox.password}
    folder = project(None, settings)
    code, found = checks(syncer, cwd=folder, env=env)

    assert (code, found["credentials"]["detail"]) == (
        0,
        "from MY_CRM_PIPELINER_API_USERNAME and PIPELINER_API_PASSWORD",
    )
    assert found["space"]["detail"] == f"{sandbox.space_id} on {sandbox.url} (my-crm, from syncer.yaml)"

    _, other = checks(syncer, cwd=folder, env={**env, "PIPELINER_SPACE_ID": "us_Other"})
    assert (other["space"]["status"], other["space"]["fix"]) == (
        "warn",
        "unset PIPELINER_SPACE_ID, if syncer.yaml is right",
    )


@pytest.mark.parametrize(
    ("changes", "detail"),
    [
        ({"PIPELINER_URL": "http://127.0.0.1:1"}, "no connection"),
        ({"PIPELINER_API_PASSWORD": "not-it"}, "does not accept the user name and password"),
        ({"PIPELINER_SPACE_ID": "us_Other"}, "has no space"),
    ],
)
def test_a_space_that_is_not_reached_is_told(
    sandbox: Sandbox, project: Make, syncer: Run, changes: dict[str, str], detail: str
) -> None:
    code, found = checks(syncer, cwd=project(), env={**sandbox.env(), **changes})

    assert (code, found["reach"]["status"]) == (1, "fail")
    assert detail in found["reach"]["detail"]
    assert {found[name]["status"] for name in ("rights", "clock", "money", "key field")} == {"skip"}


def test_rights_that_are_missing_are_named(project: Make, syncer: Run) -> None:
    with Sandbox.serve(forbidden=["Currency", "Field:read"]) as sandbox:
        code, found = checks(syncer, cwd=project(), env=sandbox.env())

    assert (code, found["rights"]["status"], found["money"]["status"]) == (1, "fail", "skip")
    assert found["rights"]["detail"] == "may not read Currencies, Fields"


@pytest.fixture
def broken(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> Iterator[Sandbox]:
    """A sandbox whose faults are gone after the test; back-off takes no time."""
    monkeypatch.setattr("syncer.remote.retry.BACKOFF_FIRST", 0.002)
    monkeypatch.setattr("syncer.remote.retry.BACKOFF_LIMIT", 0.02)
    yield sandbox
    sandbox.faults.clear()


def test_something_else_that_cannot_be_read_is_told(broken: Sandbox, project: Make, syncer: Run) -> None:
    broken.faults.add("status", path="/SalesRoles", status=500)
    code, found = checks(syncer, cwd=project(), env=broken.env())

    assert (code, found["rights"]["status"]) == (1, "fail")
    assert "SalesRoles" in found["rights"]["detail"]


@pytest.mark.parametrize(
    ("date", "status", "detail"),
    [
        (0, "ok", "right"),
        (-30, "ok", "30 s ahead of the service"),
        (3600, "warn", "this machine is 3600 s behind the service"),
    ],
)
def test_a_clock_that_is_wrong_is_told(date: int, status: str, detail: str) -> None:
    from email.utils import formatdate

    visit = doctor._Visit(Path(), None, {})
    visit.dates = [(formatdate(1_800_000_000 + date, usegmt=True), 1_800_000_000.0), ("nonsense", 1.0)]
    doctor._clock(visit)

    assert [(check.status, check.detail) for check in visit.checks] == [(status, detail)]


def test_a_service_that_does_not_tell_its_time_is_fine() -> None:
    visit = doctor._Visit(Path(), None, {})
    doctor._clock(visit)

    assert visit.checks == [Check("clock", Status.OK, "the service does not say its time")]


def test_a_slow_service_is_told(
    sandbox: Sandbox, project: Make, syncer: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(doctor, "_SLOW", 0.0)
    code, found = checks(syncer, cwd=project(), env=sandbox.env())

    assert (code, found["reach"]["status"]) == (0, "warn")


@pytest.mark.parametrize(
    ("field", "status", "detail"),
    [
        ("cf_syncer_key", "ok", "cf_syncer_key (Syncer key), text, unique"),
        ("cf_notes", "warn", "cf_notes (Notes) is there, and not unique"),
        ("cf_seats", "fail", "cf_seats is of the type integer, not text"),
        ("cf_nowhere", "fail", "cf_nowhere is not there"),
        ("name", "fail", "name is not there"),
    ],
)
@pytest.mark.usefixtures("sandbox")
def test_the_key_field_is_looked_at(project: Make, syncer: Run, field: str, status: str, detail: str) -> None:
    code, found = checks(syncer, cwd=project(None, f"version: 1\nidentity: {{key_field: {field}}}\n"))

    assert (code, found["key field"]["status"], found["key field"]["detail"]) == (
        status == "fail",
        status,
        detail,
    )


def test_a_space_without_a_base_currency_is_told(sandbox: Sandbox, project: Make, syncer: Run) -> None:
    with sandbox.db.transaction():
        sandbox.db.conn.execute("UPDATE Currency SET is_base = 0")
    sandbox.db.refresh()
    code, found = checks(syncer, cwd=project())

    assert (code, found["money"]["status"]) == (0, "warn")
    assert found["money"]["detail"].startswith("the space names no base currency")


def test_a_space_with_one_currency_is_fine(project: Make, syncer: Run) -> None:
    with Sandbox.serve(seed="empty") as sandbox:
        _, found = checks(syncer, cwd=project(), env=sandbox.env())

    assert (found["money"]["status"], found["money"]["detail"]) == (
        "ok",
        "USD, with rates in force for no other",
    )


def test_an_apply_that_did_not_end_and_one_that_runs_are_told(
    sandbox: Sandbox, project: Make, syncer: Run
) -> None:
    folder = project()
    journal = {"journal": 1, "space": {}, "digest": "", "started": "2027-01-01T00:00:00Z"}
    intent = {
        "intent": 1,
        "entity": "Opportunities",
        "operation": "batch-modify",
        "addresses": ["opportunity.a"],
        "at": 1.0,
    }
    state = space_folder(folder, sandbox.url, sandbox.space_id)
    prepare(state, JOURNALS)
    write_files(state, {"journal/20270101-1.jsonl": f"{json.dumps(journal)}\n{json.dumps(intent)}\n"})
    (state / "journal/20270101-1.jsonl").chmod(0o600)
    with held(folder, sandbox):
        code, found = checks(syncer, cwd=folder)

    assert (code, found["lock"]["status"]) == (0, "warn")
    assert found["lock"]["detail"].startswith(f"an apply is running: run r1, process {os.getpid()} of ")
    assert (found["applies"]["status"], found["applies"]["fix"]) == ("warn", "syncer apply --resume")
    assert "the outcome of 1 change is not known" in found["applies"]["detail"]


@pytest.mark.usefixtures("sandbox")
def test_a_state_folder_that_is_a_link_is_told(project: Make, syncer: Run, tmp_path: Path) -> None:
    folder = project()
    (tmp_path / "elsewhere").mkdir()
    (folder / ".syncer").symlink_to(tmp_path / "elsewhere")

    code, found = checks(syncer, cwd=folder)

    assert (code, found["state"]["status"], found["lock"]["status"]) == (1, "fail", "skip")
    assert found["state"]["detail"].endswith(".syncer is a link.")


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("HTTPS_PROXY", "ftp://me:hidden@proxy.example", "HTTPS_PROXY begins with neither http://,"),
        ("SSL_CERT_FILE", "/no/such/file", 'SSL_CERT_FILE is "/no/such/file", which cannot be read'),
    ],
)
def test_an_environment_that_leads_nowhere_is_one_check_that_fails(
    project: Make, syncer: Run, name: str, value: str, said: str
) -> None:
    env = {
        "PIPELINER_URL": "https://crm.pipelinersales.com",
        "PIPELINER_SPACE_ID": "us_Acme",
        "PIPELINER_API_USERNAME": "me",
        "PIPELINER_API_PASSWORD": "hidden",
    }
    code, found = checks(syncer, cwd=project(), env={**env, name: value})

    assert (code, found["reach"]["status"], found["rights"]["status"]) == (1, "fail", "skip")
    assert found["reach"]["detail"].startswith(said)
    assert "hidden" not in str(found)


NOTIFY = "version: 1\nnotify: {sales: [planned], on-call: [refused]}\n"


@pytest.mark.filterwarnings("ignore:'imghdr' is deprecated")  # one of the hundred ways of apprise needs it
@pytest.mark.parametrize(
    ("env", "expected"),
    [
        ({}, ("ok", "nobody set SYNCER_NOTIFY_SALES and SYNCER_NOTIFY_ON_CALL here", None)),
        (
            {"SYNCER_NOTIFY_SALES": "json://localhost"},
            ("ok", "sales can be notified; nobody set SYNCER_NOTIFY_ON_CALL here", None),
        ),
        (
            {"SYNCER_NOTIFY_SALES": "json://localhost", "CI": "true"},
            (
                "warn",
                "sales can be notified; nobody set SYNCER_NOTIFY_ON_CALL",
                "make secrets of these names, or take the names out of notify",
            ),
        ),
        (
            {"SYNCER_NOTIFY_SALES": "secret://x"},
            (
                "warn",
                "SYNCER_NOTIFY_SALES holds no address that apprise knows.",
                "`syncer help docs/notify.md` says what an address looks like",
            ),
        ),
    ],
)
def test_whom_syncer_yaml_names_is_looked_at_and_nothing_is_sent(
    project: Make, syncer: Run, env: dict[str, str], expected: tuple[str, str, str | None]
) -> None:
    """An address is a secret of a machine: on a laptop it is not missed, in a CI it was forgotten."""
    pytest.importorskip("apprise")
    _, found = checks(syncer, cwd=project(settings=NOTIFY), env={"CI": "", **env})

    check = found["notify"]
    assert (check["status"], check["detail"], check["fix"]) == expected


@pytest.mark.filterwarnings("ignore:'imghdr' is deprecated")  # one of the hundred ways of apprise needs it
def test_a_test_message_is_sent_where_it_is_asked_for(project: Make, syncer: Run) -> None:
    """Whether an address leads somewhere is seen before the first plan that matters."""
    pytest.importorskip("apprise")
    folder = project(settings=NOTIFY)
    with socket.create_server(("127.0.0.1", 0)) as gone:
        nowhere = f"json://127.0.0.1:{gone.getsockname()[1]}"
    env = {"CI": "", "SYNCER_NOTIFY_SALES": nowhere}
    with hooked() as hook:
        _, good = checks(syncer, "--notify", cwd=folder, env={**env, "SYNCER_NOTIFY_SALES": hook.address})
    _, bad = checks(syncer, "--notify", cwd=folder, env=env)

    assert (good["notify"]["detail"], hook.texts) == (
        "sales got a test message; nobody set SYNCER_NOTIFY_ON_CALL here",
        ["This is a test that syncer doctor was asked for: nothing was planned or applied."],
    )
    assert bad["notify"]["detail"] == (
        "sales was not notified: SYNCER_NOTIFY_SALES leads to somebody who did not take it."
    )


def test_without_apprise_doctor_says_how_to_get_it(
    project: Make, syncer: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first refusal that nobody hears of would be too late."""
    real = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name == "apprise" else real(name))
    env = {"CI": "", "SYNCER_NOTIFY_SALES": "json://localhost"}
    _, found = checks(syncer, cwd=project(settings=NOTIFY), env=env)

    assert found["notify"] == {
        "status": "warn",
        "detail": "Nobody can be notified: apprise is not installed.",
        "fix": installation.hint("notify"),
    }
