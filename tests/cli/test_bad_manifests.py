"""Manifests and files that are wrong: what is said, where, and that nothing is sent."""

import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

import pytest

from syncer.sandbox.server import Sandbox
from tests.support import MANIFEST, Ran, manifest, one

Make = Callable[..., Path]
Run = Callable[..., Ran]

# what is wrong, how it is written, everything that is said
OFFLINE: Final = (
    (
        "a quote that is never closed",
        {"name": '"Acme'},
        """\
error: Broken YAML [yaml-syntax]
  opportunities/deals.yaml:4:11
    4 │     name: "Acme
      │           ^
A quote that was opened is never closed.
hint: close the quote, or double it when it belongs to the text
""",
    ),
    (
        "a key written twice",
        {"name": "Acme\n    name: Acme again"},
        """\
error: Key written twice [yaml-duplicate-key]
  opportunities/deals.yaml:5:5
    5 │     name: Acme again
      │     ^^^^
  first written here: opportunities/deals.yaml:4:5
    4 │     name: Acme
      │     ^^^^
"name" is already written in line 4; only one of them can count.
hint: delete or rename one of them
""",
    ),
    (
        "a key that does not exist",
        {"ownr": "dana@example.com"},
        """\
error: Unknown field [unknown-field]
  opportunities/deals.yaml:12:5 (opportunity.acme-renewal-2027)
   12 │     ownr: dana@example.com
      │     ^^^^
There is no field "ownr".
hint: did you mean "owner"?
""",
    ),
    (
        "a list where a text belongs",
        {"name": "[Acme]"},
        """\
error: Wrong type [wrong-type]
  opportunities/deals.yaml:4:11 (opportunity.acme-renewal-2027)
    4 │     name: [Acme]
      │           ^^^^^^
name is a list; it should be text.
""",
    ),
    (
        "a day that no calendar has",
        {"closing_date": "2027-02-30"},
        """\
error: Impossible date [bad-date]
  opportunities/deals.yaml:8:19 (opportunity.acme-renewal-2027)
    8 │     closing_date: 2027-02-30
      │                   ^^^^^^^^^^
"2027-02-30" does not exist: February 2027 has 28 days.
hint: the last day is 2027-02-28
""",
    ),
    (
        "an amount below nothing",
        {"value": "-5 USD"},
        """\
error: Impossible amount [bad-amount]
  opportunities/deals.yaml:9:12 (opportunity.acme-renewal-2027)
    9 │     value: -5 USD
      │            ^^^^^^
"-5 USD" is negative; the value of an opportunity cannot be.
""",
    ),
    (
        "more decimals than the service keeps",
        {"value": "1.1234567 USD"},
        """\
error: Impossible amount [bad-amount]
  opportunities/deals.yaml:9:12 (opportunity.acme-renewal-2027)
    9 │     value: 1.1234567 USD
      │            ^^^^^^^^^^^^^
"1.1234567 USD" has 7 decimals; the service keeps 6.
hint: round it to 6 decimals or fewer
""",
    ),
    (
        "an amount with an exponent",
        {"value": "1e3 USD"},
        """\
error: Impossible amount [bad-amount]
  opportunities/deals.yaml:9:12 (opportunity.acme-renewal-2027)
    9 │     value: 1e3 USD
      │            ^^^^^^^
"1e3 USD" is written with an exponent.
hint: write all digits, such as 1000
""",
    ),
    (
        "an amount that is no number",
        {"value": "lots of USD"},
        """\
error: Impossible amount [bad-amount]
  opportunities/deals.yaml:9:12 (opportunity.acme-renewal-2027)
    9 │     value: lots of USD
      │            ^^^^^^^^^^^
"lots of USD" is not an amount.
hint: write it like 100 USD
""",
    ),
    (
        "no account, and not on purpose",
        {"account": None},
        """\
error: Account missing [account-missing]
  opportunities/deals.yaml:3:3 (opportunity.acme-renewal-2027)
    3 │   acme-renewal-2027:
      │   ^^^^^^^^^^^^^^^^^
Nothing says which account it has.
hint: name the account, or say on purpose that there is none:
  account: none
""",
    ),
    (
        "two primary contacts",
        {"contacts": "[{email: bob@acme.example, primary: true}, {email: eve@acme.example, primary: true}]"},
        """\
error: More than one primary [two-primaries]
  opportunities/deals.yaml:11:58 (opportunity.acme-renewal-2027)
   11 │ …acme.example, primary: true}, {email: eve@acme.example, primary: true}]
      │                                ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
  the first primary: opportunities/deals.yaml:11:16
   11 │     contacts: [{email: bob@acme.example, primary: true}, {email: eve@acme.example, primary:…
      │                ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
"eve@acme.example" and "bob@acme.example" both say primary: true.
hint: leave primary: true to one of them
""",
    ),
    (
        "two primary accounts",
        {
            "account": None,
            "accounts": "[{email: a@x.example, primary: true}, {email: b@x.example, primary: true}]",
        },
        """\
error: More than one primary [two-primaries]
  opportunities/deals.yaml:11:53 (opportunity.acme-renewal-2027)
   11 │     accounts: [{email: a@x.example, primary: true}, {email: b@x.example, primary: true}]
      │                                                     ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
  the first primary: opportunities/deals.yaml:11:16
   11 │     accounts: [{email: a@x.example, primary: true}, {email: b@x.example, primary: true}]
      │                ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
"b@x.example" and "a@x.example" both say primary: true.
hint: leave primary: true to one of them
""",
    ),
    (
        "several things at once",
        {"ownr": "x", "closing_date": "2027-13-01", "value": "-1"},
        """\
error: Impossible date [bad-date]
  opportunities/deals.yaml:8:19 (opportunity.acme-renewal-2027)
    8 │     closing_date: 2027-13-01
      │                   ^^^^^^^^^^
"2027-13-01" does not exist: there is no month 13.
hint: write year, month and day, such as 2027-03-31

error: Impossible amount [bad-amount]
  opportunities/deals.yaml:9:12 (opportunity.acme-renewal-2027)
    9 │     value: -1
      │            ^^
-1 is negative; the value of an opportunity cannot be.

error: Unknown field [unknown-field]
  opportunities/deals.yaml:12:5 (opportunity.acme-renewal-2027)
   12 │     ownr: x
      │     ^^^^
There is no field "ownr".
hint: did you mean "owner"?

3 errors in 1 file
""",
    ),
)


