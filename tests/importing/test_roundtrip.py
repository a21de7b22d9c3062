"""Import, then plan: nothing to do, whatever the space holds."""

import json
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from syncer.sandbox.server import Sandbox
from tests.depth import examples
from tests.importing.spaces import populate
from tests.support import Ran

Run = Callable[..., Ran]
BARE = "version: 1\n"
SETTINGS = (
    BARE,
    "version: 1\nidentity: {match: [name]}\n",
    "version: 1\nidentity: {match: [name, pipeline]}\npolicy: {existing: update}\n",
    "version: 1\nidentity: {key_field: cf_syncer_key}\n",
    "version: 1\ndefaults: {owner: dana@example.com, unit: Sales EMEA, type: Standard, contacts: all}\n",
    """\
version: 1
defaults:
  step: Won
  closing_date: 2027-01-01
  account: info@acme.example
  pipeline: Renewals
  description: Same
  lead_source: Web
  currency: EUR
  fields: {cf_region: EMEA, cf_seats: 250, cf_strategic: true, cf_notes: null}
  lifecycle: {ignore: [value]}
""",
)


def actions(planned: Ran) -> dict[str, list[str]]:
    """Return the keys by action of a JSON plan."""
    assert planned.code == 0, planned.out + planned.err
    found: dict[str, list[str]] = {}
    for change in json.loads(planned.out)["changes"]:
        found.setdefault(change["action"], []).append(change["address"])
    return found


@given(
    data=st.data(),
    syncer_yaml=st.sampled_from(SETTINGS),
    split=st.sampled_from(["owner", "pipeline", "none"]),
    lost=st.booleans(),
)
@settings(
    max_examples=examples(25),
    deadline=None,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],  # shrinking takes minutes; the draws tell enough
    suppress_health_check=[
        HealthCheck.function_scoped_fixture,
        HealthCheck.too_slow,
        HealthCheck.data_too_large,
    ],
)
def test_whatever_a_space_holds_its_import_plans_to_nothing(
    sandbox: Sandbox, syncer: Run, data: st.DataObject, syncer_yaml: str, split: str, lost: bool
) -> None:
    sandbox.reset()
    populate(sandbox, data)
    rows = sandbox.store.rows("Opportunity")
    folder = Path(tempfile.mkdtemp())
    try:
        (folder / "syncer.yaml").write_text(syncer_yaml, encoding="utf-8")
        options = ["--include-lost"] if lost else []
        imported = syncer("import", "--split", split, *options, cwd=folder)
        assert imported.code == 0, imported.err
        told = imported.err.count("manifests cannot say it")
        found = actions(syncer("plan", "--format", "json", cwd=folder)) if imported.out else {}
    finally:
        shutil.rmtree(folder)

    expected = sum(lost or not row["is_archived"] for row in rows) - told
    assert {action: len(keys) for action, keys in found.items()} == ({"no-op": expected} if expected else {})
    assert not told or "defaults" in syncer_yaml, imported.err


@pytest.mark.usefixtures("sandbox")
@pytest.mark.parametrize("split", ["owner", "pipeline", "none"])
def test_the_demo_world_comes_back_as_no_changes(
    project: Callable[..., Path], syncer: Run, split: str
) -> None:
    folder = project({}, BARE)
    assert syncer("import", "--split", split, "--include-lost", cwd=folder).code == 0

    assert syncer("plan", cwd=folder).out.splitlines()[2:] == ["No changes. 3 opportunities are as declared."]


def test_three_hundred_opportunities_come_back_as_no_changes(
    project: Callable[..., Path], syncer: Run
) -> None:
    folder = project({}, BARE)
    with Sandbox.serve(seed="300") as sandbox:
        imported = syncer("import", cwd=folder, env=sandbox.env())
        planned = syncer("plan", "--format", "json", cwd=folder, env=sandbox.env())

    assert imported.out.splitlines() == [
        f"opportunities/{name}.yaml" for name in ("dana", "ingrid", "lucas", "mei", "omar")
    ]
    assert {action: len(keys) for action, keys in actions(planned).items()} == {"no-op": 302}
