"""`--take git|crm ADDRESS[:FIELD]` → whose word counts in one plan."""

from collections.abc import Collection, Iterable, Mapping, Sequence

from syncer.kinds.registry import KINDS
from syncer.model.address import Address
from syncer.model.change import Side
from syncer.model.declared import Declared
from syncer.model.problem import Problem, UsageError
from syncer.shapes.words import nearest

Takes = Mapping[tuple[Address, str | None], Side]
# As written: `git` or `crm`, and `ADDRESS[:FIELD]`.
Written = Sequence[tuple[str, str]]


def taken(written: Written, declared: Iterable[Declared], left: Collection[Address] = ()) -> Takes:
    """Return whose word counts, by address and path; None as a path means every one.

    Args:
        written: What was asked for.
        declared: Everything that may be named, by its address or its key.
        left: What may be named as a whole, although nothing declares it any more.

    Raises:
        UsageError: What is named is not declared, or is taken from both sides; all problems at once.
    """
    if not written:
        return {}
    known = {name: entry for entry in declared for name in (str(entry.address), entry.key)}
    found: dict[tuple[Address, str | None], Side] = {}
    problems: list[Problem] = []
    for word, place in written:
        name, _, field = place.partition(":")
        entry = known.get(name)
        former = next((address for address in left if str(address) == place), None)
        if entry is None and former is not None:
            found[former, None] = Side(word)
            continue
        if entry is None:
            problems.append(_unknown(f"No manifest declares {name}.", name, known))
            continue
        path = _path(entry, field) if field else None
        if field and path is None:
            names = _names(entry)
            problems.append(_unknown(f"{entry.address} does not set {field}.", field, names))
            continue
        side = Side(word)
        if found.setdefault((entry.address, path), side) is not side:
            detail = f"{place} is taken from git and from the CRM."
            problems.append(Problem("usage", detail, hint="take one of the two"))
    if problems:
        raise UsageError(problems)
    return found


def _path(entry: Declared, field: str) -> str | None:
    """Return the field that *field* calls by its name or its short spelling, when *entry* sets it."""
    kind = KINDS[entry.address.kind]
    path = kind.spelled(field)
    follows = {name for spec in kind.fields if spec.name in entry.values for name in spec.follows}
    return path if path in entry.values or path in follows else None


def _names(entry: Declared) -> list[str]:
    """Return what the fields that *entry* sets may be called."""
    kind = KINDS[entry.address.kind]
    return [*entry.values, *(spec.alias for spec in kind.fields if spec.alias and spec.name in entry.values)]


def _unknown(detail: str, name: str, known: Iterable[str]) -> Problem:
    near = nearest(name, known)
    return Problem("target-unknown", detail, hint=f"did you mean {near}?" if near else "")
