"""Values as people read them: in which order they come, and which records they name."""

from collections.abc import Callable, Mapping
from functools import cache
from typing import Any, NamedTuple

from syncer.kinds.base import Kind
from syncer.kinds.registry import KINDS
from syncer.model.change import FieldChange
from syncer.shapes.date import DATE
from syncer.shapes.money import MONEY


class _Known(NamedTuple):
    """What the fields of all kinds have in common with a name.

    Attributes:
        order: Place of each field among those of its kind.
        refers: Kind that is referred to, by the name of the field.
        bare: Paths of days and amounts, which need no quotes.
        linked: What stands for a linked record.
        roles: What else is said of a link, in the order it is said.
    """

    order: Mapping[str, Mapping[str, int]]
    refers: Mapping[str, str]
    bare: frozenset[str]
    linked: tuple[str, ...]
    said: tuple[str, ...]


@cache
def _known(kinds: tuple[Kind, ...]) -> _Known:
    fields = [spec for kind in kinds for spec in kind.fields]
    links = [(spec, spec.link) for spec in fields if spec.link is not None]
    roles = [link.roles.name for _, link in links if link.roles is not None]
    columns = [column.name for _, link in links for column in link.columns]
    return _Known(
        {kind.name: {spec.name: place for place, spec in enumerate(kind.fields)} for kind in kinds},
        {spec.name: spec.refers for spec in fields if spec.refers},
        frozenset(
            [spec.name for spec in fields if spec.shape is DATE]
            + [
                f"{spec.name}.{part}"
                for spec in fields
                if spec.shape is MONEY
                for part in ("amount", spec.refers)
            ]
        ),
        tuple(dict.fromkeys(spec.refers or "" for spec, _ in links)),
        tuple(dict.fromkeys([*roles, *columns])),
    )


def _all() -> _Known:
    return _known(tuple(KINDS.values()))


def position(kind: str) -> Callable[[FieldChange], tuple[int, str]]:
    """Return what sorts the fields of a change of *kind*: in the order of the manifest."""
    order = _all().order[kind]
    return lambda field: (order.get(field.path.partition(".")[0], len(order)), field.path)


def ordered(kind: str, names: tuple[str, ...]) -> tuple[str, ...]:
    """Return field names of *kind* in the order of the manifest."""
    order = _all().order[kind]
    return tuple(sorted(names, key=lambda name: (order.get(name, len(order)), name)))


def refers(path: str) -> str | None:
    """Return the kind of the records that the values at *path* name; None when they name none."""
    return _all().refers.get(path)


def is_bare(path: str) -> bool:
    """Tell whether the text at *path* is a day or a part of an amount, and cannot be taken for another."""
    return path in _all().bare


def unit(path: str, values: Mapping[str, Any]) -> str:
    """Return the currency of the amount at *path*, as *values* have it; "" when there is none."""
    name, _, part = path.partition(".")
    money = values.get(name) if part == "amount" else None
    return str(money.get(_all().refers[name]) or "") if isinstance(money, Mapping) else ""


def target(link: Mapping[str, Any]) -> str:
    """Return the linked record that *link* names; "" when it is no link."""
    return next((str(link[name]) for name in _all().linked if link.get(name)), "")


def is_line(value: Mapping[str, Any]) -> bool:
    """Tell whether *value* is a line: so many of a product."""
    return "quantity" in value


def is_loss(value: Mapping[str, Any]) -> bool:
    """Tell whether *value* says why a deal is lost."""
    return bool(value) and value.keys() <= {"reason", "comment"}


def roles(link: Mapping[str, Any]) -> list[Any]:
    """Return what else is said of a link: its role, a position."""
    return [said for name in _all().said if (said := link.get(name)) is not None]
