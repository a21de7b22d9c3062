"""Names on the other side of every reference."""

import pytest

from syncer.model.declared import Reference
from syncer.resolve.directory import Directory
from tests.strategies import directory, uid


def test_a_row_known_already_stays_and_a_kind_unread_is_empty() -> None:
    space = directory()
    space.add("owner", [{"id": uid("owner", 1), "email": "other@x.example", "name": "Other"}])

    assert space.label("owner", uid("owner", 1)) == "Owner 1"
    assert Directory().all("owner") == []


@pytest.mark.parametrize(
    ("reference", "found"),
    [
        (Reference("account", text="A1@X.example "), [1]),
        (Reference("account", text="A 1"), [1]),
        (Reference("account", text="a 1"), []),
        (Reference("account", email="a2@x.EXAMPLE"), [2]),
        (Reference("account", email="info@stra\u00dfe.example"), [3]),
        (Reference("account", text="INFO@stra\u00dfe.example"), [3]),
        (Reference("account", email="info@strasse.example"), []),
        (Reference("account", name="A 2 "), [2]),
        (Reference("account", name="A 2", email="a2@x.example"), [2]),
        (Reference("account", name="A 2", email="a1@x.example"), []),
        (Reference("account", id=uid("account", 1)), [1]),
        (Reference("account", id="nobody"), []),
    ],
)
def test_a_reference_finds_what_it_says(reference: Reference, found: list[int]) -> None:
    space = directory()
    space.add("account", [{"id": uid("account", 3), "name": "A 3", "email1": "Info@stra\u00dfe.EXAMPLE"}])

    assert [entry.id for entry in space.find("account", reference)] == [uid("account", n) for n in found]


def test_what_is_both_the_name_and_an_email_is_found_once() -> None:
    space = Directory()
    space.add(
        "account", [{"id": "1", "name": "a@x.example", "email1": "a@x.example"}, {"id": "2", "name": "B"}]
    )

    assert [entry.id for entry in space.find("account", Reference("account", text="a@x.example"))] == ["1"]


@pytest.mark.parametrize(
    ("kind", "id_", "label", "written"),
    [
        ("owner", uid("owner", 1), "Owner 1", "o1@x.example"),
        ("step", uid("step", 11), "step 1", "step 1"),
        ("owner", "nobody", "nobody", "nobody"),
        ("owner", None, "", ""),
        ("contact", "bare", "bare", "bare"),
    ],
)
def test_records_are_called_as_people_do(kind: str, id_: str | None, label: str, written: str) -> None:
    space = directory()
    space.add("contact", [{"id": "bare"}])

    assert (space.label(kind, id_), space.written(kind, id_)) == (label, written)


def test_the_nearest_names_are_those_of_living_records() -> None:
    space = Directory()
    space.add(
        "step",
        [
            {"id": "1", "name": "Proposal", "pipeline_id": "p"},
            {"id": "2", "name": "Proposed", "pipeline_id": "q"},
            {"id": "3", "name": "Proposals", "pipeline_id": "p", "is_deleted": True},
        ],
    )
    asked = Reference("step", text="proposl")

    assert space.near("step", asked, "p") == ["Proposal"]
    assert space.near("step", asked) == ["Proposal"]  # the other one is much less near
    assert space.near("step", Reference("step", text="zzz")) == []


def test_searching_for_near_names_ends() -> None:
    space = directory()
    asked = Reference("unit", text="unit 3")
    answers = [space.near("unit", asked) for _ in range(300)]

    assert answers[0] == answers[199] == ["unit 2", "unit 1"]
    assert answers[200] == []
