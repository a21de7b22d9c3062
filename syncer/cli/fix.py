"""`syncer fix`: what hints say exactly, written into the manifests."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from syncer.cli.common import Globals, out
from syncer.model.codes import ExitCode
from syncer.model.problem import Problem, UsageError
from syncer.render.escape import terminal
from syncer.render.problems import counted, problems_text

if TYPE_CHECKING:
    from syncer.manifest.fixing import Correction
    from syncer.verbs.fix import Fixed


@click.command()
@click.argument("paths", nargs=-1, type=click.Path(path_type=Path))
@click.option("--check", is_flag=True, help="Write nothing; exit with 2 when there is something to fix.")
@click.option(
    "--into-place",
    "corrected",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Write the corrected entries of this file, which apply --rejected made, back where they came from.",
)
@click.pass_obj
def fix(settings: Globals, paths: tuple[Path, ...], check: bool, corrected: Path | None) -> int:
    """Write into the manifests what the hints of problems say, and nothing else.

    Dates, amounts, quotes, blanks, spelling: what can be meant in one way alone. Comments, order, quotes and
    line ends stay.
    """
    from syncer.verbs import fix as fixing  # noqa: PLC0415 (heavy)

    if corrected is not None and paths:
        hint = "the keys of the entries say which manifests they come from"
        raise UsageError(Problem("usage", "Either paths or --into-place, not both.", hint=hint))
    project = settings.project()
    if corrected is None:
        found = fixing.looked_through(project, paths)
    else:
        from syncer.verbs.into_place import into_place  # noqa: PLC0415 (only then)

        found = into_place(project, corrected)
    if not check:
        fixing.write(project, found)
    if found.made:
        out("\n".join(map(_line, fixing.by_place(found.made))))
    how = "syncer fix" if corrected is None else f"syncer fix --into-place {corrected}"
    _tell(settings, found, how, check=check)
    if check:
        return ExitCode.CHANGES if found.made or found.left else ExitCode.OK
    return ExitCode.FAILED if found.left else ExitCode.OK


def _line(correction: "Correction") -> str:
    sides = f"{correction.before or '(nothing)'} → {correction.after or '(nothing)'}"
    return terminal(f"{correction.span}: {correction.name}: {sides}")


def _tell(settings: Globals, found: "Fixed", how: str, *, check: bool) -> None:
    if found.left:
        settings.show(problems_text(found.left, settings.look(sys.stderr), verbose=settings.verbose))
    places = f"{counted(len(found.made), 'place')} in {counted(len(found.files), 'file')}"
    if not found.made:
        settings.say("Nothing to fix.")
    elif check:
        settings.say(f"There is something to fix: {places}. To write it: {how}")
    else:
        settings.say(f"Fixed {places}. Review it, and commit it.")
    if found.others:
        number = counted(found.others, "problem")
        settings.say(f"{number} left that somebody has to decide: syncer validate")