@pytest.mark.parametrize(
    ("changes", "told"), [case[1:] for case in OFFLINE], ids=[case[0] for case in OFFLINE]
)
@pytest.mark.parametrize("command", ["validate", "plan", "apply"])
def test_a_wrong_manifest_is_told_and_nothing_is_written(
    command: str,
    changes: Mapping[str, str | None],
    told: str,
    project: Make,
    sandbox: Sandbox,
    syncer: Run,
) -> None:
    assert syncer(command, cwd=project(one(**changes))) == Ran(1, "", told)
    assert {request.method for request in sandbox.requests} <= {"GET"}


FILES: Final[tuple[tuple[str, Mapping[str, str | bytes], str], ...]] = (
    (
        "one key in two files",
        {"opportunities/a.yaml": one(), "opportunities/b.yaml": one(name="Other")},
        """\
error: Key declared twice [duplicate-address]
  opportunities/b.yaml:3:3 (opportunity.acme-renewal-2027)
    3 │   acme-renewal-2027:
      │   ^^^^^^^^^^^^^^^^^
  first declared here: opportunities/a.yaml:3:3
    3 │   acme-renewal-2027:
      │   ^^^^^^^^^^^^^^^^^
"acme-renewal-2027" is already declared in opportunities/a.yaml, line 3.
hint: give one of them another key
""",
    ),
    (
        "an empty file",
        {MANIFEST: ""},
        """\
error: Nothing declared [no-opportunities]
opportunities/deals.yaml matches "accounts/", "contacts/", "opportunities/", and nothing is
declared.
hint: declare records under accounts:, contacts: or opportunities:
""",
    ),
    (
        "a file of another encoding",
        {MANIFEST: one(name="Müller").encode("latin-1")},
        """\
error: File is not UTF-8 [file-encoding]
  opportunities/deals.yaml:4:12
The byte 0xfc here is not UTF-8; the file is in another encoding.
hint: save it again as "UTF-8"
""",
    ),
    (
        "faults in two files",
        {
            "opportunities/a.yaml": one("a", ownr="x"),
            "opportunities/b.yaml": one("b", name="B", closing_date="soon"),
        },
        """\
error: Unknown field [unknown-field]
  opportunities/a.yaml:12:5 (opportunity.a)
   12 │     ownr: x
      │     ^^^^
There is no field "ownr".
hint: did you mean "owner"?

error: Impossible date [bad-date]
  opportunities/b.yaml:8:19 (opportunity.b)
    8 │     closing_date: soon
      │                   ^^^^
"soon" is not a date as manifests have it.
hint: write year, month and day, such as 2027-03-31

2 errors in 2 files
""",
    ),
)


