"""What is kept in rows of their own beside a record: links to other records, product lines.

Whether a PATCH with a nested list replaces or merges is undocumented, so an update writes the rows.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from syncer.model.change import RelationWrite
from syncer.model.names import Labels
from syncer.model.observed import LinkRow, Observed
from syncer.shapes.base import Field, LinkEntity, Piece

# Rows by what tells one from another: the id of the linked record.
Canonical = Mapping[str, Mapping[str, Any]]


def entity_of(field: Field) -> LinkEntity:
    """Return the rows behind *field*."""
    assert field.link is not None
    return field.link


class RowShape(ABC):
    """What a shape that is kept in rows can do besides."""

    @abstractmethod
    def read_rows(self, wire: Any, field: Field, rows: dict[str, LinkRow] | None) -> dict[str, Any]:
        """Return the value of a nested list of rows; put the rows into *rows*, as the value names them."""

    @abstractmethod
    def writes(
        self, field: Field, parent: str, before: Mapping[str, LinkRow], now: Canonical, after: Canonical
    ) -> list[RelationWrite]:
        """Return the writes to rows of *parent* that turn *now*, whose rows are *before*, into *after*."""

    @abstractmethod
    def satisfied(self, write: RelationWrite, record: Observed, field: Field) -> bool:
        """Tell whether *record* already is as *write* would make it."""

    @abstractmethod
    def writes_to(self, field: Field) -> tuple[str, ...]:
        """Return the entities whose rows are written."""

    @abstractmethod
    def complete(self, pulled: Canonical, observed: Canonical) -> Canonical:
        """Return *pulled* with what a manifest may leave to the CRM."""

    @abstractmethod
    def joined(self, now: Canonical, wanted: Canonical) -> Canonical:
        """Return *now* with what is *wanted* besides; nothing is taken away."""

    # For people

    @abstractmethod
    def names(
        self,
        field: Field,
        desired: Canonical,
        written: Sequence[Mapping[str, Any]],
        others: Iterable[Canonical],
        labels: Labels,
    ) -> dict[str, str]:
        """Return what to call each row of *desired*, spelt as it is *written*, and of the *others*."""

    @abstractmethod
    def listed(
        self, field: Field, value: Canonical, asked: Canonical, names: Mapping[str, str], labels: Labels
    ) -> list[dict[str, Any]]:
        """Return rows by name, which is said first; of those in *asked* only what they mention."""

    @abstractmethod
    def piece(self, field: Field, name: str, aspect: str | None = None) -> Piece:
        """Return the part of the value that people see as *aspect* of a row, none being the row itself."""


def rows_of(field: Field) -> RowShape:
    """Return the shape of a field that is kept in rows."""
    assert isinstance(field.shape, RowShape)
    return field.shape
