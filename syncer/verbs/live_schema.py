"""The manifest schema with the names of one space, so that an editor completes and checks them."""

import copy
import hashlib
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from syncer.kinds.base import Kind
from syncer.kinds.custom import CLOSED, typed
from syncer.kinds.references import REFERENCES
from syncer.kinds.registry import KINDS
from syncer.kinds.schema import key_of
from syncer.manifest.read import keys
from syncer.model.address import Address
from syncer.model.names import CustomField, Entry
from syncer.remote.inventory import inventory
from syncer.render.escape import shown_json
from syncer.resolve.directory import Directory
from syncer.resources import schema as published
from syncer.resources import schema_text
from syncer.shapes import canon
from syncer.shapes.base import Field
from syncer.shapes.choice import CHOICE, CHOICES
from syncer.shapes.money import MONEY
from syncer.shapes.reference import REFERENCE
from syncer.verbs.session import Session

_MADE_OF: Final = "x-made-of"  # the published schema, by its hash
_TEXT: Final = {"$ref": "#/$defs/text"}
Names = Mapping[str, str]
_NOTHING: Final[Mapping[Address, str]] = {}


def live_schema(session: Session) -> dict[str, Any]:
    """Return the schema of manifests with the names of the space of *session*.

    Raises:
        RemoteError: Refused, or silent.
    """
    project = session.project
    directory = inventory(session.api, KINDS.values(), options=True)
    return live(directory, session.connection.space_id, project.identity.key_field, keys(project))


def live_text(schema: Mapping[str, Any]) -> str:
    """Return a schema as a file: no terminal acts on the names in it."""
    return shown_json(json.dumps(schema, indent=2, ensure_ascii=False)) + "\n"


def made_of(text: str) -> str | None:
    """Return which published schema one with names was made of; None for one without, or anything else."""
    try:
        found = json.loads(text)
    except ValueError:
        return None
    return str(found.get(_MADE_OF)) if isinstance(found, dict) and _MADE_OF in found else None


def fingerprint(text: str) -> str:
    """Return what tells a published schema from that of another version."""
    return "sha256:" + hashlib.sha256(text.encode()).hexdigest()


def live(
    directory: Directory,
    space_id: str,
    key_field: str | None = None,
    declared: Mapping[Address, str] = _NOTHING,
) -> dict[str, Any]:
    """Return the schema of manifests for one space.

    Names that exist are enumerated, each with a word about it: owners, pipelines, steps and types by
    pipeline, currencies, units, sales roles, lead sources, custom fields and their options. References by id
    stay valid, and so do accounts and contacts, of which there are too many. What a manifest may not say in
    this space (an unknown step, a field that is not there) is wrong for an editor, too.

    Args:
        directory: Everything of the kinds with few records, and the options.
        space_id: Of the space, for title and id of the schema.
        key_field: Api name of the key field, which manifests do not write.
        declared: The name of what is declared, by address.
    """
    schema = copy.deepcopy(published("manifest"))
    schema["$id"] = f"{schema['$id']}:{space_id}"
    schema["title"] = f"{schema['title']} for {space_id}"
    schema[_MADE_OF] = fingerprint(schema_text("manifest"))
    defs = schema["$defs"]
    for referred in REFERENCES.values():
        if referred.about is not None:
            _enumerate(defs[referred.name], _names(directory, referred.name))
    own: dict[str, Any] = {}
    for kind in KINDS.values():
        for spec in kind.fields:
            _name(_definition(defs, kind, spec), directory, kind, spec)
        for around in {spec.within: None for spec in kind.fields if spec.within}:
            _tie(defs, directory, kind, around)
        custom = _fields(defs["fields"], directory, kind, key_field)
        defs[f"{kind.name}_fields"] = custom
        defs[kind.name]["properties"]["fields"] = {"$ref": f"#/$defs/{kind.name}_fields"}
        own = custom["properties"] | own
        if kind.name in REFERENCES:
            _offer(defs, kind, declared)
    defs["fields"] = custom | {"properties": own}
    return schema


def _definition(defs: Mapping[str, Any], kind: Kind, spec: Field) -> dict[str, Any]:
    """Return the definition of a field, which others may share."""
    found: dict[str, Any] = defs[kind.name]["properties"][spec.name]
    while "$ref" in found:
        found = defs[found["$ref"].rpartition("/")[2]]
    return found


def _name(definition: dict[str, Any], directory: Directory, kind: Kind, spec: Field) -> None:
    """Let the *definition* of a field take the names of the space alone."""
    if spec.refers == "option":
        _enumerate(definition, _options(directory, _listed(directory, kind, spec)))
    elif spec.shape is REFERENCE and spec.within is None and not REFERENCES[spec.refers or ""].many:
        _enumerate(definition, _names(directory, spec.refers or ""))
    elif spec.shape is MONEY:
        _amounts(definition, list(_currencies(directory)))


def _offer(defs: dict[str, Any], kind: Kind, declared: Mapping[Address, str]) -> None:
    """Let an editor offer the keys of *kind* that are *declared*, and take any other: `validate` tells."""
    keys_ = {address.key: said for address, said in sorted(declared.items()) if address.kind == kind.name}
    if keys_:
        plain = defs[key_of(kind)]
        head = {name: plain.pop(name) for name in ("description", "x-expects") if name in plain}
        defs[key_of(kind)] = head | {"anyOf": [_choice(keys_), plain]}


def _enumerate(definition: dict[str, Any], names: Names) -> None:
    """Let *definition* take one of *names* where it takes any text; without names it stays as it is."""
    if names:
        definition["anyOf"] = [_choice(names) if form == _TEXT else form for form in definition["anyOf"]]
        definition.pop("examples", None)