@pytest.mark.parametrize(("files", "told"), [case[1:] for case in FILES], ids=[case[0] for case in FILES])
def test_wrong_files_are_told_and_nothing_is_written(
    files: Mapping[str, str | bytes], told: str, project: Make, sandbox: Sandbox, syncer: Run
) -> None:
    assert syncer("plan", cwd=project(files)) == Ran(1, "", told)
    assert {request.method for request in sandbox.requests} <= {"GET"}


def test_a_project_without_manifests_says_where_it_looked(
    project: Make, sandbox: Sandbox, syncer: Run
) -> None:
    folder = project({})

    assert syncer("plan", cwd=folder, env={**sandbox.env(), "COLUMNS": "300"}) == Ran(
        1,
        "",
        f"""\
error: No manifests found [no-manifests]
Nothing matches "accounts/", "contacts/", "opportunities/" in {folder}.
hint: write one, or run `syncer init`
""",
    )
    assert {request.method for request in sandbox.requests} <= {"GET"}


@pytest.mark.parametrize(
    ("make", "told"),
    [
        pytest.param(
            lambda path: path.symlink_to("moved.yaml"),
            """\
error: File not found [file-missing]
  opportunities/more.yaml:1:1
The link leads to "moved.yaml", which does not exist.
""",
            id="a link that leads nowhere",
        ),
        pytest.param(
            lambda path: path.symlink_to("/dev/null"),
            """\
error: Path leads out of the project [file-outside]
"opportunities/more.yaml" is a link that leads out of the project, to "/dev/null".
hint: put the file itself there, or name the place it leads to on the command line
""",
            id="a link out of the project",
        ),
        pytest.param(
            os.mkfifo,
            """\
error: File cannot be read [file-unreadable]
  opportunities/more.yaml:1:1
It is not an ordinary file.
""",
            id="a pipe",
        ),
    ],
)
def test_a_file_that_cannot_be_read(
    make: Callable[[Path], None], told: str, project: Make, sandbox: Sandbox, syncer: Run
) -> None:
    folder = project()
    make(folder / "opportunities" / "more.yaml")

    assert syncer("plan", cwd=folder) == Ran(1, "", told)
    assert {request.method for request in sandbox.requests} <= {"GET"}


def test_a_path_that_does_not_exist(project: Make, sandbox: Sandbox, syncer: Run) -> None:
    assert syncer("plan", "opportunities/nothing.yaml", cwd=project()) == Ran(
        1,
        "",
        """\
error: File not found [file-missing]
There is no file or folder "opportunities/nothing.yaml".
""",
    )
    assert {request.method for request in sandbox.requests} <= {"GET"}


