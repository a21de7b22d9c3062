"""What a person sees in an editor: completion and underlines of the real yaml-language-server."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from syncer.sandbox.server import Sandbox
from tests.editor.lsp import Editor
from tests.support import Ran

VERSION = "1.25.0"
HEAD = "# yaml-language-server: $schema=live.schema.json\nversion: 1\n"
ENTRY = HEAD + "opportunities:\n  acme:\n    name: Acme\n"


@pytest.fixture(scope="module")
def server(request: pytest.FixtureRequest) -> Path:
    """The language server, installed once into the cache of the test run."""
    if shutil.which("node") is None or shutil.which("npm") is None:
        pytest.skip("node and npm are not installed")
    folder = Path(str(request.config.cache.mkdir("yaml-language-server"))) / VERSION
    start = folder / "node_modules" / "yaml-language-server" / "bin" / "yaml-language-server"
    if not start.exists():
        part = Path(tempfile.mkdtemp(dir=folder.parent))
        quiet = ["--no-audit", "--no-fund", "--silent", "--fetch-retries=0", "--fetch-timeout=15000"]
        done = subprocess.run(
            ["npm", "install", *quiet, f"yaml-language-server@{VERSION}"],
            cwd=part,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
            env={**os.environ, "npm_config_update_notifier": "false"},
        )
        if done.returncode:
            shutil.rmtree(part)
            pytest.skip(f"npm cannot install yaml-language-server: {done.stderr.strip()[:200]}")
        if not start.exists():
            shutil.rmtree(folder, ignore_errors=True)
            part.rename(folder)
    return start


@pytest.fixture
def editor(
    server: Path, sandbox: Sandbox, project: Callable[..., Path], syncer: Callable[..., Ran]
) -> Iterator[Editor]:
    """An editor whose schema has the names of the demo world."""
    folder = project()
    schema = syncer("schema", "manifest", "--live", cwd=folder)
    assert schema.code == 0, (schema.err, sandbox)
    (folder / "live.schema.json").write_text(schema.out, encoding="utf-8")
    editor = Editor(["node", str(server), "--stdio"], folder)
    try:
        yield editor
    finally:
        editor.close()


def test_an_editor_completes_and_checks_the_names_of_the_space(editor: Editor) -> None:
    steps = editor.offered("steps.yaml", ENTRY + "    pipeline: Renewals\n    step: |\n")
    assert list(steps) == ["Upcoming", "Contacted", "Quoted", "Verbal Yes", "Won"]
    assert steps["Quoted"] == "step 3 of 5"

    every = editor.offered("every.yaml", ENTRY + "    step: |\n")
    assert {"Upcoming", "Lead In", "Registered", "First"} <= set(every)

    owners = editor.offered("owners.yaml", ENTRY + "    owner: |\n")
    assert owners["dana@example.com"] == "Dana Doe"
    assert "pat@example.com" not in owners

    regions = editor.offered("regions.yaml", ENTRY + "    fields:\n      cf_region: |\n")
    assert {"EMEA", "Americas", "APAC"} <= set(regions)

    wrong = ENTRY + (
        "    pipeline: Renewals\n    step: Quotd\n    owner: dana@exmaple.com\n    value: 100 USDD\n"
        "    fields: {cf_regoin: EMEA}\n"
    )
    assert [text.strip() for text, _ in editor.underlined("wrong.yaml", wrong)] == [
        "dana@exmaple.com",
        "100 USDD",
        "cf_regoin",
        "Quotd",
    ]

    right = ENTRY + (
        "    owner: {id: 3fa85f64-5717-4562-b3fc-2c963f66afa6}\n"
        "    pipeline: {name: Renewals}\n    step: Anything\n"
        "    closing_date: 2027-03-31\n    value: 100 USD\n    account: info@acme.example\n"
    )
    assert editor.underlined("right.yaml", right) == []
