"""Canonical values → what a manifest writes: names that no other record has, in place of ids."""

import re
from collections.abc import Container, Iterator, Mapping
from typing import Any, Final

from syncer.kinds.base import Kind
from syncer.kinds.custom import CLOSED, api_name, typed
from syncer.kinds.references import REFERENCES
from syncer.model.declared import Reference
from syncer.model.names import CustomField, Entry
from syncer.resolve.directory import Directory
from syncer.shapes import canon
from syncer.shapes.spelling import UNFIT, Commented, Unsayable
from syncer.shapes.text import is_safe

_API_NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


def spell(path: str, value: Any, kind: Kind, names: "Speller") -> tuple[str, Any]:
    """Return what a manifest writes for the canonical *value* at *path*, and under which name.

    Args:
        path: Field name of *kind*, `fields.<api name>` for a custom one.
        value: Canonical; None for none.
        kind: Of the record.
        names: Of the record.

    Raises:
        Unsayable: A manifest cannot say it.
    """
    custom = api_name(path)
    field = kind.field(path) if custom is None else typed(_settable(custom, names.fields))
    if value is None or value == {}:
        return field.shape.spelled_as(value, field), field.shape.nothing(field)
    return field.shape.spelled_as(value, field), field.shape.spell(value, field, names)


def _settable(custom: str, fields: Mapping[str, CustomField]) -> CustomField:
    row = fields.get(custom)
    if row is None or row.system:
        raise Unsayable(f"this space has no custom field {custom}")
    if row.type in CLOSED:
        raise Unsayable(f"{row.label} {CLOSED[row.type]}")
    if not _API_NAME.fullmatch(custom):
        raise Unsayable("manifests cannot spell the field")
    return row


