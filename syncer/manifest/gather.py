"""What the files declare, put together: each key once, each record once."""

from collections.abc import Callable, Iterable, Sequence
from itertools import chain, groupby
from typing import Any, Final, NamedTuple

from syncer.kinds.base import Kind
from syncer.kinds.registry import KINDS
from syncer.manifest.build import BuildRules, Built
from syncer.manifest.locate import EntryLocator
from syncer.model.address import Address
from syncer.model.declared import Declared, Owner, Presence, Reference
from syncer.model.problem import TELL_APART, TELL_APART_BY_KEY, Problem, Related
from syncer.model.span import Span
from syncer.shapes import canon
from syncer.shapes.base import Field
from syncer.shapes.reference import identity_of


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


def gather(files: Iterable[Built], settings: BuildRules, rest: Sequence[Built] = ()) -> Gathered:
    """Put together what *files* declare; of a key that is declared twice the first one counts.

    What the *rest* declares is put with it. Of its problems only those count that *files* have a part in.
    """
    gathered = Gathered([], [], [])
    firsts: dict[Address, EntryLocator] = {}
    for built in chain(files, rest):
        repeated: set[Address] = set()
        for locator, declared in built.entries:
            first = firsts.setdefault(locator.address, locator)
            if first is not locator:
                repeated.add(locator.address)
                gathered.problems.append(_repeated(locator, first))
            elif declared is not None:
                gathered.declared.append(declared)
        gathered.problems.extend(p for p in built.problems if p.address not in repeated)
        gathered.warnings.extend(p for p in built.warnings if p.address not in repeated)
    gathered.declared.sort(key=lambda declared: declared.address)
    of_kinds = [
        (KINDS[name], list(entries))
        for name, entries in groupby(gathered.declared, lambda declared: declared.address.kind)
    ]
    for kind, entries in of_kinds:
        gathered.problems.extend(_alike(kind, entries, settings))
    for kind, entries in of_kinds:
        gathered.problems.extend(_unrecognisable(kind, entries, settings))
    if rest:
        gathered.problems[:] = having_a_part(gathered.problems, rest)
    return gathered


def having_a_part(problems: Iterable[Problem], rest: Sequence[Built]) -> list[Problem]:
    """Return those of *problems* that other files than the *rest* have a part in."""
    outside = {locator.source.name for built in rest for locator, _ in built.entries}
    return [problem for problem in problems if any(span.file not in outside for span in _places(problem))]


def _places(problem: Problem) -> Iterable[Span]:
    if problem.span is not None:
        yield problem.span
    yield from (related.span for related in problem.related)


def _repeated(locator: EntryLocator, first: EntryLocator) -> Problem:
    place = first.span()
    return locator.source.problem(
        "duplicate-address",
        f'"{locator.key}" is already declared in {place.file}, {place.said}.',
        locator.span(),
        "give one of them another key",
        related=(Related(place, "first declared here", first.excerpt(place)),),
        address=locator.address,
    )


def _alike(kind: Kind, entries: Sequence[Declared], settings: BuildRules) -> Iterable[Problem]:
    """Yield a problem for each declaration that would be the same record as one before it."""
    match = settings.identity(kind)
    parts = [kind.field(kind.natural[part]) for part in match]
    words = ", ".join(match[:-1]) + " and " + match[-1] if len(match) > 1 else match[0]
    by_id: dict[str, Declared] = {}
    by_mail: dict[str, Declared] = {}
    by_key: dict[str, Declared] = {}
    by_name: dict[tuple[Any, ...], Declared] = {}
    known: dict[Reference, tuple[str, ...]] = {}

    def same(reference: Reference) -> tuple[str, ...]:
        found = known.get(reference)
        if found is None:
            found = known[reference] = identity_of(reference)
        return found

    by_key.update((declared.key, declared) for declared in entries)
    for declared in entries:
        if (old := declared.formerly.get("key")) is not None:
            first = by_key.setdefault(old, declared)
            if first is not declared:
                yield _same(first, declared, "formerly", f'the key "{old}"', "", hint=_OLD_KEY)
        if declared.id is not None:
            first = by_id.setdefault(declared.id, declared)
            if first is not declared:
                yield _same(first, declared, "id", "the same id")
            continue
        # What alone finds a record tells two of one name apart, too.
        alone = [(part, canon.email(text)) for part in kind.alone if (text := declared.values.get(part))]
        for part, text in alone:
            first = by_mail.setdefault(text, declared)
            if first is not declared:
                yield _same(first, declared, part, f'the e-mail "{text}"', "")
                break
        # With a key field, opportunities that are alike are told apart by their keys.
        natural = None if kind.keyed and settings.key_field else _natural_key(declared, parts, same)
        if natural is not None:
            first = by_name.setdefault(natural, declared)
            if first is not declared and not (alone and any(first.values.get(part) for part in kind.alone)):
                hint = TELL_APART_BY_KEY if kind.keyed else TELL_APART
                yield _same(first, declared, kind.called[0], f"the same {words}", hint=hint)


