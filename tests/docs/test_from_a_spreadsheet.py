"""docs/from-a-spreadsheet.md, followed to the letter."""

import re
import shlex
import subprocess
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Final

import pytest

from syncer.sandbox.server import Sandbox
from syncer.tables.workbook import sheets
from tests.docs.spreadsheets import BOOKS, FOLDER, book
from tests.docs.test_blocks import steps
from tests.support import Ran, environment, run_here

ROOT: Final = Path(__file__).parents[2]
PAGE: Final = ROOT / "docs" / "from-a-spreadsheet.md"
_BLOCK: Final = re.compile(r"^```(yaml|console)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def test_the_page_goes_as_it_says(sandbox: Sandbox, tmp_path: Path) -> None:
    """Each command says what is shown; in the end every deal is there once, as its spreadsheet has it."""
    (tmp_path / "examples").symlink_to(ROOT / "examples")
    for language, text in _BLOCK.findall(PAGE.read_text("utf-8")):
        if language == "yaml":
            (tmp_path / "syncer.yaml").write_text(text, encoding="utf-8")
            continue
        for step in steps(text):
            ran = _run(step.command, tmp_path, sandbox)
            shown = [line.rstrip() for line in f"{ran.out}{ran.err}".lstrip("\ufeff").splitlines()]
            fails = any(line.startswith("error:") for line in step.said)
            assert ran.code == int(fails), (step.command, ran.out, ran.err)
            for expected in (line for line in step.said if line.strip() and line.strip() != "…"):
                pattern = expected.replace("[", "[[]")
                assert any(fnmatchcase(line, pattern) for line in shown), (expected, ran.out, ran.err)

    rows = {row["name"]: row for row in sandbox.store.rows("Opportunity")}
    imported = {name: row for name, row in rows.items() if "licences" in name or "second site" in name}
    assert len(imported) == 40
    assert rows["Soleil Energie licences 2027"]["description"] == "=> call again"
    assert rows["Dune Pharma pilot"]["closing_date"].startswith("2027-06-30")
    lists = sheets((tmp_path / "deals.xlsx").read_bytes(), "deals.xlsx", "Lists")[0].cells
    assert {"Dana", "Omar", "Mei", "Lucas"} <= {row[0] for row in lists}


@pytest.mark.parametrize("name", sorted(BOOKS))
def test_the_spreadsheets_are_those_that_the_page_tells_of(name: str) -> None:
    """They lie in the examples, so that a reader can take them."""
    given, made = (FOLDER / name).read_bytes(), book(BOOKS[name]())

    assert sheets(given, name) == sheets(made, name)
    assert sheets(given, name, "Lists") == sheets(made, name, "Lists")


def _run(command: str, folder: Path, sandbox: Sandbox) -> Ran:
    words = shlex.split(command)
    if words[0] != "syncer":
        done = subprocess.run(words, cwd=folder, capture_output=True, text=True, check=True)
        return Ran(done.returncode, done.stdout, done.stderr)
    return run_here(words[1:], folder, environment(sandbox.env()))
