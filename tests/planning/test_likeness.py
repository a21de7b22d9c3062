"""When two names, and two deals, look alike."""

import pytest

from syncer.kinds.opportunity import OPPORTUNITY
from syncer.model.observed import Observed
from syncer.planning.likeness import Likeness, Neighbours, loose
from syncer.remote.query import beginnings


@pytest.mark.parametrize(
    ("one", "other", "alike"),
    [
        ("Acme renewal", "ACME  Renewal.", True),
        ("Acme, Inc. \u2013 2027", "acme inc 2027", True),
        ("Cafe\u0301", "CAF\u00c9", True),
        ("Acme\u00a0renewal", "Acme\u200b renewal", True),
        ("\uff21cme", "Acme", True),
        ("Deal 1.1", "Deal 11", False),
        ("Deal 1-1", "Deal 1.1", True),
        ("C++ course", "C course", False),
        ("\u0915\u093f", "\u0915\u093e", False),
        ("???", "!!!", False),
        ("Acme", "Acme 2", False),
    ],
)
def test_case_blanks_and_punctuation_do_not_count_and_all_else_does(
    one: str, other: str, alike: bool
) -> None:
    assert (loose(one) == loose(other)) == alike


@pytest.mark.parametrize(
    ("text", "asked"),
    [
        ("Acme", ("Acme",)),
        ("Acme Caf\u00e9", ("Acme Caf",)),
        ("\u00e9", ("\u00e9", "e\u0301")),
        ("\u6771\u4eac", ("\u6771\u4eac",)),
        ("Acme q\u0323\u0307", ("Acme ",)),
        ("\u682a\u5f0f\u4f1a\u793e\u304c", ("\u682a\u5f0f\u4f1a\u793e",)),
    ],
)
def test_every_spelling_of_a_name_begins_with_what_is_asked_for(text: str, asked: tuple[str, ...]) -> None:
    assert beginnings(text) == asked


def test_what_is_left_out_makes_no_room_for_more() -> None:
    """Of sixty records of one account, day and value, an apply finds none new that a plan has not seen."""
    money = {"amount": "100", "currency": "usd", "base": "100", "rate": None}
    same = {"pipeline": "p", "closing_date": "2027-03-31", "value": money, "accounts": {"a": {}}}
    records = [
        Observed(f"{number:02}", {"name": f"Deal {number:02}", **same}, {}, False, "", "")
        for number in range(60)
    ]
    wanted = Likeness("Deal 99", "a", {"pipeline": "p"}, "2027-03-31", money, "won")
    seen = Neighbours(OPPORTUNITY, records).of(wanted)

    assert seen
    assert Neighbours(OPPORTUNITY, records).of(wanted, [record.id for record in seen]) == ()
