"""`syncer schema`: the published JSON Schemas."""

from collections.abc import Sequence
from pathlib import Path

import click
from click.shell_completion import CompletionItem

from syncer.cli.common import Globals, out
from syncer.cli.options import timeout_option
from syncer.model.codes import ExitCode
from syncer.model.problem import Problem, SyncerError, UsageError
from syncer.model.signs import Phase
from syncer.resources import schema_text

NAMES = ("manifest", "project", "plan", "events")
_ENDING = ".schema.json"


def _complete(_context: click.Context, _argument: click.Parameter, begun: str) -> list[CompletionItem]:
    return [CompletionItem(name) for name in NAMES if name.startswith(begun)]


@click.command()
@click.argument("names", metavar=f"[{'|'.join(NAMES)}]", nargs=-1, shell_complete=_complete)
@click.option("--live", is_flag=True, help="With the names of the space: steps, owners, options and so on.")
@click.option("--check", is_flag=True, help="See that files are the schemas of this version; for a hook.")
@timeout_option
@click.pass_obj
def schema(settings: Globals, names: tuple[str, ...], live: bool, check: bool, timeout: float | None) -> int:
    """Print one of the published JSON Schemas.

    With --check, name files instead: each must be the schema that its name says, or what --live made of it.
    """
    if check:
        return _check(names)
    if len(names) != 1 or names[0] not in NAMES:
        offered = ", ".join(map(repr, NAMES))
        said = f"{names[0]!r} is not one of {offered}." if len(names) == 1 else f"Name one of {offered}."
        raise UsageError(Problem("usage", said, hint="such as: syncer schema manifest"))
    (name,) = names
    if not live:
        out(schema_text(name))
        return ExitCode.OK
    if name != "manifest":
        raise UsageError(
            Problem(
                "usage", f"The schema {name} holds no names of a space.", hint="syncer schema manifest --live"
            )
        )
    from syncer.verbs import live_schema  # noqa: PLC0415 (heavy)

    project = settings.project()
    with (
        settings.session(project, timeout=timeout) as session,
        settings.live.during(Phase("Reading the names of the space")),
    ):
        made = live_schema.live_schema(session)
    out(live_schema.live_text(made))
    return ExitCode.OK


def _check(files: Sequence[str]) -> int:
    from syncer.verbs import live_schema  # noqa: PLC0415 (heavy)

    problems = []
    for file in files:
        name = Path(file).name.removesuffix(_ENDING)
        if name not in NAMES:
            problems.append(
                Problem("usage", f"{file} is named like no schema.", hint=f"such as {NAMES[0]}{_ENDING}")
            )
            continue
        try:
            text = Path(file).read_text(encoding="utf-8-sig")
        except (OSError, ValueError) as error:
            problems.append(Problem("file-unreadable", f"{file} cannot be read: {error}."))
            continue
        ours = schema_text(name)
        made_of = live_schema.made_of(text)
        if text != ours and made_of != live_schema.fingerprint(ours):
            live = " --live" if made_of else ""
            detail = f"{file} is not of this version of syncer."
            problems.append(Problem("schema-outdated", detail, hint=f"syncer schema {name}{live} > {file}"))
    if problems:
        raise SyncerError(problems)
    return ExitCode.OK
