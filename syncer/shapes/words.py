"""Paths and values in the words of somebody who writes manifests."""

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from syncer.model.span import ValuePath


def name_of(path: ValuePath) -> str:
    """Return *path* as people say it: `email of item 2 of contacts`."""
    return " of ".join(f"item {step + 1}" if isinstance(step, int) else step for step in reversed(path))


def type_of(value: Any) -> str:
    """Return the type of a value, neither null nor true or false, with its article."""
    if isinstance(value, int | Decimal):
        return "a number"
    if isinstance(value, str):
        return "text"
    return "a list" if isinstance(value, list) else "a mapping"


def shown(value: Any, limit: int = 60) -> str:
    """Return a scalar as it would be written, cut at *limit* characters."""
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    text = value if isinstance(value, str) else str(value)
    text = text if len(text) <= limit else text[: limit - 1] + "…"
    return f'"{text}"' if isinstance(value, str) else text


def nearest(word: str, words: Iterable[str]) -> str | None:
    """Return the one of *words* that was probably meant."""
    # Imported where something is wrong.
    from difflib import get_close_matches  # noqa: PLC0415

    by_folded = {known.casefold().replace("-", "_"): known for known in words}
    found = get_close_matches(word.casefold().replace("-", "_")[:60], by_folded, n=1, cutoff=0.6)
    return by_folded[found[0]] if found else None
