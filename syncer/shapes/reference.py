"""One other record, by its id."""

from collections.abc import Mapping
from sys import intern
from typing import Any, Final

from syncer.model import pending
from syncer.model.declared import Reference
from syncer.model.names import Labels
from syncer.model.span import ValuePath
from syncer.shapes import canon
from syncer.shapes.base import About, At, Field, Forms, Names, Plain, Schema, Spellings, Value, ref
from syncer.shapes.text import control_in
from syncer.shapes.words import name_of


class ReferenceShape(Plain):
    """The id of a record of the kind the field refers to."""

    name = "reference"
    repeats = True

    def parse(self, raw: Any, field: Field, at: At, name: str) -> Reference | None:
        """Return the name, or the forms that say what the name is."""
        return None if raw is None else named(field.refers or "", raw, (name,), at)

    def resolve(self, written: Reference, field: Field, names: Names) -> Value:
        """Return the id of the record."""
        found = names.one(written, (field.name,))
        return Value(found.id, names.said(written, found), found.id)

    def read(self, wire: Any, _field: Field) -> Any:
        """Return the id."""
        return shared(pending.from_wire(wire)) or None

    def write(self, canonical: Any, _field: Field) -> Any:
        """Return the id."""
        return None if canonical is None else pending.to_wire(canonical)

    def bind(self, canonical: Any, ids: Mapping[str, str]) -> Any:
        """Return the id, now that it is known."""
        return ids.get(canonical, canonical)

    def ids(self, canonical: Any, field: Field) -> list[tuple[str, str]]:
        """Return the one record."""
        return [(field.refers or "", canonical)] if canonical else []

    def show(self, canonical: Any, field: Field, labels: Labels) -> Any:
        """Return the record as a manifest would name it."""
        return None if canonical is None else labels.written(field.refers or "", canonical)

    def spell(self, canonical: Any, field: Field, names: Spellings) -> Any:
        """Return the record by a name that no other one has, else by its id."""
        kind = field.refers or ""
        if field.within is not None:
            return names.inside(kind, canonical, field.within, names.beside(field.within))
        if kind == "option":
            return names.listed_option(canonical, field.listed_as)
        return names.named(kind, canonical)

    def schema(self, field: Field, forms: Forms) -> Schema:
        """Return the JSON schema of a name, and of the forms that say what the name is."""
        kind = field.refers or ""
        return spelled(field.about, kind, forms[kind], empty=field.empty)


REFERENCE: Final = ReferenceShape()


def shared(id_: Any) -> Any:
    """Return an id as the one object for all records that hold it: many hold the same few."""
    return intern(id_) if id_.__class__ is str else id_


def named(kind: str, raw: Any, path: ValuePath, at: At) -> Reference:
    """Return the reference to a record of *kind* that is written at *path*.

    Raises:
        Faulty: It says nothing, or two things.
    """
    if isinstance(raw, str):
        known = at.references.get((kind, raw))
        if known is None:
            check_name(raw, path, at)
            known = at.references[kind, raw] = Reference(kind, text=raw)
        return known
    email, name, identifier, key = raw.get("email"), raw.get("name"), raw.get("id"), raw.get("ref")
    words = "name" if name is not None or email is not None else ""
    for article, alone, other in (
        ("an id", identifier, words or ("ref" if key else "")),
        ("a ref", key, words),
    ):
        if alone is not None and other:
            what = article.split()[1]
            detail = f"{name_of(path)} has {article} and a {other}; the {what} stands alone."
            raise at.note("bad-value", path, detail)
    for part in ("email", "name"):
        if part in raw:
            check_name(raw[part], (*path, part), at)
    return Reference(kind, name=name, email=email, id=identifier.lower() if identifier else None, ref=key)


def check_name(text: str, path: ValuePath, at: At) -> None:
    """Raise Faulty, with a problem noted, when *text* can be the name of nothing."""
    if not text.strip():
        raise at.note("missing-field", path, f"{name_of(path)} is blank.")
    if control_in(text, lines=False):
        raise at.note("bad-value", path, f"{name_of(path)} holds a line break or a control character.")


def identity_of(reference: Reference) -> tuple[str, ...]:
    """Return what makes two references as written the same record."""
    if reference.id:
        return ("id", reference.id)
    if reference.ref:
        return ("ref", reference.ref)
    email = reference.email or (reference.text if reference.is_email else None)
    name = reference.name or (reference.text if not email else None)
    return ("named", canon.email((email or "").strip()), (name or "").strip())


_FORMS: Final = {
    "email": "E-mail address of the record, matched without regard to case.",
    "name": "Exact name of the record.",
    "code": "Code of the currency.",
}
_NO_MORE: Final[Mapping[str, Schema]] = {}


def spelled(
    about: About,
    kind: str,
    forms: tuple[str, ...],
    more: Mapping[str, Schema] = _NO_MORE,
    *,
    empty: bool = False,
) -> Schema:
    """Return the JSON schema of a reference.

    Args:
        about: What people read of it.
        kind: Of the record that is meant.
        forms: How it is spelled.
        more: What may be said beside it.
        empty: null may be written.
    """
    one: Schema = {
        "type": "object",
        "properties": {"id": ref("id")} | {form: form_of(kind, form, _FORMS) for form in forms} | dict(more),
        "additionalProperties": False,
        "minProperties": 1,
    }
    if more:
        one["anyOf"] = [{"required": [form]} for form in (*forms, "id")]
    elif len(forms) == 1:
        one["maxProperties"] = 1  # else a name and an e-mail together may tell one from others
    nothing: list[Schema] = [{"type": "null"}] if empty else []
    return about.schema() | {"anyOf": [*nothing, ref("text"), one]}


def form_of(kind: str, form: str, described: Mapping[str, str]) -> Schema:
    """Return the JSON schema of a record of *kind* in one of its forms: by its key, or as *described*."""
    return ref(f"{kind}_key") if form == "ref" else ref("text") | {"description": described[form]}
