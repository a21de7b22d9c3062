"""`syncer schema`: the published JSON Schemas."""

import click

from syncer.cli.common import Globals, out
from syncer.cli.options import timeout_option
from syncer.model.codes import ExitCode
from syncer.model.problem import Problem, UsageError
from syncer.resources import schema_text

NAMES = ("manifest", "project", "plan", "events")


@click.command()
@click.argument("name", type=click.Choice(NAMES))
@click.option("--live", is_flag=True, help="With the names of the space: steps, owners, options and so on.")
@timeout_option
@click.pass_obj
def schema(settings: Globals, name: str, live: bool, timeout: float | None) -> int:
    """Print one of the published JSON Schemas."""
    if not live:
        out(schema_text(name))
        return ExitCode.OK
    if name != "manifest":
        raise UsageError(
            Problem(
                "usage", f"The schema {name} holds no names of a space.", hint="syncer schema manifest --live"
            )
        )
    import json  # noqa: PLC0415 (only here)

    from syncer.render.escape import shown_json  # noqa: PLC0415 (as above)
    from syncer.verbs import live_schema  # noqa: PLC0415 (heavy)

    project = settings.project()
    with settings.session(project, timeout=timeout) as session:
        made = live_schema.live_schema(session)
    out(shown_json(json.dumps(made, indent=2, ensure_ascii=False)))
    return ExitCode.OK
