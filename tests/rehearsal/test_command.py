"""`syncer doctor --rehearse` as a person or a CI runs it: what it says, asks, writes and leaves."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from syncer.rehearsal.points import GROUPS, POINTS
from syncer.sandbox.server import Sandbox
from syncer.sandbox.switches import Switches
from tests.rehearsal.support import PEOPLE, WHO, everything, marks
from tests.support import Ran, write_files, writes

Run = Callable[..., Ran]
Make = Callable[..., Path]


def test_every_point_is_told_and_nothing_else_is_changed(
    sandbox: Sandbox, project: Make, syncer: Run
) -> None:
    before = everything(sandbox)
    ran = syncer("doctor", "--rehearse", *PEOPLE, cwd=project())

    assert (ran.code, everything(sandbox)) == (0, before)
    told = [line.split(": ")[1].split(".")[0] for line in ran.out.splitlines() if line.startswith("  ")]
    assert told == list(POINTS)
    assert [line for line in ran.out.splitlines() if line in GROUPS] == list(GROUPS)
    assert ran.out.endswith(f"\n{len(POINTS)} as assumed, 0 otherwise, 0 could not be told.\n")
    assert {role for role, _ in marks(sandbox)} == {"main", "batch", "client-id"}


def test_it_says_first_what_it_will_do(sandbox: Sandbox, project: Make, syncer: Run) -> None:
    ran = syncer("doctor", "--rehearse", *PEOPLE, cwd=project())
    said = ran.err.partition("Rehearsing:")[0]

    assert f"how space nv3_Sandbox on {sandbox.url} behaves. It writes to it" in said
    assert "It creates up to 6 opportunities named like\n      syncer rehearsal 20" in said
    assert (
        "main: may be deleted\n    owner Dana Doe, account Acme Corporation, pipeline New Business," in said
    )
    assert "step Lead In, value 1 USD, closing date 20" in said
    assert "links and unlinks the contact Bob Baker" in said
    assert "Webhooks and automations of the space will fire" in said


def test_what_turned_out_otherwise_says_whether_it_matters(project: Make, syncer: Run) -> None:
    with Sandbox.serve(switches=Switches(post_id="used")) as sandbox:
        ran = syncer("doctor", "--rehearse", *PEOPLE, cwd=project(), env=sandbox.env())

    assert ran.code == 0
    assert (
        "  Otherwise: client-id. What does POST do with an id? Used. Assumed was: ignored. "
        "No matter: syncer sends no id.\n"
    ) in ran.out
    assert ran.out.endswith(f"{len(POINTS) - 1} as assumed, 1 otherwise, 0 could not be told.\n")


# The report that is sent


def test_the_report_is_saved_without_a_name_or_a_secret(project: Make, syncer: Run) -> None:
    """Whatever is told apart in the space and its credentials is marked, and none of it is in the file."""
    secrets = {"space_id": "us_SecretSpace", "username": "us_SecretUser", "password": "SecretPassword"}
    with Sandbox.serve(**secrets) as sandbox:  # type: ignore[arg-type] # no others
        world = everything(sandbox)
        folder = project()
        ran = syncer("doctor", "--rehearse", *PEOPLE, "--json", "report.json", cwd=folder, env=sandbox.env())
        written = (folder / "report.json").read_text("utf-8")
        names = {
            str(value)
            for entity in ("Opportunity", "Account", "Contact", "Client", "Pipeline", "Step", "SalesUnit")
            for row in (*world[entity], *sandbox.store.rows(entity, include_deleted=True))
            for key, value in row.items()
            if value and (key == "id" or key.endswith(("name", "_id", "description")) or "email" in key)
            if len(str(value)) > 4
        }
    report = json.loads(written)

    assert ran.code == 0
    assert [name for name in (*secrets.values(), sandbox.url, "127.0.0.1", *names) if name in written] == []
    assert [point["name"] for point in report["points"]] == list(POINTS)
    assert report["summary"] == {"as assumed": len(POINTS), "otherwise": 0, "could not be told": 0}
    assert (report["format_version"], report["region"], report["left"]) == ("1.0", "other", 0)
    assert "holds no names and no secrets" in ran.err


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("opportunities/deals.yaml", "it is a manifest of the project"),
        ("syncer.yaml", "it holds the settings of the project"),
        ("opportunities", "is a folder"),
        ("nowhere/report.json", "there is no folder"),
    ],
)
def test_a_place_where_no_report_can_be_saved_is_told_before_anything_is_written(
    sandbox: Sandbox, project: Make, syncer: Run, name: str, said: str
) -> None:
    ran = syncer("doctor", "--rehearse", *PEOPLE, "--json", name, cwd=project())

    assert (ran.code in {1, 64}, said in ran.err, writes(sandbox)) == (True, True, [])


@pytest.mark.usefixtures("sandbox")
@pytest.mark.parametrize("options", [("--json", "-"), ("--format", "json")])
def test_stdout_holds_the_report_alone(project: Make, syncer: Run, options: tuple[str, ...]) -> None:
    ran = syncer("doctor", "--rehearse", *PEOPLE, *options, cwd=project())

    assert (ran.code, len(json.loads(ran.out)["points"])) == (0, len(POINTS))


# What is needed


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ((), "--owner, --account, --contact and --auto-approve are not given"),
        (WHO, "--auto-approve is not given"),
        ((*PEOPLE[2:], "--owner", ""), "--owner is not given"),
    ],
)
def test_without_a_terminal_everything_that_is_missing_is_named_at_once(
    sandbox: Sandbox, project: Make, syncer: Run, given: tuple[str, ...], said: str
) -> None:
    ran = syncer("doctor", "--rehearse", *given, cwd=project())

    assert (ran.code, ran.out) == (64, "")
    assert said in " ".join(ran.err.split())
    assert not sandbox.requests


def test_who_is_not_there_is_told_at_once(sandbox: Sandbox, project: Make, syncer: Run) -> None:
    who = ("--owner", "dnaa@example.com", "--account", "Northwind Traders", "--contact", "x@acme.example")
    ran = syncer("doctor", "--rehearse", *who, "--pipeline", "Renewal", "--auto-approve", cwd=project())

    assert (ran.code, writes(sandbox)) == (1, [])
    assert 'no user "dnaa@example.com".' in ran.err
    assert "hint: did you mean dana@example.com" in ran.err
    assert '2 records are the account "Northwind Traders".' in ran.err
    assert 'no contact "x@acme.example".' in ran.err
    assert 'no pipeline "Renewal".' in ran.err


def test_ids_and_a_pipeline_choose_as_well(sandbox: Sandbox, project: Make, syncer: Run) -> None:
    account = next(row["id"] for row in sandbox.store.rows("Account") if row["name"] == "Northwind Traders")
    who = ("--owner", "dana@example.com", "--account", account.upper(), "--contact", "bob@acme.example")
    ran = syncer("doctor", "--rehearse", *who, "--pipeline", "Renewals", "--auto-approve", cwd=project())

    assert ran.code == 0
    assert "account Northwind Traders, pipeline Renewals," in ran.err


def test_a_space_without_a_place_for_a_deal_is_told(project: Make, syncer: Run) -> None:
    """In the only step of a pipeline the deal would be won; without a base currency it has no value."""
    with Sandbox.serve() as sandbox:
        with sandbox.db.transaction():
            sandbox.db.conn.execute("UPDATE Currency SET is_base = 0")
            sandbox.db.conn.execute("UPDATE Step SET is_deleted = 1 WHERE sort_order > 0")
        sandbox.db.refresh()
        ran = syncer("doctor", "--rehearse", *PEOPLE, cwd=project(), env=sandbox.env())

    assert ran.code == 1
    assert "There is no pipeline with two steps" in ran.err
    assert "The space names no base currency" in ran.err


def test_a_space_with_one_currency_leaves_one_question_open(project: Make, syncer: Run) -> None:
    with Sandbox.serve() as sandbox:
        with sandbox.db.transaction():
            sandbox.db.conn.execute("UPDATE CurrencyExchangeRate SET is_deleted = 1")
        sandbox.db.refresh()
        ran = syncer("doctor", "--rehearse", *PEOPLE, cwd=project(), env=sandbox.env())

    assert ran.code == 0
    assert "Could not be told: money-foreign." in ran.out


def test_fields_that_a_space_requires_can_be_given(project: Make, syncer: Run) -> None:
    with Sandbox.serve(switches=Switches(require=("oas", "lead_source_id", "ranking"))) as sandbox:
        world = everything(sandbox)
        refused = syncer("doctor", "--rehearse", *PEOPLE, cwd=project(), env=sandbox.env())
        source = next(row["id"] for row in sandbox.store.rows("Data") if row["option_name"] == "Web")
        given = ("--field", f"lead_source_id={source}", "--field", "ranking=3")
        ran = syncer("doctor", "--rehearse", *PEOPLE, *given, cwd=project(), env=sandbox.env())

        assert (refused.code, ran.code, everything(sandbox)) == (1, 0, world)
    assert "Non-null field 'lead_source_id' is null or empty." in " ".join(refused.err.split())
    assert "--field NAME=VALUE" in refused.err


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--rehearse", *PEOPLE, "--field", "ranking"), "--field ranking is not NAME=VALUE."),
        (("--owner", "dana@example.com", "--json", "r.json"), "--owner, --json without --rehearse."),
    ],
)
def test_wrong_usage_is_told(
    sandbox: Sandbox, project: Make, syncer: Run, options: tuple[str, ...], said: str
) -> None:
    ran = syncer("doctor", *options, cwd=project())

    assert (ran.code, said in ran.err, list(sandbox.requests)) == (64, True, [])


# What goes wrong


def test_a_service_that_makes_no_record_is_told(project: Make, syncer: Run) -> None:
    with Sandbox.serve(forbidden=["Opportunity:create"]) as sandbox:
        ran = syncer("doctor", "--rehearse", *PEOPLE, cwd=project(), env=sandbox.env())

        assert (ran.code, marks(sandbox), ran.out) == (1, [], "")
    assert "does not let this API application write Opportunities" in ran.err


def test_a_service_that_fails_at_the_first_record_is_told(
    faulty: Sandbox, project: Make, syncer: Run
) -> None:
    faulty.faults.add("status", status=500, method="POST", path="Opportunities$")
    ran = syncer("doctor", "--rehearse", *PEOPLE, cwd=project())

    assert (ran.code, "status 500" in ran.err, marks(faulty)) == (1, True, [])


def test_a_service_that_is_silent_at_the_first_record_is_told(
    faulty: Sandbox, project: Make, syncer: Run
) -> None:
    faulty.faults.add("drop", method="POST", path="Opportunities$")
    ran = syncer("doctor", "--rehearse", *PEOPLE, cwd=project())

    assert (ran.code, "The rehearsal did not begin" in ran.err, marks(faulty)) == (1, True, [])


@pytest.mark.parametrize("first", [True, False], ids=["already the first", "later"])
def test_what_may_be_left_is_an_exit_code_of_its_own(
    faulty: Sandbox, project: Make, syncer: Run, first: bool
) -> None:
    faulty.faults.add("status", status=422, method="DELETE")
    if first:
        faulty.faults.add("status", status=500, method="POST", path="Opportunities$", when="after", nth=1)
    ran = syncer("doctor", "--rehearse", *PEOPLE, cwd=project())

    assert ran.code == 3
    assert "may be left in the space. Run the rehearsal again" in ran.err


def test_a_project_of_several_spaces_rehearses_on_the_chosen_one(
    sandbox: Sandbox, tmp_path: Path, syncer: Run
) -> None:
    settings = f"""\
