"""Several things in one sentence."""

import pytest

from syncer.model.words import be, listed


@pytest.mark.parametrize(
    ("words", "said"),
    [([], " are"), (["a"], "a is"), (["a", "b"], "a and b are"), (["a", "b", "c"], "a, b and c are")],
)
def test_things_are_listed_as_people_list_them(words: list[str], said: str) -> None:
    """And the verb agrees with them."""
    assert f"{listed(words)} {be(words)}" == said


def test_one_of_several_is_listed_with_another_word() -> None:
    """What may be any of them is said with "or"."""
    assert listed(["a", "b", "c"], "or") == "a, b or c"
