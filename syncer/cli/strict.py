"""`--strict`: warnings that are errors."""

from collections.abc import Callable
from difflib import get_close_matches
from typing import Any, Final

import click
from click.shell_completion import CompletionItem

from syncer.model.codes import CODES
from syncer.model.problem import Problem, UsageError

EVERYTHING: Final = "all"


class StrictCommand(click.Command):
    """A command whose `--strict` may stand alone; it never takes the word behind it for its value."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Write a lone `--strict` out."""
        end = args.index("--") if "--" in args else len(args)
        said = [f"--strict={EVERYTHING}" if arg == "--strict" else arg for arg in args[:end]]
        return super().parse_args(ctx, said + args[end:])


def _complete(context: click.Context, option: click.Parameter, begun: str) -> list[CompletionItem]:
    from syncer.cli.completion import warnings  # noqa: PLC0415 (only at a Tab)

    return warnings(context, option, begun)


def strict_option(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the option to *command*."""
    return click.option(
        "--strict",
        metavar="[=CODE,...]",
        multiple=True,
        shell_complete=_complete,
        help="Treat warnings as errors, so that nothing is saved or written; or only those named, such as "
        "--strict=look-alike,closing-date-in-past.",
    )(command)


def codes(said: tuple[str, ...]) -> frozenset[str]:
    """Return the codes of warnings that are errors.

    Raises:
        UsageError: There is no such code.
    """
    names = [name.strip() for part in said for name in part.split(",")]
    unknown = [name for name in names if name != EVERYTHING and name not in CODES]
    if unknown:
        raise UsageError(
            Problem("usage", f'There is no warning "{name}".', hint=_hint(name)) for name in unknown
        )
    return frozenset(names)


def _hint(name: str) -> str:
    near = get_close_matches(name, CODES, n=1, cutoff=0.5)
    example = near[0] if near else "look-alike"
    return f"did you mean --strict={example}?" if near else f"such as --strict={example}; all: --strict"
