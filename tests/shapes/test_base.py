"""What every sort of value has in common: one suite that each of them passes."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from syncer.model.declared import Money, Reference
from syncer.model.names import Entry
from syncer.model.span import ValuePath
from syncer.shapes import canon
from syncer.shapes.base import About, Field, LinkEntity, Rate, RoleRows, Shape
from syncer.shapes.choice import CHOICE, CHOICES
from syncer.shapes.date import DATE
from syncer.shapes.email import EMAIL
from syncer.shapes.flag import FLAG
from syncer.shapes.links import LINKS
from syncer.shapes.moment import MOMENT
from syncer.shapes.money import MONEY
from syncer.shapes.number import NUMBER, WHOLE
from syncer.shapes.reference import REFERENCE
from syncer.shapes.text import LINE, TEXT
from syncer.shapes.untyped import UNTYPED

ABOUT = About("Title", "A sentence.", "something", ("example",))
ROLES = RoleRows("roles", "Roles", "link_id", "role_id", refers="role", name="role")
LINK = LinkEntity("Relations", "contact_id", "parent_id", ROLES)
FORMS = {"owner": ("email",), "currency": ("code",), "contact": ("email",)}


class Space:
    """Knows every record by a name made of its id, and one rate."""

    def label(self, kind: str, id_: str | None) -> str:
        return f"{kind} {id_}"

    def written(self, kind: str, id_: str | None) -> str:
        return f"{id_}@{kind}"

    def option(self, text: str, options: str, index: int | None) -> Entry:
        del index
        return Entry(f"id of {text}", (text,), (), options, {})

    def one(self, reference: Reference, path: ValuePath) -> Entry:
        del path
        return Entry(f"id of {reference}", (), (), None, {})

    def said(self, reference: Reference, found: Entry) -> str:
        del found
        return str(reference)

    def rate(self, currency: Reference | None, path: ValuePath) -> Rate:
        del currency, path
        return Rate("eur", "EUR", Decimal("0.5"), "0.5")

    def refused(self, path: ValuePath, code: str, detail: str, hint: str) -> Exception:
        raise AssertionError((path, code, detail, hint))


CASES: list[tuple[Shape, Mapping[str, Any], Any]] = [
    (LINE, {}, "text"),
    (TEXT, {}, "two\nlines"),
    (EMAIL, {}, "Info@X.example"),
    (DATE, {}, date(2027, 3, 31)),
    (MOMENT, {}, "2027-03-31T10:00:00Z"),
    (FLAG, {}, True),
    (NUMBER, {}, "0.5"),
    (WHOLE, {}, 12),
    (CHOICE, {"options": "set"}, "one"),
    (CHOICES, {"options": "set"}, ["two", "one"]),
    (REFERENCE, {"refers": "owner"}, Reference("owner", text="a@b.example")),
    (MONEY, {"refers": "currency"}, Money(Decimal("10.5"))),
]
ALL = [*CASES, (LINKS, {"refers": "contact", "link": LINK}, None), (UNTYPED, {}, None)]


def field(shape: Shape, more: Mapping[str, Any]) -> Field:
    return Field("x", shape, "wire_x", about=ABOUT, **more)


@pytest.mark.parametrize(("shape", "more", "written"), CASES, ids=lambda value: getattr(value, "name", ""))
def test_what_is_sent_is_read_back_as_what_was_meant(
    shape: Shape, more: Mapping[str, Any], written: Any
) -> None:
    spec = field(shape, more)

    value = shape.resolve(written, spec, Space())
    wire = value.wire if shape in (NUMBER, WHOLE) else shape.write(value.canon, spec)

    assert canon.same(value.canon, shape.read(wire, spec))


@pytest.mark.parametrize(("shape", "more", "written"), ALL, ids=lambda value: getattr(value, "name", ""))
def test_nothing_stays_nothing(shape: Shape, more: Mapping[str, Any], written: Any) -> None:
    del written
    spec = field(shape, more)

    assert shape.read(None, spec) in (None, {})
    assert shape.show(None, spec, Space()) is None
    assert shape.ids(None, spec) == []


@pytest.mark.parametrize(("shape", "more", "written"), ALL, ids=lambda value: getattr(value, "name", ""))
def test_it_is_loaded_and_described(shape: Shape, more: Mapping[str, Any], written: Any) -> None:
    del written
    spec = field(shape, more)

    assert shape.name
    assert shape.load(spec)[0].startswith("wire_x")
    assert all(relation.startswith("wire_x") for relation in shape.expand(spec))
    assert shape.schema(spec, FORMS)
    assert set(shape.json) <= {"type", "format", "examples"}


def test_linked_records_and_their_roles_are_named() -> None:
    spec = field(LINKS, {"refers": "contact", "link": LINK})
    links = {"c": {"primary": True, "roles": ["r"]}}

    assert LINKS.ids(links, spec) == [("contact", "c"), ("role", "r")]
    assert LINKS.show(links, spec, Space()) == [{"contact": "c@contact", "primary": True, "role": "role r"}]
    assert LINKS.write(links, spec) == [{"contact_id": "c", "is_primary": True, "roles": [{"role_id": "r"}]}]


def test_an_amount_names_its_currency() -> None:
    spec = field(MONEY, {"refers": "currency"})
    amount = {"amount": "5", "currency": "eur", "base": "10", "rate": "0.5"}

    assert MONEY.ids(amount, spec) == [("currency", "eur")]
    assert MONEY.show(amount, spec, Space()) == {"amount": "5.00", "currency": "eur@currency"}
    assert MONEY.write(amount, spec) == {"base_value": 10, "currency_id": "eur", "value_foreign": 5}
