"""Several things in one sentence."""

from collections.abc import Sequence


def listed(words: Sequence[str], last: str = "and") -> str:
    """Return `a`, `a and b`, `a, b and c`; with another word before the *last*."""
    return f" {last} ".join(filter(None, [", ".join(words[:-1]), *words[-1:]]))


def be(words: Sequence[str]) -> str:
    """Return the verb behind them: `is`, `are`."""
    return "is" if len(words) == 1 else "are"
