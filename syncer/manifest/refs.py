"""What declarations say of each other by key: each `{ref: …}` means one that is declared, and shall exist.

It needs no space. What a name or an e-mail means is known when the space is asked.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Final

from syncer.model.address import Address
from syncer.model.declared import Declared, Link, Presence, Reference
from syncer.model.graph import CircleError, waves
from syncer.model.problem import Problem, Related
from syncer.model.span import ValuePath
from syncer.shapes.words import nearest

_MOST_PLACES: Final = 5


def check(declared: Sequence[Declared], known: Collection[Address]) -> Iterator[Problem]:
    """Yield what is wrong with the keys that *declared* name.

    Args:
        declared: Everything that is declared.
        known: The addresses of all entries, of those with problems of their own too.
    """
    by_address = {entry.address: entry for entry in declared}
    needs: dict[Address, dict[Address, ValuePath]] = {}
    unknown: dict[Address, list[tuple[Declared, ValuePath]]] = {}
    for entry in declared:
        for path, reference in _written(entry):
            meant = Address(reference.kind, reference.ref or "")
            if meant not in known:
                unknown.setdefault(meant, []).append((entry, path))
                continue
            needs.setdefault(entry.address, {}).setdefault(meant, path)
            other = by_address.get(meant)
            if other is None or entry.state is Presence.ABSENT or other.state is Presence.PRESENT:
                continue
            yield _absent(entry, path, other)
    for meant, places in unknown.items():
        yield _unknown(meant, places, known)
    yield from _circles(by_address, needs)


def _written(entry: Declared) -> Iterator[tuple[ValuePath, Reference]]:
    for name, value in entry.values.items():
        if value.__class__ is Reference:
            if value.ref is not None:
                yield (name, "ref"), value
        elif value.__class__ is tuple:
            for index, link in enumerate(value):
                if isinstance(link, Link) and link.reference.ref is not None:
                    yield (name, index, "ref"), link.reference


def _unknown(
    meant: Address, places: Sequence[tuple[Declared, ValuePath]], known: Collection[Address]
) -> Problem:
    """Say once, with the places where it is written, that nothing is declared under a key."""
    (entry, path), *others = places
    span = entry.locator.span(path)
    keys = sorted(address.key for address in known if address.kind == meant.kind)
    near = nearest(meant.key, keys)
    spans = {found.locator.span(where): found for found, where in others}
    spans.pop(span, None)
    more = f" Written in {len(spans):,} more place{'s' if len(spans) > 1 else ''}." if spans else ""
    return Problem(
        "reference-unknown",
        f'No {meant.kind} is declared under the key "{meant.key}".{more}',
        span,
        entry.locator.excerpt(span),
        f'did you mean "{near}"?' if near else "declare it, or name a record that Pipeliner has: {name: …}",
        tuple(
            Related(other, "also here", found.locator.excerpt(other))
            for other, found in list(spans.items())[:_MOST_PLACES]
        ),
        entry.address,
    )


def _absent(entry: Declared, path: ValuePath, other: Declared) -> Problem:
    span, state = entry.locator.span(path), other.locator.span(("state",))
    return Problem(
        "reference-absent",
        f"{entry.address} refers to {other.address}, which shall not exist.",
        span,
        entry.locator.excerpt(span),
        f"name another {other.address.kind}, or take out `state: absent`",
        (Related(state, "it shall not exist", other.locator.excerpt(state)),),
        entry.address,
    )


def _circles(
    entries: Mapping[Address, Declared], needs: Mapping[Address, Mapping[Address, ValuePath]]
) -> Iterator[Problem]:
    """Yield a problem for each circle; what closes it is left out, to find the next one."""
    left = {address: dict(found) for address, found in needs.items()}
    while True:
        try:
            waves(left)
        except CircleError as error:
            yield _circle(entries, needs, error.circle)
            del left[error.circle[-1]][error.circle[0]]
        else:
            return


def _circle(
    entries: Mapping[Address, Declared],
    needs: Mapping[Address, Mapping[Address, ValuePath]],
    circle: tuple[Address, ...],
) -> Problem:
    first = min(circle)
    place = circle.index(first)
    turned = (*circle[place:], *circle[:place])
    spans = [
        entries[address].locator.span(needs[address][after])
        for address, after in zip(turned, (*turned[1:], first), strict=True)
    ]
    excerpts = [entries[address].locator.excerpt(span) for address, span in zip(turned, spans, strict=True)]
    walk = " → ".join(map(str, (*turned, first)))
    return Problem(
        "reference-circle",
        f"{walk}: none of them can be the first." if len(turned) > 1 else f"{first} refers to itself.",
        spans[0],
        excerpts[0],
        "take one of the references out",
        tuple(
            Related(span, f"{address} refers to the next one here", excerpt)
            for address, span, excerpt in zip(turned[1:], spans[1:], excerpts[1:], strict=True)
        ),
        first,
    )
