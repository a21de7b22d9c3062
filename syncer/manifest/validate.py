"""Values against the published schemas, and what does not fit in a sentence each.

jsonschema-rs says quickly whether everything fits; only when it does not, jsonschema says what.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from decimal import Decimal
from functools import cache
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import jsonschema_rs

from syncer import resources
from syncer.errors import Problem
from syncer.manifest.source import Source
from syncer.manifest.words import name_of, nearest, shown, type_of
from syncer.span import Mark, Span, ValuePath

if TYPE_CHECKING:
    from jsonschema.exceptions import ValidationError

# What people write for what is meant, where no spelling leads there.
_SYNONYMS: Final = {
    "amount": "value",
    "client": "account",
    "close_date": "closing_date",
    "closed": "closing_date",
    "company": "account",
    "contact": "contacts",
    "currency": "value",
    "custom": "fields",
    "custom_fields": "fields",
    "customer": "account",
    "date": "closing_date",
    "expected_close": "closing_date",
    "organisation": "account",
    "organization": "account",
    "people": "contacts",
    "price": "value",
    "sales_rep": "owner",
    "sales_unit": "unit",
    "source": "lead_source",
    "stage": "step",
    "status": "state",
    "title": "name",
    "user": "owner",
}


# jsonschema.exceptions.ValidationError, whose attributes are typed as if they could be unset.
_Error = Any


class Fault(NamedTuple):
    """One thing that does not fit.

    Attributes:
        code: Of the problem.
        path: Where, from the top of the value.
        detail: In a sentence.
        hint: What to do.
        key: The key at `path` is at fault, not its value.
    """

    code: str
    path: ValuePath
    detail: str
    hint: str = ""
    key: bool = False


_NONE_BAD: Final[Mapping[str, frozenset[str] | None]] = {}


class Checked(NamedTuple):
    """What the schema says of a manifest.

    Attributes:
        problems: All of it.
        bad: For each opportunity with problems the fields that have some; None when it is none at all.
        bad_defaults: The fields of the defaults that have some.
        usable: Whether the file is a mapping of opportunities at all.
    """

    problems: tuple[Problem, ...] = ()
    bad: Mapping[str, frozenset[str] | None] = _NONE_BAD
    bad_defaults: frozenset[str] | None = frozenset()
    usable: bool = True


def address_of(key: str) -> str:
    """Return the address of the opportunity *key*."""
    return f"opportunity.{key}"


def check_manifest(source: Source, value: Any, keys: Mapping[str, Mark]) -> Checked:
    """Check the value of a manifest file.

    Args:
        source: The file.
        value: What it holds.
        keys: Places of the opportunities' keys.
    """
    if value is None or _fast("manifest", "").is_valid(value):
        return Checked()
    entries = value.get("opportunities") if isinstance(value, dict) else None
    if not isinstance(entries, dict):
        entries = {}
    head = {**value, "opportunities": dict.fromkeys(entries, _EMPTY)} if entries else value
    problems: list[Problem] = []
    bad_defaults: set[str] = set()
    all_defaults_bad = False
    for fault in faults(head, "manifest"):
        problems.append(_problem(source, fault))
        if fault.path[:1] == ("defaults",):
            all_defaults_bad |= len(fault.path) == 1
            bad_defaults.update(map(str, fault.path[1:2]))
    bad: dict[str, frozenset[str] | None] = {}
    entry_schema = _fast("manifest", "opportunity")
    for key, entry in entries.items():
        if entry_schema.is_valid(entry):
            continue
        found = list(faults(_without_good_fields(entry), "manifest", "opportunity"))
        bad[key] = frozenset(str(fault.path[0]) for fault in found) if all(f.path for f in found) else None
        problems += (
            _problem(source, fault, ("opportunities", key), address_of(key), keys.get(key)) for fault in found
        )
    usable = isinstance(value, dict) and (entries or value.get("opportunities") is None)
    return Checked(
        tuple(problems), bad, None if all_defaults_bad else frozenset(bad_defaults), usable=bool(usable)
    )


def check_project(source: Source, value: Any) -> list[Problem]:
    """Check the value of a project file."""
    if _fast("project", "").is_valid(value):
        return []
    return [_problem(source, fault) for fault in faults(value, "project")]


def _without_good_fields(entry: Any) -> Any:
    """Return *entry* with only what does not fit: jsonschema is slow, and mostly one field is at fault."""
    if not isinstance(entry, dict):
        return entry
    known = resources.schema("manifest")["$defs"]["opportunity"]["properties"]
    return {
        name: value
        for name, value in entry.items()
        if name not in known or not _fast("manifest", f"opportunity/properties/{name}").is_valid(value)
    }


_EMPTY: Final[dict[str, Any]] = {}


def _problem(
    source: Source,
    fault: Fault,
    base: ValuePath = (),
    address: str | None = None,
    fallback: Mark | None = None,
) -> Problem:
    span, depth = source.find((*base, *fault.path), key=fault.key)
    if fallback is not None and depth <= len(base):
        span = Span(source.name, *fallback)
    return source.problem(fault.code, fault.detail, span, fault.hint, address=address)


def _part(name: str, definition: str) -> dict[str, Any]:
    whole = resources.schema(name)
    if not definition:
        return whole
    return {"$schema": whole["$schema"], "$ref": f"#/$defs/{definition}", "$defs": whole["$defs"]}


@cache
def _fast(name: str, definition: str) -> jsonschema_rs.Draft202012Validator:
    return jsonschema_rs.Draft202012Validator(_part(name, definition))


@cache
def _slow(name: str, definition: str) -> Any:
    # Imported where something is wrong: it costs more than everything else that `validate` imports.
    import jsonschema  # noqa: PLC0415

    def is_integer(_checker: Any, instance: Any) -> bool:
        if isinstance(instance, bool):
            return False
        return isinstance(instance, int) or (isinstance(instance, Decimal) and instance == int(instance))

    base = jsonschema.Draft202012Validator
    checker = base.TYPE_CHECKER.redefine("integer", is_integer)
    validator = jsonschema.validators.extend(  # type: ignore[no-untyped-call]
        base, {"pattern": _pattern}, type_checker=checker
    )
    return validator(_part(name, definition))


def _pattern(_validator: Any, pattern: str, instance: Any, _schema: Any) -> "Iterator[ValidationError]":
    import re  # noqa: PLC0415

    from jsonschema.exceptions import ValidationError  # noqa: PLC0415

    # ECMA's `$` is the end of the text; Python's would also match before a last line feed.
    if isinstance(instance, str) and not re.search(pattern.replace("$", r"\Z"), instance):
        yield ValidationError(f"{instance!r} does not match {pattern!r}")


def faults(value: Any, name: str, definition: str = "") -> Iterator[Fault]:
    """Yield what does not fit the schema *name*, or one *definition* of it; nothing when all fits."""
    for error in _slow(name, definition).iter_errors(value):
        yield from _faults(error)


def _faults(error: _Error) -> Iterator[Fault]:
    path: ValuePath = tuple(error.absolute_path)
    translate = _TRANSLATIONS.get(str(error.validator), _any_other)
    yield from translate(error, path)


def _any_of(error: _Error, path: ValuePath) -> Iterator[Fault]:
    """Reduce the errors of all alternatives to those of the one that was meant."""
    branches: dict[Any, list[_Error]] = {}
    for inner in error.context or ():
        branches.setdefault(inner.relative_schema_path[0], []).append(inner)
    if all(
        inner.validator == "required" and not inner.relative_path for b in branches.values() for inner in b
    ):
        names = [f"`{name}`" for schema in error.validator_value for name in schema["required"]]
        listed = ", ".join(names[:-1]) + " or " + names[-1]
        yield Fault("missing-field", path, f"{_subject(path)} needs {listed}.")
        return
    meant = [
        inner
        for inner in branches.values()
        if not any(e.validator in ("type", "const") and not e.relative_path for e in inner)
    ]
    if meant:
        for inner in meant[0]:
            yield from _faults(inner)
        return
    yield _wrong_type(error, path)


def _wrong_type(error: _Error, path: ValuePath) -> Fault:
    value = error.instance
    expects = _expects_of(error)
    name = _subject(path, error.schema)
    if value is None:
        if path and path[-1] in ("account", "accounts"):
            return Fault("account-missing", path, f"{name} is empty.", ACCOUNT_HINT)
        return Fault("missing-field", path, f"{name} is empty; it should be {expects}.")
    what = type_of(value) if not isinstance(value, bool) else shown(value)
    return Fault("wrong-type", path, f"{name} is {what}; it should be {expects}.", _type_hint(error, path))


ACCOUNT_HINT: Final = "name the account, or say on purpose that there is none:\naccount: none"


# Quotes would not make these right.
_UNQUOTED: Final = frozenset({"closing_date", "value", "amount", "max_value"})


def _type_hint(error: _Error, path: ValuePath) -> str:
    value, schema = error.instance, error.schema
    allowed = _types(schema)
    step = path[-1] if path else None
    if isinstance(value, int | Decimal) and "string" in allowed and step not in _UNQUOTED:
        text = shown(value)
        quoted = f'"{text}"'
        return (
            f"put it in quotes: {step}: {quoted}" if isinstance(step, str) else f"put it in quotes: {quoted}"
        )
    if isinstance(value, str) and allowed <= {"boolean", "null"}:
        return "write true or false, without quotes"
    if isinstance(value, str) and "integer" in allowed and value.isdecimal():
        return f"write it without quotes: {step}: {value}"
    if isinstance(value, str) and "array" in allowed and isinstance(step, str):
        return f"write it in brackets: {step}: [{value}]"
    return ""


def _types(schema: Any) -> frozenset[str]:
    """Return the JSON types that a schema names, its alternatives included."""
    types = schema.get("type", ())
    found = {types} if isinstance(types, str) else set(types)
    for branch in schema.get("anyOf", ()):
        reference = branch.get("$ref", "")
        found |= _types(
            resources.schema("manifest")["$defs"][reference.rpartition("/")[2]] if reference else branch
        )
    return frozenset(found)


def _type(error: _Error, path: ValuePath) -> Iterator[Fault]:
    yield _wrong_type(error, path)


def _additional(error: _Error, path: ValuePath) -> Iterator[Fault]:
    known = error.schema["properties"] if isinstance(error.schema, dict) else {}
    for name in error.instance:
        if name in known:
            continue
        where = f" of {name_of(path)}" if path else ""
        meant = _SYNONYMS.get(name.casefold().replace("-", "_"))
        meant = meant if meant in known else nearest(name, known)
        if name.startswith("cf_") and "fields" in known:
            hint = f"custom fields go under fields:\nfields: {{{name}: …}}"
        elif name == "currency" and "value" in known:
            hint = "the currency belongs to the value: value: 100 USD"
        elif meant:
            hint = f'did you mean "{meant}"?'
        else:
            hint = "known fields: " + ", ".join(known)
        yield Fault(
            "unknown-field", (*path, name), f"There is no field {shown(name)}{where}.", hint, key=True
        )


def _required(error: _Error, path: ValuePath) -> Iterator[Fault]:
    for name in error.validator_value:
        if name not in error.instance:
            expects = _expects(error.schema["properties"][name]) if isinstance(error.schema, dict) else ""
            example = f"it is {expects}" if expects else ""
            yield Fault("missing-field", path, f"{_subject(path)} has no `{name}`.", example, key=True)


def _choice(error: _Error, path: ValuePath) -> Iterator[Fault]:
    value = error.instance
    if path[-1:] == ("version",):
        yield Fault(
            "unsupported-version",
            path,
            f"Version {shown(value)} is not known; this syncer reads version 1.",
            "write version: 1",
        )
        return
    allowed = error.validator_value if error.validator == "enum" else [error.validator_value]
    words = ", ".join(map(str, allowed))
    if value is None:
        yield Fault("missing-field", path, f"{name_of(path)} is empty; it should be {_expects_of(error)}.")
        return
    meant = nearest(value, map(str, allowed)) if isinstance(value, str) else None
    hint = f'did you mean "{meant}"?' if meant else ""
    shown_value = shown(value) if isinstance(value, str | int | Decimal) else type_of(value)
    yield Fault("bad-value", path, f"{name_of(path)} is {shown_value}; allowed: {words}.", hint)


def _too_short(error: _Error, path: ValuePath) -> Iterator[Fault]:
    if error.validator == "minItems" and path[-1:] == ("accounts",):
        yield Fault("account-missing", path, f"{name_of(path)} is an empty list.", ACCOUNT_HINT)
        return
    yield Fault("missing-field", path, f"{name_of(path)} is empty; it should be {_expects_of(error)}.")


def _max_properties(error: _Error, path: ValuePath) -> Iterator[Fault]:
    known = [f"`{name}`" for name in error.schema["properties"]] if isinstance(error.schema, dict) else []
    yield Fault("bad-value", path, f"{name_of(path)} takes only one of {' or '.join(known)}.")


def _not_matching(error: _Error, path: ValuePath) -> Iterator[Fault]:
    value = error.instance
    if "propertyNames" in error.absolute_schema_path:
        yield _bad_name(path, value)
        return
    yield Fault("bad-value", path, f"{name_of(path)} is {shown(value)}; it should be {_expects_of(error)}.")


def _bad_name(path: ValuePath, name: str) -> Fault:
    if path == ("opportunities",):
        return Fault(
            "bad-key",
            (*path, name),
            f"{shown(name)} is no key: keys have 1 to 100 of a-z, 0-9, dot, dash and underscore "
            "and begin with a letter or a digit.",
            key_hint(name),
            key=True,
        )
    allowed = (
        "letters, digits, dashes and underscores"
        if path == ("spaces",)
        else "the API name of a field: letters, digits and underscores"
    )
    return Fault(
        "bad-key",
        (*path, name),
        f"{shown(name)} is not allowed in {name_of(path)}.",
        f"use {allowed}",
        key=True,
    )


def key_hint(name: str) -> str:
    """Return a hint with a key made out of *name*."""
    import re  # noqa: PLC0415
    import unicodedata  # noqa: PLC0415

    ascii_name = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    key = re.sub(r"[^a-z0-9._]+", "-", ascii_name).strip("-._")[:100].rstrip("-._")
    return f"write {key}" if key else "such as acme-renewal-2027"


def _too_small(error: _Error, path: ValuePath) -> Iterator[Fault]:
    yield Fault("bad-value", path, f"{name_of(path)} is {shown(error.instance)}; it cannot be negative.")


def _without_name(_error: _Error, path: ValuePath) -> Iterator[Fault]:
    yield Fault(
        "bad-value",
        path,
        f"{name_of(path)} leaves out name; without it, unlike opportunities would be taken for one.",
        "add name to the list",
    )


def _not_unique(_error: _Error, path: ValuePath) -> Iterator[Fault]:
    yield Fault("bad-value", path, f"{name_of(path)} names something twice.")


def _any_other(error: _Error, path: ValuePath) -> Iterator[Fault]:
    yield Fault("bad-value", path, f"{_subject(path)} is not allowed; it should be {_expects_of(error)}.")


_TRANSLATIONS: Final[dict[str, Callable[[_Error, ValuePath], Iterable[Fault]]]] = {
    "additionalProperties": _additional,
    "anyOf": _any_of,
    "const": _choice,
    "contains": _without_name,
    "enum": _choice,
    "maxLength": _not_matching,
    "maxProperties": _max_properties,
    "minItems": _too_short,
    "minLength": _too_short,
    "minProperties": _too_short,
    "minimum": _too_small,
    "pattern": _not_matching,
    "required": _required,
    "type": _type,
    "uniqueItems": _not_unique,
}


def _subject(path: ValuePath, schema: Any = None) -> str:
    return name_of(path) or f"The {(schema or {}).get('title', 'file').lower()}"


def _expects_of(error: _Error) -> str:
    """Return what was expected, in the words of the schema or of the nearest one around it."""
    found = _expects(error.schema)
    while not found and error.parent is not None:
        error = error.parent
        found = _expects(error.schema)
    return found or "something else"


def _expects(schema: Any) -> str:
    if isinstance(schema, dict):
        if "x-expects" in schema:
            return str(schema["x-expects"])
        if "$ref" in schema:
            return _expects(resources.schema("manifest")["$defs"][schema["$ref"].rpartition("/")[2]])
    return ""
