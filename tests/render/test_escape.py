"""Each escape is judged by a real parser of what it escapes for."""

import json
import re
import unicodedata
from html.parser import HTMLParser
from itertools import pairwise
from typing import Any

import html5lib
import pyte
import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from rich.cells import cell_len

from syncer.render.escape import (
    cells,
    chop,
    command_data,
    command_property,
    html,
    inert_log,
    markdown,
    one_line,
    script_json,
    terminal,
    terminal_lines,
)
from tests.depth import examples
from tests.render.strategies import text

FUZZ = settings(max_examples=examples(), deadline=None)


class Recorder(pyte.Screen):
    """A screen that also remembers every bell, title and mode change."""

    acted: list[str]

    def bell(self, *args: Any) -> None:
        self.acted.append("bell")
        super().bell(*args)

    def set_title(self, param: str) -> None:
        self.acted.append("title")
        super().set_title(param)


def on_screen(shown: str) -> Recorder:
    screen = Recorder(max(len(shown) * 2, 1) + 20, 4)
    screen.acted = []
    pyte.Stream(screen).feed(f"A{shown}")
    return screen


@pytest.mark.parametrize(
    ("dirty", "shown"),
    [
        ("plain text", "plain text"),
        ("café 日本語 👍 ❤️", "café 日本語 👍 ❤️"),
        ("tab\tand\r\nnewline", r"tab\tand\r\nnewline"),
        ("\x1b[31mred\x1b[0m", r"\x1b[31mred\x1b[0m"),
        ("\x1b]0;owned\x07", r"\x1b]0;owned\x07"),
        ("\x9b2J\x7f\x00", r"\x9b2J\x7f\x00"),
        ("\u202eevil\u2066", r"\u202eevil\u2066"),
        ("zero\u200bwidth\u200d\ufeff\u00ad", r"zero\u200bwidth\u200d\ufeff\xad"),
        ("line\u2028para\u2029", r"line\u2028para\u2029"),
        ("no\xa0break, wide\u3000space", r"no\xa0break, wide" + "\u3000space"),
        ("hidden\U000e0041\U000e0101", r"hidden\U000e0041\U000e0101"),
        ("\u0301accent", r"\u0301accent"),
        ("half\ud800", r"half\ud800"),
        ("C:\\new", "C:\\new"),
        ("", ""),
    ],
)
def test_what_a_terminal_acts_on_or_an_eye_misses_is_written_out(dirty: str, shown: str) -> None:
    assert terminal(dirty) == shown


@FUZZ
@given(dirty=text())
def test_a_terminal_shows_the_text_and_does_nothing_else(dirty: str) -> None:
    shown = terminal(dirty)
    # pyte itself stops at marks that it cannot combine, as of Thai and emoji; terminals do not.
    assume(not any(cell_len(c) == 0 and not unicodedata.combining(c) for c in shown))
    # Nor can it put an accent on a wide character.
    assume(not any(cell_len(a) == 2 and unicodedata.combining(b) for a, b in pairwise(shown)))
    screen = on_screen(shown)

    composed = unicodedata.normalize("NFC", f"A{shown}")
    assert unicodedata.normalize("NFC", screen.display[0].rstrip()) == composed.rstrip()
    assert not any(line.strip() for line in screen.display[1:])
    assert (screen.cursor.y, screen.acted, screen.title) == (0, [], "")
    assert screen.mode == pyte.Screen(1, 1).mode
    cell = screen.buffer[0][0]
    assert {(c.fg, c.bg, c.bold, c.reverse) for c in screen.buffer[0].values()} == {
        (cell.fg, cell.bg, cell.bold, cell.reverse)
    }


@FUZZ
@given(dirty=text())
def test_no_control_or_format_character_is_left(dirty: str) -> None:
    shown = terminal(dirty)

    assert not {unicodedata.category(c) for c in shown} & {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}
    assert terminal(shown) == shown


def test_several_lines_keep_only_their_breaks() -> None:
    assert terminal_lines("a: 1\r\n\tb\x1b\nc\r") == "a: 1\n\\tb\\x1b\nc\\r"


