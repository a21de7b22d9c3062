"""What the files declare, put together: each key once, each opportunity once."""

from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

from syncer.errors import Problem, Related
from syncer.manifest.build import Built, EntryLocator, Settings, identity_of
from syncer.manifest.validate import address_of
from syncer.model import Declared, Reference


class Gathered(NamedTuple):
    """All declarations.

    Attributes:
        declared: Sorted by address.
        problems: Of the files, and of the declarations with each other.
        warnings: What is doubtful.
    """

    declared: list[Declared]
    problems: list[Problem]
    warnings: list[Problem]


def gather(files: Iterable[Built], settings: Settings) -> Gathered:
    """Put together what *files* declare; of a key that is declared twice the first one counts."""
    gathered = Gathered([], [], [])
    firsts: dict[str, EntryLocator] = {}
    for built in files:
        repeated: set[str] = set()
        for locator, declared in built.entries:
            first = firsts.setdefault(locator.key, locator)
            if first is not locator:
                repeated.add(address_of(locator.key))
                gathered.problems.append(_repeated(locator, first))
            elif declared is not None:
                gathered.declared.append(declared)
        gathered.problems.extend(p for p in built.problems if p.address not in repeated)
        gathered.warnings.extend(p for p in built.warnings if p.address not in repeated)
    gathered.declared.sort(key=lambda declared: declared.address)
    gathered.problems.extend(_alike(gathered.declared, settings))
    return gathered


def _repeated(locator: EntryLocator, first: EntryLocator) -> Problem:
    place = first.span()
    return locator.source.problem(
        "duplicate-address",
        f'"{locator.key}" is already declared in {place.file}, line {place.line}.',
        locator.span(),
        "give one of them another key",
        related=(Related(place, "first declared here", first.excerpt(place)),),
        address=address_of(locator.key),
    )


def _alike(entries: Iterable[Declared], settings: Settings) -> Iterable[Problem]:
    """Yield a problem for each declaration that would be the same opportunity as one before it."""
    match = settings.match
    words = ", ".join(match[:-1]) + " and " + match[-1] if len(match) > 1 else match[0]
    by_id: dict[str, Declared] = {}
    by_name: dict[tuple[Any, ...], Declared] = {}
    known: dict[Reference, tuple[str, ...]] = {}

    def same(reference: Reference) -> tuple[str, ...]:
        found = known.get(reference)
        if found is None:
            found = known[reference] = identity_of(reference)
        return found

    for declared in entries:
        if declared.id is not None:
            first = by_id.setdefault(declared.id, declared)
            if first is not declared:
                yield _same(first, declared, "id", "the same id")
            continue
        # With a key field, opportunities that are alike are told apart by their keys.
        natural = None if settings.key_field else _natural_key(declared, match, same)
        if natural is not None:
            first = by_name.setdefault(natural, declared)
            if first is not declared:
                yield _same(first, declared, "name", f"the same {words}")


def _natural_key(
    declared: Declared, match: Iterable[str], same: Callable[[Reference], tuple[str, ...]]
) -> tuple[Any, ...] | None:
    parts: list[Any] = []
    for part in match:
        value = declared.values.get("accounts" if part == "account" else part)
        if value is None:
            return None
        if part == "name":
            parts.append(value.strip())
        elif part == "account":
            primary = next((link.reference for link in value if link.primary), None) if value else None
            parts.append(None if primary is None else same(primary))
        else:
            parts.append(same(value))
    return tuple(parts)


def _same(first: Declared, second: Declared, path: str, what: str) -> Problem:
    span, other = second.locator.span((path,)), first.locator.span((path,))
    return Problem(
        "same-identity",
        f"{second.address} and {first.address} have {what}; they would be one opportunity.",
        span,
        second.locator.excerpt(span),
        "delete one of them, or tell them apart by name or by id",
        (Related(other, f"{first.address} is written here", first.locator.excerpt(other)),),
        second.address,
    )
