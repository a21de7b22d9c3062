"""What a manifest may say for each type of custom field."""

from typing import Any

import pytest

from syncer.kinds.opportunity import OPPORTUNITY
from syncer.model.names import CustomField, Entry
from syncer.resolve.custom import custom_value
from syncer.shapes.base import Value


class FaultError(Exception):
    """What the field is refused with."""


def fault(code: str, detail: str, hint: str = "", same_as: object = None) -> Exception:  # noqa: ARG001
    return FaultError(code, detail, hint)


def option(text: str, data_set: str, index: int | None) -> Entry:  # noqa: ARG001
    return Entry(f"id-{text}", (text,), (), data_set, {})


def value_of(type_: str, value: Any, **known: Any) -> Value:
    fields = {"cf_x": CustomField("cf_x", "X", type_, "set", unique=False, system=False)}
    return custom_value(OPPORTUNITY, fields | known, "cf_x", value, fault, option)


@pytest.mark.parametrize(
    ("type_", "written", "value"),
    [
        ("input", "text ", Value("text", "text", "text")),
        ("text_area", "2027-03-31 10:00", Value(*["2027-03-31 10:00"] * 3)),
        ("url", "", Value(None, None, None)),
        ("checkbox", False, Value(False, False, False)),
        ("integer", 12, Value("12", "12", 12)),
        ("integer", "-12.0", Value("-12", "-12", -12)),
        ("float", "0.150", Value("0.15", "0.15", 0.15)),
        ("currency", 0, Value("0", "0", 0)),
        ("date", "2027-03-31", Value("2027-03-31", "2027-03-31", "2027-03-31")),
        (
            "datetime",
            "2027-03-31T10:00:00+02:00",
            Value("2027-03-31T08:00:00Z", "2027-03-31T10:00:00+02:00", "2027-03-31T08:00:00Z"),
        ),
        ("dropdown", "a", Value("id-a", "a", "id-a")),
        ("radio", "a", Value("id-a", "a", "id-a")),
        ("multiselect_checkbox", ["b", "a"], Value(["id-a", "id-b"], ["a", "b"], ["id-a", "id-b"])),
        ("multiselect_checkbox", "a", Value(["id-a"], ["a"], ["id-a"])),
        ("multiselect_checkbox", [], Value(None, None, [])),
        ("anything new", "text", Value("text", "text", "text")),
        ("integer", None, Value(None, None, None)),
    ],
)
def test_a_value_has_three_forms(type_: str, written: Any, value: Value) -> None:
    assert value_of(type_, written) == value


@pytest.mark.parametrize(
    ("type_", "written", "detail"),
    [
        ("input", 5, "cf_x (X) is of the type input; 5 does not fit."),
        ("input", {"id": "x"}, "cf_x (X) is of the type input; a mapping does not fit."),
        ("checkbox", "true", 'cf_x (X) is of the type checkbox; "true" does not fit.'),
        ("dropdown", True, "cf_x (X) is of the type dropdown; true does not fit."),
        ("dropdown", ["a"], "cf_x (X) is of the type dropdown; a list does not fit."),
        ("multiselect_checkbox", [1], "cf_x (X) is of the type multiselect_checkbox; a list does not fit."),
        ("integer", True, "cf_x (X) is of the type integer; true does not fit."),
        ("integer", "1_000", 'cf_x (X) is of the type integer; "1_000" does not fit.'),
        ("float", float("nan"), "cf_x (X) is of the type float; nan does not fit."),
        ("float", object, "cf_x (X) is of the type float; <class 'object'> does not fit."),
        (
            "float",
            "0.1234567890123456789",
            'cf_x (X) is of the type float; "0.1234567890123456789" has more digits than Pipeliner can keep.',
        ),
        ("date", 20270331, "cf_x (X) is of the type date; 20270331 does not fit."),
        ("date", "2027-02-30", 'cf_x (X) is of the type date; "2027-02-30" does not exist.'),
        ("datetime", "2027-03-31", 'cf_x (X) is of the type datetime; "2027-03-31" does not fit.'),
        (
            "datetime",
            "0001-01-01T00:00:00+10:00",
            'cf_x (X) is of the type datetime; "0001-01-01T00:00:00+10:00" does not exist.',
        ),
    ],
)
def test_what_does_not_fit_the_type_is_refused(type_: str, written: Any, detail: str) -> None:
    with pytest.raises(FaultError) as refused:
        value_of(type_, written)
    assert refused.value.args[:2] == ("field-type", detail)


def test_an_exponent_is_no_bomb() -> None:
    from decimal import Decimal

    with pytest.raises(FaultError, match="more digits"):
        value_of("integer", Decimal("1E+999999999"))


@pytest.mark.parametrize("type_", ["sequence", "currency_foreign"])
def test_what_manifests_cannot_set_is_refused(type_: str) -> None:
    with pytest.raises(FaultError, match="field-not-writable"):
        value_of(type_, "1")


def test_unknown_fields_are_told_with_what_there_is() -> None:
    many = {
        f"cf_{n:02}": CustomField(f"cf_{n:02}", f"Label {n}", "input", None, False, False) for n in range(20)
    }
    for known, hint in (
        ({}, "there are no custom fields; an administrator can add one in Pipeliner"),
        ({"cf_a": many["cf_00"]}, "there are: cf_00"),
        (many, "there are: " + ", ".join(sorted(many)[:15]) + ", …"),
    ):
        with pytest.raises(FaultError) as refused:
            custom_value(OPPORTUNITY, known, "zzzz", "x", fault, option)
        assert refused.value.args[2] == hint


def test_a_field_without_a_label_is_named_once() -> None:
    plain = CustomField("cf_x", "cf_x", "integer", None, unique=False, system=False)
    with pytest.raises(FaultError, match="cf_x is of the type integer"):
        custom_value(OPPORTUNITY, {"cf_x": plain}, "cf_x", "x", fault, option)
