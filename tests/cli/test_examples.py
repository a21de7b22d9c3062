"""The examples people copy: plan, apply, and a plan that is empty."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import jsonschema_rs
import pytest

from syncer import resources
from syncer.sandbox import world
from syncer.sandbox.server import Sandbox
from tests.support import Ran, writes

EXAMPLES = {"tutorial": 1, "quarter": 62}


@pytest.fixture(params=EXAMPLES)
def example(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """A copy of one example; its name is that of the folder."""
    return Path(shutil.copytree(resources.examples() / request.param, tmp_path / request.param))


def test_plan_apply_and_a_plan_that_is_empty(
    example: Path, sandbox: Sandbox, syncer: Callable[..., Ran]
) -> None:
    number = EXAMPLES[example.name]
    before = sandbox.store.count("Opportunity")

    assert syncer("validate", cwd=example).code == 0
    assert syncer("plan", "--detailed-exitcode", cwd=example).code == 2
    assert sandbox.store.count("Opportunity") == before
    assert writes(sandbox) == []

    applied = syncer("apply", "--auto-approve", cwd=example)
    assert applied.code == 0
    assert applied.out.endswith(f"\nApply complete: {number} created, 0 failed.\n")
    assert sandbox.store.count("Opportunity") == before + number

    again = syncer("plan", "--detailed-exitcode", cwd=example)
    assert again.code == 0
    declared = "1 opportunity is" if number == 1 else f"{number} opportunities are"
    assert again.out == (
        f"Plan for {sandbox.space_id} at {sandbox.url}\n\nNo changes. {declared} as declared.\n"
    )


def test_what_somebody_deletes_is_exactly_what_the_next_plan_reports_as_gone(
    example: Path, sandbox: Sandbox, syncer: Callable[..., Ran]
) -> None:
    before = {row["id"] for row in sandbox.store.rows("Opportunity")}
    syncer("apply", "--auto-approve", cwd=example)
    created = [row for row in sandbox.store.rows("Opportunity") if row["id"] not in before]
    lost = created[len(created) // 2]
    sandbox.store.delete("Opportunity", lost["id"])

    planned = json.loads(syncer("plan", "--format", "json", cwd=example).out)

    acts = {
        change["address"]: change["action"] for change in planned["changes"] if change["action"] != "no-op"
    }
    (address,) = acts
    assert acts == {address: "gone"}
    assert [c["after"]["name"] for c in planned["changes"] if c["address"] == address] == [lost["name"]]
    assert planned["summary"]["gone"] == 1
    assert planned["summary"]["no-op"] == EXAMPLES[example.name] - 1
    assert syncer("apply", "--auto-approve", cwd=example).code == 0
    assert sandbox.store.count("Opportunity") == len(before) + EXAMPLES[example.name] - 1


@pytest.mark.usefixtures("sandbox")
def test_a_saved_plan_is_shown_again_and_then_applied_as_it_was_reviewed(
    example: Path, syncer: Callable[..., Ran]
) -> None:
    planned = syncer("plan", "--out", "plan.json", cwd=example)
    assert planned.err.endswith("Saved. To do exactly this: syncer apply plan.json\n")
    assert (example / "plan.json").stat().st_mode & 0o777 == 0o600

    shown = syncer("show", "plan.json", cwd=example, env={})
    assert (shown.code, shown.out, shown.err) == (0, planned.out, "")

    applied = syncer("apply", "plan.json", cwd=example)
    assert applied.code == 0
    assert applied.out.endswith(f"Apply complete: {EXAMPLES[example.name]} created, 0 failed.\n")
    assert "No changes." in syncer("plan", cwd=example).out


@pytest.mark.usefixtures("sandbox")
def test_two_plans_of_one_world_are_the_same_text(example: Path, syncer: Callable[..., Ran]) -> None:
    one, other = (syncer("plan", "-v", cwd=example) for _ in range(2))
    assert one.out == other.out

    left, right = (json.loads(syncer("plan", "--format", "json", cwd=example).out) for _ in range(2))
    times = {"created_at", "expires_at", "seal"}
    assert {k: v for k, v in left.items() if k not in times} == {
        k: v for k, v in right.items() if k not in times
    }
    assert left["digest"] == right["digest"]
    assert [c["address"] for c in left["changes"]] == sorted(c["address"] for c in left["changes"])


@pytest.mark.usefixtures("sandbox")
def test_a_plan_and_the_events_of_an_apply_fit_the_published_schemas(
    example: Path, syncer: Callable[..., Ran]
) -> None:
    planned = json.loads(syncer("plan", "--format", "json", "--out", "plan.json", cwd=example).out)
    _schema(syncer, "plan").validate(planned)
    assert json.loads((example / "plan.json").read_text())["digest"] == planned["digest"]

    applied = syncer("apply", "--auto-approve", "--format", "json", cwd=example)
    events = [json.loads(line) for line in applied.out.splitlines()]
    schema = _schema(syncer, "events")
    for event in events:
        schema.validate(event)
    assert [event["event"] for event in events] == [
        "start",
        *["outcome"] * EXAMPLES[example.name],
        "summary",
    ]
    assert events[-1]["created"] == EXAMPLES[example.name]
    assert {event["outcome"] for event in events[1:-1]} == {"created"}


@pytest.mark.usefixtures("sandbox")
def test_the_tutorial_sends_what_the_vendors_tutorial_sends(syncer: Callable[..., Ran]) -> None:
    """Its request, to the last field; only the type of the opportunity is told on top."""
    planned = json.loads(syncer("plan", "--format", "json", cwd=resources.examples() / "tutorial").out)

    (change,) = planned["changes"]
    payload = change["payload"]
    assert payload.pop("oppty_type_id")
    assert payload == {
        "name": "New Opportunity",
        "owner_id": world.TUTORIAL_USER_ID,
        "step_id": world.FIRST_STEP_ID,
        "closing_date": "2019-01-01",
        "value": {"base_value": 100, "currency_id": world.BASE_CURRENCY_ID},
        "account_relations": [{"account_id": world.ZIEMANN_ID, "is_primary": True}],
        "contact_relations": [{"contact_id": world.ZIEMANN_CONTACT_ID, "is_primary": True}],
    }


def _schema(syncer: Callable[..., Ran], name: str) -> jsonschema_rs.Draft202012Validator:
    printed = syncer("schema", name, env={})
    assert (printed.code, printed.err) == (0, "")
    return jsonschema_rs.Draft202012Validator(json.loads(printed.out))
