"""Records and custom fields as people call them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol


class Labels(Protocol):
    """What people call the records of a space."""

    def label(self, kind: str, id_: str | None) -> str:
        """Return what people call a record: a person's name, a step's name; the id if unknown."""

    def written(self, kind: str, id_: str | None) -> str:
        """Return how a manifest would name a record; the id if unknown."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One record a reference can mean.

    Attributes:
        id: Its id.
        names: Exact names, as compared.
        emails: E-mails, as compared.
        within: Id of the record it belongs to, for steps, types and options.
        row: The wire fields of `ReferenceKind.load`.
    """

    id: str
    names: tuple[str, ...]
    emails: tuple[str, ...]
    within: str | None
    row: Mapping[str, Any]

    @property
    def deleted(self) -> bool:
        """Whether the record carries the soft-delete mark."""
        return bool(self.row.get("is_deleted"))


@dataclass(frozen=True, slots=True)
class CustomField:
    """One field of opportunities that the space defines.

    Attributes:
        api_name: Key under `fields:` and in the API.
        label: What people see.
        type: Type id of the service: input, integer, dropdown, ...
        data_set: Id of its set of options, for dropdown-like fields.
        unique: The service refuses a second record with the same value.
        system: One of the service's own fields.
    """

    api_name: str
    label: str
    type: str
    data_set: str | None
    unique: bool
    system: bool
