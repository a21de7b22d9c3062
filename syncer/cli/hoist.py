"""Global options may stand before the command or behind it."""

from collections.abc import Sequence
from typing import Final

_FLAGS: Final = frozenset({"-v", "--verbose", "-q", "--quiet", "--no-color"})
_VALUES: Final = frozenset({"-C", "--space", "--color"})
_WRITTEN_TOGETHER: Final = ("--space=", "--color=")


def hoisted(arguments: Sequence[str]) -> list[str]:
    """Return *arguments* with the global options first, wherever they were written.

    `syncer plan -q` is what people type. The sandbox has options of its own, so it is left alone.
    """
    globals_: list[str] = []
    rest: list[str] = []
    left = iter(arguments)
    for argument in left:
        if argument in {"--", "sandbox"}:
            rest += [argument, *left]
        elif argument in _FLAGS or argument.startswith(_WRITTEN_TOGETHER):
            globals_.append(argument)
        elif argument in _VALUES:
            value = next(left, None)
            if value is None:
                return [*globals_, argument]  # so that it is told which option lacks its value
            globals_ += [argument, value]
        else:
            rest.append(argument)
    return globals_ + rest
