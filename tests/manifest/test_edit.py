"""Edits of manifests: every other byte stays, and our loader reads what was asked, or the edit is refused."""

import re
from collections.abc import Iterator
from copy import deepcopy
from difflib import SequenceMatcher, unified_diff
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from syncer.manifest.cut import same
from syncer.manifest.edit import Edited, Refused, Remove, Rename, Set, Uncut, apply
from syncer.manifest.layout import Layout
from syncer.manifest.load import load_bytes
from syncer.manifest.source import Source
from syncer.model.span import Span, ValuePath
from syncer.shapes.spelling import Bare, Commented
from tests.manifest.texts import TEXTS, manifests

VALUES = (
    TEXTS | st.none() | st.booleans() | st.sampled_from([Bare("2027-06-30"), Bare("250 EUR"), Bare("10.50")])
)


def read(text: str) -> Any:
    loaded = load_bytes(text.encode(), "deals.yaml")
    assert not loaded.problems, ([str(problem) for problem in loaded.problems], text)
    return loaded.value


def readable(text: str) -> bool:
    return not load_bytes(text.encode(), "deals.yaml").problems


def comments(text: str) -> list[str]:
    return [said for _, said in Layout(text.removeprefix("\ufeff")).comments()]


def paths(value: Any, base: ValuePath = ()) -> Iterator[ValuePath]:
    """Every place below the entries."""
    inner: list[tuple[Any, Any]] = []
    if isinstance(value, dict):
        inner = list(value.items())
    elif isinstance(value, list):
        inner = list(enumerate(value))
    for step, part in inner:
        yield (*base, step)
        yield from paths(part, (*base, step))


def at(value: Any, path: ValuePath) -> Any:
    for step in path:
        value = value[step]
    return value


def put(value: Any, path: ValuePath, new: Any) -> Any:
    value = deepcopy(value)
    at(value, path[:-1])[path[-1]] = new
    return value


def new_lines(old: str, new: str) -> list[str]:
    """The lines of *new* that a diff shows as added, but for blank ones."""
    first, second = (re.split(r"\r\n|\r|\n", text) for text in (old, new))
    matcher = SequenceMatcher(None, first, second, autojunk=False)
    added = [second[start:end] for tag, _, _, start, end in matcher.get_opcodes() if tag != "equal"]
    return [line for lines in added for line in lines if line.strip()]


def offset(text: str, line: int, column: int) -> int:
    lines = re.split(r"(\r\n|\r|\n)", text)
    return len("".join(lines[: 2 * (line - 1)])) + column - 1


@given(st.data(), manifests(), VALUES)
def test_only_the_bytes_of_a_value_change(data: st.DataObject, text: str, new: Any) -> None:
    """What stands before a scalar and behind it stays, byte for byte, and the file means what was asked."""
    assume(readable(text))
    before = read(text)
    leaves = [path for path in paths(before) if not isinstance(at(before, path), dict | list)]
    path = data.draw(st.sampled_from(leaves))
    bare = text.removeprefix("\ufeff")
    span = Source("deals.yaml", bare).find(path)[0]
    assume(span.end_column)  # its end is known to the places that people see

    after = apply(text, [Set(path, new)])

    assert after.refused == ()
    assert same(put(before, path, new), read(after.text))
    assert comments(after.text) == comments(text)
    mark = len(text) - len(bare)
    start, end = (mark + offset(bare, span.line, column or 0) for column in (span.column, span.end_column))
    if at(before, path) is not None and not isinstance(new, str):
        assert after.text[:start] == text[:start]
        assert after.text.endswith(text[end:])
    assert new_lines(after.text, text) in ([], [re.split(r"\r\n|\r|\n", text)[span.line - 1]])


