"""Accounts: their table is what the API offers, and what is wrong with an entry is told at its place."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from syncer import manifest
from syncer.kinds.account import ACCOUNT
from syncer.kinds.base import Kind
from syncer.kinds.contact import CONTACT
from syncer.kinds.opportunity import OPPORTUNITY
from syncer.kinds.references import REFERENCES
from syncer.project import load as projects
from syncer.sandbox.entities import ENTITIES, Entity
from syncer.shapes.base import Field
from tests.kinds.registered import registered
from tests.support import Ran

SETTINGS = "version: 1\n"
# What the service keeps where a field of each shape is written.
KINDS_OF: dict[str, str] = {
    "line": "text",
    "text": "text",
    "email": "text",
    "reference": "id",
    "id": "id",
    "enum": "int",
    "flag": "bool",
    "links": "many",
}


@pytest.fixture(autouse=True)
def _registered() -> Iterator[None]:
    with registered(ACCOUNT, CONTACT, OPPORTUNITY):
        yield


def checked(entity: Entity, fields: tuple[Field, ...]) -> list[str]:
    """Return the fields of a table that are not as the API has them."""
    wrong = []
    for spec in fields:
        found = entity.fields[spec.wire or ""]
        fits = found.kind == KINDS_OF[spec.shape.name] and set(found.enum) == {n for n, _ in spec.enum}
        settable = found.is_settable_on_create and found.is_settable_on_update and found.is_in_batches
        if not fits or not settable:
            wrong.append(spec.name)
        if spec.refers and spec.link is None:
            target = {"option": "Data"}.get(spec.refers, found.target)
            assert found.target == target
            plural = "Data" if spec.refers == "option" else ENTITIES[found.target].plural
            assert REFERENCES[spec.refers].entity == plural
    return wrong


@pytest.mark.parametrize("kind", [ACCOUNT, CONTACT], ids=lambda kind: str(kind.name))
def test_every_field_is_one_that_the_api_lets_be_set(kind: Kind) -> None:
    """Its name, its type, its numbers and what it refers to, of each field and of each column of a link."""
    entity = ENTITIES[kind.wire_name]

    assert entity.plural == kind.entity
    assert checked(entity, kind.fields) == []
    assert kind.system == frozenset(entity.fields)
    for link in kind.links.values():
        rows = next(found for found in ENTITIES.values() if found.plural == link.entity)
        assert {link.parent, link.target, "is_primary"} <= rows.fields.keys()
        assert checked(rows, link.columns) == []


@pytest.mark.parametrize("kind", [ACCOUNT, CONTACT], ids=lambda kind: str(kind.name))
def test_what_a_person_would_set_is_all_there(kind: Kind) -> None:
    """What is left out is pictures, documents, sharing row by row, and what other programs write."""
    settable = {
        name
        for name, found in ENTITIES[kind.wire_name].fields.items()
        if found.is_settable_on_create and found.is_settable_on_update
    }

    assert settable - {spec.wire for spec in kind.fields} == {
        *("created", "currency_exchange_rates_list_id", "documents", "is_archived", "picture", "picture_id"),
        *("revision", "sharing_clients", "sharing_units", "social_media", "static_profiles", "tags"),
        *(
            ("last_ai_account_hierarchy_applied", "last_ai_org_chart_applied")
            if kind is ACCOUNT
            else ("account_position", "primary_account_account_roles", "primary_account_relationship")
        ),
    }


PARENT = "parent_account: {ref: acme}"
TYPE = "parent_account_relation_type: {id: 3fa85f64-5717-4562-b3fc-2c963f66afa6}"


@pytest.mark.parametrize(
    ("line", "told"),
    [
        (
            "account_class: classA",
            (
                "all.yaml:4:48 (account.beta)",
                'account_class is "classA"; allowed: NoClass, ',
                "hint: write ClassA",
            ),
        ),
        ("account_class: 2", ("account_class is 2; allowed: NoClass, ClassA, ClassB, ClassC, ClassD.",)),
        ("industry: 5", ("industry is a number; it should be the name of an industry",)),
        ("unsubscribed: maybe", ("unsubscribed is text; it should be true or false",)),
        ("phone: 43123", ("phone is a number; it should be a phone number in quotes",)),
        ("fon: x", ('There is no field "fon"',)),
        (
            PARENT,
            (
                "all.yaml:4:33 (account.beta)",
                "parent_account takes parent_account_relation_type along",
                "the service documents no list of them",
            ),
        ),
        (
            f"{PARENT}, parent_account_relation_type: Holding",
            ("parent_account_relation_type is text; it should be {id: …} of a relation type",),
        ),
        (
            "parent_account: {ref: acme, name: Acme}, " + TYPE,
            ("parent_account has a ref and a name; the ref stands alone.",),
        ),
    ],
)
def test_what_is_wrong_with_an_account_is_told_at_its_place(
    line: str, told: tuple[str, ...], syncer: Callable[..., Ran], project: Callable[..., Path]
) -> None:
    """Each message says what is expected instead."""
    text = (
        "version: 1\ndefaults: {owner: dana@example.com}\naccounts:\n"
        f"  beta: {{name: Beta Industries, {line}}}\n  acme: {{name: Acme}}\n"
    )

    ran = syncer("validate", cwd=project({"opportunities/all.yaml": text}, SETTINGS))

    assert ran.code == 1
    assert all(part in ran.err for part in told), ran.err


@pytest.mark.parametrize(
    ("entries", "told"),
    [
        ("  a: {name: Same}\n  b: {name: Same}\n", "account.b and account.a have the same name"),
        (
            "  a: {name: A, email: Info@x.example}\n  b: {name: B, email3: info@X.example}\n",
            'account.b and account.a have the e-mail "info@x.example"; they would be one account.',
        ),
        ("  a: {name: Same, email: a@x.example}\n  b: {name: Same, email: b@x.example}\n", ""),
        ("  a: {name: Same, email: a@x.example, email2: A@x.example}\n", ""),
        ("  a: {email: a@x.example, state: absent}\n", ""),
        ("  a: {name: A, lifecycle: {ignore: [name]}}\n", "name may not be ignored"),
        ("  a: {name: A, email: a@x.example, lifecycle: {ignore: [name]}}\n", ""),
        (
            "  a: {name: A, email: a@x.example, lifecycle: {ignore: [name, email]}}\n",
            "name may not be ignored",
        ),
        ("  a: {city: Graz, state: absent}\n", "name is missing"),
        (f"  a: {{name: A, {PARENT}, {TYPE}}}\n  acme: {{name: Acme}}\n", ""),
        ("  a: {name: A, parent_account: null, account_class: null, share_mode: Private}\n", ""),
    ],
)
def test_an_account_is_one_by_an_e_mail_or_by_its_name(
    entries: str, told: str, syncer: Callable[..., Ran], project: Callable[..., Path]
) -> None:
    """Two of one name are two where each has an e-mail of its own."""
    text = f"version: 1\ndefaults: {{owner: dana@example.com}}\naccounts:\n{entries}"

    ran = syncer("validate", cwd=project({"opportunities/all.yaml": text}, SETTINGS))

    assert (ran.code, told in ran.err) == (1 if told else 0, True)


def test_defaults_fill_what_a_kind_has(syncer: Callable[..., Ran], project: Callable[..., Path]) -> None:
    """A pipeline is none of an account's, and a city none of a deal's."""
    text = """\
