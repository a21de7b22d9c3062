"""What the ledger knows and nothing declares any more → what leaves the ledger, and what is deleted."""

from collections.abc import Collection, Iterator, Mapping
from typing import Final

from syncer.model.address import Address
from syncer.model.change import Action, Change, Side, Unchanged, Values
from syncer.model.observed import Observed
from syncer.model.policy import Removed
from syncer.planning import diff, shown
from syncer.planning.rules import Rules
from syncer.state.values import LedgerRow

_KEPT: Final = "No manifest declares it any more: it stays in Pipeliner, and is forgotten here."
_UNSEEN: Final = "Nobody declares it any more, and it cannot be seen in Pipeliner: it is forgotten here."


def removed(
    left: Mapping[Address, LedgerRow], found: Mapping[str, Observed], taken: Collection[str], rules: Rules
) -> Iterator[Change]:
    """Yield what becomes of entries that were taken out of the manifests.

    Nothing is said of what was deleted in the CRM as well, see `leaving`.

    Args:
        left: The rows of the ledger that nothing declares, by address.
        found: Their records by id, deleted ones too, as far as they can be seen.
        taken: Ids of the records that are somebody's, under another address.
        rules: The project's policy.
    """
    for address, row in left.items():
        record = found.get(row.id)
        if row.id in taken or (record is not None and record.deleted):
            continue
        if record is None:
            yield _forgotten(address, row, _UNSEEN)
            continue
        side = rules.takes.get((address, None))
        if side is Side.CRM or rules.removed is Removed.KEEP:
            yield _forgotten(address, row, _KEPT)
            continue
        moved = dict.fromkeys(diff.departed(row.values, record.values), Side.BOTH)
        yield _conflict(address, row, record, moved) if moved and side is None else _deleted(address, record)


def leaving(
    left: Mapping[Address, LedgerRow], found: Mapping[str, Observed], taken: Collection[str]
) -> dict[str, str]:
    """Return what leaves the ledger without a word, ids by address: what is deleted, or another's now."""
    gone = {record.id for record in found.values() if record.deleted}
    return {str(address): row.id for address, row in left.items() if row.id in gone or row.id in taken}


def _forgotten(address: Address, row: LedgerRow, note: str) -> Change:
    return Change(
        address,
        Action.FORGET,
        row.id,
        None,
        before=shown.called(address.kind, row.values),
        after=None,
        notes=(note,),
    )


def _deleted(address: Address, record: Observed) -> Change:
    return Change(
        address,
        Action.DELETE,
        record.id,
        None,
        before=Values(record.values),
        after=None,
        precondition=Unchanged(record.id, record.modified),
        notes=(
            "No manifest declares it any more (removed: delete).",
            "Deleted softly: an administrator can restore it.",
        ),
    )


def _conflict(address: Address, row: LedgerRow, record: Observed, moved: Mapping[str, Side]) -> Change:
    return Change(
        address,
        Action.CONFLICT,
        record.id,
        None,
        before=Values(record.values),
        after=None,
        sides=moved,
        conflicts=tuple(moved),
        base={path: row.values[path] for path in moved},
        notes=(
            "No manifest declares it any more. It was changed in the CRM since it was agreed, so it stays.",
        ),
    )
