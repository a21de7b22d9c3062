"""An import proves itself before it writes."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from syncer.importing import describe
from syncer.kinds.base import Kind
from syncer.resolve.spelling import Speller, spell
from syncer.sandbox.server import Sandbox
from syncer.shapes.spelling import Bare
from tests.support import Ran

Run = Callable[..., Ran]
Make = Callable[..., Path]
NO_CHANGES = "No changes. 2 opportunities are as declared."


def misspelling(field: str, wrong: Callable[[str], str], of: str = "") -> Callable[..., tuple[str, Any]]:
    """Return what spells one field wrong, of every record or of one."""

    def misspelt(path: str, value: Any, kind: Kind, names: Speller) -> tuple[str, Any]:
        key, written = spell(path, value, kind, names)
        return key, wrong(written) if path == field and of in ("", value) else written

    return misspelt


@pytest.mark.parametrize(
    ("name", "wrong", "left_out"),
    [
        ("value", lambda text: Bare(f"1{text}"), "value: what Pipeliner holds cannot be written"),
        ("description", lambda text: f"{text}!", "description: what Pipeliner holds cannot be written"),
        (
            "description",
            lambda text: Bare(f"[{text}]"),
            "description: what Pipeliner holds cannot be written",
        ),
    ],
)
def test_a_value_that_would_not_plan_to_nothing_is_taken_out(
    sandbox: Sandbox,
    project: Make,
    syncer: Run,
    monkeypatch: pytest.MonkeyPatch,
    name: str,
    wrong: Callable[[str], str],
    left_out: str,
) -> None:
    found = sandbox.store.find("Opportunity", name="Globex expansion")["id"]
    sandbox.edit("Opportunity", found, description="Text")
    monkeypatch.setattr(describe, "spell", misspelling(name, wrong))
    folder = project({}, "version: 1\n")
    assert syncer("import", cwd=folder).code == 0

    text = (folder / "opportunities/lucas.yaml").read_text(encoding="utf-8")
    assert f"# left out: {left_out}" in text
    assert f"    id: {found}  # " in text
    assert syncer("plan", cwd=folder).out.splitlines()[2] == NO_CHANGES


def test_a_name_that_does_not_find_its_record_is_helped_by_the_id(
    sandbox: Sandbox, project: Make, syncer: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = sandbox.store.find("Opportunity", name="Globex expansion")["id"]
    monkeypatch.setattr(
        describe, "spell", misspelling("name", lambda _name: "Another name", "Globex expansion")
    )
    folder = project({}, "version: 1\n")
    assert syncer("import", cwd=folder).code == 0

    text = (folder / "opportunities/lucas.yaml").read_text(encoding="utf-8")
    assert f"    id: {found}  # it is not found by what is written here" in text
    assert "    name:" not in text
    assert syncer("plan", cwd=folder).out.splitlines()[2] == NO_CHANGES


def test_an_opportunity_that_defaults_make_unsayable_is_told_and_left_out(
    sandbox: Sandbox, project: Make, syncer: Run
) -> None:
    globex = sandbox.store.find("Opportunity", name="Globex expansion")
    draft = sandbox.store.find("OpportunityType", name="Public Sector")["id"]
    with sandbox.db.transaction():
        sandbox.db.conn.execute(
            "UPDATE Opportunity SET oppty_type_id = ? WHERE id = ?", (draft, globex["id"])
        )
    sandbox.db.refresh()
    folder = project({}, "version: 1\ndefaults: {type: Nowhere}\n")
    ran = syncer("import", cwd=folder)

    assert (ran.code, ran.out) == (0, "opportunities/omar.yaml\n")
    assert f'  left out: "Globex expansion", id {globex["id"]}: manifests cannot say it' in ran.err
    assert syncer("plan", cwd=folder).out.splitlines()[2] == "No changes. 1 opportunity is as declared."
