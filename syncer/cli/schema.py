"""`syncer schema`: the published JSON Schemas."""

import click

from syncer.cli.settings import out
from syncer.errors import ExitCode
from syncer.resources import schema_text

NAMES = ("manifest", "project", "plan", "events")


@click.command()
@click.argument("name", type=click.Choice(NAMES))
def schema(name: str) -> int:
    """Print one of the published JSON Schemas."""
    out(schema_text(name))
    return ExitCode.OK