@given(st.data(), manifests(anchors=True), st.lists(VALUES, min_size=1, max_size=3))
def test_what_is_written_once_for_several_is_changed_for_one(
    data: st.DataObject, text: str, values: list[Any]
) -> None:
    """Whatever stands there, the file means what was asked; an edit that is refused is not in it."""
    assume(readable(text))
    before = read(text)
    asked = before
    edits: list[Set] = []
    for new in values:
        path = data.draw(st.sampled_from(list(paths(before["opportunities"], ("opportunities",)))))
        if any(path[: len(edit.path)] == edit.path or edit.path[: len(path)] == path for edit in edits):
            continue
        edits.append(Set(path, new))

    after = apply(text, edits)

    refused = [each.edit for each in after.refused]
    for edit in edits:
        if edit not in refused:
            asked = put(asked, edit.path, edit.value)
    assert same(asked, read(after.text))
    assert comments(after.text) == comments(text)
    if len(refused) == len(edits):
        assert after.text == text


@given(st.data(), manifests())
def test_what_is_taken_out_takes_nothing_else_along(data: st.DataObject, text: str) -> None:
    """The lines that are left are lines of the file, in their order, but for one that ends otherwise."""
    assume(readable(text))
    before = read(text)
    path = data.draw(st.sampled_from(list(paths(before["opportunities"], ("opportunities",)))))
    asked = deepcopy(before)
    del at(asked, path[:-1])[path[-1]]

    after = apply(text, [Remove(path)])

    assert after.refused == () or "dash" in after.refused[0].why
    if not after.refused:
        assert same(asked, read(after.text))
        assert len(new_lines(text, after.text)) <= 1


@given(st.data(), manifests(), VALUES)
def test_what_is_added_moves_nothing(data: st.DataObject, text: str, new: Any) -> None:
    """A key that was not there: all lines stay, but for one that gets a comma or brackets."""
    assume(readable(text))
    before = read(text)
    places = [path for path in paths(before) if isinstance(at(before, path), dict)]
    path = (*data.draw(st.sampled_from(places)), "added")

    after = apply(text, [Set(path, new)])

    assert after.refused == ()
    assert same(put(before, path, new), read(after.text))
    assert comments(after.text) == comments(text)
    assert len(new_lines(after.text, text)) <= 1


@given(st.data(), manifests(), st.lists(TEXTS, max_size=4))
def test_a_list_becomes_any_other_list(data: st.DataObject, text: str, new: list[str]) -> None:
    """Items that stay keep their place, their quotes and their comments."""
    assume(readable(text))
    before = read(text)
    lists = [path for path in paths(before) if isinstance(at(before, path), list)]
    assume(lists)
    path = data.draw(st.sampled_from(lists))
    old = at(before, path)
    kept = [item for item in old if data.draw(st.booleans())]
    cut = data.draw(st.integers(0, len(kept)))
    wanted = [*kept[:cut], *new, *kept[cut:]]

    after = apply(text, [Set(path, wanted)])

    assert after.refused == () or "comment" in after.refused[0].why
    if not after.refused:
        assert same(put(before, path, wanted), read(after.text))


ACME = ("opportunities", "acme")
DEALS = """\
version: 1 # v
usual: &usual
  step: First   # for all
  tags: [a, b]
  value: &value {amount: 100, currency: USD}
opportunities:
  acme:
    <<: *usual
    # leading
    name:   "Acme renewal"   # trailing
    owner: 'dana@example.com'
    contacts: [a@x.example, {email: b@x.example, primary: true}]  # c
    accounts:
    - a@x.example # one
    - email: b@x.example
      primary: true
    description: | # said
      some
      # no comment

    note: plain
      goes on # note
    unit:    # nobody knows
    shared: *value
    folded: >-
      abc def
      ghi
    many: [
      a,  # first
      b   # last
    ]
    # inside

  other: {name: 'Oth''er', value: 1 USD, }
  third: {}"""


def changed(*edits: Set | Remove, text: str = DEALS) -> list[str]:
    """What a diff shows, without its places."""
    after = apply(text, edits)
    assert after.refused == ()
    lines = unified_diff(text.splitlines(), after.text.splitlines(), n=0, lineterm="")
    return [line for line in lines if not line.startswith(("---", "+++", "@@"))]


