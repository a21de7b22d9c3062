"""What shells complete: asked of real shells where there are any."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Final

import pytest

from tests.support import Ran, environment

Run = Callable[..., Ran]
Make = Callable[..., Path]
OURS: Final = str(Path(sys.executable).parent)
pytestmark = pytest.mark.usefixtures("measured")  # a shell starts the command

_BASH: Final = """
eval "$(syncer completion bash)"
COMP_WORDS=({words}); COMP_CWORD=$((${{#COMP_WORDS[@]}} - 1))
_syncer_completion syncer
printf '%s\\n' "${{COMPREPLY[@]}}"
"""
_ZSH: Final = """
compdef() {{ :; }}
compadd() {{ local name=${{@[-1]}}; print -rl -- "${{(@P)name}}"; }}
_describe() {{ compadd completions_with_descriptions; }}
eval "$(syncer completion zsh)"
words=({words}); CURRENT=${{#words}}
_syncer_completion
"""
_FISH: Final = """
syncer completion fish | source
complete -C '{words}'
"""


def asked(shell: str, words: str, cwd: Path) -> set[str]:
    """Return what a real shell offers for the last of *words*."""
    path = shutil.which(shell)
    if path is None:
        pytest.skip(f"{shell} is not installed")
    script = {"bash": _BASH, "zsh": _ZSH, "fish": _FISH}[shell].format(words=words)
    plain = {"bash": ["--norc", "--noprofile"], "zsh": ["-f"], "fish": ["--no-config"]}[shell]
    ran = subprocess.run(
        [path, *plain, "-c", script],
        cwd=cwd,
        env=environment({"PATH": f"{OURS}{os.pathsep}{os.environ['PATH']}"}),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    return {line.split("\t")[0].split(":")[0].strip() for line in ran.stdout.splitlines() if line.strip()}


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_a_shell_completes_what_a_project_declares(shell: str, project: Make) -> None:
    """The address is the longest thing that people type, and it is in the files."""
    assert asked(shell, "syncer plan --target opp", project()) == {"opportunity.acme-renewal-2027"}


def completed(syncer: Run, words: str, **where: Path) -> set[str]:
    """Return what syncer offers for the last of *words*."""
    env = {
        "_SYNCER_COMPLETE": "powershell_complete",
        "COMP_WORDS": words,
        "COMP_CWORD": words.rpartition(" ")[2],
    }
    ran = subprocess.run(
        [sys.executable, "-m", "syncer"],
        env=environment(env),
        cwd=where.get("cwd"),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert ran.stderr == ""
    del syncer
    return {line.split("\t")[1] for line in ran.stdout.splitlines() if line}


@pytest.mark.parametrize(
    ("words", "offered"),
    [
        ("syncer pl", {"plan"}),
        ("syncer plan --space prod", {"production"}),
        ("syncer --space prod", {"production"}),
        ("syncer plan --color ne", {"never"}),
        ("syncer -q plan --det", {"--detailed-exitcode"}),
        ("syncer plan --no-c", {"--no-color"}),
        ("syncer apply --allow max_v", {"max_value"}),
        ("syncer plan --strict=bad-date,look", {"bad-date,look-alike"}),
        ("syncer explain lease-", {"lease-lost"}),
        ("syncer history opp", {"opportunity.acme-renewal-2027"}),
        ("syncer completion po", {"powershell"}),
        ("syncer schema proj", {"project"}),
    ],
)
def test_commands_options_spaces_guards_and_codes_are_completed(
    words: str, offered: set[str], project: Make, syncer: Run
) -> None:
    """Asked as PowerShell asks; the others ask the same."""
    folder = project()
    space = "{url: https://us-east.api.pipelinersales.com, space_id: us_Acme}"
    (folder / "syncer.yaml").write_text(f"version: 1\nspaces:\n  production: {space}\n", "utf-8")

    assert completed(syncer, words, cwd=folder) == offered


def test_a_project_of_another_folder_and_one_that_is_broken(
    project: Make, syncer: Run, tmp_path: Path
) -> None:
    """-C counts here, too; and at a Tab nobody wants to read an error."""
    folder = project()
    there = completed(syncer, f"syncer -C {folder} plan --target opp", cwd=tmp_path)
    (folder / "syncer.yaml").write_text("version: [\n", "utf-8")

    assert there == {"opportunity.acme-renewal-2027"}
    assert completed(syncer, "syncer plan --target opp", cwd=folder) == set()


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish", "powershell"])
def test_the_script_of_each_shell_is_printed(shell: str, syncer: Run) -> None:
    """It asks syncer, so it need not be made again when syncer changes."""
    ran = syncer("completion", shell)

    assert (ran.code, ran.err) == (0, "")
    assert "_SYNCER_COMPLETE" in ran.out
    assert f"{shell}_complete" in ran.out
