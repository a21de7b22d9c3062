"""`syncer plan` and `syncer show`, option by option."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from syncer.sandbox.server import Sandbox
from tests.support import MANIFEST, Ran, manifest, one, writes

Make = Callable[..., Path]
Run = Callable[..., Ran]

PLAN = """\
Plan for {space} at {url}

+ create opportunity.acme-renewal-2027  opportunities/deals.yaml:3
    name          "Acme renewal 2027"
    owner         "dana@example.com" → Dana Doe
    pipeline      "Renewals"
    step          "Contacted"
    closing_date  2027-03-31
    value         100.00 USD
    accounts      "info@acme.example" [primary] → Acme Corporation
    contacts      "bob@acme.example" [primary] → Bob Baker
    type          "Standard"

Plan: 1 to create, 0 to update, 0 to delete.

To be created
  Renewals     1  100.00 USD
    Contacted  1  100.00 USD
"""


def test_the_result_goes_to_stdout_and_progress_to_stderr(
    project: Make, sandbox: Sandbox, syncer: Run
) -> None:
    ran = syncer("plan", cwd=project())

    assert ran.code == 0
    assert ran.out == PLAN.format(space=sandbox.space_id, url=sandbox.url)
    assert ran.err == "Reading space nv3_Sandbox for 1 opportunity.\n"
    assert writes(sandbox) == []


@pytest.mark.usefixtures("sandbox")
@pytest.mark.parametrize("wrong", ["same-identity", "unknown-field"])
def test_what_stops_a_plan_comes_with_the_doubts_that_may_be_its_reason(
    wrong: str, project: Make, syncer: Run
) -> None:
    """Two names that a # has cut are one; who is told of the one and not of the other looks for long."""
    deals = {"a": {"name": "Order #1"}, "b": {"name": "Order #2"}}
    if wrong == "unknown-field":
        deals["b"] = {"name": "Bill #2", "nme": "x"}
    ran = syncer("plan", "--format", "json", cwd=project({MANIFEST: manifest(deals)}))

    found = json.loads(ran.out.splitlines()[0])["problems"]
    assert (ran.code, {problem["code"] for problem in found}) == (1, {wrong, "text-cut"})


@pytest.mark.usefixtures("sandbox")
def test_quiet_leaves_the_result_alone(project: Make, syncer: Run) -> None:
    folder = project()

    quiet = syncer("-q", "plan", cwd=folder)

    assert quiet.err == ""
    assert quiet == syncer("plan", "-q", cwd=folder), "global options may stand behind the command"


def test_verbose_lists_what_is_unchanged_and_the_requests_made(
    project: Make, sandbox: Sandbox, syncer: Run
) -> None:
    folder = project()
    syncer("apply", "--auto-approve", cwd=folder)
    sandbox.requests.clear()

    ran = syncer("plan", "-v", cwd=folder)

    assert "= no-op opportunity.acme-renewal-2027  opportunities/deals.yaml:3\n" in ran.out
    counted = [line for line in ran.err.splitlines() if line.startswith("  GET")]
    assert f"\nRequests: {len(sandbox.requests)}\n" in ran.err
    ways = {
        name: way
        for line in ran.err.splitlines()
        if (words := line.split())[:1] == ["GET"]
        for name, way in [words[1:3]]
    }
    assert (ways["Pipelines"], ways["Accounts"], ways["Opportunities"]) == ("scan", "scan", "scan")
    assert sum(int(line.partition(" requests")[0].split()[-1]) for line in counted) == len(sandbox.requests)


@pytest.mark.usefixtures("sandbox")
def test_only_the_named_targets_are_planned(project: Make, syncer: Run) -> None:
    folder = project(
        manifest({key: {"name": key} for key in ("deal-a", "deal-b", "deal-c")}),
    )

    ran = syncer(
        "plan", "--target", "opportunity.deal-c", "--target", "deal-a", "--format", "json", cwd=folder
    )

    assert [change["address"] for change in json.loads(ran.out)["changes"]] == [
        "opportunity.deal-a",
        "opportunity.deal-c",
    ]


@pytest.mark.usefixtures("sandbox")
def test_only_the_named_files_are_planned(project: Make, syncer: Run) -> None:
    folder = project({"opportunities/a.yaml": one("deal-a"), "opportunities/b.yaml": one("deal-b", name="B")})

    ran = syncer("plan", "opportunities/b.yaml", "--format", "json", cwd=folder)

    assert [change["address"] for change in json.loads(ran.out)["changes"]] == ["opportunity.deal-b"]


def test_existing_deals_that_differ_are_reported_or_updated(
    project: Make, sandbox: Sandbox, syncer: Run
) -> None:
    folder = project()
    syncer("apply", "--auto-approve", cwd=folder)
    (folder / MANIFEST).write_text(one(value="250 USD"))

    drift = syncer("plan", "--existing", "report", "--detailed-exitcode", cwd=folder)
    assert drift.code == 2, "what differs and is only reported counts as well"
    assert "! drift opportunity.acme-renewal-2027" in drift.out
    assert "0 to create, 0 to update, 0 to delete, 1 drifted (shown, not changed)." in drift.out

    update = syncer("plan", "--existing", "update", "--detailed-exitcode", "--out", "plan.json", cwd=folder)
    assert update.code == 2
    assert "~ update opportunity.acme-renewal-2027" in update.out
    assert "    value.amount  100.00 → 250.00 USD  (moved in git)\n" in update.out

    assert syncer("apply", "plan.json", cwd=folder).code == 0
    assert sandbox.store.find("Opportunity", name="Acme renewal 2027")["value"]["base_value"] == 250
    assert "No changes." in syncer("plan", cwd=folder).out


