"""A word that the service keeps as a number."""

from typing import Any

import pytest

from syncer.shapes.base import About, Field, Misfit
from syncer.shapes.enum import ENUM
from syncer.shapes.spelling import Unsayable
from tests.shapes.test_base import Space

GRADE = Field(
    "grade",
    ENUM,
    "grade",
    empty=True,
    enum=((1, "NoClass"), (2, "ClassA")),
    about=About("Grade", "", "NoClass or ClassA"),
)


@pytest.mark.parametrize(("wire", "held"), [(None, None), (1, None), (2, "ClassA"), (9, "9")])
def test_a_record_that_nobody_gave_a_word_has_none(wire: Any, held: str | None) -> None:
    """The first word, and no number at all, are nothing; a number without a word stays a number."""
    assert ENUM.read(wire, GRADE) == held


def test_nothing_is_sent_as_the_number_of_the_first_word() -> None:
    """Null and the first word are the same, and a number without a word goes back as it came."""
    assert ENUM.resolve("NoClass", GRADE, Space()) == (None, "NoClass", 1)
    assert ENUM.resolve("ClassA", GRADE, Space()) == ("ClassA", "ClassA", 2)
    assert [ENUM.write(held, GRADE) for held in (None, "ClassA", "9")] == [1, 2, 9]


def test_an_unknown_word_is_refused_and_an_unknown_number_is_not_spelled() -> None:
    """Neither a manifest nor an import holds what the service does not define."""
    with pytest.raises(Misfit):
        ENUM.resolve("classa", GRADE, Space())
    with pytest.raises(Unsayable, match="no word"):
        ENUM.spell("9", GRADE, Space())


def test_an_editor_is_told_the_words() -> None:
    """Null may be written where the field may be empty."""
    assert ENUM.schema(GRADE, {}) == {
        "title": "Grade",
        "x-expects": "NoClass or ClassA",
        "anyOf": [{"enum": ["NoClass", "ClassA"]}, {"type": "null"}],
    }
