"""What goes on just now, in one line for people."""

from contextlib import ExitStack

import pytest

from syncer.cli.activity import Activity
from syncer.model.signs import Again, Call, Doing, Pause, Phase
from syncer.render.look import PLAIN, Look

READING = Call("Opportunities", writes=False, patience=60.0)
WRITING = Call("Opportunities", writes=True, patience=120.0)
THIRD = Again("status 503", 3, 6)


def line(
    *doing: Doing, at: float = 2.0, width: int = 100, wrote: tuple[int, int] = (0, 0), bar: bool = False
) -> str:
    """Return the line when all of *doing* began at 0, and 3,200 of 10,000 opportunities were read."""
    activity = Activity()
    activity.wrote(*wrote)
    with ExitStack() as stack:
        for each in doing:
            stack.enter_context(activity.during(each, 0.0))
        activity.counted("Opportunities", 0, 10_000)
        activity.counted("Opportunities", 3_200, 0)
        return activity.line(at, width, PLAIN.glyphs if bar else None)


@pytest.mark.parametrize(
    ("doing", "expected"),
    [
        ([Phase("Planning")], "Planning · 2 s"),
        ([Phase("Planning"), READING], "Planning: reading opportunities 3,200 of 10,000 · 2 s"),
        ([READING], "Reading opportunities 3,200 of 10,000 · 2 s"),
        (
            [Phase("Planning"), *(READING._replace(entity=name) for name in ("Clients", "Data", "Steps"))],
            "Planning: reading users, options and 1 more · 2 s",
        ),
        (
            [Phase("Importing"), Phase("Planning"), READING],
            "Planning: reading opportunities 3,200 of 10,000 · 2 s",
        ),
        (
            [Phase("Planning"), Pause(9.0, again=THIRD)],
            "Planning · status 503: again in 7 s, attempt 3 of 6 · 2 s",
        ),
        (
            [Phase("Applying"), Pause(3.0, "what an earlier apply sent may still come")],
            "Applying · waiting 1 s: what an earlier apply sent may still come · 2 s",
        ),
        ([Pause(3.0)], "waiting 1 s · 2 s"),
        ([Pause(2.1)], "waiting 1 s · 2 s"),
    ],
)
def test_a_line_says_what_is_done_and_why_it_takes_long(doing: list[Doing], expected: str) -> None:
    """What is read, how many of how many, what is waited for, and how long all that has been going on."""
    assert line(*doing) == expected


def test_writes_are_counted_while_something_else_is_read() -> None:
    """An apply that reads back what it wrote still shows how much that is."""
    applying = Phase("Applying")

    assert [
        line(applying, WRITING, wrote=(40, 200)),
        line(applying, Phase("reading back"), READING, wrote=(200, 200)),
        line(applying, WRITING, wrote=(50, 200), bar=True),
        line(applying, Phase("reading back"), wrote=(200, 200)),
    ] == [
        "Applying: 40 of 200 written · 2 s",
        "Applying: 200 of 200 written, reading back opportunities 3,200 of 10,000 · 2 s",
        "Applying ━━━━━─────────────── 50 of 200 written · 2 s",
        "Applying: 200 of 200 written, reading back · 2 s",
    ]


def test_an_answer_that_does_not_come_is_said() -> None:
    """Somebody who waits knows for what, and how long at most."""
    repeated = READING._replace(again=THIRD)

    assert [line(READING, at=2.9), line(READING, at=45.0), line(repeated, at=45.0)] == [
        "Reading opportunities 3,200 of 10,000 · 3 s",
        "Reading opportunities 3,200 of 10,000 · no answer for 45 of 60 s · 45 s",
        "no answer for 45 of 60 s, attempt 3 of 6, before: status 503 · 45 s",
    ]


def test_what_takes_less_than_a_second_needs_no_word() -> None:
    """A line that comes and goes at once only makes people nervous."""
    assert (line(Phase("Planning"), at=0.9), line(at=9.0)) == ("", "")


@pytest.mark.parametrize(
    ("width", "expected"),
    [
        (79, "Planning ━━━━━━────────────── reading opportunities 3,200 of 10,000 · 2 s"),
        (60, "Planning: reading opportunities 3,200 of 10,000 · 2 s"),
        (50, "reading opportunities 3,200 of 10,000 · 2 s"),
        (20, "reading opportunitie…"[:19] + "…"),
    ],
)
def test_a_narrow_terminal_gets_what_matters_most(width: int, expected: str) -> None:
    """The line never wraps: it would not go away any more."""
    assert line(Phase("Planning"), READING, width=width, bar=True) == expected


def test_trouble_comes_before_what_is_read_where_there_is_no_room_for_both() -> None:
    """Why it takes long is what somebody who waits wants to know."""
    doing = (Phase("Planning"), READING, Pause(9.0, again=THIRD))

    assert [line(*doing, width=width) for width in (60, 50)] == [
        "Planning · status 503: again in 7 s, attempt 3 of 6 · 2 s",
        "status 503: again in 7 s, attempt 3 of 6 · 2 s",
    ]


def test_a_terminal_without_such_characters_gets_others() -> None:
    """A bar of letters that are escaped would be none."""
    activity = Activity()
    activity.wrote(1, 2)
    with activity.during(Phase("Applying"), 0.0):
        shown = activity.line(2.0, 100, Look(encoding="ascii").glyphs)

    assert shown == "Applying ##########.......... 1 of 2 written - 2 s"


def test_what_was_read_is_forgotten_with_its_part_and_named_between_two_requests() -> None:
    """The next part counts anew; and a line does not flicker between two pages."""
    activity = Activity()
    with activity.during(Phase("Planning"), 0.0):
        with activity.during(READING, 0.0):
            activity.counted("Opportunities", 5, 0)
            activity.line(2.0, 100)
        between = activity.line(2.0, 100)
    with activity.during(Phase("Applying"), 3.0), activity.during(READING, 3.0):
        anew = activity.line(5.0, 100)

    assert (between, anew) == (
        "Planning: reading opportunities 5 · 2 s",
        "Applying: reading opportunities · 2 s",
    )
    assert activity.began is None
