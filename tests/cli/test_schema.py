"""`syncer schema --check`: copies of schemas against the installed ones."""

from collections.abc import Callable
from pathlib import Path

import click

from syncer.cli import schema
from syncer.resources import schema_text
from tests.support import Ran, write_files

Run = Callable[..., Ran]


def test_copies_are_accepted_whatever_ends_their_lines(syncer: Run, tmp_path: Path) -> None:
    """As git writes them on Windows, and as PowerShell does."""
    text = schema_text("plan")
    write_files(
        tmp_path,
        {
            "plan.schema.json": text,
            "a/plan.schema.json": text.replace("\n", "\r\n"),
            "b/plan.schema.json": "\ufeff" + text,
        },
    )
    files = ["plan.schema.json", "a/plan.schema.json", "b/plan.schema.json"]

    assert syncer("schema", "--check", *files, env={}) == Ran(0, "", "")


def test_everything_that_is_no_schema_of_ours_is_told_at_once(syncer: Run, tmp_path: Path) -> None:
    write_files(
        tmp_path,
        {
            "manifest.schema.json": "[]",
            "project.schema.json": "no JSON",
            "events.schema.json": b"\xff",
            "deals.schema.json": "{}",
        },
    )
    files = sorted(path.name for path in tmp_path.iterdir())
    ran = syncer("schema", "--check", *files, "plan.schema.json", env={})

    assert (ran.code, ran.out) == (1, "")
    said = " ".join(ran.err.split())
    for words in (
        "manifest.schema.json is not of this version of syncer.",
        "hint: syncer schema project > project.schema.json",
        "events.schema.json cannot be read",
        "plan.schema.json cannot be read",
        "deals.schema.json is named like no schema.",
    ):
        assert words in said


def test_one_schema_has_to_be_named(syncer: Run) -> None:
    assert "Name one of 'manifest', 'project', 'plan', 'events'." in syncer("schema", env={}).err
    assert syncer("schema", "plan", "events", env={}).code == 64


def test_a_tab_completes_the_names() -> None:
    context = click.Context(schema.schema)

    assert [item.value for item in schema._complete(context, schema.schema.params[0], "p")] == [
        "project",
        "plan",
    ]
