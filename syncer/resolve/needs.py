"""Which values of a declaration are resolved, and what they refer to."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from functools import cache
from typing import Any, Final, NamedTuple

from syncer.kinds.custom import api_name
from syncer.kinds.references import REFERENCES
from syncer.kinds.registry import KINDS
from syncer.model.declared import All, Declared, Link, Lost, Presence, Reference, Sum
from syncer.resolve.values import Wanted
from syncer.shapes.money import MONEY

_NO_NAMES: Final[frozenset[str]] = frozenset()


class _Table(NamedTuple):
    """What resolving asks of a kind.

    Attributes:
        referring: Fields that name records, and their short spellings, as `formerly` has them.
        money: Fields with amounts, which name their currency.
        identity: Fields of the natural key, and those that find a record alone.
        via: Fields that may say those instead: the step of a pipeline.
        options: Fields that hold an option, by the names under which the service may list them.
    """

    referring: frozenset[str]
    money: tuple[str, ...]
    identity: tuple[str, ...]
    via: Mapping[str, str]
    options: Mapping[str, tuple[str, ...]]


@cache
def _table(kind: str) -> _Table:
    known = KINDS[kind]
    naming = [spec for spec in known.fields if spec.refers and spec.shape is not MONEY]
    identity = tuple(dict.fromkeys((*known.natural.values(), *known.alone)))
    return _Table(
        frozenset(name for spec in naming for name in (spec.name, spec.alias) if name),
        tuple(spec.name for spec in known.fields if spec.shape is MONEY),
        identity,
        {name: via for name in identity if (via := known.field(name).via)},
        {spec.name: spec.listed_as for spec in known.fields if spec.refers == "option"},
    )


def needed(entry: Declared) -> Mapping[str, Any]:
    """Return the values of *entry* that matter.

    To delete a record it only has to be found: that its owner has left or its currency has no rate is no
    reason to keep it.
    """
    if entry.state is Presence.PRESENT:
        return entry.values
    if entry.id is not None:
        return {}
    return _identity(entry)


def _identity(entry: Declared) -> Mapping[str, Any]:
    table = _table(entry.address.kind)
    names = list(table.identity)
    for name, via in table.via.items():
        said = entry.values.get(via)
        if name not in entry.values and isinstance(said, Reference) and said.id is not None:
            names.append(via)
    return {name: entry.values[name] for name in names if name in entry.values}


def identifying(entry: Declared) -> Declared:
    """Return *entry* with nothing to resolve but what identifies it."""
    return replace(entry, values=_identity(entry), state=Presence.ABSENT, id=None)


def wanted(declared: Sequence[Declared]) -> Wanted:  # noqa: C901, PLR0912 (one loop over every value, for speed)
    """Collect what *declared* refers to."""
    layouts: dict[tuple[str, tuple[str, ...]], tuple[tuple[str, ...], tuple[str, ...]]] = {}
    # By object: what entries write alike is mostly one, and hashing a name costs more than a second look.
    written: dict[int, Any] = {}
    sums = False
    inherited = False
    for entry in declared:
        kind = entry.address.kind
        # Mostly such a field is one of the kind that projects begin with, and then nothing else is asked.
        inherited = inherited or (bool(entry.inherited) and not KINDS[kind].keyed)
        for values in (needed(entry), entry.formerly) if entry.formerly else (needed(entry),):
            names = tuple(values)
            layout = layouts.get((kind, names))
            if layout is None:
                table = _table(kind)
                layout = layouts[kind, names] = (
                    tuple(name for name in names if name in table.referring),
                    tuple(name for name in names if name in table.money),
                )
            for name in layout[0]:
                value = values[name]
                written[id(value)] = value
            for name in layout[1]:
                money = values[name]
                if money is Sum.LINES:
                    sums = True
                elif money is not None:
                    written[id(money.currency)] = money.currency
    found: dict[str, set[Reference]] = {kind: set() for kind in REFERENCES}
    all_contacts = False
    for value in written.values():
        match value:
            case Reference():
                found[value.kind].add(value)
            case All.CONTACTS:
                all_contacts = True
            case Lost():
                found["option"] |= {value.reason} if value.reason else set()
            case tuple():
                for part in value:
                    found[part.reference.kind].add(part.reference)
                    if isinstance(part, Link) and part.sales_role:
                        found["sales_role"].add(part.sales_role)
    # What is declared under a key is looked for as what it is declared to be.
    named = {kind: {each for each in each_ if each.ref is None} for kind, each_ in found.items()}
    return Wanted(
        references={kind: frozenset(references) for kind, references in named.items()},
        fields={
            # Custom fields of the defaults are those of some kind, and it is seen here of which.
            **(dict.fromkeys(KINDS, _NO_NAMES) if inherited else {}),
            **_fields(layouts, options=bool(found["option"])),
        },
        links=all_contacts or bool(found["contact"]),
        all_contacts=all_contacts,
        prices=sums,
    )


def _fields(layouts: Iterable[tuple[str, tuple[str, ...]]], *, options: bool) -> Mapping[str, frozenset[str]]:
    """Return the names under which the service lists the fields that custom values and options need, by kind.

    Args:
        layouts: Kinds, each with the paths that an entry of it says.
        options: Any option is named.
    """
    found: dict[str, set[str]] = {}
    for kind, paths in layouts:
        listed_as = _table(kind).options if options else {}
        for path in paths:
            name = api_name(path)
            names = listed_as.get(path, ()) if name is None else (name,)
            if names:
                found.setdefault(kind, set()).update(names)
    return {kind: frozenset(names) for kind, names in found.items()}
