"""What is written comes back as it was, from our reader and from everybody else's."""

from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from syncer.manifest.emit import block, comment, inline
from syncer.manifest.load import load_bytes
from syncer.shapes.quoting import quoted
from syncer.shapes.spelling import Bare, Commented
from tests.importing.spaces import BODIES, ODD_TEXTS, TEXTS

VALUES = st.recursive(
    st.one_of(TEXTS, st.none(), st.booleans()),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.sampled_from(["a", "b_c", "d"]), inner, max_size=3)
    ),
    max_leaves=6,
)


def read(text: str) -> Any:
    """Return what our reader makes of YAML text."""
    loaded = load_bytes(text.encode(), "x.yaml")
    assert loaded.ok, [str(problem) for problem in loaded.problems]
    return loaded.value


def lines(values: dict[str, Any], indent: int = 0) -> str:
    return "\n".join(block(values, indent)) + "\n"


@given(VALUES)
def test_values_on_one_line_come_back_from_every_reader(value: Any) -> None:
    text = f"k: {inline(value)}\nl: [{inline(value)}]\n"

    assert read(text) == {"k": value, "l": [value]}
    assert yaml.safe_load(text) == {"k": value, "l": [value]}


@given(BODIES, st.integers(0, 6))
def test_long_texts_come_back_but_for_blanks_at_their_end(body: str, indent: int) -> None:
    text = "top:\n" + lines({"k": body, "l": "end"}, indent + 1)
    found = read(text)["top"]

    assert found["l"] == "end"
    assert found["k"] == body or found["k"].rstrip("\n") == body.rstrip("\n")
    assert yaml.safe_load(text)["top"]["k"] == found["k"]


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("Acme renewal", "Acme renewal"),
        ("dana@example.com", "dana@example.com"),
        ("https://x.example/a?b=c", '"https://x.example/a?b=c"'),
        ("C# and .NET", "C# and .NET"),
        ("Müller", "Müller"),
        ("🚀 launch", '"🚀 launch"'),
        ("no", '"no"'),
        ("2027-01-01", '"2027-01-01"'),
        ("1e3", '"1e3"'),
        ("12 E5", '"12 E5"'),
        ("007", '"007"'),
        ("key: value", '"key: value"'),
        ("a #b", '"a #b"'),
        ("ends:", '"ends:"'),
        ("a, b", '"a, b"'),
        ('say "hi"', 'say "hi"'),
        ('"hi" he said', """'"hi" he said'"""),
        ("'hi' he said", """"'hi' he said\""""),
        (""""it's" """, '"\\"it\'s\\" "'),
        ("back\\slash", "back\\slash"),
        ("\\slash", "'\\slash'"),
        ("bell\x07", '"bell\\x07"'),
        ("nbsp\xa0x", '"nbsp\\xa0x"'),
        ("a\u2028b", '"a\\u2028b"'),
        ("a\U000e0001b", '"a\\U000e0001b"'),
        ("tab\tü", '"tab\\tü"'),
        ("", '""'),
    ],
)
def test_text_is_plain_where_that_is_safe_and_quoted_where_not(text: str, written: str) -> None:
    assert quoted(text) == written


def test_what_fits_on_a_line_stays_on_it_and_the_rest_goes_below() -> None:
    contacts = [f"somebody.with.a.long.name{number}@example.com" for number in range(3)]
    values = {
        "value": Bare("100 USD"),
        "contacts": contacts,
        "few": contacts[:1],
        "account": Commented({"id": "x"}, "Acme, Berlin"),
        "quiet": Commented("x", ""),
        "said": ["a", Commented({"id": "z"}, "Sam\nPark")],
        "fields": {"cf_a": True, "cf_b": 1},
        "notes": {"cf_notes": "one\n\ntwo"},
        "text": Commented("one\ntwo", "kept"),
        "none": [],
    }

    assert (
        lines(values, 4)
        == """\
    value: 100 USD
    contacts:
      - somebody.with.a.long.name0@example.com
      - somebody.with.a.long.name1@example.com
      - somebody.with.a.long.name2@example.com
    few: [somebody.with.a.long.name0@example.com]
    account: {id: x}  # Acme, Berlin
    quiet: x
    said:
      - a
      - {id: z}  # Sam Park
    fields: {cf_a: true, cf_b: 1}
    notes:
      cf_notes: |
        one

        two
    text: |  # kept
      one
      two
    none: []
"""
    )


@given(st.one_of(TEXTS, st.sampled_from(ODD_TEXTS)))
def test_a_comment_is_one_line_whatever_somebody_named_a_record(text: str) -> None:
    assert read(f"a: 1  {comment(text)}\nb: 2\n") == {"a": 1, "b": 2}


def test_a_long_comment_is_cut() -> None:
    assert comment("x" * 500) == "# " + "x" * 159 + "…"


def test_keys_are_quoted_like_texts() -> None:
    """A key such as 0123 or null, written bare, is another one once some other tool rewrote the file."""
    text = lines({"0123": {"null": "yes"}, "true": "x" * 120, "plain": {"no": "y" * 120}})

    assert (
        text
        == f"""\
"0123": {{"null": "yes"}}
"true": {"x" * 120}
plain:
  "no": {"y" * 120}
"""
    )
    assert yaml.safe_load(text) == read(text)
