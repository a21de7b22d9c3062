import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.cells import cell_len

from syncer.render.escape import terminal
from syncer.render.look import Look
from tests.depth import examples
from tests.render.strategies import text


def test_what_fits_stays_on_one_line() -> None:
    assert list(Look(40).wrap("a  b", "- ", "  ")) == ["- a  b"]


def test_long_text_hangs_below_its_start() -> None:
    assert list(Look(40).wrap("one two three four five six seven eight nine ten", "note: ", "      ")) == [
        "note: one two three four five six seven",
        "      eight nine ten",
    ]


def test_a_word_too_long_for_a_line_is_cut() -> None:
    assert list(Look(40).wrap("x" * 50 + " y", "  ", "    ")) == ["  " + "x" * 38, "    " + "x" * 12 + " y"]


def test_a_command_is_broken_only_where_it_fits_on_no_line() -> None:
    """What somebody copies from a hint and pastes into a shell is one line."""
    short, long = "`syncer apply --resume`", "`syncer plan --out plan.json --html plan.html`"

    assert list(Look(40).wrap(f"To go on, there is: {short}, or {long}.", "", "  ")) == [
        "To go on, there is:",
        "  `syncer apply --resume`, or `syncer",
        "  plan --out plan.json --html",
        "  plan.html`.",
    ]


def test_wide_characters_count_twice() -> None:
    assert list(Look(40).wrap("日本語" * 10, "", "")) == ["日本語" * 6 + "日本", "語" + "日本語" * 3]


@settings(max_examples=examples(), deadline=None)
@given(said=text(30), width=st.integers(1, 80), indent=st.integers(0, 8))
def test_every_line_fits_and_nothing_is_lost(said: str, width: int, indent: int) -> None:
    shown = terminal(said)
    lines = list(Look(width).wrap(shown, "", " " * indent))

    assert all(cell_len(line) <= max(width, 40) for line in lines)
    assert "".join("".join(lines).split()) == "".join(shown.split())


@pytest.mark.parametrize(
    ("encoding", "written"),
    [
        ("utf-8", "é → … ✓"),
        ("UTF8", "é → … ✓"),
        ("latin-1", r"é \u2192 \u2026 \u2713"),
        ("ascii", r"\xe9 \u2192 \u2026 \u2713"),
        ("no-such-encoding", r"\xe9 \u2192 \u2026 \u2713"),
    ],
)
def test_what_a_stream_cannot_encode_is_written_out(encoding: str, written: str) -> None:
    assert Look(encoding=encoding).finish("é → … ✓") == written


@pytest.mark.parametrize(
    ("encoding", "arrow"), [("utf-8", "→"), ("cp1252", "->"), ("no-such-encoding", "->")]
)
def test_arrows_fall_back_to_ascii(encoding: str, arrow: str) -> None:
    assert Look(encoding=encoding).glyphs.arrow == arrow


def test_colour_only_when_asked() -> None:
    assert Look().paint("x", "error") == "x"
    assert Look(color=True).paint("x", "error") == "\x1b[1;31mx\x1b[0m"
    assert Look(color=True).paint("x", "no-op") == "x"