@pytest.mark.parametrize(
    ("path", "value", "diff"),
    [
        (
            "name",
            'The "big" one',
            ['-    name:   "Acme renewal"   # trailing', '+    name:   "The \\"big\\" one"   # trailing'],
        ),
        (
            "owner",
            "o'neil@example.com",
            ["-    owner: 'dana@example.com'", "+    owner: 'o''neil@example.com'"],
        ),
        ("owner", None, ["-    owner: 'dana@example.com'", "+    owner: null"]),
        ("owner", Bare("2027-03-31"), ["-    owner: 'dana@example.com'", "+    owner: '2027-03-31'"]),
        (
            "owner",
            ["x" * 50, "y" * 50],
            ["-    owner: 'dana@example.com'", "+    owner:", f"+      - {'x' * 50}", f"+      - {'y' * 50}"],
        ),
        (
            "unit",
            ["x" * 50, "y" * 50],
            [f"+      - {'x' * 50}", f"+      - {'y' * 50}"],
        ),
        ("unit", "Sales", ["-    unit:    # nobody knows", "+    unit: Sales    # nobody knows"]),
        ("description", "some\nmore", ["-      # no comment", "+      more"]),
        (
            "description",
            " led",
            [
                "-    description: | # said",
                "-      some",
                "-      # no comment",
                '+    description: " led" # said',
            ],
        ),
        (
            "description",
            None,
            [
                "-    description: | # said",
                "-      some",
                "-      # no comment",
                "+    description: null # said",
            ],
        ),
        ("note", "short", ["-    note: plain", "-      goes on # note", "+    note: short # note"]),
        (
            "note",
            "one\ntwo",
            ["-    note: plain", "-      goes on # note", "+    note: | # note", "+      one", "+      two"],
        ),
        ("folded", "abc def\n\nghi", ["+", "+"]),
        (
            "folded",
            "a\n led",
            ["-    folded: >-", "-      abc def", "-      ghi", "+    folded: |", "+      a", "+       led"],
        ),
        ("step", "Second", ["+    step: Second"]),
        ("value", {"amount": 200, "currency": "USD"}, ["+    value: {amount: 200, currency: USD}"]),
        (
            "shared",
            {"amount": 200, "currency": "USD"},
            ["-    shared: *value", "+    shared: {<<: *value, amount: 200}"],
        ),
        ("shared", Bare("5 EUR"), ["-    shared: *value", "+    shared: 5 EUR"]),
        ("new", "a\nb", ["+    new: |", "+      a", "+      b"]),
        (
            "accounts",
            ["a@x.example", "b@x.example"],
            ["-    - email: b@x.example", "-      primary: true", "+    - b@x.example"],
        ),
        ("accounts", ["a@x.example", {"email": "b@x.example"}], ["-      primary: true"]),
        (
            "accounts",
            ["c@x.example"],
            [
                "-    - a@x.example # one",
                "-    - email: b@x.example",
                "-      primary: true",
                "+    - c@x.example",
            ],
        ),
        (
            "accounts",
            [],
            [
                "-    accounts:",
                "-    - a@x.example # one",
                "-    - email: b@x.example",
                "-      primary: true",
                "+    accounts: []",
            ],
        ),
        ("many", ["a"], ["-      a,  # first", "-      b   # last", "+      a  # first"]),
        ("many", ["a", "b", "c"], ["-      b   # last", "+      b,   # last", "+      c"]),
        ("many", ["b"], ["-      a,  # first"]),
    ],
)
def test_each_kind_of_value_keeps_its_form(path: str, value: Any, diff: list[str]) -> None:
    """Quotes, blocks and brackets stay where the new value allows it; what is shared gets an own value."""
    assert changed(Set((*ACME, path), value)) == diff


