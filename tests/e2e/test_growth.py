import cProfile
import pstats
from collections.abc import Callable
from pathlib import Path

from syncer import manifest, resolve
from syncer.kinds.opportunity import OPPORTUNITY
from syncer.model.plan import Origin, Plan, SpaceId
from syncer.planning import decide as planning
from syncer.planning import match as identity
from syncer.planning.rules import Rules
from syncer.project import load as project
from syncer.remote import lookup
from syncer.remote.client import Api
from syncer.render.text import plan_text
from syncer.sandbox.server import Sandbox

RULES = Rules()


def declared(folder: Path, count: int) -> project.Project:
    """A project of *count* opportunities in files of a hundred."""
    (folder / "opportunities").mkdir(parents=True)
    (folder / "syncer.yaml").write_text("version: 1\n")
    for start in range(0, count, 100):
        entries = "".join(
            f"  deal-{index}:\n    name: Deal {index}\n    closing_date: 2027-03-31\n"
            f"    value: {index + 1} EUR\n"
            for index in range(start, start + 100)
        )
        (folder / "opportunities" / f"{start}.yaml").write_text(
            "version: 1\n"
            "defaults: {owner: dana@example.com, pipeline: Renewals, account: info@acme.example}\n"
            f"opportunities:\n{entries}"
        )
    return project.load_project(folder / "syncer.yaml")


def calls(work: Callable[[], object]) -> int:
    """How many Python functions *work* calls: the same on every machine."""
    profile = cProfile.Profile()
    profile.runcall(work)
    return int(pstats.Stats(profile).total_calls)  # type: ignore[attr-defined]


def test_ten_times_the_declarations_cost_ten_times_the_work(sandbox: Sandbox, tmp_path: Path) -> None:
    with Api(sandbox.url, sandbox.space_id, sandbox.username, sandbox.password) as api:

        def whole(spaces: project.Project) -> None:
            entries = manifest.read(spaces).declared
            directory = lookup.lookup(api, resolve.wanted(entries))
            desired = resolve.resolve(entries, directory).checked().desired
            matches = identity.match(OPPORTUNITY, desired, [], rule=RULES.matching)
            changes = planning.plan(desired, matches, directory, RULES)
            plan_text(
                Plan("0", "2027-01-01T00:00:00Z", "", SpaceId("", ""), {}, Origin(None, ""), changes=changes)
            )

        small, large = declared(tmp_path / "small", 100), declared(tmp_path / "large", 1000)
        whole(small)  # what is done once in a process
        before = len(sandbox.requests)
        few = calls(lambda: whole(small))
        between = len(sandbox.requests)
        many = calls(lambda: whole(large))
        after = len(sandbox.requests)

    assert many <= 10 * few
    assert after - between == between - before
