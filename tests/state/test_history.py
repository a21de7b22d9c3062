"""`syncer history`: what was applied, to which record, and who set a value last; over each store."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from syncer.model.codes import ExitCode
from tests.state.working import APPLY, Team
from tests.support import MANIFEST, Ran

Run = Callable[..., Ran]
DEAL = "opportunity.deal-0"


def applied(team: Team, syncer: Run, *names: str, extra: str = "") -> Path:
    """Apply deals of these names from another working copy, and change existing ones."""
    folder = team.copy(list(names))
    manifest = folder / MANIFEST
    manifest.write_text(
        manifest.read_text().replace(f"    name: {names[0]}\n", f"    name: {names[0]}\n{extra}")
    )
    ran = syncer(*APPLY, "--existing", "update", cwd=folder, env=team.env)
    assert ran.code == 0, ran.err
    return folder


def document(ran: Ran) -> dict[str, Any]:
    assert ran.code == 0, ran.err
    found: dict[str, Any] = json.loads(ran.out)
    return found


def test_runs_are_told_newest_first_to_people_and_scripts(team: Team, syncer: Run) -> None:
    """From any working copy, without the service: only where the space is has to be known."""
    applied(team, syncer, "Deal 0", "Deal 1")
    folder = applied(team, syncer, "Deal nil", "Deal 1")
    offline = {name: value for name, value in team.env.items() if not name.endswith(("USERNAME", "PASSWORD"))}
    team.sandbox.requests.clear()

    text = syncer("history", cwd=folder, env=offline)
    found = document(syncer("history", "--format", "json", cwd=folder, env=offline))

    runs = team.store(folder).read().runs
    assert [line for line in text.out.splitlines() if line.startswith("2")] == [runs[1].run, runs[0].run]
    assert ("  1 updated" in text.out, "  2 created" in text.out) == (True, True)
    assert found["format_version"] == "1.0"
    assert [(run["run"], run["outcomes"], len(run["changes"])) for run in found["runs"]] == [
        (runs[1].run, {"updated": 1}, 1),
        (runs[0].run, {"created": 2}, 2),
    ]
    assert list(team.sandbox.requests) == []


def test_of_a_record_those_that_touched_it_are_told(team: Team, syncer: Run) -> None:
    applied(team, syncer, "Deal 0", "Deal 1")
    applied(team, syncer, "Deal nil", "Deal 1")
    folder = applied(team, syncer, "Deal nil", "Deal 1", "Deal 2")

    text = syncer("history", DEAL, cwd=folder, env={**team.env, "COLUMNS": "60"})
    found = document(syncer("history", DEAL, "--format", "json", cwd=folder, env=team.env))

    assert '    name  "Deal 0" → "Deal nil"' in text.out.splitlines()
    assert max(map(len, text.out.splitlines())) <= 60
    assert [[change["action"] for change in run["changes"]] for run in found["runs"]] == [
        ["update"],
        ["create"],
    ]
    assert found["runs"][0]["changes"][0]["after"] == {"name": "Deal nil"}


def test_of_a_field_who_set_it_is_told_and_what_the_crm_holds(local: Team, syncer: Run) -> None:
    """A run, somebody in the CRM since, nobody who is known; references by their names."""
    team, sandbox = local, local.sandbox
    folder = applied(team, syncer, "Deal 0", extra="    lead_source: Web\n")
    (run,) = team.store(folder).read().runs
    deal = sandbox.store.find("Opportunity", name="Deal 0")

    def field(path: str) -> dict[str, Any]:
        ran = syncer("history", f"{DEAL}:{path}", "--format", "json", cwd=folder, env=team.env)
        found: dict[str, Any] = document(ran)["field"]
        assert found.pop("agreed_at") in {run.ended, None}
        assert (found.pop("address"), found.pop("path"), found.pop("id")) == (DEAL, path, deal["id"])
        return found

    modified = deal["modified"]
    assert field("lead_source") == {
        "source": "run", "run": run.run, "now": "Web", "modified": modified, "agreed": "Web",
    }  # fmt: skip
    assert field("owner")["now"] == "dana@example.com"

    sandbox.edit("Opportunity", deal["id"], name="Deal of Eve", description="seen")
    modified = sandbox.store.find("Opportunity", id=deal["id"])["modified"]
    assert field("name") == {
        "source": "crm", "run": None, "now": "Deal of Eve", "modified": modified, "agreed": "Deal 0",
    }  # fmt: skip
    assert field("description") == {
        "source": "free", "run": None, "now": "seen", "modified": modified, "agreed": None,
    }  # fmt: skip

    sandbox.store.delete("Opportunity", deal["id"])
    ran = syncer("history", f"{DEAL}:name", cwd=folder, env={**team.env, "COLUMNS": "60"})
    assert (ran.code, "among the deleted" in " ".join(ran.out.split())) == (0, True)


def test_of_a_choice_and_of_links_the_names_are_told(local: Team, syncer: Run) -> None:
    folder = applied(local, syncer, "Deal 0", extra="    fields: {cf_region: EMEA}\n")
    ran = syncer("history", f"{DEAL}:fields.cf_region", cwd=folder, env=local.env)
    assert (ran.code, ran.out.splitlines()[2]) == (0, 'now     "EMEA", as agreed')

    ran = syncer("history", f"{DEAL}:contacts", cwd=folder, env=local.env)
    assert (ran.code, ran.out.splitlines()[2]) == (0, 'now     "bob@acme.example" [primary], as agreed')


def test_of_an_imported_value_the_import_is_told(team: Team, syncer: Run) -> None:
    """It is a run, which an undo skips, until a later one sets the value."""
    folder = team.declaring({})
    (folder / MANIFEST).unlink()
    ran = syncer("import", "--split", "none", "--out", "opportunities", cwd=folder, env=team.env)
    assert ran.code == 0, ran.err
    (run,) = team.store(folder).read().runs
    when = f"{run.ended}, {run.by}"
    deal = "opportunity.globex-expansion"

    field = document(syncer("history", f"{deal}:name", "--format", "json", cwd=folder, env=team.env))["field"]
    text = syncer("history", f"{deal}:name", cwd=folder, env={**team.env, "COLUMNS": "200"}).out
    listed = syncer("history", cwd=folder, env=team.env).out

    assert (field["source"], field["run"], field["now"]) == ("imported", run.run, "Globex expansion")
    assert text.splitlines()[2:] == [
        'now     "Globex expansion", as agreed',
        f'agreed  "Globex expansion", {run.ended}',
        f"set by  nobody who is known: it was in the CRM when it was imported, run {run.run}, {when}",
        "",
        run.run,
        f"  {when}",
        '  imported "Globex expansion"',
    ]
    assert listed == f"{run.run}\n  {when}\n  2 imported\n"
    undo = syncer("undo", "--auto-approve", cwd=folder, env=team.env)
    assert (undo.code, "Nothing was applied yet" in undo.err) == (ExitCode.USAGE, True)
    undo = syncer("undo", run.run, "--auto-approve", cwd=folder, env=team.env)
    assert (undo.code, "is an import: it wrote nothing" in undo.err) == (ExitCode.USAGE, True)


def test_what_is_not_known_is_an_error_with_what_may_be_meant(local: Team, syncer: Run) -> None:
    folder = applied(local, syncer, "Deal 0")

    for what, said in (
        ("opportunity.deal-1", "did you mean opportunity.deal-0?"),
        ("opportunity.deal-0:nmae", "did you mean name?"),
        ("deal-0", "write it as a plan shows it"),
    ):
        ran = syncer("history", what, cwd=folder, env=local.env)
        assert (ran.code, ran.out) == (ExitCode.USAGE, "")
        assert said in ran.err


def test_before_anything_was_applied_there_is_nothing_to_tell(local: Team, syncer: Run) -> None:
    folder = local.copy(["Deal 0"])

    assert syncer("history", cwd=folder, env=local.env).out.startswith("Nothing was applied yet")
    assert document(syncer("history", "--format", "json", cwd=folder, env=local.env))["runs"] == []
    assert syncer("history", DEAL, cwd=folder, env=local.env).code == ExitCode.USAGE
