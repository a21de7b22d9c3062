"""`syncer import`: existing opportunities as manifests."""

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from syncer.cli.common import Globals, out
from syncer.model.codes import ExitCode
from syncer.model.problem import ManifestError, Problem, SyncerError
from syncer.render.escape import terminal
from syncer.render.problems import counted

if TYPE_CHECKING:
    from syncer.importing.run import Imported
    from syncer.manifest import Manifests
    from syncer.project.load import Project
    from syncer.verbs.session import Session

SCHEMA = "schemas/manifest.schema.json"
_DAY = click.DateTime(["%Y-%m-%d"])


@click.command("import")
@click.option(
    "--pipeline", "pipelines", metavar="P", multiple=True, help="Only of this pipeline; repeatable."
)
@click.option(
    "--owner", "owners", metavar="E", multiple=True, help="Only of this user, by e-mail; repeatable."
)
@click.option("--step", "steps", metavar="S", multiple=True, help="Only in this step; repeatable.")
@click.option(
    "--account",
    "accounts",
    metavar="A",
    multiple=True,
    help="Only of this account, by e-mail or name; repeatable.",
)
@click.option("--since", type=_DAY, metavar="DATE", help="Only those that close on this day or later.")
@click.option("--until", type=_DAY, metavar="DATE", help="Only those that close on this day or earlier.")
@click.option("--include-lost", is_flag=True, help="Lost (archived) ones, too.")
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
@click.option("--force", is_flag=True, help="Replace files that exist.")
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
) -> int:
    """Write existing opportunities as manifests that plan to nothing."""
    from syncer.files import several as whole  # noqa: PLC0415 (heavy)
    from syncer.importing import run  # noqa: PLC0415 (as above)
    from syncer.importing.read import Selection  # noqa: PLC0415 (as above)

    project = settings.project()
    target = _inside(project, folder)
    wish = Selection(
        pipelines,
        owners,
        steps,
        accounts,
        since.date() if since else None,
        until.date() if until else None,
        include_lost,
    )
    present = _present(project)
    with settings.session(project) as session:
        settings.say(f"Reading the opportunities of space {session.connection.space_id}.")
        declared, taken = _declared(session, present, target)
        imported = run.make(
            session.api,
            project,
            wish,
            split=split,
            head=_head(project, target),
            declared=declared,
            taken=taken,
            replace=force,
        )
    names = {
        f"{target.relative_to(project.root).as_posix()}/{name}".removeprefix("./"): text
        for name, text in imported.texts.items()
    }
    whole.write_all(project.root, names, mode=0o600, force=force)
    if names:
        out("\n".join(map(terminal, names)))
    for line in _summary(project, imported, target):
        settings.say(line)
    return ExitCode.OK


def _inside(project: "Project", folder: Path) -> Path:
    import os  # noqa: PLC0415 (keeps the names of the command apart)

    target = Path(os.path.abspath(project.root / folder))  # noqa: PTH100 - resolve() would follow links
    if not Path(os.path.realpath(target)).is_relative_to(os.path.realpath(project.root)):
        raise SyncerError(
            Problem(
                "file-outside",
                f"{folder} is not in the project, which is {project.root}.",
                hint="name a folder of the project, such as --out opportunities",
            )
        )
    return target


def _present(project: "Project") -> "Manifests | None":
    """Return what the manifests of the project declare already; None when there are none."""
    from syncer import manifest  # noqa: PLC0415 (heavy)

    try:
        return manifest.read(project)
    except ManifestError as error:
        if {problem.code for problem in error.problems} <= {"no-manifests", "no-opportunities"}:
            return None
        raise


def _declared(
    session: "Session", present: "Manifests | None", target: Path
) -> tuple[dict[str, str], dict[str, str]]:
    """Return the opportunities that manifests declare, by id, and the keys they use; each with its file.

    A file below *target* is named as import names it.
    """
    from syncer.verbs import plan as workflow  # noqa: PLC0415 (heavy)

    if present is None:
        return {}, {}
    shown = f"{target.relative_to(session.project.root).as_posix()}/".removeprefix("./")
    changes = workflow.plan(session, present).plan.changes
    return (
        {change.id: change.span.file.removeprefix(shown) for change in changes if change.id},
        {entry.key: entry.span.file.removeprefix(shown) for entry in present.declared},
    )


def _head(project: "Project", target: Path) -> list[str]:
    head = ["# Imported from Pipeliner: this is there already, so a plan is empty. Edit it, plan, apply."]
    if (project.root / SCHEMA).is_file():
        up = "../" * len(target.relative_to(project.root).parts)
        head.insert(0, f"# yaml-language-server: $schema={up}{SCHEMA}")
    return head


def _summary(project: "Project", imported: "Imported", target: Path) -> list[str]:
    from syncer.manifest.words import shown  # noqa: PLC0415 (heavy)

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
        f"without a key in {project.identity.key_field}; a plan does not mind, an update writes it",
    )
    if not described:
        return lines
    place = target.relative_to(project.root).as_posix()
    if not _found(project, target, imported.texts):
        lines.append(
            f"The patterns under `manifests:` do not find them there; plan them with: syncer plan {place}"
        )
    else:
        lines.append("To see that it plans to nothing: syncer plan")
    return lines


def _found(project: "Project", target: Path, texts: Any) -> bool:
    from syncer.manifest.find import by_pattern  # noqa: PLC0415 (only now)

    names = {name for pattern in project.manifests for name, _ in by_pattern(project.root, pattern).files}
    return all((target / name).relative_to(project.root).as_posix() in names for name in texts)
