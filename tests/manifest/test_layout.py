"""Where everything stands in a file: what editing needs to know of it."""

import pytest

from syncer.manifest.layout import Form, Layout

TEXT = """\
# top
a: &one {b: 1, c: "#2"}  # c
d:
- *one   # alias
- |  # head
  # text
e: *one
"""


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_comments_are_found_and_texts_that_look_like_them_are_none(end: str) -> None:
    """Whatever the lines end with."""
    layout = Layout(TEXT.replace("\n", end))

    assert [said for _, said in layout.comments()] == ["# top", "# c", "# alias", "# head"]
    assert (layout.line_end, layout.line(0)) == (end, f"# top{end}")


def test_an_alias_stands_where_it_is_written() -> None:
    """And not where what it stands for is."""
    layout = Layout(TEXT)
    assert layout.root is not None
    mapping, items, alias = (pair.value for pair in layout.root.pairs)

    assert (mapping.form, TEXT[mapping.start : mapping.end]) == (Form.MAPPING, '&one {b: 1, c: "#2"}')
    assert TEXT[mapping.body : mapping.end] == '{b: 1, c: "#2"}'
    assert [(item.form, TEXT[item.start : item.end]) for item in items.items] == [
        (Form.ALIAS, "*one"),
        (Form.SCALAR, "|  # head\n  # text"),
    ]
    assert [TEXT[layout.dash(item) :][:3] for item in items.items] == ["- *", "- |"]
    assert TEXT[alias.start :] == "*one\n"


def test_what_has_a_name_is_shared_with_all_that_is_in_it() -> None:
    """An alias may call it; the alias itself is nobody else's."""
    layout = Layout(TEXT)

    assert [
        layout.is_shared(path)
        for path in (("a",), ("a", "b"), ("d",), ("d", 0), ("d", 7), ("e",), ("x", "y"))
    ] == [True, True, False, False, False, False, False]