class Speller:
    """Finds the names for the values of one record; a `Spellings`.

    Attributes:
        directory: Every name around the record, and whoever shares one.
        fields: Fields of its kind by api name.

    Args:
        directory: Every name around the record, and whoever shares one.
        kind: Of the record.
        values: Of the record, canonical.
        left_out: Names of its fields that cannot be said; may grow.
        written: How the records are written that others named before: many name the same few.
    """

    def __init__(
        self,
        directory: Directory,
        kind: Kind,
        values: Mapping[str, Any],
        left_out: Container[str] = (),
        written: dict[tuple[str | None, ...], Any] | None = None,
    ) -> None:
        self.directory = directory
        self.fields = directory.fields_of(kind.name)
        self._values = values
        self._left_out = left_out
        self._known = {} if written is None else written

    def beside(self, name: str) -> Any:
        """Return the canonical value of another field of the record."""
        return self._values.get(name)

    def is_left_out(self, name: str) -> bool:
        """Tell whether the field *name* of the record cannot be said."""
        return name in self._left_out

    def label(self, kind: str, id_: str | None) -> str:
        """Return what people call a record; the id if unknown."""
        return self.directory.label(kind, id_)

    def named(self, kind: str, id_: str, *reserved: str) -> Any:
        """Return a record by a name that no other one has, else by its key or its id."""
        asked = (kind, id_, *reserved)
        if asked not in self._known:
            self._known[asked] = self._written(self._living(kind, id_), kind, None, reserved)
        return self._known[asked]

    def inside(self, kind: str, id_: str, field: str, around: str | None) -> Any:
        """Return a record that belongs to the one *around*, which *field* holds."""
        asked = (kind, id_, around)
        if asked not in self._known:
            self._known[asked] = self._inside(kind, id_, field, around)
        return self._known[asked]

    def _inside(self, kind: str, id_: str, field: str, around: str | None) -> Any:
        entry = self._living(kind, id_)
        if entry.within != around:
            raise Unsayable(f"the {kind} {self.label(kind, id_)} belongs to another {field}")
        if entry.row.get("is_published") is False:
            raise Unsayable(f"the {kind} {self.label(kind, id_)} is only a draft")
        if around is None or self.directory.get(field, around) is None:
            return self._by_id(kind, id_)
        return self._written(entry, kind, around, ())

    def listed_option(self, id_: str, listed_as: tuple[str, ...]) -> Any:
        """Return an option of a field that the service lists under one of these names."""
        listed = (self.fields.get(name) for name in listed_as)
        entry = self.directory.get("option", id_)
        if entry is None or entry.within not in {row.data_set for row in listed if row}:
            raise Unsayable(f"the option {id_} is deleted or not to be seen")
        return self._written(entry, "option", entry.within, ())

    def choice(self, id_: str, options: str) -> str:
        """Return the name of an option of the set *options*, which no other one of the set has."""
        entry = self.directory.get("option", id_)
        if entry is None or entry.deleted or not entry.names or not is_safe(entry.names[0]):
            raise Unsayable(f"the option {id_} is deleted or not to be seen")
        name = entry.names[0]
        found = self._found("option", Reference("option", text=name), options)
        if len(found) != 1:
            raise Unsayable(f'{len(found)} options are called "{name}"')
        if found != [entry]:
            raise Unsayable(UNFIT)
        return name

    def among(self, kind: str, id_: str, around: frozenset[str]) -> tuple[Any, bool]:
        """Return a record that is looked for among those linked to *around*; whether it is linked."""
        directory = self.directory
        entry = directory.get(kind, id_)
        if entry is None or entry.deleted:
            raise Unsayable(f"the {kind} {id_} is deleted or not to be seen")
        is_linked = bool(directory.linked.get(id_, frozenset()) & around)
        for email in _emails(kind, entry):
            candidates = directory.find(kind, Reference(kind, text=email))
            near = [other for other in candidates if directory.linked.get(other.id, frozenset()) & around]
            if near == [entry] or (not near and candidates == [entry]):
                return email, is_linked
        return self._by_id(kind, id_), is_linked

    def currency(self, id_: str | None) -> tuple[str, bool]:
        """Return what people call a currency, and whether amounts in it can be converted."""
        entry = self.directory.get("currency", id_)
        if entry is None or entry.deleted:
            raise Unsayable(f"its currency {id_ or ''} is deleted or not to be seen")
        is_rated = entry.id == self.directory.base_currency or entry.id in self.directory.rates
        return self.directory.label("currency", entry.id), is_rated

    def _living(self, kind: str, id_: str) -> Entry:
        entry = self.directory.get(kind, id_)
        noun = REFERENCES[kind].noun
        if entry is None:
            raise Unsayable(f"the {noun} {id_} is deleted or not to be seen")
        if entry.deleted:
            label = self.directory.label(kind, id_)
            email = f" ({entry.emails[0]})" if entry.emails else ""
            raise Unsayable(f"the {noun} {label}{email} is deleted")
        return entry

    def _written(self, entry: Entry, kind: str, within: str | None, reserved: tuple[str, ...]) -> Any:
        for written in _spellings(kind, entry, reserved):
            reference = (
                Reference(kind, text=written) if isinstance(written, str) else Reference(kind, **written)
            )
            if self._found(kind, reference, within) == [entry]:
                return written
        return self._by_id(kind, entry.id)

    def _found(self, kind: str, reference: Reference, within: str | None) -> list[Entry]:
        return [
            other
            for other in self.directory.find(kind, reference)
            if not other.deleted and (within is None or other.within == within)
        ]

    def _by_id(self, kind: str, id_: str) -> Any:
        """Return a record by the key that it is declared under, else by its id."""
        for key, declared in self.directory.declared(kind).items():
            if declared == id_:
                return {"ref": key}
        return Commented({"id": id_}, self._about(kind, id_))

    def _about(self, kind: str, id_: str) -> str:
        """Return what a comment says of a record that only its id tells apart from others."""
        directory = self.directory
        label = directory.label(kind, id_)
        entry = directory.get(kind, id_)
        if entry is None or label == id_:
            return ""
        places = [canon.text(str(entry.row.get(key) or "")) for key in REFERENCES[kind].places]
        words = ", ".join([label, *filter(None, places)])
        accounts = sorted(directory.label("account", account) for account in directory.linked.get(id_, ()))
        return f"{words}, of {', '.join(accounts)}" if accounts else words


def _emails(kind: str, entry: Entry) -> Iterator[str]:
    for key in REFERENCES[kind].emails:
        email = entry.row.get(key)
        if isinstance(email, str) and "@" in email and email == email.strip() and is_safe(email):
            yield email


def _spellings(kind: str, entry: Entry, reserved: tuple[str, ...]) -> Iterator[Any]:
    """Yield the ways to write *entry*, best first; each may turn out to mean others, too.

    A kind with e-mails and names is looked for in the service, which takes a name as it stands there.
    """
    spec = REFERENCES[kind]
    emails = list(_emails(kind, entry))
    names = [
        name
        for key in spec.keys
        if isinstance(raw := entry.row.get(key), str)
        and (name := canon.text(raw))
        and name.strip()
        and is_safe(name)
        and (not spec.emails or name == raw)
    ]
    yield from emails
    if spec.code is not None and len(spec.keys) > 1:
        code = canon.text(entry.row.get(spec.code))
        if code and is_safe(code):
            yield {"code": code}
    for name in names:
        is_other = name in reserved or (bool(spec.emails) and "@" in name)
        yield {"name": name} if is_other else name
    if spec.emails:
        yield from ({"email": email, "name": name} for email in emails for name in names)
