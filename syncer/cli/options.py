"""Options that several commands share."""

from collections.abc import Callable
from typing import Any, TypeVar

import click

from syncer.model.declared import Existing

Command = TypeVar("Command", bound=Callable[..., Any])


def timeout_option(command: Command) -> Command:
    """Add `--timeout` to a command that talks to the service."""
    return click.option(
        "--timeout",
        type=click.FloatRange(0, 3600, min_open=True),
        metavar="SECONDS",
        help="How long one request may take; when left out, 60 s of silence when reading, 120 s when "
        "writing.",
    )(command)


def target_option(command: Command) -> Command:
    """Add `--target` to a command that plans."""
    return click.option(
        "--target", "targets", metavar="ADDR", multiple=True, help="Only this opportunity; repeatable."
    )(command)


def existing_option(command: Command) -> Command:
    """Add `--existing` to a command that plans."""
    return click.option(
        "--existing",
        type=click.Choice([str(choice) for choice in Existing]),
        help="What happens to existing records that differ; overrides syncer.yaml.",
    )(command)
