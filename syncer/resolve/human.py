"""Canonical values → what people read: names instead of ids, amounts with their cents."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from syncer.kinds import OPPORTUNITY, Shape
from syncer.resolve.directory import Directory
from syncer.shapes.currencies import DECIMALS

_NOUNS: Final = {"accounts": "account", "contacts": "contact"}

Links = Mapping[str, Mapping[str, Any]]


def amount(plain: str, code: str | None = None) -> str:
    """Return an amount as people read it: with its cents, and more decimals only where there are more."""
    whole, _, part = plain.partition(".")
    least = min(DECIMALS.get(code or "", 2), 2)
    return f"{whole}.{part:0<{least}}" if part or least else whole


def observed(path: str, value: Any, directory: Directory) -> Any:
    """Return the human form of an observed canonical value.

    Args:
        path: Field name, `fields.<api name>` for a custom one.
        value: Canonical value.
        directory: Knows the names.
    """
    if value is None:
        return None
    if path.startswith("fields."):
        return _custom(value, directory)
    spec = OPPORTUNITY.field(path)
    match spec.shape:
        case Shape.MONEY:
            return _money(value, directory)
        case Shape.LINKS:
            return linked(path, value, value, names(path, value, directory), directory)
        case Shape.REFERENCE:
            return directory.written(spec.refers or "", value)
        case _:
            return value


def _money(value: Mapping[str, Any], directory: Directory) -> dict[str, str]:
    code = directory.written("currency", value["currency"])
    return {"amount": amount(value["amount"], code), "currency": code}


def links(
    path: str, before: Links, after: Links, written: Sequence[Mapping[str, Any]], directory: Directory
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Return observed and desired links as a manifest would list them, by name.

    Args:
        path: `accounts` or `contacts`.
        before: Observed.
        after: Desired; what it does not mention of a link is left out on both sides.
        written: Human form of *after*, whose spelling of a linked record is kept.
        directory: Knows the names.
    """
    noun = _NOUNS[path]
    spelt = dict(zip(after, (item[noun] for item in written), strict=True))
    called = names(path, [*after, *(id_ for id_ in before if id_ not in after)], directory, spelt)
    return linked(path, before, after, called, directory), linked(path, after, after, called, directory)


def names(
    path: str, ids: Iterable[str], directory: Directory, spelt: Mapping[str, str] | None = None
) -> dict[str, str]:
    """Return what to call each of several linked records: two with one e-mail get their own names too."""
    noun = _NOUNS[path]
    called = {id_: (spelt or {}).get(id_) or directory.written(noun, id_) for id_ in ids}
    times = Counter(called.values())
    for id_, name in called.items():
        if times[name] > 1:
            called[id_] = f"{name} ({directory.label(noun, id_)}, {id_})"
    return called


def linked(
    path: str, value: Links, asked: Links, called: Mapping[str, str], directory: Directory
) -> list[dict[str, Any]]:
    """Return links by name; of those in *asked* only the aspects it mentions."""
    noun = _NOUNS[path]
    found = []
    for id_, link in value.items():
        aspects = asked.get(id_, link)
        item: dict[str, Any] = {noun: called[id_]}
        if "primary" in aspects:
            item["primary"] = link.get("primary", False)
        if link.get("roles") and "roles" in aspects:
            item["sales_role"] = ", ".join(directory.label("sales_role", role) for role in link["roles"])
        if "times" in link:
            item["times"] = link["times"]
        found.append(item)
    return sorted(found, key=lambda item: str(item[noun]))


def nested(flat: Iterable[tuple[str, Any]]) -> dict[str, Any]:
    """Return human values as a manifest nests them: custom fields under `fields`."""
    whole: dict[str, Any] = {}
    fields: dict[str, Any] | None = None
    for name, value in flat:
        if name[:7] != "fields.":
            whole[name] = value
        elif fields is None:
            whole["fields"] = fields = {name[7:]: value}
        else:
            fields[name[7:]] = value
    return whole


def _custom(value: Any, directory: Directory) -> Any:
    """Return a custom field's value; ids of options become their names."""
    if isinstance(value, list):
        return sorted(directory.label("option", item) for item in value)
    if isinstance(value, Mapping) and "amount" in value:
        return _money(value, directory)
    if isinstance(value, str):
        return directory.label("option", value)
    return value
