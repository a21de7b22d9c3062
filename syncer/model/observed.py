"""What the service has."""

from collections.abc import Mapping
from typing import Any, Final, NamedTuple

_NO_ROLES: Final[Mapping[str, str]] = {}


class LinkRow(NamedTuple):
    """The relation row behind one linked account or contact.

    Attributes:
        id: Its id.
        roles: Ids of the rows that give it sales roles, by role.
        more: Ids of further rows that link the same record: it is linked twice.
        more_roles: Ids of further rows that give it a role it has.
    """

    id: str
    roles: Mapping[str, str] = _NO_ROLES
    more: tuple[str, ...] = ()
    more_roles: tuple[str, ...] = ()


class Observed(NamedTuple):
    """One opportunity as the service has it.

    Attributes:
        id: Its id.
        values: Canonical values by path, of the fields that were asked for.
        rows: Relation rows by field name and id of the linked record.
        archived: Lost, hence not editable until reactivated (OAS Opportunity.is_archived).
        created: As the service wrote it.
        modified: As the service wrote it.
        deleted: Deleted in the CRM; read only where that was asked for.
    """

    id: str
    values: Mapping[str, Any]
    rows: Mapping[str, Mapping[str, LinkRow]]
    archived: bool
    created: str
    modified: str
    deleted: bool = False
