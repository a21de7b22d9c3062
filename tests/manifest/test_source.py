"""Where values were written."""

import contextlib

import pytest
import yaml
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from syncer.manifest import source
from syncer.manifest.source import Source
from syncer.model.span import Span
from tests.depth import examples

TEXT = """\
opportunities:
  acme:
    name: Acme
    empty:
    quoted: "a b"
    accounts:
      - {email: a@x.example, primary: true}
      - b@x.example
    flow: [one,
      two]
    block: |
      some
      text
"""


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ((), (1, 1, None)),
        (("opportunities",), (1, 1, 14)),
        (("opportunities", "acme", "name"), (3, 11, 15)),
        (("opportunities", "acme", "empty"), (4, 5, 10)),
        (("opportunities", "acme", "quoted"), (5, 13, 18)),
        (("opportunities", "acme", "accounts"), (6, 5, 13)),
        (("opportunities", "acme", "accounts", 0), (7, 9, 44)),
        (("opportunities", "acme", "accounts", 0, "primary"), (7, 39, 43)),
        (("opportunities", "acme", "accounts", 1), (8, 9, 20)),
        (("opportunities", "acme", "accounts", 7), (6, 5, 13)),
        (("opportunities", "acme", "flow"), (9, 11, None)),
        (("opportunities", "acme", "flow", 1), (10, 7, 10)),
        (("opportunities", "acme", "block"), (11, 12, None)),
        (("opportunities", "acme", "name", "deeper"), (3, 11, 15)),
    ],
)
def test_a_value_is_found_or_the_nearest_thing_around_it(
    path: tuple[str | int, ...], expected: tuple[int, int, int | None]
) -> None:
    assert Source("a.yaml", TEXT).span(path) == Span("a.yaml", *expected)


def test_a_key_is_found() -> None:
    assert Source("a.yaml", TEXT).span(("opportunities", "acme", "name"), key=True) == Span("a.yaml", 3, 5, 9)


def test_merged_values_are_found_where_they_were_written() -> None:
    text = "base: &base {x: 1, y: 2}\nmore: {<<: *base, y: 3}\nself: &self [*self]\nodd: {<<: 5, ? [a] : b}\n"
    source = Source("a.yaml", text)

    assert source.span(("more", "x")) == Span("a.yaml", 1, 17, 18)
    assert source.span(("more", "y")) == Span("a.yaml", 2, 22, 23)
    assert source.find(("self", 0, 0, 0, 0)) == (Span("a.yaml", 3, 7, 20), 5)


@pytest.mark.parametrize("text", ["", "a: [", "[" * 50])
def test_a_file_that_cannot_be_read_is_its_own_place(text: str) -> None:
    assert Source("a.yaml", text).span(("a",)) == Span("a.yaml", 1, 1)


def test_the_excerpt_is_the_line_as_it_was_written() -> None:
    source = Source("a.yaml", "a: 1\r\nb: \r  c\n")

    assert [source.excerpt(Span("a.yaml", line, 1)) for line in (0, 1, 2, 3, 9)] == [
        "",
        "a: 1",
        "b: ",
        "  c",
        "",
    ]


@pytest.mark.parametrize(
    "line",
    ["password: hunter2", "{API_TOKEN: x}", "  username : a", "url: https://me:pw@host/", '"secret": 1'],
)
def test_a_line_that_may_hold_a_credential_is_never_shown(line: str) -> None:
    assert Source("syncer.yaml", line).excerpt(Span("syncer.yaml", 1, 1)) == ""


def test_the_text_of_a_scalar_is_found() -> None:
    source = Source("a.yaml", TEXT)

    assert source.text_at(("opportunities", "acme", "quoted")) == "a b"
    assert source.text_at(("opportunities", "acme")) is None
    assert source.text_at(("nothing", "here")) is None


def depth_of(node: yaml.Node | None) -> int:
    """How deep values are nested in *node*, itself included; an alias counts as what it repeats."""
    if isinstance(node, yaml.MappingNode):
        return 1 + max((max(depth_of(key), depth_of(value)) for key, value in node.value), default=0)
    if isinstance(node, yaml.SequenceNode):
        return 1 + max(map(depth_of, node.value), default=0)
    return 1


@given(
    st.lists(
        st.sampled_from(
            [
                "- ",
                "? ",
                ": ",
                "a: ",
                "a",
                "[",
                "]",
                "{",
                "}",
                ",",
                '"',
                "'",
                "#",
                " #",
                "\n",
                "\n ",
                "\n  ",
                "\r",
            ]
            + ["|\n", ">\n", "---\n", "\x85 ", "!t ", "&x ", "-", "\t"]
            + [f"\n{' ' * column}{what}" for column in range(0, 15, 2) for what in ("- ", "a:", "- a: ")]
        ),
        max_size=60,
    ).map("".join)
)
@settings(max_examples=examples(200))
def test_what_is_read_without_counting_is_never_nested_too_deep(text: str) -> None:
    assume(source._is_shallow(text))
    with contextlib.suppress(yaml.YAMLError):
        assert depth_of(source._Parser(text).get_single_node()) <= source.MAX_DEPTH


@pytest.mark.parametrize(
    "text",
    [
        "a:\n" + "".join(f"{' ' * column}- \n{' ' * column}  b:\n" for column in range(0, 14, 2)),
        "a: [b, [c]]",
        "a: [b # ]\n]",
        "a: ['b']",
        "a: {b: c,\n  d: e}",
        "a: b\r\n",
    ],
)
def test_what_could_nest_is_counted(text: str) -> None:
    assert not source._is_shallow(text)


def test_an_ordinary_manifest_is_read_without_counting() -> None:
    assert source._is_shallow(
        "version: 1\nopportunities:\n  a:\n    contacts: [a@b.example, c@d.example]\n    accounts:\n"
        "      - {email: a@b.example, primary: true}\n    description: |\n      Some text\n"
    )
