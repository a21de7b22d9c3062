"""How many examples a property is tried with: a few in every run, many in `make properties`."""

import os
from typing import Final

_DEPTH: Final = float(os.environ.get("SYNCER_TEST_DEPTH") or 1)


def examples(few: int = 40) -> int:
    """Return how many examples to try, where *few* are enough to see that nothing obvious broke."""
    return max(1, round(few * _DEPTH))
