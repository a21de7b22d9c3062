"""Values of custom fields: what a manifest may say for each type the service knows.

Types: checkbox, currency, currency_foreign, date, datetime, dropdown, email, float, input, integer,
multiselect_checkbox, phone, radio, sequence, text_area, url (OAS Field.type_id, DOC fields).
"""

import re
from collections.abc import Callable, Mapping
from datetime import date
from decimal import Decimal, InvalidOperation
from difflib import get_close_matches
from typing import Any, Final, NamedTuple, Protocol

from syncer.kinds.registry import MAIN
from syncer.model.names import CustomField, Entry
from syncer.shapes import canon

CHOICES: Final = frozenset({"dropdown", "radio"})
CHOICE_LISTS: Final = frozenset({"multiselect_checkbox"})
NUMBERS: Final = frozenset({"integer", "float", "currency"})
# Why a field of the type cannot be set.
CLOSED: Final = {
    "sequence": "is numbered by Pipeliner itself",
    "currency_foreign": "holds an amount in two currencies, which manifests cannot say yet",
}
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
_TEXT_HINT: Final = "write text; in quotes where YAML would read a number or a truth value"

_DATE: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_DATE_TIME: Final = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]+)?)?(Z|[+-][0-9]{2}:?[0-9]{2})?"
)
_MOST_DIGITS: Final = 300
_NUMBER: Final = re.compile(r"-?[0-9]+(\.[0-9]+)?")


class Value(NamedTuple):
    """A value in its three forms: as it is compared, as people write it, as the API takes it."""

    canon: Any
    human: Any
    wire: Any


class FaultNoter(Protocol):
    """Notes a problem at the value; returns what to raise."""

    def __call__(self, code: str, detail: str, hint: str = "", same_as: object = None) -> Exception:
        """See `syncer.resolve`."""


def custom_value(
    fields: Mapping[str, CustomField],
    api_name: str,
    value: Any,
    fault: FaultNoter,
    option: Callable[[str, str, int | None], Entry],
) -> Value:
    """Return the value of a custom field in its three forms.

    Args:
        fields: The fields of opportunities by api name.
        api_name: The field.
        value: Scalar, list of texts, or None for "shall be empty".
        fault: Notes a problem.
        option: Finds an option by name, set and place in the list.

    Raises:
        Exception: What `fault` returned, for an unknown field or a value that does not fit its type.
    """
    spec = fields.get(api_name)
    if spec is None:
        raise fault(
            "field-unknown",
            f'Opportunities of this space have no field with the API name "{api_name}".',
            _near(fields, api_name),
            ("field", api_name),
        )
    if spec.system:
        raise fault(
            "field-not-writable",
            f'"{api_name}" is one of Pipeliner\'s own fields; `fields:` is for custom ones.',
            _own_key(api_name),
            ("field", api_name),
        )
    if spec.type in CLOSED:
        raise fault(
            "field-not-writable",
            f"{_named(spec)} {CLOSED[spec.type]}.",
            "delete the line",
            ("field", api_name),
        )
    if value is None:
        return Value(None, None, None)
    return _typed(spec, value, fault, option)


def _near(fields: Mapping[str, CustomField], api_name: str) -> str:
    """Return what may have been meant: an API name like it, or the API name of a label like it."""
    custom = [field for field in fields.values() if not field.system]
    known = {field.label.casefold(): field.api_name for field in custom}
    known |= {field.api_name.casefold(): field.api_name for field in custom}
    plain = api_name.casefold()
    near = get_close_matches(plain, known, n=1, cutoff=0.6) or get_close_matches(
        plain.removeprefix("cf_").replace("_", " "), known, n=1, cutoff=0.6
    )
    if near:
        return f'did you mean "{known[near[0]]}"?'
    if not custom:
        return "there are no custom fields; an administrator can add one in Pipeliner"
    names = sorted(field.api_name for field in custom)
    return "there are: " + ", ".join(names[:15]) + (", …" if len(names) > 15 else "")


def _own_key(api_name: str) -> str:
    for spec in MAIN.fields:
        if spec.wire and api_name in {spec.wire, spec.wire.removesuffix("_id")}:
            return f"write it as {spec.name}:, not under fields:"
    return "manifests cannot set it; delete the line"


def _named(spec: CustomField) -> str:
    return f"{spec.api_name} ({spec.label})" if spec.label != spec.api_name else spec.api_name


def _typed(
    spec: CustomField, value: Any, fault: FaultNoter, option: Callable[[str, str, int | None], Entry]
) -> Value:
    def wrong(why: str = "does not fit") -> Exception:
        return fault(
            "field-type",
            f"{_named(spec)} is of the type {spec.type}; {_shown(value)} {why}.",
            WRITE.get(spec.type, _TEXT_HINT),
        )

    if spec.type in CHOICE_LISTS:
        names = value if isinstance(value, list | tuple) else [value]
        if not all(isinstance(name, str) for name in names):
            raise wrong()
        found = [option(name, spec.data_set or "", index) for index, name in enumerate(names)]
        ids = sorted({entry.id for entry in found})
        return Value(ids or None, sorted(names) or None, ids)
    if isinstance(value, list | tuple | dict):
        raise wrong()
    if spec.type in CHOICES:
        if not isinstance(value, str):
            raise wrong()
        chosen = option(value, spec.data_set or "", None).id
        return Value(chosen, value, chosen)
    if spec.type == "checkbox":
        if not isinstance(value, bool):
            raise wrong()
        return Value(value, value, value)
    if spec.type in NUMBERS:
        exact = _decimal(value)
        if exact is None or (spec.type == "integer" and exact != exact.to_integral_value()):
            raise wrong()
        if (exact and abs(exact.adjusted()) > _MOST_DIGITS) or not _fits_double(plain := canon.number(exact)):
            raise wrong("has more digits than Pipeliner can keep")
        return Value(plain, plain, canon.wire_number(plain))
    if spec.type == "date":
        if not _DATE.fullmatch(str(value)):
            raise wrong()
        try:
            day = date.fromisoformat(str(value)).isoformat()
        except ValueError:
            raise wrong("does not exist") from None
        return Value(day, day, day)
    if spec.type == "datetime":
        if not _DATE_TIME.fullmatch(str(value)):
            raise wrong()
        try:
            moment = canon.date_time(str(value))
        except (ValueError, OverflowError):
            raise wrong("does not exist") from None
        return Value(moment, str(value), moment)
    if not isinstance(value, str):
        raise wrong()
    plain_text = canon.text(value)
    return Value(canon.email_field(value) if spec.type == "email" else plain_text, plain_text, plain_text)


def _decimal(value: Any) -> Decimal | None:
    if isinstance(value, bool) or (isinstance(value, str) and not _NUMBER.fullmatch(value.strip())):
        return None
    try:
        exact = Decimal(str(value))
    except InvalidOperation:
        return None
    return exact if exact.is_finite() else None


def _fits_double(plain: str) -> bool:
    """Tell whether a double keeps a number exactly as it is written."""
    return Decimal(repr(float(plain))) == Decimal(plain)


def _shown(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list | tuple):
        return "a list"
    if isinstance(value, dict):
        return "a mapping"
    return f'"{value}"' if isinstance(value, str) else str(value)
