"""Canonical values → what people read: names instead of ids, amounts with their cents."""

from collections.abc import Mapping
from typing import Any

from syncer.directory import Directory
from syncer.kinds import OPPORTUNITY, Shape

_NOUNS = {"accounts": "account", "contacts": "contact"}


def amount(plain: str) -> str:
    """Return an amount as people read it: two decimals at least, more only where there are more."""
    whole, _, part = plain.partition(".")
    return f"{whole}.{part:0<2}"


def observed(name: str, value: Any, directory: Directory, desired: Any = None, written: Any = None) -> Any:
    """Return the human form of an observed canonical value.

    Args:
        name: Field name, `fields.<api name>` for a custom one.
        value: Canonical value.
        directory: Knows the names.
        desired: Canonical value the manifest asks for; of links, what it does not mention is left out.
        written: Human form of `desired`, whose spelling of a linked record is kept.
    """
    if value is None:
        return None
    if name.startswith("fields."):
        return _custom(value, directory)
    spec = OPPORTUNITY.field(name)
    match spec.shape:
        case Shape.MONEY:
            return {
                "amount": amount(value["amount"]),
                "currency": directory.written("currency", value["currency"]),
            }
        case Shape.LINKS:
            return links(name, value, directory, desired, written)
        case Shape.REFERENCE:
            return directory.written(spec.refers or "", value)
        case _:
            return value


def links(
    name: str,
    value: Mapping[str, Mapping[str, Any]],
    directory: Directory,
    desired: Mapping[str, Mapping[str, Any]] | None = None,
    written: list[Mapping[str, Any]] | None = None,
) -> list[dict[str, Any]]:
    """Return linked records as a manifest would list them, by name."""
    noun = _NOUNS[name]
    spelt = dict(zip(desired or (), ((item[noun]) for item in written or ()), strict=False))
    found = []
    for id_, link in value.items():
        asked = (desired or {}).get(id_)
        item: dict[str, Any] = {noun: spelt.get(id_) or directory.written(noun, id_)}
        if asked is None or "primary" in asked:
            item["primary"] = link.get("primary", False)
        if link.get("roles") and (asked is None or "roles" in asked):
            item["sales_role"] = ", ".join(directory.label("sales_role", role) for role in link["roles"])
        found.append(item)
    return sorted(found, key=lambda item: str(item[noun]))


def nested(flat: Mapping[str, Any]) -> dict[str, Any]:
    """Return human values as a manifest nests them: custom fields under `fields`."""
    whole: dict[str, Any] = {}
    for name, value in flat.items():
        if name.startswith("fields."):
            whole.setdefault("fields", {})[name.removeprefix("fields.")] = value
        else:
            whole[name] = value
    return whole


def _custom(value: Any, directory: Directory) -> Any:
    """Return a custom field's value; ids of options become their names."""
    if isinstance(value, list):
        return sorted(directory.label("option", item) for item in value)
    if isinstance(value, Mapping) and "amount" in value:
        return {
            "amount": amount(value["amount"]),
            "currency": directory.written("currency", value["currency"]),
        }
    if isinstance(value, str):
        return directory.label("option", value)
    return value
