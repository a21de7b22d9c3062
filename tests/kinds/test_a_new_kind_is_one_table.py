"""A kind that exists here alone is read, checked, resolved, matched, compared and written by its table."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from syncer import manifest
from syncer.kinds import codec, schema
from syncer.kinds.registry import KINDS, MAIN
from syncer.model.address import Address
from syncer.model.change import Action, Change, FieldChange
from syncer.model.declared import Existing, Reference
from syncer.model.problem import ResolveError
from syncer.planning import shown
from syncer.planning.decide import decide
from syncer.planning.match import match
from syncer.planning.rules import Rules
from syncer.project import load as projects
from syncer.project.connection import connection
from syncer.remote import lookup
from syncer.remote.client import Api
from syncer.remote.query import Query, read_all
from syncer.resolve import resolve, wanted
from syncer.sandbox.server import Sandbox
from syncer.verbs.session import open_session
from tests.remote import single
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


@dataclass
class Planned:
    """What a plan decides for the one company of a manifest."""

    api: Api
    change: Change

    @property
    def body(self) -> Any:
        return codec.body(self.change)

    def write(self) -> str:
        """Do what the change says; return the id of the record."""
        id_, body = self.change.id or "", dict(self.body or {})
        if self.change.action is Action.CREATE:
            return str(single.post(self.api, COMPANY.entity, body)["id"])
        if self.change.action is Action.UPDATE:
            del body["id"]
            single.patch(self.api, COMPANY.entity, id_, body)
        else:
            single.delete(self.api, COMPANY.entity, id_)
        return id_


@pytest.fixture
def planned(sandbox: Sandbox, tmp_path: Path) -> Callable[[str], Any]:
    @contextmanager
    def plan(text: str) -> Iterator[Planned]:
        write_files(tmp_path, {"syncer.yaml": SETTINGS, "opportunities/all.yaml": text})
        project = projects.load_project(tmp_path / "syncer.yaml")
        declared = manifest.read(project).declared
        with open_session(project, connection(project, None, sandbox.env())) as session:
            directory = lookup.lookup(session.api, wanted(declared))
            (desired,) = resolve(declared, directory).checked().desired
            wire = codec.of(COMPANY)
            names = [field.name for field in COMPANY.fields]
            query = Query(COMPANY.entity, wire.load_only(names), wire.expand(names), take=wire.observed)
            (answer,) = read_all(session.api, [query])
            rules = Rules(existing=Existing.UPDATE)
            matches = match(COMPANY, [desired], answer.rows, rule=rules.matching)
            assert not matches.problems
            decided = decide([desired], matches, rules)
            lookup.add_ids(session.api, directory, shown.ids(decided))
            (change,) = shown.named(decided, directory)
            yield Planned(session.api, change)

    return plan


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


def test_a_custom_field_is_looked_for_among_those_of_its_kind(planned: Callable[[str], Any]) -> None:
    """A field that opportunities have is none of companies, and the error calls them by their name."""
    said = 'Companies of this space have no field with the API name "cf_region".'

    with pytest.raises(ResolveError) as refused, planned(f"{NEW}    fields: {{cf_region: EMEA}}\n"):
        pass

    assert [problem.detail for problem in refused.value.problems] == [said]


def test_an_editor_is_told_of_it() -> None:
    whole = schema.manifest()

    assert whole["properties"]["companies"]["additionalProperties"] == {"$ref": "#/$defs/company"}
    assert list(whole["$defs"]["company"]["properties"]) == [
        *("name", "owner", "email", "city", "fields", "lifecycle", "formerly", "state", "id")
    ]
    assert whole["$defs"]["company_owner"]["description"] == "Who looks after it."
    assert whole["$defs"]["owner"]["title"] == MAIN.field("owner").about.title


def test_it_is_made_found_again_changed_and_deleted(planned: Callable[[str], Any]) -> None:
    with planned(NEW) as first:
        assert str(first.change.address) == "company.new"
        assert first.change.action is Action.CREATE
        assert first.body == {
            "name": "New Company",
            "owner_id": first.body["owner_id"],
            "email1": "Info@New.example",
            "city": "Graz",
        }
        assert shown.after(first.change) == {
            "name": "New Company",
            "owner": "dana@example.com",
            "email": "Info@New.example",
            "city": "Graz",
        }
        made = first.write()

    with planned(NEW.replace("Info@New", "INFO@new")) as again:
        assert (again.change.action, again.change.id) == (Action.NOOP, made)

    moved = NEW.replace("Graz", "null").replace("dana@", "tina@")
    with planned(moved) as changed:
        assert changed.change.writes == ("owner", "city")
        assert shown.fields(changed.change) == (
            FieldChange("owner", "dana@example.com", "tina@example.com"),
            FieldChange("city", "Graz", None),
        )
        assert changed.body.keys() == {"id", "owner_id", "city"}
        changed.write()

    with planned(moved) as settled:
        assert settled.change.action is Action.NOOP

    with planned("version: 1\ncompanies: {new: {name: New Company, state: absent}}\n") as gone:
        assert (gone.change.action, gone.change.id) == (Action.DELETE, made)
        gone.write()

    with planned(NEW) as anew:
        assert anew.change.action is Action.CREATE
