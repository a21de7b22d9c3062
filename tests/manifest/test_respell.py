"""A value is written the way the one before was, where that can hold it."""

from typing import Any

import pytest

from syncer.manifest.respell import Old, Spelled, in_json, respelled
from syncer.shapes.spelling import Bare, Commented

BLOCK = Old("|", "|-", 4)
FOLDED = Old(">", ">", 2)


@pytest.mark.parametrize(
    ("value", "old", "spelled"),
    [
        ("a: b", Old(), Spelled('"a: b"')),
        ("it's", Old("'"), Spelled("'it''s'")),
        ("a\nb", Old("'"), Spelled("|", ("  a", "  b"))),
        ("a\\b", Old('"'), Spelled('"a\\\\b"')),
        ("a\nb", Old('"'), Spelled('"a\\nb"')),
        (Bare("2027-01-01"), Old("'"), Spelled("'2027-01-01'")),
        (Bare("2027-01-01"), BLOCK, Spelled("2027-01-01")),
        ("one\n\ntwo", BLOCK, Spelled("|-", ("    one", "", "    two"))),
        ("", BLOCK, Spelled('""')),
        ("tail \nend", BLOCK, Spelled('"tail \\nend"')),
        ("one\ntwo", FOLDED, Spelled(">", ("  one", "", "  two"))),
        ("one\n two", FOLDED, Spelled("|", ("  one", "   two"))),
        (["x" * 60, "y" * 60], Old(), Spelled("", (f"  - {'x' * 60}", f"  - {'y' * 60}"))),
    ],
)
def test_quotes_and_blocks_stay_where_they_can(value: Any, old: Old, spelled: Spelled) -> None:
    assert respelled(value, old, 0, as_json=False) == spelled


def test_on_one_line_there_is_no_block() -> None:
    """In brackets nothing may follow below."""
    assert respelled("a\nb", Old(), None, as_json=False) == Spelled('"a\\nb"')


def test_json_gets_json() -> None:
    """What is no number there is a text, and a comment is left out."""
    value = {"a": [Commented(Bare("5"), "five"), Bare("05"), True, None, "ü"], "b": Bare("1 USD")}

    assert in_json(value) == '{"a": [5, "05", true, null, "ü"], "b": "1 USD"}'
    assert respelled(Bare("5"), Old('"'), None, as_json=True) == Spelled('"5"')
    assert respelled("x", Old('"'), None, as_json=True) == Spelled('"x"')
