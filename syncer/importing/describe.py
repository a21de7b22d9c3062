"""Observed → what a manifest says of it, in names people know."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Final

from syncer.importing.read import told_apart
from syncer.kinds.custom import CLOSED, SECTION, api_name, path_of, typed
from syncer.kinds.references import REFERENCES
from syncer.kinds.registry import MAIN
from syncer.manifest.emit import Bare, Commented
from syncer.model.declared import Reference
from syncer.model.names import CustomField, Entry
from syncer.model.observed import Observed
from syncer.resolve.custom import custom_value
from syncer.resolve.directory import Directory
from syncer.shapes import canon, money
from syncer.shapes.amounts import MAX_DIGITS, money_of
from syncer.shapes.base import Field, LinkEntity, Unfit
from syncer.shapes.currencies import DECIMALS
from syncer.shapes.date import DATE, date_of
from syncer.shapes.money import MONEY
from syncer.shapes.number import NumberShape
from syncer.shapes.text import LINE

_UNSAFE: Final = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff]")
_UNSAFE_TEXT: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff]")
_API_NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_CODE: Final = re.compile(r"[A-Z]{3}")
_DATE: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


@dataclass(slots=True)
class Described:
    """One opportunity in the words of a manifest.

    Attributes:
        record: What was observed.
        values: By key of the manifest; custom fields under `fields`.
        left_out: Why a field that has a value is not written, by field name (`fields.x` for custom ones).
        pinned: Why `id:` is written; "" when the opportunity is found without it.
        ignore: Fields that are written and not compared.
        key: Its key in the manifest.
    """

    record: Observed
    values: dict[str, Any] = field(default_factory=dict)
    left_out: dict[str, str] = field(default_factory=dict)
    pinned: str = ""
    ignore: set[str] = field(default_factory=set)
    key: str = ""

    def leave_out(self, name: str, why: str) -> None:
        """Do not write field *name*; what must be there is then only known by the id."""
        self.left_out[name] = why
        custom = api_name(name)
        if custom is not None:
            self.values.get(SECTION, {}).pop(custom, None)
            return
        self.values.pop(name, None)
        spec = MAIN.field(name)
        if spec.alias:
            self.values.pop(spec.alias, None)
        if spec.required:
            self.pinned = self.pinned or "a part that manifests need cannot be written, so its id finds it"


class _UnsayableError(Exception):
    """A value cannot be written; carries why."""


class Describer:
    """Describes opportunities; remembers the names it found, since thousands of them share few.

    Args:
        directory: Every name around them, and whoever shares one.
        key_field: Api name of the field that holds our key; it is written by the key of the manifest.
    """

    def __init__(self, directory: Directory, key_field: str | None) -> None:
        self._directory = directory
        self._fields = [
            spec
            for spec in sorted(directory.fields.values(), key=lambda spec: spec.api_name)
            if not spec.system and spec.api_name != key_field
        ]
        self._known: dict[tuple[str, str], Any] = {}

    def describe(self, record: Observed, name: str) -> Described:
        """Return *record*, called *name* by the service, in the words of a manifest."""
        found = Described(record)
        observed = record.values
        for spec in MAIN.fields:
            value = observed.get(spec.name)
            none_is_said = spec.link is not None and spec.link.marked
            if (value is None or value == {}) and not none_is_said:
                if spec.required:
                    found.leave_out(spec.name, "it has none")
                continue
            try:
                if spec.link is not None:
                    key, written = self._links(spec, spec.link, value or {}, found)
                else:
                    key, written = spec.name, self._value(spec, value, observed, name)
                found.values[key] = written
            except _UnsayableError as why:
                found.leave_out(spec.name, str(why))
        custom = {}
        for field_ in self._fields:
            path = path_of(field_.api_name)
            value = observed.get(path)
            if not value:
                continue
            try:
                custom[field_.api_name] = self._custom(field_, value)
            except _UnsayableError as why:
                found.leave_out(path, str(why))
        if custom:
            found.values[SECTION] = custom
        if name.rstrip() != observed.get("name"):
            found.pinned = found.pinned or "its name is written differently in Pipeliner"
        return found

    # --- single fields ----------------------------------------------------------------------------------

    def _value(self, spec: Field, value: Any, observed: Mapping[str, Any], name: str) -> Any:
        if spec.within is not None:
            return self._inside(spec, value, observed.get(spec.within))
        if spec.refers == "option":
            return self._option_of(spec, value)
        if spec.shape is LINE:
            if _UNSAFE.search(name if spec.own else value):
                raise _UnsayableError("it holds a line break or a control character")
            return value
        if spec.shape is DATE:
            try:
                return Bare(date_of(value).isoformat())
            except Unfit as unfit:
                raise _UnsayableError(unfit.detail) from None
        if spec.shape is MONEY:
            return self._money(value)
        return self._reference(spec.refers, value) if spec.refers else _text(value)

    def _reference(self, kind: str, id_: str) -> Any:
        """Return how the one record with *id_* is written: by a name no other has, else by its id."""
        if (kind, id_) not in self._known:
            entry = self._directory.get(kind, id_)
            self._known[kind, id_] = self._named(kind, entry, None) if entry else None
        return self._living(kind, id_, self._known[kind, id_])

    def _within(self, kind: str, id_: str, around: str | None) -> Any:
        if (kind, id_) not in self._known:
            entry = self._directory.get(kind, id_)
            known = entry and around and entry.within == around and self._directory.get("pipeline", around)
            written = self._named(kind, entry, around) if entry and known else {"id": id_}
            self._known[kind, id_] = written if entry else None
        return self._living(kind, id_, self._known[kind, id_])

    def _living(self, kind: str, id_: str, written: Any) -> Any:
        entry = self._directory.get(kind, id_)
        noun = REFERENCES[kind].noun
        if entry is None:
            raise _UnsayableError(f"the {noun} {id_} is deleted or not to be seen")
        if entry.deleted:
            label = self._directory.label(kind, id_)
            email = f" ({entry.emails[0]})" if entry.emails else ""
            raise _UnsayableError(f"the {noun} {label}{email} is deleted")
        if isinstance(written, dict) and "id" in written:
            return Commented(written, told_apart(self._directory, kind, id_))
        return written

    def _named(self, kind: str, entry: Entry, within: str | None) -> Any:
        for written in _spellings(kind, entry):
            reference = (
                Reference(kind, text=written) if isinstance(written, str) else Reference(kind, **written)
            )
            found = [
                other
                for other in self._directory.find(kind, reference)
                if not other.deleted and (within is None or other.within == within)
            ]
            if found == [entry]:
                return written
        return {"id": entry.id}

    def _inside(self, spec: Field, id_: str, around: str | None) -> Any:
        kind = spec.refers or ""
        entry = self._directory.get(kind, id_) if kind == "type" else None
        if entry is not None and not entry.deleted:
            if entry.within != around:
                raise _UnsayableError(
                    f"the type {self._directory.label('type', id_)} belongs to another {spec.within}"
                )
            if entry.row.get("is_published") is False:
                raise _UnsayableError(f"the type {self._directory.label('type', id_)} is only a draft")
        return self._within(kind, id_, around)

    def _option_of(self, spec: Field, id_: str) -> Any:
        listed = (self._directory.fields.get(name) for name in spec.listed_as)
        entry = self._directory.get("option", id_)
        if entry is None or entry.within not in {row.data_set for row in listed if row}:
            raise _UnsayableError(f"the option {id_} is deleted or not to be seen")
        written = self._named("option", entry, entry.within)
        return (
            Commented(written, told_apart(self._directory, "option", id_))
            if isinstance(written, dict)
            else written
        )

    def _money(self, value: Mapping[str, Any]) -> Any:
        currency = self._directory.get("currency", value.get("currency"))
        if currency is None or currency.deleted:
            raise _UnsayableError(f"its currency {value.get('currency') or ''} is deleted or not to be seen")
        if currency.id != self._directory.base_currency and currency.id not in self._directory.rates:
            raise _UnsayableError(
                f"{value['amount']} {self._directory.label('currency', currency.id)} has no exchange rate"
            )
        label = self._directory.label("currency", currency.id)
        exact = value["amount"]
        amount = _amount(exact, label)
        rounded = canon.decimals(exact) > DECIMALS.get(label, MAX_DIGITS)
        if rounded and not canon.same(
            {**value, "amount": canon.number(Decimal(amount)), "rate": None}, value
        ):
            raise _UnsayableError(f"{exact} {label} has more decimals than {label} has")
        try:
            money_of(amount)
        except Unfit as unfit:
            raise _UnsayableError(unfit.detail) from None
        code = self._named("currency", currency, None)
        if isinstance(code, str) and _CODE.fullmatch(code):
            written = Bare(f"{amount} {code}")
            return Commented(written, f"{exact} in Pipeliner") if rounded else written
        said = f"{amount} {self._directory.label('currency', currency.id)}"
        return Commented({"amount": amount, "currency": {"id": currency.id}}, said)

    # --- links ------------------------------------------------------------------------------------------

    def _links(
        self, spec: Field, link: LinkEntity, links: Mapping[str, Mapping[str, Any]], found: Described
    ) -> tuple[str, Any]:
        if not links:
            return spec.alias or spec.name, link.word
        primaries = sum(bool(link.get("primary")) for link in links.values())
        if primaries != 1:
            what = "none of them is" if not primaries else f"{primaries} of them are"
            raise _UnsayableError(f"{what} the primary one")
        if spec.among is None:
            return self._alone(spec, links)
        left_out = spec.among in found.left_out
        around = frozenset() if left_out else frozenset(found.record.values.get(spec.among) or ())
        items = [(not link["primary"], self._among(spec, id_, link, around)) for id_, link in links.items()]
        return spec.name, [item for _, item in sorted(items, key=lambda item: (item[0], _sorted_by(item[1])))]

    def _alone(self, spec: Field, links: Mapping[str, Mapping[str, Any]]) -> tuple[str, Any]:
        written = {id_: self._reference(spec.refers or "", id_) for id_ in links}
        if len(links) == 1 and spec.alias:
            return spec.alias, next(iter(written.values()))
        items = []
        for id_, link in links.items():
            value = written[id_]
            said = value.comment if isinstance(value, Commented) else None
            value = value.value if isinstance(value, Commented) else value
            if link["primary"]:
                value = (
                    {"email" if "@" in value else "name": value} if isinstance(value, str) else value
                ) | {"primary": True}
            items.append((not link["primary"], Commented(value, said) if said else value))
        return spec.name, [item for _, item in sorted(items, key=lambda item: (item[0], _sorted_by(item[1])))]

    def _among(self, spec: Field, id_: str, link: Mapping[str, Any], accounts: frozenset[str]) -> Any:
        directory, noun = self._directory, spec.refers or ""
        entry = directory.get(noun, id_)
        if entry is None or entry.deleted:
            raise _UnsayableError(f"the {noun} {id_} is deleted or not to be seen")
        written: Any = {"id": id_}
        linked = bool(directory.linked.get(id_, frozenset()) & accounts)
        for email in _emails(noun, entry):
            candidates = directory.find(noun, Reference(noun, text=email))
            near = [other for other in candidates if directory.linked.get(other.id, frozenset()) & accounts]
            if near == [entry] or (not near and candidates == [entry]):
                written = email
                break
        parts: dict[str, Any] = {"email": written} if isinstance(written, str) else dict(written)
        if not linked and accounts:
            parts["linked"] = False
        roles: list[str] = list(link.get("roles") or ())
        said = told_apart(directory, noun, id_) if "id" in parts else ""
        if len(roles) == 1:
            try:
                role = self._reference("sales_role", roles[0])
                parts["sales_role"] = role.value if isinstance(role, Commented) else role
            except _UnsayableError as why:
                said = str(why)
        elif roles:
            labels = ", ".join(sorted(directory.label("sales_role", role) for role in roles))
            said = f"has several sales roles: {labels}"
        value = parts["email"] if parts.keys() == {"email"} else parts
        return Commented(value, said) if said else value

    # --- custom fields ----------------------------------------------------------------------------------

    def _custom(self, spec: CustomField, value: Any) -> Any:
        if spec.type in CLOSED:
            raise _UnsayableError(f"{spec.label} {CLOSED[spec.type]}")
        if not _API_NAME.fullmatch(spec.api_name):
            raise _UnsayableError("manifests cannot spell the field")
        written = self._spelt(spec, value)

        def fault(code: str, detail: str, hint: str = "", same_as: object = None) -> Exception:
            del code, hint, same_as
            return _UnsayableError(detail)

        def option(text: str, data_set: str, _index: int | None) -> Entry:
            found = [
                entry
                for entry in self._directory.find("option", Reference("option", text=text))
                if entry.within == data_set and not entry.deleted
            ]
            if len(found) != 1:
                raise _UnsayableError(f'{len(found)} options are called "{text}"')
            return found[0]

        plain = str(written) if isinstance(written, Bare) else written
        if not canon.same(
            custom_value(self._directory.fields, spec.api_name, plain, fault, option).canon, value
        ):
            raise _UnsayableError("what Pipeliner holds does not fit the type of the field")
        return written

    def _spelt(self, spec: CustomField, value: Any) -> Any:
        shape = typed(spec).shape
        match value:
            case bool():
                return value
            case list():
                return [self._option(id_) for id_ in value]
            case str() if spec.data_set:
                return self._option(value)
            case str() if isinstance(shape, NumberShape) or (shape is DATE and _DATE.fullmatch(value)):
                return Bare(value)
            case str():
                return _text(value)
            case _:
                raise _UnsayableError("what Pipeliner holds does not fit the type of the field")

    def _option(self, id_: str) -> str:
        entry = self._directory.get("option", id_)
        if entry is None or entry.deleted or not entry.names or _UNSAFE.search(entry.names[0]):
            raise _UnsayableError(f"the option {id_} is deleted or not to be seen")
        return entry.names[0]


def _text(value: str) -> str:
    found = _UNSAFE_TEXT.search(value)
    if found:
        raise _UnsayableError(f"it holds the control character U+{ord(found.group()):04X}")
    return value


def _amount(plain: str, code: str) -> str:
    """Return a decimal text as people write amounts of the currency *code*.

    A currency of somebody's own never gets three decimals: 1.500 may mean 1500.
    """
    if "." not in plain:
        return plain
    if code in DECIMALS:
        part = plain.partition(".")[2]
        if len(part) > DECIMALS[code]:
            plain = f"{Decimal(plain):.{DECIMALS[code]}f}"
        return money.amount(plain, code)
    written = money.amount(plain)
    return written + "0" if len(written.partition(".")[2]) == 3 else written


def _sorted_by(value: Any) -> str:
    value = value.value if isinstance(value, Commented) else value
    return (
        value if isinstance(value, str) else str(value.get("email") or value.get("name") or value.get("id"))
    )


def _emails(kind: str, entry: Entry) -> Iterator[str]:
    for key in REFERENCES[kind].emails:
        email = entry.row.get(key)
        if isinstance(email, str) and "@" in email and email == email.strip() and not _UNSAFE.search(email):
            yield email


def _spellings(kind: str, entry: Entry) -> Iterator[Any]:
    """Yield the ways to write *entry*, best first; each may turn out to mean others, too."""
    emails = list(_emails(kind, entry))
    names = [
        name
        for key in REFERENCES[kind].keys
        if isinstance(raw := entry.row.get(key), str)
        and (name := canon.text(raw))
        and name.strip()
        and not _UNSAFE.search(name)
        and (kind != "account" or name == raw)
    ]
    yield from emails
    for name in names:
        plain = kind != "account" or ("@" not in name and name != "none")
        yield name if plain else {"name": name}
    if kind == "account":
        yield from ({"email": email, "name": name} for email in emails for name in names)
