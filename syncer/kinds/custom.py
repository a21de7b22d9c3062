"""Custom fields: how they are spelled beside the standard ones.

`fields: {cf_region: EMEA}` in a manifest is the path `fields.cf_region` everywhere else.
"""

from collections.abc import Mapping
from functools import lru_cache
from typing import Final

from syncer.model.names import CustomField
from syncer.shapes.base import About, Field, Shape
from syncer.shapes.choice import CHOICE, CHOICES
from syncer.shapes.date import ANY_DATE
from syncer.shapes.email import EMAIL
from syncer.shapes.flag import FLAG
from syncer.shapes.moment import MOMENT
from syncer.shapes.number import NUMBER, WHOLE
from syncer.shapes.text import TEXT
from syncer.shapes.untyped import UNTYPED

SECTION: Final = "fields"
_PREFIX: Final = f"{SECTION}."
# The types of the service (OAS Field.type_id, DOC fields); what it is not among is text.
_SHAPES: Final[Mapping[str, Shape]] = {
    "checkbox": FLAG,
    "currency": NUMBER,
    "date": ANY_DATE,
    "datetime": MOMENT,
    "dropdown": CHOICE,
    "email": EMAIL,
    "float": NUMBER,
    "integer": WHOLE,
    "multiselect_checkbox": CHOICES,
    "radio": CHOICE,
}
# Why a field of the type cannot be set.
CLOSED: Final = {
    "sequence": "is numbered by Pipeliner itself",
    "currency_foreign": "holds an amount in two currencies, which manifests cannot say yet",
}
# What to write for a field of the type.
WRITE: Final = {
    "checkbox": "write true or false",
    "date": "write a date such as 2027-03-31",
    "datetime": "write a time such as 2027-03-31T14:00:00Z; without a zone it counts as UTC",
    "integer": "write a whole number such as 250",
    "float": "write a number such as 0.15",
    "currency": "write a number such as 1500.00, without a currency",
    "dropdown": "write the name of one option",
    "radio": "write the name of one option",
    "multiselect_checkbox": "write a list of options such as [First, Second]",
}
_WRITE_TEXT: Final = "write text; in quotes where YAML would read a number or a truth value"


def field_path(path: str) -> str:
    """Return the path of the field that a part belongs to: `value.amount`, `contacts[x].primary`."""
    whole = path.partition("[")[0]
    return whole if is_custom(whole) else whole.partition(".")[0]


def path_of(api_name: str) -> str:
    """Return the path of the custom field *api_name*."""
    return _PREFIX + api_name


def is_custom(path: str) -> bool:
    """Tell whether *path* is that of a custom field."""
    return path.startswith(_PREFIX)


def api_name(path: str) -> str | None:
    """Return the API name of the custom field at *path*; None when it is a standard one."""
    return path[len(_PREFIX) :] if path.startswith(_PREFIX) else None


def untyped(path: str) -> Field:
    """Return the custom field at *path* as it is read, when its type is not known."""
    return Field(path, UNTYPED, api_name(path))


@lru_cache(4096)
def typed(row: CustomField) -> Field:
    """Return the field that a row of the service's list defines."""
    about = About(
        row.label,
        f"{row.label} ({row.type}); null for empty.",
        WRITE.get(row.type, _WRITE_TEXT),
    )
    return Field(
        path_of(row.api_name),
        _SHAPES.get(row.type, TEXT),
        row.api_name,
        empty=True,
        options=row.data_set,
        about=about,
    )
