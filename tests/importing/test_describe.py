"""Records nobody would make today, in the words of a manifest."""

from decimal import Decimal
from typing import Any

import pytest

from syncer.importing.describe import Described, Describer
from syncer.kinds.opportunity import OPPORTUNITY
from syncer.model.names import CustomField
from syncer.model.observed import Observed
from syncer.resolve.directory import Directory
from syncer.shapes.spelling import Bare, Commented

USD, EUR, ODD, TWIN = "c-usd", "c-eur", "c-odd", "c-twin"


def directory() -> Directory:
    found = Directory(
        fields={
            "opportunity": {
                "lead_source": CustomField(
                    "lead_source", "Lead source", "dropdown", "set", unique=False, system=True
                ),
                "cf_pick": CustomField("cf_pick", "Pick", "dropdown", "set", unique=False, system=False),
                "cf_many": CustomField(
                    "cf_many", "Many", "multiselect_checkbox", "set", unique=False, system=False
                ),
                "cf_when": CustomField("cf_when", "When", "date", None, unique=False, system=False),
                "cf_no": CustomField("cf_no", "No.", "sequence", None, unique=False, system=False),
                "cf-odd": CustomField("cf-odd", "Odd", "input", None, unique=False, system=False),
                "cf_int": CustomField("cf_int", "Int", "integer", None, unique=False, system=False),
            }
        },
        base_currency=USD,
        rates={EUR: Decimal("0.9"), ODD: Decimal(2), TWIN: Decimal(2)},
    )
    found.add(
        "currency",
        [
            {"id": USD, "code": "USD"},
            {"id": EUR, "code": "EUR"},
            {"id": ODD, "code": "Gold"},
            {"id": TWIN, "code": "EUR"},
        ],
    )
    found.add("owner", [{"id": "o", "email": "o@example.com", "name": "Olga"}, {"id": "nameless"}])
    found.add("pipeline", [{"id": "p", "name": "Sales"}])
    found.add("step", [{"id": "s", "name": "One", "pipeline_id": "p"}])
    found.add(
        "type",
        [
            {"id": "t", "name": "Standard", "pipeline_id": "p"},
            {"id": "draft", "name": "Draft", "pipeline_id": "p", "is_published": False},
            {"id": "far", "name": "Far", "pipeline_id": "q"},
        ],
    )
    found.add(
        "option",
        [
            {"id": "web", "option_name": "Web", "data_set_id": "set"},
            {"id": "twice1", "option_name": "Twice", "data_set_id": "set"},
            {"id": "twice2", "option_name": "Twice", "data_set_id": "set"},
            {"id": "blank", "option_name": " ", "data_set_id": "set"},
            {"id": "other", "option_name": "Other", "data_set_id": "elsewhere"},
        ],
    )
    found.add(
        "account",
        [
            {"id": "a", "name": "none"},
            {"id": "at", "name": "we@work"},
            {"id": "b", "name": "Same", "email1": "x@b.example"},
            {"id": "c", "name": "Same", "email1": "x@c.example"},
            {"id": "d", "name": "Other", "email1": "x@c.example"},
        ],
    )
    found.add("contact", [{"id": "k", "email1": "k@example.com", "formatted_name": "Kim"}])
    found.linked = {"k": frozenset({"a"})}
    return found


def described(name: str = "Deal", **values: Any) -> Described:
    whole = {
        "name": name,
        "owner": "o",
        "pipeline": "p",
        "step": "s",
        "closing_date": "2027-01-01",
        "value": {"amount": "1", "currency": USD},
        "accounts": {},
        **values,
    }
    record = Observed("id", whole, {}, archived=False, created="", modified="")
    return Describer(OPPORTUNITY, directory(), None).describe(record, name)


@pytest.mark.parametrize(
    ("money", "written"),
    [
        ({"amount": "48000", "currency": USD}, Bare("48000 USD")),
        ({"amount": "0.1", "currency": USD}, Bare("0.10 USD")),
        ({"amount": "1.234", "currency": USD}, Commented(Bare("1.23 USD"), "1.234 in Pipeliner")),
        ({"amount": "1.5", "currency": USD}, Bare("1.50 USD")),
        ({"amount": "5", "currency": EUR}, Commented({"amount": "5", "currency": {"id": EUR}}, "5 EUR")),
        ({"amount": "5", "currency": ODD}, Commented({"amount": "5", "currency": {"id": ODD}}, "5 Gold")),
    ],
)
def test_an_amount_is_written_exactly_and_never_ambiguously(money: Any, written: Any) -> None:
    found = described(value=money)

    assert (found.values["value"], found.left_out, found.pinned) == (written, {}, "")


