"""A sample of the matrix: each fault once, at a create or update, at a link, or at a read."""

from collections.abc import Iterator

import pytest

from tests.faults.matrix import FAULTS, Bench, Scenario, benches

# Slow ones are left to the whole matrix.
QUICK = [fault for fault in FAULTS if "5 s" not in fault]


@pytest.fixture(scope="module")
def found() -> Iterator[dict[bool, Bench]]:
    """A bench for each method of identity."""
    with benches() as made:
        yield made


@pytest.mark.parametrize("fault", QUICK)
def test_one_more_apply_ends_in_the_truth(found: dict[bool, Bench], fault: str) -> None:
    """Every declared opportunity exists once, as declared; the next plan is empty."""
    number = QUICK.index(fault)
    keyed = number % 2 == 1
    bench = found[keyed]
    wanted = FAULTS[fault].method or "POST"
    these = [nth for nth, method in enumerate(bench.log, 1) if method == wanted]
    # A batch of records that is accepted, or one of the last: rows that link them.
    outcome = bench.play(Scenario(fault, these[3] if number % 4 < 2 else these[-3], keyed))
    assert (outcome.faults, outcome.duplicates, outcome.lost) == ((), 0, 0)


def test_a_fault_while_reading_ends_in_the_truth_as_well(found: dict[bool, Bench]) -> None:
    outcome = found[False].play(Scenario("answer lost", 2, keyed=False))
    assert (outcome.faults, outcome.duplicates, outcome.lost) == ((), 0, 0)
