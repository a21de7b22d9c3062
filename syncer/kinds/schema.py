"""The schema of manifests, from the tables of the kinds.

`schemas/manifest.schema.json` is what `text` returns; after a change of the tables:
`python -c "from syncer.kinds import schema; print(schema.text(), end='')" > schemas/manifest.schema.json`
"""

import json
from collections.abc import Mapping
from functools import cache
from typing import Any, Final

from syncer.kinds.base import Kind
from syncer.kinds.references import REFERENCES
from syncer.kinds.registry import KINDS
from syncer.model.words import listed
from syncer.shapes.base import Field, Forms, Schema, ref
from syncer.shapes.reference import spelled

_KEY: Final = "^[a-z0-9][a-z0-9._-]{0,99}$"
_UUID: Final = "^[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}$"
_ID_EXAMPLE: Final = "3fa85f64-5717-4562-b3fc-2c963f66afa6"
_COMMON: Final[Mapping[str, Schema]] = {
    "text": {"type": "string", "minLength": 1, "x-expects": "text"},
    "id": {
        "type": "string",
        "pattern": _UUID,
        "maxLength": 36,
        "x-expects": f"an id such as {_ID_EXAMPLE}",
        "description": "Id of the record in Pipeliner.",
    },
    "fields": {
        "title": "Custom fields",
        "description": "Custom fields by their API name.",
        "type": "object",
        "propertyNames": {"pattern": "^[A-Za-z_][A-Za-z0-9_]*$"},
        "additionalProperties": ref("custom"),
        "x-expects": "custom fields such as {cf_region: EMEA}",
        "examples": [{"cf_region": "EMEA", "cf_tags": ["One", "Two"]}],
    },
    "custom": {
        "title": "Value of a custom field",
        "description": (
            "Text, a number, true or false, a list of option names for a multi-select, or null for empty. "
            "Dropdowns take the name of the option."
        ),
        "x-expects": "text, a number, true, false, a list of option names, or nothing for empty",
        "anyOf": [
            {"type": "string"},
            {"type": "number"},
            {"type": "boolean"},
            {"type": "null"},
            {"type": "array", "items": ref("text"), "x-expects": "a list of option names"},
        ],
    },
}


def manifest() -> Schema:
    """Return the schema of a manifest that declares records of the registered kinds; not to be changed."""
    return _manifest(tuple(KINDS.values()))


@cache
def _manifest(kinds: tuple[Kind, ...]) -> Schema:
    definitions = _Definitions(kinds)
    defaults: Schema = {}
    for kind in kinds:
        defaults |= _kind(kind, definitions)
    nouns = [kind.noun[1] for kind in kinds]
    records = listed([kind.noun[0] for kind in kinds], "or")
    described = f"Values for every {records} that does not say otherwise."
    definitions.known["defaults"] = {
        "title": "Defaults",
        "description": described,
        "type": "object",
        "x-expects": "fields such as {owner: dana@example.com}",
        "properties": defaults,
        "additionalProperties": False,
    }
    examples = {kind.section: dict([kind.example]) for kind in kinds if kind.example is not None}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": "urn:syncer:schema:manifest:1",
        "title": "syncer manifest",
        "description": f"{listed(nouns).capitalize()} as code.",
        "type": "object",
        "x-expects": f"a manifest with version and {listed(nouns, 'or')}",
        "properties": {
            "version": {
                "title": "Version",
                "description": "Version of the format.",
                "const": 1,
                "x-expects": "1",
            },
            "defaults": {
                "anyOf": [{"type": "null"}, ref("defaults")],
                "x-expects": "fields such as {owner: dana@example.com}",
                "description": f"Values for every {records} of this file that does not say otherwise.",
            },
            **{kind.section: _section(kind) for kind in kinds},
        },
        "additionalProperties": False,
        "$defs": definitions.known,
        "examples": [{"version": 1} | examples],
    }


def text() -> str:
    """Return the schema of all registered kinds as it is published."""
    return json.dumps(manifest(), indent=2, ensure_ascii=False) + "\n"


