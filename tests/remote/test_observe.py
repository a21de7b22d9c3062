"""Which opportunities are read, and what of them."""

from typing import Any

from syncer.model import Declared
from syncer.remote import convert, observe
from syncer.remote.query import Query
from tests.strategies import Nowhere


def entry(
    key: str, id_: str | None = None, formerly: dict[str, Any] | None = None, **values: Any
) -> Declared:
    return Declared(f"opportunity.{key}", key, values, Nowhere(), id=id_, formerly=formerly or {})


def test_everything_that_may_identify_a_record_is_sought() -> None:
    entries = [
        entry("a", name=" A ", owner=None),
        entry("b", id_="7", formerly={"name": "Old", "account": None}, **{"name": "B", "fields.cf_x": 1}),
        entry("c"),
    ]

    assert observe.sought(entries, "cf_key") == observe.Sought(
        names=frozenset({" A ", "A ", "B", "Old"}),
        ids=frozenset({"7"}),
        keys=frozenset({"a", "b", "c"}),
        key_field="cf_key",
        fields=frozenset({"name", "owner", "type", "fields.cf_x", "fields.cf_key"}),
    )
    assert observe.sought(entries, None).keys == frozenset()


def test_the_query_asks_for_names_ids_and_keys() -> None:
    what = observe.sought([entry("a", id_="7", name="A")], "cf_key")

    query = observe.query(what)

    assert query.wanted == {"name": frozenset({"A"}), "id": frozenset({"7"}), "cf_key": frozenset({"a"})}
    assert (query.entity, query.expand, query.trailing_blanks) == (
        "Opportunities",
        ("account_relations",),
        frozenset({"name"}),
    )
    assert {"oppty_type_id", "step_id", "cf_key", "modified"} <= set(query.load_only)
    assert observe.query(observe.sought([], None)) == Query(
        "Opportunities",
        query.load_only[:-1],
        expand=("account_relations",),
        wanted={},
        trailing_blanks=frozenset({"name"}),
        take=convert.observed,
    )


def test_a_record_is_placed_in_the_pipeline_of_its_step() -> None:
    record = convert.observed({"id": "2", "step_id": "s"})

    assert observe.placed((record,), {"s": "p"}) == (
        convert.observed({"id": "2", "step_id": "s"}, {"s": "p"}),
    )
