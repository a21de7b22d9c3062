"""Values against the published schemas."""

import string
from typing import Any, Final

import jsonschema
import jsonschema_rs
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from syncer import resources
from syncer.kinds.registry import KINDS
from syncer.manifest.load import load_bytes
from syncer.manifest.source import Source
from syncer.manifest.validate import check_manifest, check_project, faults, key_hint
from tests.depth import examples

WORDS: Final = st.sampled_from(
    [
        "",
        "a",
        "all",
        "none",
        "absent",
        "report",
        "2027-01-01",
        "5 USD",
        "3fa85f64-5717-4562-b3fc-2c963f66afa6",
        "x\n",
    ]
)
SCALARS: Final = st.none() | st.booleans() | st.integers(-2, 2) | st.decimals(-2, 2, places=1) | WORDS


def parts_of(schema: dict[str, Any]) -> list[str]:
    found: list[str] = []
    for value in schema.values() if isinstance(schema, dict) else schema if isinstance(schema, list) else ():
        found += parts_of(value)
    return found + (list(schema.get("properties", {})) if isinstance(schema, dict) else [])


def values(names: list[str]) -> st.SearchStrategy[Any]:
    keys = st.sampled_from([*names, "zzz", "1x", "key\n"])
    return st.recursive(
        SCALARS,
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(keys, inner, max_size=4),
        max_leaves=8,
    )


OPPORTUNITY_NAMES: Final = sorted(set(parts_of(resources.schema("manifest"))))
PROJECT_NAMES: Final = sorted(set(parts_of(resources.schema("project"))))


@settings(max_examples=examples(60), deadline=None)
@given(st.dictionaries(st.sampled_from(OPPORTUNITY_NAMES), values(OPPORTUNITY_NAMES), max_size=4))
def test_both_engines_agree_about_opportunities(value: Any) -> None:
    schema = {**resources.schema("manifest"), "$ref": "#/$defs/opportunity"}
    part = {name: schema[name] for name in ("$schema", "$ref", "$defs")}
    fits = jsonschema_rs.Draft202012Validator(part).is_valid(value)

    assert (list(faults(value, "manifest", "opportunity")) == []) is fits


@settings(max_examples=examples(), deadline=None)
@given(
    st.fixed_dictionaries(
        {},
        optional={name: values(OPPORTUNITY_NAMES) for name in ("version", "defaults", "opportunities", "x")},
    )
)
def test_both_engines_agree_about_manifests(value: Any) -> None:
    fits = jsonschema_rs.Draft202012Validator(resources.schema("manifest")).is_valid(value)

    assert (list(faults(value, "manifest")) == []) is fits


@settings(max_examples=examples(), deadline=None)
@given(
    st.fixed_dictionaries(
        {},
        optional={
            name: values(PROJECT_NAMES)
            for name in ("version", "spaces", "manifests", "defaults", "identity", "policy", "x")
        },
    )
)
def test_both_engines_agree_about_projects(value: Any) -> None:
    fits = jsonschema_rs.Draft202012Validator(resources.schema("project")).is_valid(value)

    assert (list(faults(value, "project")) == []) is fits


@settings(max_examples=examples(), deadline=None)
@given(st.dictionaries(st.sampled_from(OPPORTUNITY_NAMES), values(OPPORTUNITY_NAMES), max_size=4))
def test_setting_good_fields_aside_loses_no_fault(entry: Any) -> None:
    checked = check_manifest(Source("a.yaml", ""), {"opportunities": {"a": entry}}, {})

    assert sorted(problem.detail for problem in checked.problems) == sorted(
        fault.detail for fault in faults(entry, "manifest", "opportunity")
    )


@settings(max_examples=examples(), deadline=None)
@given(values(OPPORTUNITY_NAMES))
def test_no_message_speaks_like_a_schema(value: Any) -> None:
    for fault in (
        *faults(value, "manifest", "opportunity"),
        *faults(value, "manifest"),
        *faults(value, "project"),
    ):
        assert fault.detail.endswith(".")
        for phrase in (
            "is not valid under",
            "does not match",
            "non-empty",
            "is not of type",
            "something else",
        ):
            assert phrase not in fault.detail + fault.hint


@pytest.mark.parametrize("name", ["manifest", "project"])
def test_a_published_schema_is_a_schema_with_help_for_editors(name: str) -> None:
    schema = resources.schema(name)
    jsonschema.Draft202012Validator.check_schema(schema)

    def check(part: Any, path: str) -> None:
        if isinstance(part, list):
            for index, inner in enumerate(part):
                check(inner, f"{path}/{index}")
        elif isinstance(part, dict):
            for key, inner in part.get("properties", {}).items():
                definition = inner
                while "$ref" in definition and "description" not in definition:
                    definition = schema["$defs"][definition["$ref"].rpartition("/")[2]]
                assert "description" in definition or path.endswith("spaces"), f"{path}/{key}"
            if part.get("type") == "object" and "properties" in part:
                assert "additionalProperties" in part, path
            for key, inner in part.items():
                if key not in ("examples", "default"):
                    check(inner, f"{path}/{key}")

    check(schema, name)


@pytest.mark.parametrize("name", ["manifest", "project"])
def test_the_examples_of_a_schema_fit_it(name: str) -> None:
    schema = resources.schema(name)
    shown = [(name, "", example) for example in schema.get("examples", ())]
    shown += [
        (name, key, example) for key, part in schema["$defs"].items() for example in part.get("examples", ())
    ]

    assert [entry for entry in shown if list(faults(entry[2], entry[0], entry[1]))] == []


def test_every_field_of_the_kind_is_in_the_schema() -> None:
    definitions = resources.schema("manifest")["$defs"]
    usual: set[str] = {"currency", "fields", "lifecycle"}

    for kind in KINDS.values():
        fields = {name for spec in kind.fields for name in spec.spellings}
        usual |= {name for spec in kind.fields for name in spec.shape.defaults(spec)}
        assert set(definitions[kind.name]["properties"]) == fields | {
            *("fields", "lifecycle", "formerly", "state", "id")
        }
    assert set(definitions["defaults"]["properties"]) == usual


def test_a_fault_is_placed_at_the_key_when_the_entry_came_by_a_merge() -> None:
    text = "x: &x {a: 5}\nopportunities: {<<: *x}\n"
    loaded = load_bytes(text.encode(), "a.yaml", keys_of=["opportunities"])
    assert loaded.source
    problems = check_manifest(loaded.source, loaded.value, loaded.keys).problems

    assert [(str(problem.span), problem.code) for problem in problems] == [
        ("a.yaml:1:1", "unknown-field"),
        ("a.yaml:1:8", "wrong-type"),
    ]


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("Acme Renewal 2027!", "write acme-renewal-2027"),
        ("Ünïcode_x.y", "write unicode_x.y"),
        ("***", "such as acme-renewal-2027"),
        ("a" * 200, "write " + "a" * 100),
    ],
)
def test_a_key_is_suggested_out_of_what_was_written(written: str, expected: str) -> None:
    assert key_hint(written) == expected


@given(st.text(alphabet=string.printable + "äöüßéñ漢", max_size=120))
def test_a_suggested_key_is_always_a_good_one(written: str) -> None:
    key = key_hint(written).removeprefix("write ").removeprefix("such as ").strip('"')

    assert list(faults({"opportunities": {key: {}}}, "manifest")) == []


def test_a_good_project_has_no_problems() -> None:
    text = "spaces: {a: {url: https://x.example, space_id: us_A}}\npolicy: {guards: {max_creates: null}}\n"

    assert check_project(Source("syncer.yaml", text), yaml.safe_load(text)) == []