def test_a_folder_that_is_named_like_a_manifest_is_no_manifest(project: Make, syncer: Run) -> None:
    folder = project()
    (folder / "opportunities" / "more.yaml").mkdir()

    assert syncer("validate", cwd=folder) == Ran(0, "1 opportunity in 1 file: no problems.\n", "")


def test_a_wrong_syncer_yaml(project: Make, sandbox: Sandbox, syncer: Run) -> None:
    ran = syncer("plan", cwd=project(settings="version: 1\npolicy: {exisitng: update}\n"))

    assert ran == Ran(
        1,
        "",
        """\
error: Unknown field [unknown-field]
  syncer.yaml:2:10
    2 │ policy: {exisitng: update}
      │          ^^^^^^^^
There is no field "exisitng" of policy.
hint: did you mean "existing"?
""",
    )
    assert {request.method for request in sandbox.requests} <= {"GET"}


@pytest.mark.usefixtures("sandbox")
def test_no_project_at_all(tmp_path: Path, syncer: Run) -> None:
    ran = syncer("plan", env={"COLUMNS": "300"})

    assert ran == Ran(
        1,
        "",
        f"""\
error: File not found [file-missing]
There is no syncer.yaml in "{tmp_path}", nor in a folder above it.
hint: run `syncer init`, name the folder with -C, or set PIPELINER_URL and PIPELINER_SPACE_ID
""",
    )


def test_every_line_of_a_problem_fits_the_terminal(project: Make, sandbox: Sandbox, syncer: Run) -> None:
    folder = project(one(ownr="x" * 300, contacts="[" + ", ".join(["bob@acme.example"] * 40) + "]"))

    ran = syncer("plan", cwd=folder, env={**sandbox.env(), "COLUMNS": "60"})

    assert ran.code == 1
    lines = [line for line in ran.err.splitlines() if "opportunities/deals.yaml:" not in line]
    assert max(map(len, lines)) <= 60, "only places are kept whole, for people click on them"


def test_scripts_that_were_promised_events_get_the_problems_as_one(
    project: Make, sandbox: Sandbox, syncer: Run
) -> None:
    """`--format json` of plan and apply: the same problems, as one event on stdout, too."""
    import json

    for command in ("plan", "apply"):
        ran = syncer(command, "--format", "json", cwd=project(one(ownr="x")))

        event = json.loads(ran.out)
        assert event["event"] == "error"
        assert event["exit_code"] == ran.code == 1
        assert [(p["code"], p["span"]["line"], p["span"]["column"]) for p in event["problems"]] == [
            ("unknown-field", 12, 5)
        ]
        assert ran.err.startswith("error: Unknown field [unknown-field]\n")
    assert {request.method for request in sandbox.requests} <= {"GET"}


def test_no_hint_about_a_status_leads_to_a_deletion(project: Make, syncer: Run) -> None:
    """`state: absent` deletes; who writes that a deal is lost must never be sent there."""
    said = syncer("validate", cwd=project(one(status="lost")))

    assert said.code == 1
    assert "Unknown field [unknown-field]" in said.err
    assert "state" not in said.err.replace("status", "")
    assert "absent" not in said.err


@pytest.mark.parametrize("text", ["0x1F", "0o17", ".5", "+5", "~"])
def test_a_hint_repeats_what_was_written_and_not_what_a_reader_makes_of_it(
    text: str, project: Make, syncer: Run
) -> None:
    said = syncer("validate", cwd=project(one(name=text)))

    assert said.code == 1
    assert f'"{text}"' in said.err.partition("hint: ")[2]


def test_a_name_that_is_unknown_in_many_places_is_told_with_their_number(
    project: Make, sandbox: Sandbox, syncer: Run
) -> None:
    text = manifest({f"deal-{number}": {"name": f"Deal {number}", "unit": "Nowhere"} for number in range(30)})
    said = syncer("plan", cwd=project(text))

    assert said.code == 1
    assert said.err.count('No sales unit is called "Nowhere". Written in 29 more places.') == 1
    assert sandbox.requests
