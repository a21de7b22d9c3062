"""Options in, exit code out. One module a command, imported only when it runs."""

import contextlib
import importlib
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import click

from syncer import __version__
from syncer.cli.settings import Settings, report
from syncer.errors import ExitCode, Problem, SyncerError, UsageError

# command -> module; the function in it has the name of the command
COMMANDS: Final[dict[str, str]] = {
    "validate": "syncer.cli.validate",
    "plan": "syncer.cli.plan",
    "apply": "syncer.cli.apply",
    "show": "syncer.cli.show",
    "schema": "syncer.cli.schema",
    "sandbox": "syncer.cli.sandbox",
    "demo": "syncer.cli.demo",
}
# What `--help` lists without importing the commands; a test keeps it equal to their own first lines.
HELP: Final[dict[str, str]] = {
    "validate": "Check manifests and project without a network.",
    "plan": "Show what apply would do; change nothing.",
    "apply": "Do what a plan says, exactly, and prove it.",
    "show": "Show a saved plan again.",
    "schema": "Print one of the published JSON Schemas.",
    "sandbox": "Run the local server that speaks the same API.",
    "demo": "Start the sandbox; plan, apply and plan again an example.",
}


class _Lazy(click.Group):
    """A group that imports a command when it is called, so that each costs only what it needs."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        del ctx
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        del ctx
        if cmd_name not in COMMANDS:
            return None
        module = importlib.import_module(COMMANDS[cmd_name])
        command: click.Command = getattr(module, cmd_name)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        del ctx
        with formatter.section("Commands"):
            formatter.write_dl(list(HELP.items()))


@click.group(cls=_Lazy, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.option(
    "-C",
    "directory",
    metavar="DIR",
    type=click.Path(path_type=Path),
    help="Run as if started in this folder.",
)
@click.option("--space", metavar="NAME", help="Which space of syncer.yaml, when there are several.")
@click.option("--no-color", is_flag=True, help="No colours; NO_COLOR in the environment does the same.")
@click.option("-v", "--verbose", is_flag=True, help="Show what is unchanged too, and the requests made.")
@click.option("-q", "--quiet", is_flag=True, help="No progress on stderr.")
@click.version_option(__version__, prog_name="syncer", message="%(prog)s %(version)s")
@click.pass_context
def cli(
    ctx: click.Context, directory: Path | None, space: str | None, no_color: bool, verbose: bool, quiet: bool
) -> None:
    """Sales opportunities as code: YAML in, a plan to review, exactly that applied to Pipeliner CRM."""
    if directory is not None:
        try:
            ctx.with_resource(contextlib.chdir(directory))
        except OSError as error:
            raise UsageError(
                Problem("file-missing", f"-C {directory}: {error.strerror or error}.", hint="name a folder")
            ) from None
    ctx.obj = Settings(space, color=not no_color, verbose=verbose, quiet=quiet)


_FLAGS: Final = frozenset({"-v", "--verbose", "-q", "--quiet", "--no-color"})
_VALUES: Final = frozenset({"-C", "--space"})


def hoisted(arguments: Sequence[str]) -> list[str]:
    """Return *arguments* with the global options first, wherever they were written.

    `syncer plan -q` is what people type. The sandbox has options of its own, so it is left alone.
    """
    globals_: list[str] = []
    rest: list[str] = []
    left = iter(arguments)
    for argument in left:
        if argument in {"--", "sandbox"}:
            rest += [argument, *left]
        elif argument in _FLAGS:
            globals_.append(argument)
        elif argument in _VALUES:
            globals_ += [argument, *([value] if (value := next(left, None)) is not None else [])]
        else:
            rest.append(argument)
    return globals_ + rest


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line and exit with its code.

    0 done or nothing to do · 1 error before any write · 2 changes (with --detailed-exitcode)
    3 writes failed or unknown · 4 plan stale or conflicts · 5 guard · 64 wrong usage · 130 interrupted.
    click would use 2 for wrong usage, which scripts would take for changes (docs/decisions/0005-exit-codes.md).
    """
    sys.exit(run(arguments))


def run(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; return the exit code."""
    settings = None
    try:
        given = hoisted(sys.argv[1:] if arguments is None else arguments)
        with cli.make_context("syncer", given) as ctx:
            settings = ctx
            code: Any = cli.invoke(ctx)
            return int(code or 0)
    except click.exceptions.Exit as done:
        return done.exit_code
    except click.UsageError as error:
        error.show()
        return ExitCode.USAGE
    except click.ClickException as error:
        error.show()
        return ExitCode.ERROR
    except (click.Abort, KeyboardInterrupt):
        click.echo("\nInterrupted.", err=True)
        return ExitCode.INTERRUPTED
    except SyncerError as error:
        report(error, settings.obj if settings else None)
        return error.exit_code
    except BrokenPipeError:
        # Whoever read our output has gone; that is no error of ours, and Python must not complain at exit.
        sys.stdout = sys.stderr = None
        return ExitCode.ERROR
    except (UnicodeEncodeError, OSError) as error:
        report(SyncerError(Problem("file-unreadable", f"{error}.")), settings.obj if settings else None)
        return ExitCode.ERROR
