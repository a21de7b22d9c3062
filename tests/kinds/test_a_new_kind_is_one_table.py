"""A kind that exists here alone is read, checked, resolved, matched, compared and written by its table."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from syncer import manifest
from syncer.kinds import schema
from syncer.kinds.opportunity import OPPORTUNITY
from syncer.kinds.registry import KINDS
from syncer.model.address import Address
from syncer.model.declared import Reference
from syncer.project import load as projects
from syncer.sandbox.server import Sandbox
from tests.support import Ran, write_files
from tests.toys import COMPANY

SETTINGS = "version: 1\n"
NEW = """\
version: 1
companies:
  new:
    name: New Company
    owner: dana@example.com
    email: Info@New.example
    city: Graz
"""


@pytest.fixture(autouse=True)
def _registered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(KINDS, COMPANY.name, COMPANY)


@pytest.fixture
def companies(syncer: Callable[..., Ran], sandbox: Sandbox, tmp_path: Path) -> "Companies":
    return Companies(syncer, sandbox, tmp_path)


@dataclass
class Companies:
    """A project of companies, and the space that it is for."""

    syncer: Callable[..., Ran]
    sandbox: Sandbox
    folder: Path

    def declare(self, text: str, policy: str = "") -> "Companies":
        """Let the project declare what *text* says, and nothing else."""
        write_files(self.folder, {"syncer.yaml": f"{SETTINGS}{policy}", "opportunities/all.yaml": text})
        return self

    def plan(self, *options: str) -> dict[str, Any]:
        """What a plan does about each company."""
        ran = self.syncer("plan", "--format", "json", *options, cwd=self.folder)
        assert ran.code in {0, 2}, ran.err
        self.whole = json.loads(ran.out)
        return {change["address"]: change for change in self.whole["changes"]}

    def actions(self, *options: str) -> dict[str, str]:
        return {address: change["action"] for address, change in self.plan(*options).items()}

    def apply(self) -> None:
        ran = self.syncer("apply", "--auto-approve", cwd=self.folder)
        assert ran.code == 0, ran.err

    def record(self, **fields: Any) -> dict[str, Any]:
        return dict(self.sandbox.store.find("Account", **fields))


def test_a_manifest_declares_it_in_its_own_section(
    syncer: Callable[..., Ran], project: Callable[..., Path]
) -> None:
    folder = project({"opportunities/all.yaml": NEW}, SETTINGS)

    assert syncer("validate", cwd=folder).code == 0
    (declared,) = manifest.read(projects.load_project(folder / "syncer.yaml")).declared
    assert declared.address == Address("company", "new")
    assert declared.values == {
        "name": "New Company",
        "owner": Reference("owner", text="dana@example.com"),
        "email": "Info@New.example",
        "city": "Graz",
    }


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("stage: First", 'There is no field "stage".'),
        ("city: 5", "city is a number; it should be the name of a city."),
        ('email: "a\\nb"', "email holds a line break."),
        ("lifecycle: {ignore: [pipeline]}", '"pipeline" is not a field of companies.'),
    ],
)
def test_what_is_wrong_is_told_in_its_own_words(
    line: str, told: str, syncer: Callable[..., Ran], project: Callable[..., Path]
) -> None:
    text = f"version: 1\ncompanies:\n  new:\n    name: New\n    owner: dana@example.com\n    {line}\n"

    ran = syncer("validate", cwd=project({"opportunities/all.yaml": text}, SETTINGS))

    assert ran.code == 1
    assert told in ran.err
    assert "company.new" in ran.err


def test_what_it_needs_is_missed_and_a_key_may_be_that_of_another_kind(
    syncer: Callable[..., Ran], project: Callable[..., Path]
) -> None:
    folder = project({"opportunities/all.yaml": "version: 1\ncompanies: {new: {city: Graz}}\n"}, SETTINGS)

    missing = syncer("validate", cwd=folder).err
    assert "name and owner are missing, here and in the defaults." in missing
    assert "name: Acme\n" in missing

    deal = "{name: D, owner: a@b.example, pipeline: P, closing_date: 2027-01-01, value: 1, account: none}"
    write_files(folder, {"opportunities/all.yaml": f"{NEW}opportunities:\n  new: {deal}\n"})
    declared = manifest.read(projects.load_project(folder / "syncer.yaml")).declared
    assert [str(entry.address) for entry in declared] == ["company.new", "opportunity.new"]


def test_two_that_would_be_one_are_told_by_its_own_natural_key(
    syncer: Callable[..., Ran], project: Callable[..., Path]
) -> None:
    one = "{name: Same, owner: dana@example.com, lifecycle: {ignore: [name]}}"
    text = f"version: 1\ncompanies:\n  a: {one}\n  b: {one}\n"

    told = syncer("validate", cwd=project({"opportunities/all.yaml": text}, SETTINGS)).err

    assert "company.b and company.a have the same name; they would be one company." in told
    assert "name may not be ignored: company.a is found by it" in told


def test_a_custom_field_is_looked_for_among_those_of_its_kind(companies: Companies) -> None:
    """A field that opportunities have is none of companies, and the error calls them by their name."""
    companies.declare(f"{NEW}    fields: {{cf_region: EMEA}}\n")

    told = companies.syncer("plan", cwd=companies.folder).err

    assert 'Companies of this space have no field with the API name "cf_region".' in told


def test_an_editor_is_told_of_it() -> None:
    whole = schema.manifest()

    assert whole["properties"]["companies"]["additionalProperties"] == {"$ref": "#/$defs/company"}
    assert list(whole["$defs"]["company"]["properties"]) == [
        *("name", "owner", "email", "city", "fields", "lifecycle", "formerly", "state", "id")
    ]
    assert whole["$defs"]["company_owner"]["description"] == "Who looks after it."
    assert whole["$defs"]["owner"]["title"] == OPPORTUNITY.field("owner").about.title


def test_it_is_made_and_found_again(companies: Companies) -> None:
    """By a plan that says what it does, an apply that does it, and a plan with nothing to do."""
    change = companies.declare(NEW).plan()["company.new"]

    assert (change["action"], change["after"], change["payload"]) == (
        "create",
        {"name": "New Company", "owner": "dana@example.com", "email": "Info@New.example", "city": "Graz"},
        {
            "name": "New Company",
            "owner_id": companies.sandbox.store.find("Client", email="dana@example.com")["id"],
            "email1": "Info@New.example",
            "city": "Graz",
        },
    )
    assert change["precondition"] == {
        "absent": True,
        "identity": {
            "name": "New Company",
            "alone": ["info@new.example"],
            "key": None,
            "key_field": None,
            "match": ["name"],
        },
        "beside": {"won": None, "known": []},
    }
    companies.apply()
    assert companies.record(name="New Company")["email1"] == "Info@New.example"
    assert companies.actions() == {"company.new": "no-op"}
    assert companies.declare(NEW.replace("Info@New", "INFO@new")).actions() == {"company.new": "no-op"}


def test_it_is_changed_and_what_a_person_changed_is_drift(companies: Companies) -> None:
    """With what was last agreed beside it: git alone has moved it, a person alone, and both."""
    companies.declare(NEW).apply()
    moved = NEW.replace("Graz", "null").replace("dana@", "tina@")

    change = companies.declare(moved).plan()["company.new"]
    assert (change["action"], [field["path"] for field in change["fields"]]) == ("update", ["owner", "city"])
    companies.apply()
    assert not companies.record(name="New Company")["city"]
    assert companies.actions() == {"company.new": "no-op"}

    companies.sandbox.store.edit("Account", companies.record(name="New Company")["id"], city="Linz")
    assert companies.actions() == {"company.new": "drift"}
    assert companies.declare(NEW.replace("Graz", "Wels").replace("dana@", "tina@")).actions() == {
        "company.new": "conflict"
    }


def test_it_is_found_by_its_address_whatever_it_is_called_by_now(companies: Companies) -> None:
    """Without anything that is remembered; and what looks like another one of nobody's is told."""
    store = companies.sandbox.store
    owner = store.find("Client", email="dana@example.com")["id"]
    for name, email in (("Renamed", "info@new.EXAMPLE"), ("NEW  company", None)):
        store.create("Account", {"name": name, "owner_id": owner, "city": "Graz", "email1": email})

    assert companies.declare(NEW, "policy: {existing: update}\n").actions() == {"company.new": "update"}
    assert [problem["code"] for problem in companies.whole["problems"]] == []
    assert companies.declare(NEW.replace("Info@", "office@")).actions() == {"company.new": "create"}
    (doubt,) = companies.whole["problems"]
    assert (doubt["code"], "NEW  company" in doubt["detail"]) == ("look-alike", True)


def test_an_entry_that_is_taken_out_is_forgotten_or_deleted(companies: Companies) -> None:
    """As the policy says; and one that shall not be there is deleted."""
    other = "  other: {name: Other Company, owner: dana@example.com}\n"
    companies.declare(NEW + other).apply()
    alone = f"version: 1\ncompanies:\n{other}"

    assert companies.declare(alone).actions() == {"company.new": "forget", "company.other": "no-op"}
    delete = "policy: {removed: delete, guards: {max_deletes: 1}}\n"
    assert companies.declare(alone, delete).actions() == {"company.new": "delete", "company.other": "no-op"}
    companies.apply()
    assert companies.record(name="Other Company")["is_deleted"] is False
    with pytest.raises(LookupError):
        companies.record(name="New Company", is_deleted=False)
    absent = alone.replace("owner: dana@example.com", "state: absent")
    assert companies.declare(absent, delete).actions() == {"company.other": "delete"}
