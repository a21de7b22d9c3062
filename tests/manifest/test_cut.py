"""Pieces of a text are put in the place of others."""

import pytest

from syncer.manifest.cut import Splice, Unfit, splice


def test_pieces_are_put_in_from_the_beginning_on() -> None:
    """Whatever their order; what is put in stands before what is taken out at the same place."""
    pieces = [Splice(4, 5, "E"), Splice(1, 1, "x"), Splice(1, 2, ""), Splice(5, 5, "!")]

    assert splice("abcde", pieces) == "axcdE!"


def test_pieces_that_overlap_are_refused() -> None:
    """One of the two would be lost."""
    with pytest.raises(Unfit, match="cannot be told apart"):
        splice("abcde", [Splice(0, 3, ""), Splice(2, 4, "x")])