version: 1
defaults: {owner: dana@example.com, pipeline: Test Pipeline, city: Graz, account: {ref: acme}}
accounts: {acme: {name: Acme}}
contacts: {bob: {last_name: Baker}}
opportunities: {deal: {name: Deal, closing_date: 2027-03-31, value: 100 USD}}
"""
    folder = project({"opportunities/all.yaml": text}, SETTINGS)

    assert syncer("validate", cwd=folder).code == 0
    declared = manifest.read(projects.load_project(folder / "syncer.yaml")).declared
    said: dict[str, Any] = {str(entry.address): sorted(entry.values) for entry in declared}
    assert said == {
        "account.acme": ["city", "name", "owner"],
        "contact.bob": ["accounts", "city", "last_name", "owner"],
        "opportunity.deal": ["accounts", "closing_date", "name", "owner", "pipeline", "value"],
    }


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (
            "accounts:\n  acme:\n  name: Acme\n  city: Graz\n",
            '"name" and 1 more stand where keys of accounts stand, but they are fields, as it seems of',
        ),
        ("accounts:\n  city: Graz\n", "give the account a key, and indent its fields below it:"),
        ("accounts:\n- name: Acme\n  city: Graz\n", "write a key in place of the dash, and the fields below"),
        (
            "- first_name: Bob\n  last_name: Baker\n",
            "below contacts:\n  contacts:\n    bob-baker:\n      first_name: …",
        ),
        ("city: Graz\n", "indent it below the account or contact it belongs to, or below defaults:"),
        ("acme: {name: Acme, email: i@x.example}\n", "so that it stands under accounts:"),
        (
            "accounts:\n  acme: {name: Acme, beta: {name: Beta, city: Graz}}\n",
            "it looks like an entry of its own; indent it like the key of the one above",
        ),
        ("accounts:\n  acme: {name: Acme, status: won}\n", "known fields: name, owner, email"),
        ("accounts:\n  acme: {name: Acme, website: x}\n", 'did you mean "home_page"?'),
        ("contacts:\n  bob: {surname: Baker}\n", 'did you mean "last_name"?'),
    ],
)
def test_what_slipped_is_told_in_the_words_of_its_kind(
    text: str, told: str, syncer: Callable[..., Ran], project: Callable[..., Path]
) -> None:
    """Of a field at a wrong place it is known what it may be a field of."""
    ran = syncer("validate", cwd=project({"opportunities/all.yaml": text}, SETTINGS))

    assert ran.code == 1
    assert told in ran.err, ran.err
