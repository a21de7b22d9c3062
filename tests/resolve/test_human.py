"""Ids and decimals as people read them."""

from typing import Any

import pytest

from syncer.kinds.registry import field_at
from syncer.resolve import human
from tests.strategies import directory, uid

EURO = {"amount": "5", "currency": uid("currency", 2), "base": "6", "rate": "0.9"}


@pytest.mark.parametrize(
    ("path", "value", "shown"),
    [
        ("name", "Deal", "Deal"),
        ("name", None, None),
        ("owner", uid("owner", 1), "o1@x.example"),
        ("owner", "nobody", "nobody"),
        ("value", EURO, {"amount": "5.00", "currency": "EUR"}),
        ("closing_date", "2027-01-01", "2027-01-01"),
        (
            "contacts",
            {
                uid("contact", 2): {"primary": False, "roles": []},
                uid("contact", 1): {"primary": True, "roles": [uid("sales_role", 1)]},
            },
            [
                {"contact": "c1@x.example", "primary": True, "sales_role": "sales_role 1"},
                {"contact": "c2@x.example", "primary": False},
            ],
        ),
        ("fields.cf_pick", uid("option", 1), "opt 1"),
        ("fields.cf_many", [uid("option", 2), uid("option", 1)], ["opt 1", "opt 2"]),
        ("fields.cf_money", EURO, {"amount": "5.00", "currency": "EUR"}),
        ("fields.cf_flag", True, True),
    ],
)
def test_what_was_observed_is_shown_by_name(path: str, value: Any, shown: Any) -> None:
    spec = field_at(path, "opportunity")

    assert spec.shape.show(value, spec, directory()) == shown


def test_custom_fields_are_nested_as_in_a_manifest() -> None:
    assert human.nested({"name": "N", "fields.b": 1, "fields.a": 2}.items()) == {
        "name": "N",
        "fields": {"b": 1, "a": 2},
    }