@pytest.mark.parametrize(
    ("accounts", "key", "written"),
    [
        ({}, "account", "none"),
        ({"a": True}, "account", {"name": "none"}),
        ({"at": True}, "account", {"name": "we@work"}),
        ({"b": True}, "account", "x@b.example"),
        ({"c": True}, "account", {"email": "x@c.example", "name": "Same"}),
        (
            {"b": False, "at": True, "c": False},
            "accounts",
            [{"name": "we@work", "primary": True}, "x@b.example", {"email": "x@c.example", "name": "Same"}],
        ),
        ({"d": False, "b": True}, "accounts", [{"email": "x@b.example", "primary": True}, "Other"]),
    ],
)
def test_an_account_is_called_by_what_no_other_is_called(
    accounts: dict[str, bool], key: str, written: Any
) -> None:
    found = described(accounts={id_: {"primary": primary, "roles": []} for id_, primary in accounts.items()})

    assert (found.values[key], found.left_out) == (written, {})


@pytest.mark.parametrize(
    ("field", "value", "why"),
    [
        ("owner", None, "it has none"),
        ("owner", "unknown", "the user unknown is deleted or not to be seen"),
        ("closing_date", "1899-01-01", '"1899-01-01" is outside the years 1900 to 2200.'),
        (
            "value",
            {"amount": "1", "currency": "unknown"},
            "its currency unknown is deleted or not to be seen",
        ),
        (
            "value",
            {"amount": "-1", "currency": USD},
            '"-1" is negative; the value of an opportunity cannot be.',
        ),
        ("accounts", {"a": {"primary": False}}, "none of them is the primary one"),
        ("accounts", {"a": {"primary": True}, "b": {"primary": True}}, "2 of them are the primary one"),
        ("accounts", {"gone": {"primary": True}}, "the account gone is deleted or not to be seen"),
        ("name", "a\nb", "it holds a line break or a control character"),
    ],
)
def test_what_is_required_and_cannot_be_written_is_left_to_the_id(field: str, value: Any, why: str) -> None:
    changes = {} if field == "name" else {field: value}
    found = described(value if field == "name" else "Deal", **changes)

    assert found.left_out == {field: why}
    assert found.pinned == "a part that manifests need cannot be written, so its id finds it"
    assert field not in found.values


@pytest.mark.parametrize(
    ("field", "value", "why"),
    [
        ("step", "unknown", "the step unknown is deleted or not to be seen"),
        ("type", "draft", "the type Draft is only a draft"),
        ("type", "far", "the type Far belongs to another pipeline"),
        ("unit", "unknown", "the sales unit unknown is deleted or not to be seen"),
        ("description", "a\x07", "it holds the control character U+0007"),
        ("lead_source", "other", "the option other is deleted or not to be seen"),
        ("contacts", {"gone": {"primary": True}}, "the contact gone is deleted or not to be seen"),
        ("fields.cf_pick", "gone", "the option gone is deleted or not to be seen"),
        ("fields.cf_pick", "blank", "the option blank is deleted or not to be seen"),
        ("fields.cf_pick", "twice1", '2 options are called "Twice"'),
        ("fields.cf_many", ["web", "web"], "what Pipeliner holds does not fit the type of the field"),
        ("fields.cf_no", "7", "No. is numbered by Pipeliner itself"),
        ("fields.cf-odd", "x", "manifests cannot spell the field"),
        ("fields.cf_int", {"a": 1}, "what Pipeliner holds does not fit the type of the field"),
    ],
)
def test_what_is_optional_and_cannot_be_written_is_left_out(field: str, value: Any, why: str) -> None:
    found = described(**{field: value})

    assert (found.left_out, found.pinned) == ({field: why}, "")


def test_an_option_with_a_namesake_goes_by_id() -> None:
    assert described(lead_source="twice1").values["lead_source"] == Commented({"id": "twice1"}, "Twice")
    assert described(lead_source="web").values["lead_source"] == "Web"


def test_a_user_without_an_e_mail_goes_by_id() -> None:
    assert described(owner="nameless").values["owner"] == Commented({"id": "nameless"}, "")


@pytest.mark.parametrize(
    ("roles", "written"),
    [
        (["gone"], Commented("k@example.com", "the sales role gone is deleted or not to be seen")),
        (["r1", "r2"], Commented("k@example.com", "has several sales roles: r1, r2")),
        ([], "k@example.com"),
    ],
)
def test_what_cannot_be_said_of_a_contact_stands_beside_it(roles: list[str], written: Any) -> None:
    found = described(
        accounts={"a": {"primary": True, "roles": []}}, contacts={"k": {"primary": True, "roles": roles}}
    )

    assert found.values["contacts"] == [written]


def test_a_custom_date_and_empty_values_are_written_as_they_are() -> None:
    fields: dict[str, Any] = {
        "fields.cf_when": "2027-01-01",
        "fields.cf_int": None,
        "fields.cf_many": ["web"],
    }
    found = described(**fields)

    assert found.values["fields"] == {"cf_when": Bare("2027-01-01"), "cf_many": ["Web"]}


def test_a_name_that_is_spelt_in_another_way_is_found_by_its_id() -> None:
    record = Observed("id", {"name": "Caf\u00e9"}, {}, archived=False, created="", modified="")

    assert Describer(OPPORTUNITY, directory(), None).describe(record, "Cafe\u0301").pinned != ""
