"""The man pages, from the commands themselves: `python -m tests.docs.man_pages FOLDER`, or `make man`."""

import sys
from collections.abc import Iterator
from importlib import import_module
from inspect import cleandoc
from pathlib import Path
from typing import Any, Final

import click

from syncer import __version__
from syncer.cli import cli
from syncer.cli.common import Globals

_SECTION: Final = "1"
_Named = tuple[click.Command, click.Context]


def pages() -> Iterator[tuple[str, str]]:
    """Yield the name of each page, such as `syncer-state-show.1`, with its text."""
    yield from _pages(cli, click.Context(cli, info_name="syncer", obj=Globals()))


def _pages(command: click.Command, context: click.Context) -> Iterator[tuple[str, str]]:
    inner: list[_Named] = []
    if isinstance(command, click.Group):
        for name in command.list_commands(context):
            found = command.get_command(context, name)
            assert found is not None
            inner.append((found, click.Context(found, info_name=name, parent=context, obj=Globals())))
    yield f"{context.command_path.replace(' ', '-')}.{_SECTION}", _page(command, context, inner)
    for found, its in inner:
        yield from _pages(found, its)


def _page(command: click.Command, context: click.Context, inner: "list[_Named]") -> str:
    page: Any = import_module("click_man.man").ManPage(context.command_path)  # it has no types
    page.version = __version__
    page.short_help = _first(command)
    page.synopsis = " ".join(command.collect_usage_pieces(context))
    page.description = cleandoc(command.help or "")
    page.options = [
        record
        for option in command.get_params(context)
        if isinstance(option, click.Option) and (record := option.get_help_record(context))
    ]
    page.commands = [(str(its.info_name), _first(found)) for found, its in inner]
    return str(page)


def _first(command: click.Command) -> str:
    return cleandoc(command.help or "").partition("\n\n")[0].replace("\n", " ")


def main(folder: Path) -> None:
    """Write all pages into *folder*."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in pages():
        (folder / name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