@pytest.mark.parametrize(
    ("said", "inert"),
    [
        ("::error::x", r":\x3aerror::x".replace(r":\x3a", r"\x3a:")),
        ("ok\n  ::add-mask::x", "ok\n  \\x3a:add-mask::x"),
        ("\u3000::debug::", "\u3000\\x3a:debug::"),
        ("a ##[add-mask]b", r"a \x23#[add-mask]b"),
        ("###[group]", r"#\x23#[group]"),
        ("##vso[task]", r"\x23#vso[task]"),
        ("std::string # 1 : 2", "std::string # 1 : 2"),
    ],
)
def test_a_ci_runner_finds_no_command_in_the_log(said: str, inert: str) -> None:
    assert inert_log(said) == inert


@FUZZ
@given(
    said=st.lists(st.sampled_from((*"#:[\n a", "::", "##[", "##vso[", "error", "\u3000")), max_size=12).map(
        "".join
    )
)
def test_no_line_of_a_log_is_a_command(said: str) -> None:
    """The runner trims a line and looks for `::` at its start; `##[` it takes anywhere."""
    log = inert_log(said)

    assert not any(line.lstrip().startswith("::") for line in log.split("\n"))
    assert "##[" not in log
    assert "##vso[" not in log


@FUZZ
@given(dirty=text(), width=st.integers(1, 30))
def test_one_line_never_takes_more_columns_than_there_are(dirty: str, width: int) -> None:
    line = one_line(dirty, width)

    assert cell_len(line) <= width
    assert line == terminal(dirty) or line.endswith("…")


@pytest.mark.parametrize(
    ("dirty", "width", "line"),
    [
        ("short", 10, "short"),
        ("a\nb", 10, r"a\nb"),
        ("much too long", 8, "much to…"),
        ("日本語です", 6, "日本…"),
        ("e\u0301e\u0301e\u0301", 2, "e\u0301…"),
    ],
)
def test_long_text_ends_in_an_ellipsis(dirty: str, width: int, line: str) -> None:
    assert one_line(dirty, width) == line


def test_an_ellipsis_never_outgrows_its_line() -> None:
    assert one_line("abcdef", 2, "...") == ".."


@FUZZ
@given(dirty=text(), width=st.integers(0, 20))
def test_chopping_loses_nothing(dirty: str, width: int) -> None:
    head, rest = chop(terminal(dirty), width)

    assert head + rest == terminal(dirty)
    assert cells(head) <= width


MENTION = re.compile(
    r"(?<![\w`])@\w|#\d|\bGH-\d|:[\w+-]+:|\b(?=\d*[a-f])[0-9a-f]{7,40}\b|www\.|\w://", re.IGNORECASE
)
GITHUB = MarkdownIt("gfm-like")
assert GITHUB.linkify is not None
GITHUB.linkify.set({"fuzzy_link": False})  # GitHub links no bare domains; www. is looked for above
CONTEXTS = {
    "a paragraph": ("{}", ["paragraph_open", "inline", "paragraph_close"]),
    "the middle of a paragraph": ("x {} y", ["paragraph_open", "inline", "paragraph_close"]),
    "a list item": (
        "- {}",
        [
            *("bullet_list_open", "list_item_open", "paragraph_open", "inline"),
            *("paragraph_close", "list_item_close", "bullet_list_close"),
        ],
    ),
    "a table cell": (
        "| h | i |\n|---|---|\n| {} | z |",
        [
            *("table_open", "thead_open", "tr_open", "th_open", "inline", "th_close", "th_open", "inline"),
            *(
                "th_close",
                "tr_close",
                "thead_close",
                "tbody_open",
                "tr_open",
                "td_open",
                "inline",
                "td_close",
            ),
            *("td_open", "inline", "td_close", "tr_close", "tbody_close", "table_close"),
        ],
    ),
}


@pytest.mark.parametrize("context", CONTEXTS)
@settings(max_examples=examples(), deadline=None)
@given(dirty=text())
@example(dirty="\\|")
@example(dirty="1. one")
@example(dirty="www.evil.example https://evil.example mail@evil.example")
def test_markdown_shows_exactly_the_text(context: str, dirty: str) -> None:
    expected = terminal(re.sub(r"\s+", " ", dirty).strip())
    assume(expected)
    template, blocks = CONTEXTS[context]
    tokens = GITHUB.parse(template.format(markdown(dirty)))

    assert [token.type for token in tokens] == blocks
    inlines = [token for token in tokens if token.type == "inline"]
    inline = inlines[2] if context == "a table cell" else inlines[0]
    children = inline.children or ()
    assert {child.type for child in children} <= {"text", "text_special", "code_inline"}
    seen = "".join(child.content for child in children)
    if context == "the middle of a paragraph":
        seen = seen.removeprefix("x ").removesuffix(" y")
    assert seen == expected
    # GitHub looks for names, numbers, addresses and commits everywhere but in code.
    looked_at = "".join("\0" if child.type == "code_inline" else child.content for child in children)
    assert not MENTION.search(looked_at)