def of_defaults() -> dict[str, Schema]:
    """Return the definition of defaults and all that it refers to: syncer.yaml has the same ones."""
    known = manifest()["$defs"]
    found: dict[str, Schema] = {}
    left = ["defaults"]
    while left:
        name = left.pop()
        if name not in found:
            found[name] = known[name]
            left += _named(known[name])
    return {name: known[name] for name in known if name in found}


def _named(schema: Any) -> list[str]:
    """Return the definitions that *schema* refers to."""
    if isinstance(schema, list):
        return [name for item in schema for name in _named(item)]
    if not isinstance(schema, dict):
        return []
    target = schema.get("$ref")
    own = [target.rpartition("/")[2]] if isinstance(target, str) else []
    return own + [name for value in schema.values() for name in _named(value)]


class _Definitions:
    """Definitions by name; where two kinds mean something else by one, the second gets a name of its own.

    The name of a kind is that of a record of it.
    """

    def __init__(self, kinds: tuple[Kind, ...]) -> None:
        self.known: dict[str, Schema] = dict(_COMMON)
        self.records = frozenset(kind.name for kind in kinds)
        self.forms = _forms(self.records)
        for kind in REFERENCES.values():
            if kind.about is not None:
                self.known[kind.name] = spelled(kind.about, kind.name, kind.forms)

    def add(self, kind: Kind, name: str, schema: Schema) -> Schema:
        """Add a definition; return what refers to it."""
        if name in self.records or self.known.setdefault(name, schema) != schema:
            name = f"{kind.name}_{name}"
            self.known[name] = schema
        return ref(name)


def key_of(kind: Kind) -> str:
    """Return the name of the definition of a key of *kind*, as `{ref: …}` has it."""
    return f"{kind.name}_key"


def _forms(records: frozenset[str]) -> Forms:
    """Return how a manifest may spell records, besides their ids; those that are declared, by their keys."""
    return {
        kind.name: (*kind.forms, "ref") if kind.name in records else kind.forms
        for kind in REFERENCES.values()
    }


def _section(kind: Kind) -> Schema:
    many = kind.noun[1]
    return {
        "title": many.capitalize(),
        "description": f"{many.capitalize()} by key. A key is unique over all files.",
        "type": ["object", "null"],
        "x-expects": f"{many} by key",
        "propertyNames": {"pattern": _KEY},
        "additionalProperties": ref(kind.name),
    }


def _kind(kind: Kind, definitions: _Definitions) -> Schema:
    """Add the definition of a record; return the properties of defaults that are meant for it."""
    one = kind.noun[0]
    properties: Schema = {}
    for field in kind.fields:
        properties |= _field(kind, field, definitions)
    properties["fields"] = ref("fields")
    usual = {
        name: properties.get(name) or ref(name)
        for field in kind.fields
        for name in field.shape.defaults(field)
    }
    lifecycle = definitions.add(kind, "lifecycle", _lifecycle({}))
    distinct = {
        "distinct_from": {
            "type": "array",
            "items": ref("id"),
            "description": "Ids of records in Pipeliner that look like this one and are other ones.",
            "x-expects": f"a list of ids such as [{_ID_EXAMPLE}]",
            "examples": [[_ID_EXAMPLE]],
        }
    }
    properties |= {
        "lifecycle": definitions.add(kind, "lifecycle_of_one", _lifecycle(distinct)),
        "formerly": definitions.add(kind, "formerly", _formerly(kind, properties)),
        "state": {
            "title": "State",
            "enum": ["present", "absent"],
            "description": f"absent: the {one} shall not exist; it is deleted when it does.",
            "x-expects": "present or absent",
        },
        "id": ref("id") | {"title": "Id", "description": f"Id of an existing {one} to adopt."},
    }
    if kind.name in REFERENCES:
        definitions.known[key_of(kind)] = {
            "type": "string",
            "pattern": _KEY,
            "description": f"Key of a declared {one}.",
            "x-expects": f"the key of a declared {one}",
        }
    definitions.known[kind.name] = {
        "title": kind.about.title,
        "description": kind.about.description,
        "type": "object",
        "x-expects": kind.about.expects,
        "properties": properties,
        "additionalProperties": False,
    }
    return usual | {"fields": ref("fields"), "lifecycle": lifecycle}


