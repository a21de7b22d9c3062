"""The manifest schema with the names of a space."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from syncer.resolve.directory import Directory
from syncer.resources import examples, schema
from syncer.sandbox.server import Sandbox
from syncer.verbs.live_schema import live
from tests.support import Ran

Run = Callable[..., Ran]
ID = "3fa85f64-5717-4562-b3fc-2c963f66afa6"


@pytest.fixture
def checker(sandbox: Sandbox, syncer: Run, tmp_path: Path) -> Callable[[str], list[str]]:
    """Say where a manifest with one opportunity is wrong for an editor."""
    assert sandbox
    made = syncer("schema", "manifest", "--live", cwd=tmp_path)
    assert made.code == 0, made.err
    found = json.loads(made.out)
    jsonschema.Draft202012Validator.check_schema(found)
    validator = jsonschema.Draft202012Validator(found)

    def check(entry: str, defaults: str = "{}") -> list[str]:
        text = f"version: 1\ndefaults: {defaults}\nopportunities: {{a: {entry}}}\n"
        document = yaml.load(text, yaml.BaseLoader if "2027" in text else yaml.SafeLoader)
        document["version"] = 1
        return sorted(error.json_path.removeprefix("$.") for error in validator.iter_errors(document))

    return check


@pytest.mark.parametrize(
    ("entry", "wrong"),
    [
        ("{owner: dana@example.com}", []),
        ("{owner: dana@exmaple.com}", ["opportunities.a.owner"]),
        ("{owner: pat@example.com}", ["opportunities.a.owner"]),
        (f"{{owner: {{id: {ID}}}}}", []),
        ("{pipeline: Renewals, step: Quoted}", []),
        ("{pipeline: Renewals, step: Proposal}", ["opportunities.a.step"]),
        ("{pipeline: Renewal}", ["opportunities.a.pipeline"]),
        ("{pipeline: {name: Renewals}, step: Anything}", []),
        (f"{{pipeline: Renewals, step: {{id: {ID}}}}}", []),
        ("{step: Proposal}", []),
        ("{step: Propsal}", ["opportunities.a.step"]),
        ("{pipeline: New Business, type: Enterprise}", []),
        ("{pipeline: Renewals, type: Enterprise}", ["opportunities.a.type"]),
        ("{pipeline: New Business, type: Public Sector}", ["opportunities.a.type"]),
        ("{value: 100 USD}", []),
        ("{value: 100}", []),
        ("{value: 100.50 EUR}", []),
        ("{value: 100 EURO}", ["opportunities.a.value"]),
        ("{value: 100 GBP}", ["opportunities.a.value"]),
        ("{value: {amount: '1', currency: EUR}}", []),
        ("{value: {amount: '1', currency: GBP}}", ["opportunities.a.value"]),
        ("{unit: Sales EMEA}", []),
        ("{unit: Sales EMAE}", ["opportunities.a.unit"]),
        ("{lead_source: Web}", []),
        ("{lead_source: null}", []),
        ("{lead_source: Wbe}", ["opportunities.a.lead_source"]),
        ("{contacts: [{email: a@b.c, sales_role: Champion}]}", []),
        ("{contacts: [{email: a@b.c, sales_role: Chmapion}]}", ["opportunities.a.contacts"]),
        ("{account: anything@example.com}", []),
        ("{fields: {cf_region: EMEA, cf_seats: 3, cf_competitors: [Tyrell], cf_strategic: true}}", []),
        ("{fields: {cf_competitors: Tyrell, cf_notes: text, cf_discount: 0.5, cf_contract: null}}", []),
        ("{fields: {cf_renewal_date: 2027-01-01, cf_kickoff_at: 2027-04-10T09:00:00Z}}", []),
        ("{fields: {cf_region: EMAE}}", ["opportunities.a.fields.cf_region"]),
        ("{fields: {cf_competitors: [Tyrel]}}", ["opportunities.a.fields.cf_competitors"]),
        ("{fields: {cf_seats: many}}", ["opportunities.a.fields.cf_seats"]),
        ("{fields: {cf_regoin: EMEA}}", ["opportunities.a.fields"]),
        ("{fields: {cf_services: 5}}", ["opportunities.a.fields"]),
    ],
)
def test_an_editor_knows_the_names_of_the_space(
    checker: Callable[..., list[str]], entry: str, wrong: list[str]
) -> None:
    assert checker(entry) == wrong


def test_defaults_know_them_too(checker: Callable[..., list[str]]) -> None:
    assert checker("{step: Quoted}", "{pipeline: Renewals, step: Contacted, currency: EUR}") == []
    assert checker("{step: Quoted}", "{pipeline: Renewals, step: Proposal}") == ["defaults"]


@pytest.mark.usefixtures("sandbox")
def test_the_key_field_is_not_offered(syncer: Run, project: Callable[..., Path]) -> None:
    folder = project(None, "version: 1\nidentity: {key_field: cf_syncer_key}\n")
    fields = json.loads(syncer("schema", "manifest", "--live", cwd=folder).out)["$defs"]["fields"][
        "properties"
    ]

    assert ("cf_region" in fields, "cf_syncer_key" in fields) == (True, False)


def test_every_word_stands_beside_its_name(sandbox: Sandbox, syncer: Run, tmp_path: Path) -> None:
    found = json.loads(syncer("schema", "manifest", "--live", cwd=tmp_path).out)
    owner = found["$defs"]["owner"]["anyOf"][0]
    currency = found["$defs"]["currency"]["anyOf"][0]

    assert dict(zip(owner["enum"], owner["enumDescriptions"], strict=True))["mei@example.com"] == "Mei Tanaka"
    assert dict(zip(currency["enum"], currency["enumDescriptions"], strict=True)) == {
        "EUR": "rate in force: 0.9",
        "USD": "the base currency",
    }
    assert (found["$id"], found["title"]) == (
        f"urn:syncer:schema:manifest:1:{sandbox.space_id}",
        f"syncer manifest for {sandbox.space_id}",
    )


def test_the_examples_are_right_for_it(sandbox: Sandbox, syncer: Run, tmp_path: Path) -> None:
    validator = jsonschema.Draft202012Validator(
        json.loads(syncer("schema", "manifest", "--live", cwd=tmp_path, env=sandbox.env()).out)
    )
    for file in sorted(examples().glob("*/opportunities/*.yaml")):
        document: Any = json.loads(json.dumps(yaml.safe_load(file.read_text(encoding="utf-8")), default=str))
        assert [error.message for error in validator.iter_errors(document)] == []


def test_a_space_that_knows_nothing_leaves_the_schema_open() -> None:
    found = live(Directory(), "us_Empty")
    jsonschema.Draft202012Validator.check_schema(found)

    assert found["$defs"]["owner"] == schema("manifest")["$defs"]["owner"]
    assert found["$defs"]["fields"]["properties"] == {}


def test_other_schemas_hold_no_names(syncer: Run) -> None:
    ran = syncer("schema", "plan", "--live", env={})

    assert (ran.code, ran.out) == (64, "")
    assert "syncer schema manifest --live" in ran.err


def test_the_keys_of_the_project_are_offered_and_each_kind_knows_its_own_names(
    sandbox: Sandbox, syncer: Run, project: Callable[..., Path]
) -> None:
    """Keys of files with mistakes too; a key that is not there yet is no mistake for an editor."""
    assert sandbox
    files = {
        "accounts/a.yaml": "version: 1\naccounts: {acme: {name: Acme}, beta: 5}\n",
        "contacts/c.yaml": "version: 1\ncontacts: {bob: {first_name: Bob, last_name: Baker}}\n",
    }
    found = json.loads(syncer("schema", "manifest", "--live", cwd=project(files, "version: 1\n")).out)
    jsonschema.Draft202012Validator.check_schema(found)
    validator = jsonschema.Draft202012Validator(found)

    def wrong(section: str, entry: Any) -> list[str]:
        errors = validator.iter_errors({section: {"a": entry}})
        return sorted(error.json_path.removeprefix(f"$.{section}.a") for error in errors)

    offered = {kind: found["$defs"][f"{kind}_key"]["anyOf"][0] for kind in ("account", "contact")}
    assert offered["account"]["enum"] == ["acme", "beta"]
    assert offered["account"]["enumDescriptions"] == ["Acme", ""]
    assert offered["contact"]["enumDescriptions"] == ["Bob Baker"]
    assert wrong("contacts", {"account": {"ref": "acme", "position": "Buyer"}}) == []
    assert wrong("contacts", {"account": {"ref": "not-yet"}, "contact_type": "Standard"}) == []
    assert wrong("contacts", {"account": {"ref": "No Key"}, "contact_type": "X"}) == [
        ".account",
        ".contact_type",
    ]
    assert wrong("accounts", {"industry": "Energy", "customer_type": "partner"}) == []
    assert wrong("accounts", {"industry": "Enrgy", "fields": {"cf_region": "EMEA"}}) == [
        ".fields",
        ".industry",
    ]
