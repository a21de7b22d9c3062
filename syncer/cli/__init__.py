"""Options in, exit code out. One module a command, imported only when it runs."""

import contextlib
import errno
import gc
import importlib
import os
import re
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from syncer import __version__
from syncer.cli.common import Globals, interrupted, report, to_stderr
from syncer.cli.help import epilog
from syncer.cli.hoist import hoisted
from syncer.cli.streams import occupy
from syncer.model.codes import ExitCode
from syncer.model.problem import Problem, SyncerError, UsageError

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

# command -> where it is, module:name
COMMANDS: Final[dict[str, str]] = {
    "init": "syncer.cli.init:init",
    "validate": "syncer.cli.validate:validate",
    "fix": "syncer.cli.fix:fix",
    "plan": "syncer.cli.plan:plan",
    "apply": "syncer.cli.apply:apply",
    "show": "syncer.cli.show:show",
    "pull": "syncer.cli.pull:pull",
    "import": "syncer.cli.import_:import_",
    "convert": "syncer.cli.convert:convert",
    "doctor": "syncer.cli.doctor:doctor",
    "undo": "syncer.cli.undo:undo",
    "history": "syncer.cli.history:history",
    "state": "syncer.cli.state:state",
    "schema": "syncer.cli.schema:schema",
    "explain": "syncer.cli.explain:explain",
    "completion": "syncer.cli.completion:completion",
    "help": "syncer.cli.help:help_",
    "sandbox": "syncer.sandbox.command:sandbox",
    "demo": "syncer.cli.demo:demo",
}
# What `--help` lists without importing the commands; a test keeps it equal to their own first lines.
HELP: Final[dict[str, str]] = {
    "init": "Set up a project: syncer.yaml, a first manifest, a CI workflow.",
    "validate": "Check manifests and project without a network.",
    "fix": "Write into the manifests what the hints of problems say, and nothing else.",
    "plan": "Show what apply would do; change nothing.",
    "apply": "Do what a plan says, exactly, and prove it.",
    "show": "Show a saved plan again.",
    "pull": "Write what moved in the CRM into the manifests, and nothing else.",
    "import": "Write existing records as manifests; a plan of them is empty.",
    "convert": "Make tables of YAML, and YAML of tables; offline.",
    "doctor": "Check settings, manifests, access and state, and say what fixes what is wrong.",
    "undo": "Take a run back: restore what it changed or deleted, delete what it created.",
    "history": "Show what was applied, newest first, or who set a field last.",
    "state": "Look at what is remembered of a space, and who holds it.",
    "schema": "Print one of the published JSON Schemas.",
    "explain": "Explain a code of a problem, or a field of manifests or syncer.yaml.",
    "completion": "Print a script with which a shell completes commands, options and addresses.",
    "help": "Show how a command is used, or a page of the manual.",
    "sandbox": "Run the local server that speaks the same API.",
    "demo": "Start the sandbox; plan, apply and plan again an example.",
}


_NO_COMMAND: Final = re.compile(r"No such command '([^']*)'\..*")