def _field(kind: Kind, field: Field, definitions: _Definitions) -> Schema:
    """Return the properties that spell *field*."""
    named = {
        name: definitions.add(kind, name, part)
        for name, part in field.shape.parts(field, definitions.forms).items()
    }
    schema = _renamed(field.shape.schema(field, definitions.forms), named)
    own = schema if field.own else definitions.add(kind, field.name, schema)
    return ({field.alias: named[field.alias]} if field.alias else {}) | {field.name: own}


def _renamed(schema: Any, named: Mapping[str, Schema]) -> Any:
    """Return *schema* with what refers to a definition by its own name referring to the one there is."""
    if isinstance(schema, list):
        return [_renamed(item, named) for item in schema]
    if not isinstance(schema, dict):
        return schema
    for name, now in named.items():
        if schema == ref(name):
            return now
    return {key: _renamed(value, named) for key, value in schema.items()}


def _lifecycle(more: Schema) -> Schema:
    return {
        "title": "Lifecycle",
        "description": "What happens once the record exists.",
        "type": "object",
        "additionalProperties": False,
        "x-expects": "settings such as {existing: update, own: {step: crm}}",
        "properties": {
            "existing": {
                "enum": ["merge", "report", "update"],
                "description": (
                    "merge: what the manifests have moved since it was agreed is written; "
                    "report: differences are shown; update: they are written."
                ),
                "x-expects": "merge, report or update",
            },
            "closed": {
                "enum": ["keep", "reopen"],
                "description": (
                    "What happens when the record is closed in the CRM and differs. keep: nothing of it is "
                    "written; reopen: what the manifests say is written."
                ),
                "x-expects": "keep or reopen",
            },
            "own": {
                "type": "object",
                "additionalProperties": {
                    "enum": ["git", "crm", "once", "if-empty"],
                    "x-expects": "git, crm, once or if-empty",
                },
                "description": (
                    "Whose word counts for a field. git: it is written whoever has moved it; "
                    "crm: it is set on create and then left to the CRM, differences are shown; "
                    "once: it is set on create and not compared afterwards; "
                    "if-empty: it is written where the CRM has nothing. Custom fields as fields.cf_x."
                ),
                "x-expects": "fields and owners such as {step: crm, value: git}",
                "examples": [{"step": "crm", "value": "git", "lead_source": "if-empty"}],
            },
            "ignore": {
                "type": "array",
                "items": ref("text"),
                "description": (
                    "Fields that are set on create and not compared afterwards, as `own` says it with once; "
                    "custom fields as fields.cf_x."
                ),
                "x-expects": "a list of field names such as [step, value]",
                "examples": [["step", "value"]],
            },
        }
        | more,
    }


def _formerly(kind: Kind, properties: Mapping[str, Any]) -> Schema:
    """Return the schema of the old parts of the natural key, and of the old key."""
    first, *others = kind.identity
    old = f"The old {first}."
    was = next(iter(kind.field(first).about.examples), "Acme")
    return {
        "title": "Formerly",
        "description": (
            f"Parts of the natural key, or the key, under which the {kind.noun[0]} is still found: "
            "for a rename."
        ),
        "type": "object",
        "additionalProperties": False,
        "minProperties": 1,
        "x-expects": f"what it was called, such as {{{first}: {was}}}",
        "examples": [{first: was}],
        "properties": {
            first: properties[first] if kind.field(first).empty else ref("text") | {"description": old},
            "key": {
                "type": "string",
                "pattern": _KEY,
                "description": "The old key, under which the record is known still.",
                "x-expects": "a key such as acme-renewal-2027",
            },
            **{name: properties[name] for name in others},
        },
    }
