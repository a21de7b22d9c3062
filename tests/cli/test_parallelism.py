"""However many requests are on their way, the result is the same."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from syncer.sandbox.server import Sandbox
from tests.support import Ran

COUNT = 500  # several batches
Run = Callable[..., Ran]


@pytest.fixture
def many(tmp_path: Path) -> Path:
    """A project of more opportunities than go into one batch, in files of 100."""
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


def test_an_apply_does_the_same_with_one_connection_and_with_eight(
    many: Path, sandbox: Sandbox, syncer: Run
) -> None:
    worlds = []
    for parallelism in ("1", "8"):
        sandbox.reset()
        shutil.rmtree(many / ".syncer", ignore_errors=True)  # what is remembered is of another world
        ran = syncer("-q", "apply", "--auto-approve", "--parallelism", parallelism, cwd=many)
        assert ran.code == 0, ran.err
        again = syncer("-q", "plan", cwd=many)
        assert again.out.endswith(f"\nNo changes. {COUNT:,} opportunities are as declared.\n")
        worlds.append(
            sorted(
                (row["name"], row["closing_date"], row["step_id"], str(row["value"]))
                for row in sandbox.store.rows("Opportunity")
            )
        )

    assert worlds[0] == worlds[1]
    assert len(worlds[0]) >= COUNT
