"""The ledger as text: one JSON object a line, sorted by address.

A row that is not touched keeps its line byte for byte, so that what a later syncer has added to it survives,
and so do the rows of other projects.
"""

from collections.abc import Iterable, Mapping
from typing import Final

from syncer.state.faults import damaged
from syncer.state.fields import Fields, line, text_of
from syncer.state.values import LedgerRow

NAME: Final = "ledger.jsonl"


def row_to_line(row: LedgerRow) -> str:
    """Return the line of *row*."""
    return line(
        {
            "address": row.address,
            "project": row.project,
            "kind": row.kind,
            "id": row.id,
            "values": dict(row.values),
            "undecided": list(row.undecided),
            "modified": row.modified,
            "run": row.run,
            "at": row.at,
        }
    )


def row_from_line(text: str, where: str = NAME, number: int | None = None) -> LedgerRow:
    """Return the row in a line.

    Raises:
        StateError: It is not as we write it.
    """
    fields = Fields(text, where, number)
    return LedgerRow(
        address=fields.text("address"),
        kind=fields.text("kind"),
        id=fields.text("id"),
        values=fields.object("values"),
        modified=fields.maybe("modified"),
        run=fields.text("run"),
        at=fields.time("at"),
        project=fields.text("project"),
        undecided=fields.texts("undecided"),
    )


class Ledger:
    """The rows of a space, each with its line."""

    def __init__(self, rows: Mapping[tuple[str, str], tuple[LedgerRow, str]] | None = None) -> None:
        """Hold *rows* by address and project."""
        self._rows = dict(rows or {})

    @classmethod
    def parse(cls, raw: bytes, where: str = NAME) -> "Ledger":
        """Read the whole text.

        Raises:
            StateError: A line is not as we write it, stands twice or out of order.
        """
        rows: dict[tuple[str, str], tuple[LedgerRow, str]] = {}
        last = ("", "")
        *lines, end = text_of(raw, where).split("\n")
        if end:
            raise damaged(where, len(lines) + 1, "the last line is cut short")
        for number, text in enumerate(lines, 1):
            row = row_from_line(text, where, number)
            key = (row.address, row.project)
            if key <= last:
                why = "stands there twice" if key in rows else "is out of order"
                raise damaged(where, number, f"{row.address} {why}")
            rows[key] = (row, text)
            last = key
        return cls(rows)

    @classmethod
    def of_lines(cls, lines: Iterable[str], where: str) -> "Ledger":
        """Read lines that come in any order.

        Raises:
            StateError: One is not as we write it.
        """
        rows = {}
        for text in lines:
            row = row_from_line(text, where)
            rows[row.address, row.project] = (row, text)
        return cls(dict(sorted(rows.items())))

    def of(self, project: str) -> dict[str, LedgerRow]:
        """Return the rows of *project* by address."""
        return {row.address: row for row, _ in self._rows.values() if row.project == project}

    def __len__(self) -> int:
        return len(self._rows)

    def merged(self, rows: Iterable[LedgerRow], gone: Iterable[str], project: str) -> "Ledger":
        """Return this ledger with *rows* in place of their like, and without the addresses *gone*."""
        merged = dict(self._rows)
        for address in gone:
            merged.pop((address, project), None)
        for row in rows:
            merged[row.address, row.project] = (row, row_to_line(row))
        return Ledger(dict(sorted(merged.items())))

    def text(self) -> bytes:
        """Return the whole text."""
        return "".join(f"{text}\n" for _, text in self._rows.values()).encode()
