"""Values against the published schemas, and what does not fit in a sentence each.

jsonschema-rs says quickly whether everything fits; only when it does not, jsonschema says what.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from functools import cache
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import jsonschema_rs

from syncer import resources
from syncer.kinds.base import Kind
from syncer.kinds.custom import SECTION
from syncer.kinds.registry import KINDS, sections
from syncer.kinds.schema import manifest as manifest_schema
from syncer.manifest.slips import fields, fields_of, kind_of, misplaced
from syncer.manifest.source import Source
from syncer.manifest.syntax import INDENT_HINT, indented_with, other_blank
from syncer.model.address import Address
from syncer.model.fix import IndentFix, Write, fix_of
from syncer.model.problem import Problem, Related
from syncer.model.span import Mark, Span, ValuePath
from syncer.model.words import listed
from syncer.shapes.base import Field, Shape
from syncer.shapes.date import DATE
from syncer.shapes.money import MONEY
from syncer.shapes.quoting import quoted
from syncer.shapes.words import name_of, nearest, shown, type_of

if TYPE_CHECKING:
    from jsonschema.exceptions import ValidationError

# What people write for what every kind has; `Field.mistaken` is for what one has.
_SYNONYMS: Final = dict.fromkeys(("custom", "custom_fields"), SECTION)

# What a deal came to. No field says it, and least of all `state: absent`, which deletes.
_OUTCOMES: Final = frozenset(
    {"status", "stat", "won", "open", "closed won", "closed lost", "closed_won", "closed_lost"}
    | {"is_won", "is_lost", "outcome", "result", "deal_status"}
)
_OUTCOME: Final = (
    "a deal is won when its step is the last one of its pipeline; of a lost one write `lost: true`, or "
    "`lost: {reason: …}`"
)
_STATE: Final = "leave the line out, unless the record is to be deleted"

# jsonschema.exceptions.ValidationError, whose attributes are typed as if they could be unset.
_Error = Any


Written = Callable[[ValuePath], str | None]


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


_NONE_BAD: Final[Mapping[Address, frozenset[str] | None]] = {}


class Checked(NamedTuple):
    """What the schema says of a manifest.

    Attributes:
        problems: All of it.
        bad: For each record with problems the fields that have some; None when it is none at all.
        bad_defaults: The fields of the defaults that have some.
        usable: Whether the file is a mapping of opportunities at all.
    """

    problems: tuple[Problem, ...] = ()
    bad: Mapping[Address, frozenset[str] | None] = _NONE_BAD
    bad_defaults: frozenset[str] | None = frozenset()
    usable: bool = True


def check_manifest(source: Source, value: Any, keys: Mapping[str, Mapping[str, Mark]]) -> Checked:
    """Check the value of a manifest file.

    Args:
        source: The file.
        value: What it holds.
        keys: Places of the keys of each section.
    """
    if value is None or _fast("manifest", "").is_valid(value):
        return Checked()
    whole = value if isinstance(value, dict) else {}
    entries = {
        kind.section: (kind, found)
        for kind in KINDS.values()
        if isinstance(found := whole.get(kind.section), dict) and found
    }
    head = value
    if entries:
        head = whole | {section: dict.fromkeys(found, _EMPTY) for section, (_, found) in entries.items()}
    problems: list[Problem] = []
    bad_defaults: set[str] = set()
    all_defaults_bad = False
    for fault in faults(head, "manifest", written=source.written()):
        problems.append(_problem(source, fault))
        if fault.path[:1] == ("defaults",):
            all_defaults_bad |= len(fault.path) == 1
            bad_defaults.update(map(str, fault.path[1:2]))
    bad: dict[Address, frozenset[str] | None] = {}
    for section, (kind, found) in entries.items():
        problems += _check_section(source, kind, found, keys.get(section, {}), bad)
    usable = isinstance(value, dict) and (
        bool(entries) or all(value.get(section) is None for section in sections())
    )
    return Checked(tuple(problems), bad, None if all_defaults_bad else frozenset(bad_defaults), usable=usable)


def _check_section(
    source: Source,
    kind: Kind,
    entries: Mapping[str, Any],
    keys: Mapping[str, Mark],
    bad: dict[Address, frozenset[str] | None],
) -> Iterator[Problem]:
    """Yield what does not fit in the entries of *kind*; put their fields with problems into *bad*."""
    entry_schema = _fast("manifest", kind.name)
    slips = misplaced(kind, entries)
    slipped = {field: key for key, names in slips.items() for field in names}
    for key, names in slips.items():
        yield _misplaced(source, kind, key, names, keys)
    for key, entry in entries.items():
        address, path = Address(kind.name, key), (kind.section, key)
        if key in slipped or key in slips:
            bad[address] = None  # what an entry lacks may be what slipped
        if key in slipped or entry_schema.is_valid(entry) or (entry is None and key in slips):
            continue
        found = list(faults(_without_good_fields(kind, entry), "manifest", kind.name, source.written(path)))
        whole = key in slips or not all(fault.path for fault in found)
        bad[address] = None if whole else frozenset(str(fault.path[0]) for fault in found)
        for fault in found:
            yield _problem(source, fault, path, address, keys.get(key))


def _misplaced(
    source: Source, kind: Kind, key: str | None, names: Sequence[str], keys: Mapping[str, Mark]
) -> Problem:
    """Say of fields that stand where keys of records stand."""
    noun, nouns = kind.noun
    spans = [Span(source.name, *(keys.get(field) or (1, 1, None))) for field in names]
    named = shown(names[0]) if len(names) == 1 else f"{shown(names[0])} and {len(names) - 1} more"
    one = len(names) == 1
    where = f"{named} {'stands' if one else 'stand'} where keys of {nouns} stand"
    it, a_field = ("it", "is a field") if one else ("they", "are fields")
    related = tuple(Related(span, "and here", source.excerpt(span)) for span in spans[1:6])
    if key is None:
        detail = f"{where}, but {it} {a_field} of one."
        hint = f"give the {noun} a key, and indent its fields below it:\nacme-renewal-2027:\n  {names[0]}: …"
    else:
        line = keys[key][0] if key in keys else 1
        detail = f"{where}, but {it} {a_field}, as it seems of {shown(key)} in line {line}."
        hint = f"indent {'it' if one else 'them'} further than {shown(key)}"
    return source.problem(
        "wrong-type",
        detail,
        spans[0],
        hint,
        related=related,
        address=None if key is None else Address(kind.name, key),
    )


def check_project(source: Source, value: Any) -> list[Problem]:
    """Check the value of a project file."""
    if _fast("project", "").is_valid(value):
        return []
    return [_problem(source, fault) for fault in faults(value, "project", written=source.written())]


def _without_good_fields(kind: Kind, entry: Any) -> Any:
    """Return *entry* with only what does not fit: jsonschema is slow, and mostly one field is at fault."""
    if not isinstance(entry, dict):
        return entry
    known = _schema("manifest")["$defs"][kind.name]["properties"]
    return {
        name: value
        for name, value in entry.items()
        if name not in known or not _fast("manifest", f"{kind.name}/properties/{name}").is_valid(value)
    }


_EMPTY: Final[dict[str, Any]] = {}


def _problem(
    source: Source,
    fault: Fault,
    base: ValuePath = (),
    address: Address | None = None,
    fallback: Mark | None = None,
) -> Problem:
    path = (*base, *fault.path)
    span, depth = source.find(path, key=fault.key)
    if fallback is not None and depth <= len(base):
        span = Span(source.name, *fallback)
    fix = IndentFix(span) if fault.code == "yaml-syntax" else fix_of(fault.hint, path, key=fault.key)
    return source.problem(fault.code, fault.detail, span, fault.hint, address=address, fix=fix)


def _schema(name: str) -> dict[str, Any]:
    return manifest_schema() if name == "manifest" else resources.schema(name)


def _part(name: str, definition: str) -> dict[str, Any]:
    whole = _schema(name)
    if not definition:
        return whole
    return {"$schema": whole["$schema"], "$ref": f"#/$defs/{definition}", "$defs": whole["$defs"]}


def _fast(name: str, definition: str) -> jsonschema_rs.Draft202012Validator:
    return _compiled(name, definition, sections())


@cache
def _compiled(name: str, definition: str, _sections: tuple[str, ...]) -> jsonschema_rs.Draft202012Validator:
    return jsonschema_rs.Draft202012Validator(_part(name, definition))


@cache
def _slow(name: str, definition: str, _sections: tuple[str, ...]) -> Any:
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


def faults(
    value: Any, name: str, definition: str = "", written: Written = lambda _path: None
) -> Iterator[Fault]:
    """Yield what does not fit a schema; nothing when all fits.

    Args:
        value: What is checked.
        name: Of the schema.
        definition: The part of the schema; "" for all of it.
        written: Returns the text of the scalar at a path as it stands in the file, if it is known.
    """
    for error in _slow(name, definition, sections()).iter_errors(value):
        yield from _faults(error, written)


def _faults(error: _Error, written: Written) -> Iterator[Fault]:
    path: ValuePath = tuple(error.absolute_path)
    translate = _TRANSLATIONS.get(str(error.validator), _any_other)
    yield from translate(error, path, written)


def _any_of(error: _Error, path: ValuePath, written: Written) -> Iterator[Fault]:
    """Reduce the errors of all alternatives to those of the one that was meant."""
    branches: dict[Any, list[_Error]] = {}
    for inner in error.context or ():
        branches.setdefault(inner.relative_schema_path[0], []).append(inner)
    if all(
        inner.validator == "required" and not inner.relative_path for b in branches.values() for inner in b
    ):
        names = [f"`{name}`" for schema in error.validator_value for name in schema["required"]]
        yield Fault("missing-field", path, f"{_subject(path)} needs {listed(names, 'or')}.")
        return
    meant = [
        inner
        for inner in branches.values()
        if not any(e.validator in ("type", "const") and not e.relative_path for e in inner)
    ]
    if meant:
        for inner in meant[0]:
            yield from _faults(inner, written)
        return
    yield _wrong_type(error, path, written)


def _wrong_type(error: _Error, path: ValuePath, written: Written) -> Fault:
    value = error.instance
    expects = _expects_of(error)
    name = _subject(path, error.schema)
    if value is None:
        if (links := _links_at(path)) is not None:
            return Fault(f"{links.refers}-missing", path, f"{name} is empty.", nothing_hint(links))
        text = written(path)
        hint = (
            f"put it in quotes, if the text is meant: {quoted(text)}"
            if text and "string" in _types(error.schema)
            else ""
        )
        return Fault("missing-field", path, f"{name} is empty; it should be {expects}.", hint)
    what = type_of(value) if not isinstance(value, bool) else shown(value)
    return Fault(
        "wrong-type", path, f"{name} is {what}; it should be {expects}.", _type_hint(error, path, written)
    )


def nothing_hint(spec: Field) -> str:
    """Return what to write for links that nothing says."""
    what = spec.alias or spec.name
    return f"name the {what}, or say on purpose that there is none:\n{what}: {spec.link and spec.link.word}"


def _links_at(path: ValuePath) -> Field | None:
    """Return the field of links that *path* ends at, when its links can be none on purpose."""
    fields = (spec for kind in KINDS.values() for spec in kind.fields if spec.link and spec.link.marked)
    return next((spec for spec in fields if path and path[-1] in (spec.alias, spec.name)), None)


# Quotes would not make these right.
_UNQUOTED: Final = frozenset({"amount", "max_value"})


def _is_unquoted(name: object) -> bool:
    """Tell whether *name* is that of a day or of an amount."""
    return name in _UNQUOTED or any(spec.name == name for spec in _fields_of(DATE, MONEY))


def _fields_of(*shapes: Shape) -> list[Field]:
    return [spec for kind in KINDS.values() for spec in kind.fields if spec.shape in shapes]


def _type_hint(error: _Error, path: ValuePath, written: Written) -> str:
    value, allowed = error.instance, _types(error.schema)
    step = path[-1] if path else None
    before = f"{step}: " if isinstance(step, str) else ""
    if isinstance(value, int | Decimal) and "string" in allowed and not _is_unquoted(step):
        text = written(path) or shown(value)
        return Write(f"put it in quotes: {before}{quoted(text)}", text)
    if isinstance(value, str) and allowed <= {"boolean", "null"}:
        return _truth_hint(value)
    if isinstance(value, str) and "integer" in allowed and value.isdecimal():
        return Write(f"write it without quotes: {before}{int(value)}", int(value))
    if isinstance(value, str) and "array" in allowed and before:
        items = [item.strip() for item in value.split(",")]
        items = items if all("@" in item for item in items) else [value]
        return Write(f"write it in brackets: {before}[{', '.join(map(quoted, items))}]", items)
    if isinstance(value, list) and (kind := kind_of(value[0] if value else None)) is not None:
        section, (first, *_) = kind.section, kind.called
        key = key_of(kind.name_of(value[0])) or "acme-renewal-2027"
        below = f"{quoted(key)}:\n  {first}: …"
        if step in sections():
            return f"write a key in place of the dash, and the fields below it:\n{below}"
        if step is None and section in error.schema.get("properties", ()):
            inner = below.replace("\n", "\n  ")
            return f"write keys in place of the dashes, below {section}:\n{section}:\n  {inner}"
        return "write the fields without dashes"
    return ""


# What other readers of YAML take for true and false.
_TRUTHS: Final = {"true": True, "yes": True, "on": True, "false": False, "no": False, "off": False}


def _truth_hint(value: str) -> str:
    truth = _TRUTHS.get(value.strip().casefold())
    if truth is None:
        return "write true or false, without quotes"
    return Write(f"write {shown(truth)}, without quotes", truth)


def _types(schema: Any) -> frozenset[str]:
    """Return the JSON types that a schema names, its alternatives included."""
    types = schema.get("type", ())
    found = {types} if isinstance(types, str) else set(types)
    for branch in schema.get("anyOf", ()):
        reference = branch.get("$ref", "")
        found |= _types(_schema("manifest")["$defs"][reference.rpartition("/")[2]] if reference else branch)
    return frozenset(found)


def _type(error: _Error, path: ValuePath, written: Written) -> Iterator[Fault]:
    yield _wrong_type(error, path, written)


def _additional(error: _Error, path: ValuePath, _written: Written) -> Iterator[Fault]:
    known = error.schema["properties"] if isinstance(error.schema, dict) else {}
    for name, value in error.instance.items():
        if name in known:
            continue
        if other_blank(name[:1]):
            yield Fault("yaml-syntax", (*path, name), indented_with(name[0]), INDENT_HINT, key=True)
            continue
        where = f" of {name_of(path)}" if path else ""
        detail = f"There is no field {shown(name)}{where}."
        hint = _field_hint(name, value, path, known)
        exact = _spelled_otherwise(name, known)
        if hint.startswith("did you mean") and exact and exact not in error.instance and exact != "state":
            hint = Write(f"write {quoted(exact)}", exact)
        yield Fault("unknown-field", (*path, name), detail, hint, key=True)


def _spelled_otherwise(word: str, known: Iterable[str]) -> str | None:
    """Return the one of *known* that differs from *word* in case, blanks, dashes and underscores alone."""
    found = [name for name in known if _letters(name) == _letters(word)]
    return found[0] if len(found) == 1 else None


def _letters(word: str) -> str:
    return "".join(word.casefold().replace("-", " ").replace("_", " ").split())


def _field_hint(name: str, value: Any, path: ValuePath, known: Mapping[str, Any]) -> str:  # noqa: PLR0911 (a return for each guess)
    """Return what may have been meant with the unknown field *name*."""
    plain = name.casefold().replace("-", "_")
    states = known.get("state", {}).get("enum", ())  # of an entry; the project's is another
    of, like = _kind_with(known), kind_of(value)
    if of is not None and (plain in _OUTCOMES or str(value).casefold() in _OUTCOMES) and _has_outcomes(of):
        return _OUTCOME
    if "version" in known and "spaces" not in known:  # a whole manifest
        having = [kind.noun[0] for kind in KINDS.values() if name in fields_of(kind)]
        if having and like is None:
            nouns = listed(having, "or")
            return f"indent it below the {nouns} it belongs to, or below defaults:\ndefaults:\n  {name}: …"
        if like is not None:
            below = f"{like.section}:\n  {quoted(name)}:"
            return f"indent it, and what is below it, so that it stands under {like.section}:\n{below}"
    elif of is not None and like is not None:
        return "it looks like an entry of its own; indent it like the key of the one above"
    elif name in fields() and path in {("lifecycle",), *((money.name,) for money in _fields_of(MONEY))}:
        return f"it is a field of the entry; indent it like {path[0]}"
    meant = next((field for field in _mistaken(plain) if field in known), None) or nearest(name, known)
    if name.startswith("cf_") and "fields" in known:
        return f"custom fields go under fields:\nfields: {{{quoted(name)}: …}}"
    for money in _fields_of(MONEY):
        if name == money.refers and money.name in known:
            return f"the {name} belongs to the {money.name}: {money.name}: 100 USD"
    if meant and (meant != "state" or not states or value in states):  # absent deletes
        return f'did you mean "{meant}"?'
    return "known fields: " + ", ".join(known)


def _mistaken(word: str) -> Iterator[str]:
    """Yield the fields that people mean with *word*, where no spelling leads there; the short ones first."""
    if word in _SYNONYMS:
        yield _SYNONYMS[word]
    for kind in KINDS.values():
        yield from (spec.alias or spec.name for spec in kind.fields if word in spec.mistaken)


def _kind_with(known: Mapping[str, Any]) -> Kind | None:
    """Return the kind whose entries have the fields *known*."""
    return next((kind for kind in KINDS.values() if fields_of(kind) <= known.keys()), None)


def _has_outcomes(kind: Kind) -> bool:
    return kind.closing is not None and kind.closing.field is not None


def _required(error: _Error, path: ValuePath, _written: Written) -> Iterator[Fault]:
    for name in error.validator_value:
        if name not in error.instance:
            expects = _expects(error.schema["properties"][name]) if isinstance(error.schema, dict) else ""
            example = f"it is {expects}" if expects else ""
            yield Fault("missing-field", path, f"{_subject(path)} has no `{name}`.", example, key=True)


def _choice(error: _Error, path: ValuePath, written: Written) -> Iterator[Fault]:
    value = error.instance
    shown_value = shown(value) if isinstance(value, str | int | Decimal) else type_of(value)
    if isinstance(value, int | Decimal):
        shown_value = written(path) or shown_value
    if path[-1:] == ("version",):
        hint = "write version: 1"
        yield Fault(
            "unsupported-version",
            path,
            f"Version {shown_value} is not known; this syncer reads version 1.",
            Write(hint, 1) if value == "1" else hint,
        )
        return
    allowed = error.validator_value if error.validator == "enum" else [error.validator_value]
    words = ", ".join(map(str, allowed))
    if value is None:
        yield Fault("missing-field", path, f"{name_of(path)} is empty; it should be {_expects_of(error)}.")
        return
    if path[-1:] == ("state",) and "absent" in allowed:  # of an entry; the project's is another
        hint = _OUTCOME if str(value).casefold() in _OUTCOMES else _STATE
    else:
        meant = nearest(value, map(str, allowed)) if isinstance(value, str) else None
        exact = _spelled_otherwise(value, map(str, allowed)) if isinstance(value, str) else None
        hint = Write(f"write {exact}", exact) if exact else f'did you mean "{meant}"?' if meant else ""
    yield Fault("bad-value", path, f"{name_of(path)} is {shown_value}; allowed: {words}.", hint)


def _too_short(error: _Error, path: ValuePath, _written: Written) -> Iterator[Fault]:
    if error.validator == "minItems" and (links := _links_at(path)) is not None:
        yield Fault(
            f"{links.refers}-missing", path, f"{name_of(path)} is an empty list.", nothing_hint(links)
        )
        return
    yield Fault("missing-field", path, f"{name_of(path)} is empty; it should be {_expects_of(error)}.")


def _max_properties(error: _Error, path: ValuePath, _written: Written) -> Iterator[Fault]:
    known = [f"`{name}`" for name in error.schema["properties"]] if isinstance(error.schema, dict) else []
    yield Fault("bad-value", path, f"{name_of(path)} takes only one of {' or '.join(known)}.")


def _not_matching(error: _Error, path: ValuePath, _written: Written) -> Iterator[Fault]:
    value = error.instance
    if "propertyNames" in error.absolute_schema_path:
        yield _bad_name(path, value)
        return
    yield Fault("bad-value", path, f"{name_of(path)} is {shown(value)}; it should be {_expects_of(error)}.")


def _bad_name(path: ValuePath, name: str) -> Fault:
    if other_blank(name[:1]):
        return Fault("yaml-syntax", (*path, name), indented_with(name[0]), INDENT_HINT, key=True)
    if len(path) == 1 and path[0] in sections():
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
    key = key_of(name)
    return Write(f"write {quoted(key)}", key) if key else "such as acme-renewal-2027"


def key_of(name: Any) -> str:
    """Return a key made out of *name*; "" when nothing of it fits."""
    import re  # noqa: PLC0415
    import unicodedata  # noqa: PLC0415

    ascii_name = unicodedata.normalize("NFKD", str(name or "")).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9._]+", "-", ascii_name).strip("-._")[:100].rstrip("-._")


def _too_small(error: _Error, path: ValuePath, written: Written) -> Iterator[Fault]:
    yield Fault(
        "bad-value",
        path,
        f"{name_of(path)} is {written(path) or shown(error.instance)}; it cannot be negative.",
    )


def _without_name(_error: _Error, path: ValuePath, _written: Written) -> Iterator[Fault]:
    yield Fault(
        "bad-value",
        path,
        f"{name_of(path)} leaves out name; without it, unlike opportunities would be taken for one.",
        "add name to the list",
    )


def _not_unique(_error: _Error, path: ValuePath, _written: Written) -> Iterator[Fault]:
    yield Fault("bad-value", path, f"{name_of(path)} names something twice.")


def _any_other(error: _Error, path: ValuePath, _written: Written) -> Iterator[Fault]:
    yield Fault("bad-value", path, f"{_subject(path)} is not allowed; it should be {_expects_of(error)}.")


_TRANSLATIONS: Final[dict[str, Callable[[_Error, ValuePath, Written], Iterable[Fault]]]] = {
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
            return _expects(_schema("manifest")["$defs"][schema["$ref"].rpartition("/")[2]])
    return ""