def _natural_key(
    declared: Declared, fields: Iterable[Field], same: Callable[[Reference], tuple[str, ...]]
) -> tuple[Any, ...] | None:
    parts: list[Any] = []
    for spec in fields:
        value = declared.values.get(spec.name)
        if value is None:
            if spec.required:
                return None
            parts.append(None)
        elif spec.link is not None:
            primary = next((link.reference for link in value if link.primary), None) if value else None
            parts.append(None if primary is None else same(primary))
        elif spec.refers is not None:
            parts.append(same(value))
        else:
            # Blanks in front of a name do not tell two apart: a service may strip them.
            parts.append((canon.text(value) or "").lstrip())
    return tuple(parts)


_OLD_KEY: Final = "delete the declaration of the old key, or the line `formerly`"


def _same(
    first: Declared,
    second: Declared,
    path: str,
    what: str,
    other_path: str | None = None,
    hint: str = TELL_APART,
) -> Problem:
    span = second.locator.span((path,))
    other_path = path if other_path is None else other_path
    other = first.locator.span((other_path,) if other_path else ())
    return Problem(
        "same-identity",
        f"{second.address} and {first.address} have {what}; they would be one {_noun(second)}.",
        span,
        second.locator.excerpt(span),
        hint,
        (Related(other, f"{first.address} is written here", first.locator.excerpt(other)),),
        second.address,
    )


def _noun(declared: Declared) -> str:
    return KINDS[declared.address.kind].noun[0]


def _unrecognisable(kind: Kind, entries: Iterable[Declared], settings: BuildRules) -> Iterable[Problem]:
    """Yield a problem for each place that ignores what alone would find the record again.

    What people may change without it being changed back must not be what tells that it is the same one: the
    next plan would find nothing and make a second one.
    """
    if (kind.keyed and settings.key_field is not None) or settings.remembered:
        return
    identity = {kind.natural[part]: part for part in settings.identity(kind)}
    told: set[Span] = set()
    for declared in entries:
        lost = {path for path in identity if declared.own.get(path, Owner.GIT) is not Owner.GIT}
        if not lost or declared.id is not None or declared.state is Presence.ABSENT:
            continue
        kept = (part for part in kind.alone if declared.own.get(part, Owner.GIT) is Owner.GIT)
        if any(declared.values.get(part) for part in kept):
            continue  # an e-mail finds it, whatever it is called
        first = min(lost)
        once = declared.own[first] is Owner.ONCE
        span = declared.locator.span(("lifecycle", "ignore") if once else ("lifecycle", "own", first))
        if span in told:
            continue
        told.add(span)
        names = " and ".join(identity[name] for name in sorted(lost))
        yield Problem(
            "identity-ignored",
            f"{names} may not be {'ignored' if once else 'left to the CRM'}: {declared.address} is found by "
            "it, and when somebody changes it in Pipeliner, a second one would be made.",
            span,
            declared.locator.excerpt(span),
            f"take it out of {'ignore' if once else 'own'}; or give the {kind.noun[0]} its `id:` once it is "
            "there, or the project a key field (identity.key_field in syncer.yaml), or a state that every "
            "machine shares (state: git)",
            address=declared.address,
        )
