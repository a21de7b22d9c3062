"""A plan file that somebody made: what its digests tell, what they cannot, and what holds nevertheless."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from syncer.formats import plan_file
from syncer.formats.plan_json import plan_from_json
from syncer.sandbox.server import Sandbox
from tests.support import SETTINGS, Ran, manifest, one, writes

Make = Callable[..., Path]
Run = Callable[..., Ran]


def forge(path: Path, change: Callable[[dict[str, Any]], object]) -> None:
    """Change the plan at *path* and compute both digests anew, as anybody can."""
    body = json.loads(path.read_text())
    change(body)
    path.write_text(plan_file.dump(plan_from_json(body)))


@pytest.fixture
def saved(project: Make, sandbox: Sandbox, syncer: Run) -> Path:
    del sandbox
    folder = project()
    assert syncer("plan", "--out", "plan.json", cwd=folder).code == 0
    return folder / "plan.json"


def test_an_edit_is_found_by_the_digests(saved: Path, sandbox: Sandbox, syncer: Run) -> None:
    saved.write_text(saved.read_text().replace('"100', '"900'))

    assert syncer("apply", "plan.json", cwd=saved.parent).code == 4
    assert writes(sandbox) == []


def test_a_forged_plan_is_told_by_nothing_in_it(saved: Path, sandbox: Sandbox, syncer: Run) -> None:
    """They are sums, not signatures. That is why CI keeps the plan where a pull request cannot write."""

    def other_value(body: dict[str, Any]) -> None:
        body["changes"][0]["payload"]["value"]["base_value"] = 900

    forge(saved, other_value)

    assert syncer("apply", "plan.json", cwd=saved.parent).code in {0, 3}
    assert writes(sandbox) != []


def test_a_forged_plan_cannot_loosen_the_policy(saved: Path, sandbox: Sandbox, syncer: Run) -> None:
    forge(saved, lambda body: body["policy"]["guards"].update(max_creates=None, max_value=[]))

    ran = syncer("apply", "plan.json", cwd=saved.parent)

    assert (ran.code, "[plan-other-policy]" in ran.err) == (4, True)
    assert writes(sandbox) == []


def test_a_forged_plan_is_counted_again(project: Make, sandbox: Sandbox, syncer: Run) -> None:
    """What it says of itself, such as its summary and its problems, counts for nothing."""
    settings = SETTINGS.replace("guards: {", "guards: {max_creates: 2, ")
    folder = project(manifest({f"d{n}": {"name": f"Deal {n}"} for n in range(3)}), settings=settings)
    assert syncer("plan", "--out", "plan.json", cwd=folder).code == 0
    forge(folder / "plan.json", lambda body: body.update(problems=[]))

    assert syncer("apply", "plan.json", cwd=folder).code == 5
    assert writes(sandbox) == []


@pytest.mark.parametrize("key", ["url", "id"])
def test_a_forged_plan_leads_to_no_other_space(key: str, saved: Path, sandbox: Sandbox, syncer: Run) -> None:
    forge(saved, lambda body: body["space"].update({key: "https://evil.example"}))

    ran = syncer("apply", "plan.json", cwd=saved.parent)

    assert (ran.code, "[plan-other-space]" in ran.err) == (4, True)
    assert writes(sandbox) == []


def test_an_old_plan_is_refused(saved: Path, sandbox: Sandbox, syncer: Run) -> None:
    forge(saved, lambda body: body.update(expires_at="2020-01-01T00:00:00Z"))

    assert syncer("apply", "plan.json", cwd=saved.parent).code == 4
    assert writes(sandbox) == []


def test_a_plan_is_applied_once(saved: Path, sandbox: Sandbox, syncer: Run) -> None:
    assert syncer("apply", "plan.json", cwd=saved.parent).code == 0
    sandbox.store.delete("Opportunity", sandbox.store.find("Opportunity", name="Acme renewal 2027")["id"])
    before = len(writes(sandbox))

    assert syncer("apply", "plan.json", cwd=saved.parent).code == 4
    assert len(writes(sandbox)) == before


def test_what_is_applied_is_what_was_approved_whatever_the_files_say_since(
    saved: Path, sandbox: Sandbox, syncer: Run
) -> None:
    (saved.parent / "opportunities" / "deals.yaml").write_text(one(name="Another deal", value="9 USD"))

    assert syncer("apply", "plan.json", cwd=saved.parent).code == 0
    assert sandbox.store.find("Opportunity", name="Acme renewal 2027")["value"]["base_value"] == 100
