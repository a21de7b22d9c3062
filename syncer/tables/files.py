"""Entries → the files that declare them as tables: CSV and XLSX."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from syncer.kinds.base import Kind
from syncer.kinds.registry import KINDS
from syncer.manifest.document import MOST_BYTES
from syncer.manifest.find import shown_name
from syncer.manifest.locate import EntryLocator
from syncer.model.address import Address
from syncer.model.problem import ManifestError, Problem, UsageError
from syncer.tables.cells import said_for
from syncer.tables.choices import Choices
from syncer.tables.columns import Column
from syncer.tables.load import Tables
from syncer.tables.rules import Rules, default_kind, kind_of, rules_for
from syncer.tables.spreadsheet import MOST_ROWS, xlsx
from syncer.tables.write import Form, Table, Unsaid, csv_text, tabulate

Sections = Mapping[str, Mapping[str, Mapping[str, Any]]]
_Row = tuple[Kind, str, Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class Files:
    """Makes the files of tables.

    Attributes:
        root: Folder of the project, to which names are relative.
        tables: What says how they look.
        places: Where entries are declared now.
        hint: What to do about what a table cannot say.
    """

    root: Path
    tables: Tables
    places: Mapping[Address, EntryLocator]
    hint: str = "leave the entry in YAML, in a file of its own"

    def workbook(self, found: Sections, place: Path, choices: Choices | None = None) -> bytes:
        """Return a workbook that declares *found*, entries by section and key.

        Raises:
            ManifestError: With everything that a table cannot say.
            UsageError: There are more than a sheet holds.
            SyncerError: What writes workbooks is not installed.
        """
        rules = rules_for(self.tables.rules, shown_name(place, self.root))
        tables = {
            kind.section.capitalize(): (
                kind,
                self._table([(kind, key, entry) for key, entry in entries.items()], rules, Form.XLSX),
            )
            for kind in KINDS.values()
            if (entries := found.get(kind.section))
        }
        for name, (_, table) in tables.items():
            if len(table.rows) > MOST_ROWS:
                detail = (
                    f"A sheet holds {MOST_ROWS:,} rows, and there are {len(table.rows):,} {name.lower()}."
                )
                raise UsageError(Problem("usage", detail, hint="convert the files one by one"))
        return xlsx(tables, None if choices is None else _as_said(choices, rules))

    def csv(self, found: Sections, path: Path | None, *, folders: bool = False) -> dict[Path, str]:
        """Return the texts of the CSV files that declare *found*, entries by section and key.

        Args:
            found: What to declare.
            path: Of the first file; None for a text alone.
            folders: A kind that the name of the file does not let be declared in it gets a folder of its own.

        Raises:
            ManifestError: With everything that a table cannot say.
            UsageError: The name of the file says that it holds other kinds.
        """
        place = path or Path("-")
        name = shown_name(place, self.root) if path else ""
        rules = rules_for(self.tables.rules, name)
        kinds = [kind for kind in KINDS.values() if found.get(kind.section)]
        said = kind_of(name, rules)
        if (said is not None and kinds != [said]) and folders:
            apart: dict[Path, str] = {}
            for kind in kinds:
                below = place.parent / kind.section / place.name
                apart |= self.csv({kind.section: found[kind.section]}, below)
            return apart
        if said is not None and kinds != [said]:
            others = ", ".join(kind.section for kind in kinds if kind is not said)
            detail = f"{name} holds {said.section}, as its name or folder says, and no {others}."
            raise UsageError(Problem("usage", detail, hint="name another file, or a folder, as --out"))
        with_kind = said is None and kinds != [default_kind()]
        rows = [(kind, key, entry) for kind in kinds for key, entry in found[kind.section].items()]
        return self._parts(rows, rules, place, with_kind=with_kind, whole_=path is None)

    def _parts(
        self, rows: list[_Row], rules: Rules, place: Path, *, with_kind: bool, whole_: bool
    ) -> dict[Path, str]:
        text = csv_text(self._table(rows, rules, Form.CSV, with_kind=with_kind))
        if whole_:
            return {place: text}
        if not text.isascii():
            text = f"\ufeff{text}"  # else Excel takes it for another encoding
        size = len(text.encode())
        if size <= MOST_BYTES:
            return {place: text}
        step = max(1, len(rows) * MOST_BYTES // (2 * size))
        parts = [rows[start : start + step] for start in range(0, len(rows), step)]
        found: dict[Path, str] = {}
        for path, part in zip(numbered(place), parts, strict=False):
            found |= self._parts(part, rules, path, with_kind=with_kind, whole_=False)
        return found

    def _table(self, rows: list[_Row], rules: Rules, form: Form, *, with_kind: bool = False) -> Table:
        table = tabulate(rows, rules, form, with_kind=with_kind)
        if table.unsaid:
            raise ManifestError([self._unsaid(unsaid) for unsaid in table.unsaid])
        return table

    def _unsaid(self, unsaid: Unsaid) -> Problem:
        path = ".".join(map(str, unsaid.path))
        detail = f"{path} of {unsaid.address} cannot be said in a table: {unsaid.why}."
        locator = self.places.get(unsaid.address)
        if locator is None:
            return Problem("table-unsaid", detail, hint=self.hint, address=unsaid.address)
        span = locator.span(unsaid.path)
        excerpt = locator.excerpt(span)
        return Problem("table-unsaid", detail, span, excerpt, self.hint, address=unsaid.address)


def _as_said(choices: Choices, rules: Rules) -> Choices:
    """Return *choices* as the cells of a table say them."""

    def names(kind: Kind, column: Column) -> Sequence[str]:
        said = {meant: said for said, meant in said_for(column, rules).items()}
        return [said.get(name, name) for name in choices(kind, column)]

    return names


def numbered(path: Path) -> Iterable[Path]:
    """Yield *path*, then its further parts: deals.csv, deals.2.csv and so on."""
    yield path
    number = 2
    while True:
        yield path.with_name(f"{path.stem}.{number}{path.suffix}")
        number += 1