@pytest.mark.parametrize(
    ("contacts", "written"),
    [
        (["a@x.example"], "[a@x.example]"),
        ([], "[]"),
        (["b@x.example"], "[b@x.example]"),
        (["c@x.example", "a@x.example"], "[c@x.example, a@x.example]"),
        ([{"email": "b@x.example", "primary": False}], "[{email: b@x.example, primary: false}]"),
        (
            ["a@x.example", {"email": "b@x.example", "primary": True, "sales_role": "Boss"}, "c@x.example"],
            "[a@x.example, {email: b@x.example, primary: true, sales_role: Boss}, c@x.example]",
        ),
    ],
)
def test_a_list_in_brackets_changes_part_by_part(contacts: list[Any], written: str) -> None:
    """Items that stay are not written again."""
    assert changed(Set((*ACME, "contacts"), contacts)) == [
        "-    contacts: [a@x.example, {email: b@x.example, primary: true}]  # c",
        f"+    contacts: {written}  # c",
    ]


def test_a_key_in_the_place_of_another_stands_where_it_stood() -> None:
    """`account:` becomes `accounts:` on its line, in a block and in brackets."""
    text = (
        "o:\n  a:\n    name: A\n    account: x # main\n    owner: o\n  b: {name: B, account: y, owner: o}\n"
    )

    edits = [
        edit for at in "ab" for edit in (Remove(("o", at, "account")), Set(("o", at, "accounts"), ["x", "z"]))
    ]

    assert changed(*edits, text=text) == [
        "-    account: x # main",
        "+    accounts: [x, z]",
        "-  b: {name: B, account: y, owner: o}",
        "+  b: {name: B, accounts: [x, z], owner: o}",
    ]


@pytest.mark.parametrize(
    ("edit", "place", "why"),
    [
        (
            Set(("usual", "value", "amount"), 5),
            Span("deals.yaml", 5, 26, 29),
            "It is written once for several values: opportunities.acme.shared.amount would change with it.",
        ),
        (
            Set(("usual", "tags", 0), "z"),
            Span("deals.yaml", 4, 10, 11),
            "It is written once for several values: opportunities.acme.tags.0 would change with it.",
        ),
        (
            Remove((*ACME, "step")),
            Span("deals.yaml", 3, 9, 14),
            '"step" comes from a merge key (<<), so it cannot be taken out here.',
        ),
        (
            Set((*ACME, "accounts"), "none"),
            Span("deals.yaml", 13, 5, 13),
            "A comment that stands inside would be lost.",
        ),
        (
            Set((*ACME, "accounts", 7, "email"), "x"),
            Span("deals.yaml", 13, 5, 13),
            "There is no such place in the file.",
        ),
        (
            Set((*ACME, "note"), Bare("x # y")),
            Span("deals.yaml", 21, 11),
            "It cannot be written in this place.",
        ),
        (
            Set((*ACME, "note"), Bare("x #y")),
            Span("deals.yaml", 21, 11),
            "It cannot be written in this place.",
        ),
        (
            Set((*ACME, "note"), Bare("[")),
            Span("deals.yaml", 21, 11),
            "The file could not be read any more.",
        ),
    ],
)
def test_what_cannot_be_written_is_refused_with_its_place(edit: Set | Remove, place: Span, why: str) -> None:
    """The file stays as it was; what else was asked is done."""
    name = Set(("opportunities", "other", "name"), "Name")

    after = apply(DEALS, [edit, name], "deals.yaml")

    assert after == Edited(DEALS.replace("'Oth''er'", "'Name'"), (Refused(edit, place, why),))


def test_two_that_share_a_value_may_both_be_asked_to_change() -> None:
    """The second gets an own value, and the first is free then."""
    text = "usual: &usual {step: A}\nopportunities:\n  x: {<<: *usual}\n"
    edits = [Set(("usual", "step"), "B"), Set(("opportunities", "x", "step"), "A")]

    assert apply(text, edits[:1]).refused
    assert changed(Set(("usual", "step"), "B"), Set(("opportunities", "x", "step"), "C"), text=text) == [
        "-usual: &usual {step: A}",
        "+usual: &usual {step: B}",
        "-  x: {<<: *usual}",
        "+  x: {<<: *usual, step: C}",
    ]


