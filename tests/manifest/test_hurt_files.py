# ruff: noqa: E501 - messages are compared whole
"""Files that are hurt in the ways of every day: what is said, where, and with which other places."""

from typing import Final

import pytest

from syncer.manifest.load import load_bytes
from syncer.manifest.validate import check_manifest
from syncer.model.problem import Problem

# What happened, the file -> place, code, detail, hint, other places.
CASES: Final = (
    (
        "a field indented a little less than the others",
        "opportunities:\n  acme:\n    name: Acme\n   owner: dana\n    pipeline: P\n",
        (
            (
                "4:4-9",
                "yaml-syntax",
                '"owner" is indented with 3 blanks, "name" in line 3 with 4 and "acme" in line 2 with 2.',
                'indent it with 4 blanks, like "name"',
                ("3:5 indented otherwise",),
            ),
        ),
    ),
    (
        "a field indented further than the one before it",
        "opportunities:\n  acme:\n    name: Acme\n     owner: dana\n    pipeline: P\n",
        (
            (
                "4:6-11",
                "yaml-syntax",
                '"owner" is indented further than "name" in line 3, which has a value already.',
                'indent it with 4 blanks, like "name", or take that value away',
                ("3:5 this has a value",),
            ),
        ),
    ),
    (
        "a field at the level of keys, and the next one right again",
        "opportunities:\n  acme:\n    name: Acme\n  owner: dana\n    pipeline: P\n",
        (
            (
                "4:3-8",
                "yaml-syntax",
                '"owner" is indented with 2 blanks, "name" in line 3 with 4.',
                'indent it with 4 blanks, like "name"',
                ("3:5 indented otherwise",),
            ),
        ),
    ),
    (
        "the last fields at the level of keys",
        "opportunities:\n  acme:\n    name: Acme\n  owner: dana\n  pipeline: P\n",
        (
            (
                "4:3-8",
                "wrong-type",
                '"owner" and 1 more stand where keys of opportunities stand, but they are fields, as it seems of "acme" in line 2.',
                'indent them further than "acme"',
                ("5:3 and here",),
            ),
        ),
    ),
    (
        "a single field at the level of keys",
        "opportunities:\n  acme:\n    name: Acme\n  owner: dana\n  beta:\n    name: B\n",
        (
            (
                "4:3-8",
                "wrong-type",
                '"owner" stands where keys of opportunities stand, but it is a field, as it seems of "acme" in line 2.',
                'indent it further than "acme"',
                (),
            ),
        ),
    ),
    (
        "all fields at the level of the key",
        "opportunities:\n  acme:\n  name: Acme\n  owner: dana\n",
        (
            (
                "3:3-7",
                "wrong-type",
                '"name" and 1 more stand where keys of opportunities stand, but they are fields, as it seems of "acme" in line 2.',
                'indent them further than "acme"',
                ("4:3 and here",),
            ),
        ),
    ),
    (
        "fields without a key",
        "opportunities:\n  name: Acme\n  value: {amount: 1}\n",
        (
            (
                "2:3-7",
                "wrong-type",
                '"name" and 1 more stand where keys of opportunities stand, but they are fields of one.',
                "give the opportunity a key, and indent its fields below it:\nacme-renewal-2027:\n  name: …",
                ("3:3 and here",),
            ),
        ),
    ),
    (
        "a field at the top of the file",
        "opportunities:\n  acme:\n    name: Acme\nowner: dana\n",
        (
            (
                "4:1-6",
                "unknown-field",
                'There is no field "owner".',
                "indent it below the account, contact or opportunity it belongs to, or below defaults:\ndefaults:\n  owner: …",
                (),
            ),
        ),
    ),
    (
        "a key at the top of the file",
        "opportunities:\nacme:\n  name: Acme\n",
        (
            (
                "2:1-5",
                "unknown-field",
                'There is no field "acme".',
                "indent it, and what is below it, so that it stands under opportunities:\nopportunities:\n  acme:",
                (),
            ),
        ),
    ),
    (
        "an opportunity as a field of another",
        "opportunities:\n  acme:\n    name: Acme\n    beta:\n      name: B\n",
        (
            (
                "4:5-9",
                "unknown-field",
                'There is no field "beta".',
                "it looks like an entry of its own; indent it like the key of the one above",
                (),
            ),
        ),
    ),
    (
        "a field below another one",
        "opportunities:\n  acme:\n    name: Acme\n    value:\n      amount: 1\n      owner: dana\n",
        (
            (
                "6:7-12",
                "unknown-field",
                'There is no field "owner" of value.',
                "it is a field of the entry; indent it like value",
                (),
            ),
        ),
    ),
    (
        "an item indented a little less than the others",
        "a:\n  - b\n - c\n",
        (
            (
                "3:2-3",
                "yaml-syntax",
                '"- c" is indented with 1 blank, "- b" in line 2 with 2 and "a" in line 1 with 0.',
                'indent it with 2 blanks, like "- b"',
                ("2:3 indented otherwise",),
            ),
        ),
    ),
    (
        "a field with a value and fields below it",
        "opportunities:\n  beta: x\n    name: B\n",
        (
            (
                "3:5-9",
                "yaml-syntax",
                '"name" is indented further than "beta" in line 2, which has a value already.',
                'indent it with 2 blanks, like "beta", or take that value away',
                ("2:3 this has a value",),
            ),
        ),
    ),
    (
        "a key without a colon",
        "opportunities:\n  acme:\n    name Acme\n    owner: d\n",
        (("3:5-9", "yaml-syntax", 'There is no colon behind "name".', "write name: Acme", ()),),
    ),
    (
        "a list instead of keys",
        "opportunities:\n  - name: Acme Renewal\n    owner: d\n",
        (
            (
                "1:1-14",
                "wrong-type",
                "opportunities is a list; it should be opportunities by key.",
                "write a key in place of the dash, and the fields below it:\nacme-renewal:\n  name: …",
                (),
            ),
        ),
    ),
    (
        "a list instead of a manifest",
        "- name: 0123\n  owner: d\n",
        (
            (
                "1:1",
                "wrong-type",
                "The syncer manifest is a list; it should be a manifest with version and accounts, contacts or opportunities.",
                'write keys in place of the dashes, below opportunities:\nopportunities:\n  "0123":\n    name: …',
                (),
            ),
        ),
    ),
    (
        "a list instead of fields",
        "opportunities:\n  acme:\n    - name: Acme\n    - owner: d\n",
        (
            (
                "2:3-7",
                "wrong-type",
                "The opportunity is a list; it should be fields such as name, owner and closing_date.",
                "write the fields without dashes",
                (),
            ),
        ),
    ),
    (
        "no-break spaces as indentation",
        "opportunities:\n  acme:\n    name: Acme\n\xa0\xa0\xa0\xa0owner: dana\n    pipeline: P\n",
        (
            (
                "4:1-2",
                "yaml-syntax",
                "The line is indented with a no-break space (U+00A0), which is text to YAML.",
                "indent with ordinary blanks; text copied from a web page or a document often holds others",
                (),
            ),
        ),
    ),
    (
        "a no-break space among the indentation",
        "opportunities:\n  acme:\n    name: Acme\n   \xa0owner: dana\n    pipeline: P\n",
        (
            (
                "4:4-5",
                "yaml-syntax",
                "The line is indented with a no-break space (U+00A0), which is text to YAML.",
                "indent with ordinary blanks; text copied from a web page or a document often holds others",
                (),
            ),
        ),
    ),
    (
        "a no-break space behind the indentation",
        "opportunities:\n  acme:\n    name: Acme\n    \xa0owner: dana\n",
        (
            (
                "4:5-11",
                "yaml-syntax",
                "The line is indented with a no-break space (U+00A0), which is text to YAML.",
                "indent with ordinary blanks; text copied from a web page or a document often holds others",
                (),
            ),
        ),
    ),
    (
        "a key behind an em space",
        "opportunities:\n\u2003acme:\n    name: Acme\n",
        (
            (
                "2:1-6",
                "yaml-syntax",
                "The line is indented with a blank that YAML does not know (U+2003), which is text to YAML.",
                "indent with ordinary blanks; text copied from a web page or a document often holds others",
                (),
            ),
        ),
    ),
    (
        "a no-break space before a key of keys",
        "opportunities:\n  a: {name: A}\n  \xa0b: {name: B}\n",
        (
            (
                "3:3-5",
                "yaml-syntax",
                "The line is indented with a no-break space (U+00A0), which is text to YAML.",
                "indent with ordinary blanks; text copied from a web page or a document often holds others",
                (),
            ),
        ),
    ),
    (
        "a table of commas",
        "name,owner,value\nAcme,dana@example.com,100 USD\n",
        (
            (
                "1:1",
                "yaml-syntax",
                "The file is a table, with “,” between its values; manifests are YAML.",
                "write each row as an opportunity with its fields",
                (),
            ),
        ),
    ),
    (
        "a table of semicolons with quotes and colons",
        'name;owner;value\n"Acme; x";dana@example.com;100: USD\n',
        (
            (
                "1:1",
                "yaml-syntax",
                "The file is a table, with “;” between its values; manifests are YAML.",
                "write each row as an opportunity with its fields",
                (),
            ),
        ),
    ),
    (
        "a table of tabs",
        "name\towner\nAcme\tdana@example.com\n",
        (
            (
                "1:1",
                "yaml-syntax",
                "The file is a table, with tabs between its values; manifests are YAML.",
                "write each row as an opportunity with its fields",
                (),
            ),
        ),
    ),
    (
        "one name for two anchors",
        "a: &x 1\nb: &x 2\n",
        (
            (
                "2:4-6",
                "yaml-unsupported",
                "The anchor &x is given a second time; an alias could mean either.",
                "give one of them another name",
                ("1:4 first given here",),
            ),
        ),
    ),
    (
        "a tab behind a dash",
        "a:\n  -\tfoo\n",
        (
            (
                "2:4-5",
                "yaml-syntax",
                "A tab stands behind the dash, where YAML takes blanks only.",
                "write a blank instead",
                (),
            ),
        ),
    ),
    (
        "a tab behind a dash and a blank",
        "a:\n  - b\n  - \tbar: x\n",
        (
            (
                "3:5-6",
                "yaml-syntax",
                "A tab stands behind the dash, where YAML takes blanks only.",
                "write a blank instead",
                (),
            ),
        ),
    ),
    (
        "a tab as indentation, after blanks",
        "a:\n  b: 1\n  \tc: 1\n",
        (("3:3-4", "yaml-syntax", "The line is indented with a tab.", "indent with blanks", ()),),
    ),
    (
        "a tab before a value that goes on",
        "a: 'x\n\ty'\nb: [1,\n\t@]\n",
        (
            (
                "4:2",
                "yaml-syntax",
                "A value cannot begin with this character unless it is in quotes.",
                "put the value in quotes",
                (),
            ),
        ),
    ),
    (
        "the marks of a merge",
        "opportunities:\n  acme:\n    name: Acme\n<<<<<<< HEAD\n    owner: a\n=======\n    owner: b\n>>>>>>> theirs\n",
        (
            (
                "4:1-8",
                "merge-conflict",
                "Line 4 is a mark that git leaves where it could not merge; somebody has to decide.",
                "keep what is right of both sides, and delete the marks: <<<<<<<, =======, >>>>>>>",
                ("6:1 and here", "8:1 and here"),
            ),
        ),
    ),
    (
        "the marks of a merge in JSON",
        '{\n<<<<<<< HEAD\n"version": 1\n=======\n"version": 2\n>>>>>>> theirs\n}',
        (
            (
                "2:1-8",
                "merge-conflict",
                "Line 2 is a mark that git leaves where it could not merge; somebody has to decide.",
                "keep what is right of both sides, and delete the marks: <<<<<<<, =======, >>>>>>>",
                ("4:1 and here", "6:1 and here"),
            ),
        ),
    ),
    (
        "a mark that was left over",
        "opportunities:\n  acme:\n    name: Acme\n=======\n    owner: b\n",
        (
            (
                "4:1-8",
                "merge-conflict",
                "Line 4 is a mark that git leaves where it could not merge; somebody has to decide.",
                "keep what is right of both sides, and delete the marks: <<<<<<<, =======, >>>>>>>",
                (),
            ),
        ),
    ),
    (
        "a mark of the end that was left over",
        "opportunities:\n  acme:\n    name: Acme\n    owner: b\n>>>>>>> theirs\n",
        (
            (
                "5:1-8",
                "merge-conflict",
                "Line 5 is a mark that git leaves where it could not merge; somebody has to decide.",
                "keep what is right of both sides, and delete the marks: <<<<<<<, =======, >>>>>>>",
                (),
            ),
        ),
    ),
    (
        "half a character",
        'name: "\\ud83d"\n',
        (
            (
                "1:8-14",
                "yaml-syntax",
                "\\ud83d is half of a character; JSON writes some as two halves.",
                "write the character itself",
                (),
            ),
        ),
    ),
    (
        "a character in halves outside of JSON",
        'name: "\\uD83D\\uDE00"\n',
        (
            (
                "1:8-20",
                "yaml-syntax",
                "\\uD83D\\uDE00 is how JSON writes 😀; YAML knows it only where the whole file is JSON.",
                'write 😀 itself, or "\\U0001f600"',
                (),
            ),
        ),
    ),
    (
        "a number that is no character",
        'name: "\\U00110000"\n',
        (("1:10", "yaml-syntax", "There is no character of this number.", "write the character itself", ()),),
    ),
    (
        "text behind a closing quote",
        "name: 'Acme' renewal\n",
        (
            (
                "1:14",
                "yaml-syntax",
                "Text stands behind the closing quote.",
                "put the whole text in quotes, of the other kind: \"'Acme' renewal\"",
                (),
            ),
        ),
    ),
    (
        "a line separator behind a comment",
        "a: 1 # x\u2028b: 2\n",
        (
            (
                "1:9-10",
                "yaml-ambiguous",
                "The file holds the character U+2028 (line separator), at which some YAML readers end the line and others do not: what stands behind it is a comment to one and a value to another.",
                'delete it; where a text needs it, write "\\u2028" in double quotes',
                (),
            ),
        ),
    ),
    (
        "a next line in a text",
        'a: "x\x85y"\nb: "z\x85"\n',
        (
            (
                "1:6-7",
                "yaml-ambiguous",
                "The file holds the character U+0085 (next line), at which some YAML readers end the line and others do not: what stands behind it is a comment to one and a value to another.",
                'delete it; where a text needs it, write "\\u0085" in double quotes',
                ("2:6 and here",),
            ),
        ),
    ),
    (
        "a paragraph separator in a comment",
        "# a\u2029b\na: 1\n",
        (
            (
                "1:4-5",
                "yaml-ambiguous",
                "The file holds the character U+2029 (paragraph separator), at which some YAML readers end the line and others do not: what stands behind it is a comment to one and a value to another.",
                'delete it; where a text needs it, write "\\u2029" in double quotes',
                (),
            ),
        ),
    ),
    (
        "a byte order mark in the middle",
        "a: 1\n\ufeffb: 2\n",
        (
            (
                "2:1-2",
                "yaml-ambiguous",
                "The file holds a byte order mark (U+FEFF) that is not at its beginning. Nobody sees it, and YAML readers do not agree what it is.",
                "delete it; it comes from files that were put together",
                (),
            ),
        ),
    ),
    (
        "two byte order marks",
        "\ufeff\ufeffa: 1\n",
        (
            (
                "1:1-2",
                "yaml-ambiguous",
                "The file holds a byte order mark (U+FEFF) that is not at its beginning. Nobody sees it, and YAML readers do not agree what it is.",
                "delete it; it comes from files that were put together",
                (),
            ),
        ),
    ),
    (
        "a carriage return alone among line feeds",
        "a: 1 # x\rb: 2\nc: 3\r\n",
        (
            (
                "1:9-10",
                "yaml-ambiguous",
                "The file holds a carriage return without a line feed (U+000D), at which some YAML readers and reviewing tools end the line, and others do not.",
                "save the file with one kind of line ends",
                (),
            ),
        ),
    ),
    (
        "a carriage return alone at the end of line ends of two",
        "a: 1\r\r\nb: 2\r\n",
        (
            (
                "1:5-6",
                "yaml-ambiguous",
                "The file holds a carriage return without a line feed (U+000D), at which some YAML readers and reviewing tools end the line, and others do not.",
                "save the file with one kind of line ends",
                (),
            ),
        ),
    ),
    (
        "a control character of the second set",
        "a: x\x90\n",
        (
            (
                "1:5-6",
                "yaml-syntax",
                "The file holds the control character U+0090, which YAML does not allow.",
                "delete the character",
                (),
            ),
        ),
    ),
    (
        "a NUL",
        "a: x\x00\n",
        (
            (
                "1:5-6",
                "yaml-syntax",
                "The file holds a NUL byte, which YAML does not allow.",
                "is it a text file?",
                (),
            ),
        ),
    ),
    (
        "a duplicate key in lines that end with carriage returns",
        "a: 1\rb: 2\ra: 3\r",
        (
            (
                "3:1-2",
                "yaml-duplicate-key",
                '"a" is already written in line 1; only one of them can count.',
                "delete or rename one of them",
                ("1:1 first written here",),
            ),
            (
                "1:1-2",
                "unknown-field",
                'There is no field "a".',
                "known fields: version, defaults, accounts, contacts, opportunities",
                (),
            ),
            (
                "2:1-2",
                "unknown-field",
                'There is no field "b".',
                "known fields: version, defaults, accounts, contacts, opportunities",
                (),
            ),
        ),
    ),
    (
        "an unknown key in lines that end with carriage returns",
        "opportunities:\r  acme:\r    name: Acme\r    nam: x\r",
        (("4:5-8", "unknown-field", 'There is no field "nam".', 'did you mean "name"?', ()),),
    ),
    (
        "no UTF-8 in lines that end with carriage returns",
        "a: 1\rb: M\udcfcller\r",
        (
            (
                "2:5",
                "file-encoding",
                "The byte 0xfc here is not UTF-8; the file is in another encoding.",
                'save it again as "UTF-8"',
                (),
            ),
        ),
    ),
    (
        "a spreadsheet",
        "PK\x03\x04",
        (
            (
                "1:1",
                "file-encoding",
                "The file is a spreadsheet (XLSX) or another packed file.",
                "manifests are YAML",
                (),
            ),
        ),
    ),
    (
        "a bad directive",
        "%YAML 3.0\n---\na: 1\n",
        (
            (
                "1:1",
                "yaml-syntax",
                "The line %YAML asks for a version of YAML that is not known.",
                "delete the line",
                (),
            ),
        ),
    ),
    (
        "a tag that is broken",
        "a: !<x\n",
        (
            (
                "1:7",
                "yaml-syntax",
                "A value that begins with ! has a tag, and manifests have none.",
                "put the value in quotes if it is text",
                (),
            ),
        ),
    ),
    (
        "digits of an escape that are missing",
        'a: "\\xZZ"\n',
        (
            (
                "1:7",
                "yaml-syntax",
                "A backslash in double quotes starts an escape, and digits of this one are missing.",
                "use single quotes, or write the backslash twice",
                (),
            ),
        ),
    ),
    (
        "a quote that a document mark cuts",
        "a: 'x\n---\nb: 1\n",
        (
            (
                "2:1",
                "yaml-syntax",
                "A quote that was opened is not closed before the line with --- or ...",
                "close the quote, or double it when it belongs to the text",
                ("1:4 what it belongs to begins here",),
            ),
        ),
    ),
    (
        "an indicator that is broken",
        "a: |0\n  x\n",
        (
            (
                "1:5",
                "yaml-syntax",
                "What stands behind | or > is not understood.",
                "write | and a line break, and the text on the next lines, indented",
                (),
            ),
        ),
    ),
    (
        "a broken anchor",
        "a: &x? 1\n",
        (
            (
                "1:6",
                "yaml-syntax",
                "A question mark with a blank behind it begins a key, and none can begin here.",
                "put the value in quotes if it is text",
                (),
            ),
        ),
    ),
    (
        "a question mark",
        "a: b\n ? c\n",
        (
            (
                "1:1-2",
                "unknown-field",
                'There is no field "a".',
                "known fields: version, defaults, accounts, contacts, opportunities",
                (),
            ),
        ),
    ),
    (
        "two directives",
        "%YAML 1.1\n%YAML 1.1\n---\na: 1\n",
        (("2:1", "yaml-syntax", "A directive is written twice.", "delete the line", ()),),
    ),
    (
        "an undefined tag handle",
        "a: !x!y 1\n",
        (
            (
                "1:4",
                "yaml-syntax",
                "A value that begins with ! has a tag, and manifests have none.",
                "put the value in quotes if it is text",
                (),
            ),
        ),
    ),
)


