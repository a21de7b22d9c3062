"""`syncer import`: existing opportunities as manifests."""

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from syncer.cli.common import Globals, out
from syncer.cli.options import timeout_option
from syncer.model.codes import ExitCode
from syncer.model.signs import Phase
from syncer.render.escape import terminal
from syncer.render.problems import counted

if TYPE_CHECKING:
    from syncer.verbs.import_ import Brought

_DAY = click.DateTime(["%Y-%m-%d"])


@click.command("import")
@click.option(
    "--pipeline", "pipelines", metavar="P", multiple=True, help="Only those of this pipeline; repeatable."
)
@click.option(
    "--owner", "owners", metavar="E", multiple=True, help="Only those of this user, by e-mail; repeatable."
)
@click.option("--step", "steps", metavar="S", multiple=True, help="Only those in this step; repeatable.")
@click.option(
    "--account",
    "accounts",
    metavar="A",
    multiple=True,
    help="Only those of this account, by e-mail or name; repeatable.",
)
@click.option("--since", type=_DAY, metavar="DATE", help="Only those that close on this day or later.")
@click.option("--until", type=_DAY, metavar="DATE", help="Only those that close on this day or earlier.")
@click.option("--include-lost", is_flag=True, help="Import lost (archived) opportunities, too.")
@click.option(
    "--out",
    "folder",
    metavar="DIR",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path("opportunities"),
    show_default=True,
    help="Folder of the project to write into.",
)
@click.option(
    "--split",
    type=click.Choice(["owner", "pipeline", "none"]),
    default="owner",
    show_default=True,
    help="One file for each of these.",
)
@click.option("--force", is_flag=True, help="Replace files that exist, with the comments and edits in them.")
@timeout_option
@click.pass_obj
def import_(
    settings: Globals,
    pipelines: tuple[str, ...],
    owners: tuple[str, ...],
    steps: tuple[str, ...],
    accounts: tuple[str, ...],
    since: datetime | None,
    until: datetime | None,
    include_lost: bool,
    folder: Path,
    split: str,
    force: bool,
    timeout: float | None,
) -> int:
    """Write existing opportunities as manifests; a plan of them is empty."""
    from syncer.importing.read import Selection  # noqa: PLC0415 (heavy)
    from syncer.verbs import import_ as importing  # noqa: PLC0415 (as above)

    wish = Selection(
        pipelines,
        owners,
        steps,
        accounts,
        since.date() if since else None,
        until.date() if until else None,
        include_lost,
    )
    options = importing.ImportOptions(folder, split, force)
    project = settings.project()
    with settings.session(project, timeout=timeout) as session, settings.live.during(Phase("Importing")):
        brought = importing.import_(session, wish, options=options, say=settings.say)
    if brought.files:
        out("\n".join(map(terminal, brought.files)))
    for line in _summary(brought, project.identity.key_field):
        settings.say(line)
    return ExitCode.OK


def _summary(brought: "Brought", key_field: str | None) -> list[str]:
    from syncer.shapes.words import shown  # noqa: PLC0415 (heavy)

    imported = brought.imported
    described = imported.described
    number = counted(len(described), "opportunity", "opportunities")
    lines = (
        [f"Imported {number} into {counted(len(imported.texts), 'file')}."]
        if described
        else ["Nothing to import."]
    )

    def tell(count: int, words: str) -> None:
        if count:
            lines.append(f"  {count:,} {words}")

    for entry in imported.unsayable:
        name = terminal(shown(str(entry.record.values.get("name") or entry.key)))
        lines.append(f"  left out: {name}, id {entry.record.id}: manifests cannot say it")
    tell(imported.declared, "left out: a manifest declares them already")
    tell(imported.lost, "left out: lost (archived); --include-lost takes them, too")
    tell(sum(bool(entry.pinned) for entry in described), "found by `id:`, for the reason written beside it")
    tell(
        sum(bool(entry.left_out) for entry in described),
        "with a part that manifests cannot say; see `left out` above them",
    )
    tell(
        imported.keyless,
        f"without a key in {key_field}; a plan does not mind, an update writes it",
    )
    if not described:
        return lines
    if brought.found:
        lines.append("To see that it plans to nothing: syncer plan")
    else:
        lines.append(
            "The patterns under `manifests:` do not find them there; plan them with: "
            f"syncer plan {brought.folder}"
        )
    return lines
