"""Values of custom fields: which field is meant, and what a manifest may say for its type."""

from collections.abc import Callable, Mapping
from difflib import get_close_matches
from typing import Any, Protocol

from syncer.kinds.base import Kind
from syncer.kinds.custom import CLOSED, typed
from syncer.model.declared import Reference
from syncer.model.names import CustomField, Entry
from syncer.model.span import ValuePath
from syncer.shapes.base import Misfit, Rate, Value


class FaultNoter(Protocol):
    """Notes a problem at the value; returns what to raise."""

    def __call__(self, code: str, detail: str, hint: str = "", same_as: object = None) -> Exception:
        """See `syncer.resolve`."""


def custom_value(
    kind: Kind,
    fields: Mapping[str, CustomField],
    api_name: str,
    value: Any,
    fault: FaultNoter,
    option: Callable[[str, str, int | None], Entry],
) -> Value:
    """Return the value of a custom field in its three forms.

    Args:
        kind: Of the record.
        fields: Its fields by api name.
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
            f'{kind.noun[1].capitalize()} of this space have no field with the API name "{api_name}".',
            _near(fields, api_name),
            ("field", api_name),
        )
    if spec.system:
        raise fault(
            "field-not-writable",
            f'"{api_name}" is one of Pipeliner\'s own fields; `fields:` is for custom ones.',
            _own_key(kind, api_name),
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
    field = typed(spec)
    try:
        return field.shape.resolve(value, field, _Options(option))
    except Misfit as why:
        raise fault(
            "field-type",
            f"{_named(spec)} is of the type {spec.type}; {_shown(value)} {str(why) or 'does not fit'}.",
            field.about.expects,
        ) from None


class _Options:
    """What the value of a custom field may ask of the space: its options."""

    def __init__(self, option: Callable[[str, str, int | None], Entry]) -> None:
        self.option = option

    def one(self, reference: Reference, _path: ValuePath) -> Entry:
        raise NotImplementedError(reference)

    def said(self, reference: Reference, _found: Entry) -> str:
        raise NotImplementedError(reference)

    def rate(self, currency: Reference | None, _path: ValuePath) -> Rate:
        raise NotImplementedError(currency)

    def refused(self, _path: ValuePath, _code: str, detail: str, _hint: str) -> Exception:
        raise NotImplementedError(detail)


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


def _own_key(kind: Kind, api_name: str) -> str:
    for spec in kind.fields:
        if spec.wire and api_name in {spec.wire, spec.wire.removesuffix("_id")}:
            return f"write it as {spec.name}:, not under fields:"
    return "manifests cannot set it; delete the line"


def _named(spec: CustomField) -> str:
    return f"{spec.api_name} ({spec.label})" if spec.label != spec.api_name else spec.api_name


def _shown(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list | tuple):
        return "a list"
    if isinstance(value, dict):
        return "a mapping"
    return f'"{value}"' if isinstance(value, str) else str(value)
