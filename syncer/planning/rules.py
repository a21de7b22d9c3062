"""What a project, an entry and whoever makes a plan have decided about differences."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from syncer.kinds.registry import KINDS
from syncer.model.address import Address
from syncer.model.change import Side
from syncer.model.declared import Closed, Existing, Owner
from syncer.model.policy import Gone, MatchRule, Removed
from syncer.planning.merge import Rule
from syncer.resolve import Desired

_UNDECIDED: Final[Mapping[tuple[Address, str | None], Side]] = {}
_OWNED: Final = {Owner.GIT: Side.GIT, Owner.CRM: Side.CRM, Owner.IF_EMPTY: Side.GIT}


@dataclass(frozen=True, slots=True)
class Rules:
    """What the project decides about planning.

    Attributes:
        match: Parts of the natural key.
        key_field: Api name of the field that holds our key.
        existing: What happens to existing records that differ.
        warn_past: Whether a closing date in the past is worth a warning.
        gone: What happens to records that were deleted in the CRM.
        removed: What happens to records whose entry was taken out.
        closed: What happens to records that are closed.
        unsettled: Addresses of which an apply that did not end in order may have written a part.
        takes: Whose word counts in this plan alone, by address and path; None for every path.
    """

    match: tuple[str, ...] = ("name", "account", "pipeline")
    key_field: str | None = None
    existing: Existing = Existing.MERGE
    warn_past: bool = True
    gone: Gone = Gone.REPORT
    removed: Removed = Removed.KEEP
    closed: Closed = Closed.KEEP
    unsettled: frozenset[str] = frozenset()
    takes: Mapping[tuple[Address, str | None], Side] = field(default_factory=lambda: _UNDECIDED)

    @property
    def matching(self) -> MatchRule:
        """How the project finds its records; `Kind.found_by` says which kinds it is for."""
        return MatchRule(self.key_field, self.match)

    def of(self, entry: Desired, path: str) -> Rule:
        """Return how a difference at *path* of *entry* is decided."""
        declared = entry.declared
        if (side := self.taken(declared.address, path)) is not None:
            return side
        if path == KINDS[declared.address.kind].lost and path not in declared.values:
            return Existing.REPORT  # nobody has said that it is open
        owner = declared.own.get(path)
        if owner in _OWNED:
            return _OWNED[owner]
        return declared.existing or self.existing

    def taken(self, address: Address, path: str) -> Side | None:
        """Return the side that is taken for a field in this plan; None when none is."""
        return self.takes.get((address, path), self.takes.get((address, None)))
