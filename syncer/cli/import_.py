"""`syncer import`: existing records as manifests."""

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from syncer.cli.common import Globals, out
from syncer.cli.options import timeout_option
from syncer.model.codes import ExitCode
from syncer.model.problem import Problem, UsageError
from syncer.model.signs import Phase
from syncer.model.words import listed
from syncer.render.escape import terminal
from syncer.render.problems import counted

if TYPE_CHECKING:
    from syncer.importing.read import Selection
    from syncer.verbs.import_ import Brought

_MOST_TOLD: Final = 10
_DAY = click.DateTime(["%Y-%m-%d"])
# What an option asks for, as `Selection.misfits` calls it.
_OPTIONS: Final = {"days": "A day, --since or --until,", "archived": "--include-lost"}


@click.command("import")
@click.option(
    "--kinds",
    metavar="K,…",
    default="opportunity",
    show_default=True,
    help="What to import, with commas between: account, contact, opportunity.",
)
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
    metavar="PATH",
    type=click.Path(path_type=Path),
    help="Folder of the project to write into; several kinds go into folders in it. "
    "Left out: one that is called as the kind, such as opportunities. With --format xlsx: a file.",
)
@click.option(
    "--format",
    "form",
    type=click.Choice(["yaml", "csv", "xlsx"]),
    default="yaml",
    show_default=True,
    help="What to write: manifests as YAML or as tables, or a workbook for people.",
)
@click.option(
    "--split",
    type=click.Choice(["owner", "pipeline", "none"]),
    default="owner",
    show_default=True,
    help="One file for each of these; one alone for a kind that has none.",
)
@click.option("--force", is_flag=True, help="Replace files that exist, with the comments and edits in them.")
@timeout_option
@click.pass_obj
def import_(
    settings: Globals,
    kinds: str,
    pipelines: tuple[str, ...],
    owners: tuple[str, ...],
    steps: tuple[str, ...],
    accounts: tuple[str, ...],
    since: datetime | None,
    until: datetime | None,
    include_lost: bool,
    folder: Path | None,
    form: str,
    split: str,
    force: bool,
    timeout: float | None,
) -> int:
    """Write existing records as manifests; a plan of them is empty."""
    from syncer.importing.read import Selection  # noqa: PLC0415 (heavy)
    from syncer.verbs import import_ as importing  # noqa: PLC0415 (as above)

    wish = Selection(
        _kinds(kinds),
        {"owner": owners, "pipeline": pipelines, "step": steps, "account": accounts},
        since.date() if since else None,
        until.date() if until else None,
        include_lost,
    )
    _check(wish)
    _check_out(folder, form)
    options = importing.ImportOptions(folder, split, force, form)
    project = settings.project()
    with settings.session(project, timeout=timeout) as session, settings.live.during(Phase("Importing")):
        brought = importing.import_(session, wish, options=options, say=settings.say)
    if brought.files:
        out("\n".join(map(terminal, brought.files)))
    for line in _summary(brought, project.identity.key_field, form):
        settings.say(line)
    return ExitCode.OK


def _kinds(written: str) -> tuple[str, ...]:
    """Return the kinds that are named, in the order in which they are imported.

    Raises:
        UsageError: There is no such kind.
    """
    from syncer.kinds.registry import KINDS  # noqa: PLC0415 (heavy)

    names = {alias: name for name, kind in KINDS.items() for alias in (name, kind.section)}
    asked = [word for part in written.split(",") if (word := part.strip().lower())]
    unknown = [word for word in asked if word not in names]
    if unknown or not asked:
        detail = (
            f"There is no kind {listed([terminal(word) for word in unknown])}."
            if asked
            else "--kinds names none."
        )
        raise UsageError(Problem("usage", detail, hint=f"kinds are {listed(list(KINDS))}"))
    chosen = {names[word] for word in asked}
    return tuple(name for name in KINDS if name in chosen)


def _check(wish: "Selection") -> None:
    """See that every option that narrows fits one of the kinds.

    Raises:
        UsageError: One fits none.
    """
    misfits = [_OPTIONS.get(word, f"--{word}") for word in wish.misfits()]
    if misfits:
        kinds = " or ".join(wish.kinds)
        raise UsageError(
            Problem(
                "usage", f"{option} fits no {kinds}.", hint="leave it out, or name a kind that it narrows"
            )
            for option in misfits
        )


def _check_out(path: Path | None, form: str) -> None:
    """See that what is to be written can be at *path*.

    Raises:
        UsageError: It is a folder, or is none.
    """
    is_book = path is not None and path.suffix.lower() == ".xlsx"
    if form == "xlsx" and not is_book:
        said = f"--out {path} is no workbook." if path else "A workbook needs a file."
        raise UsageError(Problem("usage", said, hint="name one: --out deals.xlsx"))
    if form != "xlsx" and path is not None and path.is_file():
        said = f"--out {path} is a file; manifests go into a folder."
        raise UsageError(Problem("usage", said, hint="name a folder; with --format xlsx, a file"))


def _summary(brought: "Brought", key_field: str | None, form: str) -> list[str]:
    from syncer.shapes.words import shown  # noqa: PLC0415 (heavy)

    imported = brought.imported
    described = imported.described
    nouns = {entry.kind.noun: 0 for entry in described}
    for entry in described:
        nouns[entry.kind.noun] += 1
    numbers = listed([counted(number, *noun) for noun, number in nouns.items()])
    lines = (
        [f"Imported {numbers} into {counted(len(imported.texts), 'file')}."]
        if described
        else ["Nothing to import."]
    )

    def tell(count: int, words: str) -> None:
        if count:
            lines.append(f"  {count:,} {words}")

    for entry in imported.unsayable:
        name = terminal(shown(entry.kind.name_of(entry.record.values) or entry.key))
        lines.append(f"  left out: {name}, id {entry.record.id}: manifests cannot say it")
    tell(imported.declared, "left out: a manifest declares them already")
    tell(imported.lost, "left out: lost (archived); --include-lost takes them, too")
    is_table = form != "yaml"
    why = "" if is_table else ", for the reason written beside it"
    tell(sum(bool(entry.pinned) for entry in described), f"found by `id:`{why}")
    cut = [entry for entry in described if entry.left_out]
    tell(
        len(cut), f"with a part that manifests cannot say{'' if is_table else '; see `left out` above them'}"
    )
    for entry in cut[:_MOST_TOLD] if is_table else ():
        parts = "; ".join(f"{name}: {left}" for name, left in sorted(entry.left_out.items()))
        lines.append(f"    {entry.kind.name}.{entry.key}: {terminal(parts)}")
    tell(
        imported.keyless,
        f"without a key in {key_field}; a plan does not mind, an update writes it",
    )
    if not described:
        return lines
    if form == "xlsx":
        (name,) = brought.files
        lines.append(f"To make manifests of it: syncer convert {name} --to csv --out opportunities/new.csv")
    elif brought.found:
        lines.append("To see that it plans to nothing: syncer plan")
    else:
        lines.append(
            "The patterns under `manifests:` do not find them there; plan them with: "
            f"syncer plan {' '.join(brought.folders)}"
        )
    return lines
