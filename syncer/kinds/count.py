"""How many records of each kind, in words."""

from collections import Counter
from collections.abc import Iterable

from syncer.kinds.registry import KINDS
from syncer.model.address import Address
from syncer.model.words import listed


def counted(addresses: Iterable[Address]) -> str:
    """Return `2 accounts, 1 contact and 1,000 opportunities`, kinds in their order; `0 records` for none."""
    numbers = Counter(address.kind for address in addresses)
    found = [
        f"{number:,} {kind.noun[number != 1]}" for kind in KINDS.values() if (number := numbers[kind.name])
    ]
    return listed(found) or "0 records"