version: 1
spaces:
  staging: {{url: '{sandbox.url}', space_id: {sandbox.space_id}}}
  production: {{url: 'https://us-east.api.pipelinersales.com', space_id: us_Acme}}
"""
    env: dict[str, Any] = {
        "PIPELINER_API_USERNAME": sandbox.username,
        "PIPELINER_API_PASSWORD": sandbox.password,
    }
    folder = write_files(tmp_path / "p", {"syncer.yaml": settings})
    ran = syncer("--space", "staging", "doctor", "--rehearse", *PEOPLE, cwd=folder, env=env)

    assert (ran.code, f"space nv3_Sandbox on {sandbox.url}" in ran.err) == (0, True)


# How it is told


@pytest.mark.parametrize(("fault", "code"), [(False, 1), (True, 3)])
def test_a_report_that_cannot_be_written_hides_nothing_that_is_left(
    faulty: Sandbox, project: Make, syncer: Run, monkeypatch: pytest.MonkeyPatch, fault: bool, code: int
) -> None:
    def full(*_: Any, **__: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("syncer.cli.rehearse.out", full)
    if fault:
        faulty.faults.add("status", status=422, method="DELETE")
    ran = syncer("doctor", "--rehearse", *PEOPLE, cwd=project())

    assert (ran.code, "may be left" in ran.err) == (code, fault)


def test_quiet_is_quiet_when_approved(sandbox: Sandbox, project: Make, syncer: Run) -> None:
    ran = syncer("-q", "doctor", "--rehearse", *PEOPLE, cwd=project())

    assert (ran.code, ran.err, sandbox.requests.count("POST") > 3) == (0, "", True)
