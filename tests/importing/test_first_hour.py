"""docs/first-hour.md, followed to the letter."""

import re
import shlex
from collections.abc import Callable
from pathlib import Path

from syncer.sandbox.server import Sandbox
from tests.support import Ran

PAGE = Path(__file__).parents[2] / "docs" / "first-hour.md"


def commands() -> list[list[str]]:
    """Return the commands of ours on the page, those that need a shell of their own left out."""
    blocks = re.findall(
        r"^```console\n(.*?)^```$", PAGE.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL
    )
    lines = [line for block in blocks for line in block.splitlines()]
    alone = ("syncer demo", "syncer sandbox serve")
    return [
        shlex.split(line)[1:] for line in lines if line.startswith("syncer ") and not line.startswith(alone)
    ]


def test_the_first_hour_goes_as_the_page_says(
    sandbox: Sandbox, syncer: Callable[..., Ran], tmp_path: Path
) -> None:
    folder = tmp_path / "deals"
    said: dict[str, list[Ran]] = {}
    for arguments in commands():
        if arguments[:2] == ["plan", "--out"]:
            file = folder / "opportunities/lucas.yaml"
            file.write_text(
                file.read_text(encoding="utf-8").replace("step: Proposal", "step: Negotiation"),
                encoding="utf-8",
            )
            moved = syncer("plan", cwd=folder)
            assert 'step  "Proposal" → "Negotiation"  (moved in git)' in moved.out, moved.out
        target = arguments.index(">") if ">" in arguments else None
        ran = syncer(*arguments[:target], cwd=tmp_path if arguments[0] == "init" else folder)
        assert ran.code == 0, (arguments, ran)
        if target is not None:
            (folder / arguments[target + 1]).write_text(ran.out, encoding="utf-8")
        said.setdefault(arguments[0], []).append(ran)

    assert sorted(path.name for path in folder.iterdir()) == [
        ".github",
        ".gitignore",
        ".syncer",
        "opportunities",
        "plan.json",
        "schemas",
        "syncer.yaml",
    ]
    assert "1 to create" in said["plan"][0].out
    assert "No changes." in said["plan"][-1].out
    assert sandbox.store.count("Opportunity") == 4
