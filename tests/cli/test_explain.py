"""`syncer explain`: the manual at the terminal."""

from collections.abc import Callable

from tests.support import Ran

Run = Callable[..., Ran]


def test_a_code_is_explained_without_the_marks_of_markdown(syncer: Run) -> None:
    """As a terminal shows it: paragraphs wrapped, examples as they are, the page to read on."""
    ran = syncer("explain", "[reference-unknown]", env={"COLUMNS": "60"})

    lines = ran.out.splitlines()
    assert (ran.code, lines[0], lines[-1]) == (
        0,
        "Unknown reference [reference-unknown]",
        "Read on: docs/errors.md, reference-unknown",
    )
    assert "    owner: dana@example.com" in lines
    assert max(map(len, lines)) <= 60
    assert "```" not in ran.out
    assert "**" not in ran.out


def test_lists_of_the_manual_stay_lists(syncer: Run) -> None:
    """A table squeezed into a paragraph would be unreadable."""
    text = syncer("explain", "guard").out

    assert text.startswith("Guard breached [guard]\n")
    assert "](" not in text


def test_no_such_name_is_wrong_usage(syncer: Run) -> None:
    ran = syncer("explain", "lok-alike")

    assert (ran.code, ran.out) == (64, "")
    assert "did you mean look-alike" in ran.err
