"""Links that say more than who is linked: columns of their rows."""

from collections.abc import Mapping
from typing import Any

import pytest

from syncer.kinds.contact import CONTACT
from syncer.model.change import RelationWrite
from syncer.model.declared import Existing
from syncer.model.observed import LinkRow, Observed
from syncer.planning.merge import merge
from syncer.shapes import links
from syncer.shapes.links import LINKS
from syncer.shapes.rows import entity_of
from tests.shapes.test_base import Space

SPEC = CONTACT.field("accounts")
LINK = entity_of(SPEC)
ROW = {"id": "r1", "account_id": "a", "is_primary": True, "position": "Buyer ", "relationship": 0}
HELD: Mapping[str, Any] = {"a": {"primary": True, "roles": [], "position": "Buyer"}}


def link(**said: Any) -> dict[str, Any]:
    return {"primary": True, **said}


def test_a_row_is_read_with_what_else_it_says() -> None:
    """What a row says nothing about, and what everybody has, is left out."""
    rows: dict[str, LinkRow] = {}

    assert LINKS.read_rows([ROW, {**ROW, "is_deleted": True, "account_id": "b"}], SPEC, rows) == HELD
    assert rows == {"a": LinkRow("r1")}
    assert LINKS.load(SPEC) == (
        *("account_relations.id", "account_relations.is_deleted", "account_relations.account_id"),
        *("account_relations.is_primary", "account_relations.position"),
        *("account_relations.relationship", "account_relations.comment", "primary_account"),
    )


def test_a_new_record_takes_its_links_along_with_what_they_say() -> None:
    """Nothing is sent of what is empty."""
    wanted = {"a": link(position="Buyer", relationship="Strong", comment=None), "b": {"primary": False}}

    assert LINKS.write(wanted, SPEC) == [
        {"account_id": "a", "is_primary": True, "position": "Buyer", "relationship": 3},
        {"account_id": "b", "is_primary": False},
    ]


@pytest.mark.parametrize(
    ("wanted", "body"),
    [
        (link(position="Buyer"), None),
        (link(position=" Buyer"), None),
        (link(), None),
        (link(position=None), {"position": None}),
        (link(position="CEO", relationship="Weak"), {"position": "CEO", "relationship": 1}),
        ({"primary": False, "position": "CEO"}, {"is_primary": False, "position": "CEO"}),
    ],
)
def test_a_row_is_written_where_it_says_something_else(wanted: Any, body: Any) -> None:
    """One write a row: the mark and what else is said go together, and what nobody says stays."""
    other = {"b": {"primary": not wanted["primary"]}}
    after, now = {"a": wanted, **other}, {**HELD, "b": {**other["b"], "roles": []}}
    before = {"a": LinkRow("r1"), "b": LinkRow("r2")}

    writes = LINKS.writes(SPEC, "c", before, now, after)

    assert writes == ([RelationWrite(LINK.entity, "update", "r1", body)] if body else [])


@pytest.mark.parametrize(
    ("body", "done"),
    [
        ({"is_primary": True}, True),
        ({"is_primary": False}, False),
        ({"position": "Buyer"}, True),
        ({"position": "CEO"}, False),
        ({"position": "Buyer", "relationship": 3}, False),
        ({"is_primary": True, "position": "Buyer", "relationship": 0}, True),
    ],
)
def test_a_write_is_done_when_all_that_it_says_is_there(body: Any, done: bool) -> None:
    """An apply that reads back is not content with the mark alone."""
    record = Observed(
        "c", {"accounts": HELD}, {"accounts": {"a": LinkRow("r1")}}, archived=False, created="", modified=""
    )

    assert LINKS.satisfied(RelationWrite(LINK.entity, "update", "r1", body), record, SPEC) is done


def test_each_part_of_a_link_moves_on_its_own() -> None:
    """The position that git moved is written, and the comment that the CRM moved stays."""
    base = {"a": link(position="Buyer", comment="old")}
    ours = {"a": link(position="CEO", comment="old")}
    theirs = {"a": {**base["a"], "roles": [], "comment": "new"}}

    merged = merge(SPEC, base, ours, theirs, Existing.MERGE)

    assert merged.goal == {"a": {"primary": True, "position": "CEO", "comment": "new"}}
    assert merged.pulled == {"a": {"primary": True, "position": "CEO", "comment": "new"}}


def test_what_is_said_of_a_link_that_is_gone_cannot_stay() -> None:
    """One side unlinks the account to which the other gives a position: a conflict, and nothing is lost."""
    pieces = {("a", "linked"): None, ("a", "position"): "CEO", links.PRIMARY: None}

    assert LINKS.torn(pieces) == {("a", "position")}


def test_people_read_what_a_link_says_and_a_manifest_says_it_again() -> None:
    """One account has the short spelling, with its position beside it."""
    alone = {"a": link(roles=[], position="Buyer", relationship="Strong")}

    assert LINKS.show(alone, SPEC, Space()) == [
        {"account": "a@account", "primary": True, "position": "Buyer", "relationship": "Strong"}
    ]
    assert LINKS.spell(alone, SPEC, Space()) == {"name": "a", "position": "Buyer", "relationship": "Strong"}
    assert LINKS.spell({"a": link(roles=[])}, SPEC, Space()) == "a"
    assert LINKS.spell({**alone, "b": {"primary": False, "comment": "x"}}, SPEC, Space()) == [
        {"name": "a", "position": "Buyer", "relationship": "Strong", "primary": True},
        {"name": "b", "comment": "x"},
    ]
    assert LINKS.piece(SPEC, "a", "position") == ("a", "position")


def test_the_primary_of_no_links_is_nobody() -> None:
    """Of no links, of links without a mark, and of one with it."""
    assert links.primary(None) is None
    assert links.primary({"a": {"primary": False}, "b": {}}) is None
    assert links.primary({"a": {}, "b": {"primary": True}}) == "b"
