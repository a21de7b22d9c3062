"""Which records wait for which: waves of what may be written at once."""

from collections.abc import Collection, Mapping
from graphlib import CycleError, TopologicalSorter

from syncer.model.address import Address

Needs = Mapping[Address, Collection[Address]]


class CircleError(ValueError):
    """Records wait for each other.

    Attributes:
        circle: Each waits for the next one, and the last for the first.
    """

    def __init__(self, circle: tuple[Address, ...]) -> None:
        super().__init__(" → ".join(map(str, circle)))
        self.circle = circle


def waves(needs: Needs) -> tuple[tuple[Address, ...], ...]:
    """Return the addresses of *needs* in waves: each stands in the first one behind all that it waits for.

    Args:
        needs: What each waits for. What is waited for and is no key of it is there already.

    Raises:
        CircleError: Some wait for each other.
    """
    sorter = TopologicalSorter(
        {address: [need for need in wanted if need in needs] for address, wanted in needs.items()}
    )
    try:
        sorter.prepare()
    except CycleError as error:
        # graphlib lists each before what waits for it, and the first one twice.
        raise CircleError(tuple(reversed(error.args[1][1:]))) from None
    found = []
    while sorter.is_active():
        wave = sorted(sorter.get_ready())
        found.append(tuple(wave))
        sorter.done(*wave)
    return tuple(found)
