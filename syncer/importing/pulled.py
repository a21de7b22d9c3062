"""What the CRM has moved → edits of the manifest that declares it, in the form the manifest has.

A value keeps the way it is written: an amount beside its currency or apart from it, an id where an id was, a
list with its items in their order and each as it stands there. Only what has moved is written anew.
"""

from collections.abc import Callable, Mapping
from typing import Any, Final, NamedTuple

from syncer.kinds.base import Kind
from syncer.kinds.custom import SECTION, api_name
from syncer.kinds.registry import KINDS, field_at
from syncer.manifest.edit import Edit, Remove, Set, Single, Together
from syncer.model.address import Address
from syncer.model.change import Change
from syncer.model.declared import Sum
from syncer.model.span import ValuePath
from syncer.resolve.directory import Directory
from syncer.resolve.spelling import Speller, spell
from syncer.shapes.base import Field
from syncer.shapes.choice import CHOICES
from syncer.shapes.lines import LINES
from syncer.shapes.links import LINKS
from syncer.shapes.money import MONEY
from syncer.shapes.rows import Canonical, rows_of
from syncer.shapes.spelling import Bare, Commented, Unsayable, plain

_ABSENT: Final = object()
_NOTHING: Final[Mapping[str, Any]] = {}


class Taken(NamedTuple):
    """A value of the CRM for a manifest.

    Attributes:
        address: Of the record.
        path: Of the field, as the model has it.
        place: Where the manifest will say it, from the top of the file.
        edit: What makes it say so; the same one of values that are written together.
        old: What stood there, as the manifest wrote it; None also where nothing did.
        new: What will.
    """

    address: Address
    path: str
    place: ValuePath
    edit: Edit
    old: Any
    new: Any


class Left(NamedTuple):
    """A value of the CRM that no manifest can say, and why."""

    address: Address
    path: str
    why: str


def values_after(change: Change) -> dict[str, Any]:
    """Return the canonical values of a record as the manifests will say them, and as it has the others."""
    declared = change.desired if change.declared is None else change.declared.canon
    return {**change.observed, **declared, **change.pulls}


def taken(
    change: Change, written: Mapping[str, Any], default: Callable[[str], Any], directory: Directory
) -> list[Taken | Left]:
    """Return what a manifest shall say of what the CRM has moved.

    Args:
        change: What differs, with what is to be pulled.
        written: The entry as its file has it.
        default: What the defaults write under a name; None for nothing.
        directory: Every name around the record, and whoever shares one.
    """
    kind = KINDS[change.address.kind]
    before = change.desired if change.declared is None else change.declared.canon
    names = Speller(directory, kind, values_after(change))
    found: list[Taken | Left] = []
    entry = _Entry(kind, change.address.key, written, default)
    for path, pulled in change.pulls.items():
        stuck = [name for name in field_at(path, kind.name).follows if name in change.conflicts]
        value = _complete(kind, path, pulled, change.observed.get(path))
        try:
            if stuck:
                raise Unsayable(f"its {' and '.join(stuck)} went another way in the manifests")  # noqa: TRY301
            found.append(entry.taken(path, before.get(path), value, names))
        except Unsayable as why:
            found.append(Left(change.address, path, f"It moved in the CRM; {why}."))
    stay = {each.path for each in found if isinstance(each, Left)}
    for path in _touched(
        kind, before, {path: value for path, value in change.pulls.items() if path not in stay}
    ):
        try:
            value = _complete(kind, path, before[path], change.observed.get(path))
            each = entry.taken(path, before[path], value, names)
        except Unsayable as why:
            found.append(Left(change.address, path, f"It stays as it is written, though {why}."))
        else:
            if each.old != each.new:
                found.append(each)
    return _together(kind, found, change.pulls)


def _together(kind: Kind, found: list[Taken | Left], pulls: Mapping[str, Any]) -> list[Taken | Left]:
    """Let what depends on each other be written together or not at all: a step is one of its pipeline."""
    by_path = {each.path: each for each in found}
    leaders = {field.name: field.follows for field in kind.fields if field.follows}
    leaders |= {field.among: (field.name,) for field in kind.fields if field.among}
    for leader, names in leaders.items():
        if leader not in pulls:
            continue
        members = [each for name in (leader, *names) if isinstance(each := by_path.get(name), Taken)]
        stuck = [name for name in (leader, *names) if name in pulls and isinstance(by_path[name], Left)]
        edits = tuple(part for each in members for part in _parts(each.edit))
        for each in members:
            if stuck:
                why = f"It moved in the CRM together with {stuck[0]}, which stays."
                by_path[each.path] = Left(each.address, each.path, why)
            elif len(members) > 1:
                by_path[each.path] = each._replace(edit=Together(members[0].edit.path, edits))
    return list(by_path.values())


