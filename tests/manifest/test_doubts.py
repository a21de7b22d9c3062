# ruff: noqa: E501, RUF001 - messages are compared whole; these very characters are meant
"""Texts that are probably not what somebody meant to write."""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syncer import manifest
from syncer.manifest.load import load_bytes
from syncer.project.load import Project
from tests.support import Ran, one


def warned(entry: str) -> list[tuple[str, str, str]]:
    """Return place, detail and hint of each warning for an entry of these lines, the first in line 3."""
    text = "opportunities:\n  acme:\n" + "".join(f"    {line}\n" for line in entry.split("\n"))
    loaded = load_bytes(text.encode(), "a.yaml")
    assert loaded.problems == ()
    found = []
    for problem in loaded.warnings:
        assert problem.span is not None
        found.append((f"{problem.span.line}:{problem.span.column}", problem.detail, problem.hint))
    return found


@pytest.mark.parametrize(
    ("entry", "place", "name", "left", "right"),
    [
        ("name: Order #4711", "3:17", "name", '"Order"', 'name: "Order #4711"'),
        ("name: Order\t#4711 for Bob  ", "3:17", "name", '"Order"', 'name: "Order\\t#4711 for Bob"'),
        ("account: Acme #2", "3:19", "account", '"Acme"', 'account: "Acme #2"'),
        ("contacts:\n- Acme #2", "4:12", "item 1 of contacts", '"Acme"', '- "Acme #2"'),
        ("fields:\n  cf_room: Hall #3", "4:21", "cf_room of fields", '"Hall"', 'cf_room: "Hall #3"'),
        ("formerly:\n  name: Deal #1", "4:18", "name of formerly", '"Deal"', 'name: "Deal #1"'),
        ("name: It's #1", "3:16", "name", '"It\'s"', 'name: "It\'s #1"'),
        ("name: Item\n  two #3", "4:11", "name", '"Item two"', 'name: "Item two #3"'),
    ],
)
def test_a_text_that_a_comment_cuts_is_told(entry: str, place: str, name: str, left: str, right: str) -> None:
    assert warned(entry) == [
        (
            place,
            f"{name} is cut to {left}: a blank and # begin a comment.",
            f"put it in quotes: {right}; or, if it is a comment, put a blank behind the #",
        )
    ]


def test_a_text_of_which_nothing_is_left_is_told() -> None:
    """Else `lead_source: #4711` would empty the field without a word."""
    assert warned("lead_source: #4711") == [
        (
            "3:18",
            "lead_source is empty: a blank and # begin a comment.",
            'put it in quotes: lead_source: "#4711"; or, if it is a comment, put a blank behind the #',
        )
    ]


@pytest.mark.parametrize(
    "entry",
    [
        "name: Order # 4711",
        "name: Order#4711",
        'name: "Order #4711"',
        "name: 'Order #4711'  #quoted",
        "#name: Order",
        "name: Order ##",
        "value: 100 USD #old",
        "closing_date: 2027-03-31 #late",
        "owner: dana@example.com #lead",
        "fields: {cf_seats: 5} #none",
        "fields:\n  cf_seats: 5 #none",
        "description: |\n  See #4711\n  and #4712",
        "state: present #yes",
        "lifecycle: #none\n  existing: update",
    ],
)
def test_what_is_a_comment_or_no_text_is_not_told(entry: str) -> None:
    assert warned(entry) == []


@pytest.mark.parametrize(
    ("entry", "place", "detail", "hint"),
    [
        (
            "name: Acme\u00a0Corp",
            "3:15",
            "name holds a no-break space (U+00A0), which looks like a blank and is none.",
            'write Acme Corp; or, if it is meant, "Acme\\xa0Corp"',
        ),
        (
            "account: 'Ac\u200bme'",
            "3:17",
            "account holds a zero width space (U+200B), which nobody sees.",
            'write Acme; or, if it is meant, "Ac\\u200bme"',
        ),
        (
            "contacts:\n- bob@x.example\u00ad",
            "4:20",
            "item 1 of contacts holds a soft hyphen (U+00AD), which nobody sees.",
            'write bob@x.example; or, if it is meant, "bob@x.example\\xad"',
        ),
        (
            "formerly: {name: Deal\u202f1}",
            "3:26",
            "name of formerly holds a narrow no-break space (U+202F), which looks like a blank and is none.",
            'write Deal 1; or, if it is meant, "Deal\\u202f1"',
        ),
        (
            "name: Acme\u200d",
            "3:15",
            "name holds a zero width joiner (U+200D), which nobody sees.",
            'write Acme; or, if it is meant, "Acme\\u200d"',
        ),
        (
            "name: Acme\n  Corp\u00a0Ltd",
            "4:11",
            "name holds a no-break space (U+00A0), which looks like a blank and is none.",
            'write Acme Corp Ltd; or, if it is meant, "Acme Corp\\xa0Ltd"',
        ),
        (
            "pipeline: “Test Pipeline”",
            "3:15",
            "pipeline begins and ends with typographic quotes, which are part of the text; YAML knows \" and ' only.",
            'write Test Pipeline; or, if they are meant, put " around them',
        ),
    ],
)
def test_a_character_that_nobody_sees_as_it_is_is_told(
    entry: str, place: str, detail: str, hint: str
) -> None:
    assert warned(entry) == [(place, detail, hint)]


@pytest.mark.parametrize(
    "entry",
    [
        'name: "Acme\\u00a0Corp"',
        "name: O’Brien & Søn “Special” deal",
        'name: "“Acme”"',
        "name: می‌خواهم",
        "name: 👨‍👩‍👧 tours",
        "name: 山田　太郎",
        "description: Prix\u00a0! 5\u202f€",
        "fields: {cf_note: a\u00a0b}",
    ],
)
def test_what_is_meant_is_not_told(entry: str) -> None:
    assert warned(entry) == []


def test_defaults_are_looked_at_as_well_those_of_the_project_too(
    make_project: Callable[..., Project],
) -> None:
    project = make_project(
        {
            "a.yaml": "defaults: {unit: A\u00a0B}\n"
            + one(lead_source="&x Web\u200b").removeprefix("version: 1\n")
        },
        "version: 1\ndefaults:\n  type: Standard #1\n",
    )

    assert [
        (str(problem.span), problem.code, str(problem.severity))
        for problem in manifest.read(project).warnings
    ] == [
        ("opportunities/a.yaml:1:19", "odd-character", "warning"),
        ("opportunities/a.yaml:12:24", "odd-character", "warning"),
        ("syncer.yaml:3:18", "text-cut", "warning"),
    ]


@given(st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Zl", "Zp"]), max_size=30))
def test_any_text_is_looked_at_without_a_fault(text: str) -> None:
    loaded = load_bytes(f"opportunities:\n  a:\n    name: {text}\n    owner: “x #y\n".encode(), "a.yaml")

    assert all(problem.hint and problem.detail for problem in loaded.warnings)


def test_validate_shows_it_and_goes_on(project: Callable[..., object], syncer: Callable[..., Ran]) -> None:
    ran = syncer("validate", cwd=project(one(name="Order #4711")))

    assert (ran.code, ran.err) == (
        0,
        """\
warning: Text cut by a comment [text-cut]
  opportunities/deals.yaml:4:17
    4 │     name: Order #4711
      │                 ^^^^^
name is cut to "Order": a blank and # begin a comment.
hint: put it in quotes: name: "Order #4711"; or, if it is a comment, put a blank behind the #
""",
    )