def test_json_stays_json() -> None:
    """A manifest may be JSON; what is new in it is written as JSON, too, and its escapes are counted well."""
    text = (
        '{\n  "o": {\n    "a": {\n      "name": "\\ud83d\\ude00 A",\n      "to": ["x", "1"]\n    }\n  }\n}\n'
    )

    after = apply(
        text,
        [
            Set(("o", "a", "name"), "B\n"),
            Set(("o", "a", "on"), Bare("2027-01-01")),
            Set(("o", "a", "to", 1), Bare("5")),
        ],
    )

    assert after.text.splitlines()[3:7] == [
        '      "name": "B\\n",',
        '      "to": ["x", "5"],',
        '      "on": "2027-01-01"',
        "    }",
    ]


def test_an_entry_is_taken_out_with_what_stands_inside_it() -> None:
    """Its comments go along; of two blank lines that would meet one stays."""
    text = "o:\n  # above\n\n  a: # a\n    x: 1 # x\n    # in a\n\n  b:\n    x: 2\n"

    assert apply(text, [Remove(("o", "a"))]).text == "o:\n  # above\n\n  b:\n    x: 2\n"
    assert apply(text, [Remove(("o", "a")), Remove(("o", "b"))]).text == "o: {}\n  # above\n\n"


def test_a_file_that_cannot_be_read_is_left_alone() -> None:
    """Who edits it has to repair it first."""
    edit = Set(("a",), 1)

    assert apply("a: [", [edit], "x.yaml") == Edited(
        "a: [", (Refused(edit, Span("x.yaml", 1, 1), "The file cannot be read without a problem."),)
    )
    assert apply("", [edit], "x.yaml").refused[0].why == "The file is empty."


def test_lists_of_mappings_grow_in_the_form_of_their_items() -> None:
    """A new item is a block where another one is, and as far behind its dash."""
    text = "o:\n  to:\n  -   email: a\n      role: r\n  -   b # b\n"

    assert changed(Set(("o", "to"), [{"email": "a"}, {"email": "x", "role": "s"}, "b"]), text=text) == [
        "-      role: r",
        "+  -   email: x",
        "+      role: s",
    ]
    assert changed(Set(("o", "to"), ["new", {"email": "a", "role": "r"}, "b"]), text=text) == ["+  -   new"]
    assert changed(Set(("o", "to"), ["new", {"email": "a", "role": "s"}, "b"]), text=text) == [
        "+  -   new",
        "-      role: r",
        "+      role: s",
    ]
    assert changed(Set(("o", "to"), [Commented({"email": "b"}, "said"), "c"]), text=text) == [
        "-  -   email: a",
        "-      role: r",
        "-  -   b # b",
        "+  -   {email: b} # b",
        "+  -   c",
    ]


def test_the_first_key_behind_a_dash_may_go() -> None:
    """The next one stands there then; brackets where there is none."""
    text = "o:\n- a: 1 # a\n  b: 2\n  c: 3\n"

    assert apply(text, [Remove(("o", 0, "a")), Remove(("o", 0, "c"))]).text == "o:\n- b: 2\n"
    assert apply("o:\n- a: 1 # a\n", [Remove(("o", 0, "a"))]).text == "o:\n- {} # a\n"
    assert apply("o:\n- a: 1\n", [Remove(("o", 0, "a")), Set(("o", 0, "b"), 2)]).text == "o:\n- {b: 2}\n"


def test_anchors_and_tags_before_a_value_stay_where_they_fit() -> None:
    """An anchor that nobody uses does no harm; a tag that makes text of a number goes with a number."""
    text = "a: &a\n  b: 1\nc: &c   # c\nd: !!str 5\ne: &e\n  - 1\n"

    assert apply(text, [Set(("a",), 2), Set(("c",), 3), Set(("d",), 6), Set(("e",), "x")]).text == (
        "a: 2\nc: &c 3   # c\nd: 6\ne: x\n"
    )
    assert apply(text, [Set(("d",), "7")]).text == text.replace("!!str 5", '!!str "7"')


