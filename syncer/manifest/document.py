"""Entries as they are written → the text of manifests."""

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

from syncer.kinds.base import Kind
from syncer.kinds.registry import KINDS
from syncer.kinds.schema import manifest as manifest_schema
from syncer.manifest.emit import block, comment
from syncer.shapes.amounts import money_of
from syncer.shapes.base import Unfit
from syncer.shapes.date import DATE
from syncer.shapes.money import MONEY
from syncer.shapes.quoting import quoted
from syncer.shapes.spelling import Bare

# A manifest may have 10 MiB; editors and reviewers are happier far below that.
MOST_BYTES: Final = 4 * 1024 * 1024
_NOTHING_SAID: Final[Mapping[tuple[str, str], Sequence[str]]] = {}
_DAY: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


def documents(
    sections: Mapping[str, Mapping[str, Mapping[str, Any]]],
    said: Mapping[tuple[str, str], Sequence[str]] = _NOTHING_SAID,
    *,
    most: int = MOST_BYTES,
) -> list[str]:
    """Return manifests that declare *sections*, entries by section and key: as many as it takes.

    What they declare is what the entries declare, which need no defaults.

    Args:
        sections: The entries.
        said: Of an entry, by section and key, the comments above it.
        most: How large one may become.
    """
    found: list[str] = []
    lines: list[str] = []
    size = most
    for kind in KINDS.values():
        begun = False
        order = {
            name: place for place, name in enumerate(manifest_schema()["$defs"][kind.name]["properties"])
        }
        for key, entry in sections.get(kind.section, {}).items():
            above = [f"  {comment(word)}" for word in said.get((kind.section, key), ())]
            text = "\n".join([*above, f"  {quoted(key)}:", *block(_spelled(kind, entry, order), 4)])
            size += len(text.encode())
            if size >= most:
                if lines:
                    found.append("\n".join(lines) + "\n")
                lines, size, begun = ["version: 1"], len(text.encode()), False
            if not begun:
                lines.append(f"{kind.section}:")
                begun = True
            else:
                lines.append("")
            lines.append(text)
    return [*found, "\n".join(lines) + "\n"] if lines else found


def _spelled(kind: Kind, entry: Mapping[str, Any], order: Mapping[str, int]) -> dict[str, Any]:
    """Return an entry in the order that people read, days and amounts as people write them."""
    found = {name: entry[name] for name in sorted(entry, key=lambda name: order[name])}
    for spec in kind.fields:
        value = found.get(spec.name)
        if value is None:
            continue
        if spec.shape is DATE and _DAY.fullmatch(value):
            found[spec.name] = Bare(value)
        elif spec.shape is MONEY:
            found[spec.name] = _amount(value, spec.refers or "")
    return found


def _amount(value: Any, refers: str) -> Any:
    """Return an amount as `100 USD`, where that says it."""
    said = value
    if isinstance(value, Mapping):
        currency = value.get(refers)
        if not isinstance(currency, str | None):
            return value
        said = f"{value['amount']} {currency or ''}".strip()
    try:
        money_of(str(said))
    except Unfit:
        return value
    return Bare(str(said).strip())
