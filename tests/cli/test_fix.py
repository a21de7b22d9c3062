"""`syncer fix`: what it prints, what it leaves, and how it exits."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support import MANIFEST, Ran, one

Make = Callable[..., Path]
Run = Callable[..., Ran]

HURT = one(closing_date="31.03.2027", value="1.500 EUR")


def line_of(text: str, part: str) -> int:
    return next(number for number, line in enumerate(text.splitlines(), 1) if part in line)


def test_it_writes_what_hints_say_and_counts_what_is_left(project: Make, syncer: Run) -> None:
    """The places go to stdout; what a person has to decide is counted."""
    folder = project(HURT)
    place = f"{MANIFEST}:{line_of(HURT, '31.03.2027')}:19"

    assert syncer("fix", cwd=folder) == Ran(
        0,
        f"{place}: closing_date: 31.03.2027 → 2027-03-31\n",
        "Fixed 1 place in 1 file. Review it, and commit it.\n"
        "1 problem left that somebody has to decide: syncer validate\n",
    )
    assert (folder / MANIFEST).read_text() == HURT.replace("31.03.2027", "2027-03-31")
    assert syncer("fix", cwd=folder).err.startswith("Nothing to fix.\n")


def test_check_says_the_same_and_writes_nothing(project: Make, syncer: Run) -> None:
    """It exits with 2 while there is something to fix, and with 0 when there is not."""
    folder = project(HURT)

    ran = syncer("fix", "--check", cwd=folder)

    assert (ran.code, (folder / MANIFEST).read_text()) == (2, HURT)
    assert ran.err.startswith("There is something to fix: 1 place in 1 file. To write it: syncer fix\n")
    assert ran.out == syncer("fix", cwd=folder).out
    assert syncer("fix", "--check", cwd=folder).code == 0


def test_a_file_that_is_not_of_the_project_stays(project: Make, syncer: Run, tmp_path: Path) -> None:
    """It is told, with what to write by hand, and the exit code is 3."""
    folder = project(HURT)
    outside = tmp_path / "outside.yaml"
    outside.write_text(HURT)

    ran = syncer("fix", outside, MANIFEST, cwd=folder)

    assert ran.code == 3
    assert "Left alone by fix [not-fixed]" in ran.err
    assert "hint: write it by hand: 2027-03-31" in ran.err
    assert outside.read_text() == HURT
    assert (folder / MANIFEST).read_text() != HURT


def test_what_it_says_of_a_hostile_file_acts_on_nothing(project: Make, syncer: Run) -> None:
    """Control characters are written out where they are shown."""
    folder = project(one(name='"\x1b]0;x\x07 Acme"'))

    ran = syncer("fix", cwd=folder)

    assert "\x1b" not in ran.out + ran.err
    assert "character" in ran.out


def test_nothing_of_a_project_without_problems_changes(project: Make, syncer: Run) -> None:
    """Not even when the files were written."""
    folder = project()
    before = (folder / MANIFEST).stat().st_mtime_ns

    assert syncer("fix", cwd=folder) == Ran(0, "", "Nothing to fix.\n")
    assert (folder / MANIFEST).stat().st_mtime_ns == before


def test_a_path_that_is_not_there_is_an_error(project: Make, syncer: Run) -> None:
    """Before anything is read."""
    ran = syncer("fix", "nowhere.yaml", cwd=project())

    assert (ran.code, ran.out) == (1, "")
    assert "file-missing" in ran.err


@pytest.mark.parametrize("order", [("fix", "--check", "-q"), ("-q", "fix", "--check")])
def test_quiet_leaves_the_places_alone(order: tuple[str, ...], project: Make, syncer: Run) -> None:
    """For scripts that read stdout."""
    ran = syncer(*order, cwd=project(HURT))

    assert (ran.code, ran.err, ran.out.count("\n")) == (2, "", 1)


def test_paths_do_not_go_with_corrected_entries(project: Make, syncer: Run) -> None:
    """Their keys say where they come from."""
    ran = syncer("fix", MANIFEST, "--into-place", "r.yaml", cwd=project())

    assert (ran.code, "Either paths or --into-place, not both." in ran.err) == (64, True)


def test_validate_says_of_how_many_problems_the_hints_can_be_written(project: Make, syncer: Run) -> None:
    """In the last line, with the command that does it."""
    some = syncer("validate", cwd=project(HURT))
    all_ = syncer("validate", cwd=project(HURT.replace("1.500 EUR", "5 usd")))

    assert some.err.endswith("2 errors in 1 file\nTo write what 1 of the hints says: syncer fix\n")
    assert all_.err.endswith("2 errors in 1 file\nTo write what the hints say: syncer fix\n")
