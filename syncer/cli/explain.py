"""`syncer explain`: a code or a field, at the terminal."""

import re
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

import click
from click.shell_completion import CompletionItem

from syncer.cli.common import Globals, out
from syncer.model.codes import ExitCode

if TYPE_CHECKING:
    from syncer.render.look import Look
    from syncer.verbs.explain import Explanation

_MARKS: Final = re.compile(r"\*\*(.+?)\*\*|(?<!\w)\*([^*]+)\*|\[([^]]+)\]\([^)]+\)")


def _complete(_context: click.Context, _argument: click.Parameter, begun: str) -> list[CompletionItem]:
    from syncer.verbs.explain import names  # noqa: PLC0415 (heavy)

    return [CompletionItem(name) for name in names() if name.startswith(begun)]


@click.command()
@click.argument("name", metavar="CODE|FIELD", shell_complete=_complete)
@click.pass_obj
def explain(settings: Globals, name: str) -> int:
    """Explain a code of a problem, or a field of manifests or syncer.yaml."""
    from syncer.verbs.explain import explain as explained  # noqa: PLC0415 (heavy)

    look = settings.look(sys.stdout)
    pages = ["\n".join(_page(found, look)) for found in explained(name.strip("[]"))]
    out(look.finish("\n\n".join(pages)))
    return ExitCode.OK


def _page(found: "Explanation", look: "Look") -> Iterator[str]:
    yield f"{look.paint(found.title, 'bold')} {look.paint(f'[{found.name}]', 'dim')}"
    in_block = False
    for block in re.split(r"(^```.*$)", found.text, flags=re.MULTILINE):
        if block.startswith("```"):
            in_block = not in_block
        elif in_block:
            yield ""
            yield from (f"    {line}".rstrip() for line in block.strip("\n").split("\n"))
        else:
            for paragraph in filter(None, (part.strip() for part in block.split("\n\n"))):
                yield ""
                yield from _paragraph(paragraph, look)
    yield ""
    yield look.paint(f"Read on: {found.page}", "hint")


def _paragraph(text: str, look: "Look") -> Iterator[str]:
    """Yield a paragraph of the manual without its marks; rows of lists and tables stay rows."""
    rows = re.split(r"\n(?=- |\d+\. |\|)", text)
    for row in rows:
        plain = _MARKS.sub(lambda mark: next(filter(None, mark.groups())), " ".join(row.split()))
        yield from look.wrap(plain, rest="  " if row.startswith("- ") else "")
