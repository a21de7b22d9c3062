"""Options that several commands share."""

from collections.abc import Callable
from dataclasses import fields
from typing import TYPE_CHECKING, Any, TypeVar

import click

from syncer.model.declared import Existing
from syncer.model.policy import Guards

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

Command = TypeVar("Command", bound=Callable[..., Any])


def _addresses(context: click.Context, option: click.Parameter, begun: str) -> list["CompletionItem"]:
    from syncer.cli.completion import addresses  # noqa: PLC0415 (only at a Tab)

    return addresses(context, option, begun)


def addresses_argument(name: str, **options: Any) -> Callable[[Command], Command]:
    """Add an argument that takes addresses."""
    return click.argument(name, shell_complete=_addresses, **options)


def timeout_option(command: Command) -> Command:
    """Add `--timeout` to a command that talks to the service."""
    return click.option(
        "--timeout",
        type=click.FloatRange(0, 3600, min_open=True),
        metavar="SECONDS",
        help="How long one request may take; when left out, 60 s of silence when reading, 120 s when "
        "writing.",
    )(command)


def format_option(what: str = "How to show it.") -> Callable[[Command], Command]:
    """Add `--format text|json` to a command; *what* is the help."""
    return click.option(
        "--format",
        "style",
        type=click.Choice(["text", "json"]),
        default="text",
        show_default=True,
        help=what,
    )


def target_option(command: Command) -> Command:
    """Add `--target` to a command that plans."""
    return click.option(
        "--target",
        "targets",
        metavar="ADDR",
        multiple=True,
        shell_complete=_addresses,
        help="Only this record, and what it refers to that is not there yet; repeatable.",
    )(command)


def existing_option(command: Command) -> Command:
    """Add `--existing` to a command that plans."""
    return click.option(
        "--existing",
        type=click.Choice([str(choice) for choice in Existing]),
        help="What happens to existing records that differ; overrides syncer.yaml.",
    )(command)


def take_option(command: Command) -> Command:
    """Add `--take` to a command that plans."""
    return click.option(
        "--take",
        "takes",
        nargs=2,
        type=(click.Choice(["git", "crm"]), str),
        multiple=True,
        metavar="git|crm ADDR[:FIELD]",
        help="Whose word counts for a deal or one of its fields, in this plan; repeatable.",
    )(command)


def allow_option(command: Command) -> Command:
    """Add `--allow` to a command that carries out a plan."""
    return click.option(
        "--allow",
        metavar="GUARD",
        multiple=True,
        type=click.Choice([guard.name for guard in fields(Guards)]),
        help="Lift a guard for this run; repeatable.",
    )(command)


def waiting_options(command: Command) -> Command:
    """Add to a command that writes how long it waits: for a server that is late, and for other applies."""
    grace = click.option(
        "--grace",
        type=click.FloatRange(0, 600, min_open=True),
        default=3.0,
        show_default=True,
        metavar="SECONDS",
        help="How late the service may still commit a request that it did not answer, or list a record that "
        "it committed.",
    )
    no_quiet_wait = click.option(
        "--no-quiet-wait",
        is_flag=True,
        help="Do not wait the grace time before the first create, where no earlier apply is known to have "
        "ended.",
    )
    lock_timeout = click.option(
        "--lock-timeout",
        type=click.FloatRange(0, 86_400),
        default=0.0,
        show_default=True,
        metavar="SECONDS",
        help="How long to wait for another apply to this space to end.",
    )
    return grace(no_quiet_wait(lock_timeout(command)))
