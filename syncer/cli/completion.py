"""`syncer completion`: what makes a shell complete commands, options, addresses, spaces and guards."""

import os
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

import click
from click.shell_completion import (
    BashComplete,
    CompletionItem,
    FishComplete,
    ShellComplete,
    ZshComplete,
    add_completion_class,
    get_completion_class,
    split_arg_string,
)

from syncer.cli.common import Globals, out
from syncer.cli.hoist import hoisted
from syncer.model.codes import ExitCode
from syncer.model.problem import SyncerError

VARIABLE: Final = "_SYNCER_COMPLETE"
SHELLS: Final = ("bash", "zsh", "fish", "powershell")

_POWERSHELL: Final = """\
Register-ArgumentCompleter -Native -CommandName %(prog_name)s -ScriptBlock {
    param($wordToComplete, $commandAst, $cursorPosition)
    $env:%(complete_var)s = 'powershell_complete'
    $env:COMP_WORDS = $commandAst.ToString()
    $env:COMP_CWORD = $wordToComplete
    try {
        %(prog_name)s | ForEach-Object {
            $type, $value, $help = $_ -split "`t", 3
            if (-not $help) { $help = $value }
            [System.Management.Automation.CompletionResult]::new($value, $value, 'ParameterValue', $help)
        }
    }
    finally {
        $env:%(complete_var)s = $null
        $env:COMP_WORDS = $null
        $env:COMP_CWORD = $null
    }
}
"""


class _Hoisting(ShellComplete):
    """Knows that global options may stand behind the command, too."""

    def get_completions(self, args: list[str], incomplete: str) -> list[CompletionItem]:
        """Return what may come next."""
        found = super().get_completions(hoisted(args), incomplete)
        if incomplete.startswith("-") and args:
            known = {item.value for item in found}
            found += [item for item in super().get_completions([], incomplete) if item.value not in known]
        return found


class _Bash(_Hoisting, BashComplete):
    @staticmethod
    def _check_version() -> None:
        """Say nothing of an old bash: the script is for the shell that reads it, not for the one in PATH."""


class _Zsh(_Hoisting, ZshComplete):
    pass


class _Fish(_Hoisting, FishComplete):
    pass


class _PowerShell(_Hoisting):
    name = "powershell"
    source_template = _POWERSHELL

    def get_completion_args(self) -> tuple[list[str], str]:
        """Return the words before the one that is completed, and that one."""
        words = split_arg_string(os.environ["COMP_WORDS"])[1:]
        begun = os.environ["COMP_CWORD"]
        if begun and words and words[-1] == begun:
            words.pop()
        return words, begun

    def format_completion(self, item: CompletionItem) -> str:
        """Return type, value and help, apart by tabs."""
        return f"{item.type}\t{item.value}\t{item.help or ''}"


_CLASSES: Final[dict[str, type[ShellComplete]]] = {
    "bash": _Bash,
    "zsh": _Zsh,
    "fish": _Fish,
    "powershell": _PowerShell,
}


def register() -> None:
    """Tell click which shells there are."""
    for name, each in _CLASSES.items():
        add_completion_class(each, name)


@click.command()
@click.argument("shell", type=click.Choice(SHELLS))
def completion(shell: str) -> int:
    """Print a script with which a shell completes commands, options and addresses.

    It completes spaces, guards and codes, too.
    """
    from syncer.cli import cli  # noqa: PLC0415 (this module is one of its commands)

    register()
    made = get_completion_class(shell)
    assert made is not None
    out(made(cli, {"obj": Globals()}, "syncer", VARIABLE).source())
    return ExitCode.OK


def answer(asked: str, cli: click.Command) -> int:
    """Answer a shell; return the exit code."""
    from click.shell_completion import shell_complete  # noqa: PLC0415 (only at a Tab)

    register()
    return shell_complete(cli, {"obj": Globals()}, "syncer", VARIABLE, asked)


def addresses(context: click.Context, _parameter: click.Parameter, begun: str) -> list[CompletionItem]:
    """Offer what the manifests of the project declare; nothing while they cannot be read."""
    found: list[str] = []
    with suppress(SyncerError, OSError):
        settings, project = _project(context)
        found = [str(entry.address) for entry in settings.manifests(project, ()).declared]
    return [CompletionItem(address) for address in found if address.startswith(begun)]


def spaces(context: click.Context, _parameter: click.Parameter, begun: str) -> list[CompletionItem]:
    """Offer the spaces of syncer.yaml."""
    found: list[str] = []
    with suppress(SyncerError, OSError):
        found = list(_project(context)[1].spaces)
    return [CompletionItem(name) for name in found if name.startswith(begun)]


def warnings(_context: click.Context, _parameter: click.Parameter, begun: str) -> list[CompletionItem]:
    """Offer the codes that `--strict` takes, the last of several."""
    from syncer.model.codes import CODES  # noqa: PLC0415 (light, and only here)

    before, comma, last = begun.rpartition(",")
    return [CompletionItem(before + comma + code) for code in CODES if code.startswith(last)]


def _project(context: click.Context) -> tuple[Globals, Any]:
    directory = context.find_root().params.get("directory")
    if directory is not None:
        os.chdir(Path(directory))
    settings = Globals(quiet=True)
    return settings, settings.project()