def _choice(names: Names) -> dict[str, Any]:
    """Return an enumeration; editors that know `enumDescriptions` show them beside the names."""
    return {"type": "string", "enum": list(names), "enumDescriptions": list(names.values())}


def _living(directory: Directory, kind: str) -> Iterable[Entry]:
    return (entry for entry in directory.all(kind) if not entry.deleted)


def _owners(directory: Directory) -> Names:
    found = {
        email: directory.label("owner", entry.id)
        for entry in _living(directory, "owner")
        if (email := canon.text(entry.row.get("email")))
    }
    return dict(sorted(found.items()))


def _by_name(directory: Directory, kind: str, within: str | None = None) -> Names:
    entries = [
        entry
        for entry in _living(directory, kind)
        if entry.names and (within is None or entry.within == within)
    ]
    return dict.fromkeys(sorted(entry.names[0] for entry in entries), "")


def _steps(directory: Directory, pipeline: str) -> Names:
    steps = [step for step in directory.steps(pipeline) if step.names]
    last = len(steps)
    return {
        step.names[0]: f"step {place} of {last}" + (", which means won" if place == last else "")
        for place, step in enumerate(steps, 1)
    }


def _types(directory: Directory, pipeline: str) -> Names:
    names = sorted(
        entry.names[0]
        for entry in _living(directory, "type")
        if entry.within == pipeline and entry.names and entry.row.get("is_published") is not False
    )
    return dict.fromkeys(names, "")


def _currencies(directory: Directory) -> Names:
    base = directory.base_currency
    words = {
        directory.label("currency", entry.id): "the base currency"
        if entry.id == base
        else f"rate in force: {directory.rates[entry.id]:f}"
        for entry in _living(directory, "currency")
        if entry.names and (entry.id == base or entry.id in directory.rates)
    }
    return dict(sorted(words.items()))


def _names(directory: Directory, kind: str) -> Names:
    """Return the names of every living record of *kind*, each with a word about it."""
    if kind == "owner":
        return _owners(directory)
    return _currencies(directory) if kind == "currency" else _by_name(directory, kind)


def _listed(directory: Directory, kind: Kind, spec: Field) -> CustomField | None:
    """Return the row of the service's list for a field of its own."""
    return next(
        (found for name in spec.listed_as if (found := directory.fields_of(kind.name).get(name))), None
    )


def _options(directory: Directory, row: CustomField | None) -> Names:
    return _by_name(directory, "option", row.data_set) if row and row.data_set else {}


def _tie(defs: dict[str, Any], directory: Directory, kind: Kind, around: str) -> None:
    """Let step and type be those of the pipeline beside them, which the field *around* names.

    Where the pipeline comes from the defaults of a file or of the project, those of every pipeline are right.
    """
    by_kind = {"step": _steps, "type": _types}
    kinds = [(spec.name, by_kind[spec.refers or ""]) for spec in kind.fields if spec.within == around]
    for name, _ in kinds:
        defs[name].pop("examples", None)  # an editor would offer them beside the names that exist
    plain = {name: copy.deepcopy(defs[name]) for name, _ in kinds}
    every: dict[str, dict[str, str]] = {name: {} for name, _ in kinds}
    rules: list[dict[str, Any]] = []
    for pipeline in sorted(_living(directory, "pipeline"), key=lambda entry: entry.names):
        if not pipeline.names:
            continue
        tied = {}
        for name, names_of in kinds:
            names = names_of(directory, pipeline.id)
            tied[name] = copy.deepcopy(plain[name])
            _enumerate(tied[name], names)
            for known in names:
                before = every[name].get(known)
                every[name][known] = f"{before}, {pipeline.names[0]}" if before else f"of {pipeline.names[0]}"
        rules.append(
            {
                "if": {"properties": {around: {"const": pipeline.names[0]}}, "required": [around]},
                "then": {"properties": tied},
            }
        )
    anywhere = {}
    for name, _ in kinds:
        anywhere[name] = copy.deepcopy(plain[name])
        _enumerate(anywhere[name], every[name])
    rules.append({"if": {"not": {"required": [around]}}, "then": {"properties": anywhere}})
    for name in (kind.name, "defaults"):
        defs[name]["allOf"] = rules


def _amounts(definition: dict[str, Any], codes: Sequence[str]) -> None:
    if not codes:
        return
    either = "|".join(map(re.escape, codes))
    for form in definition["anyOf"]:
        if form.get("type") == "string":
            form["pattern"] = rf"^\s*[0-9]+(\.[0-9]+)?([ \t]+({either}))?\s*$"
            form["patternErrorMessage"] = (
                f"Write an amount like 100 {codes[0]}; currencies are {', '.join(codes)}."
            )


def _fields(
    definition: Mapping[str, Any], directory: Directory, kind: Kind, key_field: str | None
) -> dict[str, Any]:
    properties = {
        spec.api_name: _field(directory, spec)
        for spec in sorted(directory.fields_of(kind.name).values(), key=lambda spec: spec.api_name)
        if not spec.system and spec.type not in CLOSED and not (kind.keyed and spec.api_name == key_field)
    }
    kept = {name: value for name, value in definition.items() if name not in {"propertyNames", "examples"}}
    return kept | {"properties": properties, "additionalProperties": False}


def _field(directory: Directory, spec: CustomField) -> dict[str, Any]:
    field, names = typed(spec), _options(directory, spec)
    head = {"title": field.about.title, "description": field.about.description}
    if field.shape is CHOICE and names:
        return head | {"anyOf": [_choice(names), {"type": "null"}]}
    if field.shape is CHOICES and names:
        several = {"type": "array", "items": _choice(names), "uniqueItems": True}
        return head | {"anyOf": [several, _choice(names), {"type": "null"}]}
    return head | copy.deepcopy(field.shape.json)
