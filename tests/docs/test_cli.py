"""docs/cli.md shows every command as it is, and Tab completes as it says."""

import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Final

import pytest

from syncer.cli import COMMANDS
from syncer.model.codes import ExitCode
from tests.docs.cli_page import PAGE, page
from tests.support import environment

SYNCER: Final = Path(sys.executable).with_name("syncer")
BASH: Final = shutil.which("bash")


def test_the_page_is_what_the_commands_say() -> None:
    """When this fails: python -m tests.docs.cli_page --write."""
    assert PAGE.read_text("utf-8") == page()


def test_the_page_has_every_command_and_every_exit_code() -> None:
    text = PAGE.read_text("utf-8")
    codes = [value for name, value in vars(ExitCode).items() if name.isupper()]

    assert [name for name in COMMANDS if f"\n## syncer {name}\n" not in text] == []
    assert [code for code in codes if f"\n| {code} | " not in text] == []


def _complete(words: str, instruction: str = "bash_complete") -> list[str]:
    done = subprocess.run(
        [SYNCER],
        env=environment(
            {
                "_SYNCER_COMPLETE": instruction,
                "COMP_WORDS": words,
                "COMP_CWORD": str(len(words.split(" ")) - 1),
            }
        ),
        capture_output=True,
        text=True,
        timeout=20,
        check=False,
    )
    assert done.stderr == ""
    return done.stdout.split()


@pytest.mark.parametrize(
    ("words", "offered"),
    [
        ("syncer pl", ["plain,plan"]),
        ("syncer plan --de", ["plain,--detailed-exitcode"]),
        ("syncer plan --existing re", ["plain,report"]),
        ("syncer sandbox se", ["plain,seed", "plain,serve"]),
        ("syncer schema pro", ["plain,project"]),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_tab_completes_commands_options_and_their_values(words: str, offered: list[str]) -> None:
    assert _complete(words) == offered


@pytest.mark.skipif(BASH is None, reason="no bash")
def test_bash_completes_after_the_line_of_the_manual(tmp_path: Path) -> None:
    """What a person does: the line of docs/cli.md, then `syncer va` and the Tab key."""
    line = re.search(r"^```bash\n(eval .*)\n```$", PAGE.read_text("utf-8"), re.MULTILINE)
    assert line is not None
    script = tmp_path / "tab.sh"
    script.write_text(
        f"{line[1]}\n"
        "COMP_WORDS=(syncer va)\nCOMP_CWORD=1\n"
        '"$(complete -p syncer | sed -E "s/.* -F ([^ ]+) .*/\\1/")" syncer va syncer\n'
        'printf "%s\\n" "${COMPREPLY[@]}"\n'
    )
    done = subprocess.run(
        [BASH or "bash", str(script)],
        env=environment({"PATH": f"{SYNCER.parent}:/usr/bin:/bin"}),
        capture_output=True,
        text=True,
        timeout=20,
        check=False,
    )

    assert (done.stdout, done.stderr) == ("validate\n", "")


@pytest.mark.parametrize("shell", ["zsh", "fish"])
def test_other_shells_get_their_script(shell: str) -> None:
    assert any("_SYNCER_COMPLETE" in word for word in _complete("", f"{shell}_source"))