def _parts(edit: Edit) -> tuple[Single, ...]:
    return edit.edits if isinstance(edit, Together) else (edit,)


def _complete(kind: Kind, path: str, pulled: Any, observed: Any) -> Any:
    """Return what a manifest says of *pulled* and what it may leave to the CRM."""
    return rows_of(kind.field(path)).complete(pulled or {}, observed or {}) if path in kind.links else pulled


def _touched(kind: Kind, declared: Mapping[str, Any], pulls: Mapping[str, Any]) -> list[str]:
    """Return what has not moved, and is looked for in or among what has: a type, contacts."""
    return [
        field.name
        for field in kind.fields
        if (field.among in pulls or field.within in pulls)
        and declared.get(field.name)
        and field.name not in pulls
    ]


class _Entry:
    """One entry of a manifest, and what it inherits."""

    def __init__(
        self, kind: Kind, key: str, written: Mapping[str, Any], default: Callable[[str], Any]
    ) -> None:
        self._kind = kind
        self._key = key
        self._written = written
        self._default = default

    def taken(self, path: str, before: Any, value: Any, names: Speller) -> Taken:
        """Return the edits that make the entry say *value* at *path*.

        Raises:
            Unsayable: No manifest can say it.
        """
        address, base = Address(self._kind.name, self._key), (self._kind.section, self._key)
        custom = api_name(path)
        if custom is not None:
            _, new = spell(path, value, self._kind, names)
            own = self._written.get(SECTION)
            old = own.get(custom) if isinstance(own, Mapping) else None
            if field_at(path, self._kind.name).shape is CHOICES or isinstance(new, list):
                new = _in_its_order(old, new)
            place: ValuePath = (*base, SECTION, custom)
            return Taken(address, path, place, Set(place, new), old, new)
        field = self._kind.field(path)
        present = next((name for name in (field.alias, field.name) if name in self._written), None)
        old = self._written[present] if present else self._inherited(field)
        if field.shape is LINKS:
            name, new = _links(field, present, old, before or {}, value or {}, names)
        elif field.shape is LINES:
            name, new = field.name, _lines(field, old, before or {}, value or {}, names)
        else:
            name, written = spell(path, value, self._kind, names)
            new = _in_its_form(field, old, written, before, value)
        place = (*base, name)
        edit = Set(place, new)
        if present is None or present == name:
            return Taken(address, path, place, edit, old, new)
        both = Together((*base, present), (Remove((*base, present)), edit))
        return Taken(address, path, place, both, old, new)

    def _inherited(self, field: Field) -> Any:
        names = (name for name in (field.alias, field.name) if name and self._default(name) is not None)
        return next(map(self._default, names), None)


def _in_its_form(field: Field, old: Any, new: Any, before: Any, value: Any) -> Any:
    """Return *new* as *old* was written: an amount apart from its currency; an id, a name, an e-mail."""
    if field.shape is MONEY:
        if old == Sum.LINES.value:
            raise Unsayable(f"the manifest says that it is the sum of the {field.adds}")
        return _money(field, old, new, before, value)
    if not isinstance(old, Mapping) or len(old) != 1:
        return new
    (form,) = old
    if form == "id" and isinstance(value, str):
        return {"id": value}
    said = plain(new)
    if isinstance(said, str) and form in ("email", "name") and (form == "email") == ("@" in said):
        return {form: said}
    return new


def _money(field: Field, old: Any, new: Any, before: Any, value: Any) -> Any:
    written, refers = plain(new), field.refers or ""
    if not isinstance(written, Bare):
        return new
    amount, _, code = written.partition(" ")
    stays = isinstance(before, Mapping) and before.get("currency") == (value or {}).get("currency")
    if isinstance(old, Mapping):
        parts: dict[str, Any] = {"amount": Bare(amount)}
        if not stays or refers not in old:
            parts |= {refers: code} if not stays else {}
        else:
            parts[refers] = old[refers]
        return parts
    if stays and old is not None and not str(old).strip()[-1:].isalpha():
        return Bare(amount)
    return new


def _in_its_order(old: Any, new: Any) -> Any:
    """Return the items of *new*, those that were there before in the order they had."""
    if not isinstance(old, list) or not isinstance(new, list):
        return new
    return [item for item in old if item in new] + [item for item in new if item not in old]


# Product lines


def _lines(field: Field, old: Any, before: Canonical, now: Canonical, names: Speller) -> list[Any]:
    """Return the lines: what stays of one stays as it stands there."""
    whole = dict(zip(now, field.shape.spell(now, field, names), strict=True)) if now else {}
    raw = dict(zip(before, old, strict=True)) if isinstance(old, list) and len(old) == len(before) else {}
    items = []
    for key, line in now.items():
        written = whole[key]
        if key in raw:
            said, spelt = dict(plain(raw[key])), plain(written)
            moved = {part for part in {*before[key], *line} if before[key].get(part) != line.get(part)}
            kept = {name: value for name, value in said.items() if name not in moved}
            written = kept | {part: spelt[part] for part in moved & spelt.keys()}
        items.append(written)
    return items


