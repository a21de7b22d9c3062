"""What must still hold when a change is applied, as a plan file says it."""

from dataclasses import replace
from typing import Any

import pytest

from syncer.formats.precondition_json import beside, precondition_from_json, precondition_to_json
from syncer.model.change import Absent, Change, Unchanged, Values
from syncer.model.key import Key
from syncer.model.policy import MatchRule
from tests.render.samples import DELETE, NOOP, UPDATE, create

MONEY: dict[str, Any] = {"amount": "5", "currency": "c", "base": "5", "rate": None}
MODIFIED = "2027-01-30 08:00:00"
KEYED = replace(
    create("a"),
    after=Values({"name": "A", "value": MONEY}),
    precondition=Absent(
        Key({"name": "A", "account": "a-1", "pipeline": "p"}, key="a"),
        MatchRule("cf_key", ("name", "account")),
        "won",
        ("x",),
    ),
)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (
            KEYED,
            {
                "absent": True,
                "identity": {
                    "name": "A",
                    "account": "a-1",
                    "pipeline": "p",
                    "key": "a",
                    "key_field": "cf_key",
                    "match": ["name", "account"],
                },
                "beside": {"closing_date": None, "value": MONEY, "won": "won", "known": ["x"]},
            },
        ),
        (
            replace(
                UPDATE,
                before=Values({"name": "A"}),
                after=Values({"name": "B", "unit": "u"}),
                sides={"name": None},
                writes=("name",),
            ),
            {
                "id": UPDATE.id,
                "modified": "2027-01-30 08:00:00",
                "fields": {"name": {"before": "A", "after": "B"}},
            },
        ),
        (
            replace(DELETE, before=Values({"name": "A"})),
            {"id": DELETE.id, "modified": MODIFIED, "fields": {"name": {"before": "A"}}},
        ),
        (NOOP, {}),
    ],
    ids=["create", "update", "delete", "no-op"],
)
def test_a_precondition_is_read_back_as_it_was_written(change: Change, said: dict[str, Any]) -> None:
    assert precondition_to_json(change) == said
    assert precondition_from_json(said) == change.precondition


def test_without_an_account_nothing_looks_like_it() -> None:
    lone = replace(KEYED, precondition=Absent(Key({"name": "A"}), MatchRule(match=("name", "account"))))

    assert "beside" not in precondition_to_json(lone)
    assert dict(beside(precondition_to_json(lone))) == {}
    assert dict(beside(precondition_to_json(KEYED))) == {"value": MONEY}


def test_an_update_without_its_record_is_no_precondition() -> None:
    with pytest.raises(KeyError):
        precondition_from_json({"fields": {}})
    assert precondition_from_json({"id": "1", "modified": "m", "fields": {}}) == Unchanged("1", "m")