def test_blocks_without_a_line_yet_get_one() -> None:
    """An empty block has no indentation to keep."""
    assert (
        apply("a:\n  b: |\n  c: 1\n", [Set(("a", "b"), "x\ny")]).text == "a:\n  b: |\n    x\n    y\n  c: 1\n"
    )


def test_what_a_value_is_called_stands_behind_it() -> None:
    """An id says nothing to a reviewer, so a comment does, unless there is one already."""
    text = "a:\n  x: 1\n  y: 2 # y\n  z:\n  - b\n"
    value = Commented({"id": "7"}, "Acme, Vienna")

    after = apply(text, [Set(("a", name), value) for name in "xyw"] + [Set(("a", "z"), ["b", value])])

    assert after.text == (
        'a:\n  x: {id: "7"}  # Acme, Vienna\n  y: {id: "7"} # y\n  z:\n  - b\n  - {id: "7"}  # Acme, Vienna\n'
        '  w: {id: "7"}  # Acme, Vienna\n'
    )


def test_what_would_be_doubtful_is_refused() -> None:
    """A result that the reader warns of is no result."""
    edit = Set(("opportunities", "a", "name"), Bare("“Acme”"))

    (refused,) = apply("opportunities:\n  a:\n    name: x\n", [edit]).refused

    assert refused.why.startswith(
        "The result would be doubtful: name begins and ends with typographic quotes"
    )


def test_a_file_that_only_looks_like_json_is_yaml() -> None:
    """Brackets from the first character on, and no quotes."""
    assert apply("{a: {b: 1}}\n", [Set(("a", "c"), "x")]).text == "{a: {b: 1, c: x}}\n"
    new = [Bare("x"), Bare("1.50"), True, None, Commented({"id": 7}, "said")]
    assert apply('{"a": {"b": 1}}\n', [Set(("a", "c"), new)]).text == (
        '{"a": {"b": 1, "c": ["x", 1.50, true, null, {"id": 7}]}}\n'
    )


def test_the_whole_of_a_file_may_be_given() -> None:
    """An empty path is the top of the file; taking all of it out is not editing."""
    assert apply("a: 1\nb: 2 # b\n", [Set((), {"a": 2, "b": 2})]).text == "a: 2\nb: 2 # b\n"
    assert apply("a: 1\n", [Remove(())]).refused[0].why == "There is no such place in the file."


def test_the_indentation_of_a_block_is_that_of_its_first_line_with_words() -> None:
    """A blank line says nothing of it."""
    assert apply("a: |\n\n   x\n", [Set(("a",), "y")]).text == "a: |\n   y\n"


def test_a_key_is_renamed_where_it_stands_and_nowhere_else() -> None:
    """In its quotes; what an alias leads to is another place, and a name that is taken is refused."""
    text = "a: &a\n  'one': 1 # first\n  two: 2\nb: *a\nc: {<<: *a}\n"

    done = apply(text, [Rename(("a", "one"), "won", (("b", "one"), ("c", "one")))])
    refused = apply(text, [Rename(("b", "one"), "won"), Rename(("a", "two"), "one")])

    assert done == Edited(text.replace("'one'", "'won'"))
    assert (refused.text, [each.why for each in refused.refused]) == (
        text,
        ["The key does not stand in this place itself.", '"one" is written there as well.'],
    )


def test_a_text_that_is_cut_by_a_comment_gets_all_of_it() -> None:
    """The comment goes, and none beside it."""
    text = "a: Order #4711  # why\nb: # kept\n  - x #1\nc: #2\n"

    done = apply(text, [Uncut(("a",), "Order #4711  # why"), Uncut(("b", 0), "x #1"), Uncut(("c",), "#2")])

    assert done == Edited('a: "Order #4711  # why"\nb: # kept\n  - "x #1"\nc: "#2"\n')
