"""What a project allows, and how it finds records."""

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from syncer.model.declared import Closed, Existing, Money, Reference


class PastDate(StrEnum):
    """What happens to a closing date before today."""

    WARN = "warn"
    DENY = "deny"
    ALLOW = "allow"


class Gone(StrEnum):
    """What happens to a declared record that was deleted in the CRM."""

    REPORT = "report"
    RECREATE = "recreate"


class Removed(StrEnum):
    """What happens to a record whose entry was taken out of the manifests."""

    KEEP = "keep"
    DELETE = "delete"


@dataclass(frozen=True, slots=True)
class Guards:
    """Limits of one apply. None means no limit.

    Attributes:
        max_creates: Most opportunities that are created.
        max_updates: Most opportunities that are updated.
        max_deletes: Most opportunities that are deleted.
        max_value: Most value that is added, one for each currency; each has its currency.
        closing_date_in_past: What happens to a closing date before today.
    """

    max_creates: int | None = 500
    max_updates: int | None = 100
    max_deletes: int | None = 0
    max_value: tuple[Money, ...] = (Money(Decimal(1_000_000), Reference("currency", text="USD")),)
    closing_date_in_past: PastDate = PastDate.WARN


@dataclass(frozen=True, slots=True)
class Policy:
    """What apply may do.

    Attributes:
        existing: What happens to existing opportunities that differ, unless their entry says otherwise.
        guards: Limits.
        gone: What happens to those that were deleted in the CRM.
        removed: What happens to those whose entry was taken out of the manifests.
        closed: What happens to those that are won or lost, unless their entry says otherwise.
    """

    existing: Existing = Existing.MERGE
    guards: Guards = Guards()
    gone: Gone = Gone.REPORT
    removed: Removed = Removed.KEEP
    closed: Closed = Closed.KEEP


@dataclass(frozen=True, slots=True)
class MatchRule:
    """How a declared opportunity finds the existing one.

    Attributes:
        key_field: API name of the custom field that holds the key; None when there is none.
        match: The natural key: an ordered part of name, account, pipeline that holds name.
    """

    key_field: str | None = None
    match: tuple[str, ...] = ("name", "account", "pipeline")
