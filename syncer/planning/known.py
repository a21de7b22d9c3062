"""The ledger beside what is declared → which record each declaration was given, under a former key too."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any

from syncer.kinds.base import Kind
from syncer.kinds.registry import KINDS
from syncer.model.address import Address
from syncer.model.key import Key
from syncer.model.policy import MatchRule
from syncer.planning.match import Known, Natural, natural_key, natural_of
from syncer.resolve import Desired
from syncer.state.values import LedgerRow


def undeclared(ledger: Mapping[str, LedgerRow], declared: Collection[Address]) -> dict[Address, LedgerRow]:
    """Return the rows of the ledger that nothing declares any more, by address.

    What a later syncer has kept of a kind that this one does not know is not ours.

    Args:
        ledger: The project's rows.
        declared: Every address of the project, whatever is planned.
    """
    rows = ((Address.parse(address), row) for address, row in ledger.items() if row.kind in KINDS)
    return {address: row for address, row in rows if address not in declared}


def known(
    ledger: Mapping[str, LedgerRow],
    left: Mapping[Address, LedgerRow],
    entries: Iterable[Desired],
    rule: MatchRule,
) -> Known:
    """Work out which records are known.

    A new address is the same record under a new key when it says so, or when it alone has the natural key
    that was agreed of one address alone that nothing declares any more.

    Args:
        ledger: The project's rows.
        left: Those that nothing declares, see `undeclared`.
        entries: What is declared, as far as what identifies it is known.
        rule: How the project finds its records.
    """
    ids: dict[Address, str] = {}
    new: list[Desired] = []
    for entry in entries:
        row = ledger.get(str(entry.declared.address))
        if row is None:
            new.append(entry)
        else:
            ids[entry.declared.address] = row.id
    if left:
        ids |= {address: left[old].id for address, old in _renamed(new, left, rule)}
    return Known(ids, {row.id: address for address, row in left.items()})


def _renamed(
    new: Sequence[Desired], left: Mapping[Address, LedgerRow], rule: MatchRule
) -> Iterator[tuple[Address, Address]]:
    """Yield new addresses with the one that each had before."""
    named: dict[tuple[Any, ...], list[Address]] = {}
    for address, row in left.items():
        if (natural := _agreed(KINDS[address.kind], row.values, rule)) is not None:
            named.setdefault((address.kind, *natural), []).append(address)
    said = {entry.declared.address: _former(entry) for entry in new if _former(entry) in left}
    claimed = {*said.values()}
    yield from said.items()
    same: dict[Address, list[Address]] = {}
    for entry in new:
        address = entry.declared.address
        if address in said:
            continue
        natural = _declared(KINDS[address.kind], entry.identity, rule)
        found = [] if natural is None else named.get((address.kind, *natural), [])
        if len(found) == 1 and found[0] not in claimed:
            same.setdefault(found[0], []).append(address)
    yield from ((addresses[0], old) for old, addresses in same.items() if len(addresses) == 1)


def _former(entry: Desired) -> Address:
    """Return the address that *entry* says it had; its own when it says nothing."""
    address = entry.declared.address
    return address._replace(key=entry.declared.formerly.get("key", address.key))


def _agreed(kind: Kind, values: Mapping[str, Any], rule: MatchRule) -> Natural | None:
    """Return the natural key among *values*; None when not all of it was agreed."""
    by = kind.found_by(rule).match
    return natural_key(kind, by, values) if all(kind.natural[part] in values for part in by) else None


def _declared(kind: Kind, identity: Key, rule: MatchRule) -> Natural | None:
    by = kind.found_by(rule).match
    return natural_of(identity, by) if identity.unsaid.isdisjoint(by) else None
