import os
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syncer import project
from syncer.errors import ManifestError
from syncer.manifest import read, spread


def here(_number: int) -> int:
    return os.getpid()


def double(number: int) -> int:
    return 2 * number


def fails_elsewhere(parent: int) -> int:
    if os.getpid() != parent:
        raise RuntimeError
    return 1


@pytest.fixture
def two_processors(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spread, "_may_fork", lambda: True)


@pytest.mark.usefixtures("two_processors")
def test_the_later_half_is_done_by_another_process() -> None:
    mine = os.getpid()

    done = spread.spread(here, [1, 2, 3])

    assert [pid == mine for pid in done] == [True, True, False]


@given(st.lists(st.integers(), max_size=9))
def test_results_come_in_the_order_of_the_items(items: list[int]) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(spread, "_may_fork", lambda: True)
        assert spread.spread(double, items) == [double(item) for item in items]


@pytest.mark.usefixtures("two_processors")
def test_what_the_other_process_could_not_do_is_done_here() -> None:
    assert spread.spread(fails_elsewhere, [os.getpid()] * 4) == [1, 1, 1, 1]


def test_no_fork_beside_other_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _pid: {0, 1})
    done = threading.Event()
    thread = threading.Thread(target=done.wait)
    thread.start()
    try:
        assert spread.spread(here, [1, 2]) == [os.getpid()] * 2
    finally:
        done.set()
        thread.join()


def test_nor_on_one_processor(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _pid: {0})

    assert spread.spread(here, [1, 2]) == [os.getpid()] * 2


def many(folder: Path, change: Callable[[str], str] = str) -> project.Project:
    """Enough files that reading them is spread; *change* is applied to the last."""
    (folder / "opportunities").mkdir(parents=True)
    (folder / "syncer.yaml").write_text("version: 1\n")
    for number in range(4):
        entries = "".join(
            f"  deal-{number}-{index}:\n    name: Deal {number} {index}\n    owner: dana@example.com\n"
            f"    pipeline: Renewals\n    closing_date: 2027-03-31\n    value: {index + 1} USD\n"
            f"    account: none\n    description: {'word ' * 60}\n"
            for index in range(300)
        )
        text = f"version: 1\nopportunities:\n{entries}"
        (folder / "opportunities" / f"{number}.yaml").write_text(change(text) if number == 3 else text)
    return project.load_project(folder / "syncer.yaml")


@pytest.mark.usefixtures("two_processors")
def test_large_manifests_read_the_same_with_one_process_and_with_two(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    spaces = many(tmp_path)
    with_two = read(spaces)
    monkeypatch.setattr(spread, "_may_fork", lambda: False)
    with_one = read(spaces)

    assert with_two == with_one
    assert [entry.span for entry in with_two.declared] == [entry.span for entry in with_one.declared]


@pytest.mark.usefixtures("two_processors")
def test_problems_of_the_other_process_are_told_with_their_place(tmp_path: Path) -> None:
    spaces = many(tmp_path, lambda text: text.replace("closing_date: 2027-03-31", "closing_date: soon", 1))

    with pytest.raises(ManifestError) as raised:
        read(spaces)

    (problem,) = raised.value.problems
    assert (problem.code, str(problem.span)) == ("bad-date", "opportunities/3.yaml:7:19")
    assert problem.excerpt == "    closing_date: soon"
