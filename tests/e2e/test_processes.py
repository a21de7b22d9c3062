"""However many processes work and however many requests are on their way: the result is the same bytes."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from syncer.sandbox.server import Sandbox
from tests.support import Ran

COUNT = 2_100  # more than what any stage takes to share its work
Run = Callable[..., Ran]


@pytest.fixture
def many(tmp_path: Path) -> Path:
    """A project whose manifests, text and plan file are large enough to be shared."""
    folder = tmp_path / "many"
    (folder / "opportunities").mkdir(parents=True)
    (folder / "syncer.yaml").write_text(
        "version: 1\npolicy: {guards: {max_creates: null, max_value: []}}\n", encoding="utf-8"
    )
    for start in range(0, COUNT, 100):
        entries = "".join(
            f"  deal-{number:05}:\n    name: Deal {number} → {number % 7}\n"
            f"    closing_date: 2027-{number % 12 + 1:02}-15\n"
            f"    value: {number + 1}.25 {'EUR' if number % 3 else 'USD'}\n"
            f"    description: The deal number {number}, with a line of text to carry.\n"
            f"    step: {('Upcoming', 'Contacted')[number % 2]}\n"
            for number in range(start, start + 100)
        )
        (folder / "opportunities" / f"{start:05}.yaml").write_text(
            "version: 1\n"
            "defaults: {owner: dana@example.com, pipeline: Renewals, account: info@acme.example}\n"
            f"opportunities:\n{entries}",
            encoding="utf-8",
        )
    return folder


def meaning(text: str) -> dict[str, Any]:
    """What a plan file says, without the times of its making."""
    plan: dict[str, Any] = json.loads(text)
    return {key: value for key, value in plan.items() if key not in {"created_at", "expires_at", "seal"}}


def test_a_plan_is_the_same_bytes_with_one_process_and_with_eight(
    many: Path, sandbox: Sandbox, syncer: Run
) -> None:
    texts, files = [], []
    for number in ("1", "8"):
        saved = many / f"{number}.json"
        ran = syncer("-q", "plan", "--out", saved, cwd=many, env={"SYNCER_PROCESSES": number})
        assert (ran.code, ran.err) == (0, "")
        texts.append(ran.out.replace(saved.name, "plan.json"))
        files.append(meaning(saved.read_text(encoding="utf-8")))

    assert f"Plan: {COUNT:,} to create" in texts[0]
    assert texts[0] == texts[1]
    assert files[0] == files[1]
    assert sandbox.requests


def test_every_problem_is_told_in_the_same_words_with_one_process_and_with_eight(
    many: Path, sandbox: Sandbox, syncer: Run
) -> None:
    faulty = many / "opportunities" / "01000.yaml"
    text = faulty.read_text(encoding="utf-8")
    text = text.replace("value: 1001.25 ", "value: 1,001.25 ").replace("deal-01050:", "deal-00001:")
    faulty.write_text(text + "    ownr: dana@example.com\n", encoding="utf-8")

    told = [syncer("plan", cwd=many, env={"SYNCER_PROCESSES": number}) for number in ("1", "8")]

    assert told[0] == told[1]
    assert told[0].code == 1
    for words in ("Opportunity declared twice", "has separators", 'There is no field "ownr"'):
        assert words in told[0].err
    assert not sandbox.requests


def test_an_apply_does_the_same_with_one_process_and_with_eight(
    many: Path, sandbox: Sandbox, syncer: Run
) -> None:
    worlds = []
    for processes, parallelism in (("1", "1"), ("8", "8")):
        sandbox.reset()
        env = {"SYNCER_PROCESSES": processes}
        ran = syncer("-q", "apply", "--auto-approve", "--parallelism", parallelism, cwd=many, env=env)
        assert ran.code == 0, ran.err
        again = syncer("-q", "plan", cwd=many, env=env)
        assert again.out.endswith(f"\nNo changes. {COUNT:,} opportunities are as declared.\n")
        worlds.append(
            sorted(
                (row["name"], row["closing_date"], row["step_id"], str(row["value"]))
                for row in sandbox.store.rows("Opportunity")
            )
        )

    assert worlds[0] == worlds[1]
    assert len(worlds[0]) >= COUNT