def problems(text: str) -> tuple[Problem, ...]:
    loaded = load_bytes(text.encode("utf-8", "surrogateescape"), "a.yaml", keys_of=["opportunities"])
    if not loaded.ok or loaded.source is None:
        return loaded.problems
    return (*loaded.problems, *check_manifest(loaded.source, loaded.value, loaded.keys).problems)


def place(problem: Problem) -> str:
    assert problem.span is not None
    end = "" if problem.span.end_column is None else f"-{problem.span.end_column}"
    return f"{problem.span.line}:{problem.span.column}{end}"


@pytest.mark.parametrize(("text", "expected"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_a_hurt_file_is_told_at_the_line_that_is_wrong(
    text: str, expected: tuple[tuple[str, str, str, str, tuple[str, ...]], ...]
) -> None:
    assert (
        tuple(
            (
                place(problem),
                problem.code,
                problem.detail,
                problem.hint,
                tuple(f"{other.span.line}:{other.span.column} {other.label}" for other in problem.related),
            )
            for problem in problems(text)
        )
        == expected
    )


def test_json_may_write_characters_in_halves_and_places_stay_right() -> None:
    r"""JSON writes `\ud83d\ude00` for one character; what looks like it behind another backslash is text."""
    text = (
        r"""{"opportunities": {"a": {"name": "\ud83d\ude00 \\ud83d\\ude00 \uD83D\uDE00", "nam": 1}}}""" + "\n"
    )
    loaded = load_bytes(text.encode(), "a.json", keys_of=["opportunities"])

    assert loaded.value["opportunities"]["a"]["name"] == "😀 \\ud83d\\ude00 😀"
    (problem,) = [problem for problem in problems(text) if "nam" in problem.detail]
    assert problem.span is not None
    assert text[problem.span.column - 1 :].startswith('"nam"')


def test_a_place_behind_an_emoji_in_broken_json_is_right() -> None:
    text = '{"a": "\\ud83d\\ude00", "b": "\\ud83d"}'
    (problem,) = problems(text)

    assert (place(problem), problem.detail) == (
        "1:29-35",
        "\\ud83d is half of a character; JSON writes some as two halves.",
    )


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("a: |\n  <<<<<<< HEAD\n  =======\n", id="the marks of a merge within a text"),
        pytest.param('a: "<<<<<<< x"\n', id="a mark within quotes"),
        pytest.param('a: "x\\u2028y\\x85\\uFEFF"\n', id="breaks that are written as escapes"),
        pytest.param("a: |\n  x\n  \xa0y\n", id="a no-break space at the beginning of a line of text"),
        pytest.param("\ufeffa: x\n", id="a byte order mark at the beginning"),
        pytest.param("a: 1\r\nb: 2\n", id="line ends of two kinds that everybody knows"),
        pytest.param("a: 1\rb: 2\r", id="line ends of old"),
        pytest.param("a: 'it''s'\nb:\t1\n", id="a tab behind a colon"),
    ],
)
def test_what_every_reader_takes_alike_is_read(text: str) -> None:
    assert load_bytes(text.encode(), "a.yaml").problems == ()