# Links


def _links(
    field: Field,
    present: str | None,
    old: Any,
    before: Mapping[str, Mapping[str, Any]],
    now: Mapping[str, Mapping[str, Any]],
    names: Speller,
) -> tuple[str, Any]:
    """Return under which name links are written, and how: what stays of a list stays as it stands there."""
    shape = field.shape
    if not now:
        return shape.spelled_as(now, field), shape.nothing(field)
    whole = shape.spell(now, field, names)
    listed = isinstance(old, list) and len(old) == len(before)
    if not listed and not (len(now) > 1 and len(before) == 1 and present == field.alias and old is not None):
        if len(now) == 1 and len(before) == 1 and field.alias:
            ((id_, link),) = now.items()
            if id_ in before and old is not None and present == field.alias:
                return field.alias, _with_columns(old, before[id_], link, field, names)
            return field.alias, _in_its_form(field, old, whole, None, next(iter(now)))
        return shape.spelled_as(now, field), whole
    raw = dict(zip(before, old if listed else [old], strict=True))
    kept = [id_ for id_ in before if id_ in now]
    items: dict[str, Any] = {}
    for id_ in [*kept, *(id_ for id_ in now if id_ not in before)]:
        written = _alone(id_, now[id_], field, names)
        items[id_] = _found_again(raw[id_], plain(written)) if id_ in raw else written
        roles = before.get(id_, _NOTHING).get("roles")
        if id_ in raw and roles is not None and roles != now[id_].get("roles"):
            items[id_] = _with_role(items[id_], written, field)
        if id_ in raw:
            items[id_] = _with_columns(items[id_], before[id_], now[id_], field, names)
    _mark(items, next(id_ for id_, link in now.items() if link["primary"]), field)
    return field.name, list(items.values())


def _alone(id_: str, link: Mapping[str, Any], field: Field, names: Speller) -> Any:
    """Return one link as an item of a list, without a mark."""
    written = field.shape.spell({id_: {**link, "primary": True}}, field, names)
    return written[0] if isinstance(written, list) else written


def _found_again(raw: Any, written: Any) -> Any:
    """Return an item as it stands there, with what it takes to be found among other accounts."""
    if not isinstance(written, Mapping) or not ("id" in written or written.get("linked") is False):
        return raw
    told = {"id": written["id"]} if "id" in written else {**_rich(raw), "linked": False}
    own = raw if isinstance(raw, Mapping) else {}
    return told | {name: own[name] for name in ("primary", "sales_role") if name in own}


def _with_columns(
    raw: Any, before: Mapping[str, Any], now: Mapping[str, Any], field: Field, names: Speller
) -> Any:
    """Return an item with what else the link says now, where that has moved."""
    assert field.link is not None
    moved = {
        column.name: None
        if (value := now.get(column.name)) is None
        else column.shape.spell(value, column, names)
        for column in field.link.columns
        if now.get(column.name) != before.get(column.name)
    }
    return {**_rich(raw), **moved} if moved else raw


def _with_role(raw: Any, written: Any, field: Field) -> Any:
    """Return an item with the role that the record has now."""
    assert field.link is not None
    assert field.link.roles is not None
    name, said = field.link.roles.name, plain(written)
    rest = {part: value for part, value in _rich(raw).items() if part != name}
    role = said.get(name, _ABSENT) if isinstance(said, Mapping) else _ABSENT
    if isinstance(written, Commented) and role is _ABSENT:
        raise Unsayable(f"{written.comment}")
    return rest if role is _ABSENT else rest | {name: role}


def _mark(items: dict[str, Any], primary: str, field: Field) -> None:
    """Put the mark on the item of the record *primary* where it is needed, and take it from the others."""
    marked = field.link is not None and field.link.marked
    needed = len(items) > 1 and (marked or next(iter(items)) != primary)
    for id_, item in items.items():
        said = plain(item)
        has = isinstance(said, Mapping) and said.get("primary") is True
        if id_ == primary and needed and not has:
            items[id_] = _rich(said) | {"primary": True}
        elif id_ != primary and has:
            items[id_] = {name: value for name, value in said.items() if name != "primary"}


def _rich(item: Any) -> dict[str, Any]:
    said = plain(item)
    return {"email" if "@" in said else "name": said} if isinstance(said, str) else dict(said)


def gone(address: Address) -> Taken:
    """Return the edit that takes the entry of a deleted record out."""
    place: ValuePath = (KINDS[address.kind].section, address.key)
    return Taken(address, "", place, Remove(place), None, None)