class _Lazy(click.Group):
    """A group that imports a command when it is called, so that each costs only what it needs."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        del ctx
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        del ctx
        if cmd_name not in COMMANDS:
            return None
        module, _, name = COMMANDS[cmd_name].partition(":")
        command: click.Command = getattr(importlib.import_module(module), name)
        command.epilog = epilog(cmd_name)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        del ctx
        with formatter.section("Commands"):
            formatter.write_dl(list(HELP.items()))


def _spaces(context: click.Context, option: click.Parameter, begun: str) -> list["CompletionItem"]:
    from syncer.cli.completion import spaces  # noqa: PLC0415 (only at a Tab)

    return spaces(context, option, begun)


@click.group(cls=_Lazy, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.option(
    "-C",
    "directory",
    metavar="DIR",
    type=click.Path(path_type=Path),
    help="Run as if started in this folder.",
)
@click.option(
    "--space",
    metavar="NAME",
    shell_complete=_spaces,
    help="Which space of syncer.yaml, when there are several.",
)
@click.option(
    "--color",
    type=click.Choice(["auto", "always", "never"]),
    default="auto",
    show_default=True,
    help="Colours; auto: on a terminal, unless NO_COLOR or FORCE_COLOR is set.",
)
@click.option("--no-color", is_flag=True, help="The same as --color never.")
@click.option("-v", "--verbose", is_flag=True, help="Show what is unchanged, all problems and all requests.")
@click.option("-q", "--quiet", is_flag=True, help="No progress on stderr.")
@click.version_option(__version__, prog_name="syncer", message="%(prog)s %(version)s")
@click.pass_context
def cli(
    ctx: click.Context,
    directory: Path | None,
    space: str | None,
    color: str,
    no_color: bool,
    verbose: bool,
    quiet: bool,
) -> None:
    """Sales opportunities as code: YAML in, a plan to review, exactly that applied to Pipeliner CRM."""
    settings: Globals = ctx.obj
    settings.space, settings.verbose, settings.quiet = space, verbose, quiet
    settings.color = False if no_color else {"always": True, "never": False}.get(color)
    if directory is not None:
        try:
            ctx.with_resource(_inside(directory))
        except OSError as error:
            raise UsageError(
                Problem("file-missing", f"-C {directory}: {error.strerror or error}.", hint="name a folder")
            ) from None


@contextlib.contextmanager
def _inside(directory: Path) -> Iterator[None]:
    """Work in *directory*; go back where there is something to go back to."""
    try:
        before = Path.cwd()
    except OSError:
        before = None
    os.chdir(directory)
    try:
        yield
    finally:
        if before is not None:
            os.chdir(before)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line and exit with its code.

    0 done or nothing to do · 1 error before any write · 2 changes (with --detailed-exitcode)
    3 writes failed or unknown · 4 plan stale or conflicts · 5 guard · 64 wrong usage · 130 interrupted.
    click would exit with 2 then, which scripts would take for changes: docs/decisions/0005-exit-codes.md.
    """
    occupy()
    if asked := os.environ.get("_SYNCER_COMPLETE"):
        from syncer.cli.completion import answer  # noqa: PLC0415 (only at a Tab)

        sys.exit(answer(asked, cli))
    # One command, then the process ends: collecting cycles on the way, and taking 10,000 declarations apart
    # again at the end, would cost as much as planning them.
    gc.disable()
    code = run(arguments)
    for stream in (sys.stdout, sys.stderr):
        if stream is not None:
            with contextlib.suppress(OSError, ValueError):
                stream.flush()
    os._exit(code)


def run(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; return the exit code."""
    settings = Globals()
    try:
        return _run(sys.argv[1:] if arguments is None else arguments, settings)
    except BrokenPipeError:
        return ExitCode.ERROR  # whoever read our output has seen enough; that is no error of ours
    except OSError as error:
        return report(SyncerError(_failed(error)), settings)
    finally:
        settings.close()


def _run(arguments: Sequence[str], settings: Globals) -> int:
    try:
        with cli.make_context("syncer", hoisted(arguments), obj=settings) as ctx:
            code: Any = cli.invoke(ctx)
            return int(code or 0)
    except click.exceptions.Exit as done:
        return done.exit_code
    except click.exceptions.NoArgsIsHelpError as error:
        to_stderr(error.format_message())
        return ExitCode.USAGE
    except click.UsageError as error:
        return report(_usage(error), settings)
    except (click.Abort, KeyboardInterrupt):
        interrupted()
        return ExitCode.INTERRUPTED
    except SyncerError as error:
        return report(error, settings)


def _failed(error: OSError) -> Problem:
    """Return what to say of what the system refused and no command expected."""
    try:
        Path.cwd()
    except OSError:
        gone = "The current folder is not there any more."
        return Problem("file-missing", gone, hint="change to a folder that is there")
    what = f"{error.filename}: " if error.filename else "The output cannot be written: "
    why = "it is closed" if error.errno == errno.EBADF else error.strerror or error
    return Problem("file-unwritable", f"{what}{why}.")


def _usage(error: click.UsageError) -> UsageError:
    """Return what click says about a command line, told as everything else is."""
    said = error.format_message()
    if isinstance(error, click.NoSuchOption):
        said, near = f"There is no option {error.option_name}.", [*(error.possibilities or ())]
    elif (wrong := _NO_COMMAND.fullmatch(said)) is not None:
        from difflib import get_close_matches  # noqa: PLC0415 (only then)

        said, near = f"There is no command {wrong[1]}.", get_close_matches(wrong[1], COMMANDS, n=1)
    else:
        near = []
    path = error.ctx.command_path if error.ctx else "syncer"
    hint = f"did you mean {' or '.join(near)}? " if near else ""
    return UsageError(Problem("usage", said, hint=f"{hint}`{path} --help` shows how it is used"))
