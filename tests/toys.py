"""Kinds that exist in tests alone, over entities of the sandbox."""

from typing import Final

from syncer.kinds.base import Alike, Kind
from syncer.sandbox.entities import ENTITIES
from syncer.shapes.base import About, Field
from syncer.shapes.email import EMAIL
from syncer.shapes.reference import REFERENCE
from syncer.shapes.text import LINE

COMPANY: Final = Kind(
    name="company",
    section="companies",
    noun=("company", "companies"),
    entity="Accounts",
    wire_name="Account",
    fields=(
        Field("name", LINE, "name", required=True, own=True, about=About("Name", "", "text", ("Acme",))),
        Field(
            "owner",
            REFERENCE,
            "owner_id",
            refers="owner",
            required=True,
            about=About(
                "Owner", "Who looks after it.", "the e-mail address of a user", ("dana@example.com",)
            ),
        ),
        Field("email", EMAIL, "email1", about=About("E-mail", "", "an e-mail address")),
        Field("city", LINE, "city", empty=True, about=About("City", "", "the name of a city")),
    ),
    identity=("name",),
    alone=("email",),
    alike=Alike(told=(("city", "city"),)),
    system=frozenset(name for name, spec in ENTITIES["Account"].fields.items() if not spec.is_custom),
    about=About("Company", "One company.", "fields such as name and owner"),
)
