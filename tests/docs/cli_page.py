"""docs/cli.md from the commands themselves: `python -m tests.docs.cli_page --write`."""

import re
import sys
from collections.abc import Iterator
from inspect import cleandoc
from pathlib import Path
from typing import Any, Final

import click

from syncer.cli import cli
from syncer.cli.common import Globals

PAGE: Final = Path(__file__).parents[2] / "docs" / "cli.md"
_BEGIN: Final = "<!-- from here on written by `python -m tests.docs.cli_page --write` -->\n"


def page() -> str:
    """Return docs/cli.md as it should be: its written part, then every command."""
    written = PAGE.read_text("utf-8").partition(_BEGIN)[0]
    return written + _BEGIN + "\n" + "\n".join(_group(cli, click.Context(cli, info_name="syncer")))


def _group(group: click.Group, context: click.Context) -> Iterator[str]:
    yield from _command(group, context)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None
        inner = click.Context(command, info_name=name, parent=context, obj=Globals())
        if isinstance(command, click.Group):
            yield from _group(command, inner)
        else:
            yield from _command(command, inner)


def _command(command: click.Command, context: click.Context) -> Iterator[str]:
    title = "Global options" if context.parent is None else context.command_path
    yield f"## {title}\n"
    yield _escaped(cleandoc(command.help or "")) + "\n"
    usage = " ".join(command.collect_usage_pieces(context))
    yield f"```text\n{context.command_path} {usage}\n```\n"
    if context.parent is None:
        yield "These may stand before or behind the command: `syncer plan -q` is `syncer -q plan`.\n"
    options = [
        p for p in command.get_params(context) if isinstance(p, click.Option) and "--help" not in p.opts
    ]
    if options:
        yield "| option | means | default |\n|---|---|---|"
        yield from (_row(option) for option in options)
        yield ""


def _row(option: click.Option) -> str:
    names = ", ".join(f"`{name}`" for name in (*option.opts, *option.secondary_opts))
    # Choices apart: a bar inside a code span of a table cell reads differently from renderer to renderer.
    choices = map(str, option.type.choices) if isinstance(option.type, click.Choice) else [_value(option)]
    value = "" if option.is_flag else " " + "/".join(f"`{choice}`" for choice in choices)
    return f"| {names}{value} | {_escaped(option.help or '')} | {_default(option)} |"


def _value(option: click.Option) -> str:
    if option.metavar:
        return option.metavar
    if isinstance(option.type, click.Path):
        return "FILE" if option.type.dir_okay is False else "PATH"
    return {"integer range": "N", "float range": "SECONDS"}.get(option.type.name, "TEXT")


def _default(option: click.Option) -> str:
    shown: Any = option.default
    return f"`{shown}`" if option.show_default and shown is not None and not option.is_flag else ""


def _escaped(text: str) -> str:
    """Return *text* as Markdown that shows it as it is, in a table too."""
    return re.sub(r"([|\[\]<>*_])", r"\\\1", text)


if __name__ == "__main__":
    if "--write" in sys.argv:
        PAGE.write_text(page(), encoding="utf-8")
    else:
        sys.stdout.write(page())
