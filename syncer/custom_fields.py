"""Values of custom fields: what a manifest may say for each type the service knows.

Types: checkbox, currency, currency_foreign, date, datetime, dropdown, email, float, input, integer,
multiselect_checkbox, phone, radio, sequence, text_area, url (OAS Field.type_id, DOC fields).
"""

from collections.abc import Callable, Mapping
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from difflib import get_close_matches
from typing import Any, Final, NamedTuple, Protocol

from syncer import canon
from syncer.directory import CustomField, Entry

TEXTS: Final = frozenset({"input", "text_area", "email", "phone", "url"})
CHOICES: Final = frozenset({"dropdown", "radio"})
CHOICE_LISTS: Final = frozenset({"multiselect_checkbox"})
NUMBERS: Final = frozenset({"integer", "float", "currency"})
COMPUTED: Final = frozenset({"sequence"})


class Value(NamedTuple):
    """A value in its three forms: as it is compared, as people write it, as the API takes it."""

    canon: Any
    human: Any
    wire: Any


class Fault(Protocol):
    """Notes a problem at the value; returns what to raise."""

    def __call__(self, code: str, detail: str, hint: str = "", same_as: object = None) -> Exception:
        """See `syncer.resolve`."""


type_names: Final = {
    "checkbox": "true or false",
    "date": "a date such as 2027-03-31",
    "datetime": "a time such as 2027-03-31T14:00:00Z",
    "integer": "a whole number",
    "float": "a number",
    "currency": "a number",
    "currency_foreign": "not settable yet",
    "multiselect_checkbox": "a list of options",
}


def custom_value(
    fields: Mapping[str, CustomField],
    api_name: str,
    value: Any,
    fault: Fault,
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
        custom = {name: name for name, known in fields.items() if not known.system}
        labels = {known.label.casefold(): name for name, known in fields.items() if not known.system}
        near = get_close_matches(api_name, custom, n=1, cutoff=0.6) or [
            labels[label] for label in get_close_matches(api_name.casefold(), labels, n=1, cutoff=0.6)
        ]
        hint = f'did you mean "{near[0]}"?' if near else ""
        if not near and custom:
            hint = "custom fields of opportunities: " + ", ".join(sorted(custom)[:15])
        raise fault(
            "field-unknown",
            f'Opportunities of this space have no field with the api name "{api_name}".',
            hint,
            ("field", api_name),
        )
    if spec.system:
        raise fault(
            "field-not-writable",
            f'"{api_name}" is one of the service\'s own fields, not a custom one.',
            "set it by its own key of the manifest, if it has one",
            ("field", api_name),
        )
    if spec.type in COMPUTED or spec.type == "currency_foreign":
        why = "is numbered by the service" if spec.type in COMPUTED else "holds a value in two currencies"
        raise fault(
            "field-not-writable",
            f'"{api_name}" {why} and cannot be set by a manifest.',
            same_as=("field", api_name),
        )
    if value is None:
        return Value(None, None, None)
    return _typed(spec, value, fault, option)


def _typed(
    spec: CustomField, value: Any, fault: Fault, option: Callable[[str, str, int | None], Entry]
) -> Value:
    def wrong() -> Exception:
        wanted = type_names.get(
            spec.type, "the name of an option" if spec.type in CHOICES else "text in quotes"
        )
        return fault(
            "field-type",
            f'{spec.api_name} ("{spec.label}") is of the type {spec.type}; {_shown(value)} does not fit.',
            f"write {wanted}",
        )

    if spec.type in CHOICE_LISTS:
        names = value if isinstance(value, list | tuple) else [value]
        if not all(isinstance(name, str) for name in names):
            raise wrong()
        found = [option(name, spec.data_set or "", index) for index, name in enumerate(names)]
        ids = sorted({entry.id for entry in found})
        return Value(ids or None, sorted(names), ids)
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
        plain = canon.number(exact)
        return Value(plain, plain, canon.wire_number(plain))
    if spec.type == "date":
        try:
            day = date.fromisoformat(str(value)).isoformat()
        except ValueError:
            raise wrong() from None
        return Value(day, day, day)
    if spec.type == "datetime":
        try:
            datetime.fromisoformat(str(value))
        except ValueError:
            raise wrong() from None
        moment = canon.date_time(str(value))
        return Value(moment, str(value), moment)
    if not isinstance(value, str):
        raise wrong()
    plain_text = canon.text(value)
    return Value(plain_text, plain_text, plain_text)


def _decimal(value: Any) -> Decimal | None:
    if isinstance(value, bool):
        return None
    try:
        exact = Decimal(str(value))
    except InvalidOperation:
        return None
    return exact if exact.is_finite() else None


def _shown(value: Any) -> str:
    return "true" if value is True else "false" if value is False else f'"{value}"'