@FUZZ
@given(dirty=text())
def test_in_a_block_of_html_code_is_an_element(dirty: str) -> None:
    root = html5lib.parseFragment(
        f"<summary>{markdown(dirty, in_html=True)}</summary>", namespaceHTMLElements=False
    )
    (summary,) = root

    assert "".join(summary.itertext()) == terminal(re.sub(r"\s+", " ", dirty).strip())
    assert {element.tag for element in summary} <= {"code"}
    assert not MENTION.search("\0".join(["", summary.text or "", *(code.tail or "" for code in summary)]))


@pytest.mark.parametrize(
    ("dirty", "shown"),
    [
        ("Acme renewal 2027", "Acme renewal 2027"),
        ("a | b", "a &#124; b"),
        ("@octocat", "`@octocat`"),
        ("fixes #12", "fixes `#12`"),
        ('"bob@acme.example" [primary]', '"`bob@acme.example`" &#91;primary&#93;'),
        ("a`b@c.d`|e@f.g", "a&#96;`b@c.d`&#96;&#124;`e@f.g`"),
        ("two\nlines\tand  blanks ", "two lines and blanks"),
        ("10. ten", "10&#46; ten"),
        ("- dash", "&#45; dash"),
        ("\u202e", "&#92;u202e"),
        ("", ""),
    ],
)
def test_markdown_of_ordinary_names_stays_readable(dirty: str, shown: str) -> None:
    assert markdown(dirty) == shown


@FUZZ
@given(dirty=text())
def test_html_holds_one_text_and_the_attributes_it_had(dirty: str) -> None:
    expected = terminal_lines(dirty)
    root = html5lib.parseFragment(
        f'<p title="{html(dirty)}" class="c">{html(dirty)}</p>',
        treebuilder="etree",
        namespaceHTMLElements=False,
    )

    assert [child.tag for child in root] == ["p"]
    assert list(root[0]) == []
    assert root[0].text or expected == "" or root[0].text == expected
    assert (root[0].text or "") == expected
    assert root[0].attrib == {"title": expected, "class": "c"}
    assert root[0].tail is None


class Scripts(HTMLParser):
    """Collects what is inside script elements and whatever else there is."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.data: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        del attrs
        self.tags.append(tag)

    def handle_data(self, data: str) -> None:
        self.data.append(data)


@FUZZ
@given(value=st.dictionaries(text(), text()))
def test_json_in_a_script_ends_only_where_we_end_it(value: dict[str, str]) -> None:
    parser = Scripts()
    parser.feed(f'<script type="application/json">{script_json(value)}</script>')
    parser.close()

    assert parser.tags == ["script"]
    assert json.loads("".join(parser.data)) == value


def parsed(line: str) -> tuple[str, dict[str, str], str]:
    """What GitHub's runner reads from a line, by its documented rules.

    Source: "Workflow commands for GitHub Actions" and the runner's `ActionCommand`:
    `::name key=value,…::data`; %25 is undone last.
    """
    match = re.fullmatch(r"::(?P<name>[^ :]+)(?: (?P<properties>.*?))?::(?P<data>.*)", line)
    assert match is not None
    properties = dict(part.split("=", 1) for part in (match["properties"] or "").split(",") if "=" in part)

    def undone(value: str, *pairs: tuple[str, str]) -> str:
        for code, character in (*pairs, ("%0D", "\r"), ("%0A", "\n"), ("%25", "%")):
            value = value.replace(code, character)
        return value

    return (
        match["name"],
        {key: undone(value, ("%3A", ":"), ("%2C", ",")) for key, value in properties.items()},
        undone(match["data"]),
    )


@FUZZ
@given(file=text(), title=text(), data=text())
def test_a_workflow_command_reads_back_as_it_was_meant(file: str, title: str, data: str) -> None:
    line = f"::error file={command_property(file)},title={command_property(title)}::{command_data(data)}"

    assert "\n" not in line
    assert "\r" not in line
    assert parsed(line) == ("error", {"file": file, "title": title}, data)
