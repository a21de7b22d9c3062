"""What people are shown of changes: names in place of ids."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given

from syncer.model.change import FieldChange, Side, Values
from syncer.planning import shown
from tests.render.samples import DELETE, NOOP, UPDATE, create
from tests.render.strategies import VALUES


@pytest.mark.parametrize(
    ("path", "value", "ids"),
    [
        ("owner", "o", {"owner": {"o"}}),
        ("value", {"currency": "c"}, {"currency": {"c"}}),
        ("value", {"currency": None}, {}),
        (
            "contacts",
            {"a": {"primary": True, "roles": ["r"]}},
            {"contact": {"a"}, "sales_role": {"r"}},
        ),
        ("name", "N", {}),
        ("fields.x", "N", {}),
        ("owner", None, {}),
    ],
)
def test_what_moves_is_asked_for_by_the_ids_it_held(
    path: str, value: Any, ids: Mapping[str, set[str]]
) -> None:
    before = Values({path: value, "unit": "u"})
    change = replace(UPDATE, before=before, sides={path: None})

    assert shown.ids([change]) == ids


def test_what_does_not_move_needs_no_names() -> None:
    assert shown.ids([create("a"), NOOP]) == {}
    assert shown.named([NOOP], NoNames()) == (NOOP,)


def test_only_a_create_an_update_and_a_drift_have_fields() -> None:
    assert [bool(shown.fields(change)) for change in (create("a"), UPDATE, DELETE, NOOP)] == [
        True,
        True,
        False,
        False,
    ]


@pytest.mark.parametrize(
    ("sides", "expected"),
    [
        (
            {"owner": Side.GIT},
            [FieldChange("owner", "Dana Doe (o-1)", "Dana Doe (o-2)", "Dana Doe (o-1)", Side.GIT)],
        ),
        # The pipeline that it is a step of is shown beside it.
        (
            {"pipeline": None, "step": None},
            [FieldChange("pipeline", "Dana Doe (p-1)", "Dana Doe (p-2)")],
        ),
        ({"step": None}, [FieldChange("step", "Dana Doe (s-1)", "Dana Doe (s-2)")]),
    ],
)
def test_of_two_records_with_one_name_the_ids_are_shown_too(
    sides: Mapping[str, Side | None], expected: list[FieldChange]
) -> None:
    """An update has a line for each field that it writes."""
    now = {path: f"{path[0]}-1" for path in sides}
    change = replace(
        UPDATE,
        before=Values(now),
        after=Values({path: f"{path[0]}-2" for path in sides}, dict.fromkeys(sides, "Dana Doe")),
        sides=sides,
        writes=tuple(sides),
        base={path: now[path] for path, side in sides.items() if side},
    )

    (named,) = shown.named([change], OneName())

    assert list(named.fields) == expected


@given(whole=VALUES)
def test_what_is_laid_flat_is_nested_as_it_was(whole: dict[str, Any]) -> None:
    fields = {name: value for name, value in whole.get("fields", {}).items() if value is not None}
    kept = {**whole, "fields": fields}
    change = replace(NOOP, after=Values(written=shown.flat(kept)))

    assert shown.after(change) == {name: value for name, value in kept.items() if name != "fields" or value}


class OneName:
    """Everybody is called the same."""

    def label(self, _kind: str, _id: str | None) -> str:
        return "Dana Doe"

    written = label


class NoNames:
    """Nobody is asked for a name."""

    def label(self, kind: str, id_: str | None) -> str:
        raise AssertionError((kind, id_))

    written = label


def test_people_know_a_record_by_every_field_of_its_name() -> None:
    """A contact without a first name, too."""
    values = {"last_name": "Baker", "email": "b@x.example"}

    assert shown.called("contact", values).written == {"last_name": "Baker"}
    assert shown.called("contact", {**values, "first_name": "Bob"}).written == {
        "first_name": "Bob",
        "last_name": "Baker",
    }