def test_an_apply_of_a_plan_with_only_drift_writes_nothing(
    project: Make, sandbox: Sandbox, syncer: Run
) -> None:
    folder = project()
    syncer("apply", "--auto-approve", cwd=folder)
    (folder / MANIFEST).write_text(one(value="250 USD"))
    sandbox.requests.clear()

    ran = syncer("apply", "--existing", "report", cwd=folder)
    assert ran.code == 0, "there is nothing to approve, so no terminal is needed"
    assert writes(sandbox) == []


@pytest.mark.usefixtures("sandbox")
def test_markdown_is_for_a_pull_request(project: Make, syncer: Run) -> None:
    folder = project()

    ran = syncer("plan", "--format", "markdown", "--out", "plan.json", cwd=folder)

    assert ran.code == 0
    assert "acme-renewal-2027" in ran.out
    assert "1 to create" in ran.out
    assert "\x1b" not in ran.out
    assert ran.err == "Reading space nv3_Sandbox for 1 opportunity.\n"
    assert syncer("show", "plan.json", "--format", "markdown", cwd=folder).out == ran.out


@pytest.mark.usefixtures("sandbox")
def test_a_report_for_a_browser_is_written_beside_the_plan(project: Make, syncer: Run) -> None:
    folder = project()

    planned = syncer("plan", "--html", "plan.html", "--out", "plan.json", cwd=folder)
    shown = syncer("show", "plan.json", "--html", "again.html", cwd=folder)

    assert (planned.code, shown.code) == (0, 0)
    page = (folder / "plan.html").read_text()
    assert page.lower().startswith("<!doctype html>")
    assert "Acme renewal 2027" in page
    assert (folder / "again.html").read_text() == page
    assert (folder / "plan.html").stat().st_mode & 0o777 == 0o644


@pytest.mark.usefixtures("sandbox")
def test_json_is_the_plan_file_itself(project: Make, syncer: Run) -> None:
    folder = project()

    ran = syncer("plan", "--format", "json", "--out", "plan.json", cwd=folder)

    assert (folder / "plan.json").read_text() == ran.out
    assert syncer("show", "plan.json", "--format", "json", cwd=folder).out == ran.out


def test_a_plan_knows_the_commit_of_its_manifests(project: Make, sandbox: Sandbox, syncer: Run) -> None:
    folder = project()
    env = sandbox.env()

    def commit(**more: str) -> str | None:
        source = json.loads(syncer("plan", "--format", "json", cwd=folder, env={**env, **more}).out)["source"]
        found: str | None = source["commit"]
        return found

    assert commit() is None
    assert commit(PATH="") is None, "no git, no commit, no complaint"
    assert commit(GITHUB_SHA="a1b2c3") == "a1b2c3"


def test_a_plan_cannot_be_saved_where_no_folder_is(project: Make, sandbox: Sandbox, syncer: Run) -> None:
    """It is told at once, not after a long look at the space."""
    folder = project()

    for option in ("--out", "--html"):
        ran = syncer("plan", option, "reports/plan.x", cwd=folder)

        assert (ran.code, ran.out) == (1, "")
        assert ran.err == (
            "error: File cannot be written [file-unwritable]\n"
            'reports/plan.x cannot be written: there is no folder "reports".\n'
            "hint: make the folder, or choose another file\n"
        )
    assert {request.method for request in sandbox.requests} <= {"GET"}


@pytest.mark.usefixtures("sandbox")
def test_a_name_that_is_unknown_at_first_is_looked_for_in_the_whole_kind(project: Make, syncer: Run) -> None:
    """A filter may match case; people do not."""
    ran = syncer("plan", cwd=project(one(owner="DANA@Example.com", account="INFO@ACME.example")))

    assert ran.code == 0
    assert '"DANA@Example.com" → Dana Doe' in ran.out


def test_a_saved_plan_that_is_missing_or_no_plan(project: Make, syncer: Run) -> None:
    folder = project()

    assert syncer("show", "plan.json", cwd=folder) == Ran(
        1,
        "",
        "error: Plan cannot be read [plan-unreadable]\n"
        "plan.json cannot be used: No such file or directory.\n"
        "hint: make one with `syncer plan --out`\n",
    )
    assert syncer("show", "syncer.yaml", cwd=folder) == Ran(
        1,
        "",
        "error: Plan cannot be read [plan-unreadable]\n"
        "syncer.yaml cannot be used: it is not JSON.\n"
        "hint: make one with `syncer plan --out`\n",
    )


def test_an_edited_plan_is_refused(project: Make, sandbox: Sandbox, syncer: Run) -> None:
    folder = project()
    syncer("plan", "--out", "plan.json", cwd=folder)
    saved = folder / "plan.json"
    saved.write_text(saved.read_text().replace("100.00", "900.00"))

    told = Ran(
        4,
        "",
        "error: Plan was changed [plan-edited]\n"
        "plan.json is not as `syncer plan` wrote it.\n"
        "hint: make the plan again; to change what it does, change the manifests\n",
    )
    assert syncer("show", "plan.json", cwd=folder) == told
    assert syncer("apply", "plan.json", cwd=folder) == told
    assert writes(sandbox) == []
