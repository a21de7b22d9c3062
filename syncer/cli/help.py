"""`syncer help`: how a command is used, or a page of the manual; what `--help` of each ends with."""

from typing import Final, NamedTuple

import click

from syncer.cli.common import out
from syncer.model.codes import ExitCode
from syncer.model.problem import Problem, UsageError
from syncer.resources import page


class More(NamedTuple):
    """What stands at the end of the help of a command."""

    examples: tuple[str, ...]
    page: str


MORE: Final[dict[str, More]] = {
    "init": More(("syncer init", "syncer init sales --ci gitlab"), "docs/first-hour.md"),
    "validate": More(("syncer validate", "syncer validate --format github"), "docs/manifest.md"),
    "fix": More(("syncer fix --check", "syncer fix opportunities/emea.csv"), "docs/fix.md"),
    "plan": More(
        (
            "syncer plan",
            "syncer plan --out plan.json --html plan.html",
            "syncer plan --target opportunity.acme-renewal-2027",
        ),
        "docs/first-hour.md",
    ),
    "apply": More(
        ("syncer apply", "syncer apply plan.json", "syncer apply --auto-approve --allow max_creates"),
        "docs/guarantees.md",
    ),
    "show": More(("syncer show plan.json", "syncer show plan.json --format markdown"), "docs/formats.md"),
    "pull": More(("syncer pull --check", "syncer pull opportunities/emea.yaml"), "docs/pull.md"),
    "undo": More(("syncer undo", "syncer undo --out back.json"), "docs/state.md"),
    "import": More(
        ("syncer import --pipeline Renewals", "syncer import --owner dana@example.com --split none"),
        "docs/import.md",
    ),
    "convert": More(
        (
            "syncer convert deals.xlsx --to csv --out deals.csv",
            "syncer convert opportunities --to xlsx --out d.xlsx",
        ),
        "docs/manifest.md",
    ),
    "doctor": More(
        ("syncer doctor", "syncer doctor --notify", "syncer doctor --rehearse"), "docs/rehearsal.md"
    ),
    "history": More(
        ("syncer history", "syncer history opportunity.acme-renewal-2027:value"), "docs/state.md"
    ),
    "state": More(("syncer state show", "syncer state unlock --run ID"), "docs/state.md"),
    "schema": More(("syncer schema manifest", "syncer schema manifest --live"), "docs/formats.md"),
    "explain": More(("syncer explain look-alike", "syncer explain lifecycle.existing"), "docs/errors.md"),
    "completion": More(
        (
            'eval "$(syncer completion bash)"',
            "syncer completion fish | source",
            "syncer completion powershell | Out-String | iex",
        ),
        "docs/cli.md",
    ),
    "sandbox": More(("syncer sandbox serve --seed demo",), "docs/sandbox.md"),
    "demo": More(("syncer demo",), "docs/first-hour.md"),
    "help": More(("syncer help plan", "syncer help docs/state.md"), "docs/index.md"),
}


def epilog(command: str) -> str | None:
    """Return what stands at the end of the help of *command*, in click's words; None for no word."""
    more = MORE.get(command)
    if more is None:
        return None
    return (
        "\b\nExamples:\n"
        + "\n".join(f"  {line}" for line in more.examples)
        + f"\n\nRead on: syncer help {more.page}"
    )


@click.command("help")
@click.argument("words", metavar="[COMMAND|PAGE]", nargs=-1)
@click.pass_context
def help_(context: click.Context, words: tuple[str, ...]) -> int:
    """Show how a command is used, or a page of the manual.

    Without either it lists the commands. `syncer help docs/index.md` lists the pages.
    """
    here = context.find_root()
    command: click.Command = here.command
    for word in words:
        inner = command.get_command(here, word) if isinstance(command, click.Group) else None
        if inner is None:
            return _page(words)
        command, here = inner, click.Context(inner, info_name=word, parent=here)
    out(command.get_help(here))
    return ExitCode.OK


def _page(words: tuple[str, ...]) -> int:
    text = page(words[0]) if len(words) == 1 else None
    if text is None:
        raise UsageError(
            Problem(
                "usage",
                f"There is no command and no page {' '.join(words)}.",
                hint="`syncer help` lists the commands, `syncer help docs/index.md` the pages",
            )
        )
    out(text)
    return ExitCode.OK
