"""Names come from web forms, and files from branches: nothing in them acts on a terminal, a log or a page."""

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from syncer.formats import plan_file
from syncer.sandbox.server import Sandbox
from tests.support import MANIFEST, Ran, one, writes

Make = Callable[..., Path]
Run = Callable[..., Ran]

# Sets the title and the clipboard, hides what follows, turns text around; commands of two CI runners.
EVIL = (
    "\x1b]0;title\x07\x1b]52;c;ZXZpbA==\x07\x1b[2J\x9b31m\u202e\u2028::error::x\n::set-env name=PATH::/tmp\n"
    "::stop-commands::x\n##[error]x ##vso[task.setvariable variable=x]y"
)
# What is left of it where control characters are refused.
SLY = "".join(c for c in EVIL if c.isprintable() or c == "\n")
NAMED = {"Renewals", "Contacted"}  # what the one opportunity of the tests names
_COMMAND = re.compile(r"^\s*::|##\[|##vso\[", re.MULTILINE | re.IGNORECASE)


def harmless(text: str) -> str:
    """Return *text*, in which nothing acts on a terminal or on a CI runner."""
    assert not [c for c in text if not c.isprintable() and c not in "\n\u3000"]
    assert not _COMMAND.search(text)
    return text


@pytest.fixture
def evil_space(sandbox: Sandbox) -> Sandbox:
    """The demo world, in which somebody filled in names that mean harm."""
    people, fields = ("Client", "Contact"), ("first_name", "last_name", "option_name")
    for entity in (*people, "Opportunity", "SalesUnit", "Pipeline", "Step", "Account", "Data", "SalesRole"):
        for row in sandbox.store.rows(entity)[:20]:
            names = fields if entity in people else (*fields, "name")
            changed = {name: row[name] + EVIL for name in names if row.get(name) and row[name] not in NAMED}
            if not row.get("is_archived"):
                sandbox.store.edit(entity, row["id"], **changed)
    return sandbox


@pytest.mark.parametrize(
    "arguments",
    [
        ("plan", "-v"),
        ("plan", "--format", "json"),
        ("plan", "--format", "markdown"),
        ("apply", "--auto-approve", "--format", "json"),
        ("apply", "--auto-approve", "-v"),
        ("schema", "manifest", "--live"),
        ("import", "--include-lost"),
        ("doctor",),
        ("doctor", "--format", "json"),
    ],
    ids=" ".join,
)
def test_names_of_the_crm_act_on_nothing(
    arguments: tuple[str, ...], project: Make, evil_space: Sandbox, syncer: Run
) -> None:
    del evil_space
    ran = syncer(*arguments, cwd=project())

    harmless(ran.out)
    harmless(ran.err)


@pytest.mark.parametrize("style", ["text", "json", "markdown"])
def test_names_of_a_manifest_act_on_nothing(style: str, project: Make, sandbox: Sandbox, syncer: Run) -> None:
    del sandbox
    folder = project(one(description=json.dumps(SLY), name=json.dumps(SLY.replace("\n", " "))))

    ran = syncer("plan", "--format", style, cwd=folder)

    assert ran.code == 0
    assert "set-env" in harmless(ran.out)
    harmless(ran.err)


@pytest.mark.parametrize("style", ["text", "json"])
def test_errors_about_a_manifest_act_on_nothing(style: str, project: Make, syncer: Run) -> None:
    folder = project({MANIFEST: one(json.dumps(EVIL), owner=json.dumps(EVIL), nme=json.dumps(EVIL))})

    ran = syncer("validate", "--format", style, cwd=folder)

    assert ran.code == 1
    assert "set-env" in harmless(ran.out + ran.err)


def test_a_forged_plan_that_is_shown_acts_on_nothing(project: Make, sandbox: Sandbox, syncer: Run) -> None:
    """Both digests can be computed anew by whoever changes a plan; every text in it may be anything."""
    folder = project()
    syncer("plan", "--out", "plan.json", cwd=folder)
    body = json.loads((folder / "plan.json").read_text())
    change = body["changes"][0]
    change |= {
        "address": f"opportunity.x{EVIL}",
        "action": "update",
        "before": {"name": EVIL},
        "notes": [EVIL],
    }
    change["fields"] = [{"path": f"fields.{EVIL}", "before": EVIL, "after": EVIL}]
    change["span"]["file"] = EVIL
    body["problems"] = [{"code": EVIL, "detail": EVIL, "hint": EVIL, "severity": "warning"}] * 9
    body["space"] |= {"url": EVIL, "id": EVIL}
    (folder / "plan.json").write_text(forged(body))

    for style in ("text", "markdown", "json", "sarif", "csv"):
        shown = syncer("show", "plan.json", "--format", style, cwd=folder)
        assert (shown.code, "set-env" in harmless(shown.out.removeprefix("\ufeff"))) == (0, True)
    harmless(syncer("apply", "plan.json", cwd=folder).err)
    assert writes(sandbox) == []


def forged(body: dict[str, object]) -> str:
    """Return the text of a plan file that holds *body*, with both digests right."""
    body = {key: value for key, value in body.items() if key not in {"digest", "seal"}}
    from syncer.formats.plan_json import plan_from_json

    return plan_file.dump(plan_from_json(body))
